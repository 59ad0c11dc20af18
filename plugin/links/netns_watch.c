/* SPDX-License-Identifier: MIT */
/* netns_watch.c: network namespaces that rules name, entered where their links are looked at. */
#include "context.h"
#include "core/log.h"
#include "links/netns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kidos_world *world_add(struct kidos_engine *engine, const char *netns)
{
	struct kidos_world *worlds;

	for (size_t i = 0; i < engine->world_count; i++)
		if (!strcmp(engine->worlds[i].name, netns))
			return &engine->worlds[i];
	worlds = reallocarray(engine->worlds, engine->world_count + 1, sizeof(*worlds));
	if (!worlds)
		return NULL;
	engine->worlds = worlds;
	worlds[engine->world_count] =
		(struct kidos_world){ .number = (unsigned int)engine->world_count };
	snprintf(worlds[engine->world_count].name, KIDOS_NETNS_NAME, "%s", netns);
	return &worlds[engine->world_count++];
}

int kidos_worlds_make(struct kidos_engine *engine)
{
	const struct kidos_config *config = engine->config;

	if (!config->rule_count && !world_add(engine, ""))
		return -1;
	for (size_t i = 0; i < config->rule_count; i++)
		if (!world_add(engine, config->rules[i].netns))
			return -1;
	return 0;
}

static int world_open(struct kidos_world *world)
{
	world->inode = kidos_netns_inode(world->name);
	world->rtnl = kidos_rtnl_open();
	if (world->rtnl)
		return 0;
	return -errno;
}

/* The namespace has gone and its qdiscs with it; its indices may be another's by now. */
static void qdiscs_forget(struct kidos_world *world)
{
	for (size_t i = 0; i < world->port_count; i++)
		for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
			if (world->ports[i].attachments[d].rung == KIDOS_RUNG_CLSACT)
				world->ports[i].attachments[d] =
					(struct kidos_attachment)KIDOS_ATTACHMENT_NONE;
}

void kidos_world_detach(struct kidos_engine *engine, struct kidos_world *world)
{
	struct kidos_netns_visit visit;
	bool there = kidos_netns_inode(world->name) == world->inode &&
		     !kidos_netns_enter(world->name, &visit);

	if (!there)
		qdiscs_forget(world);
	kidos_ports_remove(engine, world);
	if (there)
		kidos_netns_leave(&visit);
}

void kidos_world_close(struct kidos_engine *engine, struct kidos_world *world)
{
	kidos_world_detach(engine, world);
	kidos_rtnl_close(world->rtnl);
	world->rtnl = NULL;
	kidos_traffic_free(world->traffic);
	world->traffic = NULL;
	world->inode = 0;
}

static void world_visit(struct kidos_engine *engine, struct kidos_world *world)
{
	struct kidos_links links;
	int error = world->rtnl ? 0 : world_open(world);

	if (!error)
		error = kidos_rtnl_links(world->rtnl, &links);
	if (error) {
		kidos_log(LOG_WARNING, "interfaces of %s: %s", kidos_world_label(world->name),
			  strerror(-error));
		return;
	}
	kidos_ports_apply(engine, world, &links);
	kidos_links_free(&links);
}

void kidos_world_refresh(struct kidos_engine *engine, struct kidos_world *world)
{
	struct kidos_netns_visit visit;
	int error;

	if (world->inode && kidos_netns_inode(world->name) != world->inode)
		kidos_world_close(engine, world);
	error = kidos_netns_enter(world->name, &visit);
	if (!error) {
		world_visit(engine, world);
		kidos_netns_leave(&visit);
	} else if (error != -ENOENT && !world->unusable) {
		world->unusable = true;
		kidos_log(LOG_ERR, "namespace %s: %s%s", world->name, strerror(-error),
			  error == -EPERM ? ": it takes CAP_SYS_ADMIN" : "");
	}
}

void kidos_worlds_free(struct kidos_engine *engine)
{
	for (size_t i = 0; i < engine->world_count; i++)
		kidos_world_close(engine, &engine->worlds[i]);
	free(engine->worlds);
	engine->worlds = NULL;
	engine->world_count = 0;
}
