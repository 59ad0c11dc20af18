/* SPDX-License-Identifier: MIT */
#include "connect_load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MEASUREMENTS 2000
#define THREADS 2
#define PORT_CLOSED 9

static struct sockaddr_in listening = { .sin_family = AF_INET };
static struct sockaddr_in receiving = { .sin_family = AF_INET };
static struct sockaddr_in closed = { .sin_family = AF_INET };
static int listener, receiver, sender;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void set_up_lo(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (unshare(CLONE_NEWNET))
		die("unshare");
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (ioctl(fd, SIOCGIFFLAGS, &request))
		die("lo");
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request))
		die("lo");
	close(fd);
}

static int bind_to(int type, struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	int fd = socket(AF_INET, type, 0);

	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)address, size) ||
	    getsockname(fd, (struct sockaddr *)address, &size))
		die("bind");
	return fd;
}

void connect_load_prepare(void)
{
	set_up_lo();
	closed.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	closed.sin_port = htons(PORT_CLOSED);
	listener = bind_to(SOCK_STREAM, &listening);
	receiver = bind_to(SOCK_DGRAM, &receiving);
	sender = socket(AF_INET, SOCK_DGRAM, 0);
	if (listen(listener, 16))
		die("listen");
}

static void refused(unsigned int count)
{
	while (count--) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		connect(fd, (struct sockaddr *)&closed, sizeof(closed));
		close(fd);
	}
}

/* By a reset: the ports would be in TIME_WAIT for a minute. */
static void established(unsigned int count)
{
	const struct linger reset = { .l_onoff = 1 };

	while (count--) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (connect(fd, (struct sockaddr *)&listening, sizeof(listening)))
			die("connect");
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
		close(accept(listener, NULL, NULL));
	}
}

static void connect_udp(int fd, unsigned int count)
{
	while (count--)
		connect(fd, (struct sockaddr *)&receiving, sizeof(receiving));
}

static void udp(unsigned int count)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	connect_udp(fd, count);
	close(fd);
}

static void datagrams(unsigned int count)
{
	while (count--)
		sendto(sender, "x", 1, 0, (struct sockaddr *)&receiving, sizeof(receiving));
}

static void system_calls(unsigned int count)
{
	while (count--)
		syscall(SYS_getpid);
}

const struct connect_load connect_loads[] = {
	{ "refused", "TCP connect() to a closed port, with its outcome", 5, refused },
	{ "open", "TCP connection, both ends, from connect() to close", 3, established },
	{ "udp", "UDP connect()", 50, udp },
	{ "sendto", "datagram of an unconnected socket", 25, datagrams },
	{ "getpid", "a system call that has nothing to do with it", 200, system_calls },
	{ 0 },
};

static double read_clock(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

double connect_load_measure(const struct connect_load *load)
{
	const struct sched_param first = { .sched_priority = 1 }, ordinary = {};
	unsigned int measurements = getenv("KIDOS_SLOW") ? MEASUREMENTS / 10 : MEASUREMENTS;
	double best = 1e18;

	/* Others that run on this CPU leave its caches cold. */
	sched_setscheduler(0, SCHED_FIFO, &first);
	for (unsigned int i = 0; i < measurements; i++) {
		double start = read_clock(CLOCK_MONOTONIC), took;

		load->run(load->count);
		took = (read_clock(CLOCK_MONOTONIC) - start) / load->count;
		best = took < best ? took : best;
	}
	sched_setscheduler(0, SCHED_OTHER, &ordinary);
	return best;
}

unsigned int connect_load_open(unsigned int wanted)
{
	struct rlimit files;
	unsigned int count = 0;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	for (; count < wanted; count++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (connect(fd, (struct sockaddr *)&listening, sizeof(listening)) ||
		    accept(listener, NULL, NULL) < 0)
			break;
	}
	return count;
}

#define BATCH 50

struct flood_thread {
	pthread_t thread;
	const struct connect_flood *flood;
	unsigned long done;
};

static void *flood_by(void *context)
{
	struct flood_thread *thread = context;
	double start = read_clock(CLOCK_MONOTONIC), end = start + thread->flood->seconds * 1e9;
	double each = thread->flood->rate > 0 ? 1e9 * THREADS / thread->flood->rate : 0;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	while (read_clock(CLOCK_MONOTONIC) < end) {
		if (read_clock(CLOCK_MONOTONIC) < start + each * (double)thread->done) {
			usleep(100);
			continue;
		}
		connect_udp(fd, BATCH);
		thread->done += BATCH;
	}
	close(fd);
	return NULL;
}

void connect_load_flood(struct connect_flood *flood)
{
	struct flood_thread threads[THREADS] = {};

	for (int i = 0; i < THREADS; i++) {
		threads[i].flood = flood;
		pthread_create(&threads[i].thread, NULL, flood_by, &threads[i]);
	}
	flood->done = 0;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i].thread, NULL);
		flood->done += threads[i].done;
	}
}
