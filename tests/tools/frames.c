/* SPDX-License-Identifier: MIT */
/*
 * frames: sends an exact number of frames of one kind out of an interface of
 * the current network namespace, and fails unless the kernel took every one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "packet.h"

#define NSEC 1000000000ull
#define RETRY_NSEC 50000
#define RETRY_LIMIT (10 * NSEC) /* without a frame sent */

struct job {
	const char *interface;
	const struct packet_kind *kind;
	struct packet_options packet;
	unsigned long long count;
	unsigned long long rate; /* frames a second, 0: as fast as it goes */
	unsigned long long flows;
};

static int usage(void)
{
	fprintf(stderr, "usage: frames IFACE KIND COUNT [--src-mac M] [--dst-mac M] [--rate PPS]\n"
			"              [--flows N] [--size BYTES]\n"
			"       frames list\n");
	return 2;
}

static int list(void)
{
	const struct packet_kind *kind;
	struct packet packet;

	for (kind = packet_kinds; kind->name; kind++) {
		packet_build(kind, &packet_defaults, 0, &packet);
		printf("%-10s %-8s %zu\n", kind->name, kind->class, packet.length);
	}
	return 0;
}

static bool parse_mac(const char *text, uint8_t mac[6])
{
	int end = 0;

	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%n", &mac[0], &mac[1], &mac[2], &mac[3],
		      &mac[4], &mac[5], &end) == 6 &&
	       !text[end];
}

static bool parse_number(const char *text, unsigned long long max, unsigned long long *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *value <= max;
}

static bool parse_option(struct job *job, int option, const char *text)
{
	unsigned long long size;

	switch (option) {
	case 's':
		return parse_mac(text, job->packet.src_mac);
	case 'd':
		return parse_mac(text, job->packet.dst_mac);
	case 'r':
		return parse_number(text, NSEC, &job->rate);
	case 'f':
		return parse_number(text, 1 << 24, &job->flows) && job->flows;
	case 'b':
		if (!parse_number(text, PACKET_MAX, &size))
			return false;
		job->packet.size = size;
		return true;
	default:
		return false;
	}
}

static bool parse_arguments(struct job *job, int argc, char **argv)
{
	static const struct option options[] = {
		{ "src-mac", required_argument, NULL, 's' },
		{ "dst-mac", required_argument, NULL, 'd' },
		{ "rate", required_argument, NULL, 'r' },
		{ "flows", required_argument, NULL, 'f' },
		{ "size", required_argument, NULL, 'b' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (!parse_option(job, option, optarg))
			return false;
	}
	if (argc - optind != 3)
		return false;
	job->interface = argv[optind];
	job->kind = packet_kind_find(argv[optind + 1]);
	return job->kind && parse_number(argv[optind + 2], ~0ull, &job->count);
}

static int open_interface(const char *name)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = if_nametoindex(name),
	};
	/* protocol 0: nothing is received */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (!address.sll_ifindex || bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

static unsigned long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * NSEC + time.tv_nsec;
}

static void sleep_until(unsigned long long when)
{
	const struct timespec time = { .tv_sec = when / NSEC, .tv_nsec = when % NSEC };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

/*
 * A full queue (ENOBUFS, also a veth whose peer's backlog is full) took
 * nothing: the frame is sent again.
 */
static int send_frame(int fd, const struct packet *packet)
{
	unsigned long long deadline = 0;

	for (;;) {
		ssize_t sent = send(fd, packet->bytes, packet->length, 0);

		if (sent == (ssize_t)packet->length)
			return 0;
		if (sent >= 0)
			return -EMSGSIZE;
		if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (!deadline)
			deadline = now() + RETRY_LIMIT;
		if (now() > deadline)
			return -ETIMEDOUT;
		sleep_until(now() + RETRY_NSEC);
	}
}

static int send_all(const struct job *job, int fd, unsigned long long *sent,
		    unsigned long long *bytes)
{
	const unsigned long long start = now();
	struct packet packet;
	int error;

	for (*sent = *bytes = 0; *sent < job->count; ++*sent) {
		if (!*sent || job->flows > 1)
			packet_build(job->kind, &job->packet, *sent % job->flows, &packet);
		if (job->rate)
			sleep_until(start + *sent * NSEC / job->rate);
		error = send_frame(fd, &packet);
		if (error)
			return error;
		*bytes += packet.length;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct job job = { .packet = packet_defaults, .flows = 1 };
	unsigned long long sent, bytes;
	int fd, error;

	if (argc == 2 && !strcmp(argv[1], "list"))
		return list();
	if (!parse_arguments(&job, argc, argv))
		return usage();
	fd = open_interface(job.interface);
	if (fd < 0) {
		fprintf(stderr, "frames: %s: %s\n", job.interface, strerror(-fd));
		return 1;
	}
	error = send_all(&job, fd, &sent, &bytes);
	close(fd);
	printf("sent %llu frames %llu bytes\n", sent, bytes);
	if (error)
		fprintf(stderr, "frames: %s: %s\n", job.interface, strerror(-error));
	return error ? 1 : 0;
}
