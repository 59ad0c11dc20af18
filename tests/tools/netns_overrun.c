/* SPDX-License-Identifier: MIT */
/* netns_overrun: has the real kernel drop an answer (ENOBUFS) and interrupt a dump, in a network
 * namespace of its own, and shows that kidos-netns's side of the talk gets what it asked for.
 * Exit status 0, or 1 with a line that says what went wrong.
 */
#include "msg.h"
#include "read.h"
#include "netlink/talk.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define VETHS 60 /* pairs: some 120 KiB of dump, several times what one receive takes */
#define EVENTS 200 /* of 1 KiB and more each, far above the smallest receive buffer */

static char buf[KN_MSG_SIZE];
static struct kn_err err;

static void must(int code, const char *what)
{
	if (code >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, err.text[0] ? err.text : strerror(-code));
	exit(EXIT_FAILURE);
}

static void expect(bool good, const char *what, long got)
{
	if (good)
		return;
	fprintf(stderr, "%s: %ld\n", what, got);
	exit(EXIT_FAILURE);
}

/* A socket that hears of every link and has next to no room. */
static int small_socket(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), size = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		must(-errno, "a small socket");
	return fd;
}

static void add_pair(struct kn_talk *talk, int i)
{
	char a[16], b[16];
	struct kn_link_spec end = { .name = a, .ns_fd = -1 }, peer = { .name = b, .ns_fd = -1 };

	snprintf(a, sizeof(a), "a%d", i);
	snprintf(b, sizeof(b), "b%d", i);
	must(kn_talk_do(talk, kn_msg_veth_new(buf, &end, &peer), &err), "a veth pair");
}

static void overrun(struct kn_talk *other)
{
	unsigned long repeated = kn_talk_count.repeated;
	struct kn_link_spec spec = { .name = "br0", .ns_fd = -1 };
	struct kn_talk *small;

	must(kn_talk_adopt(&small, small_socket(), &err), "a small socket");
	for (int i = 0; i < EVENTS; i++)
		must(kn_talk_do(other, kn_msg_link_flags(buf, 1, i % 2 ? 0 : IFF_UP, IFF_UP), &err),
		     "lo up and down");
	must(kn_talk_do(small, kn_msg_bridge_new(buf, &spec, false, 0), &err),
	     "a request whose answer is lost");
	expect(kn_talk_count.repeated > repeated, "nothing was repeated after an overrun",
	       (long)repeated);
	kn_talk_close(small);
}

struct walk {
	struct kn_talk *other;
	unsigned int begun, links;
};

static void begin(void *data)
{
	struct walk *walk = data;

	walk->begun++;
	walk->links = 0;
}

/* The first link of the first dump brings another one. */
static int each(const struct nlmsghdr *nlh, void *data)
{
	struct walk *walk = data;

	(void)nlh;
	if (walk->other && walk->begun == 1 && walk->links == 0)
		add_pair(walk->other, VETHS);
	walk->links++;
	return MNL_CB_OK;
}

static void interrupted(struct kn_talk *talk, struct kn_talk *other)
{
	struct walk quiet = {}, walk = { .other = other };
	struct kn_dump before = { begin, each, &quiet }, dump = { begin, each, &walk };
	static char request[KN_MSG_SIZE];

	must(kn_talk_dump(talk, kn_msg_link_dump(request), &before, &err), "a dump");
	expect(quiet.begun == 1 && quiet.links > 2 * VETHS, "links to begin with", quiet.links);
	must(kn_talk_dump(talk, kn_msg_link_dump(request), &dump, &err),
	     "a dump that is interrupted");
	expect(walk.begun == 2, "dumps until one was whole", walk.begun);
	expect(walk.links == quiet.links + 2, "links in the whole dump", walk.links);
}

int main(void)
{
	struct kn_talk *talk, *other;

	if (unshare(CLONE_NEWNET) < 0)
		must(-errno, "a network namespace");
	must(kn_talk_open(&talk, &err), "a socket");
	must(kn_talk_open(&other, &err), "a socket");
	overrun(other);
	for (int i = 0; i < VETHS; i++)
		add_pair(other, i);
	interrupted(talk, other);
	kn_talk_close(talk);
	kn_talk_close(other);
	return EXIT_SUCCESS;
}
