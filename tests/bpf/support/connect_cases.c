/* SPDX-License-Identifier: MIT */
#include "connect_cases.h"
#include "connect_uring.h"
#include "connect_world.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define FEW 5
#define ACCEPTED 5 /* times connect_many() */

unsigned int connect_many(void)
{
	return getenv("KIDOS_SLOW") ? 200 : 1000;
}

static int open_few(const char *host)
{
	union address address = at(host, 0);
	int listener = listen_at(&address, FEW, 0);

	for (int i = 0; i < FEW; i++) {
		int fd = stream(&address, 0);

		EXPECT(!connect(fd, &address.any, length_of(&address)));
		close(accept(listener, NULL, NULL));
		close(fd);
	}
	return 0;
}

static int open_v4(void *context)
{
	(void)context;
	return open_few("127.0.0.1");
}

static int open_v6(void *context)
{
	(void)context;
	return open_few("::1");
}

static int open_mapped(void *context)
{
	union address address = at("127.0.0.1", 0), mapped = at("::ffff:127.0.0.1", 0);
	int listener = listen_at(&address, FEW, 0);

	(void)context;
	EXPECT(listener >= 0);
	mapped.v6.sin6_port = address.v4.sin_port;
	for (int i = 0; i < FEW; i++)
		EXPECT(blocking_outcome(&mapped) == 0);
	return 0;
}

static int refused_blocking(void *context)
{
	union address address = at("127.0.0.1", CLOSED), v6 = at("::1", CLOSED);

	(void)context;
	for (int i = 0; i < FEW; i++)
		EXPECT(blocking_outcome(i % 2 ? &v6 : &address) == ECONNREFUSED);
	return 0;
}

static int refused_later(void *context)
{
	union address address = at("127.0.0.1", CLOSED);

	(void)context;
	for (int i = 0; i < FEW; i++) {
		int fd = stream(&address, SOCK_NONBLOCK);

		EXPECT(outcome_of(fd, &address) == ECONNREFUSED);
		close(fd);
	}
	return 0;
}

static int unroutable(void *context)
{
	union address v4 = at("192.0.2.1", 80), v6 = at("2001:db8::1", 80);

	(void)context;
	for (int i = 0; i < FEW; i++)
		EXPECT(blocking_outcome(i % 2 ? &v6 : &v4) == ENETUNREACH);
	return 0;
}

/* With one SYN more: three seconds. */
static int timed_out(void *context)
{
	struct pollfd wait[FEW];
	union address address;
	int error, one = 1;
	socklen_t size = sizeof(error);

	(void)context;
	EXPECT(make_hole(&address) >= 0);
	for (int i = 0; i < FEW; i++) {
		wait[i] =
			(struct pollfd){ .fd = stream(&address, SOCK_NONBLOCK), .events = POLLOUT };
		setsockopt(wait[i].fd, IPPROTO_TCP, TCP_SYNCNT, &one, sizeof(one));
		connect(wait[i].fd, &address.any, length_of(&address));
		EXPECT(errno == EINPROGRESS);
	}
	for (int i = 0; i < FEW; i++) {
		EXPECT(poll(&wait[i], 1, 60000) == 1);
		getsockopt(wait[i].fd, SOL_SOCKET, SO_ERROR, &error, &size);
		EXPECT(error == ETIMEDOUT);
	}
	return 0;
}

/* Closed, killed by AF_UNSPEC, and left to the exit, after EALREADY each. */
static int abandoned(void *context)
{
	struct sockaddr unspecified = { .sa_family = AF_UNSPEC };
	union address address;

	(void)context;
	EXPECT(make_hole(&address) >= 0);
	for (int i = 0; i < 3; i++) {
		int fd = stream(&address, SOCK_NONBLOCK);

		connect(fd, &address.any, length_of(&address));
		EXPECT(errno == EINPROGRESS);
		connect(fd, &address.any, length_of(&address));
		EXPECT(errno == EALREADY);
		if (i == 0)
			close(fd);
		if (i == 1)
			EXPECT(!connect(fd, &unspecified, sizeof(unspecified)));
	}
	return 0;
}

static void do_nothing(int number)
{
	(void)number;
}

/* EINTR leaves the attempt where it was. */
static int interrupted(void *context)
{
	struct sigaction action = { .sa_handler = do_nothing };
	union address address;
	int fd;

	(void)context;
	EXPECT(make_hole(&address) >= 0);
	sigaction(SIGALRM, &action, NULL);
	fd = stream(&address, 0);
	ualarm(50000, 0);
	EXPECT(connect(fd, &address.any, length_of(&address)) && errno == EINTR);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	EXPECT(connect(fd, &address.any, length_of(&address)) && errno == EALREADY);
	return 0;
}

/* A later connect() has the first one's outcome; the next one is new. */
static int again(void *context)
{
	union address closed = at("127.0.0.1", CLOSED), address = at("127.0.0.1", 0);
	struct pollfd wait = { .fd = stream(&closed, SOCK_NONBLOCK), .events = POLLOUT };
	int listener = listen_at(&address, FEW, 0);

	(void)context;
	EXPECT(listener >= 0);
	connect(wait.fd, &closed.any, length_of(&closed));
	EXPECT(errno == EINPROGRESS && poll(&wait, 1, 20000) == 1);
	EXPECT(connect(wait.fd, &closed.any, length_of(&closed)) && errno == ECONNREFUSED);
	EXPECT(outcome_of(wait.fd, &address) == 0);
	connect(wait.fd, &address.any, length_of(&address)); /* of the first one: 0 */
	EXPECT(connect(wait.fd, &address.any, length_of(&address)) && errno == EISCONN);
	return 0;
}

/* A socket that is bound to where it connects: refused by itself, before a SYN. */
static int no_port(void *context)
{
	union address listening = at("127.0.0.1", 0), bound = at("127.0.0.1", 0);
	int listener = listen_at(&listening, FEW, 0), one = 1, fd[2];
	socklen_t size = sizeof(bound);

	(void)context;
	EXPECT(listener >= 0);
	for (int i = 0; i < 2; i++) {
		fd[i] = stream(&bound, 0);
		setsockopt(fd[i], SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		EXPECT(!bind(fd[i], &bound.any, sizeof(bound.v4)));
		EXPECT(!getsockname(fd[i], &bound.any, &size));
	}
	EXPECT(!connect(fd[0], &listening.any, length_of(&listening)));
	/* The four numbers are taken. */
	EXPECT(connect(fd[1], &listening.any, length_of(&listening)) && errno == EADDRNOTAVAIL);
	return 0;
}

static int by_uring(void *context)
{
	union address address = at("127.0.0.1", 0), closed = at("127.0.0.1", CLOSED);
	int listener = listen_at(&address, FEW, 0);

	(void)context;
	EXPECT(listener >= 0);
	for (int i = 0; i < FEW; i++) {
		int fd = stream(&address, 0);

		EXPECT(connect_by_uring(fd, &address.any, length_of(&address)) == 0);
		close(fd);
		fd = stream(&closed, 0);
		EXPECT(connect_by_uring(fd, &closed.any, length_of(&closed)) == -ECONNREFUSED);
		close(fd);
	}
	return 0;
}

/* As a program of 32 bits does. */
static int by_32_bits(void *context)
{
#if defined(__x86_64__)
	union address *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	(void)context;
	EXPECT(low != MAP_FAILED);
	*low = at("127.0.0.1", CLOSED);
	for (int i = 0; i < FEW; i++) {
		int fd = stream(low, 0), result;

		asm volatile("int $0x80"
			     : "=a"(result)
			     : "a"(362), "b"(fd), "c"(low), "d"(sizeof(low->v4))
			     : "memory");
		EXPECT(result == -ECONNREFUSED);
		close(fd);
	}
	return 0;
#else
	(void)context;
	return 0;
#endif
}

static int udp(void *context)
{
	struct sockaddr unspecified = { .sa_family = AF_UNSPEC };
	union address v4 = at("127.0.0.1", CLOSED), v6 = at("::1", CLOSED);
	union address nowhere = at("192.0.2.1", 80);

	(void)context;
	for (int i = 0; i < FEW; i++) {
		const union address *to = i % 2 ? &v6 : &v4;
		int fd = socket(to->any.sa_family, SOCK_DGRAM, 0);

		EXPECT(!connect(fd, &to->any, length_of(to)));
		EXPECT(send(fd, "", 1, 0) == 1);
		EXPECT(!connect(fd, &unspecified, sizeof(unspecified)));
		close(fd);
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		EXPECT(connect(fd, &nowhere.any, sizeof(nowhere.v4)) && errno == ENETUNREACH);
		close(fd);
	}
	return 0;
}

static int unix_sockets(void *context)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct sockaddr_un missing = { .sun_family = AF_UNIX, .sun_path = "/nowhere/\x1b[2J" };
	socklen_t size = (socklen_t)offsetof(struct sockaddr_un, sun_path) + 12;
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd;

	(void)context;
	memcpy(name.sun_path, "\0kt-abstract", 12);
	EXPECT(!bind(listener, (struct sockaddr *)&name, size) && !listen(listener, FEW));
	for (int i = 0; i < FEW; i++) {
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		EXPECT(!connect(fd, (struct sockaddr *)&name, size));
		close(fd);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		EXPECT(connect(fd, (struct sockaddr *)&missing, sizeof(missing)) &&
		       errno == ENOENT);
		close(fd);
	}
	return 0;
}

/* A listener at an abstract name whose queue another's connections fill. */
static int make_full(struct sockaddr_un *name, socklen_t size)
{
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), filler;
	char comm[16];

	if (bind(listener, (struct sockaddr *)name, size) || listen(listener, 0))
		return -1;
	prctl(PR_GET_NAME, comm);
	prctl(PR_SET_NAME, "kt-filler");
	filler = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(filler, (struct sockaddr *)name, size))
		return -1;
	prctl(PR_SET_NAME, comm);
	return listener;
}

static void *accept_later(void *context)
{
	const int *listener = context;

	usleep(200000);
	accept(*listener, NULL, NULL);
	return NULL;
}

static void set_alarm(int flags)
{
	const struct sigaction action = { .sa_handler = do_nothing, .sa_flags = flags };

	sigaction(SIGALRM, &action, NULL);
	ualarm(50000, 0);
}

/* A signal ends the one call; the other is entered again, and is the same attempt. */
static int unix_signals(void *context)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t size = (socklen_t)offsetof(struct sockaddr_un, sun_path) + 10;
	pthread_t acceptor;
	sigset_t alarm;
	int listener;

	(void)context;
	memcpy(name.sun_path, "\0kt-signal", 10);
	listener = make_full(&name, size);
	EXPECT(listener >= 0);
	set_alarm(0);
	EXPECT(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, size));
	EXPECT(errno == EINTR);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL); /* not the acceptor */
	pthread_create(&acceptor, NULL, accept_later, &listener);
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	set_alarm(SA_RESTART);
	EXPECT(!connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, size));
	pthread_join(acceptor, NULL);
	return 0;
}

static void *accept_half(void *context)
{
	const int *listener = context;

	for (unsigned int i = 0; i < ACCEPTED * connect_many() / 2; i++)
		close(accept(*listener, NULL, NULL));
	return NULL;
}

static int two_acceptors(void *context)
{
	union address address = at("127.0.0.1", 0);
	int listener = listen_at(&address, 1000, 0);
	pthread_t threads[2];

	(void)context;
	EXPECT(listener >= 0);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, accept_half, &listener);
	for (unsigned int i = 0; i < ACCEPTED * connect_many(); i++)
		EXPECT(blocking_outcome(&address) == 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static int mptcp(void *context)
{
	union address address = at("127.0.0.1", 0), closed = at("127.0.0.1", CLOSED);
	int listener = listen_at(&address, FEW, IPPROTO_MPTCP);

	(void)context;
	EXPECT(listener >= 0);
	for (int i = 0; i < FEW; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

		EXPECT(!connect(fd, &address.any, length_of(&address)));
		close(accept(listener, NULL, NULL));
		close(fd);
		fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
		EXPECT(connect(fd, &closed.any, length_of(&closed)) && errno == ECONNREFUSED);
		close(fd);
	}
	return 0;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return;
	fputs(text, file);
	fclose(file);
}

/* By sendto(), and by a connect() that waits for the first data once there is a cookie. */
static int fast_open(void *context)
{
	union address address = at("127.0.0.1", 0);
	int listener, one = 1, backlog = FEW;

	(void)context;
	write_file("/proc/sys/net/ipv4/tcp_fastopen", "3");
	listener = listen_at(&address, FEW, 0);
	EXPECT(listener >= 0);
	setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &backlog, sizeof(backlog));
	for (int i = 0; i < 2 * FEW; i++) {
		int fd = stream(&address, 0);

		if (i % 2) {
			setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one));
			EXPECT(!connect(fd, &address.any, length_of(&address)));
			EXPECT(send(fd, "x", 1, 0) == 1);
		} else {
			EXPECT(sendto(fd, "x", 1, MSG_FASTOPEN, &address.any,
				      length_of(&address)) == 1);
		}
		close(accept(listener, NULL, NULL));
		close(fd);
	}
	return 0;
}

static int fork_storm(void *context)
{
	union address address = at("127.0.0.1", CLOSED);
	int status;

	(void)context;
	for (unsigned int i = 0; i < connect_many() / 2; i++) {
		if (fork())
			continue;
		blocking_outcome(&address);
		_exit(blocking_outcome(&address) != ECONNREFUSED);
	}
	while (wait(&status) > 0)
		EXPECT(!status);
	return 0;
}

const struct connect_case connect_cases[] = {
	{ .name = "open", .work = open_v4, .attempts = FEW, .succeeded = FEW, .accepts = FEW },
	{ .name = "open6", .work = open_v6, .attempts = FEW, .succeeded = FEW, .accepts = FEW },
	{ .name = "mapped",
	  .work = open_mapped,
	  .attempts = FEW,
	  .succeeded = FEW,
	  .accepts = FEW },
	{ .name = "refused", .work = refused_blocking, .attempts = FEW, .refused = FEW },
	{ .name = "later", .work = refused_later, .attempts = FEW, .refused = FEW },
	{ .name = "unroutable",
	  .work = unroutable,
	  .attempts = FEW,
	  .early = FEW,
	  .early_error = ENETUNREACH },
	{ .name = "timeout", .work = timed_out, .attempts = FEW, .timed_out = FEW },
	{ .name = "abandoned", .work = abandoned, .attempts = 3, .abandoned = 3 },
	{ .name = "interrupted", .work = interrupted, .attempts = 1, .abandoned = 1 },
	{ .name = "again",
	  .work = again,
	  .attempts = 2,
	  .succeeded = 1,
	  .refused = 1,
	  .accepts = 1 },
	{ .name = "no-port",
	  .work = no_port,
	  .attempts = 2,
	  .succeeded = 1,
	  .early = 1,
	  .early_error = EADDRNOTAVAIL,
	  .accepts = 1 },
	{ .name = "uring",
	  .work = by_uring,
	  .attempts = 2 * FEW,
	  .succeeded = FEW,
	  .refused = FEW,
	  .accepts = FEW },
	{ .name = "32-bit", .work = by_32_bits, .attempts = FEW, .refused = FEW },
	{ .name = "udp",
	  .work = udp,
	  .protocol = KIDOS_CONNECT_UDP,
	  .attempts = 2 * FEW,
	  .succeeded = FEW,
	  .early = FEW,
	  .early_error = ENETUNREACH },
	{ .name = "unix",
	  .work = unix_sockets,
	  .protocol = KIDOS_CONNECT_UNIX,
	  .attempts = 2 * FEW,
	  .succeeded = FEW,
	  .early = FEW,
	  .early_error = ENOENT },
	{ .name = "unix-signals",
	  .work = unix_signals,
	  .protocol = KIDOS_CONNECT_UNIX,
	  .attempts = 2,
	  .succeeded = 1,
	  .early = 1,
	  .early_error = EINTR,
	  .returns = true },
	{ .name = "acceptors",
	  .work = two_acceptors,
	  .attempts = ACCEPTED,
	  .succeeded = ACCEPTED,
	  .accepts = ACCEPTED,
	  .many = true },
	{ .name = "mptcp",
	  .work = mptcp,
	  .attempts = 2 * FEW,
	  .succeeded = FEW,
	  .refused = FEW,
	  .accepts = FEW,
	  .kernel = "/proc/sys/net/mptcp/enabled" },
	{ .name = "fast-open",
	  .work = fast_open,
	  .attempts = 2 * FEW,
	  .succeeded = 2 * FEW,
	  .accepts = 2 * FEW },
	{ .name = "forks", .work = fork_storm, .attempts = 1, .refused = 1, .many = true },
};
const size_t connect_case_count = sizeof(connect_cases) / sizeof(connect_cases[0]);
