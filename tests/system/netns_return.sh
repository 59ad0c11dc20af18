#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kernels: 5.10
# Whatever the uplink had comes back with it, or is refused or named: a veth stands in for the NIC.
. "$(dirname "$0")/netns_lib.bash"
need_root

up=$work/uplink.json
host() { inside kt-netns-host "$@"; }
far() { inside kt-netns-far "$@"; }
kn() { host "$KN" "$@"; }
move() { kn up "$up" --yes-move-uplink; }
journal=/var/lib/kidos/netns/kt-return.uplink.json

cleanup() {
	kn down "$up" >/dev/null 2>&1
	ip netns del kt-netns-away 2>/dev/null
	ip netns del kt-netns-host 2>/dev/null
	ip netns del kt-netns-far 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT

topology_with() { # the uplink's own keys
	cat >"$up" <<END
{
	"name": "kt-return",
	"namespaces": [ { "name": "kt-netns-away" } ],
	"uplink": { $1, "namespace": "kt-netns-away" }
}
END
	chmod 644 "$up"
}

# A host with two interfaces, up1 that will move and other that stays.
build() {
	cleanup_world
	ip netns add kt-netns-host
	ip netns add kt-netns-far
	host ip link set lo up
	ip -n kt-netns-host link add up1 address 02:00:00:00:71:01 type veth peer name f1 netns kt-netns-far
	ip -n kt-netns-host link add other address 02:00:00:00:72:01 type veth peer name f2 netns kt-netns-far
	far sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.f1.accept_dad=0
	far ip addr add 10.71.0.2/24 dev f1
	far ip link set f1 up
	far ip link set f2 up
	host ip link set other up
	host ip addr add 10.72.0.1/24 dev other
	host ip -6 addr add 2001:db8:72::1/64 dev other nodad
	host ip link set up1 up
	host ip addr add 10.71.0.1/24 dev up1
	host ip -6 addr add 2001:db8:71::1/64 dev up1 nodad
	topology_with '"interface": "up1"'
}
cleanup_world() {
	kn down "$up" >/dev/null 2>&1
	local ns
	for ns in away host far; do
		ip netns del kt-netns-$ns 2>/dev/null
	done
	rm -rf /run/kidos-netns /var/lib/kidos
}

state() {
	host ip -d -o link show up1 | sed 's/^[0-9]*: //; s/ state [A-Z]*//; s/ qdisc [a-z]*//; s/@if[0-9]*//; s/ link-netns.*//; s/promiscuity.*//'
	host ip -o addr show dev up1 | sed 's/^[0-9]*: //; s/ *\(tentative\|valid_lft\).*//' | grep -v ' fe80:' | sort
	host ip -d route show table all | grep -v 'fe80:\|^multicast' | sed 's/ linkdown//' | sort
	host ip -6 -d route show table all | grep -v 'fe80:\|^multicast\|^anycast' | sed 's/ linkdown//; s/ expires [0-9]*sec/ expires/' | sort
	host ip nexthop | sed 's/ linkdown//; s/unbalanced_time [0-9.]*//'
	host ip neigh show nud permanent | sort
	host ip neigh show proxy | sort
	host bridge fdb show dev up1 2>/dev/null | grep -v '^33:33\|^01:00:5e' | sort
	host awk '$2 == "up1" && $4 { print $5 }' /proc/net/dev_mcast
	host ip token show dev up1
	host grep -s '' /proc/sys/net/ipv[46]/{conf,neigh}/up1/*
}
gone() { # nothing of kidos-netns is left
	[ ! -e /run/netns/kt-netns-away ] || { echo "the namespace is left"; return 1; }
	[ -z "$(find /run/kidos-netns /var/lib/kidos/netns -mindepth 1 2>/dev/null)" ] ||
		{ echo "left:"; find /run/kidos-netns /var/lib/kidos -mindepth 1; return 1; }
}
returns() {
	local was
	was=$(state)
	move || return 1
	host ip link show up1 >/dev/null 2>&1 && { echo "it did not move"; return 1; }
	kn down "$up" || return 1
	gone || return 1
	[ "$(state)" = "$was" ] || { diff <(echo "$was") <(state); return 1; }
}
home() { host ip link show "${1:-up1}" >/dev/null; }
away() { inside kt-netns-away ip link show "${1:-up1}" >/dev/null; }

# --- the journal ---
build
many_routes() {
	local i
	for i in $(seq 0 5999); do
		echo "route add 10.$((128 + i / 256)).$((i % 256)).0/24 via 10.71.0.2"
	done | host ip -batch -
	[ "$(host ip route show via 10.71.0.2 | wc -l)" = 6000 ] && returns
}
check "return: 6,000 routes" many_routes
long_route() {
	local hops=() i
	for i in $(seq 2 240); do hops+=(nexthop via "10.71.0.$i" dev up1); done
	host ip route add 198.51.100.0/24 "${hops[@]}" && returns
}
check "return: a route of 239 paths" long_route

build
move
chmod 664 "$journal"
refuses "return: a journal that others may write is an error of down" 'writable by others' kn down "$up"
check "return: and the namespace stays with the uplink in it" away
refuses "return: of a second down too" 'writable by others' kn down "$up"
refuses "return: status says so" 'writable by others' kn status "$up"
chmod 600 "$journal"
check "return: down when it can be read" kn down "$up"
check "return: it is home" home
check "return: nothing is left" gone
move
cp "$journal" "$work/whole"
head -c 500 "$work/whole" >"$journal"
refuses "return: a journal that is cut is an error of down" 'cannot be read' kn down "$up"
check "return: the cut journal's namespace stays" away
cat "$work/whole" >"$journal"
check "return: down with the whole one" kn down "$up"
move
rm "$journal"
refuses "return: a journal that was removed" 'its journal was lost' kn down "$up"
check "return: does not take the interface with it" home
check "return: which has its addresses" bash -c 'nsenter --net=/run/netns/kt-netns-host ip addr show up1 | grep -q 10.71.0.1/24'
check "return: and the next down is content" kn down "$up"
check "return: with nothing left" gone

# --- which interface it is ---
build
twins() {
	host ip link add twin address 02:00:00:00:71:01 type veth peer name twin-far
	host ip link set twin up
}
twins
topology_with '"mac": "02:00:00:00:71:01"'
refuses "return: two interfaces with the MAC address are refused" 'uplink.mac: it may be \(up1 or twin\|twin or up1\)' move
topology_with '"interface": "up1"'
check "return: of two with one MAC address the named one moves and returns" returns
move
inside kt-netns-away ip link add early index 999 address 02:00:00:00:71:01 type veth peer name early-far
check "return: a twin in the namespace is left there" kn down "$up"
check "return: the right one is home" home
# Home by somebody's hand, and a twin in its place.
build
move
inside kt-netns-away ip link set up1 netns kt-netns-host
inside kt-netns-away ip link add impostor address 02:00:00:00:71:01 type veth peer name imp-far
check "return: down when somebody has moved it home" kn down "$up"
check "return: takes no other for it" bash -c '! nsenter --net=/run/netns/kt-netns-host ip link show impostor'
build
move
inside kt-netns-away ip link set up1 down
inside kt-netns-away ip link set up1 name renamed
check "return: under another name it is found by MAC address and number" kn down "$up"
check "return: and has its own again" home

# --- nexthop objects ---
build
host ip nexthop add id 7 via 10.71.0.2 dev up1
host ip route add default nhid 7
check "return: a default route by a nexthop object" returns
host ip nexthop add id 17 via 2001:db8:71::2 dev up1
host ip -6 route add default nhid 17
host ip nexthop add id 8 via 10.72.0.2 dev other
host ip nexthop add id 5 group 7/8,3
host ip route add 198.51.100.0/24 nhid 5
host ip nexthop add id 9 group 7/8 type resilient buckets 8 idle_timer 60 2>/dev/null &&
	host ip route add 203.0.113.0/24 nhid 9
check "return: groups with another interface's, resilient ones, IPv6" returns
host sysctl -qw net.ipv4.nexthop_compat_mode=0
check "return: and when routes tell only the object" returns
move
host ip nexthop add id 7 via 10.72.0.9 dev other
refuses "return: an object's number that was taken is named" 'nexthop 7: somebody else has this number' kn down "$up"
check "return: but the interface is home" home
host ip nexthop del id 7
check "return: and the next down completes it" kn down "$up"
check "return: with its default route" bash -c 'nsenter --net=/run/netns/kt-netns-host ip route show default | grep -q nhid'

# --- routes ---
build
host ip -6 route add 2001:db8:99::/64 nexthop via 2001:db8:71::2 dev up1 weight 3 nexthop via 2001:db8:72::2 dev other
host ip -6 route add 2001:db8:98::/64 nexthop via 2001:db8:71::2 dev up1 nexthop via 2001:db8:71::3 dev up1
host ip route add 10.99.0.0/16 nexthop via 10.71.0.2 dev up1 nexthop via 10.72.0.2 dev other
check "return: multipath shared with another interface" returns
host ip route add 10.98.0.0/16 via 10.72.0.2 dev other src 10.71.0.1
check "return: another's route from an address of ours" returns
host ip route add local 10.55.0.0/16 dev up1
host ip -6 route add local 2001:db8:55::/64 dev up1
host ip route add local 10.56.0.0/16 dev up1 table 56
host ip route add broadcast 10.57.0.255 dev up1
host ip route add multicast 239.1.0.0/16 dev up1
check "return: local, broadcast and multicast routes" returns
host ip -6 route add default via fe80::1 dev up1 proto ra metric 1024 expires 1800 pref high
keeps_lifetime() {
	local left
	returns || return 1
	left=$(host ip -6 route show default proto ra | grep -o 'expires [0-9]*' | cut -d' ' -f2)
	[ "${left:-0}" -gt 1700 ] && [ "$left" -le 1800 ] || { echo "expires ${left:-never}"; return 1; }
}
check "return: a router advertisement's route keeps its lifetime" keeps_lifetime
# Without nodad: detection takes a second or two when it comes back.
host ip -6 addr add 2001:db8:71::77/64 dev up1
host ip addr add 10.71.0.77/24 dev up1 label up1:7
sleep 3
host ip -6 route add 2001:db8:97::/64 via 2001:db8:71::2 dev up1 src 2001:db8:71::77
check "return: a route from an address that duplicate detection was through with" returns
usable() { ! host ip -6 addr show up1 | grep 'db8:71::77' | grep -q 'tentative\|nodad'; }
check "return: which is usable at once, and no other than before" usable
ip -n kt-netns-far link set f1 down
returns_without_carrier() {
	host ip nexthop flush >/dev/null 2>&1
	returns
}
check "return: without carrier too" returns_without_carrier

# What cannot come back is named, and the journal stays.
build
host ip route add 192.0.2.0/24 via 10.72.0.2 dev other src 10.71.0.1
move
ip -n kt-netns-host link set other down
refuses "return: a route that cannot come back is named" 'route 192.0.2.0/24' kn down "$up"
check "return: the interface is home without it" home
check "return: its journal stays" test -e "$journal"
ip -n kt-netns-host link set other up
check "return: down when it can come back" kn down "$up"
check "return: and it has" bash -c 'nsenter --net=/run/netns/kt-netns-host ip route show 192.0.2.0/24 | grep -q 10.71.0.1'
check "return: nothing is left then" gone

# --- what stands on it ---
build
for kind in "vxlan id 5 dev up1 dstport 4789" "macvlan" "vlan id 5"; do
	name=${kind%% *}
	if [ "$name" = vxlan ]; then
		host ip link add upper type vxlan id 5 dev up1 dstport 4789
	else
		# shellcheck disable=SC2086
		host ip link add upper link up1 type $kind
	fi 2>/dev/null || { skip "return: a $name on top is refused" "this kernel has none"; continue; }
	refuses "return: a $name on top is refused" "upper ($name) stands on it" move
	host ip link del upper
done
check "return: with nothing on top it moves and returns" returns

# --- neighbours and settings ---
build
host ip neigh add 10.71.0.50 lladdr 02:00:00:00:71:50 dev up1 nud permanent
host ip -6 neigh add 2001:db8:71::50 lladdr 02:00:00:00:71:50 dev up1 nud permanent
host ip neigh add proxy 10.71.0.51 dev up1
host ip -6 neigh add proxy 2001:db8:71::51 dev up1
host ip maddr add 33:33:00:00:71:71 dev up1
host ip maddr add 01:00:5e:01:02:03 dev up1
host bridge fdb add 02:00:00:00:71:52 dev up1 self
host sysctl -qw net.ipv4.conf.up1.log_martians=1 net.ipv4.conf.up1.route_localnet=1 \
	net.ipv4.conf.up1.promote_secondaries=1 net.ipv6.conf.up1.hop_limit=77 \
	net.ipv6.conf.up1.dad_transmits=3 net.ipv4.neigh.up1.gc_stale_time=77 \
	net.ipv6.neigh.up1.base_reachable_time_ms=45678 net.ipv4.neigh.up1.unres_qlen_bytes=123456 \
	net.ipv6.conf.up1.stable_secret=2001:db8::1 net.ipv6.conf.up1.addr_gen_mode=0 \
	net.ipv6.conf.up1.keep_addr_on_down=1
for i in $(seq 20); do
	host ip link property add dev up1 altname "another-name-of-it-$i"
done
host sysctl -qw net.ipv6.conf.up1.accept_ra=1 net.ipv6.conf.up1.forwarding=0
host ip token set ::71 dev up1
check "return: neighbours, proxies, groups, further addresses, all sysctls, 20 names, a token" returns

host tc qdisc add dev up1 root handle 71: pfifo limit 77
exits 0 "return: a queueing discipline that will not return is named before" 'do not come back with it: pfifo 71:' move
kn down "$up"

# --- the guard ---
build
guard() { # NAME ROUTE...
	local name=$1
	shift
	host ip "$@" || { not_ok "return: guard: $name"; return; }
	refuses "return: guard: $name" 'yes-move-uplink' kn up "$up"
	host ip "${@/add/del}"
}
host ip -6 route flush proto boot 2>/dev/null
guard "a default route" route add default via 10.71.0.2
guard "the halves of one" route add 128.0.0.0/1 via 10.71.0.2
guard "a quarter" route add 64.0.0.0/2 dev up1
guard "one /8 of many" route add 9.0.0.0/8 via 10.71.0.2
guard "another table's" route add default via 10.71.0.2 table 100
guard "one path of several" route add default nexthop via 10.72.0.2 dev other nexthop via 10.71.0.2 dev up1
guard "IPv6's" -6 route add default via 2001:db8:71::2 dev up1
guard "2000::/3" -6 route add 2000::/3 via 2001:db8:71::2 dev up1
guard "a /8 of 2000::/3" -6 route add 2600::/8 via 2001:db8:71::2 dev up1
host ip nexthop add id 7 via 10.71.0.2 dev up1
guard "a nexthop object's" route add default nhid 7
host sysctl -qw net.ipv4.nexthop_compat_mode=0
guard "a nexthop object's that tells only its number" route add default nhid 7
host ip nexthop add id 8 via 10.72.0.2 dev other
host ip nexthop add id 9 group 7/8
guard "a group's" route add default nhid 9
guard "a rule's table's" route add default via 10.71.0.2 table 5
host ip nexthop flush >/dev/null 2>&1
host ip route add default via 10.72.0.2
host ip route add 192.0.2.0/24 via 10.71.0.2
check "return: guard: another's way out is none of its business" kn up "$up"
check "return: guard: and down" kn down "$up"
topology_with '"default_route": true'
host ip route del default
host ip route add default nexthop via 10.72.0.2 dev other nexthop via 10.71.0.2 dev up1
refuses "return: a default route by two interfaces names none" 'several interfaces lead out' move
host ip route del default
host ip nexthop add id 7 via 10.71.0.2 dev up1
host ip route add default nhid 7
check "return: the default route's interface, by an object" move
check "return: is the right one" away
check "return: and comes back" kn down "$up"

# --- kill -9, with all of it ---
build
host ip nexthop add id 7 via 10.71.0.2 dev up1
host ip route add default nhid 7
host ip -6 route add 2001:db8:99::/64 nexthop via 2001:db8:71::2 dev up1 nexthop via 2001:db8:72::2 dev other
host ip neigh add proxy 10.71.0.51 dev up1
was=$(state)
killed() {
	local n bad="" out steps
	steps=$(kn up "$up" --yes-move-uplink --dry-run | wc -l)
	for n in $(each "$steps"); do
		host env KIDOS_NETNS_KILL_AT="$n" "$KN" up "$up" --yes-move-uplink >/dev/null 2>&1
		out=$(kn down "$up" 2>&1 && gone) || bad+="down after $n: $out; "
		[ "$(state)" = "$was" ] || bad+="differs after $n: $(diff <(echo "$was") <(state)); "
	done
	for n in $(each 60); do
		move || bad+="up $n; "
		if host env KIDOS_NETNS_FAIL_MESSAGE="$n" "$KN" down "$up" 2>/dev/null; then break; fi
		out=$(kn down "$up" 2>&1 && gone) || bad+="message $n: $out; "
		[ "$(state)" = "$was" ] || bad+="differs after message $n: $(diff <(echo "$was") <(state)); "
	done
	[ -z "$bad" ] || { echo "$bad"; return 1; }
} 2>/dev/null
check "return: kill -9 after each step, failure in each message of down" killed
finish
