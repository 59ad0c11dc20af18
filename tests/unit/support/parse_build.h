/* SPDX-License-Identifier: MIT */
/*
 * parse_build.h: frames from text, for tests. A frame is a row of layers,
 *
 *	"eth vlan(id=5) ip4(ttl=1) udp(dp=53) data(12)"
 *
 * in which a layer's type, length and protocol fields follow from its
 * neighbours unless they are given. Values are numbers as strtoul reads them.
 *
 *	eth(type)              vlan(id,pcp,type)  svlan(...)  mpls(label,bos,ttl)  arp  llc
 *	pppoe(ver,code,ppp)  snap(llc,oui,type)
 *	ip4(ver,ihl,len,frag,proto)  ip6(ver,len,next)
 *	hbh dst rt mob hip shim (len: units of 8 less one, next)  jumbo(size)  fh(off,mf,next)
 *	tcp(sp,dp,doff,flags) udp(sp,dp,len) udplite sctp dccp (sp,dp)
 *	icmp icmp6 (type,code,id)  igmp esp ah ospf  gre(csum,key,seq,ver,rt,type)
 *	vxlan(id,flags) geneve(id,opt,ver,type)
 *	data(N), which IP lengths include; pad(N), which they do not; cut(N) bytes in all
 *	window(N)              only N bytes can be read directly
 *	length(N)              the packet is said to have N bytes
 *	meta(id)               first: a tag in metadata
 *
 * A frame that does not begin with eth comes from a link without Ethernet header.
 */
#ifndef PARSE_BUILD_H
#define PARSE_BUILD_H

#include "parse.h"

#define PARSE_FRAME_MAX 4096

struct parse_frame {
	__u8 bytes[PARSE_FRAME_MAX];
	__u32 size; /* bytes there are */
	__u32 window; /* of them readable directly */
	__u32 length; /* of the packet, at least size */
	__u16 protocol;
	__u16 vlan;
};

/* 0, or -EINVAL with the offending word on stderr. */
int parse_build(const char *text, struct parse_frame *frame);

/* What the parser is given: bytes stands for frame->bytes, or a copy of them. */
struct kidos_frame parse_view(const struct parse_frame *frame, void *bytes);

#endif
