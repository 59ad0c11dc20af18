#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kidos.json in a namespace that stands in for a host: its uplink is a veth to a router namespace
# where dnsmasq gives leases and answers names. The whole world of the file, with each DHCP client.
. "$(dirname "$0")/support/netns_lib.bash"
need_root
for tool in dnsmasq tcpdump; do
	command -v $tool >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
kidos=$(topology "$top/netns/topologies/kidos.json")
# The same with something for status to ask the far side, and with addresses of which dnsmasq's hash
# makes one: it offers all three clients the same lease, and refuses it to those that come too late.
python3 - "$kidos" <<'END'
import json, sys
t = json.load(open(sys.argv[1]))
for ns in t["namespaces"]:
    if ns["name"] != "monns":
        ns["check"] = {"ping": ["10.91.0.1"], "resolve": ["far.kidos.test"]}
t["veths"][0]["ends"][1]["mac"] = "02:00:00:00:92:35"
t["veths"][1]["ends"][1]["mac"] = "02:00:00:00:92:03"
json.dump(t, open(sys.argv[1], "w"))
END
host() { inside kt-netns-host "$@"; }

cleanup() {
	host "$KN" down "$kidos" >/dev/null 2>&1
	end_started
	ip netns del kt-netns-host 2>/dev/null
	ip netns del kt-netns-router 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT

ip netns add kt-netns-host
ip netns add kt-netns-router
ip -n kt-netns-host link add up0 address 02:00:00:00:91:02 type veth \
	peer name r0 netns kt-netns-router
ip -n kt-netns-router addr add 10.91.0.1/24 dev r0
ip -n kt-netns-router link set r0 up
ip -n kt-netns-router link set lo up
host ip link property add dev up0 altname up0-alternative
host sysctl -qw net.ipv6.conf.up0.accept_ra=0
host ip link set up0 mtu 1450 up
host ip addr add 10.91.0.2/24 dev up0
host ip addr add 192.0.2.5/32 dev up0
host ip -6 addr add 2001:db8:91::2/64 dev up0 nodad
host ip route add default via 10.91.0.1 metric 50
host ip route add 198.51.100.0/24 via 10.91.0.1 dev up0
host ip route add 203.0.113.0/24 dev up0 table 77
host ip -6 route add default via 2001:db8:91::1 dev up0
start_in kt-netns-router dnsmasq --keep-in-foreground --no-resolv --no-hosts --conf-file=/dev/null \
	--user=root --interface=r0 --bind-interfaces --pid-file= --dhcp-leasefile="$work/leases" \
	--dhcp-range=10.91.0.50,10.91.0.99,255.255.255.0,1h --dhcp-option=option:router,10.91.0.1 \
	--address=/far.kidos.test/192.0.2.80 --domain=kidos.test --dhcp-authoritative \
	--log-facility=- >"$work/dnsmasq.log" 2>&1

uplink_state() {
	host ip -o link show up0 | sed 's/^[0-9]*: //; s/ state [A-Z]*//; s/@if[0-9]*//; s/ link-netns.*//'
	host ip -o addr show dev up0 | awk '{ print $3, $4 }' | grep -v '^inet6 fe80' | sort
	# Without the link-local ones, which come when duplicate address detection is through.
	host ip route show table all dev up0 | grep -v 'fe80:\|^multicast' | sed 's/ linkdown//' | sort
	host ip -6 route show dev up0 | grep -v '^fe80\|^multicast' | sort
	host sysctl -n net.ipv6.conf.up0.accept_ra
}
sleep 0.5
world_before=$(snapshot)
uplink_before=$(uplink_state)

refuses "dhcp: the default route's interface is not moved unasked" 'yes-move-uplink' \
	host "$KN" up "$kidos"
check "dhcp: a refused up leaves nothing" test "$world_before" = "$(snapshot)"
check "dhcp: kidos up" host "$KN" up "$kidos" --yes-move-uplink
inside appsns ping -q -c 3 -i 0.2 10.91.0.1 >/dev/null 2>&1
out=$(host "$KN" status "$kidos")
if [ $? = 0 ] && ! grep -q ^fail <<<"$out" && [ "$(grep -c '^pass  \(dhcp\|dns\|gateway\) ' <<<"$out")" = 9 ]; then
	ok "dhcp: status passes: clients, leases, gateways, names"
else
	not_ok "dhcp: status passes: clients, leases, gateways, names" "$out"
	sed 's/^/# /' "$work/dnsmasq.log"
fi
for ns in ethns kidosns appsns; do
	check "dhcp: $ns has a resolv.conf from its lease" \
		grep -qx 'nameserver 10.91.0.1' "/etc/netns/$ns/resolv.conf"
done
check "dhcp: ip netns exec resolves by it" bash -c \
	'ip netns exec appsns getent hosts far.kidos.test | grep -q 192.0.2.80'

# What veth-app sends and gets arrives at the monitor, DHCP included.
start_in monns tcpdump -i veth-mon -w "$work/mon.pcap" -U --immediate-mode -Z root 2>"$work/mon.log"
for _ in $(seq 50); do
	grep -q listening "$work/mon.log" && break
	sleep 0.1
done
inside appsns ping -q -c 5 -i 0.05 -s 777 10.91.0.1 >/dev/null 2>&1
sleep 0.5
copies=$(tcpdump -r "$work/mon.pcap" -nn icmp 2>/dev/null | grep -c 'length 785')
if [ "$copies" = 10 ]; then
	ok "dhcp: the monitor got each echo and each reply once"
else
	not_ok "dhcp: the monitor got each echo and each reply once" "$copies"
fi
kill "${pids[-1]}"; wait "${pids[-1]}" 2>/dev/null; unset 'pids[-1]'

check "dhcp: up twice" host "$KN" up "$kidos" --yes-move-uplink
clients=$(clients | wc -l)
if [ "$clients" = 3 ]; then
	ok "dhcp: no client is started twice"
else
	not_ok "dhcp: no client is started twice" "$clients clients"
fi

# A pid file that names somebody else: the pid was used again.
start_in kt-netns-host sleep 300
mv /run/kidos-netns/kidos/dhcp.appsns.veth-app.pid "$work/real.pid"
(umask 077; echo "${pids[-1]} 12345" >/run/kidos-netns/kidos/dhcp.appsns.veth-app.pid)
out=$(host "$KN" status "$kidos")
if grep -q 'fail  dhcp .*veth-app: no client runs' <<<"$out"; then
	ok "dhcp: a foreign pid is not taken for a client"
else
	not_ok "dhcp: a foreign pid is not taken for a client" "$out"
fi
mv "$work/real.pid" /run/kidos-netns/kidos/dhcp.appsns.veth-app.pid
check "dhcp: down" host "$KN" down "$kidos"
check "dhcp: a process that is not ours lives on" kill -0 "${pids[-1]}"
kill "${pids[-1]}"; wait "${pids[-1]}" 2>/dev/null; unset 'pids[-1]'
if [ "$(uplink_state)" = "$uplink_before" ]; then
	ok "dhcp: the uplink is back as it was: name, MTU, addresses, routes, sysctls"
else
	not_ok "dhcp: the uplink is back as it was: name, MTU, addresses, routes, sysctls" \
		"$(diff <(echo "$uplink_before") <(uplink_state))"
fi
world_after=$(snapshot)
if [ "$world_before" = "$world_after" ]; then
	ok "dhcp: nothing is left"
else
	not_ok "dhcp: nothing is left" "$(diff <(echo "$world_before") <(echo "$world_after"))"
fi
check "dhcp: down twice" host "$KN" down "$kidos"

# --- the uplink and faults, with the veth as stand-in (netns_uplink.sh has a NIC) ---
back() {
	local try
	# The kernel ends namespaces and their links after the command that gave them up.
	for try in {1..50}; do
		[ "$(uplink_state)" != "$uplink_before" ] || [ "$(snapshot)" != "$world_before" ] || return 0
		sleep 0.1
	done
	echo "differs after $try looks"
	diff <(echo "$uplink_before") <(uplink_state)
	diff <(echo "$world_before") <(snapshot)
	return 1
}
uplink_only=$work/uplink.json
cat >"$uplink_only" <<'END'
{
	"namespaces": [ { "name": "kt-netns-up" } ],
	"bridges": [ { "name": "br0", "namespace": "kt-netns-up" } ],
	"uplink": { "mac": "02:00:00:00:91:02", "namespace": "kt-netns-up", "bridge": "br0" }
}
END
each_fault() { # VARIABLE LAST WHAT
	local n bad="" out
	for n in $(each "$2"); do
		out=$(host env "$1=$n" "$KN" up "$uplink_only" --yes-move-uplink 2>&1)
		[ "$3" = rolls-back ] || out+=$(host "$KN" down "$uplink_only" 2>&1) || bad+="down after $n: $out; "
		out+=$(back) || bad+="$1=$n: $out; "
		host "$KN" down "$uplink_only" >/dev/null 2>&1
	done
	[ -z "$bad" ] || { echo "$bad"; return 1; }
} 2>/dev/null
steps=$(host "$KN" up "$uplink_only" --yes-move-uplink --dry-run | wc -l)
check "uplink: stand-in: failure after each step brings it back" each_fault KIDOS_NETNS_FAIL_AT "$steps" rolls-back
check "uplink: stand-in: kill -9 after each step, then down brings it back" \
	each_fault KIDOS_NETNS_KILL_AT "$steps" down
check "uplink: stand-in: failure in each message of up" each_fault KIDOS_NETNS_FAIL_MESSAGE "$((steps - 1))" rolls-back

# A failure on the way back: down fails, keeps the namespace, and the next down finishes.
host "$KN" up "$uplink_only" --yes-move-uplink
refuses "uplink: stand-in: a down that cannot move it back fails" 'failure injected' \
	host env KIDOS_NETNS_FAIL_MESSAGE=1 "$KN" down "$uplink_only"
each_message_of_down() {
	local n bad="" out
	for n in $(each 60); do
		host "$KN" up "$uplink_only" --yes-move-uplink || bad+="up $n; "
		if host env KIDOS_NETNS_FAIL_MESSAGE="$n" "$KN" down "$uplink_only" 2>/dev/null; then
			break
		fi
		out=$(host "$KN" down "$uplink_only" 2>&1) || bad+="$n: $out; "
		out=$(back) || bad+="$n: $out; "
	done
	[ "$n" -gt 5 ] && [ "$n" -lt 60 ] && [ -z "$bad" ] || { echo "$n messages; $bad"; return 1; }
}
check "uplink: stand-in: failure in each message of down, then down again" each_message_of_down
killed_in_down() {
	local n bad="" out
	for n in $(each 3); do
		host "$KN" up "$uplink_only" --yes-move-uplink || bad+="up $n; "
		host env KIDOS_NETNS_KILL_AT="$n" "$KN" down "$uplink_only" >/dev/null 2>&1
		out=$(host "$KN" down "$uplink_only" 2>&1) || bad+="$n: $out; "
		out=$(back) || bad+="$n: $out; "
	done
	[ -z "$bad" ] || { echo "$bad"; return 1; }
} 2>/dev/null
check "uplink: stand-in: kill -9 within down, then down again" killed_in_down

# Somebody takes its name while it is away.
host "$KN" up "$uplink_only" --yes-move-uplink
host ip link add up0 type bridge
refuses "uplink: stand-in: its name is taken" 'back as knuplink' host "$KN" down "$uplink_only"
check "uplink: stand-in: it works under another name" host ping -q -c1 -W2 10.91.0.1
host ip link del up0
check "uplink: stand-in: down again when the name is free" host "$KN" down "$uplink_only"
check "uplink: stand-in: then it is as it was" back

# The record is lost, as after a reboot, while the journal is there.
host "$KN" up "$uplink_only" --yes-move-uplink
rm -r /run/kidos-netns/uplink
check "uplink: stand-in: the journal alone brings it back" host "$KN" down "$uplink_only"
check "uplink: stand-in: as it was" test "$(uplink_state)" = "$uplink_before"
ip netns del kt-netns-up 2>/dev/null
finish
