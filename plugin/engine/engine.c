/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"
#include "core/descriptors.h"
#include "core/log.h"
#include "core/now.h"
#include "engine/control.h"
#include "engine/engine_internal.h"
#include "engine/events.h"
#include "engine/running.h"
#include "links/former.h"
#include "links/netns_watch.h"
#include "links/recover.h"
#include "links/rule.h"
#include "links/slots.h"
#include "state/clock.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A former owner that was killed left pins, and with clsact filters. With a policy its programs go
 * on until ours are in their place.
 */
static void take_back(struct kidos_context *context, bool keep)
{
	unsigned int left = keep ? 0 : kidos_recover(&context->state);

	if (keep)
		kidos_former_keep(&context->state);
	if (left)
		kidos_log(LOG_WARNING, "%s: %u programs of an earlier process are still attached",
			  context->state.path, left);
	if (kidos_state_clear(&context->state, keep))
		kidos_log(LOG_NOTICE, "%s: took back what an earlier process left",
			  context->state.path);
}

/* CAP_SYS_ADMIN stands for CAP_PERFMON. */
static bool has_perfmon(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (syscall(SYS_capget, &header, data))
		return true;
	return data[CAP_TO_INDEX(CAP_PERFMON)].effective & CAP_TO_MASK(CAP_PERFMON) ||
	       data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN);
}

/* Without CAP_PERFMON the verifier refuses what it else accepts, as wrong or as too complex. */
static void log_refusal(int error)
{
	bool has_room = error != -ENOMEM && error != -EMFILE;

	if (error == -EPERM || (has_room && !has_perfmon()))
		kidos_log(LOG_ERR, "loading programs takes CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON "
				   "(or root)");
	else
		kidos_log(LOG_ERR, "loading programs: %s", strerror(-error));
}

static int fill_meta(struct kidos_context *context, uint64_t interval_ns)
{
	struct kidos_meta *meta = &context->meta;
	uint32_t ports = 64;
	int error;

	meta->abi = KIDOS_ABI_VERSION;
	meta->pid = (uint32_t)getpid();
	meta->interval_ns = interval_ns;
	meta->started_ns = kidos_now_ns(CLOCK_REALTIME);
	meta->slots = (uint32_t)context->config->max_interfaces + 1;
	while (ports < 4 * meta->slots)
		ports *= 2;
	meta->ports_mask = ports - 1;
	meta->privacy = kidos_privacy_of(context->config);
	snprintf(meta->version, sizeof(meta->version), "%s", KIDOS_VERSION);
	error = kidos_clock_measure(meta);
	if (error)
		log_refusal(error);
	return error;
}

/*
 * The first namespace's programs make the maps, so they are loaded at once:
 * what is wrong with kernel or privileges is known before collectd goes on.
 */
static int load_maps(struct kidos_context *context, bool counting)
{
	struct kidos_namespace *ns = &context->namespaces[0];

	if (!counting)
		return kidos_traffic_maps(&context->maps, &context->meta);
	ns->traffic = kidos_traffic_load(&context->maps, &context->meta, ns->number);
	return ns->traffic ? 0 : -errno;
}

static int load(struct kidos_engine *engine)
{
	struct kidos_context *context = &engine->context;
	int error = kidos_map_set_create(&kidos_map_set, context->maps.fd, context->meta.slots);

	if (!error)
		error = load_maps(context, kidos_running_counts(engine));
	while (error == -ENOMEM && !kidos_running_plan_less(engine))
		error = load_maps(context, kidos_running_counts(engine));
	if (error) {
		log_refusal(error);
		return error;
	}
	context->maps.meta = context->meta;
	error = kidos_maps_mmap(&context->maps);
	if (error)
		kidos_log(LOG_ERR, "mapping the flow table: %s", strerror(-error));
	return error;
}

/* Whoever finds meta finds everything, so it is pinned last. */
static int publish(struct kidos_engine *engine)
{
	struct kidos_context *context = &engine->context;
	int error = kidos_maps_set_meta(&context->maps, &context->meta);

	if (!error)
		error = kidos_control_start(engine);
	if (!error)
		error = kidos_state_pin_set(&context->state, &kidos_map_set, context->maps.fd);
	if (error)
		kidos_log(LOG_ERR, "state in %s: %s", context->state.path, strerror(-error));
	return error;
}

/*
 * `collectd -T`: a directory of its own, beside one that would do, or that
 * another kidos has. No interface is touched and nobody is notified.
 */
static int acquire_for_test(struct kidos_context *context, char reason[KIDOS_REASON])
{
	char path[PATH_MAX + 8];
	int error = kidos_state_try(context->config->state_path, reason);

	if (error && error != -EBUSY)
		return error;
	if (error)
		kidos_log(LOG_NOTICE, "%s: the test attaches nothing", reason);
	snprintf(path, sizeof(path), "%s-test", context->config->state_path);
	return kidos_state_acquire(&context->state, path, reason);
}

static int acquire(struct kidos_context *context)
{
	const char *path = context->config->state_path;
	char reason[KIDOS_REASON];
	int error = context->config->test ? acquire_for_test(context, reason)
					  : kidos_state_acquire(&context->state, path, reason);

	if (!error)
		return 0;
	kidos_log(LOG_ERR, "Plugin kidos / StatePath \"%s\": %s", path, reason);
	return -1;
}

/* Interfaces take none, namespaces some. */
#define DESCRIPTORS 208 /* of maps and threads, and for a moment */
#define DESCRIPTORS_NETNS 6

static void plan_descriptors(const struct kidos_context *context)
{
	unsigned int more =
		DESCRIPTORS + DESCRIPTORS_NETNS * (unsigned int)context->namespace_count;
	int error = kidos_descriptors_plan(more);

	if (error)
		kidos_log(LOG_WARNING,
			  "descriptors for %zu namespaces (%u), more than the limit: %s",
			  context->namespace_count, more, strerror(-error));
}

static int prepare(struct kidos_engine *engine, uint64_t interval_ns)
{
	struct kidos_context *context = &engine->context;
	bool failed;

	if (acquire(context))
		return -1;
	failed = fill_meta(context, interval_ns) || kidos_running_create(engine);
	take_back(context, !failed && context->meta.policy_room && !context->config->test);
	if (failed || kidos_rules_check(context->config, context->reserved) ||
	    kidos_running_plan(engine) || kidos_namespaces_make(context))
		return -1;
	plan_descriptors(context);
	context->slots = calloc(context->meta.slots, sizeof(*context->slots));
	return context->slots ? load(engine) : -1;
}

static int start(struct kidos_engine *engine, uint64_t interval_ns)
{
	int error = prepare(engine, interval_ns);

	if (error)
		return error;
	kidos_running_start(engine);
	if (engine->context.config->test)
		kidos_links_want(&engine->context, KIDOS_WANT_ALL, false);
	error = publish(engine);
	if (error)
		return error;
	error = kidos_events_start(engine);
	if (error)
		kidos_log(LOG_ERR, "following interfaces: %s", strerror(-error));
	else if (engine->context.attaching)
		kidos_rules_wait(&engine->context);
	return error;
}

static struct kidos_engine *engine_new(const struct kidos_config *config)
{
	struct kidos_engine *engine = calloc(1, sizeof(*engine));
	struct kidos_context *context = engine ? &engine->context : NULL;

	if (!engine)
		return NULL;
	context->config = config;
	context->state = (struct kidos_state)KIDOS_STATE_NONE;
	context->maps = (struct kidos_maps)KIDOS_MAPS_NONE;
	context->maps.cpus = kidos_possible_cpus();
	pthread_mutex_init(&context->lock, NULL);
	engine->thread = (struct kidos_thread)KIDOS_NO_THREAD;
	engine->epoll = engine->inotify = engine->timer = -1;
	for (int i = 0; i < KIDOS_CONTROL_MAPS; i++)
		engine->control[i] = -1;
	return engine;
}

static int notify_nobody(const struct kidos_notice *notice)
{
	(void)notice;
	return 0;
}

struct kidos_engine *kidos_engine_start(const struct kidos_config *config, uint64_t interval_ns,
					kidos_notify notify)
{
	struct kidos_engine *engine = engine_new(config);

	if (!engine)
		return NULL;
	kidos_libbpf_quiet();
	engine->context.notify = config->test ? notify_nobody : notify;
	if (!start(engine, interval_ns))
		return engine;
	kidos_engine_stop(engine);
	return NULL;
}

bool kidos_engine_listens(const struct kidos_engine *engine)
{
	return engine->context.sinks[KIDOS_SINK_NOTIFICATION].count;
}

void kidos_engine_hear(struct kidos_engine *engine, const struct kidos_notification *notification)
{
	kidos_sinks_give(&engine->context.sinks[KIDOS_SINK_NOTIFICATION], notification);
}

bool kidos_engine_is_lost(const struct kidos_engine *engine)
{
	return kidos_state_is_lost(&engine->context.state);
}

void kidos_engine_stop(struct kidos_engine *engine)
{
	struct kidos_context *context = engine ? &engine->context : NULL;

	if (!engine)
		return;
	kidos_events_stop(engine);
	kidos_namespaces_free(context);
	kidos_running_close(engine);
	kidos_former_drop(&context->state);
	kidos_maps_close(&context->maps);
	kidos_map_set_close(&kidos_control_map_set, engine->control);
	kidos_state_release(&context->state);
	free(context->slots);
	pthread_mutex_destroy(&context->lock);
	free(engine);
}
