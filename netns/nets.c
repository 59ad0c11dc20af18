/* SPDX-License-Identifier: MIT */
#include "nets.h"
#include "namespace.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>

int kn_nets_open(struct kn_nets **out, const struct kn_topology *topo, struct kn_err *err)
{
	struct kn_nets *nets = calloc(1, sizeof(*nets));

	if (nets)
		nets->refs = calloc(topo->n_ns, sizeof(*nets->refs));
	if (!nets || !nets->refs) {
		free(nets);
		return kn_fail(err, -ENOMEM, "out of memory");
	}
	nets->topo = topo;
	for (size_t i = 0; i < topo->n_ns; i++)
		nets->refs[i].fd = -1;
	nets->refs[0].fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (nets->refs[0].fd < 0) {
		int code = -errno;

		kn_nets_close(nets);
		return kn_fail(err, code, "/proc/self/ns/net: %s", strerror(-code));
	}
	*out = nets;
	return 0;
}

void kn_nets_close(struct kn_nets *nets)
{
	if (!nets)
		return;
	for (size_t i = 0; i < nets->topo->n_ns; i++)
		kn_nets_forget(nets, &nets->topo->ns[i]);
	free(nets->holders.list);
	free(nets->refs);
	free(nets);
}

struct kn_ns_ref *kn_nets_ref(struct kn_nets *nets, const struct kn_ns *ns)
{
	return &nets->refs[ns - nets->topo->ns];
}

int kn_nets_fd(struct kn_nets *nets, const struct kn_ns *ns, struct kn_err *err)
{
	struct kn_ns_ref *ref = kn_nets_ref(nets, ns);

	if (ref->fd < 0) {
		int fd = kn_namespace_open(ns->name, err);

		if (fd < 0)
			return fd;
		ref->fd = fd;
	}
	return ref->fd;
}

int kn_nets_enter(struct kn_nets *nets, const struct kn_ns *ns, struct kn_err *err)
{
	int fd = kn_nets_fd(nets, ns, err);

	if (fd < 0)
		return fd;
	if (setns(fd, CLONE_NEWNET) < 0)
		return kn_fail(err, -errno, "entering namespace \"%s\": %s", ns->name,
			       strerror(errno));
	return 0;
}

void kn_nets_leave(struct kn_nets *nets)
{
	/* Continuing in the wrong namespace would change somebody else's links. */
	if (setns(nets->refs[0].fd, CLONE_NEWNET) < 0)
		abort();
}

int kn_nets_talk(struct kn_nets *nets, const struct kn_ns *ns, struct kn_talk **out,
		 struct kn_err *err)
{
	struct kn_ns_ref *ref = kn_nets_ref(nets, ns);
	int code;

	if (!ref->talk) {
		code = kn_nets_enter(nets, ns, err);
		if (code < 0)
			return code;
		code = kn_talk_open(&ref->talk, err);
		kn_nets_leave(nets);
		if (code)
			return code;
	}
	*out = ref->talk;
	return 0;
}

void kn_nets_forget(struct kn_nets *nets, const struct kn_ns *ns)
{
	struct kn_ns_ref *ref = kn_nets_ref(nets, ns);

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

int kn_nets_link(struct kn_nets *nets, const struct kn_ns *ns, const char *name,
		 struct kn_link_info *out, struct kn_err *err)
{
	char buf[KN_MSG_SIZE];
	struct kn_talk *talk;
	int code = kn_nets_talk(nets, ns, &talk, err);

	return code ? code : kn_talk_get(talk, kn_msg_link_get(buf, name), take_link, out, err);
}

int kn_nets_do(struct kn_nets *nets, const struct kn_ns *ns, struct nlmsghdr *nlh,
	       struct kn_err *err)
{
	struct kn_talk *talk;
	int code = kn_nets_talk(nets, ns, &talk, err);

	return code ? code : kn_talk_do(talk, nlh, err);
}

bool kn_is_gone(int code)
{
	return code == -ENODEV || code == -ENOENT || code == -EADDRNOTAVAIL || code == -ESRCH ||
	       code == -ENXIO;
}
