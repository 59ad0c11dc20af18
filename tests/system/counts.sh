#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kernels: yes
# N frames of each kind are sent, N are counted: in their class, at every hook, in both directions,
# and as many as the interfaces themselves count.
. "$(dirname "$0")/kidos_lib.bash"

a=$run-a b=$run-b
make_space "$a" "$b"
make_pair "$a" tc0 "$b" tc1
make_pair "$a" xdp0 "$b" xdp1
make_pair "$a" gen0 "$b" gen1
write_config <<END
  MemoryLimit "32M"
  <Interface "/^(tc|xdp|gen)0\$/">
    Namespace "$a"
    Virtual true
  </Interface>
  <Interface "tc1">
    Namespace "$b"
  </Interface>
  <Interface "xdp1">
    Namespace "$b"
    XdpMode "native"
  </Interface>
  <Interface "gen1">
    Namespace "$b"
    XdpMode "generic"
  </Interface>
END
start_daemon || { not_ok "counts: collectd starts"; finish; exit; }
for name in "$a:tc0" "$b:tc1" "$b:xdp1" "$b:gen1"; do
	check "counts: ${name#*:} is attached" until_true 20 attached "$name"
done
equal "counts: XdpMode native is native XDP" "$(rung "$b:xdp1" rx)" xdp-native
equal "counts: XdpMode generic is generic XDP" "$(rung "$b:gen1" rx)" xdp-generic
check "counts: XdpMode auto on a veth is tc" grep -qE 'tcx|clsact' <<<"$(rung "$b:tc1" rx)"

# kind, class, count: each kind another number, so that none can stand for another.
declare -A wanted=()
count=101
while read -r kind class bytes _; do
	[ -n "$bytes" ] || continue
	for pair in tc xdp gen; do
		inside "$a" "$frames" "${pair}0" "$kind" "$count" >"$work/sent" || cat "$work/sent"
	done
	wanted[$class]=$((${wanted[$class]:-0} + count))
	count=$((count + 2))
done < <("$frames" list | awk '$3 + 0 > 0 { print $1, $2, $3 }')

for pair in tc xdp gen; do inside "$b" "$frames" "${pair}1" udp6 77 >/dev/null; done
sleep 2.5

row() {
	"$ctl" --state "$state" summary --json >/dev/null 2>&1
	csv "$1" "$2"
}

for pair in tc xdp gen; do
	got='' want=''
	for class in tcp udp icmp icmpv6 sctp gre esp ah igmp other_ip arp other; do
		sent=${wanted[$class]:-0}
		back=$([ $class = udp ] && echo 77 || echo 0)
		got+="$class $(csv "$b:${pair}1" "if_packets-$class") $(csv "$a:${pair}0" "if_packets-$class")"$'\n'
		want+="$class $sent,$back $back,$sent"$'\n'
	done
	equal "counts: every class at ${pair}, sent and received" "$got" "$want"
	sum=0
	for class in "${!wanted[@]}"; do sum=$((sum + ${wanted[$class]})); done
	equal "counts: flows add up to the total at $pair" "$(csv "$b:${pair}1.flows" if_packets-other)" "$sum,77"
done

# The interfaces' own counters, packet for packet and byte for byte. (With native XDP a veth's own
# bytes lack the Ethernet headers, at both ends.)
own() {
	ip -n "$1" -j -s link show "$2" | jq -r ".[0].stats64.$3.$4"
}
total() {
	local field=$3 file sum=0
	for file in "$work/csv/host/kidos-$1/$2"-*-20*; do
		sum=$((sum + $(tail -n 1 "$file" | cut -d, -f"$field")))
	done
	echo "$sum"
}
for end in "$a:tc0" "$b:tc1" "$b:gen1"; do
	ns=${end%%:*} name=${end#*:}
	equal "counts: packets and bytes of $name equal the interface's own" \
		"$(total "$end" if_packets 2) $(total "$end" if_packets 3) $(total "$end" if_octets 2) $(total "$end" if_octets 3)" \
		"$(own "$ns" "$name" rx packets) $(own "$ns" "$name" tx packets) $(own "$ns" "$name" rx bytes) $(own "$ns" "$name" tx bytes)"
done
for end in "$a:tc0" "$b:tc1" "$a:xdp0" "$b:xdp1" "$b:gen1"; do
	equal "counts: nothing is unaccounted at ${end#*:}" \
		"$(csv "$end" gauge-unaccounted_rx) $(csv "$end" gauge-unaccounted_tx)" "0.000000 0.000000"
done

# The other half of the promise: one flow, found by its addresses.
inside "$a" "$frames" tc0 tcp 1000 --flows 10 >/dev/null
sleep 1
flows=$("$ctl" --state "$state" flows --interface "$b:tc1" --direction rx --proto tcp --limit 0 --json |
	jq '[.flows[].packets] | add')
tcp=$("$ctl" --state "$state" summary --json >"$work/summary" && csv "$b:tc1" if_packets-tcp)
sleep 1.5
tcp=$(csv "$b:tc1" if_packets-tcp)
equal "counts: kidosctl's flows add up to the class" "$flows" "${tcp%,*}"

stop_daemon
check "counts: collectd stops within 2 s ($took ms)" test "$took" -lt 2000
equal "counts: nothing is left" "$(leftovers)" ""
finish
