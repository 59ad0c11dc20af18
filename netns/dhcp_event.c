/* SPDX-License-Identifier: MIT */
#include "cleanup.h"
#include "dhcp.h"
#include "resolv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* A lease as the clients hand it to their script: in the environment, under names of their own.
 * It comes from whoever answered on the wire, so every value is parsed and none is passed on raw.
 */
struct lease {
	struct kn_prefix addr;
	struct kn_prefix router; /* family 0: none */
	char *resolv;
};

static const struct names {
	const char *address, *prefix, *mask, *router, *dns, *search;
} names_of[] = {
    {"ip", "mask", "subnet", "router", "dns", "domain"},
    {"new_ip_address", NULL, "new_subnet_mask", "new_routers", "new_domain_name_servers",
     "new_domain_name"},
};

static bool first_address(const char *value, struct kn_prefix *out)
{
	char one[INET_ADDRSTRLEN + 1];
	size_t len = value ? strcspn(value, " ,") : 0;

	if (!len || len > INET_ADDRSTRLEN)
		return false;
	memcpy(one, value, len);
	one[len] = '\0';
	if (inet_pton(AF_INET, one, out->bytes) != 1)
		return false;
	out->family = AF_INET;
	out->len = 32;
	return true;
}

static bool prefix_length(const struct names *names, uint8_t *len)
{
	const char *text = names->prefix ? getenv(names->prefix) : NULL;
	struct kn_prefix mask;
	uint32_t bits;
	long number;

	number = text ? strtol(text, NULL, 10) : 0;
	if (number >= 1 && number <= 32) {
		*len = (uint8_t)number;
		return true;
	}
	if (!first_address(getenv(names->mask), &mask))
		return false;
	memcpy(&bits, mask.bytes, 4);
	bits = ntohl(bits);
	if (!bits || (~bits & (~bits + 1)) != 0) /* ones, then zeros */
		return false;
	*len = (uint8_t)__builtin_popcount(bits);
	return true;
}

static bool is_domain(const char *text)
{
	return text && *text && strlen(text) < 254 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_ ") ==
		   strlen(text);
}

static char *resolv_text(const struct names *names)
{
	const char *dns = getenv(names->dns), *search = getenv(names->search);
	char address[INET_ADDRSTRLEN], *text = NULL;
	struct kn_prefix server;
	size_t len;
	FILE *f;

	if (!dns || !(f = open_memstream(&text, &len)))
		return NULL;
	fputs(kn_resolv_mark, f);
	for (; *dns; dns += strcspn(dns, " "), dns += strspn(dns, " "))
		if (first_address(dns, &server))
			fprintf(f, "nameserver %s\n",
				inet_ntop(AF_INET, server.bytes, address, sizeof(address)));
	if (is_domain(search))
		fprintf(f, "search %s\n", search);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static int read_lease(const struct names *names, struct lease *lease, struct kn_err *err)
{
	*lease = (struct lease){};
	if (!first_address(getenv(names->address), &lease->addr) ||
	    !prefix_length(names, &lease->addr.len))
		return kn_fail(err, -EINVAL, "a lease without an address and mask");
	if (!first_address(getenv(names->router), &lease->router))
		lease->router.family = 0;
	lease->resolv = resolv_text(names);
	return 0;
}

/* --- applying it: this process is in the namespace already --- */

struct flush {
	int ifindex;
	const struct kn_prefix *except;
	struct kn_prefix found[16];
	size_t n;
	bool has_except;
};

static void begin(void *data)
{
	struct flush *flush = data;

	flush->n = 0;
	flush->has_except = false;
}

static int each(const struct nlmsghdr *nlh, void *data)
{
	struct flush *flush = data;
	struct kn_addr_info info;

	if (kn_read_addr(nlh, &info) || info.ifindex != flush->ifindex ||
	    info.addr.family != AF_INET)
		return MNL_CB_OK;
	if (flush->except && info.addr.len == flush->except->len &&
	    memcmp(info.addr.bytes, flush->except->bytes, 4) == 0)
		flush->has_except = true;
	else if (flush->n < sizeof(flush->found) / sizeof(flush->found[0]))
		flush->found[flush->n++] = info.addr;
	return MNL_CB_OK;
}

/* Removes the link's IPv4 addresses but for one, and adds that one if it is missing. */
static int set_address(struct kn_talk *talk, int ifindex, const struct kn_prefix *addr,
		       struct kn_err *err)
{
	struct flush flush = {.ifindex = ifindex, .except = addr};
	struct kn_dump dump = {begin, each, &flush};
	char buf[KN_MSG_SIZE];
	int code = kn_talk_dump(talk, kn_msg_addr_dump(buf, ifindex), &dump, err);

	for (size_t i = 0; i < flush.n && !code; i++) {
		code = kn_talk_do(talk, kn_msg_addr_del(buf, ifindex, &flush.found[i]), err);
		code = kn_is_gone(code) ? 0 : code;
	}
	if (!code && addr && !flush.has_except)
		code = kn_talk_do(talk, kn_msg_addr_new(buf, ifindex, addr, 0), err);
	return code;
}

/* A router beyond the prefix (as clouds like it) is reached by a route of its own. */
static int set_default_route(struct kn_talk *talk, int ifindex, const struct kn_prefix *router,
			     struct kn_err *err)
{
	struct kn_route_spec via = {
	    .to = {.family = AF_INET}, .via = *router, .oif = ifindex, .table = RT_TABLE_MAIN};
	struct kn_route_spec host = {.to = *router, .oif = ifindex, .table = RT_TABLE_MAIN};
	char buf[KN_MSG_SIZE];
	int code = kn_talk_do(talk, kn_msg_route_new(buf, &via), err);

	if (code == -ENETUNREACH) {
		code = kn_talk_do(talk, kn_msg_route_new(buf, &host), err);
		if (!code || code == -EEXIST)
			code = kn_talk_do(talk, kn_msg_route_new(buf, &via), err);
	}
	if (code != -EEXIST)
		return code;
	/* Of the lease before this one, perhaps by another router. */
	kn_talk_do(
	    talk,
	    kn_msg_route_del(
		buf, &(struct kn_route_spec){.to = via.to, .oif = ifindex, .table = via.table}),
	    err);
	code = kn_talk_do(talk, kn_msg_route_new(buf, &via), err);
	return code == -EEXIST ? 0 : code;
}

static int take_link(const struct nlmsghdr *nlh, void *data)
{
	return kn_read_link(nlh, data) ? MNL_CB_ERROR : MNL_CB_OK;
}

static int apply(struct kn_talk *talk, const char *interface, const struct lease *lease,
		 struct kn_err *err)
{
	const char *ns = getenv("KIDOS_NETNS_RESOLV");
	struct kn_link_info link;
	char buf[KN_MSG_SIZE];
	int code = kn_talk_get(talk, kn_msg_link_get(buf, interface), take_link, &link, err);

	if (!code)
		code =
		    set_address(talk, link.ifindex, lease->addr.family ? &lease->addr : NULL, err);
	if (!code && lease->router.family)
		code = set_default_route(talk, link.ifindex, &lease->router, err);
	if (!code && ns && *ns && !strchr(ns, '/') && lease->resolv)
		code = kn_resolv_write(ns, lease->resolv, err);
	return code;
}

enum action {
	NOTHING,
	LEASED,
	LOST,
};

static const struct {
	const char *name;
	enum action action;
	const struct names *names;
} events[] = {
    {"bound", LEASED, &names_of[0]},	{"renew", LEASED, &names_of[0]},
    {"deconfig", LOST, &names_of[0]},	{"leasefail", NOTHING, &names_of[0]},
    {"nak", NOTHING, &names_of[0]},	{"BOUND", LEASED, &names_of[1]},
    {"RENEW", LEASED, &names_of[1]},	{"REBIND", LEASED, &names_of[1]},
    {"REBOOT", LEASED, &names_of[1]},	{"EXPIRE", LOST, &names_of[1]},
    {"RELEASE", LOST, &names_of[1]},	{"STOP", LOST, &names_of[1]},
    {"FAIL", LOST, &names_of[1]},	{"PREINIT", NOTHING, &names_of[1]},
    {"TIMEOUT", NOTHING, &names_of[1]}, {"MEDIUM", NOTHING, &names_of[1]},
};

static int handle(const char *interface, enum action action, const struct names *names,
		  struct kn_err *err)
{
	struct kn_talk *talk = NULL;
	struct lease lease = {};
	int code = 0;

	if (action == NOTHING)
		return 0;
	if (action == LEASED)
		code = read_lease(names, &lease, err);
	if (!code)
		code = kn_talk_open(&talk, err);
	if (!code)
		code = apply(talk, interface, &lease, err);
	kn_talk_close(talk);
	free(lease.resolv);
	return code;
}

bool kn_dhcp_event(int argc, char **argv, int *exit_code)
{
	const char *interface = getenv("interface");
	const char *event = argc == 1 ? getenv("reason") : argv[1];
	struct kn_err err;

	if (!interface || !event)
		return false;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (strcmp(events[i].name, event) != 0)
			continue;
		*exit_code = 0;
		if (handle(interface, events[i].action, events[i].names, &err) < 0) {
			fprintf(stderr, "kidos-netns: dhcp %s %s: %s\n", interface, event,
				err.text);
			*exit_code = 1;
		}
		return true;
	}
	return false;
}
