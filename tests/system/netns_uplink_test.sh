#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kernels: 6.1
# A real NIC as uplink: an e1000e, which a guest has (tests/guest/run --device e1000e). Moved, killed,
# returned with its name, alternative names, addresses, routes, MTU and state. Never touches a NIC of
# another driver.
first_namespace=yes
. "$(dirname "$0")/support/netns_lib.bash"
need_root

# The first NIC that the e1000e driver runs.
find_nic() {
	local device
	for device in /sys/class/net/*/device/driver; do
		[ "$(basename "$(readlink -f "$device")")" = e1000e ] || continue
		basename "$(dirname "$(dirname "$device")")"
		return
	done
}
nic=$(find_nic)
[ -n "$nic" ] || { skip "uplink: NIC" "no NIC of the e1000e driver here"; finish; exit 0; }
ok "uplink: NIC"

up=$work/uplink.json
cat >"$up" <<END
{
	"name": "kt-nic",
	"namespaces": [ { "name": "kt-netns-up" } ],
	"bridges": [ { "name": "br0", "namespace": "kt-netns-up" } ],
	"uplink": { "interface": "$nic", "namespace": "kt-netns-up", "bridge": "br0", "mtu": 1400 }
}
END
chmod 644 "$up"

cleanup() {
	end_started
	"$KN" down "$up" >/dev/null 2>&1
	rm -rf "$work"
}
trap cleanup EXIT

ip link set lo up
sysctl -qw "net.ipv6.conf.$nic.accept_ra=0" "net.ipv6.conf.$nic.accept_dad=0"
ip link property add dev "$nic" altname the-way-in
ip link set "$nic" mtu 1450 up
ip addr add 10.92.0.2/24 dev "$nic"
ip addr add 10.92.0.3/24 dev "$nic"
ip -6 addr add 2001:db8:92::2/64 dev "$nic" nodad
ip route add default via 10.92.0.1 metric 50
ip route add 198.51.100.0/24 via 10.92.0.1 dev "$nic" mtu 1300
ip route add 203.0.113.0/24 dev "$nic" table 77
ip -6 route add default via 2001:db8:92::1 dev "$nic"
sleep 2

nic_state() {
	ip -o link show "$nic" | sed 's/^[0-9]*: //; s/ state [A-Z]*//; s/NO-CARRIER,//; s/,LOWER_UP//'
	ip -o addr show dev "$nic" | awk '{ print $3, $4 }' | grep -v '^inet6 fe80' | sort
	ip route show table all dev "$nic" | grep -v 'fe80:\|^multicast' | sed 's/ linkdown//; s/ *$//' | sort
	ip -6 route show dev "$nic" | grep -v '^fe80\|^multicast' | sed 's/ linkdown//; s/ *$//' | sort
	sysctl -n "net.ipv6.conf.$nic.accept_ra"
}
before=$(nic_state)
back() {
	[ "$(nic_state)" = "$before" ] || { diff <(echo "$before") <(nic_state); return 1; }
	[ ! -e /run/netns/kt-netns-up ] || { echo "the namespace is left"; return 1; }
	[ -z "$(ls /var/lib/kidos/netns)" ] || { echo "the journal is left"; return 1; }
}
grep -q 10.92.0.2 <<<"$before" || { not_ok "uplink: NIC: was set up" "$before"; finish; exit 1; }

refuses "uplink: NIC: the default route's is not moved unasked" 'yes-move-uplink' "$KN" up "$up"
check "uplink: NIC: and is as it was" back
check "uplink: NIC: up" "$KN" up "$up" --yes-move-uplink
check "uplink: NIC: it is in the namespace, a member of its bridge" bash -c \
	"nsenter --net=/run/netns/kt-netns-up ip -o link show $nic | grep -q 'mtu 1400.*master br0'"
check "uplink: NIC: up twice" "$KN" up "$up" --yes-move-uplink
exits 0 "uplink: NIC: status finds it" "^[a-z]*  uplink    $nic: in namespace kt-netns-up" \
	"$KN" status "$up"
check "uplink: NIC: down" "$KN" down "$up"
check "uplink: NIC: is as it was" back
check "uplink: NIC: down twice" "$KN" down "$up"
check "uplink: NIC: is still as it was" back

each_fault() { # VARIABLE LAST
	local n bad="" out
	for n in $(seq "$2"); do
		out=$(env "$1=$n" "$KN" up "$up" --yes-move-uplink 2>&1)
		[ "$1" != KIDOS_NETNS_KILL_AT ] || out+=$("$KN" down "$up" 2>&1) || bad+="down after $n; "
		out+=$(back) || bad+="$1=$n: $out; "
		"$KN" down "$up" >/dev/null 2>&1
	done
	[ -z "$bad" ] || { echo "$bad"; return 1; }
} 2>/dev/null
steps=$("$KN" up "$up" --yes-move-uplink --dry-run | wc -l)
check "uplink: NIC: failure after each step brings it back" each_fault KIDOS_NETNS_FAIL_AT "$steps"
check "uplink: NIC: failure of each message brings it back" \
	each_fault KIDOS_NETNS_FAIL_MESSAGE "$((steps - 1))"
check "uplink: NIC: kill -9 after each step, then down" each_fault KIDOS_NETNS_KILL_AT "$steps"

# Its namespace dies with it inside: the kernel sends it home, down and stripped.
"$KN" up "$up" --yes-move-uplink
ip netns del kt-netns-up
appears "$nic"
check "uplink: NIC: its namespace deleted, then down" "$KN" down "$up"
check "uplink: NIC: is as it was after that" back

# As after a power loss: the journal of another boot, and nothing else.
"$KN" up "$up" --yes-move-uplink
sed -i 's/"boot_id": *"[^"]*"/"boot_id": "another"/' /var/lib/kidos/netns/kt-nic.uplink.json
rm -r /run/kidos-netns/kt-nic
ip netns del kt-netns-up
appears "$nic"
check "uplink: NIC: the journal of an earlier boot is followed" "$KN" down "$up"
check "uplink: NIC: is as it was before the boot" back

"$KN" up "$up" --yes-move-uplink
ip link add "$nic" type dummy 2>/dev/null || ip link add "$nic" type bridge
refuses "uplink: NIC: its name is taken" 'back as knuplink' "$KN" down "$up"
ip link del "$nic"
check "uplink: NIC: down when its name is free" "$KN" down "$up"
check "uplink: NIC: has its name again" back

"$KN" up "$up" --yes-move-uplink
start_in kt-netns-up sleep 300
exits 0 "uplink: NIC: a process that holds its namespace is named" "kept alive by pid ${pids[0]}" \
	"$KN" down "$up"
check "uplink: NIC: and comes home all the same" back
finish
