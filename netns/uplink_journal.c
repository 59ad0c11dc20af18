/* SPDX-License-Identifier: MIT */
#include "uplink_journal.h"

#include <errno.h>
#include <stdio.h>

int kn_uplink_journal(struct kn_nets *nets, struct kn_journal *journal, struct kn_err *err)
{
	*journal = (struct kn_journal){};
	if (!nets->state)
		return kn_fail(err, -ENOENT, "no journal");
	return kn_journal_read(kn_state_lib(nets->state), nets->topo->name, journal, err);
}

int kn_uplink_journal_copy(struct kn_nets *nets, struct kn_journal *journal, struct kn_err *err)
{
	*journal = (struct kn_journal){};
	if (!nets->state)
		return kn_fail(err, -ENOENT, "no journal");
	return kn_journal_read(kn_state_dir(nets->state), KN_STATE_UPLINK, journal, err);
}

const char *kn_uplink_journal_path(const struct kn_nets *nets, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s" KN_JOURNAL_SUFFIX, kn_state_lib_path(), nets->topo->name);
	return path;
}

int kn_uplink_journal_write(struct kn_nets *nets, const struct kn_journal *journal,
			    struct kn_err *err)
{
	struct kn_journal shorter = *journal;
	int code = kn_journal_write(kn_state_lib(nets->state), nets->topo->name, journal, err);

	shorter.neighbours.n = shorter.nexthops.n = shorter.routes.n = 0;
	shorter.topology = NULL;
	if (!code)
		code = kn_journal_write(kn_state_dir(nets->state), KN_STATE_UPLINK, &shorter, err);
	return code;
}

int kn_uplink_journal_remove(struct kn_nets *nets, struct kn_err *err)
{
	/* The copy first: without the journal it would mean that the journal was lost. */
	int code = kn_journal_remove(kn_state_dir(nets->state), KN_STATE_UPLINK, err);

	return code ? code : kn_journal_remove(kn_state_lib(nets->state), nets->topo->name, err);
}
