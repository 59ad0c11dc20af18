/* SPDX-License-Identifier: MIT */
#include "field.h"
#include "topology.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Sysctls: an object of values; only names below /proc/sys/net, and no path tricks. */

static int sysctl_key(struct kn_reader *r, const char *place, const char *key, const char *begin)
{
	size_t skip = strlen(begin);

	if (strncmp(key, begin, skip) != 0)
		return kn_place_fail(r, place, NULL, "does not begin with \"%s\"", begin);
	if (strlen(key) >= sizeof(((struct kn_sysctl *)0)->key))
		return kn_place_fail(r, place, NULL, "too long");
	if (strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_.-") != strlen(key))
		return kn_place_fail(r, place, NULL, "contains more than letters, digits, _ - .");
	if (!key[skip] || strstr(key, "..") || key[strlen(key) - 1] == '.')
		return kn_place_fail(r, place, NULL, "an empty part");
	return 0;
}

static int sysctl_value(struct kn_reader *r, const char *place, struct json_object *value,
			struct kn_sysctl *out)
{
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_string))
		return kn_place_fail(r, place, value, "neither a number nor a string");
	if (!*text || strlen(text) >= sizeof(out->value) || strpbrk(text, "\n\r"))
		return kn_place_fail(r, place, value, "not a value of one short line");
	snprintf(out->value, sizeof(out->value), "%s", text);
	return 0;
}

static int one_sysctl(struct kn_reader *r, const char *place, const char *key,
		      struct json_object *value, bool of_link, struct kn_sysctl *out)
{
	char at[KN_PLACE], shown[80];
	int err;

	snprintf(shown, sizeof(shown), "%s", key);
	for (char *c = shown; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	snprintf(at, sizeof(at), "%s.\"%s\"", place, shown);
	if (of_link)
		err = sysctl_key(r, at, key, strncmp(key, "ipv6.", 5) == 0 ? "ipv6." : "ipv4.");
	else
		err = sysctl_key(r, at, key, "net.");
	if (err)
		return err;
	if (of_link && strchr(key + 5, '.'))
		return kn_place_fail(r, at, NULL, "more than one part after the protocol");
	snprintf(out->key, sizeof(out->key), "%s", key);
	return sysctl_value(r, at, value, out);
}

static int read_sysctls(struct kn_reader *r, const char *place, struct json_object *value,
			bool of_link, struct kn_sysctl **list, size_t *count)
{
	int err;

	if (!json_object_is_type(value, json_type_object))
		return kn_place_fail(r, place, value, "not an object");
	*list = calloc(json_object_object_length(value) + 1, sizeof(**list));
	if (!*list)
		return kn_place_fail(r, place, NULL, "out of memory");
	json_object_object_foreach (value, key, member) {
		err = one_sysctl(r, place, key, member, of_link, &(*list)[*count]);
		if (err)
			return err;
		(*count)++;
	}
	return 0;
}

static int ns_sysctls(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		      const struct kn_field *field)
{
	struct kn_ns *ns = (void *)((char *)out - field->offset);

	return read_sysctls(r, place, value, false, &ns->sysctls, &ns->n_sysctls);
}

int kn_field_link_sysctls(struct kn_reader *r, const char *place, struct json_object *value,
			  void *out, const struct kn_field *field)
{
	struct kn_link *link = (void *)((char *)out - field->offset);

	return read_sysctls(r, place, value, true, &link->sysctls, &link->n_sysctls);
}

static int route_to(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		    const struct kn_field *field)
{
	struct kn_prefix *to = out;
	uint8_t host;
	int err;

	if (json_object_is_type(value, json_type_string) &&
	    strcmp(json_object_get_string(value), "default") == 0)
		return 0; /* its family is that of the gateway */
	err = kn_field_prefix(r, place, value, out, field);
	if (err)
		return err;
	for (unsigned int bit = to->len; bit < (to->family == AF_INET6 ? 128U : 32U); bit++) {
		host = (uint8_t)(0x80U >> (bit % 8));
		if (to->bytes[bit / 8] & host)
			return kn_place_fail(r, place, value, "has host bits set");
	}
	return 0;
}

static void route_text(struct kn_route *route)
{
	char to[INET6_ADDRSTRLEN] = "", via[INET6_ADDRSTRLEN] = "";
	int used;

	inet_ntop(route->to.family, route->to.bytes, to, sizeof(to));
	used = snprintf(route->text, sizeof(route->text), "%s/%u", to, route->to.len);
	if (route->via.family) {
		inet_ntop(route->via.family, route->via.bytes, via, sizeof(via));
		used += snprintf(route->text + used, sizeof(route->text) - used, " via %s", via);
	}
	if (route->dev[0])
		used += snprintf(route->text + used, sizeof(route->text) - used, " dev %s",
				 route->dev);
	if (route->onlink)
		used += snprintf(route->text + used, sizeof(route->text) - used, " onlink");
	if (route->metric)
		used += snprintf(route->text + used, sizeof(route->text) - used, " metric %u",
				 route->metric);
	if (route->table != RT_TABLE_MAIN)
		snprintf(route->text + used, sizeof(route->text) - used, " table %u", route->table);
}

static int one_route(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		     const struct kn_field *field)
{
	static const struct kn_field fields[] = {
		{ "to", route_to, AT(kn_route, to), .required = true },
		{ "via", kn_field_address, AT(kn_route, via) },
		{ "dev", kn_field_ifname, AT(kn_route, dev) },
		{ "source", kn_field_address, AT(kn_route, source) },
		{ "metric", kn_field_u32, AT(kn_route, metric), .min = 1, .max = UINT32_MAX },
		{ "table", kn_field_u32, AT(kn_route, table), .min = 1, .max = UINT32_MAX },
		{ "onlink", kn_field_bool, AT(kn_route, onlink) },
	};
	struct kn_route *route = out;
	int err;

	(void)field;
	route->table = RT_TABLE_MAIN;
	err = kn_read_object(r, place, value, ROWS(fields), route);
	if (err)
		return err;
	if (!route->via.family && !route->dev[0])
		return kn_place_fail(r, place, NULL, "neither via nor dev");
	if (route->onlink && (!route->via.family || !route->dev[0]))
		return kn_place_fail(r, place, NULL, "onlink needs via and dev");
	if (!route->to.family && !route->via.family)
		return kn_place_fail(r, place, NULL,
				     "default without via: write 0.0.0.0/0 or ::/0");
	if (!route->to.family)
		route->to.family = route->via.family;
	if ((route->via.family && route->via.family != route->to.family) ||
	    (route->source.family && route->source.family != route->to.family))
		return kn_place_fail(r, place, NULL, "mixes IPv4 and IPv6");
	route_text(route);
	return 0;
}

static int ns_routes(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		     const struct kn_field *field)
{
	struct kn_ns *ns = (void *)((char *)out - field->offset);

	return kn_read_list(r, place, value, sizeof(*ns->routes), one_route, out, &ns->n_routes);
}

static int ns_resolv(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		     const struct kn_field *field)
{
	static const struct kn_field fields[] = {
		{ "nameservers", kn_field_addresses, LIST(kn_resolv, nameservers),
		  .required = true },
		{ "search", kn_field_texts, LIST(kn_resolv, search) },
		{ "options", kn_field_texts, LIST(kn_resolv, options) },
	};
	struct kn_resolv *resolv = out;

	(void)field;
	resolv->present = true;
	return kn_read_object(r, place, value, ROWS(fields), resolv);
}

static int ns_health(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		     const struct kn_field *field)
{
	static const struct kn_field fields[] = {
		{ "ping", kn_field_addresses, LIST(kn_health, ping) },
		{ "resolve", kn_field_texts, LIST(kn_health, resolve) },
	};

	(void)field;
	return kn_read_object(r, place, value, ROWS(fields), out);
}

static int one_ns(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		  const struct kn_field *field)
{
	static const struct kn_field fields[] = {
		{ "name", kn_field_ns_name, AT(kn_ns, name), .required = true },
		{ "sysctl", ns_sysctls, AT(kn_ns, sysctls) },
		{ "routes", ns_routes, AT(kn_ns, routes) },
		{ "resolv", ns_resolv, AT(kn_ns, resolv) },
		{ "check", ns_health, AT(kn_ns, health) },
	};

	(void)field;
	return kn_read_object(r, place, value, ROWS(fields), out);
}

int kn_all_ns(struct kn_reader *r, const char *place, struct json_object *value, void *out,
	      const struct kn_field *field)
{
	struct kn_topology *topo = r->topo;
	struct kn_ns *more;
	int err;

	(void)field;
	err = kn_read_list(r, place, value, sizeof(*topo->ns), one_ns, out, &topo->n_ns);
	if (err)
		return err;
	more = calloc(topo->n_ns + 1, sizeof(*more));
	if (!more)
		return kn_place_fail(r, place, NULL, "out of memory");
	memcpy(more + 1, topo->ns, topo->n_ns * sizeof(*more));
	free(topo->ns);
	topo->ns = more;
	topo->n_ns++;
	return 0;
}
