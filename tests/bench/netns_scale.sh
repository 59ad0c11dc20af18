#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# 200 namespaces with 400 veth ends, with addresses: time and netlink messages of kidos-netns beside
# the same world built by `ip -batch`, one ip for each namespace, as it has to be.
#   netns_scale.sh [NAMESPACES]
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
KN=${KIDOS_NETNS:-${KIDOS_BUILD:-$top/build}/netns/kidos-netns}
count=${1:-200}
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
work=$(mktemp -d)
name() { printf 'kt-netns-s%03d' "$1"; }

cleanup() {
	"$KN" down "$work/scale.json" >/dev/null 2>&1 || true
	for i in $(seq 0 $((count - 1))); do
		ip netns del "$(name "$i")" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap cleanup EXIT

# A ring: each namespace has an end of the veth to the one before and of the one to the one after.
jq -n --argjson n "$count" '
	def digits: "00\(.)"[-3:];
	def ns: "kt-netns-s\(. % $n | digits)";
	def address($k): "10.\(80 + (. / 250 | floor)).\(. % 250).\($k)/24";
	{ name: "kt-scale",
	  namespaces: [range($n) | { name: ns }],
	  veths: [range($n) | { ends: [
		{ name: "next", namespace: ns, addresses: [address(1)] },
		{ name: "prev", namespace: (. + 1 | ns), addresses: [address(2)] }] }] }' >"$work/scale.json"
chmod 644 "$work/scale.json"

: >"$work/links"
for i in $(seq 0 $((count - 1))); do
	ns=$(name "$i")
	echo "link add next netns $ns type veth peer name prev netns $(name $(((i + 1) % count)))" \
		>>"$work/links"
	before=$(((i + count - 1) % count))
	cat >"$work/$ns" <<END
link set lo up
addr add 10.$((80 + i / 250)).$((i % 250)).1/24 brd + dev next
addr add 10.$((80 + before / 250)).$((before % 250)).2/24 brd + dev prev
link set next up
link set prev up
END
done

by_ip() {
	for i in $(seq 0 $((count - 1))); do
		echo "netns add $(name "$i")"
	done | ip -batch -
	ip -batch "$work/links"
	for i in $(seq 0 $((count - 1))); do
		ip -n "$(name "$i")" -batch "$work/$(name "$i")"
	done
}

ip_down() {
	for i in $(seq 0 $((count - 1))); do
		echo "netns del $(name "$i")"
	done | ip -batch -
}

seconds() { # COMMAND...: how long it takes
	local start=$EPOCHREALTIME
	"$@" >"$work/out" 2>&1 || { cat "$work/out" >&2; return 1; }
	awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'
}

# Requests as the kernel sees them: sendmsg and sendto on netlink sockets.
messages() {
	command -v strace >/dev/null || { echo '-'; return; }
	strace -f -qq -e trace=sendmsg,sendto -o "$work/trace" bash -c "$1" >/dev/null 2>&1
	grep -c AF_NETLINK "$work/trace"
}

# The kernel removes namespaces behind the scenes, one at a time: let it end before the next one.
settle() { sleep 3; }

echo "# $count namespaces, $((2 * count)) veth ends with an address each"
printf '# %-34s %8s %10s\n' 'world built by' seconds messages
up=$(seconds "$KN" up "$work/scale.json" --verbose)
sent=$(sed -n 's/^netlink: \([0-9]*\) sent.*/\1/p' "$work/out")
printf '# %-34s %8s %10s\n' 'kidos-netns up' "$up" "$sent"
again=$(seconds "$KN" up "$work/scale.json" --verbose)
sent_again=$(sed -n 's/^netlink: \([0-9]*\) sent.*/\1/p' "$work/out")
printf '# %-34s %8s %10s\n' 'kidos-netns up, the second time' "$again" "$sent_again"
down=$(seconds "$KN" down "$work/scale.json" --verbose)
sent_down=$(sed -n 's/^netlink: \([0-9]*\) sent.*/\1/p' "$work/out")
printf '# %-34s %8s %10s\n' 'kidos-netns down' "$down" "$sent_down"
settle
export -f by_ip name
export count work
ip_up=$(seconds by_ip)
ip_down_time=$(seconds ip_down)
settle
ip_sent=$(messages by_ip)
printf '# %-34s %8s %10s\n' 'ip -batch' "$ip_up" "$ip_sent"
printf '# %-34s %8s %10s\n' 'ip -batch, netns del' "$ip_down_time" -
ip_down >/dev/null
echo "ok 1 - netns: scale: $count namespaces built by both"
echo 1..1
