/* SPDX-License-Identifier: MIT */
#include "capture/capture.h"
#include "core/flow_key.h"
#include "core/log.h"
#include "core/now.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define PATIENCE_S 1 /* with the disk, at the end */
#define MIRROR_LEAST (512u * 1024u) /* bytes of sockets */
#define MIRROR_MOST (32u << 20)

static int map_array(int fd, size_t size, void **address)
{
	*address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*address != MAP_FAILED)
		return 0;
	*address = NULL;
	return -errno;
}

#define RECORDS_SIZE (KIDOS_PACKET_RECORDS * sizeof(struct kidos_packet_record))
#define PAIRS_SIZE (KIDOS_PAIRS * sizeof(struct kidos_pair))

static int open_maps(struct capture *capture)
{
	int error = kidos_map_set_create(&kidos_capture_map_set, capture->maps, 0);

	if (!error)
		error = map_array(capture->maps[KIDOS_CAPTURE_MAP_RECORDS], RECORDS_SIZE,
				  (void **)&capture->recent.records);
	if (!error)
		error = map_array(capture->maps[KIDOS_CAPTURE_MAP_PAIRS], PAIRS_SIZE,
				  (void **)&capture->recent.pairs);
	if (!error)
		error = kidos_state_pin_set(&capture->context->state, &kidos_capture_map_set,
					    capture->maps);
	capture->recent.seed = kidos_key_seed();
	capture->since_ns = kidos_now_ns(CLOCK_REALTIME);
	return error;
}

static void open_mirrors(struct capture *capture)
{
	const struct kidos_strings *names = &capture->settings->interfaces;

	for (size_t i = 0; i < names->count && i < KIDOS_MIRRORS; i++)
		capture->mirrors[capture->mirror_count++] = (struct kidos_mirror){
			.name = names->items[i],
			.netns = capture->settings->netns,
			.number = (unsigned int)i + 1,
		};
}

static void open_copies(struct capture *capture)
{
	const struct kidos_copies_plan plan = {
		.maps = &capture->context->maps,
		.head = (uint32_t)capture->settings->evidence_snap,
		.whole = (uint32_t)capture->settings->snap,
		.ring = KIDOS_COPIES_RING,
	};

	capture->copies = kidos_copies_open(&plan, capture->copies_refused);
	if (!capture->copies)
		kidos_log(LOG_WARNING, "capture: mirror ports only: %s", capture->copies_refused);
}

/* What is there from the first start to the end; captures anew where a disk kept the old ones. */
static int open_once(struct capture *capture)
{
	if (capture->jobs)
		return 0;
	capture->jobs = calloc(KIDOS_JOBS, sizeof(*capture->jobs));
	if (!capture->port_reasons)
		capture->port_reasons = calloc(KIDOS_JOB_PORTS, sizeof(*capture->port_reasons));
	if (!capture->jobs || !capture->port_reasons)
		return -ENOMEM;
	if (capture->mirror_count || capture->recent.records)
		return 0;
	open_mirrors(capture);
	return open_maps(capture);
}

static int open_folder(struct capture *capture)
{
	const struct kidos_capture_settings *settings = capture->settings;
	int fd = kidos_folder_open(settings->directory, capture->refused);

	if (fd < 0)
		return fd;
	capture->rules = (struct kidos_files_rules){
		.folder = fd,
		.folder_bytes = settings->max_bytes,
		.rotate_bytes = settings->rotate_bytes,
		.rotate_ns = settings->rotate_seconds * 1000000000u,
		.kept = (unsigned int)settings->files,
		.names = &capture->names,
	};
	return 0;
}

static int start_threads(struct capture *capture)
{
	int error;

	capture->writer = kidos_writer_open(kidos_job_finish);
	if (!capture->writer)
		return -errno;
	capture->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (capture->wake < 0)
		return -errno;
	error = kidos_thread_start(&capture->reader, "kidos capture", kidos_capture_read, capture);
	if (!error)
		error = kidos_thread_start(&capture->manager, "kidos mirrors", kidos_capture_manage,
					   capture);
	return error;
}

static void forget_jobs(struct capture *capture, bool written)
{
	capture->running = 0;
	for (unsigned int i = 0; i < KIDOS_JOBS && written; i++)
		kidos_job_free(&capture->jobs[i]);
	/* The thread that hangs still uses them. */
	if (!written)
		capture->jobs = NULL;
}

static void stop(void *self)
{
	struct capture *capture = self;
	bool ended = true;

	if (!capture->writer)
		return;
	atomic_store(&capture->on, false);
	if (capture->reader.running)
		ended = kidos_capture_end_all(capture);
	kidos_thread_stop(&capture->manager, 0);
	kidos_thread_stop(&capture->reader, 0);
	kidos_capture_close_mirrors(capture);
	kidos_capture_show(capture);
	ended = kidos_writer_close(capture->writer, PATIENCE_S) && ended;
	forget_jobs(capture, ended);
	capture->writer = NULL;
	kidos_copies_close(capture->copies);
	capture->copies = NULL;
	if (capture->wake >= 0)
		close(capture->wake);
	capture->wake = -1;
	if (ended)
		close(capture->rules.folder);
}

static int start(void *self)
{
	struct capture *capture = self;
	int error = 0;

	if (capture->writer || capture->context->config->test)
		return 0;
	*capture->refused = '\0';
	error = open_once(capture);
	if (!error)
		error = open_folder(capture);
	if (error) {
		if (!*capture->refused)
			snprintf(capture->refused, sizeof(capture->refused), "%s",
				 strerror(-error));
		kidos_log(LOG_ERR, "capture: %s", capture->refused);
		return error;
	}
	open_copies(capture);
	error = start_threads(capture);
	if (!error) {
		atomic_store(&capture->on, true);
		return 0;
	}
	snprintf(capture->refused, sizeof(capture->refused), "%s", strerror(-error));
	kidos_log(LOG_ERR, "capture: %s", capture->refused);
	stop(capture);
	return error;
}

/* A mirror port without sockets, by name; NULL: all have some. */
static const struct kidos_mirror *find_deaf(const struct capture *capture)
{
	for (size_t i = 0; i < capture->mirror_count; i++)
		if (!capture->mirrors[i].sniffer)
			return &capture->mirrors[i];
	return NULL;
}

static void status(const void *self, struct kidos_collector_status *status)
{
	struct capture *capture = (struct capture *)(uintptr_t)self;
	const struct kidos_mirror *deaf;

	if (*capture->refused) {
		status->state = KIDOS_COLLECTOR_FAILED;
		snprintf(status->reason, sizeof(status->reason), "%s", capture->refused);
		return;
	}
	status->state = atomic_load(&capture->on) ? KIDOS_COLLECTOR_ON : KIDOS_COLLECTOR_OFF;
	pthread_mutex_lock(&capture->lock);
	deaf = find_deaf(capture);
	if (deaf && status->state == KIDOS_COLLECTOR_ON)
		snprintf(status->reason, sizeof(status->reason), "%.15s: %.170s", deaf->name,
			 deaf->reason);
	else if (!capture->copies && status->state == KIDOS_COLLECTOR_ON)
		snprintf(status->reason, sizeof(status->reason), "mirror ports only: %.160s",
			 capture->copies_refused);
	pthread_mutex_unlock(&capture->lock);
}

static void close_capture(void *self)
{
	struct capture *capture = self;

	stop(capture);
	if (capture->recent.records)
		munmap(capture->recent.records, RECORDS_SIZE);
	if (capture->recent.pairs)
		munmap(capture->recent.pairs, PAIRS_SIZE);
	kidos_map_set_close(&kidos_capture_map_set, capture->maps);
	pthread_mutex_destroy(&capture->names.lock);
	pthread_mutex_destroy(&capture->lock);
	free(capture->port_reasons);
	free(capture->jobs);
	free(capture);
}

static void *create(struct kidos_context *context, const void *settings, bool enabled)
{
	struct capture *capture = calloc(1, sizeof(*capture));

	if (!capture)
		return NULL;
	*capture = (struct capture){
		.context = context,
		.settings = settings,
		.enabled = enabled,
		.maps = KIDOS_NO_MAPS(KIDOS_CAPTURE_MAPS),
		.reader = KIDOS_NO_THREAD,
		.manager = KIDOS_NO_THREAD,
		.wake = -1,
		.mirror_memory = MIRROR_LEAST,
	};
	pthread_mutex_init(&capture->lock, NULL);
	pthread_mutex_init(&capture->names.lock, NULL);
	if (!enabled)
		return capture;
	context->whose_asked = true;
	kidos_sinks_add(&context->sinks[KIDOS_SINK_ALERT], kidos_capture_alert, capture);
	kidos_sinks_add(&context->sinks[KIDOS_SINK_WANT_CAPTURE], kidos_capture_notification,
			capture);
	return capture;
}

static uint64_t mirrors_of(const struct capture *capture)
{
	uint64_t count = capture->settings->interfaces.count;

	return count < KIDOS_MIRRORS ? count : KIDOS_MIRRORS;
}

static uint64_t least(const void *self)
{
	const struct capture *capture = self;

	if (!capture->enabled)
		return 0;
	return RECORDS_SIZE + PAIRS_SIZE + (uint64_t)KIDOS_CHUNK * KIDOS_CHUNKS +
	       KIDOS_COPIES_RING + KIDOS_JOBS * sizeof(struct kidos_job) +
	       mirrors_of(capture) * MIRROR_LEAST;
}

/* Half of what is left at most: the flow table is given room after this. */
static uint64_t grow(void *self, uint64_t room)
{
	struct capture *capture = self;
	uint64_t count = mirrors_of(capture), taken = 0;

	capture->mirror_memory = MIRROR_LEAST;
	if (!capture->enabled)
		return 0;
	while (count && 2 * capture->mirror_memory <= MIRROR_MOST &&
	       taken + count * capture->mirror_memory <= room / 2) {
		taken += count * capture->mirror_memory;
		capture->mirror_memory *= 2;
	}
	return taken;
}

static const char *const instances[] = { "capture", NULL };

const struct kidos_collector kidos_capture_collector = {
	.name = "capture",
	.instances = instances,
	.block = &kidos_capture_block,
	.serves = true,
	.create = create,
	.close = close_capture,
	.least = least,
	.grow = grow,
	.start = start,
	.stop = stop,
	.status = status,
	.poll = kidos_capture_poll,
	.request = kidos_capture_request,
};
