/* SPDX-License-Identifier: MIT */
#include "field.h"
#include "topology.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const kn_kind_name[] = {
	[KN_VETH] = "veth",       [KN_BRIDGE] = "bridge", [KN_VLAN] = "vlan",
	[KN_MACVLAN] = "macvlan", [KN_UPLINK] = "uplink",
};

static int link_mac(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		    const struct kn_field *field)
{
	struct kn_link *link = (void *)((char *)out - field->offset);

	link->has_mac = true;
	return kn_field_mac(r, place, value, out, field);
}

/* On by default in the kernel: the file has true or false, the flag is set for false. */
static int link_unless(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		       const struct kn_field *field)
{
	bool does = true;
	int err = kn_field_bool(r, place, value, &does, field);

	*(bool *)out = !does;
	return err;
}

#define NO_DHCPV6                                                                         \
	"only IPv4 addresses come by DHCP; IPv6 ones from router advertisements (sysctl " \
	"ipv6.accept_ra) or from addresses"

static int link_dhcp(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		     const struct kn_field *field)
{
	if (json_object_is_type(value, json_type_string))
		return kn_place_fail(r, place, value, "not true or false: " NO_DHCPV6);
	return kn_field_bool(r, place, value, out, field);
}

/* There for its message. */
static int link_dhcp6(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		      const struct kn_field *field)
{
	(void)out;
	(void)field;
	return kn_place_fail(r, place, value, "no such setting: " NO_DHCPV6);
}

static int link_forward_delay(struct kn_reader *r, const char *place, struct json_object *value,
			      void *out, const struct kn_field *field)
{
	struct kn_link *link = (void *)((char *)out - field->offset);

	link->has_forward_delay = true;
	return kn_field_seconds(r, place, value, out, field);
}

static int link_vlan_protocol(struct kn_reader *r, const char *place, struct json_object *value,
			      void *out, const struct kn_field *field)
{
	static const struct kn_word words[] = { { "802.1Q", 0x8100 }, { "802.1ad", 0x88a8 } };

	(void)field;
	return kn_read_word(r, place, value, ROWS(words), out);
}

static int link_macvlan_mode(struct kn_reader *r, const char *place, struct json_object *value,
			     void *out, const struct kn_field *field)
{
	static const struct kn_word words[] = {
		{ "bridge", MACVLAN_MODE_BRIDGE },
		{ "private", MACVLAN_MODE_PRIVATE },
		{ "vepa", MACVLAN_MODE_VEPA },
		{ "passthru", MACVLAN_MODE_PASSTHRU },
	};

	(void)field;
	return kn_read_word(r, place, value, ROWS(words), out);
}

/* Every kind of link has these; RFC 791 gives the smallest MTU. */
#define COMMON_FIELDS                                                                           \
	{ "namespace", kn_field_ns_name, AT(kn_link, ns_name) },                                \
		{ "mtu", kn_field_u32, AT(kn_link, mtu), .min = 68, .max = 65535 },             \
		{ "up", kn_field_bool, AT(kn_link, up) },                                       \
		{ "dhcp", link_dhcp, AT(kn_link, dhcp) }, { "dhcp6", link_dhcp6, .offset = 0 }, \
		{ "dad", link_unless, AT(kn_link, no_dad) },                                    \
		{ "addresses", kn_field_prefixes, LIST(kn_link, addrs) },                       \
	{                                                                                       \
		"sysctl", kn_field_link_sysctls, AT(kn_link, sysctls)                           \
	}
#define NAME_FIELD                                                           \
	{                                                                    \
		"name", kn_field_ifname, AT(kn_link, name), .required = true \
	}
/* The uplink comes with its own. */
#define ARP_FIELD                                       \
	{                                               \
		"arp", link_unless, AT(kn_link, no_arp) \
	}
#define MAC_FIELD                                 \
	{                                         \
		"mac", link_mac, AT(kn_link, mac) \
	}

static const struct kn_field veth_fields[] = { NAME_FIELD, MAC_FIELD, ARP_FIELD, COMMON_FIELDS };
static const struct kn_field bridge_fields[] = {
	NAME_FIELD,
	MAC_FIELD,
	ARP_FIELD,
	COMMON_FIELDS,
	{ "members", kn_field_texts, LIST(kn_link, members) },
	{ "stp", kn_field_bool, AT(kn_link, stp) },
	{ "forward_delay", link_forward_delay, AT(kn_link, forward_delay_cs), .min = 0, .max = 30 },
};
static const struct kn_field vlan_fields[] = {
	NAME_FIELD,
	MAC_FIELD,
	ARP_FIELD,
	COMMON_FIELDS,
	{ "parent", kn_field_ifname, AT(kn_link, parent_name), .required = true },
	{ "id", kn_field_u32, AT(kn_link, vlan_id), .required = true, .min = 1, .max = 4094 },
	{ "protocol", link_vlan_protocol, AT(kn_link, vlan_protocol) },
};
static const struct kn_field macvlan_fields[] = {
	NAME_FIELD,
	MAC_FIELD,
	ARP_FIELD,
	COMMON_FIELDS,
	{ "parent", kn_field_ifname, AT(kn_link, parent_name), .required = true },
	{ "mode", link_macvlan_mode, AT(kn_link, macvlan_mode) },
};
static const struct kn_field uplink_fields[] = {
	{ "interface", kn_field_ifname, AT(kn_link, name) },
	MAC_FIELD,
	{ "default_route", kn_field_bool, AT(kn_link, by_default_route) },
	{ "bridge", kn_field_ifname, AT(kn_link, bridge) },
	COMMON_FIELDS,
};

static struct kn_link *new_link(struct kn_reader *r, const char *place, enum kn_kind kind)
{
	struct kn_link *link = &r->topo->links[r->topo->n_links++];

	link->kind = kind;
	link->up = true;
	link->vlan_protocol = 0x8100;
	link->macvlan_mode = MACVLAN_MODE_BRIDGE;
	snprintf(link->place, sizeof(link->place), "%.*s", (int)sizeof(link->place) - 1, place);
	return link;
}

static int veth_ends(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		     const struct kn_field *field)
{
	struct kn_link *end[2];
	char at[KN_PLACE];
	int err;

	(void)out;
	(void)field;
	if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) != 2)
		return kn_place_fail(r, place, NULL, "not a list of two ends");
	for (int i = 0; i < 2; i++) {
		snprintf(at, sizeof(at), "%s[%d]", place, i);
		end[i] = new_link(r, at, KN_VETH);
		err = kn_read_object(r, at, json_object_array_get_idx(value, i), ROWS(veth_fields),
				     end[i]);
		if (err)
			return err;
	}
	end[0]->peer = end[1];
	end[1]->peer = end[0];
	end[1]->second = true;
	return 0;
}

static int one_veth(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		    const struct kn_field *field)
{
	static const struct kn_field fields[] = { { "ends", veth_ends, .offset = 0,
						    .required = true } };

	(void)field;
	return kn_read_object(r, place, value, ROWS(fields), out);
}

static int one_link(struct kn_reader *r, const char *place, struct json_object *value,
		    enum kn_kind kind, const struct kn_field *fields, size_t n)
{
	return kn_read_object(r, place, value, fields, n, new_link(r, place, kind));
}

static int one_bridge(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		      const struct kn_field *field)
{
	(void)out;
	(void)field;
	return one_link(r, place, value, KN_BRIDGE, ROWS(bridge_fields));
}

static int one_vlan(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		    const struct kn_field *field)
{
	(void)out;
	(void)field;
	return one_link(r, place, value, KN_VLAN, ROWS(vlan_fields));
}

static int one_macvlan(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		       const struct kn_field *field)
{
	(void)out;
	(void)field;
	return one_link(r, place, value, KN_MACVLAN, ROWS(macvlan_fields));
}

int kn_the_uplink(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		  const struct kn_field *field)
{
	struct kn_link *link;
	int ways, err;

	(void)out;
	(void)field;
	err = one_link(r, place, value, KN_UPLINK, ROWS(uplink_fields));
	if (err)
		return err;
	link = &r->topo->links[r->topo->n_links - 1];
	ways = (link->name[0] != 0) + link->has_mac + link->by_default_route;
	if (ways != 1)
		return kn_place_fail(r, place, NULL,
				     "needs exactly one of interface, mac, default_route");
	link->by_mac = link->has_mac;
	r->topo->uplink = link;
	return 0;
}

static int each_link(struct kn_reader *r, const char *place, struct json_object *value,
		     kn_field_reader *read)
{
	void *unused = NULL;
	size_t count;
	int err = kn_read_list(r, place, value, 1, read, &unused, &count);

	free(unused);
	return err;
}

#define EACH_LINK(name, read)                                                                  \
	int name(struct kn_reader *r, const char *place, struct json_object *value, void *out, \
		 const struct kn_field *field)                                                 \
	{                                                                                      \
		(void)out;                                                                     \
		(void)field;                                                                   \
		return each_link(r, place, value, read);                                       \
	}
EACH_LINK(kn_all_veths, one_veth)
EACH_LINK(kn_all_bridges, one_bridge)
EACH_LINK(kn_all_vlans, one_vlan)
EACH_LINK(kn_all_macvlans, one_macvlan)
