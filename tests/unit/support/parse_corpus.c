/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fnmatch.h>
#include <fts.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "parse_corpus.h"

/* A capture ends at its first damaged record, as it does for tshark. */
static int walk_capture(pcap_t *pcap, const char *file, parse_corpus_visit visit, void *context)
{
	struct parse_capture capture = { .file = file };
	struct pcap_pkthdr *header;
	const unsigned char *bytes;
	int result = 0;

	while (!result && pcap_next_ex(pcap, &header, &bytes) == 1) {
		capture.number++;
		capture.captured = header->caplen;
		capture.length = header->len > header->caplen ? header->len : header->caplen;
		capture.bytes = malloc(header->caplen ? header->caplen : 1);
		if (!capture.bytes)
			return -ENOMEM;
		memcpy(capture.bytes, bytes, header->caplen);
		result = visit(context, &capture);
		free(capture.bytes);
	}
	return result;
}

/* 1 when the file is an Ethernet capture, 0 when it is another; or what visit gave. */
static int walk_file(const char *path, const char *file, parse_corpus_visit visit, void *context)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, error);
	int result;

	if (!pcap) {
		fprintf(stderr, "# %s: %s\n", file, error);
		return 0;
	}
	if (pcap_datalink(pcap) != DLT_EN10MB) {
		fprintf(stderr, "# %s: link type %d is not Ethernet\n", file, pcap_datalink(pcap));
		pcap_close(pcap);
		return 0;
	}
	result = walk_capture(pcap, file, visit, context);
	pcap_close(pcap);
	return result ? result : 1;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int is_capture(const FTSENT *entry)
{
	return entry->fts_info == FTS_F &&
	       (!fnmatch("*.pcap", entry->fts_name, 0) || !fnmatch("*.pcapng", entry->fts_name, 0));
}

int parse_corpus_walk(parse_corpus_visit visit, void *context)
{
	char *root = getenv("KIDOS_CORPUS"), *roots[] = { root, NULL };
	int files = 0, result = 0;
	FTSENT *entry;
	FTS *tree;

	if (!root || !*root)
		return -ENOENT;
	tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	if (!tree)
		return -errno;
	while (result >= 0 && (entry = fts_read(tree))) {
		if (!is_capture(entry))
			continue;
		result = walk_file(entry->fts_path, entry->fts_path + strlen(root) + 1, visit,
				   context);
		files += result > 0;
	}
	fts_close(tree);
	return result < 0 ? result : files;
}
