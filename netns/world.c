/* SPDX-License-Identifier: MIT */
#include "world.h"
#include "namespace.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>

int kn_world_open(struct kn_world **out, const struct kn_topology *topo, struct kn_err *err)
{
	struct kn_world *world = calloc(1, sizeof(*world));

	if (world)
		world->refs = calloc(topo->n_ns, sizeof(*world->refs));
	if (!world || !world->refs) {
		free(world);
		return kn_fail(err, -ENOMEM, "out of memory");
	}
	world->topo = topo;
	for (size_t i = 0; i < topo->n_ns; i++)
		world->refs[i].fd = -1;
	world->refs[0].fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (world->refs[0].fd < 0) {
		int code = -errno;

		kn_world_close(world);
		return kn_fail(err, code, "/proc/self/ns/net: %s", strerror(-code));
	}
	*out = world;
	return 0;
}

void kn_world_close(struct kn_world *world)
{
	if (!world)
		return;
	for (size_t i = 0; i < world->topo->n_ns; i++)
		kn_world_forget(world, &world->topo->ns[i]);
	free(world->holders.list);
	free(world->refs);
	free(world);
}

struct kn_ns_ref *kn_world_ref(struct kn_world *world, const struct kn_ns *ns)
{
	return &world->refs[ns - world->topo->ns];
}

int kn_world_fd(struct kn_world *world, const struct kn_ns *ns, struct kn_err *err)
{
	struct kn_ns_ref *ref = kn_world_ref(world, ns);

	if (ref->fd < 0) {
		int fd = kn_namespace_open(ns->name, err);

		if (fd < 0)
			return fd;
		ref->fd = fd;
	}
	return ref->fd;
}

int kn_world_enter(struct kn_world *world, const struct kn_ns *ns, struct kn_err *err)
{
	int fd = kn_world_fd(world, ns, err);

	if (fd < 0)
		return fd;
	if (setns(fd, CLONE_NEWNET) < 0)
		return kn_fail(err, -errno, "entering namespace \"%s\": %s", ns->name,
			       strerror(errno));
	return 0;
}

void kn_world_leave(struct kn_world *world)
{
	/* Going on in the wrong namespace would change somebody else's links. */
	if (setns(world->refs[0].fd, CLONE_NEWNET) < 0)
		abort();
}

int kn_world_talk(struct kn_world *world, const struct kn_ns *ns, struct kn_talk **out,
		  struct kn_err *err)
{
	struct kn_ns_ref *ref = kn_world_ref(world, ns);
	int code;

	if (!ref->talk) {
		code = kn_world_enter(world, ns, err);
		if (code < 0)
			return code;
		code = kn_talk_open(&ref->talk, err);
		kn_world_leave(world);
		if (code)
			return code;
	}
	*out = ref->talk;
	return 0;
}

void kn_world_forget(struct kn_world *world, const struct kn_ns *ns)
{
	struct kn_ns_ref *ref = kn_world_ref(world, ns);

	kn_talk_close(ref->talk);
	kn_close_fd(&ref->fd);
	ref->talk = NULL;
	ref->fd = -1;
	ref->fresh = false;
}

static int take_link(const struct nlmsghdr *nlh, void *data)
{
	return kn_read_link(nlh, data) ? MNL_CB_ERROR : MNL_CB_OK;
}

int kn_world_link(struct kn_world *world, const struct kn_ns *ns, const char *name,
		  struct kn_link_info *out, struct kn_err *err)
{
	char buf[KN_MSG_SIZE];
	struct kn_talk *talk;
	int code = kn_world_talk(world, ns, &talk, err);

	return code ? code : kn_talk_get(talk, kn_msg_link_get(buf, name), take_link, out, err);
}

int kn_world_do(struct kn_world *world, const struct kn_ns *ns, struct nlmsghdr *nlh,
		struct kn_err *err)
{
	struct kn_talk *talk;
	int code = kn_world_talk(world, ns, &talk, err);

	return code ? code : kn_talk_do(talk, nlh, err);
}

bool kn_is_gone(int code)
{
	return code == -ENODEV || code == -ENOENT || code == -EADDRNOTAVAIL || code == -ESRCH ||
	       code == -ENXIO;
}
