/* SPDX-License-Identifier: MIT */
/*
 * xdp_share.c: libxdp keeps a dispatcher per interface, whose slots are filled
 * with programs (freplace, kernel 5.10), and pins what hangs there under
 * /sys/fs/bpf/xdp/dispatch-IFINDEX-ID. All of it outlives the process.
 */
#include "links/xdp_share.h"
#include "core/log.h"
#include "links/libxdp.h"
#include "netlink/cleanup.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* libxdp runs low numbers first, 50 by default: another's verdict must not hide packets from us. */
#define PRIORITY 1
#define MAPS 64 /* of a program, looked through */
#define SLOTS 10 /* of a dispatcher */
#define PINS_PATH (PATH_MAX - NAME_MAX - 2)

static char last_words[128];

static int keep_words(enum libxdp_print_level level, const char *format, va_list arguments)
{
	if (level == LIBXDP_WARN)
		vsnprintf(last_words, sizeof(last_words), format, arguments);
	return 0;
}

static bool uses_map(const struct bpf_prog_info *info, uint32_t map)
{
	const __u32 *ids = (const __u32 *)(uintptr_t)info->map_ids;

	for (unsigned int i = 0; i < info->nr_map_ids && i < MAPS; i++)
		if (ids[i] == map)
			return true;
	return false;
}

static bool is_ours(int fd, const struct kidos_shared *ours)
{
	__u32 maps[MAPS];
	struct bpf_prog_info info = { .nr_map_ids = MAPS, .map_ids = (uintptr_t)maps };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return false;
	return ours->program ? info.id == ours->program : uses_map(&info, ours->map);
}

static const char *pins_path(char path[PINS_PATH])
{
	const char *mount = secure_getenv(XDP_BPFFS_ENVVAR);

	snprintf(path, PINS_PATH, "%s/xdp", mount ? mount : "/sys/fs/bpf");
	return path;
}

/* The program at the interface: a dispatcher, or one that is alone there; 0 for none. */
static uint32_t hook_of(unsigned int ifindex)
{
	__u32 id = 0;

	return bpf_xdp_query_id((int)ifindex, 0, &id) ? 0 : id;
}

/* How many programs a dispatcher has, or -errno; *found tells whether ours is among them. */
static int look_into(unsigned int ifindex, uint32_t hook, const struct kidos_shared *ours,
		     bool *found)
{
	char path[PINS_PATH], pin[PATH_MAX];
	int count = 0;

	pins_path(path);
	*found = false;
	for (unsigned int i = 0; i < SLOTS; i++) {
		int fd;

		snprintf(pin, sizeof(pin), "%s/dispatch-%u-%u/prog%u-prog", path, ifindex, hook, i);
		fd = bpf_obj_get(pin);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return -errno;
		count++;
		*found |= is_ours(fd, ours);
		close(fd);
	}
	return count;
}

/*
 * libxdp 1.3 leaves descriptors open whenever it looks at a hook, so it works in a short thread
 * with a descriptor table of its own. The thread is in its maker's network namespace.
 */
struct work {
	int (*run)(struct work *work);
	const struct kidos_libxdp *libxdp;
	unsigned int ifindex;
	const struct kidos_shared *ours; /* to detach */
	kidos_share_open open; /* to attach */
	const void *context;
	const char *name;
	bool generic;
	uint32_t program;
	int error;
};

static void *run_in_thread(void *argument)
{
	struct work *work = argument;

	work->libxdp->set_print(keep_words);
	*last_words = '\0';
	work->error = unshare(CLONE_FILES) ? -errno : work->run(work);
	return NULL;
}

/* -ELIBACC without libxdp, and last_words say so. */
static int run_apart(struct work *work)
{
	char reason[KIDOS_REASON];
	pthread_t thread;
	int error;

	work->libxdp = kidos_libxdp("XdpShare", reason);
	if (!work->libxdp) {
		snprintf(last_words, sizeof(last_words), "%s", reason);
		return -ELIBACC;
	}
	error = pthread_create(&thread, NULL, run_in_thread, work);
	if (error)
		return -error;
	pthread_join(thread, NULL);
	return work->error;
}

static int attach(struct work *work)
{
	const struct kidos_libxdp *libxdp = work->libxdp;
	struct bpf_object *object = work->open(work->context);
	DECLARE_LIBXDP_OPTS(xdp_program_opts, options, .obj = object, .prog_name = work->name);
	struct xdp_program *program;
	int error;

	if (!object)
		return -errno;
	program = libxdp->program_create(&options);
	error = (int)libxdp->get_error(program);
	if (!error) {
		error = libxdp->program_set_run_prio(program, PRIORITY);
		if (!error)
			error = libxdp->program_attach(
				program, (int)work->ifindex,
				work->generic ? XDP_MODE_SKB : XDP_MODE_NATIVE, 0);
		work->program = libxdp->program_id(program);
		libxdp->program_close(program);
	}
	bpf_object__close(object);
	return error;
}

static void describe_success(unsigned int ifindex, uint32_t program, char words[KIDOS_REASON])
{
	struct kidos_shared ours = { .program = program };
	uint32_t hook = hook_of(ifindex);
	bool found;

	last_words[strcspn(last_words, "\n")] = '\0';
	if (hook == program)
		snprintf(words, KIDOS_REASON, "alone, since %s",
			 *last_words ? last_words : "this kernel replaces no functions (freplace)");
	else
		snprintf(words, KIDOS_REASON, "in libxdp's dispatcher, programs there: %d",
			 look_into(ifindex, hook, &ours, &found));
}

static void describe_failure(unsigned int ifindex, int error, char words[KIDOS_REASON])
{
	uint32_t hook = hook_of(ifindex);

	last_words[strcspn(last_words, "\n")] = '\0';
	if (error == -EBUSY && hook)
		snprintf(words, KIDOS_REASON,
			 "the XDP hook belongs to program %u, which does not share it", hook);
	else if (error == -ELIBACC)
		snprintf(words, KIDOS_REASON, "%s", last_words);
	else
		snprintf(words, KIDOS_REASON, "%s%s%s", strerror(-error), *last_words ? ": " : "",
			 last_words);
}

int kidos_share_attach(kidos_share_open open, const void *context, const char *name,
		       unsigned int ifindex, bool generic, uint32_t *program,
		       char words[KIDOS_REASON])
{
	struct work work = { .run = attach,
			     .ifindex = ifindex,
			     .open = open,
			     .context = context,
			     .name = name,
			     .generic = generic };
	int error = run_apart(&work);

	*program = work.program;
	if (error)
		describe_failure(ifindex, error, words);
	else
		describe_success(ifindex, work.program, words);
	return error;
}

/* Is the program at the hook ours, with no dispatcher between? */
static bool is_alone(uint32_t hook, const struct kidos_shared *ours)
{
	_cleanup_fd_ int fd = ours->program ? -1 : bpf_prog_get_fd_by_id(hook);

	return ours->program ? hook == ours->program : fd >= 0 && is_ours(fd, ours);
}

/* Where it cannot be seen, it is taken to be there. */
static bool is_at(unsigned int ifindex, const struct kidos_shared *ours)
{
	__u32 hook = 0, before;
	bool found = false;
	int error = bpf_xdp_query_id((int)ifindex, 0, &hook);

	/* Somebody else who joins or leaves replaces the dispatcher. */
	do {
		before = hook;
		if (error || !hook)
			break;
		if (is_alone(hook, ours) || look_into(ifindex, hook, ours, &found) < 0)
			return true;
		error = bpf_xdp_query_id((int)ifindex, 0, &hook);
	} while (!found && hook != before);
	return found || (error && error != -ENODEV);
}

bool kidos_share_alive(unsigned int ifindex, uint32_t program)
{
	return is_at(ifindex, &(struct kidos_shared){ .program = program });
}

static struct xdp_program *find_ours(const struct kidos_libxdp *libxdp,
				     const struct xdp_multiprog *hook,
				     const struct kidos_shared *ours)
{
	struct xdp_program *program = NULL;

	if (libxdp->multiprog_is_legacy(hook)) {
		program = libxdp->multiprog_main_prog(hook);
		return program && is_ours(libxdp->program_fd(program), ours) ? program : NULL;
	}
	while ((program = libxdp->multiprog_next_prog(program, hook)))
		if (is_ours(libxdp->program_fd(program), ours))
			return program;
	return NULL;
}

static int detach(struct work *work)
{
	const struct kidos_libxdp *libxdp = work->libxdp;
	struct xdp_multiprog *hook = libxdp->multiprog_get_from_ifindex((int)work->ifindex);
	struct xdp_program *program;
	int error = 0;

	if (libxdp->get_error(hook))
		return 0;
	program = find_ours(libxdp, hook, work->ours);
	if (program)
		error = libxdp->program_detach(program, (int)work->ifindex,
					       libxdp->multiprog_attach_mode(hook), 0);
	libxdp->multiprog_close(hook);
	return error;
}

void kidos_share_detach(unsigned int ifindex, const struct kidos_shared *ours)
{
	struct work work = { .run = detach, .ifindex = ifindex, .ours = ours };
	int error = is_at(ifindex, ours) ? run_apart(&work) : 0;

	if (error)
		kidos_log(LOG_WARNING, "libxdp: detach from interface %u: %s", ifindex,
			  error == -ELIBACC ? last_words : strerror(-error));
}

/* Other people's pins and a folder that they lie in are left. */
static void unpin_in(int directory, const char *path, const struct kidos_shared *ours)
{
	char name[32], pin[PATH_MAX];

	for (unsigned int i = 0; i < SLOTS; i++) {
		int fd;

		snprintf(pin, sizeof(pin), "%s/prog%u-prog", path, i);
		fd = bpf_obj_get(pin);
		if (fd >= 0 && is_ours(fd, ours)) {
			snprintf(name, sizeof(name), "prog%u-prog", i);
			unlinkat(directory, name, 0);
			snprintf(name, sizeof(name), "prog%u-link", i);
			unlinkat(directory, name, 0);
		}
		if (fd >= 0)
			close(fd);
	}
}

static void unpin_all(DIR *pins, const char *path, const struct kidos_shared *ours)
{
	char dispatcher[PATH_MAX];
	struct dirent *entry;
	int directory;

	while ((entry = readdir(pins))) {
		if (strncmp(entry->d_name, "dispatch-", 9))
			continue;
		snprintf(dispatcher, sizeof(dispatcher), "%s/%s", path, entry->d_name);
		directory = open(dispatcher, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (directory < 0)
			continue;
		unpin_in(directory, dispatcher, ours);
		close(directory);
		unlinkat(dirfd(pins), entry->d_name, AT_REMOVEDIR); /* when it is empty */
	}
}

void kidos_share_unpin(const struct kidos_shared *ours)
{
	char path[PINS_PATH];
	DIR *pins = opendir(pins_path(path));

	if (!pins)
		return;
	/* libxdp's own lock: nobody builds a dispatcher meanwhile. */
	if (!flock(dirfd(pins), LOCK_EX))
		unpin_all(pins, path, ours);
	closedir(pins);
}
