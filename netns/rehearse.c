/* SPDX-License-Identifier: MIT */
#include "rehearse.h"
#include "link.h"
#include "netlink/cleanup.h"
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>

/* Leaves the process in the last of them; the caller returns it. */
static int scratch_namespaces(struct kn_nets *scratch, struct kn_err *err)
{
	for (size_t i = scratch->topo->n_ns; i-- > 0;) {
		kn_close_fd(&scratch->refs[i].fd);
		if (unshare(CLONE_NEWNET) < 0)
			return kn_fail(err, -errno, "new network namespace: %s", strerror(errno));
		scratch->refs[i].fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
		if (scratch->refs[i].fd < 0)
			return kn_fail(err, -errno, "/proc/thread-self/ns/net: %s",
				       strerror(errno));
	}
	return 0;
}

static int stand_in(struct kn_nets *scratch, const struct kn_link *uplink, struct kn_err *err)
{
	struct kn_link_spec end = kn_link_spec(uplink), peer = { .name = "veth%d", .ns_fd = -1 };
	char buf[KN_MSG_SIZE];

	return kn_nets_do(scratch, uplink->ns, kn_msg_veth_new(buf, &end, &peer), err);
}

static int rehearse(struct kn_nets *scratch, struct kn_nets *nets, const struct kn_step *step,
		    struct kn_err *err)
{
	struct kn_err ignored;

	if (step->ops == &kn_step_namespace || step->ops == &kn_step_resolv ||
	    step->ops == &kn_step_dhcp)
		return 0;
	if (step->ops == &kn_step_uplink)
		return stand_in(scratch, step->link, err);
	if (step->ops == &kn_step_sysctl || step->ops == &kn_step_link_sysctl)
		return kn_sysctl_writable(scratch, step, err);
	/* Its gateway may be behind an existing link that is not ours. */
	if (step->ops == &kn_step_route && kn_nets_fd(nets, step->ns, &ignored) >= 0)
		return 0;
	return step->ops->make(scratch, step, err);
}

static int rehearse_all(const struct kn_plan *plan, struct kn_nets *scratch, struct kn_nets *nets,
			struct kn_err *err)
{
	char key[KN_STEP_TEXT];
	int code = scratch_namespaces(scratch, err);

	scratch->no_dad = true;
	for (size_t i = 0; !code && i < plan->n; i++) {
		const struct kn_step *step = &plan->steps[i];

		code = rehearse(scratch, nets, step, err);
		if (!code)
			continue;
		step->ops->text(step, key, sizeof(key));
		kn_fail_at(err, code, "%s", key);
	}
	return code;
}

int kn_rehearse(const struct kn_plan *plan, struct kn_nets *nets, struct kn_err *err)
{
	struct kn_nets *scratch;
	int code = kn_nets_open(&scratch, nets->topo, err);

	if (code)
		return code;
	code = rehearse_all(plan, scratch, nets, err);
	kn_nets_close(scratch);
	kn_nets_leave(nets);
	return code;
}
