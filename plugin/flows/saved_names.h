/* SPDX-License-Identifier: MIT */
/* saved_names.h: names of series over restarts, and what the log has of their file. */
#ifndef KIDOS_FLOWS_SAVED_NAMES_H
#define KIDOS_FLOWS_SAVED_NAMES_H

#include "flows/series_names.h"

struct kidos_saved_names {
	uint64_t time; /* of the last save or load, seconds of CLOCK_REALTIME */
	bool failed; /* the last save did not work */
};

/* Reads the file in the folder; what is wrong with it is one line in the log. */
void kidos_saved_names_load(struct kidos_saved_names *saved, struct kidos_names *names,
			    const char *folder);

/* Writes it: one line when that begins to fail, one when it works again. */
void kidos_saved_names_save(struct kidos_saved_names *saved, struct kidos_names *names,
			    const char *folder);

#endif
