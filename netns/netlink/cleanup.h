/* SPDX-License-Identifier: MIT */
#ifndef KN_NETLINK_CLEANUP_H
#define KN_NETLINK_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Resources end with their scope; ownership leaves it through KN_TAKE. */
static inline void kn_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void kn_free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void kn_close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static inline void kn_close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define _cleanup_fd_ __attribute__((cleanup(kn_close_fd)))
#define _cleanup_free_ __attribute__((cleanup(kn_free_ptr)))
#define _cleanup_dir_ __attribute__((cleanup(kn_close_dir)))
#define _cleanup_file_ __attribute__((cleanup(kn_close_file)))

#define KN_TAKE_FD(fd)             \
	({                         \
		int _taken = (fd); \
		(fd) = -1;         \
		_taken;            \
	})

#endif
