/* SPDX-License-Identifier: MIT */
#include "field.h"
#include "netlink/cleanup.h"
#include "topology.h"
#include "trust.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 12 /* the deepest place of a valid file is 6 */

static int mirror_direction(struct kn_reader *r, const char *place, struct json_object *value,
			    void *out, const struct kn_field *field)
{
	static const struct kn_word words[] = { { "both", 3 }, { "in", 1 }, { "out", 2 } };
	struct kn_mirror *mirror = (void *)((char *)out - field->offset);
	uint32_t bits = 0;
	int err = kn_read_word(r, place, value, ROWS(words), &bits);

	mirror->in = bits & 1;
	mirror->out = bits & 2;
	return err;
}

/* tc offers 1 to 65535; ours is out of the way of the small ones that people type. */
#define MIRROR_PRIO 27492

static int one_mirror(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		      const struct kn_field *field)
{
	static const struct kn_field fields[] = {
		{ "namespace", kn_field_ns_name, AT(kn_mirror, ns_name) },
		{ "from", kn_field_ifname, AT(kn_mirror, from_name), .required = true },
		{ "to", kn_field_ifname, AT(kn_mirror, to_name), .required = true },
		{ "direction", mirror_direction, AT(kn_mirror, in) },
		{ "priority", kn_field_u32, AT(kn_mirror, prio), .min = 1, .max = 65534 },
	};
	struct kn_mirror *mirror = out;

	(void)field;
	mirror->in = mirror->out = true;
	mirror->prio = MIRROR_PRIO;
	return kn_read_object(r, place, value, ROWS(fields), mirror);
}

static int all_mirrors(struct kn_reader *r, const char *place, struct json_object *value, void *out,
		       const struct kn_field *field)
{
	(void)field;
	return kn_read_list(r, place, value, sizeof(struct kn_mirror), one_mirror, out,
			    &r->topo->n_mirrors);
}

static const struct kn_field topology_fields[] = {
	{ "name", kn_field_ns_name, AT(kn_topology, name) },
	{ "description", kn_field_text, AT(kn_topology, description) },
	{ "namespaces", kn_all_ns, AT(kn_topology, ns), .required = true },
	{ "veths", kn_all_veths, .offset = 0 },
	{ "bridges", kn_all_bridges, .offset = 0 },
	{ "vlans", kn_all_vlans, .offset = 0 },
	{ "macvlans", kn_all_macvlans, .offset = 0 },
	{ "uplink", kn_the_uplink, .offset = 0 },
	{ "mirrors", all_mirrors, AT(kn_topology, mirrors) },
};

static size_t list_length(struct json_object *root, const char *key)
{
	struct json_object *list;

	if (!json_object_is_type(root, json_type_object) ||
	    !json_object_object_get_ex(root, key, &list) ||
	    !json_object_is_type(list, json_type_array))
		return 0;
	return json_object_array_length(list);
}

/* All links lie in one array, so that pointers to them stay good while they are read. */
static int room_for_links(struct kn_topology *topo, struct json_object *root)
{
	size_t n = 1 + 2 * list_length(root, "veths") + list_length(root, "bridges") +
		   list_length(root, "vlans") + list_length(root, "macvlans");

	topo->links = calloc(n, sizeof(*topo->links));
	return topo->links ? 0 : -ENOMEM;
}

/* The name of demo.json is demo, unless the file has a name of its own. */
static int name_from_file(struct kn_reader *r)
{
	struct kn_topology *topo = r->topo;
	struct json_object *name;
	int len, err;

	if (topo->name[0])
		return 0;
	len = (int)strlen(topo->file);
	if (len > 5 && strcmp(topo->file + len - 5, ".json") == 0)
		len -= 5;
	name = json_object_new_string_len(topo->file, len);
	err = kn_field_ns_name(r, "name (from the file's)", name, topo->name, NULL);
	json_object_put(name);
	return err;
}

static int parse_error(struct kn_reader *r, struct json_tokener *tok, const char *text)
{
	size_t end = json_tokener_get_parse_end(tok), line = 1, column = 1;

	for (size_t i = 0; i < end && text[i]; i++) {
		column = text[i] == '\n' ? 1 : column + 1;
		line += text[i] == '\n';
	}
	return kn_fail(r->err, -EINVAL, "%s:%zu:%zu: %s", r->file, line, column,
		       json_tokener_get_error(tok) == json_tokener_continue
			       ? "ends too early"
			       : json_tokener_error_desc(json_tokener_get_error(tok)));
}

static int parse_json(struct kn_reader *r, const char *text, size_t len, struct json_object **root)
{
	struct json_tokener *tok = json_tokener_new_ex(DEPTH);
	int err = 0;

	if (!tok)
		return kn_fail(r->err, -ENOMEM, "out of memory");
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*root = json_tokener_parse_ex(tok, text, (int)len);
	if (!*root || json_tokener_get_error(tok) != json_tokener_success)
		err = json_tokener_get_error(tok) == json_tokener_success
			      ? kn_fail(r->err, -EINVAL, "%s: null is no topology", r->file)
			      : parse_error(r, tok, text);
	for (size_t i = json_tokener_get_parse_end(tok); !err && i < len; i++)
		if (!strchr(" \t\r\n", text[i]) || !text[i])
			err = kn_fail(r->err, -EINVAL, "%s: more text after the object", r->file);
	json_tokener_free(tok);
	return err ? err : kn_keys_once(r, text, len);
}

int kn_topology_parse(struct kn_topology **out, const char *file, const char *text, size_t len,
		      struct kn_err *err)
{
	struct kn_topology *topo = calloc(1, sizeof(*topo));
	struct kn_reader r = { .file = file, .err = err, .topo = topo };
	struct json_object *root = NULL;
	int code;

	if (!topo)
		return kn_fail(err, -ENOMEM, "out of memory");
	snprintf(topo->file, sizeof(topo->file), "%s", file);
	code = parse_json(&r, text, len, &root);
	if (!code && (room_for_links(topo, root) < 0 || !(topo->json = strndup(text, len))))
		code = kn_fail(err, -ENOMEM, "out of memory");
	if (!code)
		code = kn_read_object(&r, "", root, ROWS(topology_fields), topo);
	if (!code)
		code = name_from_file(&r);
	json_object_put(root);
	if (!code)
		code = kn_topology_check(topo, err);
	if (code) {
		kn_topology_free(topo);
		return code;
	}
	*out = topo;
	return 0;
}

static void free_ns(struct kn_ns *ns)
{
	free(ns->sysctls);
	free(ns->routes);
	free(ns->resolv.nameservers);
	free(ns->resolv.search);
	free(ns->resolv.options);
	free(ns->health.ping);
	free(ns->health.resolve);
}

void kn_topology_free(struct kn_topology *topo)
{
	if (!topo)
		return;
	for (size_t i = 0; i < topo->n_ns; i++)
		free_ns(&topo->ns[i]);
	for (size_t i = 0; i < topo->n_links; i++) {
		free(topo->links[i].addrs);
		free(topo->links[i].sysctls);
		free(topo->links[i].members);
	}
	free(topo->ns);
	free(topo->links);
	free(topo->mirrors);
	free(topo->json);
	free(topo);
}

int kn_topology_load(struct kn_topology **out, const char *path, struct kn_err *err)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *text = NULL;
	size_t len;
	int code = kn_trust_read(path, &text, &len, err);

	return code ? code : kn_topology_parse(out, slash ? slash + 1 : path, text, len, err);
}
