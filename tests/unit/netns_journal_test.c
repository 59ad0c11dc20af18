/* SPDX-License-Identifier: MIT */
/* The uplink's journal comes back from disk as it was, is replaced whole, and a broken one or a
 * planted link is refused. Needs no root: the directory is our own.
 */
#include "netns_util.h"
#include "netlink/cleanup.h"
#include "journal.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/stat.h>

static char dir_name[] = "/tmp/kidos-journal-XXXXXX";
static int dir = -1;

static int open_dir(void **state)
{
	struct kn_err err;

	(void)state;
	if (!mkdtemp(dir_name))
		return -1;
	dir = kn_trust_dir(dir_name, 0700, &err);
	return dir < 0 ? -1 : 0;
}

static int remove_dir(void **state)
{
	(void)state;
	close(dir);
	return rmdir(dir_name);
}

static void fill(struct kn_journal *journal)
{
	struct nlmsghdr message[2] = { { .nlmsg_len = sizeof(message), .nlmsg_type = 20 } };

	*journal = (struct kn_journal){ .ns = "ethns",
					.boot_id = "b",
					.name = "eth0",
					.ifindex = 4,
					.mtu = 1450,
					.up = true,
					.has_mac = true,
					.mac = { 2, 0, 0, 0, 0xab, 0xcd } };
	journal->altnames = calloc(1, sizeof(*journal->altnames));
	strcpy(journal->altnames[0], "enp0s3");
	journal->n_altnames = 1;
	journal->sysctls = calloc(1, sizeof(*journal->sysctls));
	strcpy(journal->sysctls[0].key, "ipv6.accept_ra");
	strcpy(journal->sysctls[0].value, "2");
	journal->n_sysctls = 1;
	strcpy(journal->device, "0000:00:03.0");
	journal->file = strdup("/etc/kidos/t.json");
	journal->topology = strdup("{ \"name\": \"t\" }\n");
	journal->multicast = calloc(1, sizeof(*journal->multicast));
	memcpy(journal->multicast[0], journal->mac, 6);
	journal->n_multicast = 1;
	journal->has_token = true;
	memset(journal->token, 0x71, 16);
	assert_int_equal(kn_journal_add(&journal->addrs, "10.0.0.1/24", message, sizeof(message)),
			 0);
	assert_int_equal(kn_journal_add(&journal->routes, "0.0.0.0/0", message, sizeof(message)),
			 0);
}

static void round_trip(void **state)
{
	struct kn_journal wrote, got;
	struct kn_err err;

	(void)state;
	fill(&wrote);
	assert_int_equal(kn_journal_write(dir, "t", &wrote, &err), 0);
	wrote.mtu = 9000; /* the second replaces the first */
	assert_int_equal(kn_journal_write(dir, "t", &wrote, &err), 0);
	assert_int_equal(kn_journal_read(dir, "t", &got, &err), 0);
	assert_string_equal(got.name, "eth0");
	assert_string_equal(got.ns, "ethns");
	assert_int_equal(got.ifindex, 4);
	assert_int_equal(got.mtu, 9000);
	assert_true(got.up && got.has_mac && !got.has_permanent_mac);
	assert_memory_equal(got.mac, wrote.mac, 6);
	assert_string_equal(got.altnames[0], "enp0s3");
	assert_string_equal(got.sysctls[0].value, "2");
	assert_int_equal(got.addrs.items[0].len, wrote.addrs.items[0].len);
	assert_memory_equal(got.addrs.items[0].message, wrote.addrs.items[0].message,
			    got.addrs.items[0].len);
	assert_string_equal(got.routes.items[0].text, "0.0.0.0/0");
	assert_string_equal(got.file, "/etc/kidos/t.json");
	assert_string_equal(got.topology, "{ \"name\": \"t\" }\n");
	assert_string_equal(got.device, "0000:00:03.0");
	assert_int_equal(got.n_multicast, 1);
	assert_memory_equal(got.multicast[0], wrote.mac, 6);
	assert_true(got.has_token);
	assert_memory_equal(got.token, wrote.token, 16);
	assert_int_equal(kn_journal_remove(dir, "t", &err), 0);
	kn_journal_clear(&got);
	assert_int_equal(kn_journal_read(dir, "t", &got, &err), -ENOENT);
	assert_int_equal(kn_journal_remove(dir, "t", &err), 0);
	kn_journal_clear(&wrote);
}

/* As of a router: what can be written can be read, however much it is, and one route may have a
 * thousand paths.
 */
static void large(void **state)
{
	_Alignas(struct nlmsghdr) char message[60000] = {};
	struct nlmsghdr *nlh = (void *)message;
	struct kn_journal wrote, got;
	struct kn_err err;

	(void)state;
	fill(&wrote);
	for (nlh->nlmsg_len = 28; nlh->nlmsg_len < sizeof(message); nlh->nlmsg_len += 60)
		assert_int_equal(kn_journal_add(&wrote.routes, "a route", message, nlh->nlmsg_len),
				 0);
	assert_int_equal(kn_journal_write(dir, "t", &wrote, &err), 0);
	assert_int_equal(kn_journal_read(dir, "t", &got, &err), 0);
	assert_int_equal(got.routes.n, wrote.routes.n);
	for (size_t i = 0; i < got.routes.n; i++) {
		assert_int_equal(got.routes.items[i].len, wrote.routes.items[i].len);
		assert_memory_equal(got.routes.items[i].message, wrote.routes.items[i].message,
				    got.routes.items[i].len);
	}
	kn_journal_clear(&got);
	kn_journal_clear(&wrote);
	assert_int_equal(kn_journal_remove(dir, "t", &err), 0);
}

/* What cannot be read back is not left, or the uplink would move and its way home be lost. */
static void not_read_back(void **state)
{
	struct kn_journal wrote, got;
	struct kn_err err;

	(void)state;
	fill(&wrote);
	strcpy(wrote.sysctls[0].key, "kernel.hostname");
	assert_int_equal(kn_journal_write(dir, "t", &wrote, &err), -EBADMSG);
	assert_int_equal(kn_journal_read(dir, "t", &got, &err), -ENOENT);
	strcpy(wrote.sysctls[0].key, "ipv4.rp_filter");
	strcpy(wrote.altnames[0], "x");
	((struct nlmsghdr *)wrote.addrs.items[0].message)->nlmsg_len = 16;
	assert_int_equal(kn_journal_write(dir, "t", &wrote, &err), -EBADMSG);
	assert_int_equal(kn_journal_read(dir, "t", &got, &err), -ENOENT);
	kn_journal_clear(&wrote);
}

static void broken(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{}",
		"{\"name\":\"eth0\"}",
		/* complete, but an address's message is cut short */
		"{\"namespace\":\"n\",\"boot_id\":\"b\",\"name\":\"e\",\"kind\":\"\",\"ifindex\":1,"
		"\"mtu\":1,\"up\":true,\"altnames\":[],\"sysctls\":{},\"routes\":[],"
		"\"addresses\":[{\"text\":\"x\",\"message\":\"14000000\"}]}",
		/* whole, but too short for an address */
		"{\"namespace\":\"n\",\"boot_id\":\"b\",\"name\":\"e\",\"kind\":\"\",\"ifindex\":1,"
		"\"mtu\":1,\"up\":true,\"altnames\":[],\"sysctls\":{},\"routes\":[],"
		"\"addresses\":[{\"text\":\"x\",\"message\":\"10000000140000000000000000000000\"}]"
		"}",
		/* a key that would leave /proc/sys/net */
		"{\"namespace\":\"n\",\"boot_id\":\"b\",\"name\":\"e\",\"kind\":\"\",\"ifindex\":1,"
		"\"mtu\":1,\"up\":true,\"altnames\":[],\"sysctls\":{\"ipv4/../../kernel\":\"1\"},"
		"\"routes\":[],\"addresses\":[]}",
	};
	struct kn_journal got;
	struct kn_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(kn_journal_parse(texts[i], &got, &err), -EBADMSG);
}

static void older(void **state)
{
	static const char text[] =
		"{\"namespace\":\"n\",\"boot_id\":\"b\",\"name\":\"e\",\"kind\":\"\",\"ifindex\":1,"
		"\"mtu\":1,\"up\":true,\"altnames\":[],\"sysctls\":{\"ipv4.rp_filter\":\"1\"},"
		"\"routes\":[],\"addresses\":[]}";
	struct kn_journal got;
	struct kn_err err;

	(void)state;
	assert_int_equal(kn_journal_parse(text, &got, &err), 0);
	assert_null(got.file);
	assert_int_equal(got.n_sysctls, 1);
	kn_journal_clear(&got);
}

static void planted(void **state)
{
	struct kn_journal journal, got;
	struct kn_err err;
	struct stat st;

	(void)state;
	fill(&journal);
	assert_int_equal(symlinkat("/etc/hostname", dir, "t.uplink.json"), 0);
	assert_int_equal(kn_journal_read(dir, "t", &got, &err), -ELOOP);
	/* Writing replaces the link itself and leaves what it points at alone. */
	assert_int_equal(symlinkat("/nonexistent/target", dir, ".t.uplink.json.new"), 0);
	assert_int_equal(kn_journal_write(dir, "t", &journal, &err), 0);
	assert_int_equal(fstatat(dir, "t.uplink.json", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fchmodat(dir, "t.uplink.json", 0666, 0), 0);
	assert_int_equal(kn_journal_read(dir, "t", &got, &err), -EPERM);
	assert_int_equal(kn_journal_remove(dir, "t", &err), 0);
	kn_journal_clear(&journal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "netns: journal comes back as it was", round_trip, NULL, NULL, NULL },
		{ "netns: journal of four million bytes, a route of a thousand paths", large, NULL,
		  NULL, NULL },
		{ "netns: journal that cannot be read back is an error and is not left",
		  not_read_back, NULL, NULL, NULL },
		{ "netns: journal of an older version", older, NULL, NULL, NULL },
		{ "netns: journal that is broken", broken, NULL, NULL, NULL },
		{ "netns: journal and planted links", planted, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netns journal", tests, open_dir, remove_dir);
}
