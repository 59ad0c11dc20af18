/* SPDX-License-Identifier: MIT */
#include "flows/saved_names.h"
#include "core/log.h"
#include "state/file.h"

#include <errno.h>
#include <string.h>
#include <time.h>

void kidos_saved_names_load(struct kidos_saved_names *saved, struct kidos_names *names,
			    const char *folder)
{
	int error = kidos_names_load(names, folder, (uint64_t)time(NULL));

	saved->time = (uint64_t)time(NULL);
	if (error)
		kidos_log(LOG_WARNING, "names of series in %s/" KIDOS_NAMES_FILE ": %s: not read",
			  folder, kidos_file_fault(error));
}

void kidos_saved_names_save(struct kidos_saved_names *saved, struct kidos_names *names,
			    const char *folder)
{
	int error = kidos_names_save(names, folder);

	saved->time = (uint64_t)time(NULL);
	if (error && !saved->failed)
		kidos_log(LOG_WARNING,
			  "names of series in %s/" KIDOS_NAMES_FILE ": %s: a restart "
			  "will forget them",
			  folder, strerror(-error));
	if (!error && saved->failed)
		kidos_log(LOG_NOTICE, "names of series in %s/" KIDOS_NAMES_FILE ": saved again",
			  folder);
	saved->failed = error;
}
