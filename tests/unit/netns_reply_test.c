/* SPDX-License-Identifier: MIT */
/* What the kernel may answer, fed from memory: acks, its words, dumps, strangers, rubbish. */
#include "netns_util.h"
#include "netlink/reply.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define SEQ 5
#define PORT 77

static _Alignas(struct nlmsghdr) char buf[4096];
static size_t used;
static int handed;

static int count(const struct nlmsghdr *nlh, void *data)
{
	(void)nlh;
	(void)data;
	handed++;
	return MNL_CB_OK;
}

static int refuse(const struct nlmsghdr *nlh, void *data)
{
	(void)nlh;
	(void)data;
	return MNL_CB_ERROR;
}

static struct nlmsghdr *message(uint16_t type, uint16_t flags, uint32_t seq, uint32_t port)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf + used);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_seq = seq;
	nlh->nlmsg_pid = port;
	return nlh;
}

static void end(const struct nlmsghdr *nlh)
{
	used += MNL_ALIGN(nlh->nlmsg_len);
}

static void ack(int error, uint16_t flags, const char *words)
{
	struct nlmsghdr *nlh = message(NLMSG_ERROR, flags, SEQ, PORT);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(nlh, sizeof(*e));

	e->error = error;
	e->msg.nlmsg_len = NLMSG_HDRLEN + 8;
	if (!(flags & NLM_F_CAPPED))
		mnl_nlmsg_put_extra_header(nlh, 8);
	if (words)
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, words);
	end(nlh);
}

static struct kn_reply fresh(void)
{
	used = 0;
	handed = 0;
	return (struct kn_reply){ .seq = SEQ, .portid = PORT, .each = count };
}

static void acks(void **state)
{
	struct kn_reply reply = fresh();

	(void)state;
	ack(0, NLM_F_CAPPED, NULL);
	assert_int_equal(kn_reply_feed(&reply, buf, used), 0);
	assert_true(reply.done);
	assert_int_equal(reply.error, 0);
	reply = fresh();
	ack(-EEXIST, NLM_F_CAPPED, NULL);
	assert_int_equal(kn_reply_feed(&reply, buf, used), 0);
	assert_int_equal(reply.error, -EEXIST);
	assert_string_equal(reply.text, "");
	reply = fresh();
	ack(3, NLM_F_CAPPED, NULL); /* errors are negative */
	assert_int_equal(kn_reply_feed(&reply, buf, used), 0);
	assert_int_equal(reply.error, -EBADMSG);
}

static void extended_acks(void **state)
{
	static const uint16_t flags[] = { NLM_F_ACK_TLVS, NLM_F_ACK_TLVS | NLM_F_CAPPED };
	struct kn_reply reply;
	char words[600];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		reply = fresh();
		ack(-EINVAL, flags[i], "The kernel's own words");
		assert_int_equal(kn_reply_feed(&reply, buf, used), 0);
		assert_int_equal(reply.error, -EINVAL);
		assert_string_equal(reply.text, "The kernel's own words");
	}
	reply = fresh();
	ack(-EINVAL, NLM_F_ACK_TLVS | NLM_F_CAPPED, "esc \033[31m and\nline");
	kn_reply_feed(&reply, buf, used);
	assert_string_equal(reply.text, "esc ?[31m and?line");
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	reply = fresh();
	ack(-EINVAL, NLM_F_ACK_TLVS | NLM_F_CAPPED, words);
	kn_reply_feed(&reply, buf, used);
	assert_int_equal(strlen(reply.text), sizeof(reply.text) - 1);
	/* An original length that lies points beyond the message. */
	reply = fresh();
	ack(-EINVAL, NLM_F_ACK_TLVS, "words");
	((struct nlmsgerr *)mnl_nlmsg_get_payload((struct nlmsghdr *)buf))->msg.nlmsg_len = 1U
											    << 31;
	assert_int_equal(kn_reply_feed(&reply, buf, used), 0);
	assert_string_equal(reply.text, "");
}

static void dumps(void **state)
{
	struct kn_reply reply = fresh();
	int error = 0;

	(void)state;
	end(message(RTM_NEWLINK, NLM_F_MULTI, SEQ, PORT));
	end(message(RTM_NEWLINK, NLM_F_MULTI | NLM_F_DUMP_INTR, SEQ, PORT));
	assert_int_equal(kn_reply_feed(&reply, buf, used), 0);
	assert_false(reply.done);
	assert_true(reply.interrupted);
	assert_int_equal(handed, 2);
	used = 0;
	memcpy(mnl_nlmsg_put_extra_header(message(NLMSG_DONE, NLM_F_MULTI, SEQ, PORT), 4), &error,
	       4);
	assert_int_equal(kn_reply_feed(&reply, buf, NLMSG_HDRLEN + 4), 0);
	assert_true(reply.done);
	assert_int_equal(reply.error, 0);
	reply = fresh();
	error = -ENOBUFS;
	memcpy(mnl_nlmsg_put_extra_header(message(NLMSG_DONE, NLM_F_MULTI, SEQ, PORT), 4), &error,
	       4);
	assert_int_equal(kn_reply_feed(&reply, buf, NLMSG_HDRLEN + 4), 0);
	assert_int_equal(reply.error, -ENOBUFS);
}

/* What the reader could not take is not forgotten by the dump's good end. */
static void refused(void **state)
{
	struct kn_reply reply = fresh();
	int error = 0;

	(void)state;
	reply.each = refuse;
	end(message(RTM_NEWLINK, NLM_F_MULTI, SEQ, PORT));
	assert_int_equal(kn_reply_feed(&reply, buf, used), 0);
	used = 0;
	memcpy(mnl_nlmsg_put_extra_header(message(NLMSG_DONE, NLM_F_MULTI, SEQ, PORT), 4), &error,
	       4);
	assert_int_equal(kn_reply_feed(&reply, buf, NLMSG_HDRLEN + 4), 0);
	assert_true(reply.done);
	assert_int_equal(reply.error, -EBADMSG);
}

static void strangers(void **state)
{
	struct kn_reply reply = fresh();

	(void)state;
	end(message(RTM_NEWLINK, 0, SEQ - 1, PORT));
	end(message(RTM_NEWLINK, 0, SEQ, PORT + 1));
	end(message(RTM_NEWLINK, 0, 0, 0));
	assert_int_equal(kn_reply_feed(&reply, buf, used), 0);
	assert_int_equal(reply.foreign, 3);
	assert_int_equal(handed, 0);
	assert_false(reply.done);
}

static void single(void **state)
{
	struct kn_reply reply = fresh();

	(void)state;
	reply.single = true;
	end(message(RTM_NEWLINK, 0, SEQ, PORT));
	assert_int_equal(kn_reply_feed(&reply, buf, used), 0);
	assert_true(reply.done);
	assert_int_equal(handed, 1);
}

static void rubbish(void **state)
{
	struct kn_reply reply = fresh();

	(void)state;
	end(message(RTM_NEWLINK, 0, SEQ, PORT));
	assert_int_equal(kn_reply_feed(&reply, buf, 7), -EBADMSG);
	((struct nlmsghdr *)buf)->nlmsg_len = 4000;
	assert_int_equal(kn_reply_feed(&reply, buf, used), -EBADMSG);
	((struct nlmsghdr *)buf)->nlmsg_len = 0xcdcdcd9b; /* negative, if it were signed */
	assert_int_equal(kn_reply_feed(&reply, buf, used), -EBADMSG);
	reply = fresh();
	end(message(NLMSG_ERROR, 0, SEQ, PORT)); /* no error in it */
	assert_int_equal(kn_reply_feed(&reply, buf, used), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "netns: reply acks", acks, NULL, NULL, NULL },
		{ "netns: reply extended acks, as the kernel words them", extended_acks, NULL, NULL,
		  NULL },
		{ "netns: reply dumps, interrupted ones and cut-off ones", dumps, NULL, NULL,
		  NULL },
		{ "netns: reply of a dump that the reader refused", refused, NULL, NULL, NULL },
		{ "netns: reply of another sequence or port is passed over", strangers, NULL, NULL,
		  NULL },
		{ "netns: reply of one message", single, NULL, NULL, NULL },
		{ "netns: reply that is rubbish", rubbish, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netns replies", tests, NULL, NULL);
}
