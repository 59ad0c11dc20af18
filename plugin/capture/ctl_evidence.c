/* SPDX-License-Identifier: MIT */
/* ctl_evidence.c: `kidosctl evidence verify FILE`. Takes no daemon. */
#include "capture/ctl.h"
#include "capture/verify.h"
#include "core/text.h"
#include "ctl/json_build.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct settings {
	struct ctl_output output;
};

static const struct ctl_option options[] = {
	{ "json", NULL, "print one JSON object; times in UTC", ctl_set_true,
	  offsetof(struct settings, output.json), false },
	{},
};

static void print(const struct kidos_verified *verified)
{
	const struct kidos_ledger *ledger = &verified->ledger;

	for (size_t i = 0; i < verified->fault_count; i++)
		printf("does not hold: %s\n", verified->faults[i]);
	if (verified->fault_count)
		return;
	printf("holds: %" PRIu64 " packets that the filter took", ledger->matched);
	for (unsigned int i = 0; i < KIDOS_FATES; i++)
		if (ledger->fates[i] || i == KIDOS_FATE_WRITTEN)
			printf("%s%" PRIu64 " %s", i == KIDOS_FATE_WRITTEN ? " = " : " + ",
			       (uint64_t)ledger->fates[i], kidos_fate_names[i]);
	printf("\n");
	if (ledger->unseen)
		printf("%" PRIu64 " packets of its mirror port were lost before the filter, "
		       "which might have taken them\n",
		       ledger->unseen);
	if (ledger->counted_most)
		printf("the interface had %" PRIu64 " to %" PRIu64 " by its totals\n",
		       ledger->counted_least, ledger->counted_most);
	if (verified->unread)
		printf("%" PRIu64 " packets are cut too short to be held against the filter\n",
		       verified->unread);
}

static void print_json(const struct kidos_verified *verified)
{
	const struct kidos_ledger *ledger = &verified->ledger;
	struct json_object *object = json_object_new_object(), *member;
	char words[KIDOS_CAPTURE_WORDS];

	json_add_bool(object, "holds", !verified->fault_count);
	member = json_add_array(object, "faults");
	for (size_t i = 0; i < verified->fault_count; i++)
		json_object_array_add(member, json_object_new_string(verified->faults[i]));
	kidos_order_words(&ledger->order, words, sizeof(words));
	json_add_text(object, "captures", words);
	json_add_time(object, "started", ledger->started_ns);
	json_add_time(object, "ended", ledger->ended_ns);
	json_add_number(object, "packets", verified->packets);
	json_add_number(object, "unread", verified->unread);
	json_add_number(object, "matched", ledger->matched);
	json_add_number(object, "counted_least", ledger->counted_least);
	json_add_number(object, "counted_most", ledger->counted_most);
	json_add_number(object, "unseen", ledger->unseen);
	member = json_add_object(object, "of_these");
	for (unsigned int i = 0; i < KIDOS_FATES; i++)
		json_add_number(member, kidos_fate_names[i], ledger->fates[i]);
	json_finish(object);
}

static int verify(const char *name, bool json)
{
	_cleanup_fd_ int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ struct kidos_verified *verified = calloc(1, sizeof(*verified));
	struct stat stat;
	void *file;

	if (fd < 0 || !verified || fstat(fd, &stat)) {
		ctl_complain("%s: %s", name, strerror(errno));
		return CTL_FAILURE;
	}
	file = stat.st_size ? mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
			    : MAP_FAILED;
	if (file == MAP_FAILED) {
		ctl_complain("%s: %s", name, stat.st_size ? strerror(errno) : "empty");
		return CTL_FAILURE;
	}
	kidos_verify(file, (size_t)stat.st_size, verified);
	munmap(file, (size_t)stat.st_size);
	if (json)
		print_json(verified);
	else
		print(verified);
	return verified->fault_count ? CTL_FAILURE : CTL_OK;
}

static int run(const struct ctl_call *call)
{
	const struct settings *settings = call->settings;

	if (!strcmp(call->words[0], "verify"))
		return verify(call->words[1], settings->output.json);
	ctl_complain("%s: no word but verify", call->words[0]);
	return CTL_USAGE;
}

const struct ctl_command ctl_evidence = {
	.name = "evidence",
	.help = "does a capture hold what the ledger at its end says?",
	.options = options,
	.words = "verify FILE",
	.size = sizeof(struct settings),
	.run = run,
};
