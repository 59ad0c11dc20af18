/* SPDX-License-Identifier: MIT */
#include "connects/loaded.h"
#include "connects/sockets.h"
#include "core/log.h"
#include "core/now.h"
#include "netlink/cleanup.h"
#include "state/elements.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connect_walk.skel.h"

#define NS_PER_S 1000000000ull
#define CALL_AGE                                                                         \
	NS_PER_S /* after which no SYN comes any more of a call whose return is not seen \
		  */
#define LOST_AGE (900 * NS_PER_S) /* after which nobody waits for an outcome any more */

enum { LINK_ADD, LINK_LIST, LINK_GIVE, LINK_ADOPT, LINK_CALLS };

static int map_of(const struct kidos_connects *connects, const char *name)
{
	return bpf_object__find_map_fd_by_name(connects->walk, name);
}

static int program_of(const struct kidos_connects *connects, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(connects->walk, name);

	return program ? bpf_program__fd(program) : -1;
}

/* Ways to come by every socket. What the best cannot do is not missed. */
struct way {
	const char *add, *list, *give;
	const char *adopt; /* NULL where the owners of older sockets cannot be found */
	bool storage; /* iterates over what is kept with sockets */
	const char *blind; /* what it does not find */
};

static const struct way ways[] = {
	{ "connect_add", "connect_list", "connect_give", "connect_adopt", true, "" },
	{ "connect_add_file", "connect_list_file", "connect_give_file", "connect_adopt", false,
	  "; live traffic before accept() and of sockets that no process holds" },
	{ "connect_add", "connect_list", "connect_give", NULL, true,
	  "; sockets that are older than the daemon" }, /* before 5.11 */
};

static bool is_wanted(const char *program, const struct way *way,
		      const struct kidos_connect_config *config)
{
	if (!strcmp(program, "connect_count_calls"))
		return config->tasks;
	return !strcmp(program, way->add) || !strcmp(program, way->list) ||
	       !strcmp(program, way->give) || (way->adopt && !strcmp(program, way->adopt)) ||
	       !strncmp(program, "connect_expire", strlen("connect_expire"));
}

static int load_way(struct kidos_connects *connects, const struct kidos_connect_config *config,
		    const struct way *way)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "kidos");
	struct bpf_program *program;
	size_t size;
	const void *elf = connect_walk_bpf__elf_bytes(&size);
	int error;

	connects->walk = bpf_object__open_mem(elf, size, &options);
	if (!connects->walk)
		return -errno;
	bpf_object__for_each_program (program, connects->walk)
		bpf_program__set_autoload(program,
					  is_wanted(bpf_program__name(program), way, config));
	error = kidos_connect_set_config(connects->walk, config);
	if (!error)
		error = kidos_map_set_give(&kidos_connect_map_set, connects->maps->fd,
					   connects->walk);
	return error ? error : bpf_object__load(connects->walk);
}

/* map: whose storage is iterated over; -1: files */
static int make_link(struct kidos_connects *connects, int which, const char *name, int map)
{
	union bpf_iter_link_info info = { .map.map_fd = (__u32)map };
	LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info,
		    .link_info_len = sizeof(info));
	struct bpf_program *program = bpf_object__find_program_by_name(connects->walk, name);

	connects->walk_links.link[which] =
		bpf_program__attach_iter(program, map < 0 ? NULL : &options);
	if (!connects->walk_links.link[which])
		return -errno;
	connects->walk_links.count = (size_t)which + 1;
	return 0;
}

static int make_links(struct kidos_connects *connects, const struct way *way, bool tasks)
{
	int sockets = way->storage ? map_of(connects, "connect_sockets") : -1;
	int senders = way->storage ? map_of(connects, "connect_senders") : -1;
	int error = make_link(connects, LINK_ADD, way->add, sockets);

	if (!error)
		error = make_link(connects, LINK_LIST, way->list, sockets);
	if (!error)
		error = make_link(connects, LINK_GIVE, way->give, senders);
	if (!error && way->adopt)
		error = make_link(connects, LINK_ADOPT, way->adopt, -1);
	if (!error && tasks)
		error = make_link(connects, LINK_CALLS, "connect_count_calls", -1);
	return error;
}

static int try_way(struct kidos_connects *connects, const struct kidos_connect_config *config,
		   const struct way *way)
{
	int error = load_way(connects, config, way);

	if (!error)
		error = make_links(connects, way, config->tasks);
	if (!error)
		return 0;
	kidos_connect_detach(&connects->walk_links);
	bpf_object__close(connects->walk);
	connects->walk = NULL;
	return error;
}

/* Runs a walk that writes nothing. */
static int run(const struct kidos_connects *connects, int which)
{
	_cleanup_fd_ int fd = bpf_iter_create(bpf_link__fd(connects->walk_links.link[which]));
	char byte;
	ssize_t got;

	if (fd < 0)
		return -errno;
	do
		got = read(fd, &byte, sizeof(byte));
	while (got > 0 || (got < 0 && errno == EAGAIN));
	return got < 0 ? -errno : 0;
}

int kidos_connects_list(const struct kidos_connects *connects)
{
	const struct kidos_connect_links *links = &connects->walk_links;

	return links->count > LINK_LIST ? bpf_link__fd(links->link[LINK_LIST]) : -1;
}

int kidos_connect_walk_load(struct kidos_connects *connects,
			    const struct kidos_connect_config *config,
			    struct kidos_connect_state *state)
{
	size_t i = 0;
	int error;

	do
		error = try_way(connects, config, &ways[i]);
	while (error && ++i < sizeof(ways) / sizeof(ways[0]));
	if (!error)
		snprintf(state->blind + strlen(state->blind),
			 sizeof(state->blind) - strlen(state->blind), "%s", ways[i].blind);
	return error || !ways[i].adopt ? error : run(connects, LINK_ADOPT);
}

void kidos_connect_walk_free(struct kidos_connects *connects)
{
	kidos_connect_detach(&connects->walk_links);
	bpf_object__close(connects->walk);
	connects->walk = NULL;
}

/* --- connect_live --- */

static int remove_element(int fd, const void *key, const void *value, void *context)
{
	(void)value, (void)context;
	return bpf_map_delete_elem(fd, key) && errno != ENOENT ? -errno : 0;
}

/* Of owners that have no socket any more. */
static int remove_gone(int fd, const void *key, const void *value, void *context)
{
	const int *adding = context;
	struct kidos_connect_live live;

	if (!bpf_map_lookup_elem(*adding, key, &live))
		return 0;
	return remove_element(fd, key, value, NULL);
}

static int copy_live(int adding, const void *key, const void *value, void *context)
{
	const int *live = context;

	(void)adding;
	return bpf_map_update_elem(*live, key, value, BPF_ANY) ? -errno : 0;
}

static int each_live(int fd, kidos_element_take take, void *context)
{
	return kidos_elements_each(fd, sizeof(struct kidos_connect_owner),
				   sizeof(struct kidos_connect_live), take, context);
}

static int fill_live(struct kidos_connects *connects)
{
	int adding = map_of(connects, "connect_adding");
	int live = connects->maps->fd[KIDOS_CONNECT_MAP_LIVE];
	int error = each_live(adding, remove_element, NULL);

	if (!error)
		error = run(connects, LINK_ADD);
	if (live < 0 || error)
		return error;
	error = each_live(live, remove_gone, &adding);
	return error ? error : each_live(adding, copy_live, &live);
}

/* --- what nothing else concludes --- */

struct expiring {
	int program;
	size_t key;
	uint64_t before;
	enum kidos_connect_stage soon; /* ends sooner: */
	uint64_t before_soon;
};

static int expire_element(int fd, const void *key, const void *value, void *context)
{
	const struct kidos_connect_attempt *attempt = value;
	const struct expiring *expiring = context;
	__u64 before = attempt->stage == expiring->soon ? expiring->before_soon : expiring->before;
	__u64 arguments[2] = { 0, before };
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = arguments,
		    .ctx_size_in = sizeof(arguments));

	(void)fd;
	if (attempt->start >= before)
		return 0;
	memcpy(arguments, key, expiring->key);
	return bpf_prog_test_run_opts(expiring->program, &options) ? -errno : 0;
}

static int each_attempt(const struct kidos_connects *connects, enum kidos_connect_map map,
			kidos_element_take take, void *context)
{
	return kidos_elements_each(connects->maps->fd[map],
				   map == KIDOS_CONNECT_MAP_CALLS ? sizeof(__u32) : sizeof(__u64),
				   sizeof(struct kidos_connect_attempt), take, context);
}

static uint64_t earlier(uint64_t now, uint64_t age)
{
	return now > age ? now - age : 0;
}

static int expire(const struct kidos_connects *connects)
{
	uint64_t now = kidos_now_ns(CLOCK_BOOTTIME);
	/* What a signal ended is entered again at once, or not at all. */
	struct expiring calls = { .program = program_of(connects, "connect_expire_call"),
				  .key = sizeof(__u32),
				  .before = earlier(now, LOST_AGE),
				  .soon = KIDOS_CONNECT_RESTART,
				  .before_soon = earlier(now, CALL_AGE) };
	/* A call that sent no SYN, where nothing sees its return. */
	struct expiring pending = { .program = program_of(connects, "connect_expire_pending"),
				    .key = sizeof(__u64),
				    .before = earlier(now, LOST_AGE),
				    .soon = KIDOS_CONNECT_IN_CALL,
				    .before_soon = earlier(now, CALL_AGE) };
	int error = each_attempt(connects, KIDOS_CONNECT_MAP_CALLS, expire_element, &calls);

	return error ? error
		     : each_attempt(connects, KIDOS_CONNECT_MAP_PENDING, expire_element, &pending);
}

int kidos_connects_walk(struct kidos_connects *connects)
{
	int error = fill_live(connects);

	if (!error && connects->sends.object)
		error = run(connects, LINK_GIVE);
	return error ? error : expire(connects);
}

/* --- attempts without an outcome --- */

static void count(uint64_t *pending, const struct kidos_connect_attempt *attempt)
{
	pending[kidos_connect_protocol_of(attempt->protocol, attempt->family)]++;
}

/* Of those in a call `connect_pending` has what a SYN took over. */
static int count_call(int fd, const void *key, const void *value, void *context)
{
	const struct kidos_connect_attempt *attempt = value;
	uint64_t *pending = context;

	(void)fd, (void)key;
	if (!attempt->trial && attempt->stage != KIDOS_CONNECT_TAKEN)
		count(pending, attempt);
	return 0;
}

static int count_pending(int fd, const void *key, const void *value, void *context)
{
	const struct kidos_connect_attempt *attempt = value;
	uint64_t *pending = context;

	(void)fd, (void)key;
	if (!attempt->trial)
		count(pending, attempt);
	return 0;
}

static int count_calls(const struct kidos_connects *connects,
		       uint64_t pending[KIDOS_CONNECT_PROTOCOLS])
{
	const uint64_t none = 0;
	int fd = map_of(connects, "connect_calling"), error = 0;

	for (unsigned int i = 0; !error && i < KIDOS_CONNECT_PROTOCOLS; i++)
		error = kidos_map_write(fd, i, &none);
	if (!error)
		error = run(connects, LINK_CALLS);
	for (unsigned int i = 0; !error && i < KIDOS_CONNECT_PROTOCOLS; i++)
		error = kidos_map_read(fd, i, &pending[i]);
	return error;
}

int kidos_connects_pending(const struct kidos_connects *connects,
			   uint64_t pending[KIDOS_CONNECT_PROTOCOLS])
{
	int error;

	memset(pending, 0, KIDOS_CONNECT_PROTOCOLS * sizeof(*pending));
	error = connects->walk_links.count > LINK_CALLS
			? count_calls(connects, pending)
			: each_attempt(connects, KIDOS_CONNECT_MAP_CALLS, count_call, pending);
	return error ? error
		     : each_attempt(connects, KIDOS_CONNECT_MAP_PENDING, count_pending, pending);
}
