/* SPDX-License-Identifier: MIT */
/* show.c: what kidosctl and collectd see of captures. */
#include "capture/capture.h"
#include "core/names.h"
#include "core/now.h"
#include "links/rule.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_mirrored(const struct capture *capture, const struct kidos_mirror *mirror,
			 struct kidos_mirrored *sum)
{
	const struct kidos_maps *maps = &capture->context->maps;
	struct kidos_mirrored *each = calloc(maps->cpus, sizeof(*each));
	__u32 index = mirror->number - 1;
	int error = each ? 0 : -ENOMEM;

	*sum = (struct kidos_mirrored){};
	if (!error && bpf_map_lookup_elem(maps->fd[KIDOS_MAP_MIRRORED], &index, each))
		error = -errno;
	for (unsigned int i = 0; !error && i < maps->cpus; i++) {
		sum->seen.packets += each[i].seen.packets;
		sum->seen.bytes += each[i].seen.bytes;
		sum->passed.packets += each[i].passed.packets;
		sum->passed.bytes += each[i].passed.bytes;
	}
	free(each);
	return error;
}

/* Since the daemon's start, of sockets that are closed and of those that are open. */
static struct kidos_sniffer_lost lost_of(const struct kidos_mirror *mirror)
{
	struct kidos_sniffer_lost lost = mirror->lost, now = {};

	if (mirror->sniffer)
		now = kidos_sniffer_lost(mirror->sniffer);
	lost.dropped += now.dropped;
	lost.ring_full += now.ring_full;
	return lost;
}

static bool is_captured(const struct kidos_job *job, const struct kidos_mirror *mirror)
{
	for (size_t i = 0; i < job->ports.count; i++)
		if (job->ports.items[i].mirror && job->ports.items[i].ifindex == mirror->ifindex &&
		    job->ports.items[i].netns == mirror->netns_number)
			return true;
	return false;
}

uint64_t kidos_capture_unseen(const struct capture *capture, const struct kidos_job *job)
{
	struct kidos_sniffer_lost lost;
	struct kidos_mirrored mirrored;
	uint64_t unseen = 0;

	for (size_t i = 0; i < capture->mirror_count; i++) {
		if (!is_captured(job, &capture->mirrors[i]))
			continue;
		lost = lost_of(&capture->mirrors[i]);
		unseen += lost.dropped + lost.ring_full;
		if (!read_mirrored(capture, &capture->mirrors[i], &mirrored))
			unseen += mirrored.passed.packets;
	}
	return unseen;
}

static void show_mirror(const struct capture *capture, const struct kidos_mirror *mirror,
			struct kidos_mirror_state *state)
{
	struct kidos_sniffer_lost lost = lost_of(mirror);
	struct kidos_mirrored mirrored;

	snprintf(state->netns, sizeof(state->netns), "%s", mirror->netns);
	snprintf(state->name, sizeof(state->name), "%s", mirror->name);
	snprintf(state->reason, sizeof(state->reason), "%s", mirror->reason);
	if (mirror->sniffer) {
		state->sockets = kidos_sniffer_sockets(mirror->sniffer);
		state->zero_copy = kidos_sniffer_is_zero_copy(mirror->sniffer);
	}
	state->received = mirror->received;
	state->received_bytes = mirror->received_bytes;
	state->rx_dropped = lost.dropped;
	state->rx_ring_full = lost.ring_full;
	if (read_mirrored(capture, mirror, &mirrored))
		return;
	state->seen = mirrored.seen.packets;
	state->seen_bytes = mirrored.seen.bytes;
	state->passed = mirrored.passed.packets;
}

void kidos_capture_show(struct capture *capture)
{
	struct kidos_capture_state state = { .last = capture->recent.last,
					     .since_ns = capture->since_ns,
					     .unpaired = capture->recent.unpaired,
					     .keyless = capture->recent.keyless };
	struct kidos_capture_row row;

	snprintf(state.directory, sizeof(state.directory), "%s", capture->settings->directory);
	for (size_t i = 0; i < capture->mirror_count; i++)
		show_mirror(capture, &capture->mirrors[i], &state.mirrors[i]);
	kidos_map_write(capture->maps[KIDOS_CAPTURE_MAP_STATE], 0, &state);
	for (unsigned int i = 0; i < KIDOS_JOBS; i++) {
		struct kidos_job *job = &capture->jobs[i];
		bool done = job->stage == KIDOS_CAPTURE_DONE;

		if (job->stage < KIDOS_CAPTURE_RUNNING)
			continue;
		kidos_job_row(job, &row);
		kidos_map_write(capture->maps[KIDOS_CAPTURE_MAP_ROWS],
				(unsigned int)(row.number % KIDOS_CAPTURE_ROWS), &row);
		/* Its row stays until others have come. */
		if (done)
			kidos_job_free(job);
	}
}

/* As values name an interface. */
static void name_mirror(const struct capture *capture, const struct kidos_mirror *mirror,
			char *name, size_t size)
{
	const struct kidos_context *context = capture->context;
	struct kidos_slot slot = {};

	snprintf(slot.netns, sizeof(slot.netns), "%s", mirror->netns);
	snprintf(slot.name, sizeof(slot.name), "%s", mirror->name);
	for (unsigned int i = 1; i < context->meta.slots; i++)
		if (!strcmp(context->slots[i].name, mirror->name) &&
		    !strcmp(context->slots[i].netns, mirror->netns))
			slot = context->slots[i];
	kidos_port_name(context->reserved, &slot, name, size);
}

static void send_mirror(const struct capture *capture, const struct kidos_mirror *mirror,
			struct kidos_output *output)
{
	char name[KIDOS_NETNS_NAME + IF_NAMESIZE + 64], instance[sizeof(name) + 16];
	struct kidos_sniffer_lost lost = lost_of(mirror);
	struct kidos_mirrored mirrored;

	name_mirror(capture, mirror, name, sizeof(name));
	snprintf(instance, sizeof(instance), "capture.%s", name);
	output->instance = instance;
	kidos_send_derive(output, "packets", "received", mirror->received);
	kidos_send_derive(output, "packets", "lost_rx_dropped", lost.dropped);
	kidos_send_derive(output, "packets", "lost_rx_ring_full", lost.ring_full);
	if (!read_mirrored(capture, mirror, &mirrored))
		kidos_send_derive(output, "packets", "passed", mirrored.passed.packets);
	kidos_send_derive(output, "total_bytes", "received", mirror->received_bytes);
	snprintf(instance, sizeof(instance), "capture.%s.proto", name);
	for (unsigned int c = 0; c < KIDOS_CLASSES; c++) {
		kidos_send_derive(output, "packets", kidos_class_names[c],
				  mirror->classes[c].packets);
		kidos_send_derive(output, "total_bytes", kidos_class_names[c],
				  mirror->classes[c].bytes);
	}
}

void kidos_capture_poll(void *self, const struct kidos_poll *poll)
{
	struct capture *capture = self;

	if (!capture->jobs)
		return;
	pthread_mutex_lock(&capture->lock);
	for (size_t i = 0; i < capture->mirror_count; i++)
		send_mirror(capture, &capture->mirrors[i], poll->output);
	pthread_mutex_unlock(&capture->lock);
}
