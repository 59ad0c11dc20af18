/* SPDX-License-Identifier: MIT */
#include "netlink/talk.h"
#include "netlink/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TRIES 8
#define FIRST_BUFFER 32768 /* as much as the kernel puts into a datagram of a dump */

struct kn_talk {
	struct mnl_socket *nl;
	uint32_t seq;
	char *buf;
	size_t size;
};

struct kn_talk_count kn_talk_count;
bool (*kn_talk_fault)(void);

static void set_option(struct mnl_socket *nl, int option)
{
	int on = 1;

	/* An older kernel without the option works too: longer acks, no words, unfiltered dumps. */
	mnl_socket_setsockopt(nl, option, &on, sizeof(on));
}

static int take(struct kn_talk **out, struct mnl_socket *nl, struct kn_err *err)
{
	struct kn_talk *talk = calloc(1, sizeof(*talk));

	if (talk) {
		talk->nl = nl;
		talk->size = FIRST_BUFFER;
		talk->buf = malloc(talk->size);
	}
	if (!talk || !talk->buf) {
		mnl_socket_close(nl);
		free(talk);
		return kn_fail(err, -ENOMEM, "out of memory");
	}
	set_option(nl, NETLINK_EXT_ACK); /* 4.12 */
	set_option(nl, NETLINK_CAP_ACK); /* 4.3 */
	set_option(nl, NETLINK_GET_STRICT_CHK); /* 4.20 */
	*out = talk;
	return 0;
}

int kn_talk_open(struct kn_talk **out, struct kn_err *err)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		int code = -errno;

		if (nl)
			mnl_socket_close(nl);
		return kn_fail(err, code, "rtnetlink socket: %s", strerror(-code));
	}
	return take(out, nl, err);
}

int kn_talk_adopt(struct kn_talk **out, int fd, struct kn_err *err)
{
	struct mnl_socket *nl = mnl_socket_fdopen(fd);

	if (!nl) {
		close(fd);
		return kn_fail(err, -errno, "netlink socket: %s", strerror(errno));
	}
	return take(out, nl, err);
}

void kn_talk_close(struct kn_talk *talk)
{
	if (!talk)
		return;
	mnl_socket_close(talk->nl);
	free(talk->buf);
	free(talk);
}

static int grow(struct kn_talk *talk, size_t need)
{
	char *bigger;

	if (need <= talk->size)
		return 0;
	bigger = realloc(talk->buf, need);
	if (!bigger)
		return -ENOMEM;
	talk->buf = bigger;
	talk->size = need;
	return 0;
}

/* One datagram from the kernel and nobody else. Its size is asked for first, so that none is cut.
 */
static ssize_t receive(struct kn_talk *talk)
{
	struct sockaddr_nl from = {};
	struct iovec iov = {};
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	int fd = mnl_socket_get_fd(talk->nl);
	ssize_t len;

	for (;;) {
		len = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
		if (len >= 0 && grow(talk, len) < 0)
			return -ENOMEM;
		iov.iov_base = talk->buf;
		iov.iov_len = talk->size;
		if (len >= 0)
			len = recvmsg(fd, &msg, 0);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		kn_talk_count.received++;
		if (from.nl_pid == 0)
			return len;
	}
}

static int await(struct kn_talk *talk, struct kn_reply *reply)
{
	while (!reply->done) {
		ssize_t len = receive(talk);
		int err = len < 0 ? (int)len : kn_reply_feed(reply, talk->buf, len);

		if (err)
			return err;
	}
	return reply->error;
}

/* An answer did not fit the socket's buffer: make it larger, and leave nothing of it behind. */
static void after_overrun(struct kn_talk *talk)
{
	int fd = mnl_socket_get_fd(talk->nl);
	int size = 0;
	socklen_t len = sizeof(size);

	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &len) == 0) {
		/* The kernel reports twice what was set, so setting that doubles it. */
		if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
			setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	}
	while (recv(fd, talk->buf, talk->size, MSG_DONTWAIT) >= 0)
		;
}

static void pause_ms(unsigned int ms)
{
	struct timespec wait = { .tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000L };

	nanosleep(&wait, NULL);
}

static int exchange(struct kn_talk *talk, struct nlmsghdr *nlh, struct kn_reply *reply)
{
	nlh->nlmsg_seq = ++talk->seq;
	reply->seq = talk->seq;
	reply->portid = mnl_socket_get_portid(talk->nl);
	reply->done = reply->interrupted = false;
	reply->error = 0;
	reply->text[0] = '\0';
	if (mnl_socket_sendto(talk->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	kn_talk_count.sent++;
	return await(talk, reply);
}

static bool worth_repeating(int code)
{
	return code == -ENOBUFS || code == -EBUSY || code == -EAGAIN;
}

/* After an overrun the first request may have been done: then "exists" or "is gone" means success.
 */
static bool done_before(const struct nlmsghdr *nlh, int code)
{
	if (nlh->nlmsg_flags & NLM_F_EXCL)
		return code == -EEXIST;
	return code == -ENODEV || code == -ENOENT || code == -EADDRNOTAVAIL || code == -ESRCH;
}

static int repeat(struct kn_talk *talk, struct nlmsghdr *nlh, struct kn_reply *reply,
		  void (*begin)(void *), unsigned int tries)
{
	bool overrun = false;
	int code = 0;

	for (unsigned int try = 0; try < tries; try++) {
		if (begin)
			begin(reply->data);
		code = exchange(talk, nlh, reply);
		if (overrun && done_before(nlh, code))
			return 0;
		if (!worth_repeating(code) && !reply->interrupted)
			return code;
		kn_talk_count.repeated++;
		if (code == -ENOBUFS) {
			overrun = true;
			after_overrun(talk);
		} else {
			pause_ms(2U << try); /* 2 to 256 ms, half a second in all */
		}
		if (!code)
			code = -EINTR; /* what remains if every try was interrupted */
	}
	return code;
}

static int explain(struct kn_err *err, int code, const struct kn_reply *reply)
{
	if (code < 0 && reply->text[0])
		return kn_fail(err, code, "%s (%s)", reply->text, strerror(-code));
	if (code < 0)
		return kn_fail(err, code, "%s", strerror(-code));
	return code;
}

int kn_talk_do(struct kn_talk *talk, struct nlmsghdr *nlh, struct kn_err *err)
{
	struct kn_reply reply = {};

	if (kn_talk_fault && kn_talk_fault())
		return kn_fail(err, -EIO, "failure injected");
	return explain(err, repeat(talk, nlh, &reply, NULL, TRIES), &reply);
}

int kn_talk_get(struct kn_talk *talk, struct nlmsghdr *nlh, mnl_cb_t each, void *data,
		struct kn_err *err)
{
	struct kn_reply reply = { .single = true, .each = each, .data = data };

	return explain(err, repeat(talk, nlh, &reply, NULL, TRIES), &reply);
}

int kn_talk_dump(struct kn_talk *talk, struct nlmsghdr *nlh, const struct kn_dump *dump,
		 struct kn_err *err)
{
	return kn_talk_dump_tries(talk, nlh, dump, TRIES, err);
}

int kn_talk_dump_tries(struct kn_talk *talk, struct nlmsghdr *nlh, const struct kn_dump *dump,
		       unsigned int tries, struct kn_err *err)
{
	struct kn_reply reply = { .each = dump->each, .data = dump->data };

	return explain(err, repeat(talk, nlh, &reply, dump->begin, tries), &reply);
}
