/* SPDX-License-Identifier: MIT */
#include "capture/expression.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kidos_expression {
	struct bpf_program program;
};

/* What pcap_compile() does not look up somewhere. */
static const char *const keywords[] = {
	"and",
	"or",
	"not",
	"src",
	"dst",
	"host",
	"net",
	"mask",
	"port",
	"portrange",
	"proto",
	"protochain",
	"gateway",
	"less",
	"greater",
	"len",
	"byte",
	"inbound",
	"outbound",
	"ether",
	"ip",
	"ip6",
	"arp",
	"rarp",
	"tcp",
	"udp",
	"icmp",
	"icmp6",
	"sctp",
	"igmp",
	"pim",
	"vrrp",
	"carp",
	"ah",
	"esp",
	"igrp",
	"stp",
	"llc",
	"lldp",
	"multicast",
	"broadcast",
	"vlan",
	"mpls",
	"pppoed",
	"pppoes",
	"geneve",
	"iso",
	"link",
	"icmptype",
	"icmpcode",
	"icmp-echo",
	"icmp-echoreply",
	"icmp-unreach",
	"icmp-redirect",
	"icmp-timxceed",
	"icmp6type",
	"icmp6code",
	"tcpflags",
	"tcp-fin",
	"tcp-syn",
	"tcp-rst",
	"tcp-push",
	"tcp-ack",
	"tcp-urg",
	"tcp-ece",
	"tcp-cwr",
};

static bool is_keyword(const char *word)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (!strcmp(word, keywords[i]))
			return true;
	return false;
}

/* 10, 0x1f, 10.0, 10.0.0.0, 80-90: nothing but digits, and what stands between them. */
static bool is_number(const char *word)
{
	if (!strncmp(word, "0x", 2))
		return word[2] && word[2 + strspn(word + 2, "0123456789abcdefABCDEF")] == '\0';
	return isdigit((unsigned char)*word) && word[strspn(word, "0123456789.-")] == '\0';
}

static bool is_address(const char *word)
{
	unsigned char address[16];
	unsigned int byte;
	int used = 0;

	if (inet_pton(AF_INET6, word, address) == 1)
		return true;
	/* Ethernet's: six bytes in hexadecimal digits. */
	for (int i = 0; i < 6; i++, word += used) {
		used = 0;
		if (sscanf(word, i ? ":%2x%n" : "%2x%n", &byte, &used) != 1 || !used)
			return false;
	}
	return !*word;
}

/* The first word that is none of these, in `word`. */
static bool has_name(const char *text, char word[64])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-:";

	while (*text) {
		size_t length = strspn(text, letters);

		snprintf(word, 64, "%.*s", (int)(length < 63 ? length : 63), text);
		/* "ip[6:2]" and "tcp[tcpflags]": a colon within brackets is no address's. */
		if (length && !is_keyword(word) && !is_number(word) && !is_address(word) &&
		    !(isdigit((unsigned char)*word) && word[strspn(word, "0123456789:")] == '\0'))
			return true;
		if ((unsigned char)*text >= 0x80 || *text == '"' || *text == '\'' || *text == '$') {
			snprintf(word, 64, "%c", *text >= ' ' ? *text : '?');
			return true;
		}
		/* A backslash takes a keyword for a name: of protocols, which are known. */
		text += length ? length : 1;
	}
	return false;
}

static struct kidos_expression *compile(pcap_t *pcap, const char *text, char reason[KIDOS_REASON])
{
	struct kidos_expression *expression = calloc(1, sizeof(*expression));

	if (expression && !pcap_compile(pcap, &expression->program, text, 1, PCAP_NETMASK_UNKNOWN))
		return expression;
	snprintf(reason, KIDOS_REASON, "filter: %s",
		 expression ? pcap_geterr(pcap) : "out of memory");
	free(expression);
	return NULL;
}

struct kidos_expression *kidos_expression_compile(const char *text, bool ethernet, uint32_t snap,
						  char reason[KIDOS_REASON])
{
	pcap_t *pcap = pcap_open_dead(ethernet ? DLT_EN10MB : DLT_RAW, (int)snap);
	struct kidos_expression *expression = NULL;
	char word[64];

	if (has_name(text, word))
		snprintf(reason, KIDOS_REASON,
			 "filter: \"%s\" is no word of pcap-filter, and names are not resolved",
			 word);
	else if (pcap)
		expression = compile(pcap, text, reason);
	if (pcap)
		pcap_close(pcap);
	return expression;
}

void kidos_expression_free(struct kidos_expression *expression)
{
	if (!expression)
		return;
	pcap_freecode(&expression->program);
	free(expression);
}

bool kidos_expression_matches(const struct kidos_expression *expression, const void *data,
			      uint32_t captured, uint32_t length)
{
	const struct pcap_pkthdr header = { .caplen = captured, .len = length };

	return pcap_offline_filter(&expression->program, &header, data);
}
