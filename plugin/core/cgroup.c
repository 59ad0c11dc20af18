/* SPDX-License-Identifier: MIT */
#include "core/cgroup.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The hierarchy that limits memory. */
static const struct version {
	const char *type; /* of its mount */
	const char *controller; /* among the mount's options, and in /proc/self/cgroup */
	const char *limits[2];
} versions[] = {
	/* Above memory.high the kernel makes the process wait, rather than refuse. */
	{ "cgroup2", "", { "memory.max", "memory.high" } },
	{ "cgroup", "memory", { "memory.limit_in_bytes" } },
};

/* A word of a list with commas. */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word), next;

	for (;; list += next + 1) {
		next = strcspn(list, ",");
		if (next == length && !strncmp(list, word, length))
			return true;
		if (!list[next])
			return false;
	}
}

static FILE *open_below(const char *root, const char *path)
{
	char full[PATH_MAX];

	if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
		return NULL;
	return fopen(full, "re");
}

/* "4:memory:/system.slice", "0::/system.slice": the process's group, from the hierarchy's top. */
static bool find_group(const char *root, const struct version *version, char group[PATH_MAX])
{
	FILE *file = open_below(root, "/proc/self/cgroup");
	char line[PATH_MAX + 256];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(++controllers, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		found = has_word(controllers, version->controller);
		snprintf(group, PATH_MAX, "%s", path);
	}
	if (file)
		fclose(file);
	return found;
}

/* Octal escapes of blanks and the like, in place. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		unsigned int code;

		if (*text == '\\' && sscanf(text + 1, "%3o", &code) == 1) {
			*to++ = (char)code;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

struct mount {
	char top[PATH_MAX]; /* the group that it shows as its own top */
	char point[PATH_MAX];
};

/* "31 24 0:27 TOP POINT rw,... - cgroup2 cgroup2 rw,..." */
static bool read_mount(char *line, const struct version *version, struct mount *mount)
{
	char *end = strstr(line, " - ");
	char type[32], options[1024];

	if (!end || sscanf(end, " - %31s %*s %1023s", type, options) != 2 ||
	    strcmp(type, version->type))
		return false;
	if (*version->controller && !has_word(options, version->controller))
		return false;
	*end = '\0';
	if (sscanf(line, "%*s %*s %*s %4095s %4095s", mount->top, mount->point) != 2)
		return false;
	unescape(mount->top);
	unescape(mount->point);
	return true;
}

static bool find_mount(const char *root, const struct version *version, struct mount *mount)
{
	FILE *file = open_below(root, "/proc/self/mountinfo");
	char line[2 * PATH_MAX + 2048];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = read_mount(line, version, mount);
	if (file)
		fclose(file);
	return found;
}

/* "max" and what is no number limit nothing. */
static uint64_t read_limit(const char *root, const char *folder, const char *name)
{
	char path[2 * PATH_MAX];
	unsigned long long bytes;
	FILE *file;
	bool whole;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = open_below(root, path);
	whole = file && fscanf(file, "%llu", &bytes) == 1;
	if (file)
		fclose(file);
	return whole ? bytes : UINT64_MAX;
}

static uint64_t limit_of_group(const char *root, const struct version *version, const char *folder)
{
	uint64_t least = UINT64_MAX, limit;

	for (size_t i = 0; i < 2 && version->limits[i]; i++) {
		limit = read_limit(root, folder, version->limits[i]);
		if (limit < least)
			least = limit;
	}
	return least;
}

/* Of a container's mount the top is its own group, which /proc may name from further up or below.
 */
static const char *below_top(const char *group, const char *top)
{
	size_t length = strcmp(top, "/") ? strlen(top) : 0;

	if (!strncmp(group, "/..", 3) || strncmp(group, top, length) ||
	    (group[length] && group[length] != '/'))
		return "";
	return strcmp(group + length, "/") ? group + length : "";
}

static uint64_t limit_of_version(const char *root, const struct version *version)
{
	char group[PATH_MAX], folder[2 * PATH_MAX];
	struct mount mount;
	uint64_t least = UINT64_MAX, limit;
	size_t shortest;

	if (!find_group(root, version, group) || !find_mount(root, version, &mount))
		return UINT64_MAX;
	shortest = strlen(mount.point);
	snprintf(folder, sizeof(folder), "%s%s", mount.point, below_top(group, mount.top));
	for (;;) {
		limit = limit_of_group(root, version, folder);
		if (limit < least)
			least = limit;
		if (strlen(folder) <= shortest)
			return least;
		*strrchr(folder, '/') = '\0';
	}
}

uint64_t kidos_cgroup_memory(const char *root)
{
	uint64_t least = UINT64_MAX, limit;

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		limit = limit_of_version(root, &versions[i]);
		if (limit < least)
			least = limit;
	}
	return least;
}
