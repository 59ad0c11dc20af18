/* SPDX-License-Identifier: MIT */
#include "policy/file.h"
#include "core/flow_key.h"
#include "core/hash.h"
#include "core/text.h"
#include "netlink/cleanup.h"
#include "policy/places.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NESTING 6 /* the deepest place of a valid file is 4 */
#define PLACE 200 /* characters that say where an entry is */

struct reader {
	struct kidos_policy_file *file;
	const char *name; /* of the file */
	struct kidos_places places;
	char *reason; /* KIDOS_REASON bytes */
};

/* Always -EINVAL. line 0: the file as a whole. */
__attribute__((format(printf, 3, 4))) static int fail(struct reader *reader, uint32_t line,
						      const char *format, ...)
{
	char number[16] = "", what[KIDOS_REASON];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	if (line)
		snprintf(number, sizeof(number), ":%u", line);
	snprintf(reader->reason, KIDOS_REASON, "%.80s%s: %.160s", reader->name, number, what);
	return -EINVAL;
}

/* The entry, as a terminal and a log can take it. */
static int fail_entry(struct reader *reader, uint32_t line, const char *place,
		      struct json_object *entry, const char *what)
{
	char text[64];

	kidos_text_escape(json_object_get_string(entry), text, sizeof(text));
	return fail(reader, line, "%s \"%s\": %s", place, text, what);
}

/* "8", no sign, no blank, no zero ahead of another digit. */
static const char *length_is_wrong(const char *text, unsigned int most)
{
	uint64_t bits;

	if (!*text)
		return "its prefix length is empty";
	if (strchr(text, '/'))
		return "more than one slash";
	if (text[strspn(text, "0123456789")] || (*text == '0' && text[1]))
		return "its prefix length is no number";
	if (!kidos_text_number(text, 0, most, &bits))
		return most == 32 ? "a prefix length over 32" : "a prefix length over 128";
	return NULL;
}

/* What is wrong with it, or NULL. */
static const char *prefix_is_wrong(const char *text)
{
	const char *slash = strchr(text, '/');
	struct kidos_prefix prefix;
	char address[64];

	if (!*text)
		return "an empty text";
	if (!slash)
		return "no prefix length";
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	if ((size_t)(slash - text) >= sizeof(address) || !kidos_prefix_parse(address, &prefix))
		return "no IPv4 or IPv6 address";
	return length_is_wrong(slash + 1, prefix.ipv4 ? 32 : 128);
}

/* Were bits set behind the length? prefix: with those cleared. */
static bool was_masked(const char *text, const struct kidos_prefix *prefix)
{
	struct kidos_prefix whole;
	char address[64];

	snprintf(address, sizeof(address), "%.*s", (int)strcspn(text, "/"), text);
	return kidos_prefix_parse(address, &whole) &&
	       memcmp(&whole.address, &prefix->address, sizeof(whole.address)) != 0;
}

static void add_prefix(struct reader *reader, struct kidos_policy *policy, const char *text,
		       uint32_t line, bool permit)
{
	struct kidos_policy_prefix *entry = &policy->prefixes[policy->count++];
	struct kidos_policy_file *file = reader->file;

	*entry = (struct kidos_policy_prefix){ .line = line, .permit = permit };
	kidos_prefix_parse(text, &entry->prefix);
	policy->families[entry->prefix.ipv4 ? KIDOS_POLICY_IPV4 : KIDOS_POLICY_IPV6]++;
	file->prefixes++;
	if (!was_masked(text, &entry->prefix))
		return;
	if (!file->masked++)
		file->masked_line = line;
}

static int read_entry(struct reader *reader, struct kidos_policy *policy, const char *place,
		      struct json_object *entry, bool permit)
{
	uint32_t line = kidos_places_next(&reader->places);
	const char *text = json_object_get_string(entry), *wrong;

	if (!json_object_is_type(entry, json_type_string))
		return fail_entry(reader, line, place, entry, "no text");
	wrong = (size_t)json_object_get_string_len(entry) != strlen(text) ? "a NUL in it"
									  : prefix_is_wrong(text);
	if (wrong)
		return fail_entry(reader, line, place, entry, wrong);
	add_prefix(reader, policy, text, line, permit);
	return 0;
}

static int read_list(struct reader *reader, struct kidos_policy *policy, const char *place,
		     struct json_object *list, bool permit)
{
	uint32_t line = kidos_places_next(&reader->places);
	struct kidos_policy_prefix *prefixes;
	char entry[PLACE + 16];
	int error = 0;

	if (!json_object_is_type(list, json_type_array))
		return fail(reader, line, "%s: no list", place);
	prefixes =
		reallocarray(policy->prefixes, policy->count + json_object_array_length(list) + 1,
			     sizeof(*prefixes));
	if (!prefixes)
		return -ENOMEM;
	policy->prefixes = prefixes;
	for (size_t i = 0; !error && i < json_object_array_length(list); i++) {
		snprintf(entry, sizeof(entry), "%s[%zu]", place, i);
		error = read_entry(reader, policy, entry, json_object_array_get_idx(list, i),
				   permit);
	}
	return error;
}

/* place: in front of a key, with a dot at its end, or "". */
static void place_of(char out[PLACE], const char *place, const char *key)
{
	char text[PLACE / 2];

	kidos_text_escape(key, text, sizeof(text));
	snprintf(out, PLACE, "%s%s", place, text);
}

static int read_interfaces(struct reader *reader, struct json_object *interfaces);

/* A member of the file (policy: its first) or of one of its interfaces. */
static int read_member(struct reader *reader, struct kidos_policy *policy, const char *key,
		       const char *place, struct json_object *value)
{
	bool first = policy == reader->file->policies;

	if (!strcmp(key, "permitted_cidrs") || !strcmp(key, "denied_cidrs"))
		return read_list(reader, policy, place, value, *key == 'p');
	if (first && !strcmp(key, "interfaces"))
		return read_interfaces(reader, value);
	if (!strcmp(key, "description") && json_object_is_type(value, json_type_string)) {
		kidos_places_next(&reader->places);
		return 0;
	}
	return fail(reader, kidos_places_next(&reader->places), "%s: %s", place,
		    strcmp(key, "description") ? "no such key" : "no text");
}

static int read_policy(struct reader *reader, struct kidos_policy *policy, const char *place,
		       struct json_object *object)
{
	uint32_t line = kidos_places_next(&reader->places);
	char at[PLACE];
	int error = 0;

	if (!json_object_is_type(object, json_type_object))
		return fail(reader, line, "%s: no object", *place ? place : "the whole text");
	json_object_object_foreach (object, key, value) {
		place_of(at, place, key);
		error = read_member(reader, policy, key, at, value);
		if (error)
			return error;
	}
	if (!json_object_object_get(object, "permitted_cidrs") &&
	    !json_object_object_get(object, "interfaces"))
		return fail(reader, line, "%spermitted_cidrs is missing", place);
	return 0;
}

static int read_interface(struct reader *reader, const char *name, struct json_object *object)
{
	struct kidos_policy_file *file = reader->file;
	char place[PLACE], entry[PLACE];
	struct kidos_policy *policy;

	place_of(entry, "interfaces.", name);
	snprintf(place, sizeof(place), "%.190s.", entry);
	if (!*name || strlen(name) >= KIDOS_POLICY_NAME)
		return fail(reader, kidos_places_next(&reader->places),
			    "%s: no name of an interface", entry);
	if (file->count == KIDOS_POLICIES_MAX)
		return fail(reader, kidos_places_next(&reader->places),
			    "%s: more than %d interfaces", entry, KIDOS_POLICIES_MAX - 1);
	policy = &file->policies[file->count++];
	snprintf(policy->interface, sizeof(policy->interface), "%s", name);
	return read_policy(reader, policy, place, object);
}

static int read_interfaces(struct reader *reader, struct json_object *interfaces)
{
	uint32_t line = kidos_places_next(&reader->places);
	int error = 0;

	if (!json_object_is_type(interfaces, json_type_object))
		return fail(reader, line, "interfaces: no object");
	json_object_object_foreach (interfaces, name, object) {
		error = read_interface(reader, name, object);
		if (error)
			return error;
	}
	return 0;
}

static int by_prefix(const void *one, const void *other)
{
	const struct kidos_policy_prefix *a = one, *b = other;
	int order = (int)b->prefix.ipv4 - (int)a->prefix.ipv4;

	if (!order)
		order = memcmp(&a->prefix.address, &b->prefix.address, sizeof(a->prefix.address));
	if (!order)
		order = (int)a->prefix.bits - (int)b->prefix.bits;
	return order ? order : (a->line > b->line) - (a->line < b->line);
}

static bool is_same(const struct kidos_policy_prefix *a, const struct kidos_policy_prefix *b)
{
	return a->prefix.ipv4 == b->prefix.ipv4 && a->prefix.bits == b->prefix.bits &&
	       !memcmp(&a->prefix.address, &b->prefix.address, sizeof(a->prefix.address));
}

static int contradict(struct reader *reader, const struct kidos_policy *policy,
		      const struct kidos_policy_prefix *entry)
{
	char text[64];

	kidos_address_text(&entry->prefix.address, entry->prefix.ipv4, text);
	return fail(reader, entry->line, "%s%s%s/%u is permitted and denied, here and in line %u",
		    policy->interface, *policy->interface ? ": " : "", text, entry->prefix.bits,
		    entry[-1].line);
}

/* Sorts the prefixes, as tables need them, and drops those that are there already. */
static int settle_policy(struct reader *reader, struct kidos_policy *policy)
{
	struct kidos_policy_prefix *prefixes = policy->prefixes;
	size_t kept = 0;

	if (policy->count)
		qsort(prefixes, policy->count, sizeof(*prefixes), by_prefix);
	for (size_t i = 0; i < policy->count; i++) {
		if (i && is_same(&prefixes[i], &prefixes[i - 1]) &&
		    prefixes[i].permit != prefixes[i - 1].permit)
			return contradict(reader, policy, &prefixes[i]);
	}
	for (size_t i = 0; i < policy->count; i++) {
		if (kept && is_same(&prefixes[i], &prefixes[kept - 1]))
			reader->file->twice++;
		else
			prefixes[kept++] = prefixes[i];
	}
	policy->count = kept;
	return 0;
}

static size_t count_keys(struct json_object *object)
{
	size_t count = 0;

	if (!json_object_is_type(object, json_type_object))
		return 0;
	json_object_object_foreach (object, key, value) {
		(void)key;
		count += 1 + count_keys(value);
	}
	return count;
}

/* Only text that gives a file can have its keys compared: what is in a list is none of ours. */
static int check_keys(struct reader *reader, struct json_object *root)
{
	if (reader->places.twice)
		return fail(reader, reader->places.twice, "a key is used twice");
	if (json_object_is_type(root, json_type_object) && reader->places.keys < count_keys(root))
		return fail(reader, 0, "a key is used twice");
	return 0;
}

static int read_root(struct reader *reader, struct json_object *root)
{
	int error = check_keys(reader, root);

	reader->file->count = 1;
	if (!error)
		error = read_policy(reader, &reader->file->policies[0], "", root);
	for (size_t i = 0; !error && i < reader->file->count; i++)
		error = settle_policy(reader, &reader->file->policies[i]);
	/* The other way round: an escape hides that two keys are one. */
	if (!error && reader->places.keys != count_keys(root))
		error = fail(reader, 0, "a key is used twice");
	return error;
}

static uint32_t line_at(const char *text, size_t end)
{
	uint32_t line = 1;

	for (size_t i = 0; i < end; i++)
		line += text[i] == '\n';
	return line;
}

static int check_end(struct reader *reader, const char *text, size_t length, size_t end)
{
	for (size_t i = end; i < length; i++)
		if (!text[i] || !strchr(" \t\r\n", text[i]))
			return fail(reader, line_at(text, i), "more text after the object");
	return 0;
}

static int parse_json(struct reader *reader, const char *text, size_t length,
		      struct json_object **root)
{
	struct json_tokener *tokener = json_tokener_new_ex(NESTING);
	enum json_tokener_error result;
	size_t end;
	int error = 0;

	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*root = json_tokener_parse_ex(tokener, text, (int)length);
	result = json_tokener_get_error(tokener);
	end = json_tokener_get_parse_end(tokener);
	if (result != json_tokener_success)
		error = fail(reader, line_at(text, end), "%s",
			     result == json_tokener_continue ? "ends too early"
							     : json_tokener_error_desc(result));
	else
		error = check_end(reader, text, length, end);
	json_tokener_free(tokener);
	return error;
}

/* Is it the text that was confirmed? Not a secret's. */
static uint64_t digest_of(const char *text, size_t length)
{
	uint64_t hash = kidos_fnv(KIDOS_FNV, text, length);

	return hash ? hash : 1;
}

int kidos_policy_parse(struct kidos_policy_file *file, const char *name, const char *text,
		       size_t length, char reason[KIDOS_REASON])
{
	struct reader reader = { .file = file, .name = name, .reason = reason };
	struct json_object *root = NULL;
	int error;

	*file = (struct kidos_policy_file){ .digest = digest_of(text, length) };
	error = parse_json(&reader, text, length, &root);
	if (!error)
		error = kidos_places_scan(&reader.places, text, length);
	if (!error)
		error = read_root(&reader, root);
	if (error == -ENOMEM)
		snprintf(reason, KIDOS_REASON, "%.80s: out of memory", name);
	kidos_places_free(&reader.places);
	json_object_put(root);
	if (error)
		kidos_policy_free(file);
	return error;
}

void kidos_policy_free(struct kidos_policy_file *file)
{
	for (size_t i = 0; i < file->count; i++)
		free(file->policies[i].prefixes);
	*file = (struct kidos_policy_file){};
}

static int refuse(char reason[KIDOS_REASON], const char *path, const char *what, int error)
{
	snprintf(reason, KIDOS_REASON, "%.160s: %.80s", path, what);
	return error;
}

/* Root's policy is nobody else's to change; who tries a file as another user may. */
static int check_file(const struct stat *stat, const char *path, char reason[KIDOS_REASON])
{
	if (!S_ISREG(stat->st_mode))
		return refuse(reason, path, "no regular file", -EINVAL);
	if (stat->st_size > KIDOS_POLICY_FILE_MAX)
		return refuse(reason, path, "larger than 64 MiB", -EFBIG);
	if (geteuid())
		return 0;
	if (stat->st_uid)
		return refuse(reason, path, "does not belong to root", -EPERM);
	if (stat->st_mode & (S_IWGRP | S_IWOTH))
		return refuse(reason, path, "others may write to it", -EPERM);
	return 0;
}

/* Up to the size it had when it was opened; less if it was cut since. */
static int read_all(int fd, const char *path, size_t size, char **text, size_t *length,
		    char reason[KIDOS_REASON])
{
	_cleanup_free_ char *buffer = malloc(size + 1);
	size_t used = 0;
	ssize_t got = buffer ? 1 : -1;

	while (got > 0 && used < size) {
		got = read(fd, buffer + used, size - used);
		used += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		return refuse(reason, path, strerror(errno), -errno);
	buffer[used] = '\0';
	*length = used;
	*text = buffer;
	buffer = NULL;
	return 0;
}

int kidos_policy_load(struct kidos_policy_file *file, const char *path, char reason[KIDOS_REASON])
{
	/* O_NONBLOCK: a FIFO in its place must not hang us. */
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	struct stat stat;
	size_t length = 0;
	int error;

	*file = (struct kidos_policy_file){};
	if (fd < 0 || fstat(fd, &stat))
		return refuse(reason, path, errno == ELOOP ? "a symbolic link" : strerror(errno),
			      -errno);
	error = check_file(&stat, path, reason);
	if (!error)
		error = read_all(fd, path, (size_t)stat.st_size, &text, &length, reason);
	return error ? error : kidos_policy_parse(file, path, text, length, reason);
}

size_t kidos_policy_for(const struct kidos_policy_file *file, const char *label, const char *report)
{
	for (size_t i = 1; i < file->count; i++)
		if (!strcmp(file->policies[i].interface, label) ||
		    (*report && !strcmp(file->policies[i].interface, report)))
			return i;
	return 0;
}

size_t kidos_policy_for_slot(const struct kidos_policy_file *file, const struct kidos_slot *slot)
{
	char label[KIDOS_NETNS_NAME + IF_NAMESIZE + 1];

	snprintf(label, sizeof(label), "%.*s%s%.*s", KIDOS_NETNS_NAME - 1, slot->netns,
		 *slot->netns ? ":" : "", IF_NAMESIZE - 1, slot->name);
	return kidos_policy_for(file, label, slot->report);
}
