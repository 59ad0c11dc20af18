/* SPDX-License-Identifier: MIT */
/* The memory that control groups leave, from proc and cgroup file systems as hosts and containers
 * have them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/cgroup.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define V2 "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1(top, point)                                                                 \
	"33 32 0:28 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n" \
	"34 32 0:29 " top " " point " rw,nosuid shared:10 - cgroup cgroup rw,memory\n"
#define MEM "/sys/fs/cgroup/memory"

struct row {
	const char *name, *cgroup, *mounts;
	const char *files[5][2];
	uint64_t limit;
};

static const struct row rows[] = {
	{ "no cgroups", "", "", {}, UINT64_MAX },
	{ "v2: its own",
	  "0::/system.slice/collectd.service\n",
	  V2,
	  { { "/sys/fs/cgroup/system.slice/collectd.service/memory.max", "67108864\n" } },
	  67108864 },
	{ "v2: of one above, smaller",
	  "0::/a.slice/b.slice/c\n",
	  V2,
	  { { "/sys/fs/cgroup/a.slice/b.slice/c/memory.max", "4096000\n" },
	    { "/sys/fs/cgroup/a.slice/b.slice/memory.max", "max\n" },
	    { "/sys/fs/cgroup/a.slice/memory.max", "2048000\n" } },
	  2048000 },
	{ "v2: none",
	  "0::/a\n",
	  V2,
	  { { "/sys/fs/cgroup/a/memory.max", "max\n" },
	    { "/sys/fs/cgroup/a/memory.high", "max\n" } },
	  UINT64_MAX },
	{ "v2: high before max",
	  "0::/a\n",
	  V2,
	  { { "/sys/fs/cgroup/a/memory.max", "8000000\n" },
	    { "/sys/fs/cgroup/a/memory.high", "7000000\n" } },
	  7000000 },
	{ "v2: in a namespace of its own",
	  "0::/\n",
	  V2,
	  { { "/sys/fs/cgroup/memory.max", "5000000\n" } },
	  5000000 },
	{ "v2: outside of what is mounted",
	  "0::/../other\n",
	  V2,
	  { { "/sys/fs/cgroup/memory.max", "5000000\n" }, { "/other/memory.max", "1\n" } },
	  5000000 },
	{ "v1: its own",
	  "5:cpu,cpuacct:/x\n4:memory:/system.slice/c\n1:name=systemd:/y\n0::/z\n",
	  V1("/", MEM),
	  { { MEM "/system.slice/c/memory.limit_in_bytes", "33554432\n" },
	    { MEM "/memory.limit_in_bytes", "9223372036854771712\n" },
	    { MEM "/x/memory.limit_in_bytes", "1\n" } },
	  33554432 },
	{ "v1: a container, whose group is the mount's top",
	  "4:memory:/docker/0123\n",
	  V1("/docker/0123", MEM),
	  { { MEM "/memory.limit_in_bytes", "1000000\n" } },
	  1000000 },
	{ "v1: below a container's top",
	  "4:memory:/docker/0123/inner\n",
	  V1("/docker/0123", MEM),
	  { { MEM "/inner/memory.limit_in_bytes", "900000\n" },
	    { MEM "/memory.limit_in_bytes", "1000000\n" } },
	  900000 },
	{ "v1: another group with the same beginning",
	  "4:memory:/docker/01234\n",
	  V1("/docker/0123", MEM),
	  { { MEM "/memory.limit_in_bytes", "1000000\n" },
	    { MEM "4/memory.limit_in_bytes", "1\n" } },
	  1000000 },
	{ "both: memory in v1, the rest in v2",
	  "4:memory:/a\n0::/b\n",
	  V1("/", MEM) "35 32 0:30 / /sys/fs/cgroup/unified rw shared:11 - cgroup2 cgroup2 rw\n",
	  { { MEM "/a/memory.limit_in_bytes", "700000\n" } },
	  700000 },
	{ "a mount point with a blank",
	  "0::/a\n",
	  "30 23 0:26 / /sys/c\\040g rw - cgroup2 cgroup2 rw\n",
	  { { "/sys/c g/a/memory.max", "600000\n" } },
	  600000 },
	{ "cut and strange lines",
	  "rubbish\n4:memory\n0::/a\n",
	  "rubbish\n30 23 - cgroup2\n30 - cgroup2 x y\n" V2,
	  { { "/sys/fs/cgroup/a/memory.max", "none\n" } },
	  UINT64_MAX },
};

static char root[] = "/tmp/kidos-cgroup-XXXXXX";

static void put(const char *path, const char *text)
{
	char full[PATH_MAX];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *slash = strchr(full + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	file = fopen(full, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void empty_root(void)
{
	char command[sizeof(root) + 16];

	snprintf(command, sizeof(command), "rm -rf %s/*", root);
	assert_int_equal(system(command), 0);
}

static void test_limits(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put("/proc/self/cgroup", rows[i].cgroup);
		put("/proc/self/mountinfo", rows[i].mounts);
		for (size_t k = 0; k < 5 && rows[i].files[k][0]; k++)
			put(rows[i].files[k][0], rows[i].files[k][1]);
		if (kidos_cgroup_memory(root) != rows[i].limit)
			fail_msg("%s: %llu", rows[i].name,
				 (unsigned long long)kidos_cgroup_memory(root));
		empty_root();
	}
	assert_int_equal(rmdir(root), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "cgroup: the least limit of memory, versions 1 and 2", test_limits, NULL, NULL,
		  NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
