/* SPDX-License-Identifier: MIT */
/* The topology reader: every error names the place; what is read is what was written. */
#include "netns_util.h"
#include "topology.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define NS(names) "{\"namespaces\":[" names "]"
#define AB NS("{\"name\":\"a\"},{\"name\":\"b\"}")
#define END(n, ns) "{\"name\":\"" n "\",\"namespace\":\"" ns "\"}"
#define VETH(x, y) "{\"ends\":[" x "," y "]}"
#define PAIR "\"veths\":[" VETH(END("x", "a"), END("y", "b")) "]"

static const struct {
	const char *json;
	const char *error;
} bad[] = {
	{ "", "t.json:1:1: ends too early" },
	{ "[]", "t.json: top level []: not an object" },
	{ "nul", "t.json:1:4: ends too early" },
	{ "null ", "null is no topology" },
	{ "{\n\t\"namespaces\": [,]\n}", "t.json:2:17: " },
	{ "{} {}", "t.json:1:4: unexpected character" },
	{ "{}", "t.json: namespaces: missing" },
	{ "{\"namespaces\":{}}", "t.json: namespaces {" },
	{ "{\"namespaces\":[],\"nmae\":1}", "t.json: top level \"nmae\": unknown key" },
	{ NS("{\"name\":\"a\",\"color\":1}") "}", "t.json: namespaces[0] \"color\": unknown key" },
	{ "{\"namespaces\":[],\"name\":\"a\",\"namespaces\":[]}",
	  "t.json: top level \"namespaces\": key used twice" },
	{ NS("{\"name\":\"a\"},{\"name\":\"b\" , \"name\" : \"c\"}") "}",
	  "t.json: namespaces[1] \"name\": key used twice" },
	{ NS("{\"name\":\"a\",\"n\\u0061me\":\"b\"}") "}",
	  "t.json: namespaces[0] \"name\": key used twice" },
	{ NS("{\"name\":\"a\",'name':\"b\"}") "}",
	  "t.json: namespaces[0] \"name\": key used twice" },
	{ NS("{\"name\":\"a\\\"},{\",\"sysctl\":{\"net.x\":1,\"net.y\":[{}, 1e3 "
	     "],\"net.x\":1}}") "}",
	  "t.json: namespaces[0].sysctl \"net.x\": key used twice" },
	{ NS("{\"\\u001b\\n\":{\"k\":1,\"k\":2}}") "}",
	  "t.json: namespaces[0].?? \"k\": key used twice" },
	{ NS("{}") "}", "t.json: namespaces[0].name: missing" },
	{ NS("{\"name\":\"x\"},{\"name\":\"a/b\"}") "}",
	  "t.json: namespaces[1].name \"a/b\": contains a slash" },
	{ NS("{\"name\":\"..\"}") "}", "t.json: namespaces[0].name \"..\": not a name" },
	{ NS("{\"name\":\"../../etc\"}") "}", "contains a slash" },
	{ NS("{\"name\":\"\"}") "}", "t.json: namespaces[0].name \"\": empty" },
	{ NS("{\"name\":\"-x\"}") "}", "begins with a dash" },
	{ NS("{\"name\":\"a b\"}") "}", "contains a space" },
	{ NS("{\"name\":\"a\\u0000b\"}") "}", "contains a control character" },
	{ NS("{\"name\":\"a\\u001b[1m\"}") "}", "contains a control character" },
	{ NS("{\"name\":\"\xc3\xa4\"}") "}", "not ASCII" },
	{ NS("{\"name\":\"\xff\"}") "}", "t.json:1:" },
	{ NS("{\"name\":7}") "}", "t.json: namespaces[0].name 7: not a string" },
	{ NS("{\"name\":"
	     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}") "}",
	  "longer than 64 bytes" },
	{ NS("{\"name\":\"a\"},{\"name\":\"a\"}") "}",
	  "t.json: namespaces[1].name \"a\": used twice" },
	{ "{\"name\":\"a/b\",\"namespaces\":[]}", "t.json: name \"a/b\": contains a slash" },

	{ AB ",\"veths\":[{}]}", "t.json: veths[0].ends: missing" },
	{ AB ",\"veths\":[{\"ends\":[" END("x", "a") "]}]}",
	  "veths[0].ends: not a list of two ends" },
	{ AB ",\"veths\":[" VETH(END("x", "a"), END("y", "c")) "]}",
	  "t.json: veths[0].ends[1].namespace \"c\": no such namespace in the file" },
	{ AB ",\"veths\":[" VETH(END("x", "a"), END("x", "a")) "]}",
	  "t.json: veths[0].ends[1].name \"x\": used twice in namespace \"a\"" },
	{ AB ",\"veths\":[" VETH(END("sixteen-letters-", "a"), END("y", "b")) "]}",
	  "longer than 15 bytes" },
	{ AB ",\"veths\":[" VETH(END("a:b", "a"), END("y", "b")) "]}",
	  "a colon or a percent sign" },
	{ AB ",\"veths\":[" VETH(END("lo", "a"), END("y", "b")) "]}", "every namespace has one" },
	{ AB ",\"veths\":[" VETH("{\"name\":\"x\",\"mtu\":67}", END("y", "b")) "]}",
	  "t.json: veths[0].ends[0].mtu 67: not in 68 to 65535" },
	{ AB ",\"veths\":[" VETH("{\"name\":\"x\",\"mtu\":1.5}", END("y", "b")) "]}",
	  "not a whole number" },
	{ AB ",\"veths\":[" VETH("{\"name\":\"x\",\"up\":1}", END("y", "b")) "]}",
	  "not true or false" },
	{ AB ",\"veths\":[" VETH("{\"name\":\"x\",\"dhcp\":\"v6\"}", END("y", "b")) "]}",
	  "t.json: veths[0].ends[0].dhcp \"v6\": not true or false: only IPv4 addresses come by "
	  "DHCP" },
	{ AB ",\"veths\":[" VETH("{\"name\":\"x\",\"dhcp6\":true}", END("y", "b")) "]}",
	  "t.json: veths[0].ends[0].dhcp6 true: no such setting: only IPv4 addresses come by "
	  "DHCP" },
	{ AB ",\"veths\":[" VETH("{\"name\":\"x\",\"arp\":\"off\"}", END("y", "b")) "]}",
	  "t.json: veths[0].ends[0].arp \"off\": not true or false" },
	{ NS("") ",\"uplink\":{\"interface\":\"x\",\"arp\":false}}",
	  "t.json: uplink \"arp\": unknown key" },
	{ AB
	  ",\"veths\":[" VETH("{\"name\":\"x\",\"mac\":\"01:00:5e:00:00:01\"}", END("y", "b")) "]}",
	  "a group address" },
	{ AB ",\"veths\":[" VETH("{\"name\":\"x\",\"mac\":\"2:0:0:0:0:1\"}", END("y", "b")) "]}",
	  "not a MAC address" },
	{ AB
	  ",\"veths\":[" VETH("{\"name\":\"x\",\"addresses\":[\"10.0.0.1\"]}", END("y", "b")) "]}",
	  "t.json: veths[0].ends[0].addresses[0] \"10.0.0.1\": no prefix length" },
	{ AB ",\"veths\":[" VETH("{\"name\":\"x\",\"addresses\":[\"10.0.0.1/33\"]}",
				 END("y", "b")) "]}",
	  "prefix length not in 0 to 32" },
	{ AB
	  ",\"veths\":[" VETH("{\"name\":\"x\",\"addresses\":[\"10.0.0/24\"]}", END("y", "b")) "]}",
	  "not an address" },
	{ AB ",\"veths\":[" VETH("{\"name\":\"x\",\"addresses\":[\"fd::1/\"]}", END("y", "b")) "]}",
	  "prefix length not in" },
	{ AB ",\"veths\":[" VETH("{\"name\":\"x\",\"dhcp\":true,\"addresses\":[\"10.0.0.1/24\"]}",
				 END("y", "b")) "]}",
	  "has IPv4 addresses of its own" },
	{ AB
	  ",\"veths\":[" VETH("{\"name\":\"x\",\"sysctl\":{\"ipv6.a/b\":1}}", END("y", "b")) "]}",
	  "contains more than letters" },
	{ AB
	  ",\"veths\":[" VETH("{\"name\":\"x\",\"sysctl\":{\"net.ipv6.x\":1}}", END("y", "b")) "]}",
	  "does not begin with" },
	{ NS("{\"name\":\"a\",\"sysctl\":{\"net..x\":1}}") "}", "an empty part" },
	{ NS("{\"name\":\"a\",\"sysctl\":{\"kernel.panic\":1}}") "}",
	  "does not begin with \"net.\"" },
	{ NS("{\"name\":\"a\",\"sysctl\":{\"net.ipv4.conf.x.rp_filter\":1}}") "}",
	  "put it into the link's own sysctl" },
	{ NS("{\"name\":\"a\",\"sysctl\":{\"net.ipv4.ip_forward\":true}}") "}",
	  "neither a number nor a string" },
	{ NS("{\"name\":\"a\",\"resolv\":{\"nameservers\":[\"dns\"]}}") "}",
	  "t.json: namespaces[0].resolv.nameservers[0] \"dns\": not an address" },

	{ AB "," PAIR ",\"bridges\":[{\"name\":\"br\",\"namespace\":\"a\",\"members\":[\"y\"]}]}",
	  "t.json: bridges[0].members[0] \"y\": no such link in namespace \"a\"" },
	{ AB "," PAIR ",\"bridges\":[{\"name\":\"br\",\"namespace\":\"a\",\"members\":[\"x\"]},"
	     "{\"name\":\"br2\",\"namespace\":\"a\",\"members\":[\"x\"]}]}",
	  "t.json: bridges[1].members[0]: \"x\" already belongs to bridge \"br\"" },
	{ AB "," PAIR ",\"bridges\":[{\"name\":\"br\",\"namespace\":\"a\",\"members\":[\"br\"]}]}",
	  "a bridge cannot be a member" },
	{ AB ",\"bridges\":[{\"name\":\"br\",\"stp\":true,\"forward_delay\":1}]}",
	  "below 2 seconds with STP" },
	{ AB ",\"veths\":[" VETH(END("x", "a"), END("y", "b")) "," VETH(
		  END("v", "a"),
		  END("w", "b")) "],\"bridges\":[{\"name\":\"p\",\"namespace\":\"a\",\"members\":["
				 "\"x\",\"v\"]},"
				 "{\"name\":\"q\",\"namespace\":\"b\",\"members\":[\"y\",\"w\"]}]}",
	  "t.json: veths[1].ends[0]: closes a loop of bridges without STP" },
	{ AB ",\"vlans\":[{\"name\":\"p\",\"parent\":\"q\",\"id\":1},"
	     "{\"name\":\"q\",\"parent\":\"p\",\"id\":1}]}",
	  "a loop of parents" },
	{ AB ",\"vlans\":[{\"name\":\"p\",\"parent\":\"q\",\"id\":1}]}",
	  "t.json: vlans[0].parent \"q\": no such link" },
	{ AB ",\"vlans\":[{\"name\":\"p\",\"parent\":\"q\",\"id\":4095}]}", "not in 1 to 4094" },
	{ AB ",\"macvlans\":[{\"name\":\"p\",\"parent\":\"q\",\"mode\":\"x\"}]}",
	  "not one of bridge" },

	{ NS("{\"name\":\"a\",\"routes\":[{\"to\":\"default\"}]}") "}", "neither via nor dev" },
	{ NS("{\"name\":\"a\",\"routes\":[{\"to\":\"default\",\"dev\":\"x\"}]}") "}",
	  "write 0.0.0.0/0 or ::/0" },
	{ NS("{\"name\":\"a\",\"routes\":[{\"to\":\"default\",\"via\":\"10.0.0.1\",\"onlink\":true}"
	     "]}") "}",
	  "onlink needs via and dev" },
	{ NS("{\"name\":\"a\",\"routes\":[{\"to\":\"10.0.0.0/"
	     "8\",\"dev\":\"lo\",\"onlink\":true}]}") "}",
	  "onlink needs via and dev" },
	{ NS("{\"name\":\"a\",\"routes\":[{\"to\":\"default\",\"via\":\"10.0.0.1\",\"onlink\":"
	     "1}]}") "}",
	  "routes[0].onlink" },
	{ NS("{\"name\":\"a\",\"routes\":[{\"to\":\"10.0.0.1/24\",\"via\":\"10.0.0.1\"}]}") "}",
	  "has host bits set" },
	{ NS("{\"name\":\"a\",\"routes\":[{\"to\":\"10.0.0.0/24\",\"via\":\"fd::1\"}]}") "}",
	  "mixes IPv4 and IPv6" },
	{ NS("{\"name\":\"a\",\"routes\":[{\"to\":\"10.0.0.0/24\",\"dev\":\"x\"}]}") "}",
	  "t.json: namespaces[0].routes[0].dev \"x\": no such link in namespace \"a\"" },

	{ AB "," PAIR ",\"mirrors\":[{\"namespace\":\"a\",\"from\":\"x\",\"to\":\"y\"}]}",
	  "t.json: mirrors[0].to \"y\": no such link in namespace \"a\"" },
	{ AB "," PAIR ",\"mirrors\":[{\"namespace\":\"a\",\"from\":\"x\",\"to\":\"x\"}]}",
	  "mirrors to itself" },
	{ AB
	  ",\"veths\":[" VETH(END("x", "a"),
			      END("y", "a")) "],\"mirrors\":["
					     "{\"namespace\":\"a\",\"from\":\"x\",\"to\":\"y\"},"
					     "{\"namespace\":\"a\",\"from\":\"y\",\"to\":\"x\"}]}",
	  "t.json: mirrors[0]: a loop of mirrors" },
	{ AB
	  ",\"veths\":[" VETH(END("x", "a"),
			      END("y", "a")) "],\"mirrors\":["
					     "{\"namespace\":\"a\",\"from\":\"x\",\"to\":\"y\","
					     "\"direction\":\"in\"},"
					     "{\"namespace\":\"a\",\"from\":\"x\",\"to\":\"y\"}]}",
	  "taken by mirrors[0]" },
	{ AB ",\"veths\":[" VETH(
		  END("x", "a"),
		  "{\"name\":\"y\",\"namespace\":\"a\",\"mtu\":1400}") "],\"mirrors\":[{"
								       "\"namespace\":\"a\","
								       "\"from\":\"x\",\"to\":"
								       "\"y\"}]}",
	  "its MTU is below that of \"x\"" },

	{ AB ",\"uplink\":{\"namespace\":\"a\"}}", "exactly one of interface, mac, default_route" },
	{ AB ",\"uplink\":{\"interface\":\"e\",\"default_route\":true,\"namespace\":\"a\"}}",
	  "exactly one of interface" },
	{ AB ",\"uplink\":{\"interface\":\"e\"}}", "t.json: uplink.namespace: missing" },
	{ AB ",\"uplink\":{\"interface\":\"e\",\"namespace\":\"a\",\"bridge\":\"br\"}}",
	  "t.json: uplink.bridge \"br\": no such bridge in namespace \"a\"" },
};

static void errors(void **state)
{
	struct kn_topology *topo;
	struct kn_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		topo = NULL;
		err.text[0] = '\0';
		if (kn_topology_parse(&topo, "t.json", bad[i].json, strlen(bad[i].json), &err) == 0)
			fail_msg("accepted: %s", bad[i].json);
		if (!strstr(err.text, bad[i].error))
			fail_msg("%s\nsays: %s\nnot:  %s", bad[i].json, err.text, bad[i].error);
		if (strncmp(err.text, "t.json", 6) != 0)
			fail_msg("does not begin with the file: %s", err.text);
	}
}

static void depth(void **state)
{
	char deep[4000];
	struct kn_topology *topo;
	struct kn_err err;

	(void)state;
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_int_not_equal(kn_topology_parse(&topo, "t.json", deep, strlen(deep), &err), 0);
}

static void values(void **state)
{
	static const char json[] =
		"{\"description\":\"d\",\"namespaces\":[{\"name\":\"a\","
		"\"sysctl\":{\"net.ipv4.ip_forward\":1},"
		"\"routes\":[{\"to\":\"default\",\"via\":\"fd00::1\",\"metric\":5}],"
		"\"resolv\":{\"nameservers\":[\"10.0.0.1\",\"fd00::1\"],\"search\":[\"x.y\"]}}],"
		"\"veths\":[{\"ends\":[{\"name\":\"p\",\"namespace\":\"a\",\"mtu\":9000,"
		"\"mac\":\"02:00:00:00:00:0f\",\"dad\":false,\"addresses\":[\"fd00::2/64\"]},"
		"{\"name\":\"q\",\"up\":false,\"arp\":false}]}],"
		"\"bridges\":[{\"name\":\"br\",\"members\":[\"q\"]},"
		"{\"name\":\"bs\",\"stp\":true}]}";
	struct kn_topology *topo;
	struct kn_link *p, *q;
	struct kn_err err;

	(void)state;
	assert_int_equal(kn_topology_parse(&topo, "world.json", json, strlen(json), &err), 0);
	assert_string_equal(topo->name, "world");
	assert_int_equal(topo->n_ns, 2);
	assert_string_equal(topo->ns[0].name, "");
	assert_string_equal(topo->ns[1].sysctls[0].value, "1");
	assert_int_equal(topo->ns[1].routes[0].to.family, AF_INET6);
	assert_string_equal(topo->ns[1].routes[0].text, "::/0 via fd00::1 metric 5");
	assert_int_equal(topo->ns[1].resolv.n_nameservers, 2);
	p = kn_topology_link(topo, &topo->ns[1], "p");
	q = kn_topology_link(topo, &topo->ns[0], "q");
	assert_ptr_equal(p->peer, q);
	assert_true(q->second && !q->up && p->up && p->no_dad);
	assert_true(q->no_arp && !p->no_arp && !q->no_dad);
	assert_int_equal(p->mtu, 9000);
	assert_int_equal(p->mac[5], 0x0f);
	assert_int_equal(p->addrs[0].len, 64);
	assert_string_equal(q->master->name, "br");
	assert_int_equal(q->master->forward_delay_cs, 0);
	assert_int_equal(kn_topology_link(topo, &topo->ns[0], "bs")->forward_delay_cs, 1500);
	kn_topology_free(topo);
}

static void shipped(void **state)
{
	static const char *const names[] = { "kidos", "demo", "mirror", "lab" };
	struct kn_topology *topo;
	char path[512], text[16384];
	struct kn_err err;
	size_t len;
	FILE *f;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), KIDOS_TOPOLOGIES "/%s.json", names[i]);
		f = fopen(path, "re");
		assert_non_null(f);
		len = fread(text, 1, sizeof(text), f);
		fclose(f);
		if (kn_topology_parse(&topo, names[i], text, len, &err))
			fail_msg("%s", err.text);
		assert_string_equal(topo->name, names[i]);
		kn_topology_free(topo);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "netns: topology errors name the place", errors, NULL, NULL, NULL },
		{ "netns: topology nested too deep", depth, NULL, NULL, NULL },
		{ "netns: topology values", values, NULL, NULL, NULL },
		{ "netns: topology files that are shipped", shipped, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netns topology", tests, NULL, NULL);
}
