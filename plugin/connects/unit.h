/* SPDX-License-Identifier: MIT */
/* unit.h: from the path of a control group to the systemd unit or container that it is. */
#ifndef KIDOS_CONNECTS_UNIT_H
#define KIDOS_CONNECTS_UNIT_H

#define KIDOS_CONNECT_UNIT 120 /* so that ".p50" fits behind it into collectd's 128 */

/*
 * The last part of the path that is a service, scope or slice, without the
 * underscore that systemd puts ahead of some; else the path itself. Ids of
 * containers, 64 hexadecimal digits, are cut to 12 as container tools print
 * them; where such an id alone stands below the unit it is the name. Raw, cut to the
 * room; the root is "-.slice".
 */
void kidos_connect_unit_of(const char *path, char unit[KIDOS_CONNECT_UNIT]);

#endif
