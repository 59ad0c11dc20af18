/* SPDX-License-Identifier: MIT */
#include "netlink/cleanup.h"
#include "probe_net.h"
#include "resolv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#define WAIT_MS 2000
#define DNS_PORT 53
#define HEADER 12

/* The namespace's own file, else the host's, as `ip netns exec` has it. */
static bool nameserver_of(const struct kn_ns *ns, char *server, size_t size)
{
	_cleanup_free_ char *text = kn_resolv_read(ns->name);
	const char *line;
	size_t len;

	if (!text) {
		_cleanup_file_ FILE *f = fopen("/etc/resolv.conf", "re");

		text = calloc(1, 4096);
		if (!f || !text || fread(text, 1, 4095, f) == 0)
			return false;
	}
	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "nameserver ", 11) != 0)
			continue;
		len = strcspn(line + 11, " \t\n");
		if (len && len < size) {
			memcpy(server, line + 11, len);
			server[len] = '\0';
			return true;
		}
	}
	return false;
}

/* Returns the query's length, 0 if name is no domain name. */
static size_t build_query(uint8_t query[512], uint16_t id, const char *name)
{
	size_t at = HEADER, len;

	memset(query, 0, HEADER);
	memcpy(query, &id, 2);
	query[2] = 1; /* recursion desired */
	query[5] = 1; /* one question */
	for (; *name; name += len + (name[len] == '.')) {
		len = strcspn(name, ".");
		if (!len || len > 63 || at + len + 6 > 300)
			return 0;
		query[at++] = (uint8_t)len;
		memcpy(query + at, name, len);
		at += len;
	}
	query[at++] = 0;
	query[at++] = 0;
	query[at++] = 1; /* type A */
	query[at++] = 0;
	query[at++] = 1; /* class IN */
	return at;
}

static int connect_to(struct kn_nets *nets, const struct kn_ns *ns, const char *server,
		      struct kn_err *err)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(DNS_PORT) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(DNS_PORT) };
	bool is_v6 = inet_pton(AF_INET6, server, &v6.sin6_addr) == 1;
	int fd, code;

	if (!is_v6 && inet_pton(AF_INET, server, &v4.sin_addr) != 1)
		return kn_fail(err, -EINVAL, "nameserver %s: not an address", server);
	code = kn_nets_enter(nets, ns, err);
	if (code < 0)
		return code;
	fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	code = fd < 0 ? -errno : 0;
	kn_nets_leave(nets);
	if (!code &&
	    connect(fd, is_v6 ? (void *)&v6 : (void *)&v4, is_v6 ? sizeof(v6) : sizeof(v4)) < 0)
		code = -errno;
	if (!code)
		return fd;
	kn_close_fd(&fd);
	return kn_fail(err, code, "nameserver %s: %s", server, strerror(-code));
}

static int read_answer(const uint8_t *answer, ssize_t len, uint16_t id, const char *server,
		       struct kn_err *err)
{
	if (len < HEADER || memcmp(answer, &id, 2) != 0)
		return kn_fail(err, -EBADMSG, "nameserver %s: not an answer", server);
	if (answer[3] & 0x0f)
		return kn_fail(err, -ENOENT, "nameserver %s: error %u", server, answer[3] & 0x0f);
	if (!answer[6] && !answer[7])
		return kn_fail(err, -ENOENT, "nameserver %s: no address", server);
	return 0;
}

int kn_resolve(struct kn_nets *nets, const struct kn_ns *ns, const char *name, struct kn_err *err)
{
	uint8_t query[512], answer[1500];
	char server[64];
	_cleanup_fd_ int fd = -1;
	struct pollfd wait = { .events = POLLIN };
	uint16_t id;
	size_t len;

	if (!nameserver_of(ns, server, sizeof(server)))
		return kn_fail(err, -ENOENT, "no nameserver");
	if (getrandom(&id, sizeof(id), 0) < 0)
		return kn_fail(err, -errno, "random bytes: %s", strerror(errno));
	len = build_query(query, id, name);
	if (!len)
		return kn_fail(err, -EINVAL, "not a domain name");
	fd = connect_to(nets, ns, server, err);
	if (fd < 0)
		return fd;
	if (send(fd, query, len, 0) < 0)
		return kn_fail(err, -errno, "nameserver %s: %s", server, strerror(errno));
	wait.fd = fd;
	if (poll(&wait, 1, WAIT_MS) <= 0)
		return kn_fail(err, -ETIMEDOUT, "nameserver %s: no answer", server);
	return read_answer(answer, recv(fd, answer, sizeof(answer), 0), id, server, err);
}
