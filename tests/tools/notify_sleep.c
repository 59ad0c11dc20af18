/* SPDX-License-Identifier: MIT */
/* notify_sleep: a collectd plugin that takes ten seconds for each notification. */
#include <collectd.h>

#include <plugin.h>
#include <unistd.h>

static int take(const notification_t *notification, user_data_t *data)
{
	(void)data;
	INFO("notify_sleep: %s", notification->type);
	sleep(10);
	return 0;
}

__attribute__((visibility("default"))) void module_register(void);

void module_register(void)
{
	plugin_register_notification("notify_sleep", take, NULL);
}
