/* SPDX-License-Identifier: MIT */
#include "capture/job.h"
#include "capture/ledger.h"
#include "core/now.h"
#include "core/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_SIZE (64u * 1024u)
#define FLUSH_NS 100000000u /* what is captured can be read so soon */
#define COMMENT (KIDOS_ORDER_WHY + KIDOS_WHOSE_WORDS)
#define TAGGED_MAX 2048u /* bytes of a tagged packet that an expression is asked about */

static size_t interface_block(const struct kidos_job_port *port, uint32_t snap, char *to,
			      size_t room)
{
	char name[4 * IF_NAMESIZE], netns[4 * KIDOS_NETNS_NAME], description[sizeof(netns) + 32];
	struct kidos_pcapng_interface interface = {
		.name = name,
		.description = *port->netns_name ? description : NULL,
		.link = port->ethernet ? KIDOS_PCAPNG_ETHERNET : KIDOS_PCAPNG_RAW,
		.snap = snap,
	};

	kidos_text_utf8(port->name, name, sizeof(name));
	kidos_text_utf8(port->netns_name, netns, sizeof(netns));
	snprintf(description, sizeof(description), "network namespace %s", netns);
	return kidos_pcapng_interface(to, room, &interface);
}

static int make_head(struct kidos_job *job, const char *comment)
{
	size_t size, used;

	job->head = malloc(HEAD_SIZE);
	if (!job->head)
		return -ENOMEM;
	used = kidos_pcapng_section(job->head, HEAD_SIZE, comment);
	for (size_t i = 0; used && i < job->ports.count; i++) {
		size = interface_block(&job->ports.items[i], (uint32_t)job->order.snap,
				       job->head + used, HEAD_SIZE - used);
		if (!size)
			return -E2BIG;
		used += size;
	}
	job->head_size = used;
	return 0;
}

static int compile(struct kidos_job *job, char reason[KIDOS_REASON])
{
	if (!*job->order.expression)
		return 0;
	for (int ethernet = 0; ethernet < 2; ethernet++) {
		bool wanted = false;

		for (size_t i = 0; i < job->ports.count; i++)
			wanted |= job->ports.items[i].ethernet == ethernet;
		if (!wanted)
			continue;
		job->expressions[ethernet] = kidos_expression_compile(
			job->order.expression, ethernet, (uint32_t)job->order.snap, reason);
		if (!job->expressions[ethernet])
			return -EINVAL;
	}
	return 0;
}

/* What the file, and with an alert its first packet, says about why it is there. */
static void write_comment(const struct kidos_job *job, char *text, size_t room)
{
	char words[KIDOS_CAPTURE_WORDS];

	kidos_order_words(&job->order, words, sizeof(words));
	snprintf(text, room, "capture %" PRIu64 ": %s%s%s", job->number, job->order.why,
		 *job->order.why ? "; " : "", words);
}

static int open_files(struct kidos_job *job, const struct kidos_files_rules *rules,
		      char reason[KIDOS_REASON])
{
	char comment[KIDOS_CAPTURE_WORDS + KIDOS_ORDER_WHY + 32];
	int error;

	write_comment(job, comment, sizeof(comment));
	error = make_head(job, comment);
	if (!error)
		error = kidos_files_open(&job->sheaf.files, rules, job->number, job->head,
					 job->head_size);
	if (error)
		snprintf(reason, KIDOS_REASON, "capture file: %s", strerror(-error));
	return error;
}

int kidos_job_open(struct kidos_job *job, const struct kidos_order *order,
		   const struct kidos_job_ports *ports, uint64_t number, uint32_t snap,
		   const struct kidos_files_rules *rules, struct kidos_writer *writer,
		   char reason[KIDOS_REASON])
{
	int error;

	job->sheaf.files.fd = -1;
	job->order = *order;
	if (!job->order.snap)
		job->order.snap = snap;
	job->ports = *ports;
	job->number = number;
	job->writer = writer;
	job->copy = -1;
	job->started_ns = kidos_now_ns(CLOCK_REALTIME);
	error = compile(job, reason);
	if (!error)
		error = open_files(job, rules, reason);
	if (error)
		kidos_job_free(job);
	else
		memcpy(job->comment, order->why, sizeof(job->comment));
	return error;
}

void kidos_job_free(struct kidos_job *job)
{
	if (job->sheaf.files.names)
		kidos_files_close(&job->sheaf.files);
	kidos_expression_free(job->expressions[0]);
	kidos_expression_free(job->expressions[1]);
	free(job->head);
	*job = (struct kidos_job){ .stage = KIDOS_CAPTURE_NONE };
}

/* Number of its interface in the file; -1: that one came later. */
static int find_port(const struct kidos_job *job, const struct kidos_taken *packet)
{
	for (size_t i = 0; i < job->ports.count; i++)
		if (job->ports.items[i].ifindex == packet->ifindex &&
		    job->ports.items[i].netns == packet->netns)
			return (int)i;
	return -1;
}

/* An expression sees the tag where it was on the wire. */
static bool matches_tagged(const struct kidos_expression *expression,
			   const struct kidos_taken *packet)
{
	const uint8_t tag[] = { (uint8_t)(packet->tag >> 24), (uint8_t)(packet->tag >> 16),
				(uint8_t)(packet->tag >> 8), (uint8_t)packet->tag };
	uint32_t size = packet->captured < TAGGED_MAX - 4 ? packet->captured : TAGGED_MAX - 4;
	uint8_t bytes[TAGGED_MAX];

	if (size < 12)
		return false;
	memcpy(bytes, packet->data, 12);
	memcpy(bytes + 12, tag, 4);
	memcpy(bytes + 16, (const uint8_t *)packet->data + 12, size - 12);
	return kidos_expression_matches(expression, bytes, size + 4, packet->length + 4);
}

static bool is_wanted(const struct kidos_job *job, bool ethernet, const struct kidos_taken *packet)
{
	const struct kidos_expression *expression = job->expressions[ethernet];

	if (!expression)
		return true;
	if (packet->tag && ethernet)
		return matches_tagged(expression, packet);
	return kidos_expression_matches(expression, packet->data, packet->captured, packet->length);
}

static void put_chunk(struct kidos_job *job)
{
	struct kidos_chunk *chunk = job->chunk;

	job->chunk = NULL;
	if (chunk)
		kidos_writer_put(job->writer, chunk);
}

/* A chunk with room for a packet of this size, or NULL. */
static struct kidos_chunk *chunk_for(struct kidos_job *job, size_t size)
{
	if (job->chunk && KIDOS_CHUNK - job->chunk->used < size)
		put_chunk(job);
	if (job->chunk)
		return job->chunk;
	job->chunk = kidos_writer_get(job->writer);
	if (job->chunk) {
		job->chunk->sheaf = &job->sheaf;
		job->chunk_ns = kidos_now_ns(CLOCK_MONOTONIC);
	}
	return job->chunk;
}

/* Why it is there, if that is to be said, and whose it is. */
static void comment_on(const struct kidos_job *job, int port, const struct kidos_taken *taken,
		       char comment[COMMENT])
{
	size_t used = strlen(job->comment), behind = used ? used + 1 : 0;

	memcpy(comment, job->comment, used + 1);
	kidos_job_whose(&job->ports.items[port], taken, comment + behind);
	if (used && comment[behind])
		comment[used] = ' ';
}

static bool keep(struct kidos_job *job, int port, const struct kidos_taken *taken)
{
	char comment[COMMENT];
	uint32_t snap = (uint32_t)job->order.snap, tag = taken->tag ? 4 : 0;
	struct kidos_pcapng_packet packet = {
		.time_ns = taken->time_ns,
		.interface = (uint32_t)port,
		.captured = taken->captured < snap ? taken->captured : snap,
		.length = taken->length + tag,
		.tag = taken->tag,
		.direction = taken->direction,
	};
	size_t size = KIDOS_PCAPNG_PACKET_EXTRA + packet.captured;
	struct kidos_chunk *chunk;

	comment_on(job, port, taken, comment);
	packet.comment = *comment ? comment : NULL;
	chunk = chunk_for(job, size + strlen(comment));
	if (!chunk)
		return false;
	size = kidos_pcapng_packet(chunk->data + chunk->used, KIDOS_CHUNK - chunk->used, &packet,
				   taken->data);
	chunk->used += size;
	chunk->packets++;
	job->taken++;
	job->taken_bytes += size;
	*job->comment = '\0';
	return true;
}

static void note_time(struct kidos_job *job, uint64_t time_ns)
{
	if (!job->first_ns || time_ns < job->first_ns)
		job->first_ns = time_ns;
	if (time_ns > job->last_ns)
		job->last_ns = time_ns;
}

static bool is_full(const struct kidos_job *job)
{
	return (job->order.packets && job->taken >= job->order.packets) ||
	       (job->order.bytes && job->taken_bytes >= job->order.bytes);
}

void kidos_job_take(struct kidos_job *job, const struct kidos_taken *packet)
{
	int port = find_port(job, packet);

	if (port < 0) {
		job->fates[KIDOS_FATE_LATE]++;
	} else if (!is_wanted(job, job->ports.items[port].ethernet, packet)) {
		job->fates[KIDOS_FATE_UNWANTED]++;
	} else if (is_full(job) || job->end) {
		job->fates[KIDOS_FATE_BEYOND]++;
	} else if (!keep(job, port, packet)) {
		job->fates[KIDOS_FATE_CHUNKS]++;
	} else {
		note_time(job, packet->time_ns);
		if (is_full(job))
			job->end = "its limit was reached";
	}
}

void kidos_job_flush(struct kidos_job *job, uint64_t now_ns)
{
	if (job->chunk && job->chunk->used && now_ns - job->chunk_ns >= FLUSH_NS)
		put_chunk(job);
}

bool kidos_job_end(struct kidos_job *job)
{
	struct kidos_chunk *chunk = job->chunk ? job->chunk : kidos_writer_get(job->writer);

	if (!chunk)
		return false;
	job->chunk = NULL;
	job->ended_ns = kidos_now_ns(CLOCK_REALTIME);
	chunk->sheaf = &job->sheaf;
	chunk->last = true;
	kidos_writer_put(job->writer, chunk);
	return true;
}

static void fill_ledger(struct kidos_job *job, struct kidos_ledger *ledger)
{
	*ledger = (struct kidos_ledger){ .order = job->order,
					 .started_ns = job->started_ns,
					 .ended_ns = job->ended_ns,
					 .first_ns = job->first_ns,
					 .last_ns = job->last_ns,
					 .files = job->sheaf.files.number,
					 .matched = job->matched };
	if (job->counted.known) {
		ledger->counted_least = job->counted.last - job->counted.armed;
		ledger->counted_most = job->counted.after - job->counted.before;
	}
	ledger->unseen = job->unseen;
	memcpy(ledger->fates, job->fates, sizeof(ledger->fates));
	ledger->fates[KIDOS_FATE_WRITTEN] = atomic_load(&job->sheaf.written);
	ledger->fates[KIDOS_FATE_DISK] = atomic_load(&job->sheaf.lost);
}

void kidos_job_finish(struct kidos_sheaf *sheaf)
{
	struct kidos_job *job = (struct kidos_job *)sheaf;
	struct kidos_ledger ledger;
	char text[KIDOS_LEDGER_TEXT], block[KIDOS_LEDGER_TEXT + 256];
	struct kidos_pcapng_statistics statistics = { .comment = text };

	fill_ledger(job, &ledger);
	kidos_ledger_write(&ledger, text);
	statistics.time_ns = statistics.end_ns = job->ended_ns;
	statistics.start_ns = job->started_ns;
	statistics.received = job->matched;
	statistics.dropped = ledger.unseen + ledger.fates[KIDOS_FATE_RING] +
			     ledger.fates[KIDOS_FATE_CHUNKS] + ledger.fates[KIDOS_FATE_DISK];
	kidos_files_write(&sheaf->files, block,
			  kidos_pcapng_statistics(block, sizeof(block), &statistics));
	memcpy(job->file, sheaf->files.name, sizeof(job->file));
	kidos_files_close(&sheaf->files);
	atomic_store(&job->stage, KIDOS_CAPTURE_DONE);
}

void kidos_job_row(struct kidos_job *job, struct kidos_capture_row *row)
{
	*row = (struct kidos_capture_row){
		.number = job->number,
		.stage = atomic_load(&job->stage),
		.evidence = *job->order.why,
		.started_ns = job->started_ns,
		.ended_ns = job->ended_ns,
		.matched = job->matched,
		.unseen = job->unseen,
		.bytes = atomic_load(&job->sheaf.bytes),
	};
	memcpy(row->fates, job->fates, sizeof(row->fates));
	row->fates[KIDOS_FATE_WRITTEN] = atomic_load(&job->sheaf.written);
	row->fates[KIDOS_FATE_DISK] = atomic_load(&job->sheaf.lost);
	kidos_order_words(&job->order, row->words, sizeof(row->words));
	if (row->stage == KIDOS_CAPTURE_DONE)
		memcpy(row->file, job->file, sizeof(row->file));
	else
		kidos_files_name(job->sheaf.files.rules->names, job->number, row->file);
	snprintf(row->end, sizeof(row->end), "%s", job->end ? job->end : "");
}
