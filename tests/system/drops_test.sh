#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 5.10 6.1 7.2
# Packets that the kernel drops, one cause at a time: as many as were sent, on every probe that this
# kernel has. Other work on the machine drops packets too: only those of our interface are looked at.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

udp=$top/tests/tools/udp-frames.py
xdp_pin=/sys/fs/bpf/$run-xdp
interface=$run-b:b0

# Drops of UDP packets on b0: dropped [REASON]
dropped() {
	ctl drops --json --by reason --limit 0 --proto udp \
		--interface "$interface" ${1:+--reason "$1"} | jq '[.groups[].packets] | add // 0'
}

dropped_are() {
	[ "$(dropped)" = "$1" ]
}

# gains NAME COUNT REASON COMMAND...: the command makes exactly so many drops. REASON: what kernels
# that have a name for it say.
gains() {
	local name=$1 count=$2 reason=$3 before named
	shift 3
	before=$(dropped)
	named=$(dropped "$reason")
	if ! "$@" >"$work/said" 2>&1; then
		not_ok "$name" "$(cat "$work/said")"
		return
	fi
	wait_for 5 dropped_are $((before + count))
	equal "$name" "$count" $(($(dropped) - before))
	if has_reason "$reason"; then
		equal "$name: by its reason" "$count" $(($(dropped "$reason") - named))
	fi
}

# Only where the probe tells reasons and this kernel knows the word.
has_reason() {
	case $rung in
	tp_btf | raw_tp | kfree_skb) return 1 ;;
	esac
	grep -qx "$1" "$work/reasons"
}

send() {
	in_ns a "$udp" a0 "$mac" "$@"
}

wire() {
	make_ns a b c
	make_veth a a0 b b0
	make_veth a c1 c c0
	ip -n "$run-a" addr add 10.9.0.1/24 dev a0
	ip -n "$run-b" addr add 10.9.0.2/24 dev b0
	ip -n "$run-b" route add default dev b0
	mac=$(mac_of b b0)
	in_ns b sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.b0.rp_filter=0 net.ipv4.conf.all.rp_filter=0
	# No answers: an ICMP error is a packet more.
	in_ns b sysctl -qw net.ipv4.icmp_ratemask=0x1818 net.ipv4.icmp_ratelimit=100000
}

# start_drops "LINES in <Drops>" [OTHER LINES]: sets rung
start_drops() {
	start_collectd b '<Interface "b0">
		</Interface>
		<Drops>
		'"$1"'
		</Drops>
		'"${2:-}"
	wait_for 30 grep -qE 'drops are (not )?counted' "$work/log"
	rung=$(sed -n 's/.*drops are counted at \([a-z_]*\).*/\1/p' "$work/log" | head -n 1)
}

# Drops of that series of drops.if, as the newest value has them.
of_interface() {
	local got
	got=$(csv_last "drops.if/packets-$1")
	echo "${got:-0}"
}

is_more() {
	[ $(($(of_interface "$1") - $2)) -ge 20 ]
}

# value_gains INTERFACE COMMAND...: it drops 20 packets, which are in this series of drops.if
value_gains() {
	local before
	before=$(of_interface "$1")
	"${@:2}" && wait_for 20 is_more "$1" "$before" && echo "$1: $before, then $(of_interface "$1")"
}

as_counted() {
	[ "$(of_interface "$run-c:c0")" = \
		"$(ctl drops --json --by interface --limit 0 --interface "$run-c:c0" | jq .selected)" ]
}

wrong_host() {
	in_ns "$1" "$frames" "$2" udp 20 --dst-mac "$nobody"
}

# What the output hook drops has not got to an interface yet.
without_interface() {
	in_ns b nft -f - <<-END || return
		table inet kt {
			chain out { type filter hook output priority 0; udp dport 7778 drop; }
		}
	END
	in_ns b python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(20):
    try:
        s.sendto(b"kidos", ("10.9.0.1", 7778))
    except PermissionError:
        pass'
}

# At every poll each way to divide the drops has one sum, and no series runs backwards. The newest
# may not be written whole.
partitions_agree() (
	cd "$work/csv/kt" || return
	awk -F, '
		FNR == 1 { split(FILENAME, path, "/"); part = path[1]; last = 0; next }
		$2 + 0 < last { print FILENAME " runs backwards: " $0; bad = 1 }
		{ last = $2 + 0; sums[$1, part] += $2; times[$1]; parts[part] }
		$1 + 0 > newest { newest = $1 + 0 }
		END {
			for (time in times) {
				if (time + 0 == newest) continue
				polls++
				drops = sums[time, "kidos-drops"]
				most = drops > most ? drops : most
				for (part in parts)
					if (sums[time, part] != drops) {
						print time ": " drops " drops, " part " " sums[time, part]
						bad = 1
					}
			}
			for (part in parts) count++
			print count " partitions, " polls " polls, " most " drops"
			exit bad || count != 4 || polls < 3 || most < 60
		}' kidos-drops{,.place,.proto,.if}/packets-*
)

filtered() {
	in_ns b nft -f - <<-END || return
		table inet kt {
			chain in { type filter hook input priority 0; udp dport 7777 drop; }
		}
	END
	send 20 --port 7777
}

rp_filtered() {
	in_ns b sysctl -qw net.ipv4.conf.b0.rp_filter=1
	# The way back to this source is another interface's.
	ip -n "$run-b" route add 10.77.0.0/24 dev lo
	send 20 --src 10.77.0.1
	in_ns b sysctl -qw net.ipv4.conf.b0.rp_filter=0
}

hop_limit() {
	in_ns b sysctl -qw net.ipv6.conf.b0.disable_ipv6=0 net.ipv6.conf.all.forwarding=1 &&
		ip -n "$run-b" addr add fd00:9::2/64 dev b0 nodad &&
		ip -n "$run-b" -6 route add default dev b0 &&
		send 20 --src fd00:9::1 --dst fd00:88::1 --ttl 1
}

# Errors that the namespace itself counted.
snmp() {
	in_ns b cat /proc/net/snmp | awk -v name="$1" '
		/^Udp:/ && !n { for (i = 1; i <= NF; i++) if ($i == name) n = i; next }
		/^Udp:/ { print $n; exit }'
}

# A socket with little room that nobody reads.
full_socket() {
	local before drops
	nsenter --net="/run/netns/$run-b" python3 - >"$work/bound" <<-'END' &
		import socket, time
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
		s.bind(("10.9.0.2", 5555))
		print("bound", flush=True)
		time.sleep(600)
	END
	started+=($!)
	reader=$!
	wait_for 10 grep -q bound "$work/bound"
	before=$(dropped)
	send 40 --port 5555
	drops=$(snmp RcvbufErrors)
	if [ "$drops" -gt 0 ]; then
		wait_for 5 dropped_are $((before + drops))
	fi
	equal 'full socket buffer: as many as the kernel says' "$drops" $(($(dropped) - before))
	if [ "$rung" = tp_btf_socket ]; then
		equal 'full socket buffer: the owner is the process that has the socket' "$drops" \
			"$(ctl drops --json --limit 0 --pid "$reader" | jq .selected)"
	fi
}

qdisc_drops() {
	tc -n "$run-b" -s -j qdisc show dev b0 root | jq '.[0].drops'
}

# tbf lets one packet through and keeps one or two: what comes then is dropped in a list.
full_qdisc() {
	local before drops
	tc -n "$run-b" qdisc add dev b0 root tbf rate 8bit burst 1600 limit 200 || return
	before=$(dropped)
	# The kernel tells the sender of some, which then stops.
	for _ in {1..20}; do
		in_ns b "$udp" b0 02:00:00:00:00:01 3 --src 10.9.0.2 --dst 10.9.0.1 2>/dev/null
	done
	drops=$(qdisc_drops)
	wait_for 5 dropped_are $((before + drops))
	equal 'full qdisc: as many as the qdisc says' "$drops" $(($(dropped) - before))
	tc -n "$run-b" qdisc del dev b0 root
}

tc_dropped() {
	local undo=(filter del dev b0 ingress pref 7)
	# Where there is no tcx the clsact is kidos's.
	! tc -n "$run-b" qdisc add dev b0 clsact 2>/dev/null || undo=(qdisc del dev b0 clsact)
	# Classic BPF that returns 2, TC_ACT_SHOT; port 8888 only.
	tc -n "$run-b" filter add dev b0 ingress pref 7 bpf da bytecode '1,6 0 0 2,' || return
	send 20
	tc -n "$run-b" "${undo[@]}"
}

# xdp_dropped MODE
xdp_dropped() {
	in_ns b ip link set dev b0 "$1" pinned "$xdp_pin" || return
	send 20
	in_ns b ip link set dev b0 "$1" off
}

no_neighbour() {
	ip -n "$run-b" link set dev b0 arp on
	ip netns exec "$run-b" python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(3):
    s.sendto(b"kidos", ("10.9.0.77", 9))' || return
	sleep 4
	ip -n "$run-b" link set dev b0 arp off
}

# Ten million bytes through loopback of b: no packet of them may be missing, none be counted.
transfer() {
	in_ns b python3 - <<-'END'
		import socket, threading
		server = socket.create_server(("127.0.0.1", 0))
		got = []
		def take():
		    peer = server.accept()[0]
		    while data := peer.recv(1 << 16):
		        got.append(len(data))
		    peer.close()
		thread = threading.Thread(target=take)
		thread.start()
		with socket.create_connection(server.getsockname()) as link:
		    link.sendall(bytes(10000000))
		    # What is in a queue when its socket goes is dropped: the other side's end, too.
		    link.shutdown(socket.SHUT_WR)
		    link.recv(1)
		thread.join()
		raise SystemExit(sum(got) != 10000000)
	END
}

retransmitted() {
	in_ns b cat /proc/net/snmp | awk '/^Tcp:/ && n { print $n } /^Tcp:/ { for (i = 1; i <= NF; i++) if ($i == "RetransSegs") n = i }'
}

tcp_drops() {
	ctl drops --json --by reason --limit 0 --proto tcp \
		--interface "$run-b:lo" | jq -c '[.groups[] | {(.reason): .packets}]'
}

# Until one has gone through in which TCP sent nothing twice: before is of that one.
transfer_once() {
	local try
	for try in {1..5}; do
		before=$(tcp_drops) sent_twice=$(retransmitted)
		transfer || return
		[ "$(retransmitted)" != "$sent_twice" ] || break
		echo "try $try: sent twice"
	done
}

missed() {
	ctl drops --json | jq .missed
}

# The map turns an insertion away that interrupts another on its CPU: such a drop has no place.
other() {
	ctl drops --json | jq .other
}

# From two sides at once: received in softirq, sent in process context.
# What the qdisc dropped is asked for before and after our counts are read.
storm() {
	local count=1000000 before missed_before other_before got told least most
	[ -z "${KIDOS_SLOW:-}" ] || count=20000
	in_ns b sysctl -qw net.ipv4.ip_forward=0
	before=$(dropped) missed_before=$(missed) other_before=$(other)
	in_ns a "$frames" a0 udp "$count" --dst-mac "$mac" >/dev/null &
	tc -n "$run-b" qdisc add dev b0 root tbf rate 8bit burst 1600 limit 200
	in_ns b "$frames" b0 udp $((count / 4)) >/dev/null 2>&1
	wait $!
	sleep 1
	least=$((count + $(qdisc_drops)))
	got=$(($(dropped) - before))
	told=$((got + $(missed) - missed_before + $(other) - other_before))
	most=$((count + $(qdisc_drops)))
	tc -n "$run-b" qdisc del dev b0 root
	[ "$got" -le "$most" ] && [ "$told" -ge "$least" ] ||
		{ echo "wanted $least to $most, counted $got, with missed and other $told"; return 1; }
}

unrecorded() {
	ctl drops --json | jq .unrecorded
}

# A burst is recorded whole, a storm in part, and what of it has no record is counted. Another test
# may have its storm just then.
recorded_burst() {
	local port
	for port in 9100 9102 9103; do
		send 100 --port "$port" && wait_for 2 recorded_are 100 "$port" && return
	done
	return 1
}

recorded_are() {
	[ "$(ctl drops --json --limit 0 --port "$2" --proto udp | jq .selected)" = "$1" ]
}

# A packet of another kind is still found when the storm is over. The storm is short, since a record is
# made of some drops of each tick: the longer it takes, the more of the ring it fills.
recorded_storm() {
	local before after count=30000
	[ -z "${KIDOS_SLOW:-}" ] || count=3000
	send 100 --port 9101 && { [ -n "${KIDOS_SLOW:-}" ] || wait_for 5 recorded_are 100 9101; } || return 1
	before=$(unrecorded)
	in_ns a "$frames" a0 udp "$count" --dst-mac "$mac" >/dev/null
	after=$(unrecorded)
	echo "without a record: $before before, $after after $count more"
	[ "$after" -gt "$before" ] || return 1
	# A guest has little memory: its rings hold no more than a part of the storm.
	[ -n "${KIDOS_SLOW:-}" ] || recorded_are 100 9101
}

# A read that is skipped leaves a hole in the file of values; a machine under load makes reads late.
no_hole() {
	awk -F, '$1 + 0 { if (last && $1 - last > 5) { print "hole of", $1 - last, "s"; bad = 1 } last = $1 }
		END { exit bad }' "$work"/csv/kt/kidos-self/gauge-last_poll-20*
}

# Which probes see a drop, and how many: every one that loads here. Without flows, whose programs take
# most of a start's time.
probe_counts() {
	local before
	start_drops "Probe \"$1\"" $'<Flows>\nEnabled false\n</Flows>'
	if [ "$rung" != "$1" ]; then
		skip "probe $1: counts what others count" "$(sed -n 's/.*drops are not counted: //p' "$work/log" | head -n 1)"
		check "probe $1: one line says why it cannot, and the rest counts" one_refusal
	else
		before=$(dropped)
		send 20
		wait_for 5 dropped_are $((before + 20))
		equal "probe $1: counts what others count" 20 $(($(dropped) - before))
	fi
	stop_collectd
}

one_refusal() {
	[ "$(grep -c 'drops are not counted' "$work/log")" = 1 ] && kill -0 "$daemon"
}

bpftool btf dump file /sys/kernel/btf/vmlinux format raw |
	sed -n "s/.*'SKB_DROP_REASON_\([A-Z0-9_]*\)'.*/\1/p" >"$work/reasons"
wire
start_drops '' "<Interface \"c0\">
	Namespace \"$run-c\"
</Interface>"
attached b0
check 'a probe works' test -n "$rung"
echo "# probe: $rung"
check 'a burst is recorded whole' recorded_burst
check 'drops.if: an interface in a namespace' value_gains "$run-c:c0" wrong_host a c1
check 'drops.if: as many as kidosctl counts' wait_for 10 as_counted
check 'drops.if: an interface without a namespace' value_gains b0 wrong_host a a0
check 'drops.if: one that is not watched' value_gains other wrong_host b b0
if nft list ruleset >/dev/null 2>&1; then
	check 'drops.if: no interface' value_gains none without_interface
else
	skip 'drops.if: no interface' 'no nft, or a kernel without nf_tables'
fi
gains 'no socket' 20 NO_SOCKET send 20
gains 'one thousand at a pace' 1000 NO_SOCKET send 1000
gains 'bad checksum' 20 UDP_CSUM send 20 --bad-sum
gains 'time to live exceeded' 20 IP_INHDR send 20 --dst 10.99.0.1 --ttl 1
gains 'reverse path filter' 20 IP_RPFILTER rp_filtered
if nft list ruleset >/dev/null 2>&1; then
	gains 'netfilter rule' 20 NETFILTER_DROP filtered
else
	skip 'netfilter rule' 'no nft, or a kernel without nf_tables'
fi
gains 'IPv6 hop limit exceeded' 20 IP_INHDR hop_limit
# It sends a packet of its own now and then, and a full qdisc drops that too, though it is no UDP.
in_ns b sysctl -qw net.ipv6.conf.b0.disable_ipv6=1
full_socket
full_qdisc
gains "another's tc filter" 20 TC_INGRESS tc_dropped
bpftool prog load "$build/bpf/drop_xdp.bpf.o" "$xdp_pin"
gains "another's generic XDP program" 20 - xdp_dropped xdpgeneric
gains 'unreachable neighbour' 3 NEIGH_FAILED no_neighbour
check 'a TCP transfer without loss' transfer_once
if [ "$(retransmitted)" = "$sent_twice" ]; then
	equal 'none of it is counted as dropped' "$before" "$(tcp_drops)"
else
	skip 'none of it is counted as dropped' 'in five tries the machine was so slow that TCP sent twice'
fi
check 'a storm: counted and missed are all' storm
check 'a storm is recorded in part, and what came before is still there' recorded_storm
if [ -n "${KIDOS_SLOW:-}" ]; then
	skip 'no read was skipped meanwhile' 'an emulated machine is too slow to time'
else
	check 'no read was skipped meanwhile' no_hole
fi
stop_collectd
check 'four ways to divide the drops have one sum at every poll' partitions_agree
check 'nothing is left' nothing_left

for probe in $(cd "$top" && sed -n 's/^\t{ "\([a-z_]*\)", "drop_.*/\1/p' plugin/drops/rungs.c); do
	probe_counts "$probe"
done
rm -f "$xdp_pin"
finish
