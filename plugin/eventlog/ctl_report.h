/* SPDX-License-Identifier: MIT */
/* ctl_report.h: a report on standard output, in each of its three dresses. */
#ifndef KIDOS_EVENTLOG_CTL_REPORT_H
#define KIDOS_EVENTLOG_CTL_REPORT_H

#include "eventlog/report.h"

void ctl_report_text(const struct kidos_report *report); /* times local */
void ctl_report_csv(const struct kidos_report *report); /* section,row,column,value; times in UTC */
void json_report_print(const struct kidos_report *report); /* times in UTC */

#endif
