/* SPDX-License-Identifier: MIT */
#include "msg.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

static size_t family_bytes(uint8_t family)
{
	return family == AF_INET6 ? 16 : 4;
}

static struct nlmsghdr *addr_message(void *buf, uint16_t type, uint16_t flags, int ifindex,
				     const struct kn_prefix *addr)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	size_t size = family_bytes(addr->family);
	struct ifaddrmsg *ifa;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = addr->family;
	ifa->ifa_prefixlen = addr->len;
	ifa->ifa_scope = RT_SCOPE_UNIVERSE;
	ifa->ifa_index = ifindex;
	mnl_attr_put(nlh, IFA_LOCAL, size, addr->bytes);
	mnl_attr_put(nlh, IFA_ADDRESS, size, addr->bytes);
	return nlh;
}

/* IPv4 gets its broadcast address, as RFC 919 has it; /31 and /32 have none (RFC 3021). */
static void put_broadcast(struct nlmsghdr *nlh, const struct kn_prefix *addr)
{
	uint32_t host;

	if (addr->family != AF_INET || addr->len > 30)
		return;
	memcpy(&host, addr->bytes, 4);
	host |= __builtin_bswap32(0xffffffffU >> addr->len);
	mnl_attr_put_u32(nlh, IFA_BROADCAST, host);
}

struct nlmsghdr *kn_msg_addr_new(void *buf, int ifindex, const struct kn_prefix *addr,
				 uint8_t flags)
{
	struct nlmsghdr *nlh =
		addr_message(buf, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, addr);
	struct ifaddrmsg *ifa;

	ifa = mnl_nlmsg_get_payload(nlh);
	ifa->ifa_flags = flags;
	put_broadcast(nlh, addr);
	return nlh;
}

struct nlmsghdr *kn_msg_addr_del(void *buf, int ifindex, const struct kn_prefix *addr)
{
	return addr_message(buf, RTM_DELADDR, 0, ifindex, addr);
}

struct nlmsghdr *kn_msg_addr_dump(void *buf, int ifindex)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *ifa;

	nlh->nlmsg_type = RTM_GETADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = AF_UNSPEC;
	ifa->ifa_index = ifindex; /* a filter under NETLINK_GET_STRICT_CHK, else ignored */
	return nlh;
}

struct nlmsghdr *kn_msg_neigh_dump(void *buf, uint8_t family, uint8_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ndmsg *ndm;

	nlh->nlmsg_type = RTM_GETNEIGH;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ndm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ndm));
	ndm->ndm_family = family;
	ndm->ndm_flags = flags;
	return nlh;
}
