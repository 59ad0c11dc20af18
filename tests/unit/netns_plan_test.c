/* SPDX-License-Identifier: MIT */
/* The order of a plan: nothing stands before what it needs, the uplink goes late, and every step's
 * text is its own, since the record knows steps by it.
 */
#include "netns_util.h"
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char json[] =
	"{\"namespaces\":["
	"{\"name\":\"n1\",\"sysctl\":{\"net.ipv4.ip_forward\":1},"
	"\"routes\":[{\"to\":\"default\",\"via\":\"10.0.0.9\"},"
	"{\"to\":\"fd00:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128\",\"dev\":\"a\",\"onlink\":true,"
	"\"via\":\"fd00:ffff:ffff:ffff:ffff:ffff:ffff:ffff\",\"metric\":4294967295,\"table\":"
	"4294967295},"
	"{\"to\":\"10.0.1.0/24\",\"dev\":\"a\"}],"
	"\"resolv\":{\"nameservers\":[\"10.0.0.9\"]}},{\"name\":\"n2\"}],"
	"\"veths\":[{\"ends\":[{\"name\":\"a\",\"namespace\":\"n1\",\"addresses\":[\"10.0.0.1/"
	"24\"],"
	"\"sysctl\":{\"ipv6.accept_ra\":0}},{\"name\":\"b\",\"namespace\":\"n2\"}]},"
	"{\"ends\":[{\"name\":\"m\",\"namespace\":\"n2\"},{\"name\":\"mon\",\"namespace\":\"n1\"}]}"
	"],"
	"\"vlans\":[{\"name\":\"v2\",\"namespace\":\"n1\",\"parent\":\"v1\",\"id\":2},"
	"{\"name\":\"v1\",\"namespace\":\"n1\",\"parent\":\"a\",\"id\":1}],"
	"\"bridges\":[{\"name\":\"br\",\"namespace\":\"n2\",\"members\":[\"b\"],\"dhcp\":true}],"
	"\"uplink\":{\"interface\":\"e0\",\"namespace\":\"n2\",\"bridge\":\"br\"},"
	"\"mirrors\":[{\"namespace\":\"n2\",\"from\":\"b\",\"to\":\"m\"}]}";

static const char *const before[][2] = {
	{ "namespace n1", "up n1/lo" },
	{ "namespace n1", "sysctl n1 net.ipv4.ip_forward=1" },
	{ "sysctl n1 net.ipv4.ip_forward=1", "veth n1/a - n2/b" },
	{ "namespace n2", "veth n1/a - n2/b" },
	{ "veth n1/a - n2/b", "vlan n1/v1 parent a id 1" },
	{ "vlan n1/v1 parent a id 1", "vlan n1/v2 parent v1 id 2" },
	{ "bridge n2/br stp off forward-delay 0.00", "uplink to n2" },
	{ "veth n2/m - n1/mon", "uplink to n2" },
	{ "uplink to n2", "member n2/(uplink) of br" },
	{ "sysctl n1/a ipv6.accept_ra=0", "up n1/a" },
	{ "address n1/a 10.0.0.1/24", "up n1/a" },
	{ "member n2/b of br", "up n2/b" },
	{ "clsact n2/b", "mirror n2/b in to m prio 27492" },
	{ "mirror n2/b in to m prio 27492", "mirror n2/b out to m prio 27492" },
	{ "mirror n2/b out to m prio 27492", "up n2/b" },
	{ "up n2/m", "up n2/b" },
	{ "up n1/mon", "up n2/b" },
	{ "up n1/a", "route n1 10.0.1.0/24 dev a" },
	{ "route n1 10.0.1.0/24 dev a", "route n1 0.0.0.0/0 via 10.0.0.9" },
	{ "route n1 0.0.0.0/0 via 10.0.0.9",
	  "route n1 fd00:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128 via "
	  "fd00:ffff:ffff:ffff:ffff:ffff:ffff:ffff dev a onlink metric 4294967295 table "
	  "4294967295" },
	{ "up n2/br", "dhcp n2/br" },
};

static struct kn_topology *topo;
static struct kn_plan plan;
static char (*texts)[KN_STEP_TEXT];

static int build(void **state)
{
	struct kn_err err;

	(void)state;
	if (kn_topology_parse(&topo, "t.json", json, strlen(json), &err) ||
	    kn_plan_build(&plan, topo, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	texts = calloc(plan.n, sizeof(*texts));
	for (size_t i = 0; texts && i < plan.n; i++)
		plan.steps[i].ops->text(&plan.steps[i], texts[i], sizeof(texts[i]));
	return texts ? 0 : -1;
}

static int release(void **state)
{
	(void)state;
	free(texts);
	kn_plan_free(&plan);
	kn_topology_free(topo);
	return 0;
}

static size_t place_of(const char *text)
{
	for (size_t i = 0; i < plan.n; i++)
		if (strcmp(texts[i], text) == 0)
			return i;
	fail_msg("no step \"%s\"", text);
	return 0;
}

static void order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (place_of(before[i][0]) >= place_of(before[i][1]))
			fail_msg("\"%s\" does not come before \"%s\"", before[i][0], before[i][1]);
	assert_int_equal(place_of("dhcp n2/br"), plan.n - 1);
}

static void own_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < plan.n; i++) {
		assert_null(strpbrk(texts[i], "\t\n")); /* the record's separators */
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(texts[i], texts[k]);
	}
}

static void complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < plan.n; i++) {
		assert_non_null(plan.steps[i].ops->probe);
		assert_non_null(plan.steps[i].ops->make);
		assert_non_null(plan.steps[i].ops->undo);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "netns: plan order", order, NULL, NULL, NULL },
		{ "netns: plan steps have texts of their own", own_texts, NULL, NULL, NULL },
		{ "netns: plan steps can look, make and undo", complete, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netns plan", tests, build, release);
}
