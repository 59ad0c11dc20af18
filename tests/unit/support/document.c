/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

#define MOST (1 << 16)

char *document_read(const char *path)
{
	char *text = calloc(1, MOST), full[PATH_MAX];
	FILE *file;

	snprintf(full, sizeof(full), KIDOS_SOURCE "/%s", path);
	file = fopen(full, "re");
	assert_non_null(file);
	assert_non_null(text);
	assert_in_range(fread(text, 1, MOST - 1, file), 1, MOST - 2);
	fclose(file);
	return text;
}

void assert_document_has(const char *path, const char *words)
{
	char *text = document_read(path);

	if (!strstr(text, words))
		fail_msg("%s has no %s", path, words);
	free(text);
}
