#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kernels: 6.12
# The kinds of links that the shipped topologies lack: macvlan, VLAN on VLAN, STP, MAC and MTU; and
# a failure's report as JSON.
. "$(dirname "$0")/support/netns_lib.bash"
need_root

cleanup() {
	"$KN" down "$work/macvlan.json" >/dev/null 2>&1
	"$KN" down "$work/vlan.json" >/dev/null 2>&1
	rm -rf "$work"
}
trap cleanup EXIT
before=$(snapshot)

cat >"$work/macvlan.json" <<'END'
{
	"namespaces": [ { "name": "kt-netns-l1" }, { "name": "kt-netns-l2" } ],
	"veths": [ { "ends": [
		{ "name": "p0", "namespace": "kt-netns-l1", "mtu": 1400, "mac": "02:00:00:00:93:01" },
		{ "name": "q0", "namespace": "kt-netns-l2", "addresses": ["10.93.0.2/24"] } ] } ],
	"macvlans": [ { "name": "mv0", "namespace": "kt-netns-l1", "parent": "p0", "mode": "bridge",
			"addresses": ["10.93.0.1/24"] } ],
	"bridges": [ { "name": "br0", "namespace": "kt-netns-l2", "stp": true, "forward_delay": 4 } ]
}
END
cat >"$work/vlan.json" <<'END'
{
	"namespaces": [ { "name": "kt-netns-l1" }, { "name": "kt-netns-l2" } ],
	"veths": [ { "ends": [ { "name": "p0", "namespace": "kt-netns-l1" },
			       { "name": "q0", "namespace": "kt-netns-l2" } ] } ],
	"vlans": [
		{ "name": "p0.7.9", "namespace": "kt-netns-l1", "parent": "p0.7", "id": 9,
		  "addresses": ["10.93.0.1/24"] },
		{ "name": "p0.7", "namespace": "kt-netns-l1", "parent": "p0", "id": 7, "protocol": "802.1ad" },
		{ "name": "q0.7", "namespace": "kt-netns-l2", "parent": "q0", "id": 7, "protocol": "802.1ad" },
		{ "name": "q0.7.9", "namespace": "kt-netns-l2", "parent": "q0.7", "id": 9,
		  "addresses": ["10.93.0.2/24"], "sysctl": { "ipv4.arp_ignore": 1 } }
	]
}
END
chmod 644 "$work"/*.json

use() { # FILE
	local out
	"$KN" up "$1" && "$KN" up "$1" && out=$("$KN" up "$1" --dry-run) &&
		! grep -v '^keep' <<<"$out" && "$KN" status "$1" &&
		inside kt-netns-l1 ping -q -c 2 -i 0.2 -W 2 10.93.0.2
}

# True if the kernel makes such links, tried in a namespace of its own.
makes() {
	ip netns add kt-netns-try
	ip -n kt-netns-try link add t0 type veth peer name t1
	ip -n kt-netns-try link add link t0 name t2 type "$@" 2>/dev/null
	local status=$?
	ip netns del kt-netns-try
	return $status
}

if makes macvlan mode bridge; then
	check "links: macvlan: up, twice, status, traffic" use "$work/macvlan.json"
	check "links: MTU and MAC are the file's" bash -c \
		"nsenter --net=/run/netns/kt-netns-l1 ip -o link show p0 | grep 'mtu 1400.*02:00:00:00:93:01'"
	check "links: STP and forward delay are the file's" bash -c \
		"nsenter --net=/run/netns/kt-netns-l2 ip -d -o link show br0 | grep 'forward_delay 400 .*stp_state 1'"
	inside kt-netns-l2 ip link set br0 type bridge forward_delay 1000
	inside kt-netns-l1 ip link set p0 address 02:00:00:00:93:77
	check "links: what was changed is mended" "$KN" up "$work/macvlan.json"
	check "links: and fits" "$KN" status "$work/macvlan.json"
	check "links: macvlan: down" "$KN" down "$work/macvlan.json"
else
	skip "links: macvlan: up, twice, status, traffic" "this kernel has no macvlan"
fi
if makes vlan id 7; then
	check "links: VLAN on VLAN: up, twice, status, traffic" use "$work/vlan.json"
	check "links: a link's sysctl whose name has dots" bash -c \
		'nsenter --net=/run/netns/kt-netns-l2 cat /proc/sys/net/ipv4/conf/q0.7.9/arp_ignore | grep -x 1'
	check "links: VLAN on VLAN: down" "$KN" down "$work/vlan.json"
else
	skip "links: VLAN on VLAN: up, twice, status, traffic" "this kernel has no VLAN links"
	refuses "links: a kernel without VLANs is named" 'this kernel has no vlan links' \
		"$KN" up "$work/vlan.json"
fi
check "links: a failure's report is JSON too" python3 -c '
import json, subprocess, sys
r = subprocess.run(sys.argv[1:], capture_output=True, text=True)
o = json.loads(r.stdout)
assert r.returncode == 1 and o["ok"] is False and "No such file" in o["error"], o' \
	"$KN" check /nonexistent.json --json
if [ "$before" = "$(snapshot)" ]; then
	ok "links: nothing is left"
else
	not_ok "links: nothing is left" "$(diff <(echo "$before") <(snapshot))"
fi
finish
