/* SPDX-License-Identifier: MIT */
#include "eventlog/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define RAW (256u * 1024u) /* bytes read at once */
#define ROOM (1024u * 1024u) /* bytes unpacked at once, with what is left of a line */
#define ZSTD_WINDOW 23 /* log2: 8 MiB, which all levels up to 19 keep to */

struct kidos_input;

/* Fills the buffer behind what is in it: bytes, 0 at the end, or -errno. */
typedef ssize_t (*unpack)(struct kidos_input *input, char *to, size_t room);

struct kidos_input {
	int fd;
	uint64_t read, size;
	unsigned char *raw; /* as in the file: [at, end) is not unpacked yet */
	size_t raw_at, raw_end;
	bool raw_over;
	unpack unpack;
	z_stream zlib;
	bool member; /* in the middle of one of gzip */
	ZSTD_DStream *zstd;
	size_t zstd_wants; /* bytes of the frame, 0 between two */
	char *text; /* unpacked: [at, end) is not given out yet */
	size_t at, end, searched; /* up to `searched` there is no end of a line */
	bool over;
	bool begun; /* the first line was found */
	bool objects; /* an array in one line: each object counts as a line */
	bool skipping; /* the rest of a line that was too long */
};

static int fill_raw(struct kidos_input *input)
{
	ssize_t got;

	if (input->raw_at < input->raw_end || input->raw_over)
		return 0;
	do
		got = read(input->fd, input->raw, RAW);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	input->raw_over = !got;
	input->raw_at = 0;
	input->raw_end = (size_t)got;
	input->read += (size_t)got;
	return 0;
}

static ssize_t unpack_nothing(struct kidos_input *input, char *to, size_t room)
{
	size_t count = input->raw_end - input->raw_at;

	if (count > room)
		count = room;
	memcpy(to, input->raw + input->raw_at, count);
	input->raw_at += count;
	return (ssize_t)count;
}

/* One member may follow the other, as where files were put together. */
static ssize_t unpack_gzip(struct kidos_input *input, char *to, size_t room)
{
	z_stream *zlib = &input->zlib;
	int status;

	if (input->raw_at == input->raw_end)
		return input->member ? -EBADMSG : 0;
	zlib->next_in = input->raw + input->raw_at;
	zlib->avail_in = (uInt)(input->raw_end - input->raw_at);
	zlib->next_out = (unsigned char *)to;
	zlib->avail_out = (uInt)room;
	status = inflate(zlib, Z_NO_FLUSH);
	input->raw_at = input->raw_end - zlib->avail_in;
	input->member = status != Z_STREAM_END;
	if (status == Z_STREAM_END)
		inflateReset(zlib);
	else if (status != Z_OK && status != Z_BUF_ERROR)
		return -EBADMSG;
	return (ssize_t)(room - zlib->avail_out);
}

static ssize_t unpack_zstd(struct kidos_input *input, char *to, size_t room)
{
	ZSTD_inBuffer in = { input->raw, input->raw_end, input->raw_at };
	ZSTD_outBuffer out = { to, room, 0 };

	if (input->raw_at == input->raw_end && input->raw_over && input->zstd_wants)
		return -EBADMSG;
	if (input->raw_at == input->raw_end && !input->zstd_wants)
		return 0;
	input->zstd_wants = ZSTD_decompressStream(input->zstd, &out, &in);
	input->raw_at = in.pos;
	if (!ZSTD_isError(input->zstd_wants))
		return (ssize_t)out.pos;
	return ZSTD_getErrorCode(input->zstd_wants) == ZSTD_error_frameParameter_windowTooLarge
		       ? -EFBIG
		       : -EBADMSG;
}

/* By what it begins with. */
static int choose(struct kidos_input *input)
{
	static const unsigned char gzip[] = { 0x1f, 0x8b }, zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
	int error = fill_raw(input);

	input->unpack = unpack_nothing;
	if (error)
		return error;
	if (input->raw_end >= sizeof(gzip) && !memcmp(input->raw, gzip, sizeof(gzip))) {
		input->unpack = unpack_gzip;
		return inflateInit2(&input->zlib, 15 + 16) == Z_OK ? 0 : -ENOMEM;
	}
	if (input->raw_end < sizeof(zstd) || memcmp(input->raw, zstd, sizeof(zstd)))
		return 0;
	input->unpack = unpack_zstd;
	input->zstd = ZSTD_createDStream();
	if (!input->zstd)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(input->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW);
	return 0;
}

static int open_input(struct kidos_input *input, const char *name)
{
	struct stat stat;

	input->raw = malloc(RAW);
	input->text = malloc(ROOM);
	if (!input->raw || !input->text)
		return -ENOMEM;
	input->fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	if (input->fd < 0 || fstat(input->fd, &stat))
		return -errno;
	if (S_ISREG(stat.st_mode))
		input->size = (uint64_t)stat.st_size;
	return choose(input);
}

struct kidos_input *kidos_input_open(const char *name)
{
	struct kidos_input *input = calloc(1, sizeof(*input));
	int error;

	if (!input)
		return NULL;
	input->fd = -1;
	error = open_input(input, name);
	if (!error)
		return input;
	kidos_input_close(input);
	errno = -error;
	return NULL;
}

void kidos_input_close(struct kidos_input *input)
{
	if (!input)
		return;
	if (input->fd >= 0)
		close(input->fd);
	if (input->unpack == unpack_gzip)
		inflateEnd(&input->zlib);
	ZSTD_freeDStream(input->zstd);
	free(input->raw);
	free(input->text);
	free(input);
}

void kidos_input_progress(const struct kidos_input *input, uint64_t *read, uint64_t *size)
{
	*read = input->read;
	*size = input->size;
}

/* More text behind what is left, which moves to the front; `over` when there is none. */
static int fill_text(struct kidos_input *input)
{
	ssize_t got = 0;
	int error = 0;

	memmove(input->text, input->text + input->at, input->end - input->at);
	input->searched -= input->at;
	input->end -= input->at;
	input->at = 0;
	while (!error && !got && !input->over) {
		error = fill_raw(input);
		if (!error)
			got = input->unpack(input, input->text + input->end, ROOM - input->end);
		input->over = !error && !got && input->raw_over && input->raw_at == input->raw_end;
		error = got < 0 ? (int)got : error;
	}
	if (!error)
		input->end += (size_t)got;
	return error;
}

/* Behind an object, and before what follows it; NULL: it does not end here. */
static const char *find_object_end(const char *at, const char *end)
{
	bool quoted = false;
	int depth = 0;

	for (; at < end; at++) {
		if (quoted && *at == '\\')
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (!quoted && *at == '{')
			depth++;
		else if (!quoted && *at == '}' && !--depth)
			return at + 1;
	}
	return NULL;
}

/* Of what begins with a long line: is it an array? */
static void look_at_first(struct kidos_input *input)
{
	const char *at = input->text + input->at;

	if (input->end - input->at <= KIDOS_INPUT_LINE && !input->over)
		return;
	input->begun = true;
	while (at < input->text + input->end && strchr(" \t\r", *at))
		at++;
	input->objects = at < input->text + input->end && *at == '[' &&
			 !memchr(at, '\n',
				 input->end - input->at < KIDOS_INPUT_LINE ? input->end - input->at
									   : KIDOS_INPUT_LINE);
}

static const char *find_end(struct kidos_input *input)
{
	if (!input->begun)
		look_at_first(input);
	if (input->objects)
		return find_object_end(input->text + input->at, input->text + input->end);
	return memchr(input->text + input->searched, '\n', input->end - input->searched);
}

/* What there is up to the end of the line, or of the file. */
static bool find_line(struct kidos_input *input, struct kidos_slice *line)
{
	const char *end = find_end(input);

	if (!end && input->end - input->at <= KIDOS_INPUT_LINE && !input->over) {
		input->searched = input->end;
		return false;
	}
	line->at = input->text + input->at;
	line->length = (end ? end : input->text + input->end) - line->at;
	if (line->length > KIDOS_INPUT_LINE) {
		line->length = KIDOS_INPUT_LINE + 1;
		end = end ? end : line->at + KIDOS_INPUT_LINE;
		input->skipping = !input->objects && *end != '\n';
	}
	input->at = end ? (size_t)(end - input->text) + !input->objects : input->end;
	input->searched = input->at;
	return end || line->length;
}

/* The rest of a line that was too long is passed over. */
static int skip(struct kidos_input *input)
{
	const char *end = NULL;
	int error = 0;

	while (input->skipping && !error && !(input->over && input->at == input->end)) {
		end = memchr(input->text + input->at, '\n', input->end - input->at);
		input->skipping = !end;
		input->at = end ? (size_t)(end + 1 - input->text) : input->end;
		input->searched = input->at;
		if (!end)
			error = fill_text(input);
	}
	return error;
}

bool kidos_input_line(struct kidos_input *input, struct kidos_slice *line, int *error)
{
	*error = skip(input);
	while (!*error && !find_line(input, line)) {
		if (input->over)
			return false;
		*error = fill_text(input);
	}
	if (*error)
		return false;
	if (line->length && line->at[line->length - 1] == '\r')
		line->length--;
	return true;
}
