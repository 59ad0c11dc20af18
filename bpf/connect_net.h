/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* connect_net.h: numbers of the kernel's network half that its BTF has no names for. */
#ifndef KIDOS_CONNECT_NET_H
#define KIDOS_CONNECT_NET_H

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_MPTCP 262

#define SOCK_STREAM 1
#define SOCK_DGRAM 2

/* include/net/tcp_states.h */
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_SYN_RECV 3
#define TCP_CLOSE 7
#define TCP_LISTEN 10

#define SOCK_DONE 1 /* include/net/sock.h, enum sock_flags: the peer's FIN came */

/* include/linux/errno.h: a signal came, the call may be entered again */
#define ERESTARTSYS 512
#define ERESTART_RESTARTBLOCK 516
#define EINTR 4
#define EINPROGRESS 115

#endif
