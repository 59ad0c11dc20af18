#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kernels: 6.12
# A mirror's copies are the packets themselves, byte for byte, all of them and no others, in both
# directions; a target that vanishes is noticed; other people's qdiscs and filters stay.
. "$(dirname "$0")/support/netns_lib.bash"
need_root
demo=$(topology "$top/netns/topologies/demo.json")

cleanup() {
	end_started
	"$KN" down "$demo" >/dev/null 2>&1
	[ ! -f "$work/guest.json" ] || inside kt-netns-host "$KN" down "$work/guest.json" >/dev/null 2>&1
	ip netns del kt-netns-host 2>/dev/null
	ip netns del kt-netns-mon 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT

capture() { # NS IF FILE
	start_in "$1" tcpdump -B 65536 -i "$2" -s 0 -U -w "$3" --immediate-mode -Z root 2>"$3.log"
	for _ in $(seq 50); do
		grep -q listening "$3.log" && return
		sleep 0.1
	done
}

packets() { # FILE: one line a packet, link header and all, without its time
	# What a host says by itself may come while only one of the two captures runs.
	tcpdump -r "$1" -nn -t -e -XX -q 'not ip6 src :: and not src net fe80::/10' 2>/dev/null |
		awk '/^[^\t]/ { if (NR > 1) print ""; next } { printf "%s", $0 }
		     END { print "" }' | cut -d: -f2- | sort
}

check "mirror: demo up" "$KN" up "$demo"
sleep 2.5 # until both hosts have said what they say on a new link
capture kd-b b0 "$work/b0.pcap"
capture kd-mon mon0 "$work/mon0.pcap"
inside kd-a ping -q -c 20 -i 0.02 -s 1400 10.77.0.2 >"$work/ping" 2>&1
inside kd-a ping -q -c 20 -i 0.02 fd77::2 >>"$work/ping" 2>&1
inside kd-b timeout 20 iperf3 -s -1 -B 10.77.0.2 >/dev/null 2>&1 &
server=$!
sleep 0.5
inside kd-a iperf3 -c 10.77.0.2 -n 4M >"$work/iperf" 2>&1
wait $server
sleep 0.5
end_started
packets "$work/b0.pcap" >"$work/b0"
packets "$work/mon0.pcap" >"$work/mon0"
seen=$(grep -c . "$work/b0")
if [ "$seen" -gt 60 ] && cmp -s "$work/b0" "$work/mon0"; then
	ok "mirror: copies equal the packets, byte for byte, both ways"
else
	not_ok "mirror: copies equal the packets, byte for byte, both ways" \
		"$seen packets, $(grep -c . "$work/mon0") copies
$(diff "$work/b0" "$work/mon0" | cut -c1-200 | head -5)"
fi
echo "# $seen packets compared; $(inside kd-b tc filter show dev b0 ingress | grep -om1 'matchall\|u32')"

inside kd-b ip link del mon-src
exits 1 "mirror: status notices a target that vanished" '^fail  mirror .*mon-src is gone' \
	"$KN" status "$demo"
check "mirror: up mends it" "$KN" up "$demo"
inside kd-a ping -q -c 1 -W 1 10.77.0.2 >/dev/null
check "mirror: and status passes again" "$KN" status "$demo"
inside kd-b ip link set b0 mtu 1400
check "mirror: an MTU that was changed is mended" "$KN" up "$demo"
check "mirror: demo down" "$KN" down "$demo"

# Links that were there before, with a clsact and filters of somebody else on them.
ip netns add kt-netns-host
ip netns add kt-netns-mon
host() { inside kt-netns-host "$@"; }
host ip link add w0 type veth peer name w1
host ip link add c0 type veth peer name c1
for l in w0 w1 c0 c1; do host ip link set $l up; done
host tc qdisc add dev w0 clsact
host tc filter add dev w0 ingress prio 40000 protocol ip u32 match u32 0 0 flowid 1:1
cat >"$work/guest.json" <<'END'
{
	"namespaces": [],
	"veths": [ { "ends": [ { "name": "w0" }, { "name": "w1" } ] },
		   { "ends": [ { "name": "c0" }, { "name": "c1" } ] } ],
	"mirrors": [ { "from": "w0", "to": "c0" } ]
}
END
theirs() {
	host tc qdisc show dev w0
	host tc filter show dev w0 ingress | grep -v 'pref 27492'
	host tc filter show dev w0 egress | grep -v 'pref 27492'
	host ip -o link | sed 's/ state.*//'
}
before=$(theirs)
check "mirror: up on links of somebody else" host "$KN" up "$work/guest.json"
rules=$(host tc filter show dev w0 ingress)
in=$(grep -c 'pref 27492.*\(handle 0x1\|::1\)' <<<"$rules")
out=$(host tc filter show dev w0 egress | grep -c 'pref 27492.*\(handle 0x2\|::2\)')
if [ "$in $out" = "1 1" ]; then
	ok "mirror: one rule each way"
else
	not_ok "mirror: one rule each way" "$rules"
fi
if grep -q 'Egress Mirror to device c0) continue' <<<"$rules"; then
	ok "mirror: filters at later priorities still run"
else
	not_ok "mirror: filters at later priorities still run" "$rules"
fi
check "mirror: down on links of somebody else" host "$KN" down "$work/guest.json"
after=$(theirs)
if [ "$before" = "$after" ] && ! host tc filter show dev w0 ingress | grep -q 'pref 27492'; then
	ok "mirror: their links, clsact and filters survive ours"
else
	not_ok "mirror: their links, clsact and filters survive ours" \
		"$(diff <(echo "$before") <(echo "$after"))"
fi
host tc filter add dev w0 ingress prio 27492 protocol all u32 match u32 0 0 flowid 1:1
refuses "mirror: a priority that is taken is left to its owner" 'taken by a u32 filter' \
	host "$KN" up "$work/guest.json"
host tc qdisc del dev w0 clsact
host tc qdisc add dev w0 ingress
refuses "mirror: an ingress qdisc is left to its owner" 'ingress qdisc of somebody else' \
	host "$KN" up "$work/guest.json"
host tc qdisc del dev w0 ingress
host "$KN" up "$work/guest.json"
host tc filter add dev w0 egress prio 7 protocol all u32 match u32 0 0 flowid 1:1
check "mirror: down with somebody else's filter on our clsact" host "$KN" down "$work/guest.json"
if host tc filter show dev w0 egress | grep -q 'pref 7 '; then
	ok "mirror: the clsact stays for the filter that came later"
else
	not_ok "mirror: the clsact stays for the filter that came later"
fi
finish
