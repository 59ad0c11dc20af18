/* SPDX-License-Identifier: MIT */
#include "state/learning.h"
#include "core/log.h"
#include "core/now.h"
#include "state/file.h"

#include <errno.h>
#include <string.h>

#define SECOND_NS 1000000000u

/* Learning then starts anew: what is wrong with the file is no reason to stop. */
static void complain(const struct kidos_learned_kind *kind, const char *folder, int error,
		     unsigned int line)
{
	if (error == -EBADMSG)
		kidos_log(LOG_WARNING, "%s in %s/%s, line %u: not as kidos writes it: learned anew",
			  kind->what, folder, kind->file, line);
	else
		kidos_log(LOG_WARNING, "%s in %s/%s: %s: learned anew", kind->what, folder,
			  kind->file, kidos_file_fault(error));
}

uint64_t kidos_learning_start(const struct kidos_learned_kind *kind, const char *folder,
			      uint64_t learn_time, struct kidos_learned *learned)
{
	uint64_t now = kidos_now_ns(CLOCK_REALTIME) / SECOND_NS, past;
	unsigned int line = 0;
	int error = 0;

	kidos_learned_init(learned, kind, now);
	if (learn_time)
		error = kidos_learned_load(learned, folder, &line);
	if (error)
		complain(kind, folder, error, line);
	past = now - learned->since;
	return past < learn_time ? (learn_time - past) * SECOND_NS : 0;
}

/* One line when saving begins to fail, one when it works again. */
void kidos_learning_save(const char *folder, uint64_t learn_time, struct kidos_learned *learned,
			 bool *failed)
{
	const struct kidos_learned_kind *kind = learned->kind;
	int error;

	if (!learn_time || !learned->changed)
		return;
	error = kidos_learned_save(learned, folder);
	if (error && !*failed)
		kidos_log(LOG_WARNING, "%s in %s/%s: %s: a restart will forget them", kind->what,
			  folder, kind->file, strerror(-error));
	if (!error && *failed)
		kidos_log(LOG_NOTICE, "%s in %s/%s: saved again", kind->what, folder, kind->file);
	*failed = error;
}
