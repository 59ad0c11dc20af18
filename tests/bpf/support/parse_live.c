/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include "parse_run_private.h"

#define SENDER "kt-parse-tx"
#define RECEIVER "kt-parse-rx"

/* Without IPv6 addresses the links send nothing of their own. */
static const char *const links =
	"sysctl -qw net.ipv6.conf.default.disable_ipv6=1 && "
	"ip link add " SENDER " type veth peer name " RECEIVER " && "
	"ip link set " SENDER " mtu 9000 up && ip link set " RECEIVER " mtu 9000 up";

static int attach(struct parse_run *run)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = if_nametoindex(RECEIVER),
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = bpf_program__fd(run->skeleton->progs.live_tc));
	int error = bpf_tc_hook_create(&hook);

	return error ? error : bpf_tc_attach(&hook, &options);
}

int parse_run_live(struct parse_run *run)
{
	int error;

	if (unshare(CLONE_NEWNET))
		return -errno;
	if (system(links))
		return -ENODEV;
	error = attach(run);
	if (error)
		return error;
	run->sender = socket(AF_PACKET, SOCK_RAW, 0);
	return run->sender < 0 ? -errno : 0;
}

/* The peer's soft interrupt may run later than the call that sent. */
static int wait_for(const volatile __u32 *seen, __u32 before)
{
	struct timespec pause = { .tv_nsec = 100 * 1000 };

	for (int i = 0; i < 10000 && *seen == before; i++)
		nanosleep(&pause, NULL);
	return *seen == before + 1 ? 0 : -ETIMEDOUT;
}

int parse_run_send(struct parse_run *run, const struct parse_frame *frame,
		   struct parse_result *result)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = if_nametoindex(SENDER),
	};
	__u32 before = run->skeleton->bss->seen;
	int error;

	if (sendto(run->sender, frame->bytes, frame->size, 0, (struct sockaddr *)&address,
		   sizeof(address)) < 0)
		return -errno;
	error = wait_for(&run->skeleton->bss->seen, before);
	return error ? error : parse_run_result(run, result);
}
