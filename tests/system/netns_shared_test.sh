#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Topologies that share a namespace: it goes with the last that uses it, if kidos-netns made it, and
# each takes only its own things away.
. "$(dirname "$0")/support/netns_lib.bash"
need_root

cleanup() {
	for t in one two three; do
		"$KN" down "$work/$t.json" >/dev/null 2>&1
	done
	ip netns del kt-netns-own 2>/dev/null
	ip netns del kt-netns-s 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
before=$(snapshot)

# topology_of NAME SUBNET NS SYSCTLS: a veth between kt-netns-NAME and the shared namespace
topology_of() {
	cat >"$work/$1.json" <<END
{
	"namespaces": [ { "name": "kt-netns-$1" }, { "name": "$3", "sysctl": { $4 },
			"resolv": { "nameservers": ["192.0.2.53"] } } ],
	"veths": [ { "ends": [
		{ "name": "e-$1", "namespace": "kt-netns-$1", "addresses": ["10.$2.0.1/24"] },
		{ "name": "s-$1", "namespace": "$3", "addresses": ["10.$2.0.2/24"] } ] } ]
}
END
	chmod 644 "$work/$1.json"
}
topology_of one 81 kt-netns-s '"net.ipv4.ip_forward": 1, "net.ipv4.ip_default_ttl": 77'
topology_of two 82 kt-netns-s '"net.ipv4.ip_forward": 1'
topology_of three 83 kt-netns-own ''

there() { [ -e "/run/netns/kt-netns-$1" ]; }
gone() { [ ! -e "/run/netns/kt-netns-$1" ]; }
reaches() { inside "kt-netns-$1" ping -q -c1 -W2 "$2"; }
sysctl_is() { [ "$(inside kt-netns-s cat "/proc/sys/net/ipv4/$1")" = "$2" ]; }

both_up() {
	"$KN" up "$work/one.json" && "$KN" up "$work/two.json" && "$KN" status "$work/one.json" &&
		"$KN" status "$work/two.json"
}

# first_goes FIRST SECOND SUBNET: what is left after it is all of the second's and nothing of the first's
first_goes() {
	check "shared: both are up ($1 goes first)" both_up
	check "shared: a dry run does not undo the namespace ($1 goes first)" bash -c '
		out=$("$1" down "$2" --dry-run) && echo "$out" && ! grep -q "^undo namespace kt-netns-s" <<<"$out"' \
		- "$KN" "$work/$1.json"
	check "shared: down of the first succeeds ($1 goes first)" "$KN" down "$work/$1.json"
	check "shared: and the second has all of its things ($1 goes first)" "$KN" status "$work/$2.json"
	check "shared: and its traffic ($1 goes first)" reaches "$2" "10.$3.0.2"
	check "shared: the first's link is gone ($1 goes first)" bash -c \
		"! nsenter --net=/run/netns/kt-netns-s ip link show s-$1"
	check "shared: the first's own namespace is gone ($1 goes first)" gone "$1"
	check "shared: loopback is up still ($1 goes first)" reaches s 127.0.0.1
	check "shared: what both set stays set ($1 goes first)" sysctl_is ip_forward 1
	check "shared: resolv.conf of both stays ($1 goes first)" \
		grep -q 192.0.2.53 /etc/netns/kt-netns-s/resolv.conf
}
both_up >/dev/null
check "shared: a dry run says that the namespace stays" bash -c \
	'"$1" down "$2" --dry-run | grep -x "leave namespace kt-netns-s"' - "$KN" "$work/one.json"
first_goes one two 82
check "shared: what only the first set is as it was" sysctl_is ip_default_ttl 64
check "shared: the first comes again" "$KN" up "$work/one.json"
check "shared: and passes" "$KN" status "$work/one.json"
check "shared: and goes again" "$KN" down "$work/one.json"
check "shared: down of the last" "$KN" down "$work/two.json"
check "shared: takes the namespace with it" gone s
first_goes two one 81
check "shared: down of the last, the other way round" "$KN" down "$work/one.json"
check "shared: takes the namespace with it, the other way round" gone s

# --- half-built, killed, failing ---
"$KN" up "$work/one.json"
KIDOS_NETNS_FAIL_AT=3 "$KN" up "$work/two.json" 2>/dev/null
check "shared: an up that fails leaves the other's namespace" "$KN" status "$work/one.json"
killed() {
	local n bad=''
	for n in $(each 9); do
		"$KN" up "$work/two.json" || bad+="up $n; "
		KIDOS_NETNS_KILL_AT=$n "$KN" down "$work/one.json" >/dev/null 2>&1
		"$KN" down "$work/one.json" || bad+="down after $n; "
		"$KN" status "$work/two.json" || bad+="status after $n; "
		"$KN" up "$work/one.json" || bad+="up again $n; "
		"$KN" down "$work/two.json" || bad+="down of two $n; "
	done
	[ -z "$bad" ] || { echo "$bad"; return 1; }
} 2>/dev/null
check "shared: kill -9 within down, then down: the second has all of its things" killed
"$KN" down "$work/one.json"
check "shared: nothing is left of it" gone s

# --- a namespace that somebody else made ---
ip netns add kt-netns-own
"$KN" up "$work/three.json"
topology_of two 82 kt-netns-own ''
"$KN" up "$work/two.json"
"$KN" down "$work/three.json"
check "shared: down of the last, in somebody else's namespace" "$KN" down "$work/two.json"
check "shared: which stays" there own
ip netns del kt-netns-own

# --- the same topology under two names: links are shared too ---
topology_of two 82 kt-netns-s ''
sed '1a "name": "three",' "$work/two.json" >"$work/three.json"
chmod 644 "$work/three.json"
"$KN" up "$work/two.json"
check "shared: the same links twice: up" "$KN" up "$work/three.json"
"$KN" down "$work/two.json"
check "shared: they stay for the second" "$KN" status "$work/three.json"
check "shared: down of the second" "$KN" down "$work/three.json"

# --- a record that cannot be read: what it says is not known, so nothing is taken away ---
"$KN" up "$work/one.json"
"$KN" up "$work/two.json"
printf '{' >/run/kidos-netns/two/topology.json
refuses "shared: another's record that cannot be read" 'record of topology two' "$KN" down "$work/one.json"
check "shared: nothing was taken away" "$KN" status "$work/one.json"
install -m 600 "$work/two.json" /run/kidos-netns/two/topology.json
"$KN" down "$work/one.json"
"$KN" down "$work/two.json"
if [ "$before" = "$(snapshot)" ]; then
	ok "shared: nothing is left in the end"
else
	not_ok "shared: nothing is left in the end" "$(diff <(echo "$before") <(snapshot))"
fi
finish
