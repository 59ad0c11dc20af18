/* SPDX-License-Identifier: MIT */
/* mnl_links.h: interfaces and their counters over rtnetlink. */
#ifndef KIDOS_LINKS_MNL_LINKS_H
#define KIDOS_LINKS_MNL_LINKS_H

#include "links/link.h"

struct kidos_rtnl;

/*
 * Opens sockets in the calling thread's namespace, one for requests and one
 * for events. They keep the namespace alive: close them when its name goes.
 * Returns NULL with errno.
 */
struct kidos_rtnl *kidos_rtnl_open(void);
void kidos_rtnl_close(struct kidos_rtnl *rtnl);

/*
 * All links of the namespace, without qdisc counters; 0 or -errno. While links come and go without
 * a pause, some that have just gone may be among them. Free with kidos_links_free.
 */
int kidos_rtnl_links(struct kidos_rtnl *rtnl, struct kidos_links *links);

/*
 * What all links count, in the same way: of each only its index, counters,
 * missed and overrun.
 */
int kidos_rtnl_counters(struct kidos_rtnl *rtnl, struct kidos_links *links);

/* The link with this index alone, with all counters: -ENODEV when there is none. */
int kidos_rtnl_link(struct kidos_rtnl *rtnl, unsigned int ifindex, struct kidos_links *links);

/*
 * Sets default_route of the links that one leads to, of whatever family, table
 * and metric, with several next hops or with a nexthop object (kernel 5.3).
 * From the first call on default routes are followed by events: then, and when
 * events were lost, all routes are dumped, else none is asked for. 0 or -errno.
 */
int kidos_rtnl_default_routes(struct kidos_rtnl *rtnl, struct kidos_links *links);

/* The index that this name has now, 0: none. Waits for no lock. */
unsigned int kidos_rtnl_index(struct kidos_rtnl *rtnl, const char name[IF_NAMESIZE]);

/* Fills in driver and has_device, which only ethtool's ioctl tells. */
void kidos_rtnl_driver(struct kidos_rtnl *rtnl, struct kidos_link *link);

/*
 * Runs an ethtool command, a struct of linux/ethtool.h that begins with its
 * number, on an interface by name. 0 or -errno: -EOPNOTSUPP where the driver
 * has no such thing.
 */
int kidos_rtnl_ethtool(struct kidos_rtnl *rtnl, const char name[IF_NAMESIZE], void *command);

/*
 * Filters at both sides of the interface's clsact qdisc, in the calling
 * thread's namespace; -errno. By a socket of its own, so without the lock.
 */
int kidos_filters(unsigned int ifindex);

/* Becomes readable when links, or default routes that are followed, may have changed. */
int kidos_rtnl_event_fd(const struct kidos_rtnl *rtnl);

/* Takes all events that wait; true if any matters, or some were lost. */
bool kidos_rtnl_take_events(struct kidos_rtnl *rtnl);

/* Was there an event of the link since kidos_rtnl_touched_clear was called last, or was one lost?
 */
bool kidos_rtnl_touched(const struct kidos_rtnl *rtnl, unsigned int ifindex);
void kidos_rtnl_touched_clear(struct kidos_rtnl *rtnl);

#endif
