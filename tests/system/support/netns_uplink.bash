# SPDX-License-Identifier: MIT
# Sourced by netns_return_test.sh and netns_away_test.sh: a host, a veth that stands in for its NIC, and what it
# all was before.
. "$(dirname "${BASH_SOURCE[0]}")/netns_lib.bash"
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

# The kernel reports a new carrier up to a second late.
runs() {
	local tries
	for tries in {1..100}; do
		host ip -br link show "$1" | grep -q ' UP ' && return
		sleep 0.1
	done
	echo "# $1 does not run"
}

# A host with two interfaces, up1 that will move and other that stays.
build() {
	take_away
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
	runs up1 && runs other
	topology_with '"interface": "up1"'
}
take_away() {
	kn down "$up" >/dev/null 2>&1
	local ns
	for ns in away host far; do
		ip netns del kt-netns-$ns 2>/dev/null
	done
	rm -rf /run/kidos-netns/kt-return "$journal"
}

state() {
	host ip -d -o link show up1 | sed 's/^[0-9]*: //; s/ state [A-Z]*//; s/ qdisc [a-z]*//; s/@if[0-9]*//; s/ link-netns.*//; s/promiscuity.*//'
	host ip -o addr show dev up1 | sed 's/^[0-9]*: //; s/ *\(tentative\|valid_lft\).*//' | grep -v ' fe80:' | sort
	host ip -d route show table all | grep -v 'fe80:\|^multicast ff00' | sed 's/ linkdown//' | sort
	host ip -6 -d route show table all | grep -v 'fe80:\|^multicast ff00\|^anycast' | sed 's/ linkdown//; s/ expires [0-9]*sec/ expires/' | sort
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
	[ ! -e /run/kidos-netns/kt-return ] && [ ! -e "$journal" ] ||
		{ echo "left:"; find /run/kidos-netns "$journal"; return 1; }
}
returns() {
	local was
	was=$(state)
	move || return 1
	host ip link show up1 >/dev/null 2>&1 && { echo "it did not move"; return 1; }
	kn down "$up" || return 1
	gone || return 1
	runs up1
	[ "$(state)" = "$was" ] || { diff <(echo "$was") <(state) || return 1; echo "it was not back yet"; return 1; }
}
home() { host ip link show "${1:-up1}" >/dev/null; }
away() { inside kt-netns-away ip link show "${1:-up1}" >/dev/null; }
