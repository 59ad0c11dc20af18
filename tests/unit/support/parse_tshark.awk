# SPDX-License-Identifier: MIT
# Joins parse_dump's lines with tshark's fields for the same frames, and prints
# per class how many each counted ("count"), and per file what differs ("diff").
#
#   awk -f parse_tshark.awk OURS TSHARK
#
# tshark's view of a frame: the outermost IP header that it shows, the last
# protocol of its chain, and the ports or ICMP fields of that protocol.
BEGIN {
	FS = OFS = "\t"
	split("icmp 1 igmp 2 tcp 6 udp 17 gre 47 esp 50 ah 51 icmpv6 58 sctp 132", pairs, " ")
	for (i = 1; i in pairs; i += 2)
		classes[pairs[i + 1]] = pairs[i]
}

FNR == NR {
	ours[FNR] = $0
	next
}

# An extension header's field holds what follows it: columns of parse_tshark_test.sh.
function final_protocol(protocol, depth,    column) {
	for (depth = 0; depth < 9; depth++) {
		column = protocol == 0 ? 8 : protocol == 60 ? 9 : protocol == 43 ? 10 : \
			 protocol == 44 ? 11 : protocol == 135 ? 12 : protocol == 140 ? 13 : \
			 protocol == 139 ? 14 : 0
		if (!column || $column == "")
			return protocol
		protocol = $column
	}
	return protocol
}

# 0 for what tshark does not show: later fragments, truncated headers.
function ports(protocol) {
	if (protocol == 6)
		return ($15 + 0) "\t" ($16 + 0)
	if (protocol == 17 || protocol == 136)
		return ($17 + 0) "\t" ($18 + 0)
	if (protocol == 132)
		return ($19 + 0) "\t" ($20 + 0)
	if (protocol == 33)
		return ($21 + 0) "\t" ($22 + 0)
	if (protocol == 1)
		return ($23 == 0 || $23 == 8 ? $25 + 0 : 0) "\t" ($23 * 256 + $24)
	if (protocol == 58)
		return ($26 == 128 || $26 == 129 ? $28 + 0 : 0) "\t" ($26 * 256 + $27)
	return "0\t0"
}

# Of the tags before the IP header.
function outer_vlan(chain) {
	sub(/:ip(v6)?:.*/, ":", chain)
	if (chain !~ /:(vlan|ieee8021ad):/)
		return 0
	return index(chain, ":ieee8021ad:") && \
	       (!index(chain, ":vlan:") || index(chain, ":ieee8021ad:") < index(chain, ":vlan:")) ? \
	       $30 + 0 : $29 + 0
}

{
	chain = $1 ":"
	at4 = index(chain, ":ip:")
	at6 = index(chain, ":ipv6:")
	key = ""
	if (at4 && (!at6 || at4 < at6)) {
		protocol = $2
		key = protocol "\t" $3 "\t" $4
	} else if (at6) {
		protocol = final_protocol($5)
		key = protocol "\t" $6 "\t" $7
	}
	if (key != "") {
		class = protocol in classes ? classes[protocol] : "other_ip"
		key = key "\t" ports(protocol) "\t" outer_vlan(chain)
	} else {
		class = chain ~ /^eth:ethertype:((vlan|ieee8021ad):ethertype:)*arp:/ ? "arp" : "other"
	}
	split(ours[FNR], o, "\t")
	our_key = ours[FNR]
	sub(/^[^\t]*\t[^\t]*\t[^\t]*\t[^\t]*\t?/, "", our_key)
	counts[class, "tshark"]++
	counts[o[3], "kidos"]++
	seen[class] = seen[o[3]] = 1
	if (o[4] != "ok" && class == o[3] && key == "") {
		what = o[3] " !" o[4]
		differ = 1
	} else {
		what = o[3] (o[4] == "ok" ? "" : " !" o[4])
		differ = class != o[3] || key != our_key
	}
	if (!differ)
		next
	theirs = class
	if (o[4] == "ok" && class == o[3])
		theirs = class " with another key"
	diffs[o[1] OFS what OFS theirs]++
	if (VERBOSE)
		print "#", o[1], o[2], what, our_key, theirs, key, chain > "/dev/stderr"
}

END {
	for (class in seen)
		print "count", class, counts[class, "kidos"] + 0, counts[class, "tshark"] + 0
	for (line in diffs)
		print "diff", line, diffs[line]
}
