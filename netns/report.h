/* SPDX-License-Identifier: MIT */
#ifndef KN_REPORT_H
#define KN_REPORT_H

#include "nets.h"

#include <json-c/json.h>

enum kn_result {
	KN_PASS,
	KN_WARN,
	KN_FAIL,
};
#define KN_RESULTS 3

struct kn_report {
	struct kn_nets *nets;
	bool same_topology;
	struct json_object *items; /* an array, if JSON was asked for */
	FILE *out;
	unsigned int count[KN_RESULTS];
};

/* One line: what was checked, and the reason of the result. */
void kn_report_add(struct kn_report *report, enum kn_result result, const char *check,
		   const char *item, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The checks; each walks the topology and adds a line for every item. */
typedef void kn_check(struct kn_report *report);
kn_check kn_check_topology, kn_check_namespaces, kn_check_links, kn_check_members,
	kn_check_addresses, kn_check_routes, kn_check_uplink, kn_check_dhcp, kn_check_gateways,
	kn_check_far, kn_check_dns, kn_check_mirrors, kn_check_xdp;

#endif
