/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect.bpf.c: who connects where, and what becomes of it. The plugin loads
 * the programs of one rung that sees attempts, and one that sees outcomes.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "connect_call.h"
#include "connect_hooks.h"
#include "connect_tcp.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define FAMILY_UNREAD 0xffff

/* What of an address a caller gave, and no more: a longer one may be left over from before. */
static __always_inline void read_address(struct connect_address *address, const void *at,
					 __u32 length, int user)
{
	if (length < sizeof(address->family))
		return;
	if (length > sizeof(*address))
		length = sizeof(*address);
	barrier_var(length); /* a verifier learns its bound here */
	if (length > sizeof(*address))
		return;
	if (user)
		bpf_probe_read_user(address, length, at);
	else if (connect_config.readable)
		bpf_probe_read_kernel(address, length, at);
}

/* --- __sys_connect_file(file, address, length, flags) --- */

static __always_inline int enter_at(const struct connect_found *found, const void *at, __u32 length,
				    int user)
{
	struct connect_address address = {};

	if (is_continued(found))
		return 0;
	address.family = FAMILY_UNREAD;
	read_address(&address, at, length, user);
	return enter_socket(found, &address, (__u64)at, length);
}

SEC("fentry/__sys_connect_file")
int connect_fentry(__u64 *ctx)
{
	struct file *file = (void *)ctx[0];
	struct connect_found found = {};
	int is_socket = has_task_btf() ? find_by_type(file, &found) : find_by_address(file, &found);

	return is_socket ? enter_at(&found, (void *)ctx[1], (__u32)ctx[2], 0) : 0;
}

SEC("fexit/__sys_connect_file")
int connect_fexit(__u64 *ctx)
{
	return leave(thread_here(), (int)ctx[4], 0);
}

SEC("kprobe/__sys_connect_file")
int connect_kprobe(struct pt_regs *ctx)
{
	struct connect_found found = {};

	if (!find_by_address((void *)PT_REGS_PARM1(ctx), &found))
		return 0;
	return enter_at(&found, (void *)PT_REGS_PARM2(ctx), (__u32)PT_REGS_PARM3(ctx), 0);
}

/* --- the system call: its tracepoints --- */

static __always_inline int enter_fd(__u32 fd, const void *at, __u32 length)
{
	struct connect_found found = {};
	struct file *file = file_of(fd);

	return file && find_by_address(file, &found) ? enter_at(&found, at, length, 1) : 0;
}

/* /sys/kernel/tracing/events/syscalls/sys_enter_connect/format, and of sys_exit_connect */
struct enter_connect {
	__u64 common;
	__s64 number;
	__u64 fd, address, length;
};

struct exit_connect {
	__u64 common;
	__s64 number;
	__s64 result;
};

SEC("tp/syscalls/sys_enter_connect")
int connect_enter(struct enter_connect *ctx)
{
	return enter_fd((__u32)ctx->fd, (void *)ctx->address, (__u32)ctx->length);
}

SEC("tp/syscalls/sys_exit_connect")
int connect_exit(struct exit_connect *ctx)
{
	return leave(thread_here(), (int)ctx->result, 1);
}

/* --- at the root cgroup: of TCP what no SYN takes over has failed --- */

/* What this socket tried before came to no SYN. */
static __always_inline void end_former(__u64 key)
{
	struct kidos_connect_attempt *pending = bpf_map_lookup_elem(&connect_pending, &key), old;

	if (!pending)
		return;
	old = *pending;
	if (!bpf_map_delete_elem(&connect_pending, &key))
		end_stale(&old);
}

static __always_inline int hook(struct bpf_sock_addr *ctx, struct kidos_connect_attempt *attempt)
{
	attempt->protocol = (__u16)ctx->protocol;
	attempt->type = (__u8)ctx->type;
	attempt->dport = bpf_ntohs((__u16)ctx->user_port);
	attempt->socket = bpf_get_socket_cookie(ctx);
	attempt->trial = is_trial(attempt->socket);
	who(attempt);
	attempt->netns = netns_here();
	if (kidos_connect_protocol_of(attempt->protocol, attempt->family) != KIDOS_CONNECT_TCP)
		return hook_lost(attempt);
	attempt->sk = attempt->socket;
	attempt->stage = KIDOS_CONNECT_IN_CALL;
	end_former(attempt->sk);
	attempt->start = bpf_ktime_get_boot_ns();
	if (attempt->trial)
		note_trial(KIDOS_CONNECT_STEP_ENTRY);
	else
		count_attempt(attempt);
	pend(attempt);
	return ALLOW;
}

SEC("cgroup/connect4")
int connect_cgroup4(struct bpf_sock_addr *ctx)
{
	struct kidos_connect_attempt attempt = { .family = AF_INET };

	set_ipv4(&attempt.dst, ctx->user_ip4);
	return hook(ctx, &attempt);
}

SEC("cgroup/connect6")
int connect_cgroup6(struct bpf_sock_addr *ctx)
{
	struct kidos_connect_attempt attempt = {};

	attempt.dst.words[0] = ctx->user_ip6[0];
	attempt.dst.words[1] = ctx->user_ip6[1];
	attempt.dst.words[2] = ctx->user_ip6[2];
	attempt.dst.words[3] = ctx->user_ip6[3];
	attempt.family = is_mapped(&attempt.dst) ? AF_INET : AF_INET6;
	return hook(ctx, &attempt);
}

/* --- the system call: what every one of them passes. i386's numbers mean others --- */

#if defined(__TARGET_ARCH_arm64)
#define NR_CONNECT 203
#define is_foreign(regs) 0
#define number_of(regs) NR_CONNECT /* not kept in user_pt_regs: `connect_calls` knows */
#else
#define NR_CONNECT 42
#define USER32_CS 0x23
#define is_foreign(regs) (read_register(&(regs)->cs) == USER32_CS)
#define number_of(regs) read_register(&(regs)->orig_rax)
#endif

static __always_inline unsigned long read_register(const void *at)
{
	unsigned long value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), at);
	return value;
}

SEC("raw_tp/sys_enter")
int connect_raw_enter(__u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];

	if (ctx[1] != NR_CONNECT || is_foreign(regs))
		return 0;
	return enter_fd((__u32)read_register(&PT_REGS_PARM1(regs)),
			(void *)read_register(&PT_REGS_PARM2(regs)),
			(__u32)read_register(&PT_REGS_PARM3(regs)));
}

SEC("raw_tp/sys_exit")
int connect_raw_exit(__u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];

	return number_of(regs) == NR_CONNECT ? leave(thread_here(), (int)ctx[1], 1) : 0;
}

/*
 * Programs are loaded in the order of the file: a rung that this kernel refuses
 * is to be refused before these are verified.
 */
#include "connect_outcomes.h"
