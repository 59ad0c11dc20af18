/* SPDX-License-Identifier: MIT */
/*
 * parse_dump MERGED: the corpus as one capture, for a single run of tshark,
 * and on stdout what the parser makes of each frame, tab separated:
 * file, number, class, error, protocol, source, destination, ports, VLAN id.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include "core/names.h"
#include "parse_check.h"
#include "parse_corpus.h"
#include "parse_text.h"

#define SNAP_LENGTH 262144

static void print_address(const struct kidos_flow_key *key, const union kidos_address *address)
{
	int is_ipv4 = key->meta >> 31;
	char text[INET6_ADDRSTRLEN];

	printf("\t%s",
	       inet_ntop(is_ipv4 ? AF_INET : AF_INET6,
			 is_ipv4 ? (const void *)&address->words[3] : address, text, sizeof(text)));
}

static void print_packet(const struct parse_capture *capture, const struct kidos_packet *packet)
{
	const struct kidos_flow_key *key = &packet->key;

	printf("%s\t%u\t%s\t%s", capture->file, capture->number, kidos_class_names[packet->class],
	       kidos_error_names[packet->error]);
	if (packet->has_key) {
		printf("\t%u", key->meta & 0xff);
		print_address(key, &key->src);
		print_address(key, &key->dst);
		printf("\t%u\t%u\t%u", key->sport, key->dport,
		       key->meta >> KIDOS_META_VLAN_SHIFT & KIDOS_META_VLAN_MASK);
	}
	printf("\n");
}

static int visit(void *context, const struct parse_capture *capture)
{
	struct pcap_pkthdr header = { .caplen = capture->captured, .len = capture->length };
	struct kidos_frame frame = {
		.data = capture->bytes,
		.data_end = capture->bytes + capture->captured,
		.length = capture->length,
	};
	struct parse_result result;

	parse_both(&frame, &result);
	if (parse_broken_rule(&frame, &result)) {
		fprintf(stderr, "%s, frame %u: %s\n", capture->file, capture->number,
			parse_broken_rule(&frame, &result));
		return -EBADMSG;
	}
	print_packet(capture, &result.outer);
	pcap_dump(context, &header, capture->bytes);
	return 0;
}

int main(int argc, char **argv)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, SNAP_LENGTH);
	pcap_dumper_t *merged = argc == 2 ? pcap_dump_open(pcap, argv[1]) : NULL;
	int files;

	if (!merged) {
		fprintf(stderr, "usage: parse_dump MERGED\n");
		return 2;
	}
	files = parse_corpus_walk(visit, merged);
	pcap_dump_close(merged);
	pcap_close(pcap);
	return files > 0 ? 0 : 1;
}
