/* SPDX-License-Identifier: MIT */
/* Talking to a kernel that is busy, loses answers, is interrupted or says more than fits: a thread
 * plays it at the other end of a socket pair, by a script of answers to each request.
 * netns_overrun.c provokes the same from the real one.
 */
#include "netns_util.h"
#include "msg.h"
#include "netlink/talk.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRIES 8
#define BIG 40000 /* more than the first receive buffer holds */

enum kind {
	END, /* of the answer */
	ACK,
	LINK,
	INTERRUPTED_LINK,
	BIG_LINK,
	DONE,
	STALE_ACK, /* of the request before */
};

struct say {
	enum kind kind;
	int error;
};

/* One row of answers for each time that the request arrives; the last one serves all further. */
struct script {
	int fd;
	const struct say (*answers)[4];
	size_t n;
};

static struct nlmsghdr *header(void *buf, uint16_t type, uint16_t flags, uint32_t seq)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_seq = seq;
	return nlh;
}

static struct nlmsghdr *answer(void *buf, const struct say *say, uint32_t seq)
{
	static const char padding[BIG];
	struct nlmsghdr *nlh;
	struct nlmsgerr *e;

	switch (say->kind) {
	case ACK:
	case STALE_ACK:
		nlh = header(buf, NLMSG_ERROR, NLM_F_CAPPED, seq - (say->kind == STALE_ACK));
		e = mnl_nlmsg_put_extra_header(nlh, sizeof(*e));
		e->error = say->error;
		return nlh;
	case DONE:
		nlh = header(buf, NLMSG_DONE, NLM_F_MULTI, seq);
		memcpy(mnl_nlmsg_put_extra_header(nlh, 4), &say->error, 4);
		return nlh;
	default:
		nlh = header(buf, RTM_NEWLINK,
			     NLM_F_MULTI | (say->kind == INTERRUPTED_LINK ? NLM_F_DUMP_INTR : 0),
			     seq);
		mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
		if (say->kind == BIG_LINK)
			mnl_attr_put(nlh, IFLA_IFALIAS, BIG, padding);
		return nlh;
	}
}

static void *play(void *data)
{
	static _Alignas(struct nlmsghdr) char in[KN_MSG_SIZE], out[BIG + 4096];
	const struct script *script = data;
	const struct nlmsghdr *nlh;

	for (size_t i = 0; recv(script->fd, in, sizeof(in), 0) > 0; i++) {
		const struct say *row = script->answers[i < script->n ? i : script->n - 1];

		for (size_t k = 0; k < 4 && row[k].kind != END; k++) {
			nlh = answer(out, &row[k], ((struct nlmsghdr *)in)->nlmsg_seq);
			send(script->fd, nlh, nlh->nlmsg_len, 0);
		}
	}
	return NULL;
}

struct seen {
	unsigned int begun, links;
};

static void begin(void *data)
{
	struct seen *seen = data;

	seen->begun++;
	seen->links = 0;
}

static int each(const struct nlmsghdr *nlh, void *data)
{
	(void)nlh;
	((struct seen *)data)->links++;
	return MNL_CB_OK;
}

/* What a request comes to; counts what was repeated. */
struct outcome {
	int code;
	unsigned long repeated;
	struct seen seen;
};

static struct outcome run(const struct say (*answers)[4], size_t n, struct nlmsghdr *nlh)
{
	struct outcome out = { .repeated = kn_talk_count.repeated };
	struct script script = { .answers = answers, .n = n };
	struct kn_dump dump = { begin, each, &out.seen };
	struct kn_talk *talk;
	struct kn_err err;
	pthread_t kernel;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	script.fd = fds[1];
	assert_int_equal(kn_talk_adopt(&talk, fds[0], &err), 0);
	assert_int_equal(pthread_create(&kernel, NULL, play, &script), 0);
	out.code = nlh->nlmsg_flags & NLM_F_DUMP ? kn_talk_dump(talk, nlh, &dump, &err)
						 : kn_talk_do(talk, nlh, &err);
	kn_talk_close(talk); /* which ends the thread */
	pthread_join(kernel, NULL);
	close(fds[1]);
	out.repeated = kn_talk_count.repeated - out.repeated;
	return out;
}

#define RUN(answers, nlh) run(answers, sizeof(answers) / sizeof((answers)[0]), nlh)

static char buf[KN_MSG_SIZE];

static void busy(void **state)
{
	static const struct say busy_twice[][4] = { { { ACK, -EBUSY } },
						    { { ACK, -EAGAIN } },
						    { { ACK, 0 } } };
	static const struct say always[][4] = { { { ACK, -EBUSY } } };
	static const struct say refused[][4] = { { { ACK, -EPERM } }, { { ACK, 0 } } };
	struct outcome out = RUN(busy_twice, kn_msg_link_del(buf, 3));

	(void)state;
	assert_int_equal(out.code, 0);
	assert_int_equal(out.repeated, 2);
	out = RUN(always, kn_msg_link_del(buf, 3));
	assert_int_equal(out.code, -EBUSY);
	assert_int_equal(out.repeated, TRIES);
	out = RUN(refused, kn_msg_link_del(buf, 3));
	assert_int_equal(out.code, -EPERM);
	assert_int_equal(out.repeated, 0);
}

/* The request whose answer was lost has been done: doing it again says so. */
static void overrun(void **state)
{
	static const struct say exists[][4] = { { { ACK, -ENOBUFS } }, { { ACK, -EEXIST } } };
	static const struct say gone[][4] = { { { ACK, -ENOBUFS } }, { { ACK, -ENODEV } } };
	static const struct say at_once[][4] = { { { ACK, -EEXIST } } };
	static const struct say no_device[][4] = { { { ACK, -ENODEV } } };
	static const struct say always[][4] = { { { ACK, -ENOBUFS } } };
	struct kn_link_spec spec = { "br0", -1, 0, NULL, false };
	struct outcome out = RUN(exists, kn_msg_bridge_new(buf, &spec, false, 0));

	(void)state;
	assert_int_equal(out.code, 0);
	assert_int_equal(out.repeated, 1);
	out = RUN(gone, kn_msg_link_del(buf, 3));
	assert_int_equal(out.code, 0);
	assert_int_equal(out.repeated, 1);
	/* Without a loss before it, the same answer is a failure. */
	assert_int_equal(RUN(at_once, kn_msg_bridge_new(buf, &spec, false, 0)).code, -EEXIST);
	assert_int_equal(RUN(no_device, kn_msg_link_del(buf, 3)).code, -ENODEV);
	out = RUN(always, kn_msg_link_del(buf, 3));
	assert_int_equal(out.code, -ENOBUFS);
	assert_int_equal(out.repeated, TRIES);
}

static void interrupted(void **state)
{
	static const struct say once[][4] = {
		{ { LINK, 0 }, { INTERRUPTED_LINK, 0 }, { LINK, 0 }, { DONE, 0 } },
		{ { LINK, 0 }, { LINK, 0 }, { DONE, 0 } }
	};
	static const struct say always[][4] = { { { INTERRUPTED_LINK, 0 }, { DONE, 0 } } };
	static const struct say lost[][4] = { { { LINK, 0 }, { DONE, -ENOBUFS } },
					      { { LINK, 0 }, { DONE, 0 } } };
	struct outcome out = RUN(once, kn_msg_link_dump(buf));

	(void)state;
	assert_int_equal(out.code, 0);
	assert_int_equal(out.repeated, 1);
	assert_int_equal(out.seen.begun, 2);
	assert_int_equal(out.seen.links, 2); /* those of the whole dump alone */
	out = RUN(always, kn_msg_link_dump(buf));
	assert_int_equal(out.code, -EINTR);
	assert_int_equal(out.repeated, TRIES);
	out = RUN(lost, kn_msg_link_dump(buf));
	assert_int_equal(out.code, 0);
	assert_int_equal(out.repeated, 1);
	assert_int_equal(out.seen.links, 1);
}

static void large_and_late(void **state)
{
	static const struct say large[][4] = {
		{ { LINK, 0 }, { BIG_LINK, 0 }, { LINK, 0 }, { DONE, 0 } }
	};
	static const struct say late[][4] = { { { STALE_ACK, -EEXIST }, { ACK, 0 } } };
	struct outcome out = RUN(large, kn_msg_link_dump(buf));

	(void)state;
	assert_int_equal(out.code, 0);
	assert_int_equal(out.repeated, 0);
	assert_int_equal(out.seen.links, 3);
	assert_int_equal(RUN(late, kn_msg_link_del(buf, 3)).code, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "netns: talk to a busy kernel", busy, NULL, NULL, NULL },
		{ "netns: talk after an overrun", overrun, NULL, NULL, NULL },
		{ "netns: talk when a dump is interrupted or cut short", interrupted, NULL, NULL,
		  NULL },
		{ "netns: talk with answers that are large, and with late ones", large_and_late,
		  NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netns talk", tests, NULL, NULL);
}
