#!/bin/bash
# SPDX-License-Identifier: MIT
# A policy that drops, once collectd was killed: with OnCrash "pass" it drops for three seconds more,
# with "keep" until the next start takes it over without a gap; and one that is not confirmed in time
# drops no more, also without a daemon.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

file=$work/permitted.json
udp=$top/tests/tools/udp-frames.py
mac=02:00:00:00:00:99

# config ON_CRASH MODE [LINES in Policy]
config() {
	cat <<-END
		OnCrash "$1"
		<Interface "b0">
		  XdpMode "$2"
		</Interface>
		<Policy>
		  PermittedFile "$file"
		  Action "drop"
		  ${3:-}
		</Policy>
	END
}

# What comes through to a socket that takes every frame, behind tc and XDP.
listen() {
	in_ns b python3 -c '
import socket, sys, time
tap = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
tap.settimeout(0.1)
end, seen = time.time() + float(sys.argv[1]), 0
while time.time() < end:
    try:
        if tap.recvfrom(2048)[1][0] == "192.0.2.1":
            seen += 1
    except TimeoutError:
        pass
print(seen)' "$1"
}

# through SECONDS: datagrams that are not permitted and come through while they are sent
through() {
	local seconds=$1 pid
	# An emulated CPU takes seconds to start the sender.
	listen "$((seconds * (${KIDOS_SLOW:-1} > 1 ? 5 : 1)))" >"$work/seen" &
	pid=$!
	send $((seconds * 100)) 100
	wait "$pid"
	cat "$work/seen"
}

# The same, from the moment that collectd is killed.
through_a_kill() {
	local pid
	remember_own
	listen 2 >"$work/seen" &
	pid=$!
	sleep 0.5
	kill -KILL "$daemon"
	send 50 100
	wait "$pid"
	wait "$daemon" 2>/dev/null
	daemon=''
	cat "$work/seen"
}

# All of them, but those before the listener was ready.
comes_through() {
	local seen
	seen=$(through 2)
	echo "came through: $seen of 200"
	[ "$seen" -gt 50 ]
}

# send COUNT RATE
send() {
	in_ns a python3 "$udp" a0 "$(mac_of b b0)" "$1" --rate "$2" --src 192.0.2.1 --dst 10.0.0.2 >/dev/null
}

# No datagram comes through while collectd is killed and started again.
no_gap() {
	local pid sender
	listen 12 >"$work/seen" &
	pid=$!
	send 1000 100 &
	sender=$!
	sleep 2
	kill_collectd
	sleep 1
	start_collectd b "$1"
	wait_for 20 logged 'received packets at'
	sleep 2
	wait "$pid" "$sender"
	echo "came through: $(cat "$work/seen")"
	[ "$(cat "$work/seen")" = 0 ]
}

make_ns a b
make_veth a a0 b b0
ip -n "$run-b" address add 10.0.0.2/8 dev b0
ip -n "$run-a" address add 10.0.0.1/8 dev a0
in_ns b sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.b0.rp_filter=0 net.ipv4.conf.b0.arp_ignore=8
echo '{ "permitted_cidrs": ["10.0.0.0/8"] }' >"$file"
chmod 644 "$file"

start_collectd b "$(config pass tc)"
check 'pass: attached' attached b0
equal 'pass: it drops' 0 "$(through 1)"
through_a_kill >"$work/through"
daemon=''
equal 'pass: it drops for some time more' 0 "$(cat "$work/through")"
sleep 3
check 'pass: then all comes through' comes_through
start_collectd b "$(config keep tc)"
check 'keep: attached' attached b0
equal 'keep: it drops' 0 "$(through 1)"
kill_collectd
sleep 5
equal 'keep: it drops without a daemon' 0 "$(through 1)"
start_collectd b "$(config keep tc)"
check 'keep: attached again' attached b0
check 'keep, tc: no gap over a kill' no_gap "$(config keep tc)"
stop_collectd
check 'tc: nothing is left' nothing_left
start_collectd b "$(config keep native)"
check 'keep, native XDP: attached' attached b0
check 'keep, native XDP: no gap over a kill' no_gap "$(config keep native)"
stop_collectd
check 'XDP: nothing is left' nothing_left

start_collectd b "$(config keep tc 'Confirm 8')"
check 'confirm: attached' attached b0
equal 'confirm: it drops' 0 "$(through 1)"
kill_collectd
sleep 9
check 'confirm: not confirmed in time, without a daemon' comes_through
start_collectd b "$(config keep tc 'Confirm 8')"
check 'confirm: attached again' attached b0
check 'confirm: confirmed' ctl policy confirm
sleep 9
equal 'confirm: it goes on to drop' 0 "$(through 1)"
stop_collectd
start_collectd b "$(config keep tc 'Confirm 8')"
check 'confirm: attached once more' attached b0
sleep 9
equal 'confirm: over a restart' 0 "$(through 1)"
stop_collectd
check 'nothing is left' nothing_left
finish
