/* SPDX-License-Identifier: MIT */
#include "capture/settings.h"
#include "core/alert.h"

#include <stdio.h>
#include <string.h>

#define AT(field) KIDOS_OPTION_AT(kidos_capture_settings, field)
#define TERABYTE (1ull << 40)

static int check_directory(const char *text, char reason[KIDOS_REASON])
{
	if (*text == '/')
		return 0;
	snprintf(reason, KIDOS_REASON, "not a path from the root on");
	return -1;
}

static int check_kind(const char *text, char reason[KIDOS_REASON])
{
	for (unsigned int i = 0; i < KIDOS_ALERT_KINDS; i++)
		if (!strcmp(text, kidos_alert_kinds[i].name))
			return 0;
	snprintf(reason, KIDOS_REASON, "no kind of alert");
	return -1;
}

static const struct kidos_option options[] = {
	{ "Enabled", KIDOS_OPTION_BOOLEAN, AT(enabled), 0, 0, "true", NULL,
	  "capture packets: on request, on alerts, and what mirror ports receive" },
	{ "Interface", KIDOS_OPTION_STRINGS, AT(interfaces), 0, 8, "", NULL,
	  "a mirror port, which an <Interface> block takes with Mirror true" },
	{ "Namespace", KIDOS_OPTION_STRING, AT(netns),
	  KIDOS_OPTION_ROOM(kidos_capture_settings, netns), "", NULL,
	  "network namespace of these interfaces" },
	{ "Directory", KIDOS_OPTION_STRING, AT(directory),
	  KIDOS_OPTION_ROOM(kidos_capture_settings, directory), "/var/lib/kidos", NULL,
	  "folder of the files; made if its parent is there", check_directory },
	{ "SnapLen", KIDOS_OPTION_NUMBER, AT(snap), 64, 65528, "1600", NULL,
	  "bytes of a packet in the file, at most" },
	{ "EvidenceSnapLen", KIDOS_OPTION_NUMBER, AT(evidence_snap), 64, 65528, "128", NULL,
	  "the same, of captures that an alert starts" },
	{ "On", KIDOS_OPTION_STRINGS, AT(on), 0, 64, "", NULL,
	  "a kind of alert that starts a capture of what it is about", check_kind },
	{ "Packets", KIDOS_OPTION_NUMBER, AT(packets), 1, 1000000000, "1000", NULL,
	  "packets after which an alert's capture ends" },
	{ "Bytes", KIDOS_OPTION_SIZE, AT(bytes), 1024, TERABYTE, "10M", NULL,
	  "size of the file after which an alert's capture ends" },
	{ "Seconds", KIDOS_OPTION_NUMBER, AT(seconds), 1, 86400, "30", NULL,
	  "seconds after which an alert's capture ends" },
	{ "Captures", KIDOS_OPTION_NUMBER, AT(captures), 1, 8, "4", NULL, "captures at once" },
	{ "RotateBytes", KIDOS_OPTION_SIZE, AT(rotate_bytes), 1 << 20, TERABYTE, "100M", NULL,
	  "size of a file, after which the next begins" },
	{ "RotateSeconds", KIDOS_OPTION_NUMBER, AT(rotate_seconds), 0, 31536000, "0", NULL,
	  "age of a file, after which the next begins; 0: none" },
	{ "Files", KIDOS_OPTION_NUMBER, AT(files), 1, 1000, "10", NULL,
	  "files of one capture; the oldest is removed for the next" },
	{ "MaxBytes", KIDOS_OPTION_SIZE, AT(max_bytes), 1 << 20, TERABYTE, "1G", NULL,
	  "of all captures in Directory; the oldest are removed" },
};

const struct kidos_block kidos_capture_block = {
	.name = "Capture",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.size = sizeof(struct kidos_capture_settings),
	.off_without = true,
};
