/* SPDX-License-Identifier: MIT */
/* ctl.h: kidosctl analyze. */
#ifndef KIDOS_EVENTLOG_CTL_H
#define KIDOS_EVENTLOG_CTL_H

#include "ctl/ctl.h"

extern const struct ctl_command ctl_analyze;

#endif
