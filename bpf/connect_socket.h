/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* connect_socket.h: what a socket that a program has by type says of itself. */
#ifndef KIDOS_CONNECT_SOCKET_H
#define KIDOS_CONNECT_SOCKET_H

#include "address.h"
#include "connect_record.h"

#define COPY_IPV6(to, sk, field)                                            \
	do {                                                                \
		(to).words[0] = (sk)->__sk_common.field.in6_u.u6_addr32[0]; \
		(to).words[1] = (sk)->__sk_common.field.in6_u.u6_addr32[1]; \
		(to).words[2] = (sk)->__sk_common.field.in6_u.u6_addr32[2]; \
		(to).words[3] = (sk)->__sk_common.field.in6_u.u6_addr32[3]; \
	} while (0)

/* Family as records have it: v4-mapped is AF_INET. */
static __always_inline __u8 ends_of(struct sock *sk, struct connect_ends *ends)
{
	__u16 family = sk->__sk_common.skc_family;

	ends->sport = sk->__sk_common.skc_num;
	ends->dport = bpf_ntohs(sk->__sk_common.skc_dport);
	if (family == AF_INET6 && bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		COPY_IPV6(ends->src, sk, skc_v6_rcv_saddr);
		COPY_IPV6(ends->dst, sk, skc_v6_daddr);
		return is_mapped(&ends->dst) ? AF_INET : AF_INET6;
	}
	set_ipv4(&ends->src, sk->__sk_common.skc_rcv_saddr);
	set_ipv4(&ends->dst, sk->__sk_common.skc_daddr);
	return (__u8)family;
}

static __always_inline __u32 netns_of(struct sock *sk)
{
	return sk->__sk_common.skc_net.net->ns.inum;
}

/* Payload: the peer's FIN was counted as a byte. */
struct connect_bytes {
	__u64 rx;
	__u64 tx;
	__u32 retransmits;
};

static __always_inline void bytes_of(struct tcp_sock *tcp, struct connect_bytes *bytes)
{
	struct sock *sk = (void *)tcp;

	bytes->rx = tcp->bytes_received - (sk->__sk_common.skc_flags >> SOCK_DONE & 1);
	bytes->tx = tcp->bytes_sent - tcp->bytes_retrans;
	bytes->retransmits = tcp->total_retrans;
}

#endif
