/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * copy.bpf.c: copies of packets that go their way, for captures of live
 * interfaces. While there is one, the entry programs jump here, and from here
 * on to what counts: without a capture a packet costs nothing more. They come
 * first, so that what a policy drops is seen.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "abi_capture.h"
#include "entry.h"
#include "entry_programs.h"
#include "parse.h"
#include "port.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define PULL 128 /* bytes that hold the headers that filters ask for */

const volatile struct kidos_copy_config kidos_config = { .head = 128, .whole = 1600 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kidos_copy_filters);
} copy_filters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KIDOS_COPY_FILTERS);
	__type(key, __u32);
	__type(value, struct kidos_copied);
} copied SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} copies SEC(".maps");

/*
 * The packet at hand, one for each CPU: what functions leave for the next. They are global, so that
 * the verifier walks each once, and kernels before 5.12 let those take the context and numbers
 * only.
 */
struct packet {
	struct kidos_origin from;
	__u32 ifindex;
	__u32 length;
	__u32 tag;
	__u32 has_key;
	struct kidos_flow_key key;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct packet);
} packet SEC(".maps");

#define ALL 0xffu /* filters, by bit */
#define PARSED_SHIFT 8

static __always_inline int is_address(const struct kidos_copy_filter *filter, int end,
				      const union kidos_address *address)
{
	const union kidos_address *mask = &filter->mask[end], *wanted = &filter->address[end];

	return (address->halves[0] & mask->halves[0]) == wanted->halves[0] &&
	       (address->halves[1] & mask->halves[1]) == wanted->halves[1];
}

/* As kidos_flow_matches() has it: each address and each port is one of an end. */
static __always_inline int matches_ends(const struct kidos_copy_filter *filter,
					const struct kidos_flow_key *key)
{
	for (int i = 0; i < KIDOS_COPY_ENDS; i++) {
		__u32 ipv4 = filter->ipv4 >> i & 1;

		if (filter->ports[i] && filter->ports[i] != key->sport &&
		    filter->ports[i] != key->dport)
			return 0;
		if (i >= filter->addresses)
			continue;
		if (ipv4 != key->meta >> 31 ||
		    (!is_address(filter, i, &key->src) && !is_address(filter, i, &key->dst)))
			return 0;
	}
	return 1;
}

static __always_inline int has_ports(__u32 protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 132 || protocol == 33 ||
	       protocol == 136;
}

static __always_inline int matches(const struct kidos_copy_filter *filter,
				   const struct kidos_flow_key *key)
{
	__u8 protocol = key->meta;

	if (filter->has_protocol && filter->protocol != protocol)
		return 0;
	if ((filter->ports[0] || filter->ports[1]) && !has_ports(protocol))
		return 0;
	return matches_ends(filter, key);
}

static __always_inline int is_of(const struct kidos_copy_filter *filter, const struct packet *at)
{
	return filter->armed && (!filter->ifindex || (filter->ifindex == at->ifindex &&
						      filter->netns == at->from.netns));
}

/* Filters of the interface, by bit; and shifted those of them that ask for more. */
__noinline __u32 of_interface(void)
{
	const __u32 zero = 0;
	const struct kidos_copy_filters *all = bpf_map_lookup_elem(&copy_filters, &zero);
	const struct packet *at = bpf_map_lookup_elem(&packet, &zero);
	__u32 found = 0;

	if (!all || !at)
		return 0;
	KIDOS_NO_UNROLL
	for (__u32 i = 0; i < KIDOS_COPY_FILTERS; i++) {
		__u32 bit;

		if (i >= all->count)
			break;
		bit = is_of(&all->filters[i], at);
		found |= bit << i | (bit & all->filters[i].parsed) << (PARSED_SHIFT + i);
	}
	return found;
}

/* What is left of these, now that the packet was parsed. */
__noinline __u32 of_packet(__u32 found)
{
	const __u32 zero = 0;
	const struct kidos_copy_filters *all = bpf_map_lookup_elem(&copy_filters, &zero);
	const struct packet *at = bpf_map_lookup_elem(&packet, &zero);

	if (!all || !at)
		return 0;
	KIDOS_NO_UNROLL
	for (__u32 i = 0; i < KIDOS_COPY_FILTERS; i++) {
		if (!(found >> (PARSED_SHIFT + i)))
			break;
		if (!(found >> (PARSED_SHIFT + i) & 1))
			continue;
		if (!at->has_key || !matches(&all->filters[i], &at->key))
			found &= ~(1u << i);
	}
	return found & ALL;
}

__noinline __u32 wants_whole(__u32 found)
{
	const __u32 zero = 0;
	const struct kidos_copy_filters *all = bpf_map_lookup_elem(&copy_filters, &zero);
	__u32 whole = 0;

	if (!all)
		return 0;
	KIDOS_NO_UNROLL
	for (__u32 i = 0; i < KIDOS_COPY_FILTERS; i++) {
		if (!(found >> i))
			break;
		whole |= found >> i & all->filters[i].whole;
	}
	return whole & 1;
}

__noinline int count(__u32 found, __u32 length, __u32 lost)
{
	KIDOS_NO_UNROLL
	for (__u32 i = 0; i < KIDOS_COPY_FILTERS; i++) {
		__u32 index = i;
		struct kidos_copied *count;

		if (!(found >> i))
			break;
		count = bpf_map_lookup_elem(&copied, &index);
		if (!count || !(found >> i & 1))
			continue;
		count->matched.packets++;
		count->matched.bytes += length;
		count->lost += lost;
	}
	return 0;
}

static __always_inline void fill(struct kidos_copy *copy, const struct packet *at, __u32 found)
{
	copy->time = bpf_ktime_get_boot_ns();
	copy->length = at->length;
	copy->netns = at->from.netns;
	copy->ifindex = at->ifindex;
	copy->tag = at->tag;
	copy->direction = at->from.direction;
	copy->filters = found;
}

/*
 * Kernels up to 6.1 learn nothing from n != 0, and the compiler must not merge the two bounds.
 * load(context, offset, to, size). Evaluates to whether the ring had room.
 */
#define COPY(context, at, found, room, load)                                                   \
	({                                                                                     \
		struct kidos_copy *_copy =                                                     \
			bpf_ringbuf_reserve(&copies, sizeof(*_copy) + (room), 0);              \
		__u64 _size = (at)->length;                                                    \
                                                                                               \
		if (_copy) {                                                                   \
			fill(_copy, at, found);                                                \
			if (_size > (room))                                                    \
				_size = (room);                                                \
			asm volatile("" : "+r"(_size));                                        \
			if (_size < 2 || _size > (room) || load(context, 0, _copy + 1, _size)) \
				_size = 0;                                                     \
			_copy->captured = _size;                                               \
			bpf_ringbuf_submit(_copy, BPF_RB_NO_WAKEUP);                           \
		}                                                                              \
		_copy != NULL;                                                                 \
	})

/* A record's size is the verifier's to know: there are two. Returns whether it was lost. */
#define COPY_FUNCTION(name, type, load)                                         \
	__noinline int name(struct type *ctx, __u32 found, __u32 whole)         \
	{                                                                       \
		const __u32 zero = 0;                                           \
		const struct packet *at = bpf_map_lookup_elem(&packet, &zero);  \
                                                                                \
		if (!at)                                                        \
			return 1;                                               \
		if (whole)                                                      \
			return !COPY(ctx, at, found, kidos_config.whole, load); \
		return !COPY(ctx, at, found, kidos_config.head, load);          \
	}
COPY_FUNCTION(copy_skb, __sk_buff, bpf_skb_load_bytes)
COPY_FUNCTION(copy_xdp, xdp_md, bpf_xdp_load_bytes)

static __always_inline void keep_key(struct packet *at, const struct kidos_packet *parsed)
{
	at->has_key = parsed->has_key;
	at->key = parsed->key;
}

/* volatile: the verifier wants each field of a context read at its own offset. */
typedef volatile struct __sk_buff skb_fields;
typedef volatile struct xdp_md xdp_fields;

/* Leaves the key in `packet`. */
__noinline int parse_skb(struct __sk_buff *skb)
{
	const __u32 zero = 0;
	struct packet *at = bpf_map_lookup_elem(&packet, &zero);
	skb_fields *fields = skb;
	__u32 linear = fields->data_end - fields->data, length = fields->len;
	struct kidos_packet parsed;
	struct kidos_frame frame = {};
	struct kidos_port port;

	if (!at)
		return 0;
	if (linear < PULL && linear < length)
		bpf_skb_pull_data(skb, length < PULL ? length : PULL);
	port = port_of(at->from.netns, at->ifindex, kidos_config.ports_mask);
	frame.data = (void *)(long)fields->data;
	frame.data_end = (void *)(long)fields->data_end;
	frame.length = length;
	if (!(port.flags & KIDOS_PORT_ETHERNET))
		frame.protocol = bpf_ntohs(fields->protocol);
	kidos_parse(&frame, &parsed);
	keep_key(at, &parsed);
	return 0;
}

__noinline int parse_xdp(struct xdp_md *ctx)
{
	const __u32 zero = 0;
	struct packet *at = bpf_map_lookup_elem(&packet, &zero);
	xdp_fields *fields = ctx;
	struct kidos_frame frame = {
		.data = (void *)(long)fields->data,
		.data_end = (void *)(long)fields->data_end,
	};
	struct kidos_packet parsed;

	if (!at)
		return 0;
	frame.length = at->length;
	kidos_parse(&frame, &parsed);
	keep_key(at, &parsed);
	return 0;
}

/* False where there is no saying whose packet it is. */
static __always_inline int begin(__u32 ifindex, __u32 length, __u32 tag)
{
	const __u32 zero = 0;
	const struct kidos_origin *left = bpf_map_lookup_elem(&origin, &zero);
	struct packet *at = bpf_map_lookup_elem(&packet, &zero);

	if (!left || !at)
		return 0;
	at->from = *left;
	at->ifindex = ifindex;
	at->length = length;
	at->tag = tag;
	return 1;
}

static __always_inline __u32 tag_of(skb_fields *skb)
{
	return skb->vlan_present ? (__u32)bpf_ntohs(skb->vlan_proto) << 16 | skb->vlan_tci : 0;
}

static __always_inline void take_skb(struct __sk_buff *skb)
{
	skb_fields *fields = skb;
	__u32 length = fields->len, found;

	if (!begin(fields->ifindex, length, tag_of(fields)))
		return;
	found = of_interface();
	if (found >> PARSED_SHIFT) {
		parse_skb(skb);
		found = of_packet(found);
	}
	if (found)
		count(found, length, copy_skb(skb, found, wants_whole(found)));
}

static __always_inline void take_xdp(struct xdp_md *ctx)
{
	__u32 length = bpf_xdp_get_buff_len(ctx), found;

	if (!begin(((xdp_fields *)ctx)->ingress_ifindex, length, 0))
		return;
	found = of_interface();
	if (found >> PARSED_SHIFT) {
		parse_xdp(ctx);
		found = of_packet(found);
	}
	if (found)
		count(found, length, copy_xdp(ctx, found, wants_whole(found)));
}

/* Kernel 5.18 has what reads a frame of several buffers. */
SEC("xdp")
int kidos_copy_xdp(struct xdp_md *ctx)
{
	take_xdp(ctx);
	bpf_tail_call(ctx, &xdp_program, KIDOS_ENTRY_COUNTS);
	count_event(KIDOS_EVENT_UNCOUNTED);
	return XDP_PASS;
}

/* TC_ACT_UNSPEC: see traffic.bpf.c. */
SEC("tc")
int kidos_copy_tc(struct __sk_buff *skb)
{
	take_skb(skb);
	bpf_tail_call(skb, &tc_program, KIDOS_ENTRY_COUNTS);
	count_event(KIDOS_EVENT_UNCOUNTED);
	return TC_ACT_UNSPEC;
}
