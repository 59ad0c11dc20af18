/* SPDX-License-Identifier: MIT */
#include "uplink_settings.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Their directories, and the prefixes of their keys. */
static const struct {
	const char *prefix, *dir;
} places[] = {
	{ "ipv4.neigh.", "ipv4/neigh" }, { "ipv6.neigh.", "ipv6/neigh" }, /* before the shorter */
	{ "ipv4.", "ipv4/conf" },        { "ipv6.", "ipv6/conf" },        { "mpls.", "mpls/conf" },
};
#define N_PLACES (sizeof(places) / sizeof(places[0]))

static bool read_line(int fd, char *buf, size_t size)
{
	ssize_t len = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (len <= 0)
		return false;
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

static int save_one(struct kn_journal *journal, const char *prefix, int dir, const char *name)
{
	struct kn_saved_sysctl one, *more;
	_cleanup_fd_ int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	/* Some are read-only, and ipv6.stable_secret cannot be read until it is set. */
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0200) ||
	    !read_line(fd, one.value, sizeof(one.value)) ||
	    snprintf(one.key, sizeof(one.key), "%s%s", prefix, name) >= (int)sizeof(one.key))
		return 0;
	more = realloc(journal->sysctls, (journal->n_sysctls + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	journal->sysctls = more;
	more[journal->n_sysctls++] = one;
	return 0;
}

static int save_place(struct kn_journal *journal, size_t place)
{
	char path[64];
	_cleanup_dir_ DIR *dir = NULL;
	struct dirent *entry;
	int code = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/%s", places[place].dir, journal->name);
	dir = opendir(path);
	while (!code && dir && (entry = readdir(dir)))
		code = save_one(journal, places[place].prefix, dirfd(dir), entry->d_name);
	return code;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct kn_saved_sysctl *)a)->key,
		      ((const struct kn_saved_sysctl *)b)->key);
}

/* Lines of number, name, users, users of the kind that asks by hand, address. */
static int save_multicast(struct kn_journal *journal)
{
	_cleanup_file_ FILE *f = fopen("/proc/thread-self/net/dev_mcast", "re");
	char line[256], address[80];
	uint8_t(*more)[6];
	int ifindex, by_hand;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%d %*s %*d %d %79s", &ifindex, &by_hand, address) != 3 ||
		    ifindex != journal->ifindex || !by_hand || strlen(address) != 12)
			continue;
		more = realloc(journal->multicast, (journal->n_multicast + 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		journal->multicast = more;
		for (int i = 0; i < 6; i++)
			sscanf(address + 2 * i, "%2hhx", &more[journal->n_multicast][i]);
		journal->n_multicast++;
	}
	return 0;
}

int kn_settings_save(struct kn_journal *journal, struct kn_err *err)
{
	int code = 0;

	for (size_t i = 0; i < N_PLACES && !code; i++)
		code = save_place(journal, i);
	if (!code)
		code = save_multicast(journal);
	if (code)
		return kn_fail(err, code, "out of memory");
	if (journal->n_sysctls)
		qsort(journal->sysctls, journal->n_sysctls, sizeof(*journal->sysctls), by_key);
	return 0;
}

static bool path_of(const struct kn_saved_sysctl *saved, const char *name, char *path, size_t size)
{
	for (size_t i = 0; i < N_PLACES; i++) {
		size_t skip = strlen(places[i].prefix);

		if (strncmp(saved->key, places[i].prefix, skip) != 0)
			continue;
		snprintf(path, size, "/proc/sys/net/%s/%s/%s", places[i].dir, name,
			 saved->key + skip);
		return true;
	}
	return false;
}

/* Returns 0 if it is as it was, or -errno. */
static int restore_one(const char *path, const char *value)
{
	_cleanup_fd_ int fd = open(path, O_RDWR | O_CLOEXEC);
	char now[64];

	if (fd < 0)
		return -errno;
	if (read_line(fd, now, sizeof(now)) && strcmp(now, value) == 0)
		return 0;
	return pwrite(fd, value, strlen(value), 0) < 0 ? -errno : 0;
}

/* Twice: some change others, as ipv6.stable_secret changes ipv6.addr_gen_mode. */
static void restore_sysctls(const struct kn_journal *journal, const char *name)
{
	char path[256];
	int code;

	for (size_t i = 0; i < 2 * journal->n_sysctls; i++) {
		const struct kn_saved_sysctl *saved = &journal->sysctls[i % journal->n_sysctls];

		if (!path_of(saved, name, path, sizeof(path)))
			continue;
		code = restore_one(path, saved->value);
		if (code && i >= journal->n_sysctls)
			fprintf(stderr, "kidos-netns: %s = %s: %s\n", path, saved->value,
				strerror(-code));
	}
}

static void restore_multicast(const struct kn_journal *journal, const char *name)
{
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	for (size_t i = 0; i < journal->n_multicast; i++) {
		memcpy(request.ifr_hwaddr.sa_data, journal->multicast[i], 6);
		if (ioctl(fd, SIOCADDMULTI, &request) < 0 && errno != EEXIST)
			fprintf(stderr, "kidos-netns: %s: joining a link-layer group: %s\n", name,
				strerror(errno));
	}
}

void kn_settings_restore(const struct kn_journal *journal, const char *name)
{
	restore_sysctls(journal, name);
	restore_multicast(journal, name);
}
