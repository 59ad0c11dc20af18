#!/bin/bash
# SPDX-License-Identifier: MIT
# Connections: the ledger with real collectd and real traffic, beside the kernel's own counters; bytes
# beside iperf3's; processes that are gone, many at once, with hostile names, more than there is room for.
# alone: connections of the whole machine are looked at
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"
# shellcheck source=support/connects.bash
. "$(dirname "$0")/support/connects.bash"



# top COMMAND FIELD: what kidosctl counted of it since the start
top_of() {
	ctl top --json --limit 0 | jq --arg name "$1" "[.top[] | select(.command == \$name) | .$2] | add // 0"
}

top_is() {
	[ "$(top_of "$1" "$2")" = "$3" ]
}

# ends COMMAND: its outcomes by kidosctl's list: "N NAME", in order
ends() {
	ctl connections --json --limit 1000 --kind connect --command "$1" "${@:2}" |
		jq -r '.connections[].outcome' | sort | uniq -c | sed 's/^ *//' | paste -sd,
}

# value INSTANCE/TYPE-NAME: the newest, a whole number
value() {
	local got
	got=$(csv_last "$1" | cut -d, -f1 | cut -d. -f1)
	echo "${got:-0}"
}

value_is() {
	[ "$(value "$1")" = "$2" ]
}

# sum_of PATTERN: of the newest values of these series
sum_of() {
	local file line sum=0
	# shellcheck disable=SC2231 # a pattern
	for file in "$work"/csv/kt/kidos-$1-20*; do
		newest "$file"
		line=${line#*,}
		[ -z "$line" ] || sum=$((sum + ${line%%[.,]*}))
	done
	echo "$sum"
}

# Attempts are results and what is pending; nothing waits for a series any more.
balanced() {
	local attempts results pending
	attempts=$(sum_of 'connects/total_connections-*')
	results=$(sum_of 'connects.result/total_connections-*')
	pending=$(value connects/current_connections-pending)
	echo "attempts $attempts, results $results, pending $pending"
	[ "$attempts" = $((results + pending)) ]
}

# No counter of ours ever runs backwards.
forwards() {
	settle
	! (cd "$work/csv/kt" && awk -F, 'FNR == 1 { last = last2 = 0 }
		FNR > 1 && ($2 + 0 < last || $3 + 0 < last2) { print FILENAME ": " $0 " after " last "," last2; bad = 1 }
		FNR > 1 { last = $2 + 0; last2 = $3 + 0 }
		END { exit !bad }' kidos-connects*/total_* kidos-accepts/total_* kidos-connects.traffic/io_octets-*)
}

# Connects of others on the machine may fill the recorder, or move sums at any moment.
began=$(date +%s)
quiet() {
	local was
	ctl connections --json --limit 1 --since "$began" | jq -c '[.limited_by, .unrecorded]' >"$work/window"
	[ "$(<"$work/window")" = '[null,0]' ] || { echo "# recorder: $(<"$work/window")"; return 1; }
	was=$(ctl top --json | jq .total.attempts)
	pause
	[ $(($(ctl top --json | jq .total.attempts) - was)) -lt 100 ]
}

# recorded NAME WANTED COMMAND...: by recent events, where all of them are still there
recorded() {
	if quiet; then
		equal "$1" "$2" "$("${@:3}")"
	else
		skip "$1" 'others on this machine connect too often'
	fi
}

# as NAME COMMAND...: the command under another name, in namespace a
as() {
	[ -e "$work/$1" ] || cp "$(command -v "$2")" "$work/$1"
	in_ns a "$work/$1" "${@:3}"
}

connect() {
	in_ns a "$connects" "$@"
}

# background NS COMMAND...: until the test ends
background() {
	nsenter --net="/run/netns/$run-$1" "${@:2}" >/dev/null 2>&1 &
	started+=($!)
}

# --- the world: b is 10.9.0.2, and loses what goes to 10.99.0.0/24 ---

make_ns a b
make_veth a a0 b b0
for end in a:1 b:2; do
	ns=${end%:*} n=${end#*:}
	in_ns "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf."${ns}0".disable_ipv6=0 \
		net.ipv6.conf."${ns}0".accept_dad=0 net.ipv4.tcp_syn_retries=1 net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
	ip -n "$run-$ns" link set lo up
	ip -n "$run-$ns" link set "${ns}0" arp on
	ip -n "$run-$ns" addr add "10.9.0.$n/24" dev "${ns}0"
	ip -n "$run-$ns" addr add "2001:db8::$n/64" dev "${ns}0" nodad
done
ip -n "$run-a" route add 10.99.0.0/24 via 10.9.0.2
ip -n "$run-b" route add blackhole 10.99.0.0/24
netns_a=$(stat -Lc %i "/run/netns/$run-a")

# snmp NS NAME: the kernel's own count, of Tcp
snmp() {
	in_ns "$1" awk -v name="$2" '/^Tcp:/ { if (!head) { for (i = 1; i <= NF; i++) if ($i == name) head = i }
		else print $head }' /proc/net/snmp
}

if ! start_connects 'Datagrams true' ''; then
	cat "$work/log"
	skip 'connections are counted' 'no rung works here'
	finish
fi
echo "# rung: $rung, outcomes at $(ctl status --json | jq -r .connects.outcomes)"
background b "$connects" kt-server listen 8000
wait_for 10 eval 'in_ns b ss -Hltn | grep -q :8000'

# --- outcomes ---

began=$(date +%s)
before_active=$(snmp a ActiveOpens) before_fails=$(snmp a AttemptFails) before_passive=$(snmp b PassiveOpens)
as kt-curl curl -s -m 1 -o /dev/null http://10.9.0.2:8000/
as kt-curl curl -s -m 1 -o /dev/null 'http://[2001:db8::2]:8000/'
as kt-curl curl -s -o /dev/null http://10.9.0.2:8001/
as kt-curl curl -s -o /dev/null 'http://[2001:db8::2]:8001/'
as kt-curl curl -s -o /dev/null http://10.99.0.5:8000/
as kt-curl curl -s -o /dev/null http://10.98.0.5:8000/
as kt-curl curl -s -o /dev/null 'http://[2001:db9::5]:8000/'
as kt-curl curl -s -m 0.5 -o /dev/null http://10.99.0.6:8000/
wanted='2 ECONNREFUSED,2 ENETUNREACH,1 ETIMEDOUT,1 abandoned,2 ok'
unsettled='ENETUNREACH'
recorded 'curl to an open, a closed, a filtered and an unroutable port' "$wanted" ends kt-curl --proto tcp

# Blocking, non-blocking, and closed before there is an outcome.
connect kt-many refused 40 10.9.0.2 8001
connect kt-many later 60 10.9.0.2 8000
connect kt-many later 30 10.9.0.2 8001
connect kt-many abandon 10.99.0.7 80
connect kt-many block 5 10.98.0.1 80
recorded 'many ways' "70 ECONNREFUSED,5 $unsettled,1 abandoned,60 ok" ends kt-many --proto tcp
connect kt-unix unix '/nowhere\n/x'
connect kt-udp send 12 10.9.0.2 53
unix_path() {
	ctl connections --json --command kt-unix --proto unix | jq -r '.connections[0].path'
}
recorded 'a Unix socket by its path' '/nowhere\x0a/x' unix_path
check 'datagrams: all counted' wait_for 10 top_is kt-udp datagrams 12
check 'datagrams: one attempt' top_is kt-udp attempts 1

# Of namespace a alone, TCP: what the kernel counted itself.
events() {
	ctl connections --json --limit 1000 --kind connect --proto tcp |
		jq "[.connections[] | select(.netns == $netns_a) | .outcome] | map(select(. as \$o | $1)) | length"
}
settle
recorded '/proc/net/snmp: ActiveOpens' $(($(snmp a ActiveOpens) - before_active)) \
	events "\$o != \"$unsettled\""
recorded '/proc/net/snmp: AttemptFails' $(($(snmp a AttemptFails) - before_fails)) \
	events "\$o | test(\"^E\") and . != \"$unsettled\""
equal '/proc/net/snmp: PassiveOpens' $(($(snmp b PassiveOpens) - before_passive)) "$(top_of kt-server accepts)"
check 'the ledger balances' wait_for 20 balanced
check 'values: attempts of a command' wait_for 10 value_is connects/total_connections-kt-many \
	"$(top_of kt-many attempts)"
check 'values: accepts' wait_for 10 value_is accepts/total_connections-kt-server 62
check 'values: a command that accepts none has no such series' \
	eval '! ls "$work"/csv/kt/kidos-accepts/*kt-many*'

# --- bytes ---

# iperf3's control connection carries no more than some kilobytes.
iperf() {
	background b iperf3 -s -1 -p 5201
	wait_for 10 eval 'in_ns b ss -Hltn | grep -q :5201'
	as kt-iperf iperf3 -c 10.9.0.2 -p 5201 -J "$@" >"$work/iperf.json"
}

closed() {
	ctl connections --json --limit 1000 --kind close --command kt-iperf --dest :5201 | jq "$1"
}

# The sender may be a block ahead when the receiver has all it wanted, and stops: what iperf3 reports of
# either end. Where the machine is so slow that the last blocks are cut off, it is tried again.
streams() {
	closed "[.connections[] | select(.rx > 100000)] | .[0:2] | $1"
}
transfers=0
for _ in 1 2 3; do
	iperf -R -n 30M -P 2
	reported=$(jq .end.sum_received.bytes "$work/iperf.json")
	sent=$(jq .end.sum_sent.bytes "$work/iperf.json")
	transfers=$((transfers + 1))
	wait_for 10 eval '[ "$(closed .selected)" = $((transfers * 3)) ]'
	got=$(streams '[.[].rx] | add')
	echo "# iperf3 sent $sent and received $reported; its sockets received $got"
	[ "$got" != "$sent" ] || reported=$sent
	[ "$got" != "$reported" ] || break
done
equal 'iperf3 -R: bytes received are its own report' "$reported" "$got"
equal 'iperf3 -R: a cookie of 37 bytes for each stream' '[37,37]' "$(streams '[.[].tx]' | tr -d '[:space:]')"
all=$(closed '[.connections[].rx] | add'),$(closed '[.connections[].tx] | add')
check 'values: bytes by command are those of its sockets' wait_for 10 \
	eval '[ "$(csv_last connects.traffic/io_octets-kt-iperf)" = "$all" ]'
check 'values: what one end sent the other received' wait_for 10 \
	eval '[ "$(csv_last connects.traffic/io_octets-iperf3)" = "${all#*,},${all%,*}" ]'

# A transfer shows up while it runs.
grows() {
	local now
	now=$(csv_last connects.traffic/io_octets-kt-iperf | cut -d, -f1)
	[ "${now:-0}" -gt $((${all%,*} + 1000000)) ] && kill -0 "$transfer" && [ "$(value connects/current_connections-open)" -ge 4 ]
}

background b iperf3 -s -1 -p 5202
wait_for 10 eval 'in_ns b ss -Hltn | grep -q :5202'
background a "$work/kt-iperf" -c 10.9.0.2 -p 5202 -R -t 60 -b 20M
transfer=$!
check 'a transfer is counted while it runs' wait_for 10 grows
check 'and is listed' eval 'ctl connections live --command kt-iperf --json | jq -e ".connections | length == 2"'
check 'so are listeners' eval 'ctl listeners --command kt-server --json | jq -e ".listeners[0].port == 8000"'
kill "$transfer"
wait "$transfer" 2>/dev/null

# --- many, and processes that are gone ---

began=$(date +%s)
connect kt-storm forks 1000 10.9.0.2 8001
check 'a fork storm: every attempt has its outcome' wait_for 10 top_is kt-storm failed 1000
equal 'a fork storm: none is lost' 0 "$(top_of kt-storm lost)"
processes() {
	ctl connections --json --command "$1" --proto tcp | jq .pids
}
recorded 'a fork storm: each had its own process' 1000 processes kt-storm
in_ns a sysctl -qw net.ipv4.tcp_syn_retries=4 # 31 seconds, in which all of them start
connect kt-block block 2000 10.99.0.9 80 & blocking=$!
check '2,000 blocking connects are pending' wait_for 10 top_is kt-block pending 2000
check 'values: they are pending' wait_for 10 eval '[ "$(value connects/current_connections-pending)" -ge 2000 ]'
wait "$blocking"
check '2,000 blocking connects: all failed' wait_for 20 top_is kt-block failed 2000
equal '2,000 blocking connects: none is pending or lost' '0 0' "$(top_of kt-block pending) $(top_of kt-block lost)"

# --- hostile names ---

connect '\033[2J\n"/\xff' refused 1 10.9.0.2 8001
check 'a hostile name is a safe file name' wait_for 10 eval \
	'[ -s "$work/csv/kt/kidos-connects/total_connections-\\x1b[2J\\x0a\\x22\\x2f\\xff-$(date +%F)" ]'
check 'a hostile name is JSON' eval 'ctl top --json --limit 0 | jq -e ".top[] | select(.command == \"\\\\x1b[2J\\\\x0a\\\"/\\\\xff\")"'
check 'a hostile name in a list breaks no line' eval '! ctl connections list | grep -q "$(printf "\033")"'

# --- more owners than there is room for ---

began=$(date +%s)
connect kt- names 4500 10.9.0.2 8001
total() {
	ctl top --json | jq ".total.$1"
}
owners() {
	bpftool -j map dump pinned "$state/connect_owners" | jq length
}
folded() {
	[ "$(owners)" -le 3073 ]
}
check 'owners that are gone are folded' wait_for 30 folded
check 'folded: the ledger balances' wait_for 20 balanced
if quiet; then
	check 'folded: the values have every attempt' wait_for 10 \
		eval "[ \$(total attempts) = \$(sum_of 'connects/total_connections-*') ]"
else
	skip 'folded: the values have every attempt' 'others on this machine connect too often'
fi
check 'MaxCommands names at most, and other' eval '[ "$(ls "$work"/csv/kt/kidos-connects/total_connections-*-20* | wc -l)" -le 65 ] &&
	[ "$(value connects/total_connections-other)" -ge 4000 ]'
check 'no counter ran backwards' forwards
equal 'nothing was missed' 0 "$(value self/total_events-connects_missed)"
stop_collectd
check 'nothing is left' nothing_left
finish
