/* SPDX-License-Identifier: MIT */
#include "drops/symbols.h"
#include "abi_drop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bounds: a kernel of today has 100,000 functions with names of 25 characters. */
#define SYMBOLS_MAX (1u << 19)
#define NAMES_MAX (16u << 20)
#define REACH (1u << 20) /* no function is longer: behind it lies another module's end */

struct symbol {
	uint64_t address;
	uint32_t name;
};

struct kidos_symbols {
	struct symbol *items;
	size_t count, room;
	char *names;
	size_t used, size;
};

static int make_room(struct kidos_symbols *symbols, size_t length)
{
	size_t room = symbols->room ? 2 * symbols->room : 1 << 14;
	size_t size = symbols->size ? 2 * symbols->size : 1 << 19;
	void *more;

	if (symbols->count == symbols->room) {
		more = room > SYMBOLS_MAX
			       ? NULL
			       : reallocarray(symbols->items, room, sizeof(*symbols->items));
		if (!more)
			return -ENOMEM;
		symbols->items = more;
		symbols->room = room;
	}
	if (symbols->used + length > symbols->size) {
		more = size > NAMES_MAX ? NULL : realloc(symbols->names, size);
		if (!more)
			return -ENOMEM;
		symbols->names = more;
		symbols->size = size;
	}
	return 0;
}

struct line {
	uint64_t address;
	const char *name;
	size_t length;
};

/*
 * "ffffffff81000000 T _text", a module's name behind a tab; true if it is a
 * function. Not by sscanf, which took as long as the kernel takes to write.
 */
static bool read_line(const char *text, struct line *line)
{
	char *end;

	line->address = strtoull(text, &end, 16);
	if (end == text || end[0] != ' ' || !end[1] || !strchr("tTwW", end[1]) || end[2] != ' ')
		return false;
	line->name = end + 3;
	line->length = strcspn(line->name, " \t\n");
	if (line->length >= KIDOS_SYMBOL)
		line->length = KIDOS_SYMBOL - 1;
	return line->length > 0;
}

static int add(struct kidos_symbols *symbols, const struct line *line)
{
	if (make_room(symbols, line->length + 1))
		return -ENOMEM;
	symbols->items[symbols->count++] =
		(struct symbol){ line->address, (uint32_t)symbols->used };
	memcpy(symbols->names + symbols->used, line->name, line->length);
	symbols->names[symbols->used + line->length] = '\0';
	symbols->used += line->length + 1;
	return 0;
}

static int read_all(FILE *file, struct kidos_symbols *symbols)
{
	char text[512];
	struct line line;
	uint64_t any = 0;

	while (fgets(text, sizeof(text), file)) {
		if (!read_line(text, &line))
			continue;
		if (add(symbols, &line))
			return -ENOMEM;
		any |= line.address;
	}
	return any ? 0 : -EPERM;
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

struct kidos_symbols *kidos_symbols_load(const char *path)
{
	struct kidos_symbols *symbols = calloc(1, sizeof(*symbols));
	FILE *file = fopen(path, "re");
	int error = file && symbols ? 0 : -errno;

	if (!error)
		error = read_all(file, symbols);
	if (file)
		fclose(file);
	if (error) {
		kidos_symbols_free(symbols);
		errno = -error;
		return NULL;
	}
	qsort(symbols->items, symbols->count, sizeof(*symbols->items), by_address);
	return symbols;
}

/* The last symbol at or before the address. */
static const struct symbol *find(const struct kidos_symbols *symbols, uint64_t address)
{
	size_t low = 0, high = symbols->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->items[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &symbols->items[low - 1] : NULL;
}

const char *kidos_symbol_name(const struct kidos_symbols *symbols, uint64_t address,
			      uint64_t *offset, char text[KIDOS_SYMBOL])
{
	/* A place is where a call returns to: the call is what lies before it. */
	const struct symbol *symbol = symbols && address ? find(symbols, address - 1) : NULL;

	if (offset)
		*offset = 0;
	if (address == KIDOS_PLACE_DRIVER) {
		snprintf(text, KIDOS_SYMBOL, "driver");
		return text;
	}
	if (!symbol || address - symbol->address > REACH) {
		snprintf(text, KIDOS_SYMBOL, KIDOS_PLACE_UNKNOWN);
		return text;
	}
	if (offset)
		*offset = address - symbol->address;
	snprintf(text, KIDOS_SYMBOL, "%s", symbols->names + symbol->name);
	return text;
}

void kidos_symbols_free(struct kidos_symbols *symbols)
{
	if (!symbols)
		return;
	free(symbols->items);
	free(symbols->names);
	free(symbols);
}
