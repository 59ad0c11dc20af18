/* SPDX-License-Identifier: MIT */
/* ethtool.c: what of an interface is had by ioctl. */
#include "links/mnl_private.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

int kidos_rtnl_ethtool(struct kidos_rtnl *rtnl, const char name[IF_NAMESIZE], void *command)
{
	struct ifreq request = { .ifr_data = command };

	memcpy(request.ifr_name, name, IF_NAMESIZE);
	return ioctl(mnl_socket_get_fd(rtnl->events), SIOCETHTOOL, &request) ? -errno : 0;
}

unsigned int kidos_rtnl_index(struct kidos_rtnl *rtnl, const char name[IF_NAMESIZE])
{
	struct ifreq request = {};

	memcpy(request.ifr_name, name, IF_NAMESIZE);
	if (ioctl(mnl_socket_get_fd(rtnl->events), SIOCGIFINDEX, &request))
		return 0;
	return (unsigned int)request.ifr_ifindex;
}

void kidos_rtnl_driver(struct kidos_rtnl *rtnl, struct kidos_link *link)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	if (kidos_rtnl_ethtool(rtnl, link->name, &info))
		return;
	memcpy(link->driver, info.driver, sizeof(link->driver) - 1);
	link->has_device = !*link->kind && *info.bus_info;
}
