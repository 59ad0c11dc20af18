/* SPDX-License-Identifier: MIT */
#include "drops/learning.h"
#include "core/log.h"
#include "core/now.h"

#include <errno.h>
#include <string.h>

#define SECOND_NS 1000000000u

/* Learning then starts anew: what is wrong with the file is no reason to stop. */
static void complain(const char *folder, int error, unsigned int line)
{
	if (error == -EBADMSG)
		kidos_log(LOG_WARNING,
			  "ordinary drop reasons in %s/" KIDOS_LEARNED_FILE
			  ", line %u: not as kidos writes it: learned anew",
			  folder, line);
	else
		kidos_log(LOG_WARNING,
			  "ordinary drop reasons in %s/" KIDOS_LEARNED_FILE ": %s: learned anew",
			  folder,
			  error == -EPERM ? "not a file that only we may write" : strerror(-error));
}

uint64_t kidos_learning_start(const char *folder, uint64_t learn_time,
			      struct kidos_learned *learned)
{
	uint64_t now = kidos_now_ns(CLOCK_REALTIME) / SECOND_NS, past;
	unsigned int line = 0;
	int error = 0;

	kidos_learned_init(learned, now);
	if (learn_time)
		error = kidos_learned_load(learned, folder, &line);
	if (error)
		complain(folder, error, line);
	past = now - learned->since;
	return past < learn_time ? (learn_time - past) * SECOND_NS : 0;
}

/* One line when saving begins to fail, one when it works again. */
void kidos_learning_save(const char *folder, uint64_t learn_time, struct kidos_learned *learned,
			 bool *failed)
{
	int error;

	if (!learn_time || !learned->changed)
		return;
	error = kidos_learned_save(learned, folder);
	if (error && !*failed)
		kidos_log(LOG_WARNING,
			  "ordinary drop reasons in %s/" KIDOS_LEARNED_FILE
			  ": %s: a restart will forget them",
			  folder, strerror(-error));
	if (!error && *failed)
		kidos_log(LOG_NOTICE,
			  "ordinary drop reasons in %s/" KIDOS_LEARNED_FILE ": saved again",
			  folder);
	*failed = error;
}
