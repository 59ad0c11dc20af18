/* SPDX-License-Identifier: MIT */
/* Leases as udhcpc and dhclient word them, from servers that mean well and others. */
#include "netns_util.h"
#include "dhcp_lease.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *udhcpc, *dhclient; /* option 121; NULL: not sent */
	const char *routes;
} options[] = {
	{ NULL, NULL, "0.0.0.0/0 192.0.2.1;" },
	{ "10.0.0.0/8 192.0.2.9", "8 10 192 0 2 9", "10.0.0.0/8 192.0.2.9;" },
	{ "10.0.0.0/8 192.0.2.9 0.0.0.0/0 192.0.2.8", "8 10 192 0 2 9 0 192 0 2 8",
	  "10.0.0.0/8 192.0.2.9;0.0.0.0/0 192.0.2.8;" },
	{ "10.1.2.0/23 192.0.2.9", "23 10 1 2 192 0 2 9", "10.1.2.0/23 192.0.2.9;" },
	{ "10.1.2.3/32 0.0.0.0", "32 10 1 2 3 0 0 0 0", "10.1.2.3/32 link;" },
	{ "10.1.2.3/23 192.0.2.9", "23 10 1 3 192 0 2 9",
	  "10.1.2.0/23 192.0.2.9;" }, /* host bits */
	{ "", "", "0.0.0.0/0 192.0.2.1;" },
	/* What makes no sense is as if it were not there. */
	{ "10.0.0.0/33 192.0.2.9", "33 10 0 0 0 0 192 0 2 9", "0.0.0.0/0 192.0.2.1;" },
	{ "10.0.0.0/8", "8 10 192 0 2", "0.0.0.0/0 192.0.2.1;" },
	{ "10.0.0.0/8 192.0.2.9 11.0.0.0", "8 10 192 0 2 9 8", "0.0.0.0/0 192.0.2.1;" },
	{ "10.0.0/8 192.0.2.9", "8 256 192 0 2 9", "0.0.0.0/0 192.0.2.1;" },
	{ "10.0.0.0/-1 192.0.2.9", "-8 10 192 0 2 9", "0.0.0.0/0 192.0.2.1;" },
	{ "10.0.0.0/8x 192.0.2.9", "8 10x 192 0 2 9", "0.0.0.0/0 192.0.2.1;" },
	{ "10.0.0.0/ 192.0.2.9", "8 0x10 192 0 2 9", "0.0.0.0/0 192.0.2.1;" },
	{ "$(reboot) 192.0.2.9", "`reboot`", "0.0.0.0/0 192.0.2.1;" },
};

static void show(const struct kn_lease *lease, char *out)
{
	char to[INET_ADDRSTRLEN], via[INET_ADDRSTRLEN] = "link";

	out[0] = '\0';
	for (size_t i = 0; i < lease->n_routes; i++) {
		inet_ntop(AF_INET, lease->routes[i].to.bytes, to, sizeof(to));
		if (lease->routes[i].via.family)
			inet_ntop(AF_INET, lease->routes[i].via.bytes, via, sizeof(via));
		sprintf(out + strlen(out), "%s/%u %s;", to, lease->routes[i].to.len, via);
	}
}

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void routes(void **state)
{
	struct kn_lease lease;
	struct kn_err err;
	char shown[512];

	(void)state;
	setenv("ip", "192.0.2.50", 1);
	setenv("mask", "24", 1);
	setenv("router", "192.0.2.1 192.0.2.2", 1);
	setenv("new_ip_address", "192.0.2.50", 1);
	setenv("new_subnet_mask", "255.255.255.0", 1);
	setenv("new_routers", "192.0.2.1 192.0.2.2", 1);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		set("staticroutes", options[i].udhcpc);
		assert_int_equal(kn_lease_read(KN_UDHCPC, &lease, &err), 0);
		show(&lease, shown);
		assert_string_equal(shown, options[i].routes);
		set("new_rfc3442_classless_static_routes", options[i].dhclient);
		assert_int_equal(kn_lease_read(KN_DHCLIENT, &lease, &err), 0);
		show(&lease, shown);
		assert_string_equal(shown, options[i].routes);
	}
}

/* One more than there is room for: none is taken rather than some. */
static void too_many(void **state)
{
	struct kn_lease lease;
	struct kn_err err;
	char list[4096];

	(void)state;
	set("ip", "192.0.2.50");
	set("mask", "24");
	set("router", "192.0.2.1");
	for (int n = KN_LEASE_ROUTES; n <= KN_LEASE_ROUTES + 1; n++) {
		list[0] = '\0';
		for (int i = 0; i < n; i++)
			sprintf(list + strlen(list), "%s10.%d.0.0/16 192.0.2.9", i ? " " : "", i);
		setenv("staticroutes", list, 1);
		assert_int_equal(kn_lease_read(KN_UDHCPC, &lease, &err), 0);
		assert_int_equal(lease.n_routes, n == KN_LEASE_ROUTES ? n : 1);
	}
	unsetenv("staticroutes");
}

static void addresses(void **state)
{
	static const struct {
		const char *ip, *mask, *subnet;
		int code, len;
	} cases[] = {
		{ "192.0.2.50", "24", NULL, 0, 24 },
		{ "192.0.2.50", NULL, "255.255.254.0", 0, 23 },
		{ "192.0.2.50", NULL, "255.255.255.255", 0, 32 },
		{ "192.0.2.50", "33", "255.0.0.0", 0, 8 },
		{ "192.0.2.50", NULL, "255.0.255.0", -EINVAL, 0 },
		{ "192.0.2.50", NULL, "0.0.0.0", -EINVAL, 0 },
		{ "192.0.2.50", NULL, NULL, -EINVAL, 0 },
		{ "192.0.2", "24", NULL, -EINVAL, 0 },
		{ NULL, "24", NULL, -EINVAL, 0 },
	};
	struct kn_lease lease;
	struct kn_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set("ip", cases[i].ip);
		set("mask", cases[i].mask);
		set("subnet", cases[i].subnet);
		assert_int_equal(kn_lease_read(KN_UDHCPC, &lease, &err), cases[i].code);
		if (!cases[i].code)
			assert_int_equal(lease.addr.len, cases[i].len);
	}
}

static void names(void **state)
{
	struct kn_lease lease;
	struct kn_err err;

	(void)state;
	setenv("ip", "192.0.2.50", 1);
	setenv("mask", "24", 1);
	setenv("dns", "192.0.2.3 no 192.0.2.4", 1);
	setenv("domain", "kidos.test", 1);
	assert_int_equal(kn_lease_read(KN_UDHCPC, &lease, &err), 0);
	assert_non_null(strstr(
		lease.resolv, "\nnameserver 192.0.2.3\nnameserver 192.0.2.4\nsearch kidos.test\n"));
	free(lease.resolv);
	setenv("domain", "x\noptions attempts:0", 1);
	assert_int_equal(kn_lease_read(KN_UDHCPC, &lease, &err), 0);
	assert_null(strstr(lease.resolv, "options"));
	free(lease.resolv);
	unsetenv("dns");
	assert_int_equal(kn_lease_read(KN_UDHCPC, &lease, &err), 0);
	assert_null(lease.resolv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "netns: lease: classless static routes, or else the router", routes, NULL, NULL,
		  NULL },
		{ "netns: lease: more routes than are taken", too_many, NULL, NULL, NULL },
		{ "netns: lease: addresses and masks", addresses, NULL, NULL, NULL },
		{ "netns: lease: nameservers and domain", names, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netns leases", tests, NULL, NULL);
}
