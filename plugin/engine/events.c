/* SPDX-License-Identifier: MIT */
/*
 * events.c: one thread waits for links, routes and namespaces to change. What
 * changed is not read from the event but dumped again: lost events and bursts
 * then cost one dump. What follows from it is done link by link, and between
 * two of them the thread hears requests, other events and the stop.
 */
#include "engine/events.h"
#include "core/log.h"
#include "core/now.h"
#include "engine/control.h"
#include "links/former.h"
#include "links/mnl_links.h"
#include "links/netns.h"
#include "links/netns_watch.h"

#include <errno.h>
#include <string.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SETTLE_MS 20 /* a burst of events is one change */
#define RETRY_MS 50 /* `ip netns add` makes the name before the namespace */
#define RETRIES 40
#define STEPS_MS KIDOS_CONTROL_MS /* of attaching, before events and requests are looked for */
#define ANSWER_MS 1000 /* an answer waits for its effect that long */

static int watch(struct kidos_engine *engine, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(engine->epoll, EPOLL_CTL_ADD, fd, &event) && errno != EEXIST)
		return -errno;
	return 0;
}

/* Their folder appears with the first `ip netns add`; until then /run is watched for it. */
static void watch_namespaces(struct kidos_engine *engine)
{
	if (inotify_add_watch(engine->inotify, KIDOS_NETNS_DIR,
			      IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM) < 0)
		inotify_add_watch(engine->inotify, "/run", IN_CREATE);
}

static void take_inotify(struct kidos_engine *engine)
{
	char buffer[4096];

	while (read(engine->inotify, buffer, sizeof(buffer)) > 0)
		;
	watch_namespaces(engine);
}

static void refresh_all(struct kidos_engine *engine)
{
	for (size_t i = 0;
	     i < engine->context.namespace_count && !atomic_load(&engine->context.stopping); i++) {
		struct kidos_namespace *ns = &engine->context.namespaces[i];

		kidos_namespace_refresh(&engine->context, ns);
		if (ns->rtnl)
			watch(engine, kidos_rtnl_event_fd(ns->rtnl));
	}
}

/* Attaches and detaches for that long at most; true if more is to be done. */
static bool take_steps(struct kidos_engine *engine, uint64_t most_ms)
{
	uint64_t end = kidos_now_ns(CLOCK_MONOTONIC) + most_ms * 1000000;
	bool more = true;

	while (more && !atomic_load(&engine->context.stopping) &&
	       kidos_now_ns(CLOCK_MONOTONIC) < end)
		more = kidos_namespaces_step(&engine->context);
	return more;
}

/* A name without a namespace behind it: `ip netns add` is at work, try again soon. */
static bool is_half_made(const struct kidos_engine *engine)
{
	char path[sizeof(KIDOS_NETNS_DIR) + KIDOS_NETNS_NAME + 1];

	for (size_t i = 0; i < engine->context.namespace_count; i++) {
		const struct kidos_namespace *ns = &engine->context.namespaces[i];

		snprintf(path, sizeof(path), KIDOS_NETNS_DIR "/%s", ns->name);
		if (*ns->name && !ns->inode && !access(path, F_OK))
			return true;
	}
	return false;
}

static void take_timer(struct kidos_engine *engine)
{
	struct kidos_answer answer;
	uint64_t times;

	if (read(engine->timer, &times, sizeof(times)) == sizeof(times) &&
	    kidos_control_take(engine, &answer)) {
		refresh_all(engine);
		take_steps(engine, ANSWER_MS);
		kidos_control_answer(engine, &answer);
	}
	if (kidos_namespaces_due(&engine->context))
		refresh_all(engine);
}

static void take_event(struct kidos_engine *engine, int fd, bool busy)
{
	if (fd == engine->timer) {
		take_timer(engine);
		return;
	}
	if (fd != engine->inotify && !busy)
		usleep(SETTLE_MS * 1000);
	take_inotify(engine);
	refresh_all(engine);
}

static void drop_former(struct kidos_engine *engine, bool *dropped)
{
	unsigned int left = *dropped ? 0 : kidos_former_drop(&engine->context.state);

	if (left)
		kidos_log(LOG_WARNING, "%s: %u programs of an earlier process are still attached",
			  engine->context.state.path, left);
	*dropped = true;
}

static void *follow(void *context)
{
	struct kidos_engine *engine = context;
	struct epoll_event event;
	int retries = 0, timeout, ready;
	bool dropped = false;

	while (!atomic_load(&engine->context.stopping)) {
		bool busy = take_steps(engine, STEPS_MS);

		if (!busy)
			drop_former(engine, &dropped);
		timeout = retries > 0 && is_half_made(engine) ? RETRY_MS : -1;
		ready = epoll_wait(engine->epoll, &event, 1, busy ? 0 : timeout);
		if (ready < 0 && errno != EINTR)
			break;
		if (ready > 0 && event.data.fd == engine->thread.stop)
			break;
		if (ready > 0 && event.data.fd != engine->timer)
			retries = RETRIES;
		else if (!ready && !busy)
			retries--;
		if (ready > 0)
			take_event(engine, event.data.fd, busy);
		else if (!ready && !busy)
			refresh_all(engine);
	}
	return NULL;
}

static int open_timer(struct kidos_engine *engine)
{
	const struct timespec period = { .tv_nsec = KIDOS_CONTROL_MS * 1000000 };
	const struct itimerspec times = { .it_interval = period, .it_value = period };

	engine->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (engine->timer < 0 || timerfd_settime(engine->timer, 0, &times, NULL))
		return -errno;
	return watch(engine, engine->timer);
}

static int open_descriptors(struct kidos_engine *engine)
{
	engine->epoll = epoll_create1(EPOLL_CLOEXEC);
	engine->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (engine->epoll < 0 || engine->inotify < 0 || kidos_thread_prepare(&engine->thread))
		return -errno;
	watch_namespaces(engine);
	if (watch(engine, engine->inotify) || watch(engine, engine->thread.stop))
		return -errno;
	return open_timer(engine);
}

int kidos_events_start(struct kidos_engine *engine)
{
	int error = open_descriptors(engine);

	if (error)
		return error;
	/* After the watches, so that nothing can change unseen in between. */
	refresh_all(engine);
	while (engine->context.config->test && take_steps(engine, STEPS_MS))
		;
	return kidos_thread_start(&engine->thread, "kidos events", follow, engine);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void kidos_events_stop(struct kidos_engine *engine)
{
	atomic_store(&engine->context.stopping, true);
	kidos_thread_stop(&engine->thread, 0);
	close_fd(&engine->epoll);
	close_fd(&engine->inotify);
	close_fd(&engine->timer);
}
