/* SPDX-License-Identifier: MIT */
#ifndef KN_FIELD_H
#define KN_FIELD_H

/* JSON objects read by tables: one row per key, a reader per type of value. Every error begins
 * with the place, such as `demo.json: namespaces[1].name "a/b"`.
 */
#include "netlink/err.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KN_PLACE 256

struct kn_reader {
	const char *file;
	struct kn_err *err;
	struct kn_topology *topo;
};

struct kn_field {
	const char *name;
	/* Fills what is at out; place names the value. Returns 0 or -errno with the error set. */
	int (*read)(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		    const struct kn_field *field);
	size_t offset;
	bool required;
	long min, max; /* numbers */
	size_t count; /* lists: offset of their size_t */
};

int kn_read_object(struct kn_reader *r, const char *place, struct json_object *value,
		   const struct kn_field *fields, size_t n, void *out);

/* A list whose elements have size bytes each; allocated, also on failure the caller's to free. */
int kn_read_list(struct kn_reader *r, const char *place, struct json_object *value, size_t size,
		 int (*read)(struct kn_reader *r, const char *place, struct json_object *value,
			     void *out, const struct kn_field *field),
		 void **list, size_t *count);

/* "file: place "value": " and then fmt. value may be NULL. */
int kn_place_fail(struct kn_reader *r, const char *place, struct json_object *value,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Refuses text, JSON that has been parsed, with two members of one object that share a key. */
int kn_keys_once(struct kn_reader *r, const char *text, size_t len);

typedef int kn_field_reader(struct kn_reader *r, const char *place, struct json_object *value,
			    void *out, const struct kn_field *field);
kn_field_reader kn_field_bool; /* bool */
kn_field_reader kn_field_u32; /* uint32_t, min to max */
kn_field_reader kn_field_text; /* char[KN_TEXT], printable */
kn_field_reader kn_field_ifname; /* char[IFNAMSIZ], as the kernel allows */
kn_field_reader kn_field_ns_name; /* char[KN_NS_NAME], a file name */
kn_field_reader kn_field_mac; /* uint8_t[6], unicast */
kn_field_reader kn_field_prefix; /* struct kn_prefix, "address/length" */
kn_field_reader kn_field_address; /* struct kn_prefix of full length */
kn_field_reader kn_field_texts; /* char (*)[KN_TEXT] and its count */
kn_field_reader kn_field_addresses; /* the same, each an address */
kn_field_reader kn_field_prefixes; /* struct kn_prefix * and its count */
kn_field_reader kn_field_seconds; /* uint32_t in hundredths */

/* A string that stands for a number. */
struct kn_word {
	const char *word;
	uint32_t value;
};
int kn_read_word(struct kn_reader *r, const char *place, struct json_object *value,
		 const struct kn_word *words, size_t n, uint32_t *out);

/* Rows of tables. */
#define AT(type, member) .offset = offsetof(struct type, member)
#define LIST(type, member) AT(type, member), .count = offsetof(struct type, n_##member)
#define ROWS(table) (table), sizeof(table) / sizeof((table)[0])

/* Parts of a topology, in topology_ns.c and topology_link.c; each fills r->topo. */
kn_field_reader kn_all_ns;
kn_field_reader kn_all_veths;
kn_field_reader kn_all_bridges;
kn_field_reader kn_all_vlans;
kn_field_reader kn_all_macvlans;
kn_field_reader kn_the_uplink;
kn_field_reader kn_field_link_sysctls;

#endif
