/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "parse_build.h"

#define LAYERS_MAX 24
#define OPTIONS_MAX 6
#define EXPERIMENTAL_PROTOCOL 253 /* RFC 3692 */
#define EXPERIMENTAL_ETHERTYPE 0x88b5 /* IEEE 802, local experimental */

struct option {
	char name[8];
	unsigned long value;
};

struct layer {
	const struct layer_kind *kind;
	struct option options[OPTIONS_MAX];
	int count;
	__u32 start;
};

struct build {
	struct parse_frame *frame;
	struct layer layers[LAYERS_MAX];
	int count;
	int networks; /* IP headers so far: they differ in their addresses */
};

struct layer_kind {
	const char *name;
	void (*emit)(struct build *build, const struct layer *layer);
	void (*finish)(struct build *build, const struct layer *layer); /* lengths */
	int protocol; /* that announces it in IP, -1 none */
	int ethertype; /* ... and on a link, 0 none */
	int port; /* ... and in UDP, 0 none */
};

static unsigned long option(const struct layer *layer, const char *name, unsigned long fallback)
{
	for (int i = 0; i < layer->count; i++)
		if (!strcmp(layer->options[i].name, name))
			return layer->options[i].value;
	return fallback;
}

static void put(struct build *build, unsigned long value, int bytes)
{
	struct parse_frame *frame = build->frame;

	while (bytes-- && frame->size < PARSE_FRAME_MAX)
		frame->bytes[frame->size++] = value >> bytes * 8;
}

static void fill(struct build *build, __u8 value, unsigned long bytes)
{
	while (bytes--)
		put(build, value, 1);
}

static void put_at(struct build *build, __u32 offset, __u16 value)
{
	build->frame->bytes[offset] = value >> 8;
	build->frame->bytes[offset + 1] = value;
}

/* The next layer, or one that announces nothing. */
static const struct layer_kind *next(const struct build *build, const struct layer *layer)
{
	static const struct layer_kind none = { .protocol = -1 };

	return layer + 1 < build->layers + build->count ? layer[1].kind : &none;
}

static unsigned long next_protocol(const struct build *build, const struct layer *layer,
				   const char *name)
{
	int protocol = next(build, layer)->protocol;

	return option(layer, name, protocol < 0 ? EXPERIMENTAL_PROTOCOL : protocol);
}

static unsigned long next_ethertype(const struct build *build, const struct layer *layer)
{
	int ethertype = next(build, layer)->ethertype;

	return option(layer, "type", ethertype ? ethertype : EXPERIMENTAL_ETHERTYPE);
}

static void emit_eth(struct build *build, const struct layer *layer)
{
	put(build, 0x020000000002, 6);
	put(build, 0x020000000001, 6);
	put(build, next_ethertype(build, layer), 2);
}

static void emit_vlan(struct build *build, const struct layer *layer)
{
	put(build, option(layer, "pcp", 0) << 13 | option(layer, "id", 1), 2);
	put(build, next_ethertype(build, layer), 2);
}

static void emit_mpls(struct build *build, const struct layer *layer)
{
	int bottom = strcmp(next(build, layer)->name ?: "", "mpls") != 0;

	put(build, option(layer, "label", 16) << 12 | option(layer, "bos", bottom) << 8 | 64, 4);
}

/* The PPP protocol follows from the next layer. */
static unsigned long next_ppp(const struct build *build, const struct layer *layer)
{
	switch (next(build, layer)->ethertype) {
	case 0x0800:
		return 0x0021;
	case 0x86dd:
		return 0x0057;
	case 0x8847:
		return 0x0281;
	default:
		return 0xc021; /* LCP */
	}
}

static void emit_pppoe(struct build *build, const struct layer *layer)
{
	put(build, option(layer, "ver", 0x11), 1);
	put(build, option(layer, "code", 0), 1);
	put(build, 0x1234, 2);
	put(build, 1000, 2);
	put(build, option(layer, "ppp", next_ppp(build, layer)), 2);
}

static void emit_snap(struct build *build, const struct layer *layer)
{
	put(build, option(layer, "llc", 0xaaaa03), 3);
	put(build, option(layer, "oui", 0), 3);
	put(build, next_ethertype(build, layer), 2);
}

static void emit_arp(struct build *build, const struct layer *layer)
{
	(void)layer;
	put(build, 0x0001080006040001, 8);
	fill(build, 0, 20);
}

static void emit_llc(struct build *build, const struct layer *layer)
{
	(void)layer;
	put(build, 0x424203, 3);
	fill(build, 0, 35);
}

static void emit_ip4(struct build *build, const struct layer *layer)
{
	unsigned long ihl = option(layer, "ihl", 5);
	int inner = build->networks++;

	put(build, option(layer, "ver", 4) << 4 | ihl, 1);
	put(build, 0, 5);
	put(build, option(layer, "frag", 0), 2);
	put(build, 64, 1);
	put(build, next_protocol(build, layer, "proto"), 1);
	put(build, 0, 2);
	put(build, inner ? 0x0a000001 : 0xc0000201, 4);
	put(build, inner ? 0x0a000002 : 0xc6336402, 4);
	fill(build, 1, ihl > 5 ? ihl * 4 - 20 : 0);
}

static void finish_ip4(struct build *build, const struct layer *layer)
{
	put_at(build, layer->start + 2, option(layer, "len", build->frame->size - layer->start));
}

static void emit_ip6(struct build *build, const struct layer *layer)
{
	int inner = build->networks++;

	put(build, option(layer, "ver", 6) << 28, 4);
	put(build, 0, 2);
	put(build, next_protocol(build, layer, "next"), 1);
	put(build, 64, 1);
	for (int host = 1; host <= 2; host++) {
		put(build, inner ? 0xfd00000000000000 : 0x20010db800000000, 8);
		put(build, host, 8);
	}
}

static void finish_ip6(struct build *build, const struct layer *layer)
{
	put_at(build, layer->start + 4,
	       option(layer, "len", build->frame->size - layer->start - 40));
}

static void emit_extension(struct build *build, const struct layer *layer)
{
	unsigned long length = option(layer, "len", 0);

	put(build, next_protocol(build, layer, "next"), 1);
	put(build, length, 1);
	put(build, 0x0104, 2);
	fill(build, 0, 4 + length * 8);
}

/* RFC 2675 2, as the kernel writes it: the option comes first. */
static void emit_jumbo(struct build *build, const struct layer *layer)
{
	put(build, next_protocol(build, layer, "next"), 1);
	put(build, 0, 1);
	put(build, 0xc204, 2);
	put(build, option(layer, "size", 70000), 4);
}

static void emit_fragment(struct build *build, const struct layer *layer)
{
	put(build, next_protocol(build, layer, "next"), 1);
	put(build, option(layer, "res", 0), 1);
	put(build, option(layer, "off", 0) << 3 | option(layer, "mf", 0), 2);
	put(build, 0x12345678, 4);
}

static void emit_ports(struct build *build, const struct layer *layer, int dport)
{
	put(build, option(layer, "sp", 1024), 2);
	put(build, option(layer, "dp", dport), 2);
}

static void emit_tcp(struct build *build, const struct layer *layer)
{
	unsigned long words = option(layer, "doff", 5);

	emit_ports(build, layer, 80);
	put(build, 0, 8);
	put(build, words << 4, 1);
	put(build, option(layer, "flags", 0x10), 1);
	put(build, 0, 6);
	fill(build, 1, words > 5 ? words * 4 - 20 : 0);
}

static void emit_udp(struct build *build, const struct layer *layer)
{
	int port = next(build, layer)->port;

	emit_ports(build, layer, port ? port : 53);
	put(build, 0, 4);
}

static void finish_udp(struct build *build, const struct layer *layer)
{
	put_at(build, layer->start + 4, option(layer, "len", build->frame->size - layer->start));
}

static void emit_udplite(struct build *build, const struct layer *layer)
{
	emit_ports(build, layer, 5000);
	put(build, 0x00080000, 4);
}

static void emit_sctp(struct build *build, const struct layer *layer)
{
	emit_ports(build, layer, 5000);
	put(build, 0, 8);
}

static void emit_icmp(struct build *build, const struct layer *layer)
{
	put(build, option(layer, "type", layer->kind->protocol == 1 ? 8 : 128), 1);
	put(build, option(layer, "code", 0), 1);
	put(build, 0, 2);
	put(build, option(layer, "id", 77), 2);
	put(build, 1, 2);
}

/* Protocols that the parser knows by number only. */
static void emit_opaque(struct build *build, const struct layer *layer)
{
	(void)layer;
	fill(build, 0x5a, 24);
}

static void emit_gre(struct build *build, const struct layer *layer)
{
	unsigned long csum = option(layer, "csum", 0), seq = option(layer, "seq", 0);
	unsigned long key = option(layer, "key", 0);

	put(build,
	    (csum ? 0x8000 : 0) | (option(layer, "rt", 0) ? 0x4000 : 0) | (key ? 0x2000 : 0) |
		    (seq ? 0x1000 : 0) | option(layer, "ver", 0),
	    2);
	put(build, next_ethertype(build, layer), 2);
	put(build, 0xc5c50000, csum ? 4 : 0);
	put(build, key, key ? 4 : 0);
	put(build, seq, seq ? 4 : 0);
}

static void emit_vxlan(struct build *build, const struct layer *layer)
{
	put(build, option(layer, "flags", 0x08) << 24, 4);
	put(build, option(layer, "id", 100) << 8, 4);
}

static void emit_geneve(struct build *build, const struct layer *layer)
{
	unsigned long words = option(layer, "opt", 0);

	put(build, option(layer, "ver", 0) << 6 | words, 1);
	put(build, 0, 1);
	put(build, next_ethertype(build, layer), 2);
	put(build, option(layer, "id", 200) << 8, 4);
	fill(build, 0xee, words * 4);
}

static void emit_data(struct build *build, const struct layer *layer)
{
	fill(build, 0xa5, option(layer, "", 0));
}

static void emit_nothing(struct build *build, const struct layer *layer)
{
	(void)build;
	(void)layer;
}

/* Padding comes behind what lengths count: it is put last, with cut and the rest. */
static void finish_pad(struct build *build, const struct layer *layer)
{
	fill(build, 0, option(layer, "", 0));
}

static void finish_cut(struct build *build, const struct layer *layer)
{
	build->frame->size = option(layer, "", 0);
}

static void finish_window(struct build *build, const struct layer *layer)
{
	build->frame->window = option(layer, "", 0);
}

static void finish_length(struct build *build, const struct layer *layer)
{
	build->frame->length = option(layer, "", 0);
}

static void finish_meta(struct build *build, const struct layer *layer)
{
	build->frame->vlan = option(layer, "id", 0) | 0x1000;
}

/* clang-format off */
static const struct layer_kind kinds[] = {
	/* name, emit, finish, protocol, ethertype, port */
	{ "eth", emit_eth, NULL, 143, 0x6558, 0 },
	{ "vlan", emit_vlan, NULL, -1, 0x8100, 0 },
	{ "svlan", emit_vlan, NULL, -1, 0x88a8, 0 },
	{ "mpls", emit_mpls, NULL, 137, 0x8847, 0 },
	{ "arp", emit_arp, NULL, -1, 0x0806, 0 },
	{ "llc", emit_llc, NULL, -1, 38, 0 },
	{ "snap", emit_snap, NULL, -1, 1000, 0 },
	{ "pppoe", emit_pppoe, NULL, -1, 0x8864, 0 },
	{ "ip4", emit_ip4, finish_ip4, 4, 0x0800, 0 },
	{ "ip6", emit_ip6, finish_ip6, 41, 0x86dd, 0 },
	{ "hbh", emit_extension, NULL, 0, 0, 0 },
	{ "jumbo", emit_jumbo, NULL, 0, 0, 0 },
	{ "dst", emit_extension, NULL, 60, 0, 0 },
	{ "rt", emit_extension, NULL, 43, 0, 0 },
	{ "mob", emit_extension, NULL, 135, 0, 0 },
	{ "hip", emit_extension, NULL, 139, 0, 0 },
	{ "shim", emit_extension, NULL, 140, 0, 0 },
	{ "fh", emit_fragment, NULL, 44, 0, 0 },
	{ "tcp", emit_tcp, NULL, 6, 0, 0 },
	{ "udp", emit_udp, finish_udp, 17, 0, 0 },
	{ "udplite", emit_udplite, NULL, 136, 0, 0 },
	{ "sctp", emit_sctp, NULL, 132, 0, 0 },
	{ "dccp", emit_sctp, NULL, 33, 0, 0 },
	{ "icmp", emit_icmp, NULL, 1, 0, 0 },
	{ "icmp6", emit_icmp, NULL, 58, 0, 0 },
	{ "igmp", emit_opaque, NULL, 2, 0, 0 },
	{ "esp", emit_opaque, NULL, 50, 0, 0 },
	{ "ah", emit_opaque, NULL, 51, 0, 0 },
	{ "ospf", emit_opaque, NULL, 89, 0, 0 },
	{ "gre", emit_gre, NULL, 47, 0, 0 },
	{ "vxlan", emit_vxlan, NULL, -1, 0, 4789 },
	{ "geneve", emit_geneve, NULL, -1, 0, 6081 },
	{ "data", emit_data, NULL, -1, 0, 0 },
	{ "pad", emit_nothing, finish_pad, -1, 0, 0 },
	{ "cut", emit_nothing, finish_cut, -1, 0, 0 },
	{ "window", emit_nothing, finish_window, -1, 0, 0 },
	{ "length", emit_nothing, finish_length, -1, 0, 0 },
	{ "meta", emit_nothing, finish_meta, -1, 0, 0 },
};
/* clang-format on */

static const struct layer_kind *find_kind(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].name) == length && !memcmp(kinds[i].name, name, length))
			return &kinds[i];
	return NULL;
}

/* "name=value" or a bare value, whose name is empty. */
static int read_option(struct layer *layer, char *text)
{
	char *value = strchr(text, '='), *end;
	struct option *slot = &layer->options[layer->count];

	if (layer->count == OPTIONS_MAX || (value && value - text >= (long)sizeof(slot->name)))
		return -EINVAL;
	snprintf(slot->name, sizeof(slot->name), "%.*s", value ? (int)(value - text) : 0, text);
	slot->value = strtoul(value ? value + 1 : text, &end, 0);
	layer->count++;
	return *end ? -EINVAL : 0;
}

/* "name" or "name(option,option)" */
static int read_layer(struct layer *layer, char *word)
{
	size_t length = strcspn(word, "(");
	char *save, *text = word + length;

	layer->kind = find_kind(word, length);
	if (!layer->kind)
		return -EINVAL;
	for (text = strtok_r(text, "(,)", &save); text; text = strtok_r(NULL, "(,)", &save))
		if (read_option(layer, text))
			return -EINVAL;
	return 0;
}

static int read_layers(struct build *build, const char *text)
{
	char copy[512], *save, *word;

	snprintf(copy, sizeof(copy), "%s", text);
	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char shown[64];

		snprintf(shown, sizeof(shown), "%s", word);
		if (build->count == LAYERS_MAX || read_layer(&build->layers[build->count], word)) {
			fprintf(stderr, "frame '%s': bad layer '%s'\n", text, shown);
			return -EINVAL;
		}
		build->count++;
	}
	return 0;
}

/* The EtherType of a link without an Ethernet header: of the first layer that has one. */
static __u16 link_protocol(const struct build *build)
{
	for (int i = 0; i < build->count; i++) {
		if (build->layers[i].kind->ethertype)
			return build->layers[i].kind->ethertype == 0x6558
				       ? 0
				       : build->layers[i].kind->ethertype;
	}
	return 0;
}

int parse_build(const char *text, struct parse_frame *frame)
{
	struct build build = { .frame = frame };

	memset(frame, 0, sizeof(*frame));
	if (read_layers(&build, text))
		return -EINVAL;
	for (int i = 0; i < build.count; i++) {
		build.layers[i].start = frame->size;
		build.layers[i].kind->emit(&build, &build.layers[i]);
	}
	for (int i = 0; i < build.count; i++)
		if (build.layers[i].kind->finish)
			build.layers[i].kind->finish(&build, &build.layers[i]);
	if (!frame->window || frame->window > frame->size)
		frame->window = frame->size;
	if (frame->length < frame->size)
		frame->length = frame->size;
	frame->protocol = link_protocol(&build);
	return 0;
}

struct kidos_frame parse_view(const struct parse_frame *frame, void *bytes)
{
	return (struct kidos_frame){
		.data = bytes,
		.data_end = (char *)bytes + frame->window,
		.length = frame->length,
		.protocol = frame->protocol,
		.vlan = frame->vlan,
	};
}
