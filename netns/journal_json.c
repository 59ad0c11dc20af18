/* SPDX-License-Identifier: MIT */
#include "journal.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <json-c/json.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>

static void put_text(struct json_object *to, const char *key, const char *value)
{
	json_object_object_add(to, key, json_object_new_string(value));
}

static struct json_object *hex_string(const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	_cleanup_free_ char *hex = calloc(2 * len + 1, 1);

	for (size_t i = 0; hex && i < len; i++) {
		hex[2 * i] = digits[((const uint8_t *)bytes)[i] >> 4];
		hex[2 * i + 1] = digits[((const uint8_t *)bytes)[i] & 15];
	}
	return json_object_new_string(hex ? hex : "");
}

static void put_list(struct json_object *to, const char *key, const struct kn_saved_list *list)
{
	struct json_object *out = json_object_new_array();

	for (size_t i = 0; i < list->n; i++) {
		struct json_object *one = json_object_new_object();

		put_text(one, "text", list->items[i].text);
		json_object_object_add(one, "message",
				       hex_string(list->items[i].message, list->items[i].len));
		json_object_array_add(out, one);
	}
	json_object_object_add(to, key, out);
}

static void put_names(struct json_object *to, const struct kn_journal *j)
{
	struct json_object *altnames = json_object_new_array();
	struct json_object *sysctls = json_object_new_object();
	struct json_object *multicast = json_object_new_array();

	for (size_t i = 0; i < j->n_altnames; i++)
		json_object_array_add(altnames, json_object_new_string(j->altnames[i]));
	json_object_object_add(to, "altnames", altnames);
	for (size_t i = 0; i < j->n_sysctls; i++)
		put_text(sysctls, j->sysctls[i].key, j->sysctls[i].value);
	json_object_object_add(to, "sysctls", sysctls);
	for (size_t i = 0; i < j->n_multicast; i++)
		json_object_array_add(multicast, hex_string(j->multicast[i], 6));
	json_object_object_add(to, "multicast", multicast);
}

static struct json_object *to_json(const struct kn_journal *j)
{
	struct json_object *out = json_object_new_object();

	put_text(out, "namespace", j->ns);
	put_text(out, "boot_id", j->boot_id);
	put_text(out, "name", j->name);
	put_text(out, "kind", j->kind);
	put_text(out, "device", j->device);
	if (j->file && j->topology) {
		put_text(out, "file", j->file);
		put_text(out, "topology", j->topology);
	}
	json_object_object_add(out, "ifindex", json_object_new_int(j->ifindex));
	json_object_object_add(out, "mtu", json_object_new_int64(j->mtu));
	json_object_object_add(out, "up", json_object_new_boolean(j->up));
	if (j->has_mac)
		json_object_object_add(out, "mac", hex_string(j->mac, 6));
	if (j->has_permanent_mac)
		json_object_object_add(out, "permanent_mac", hex_string(j->permanent_mac, 6));
	if (j->has_token)
		json_object_object_add(out, "token", hex_string(j->token, 16));
	put_names(out, j);
	put_list(out, "addresses", &j->addrs);
	put_list(out, "neighbours", &j->neighbours);
	put_list(out, "nexthops", &j->nexthops);
	put_list(out, "routes", &j->routes);
	return out;
}

int kn_journal_format(const struct kn_journal *journal, char **text, struct kn_err *err)
{
	struct json_object *json = to_json(journal);
	const char *whole = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY);

	*text = whole ? strdup(whole) : NULL;
	json_object_put(json);
	return *text ? 0 : kn_fail(err, -ENOMEM, "out of memory");
}

static const char *get_text(struct json_object *from, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(from, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static bool copy_text(struct json_object *from, const char *key, char *out, size_t size)
{
	const char *text = get_text(from, key);

	return text && snprintf(out, size, "%s", text) < (int)size;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns the number of bytes, or -1. */
static ssize_t from_hex(const char *hex, uint8_t *out, size_t size)
{
	size_t len = strlen(hex);

	if (len % 2 || len / 2 > size)
		return -1;
	for (size_t i = 0; i < len / 2; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return (ssize_t)(len / 2);
}

/* A message as the kernel sent it, with its header. It is sent back nearly unchanged. */
static bool parse_message(struct json_object *one, size_t header, struct kn_saved_list *list)
{
	const char *text = get_text(one, "text"), *hex = get_text(one, "message");
	size_t size = hex ? strlen(hex) / 2 + sizeof(struct nlmsghdr) : 1;
	_cleanup_free_ uint8_t *bytes = malloc(size);
	ssize_t len = hex && bytes ? from_hex(hex, bytes, size) : -1;

	return text && len >= (ssize_t)(sizeof(struct nlmsghdr) + header) &&
	       ((struct nlmsghdr *)bytes)->nlmsg_len == (size_t)len &&
	       kn_journal_add(list, text, bytes, (size_t)len) == 0;
}

/* A journal of an older version does not have every list. */
static bool parse_list(struct json_object *root, const char *key, size_t header, bool required,
		       struct kn_saved_list *list)
{
	struct json_object *array;

	if (!json_object_object_get_ex(root, key, &array))
		return !required;
	if (!json_object_is_type(array, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(array); i++)
		if (!parse_message(json_object_array_get_idx(array, i), header, list))
			return false;
	return true;
}

static bool parse_bytes(struct json_object *root, const char *key, bool *has, uint8_t *out,
			size_t size)
{
	const char *hex = get_text(root, key);

	*has = hex != NULL;
	return !hex || from_hex(hex, out, size) == (ssize_t)size;
}

static bool parse_altnames(struct json_object *root, struct kn_journal *j)
{
	struct json_object *array;
	size_t n;

	if (!json_object_object_get_ex(root, "altnames", &array) ||
	    !json_object_is_type(array, json_type_array))
		return false;
	n = json_object_array_length(array);
	j->altnames = calloc(n + 1, sizeof(*j->altnames));
	for (size_t i = 0; j->altnames && i < n; i++) {
		struct json_object *one = json_object_array_get_idx(array, i);

		if (!json_object_is_type(one, json_type_string))
			return false;
		snprintf(j->altnames[j->n_altnames++], sizeof(*j->altnames), "%s",
			 json_object_get_string(one));
	}
	return j->altnames != NULL;
}

static bool parse_multicast(struct json_object *root, struct kn_journal *j)
{
	struct json_object *array;
	const char *hex;
	size_t n;

	if (!json_object_object_get_ex(root, "multicast", &array))
		return true;
	if (!json_object_is_type(array, json_type_array))
		return false;
	n = json_object_array_length(array);
	j->multicast = calloc(n + 1, sizeof(*j->multicast));
	for (size_t i = 0; j->multicast && i < n; i++) {
		hex = json_object_get_string(json_object_array_get_idx(array, i));
		if (!hex || from_hex(hex, j->multicast[j->n_multicast++], 6) != 6)
			return false;
	}
	return j->multicast != NULL;
}

/* Only what save writes: the key becomes a path. */
static bool is_sysctl(const char *key)
{
	return (strncmp(key, "ipv4.", 5) == 0 || strncmp(key, "ipv6.", 5) == 0 ||
		strncmp(key, "mpls.", 5) == 0) &&
	       !strchr(key, '/') && !strstr(key, "..") && strlen(key) < 64;
}

static bool parse_sysctls(struct json_object *root, struct kn_journal *j)
{
	struct json_object *object;
	struct kn_saved_sysctl *one;

	if (!json_object_object_get_ex(root, "sysctls", &object) ||
	    !json_object_is_type(object, json_type_object))
		return false;
	j->sysctls = calloc(json_object_object_length(object) + 1, sizeof(*j->sysctls));
	if (!j->sysctls)
		return false;
	json_object_object_foreach (object, key, value) {
		if (!is_sysctl(key) || !json_object_is_type(value, json_type_string))
			return false;
		one = &j->sysctls[j->n_sysctls++];
		snprintf(one->key, sizeof(one->key), "%s", key);
		snprintf(one->value, sizeof(one->value), "%s", json_object_get_string(value));
	}
	return true;
}

static bool parse_numbers(struct json_object *root, struct kn_journal *j)
{
	struct json_object *ifindex, *mtu, *up;

	if (!json_object_object_get_ex(root, "ifindex", &ifindex) ||
	    !json_object_object_get_ex(root, "mtu", &mtu) ||
	    !json_object_object_get_ex(root, "up", &up))
		return false;
	j->ifindex = json_object_get_int(ifindex);
	j->mtu = (uint32_t)json_object_get_int64(mtu);
	j->up = json_object_get_boolean(up);
	return j->ifindex > 0;
}

/* Fields that a journal of an older version does not have. */
static bool parse_later(struct json_object *root, struct kn_journal *j)
{
	const char *file = get_text(root, "file"), *topology = get_text(root, "topology");

	if (get_text(root, "device") && !copy_text(root, "device", j->device, sizeof(j->device)))
		return false;
	if (file && topology) {
		j->file = strdup(file);
		j->topology = strdup(topology);
		if (!j->file || !j->topology)
			return false;
	}
	return parse_bytes(root, "token", &j->has_token, j->token, 16) &&
	       parse_multicast(root, j) &&
	       parse_list(root, "neighbours", sizeof(struct ndmsg), false, &j->neighbours) &&
	       parse_list(root, "nexthops", sizeof(struct nhmsg), false, &j->nexthops);
}

static bool parse_all(struct json_object *root, struct kn_journal *j)
{
	return copy_text(root, "namespace", j->ns, sizeof(j->ns)) &&
	       copy_text(root, "boot_id", j->boot_id, sizeof(j->boot_id)) &&
	       copy_text(root, "name", j->name, sizeof(j->name)) &&
	       copy_text(root, "kind", j->kind, sizeof(j->kind)) && parse_numbers(root, j) &&
	       parse_bytes(root, "mac", &j->has_mac, j->mac, 6) &&
	       parse_bytes(root, "permanent_mac", &j->has_permanent_mac, j->permanent_mac, 6) &&
	       parse_altnames(root, j) && parse_sysctls(root, j) &&
	       parse_list(root, "addresses", sizeof(struct ifaddrmsg), true, &j->addrs) &&
	       parse_list(root, "routes", sizeof(struct rtmsg), true, &j->routes) &&
	       parse_later(root, j);
}

int kn_journal_parse(const char *text, struct kn_journal *journal, struct kn_err *err)
{
	struct json_object *root = json_tokener_parse(text);
	bool good;

	*journal = (struct kn_journal){};
	good = json_object_is_type(root, json_type_object) && parse_all(root, journal);
	json_object_put(root);
	if (good)
		return 0;
	kn_journal_clear(journal);
	return kn_fail(err, -EBADMSG, "the uplink's journal cannot be read");
}
