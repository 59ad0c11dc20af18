/* SPDX-License-Identifier: MIT */
#include "uplink_nexthop.h"
#include "netlink/cleanup.h"
#include "uplink_compare.h"

#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>

static const struct nlattr *find(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, nlh, sizeof(struct nhmsg))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static uint32_t number(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr = find(nlh, type);

	return attr && mnl_attr_get_payload_len(attr) >= 4 ? mnl_attr_get_u32(attr) : 0;
}

static const struct nexthop_grp *members(const struct nlmsghdr *nlh, size_t *n)
{
	const struct nlattr *attr = find(nlh, NHA_GROUP);

	*n = attr ? mnl_attr_get_payload_len(attr) / sizeof(struct nexthop_grp) : 0;
	return attr ? mnl_attr_get_payload(attr) : NULL;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = number(((const struct kn_saved *)a)->message, NHA_ID);
	uint32_t y = number(((const struct kn_saved *)b)->message, NHA_ID);

	return x < y ? -1 : x > y;
}

static const struct nlmsghdr *by_id(const struct kn_saved_list *list, uint32_t id)
{
	size_t low = 0, high = list->n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct nlmsghdr *nlh = list->items[middle].message;

		if (number(nlh, NHA_ID) == id)
			return nlh;
		if (number(nlh, NHA_ID) < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool kn_nexthop_saved(const struct kn_saved_list *list, uint32_t id)
{
	return by_id(list, id) != NULL;
}

/* --- saving --- */

struct collect {
	struct kn_saved_list *list;
	const struct kn_saved_list *objects; /* the interface's own, once they are known */
	int ifindex; /* 0: every one */
	size_t start;
	int code;
};

static void begin(void *data)
{
	struct collect *collect = data;

	kn_journal_cut(collect->list, collect->start);
}

static bool is_wanted(const struct collect *collect, const struct nlmsghdr *nlh)
{
	const struct nexthop_grp *group;
	size_t n;

	if (!collect->ifindex)
		return true;
	if (!collect->objects)
		return (int)number(nlh, NHA_OIF) == collect->ifindex;
	group = members(nlh, &n);
	for (size_t i = 0; i < n; i++)
		if (by_id(collect->objects, group[i].id))
			return true;
	return false;
}

static int each(const struct nlmsghdr *nlh, void *data)
{
	struct collect *collect = data;
	char text[32];

	if (nlh->nlmsg_type != RTM_NEWNEXTHOP ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nhmsg) || !is_wanted(collect, nlh))
		return MNL_CB_OK;
	snprintf(text, sizeof(text), "%s %u", find(nlh, NHA_GROUP) ? "group" : "nexthop",
		 number(nlh, NHA_ID));
	if (kn_journal_add(collect->list, text, nlh, nlh->nlmsg_len) < 0)
		collect->code = -ENOMEM;
	return MNL_CB_OK;
}

static int collect(struct kn_nets *nets, struct collect *what, struct kn_err *err)
{
	struct kn_dump dump = { begin, each, what };
	char buf[KN_MSG_SIZE];
	struct kn_talk *talk;
	int code = kn_nets_talk(nets, &nets->topo->ns[0], &talk, err);

	what->start = what->list->n;
	if (!code)
		code = kn_talk_dump(talk, kn_msg_nexthop_dump(buf), &dump, err);
	if (code == -EOPNOTSUPP || code == -EINVAL) /* before 5.3 */
		return 0;
	return code || !what->code ? code : kn_fail(err, what->code, "out of memory");
}

int kn_nexthop_save(struct kn_nets *nets, struct kn_journal *journal, struct kn_err *err)
{
	struct kn_saved_list *list = &journal->nexthops, objects;
	struct collect what = { .list = list, .ifindex = journal->ifindex };
	int code = collect(nets, &what, err);

	if (code || !list->n)
		return code;
	/* A copy of the items' places: adding the groups may move them. */
	objects = (struct kn_saved_list){ .n = list->n };
	objects.items = malloc(list->n * sizeof(*list->items));
	if (!objects.items)
		return kn_fail(err, -ENOMEM, "out of memory");
	memcpy(objects.items, list->items, list->n * sizeof(*list->items));
	what.objects = &objects;
	code = collect(nets, &what, err);
	free(objects.items);
	qsort(list->items, list->n, sizeof(*list->items), by_number);
	return code;
}

/* --- restoring --- */

struct restore {
	struct kn_nets *nets;
	const struct kn_journal *journal;
	struct kn_saved_list now; /* every one that there is */
	int ifindex;
	bool only_ours;
};

/* How long a resilient group has been out of balance is state, not a setting. */
static void put_resilient(struct nlmsghdr *nlh, const struct nlattr *attr)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, NHA_RES_GROUP);
	const struct nlattr *one;

	mnl_attr_for_each_nested (one, attr) {
		uint16_t type = mnl_attr_get_type(one);

		if (type == NHA_RES_GROUP_BUCKETS || type == NHA_RES_GROUP_IDLE_TIMER ||
		    type == NHA_RES_GROUP_UNBALANCED_TIMER)
			mnl_attr_put(nlh, type, mnl_attr_get_payload_len(one),
				     mnl_attr_get_payload(one));
	}
	mnl_attr_nest_end(nlh, nest);
}

/* Or will be, before any group is made. */
static bool is_there(const struct restore *r, uint32_t id)
{
	return by_id(&r->journal->nexthops, id) || (!r->only_ours && by_id(&r->now, id));
}

static void put_group(const struct restore *r, struct nlmsghdr *nlh, const struct nlmsghdr *saved)
{
	struct nlattr *attr = mnl_nlmsg_get_payload_tail(nlh);
	const struct nexthop_grp *group;
	struct nexthop_grp *out;
	size_t n, kept = 0;

	group = members(saved, &n);
	out = (void *)((char *)attr + MNL_ATTR_HDRLEN);
	for (size_t i = 0; i < n; i++)
		if (is_there(r, group[i].id))
			out[kept++] = group[i];
	attr->nla_type = NHA_GROUP;
	attr->nla_len = (uint16_t)(MNL_ATTR_HDRLEN + kept * sizeof(*out));
	nlh->nlmsg_len += MNL_ALIGN(attr->nla_len);
}

static void put_attr(const struct restore *r, struct nlmsghdr *nlh, const struct nlmsghdr *saved,
		     const struct nlattr *attr)
{
	if (attr != find(saved, mnl_attr_get_type(attr)))
		return;
	switch (mnl_attr_get_type(attr)) {
	case NHA_GROUP:
		return put_group(r, nlh, saved);
	case NHA_OIF:
		return mnl_attr_put_u32(nlh, NHA_OIF, (uint32_t)r->ifindex);
	case NHA_RES_GROUP:
		return put_resilient(nlh, attr);
	case NHA_ID:
	case NHA_GROUP_TYPE:
	case NHA_GATEWAY:
	case NHA_ENCAP_TYPE:
	case NHA_ENCAP:
		return mnl_attr_put(nlh, attr->nla_type, mnl_attr_get_payload_len(attr),
				    mnl_attr_get_payload(attr));
	}
}

static int make(const struct restore *r, const struct nlmsghdr *saved, struct kn_err *err)
{
	_cleanup_free_ void *buf = malloc(saved->nlmsg_len + 64);
	struct nlmsghdr *nlh = buf ? mnl_nlmsg_put_header(buf) : NULL;
	const struct nlattr *attr;
	struct nhmsg *nhm;

	if (!nlh)
		return kn_fail(err, -ENOMEM, "out of memory");
	nlh->nlmsg_type = RTM_NEWNEXTHOP;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
	nlh->nlmsg_flags |= find(saved, NHA_GROUP) ? NLM_F_REPLACE : NLM_F_EXCL;
	nhm = mnl_nlmsg_put_extra_header(nlh, sizeof(*nhm));
	memcpy(nhm, mnl_nlmsg_get_payload(saved), sizeof(*nhm));
	nhm->nh_scope = 0;
	nhm->nh_flags &= RTNH_F_ONLINK;
	mnl_attr_for_each (attr, saved, sizeof(*nhm))
		put_attr(r, nlh, saved, attr);
	return kn_nets_do(r->nets, &r->nets->topo->ns[0], nlh, err);
}

/* True if the group has only members that the saved one has: what the kernel left of it. */
static bool is_rest_of(const struct nlmsghdr *now, const struct nlmsghdr *saved)
{
	const struct nexthop_grp *some, *all;
	size_t n_some, n_all, found = 0;

	some = members(now, &n_some);
	all = members(saved, &n_all);
	for (size_t i = 0; i < n_some; i++)
		for (size_t k = 0; k < n_all; k++)
			if (some[i].id == all[k].id) {
				found++;
				break;
			}
	return n_some && found == n_some;
}

/* Members on other interfaces may be gone since. The group works without them. */
static int name_gone(const struct restore *r, const struct nlmsghdr *saved, struct kn_err *err)
{
	char gone[64] = "";
	const struct nexthop_grp *group;
	size_t n, used = 0;

	group = members(saved, &n);
	for (size_t i = 0; i < n && !r->only_ours && used < sizeof(gone); i++)
		if (!is_there(r, group[i].id))
			used += (size_t)snprintf(gone + used, sizeof(gone) - used, "%s%u",
						 used ? ", " : "", group[i].id);
	return used ? kn_fail(err, -ENODATA, "is back without what is gone here: nexthop %s", gone)
		    : 0;
}

static int restore_one(const struct restore *r, const struct kn_saved *saved, struct kn_err *err)
{
	uint32_t id = number(saved->message, NHA_ID);
	const struct nlmsghdr *now = by_id(&r->now, id);
	bool group = find(saved->message, NHA_GROUP) != NULL;
	int code = 0;

	if (now && kn_nexthop_print(now, r->ifindex) ==
			   kn_nexthop_print(saved->message, r->journal->ifindex))
		return 0;
	if (now && !(group && is_rest_of(now, saved->message)))
		code = kn_fail(err, -EEXIST, "somebody else has this number now");
	if (!code)
		code = make(r, saved->message, err);
	if (!code)
		code = name_gone(r, saved->message, err);
	return code ? kn_fail_at(err, code, "%s", saved->text) : 0;
}

/* All groups, or all that are none. A failure does not stop the others; the first is named. */
static int restore_kind(const struct restore *r, bool groups, struct kn_err *err)
{
	const struct kn_saved_list *list = &r->journal->nexthops;
	struct kn_err each;
	int code, first = 0;

	for (size_t i = 0; i < list->n; i++) {
		if ((find(list->items[i].message, NHA_GROUP) != NULL) != groups)
			continue;
		code = restore_one(r, &list->items[i], &each);
		if (code && !first) {
			first = code;
			*err = each;
		}
	}
	return first;
}

int kn_nexthop_restore(struct kn_nets *nets, const struct kn_journal *journal, int ifindex,
		       bool only_ours, struct kn_err *err)
{
	struct restore r = {
		.nets = nets, .journal = journal, .ifindex = ifindex, .only_ours = only_ours
	};
	struct collect what = { .list = &r.now };
	const struct kn_saved_list *list = &journal->nexthops;
	int code = list->n ? collect(nets, &what, err) : 0;

	/* A group needs its members. */
	for (int groups = 0; groups < 2 && !code; groups++)
		code = restore_kind(&r, groups, err);
	kn_journal_cut(&r.now, 0);
	free(r.now.items);
	return code;
}
