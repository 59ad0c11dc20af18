/* SPDX-License-Identifier: MIT */
/* config.h: <Plugin kidos> into struct kidos_config. */
#ifndef KIDOS_COLLECTD_CONFIG_H
#define KIDOS_COLLECTD_CONFIG_H

#include "core/config.h"

#include <collectd.h>

#include <liboconfig/oconfig.h>

/* Reads the block; returns how many options are wrong, each with its line in the log. */
int collectd_config_read(const oconfig_item_t *item, struct kidos_config *config);

#endif
