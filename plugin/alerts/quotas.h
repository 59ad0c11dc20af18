/* SPDX-License-Identifier: MIT */
/*
 * quotas.h: quota: the bytes of interfaces since the day of the month on which
 * a bill begins, at 80 % and at 100 % of what is paid for. They are remembered
 * in a file over restarts, from which a crash takes a minute at most.
 */
#ifndef KIDOS_ALERTS_QUOTAS_H
#define KIDOS_ALERTS_QUOTAS_H

#include "alerts/raise.h"
#include "collector.h"

#define KIDOS_QUOTA_FILE "kidos-quota"

struct kidos_quota_counts;

/* Reads the file. NULL without memory. */
struct kidos_quota_counts *kidos_quotas_new(const struct kidos_rules_base *base);
/* Writes the file. Accepts NULL. */
void kidos_quotas_free(struct kidos_quota_counts *quotas);

/* Adds what interfaces carried since the last poll, judges and sends it. */
void kidos_quotas_poll(struct kidos_quota_counts *quotas, const struct kidos_poll *poll);

#endif
