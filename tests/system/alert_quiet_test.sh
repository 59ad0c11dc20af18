#!/bin/bash
# SPDX-License-Identifier: MIT
# Ordinary traffic raises no alert, by rules at their defaults: a download, a hundred web clients, a busy
# resolver, neighbours, DHCP, mDNS, a mirror port that has it all. A TCP connection without a limit is one rate_spike.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"
# shellcheck source-path=SCRIPTDIR source=support/alerts.bash
. "$(dirname "$0")/support/alerts.bash"

seconds=15

start() {
	rm -f "$got"/[0-9]*
	write_receivers receive
	interval=1 start_collectd b "<Interface \"b0\">
	</Interface>
	<Interface \"b1\">
	  Mirror true
	</Interface>
	<Drops>
	  Enabled false
	</Drops>
	<Alerts>
	  CoolDown 2
	  RepeatedFlow 1000
	  $1
	</Alerts>
	</Plugin>
	Include \"$work/receivers.conf\"
	<Plugin kidos>"
	wait_for 20 interface_is b0 attached && wait_for 20 interface_is b1 attached
	settle
}

make_hosts() {
	local i
	make_ns a b
	make_veth a a0 b b0
	make_veth a a1 b b1
	for i in a b; do
		in_ns $i sysctl -qw "net.ipv6.conf.${i}0.disable_ipv6=0" net.ipv6.conf.all.disable_ipv6=0
		ip -n "$run-$i" link set "${i}0" arp on
		ip -n "$run-$i" link set lo up
	done
	for i in {1..21}; do
		ip -n "$run-a" address add "10.1.0.$i/24" dev a0
	done
	ip -n "$run-b" address add 10.1.0.200/24 dev b0
	ip -n "$run-a" route add local 10.8.0.0/16 dev lo
	ip -n "$run-b" route add 10.8.0.0/16 via 10.1.0.1
}

# All that passes b0, both ways, comes to the mirror port b1.
mirror() {
	tc -n "$run-a" qdisc add dev a0 clsact
	for way in ingress egress; do
		tc -n "$run-a" filter add dev a0 $way u32 match u32 0 0 action mirred egress mirror dev a1
	done
}

serve() {
	local size
	mkdir "$work/www"
	for size in 1000 50000 500000; do
		head -c $size /dev/zero >"$work/www/$size"
	done
	background b python3 -m http.server --directory "$work/www" 8000
	background b iperf3 -s
	background a python3 "$tries" answers 53
	background b dnsmasq --no-daemon --port 0 --interface b0 --bind-interfaces \
		--dhcp-range 10.1.0.100,10.1.0.150 --dhcp-leasefile="$work/leases"
	wait_for 10 in_ns a curl -sf -o /dev/null http://10.1.0.200:8000/1000
	wait_for 10 in_ns a iperf3 -c 10.1.0.200 -n 1K
}

web() {
	local i size
	for i in {1..40}; do
		for size in 1000 50000 500000; do
			in_ns a curl -s --interface "10.1.0.$((i % 20 + 1))" -o /dev/null "http://10.1.0.200:8000/$size" || return 1
		done
		pause
	done
}

# 500 hosts, each asked by its own port as a resolver does, again and again.
resolver() {
	local i
	for i in {1..5}; do
		in_ns b python3 "$tries" asks 10.8.0.1 500 53 || return 1
		pause
	done
}

multicast() {
	python3 -c 'import socket, time
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.1.0.1"))
for _ in range(20):
    for group, port in (("224.0.0.251", 5353), ("239.255.255.250", 1900), ("224.0.0.252", 5355)):
        one.sendto(b"kidos", (group, port))
    time.sleep(0.2)'
}

neighbours() {
	local i
	for i in {1..10}; do
		in_ns a ping -c 1 -W 1 "10.1.0.200" >/dev/null
		ip -n "$run-a" neighbour flush dev a0
		in_ns a ping -6 -c 1 -W 1 "$(link_local b b0)%a0" >/dev/null
	done
}

link_local() {
	ip -n "$run-$1" -j -6 address show dev "$2" | jq -r '.[0].addr_info[] | select(.scope == "link") | .local'
}

ordinary() {
	local end=$((SECONDS + seconds)) failed=0 jobs=()
	in_ns a iperf3 -c 10.1.0.200 -b 200M -t "$seconds" >"$work/iperf" 2>&1 &
	jobs+=($!)
	web &
	jobs+=($!)
	resolver &
	jobs+=($!)
	nsenter --net="/run/netns/$run-a" bash -c "$(declare -f multicast); multicast" &
	jobs+=($!)
	neighbours &
	jobs+=($!)
	in_ns a udhcpc -i a0 -f -n -q -s /bin/true >"$work/dhcp" 2>&1 &
	jobs+=($!)
	for job in "${jobs[@]}"; do
		wait "$job" || failed=1
	done
	while [ "$SECONDS" -lt "$end" ]; do
		pause
	done
	return "$failed"
}

spike() {
	in_ns a iperf3 -c 10.1.0.200 -t 4
}

write_scripts
make_hosts
mirror
serve
start ''
check 'ordinary traffic passes' ordinary
settle
check 'ordinary traffic: it was counted' test "$(csv_last b0/if_packets-udp | cut -d, -f1)" -ge 2500
check 'ordinary traffic: the mirror port had it' test "$(csv_last b1/if_packets-udp | cut -d, -f1)" -ge 5000
sleep 2
settle
check 'ordinary traffic: no alert' not_told 'Plugin: kidos'
equal 'ordinary traffic: none was suppressed' 0 "$(csv_last self/total_events-alerts_suppressed | cut -d. -f1)"
equal 'ordinary traffic: nothing was unjudged' 0 "$(csv_last self/total_events-unjudged | cut -d. -f1)"
stop_collectd
start 'Exempt "interface b1"'
check 'without a limit: it passes' spike
check 'without a limit: rate_spike starts once' await 1 'Type: rate_spike' 'Severity: WARNING'
check 'without a limit: rate_spike ends once' await 1 'Type: rate_spike' 'Severity: OKAY'
sleep 3
check 'without a limit: no more than that' told_count 2 'Type: rate_spike'
stop_collectd
check 'nothing is left' nothing_left
finish
