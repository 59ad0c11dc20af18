/* SPDX-License-Identifier: MIT */
/* kidos.c: the callbacks that collectd knows, each one call into kidos. */
#include "collectd/config.h"
#include "collectd/notify.h"
#include "collectd/test_run.h"
#include "collectd/values.h"
#include "collector.h"
#include "core/log.h"
#include "core/notification.h"
#include "engine/engine.h"

#include <configfile.h>
#include <plugin.h>
#include <pthread.h>
#include <stdio.h>

static struct kidos_config config;
static bool configured;
static int config_errors;
static struct kidos_engine *engine;
/* Notifications come from any thread, until the engine is no longer there for them. */
static pthread_rwlock_t hearing = PTHREAD_RWLOCK_INITIALIZER;

static void log_to_collectd(int priority, const char *line)
{
	plugin_log(priority, "kidos: %s", line);
}

static int configure(void)
{
	int error = configured ? 0 : kidos_config_init(&config, kidos_collector_blocks());

	configured = true;
	return error;
}

static bool any_enabled(void)
{
	for (size_t i = 0; kidos_collectors[i]; i++)
		if (!kidos_collectors[i]->serves &&
		    kidos_config_enabled(&config, kidos_collectors[i]->block))
			return true;
	return false;
}

/*
 * collectd forks after this: nothing is loaded yet. A bad option makes init
 * fail, not config: a config callback that fails stops the whole daemon.
 */
static int kidos_config_callback(oconfig_item_t *item)
{
	if (!configure())
		config_errors += collectd_config_read(item, &config);
	return 0;
}

static void set_engine(struct kidos_engine *to)
{
	pthread_rwlock_wrlock(&hearing);
	engine = to;
	pthread_rwlock_unlock(&hearing);
}

static void start(void)
{
	set_engine(kidos_engine_start(&config, CDTIME_T_TO_NS(plugin_get_interval()),
				      collectd_notify));
}

/* Nobody hears anything any more before it stops. */
static void stop(void)
{
	struct kidos_engine *old = engine;

	set_engine(NULL);
	kidos_engine_stop(old);
}

static int kidos_hear(const notification_t *from, user_data_t *data)
{
	struct kidos_notification notification;

	(void)data;
	if (!collectd_notification_read(from, &notification))
		return 0;
	pthread_rwlock_rdlock(&hearing);
	if (engine)
		kidos_engine_hear(engine, &notification);
	pthread_rwlock_unlock(&hearing);
	return 0;
}

/* Its state directory has gone: all of it anew, at once, and each minute while that fails. */
static void begin_anew(void)
{
	static cdtime_t tried;

	if (engine)
		kidos_log(LOG_WARNING, "%s is not there any more: kidos begins anew",
			  config.state_path);
	else if (cdtime() - tried < TIME_T_TO_CDTIME_T(60))
		return;
	tried = cdtime();
	stop();
	start();
}

static int kidos_read(user_data_t *data)
{
	struct collectd_batch batch = { .time = cdtime() };

	(void)data;
	if (!engine || kidos_engine_is_lost(engine))
		begin_anew();
	if (!engine)
		return 0;
	kidos_engine_poll(engine, collectd_dispatch, &batch);
	kidos_log_flush(false);
	return 0;
}

/*
 * collectd frees the read's data once no read runs, before any plugin shuts
 * down: exec still runs scripts then, wherever its LoadPlugin stands.
 */
static void kidos_stop(void *data)
{
	(void)data;
	stop();
}

static int kidos_init(void)
{
	const char *folder;

	if (configure())
		return -1;
	if (config_errors) {
		kidos_log(LOG_ERR, "%d option%s above %s wrong: not started", config_errors,
			  config_errors == 1 ? "" : "s", config_errors == 1 ? "is" : "are");
		return -1;
	}
	if (!any_enabled()) {
		kidos_log(LOG_NOTICE, "no collector is enabled: nothing to do");
		return 0;
	}
	folder = global_option_get("BaseDir");
	snprintf(config.data_path, sizeof(config.data_path), "%s", folder ? folder : "");
	config.test = collectd_is_test_run();
	collectd_notify_as_here();
	start();
	if (!engine)
		return -1;
	if (kidos_engine_listens(engine) && plugin_register_notification("kidos", kidos_hear, NULL))
		kidos_log(LOG_ERR, "collectd does not hand on notifications");
	return plugin_register_complex_read(NULL, "kidos", kidos_read, 0,
					    &(user_data_t){ &engine, kidos_stop });
}

static int kidos_shutdown(void)
{
	kidos_stop(NULL); /* Of an init that failed at its end. */
	kidos_config_free(&config);
	configured = false;
	kidos_log_flush(true);
	return 0;
}

__attribute__((visibility("default"))) void module_register(void);

void module_register(void)
{
	kidos_log_to(log_to_collectd);
	plugin_register_complex_config("kidos", kidos_config_callback);
	plugin_register_init("kidos", kidos_init);
	plugin_register_shutdown("kidos", kidos_shutdown);
}
