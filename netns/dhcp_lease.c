/* SPDX-License-Identifier: MIT */
#include "dhcp_lease.h"
#include "resolv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* 64 routes of up to 36 characters, and some. */
#define LIST_BYTES 4096

typedef bool routes_parser(char *list, struct kn_lease *lease);
static routes_parser udhcpc_routes, dhclient_routes;

static const struct names {
	const char *address, *prefix, *mask, *router, *dns, *search, *routes;
	routes_parser *parse_routes;
} names_of[] = {
	[KN_UDHCPC] = { "ip", "mask", "subnet", "router", "dns", "domain", "staticroutes",
			udhcpc_routes },
	[KN_DHCLIENT] = { "new_ip_address", NULL, "new_subnet_mask", "new_routers",
			  "new_domain_name_servers", "new_domain_name",
			  "new_rfc3442_classless_static_routes", dhclient_routes },
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

/* --- option 121, RFC 3442 --- */

/* Takes a route with its host bits cleared. Router 0.0.0.0: the destination is on the link. */
static bool add_route(struct kn_lease *lease, struct kn_prefix to, struct kn_prefix via)
{
	uint32_t bits, mask = to.len ? ~0U << (32 - to.len) : 0;

	if (lease->n_routes == KN_LEASE_ROUTES)
		return false;
	memcpy(&bits, to.bytes, 4);
	bits &= htonl(mask);
	memcpy(to.bytes, &bits, 4);
	if (memcmp(via.bytes, "\0\0\0", 4) == 0)
		via.family = 0;
	lease->routes[lease->n_routes++] = (struct kn_lease_route){ to, via };
	return true;
}

static bool small_number(const char *word, unsigned long max, uint8_t *out)
{
	char *end;
	unsigned long number = word && *word >= '0' && *word <= '9' ? strtoul(word, &end, 10) : 256;

	if (number > max || *end)
		return false;
	*out = (uint8_t)number;
	return true;
}

/* "10.0.0.0/8 192.0.2.1 0.0.0.0/0 192.0.2.1": destination and router by turns */
static bool udhcpc_routes(char *list, struct kn_lease *lease)
{
	struct kn_prefix to = { .family = AF_INET }, via = {};
	char *rest = list, *word, *slash;

	while ((word = strtok_r(rest, " ", &rest))) {
		slash = strchr(word, '/');
		if (!slash || !small_number(slash + 1, 32, &to.len))
			return false;
		*slash = '\0';
		if (inet_pton(AF_INET, word, to.bytes) != 1 ||
		    !first_address(strtok_r(rest, " ", &rest), &via) || !add_route(lease, to, via))
			return false;
	}
	return true;
}

static bool four_bytes(char **rest, size_t n, uint8_t bytes[4])
{
	memset(bytes, 0, 4);
	for (size_t i = 0; i < n; i++)
		if (!small_number(strtok_r(*rest, " ", rest), 255, &bytes[i]))
			return false;
	return true;
}

/* "8 10 192 0 2 1 0 192 0 2 1": the option's bytes, of a destination only as many as count */
static bool dhclient_routes(char *list, struct kn_lease *lease)
{
	struct kn_prefix to = { .family = AF_INET }, via = { .family = AF_INET, .len = 32 };
	char *rest = list, *word;

	while ((word = strtok_r(rest, " ", &rest))) {
		if (!small_number(word, 32, &to.len) ||
		    !four_bytes(&rest, (to.len + 7U) / 8, to.bytes) ||
		    !four_bytes(&rest, 4, via.bytes) || !add_route(lease, to, via))
			return false;
	}
	return true;
}

/* A client that gets the option ignores the router. One that makes no sense is no option. */
static void read_routes(const struct names *names, struct kn_lease *lease)
{
	const char *text = getenv(names->routes);
	struct kn_prefix router;
	char list[LIST_BYTES];

	if (text && strlen(text) < sizeof(list) && names->parse_routes(strcpy(list, text), lease) &&
	    lease->n_routes)
		return;
	lease->n_routes = 0;
	if (first_address(getenv(names->router), &router))
		add_route(lease, (struct kn_prefix){ .family = AF_INET }, router);
}

int kn_lease_read(enum kn_dhcp_dialect dialect, struct kn_lease *lease, struct kn_err *err)
{
	const struct names *names = &names_of[dialect];

	*lease = (struct kn_lease){};
	if (!first_address(getenv(names->address), &lease->addr) ||
	    !prefix_length(names, &lease->addr.len))
		return kn_fail(err, -EINVAL, "a lease without an address and mask");
	read_routes(names, lease);
	lease->resolv = resolv_text(names);
	return 0;
}
