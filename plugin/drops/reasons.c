/* SPDX-License-Identifier: MIT */
#include "drops/reasons.h"
#include "abi_drop.h"
#include "links/driver_loss.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Subsystems that may be modules with BTF of their own (since 6.4). */
static const char *const modules[] = { "mac80211", "openvswitch" };

static const char prefix[] = "SKB_DROP_REASON_";

struct reason {
	uint32_t value;
	char name[KIDOS_REASON_NAME];
};

struct kidos_reasons {
	struct reason *items;
	size_t count;
};

static const struct reason *find(const struct kidos_reasons *reasons, uint32_t value)
{
	for (size_t i = 0; reasons && i < reasons->count; i++)
		if (reasons->items[i].value == value)
			return &reasons->items[i];
	return NULL;
}

static int add(struct kidos_reasons *reasons, uint32_t value, const char *name)
{
	struct reason *items;

	if (find(reasons, value))
		return 0;
	items = reallocarray(reasons->items, reasons->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	reasons->items = items;
	items[reasons->count].value = value;
	if (!strncmp(name, prefix, sizeof(prefix) - 1))
		name += sizeof(prefix) - 1;
	snprintf(items[reasons->count++].name, KIDOS_REASON_NAME, "%s", name);
	return 0;
}

static int add_enum(struct kidos_reasons *reasons, const struct btf *btf,
		    const struct btf_type *type)
{
	const struct btf_enum *values = btf_enum(type);
	int error = 0;

	for (int i = 0; !error && i < btf_vlen(type); i++)
		error = add(reasons, (uint32_t)values[i].val,
			    btf__name_by_offset(btf, values[i].name_off));
	return error;
}

/* enum skb_drop_reason, mac80211_drop_reason, ovs_drop_reason: each has its subsystem's bits. */
static bool is_reasons(const struct btf *btf, const struct btf_type *type)
{
	const char *name = btf__name_by_offset(btf, type->name_off);

	return btf_is_enum(type) && name && strstr(name, "drop_reason") && !strstr(name, "subsys");
}

static int add_types(struct kidos_reasons *reasons, const struct btf *btf, __u32 first)
{
	int error = 0;

	for (__u32 id = first; !error && id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (is_reasons(btf, type))
			error = add_enum(reasons, btf, type);
	}
	return error;
}

static int add_modules(struct kidos_reasons *reasons, struct btf *vmlinux)
{
	int error = 0;

	for (size_t i = 0; !error && i < sizeof(modules) / sizeof(modules[0]); i++) {
		struct btf *btf = btf__load_module_btf(modules[i], vmlinux);

		if (!btf || libbpf_get_error(btf))
			continue;
		error = add_types(reasons, btf, btf__type_cnt(vmlinux));
		btf__free(btf);
	}
	return error;
}

struct kidos_reasons *kidos_reasons_load(void)
{
	struct kidos_reasons *reasons = calloc(1, sizeof(*reasons));
	struct btf *vmlinux = btf__load_vmlinux_btf();
	int error = 0;

	if (!reasons || !vmlinux)
		error = -errno;
	if (!error)
		error = add_types(reasons, vmlinux, 1);
	if (!error)
		error = add_modules(reasons, vmlinux);
	btf__free(vmlinux);
	if (!error)
		return reasons;
	kidos_reasons_free(reasons);
	errno = -error;
	return NULL;
}

const char *kidos_reason_name(const struct kidos_reasons *reasons, uint32_t reason,
			      char text[KIDOS_REASON_NAME])
{
	const struct reason *found = find(reasons, reason);

	if (reason == KIDOS_REASON_UNKNOWN)
		snprintf(text, KIDOS_REASON_NAME, "unknown");
	else if (reason >= KIDOS_REASON_DRIVER &&
		 reason - KIDOS_REASON_DRIVER < KIDOS_DRIVER_LOSSES)
		snprintf(text, KIDOS_REASON_NAME, "%s",
			 kidos_driver_loss_names[reason - KIDOS_REASON_DRIVER]);
	else if (found)
		snprintf(text, KIDOS_REASON_NAME, "%s", found->name);
	else
		snprintf(text, KIDOS_REASON_NAME, "%u", reason);
	return text;
}

void kidos_reasons_free(struct kidos_reasons *reasons)
{
	if (!reasons)
		return;
	free(reasons->items);
	free(reasons);
}
