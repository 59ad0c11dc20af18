/* SPDX-License-Identifier: MIT */
#include "connects/counts.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

static int read_array(int fd, uint64_t *values, __u32 count)
{
	memset(values, 0, count * sizeof(*values));
	for (__u32 i = 0; fd >= 0 && i < count; i++)
		if (bpf_map_lookup_elem(fd, &i, &values[i]))
			return -errno;
	return 0;
}

int kidos_connect_counts_other(int fd,
			       uint64_t other[KIDOS_CONNECT_PROTOCOLS * KIDOS_CONNECT_ERRNOS])
{
	return read_array(fd, other, KIDOS_CONNECT_PROTOCOLS * KIDOS_CONNECT_ERRNOS);
}

int kidos_connect_counts_events(int fd, uint64_t events[KIDOS_CONNECT_EVENTS])
{
	return read_array(fd, events, KIDOS_CONNECT_EVENTS);
}
