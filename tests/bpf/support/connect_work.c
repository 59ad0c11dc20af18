/* SPDX-License-Identifier: MIT */
#include "connect_cases.h"
#include "connect_world.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define CONNECTIONS 40
#define BLOCK 65536
#define STACK 32768

/* --- bytes --- */

struct pipe_ends {
	int to, from;
	size_t bytes;
};

static void *write_all(void *context)
{
	const struct pipe_ends *ends = context;
	char block[BLOCK] = {};
	size_t left = ends->bytes;

	while (left) {
		ssize_t sent = write(ends->to, block, left < sizeof(block) ? left : sizeof(block));

		if (sent <= 0)
			break;
		left -= (size_t)sent;
	}
	return NULL;
}

static uint64_t read_bytes(int fd, size_t wanted)
{
	char block[BLOCK];
	uint64_t got = 0;
	ssize_t size;

	while (got < wanted && (size = read(fd, block, sizeof(block))) > 0)
		got += (uint64_t)size;
	return got;
}

/* All that is written is read, so that it is acknowledged. */
static int carry(struct connect_shared *shared, int to, int from, size_t bytes)
{
	struct pipe_ends ends = { .to = to, .from = from, .bytes = bytes };
	pthread_t writer;

	pthread_create(&writer, NULL, write_all, &ends);
	EXPECT(read_bytes(from, bytes) == bytes);
	pthread_join(writer, NULL);
	shared->sent += bytes;
	shared->received += bytes;
	return 0;
}

/* Ends of all sorts: either side first, half closed, reset. */
static void finish(int i, int client, int server)
{
	struct linger reset = { .l_onoff = 1 };

	if (i % 4 == 1)
		shutdown(client, SHUT_WR);
	if (i % 4 == 2)
		setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (i % 4 == 3)
		close(server);
	close(client);
	if (i % 4 != 3)
		close(server);
}

int connect_bytes_work(void *context)
{
	struct connect_shared *shared = context;
	union address address = at("127.0.0.1", 0);
	int listener = listen_at(&address, 5, 0);

	for (int i = 0; i < CONNECTIONS; i++) {
		int client = stream(&address, 0), server;

		EXPECT(!connect(client, &address.any, length_of(&address)));
		server = accept(listener, NULL, NULL);
		EXPECT(!carry(shared, client, server, (size_t)i * i * 997));
		EXPECT(!carry(shared, server, client, (size_t)i * 31));
		finish(i, client, server);
	}
	return 0;
}

/* --- beside the kernel's own counters --- */

static uint64_t snmp(const char *name)
{
	char names[1024], values[1024], *saved[2], *n, *v;
	FILE *file = fopen("/proc/self/net/snmp", "re");
	uint64_t found = 0;

	while (file && fgets(names, sizeof(names), file) && fgets(values, sizeof(values), file)) {
		if (strncmp(names, "Tcp:", 4))
			continue;
		n = strtok_r(names, " \n", &saved[0]);
		v = strtok_r(values, " \n", &saved[1]);
		for (; n && v;
		     n = strtok_r(NULL, " \n", &saved[0]), v = strtok_r(NULL, " \n", &saved[1]))
			if (!strcmp(n, name))
				found = strtoull(v, NULL, 10);
	}
	if (file)
		fclose(file);
	return found;
}

int connect_snmp_work(void *context)
{
	struct connect_shared *shared = context;
	union address open = at("127.0.0.1", 0), closed = at("127.0.0.1", CLOSED);
	union address nowhere = at("192.0.2.1", 80);
	int listener = listen_at(&open, 500, 0);

	EXPECT(listener >= 0);
	for (int i = 0; i < 300; i++) {
		const union address *to = i % 3 ? i % 3 > 1 ? &nowhere : &closed : &open;
		int wanted = i % 3 ? i % 3 > 1 ? ENETUNREACH : ECONNREFUSED : 0;

		EXPECT(blocking_outcome(to) == wanted);
		shared->attempts++;
		shared->refused += wanted == ECONNREFUSED;
		shared->early += wanted == ENETUNREACH;
	}
	shared->active_opens = snmp("ActiveOpens");
	shared->attempt_fails = snmp("AttemptFails");
	shared->passive_opens = snmp("PassiveOpens");
	return 0;
}

/* --- datagrams --- */

static int send_many(struct connect_shared *shared, int fd, const union address *to, int count)
{
	for (int i = 0; i < count; i++)
		EXPECT(sendto(fd, "x", 1, 0, &to->any, length_of(to)) == 1);
	shared->datagrams += (uint64_t)count;
	return 0;
}

static int send_at_once(struct connect_shared *shared, int fd, union address *to)
{
	struct iovec data = { .iov_base = "x", .iov_len = 1 };
	struct mmsghdr messages[10] = {};

	for (int i = 0; i < 10; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_name = to,
						       .msg_namelen = length_of(to),
						       .msg_iov = &data,
						       .msg_iovlen = 1 };
	EXPECT(sendmmsg(fd, messages, 10, 0) == 10);
	EXPECT(sendmsg(fd, &messages[0].msg_hdr, 0) == 1);
	shared->datagrams += 11;
	return 0;
}

/* More destinations than a socket keeps; sockets that end at once, and one that lives on. */
int connect_datagrams_work(void *context)
{
	struct connect_shared *shared = context;
	union address v6 = at("::1", 7), mapped = at("::ffff:127.0.0.1", 7), to;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), fd6 = socket(AF_INET6, SOCK_DGRAM, 0);

	for (int i = 0; i < 60; i++) {
		to = at("127.0.0.1", 1000u + (unsigned int)i % 6);
		EXPECT(!send_many(shared, fd, &to, 10));
	}
	EXPECT(!send_at_once(shared, fd, &to));
	EXPECT(!send_many(shared, fd6, &v6, 20));
	EXPECT(!send_many(shared, fd6, &mapped, 20));
	close(fd6);
	/* What has an address of its own, of a connected socket; what has none is not counted. */
	EXPECT(!connect(fd, &to.any, length_of(&to)));
	to = at("127.0.0.2", 99);
	EXPECT(!send_many(shared, fd, &to, 5));
	send(fd, "x", 1, 0);
	return 0;
}

/* --- that last until they are killed --- */

unsigned int connect_blocked(void)
{
	return getenv("KIDOS_SLOW") ? 300 : 2000;
}

static void *block(void *context)
{
	blocking_outcome(context);
	return NULL;
}

int connect_blocked_work(void *context)
{
	static union address hole;
	pthread_attr_t attributes;
	pthread_t thread;

	(void)context;
	EXPECT(make_hole(&hole) >= 0);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	for (unsigned int i = 0; i < connect_blocked(); i++)
		EXPECT(!pthread_create(&thread, &attributes, block, &hole));
	pause();
	return 0;
}

int connect_old_work(void *context)
{
	struct connect_shared *shared = context;
	union address address = at("127.0.0.1", 0);
	int listener = listen_at(&address, 5, 0), client = stream(&address, 0), server;

	EXPECT(listener >= 0);
	EXPECT(!connect(client, &address.any, length_of(&address)));
	server = accept(listener, NULL, NULL);
	EXPECT(!carry(shared, client, server, CONNECT_OLD));
	shared->port = ntohs(address.v4.sin_port);
	while (!shared->datagrams) /* until the test has seen it */
		usleep(1000);
	EXPECT(!carry(shared, client, server, CONNECT_OLD));
	shared->port = 0;
	pause();
	return 0;
}
