/* SPDX-License-Identifier: MIT */
#include "journal.h"
#include "netlink/cleanup.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <linux/netlink.h>
#include <string.h>

void kn_journal_clear(struct kn_journal *journal)
{
	for (size_t i = 0; i < journal->n_addrs; i++) {
		free(journal->addrs[i].text);
		free(journal->addrs[i].message);
	}
	for (size_t i = 0; i < journal->n_routes; i++) {
		free(journal->routes[i].text);
		free(journal->routes[i].message);
	}
	free(journal->addrs);
	free(journal->routes);
	free(journal->altnames);
	free(journal->sysctls);
	*journal = (struct kn_journal){};
}

int kn_journal_add(struct kn_saved **list, size_t *n, const char *text, const void *message,
		   size_t len)
{
	struct kn_saved *more = realloc(*list, (*n + 1) * sizeof(*more));
	struct kn_saved saved = { .text = strdup(text),
				  .message = malloc(len ? len : 1),
				  .len = len };

	if (more)
		*list = more;
	if (!more || !saved.text || !saved.message) {
		free(saved.text);
		free(saved.message);
		return -ENOMEM;
	}
	memcpy(saved.message, message, len);
	more[(*n)++] = saved;
	return 0;
}

static void put_text(struct json_object *to, const char *key, const char *value)
{
	json_object_object_add(to, key, json_object_new_string(value));
}

static void put_hex(struct json_object *to, const char *key, const void *bytes, size_t len)
{
	_cleanup_free_ char *hex = calloc(2 * len + 1, 1);

	for (size_t i = 0; hex && i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", ((const uint8_t *)bytes)[i]);
	put_text(to, key, hex ? hex : "");
}

static struct json_object *saved_list(const struct kn_saved *list, size_t n)
{
	struct json_object *out = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_new_object();

		put_text(one, "text", list[i].text);
		put_hex(one, "message", list[i].message, list[i].len);
		json_object_array_add(out, one);
	}
	return out;
}

static struct json_object *to_json(const struct kn_journal *j)
{
	struct json_object *out = json_object_new_object();
	struct json_object *altnames = json_object_new_array();
	struct json_object *sysctls = json_object_new_object();

	put_text(out, "namespace", j->ns);
	put_text(out, "boot_id", j->boot_id);
	put_text(out, "name", j->name);
	put_text(out, "kind", j->kind);
	json_object_object_add(out, "ifindex", json_object_new_int(j->ifindex));
	json_object_object_add(out, "mtu", json_object_new_int64(j->mtu));
	json_object_object_add(out, "up", json_object_new_boolean(j->up));
	if (j->has_mac)
		put_hex(out, "mac", j->mac, 6);
	if (j->has_permanent_mac)
		put_hex(out, "permanent_mac", j->permanent_mac, 6);
	for (size_t i = 0; i < j->n_altnames; i++)
		json_object_array_add(altnames, json_object_new_string(j->altnames[i]));
	json_object_object_add(out, "altnames", altnames);
	json_object_object_add(out, "addresses", saved_list(j->addrs, j->n_addrs));
	json_object_object_add(out, "routes", saved_list(j->routes, j->n_routes));
	for (size_t i = 0; i < j->n_sysctls; i++)
		put_text(sysctls, j->sysctls[i].key, j->sysctls[i].value);
	json_object_object_add(out, "sysctls", sysctls);
	return out;
}

static void file_name(char name[NAME_MAX + 1], const char *topology)
{
	snprintf(name, NAME_MAX + 1, "%s.uplink.json", topology);
}

int kn_journal_write(int dir, const char *topology, const struct kn_journal *journal,
		     struct kn_err *err)
{
	struct json_object *json = to_json(journal);
	char name[NAME_MAX + 1];
	int code;

	file_name(name, topology);
	code = kn_trust_write_at(
		dir, name, json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY), err);
	json_object_put(json);
	return code;
}

int kn_journal_remove(int dir, const char *topology, struct kn_err *err)
{
	char name[NAME_MAX + 1];

	file_name(name, topology);
	if ((unlinkat(dir, name, 0) < 0 && errno != ENOENT) || fsync(dir) < 0)
		return kn_fail(err, -errno, "%s: %s", name, strerror(errno));
	return 0;
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

/* A message is the kernel's own, whole: it goes back to it nearly as it is. */
static bool parse_saved(struct json_object *root, const char *key, struct kn_saved **list,
			size_t *n)
{
	_Alignas(struct nlmsghdr) uint8_t bytes[8192];
	struct json_object *array, *one;
	const char *text, *hex;
	ssize_t len;

	if (!json_object_object_get_ex(root, key, &array) ||
	    !json_object_is_type(array, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		one = json_object_array_get_idx(array, i);
		text = get_text(one, "text");
		hex = get_text(one, "message");
		len = hex ? from_hex(hex, bytes, sizeof(bytes)) : -1;
		if (!text || len < (ssize_t)sizeof(struct nlmsghdr) ||
		    ((struct nlmsghdr *)bytes)->nlmsg_len != (size_t)len ||
		    kn_journal_add(list, n, text, bytes, (size_t)len) < 0)
			return false;
	}
	return true;
}

static bool parse_mac(struct json_object *root, const char *key, bool *has, uint8_t mac[6])
{
	const char *hex = get_text(root, key);

	*has = hex != NULL;
	return !hex || from_hex(hex, mac, 6) == 6;
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
	for (size_t i = 0; j->altnames && i < n; i++)
		snprintf(j->altnames[j->n_altnames++], sizeof(*j->altnames), "%s",
			 json_object_get_string(json_object_array_get_idx(array, i)));
	return j->altnames != NULL;
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
		/* Only what save writes: the key becomes a path. */
		if (strncmp(key, "ipv", 3) != 0 || strchr(key, '/') || strstr(key, ".."))
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

static bool parse_all(struct json_object *root, struct kn_journal *j)
{
	return copy_text(root, "namespace", j->ns, sizeof(j->ns)) &&
	       copy_text(root, "boot_id", j->boot_id, sizeof(j->boot_id)) &&
	       copy_text(root, "name", j->name, sizeof(j->name)) &&
	       copy_text(root, "kind", j->kind, sizeof(j->kind)) && parse_numbers(root, j) &&
	       parse_mac(root, "mac", &j->has_mac, j->mac) &&
	       parse_mac(root, "permanent_mac", &j->has_permanent_mac, j->permanent_mac) &&
	       parse_altnames(root, j) && parse_sysctls(root, j) &&
	       parse_saved(root, "addresses", &j->addrs, &j->n_addrs) &&
	       parse_saved(root, "routes", &j->routes, &j->n_routes);
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

int kn_journal_read(int dir, const char *topology, struct kn_journal *journal, struct kn_err *err)
{
	_cleanup_free_ char *text = NULL;
	char name[NAME_MAX + 1];
	size_t len;
	int code;

	*journal = (struct kn_journal){};
	if (dir < 0)
		return kn_fail(err, -ENOENT, "no journal");
	file_name(name, topology);
	code = kn_trust_read_at(dir, name, &text, &len, err);
	if (code)
		return code;
	code = kn_journal_parse(text, journal, err);
	return code ? kn_fail_at(err, code, "%s", name) : 0;
}

void kn_journal_boot_id(char id[40])
{
	_cleanup_fd_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, id, 39);

	id[len > 0 ? len : 0] = '\0';
	id[strcspn(id, "\n")] = '\0';
}
