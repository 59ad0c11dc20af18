/* SPDX-License-Identifier: MIT */
#include "status.h"
#include "report.h"

#include <stdio.h>

static const char *const result_name[KN_RESULTS] = { "pass", "warn", "fail" };

void kn_report_add(struct kn_report *report, enum kn_result result, const char *check,
		   const char *item, const char *fmt, ...)
{
	struct json_object *row;
	char reason[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	report->count[result]++;
	if (!report->items) {
		fprintf(report->out, "%s  %-9s %s: %s\n", result_name[result], check, item, reason);
		return;
	}
	row = json_object_new_object();
	json_object_object_add(row, "result", json_object_new_string(result_name[result]));
	json_object_object_add(row, "check", json_object_new_string(check));
	json_object_object_add(row, "item", json_object_new_string(item));
	json_object_object_add(row, "reason", json_object_new_string(reason));
	json_object_array_add(report->items, row);
}

static void print_json(struct kn_report *report)
{
	struct json_object *root = json_object_new_object();
	struct json_object *totals = json_object_new_object();

	for (int i = 0; i < KN_RESULTS; i++)
		json_object_object_add(totals, result_name[i],
				       json_object_new_int64(report->count[i]));
	json_object_object_add(root, "topology", json_object_new_string(report->nets->topo->name));
	json_object_object_add(root, "items", report->items);
	json_object_object_add(root, "totals", totals);
	fprintf(report->out, "%s\n", json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY));
	json_object_put(root);
	report->items = NULL;
}

int kn_status(struct kn_nets *nets, bool same_topology, bool json, FILE *out, struct kn_err *err)
{
	static kn_check *const checks[] = {
		kn_check_topology,  kn_check_namespaces, kn_check_links,  kn_check_members,
		kn_check_addresses, kn_check_routes,     kn_check_uplink, kn_check_dhcp,
		kn_check_gateways,  kn_check_far,        kn_check_dns,    kn_check_mirrors,
		kn_check_xdp,
	};
	struct kn_report report = { .nets = nets, .same_topology = same_topology, .out = out };

	(void)err;
	if (json)
		report.items = json_object_new_array();
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](&report);
	if (json)
		print_json(&report);
	else
		fprintf(out, "%u pass, %u warn, %u fail\n", report.count[KN_PASS],
			report.count[KN_WARN], report.count[KN_FAIL]);
	return report.count[KN_FAIL] ? 1 : 0;
}
