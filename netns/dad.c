/* SPDX-License-Identifier: MIT */
#include "dad.h"
#include "stop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <string.h>
#include <sys/socket.h>

#define STEP_MS 20
#define MAX_MS 5000

struct search {
	const struct kn_prefix *address;
	uint32_t flags; /* of the address, 0 without one */
};

static void begin(void *data)
{
	((struct search *)data)->flags = 0;
}

static int each(const struct nlmsghdr *nlh, void *data)
{
	struct search *search = data;
	struct kn_addr_info info;

	if (kn_read_addr(nlh, &info) == 0 && info.addr.family == search->address->family &&
	    memcmp(info.addr.bytes, search->address->bytes, sizeof(info.addr.bytes)) == 0)
		search->flags = info.flags;
	return MNL_CB_OK;
}

static int read_flags(struct kn_nets *nets, const struct kn_ns *ns, struct search *search,
		      struct kn_err *err)
{
	struct kn_dump dump = { begin, each, search };
	char buf[KN_MSG_SIZE];
	struct kn_talk *talk;
	int code = kn_nets_talk(nets, ns, &talk, err);

	begin(search);
	return code ? code : kn_talk_dump(talk, kn_msg_addr_dump(buf, 0), &dump, err);
}

int kn_dad_wait(struct kn_nets *nets, const struct kn_ns *ns, const struct kn_prefix *address,
		struct kn_err *err)
{
	struct search search = { .address = address };
	char text[INET6_ADDRSTRLEN];
	int code = 0;

	if (address->family != AF_INET6)
		return 0;
	inet_ntop(AF_INET6, address->bytes, text, sizeof(text));
	for (unsigned int waited = 0; waited < MAX_MS; waited += STEP_MS) {
		code = read_flags(nets, ns, &search, err);
		if (code || !(search.flags & IFA_F_TENTATIVE))
			return code;
		if (search.flags & IFA_F_DADFAILED)
			return kn_fail(err, -EADDRINUSE, "%s: another host has this address", text);
		if (!kn_stop_pause(STEP_MS))
			return kn_fail(err, -EINTR, "%s: stopped by a signal", text);
	}
	return kn_fail(err, -ETIMEDOUT, "%s: still tentative (the link runs late, or not at all)",
		       text);
}
