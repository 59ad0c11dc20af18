/* SPDX-License-Identifier: MIT */
#include "netlink/reply.h"

#include <errno.h>
#include <string.h>

static int copy_text(const struct nlattr *attr, void *data)
{
	struct kn_reply *reply = data;
	size_t len = mnl_attr_get_payload_len(attr);

	if (mnl_attr_get_type(attr) != NLMSGERR_ATTR_MSG)
		return MNL_CB_OK;
	if (len >= sizeof(reply->text))
		len = sizeof(reply->text) - 1;
	memcpy(reply->text, mnl_attr_get_payload(attr), len);
	reply->text[len] = '\0';
	/* The kernel ends its words with a NUL; whatever else is in there must not reach a
	 * terminal. */
	for (char *c = reply->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	return MNL_CB_OK;
}

/* The attributes follow the error code and, unless it was capped off, the request it answers. */
static void read_extended_ack(struct kn_reply *reply, const struct nlmsghdr *nlh, size_t offset)
{
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (offset > mnl_nlmsg_get_payload_len(nlh))
		return;
	mnl_attr_parse(nlh, offset, copy_text, reply);
}

static int take_error(struct kn_reply *reply, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *ack = mnl_nlmsg_get_payload(nlh);
	size_t offset = sizeof(*ack);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*ack))
		return -EBADMSG;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && ack->msg.nlmsg_len >= NLMSG_HDRLEN)
		offset += MNL_ALIGN((size_t)ack->msg.nlmsg_len - NLMSG_HDRLEN);
	read_extended_ack(reply, nlh, offset);
	reply->error = ack->error > 0 ? -EBADMSG : ack->error;
	reply->done = true;
	return 0;
}

/* The end of a dump carries an int with the error that cut it short (4.20 and later). */
static int take_done(struct kn_reply *reply, const struct nlmsghdr *nlh)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(error)) {
		memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
		read_extended_ack(reply, nlh, sizeof(error));
	}
	if (error < 0)
		reply->error = error;
	reply->done = true;
	return 0;
}

static int take_message(struct kn_reply *reply, const struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_seq != reply->seq || nlh->nlmsg_pid != reply->portid) {
		reply->foreign++;
		return 0;
	}
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		reply->interrupted = true;
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return take_error(reply, nlh);
	if (nlh->nlmsg_type == NLMSG_DONE)
		return take_done(reply, nlh);
	if (nlh->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	if (reply->each && reply->each(nlh, reply->data) == MNL_CB_ERROR) {
		reply->error = -EBADMSG;
		reply->done = reply->single;
	}
	if (reply->single)
		reply->done = true;
	return 0;
}

/* mnl_nlmsg_ok compares lengths as signed and accepts 2^31 and more, and its walk over attributes
 * ends at the aligned end. So both are checked here.
 */
static bool is_whole(const char *at, size_t left, size_t *whole)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)at;

	if (left < NLMSG_HDRLEN || nlh->nlmsg_len < NLMSG_HDRLEN)
		return false;
	*whole = ((size_t)nlh->nlmsg_len + 3) & ~(size_t)3;
	return *whole <= left;
}

int kn_reply_feed(struct kn_reply *reply, const void *bytes, size_t len)
{
	const char *at = bytes;
	size_t whole;
	int err;

	for (; is_whole(at, len, &whole); at += whole, len -= whole) {
		err = take_message(reply, (const struct nlmsghdr *)at);
		if (err || reply->done)
			return err;
	}
	return len ? -EBADMSG : 0;
}
