/* SPDX-License-Identifier: MIT */
#include "session.h"
#include "netlink/cleanup.h"
#include "recorded.h"
#include "stop.h"
#include "trust.h"
#include "uplink_journal.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

void kn_session_close(struct kn_session *s)
{
	kn_plan_free(&s->plan);
	kn_nets_close(s->nets);
	kn_state_close(s->state);
	kn_topology_free(s->topo);
}

static int open_state(struct kn_session *s, bool write, struct kn_err *err)
{
	if (geteuid() != 0)
		return kn_fail(err, -EPERM, "needs root");
	if (write)
		kn_stop_catch();
	return kn_state_open(&s->state, s->topo->name, write, err);
}

int kn_session_open(struct kn_session *s, const char *file, bool write, struct kn_err *err)
{
	int code = kn_topology_load(&s->topo, file, err);

	kn_recorded_place(file, s->place);
	return code ? code : open_state(s, write, err);
}

static void use(struct kn_session *s, struct kn_topology *topo)
{
	kn_topology_free(s->topo);
	s->topo = topo;
}

static bool is_same_json(const char *one, const char *other)
{
	struct json_object *a = json_tokener_parse(one), *b = json_tokener_parse(other);
	bool same = json_object_equal(a, b);

	json_object_put(a);
	json_object_put(b);
	return same;
}

/* A file that was moved or copied may stand for the one that up was given; another file that has
 * the same name in it may not.
 */
static int check_place(const struct kn_session *s, const char *recorded, const char *place,
		       struct kn_err *err)
{
	if (!place || !place[0] || strcmp(place, s->place) == 0 || access(place, F_OK) < 0 ||
	    is_same_json(recorded, s->topo->json))
		return 0;
	return kn_fail(err, -EBUSY, "%s is up from %s, not from this file", s->topo->name, place);
}

/* Without a record, as after a reboot, the uplink's journal has it. */
static int read_recorded(struct kn_session *s, struct kn_topology **out, struct kn_err *err)
{
	_cleanup_journal_ struct kn_journal journal = {};
	_cleanup_free_ char *place = NULL;
	const char *text = kn_state_topology(s->state);
	struct kn_err ignored;
	size_t len;
	int code;

	if (text)
		kn_trust_read_at(kn_state_dir(s->state), KN_STATE_PLACE, &place, &len, &ignored);
	/* A journal that cannot be read is an error of the steps that need it. */
	else if (kn_journal_read(kn_state_lib(s->state), s->topo->name, &journal, &ignored) == 0)
		text = journal.topology;
	if (!text)
		return -ENOENT;
	code = check_place(s, text, place ? place : journal.file, err);
	return code ? code : kn_recorded_parse(s->topo->name, text, out, err);
}

/* down uses the topology that was recorded by up, not the file as it is now. */
static int use_recorded(struct kn_session *s, struct kn_err *err)
{
	struct kn_topology *recorded;
	int code = read_recorded(s, &recorded, err);

	if (!code)
		use(s, recorded);
	return code == -ENOENT ? 0 : code;
}

int kn_session_open_recorded(struct kn_session *s, const char *file, bool write, struct kn_err *err)
{
	int code;

	kn_recorded_place(file, s->place);
	code = kn_recorded_find(s->place, &s->topo, err);
	if (code == -ENOENT)
		code = kn_topology_load(&s->topo, file, err);
	if (!code)
		code = open_state(s, write, err);
	return code ? code : use_recorded(s, err);
}

bool kn_session_is_same(const struct kn_session *s)
{
	const char *recorded = kn_state_topology(s->state);

	return !recorded || is_same_json(recorded, s->topo->json);
}

/* While a file is up, the name in it must not change: the record is kept under that name. */
static int check_name(const struct kn_session *s, struct kn_err *err)
{
	struct kn_topology *recorded;
	int code = kn_recorded_find(s->place, &recorded, err);

	if (code)
		return code == -ENOENT ? 0 : code;
	if (strcmp(recorded->name, s->topo->name) != 0)
		code = kn_fail(err, -EBUSY, "%s is up as %s: take it down first", s->topo->file,
			       recorded->name);
	kn_topology_free(recorded);
	return code;
}

int kn_session_check(const struct kn_session *s, struct kn_err *err)
{
	int code = check_name(s, err);

	if (!code && !kn_session_is_same(s))
		code = kn_fail(err, -EBUSY,
			       "%s is up from another version of %s: take it down first",
			       s->topo->name, s->topo->file);
	return code;
}

int kn_session_build(struct kn_session *s, struct kn_err *err)
{
	int code = kn_nets_open(&s->nets, s->topo, err);

	if (code)
		return code;
	s->nets->state = s->state;
	s->nets->place = s->place[0] ? s->place : NULL;
	return kn_plan_build(&s->plan, s->topo, err);
}

void kn_session_forget_if_new(struct kn_session *s)
{
	struct kn_err ignored;

	if (!kn_state_topology(s->state))
		kn_state_forget(s->state, &ignored);
}
