/* SPDX-License-Identifier: MIT */
#include "uplink_find.h"
#include "uplink_journal.h"

#include <errno.h>
#include <string.h>

struct search {
	kn_link_match *match;
	const void *data;
	unsigned int found;
	struct kn_link_info link, other;
};

static void begin(void *data)
{
	((struct search *)data)->found = 0;
}

static int each(const struct nlmsghdr *nlh, void *data)
{
	struct search *search = data;
	struct kn_link_info info;

	if (kn_read_link(nlh, &info) < 0 || !search->match(&info, search->data))
		return MNL_CB_OK;
	*(search->found++ ? &search->other : &search->link) = info;
	return MNL_CB_OK;
}

static int walk(struct kn_nets *nets, const struct kn_ns *ns, const struct kn_dump *dump,
		struct kn_err *err)
{
	char buf[KN_MSG_SIZE];
	struct kn_talk *talk;
	int code = kn_nets_talk(nets, ns, &talk, err);

	return code ? code : kn_talk_dump(talk, kn_msg_link_dump(buf), dump, err);
}

int kn_uplink_find(struct kn_nets *nets, const struct kn_ns *ns, kn_link_match *match,
		   const void *data, struct kn_link_info *out, struct kn_err *err)
{
	struct search search = { .match = match, .data = data };
	struct kn_dump dump = { begin, each, &search };
	int code = walk(nets, ns, &dump, err);

	if (code)
		return code;
	if (!search.found)
		return kn_fail(err, -ENODEV, "no such interface in namespace \"%s\"", ns->name);
	if (search.found > 1)
		return kn_fail(err, -ENOTUNIQ, "it may be %s or %s", search.link.name,
			       search.other.name);
	*out = search.link;
	return 0;
}

/* --- the interface of a journal --- */

/* A card may have been moved to another slot, so another place alone does not rule it out. */
unsigned int kn_uplink_likeness(const struct kn_link_info *info, const struct kn_journal *journal)
{
	bool name = strcmp(info->name, journal->name) == 0;
	bool number = info->ifindex == journal->ifindex;
	bool place = journal->device[0] && strcmp(info->device, journal->device) == 0;

	if (strcmp(info->kind, journal->kind) != 0)
		return 0;
	if (journal->has_permanent_mac && info->has_permanent_mac)
		return memcmp(info->permanent_mac, journal->permanent_mac, 6) == 0
			       ? 1U + name + number + place
			       : 0;
	if (!journal->has_mac || !info->has_mac)
		return name + number;
	if (memcmp(info->mac, journal->mac, 6) == 0)
		return 1U + name + number + place;
	return name && number; /* its address was changed meanwhile */
}

struct contest {
	const struct kn_journal *journal;
	const struct kn_ns *ns;
	/* The best of the namespaces searched so far, and with the current one. */
	struct standing {
		unsigned int score, ties;
		struct kn_uplink_place place;
		char rival[IFNAMSIZ];
	} best, here;
};

static void begin_here(void *data)
{
	struct contest *contest = data;

	contest->here = contest->best; /* a dump that starts over */
}

static int compete(const struct nlmsghdr *nlh, void *data)
{
	struct contest *contest = data;
	struct standing *here = &contest->here;
	struct kn_link_info info;
	unsigned int score;

	if (kn_read_link(nlh, &info) < 0)
		return MNL_CB_OK;
	score = kn_uplink_likeness(&info, contest->journal);
	if (score && score == here->score) {
		here->ties++;
		snprintf(here->rival, sizeof(here->rival), "%s", info.name);
	} else if (score > here->score) {
		*here = (struct standing){ .score = score, .place = { contest->ns, info } };
	}
	return MNL_CB_OK;
}

int kn_uplink_locate(struct kn_nets *nets, const struct kn_journal *journal,
		     struct kn_uplink_place *out, struct kn_err *err)
{
	struct contest contest = { .journal = journal };
	struct kn_dump dump = { begin_here, compete, &contest };
	struct standing *best = &contest.best;
	char path[PATH_MAX];

	for (size_t i = 0; i < nets->topo->n_ns; i++) {
		int code;

		contest.ns = &nets->topo->ns[i];
		code = walk(nets, contest.ns, &dump, err);
		if (!code)
			*best = contest.here;
		else if (code != -ENOENT || i == 0)
			return code;
	}
	if (!best->score)
		return kn_fail(err, -ENODEV,
			       "there is no such interface here any more. Bring it back and try "
			       "again, or remove its journal %s to go on without it",
			       kn_uplink_journal_path(nets, path));
	if (best->ties)
		return kn_fail(err, -ENOTUNIQ,
			       "it may be %s or %s: name the right one %s and try again",
			       best->place.link.name, best->rival, journal->name);
	*out = best->place;
	return 0;
}
