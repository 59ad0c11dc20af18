/* SPDX-License-Identifier: MIT */
#include "policy/confirmed.h"
#include "netlink/cleanup.h"
#include "state/file.h"

#include <errno.h>
#include <inttypes.h>

#define FORM "kidos-policy 1\nconfirmed %016" PRIx64 "\n"
#define LARGEST 128 /* bytes */

uint64_t kidos_confirmed_load(const char *folder)
{
	_cleanup_file_ FILE *file = NULL;
	uint64_t digest = 0;

	if (kidos_file_open(folder, KIDOS_CONFIRMED_FILE, LARGEST, &file) || !file)
		return 0;
	return fscanf(file, "kidos-policy 1\nconfirmed %16" SCNx64, &digest) == 1 ? digest : 0;
}

static int write_digest(const void *context, FILE *file)
{
	return fprintf(file, FORM, *(const uint64_t *)context) < 0 ? -EIO : 0;
}

int kidos_confirmed_save(const char *folder, uint64_t digest)
{
	return kidos_file_replace(folder, KIDOS_CONFIRMED_FILE, write_digest, &digest);
}
