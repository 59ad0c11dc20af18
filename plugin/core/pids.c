/* SPDX-License-Identifier: MIT */
#include "core/pids.h"

#include <sys/stat.h>

#define INITIAL 0xeffffffcu /* PROC_PID_INIT_INO in include/linux/proc_ns.h */

struct kidos_pid_namespace kidos_pid_namespace(void)
{
	struct stat stat_buf;

	if (stat("/proc/self/ns/pid", &stat_buf) || stat_buf.st_ino == INITIAL)
		return (struct kidos_pid_namespace){};
	return (struct kidos_pid_namespace){ .device = stat_buf.st_dev,
					     .inode = (uint32_t)stat_buf.st_ino };
}
