/* SPDX-License-Identifier: MIT */
#include "netlink/cleanup.h"
#include "probe_net.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#define TRIES 2
#define WAIT_MS 1000

struct echo {
	uint8_t type, code;
	uint16_t checksum, id, sequence;
	uint8_t data[16];
};

static uint16_t internet_checksum(const void *bytes, size_t len)
{
	const uint16_t *word = bytes;
	uint32_t sum = 0;

	for (; len > 1; len -= 2)
		sum += *word++;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static int open_socket(struct kn_nets *nets, const struct kn_ns *ns, uint8_t family,
		       struct kn_err *err)
{
	int fd, code = kn_nets_enter(nets, ns, err);

	if (code < 0)
		return code;
	fd = socket(family, SOCK_RAW | SOCK_CLOEXEC,
		    family == AF_INET6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
	code = -errno;
	kn_nets_leave(nets);
	return fd < 0 ? kn_fail(err, code, "raw socket: %s", strerror(-code)) : fd;
}

static int send_echo(int fd, const struct kn_prefix *to, const struct echo *echo)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	const void *address = &v4;
	socklen_t len = sizeof(v4);

	memcpy(&v4.sin_addr, to->bytes, 4);
	if (to->family == AF_INET6) {
		memcpy(&v6.sin6_addr, to->bytes, 16);
		address = &v6;
		len = sizeof(v6);
	}
	return sendto(fd, echo, sizeof(*echo), 0, address, len) < 0 ? -errno : 0;
}

/* IPv4 raw sockets hand over the IP header too, IPv6 ones do not. */
static bool is_reply(const uint8_t *bytes, size_t len, uint8_t family, const struct echo *echo)
{
	size_t skip = family == AF_INET ? (bytes[0] & 0x0fU) * 4U : 0;
	struct echo got;

	if (len < skip + sizeof(got))
		return false;
	memcpy(&got, bytes + skip, sizeof(got));
	return got.type == (family == AF_INET6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) &&
	       got.id == echo->id && memcmp(got.data, echo->data, sizeof(got.data)) == 0;
}

static int elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int)((now.tv_sec - since->tv_sec) * 1000 +
		     (now.tv_nsec - since->tv_nsec) / 1000000);
}

static bool await_reply(int fd, uint8_t family, const struct echo *echo)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct timespec since;
	uint8_t bytes[256];
	ssize_t len;
	int left;

	clock_gettime(CLOCK_MONOTONIC, &since);
	while ((left = WAIT_MS - elapsed_ms(&since)) > 0 && poll(&wait, 1, left) > 0) {
		len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (len > 0 && is_reply(bytes, (size_t)len, family, echo))
			return true;
	}
	return false;
}

int kn_ping(struct kn_nets *nets, const struct kn_ns *ns, const struct kn_prefix *to,
	    struct kn_err *err)
{
	struct echo echo = { .type = to->family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO };
	_cleanup_fd_ int fd = open_socket(nets, ns, to->family, err);
	int code;

	if (fd < 0)
		return fd;
	/* Random bytes distinguish our replies from those of other pings in the namespace. */
	if (getrandom(&echo.id, sizeof(echo.id), 0) < 0 ||
	    getrandom(echo.data, sizeof(echo.data), 0) < 0)
		return kn_fail(err, -errno, "random bytes: %s", strerror(errno));
	for (int try = 0; try < TRIES; try++) {
		echo.sequence = htons((uint16_t)try);
		echo.checksum = 0;
		if (to->family == AF_INET) /* in IPv6 the kernel fills it in */
			echo.checksum = internet_checksum(&echo, sizeof(echo));
		code = send_echo(fd, to, &echo);
		if (code)
			return kn_fail(err, code, "%s", strerror(-code));
		if (await_reply(fd, to->family, &echo))
			return 0;
	}
	return kn_fail(err, -ETIMEDOUT, "no answer");
}
