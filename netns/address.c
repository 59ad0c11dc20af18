/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct search {
	int ifindex;
	kn_address_match *match;
	const void *data;
	bool found;
};

static void begin(void *data)
{
	((struct search *)data)->found = false;
}

static int each(const struct nlmsghdr *nlh, void *data)
{
	struct search *search = data;
	struct kn_addr_info info;

	if (kn_read_addr(nlh, &info) == 0 && info.ifindex == search->ifindex &&
	    search->match(&info, search->data))
		search->found = true;
	return MNL_CB_OK;
}

int kn_address_find(struct kn_nets *nets, const struct kn_ns *ns, const char *link,
		    kn_address_match *match, const void *data, struct kn_err *err)
{
	struct search search = { .match = match, .data = data };
	struct kn_dump dump = { begin, each, &search };
	char buf[KN_MSG_SIZE];
	struct kn_link_info info;
	struct kn_talk *talk;
	int code = kn_nets_link(nets, ns, link, &info, err);

	if (!code)
		code = kn_nets_talk(nets, ns, &talk, err);
	if (code)
		return code;
	search.ifindex = info.ifindex;
	code = kn_talk_dump(talk, kn_msg_addr_dump(buf, info.ifindex), &dump, err);
	return code ? code : search.found;
}

const char *kn_prefix_text(const struct kn_prefix *prefix, char buf[KN_PREFIX_TEXT])
{
	char address[INET6_ADDRSTRLEN];

	if (!inet_ntop(prefix->family, prefix->bytes, address, sizeof(address)))
		address[0] = '\0';
	snprintf(buf, KN_PREFIX_TEXT, "%s/%u", address, prefix->len);
	return buf;
}

bool kn_prefix_equal(const struct kn_prefix *a, const struct kn_prefix *b)
{
	return a->family == b->family && a->len == b->len &&
	       memcmp(a->bytes, b->bytes, a->family == AF_INET6 ? 16 : 4) == 0;
}

struct want {
	const struct kn_prefix *address;
	struct kn_addr_info *found;
};

/* IPv6 has an address once on a link, whatever its prefix length; IPv4 once for each length. */
static bool is_this(const struct kn_addr_info *info, const void *data)
{
	const struct want *want = data;
	struct kn_prefix same = info->addr;

	if (same.family == AF_INET6)
		same.len = want->address->len;
	if (!kn_prefix_equal(&same, want->address))
		return false;
	*want->found = *info;
	return true;
}

static int find(struct kn_nets *nets, const struct kn_step *step, struct kn_addr_info *found,
		struct kn_err *err)
{
	struct want want = { step->item, found };

	return kn_address_find(nets, step->ns, step->link->name, is_this, &want, err);
}

static void text(const struct kn_step *step, char *buf, size_t size)
{
	char where[KN_LINK_TEXT], address[KN_PREFIX_TEXT];

	snprintf(buf, size, "address %s %s", kn_link_text(step->link, where),
		 kn_prefix_text(step->item, address));
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	const struct kn_prefix *want = step->item;
	struct kn_addr_info is;
	int found = find(nets, step, &is, err);

	if (found <= 0)
		return !found || kn_is_gone(found) ? KN_ABSENT : found;
	if (is.flags & IFA_F_DADFAILED)
		kn_fail(err, 0, "another host has this address (DAD failed)");
	else if (is.addr.len != want->len)
		kn_fail(err, 0, "its prefix length is %u", is.addr.len);
	else
		return KN_FITS;
	return KN_DIFFERS;
}

static int make(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	const struct kn_prefix *addr = step->item;
	bool no_dad = step->link->no_dad || nets->no_dad;
	uint8_t flags = no_dad && addr->family == AF_INET6 ? IFA_F_NODAD : 0;
	char buf[KN_MSG_SIZE];
	struct kn_link_info info;
	int code = kn_nets_link(nets, step->ns, step->link->name, &info, err);

	if (code)
		return code;
	return kn_nets_do(nets, step->ns, kn_msg_addr_new(buf, info.ifindex, addr, flags), err);
}

/* Removes and adds it: with another prefix length, or to start duplicate address detection again.
 */
static int mend(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	char buf[KN_MSG_SIZE];
	struct kn_addr_info is;
	int code = find(nets, step, &is, err);

	if (code > 0)
		code = kn_nets_do(nets, step->ns, kn_msg_addr_del(buf, is.ifindex, &is.addr), err);
	return code && !kn_is_gone(code) ? code : make(nets, step, err);
}

static int undo(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	char buf[KN_MSG_SIZE];
	struct kn_link_info info;
	int code = kn_nets_link(nets, step->ns, step->link->name, &info, err);

	if (!code)
		code = kn_nets_do(nets, step->ns, kn_msg_addr_del(buf, info.ifindex, step->item),
				  err);
	return kn_is_gone(code) ? 0 : code;
}

const struct kn_step_ops kn_step_address = {
	.goes_with_namespace = true,
	.text = text,
	.probe = probe,
	.make = make,
	.mend = mend,
	.undo = undo,
};
