/* SPDX-License-Identifier: MIT */
#include "drops/trial.h"
#include "core/pids.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A message that is never read is dropped with its socket: it takes no interface. */
static int provoke(void)
{
	int pair[2], error = 0;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	if (send(pair[0], "", 1, 0) != 1)
		error = -errno;
	close(pair[1]);
	close(pair[0]);
	return error;
}

static int set_trial(const struct kidos_drop_maps *maps, struct kidos_drop_trial *trial)
{
	__u32 zero = 0;

	return bpf_map_update_elem(maps->fd[KIDOS_DROP_MAP_TRIAL], &zero, trial, BPF_ANY) ? -errno
											  : 0;
}

int kidos_drop_trial(const struct kidos_drop_maps *maps)
{
	const struct kidos_pid_namespace namespace = kidos_pid_namespace();
	struct kidos_drop_trial none = {}, trial = {
		.device = namespace.device,
		.inode = namespace.inode,
		.thread = (__u32)syscall(SYS_gettid),
	};
	__u32 zero = 0;
	int error = set_trial(maps, &trial);

	if (!error)
		error = provoke();
	if (!error && bpf_map_lookup_elem(maps->fd[KIDOS_DROP_MAP_TRIAL], &zero, &trial))
		error = -errno;
	set_trial(maps, &none);
	if (error)
		return error;
	return trial.seen ? 0 : -ENODATA;
}
