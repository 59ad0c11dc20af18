#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 6.12
# Links without an Ethernet header: WireGuard's and PPP's, both ends of each, UDP, ICMP and TCP by
# IPv4 and IPv6. tun: wire.sh.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

link='' prefix=''

# address NS FAMILY: of the link's end there
address() {
	local end=1
	[ "$1" = a ] || end=2
	if [ "$2" = 4 ]; then echo "10.$prefix.0.$end"; else echo "fd00:$prefix::$end"; fi
}

# Addresses of both families on the link alone, and nothing that speaks by itself.
number_link() {
	local ns
	for ns in a b; do
		in_ns "$ns" sysctl -qw "net.ipv6.conf.$link.disable_ipv6=0" "net.ipv6.conf.$link.accept_ra=0" \
			"net.ipv6.conf.$link.router_solicitations=0"
		ip -n "$run-$ns" address replace "$(address "$ns" 6)/64" dev "$link" nodad
	done
}

wireguard_up() {
	local ns
	for ns in a b; do
		ip -n "$run-$ns" link add "$link" type wireguard || return 1
		(umask 077 && wg genkey >"$work/key-$ns") && wg pubkey <"$work/key-$ns" >"$work/public-$ns" || return 1
	done
	wireguard_end a b 10.0.1.2 && wireguard_end b a 10.0.1.1 && number_link
}

# wireguard_end NS PEER ENDPOINT
wireguard_end() {
	in_ns "$1" wg set "$link" private-key "$work/key-$1" listen-port 5182 peer "$(cat "$work/public-$2")" \
		allowed-ips 0.0.0.0/0,::/0 endpoint "$3:5182" &&
		ip -n "$run-$1" address add "$(address "$1" 4)/24" dev "$link" &&
		ip -n "$run-$1" link set "$link" up
}

# Two pppds, one being the other's line.
ppp_up() {
	local options=(noauth local nodetach nodefaultroute noipdefault novj noccp lcp-echo-interval 0
		ifname "$link" +ipv6)
	in_ns a pppd "${options[@]}" "$(address a 4):$(address b 4)" ipv6 ::1,::2 \
		pty "nsenter --net=/run/netns/$run-b pppd notty ${options[*]} $(address b 4):$(address a 4) ipv6 ::2,::1" \
		>"$work/pppd" 2>&1 &
	started+=($!)
	wait_for 20 ppp_is_up || { cat "$work/pppd"; return 1; }
	number_link
}

ppp_is_up() {
	[ "$(ip -n "$run-a" -4 -j address show dev "$link" | jq '[.[].addr_info[]?] | length')" = 1 ] &&
		[ "$(ip -n "$run-b" -4 -j address show dev "$link" | jq '[.[].addr_info[]?] | length')" = 1 ]
}

# Takes datagrams, so that nobody answers.
sink() {
	nsenter --net="/run/netns/$run-$1" python3 -c '
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 9))
print("bound", flush=True)
while True:
    s.recv(65536)' >"$work/sink-$1" 2>&1 &
	started+=($!)
	wait_for 20 grep -q bound "$work/sink-$1"
}

# datagrams NS ADDRESS COUNT SIZE
datagrams() {
	in_ns "$1" python3 -c '
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
for i in range(int(sys.argv[2])):
    s.sendto(bytes(int(sys.argv[3])), (sys.argv[1], 9))' "$2" "$3" "$4"
}

# counted INSTANCE CLASS: packets and bytes, received and sent
counted() {
	printf '%s %s\n' "$(csv_last "$1/if_packets-$2")" "$(csv_last "$1/if_octets-$2")"
}

# flow_packets INTERFACE FILTER...: packets of the flows that kidosctl shows, received and sent
flow_packets() {
	ctl flows --json --limit 0 --interface "$@" | jq -rs '[.. | objects | select(has("direction"))] |
		"\([.[] | select(.direction == "rx").packets] | add // 0),\([.[] | select(.direction == "tx").packets] | add // 0)"'
}

# The classes of b's end and, mirrored, of a's.
both_ends() {
	local name=$1 class=$2 rx=$3 tx=$4 rx_bytes=$5 tx_bytes=$6
	equal "$link: $name: received and sent" "$rx,$tx $rx_bytes,$tx_bytes" "$(counted "$link" "$class")"
	equal "$link: $name: at the other end" "$tx,$rx $tx_bytes,$rx_bytes" "$(counted "$run-a:$link" "$class")"
}

exchange() {
	check "$link: UDP is sent" datagrams a "$(address b 4)" 30 100
	check "$link: UDP by IPv6 is sent" datagrams a "$(address b 6)" 20 100
	check "$link: UDP is answered" datagrams b "$(address a 4)" 7 300
	check "$link: UDP by IPv6 is answered" datagrams b "$(address a 6)" 5 300
	check "$link: ping" in_ns a ping -q -c 6 -i 0.2 "$(address b 4)"
	check "$link: ping by IPv6" in_ns a ping -q -c 4 -i 0.2 "$(address b 6)"
	settle
	both_ends UDP udp 50 12 $((30 * 128 + 20 * 148)) $((7 * 328 + 5 * 348))
	both_ends ICMP icmp 6 6 $((6 * 84)) $((6 * 84))
	equal "$link: flows of UDP" 7,30 "$(flow_packets "$run-a:$link" --proto udp --host "$(address b 4)")"
	equal "$link: flows of UDP by IPv6" 5,20 "$(flow_packets "$run-a:$link" --proto udp --host "$(address b 6)")"
	equal "$link: flows of ICMP" 6,6 "$(flow_packets "$run-a:$link" --proto icmp)"
	equal "$link: flows of ICMPv6" 4,4 "$(flow_packets "$run-a:$link" --proto icmpv6 --host "$(address b 6)" --host "$(address a 6)")"
	equal "$link: no class but these" '0,0 0,0' "$(counted "$link" other)"
}

serve() {
	in_ns b iperf3 -s -1 -p 5301 >"$work/server" 2>&1 &
	started+=($!)
	wait_for 10 listens
}

listens() {
	in_ns b ss -Hltn 'sport = 5301' | grep -q .
}

# Segments are made and joined elsewhere at each end: both count what goes between them. iperf3 is
# done when its last bytes are in the socket, so that not all of them need to come by.
stream() {
	serve
	check "$link: TCP by IPv$1 is sent" in_ns a iperf3 -c "$(address b "$1")" -p 5301 -n 300K
	settle
	check "$link: TCP by IPv$1 was in it" test "$(csv_last "$link/if_octets-tcp" | cut -d, -f1)" -gt 50000
	equal "$link: TCP by IPv$1: both ends agree" \
		"$(counted "$link" tcp | sed 's/\([0-9]*\),\([0-9]*\) \([0-9]*\),\([0-9]*\)/\2,\1 \4,\3/')" \
		"$(counted "$run-a:$link" tcp)"
}

config() {
	printf '%s\n' '<Flows>' 'MaxFlows 4096' '</Flows>' "<Interface \"$link\">" "$1" '</Interface>' \
		"<Interface \"$link\">" "Namespace \"$run-a\"" '</Interface>'
}

# Generic XDP, asked for by name, reads Ethernet headers.
refused() {
	start_collectd b "$(config 'XdpMode "generic"')"
	check "$link: XDP is refused, and why" wait_for 20 logged "interface $link in this namespace: XDP reads Ethernet headers"
	stop_collectd
}

try_link() {
	check "$link: it is up" "$1"
	start_collectd b "$(config '')"
	check "$link: counted at tc, and why" wait_for 20 \
		grep -qE "interface $link in this namespace: received packets at (tcx|clsact) \(no Ethernet header" "$work/log"
	check "$link: the other end too" wait_for 20 logged "interface $link in $run-a: received packets at"
	exchange
	stream 4
	stream 6
	stop_collectd
	refused
}

make_ns a b
make_veth a a0 b b0
ip -n "$run-a" link set a0 arp on
ip -n "$run-b" link set b0 arp on
ip -n "$run-a" address add 10.0.1.1/24 dev a0
ip -n "$run-b" address add 10.0.1.2/24 dev b0
in_ns a sysctl -qw net.ipv6.conf.all.disable_ipv6=0
in_ns b sysctl -qw net.ipv6.conf.all.disable_ipv6=0
sink a
sink b
link=wg0 prefix=91
modprobe -q wireguard
if ip -n "$run-a" link add probe type wireguard 2>/dev/null; then
	ip -n "$run-a" link delete probe
	try_link wireguard_up
else
	skip "$link: it is up" 'this kernel has none'
fi
link=ppp0 prefix=92
modprobe -qa ppp_generic ppp_async
if [ -e /dev/ppp ]; then
	try_link ppp_up
else
	skip "$link: it is up" 'this kernel has none'
fi
check 'nothing is left' nothing_left
finish
