/* SPDX-License-Identifier: MIT */
#include "uplink_networks.h"
#include "netlink/cleanup.h"
#include "uplink_nexthop.h"
#include "uplink_route.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define CARRIER_WAIT_MS 10000 /* Ethernet negotiates for 1 to 4 s */
#define CARRIER_PAUSE_MS 50

static int change(struct kn_return *r, struct nlmsghdr *nlh)
{
	return kn_nets_do(r->nets, r->home, nlh, r->err);
}

/* A copy of a saved message, to be sent; NULL if there is not even room for its header. */
static struct nlmsghdr *copy(const struct kn_saved *saved, uint16_t type, size_t header)
{
	struct nlmsghdr *nlh = saved->len < NLMSG_HDRLEN + header ? NULL : malloc(saved->len);

	if (!nlh)
		return NULL;
	memcpy(nlh, saved->message, saved->len);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
	return nlh;
}

static struct nlattr *find(const struct nlmsghdr *nlh, size_t header, uint16_t type)
{
	struct nlattr *attr;

	mnl_attr_for_each (attr, nlh, header)
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

/* --- addresses --- */

/* Duplicate address detection (RFC 4862 5.4) was done when the address was first set. If it ran
 * again, the address could not be a source until it ended, and routes that name it would be
 * refused. So the address is added with IFA_F_NODAD, and a second message sets its own flags, which
 * does not start it.
 */
static int send_address(struct kn_return *r, struct nlmsghdr *nlh)
{
	struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	struct nlattr *attr = find(nlh, sizeof(*ifa), IFA_FLAGS);
	uint32_t flags = ifa->ifa_flags, *wide = NULL;
	int code;

	if (attr && mnl_attr_get_payload_len(attr) >= 4)
		wide = mnl_attr_get_payload(attr);
	flags = wide ? *wide : flags;
	if (ifa->ifa_family == AF_INET6 &&
	    !(flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_NODAD))) {
		ifa->ifa_flags |= IFA_F_NODAD;
		if (wide)
			*wide |= IFA_F_NODAD;
		code = change(r, nlh);
		if (code)
			return code;
		ifa->ifa_flags &= (uint8_t)~IFA_F_NODAD;
		if (wide)
			*wide &= ~(uint32_t)IFA_F_NODAD;
	}
	return change(r, nlh);
}

/* The kernel has given IPv4 addresses labels of its own when the interface got its name back, and
 * changes none of an address that is there.
 */
static int drop_label(struct kn_return *r, const struct kn_saved *saved)
{
	struct kn_addr_info info;
	char buf[KN_MSG_SIZE];
	int code = 0;

	if (r->renamed && kn_read_addr(saved->message, &info) == 0 && info.addr.family == AF_INET)
		code = change(r, kn_msg_addr_del(buf, r->now.ifindex, &info.addr));
	return kn_is_gone(code) ? 0 : code;
}

static int restore_address(struct kn_return *r, const struct kn_saved *saved)
{
	int code = drop_label(r, saved);
	_cleanup_free_ struct nlmsghdr *nlh = copy(saved, RTM_NEWADDR, sizeof(struct ifaddrmsg));
	struct ifaddrmsg *ifa = nlh ? mnl_nlmsg_get_payload(nlh) : NULL;

	if (!ifa)
		return kn_fail(r->err, -EBADMSG, "journal");
	ifa->ifa_index = (uint32_t)r->now.ifindex;
	return code ? code : send_address(r, nlh);
}

/* --- neighbours --- */

static int restore_neighbour(struct kn_return *r, const struct kn_saved *saved)
{
	_cleanup_free_ struct nlmsghdr *nlh = copy(saved, RTM_NEWNEIGH, sizeof(struct ndmsg));
	struct ndmsg *ndm = nlh ? mnl_nlmsg_get_payload(nlh) : NULL;
	int code;

	if (!ndm)
		return kn_fail(r->err, -EBADMSG, "journal");
	ndm->ndm_ifindex = r->now.ifindex;
	ndm->ndm_type = 0;
	if (ndm->ndm_family == AF_BRIDGE) /* the device's own list does not replace */
		nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	code = change(r, nlh);
	return code == -EEXIST ? 0 : code;
}

/* A failure does not stop the others. */
static int restore_each(struct kn_return *r, const struct kn_saved_list *list, const char *what,
			int (*one)(struct kn_return *r, const struct kn_saved *saved))
{
	struct kn_err last = {};
	int code = 0;

	for (size_t i = 0; i < list->n; i++) {
		int each_code = one(r, &list->items[i]);

		if (!each_code)
			continue;
		code = kn_fail_at(r->err, each_code, "%s %s", what, list->items[i].text);
		last = *r->err;
	}
	if (code)
		*r->err = last;
	return code;
}

static int restore_addresses(struct kn_return *r)
{
	return restore_each(r, &r->journal->addrs, "address", restore_address);
}

static int restore_neighbours(struct kn_return *r)
{
	return restore_each(r, &r->journal->neighbours, "neighbour", restore_neighbour);
}

/* --- nexthop objects --- */

/* The kernel makes none on a link without carrier. */
static void wait_for_carrier(struct kn_return *r)
{
	const struct timespec pause = { .tv_nsec = CARRIER_PAUSE_MS * 1000000L };
	struct kn_link_info info;
	struct kn_err ignored;

	for (int ms = 0; ms < CARRIER_WAIT_MS; ms += CARRIER_PAUSE_MS) {
		if (kn_nets_link(r->nets, r->home, r->now.name, &info, &ignored) || info.carrier)
			return;
		nanosleep(&pause, NULL);
	}
}

static int restore_nexthops(struct kn_return *r)
{
	if (!r->journal->nexthops.n)
		return 0;
	wait_for_carrier(r);
	return kn_nexthop_restore(r->nets, r->journal, r->now.ifindex, r->rebooted, r->err);
}

/* --- routes --- */

struct one_route {
	struct kn_return *r;
	const struct nlmsghdr *saved;
	void *buf;
	int code;
};

static int send_route(const struct one_route *one, const struct kn_path *only)
{
	int code = change(one->r, kn_route_again(one->buf, one->saved, one->r->journal->ifindex,
						 one->r->now.ifindex, only));

	return code == -EEXIST ? 0 : code;
}

static void send_own_path(const struct kn_path *path, void *data)
{
	struct one_route *one = data;

	if (path->ifindex == one->r->journal->ifindex && !one->code)
		one->code = send_route(one, path->hop ? path : NULL);
}

static void has_own_path(const struct kn_path *path, void *data)
{
	struct one_route *one = data;

	if (path->ifindex == one->r->journal->ifindex)
		one->code++;
}

/* When an interface goes, IPv6 keeps the other paths of a route, and refuses a route of which one
 * path exists: so each own path is added by itself. IPv4 drops the whole route: so it is added as a
 * whole, or with our paths only if the others' interfaces are gone.
 */
static int restore_route(struct kn_return *r, const struct kn_saved *saved)
{
	_cleanup_free_ void *buf = malloc(saved->len + 64);
	struct one_route one = { r, saved->message, buf, 0 };
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(one.saved);
	int code = -EADDRNOTAVAIL;

	if (!buf || saved->len < NLMSG_HDRLEN + sizeof(*rtm))
		return kn_fail(r->err, -EBADMSG, "journal");
	kn_route_paths(one.saved, has_own_path, &one);
	if (!one.code) /* by its object, or another's that names our address */
		return r->rebooted && !kn_route_object(one.saved) ? 0 : send_route(&one, NULL);
	one.code = 0;
	if (rtm->rtm_family == AF_INET && !r->rebooted)
		code = send_route(&one, NULL);
	if (code)
		kn_route_paths(one.saved, send_own_path, &one);
	return code ? one.code : 0;
}

/* A route by a gateway needs the route to the gateway first, but the dump is sorted by prefix. So
 * the list is tried again until a round adds nothing.
 */
static int restore_routes(struct kn_return *r)
{
	size_t n = r->journal->routes.n, left = n, before;
	_cleanup_free_ bool *done = calloc(n + 1, sizeof(*done));
	int code = 0;

	if (!done)
		return kn_fail(r->err, -ENOMEM, "out of memory");
	do {
		before = left;
		for (size_t i = 0; i < n; i++) {
			const struct kn_saved *saved = &r->journal->routes.items[i];
			int each_code = done[i] ? 0 : restore_route(r, saved);

			if (each_code)
				code = kn_fail_at(r->err, each_code, "route %s", saved->text);
			else if (!done[i]) {
				done[i] = true;
				left--;
			}
		}
	} while (left && left < before);
	return left ? code : 0;
}

static int restore_token(struct kn_return *r)
{
	char buf[KN_MSG_SIZE];

	if (!r->journal->has_token)
		return 0;
	return change(r, kn_msg_link_token(buf, r->now.ifindex, r->journal->token));
}

int kn_return_parts(struct kn_return *r, kn_return_part *const *parts, size_t n)
{
	int first = 0;

	for (size_t i = 0; i < n; i++) {
		struct kn_err before = *r->err;
		int code = parts[i](r);

		if (first)
			*r->err = before;
		else
			first = code;
	}
	return first;
}

int kn_return_networks(struct kn_return *r)
{
	static kn_return_part *const parts[] = {
		restore_token,    restore_addresses, restore_neighbours,
		restore_nexthops, restore_routes,
	};

	return kn_return_parts(r, parts, sizeof(parts) / sizeof(parts[0]));
}
