/* SPDX-License-Identifier: MIT */
#include "alerts/collector.h"
#include "core/log.h"
#include "core/now.h"
#include "drops/collector.h"
#include "drops/share.h"
#include "engine/control.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int plan_memory(struct kidos_engine *engine)
{
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	struct kidos_plan plan;
	int error = kidos_plan(engine->config, memory, engine->maps.cpus, &plan);

	if (error) {
		kidos_log(LOG_ERR,
			  "Plugin kidos / MemoryLimit \"%" PRIu64 "\": %" PRIu64
			  " bytes are the least that %u interfaces and %u flows take",
			  plan.limit, plan.bytes, plan.slots - 1, plan.max_flows);
		return -1;
	}
	engine->meta.set_mask = plan.sets - 1;
	engine->meta.slots = plan.slots;
	engine->meta.ports_mask = plan.ports - 1;
	engine->meta.max_flows = plan.max_flows;
	engine->meta.memory = plan.bytes;
	engine->drop_room = plan.drop_room;
	if (engine->flows_off)
		kidos_log(LOG_INFO, "Plugin kidos / Flows / Enabled is false: packets and flows "
				    "are not counted");
	else
		kidos_log(LOG_INFO, "room for %u flows in %" PRIu64 " KiB (limit %" PRIu64 " KiB)",
			  plan.max_flows, plan.bytes >> 10, plan.limit >> 10);
	return 0;
}

static int fill_meta(struct kidos_engine *engine, uint64_t interval_ns)
{
	struct kidos_meta *meta = &engine->meta;

	meta->abi = KIDOS_ABI_VERSION;
	meta->pid = (uint32_t)getpid();
	meta->inner = engine->config->inner;
	meta->interval_ns = interval_ns;
	meta->started_ns = kidos_now_ns(CLOCK_REALTIME);
	snprintf(meta->version, sizeof(meta->version), "%s", KIDOS_VERSION);
	return plan_memory(engine);
}

/* A former owner that was killed left pins, and with clsact filters. */
static void take_back(struct kidos_engine *engine)
{
	struct kidos_maps old;
	int removed;

	if (!kidos_maps_open(&old, engine->state.path)) {
		kidos_recover(&old);
		kidos_maps_close(&old);
	}
	removed = kidos_state_clear(&engine->state);
	if (removed)
		kidos_log(LOG_NOTICE, "%s: took back what an earlier process left",
			  engine->state.path);
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

static int set_clock(struct kidos_engine *engine)
{
	struct kidos_meta *meta = &engine->meta;
	int error = kidos_clock_measure(meta);

	if (!error)
		meta->idle = (uint32_t)(engine->config->idle_timeout * 1000000000u / meta->unit_ns);
	return error;
}

/* Without CAP_PERFMON the verifier refuses what it else accepts. */
static void log_refusal(int error)
{
	if (error == -EPERM || (error == -EACCES && !has_perfmon()))
		kidos_log(LOG_ERR, "loading programs takes CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON "
				   "(or root)");
	else
		kidos_log(LOG_ERR, "loading programs: %s", strerror(-error));
}

static int load_programs(struct kidos_engine *engine, struct kidos_world *world)
{
	int error = kidos_state_create_maps(&engine->maps, engine->meta.slots);

	if (!error)
		error = set_clock(engine);
	if (!error) {
		world->traffic = kidos_traffic_load(&engine->maps, &engine->meta, world->number);
		error = world->traffic ? 0 : -errno;
	}
	if (error)
		log_refusal(error);
	return error;
}

/*
 * The first namespace's programs make the maps, so they are loaded at once:
 * what is wrong with kernel or privileges is known before collectd goes on.
 */
static int load(struct kidos_engine *engine)
{
	struct kidos_world *world = &engine->worlds[0];
	int error = load_programs(engine, world);

	if (error)
		return error;
	engine->maps.meta = engine->meta;
	error = kidos_maps_mmap(&engine->maps);
	if (error)
		kidos_log(LOG_ERR, "mapping the flow table: %s", strerror(-error));
	if (engine->flows_off) { /* the maps are all that is wanted of them */
		kidos_traffic_free(world->traffic);
		world->traffic = NULL;
	}
	return error;
}

static int publish(struct kidos_engine *engine)
{
	int error = kidos_maps_set_meta(&engine->maps, &engine->meta);

	/* Before meta, which says that everything is there. */
	if (!error)
		error = kidos_control_start(engine);
	if (!error)
		error = kidos_state_pin(&engine->state, &engine->maps);
	if (error)
		kidos_log(LOG_ERR, "state in %s: %s", engine->state.path, strerror(-error));
	return error;
}

static int acquire(struct kidos_engine *engine)
{
	char reason[KIDOS_REASON];

	if (!kidos_state_acquire(&engine->state, engine->config->state_path, reason))
		return 0;
	kidos_log(LOG_ERR, "Plugin kidos / StatePath \"%s\": %s", engine->config->state_path,
		  reason);
	return -1;
}

static int start(struct kidos_engine *engine, uint64_t interval_ns, kidos_notify notify)
{
	int error;

	if (acquire(engine))
		return -1;
	take_back(engine);
	if (fill_meta(engine, interval_ns) || kidos_worlds_make(engine))
		return -1;
	engine->slots = calloc(engine->meta.slots, sizeof(*engine->slots));
	if (!engine->slots || load(engine) || kidos_alerts_start(engine, notify) || publish(engine))
		return -1;
	error = kidos_flows_start(engine);
	if (error) {
		kidos_log(LOG_ERR, "reading flows: %s", strerror(-error));
		return error;
	}
	if (engine->config->drops_enabled)
		kidos_drops_start(engine);
	kidos_control_publish(engine);
	error = kidos_events_start(engine);
	if (error)
		kidos_log(LOG_ERR, "following interfaces: %s", strerror(-error));
	else if (!engine->flows_off)
		kidos_rules_wait(engine);
	return error;
}

struct kidos_engine *kidos_engine_start(const struct kidos_config *config, uint64_t interval_ns,
					kidos_notify notify)
{
	struct kidos_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return NULL;
	kidos_libbpf_quiet();
	engine->config = config;
	engine->flows_off = !config->flows_enabled;
	engine->state = (struct kidos_state)KIDOS_STATE_NONE;
	engine->maps = (struct kidos_maps)KIDOS_MAPS_NONE;
	engine->maps.cpus = kidos_possible_cpus();
	engine->control = (struct kidos_control_maps)KIDOS_CONTROL_MAPS_NONE;
	engine->epoll = engine->inotify = engine->timer = engine->stop = -1;
	pthread_mutex_init(&engine->lock, NULL);
	if (!start(engine, interval_ns, notify))
		return engine;
	kidos_engine_stop(engine);
	return NULL;
}

void kidos_engine_stop(struct kidos_engine *engine)
{
	if (!engine)
		return;
	kidos_events_stop(engine);
	kidos_alerts_stop(engine);
	kidos_worlds_free(engine);
	kidos_drops_close(engine);
	kidos_drop_share_close(engine);
	kidos_flows_stop(engine);
	kidos_maps_close(&engine->maps);
	kidos_control_close(&engine->control);
	kidos_state_release(&engine->state);
	free(engine->slots);
	pthread_mutex_destroy(&engine->lock);
	free(engine);
}
