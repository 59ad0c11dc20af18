/* SPDX-License-Identifier: MIT */
/* Every message builder, read back attribute by attribute with libmnl or by our own decoder. */
#include "netns_util.h"
#include "read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/socket.h>

static _Alignas(struct nlmsghdr) uint8_t buf[KN_MSG_SIZE];

static const struct nlattr *find(const struct nlmsghdr *nlh, size_t header, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, nlh, header)
		if (mnl_attr_get_type(attr) == type)
			return attr;
	fail_msg("no attribute %u", type);
	return NULL;
}

static const struct nlattr *find_in(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, nest)
		if (mnl_attr_get_type(attr) == type)
			return attr;
	fail_msg("no nested attribute %u", type);
	return NULL;
}

static void expect(const struct nlmsghdr *nlh, uint16_t type, uint16_t flags)
{
	assert_ptr_equal(nlh, buf);
	assert_int_equal(nlh->nlmsg_type, type);
	assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST | flags);
	assert_true(mnl_nlmsg_ok(nlh, KN_MSG_SIZE));
}

#define CREATE (NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)

static void veth(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct kn_link_spec end = { "a0", -1, 1400, NULL, false }, peer = { "b0", 7, 0, mac, true };
	struct nlmsghdr *nlh = kn_msg_veth_new(buf, &end, &peer);
	const struct nlattr *data, *other, *attr;
	const struct ifinfomsg *ifi;
	bool name = false, ns = false, address = false;

	(void)state;
	expect(nlh, RTM_NEWLINK, CREATE);
	assert_string_equal(mnl_attr_get_str(find(nlh, 16, IFLA_IFNAME)), "a0");
	assert_int_equal(mnl_attr_get_u32(find(nlh, 16, IFLA_MTU)), 1400);
	data = find_in(find(nlh, 16, IFLA_LINKINFO), IFLA_INFO_DATA);
	assert_string_equal(mnl_attr_get_str(find_in(find(nlh, 16, IFLA_LINKINFO), IFLA_INFO_KIND)),
			    "veth");
	other = find_in(data, VETH_INFO_PEER);
	ifi = mnl_nlmsg_get_payload(nlh);
	assert_int_equal(ifi->ifi_change, 0); /* this end asks neighbours, the peer does not */
	/* The peer is an ifinfomsg and attributes of its own. */
	ifi = mnl_attr_get_payload(other);
	assert_int_equal(ifi->ifi_flags, IFF_NOARP);
	assert_int_equal(ifi->ifi_change, IFF_NOARP);
	attr = (const void *)((const char *)mnl_attr_get_payload(other) + sizeof(struct ifinfomsg));
	while (mnl_attr_ok(attr,
			   (int)((const char *)other + other->nla_len - (const char *)attr))) {
		if (mnl_attr_get_type(attr) == IFLA_IFNAME)
			name = strcmp(mnl_attr_get_str(attr), "b0") == 0;
		if (mnl_attr_get_type(attr) == IFLA_NET_NS_FD)
			ns = mnl_attr_get_u32(attr) == 7;
		if (mnl_attr_get_type(attr) == IFLA_ADDRESS)
			address = memcmp(mnl_attr_get_payload(attr), mac, 6) == 0;
		assert_int_not_equal(mnl_attr_get_type(attr), IFLA_MTU);
		attr = mnl_attr_next(attr);
	}
	assert_true(name && ns && address);
}

static void bridge(void **state)
{
	struct kn_link_spec spec = { "br0", -1, 0, NULL, false };
	struct kn_link_info info;
	struct nlmsghdr *nlh = kn_msg_bridge_new(buf, &spec, true, 400);

	(void)state;
	expect(nlh, RTM_NEWLINK, CREATE);
	((struct ifinfomsg *)mnl_nlmsg_get_payload(nlh))->ifi_index = 3;
	assert_int_equal(kn_read_link(nlh, &info), 0);
	assert_string_equal(info.name, "br0");
	assert_string_equal(info.kind, "bridge");
	assert_true(info.stp);
	assert_int_equal(info.forward_delay_cs, 400);
	nlh = kn_msg_bridge_set(buf, 3, false, 0);
	expect(nlh, RTM_NEWLINK, NLM_F_ACK);
	assert_int_equal(((struct ifinfomsg *)mnl_nlmsg_get_payload(nlh))->ifi_index, 3);
}

static void vlan_and_macvlan(void **state)
{
	struct kn_link_spec spec = { "v5", -1, 0, NULL, false };
	struct kn_link_info info;
	struct nlmsghdr *nlh = kn_msg_vlan_new(buf, &spec, 4, 5, 0x88a8);

	(void)state;
	expect(nlh, RTM_NEWLINK, CREATE);
	((struct ifinfomsg *)mnl_nlmsg_get_payload(nlh))->ifi_index = 3;
	assert_int_equal(kn_read_link(nlh, &info), 0);
	assert_int_equal(info.link, 4);
	assert_int_equal(info.vlan_id, 5);
	assert_int_equal(info.vlan_protocol, 0x88a8);
	nlh = kn_msg_macvlan_new(buf, &spec, 4, MACVLAN_MODE_BRIDGE);
	expect(nlh, RTM_NEWLINK, CREATE);
	((struct ifinfomsg *)mnl_nlmsg_get_payload(nlh))->ifi_index = 3;
	assert_int_equal(kn_read_link(nlh, &info), 0);
	assert_string_equal(info.kind, "macvlan");
	assert_int_equal(info.macvlan_mode, MACVLAN_MODE_BRIDGE);
}

static void changes(void **state)
{
	static const uint8_t mac[6] = { 2, 1, 2, 3, 4, 5 };
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload((struct nlmsghdr *)buf);
	struct nlmsghdr *nlh;

	(void)state;
	nlh = kn_msg_link_flags(buf, 9, IFF_UP, IFF_UP);
	expect(nlh, RTM_NEWLINK, NLM_F_ACK);
	assert_int_equal(ifi->ifi_index, 9);
	assert_int_equal(ifi->ifi_flags, IFF_UP);
	assert_int_equal(ifi->ifi_change, IFF_UP);
	nlh = kn_msg_link_master(buf, 9, 4);
	assert_int_equal(mnl_attr_get_u32(find(nlh, 16, IFLA_MASTER)), 4);
	nlh = kn_msg_link_attrs(buf, 9, 1300, mac);
	assert_int_equal(mnl_attr_get_u32(find(nlh, 16, IFLA_MTU)), 1300);
	assert_memory_equal(mnl_attr_get_payload(find(nlh, 16, IFLA_ADDRESS)), mac, 6);
	nlh = kn_msg_link_move(buf, 9, 12, "x%d");
	assert_int_equal(mnl_attr_get_u32(find(nlh, 16, IFLA_NET_NS_FD)), 12);
	assert_string_equal(mnl_attr_get_str(find(nlh, 16, IFLA_IFNAME)), "x%d");
	nlh = kn_msg_link_rename(buf, 9, "eth0");
	assert_string_equal(mnl_attr_get_str(find(nlh, 16, IFLA_IFNAME)), "eth0");
	nlh = kn_msg_altname_add(buf, 9, "enp0s3");
	expect(nlh, RTM_NEWLINKPROP, CREATE | NLM_F_APPEND);
	assert_string_equal(
		mnl_attr_get_str(find_in(find(nlh, 16, IFLA_PROP_LIST), IFLA_ALT_IFNAME)),
		"enp0s3");
	nlh = kn_msg_link_del(buf, 9);
	expect(nlh, RTM_DELLINK, NLM_F_ACK);
	nlh = kn_msg_link_get(buf, "eth0");
	expect(nlh, RTM_GETLINK, 0);
	assert_string_equal(mnl_attr_get_str(find(nlh, 16, IFLA_IFNAME)), "eth0");
}

static void addresses(void **state)
{
	static const struct {
		struct kn_prefix addr;
		uint32_t broadcast; /* 0: none */
	} cases[] = {
		{ { AF_INET, 24, { 10, 1, 2, 3 } }, 0x0a0102ff },
		{ { AF_INET, 30, { 10, 1, 2, 1 } }, 0x0a010203 },
		{ { AF_INET, 31, { 10, 1, 2, 1 } }, 0 },
		{ { AF_INET, 32, { 10, 1, 2, 1 } }, 0 },
		{ { AF_INET, 0, { 10, 1, 2, 1 } }, 0xffffffff },
		{ { AF_INET6, 64, { 0xfd, 0x77, [15] = 1 } }, 0 },
	};
	struct kn_addr_info info;
	const struct nlattr *attr;
	struct nlmsghdr *nlh;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t broadcast = 0;

		nlh = kn_msg_addr_new(buf, 6, &cases[i].addr, IFA_F_NODAD);
		expect(nlh, RTM_NEWADDR, CREATE);
		mnl_attr_for_each (attr, nlh, sizeof(struct ifaddrmsg))
			if (mnl_attr_get_type(attr) == IFA_BROADCAST)
				broadcast = ntohl(mnl_attr_get_u32(attr));
		assert_int_equal(broadcast, cases[i].broadcast);
		assert_int_equal(kn_read_addr(nlh, &info), 0);
		assert_int_equal(info.ifindex, 6);
		assert_int_equal(info.flags, IFA_F_NODAD);
		assert_memory_equal(&info.addr, &cases[i].addr, sizeof(info.addr));
		nlh = kn_msg_addr_del(buf, 6, &cases[i].addr);
		expect(nlh, RTM_DELADDR, NLM_F_ACK);
	}
	expect(kn_msg_addr_dump(buf, 6), RTM_GETADDR, NLM_F_DUMP);
}

static void routes(void **state)
{
	struct kn_route_spec spec = {
		.to = { AF_INET, 24, { 192, 0, 2 } },
		.via = { AF_INET, 32, { 10, 0, 0, 1 } },
		.source = { AF_INET, 32, { 10, 0, 0, 2 } },
		.oif = 5,
		.metric = 77,
		.table = 1000,
	};
	struct kn_route_info info;
	struct nlmsghdr *nlh = kn_msg_route_new(buf, &spec);
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);

	(void)state;
	expect(nlh, RTM_NEWROUTE, CREATE);
	assert_int_equal(rtm->rtm_table, RT_TABLE_UNSPEC); /* 1000 needs the attribute */
	assert_int_equal(rtm->rtm_scope, RT_SCOPE_UNIVERSE);
	assert_int_equal(kn_read_route(nlh, &info), 0);
	assert_int_equal(info.route.to.len, 24);
	assert_memory_equal(info.route.to.bytes, spec.to.bytes, 4);
	assert_memory_equal(info.route.via.bytes, spec.via.bytes, 4);
	assert_memory_equal(info.route.source.bytes, spec.source.bytes, 4);
	assert_int_equal(info.route.oif, 5);
	assert_int_equal(info.route.metric, 77);
	assert_int_equal(info.route.table, 1000);
	/* The default route: no destination, and on the link itself without a gateway. */
	spec = (struct kn_route_spec){ .to = { .family = AF_INET6 }, .oif = 5, .table = 254 };
	nlh = kn_msg_route_new(buf, &spec);
	assert_int_equal(rtm->rtm_scope, RT_SCOPE_LINK);
	assert_int_equal(rtm->rtm_table, 254);
	assert_int_equal(kn_read_route(nlh, &info), 0);
	assert_int_equal(info.route.to.len, 0);
	assert_int_equal(info.route.via.family, 0);
	assert_int_equal(((struct rtmsg *)mnl_nlmsg_get_payload(nlh))->rtm_flags, 0);
	spec.onlink = true;
	nlh = kn_msg_route_replace(buf, &spec);
	expect(nlh, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
	assert_int_equal(((struct rtmsg *)mnl_nlmsg_get_payload(nlh))->rtm_flags, RTNH_F_ONLINK);
	expect(kn_msg_route_del(buf, &spec), RTM_DELROUTE, NLM_F_ACK);
	expect(kn_msg_route_dump(buf, AF_INET), RTM_GETROUTE, NLM_F_DUMP);
}

static void mirrors(void **state)
{
	struct kn_mirror_spec spec = { .from = 4, .to = 9, .prio = 27492 };
	struct kn_filter_info info;
	const struct tcmsg *tcm;
	const struct nlattr *options, *action;
	const struct tc_mirred *parms;
	const struct tc_u32_sel *sel;
	struct nlmsghdr *nlh;

	(void)state;
	for (int classifier = KN_MATCHALL; classifier <= KN_U32; classifier++) {
		for (int direction = KN_IN; direction <= KN_OUT; direction++) {
			spec.direction = direction;
			spec.classifier = classifier;
			nlh = kn_msg_mirror_new(buf, &spec);
			expect(nlh, RTM_NEWTFILTER, CREATE);
			tcm = mnl_nlmsg_get_payload(nlh);
			assert_int_equal(tcm->tcm_parent,
					 direction == KN_IN ? 0xfffffff2 : 0xfffffff3);
			assert_int_equal(TC_H_MIN(tcm->tcm_info), htons(ETH_P_ALL));
			assert_int_equal(kn_read_filter(nlh, &info), 0);
			assert_string_equal(info.kind, classifier ? "u32" : "matchall");
			assert_int_equal(info.prio, 27492);
			assert_int_equal(info.handle, kn_mirror_node(direction));
			assert_int_equal(info.ifindex, 4);
			assert_true(info.mirrors);
			assert_int_equal(info.to, 9);
			options = find(nlh, sizeof(*tcm), TCA_OPTIONS);
			action = mnl_attr_get_payload(
				find_in(options, classifier ? TCA_U32_ACT : TCA_MATCHALL_ACT));
			parms = mnl_attr_get_payload(
				find_in(find_in(action, TCA_ACT_OPTIONS), TCA_MIRRED_PARMS));
			/* Others' filters at later priorities go on. */
			assert_int_equal(parms->action, TC_ACT_UNSPEC);
			if (classifier == KN_U32) {
				sel = mnl_attr_get_payload(find_in(options, TCA_U32_SEL));
				assert_int_equal(sel->nkeys, 1);
				assert_int_equal(sel->keys[0].mask, 0);
			}
			nlh = kn_msg_mirror_del(buf, &spec);
			expect(nlh, RTM_DELTFILTER, NLM_F_ACK);
			tcm = mnl_nlmsg_get_payload(nlh);
			assert_int_equal(TC_H_MAJ(tcm->tcm_info) >> 16, 27492);
		}
	}
	nlh = kn_msg_clsact_new(buf, 4);
	expect(nlh, RTM_NEWQDISC, CREATE);
	tcm = mnl_nlmsg_get_payload(nlh);
	assert_int_equal(tcm->tcm_parent, TC_H_CLSACT);
	assert_string_equal(mnl_attr_get_str(find(nlh, sizeof(*tcm), TCA_KIND)), "clsact");
	expect(kn_msg_clsact_del(buf, 4), RTM_DELQDISC, NLM_F_ACK);
}

/* A message cut at any length is refused or read, never over-read (ASan watches). */
static void cut(void **state)
{
	struct kn_mirror_spec spec = { .from = 4, .to = 9, .prio = 1, .classifier = KN_U32 };
	struct kn_filter_info filter;
	struct kn_link_info link;
	struct nlmsghdr *nlh = kn_msg_mirror_new(buf, &spec), *copy;

	(void)state;
	for (uint32_t len = NLMSG_HDRLEN; len <= nlh->nlmsg_len; len += 4) {
		copy = test_malloc(len);
		memcpy(copy, nlh, len);
		copy->nlmsg_len = len;
		kn_read_filter(copy, &filter);
		assert_int_equal(kn_read_link(copy, &link), -EBADMSG);
		if (len < NLMSG_HDRLEN + sizeof(struct tcmsg))
			assert_int_equal(kn_read_filter(copy, &filter), -EBADMSG);
		test_free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "netns: message veth", veth, NULL, NULL, NULL },
		{ "netns: message bridge", bridge, NULL, NULL, NULL },
		{ "netns: message vlan_and_macvlan", vlan_and_macvlan, NULL, NULL, NULL },
		{ "netns: message changes", changes, NULL, NULL, NULL },
		{ "netns: message addresses", addresses, NULL, NULL, NULL },
		{ "netns: message routes", routes, NULL, NULL, NULL },
		{ "netns: message mirrors", mirrors, NULL, NULL, NULL },
		{ "netns: message cut", cut, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netns messages", tests, NULL, NULL);
}
