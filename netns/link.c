/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *kn_link_text(const struct kn_link *link, char buf[KN_LINK_TEXT])
{
	snprintf(buf, KN_LINK_TEXT, "%s%s%s", link->ns->name, link->ns->name[0] ? "/" : "",
		 link->kind == KN_UPLINK ? "(uplink)" : link->name);
	return buf;
}

int kn_link_probe(struct kn_nets *nets, const struct kn_link *link, struct kn_link_info *info,
		  struct kn_err *err)
{
	char where[KN_LINK_TEXT];
	int code = kn_nets_link(nets, link->ns, link->name, info, err);

	if (code)
		return kn_is_gone(code) ? KN_ABSENT : code;
	kn_link_text(link, where);
	if (strcmp(info->kind, kn_kind_name[link->kind]) != 0)
		return kn_fail(err, -EEXIST, "%s exists and is no %s but a %s", where,
			       kn_kind_name[link->kind], info->kind[0] ? info->kind : "device");
	if (link->mtu && info->mtu != link->mtu) {
		kn_fail(err, 0, "its MTU is %u, not %u", info->mtu, link->mtu);
		return KN_DIFFERS;
	}
	if (link->has_mac && memcmp(info->mac, link->mac, 6) != 0) {
		kn_fail(err, 0, "it has another MAC address");
		return KN_DIFFERS;
	}
	if (link->no_arp && !(info->flags & IFF_NOARP)) {
		kn_fail(err, 0, "it answers ARP");
		return KN_DIFFERS;
	}
	return KN_FITS;
}

int kn_link_check_parent(struct kn_nets *nets, const struct kn_link *link,
			 const struct kn_link_info *info, struct kn_err *err)
{
	struct kn_link_info parent;
	char where[KN_LINK_TEXT];
	int code = kn_nets_link(nets, link->ns, link->parent->name, &parent, err);

	if (code && !kn_is_gone(code))
		return code;
	if (code || info->link != parent.ifindex)
		return kn_fail(err, -EEXIST, "%s exists and has another parent than %s",
			       kn_link_text(link, where), link->parent->name);
	return 0;
}

int kn_link_mend(struct kn_nets *nets, const struct kn_link *link, struct kn_err *err)
{
	char buf[KN_MSG_SIZE];
	struct kn_link_info info;
	int code = kn_nets_link(nets, link->ns, link->name, &info, err);

	if (!code)
		code = kn_nets_do(nets, link->ns,
				  kn_msg_link_attrs(buf, info.ifindex, link->mtu,
						    link->has_mac ? link->mac : NULL),
				  err);
	if (code || !link->no_arp)
		return code;
	return kn_nets_do(nets, link->ns,
			  kn_msg_link_flags(buf, info.ifindex, IFF_NOARP, IFF_NOARP), err);
}

int kn_link_step_mend(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	return kn_link_mend(nets, step->link, err);
}

int kn_link_delete(struct kn_nets *nets, const struct kn_ns *ns, const char *name,
		   struct kn_err *err)
{
	char buf[KN_MSG_SIZE];
	struct kn_link_info info;
	int code = kn_nets_link(nets, ns, name, &info, err);

	if (!code)
		code = kn_nets_do(nets, ns, kn_msg_link_del(buf, info.ifindex), err);
	return kn_is_gone(code) ? 0 : code;
}

int kn_link_step_undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	return kn_link_delete(nets, step->ns, step->link->name, err);
}

struct kn_link_spec kn_link_spec(const struct kn_link *link)
{
	return (struct kn_link_spec){
		.name = link->name,
		.ns_fd = -1,
		.mtu = link->mtu,
		.mac = link->has_mac ? link->mac : NULL,
		.no_arp = link->no_arp,
	};
}
