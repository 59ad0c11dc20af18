/* SPDX-License-Identifier: MIT */
#include "connects/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define CONTAINER_ID 64 /* hexadecimal digits, of Docker, containerd, CRI-O, Podman */
#define SHORT_ID 12

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t ending = strlen(end);

	return length > ending && !memcmp(text + length - ending, end, ending);
}

static size_t hex_digits(const char *text, size_t length)
{
	size_t digits = 0;

	while (digits < length && strchr("0123456789abcdef", text[digits]) && text[digits])
		digits++;
	return digits;
}

static bool is_unit(const char *part, size_t length)
{
	return ends_with(part, length, ".service") || ends_with(part, length, ".scope") ||
	       ends_with(part, length, ".slice") ||
	       (length == CONTAINER_ID && hex_digits(part, length) == length);
}

/* systemd's cg_escape: "_" ahead of what the kernel could take for a file of its own. */
static const char *without_escape(const char *part, size_t *length)
{
	bool escaped = *length > 1 && *part == '_';

	*length -= escaped;
	return part + escaped;
}

/* Copies, and cuts every id of a container. */
static void copy(const char *part, size_t length, char unit[KIDOS_CONNECT_UNIT])
{
	size_t used = 0;

	for (size_t at = 0; at < length && used + 1 < KIDOS_CONNECT_UNIT;) {
		size_t digits = hex_digits(part + at, length - at);
		size_t taken = digits ? digits : 1;
		size_t kept = digits == CONTAINER_ID ? SHORT_ID : taken;

		for (size_t i = 0; i < kept && used + 1 < KIDOS_CONNECT_UNIT; i++)
			unit[used++] = part[at + i];
		at += taken;
	}
	unit[used] = '\0';
}

void kidos_connect_unit_of(const char *path, char unit[KIDOS_CONNECT_UNIT])
{
	const char *found = NULL, *part = path;
	size_t length, found_length = 0;

	for (part += strspn(part, "/"); *part; part += strspn(part, "/")) {
		length = strcspn(part, "/");
		if (is_unit(part, length)) {
			found = part;
			found_length = length;
		}
		part += length;
	}
	if (!found) {
		found = path + strspn(path, "/");
		found_length = strlen(found);
	}
	found = without_escape(found, &found_length);
	copy(found, found_length, unit);
	if (!*unit)
		snprintf(unit, KIDOS_CONNECT_UNIT, "-.slice");
}
