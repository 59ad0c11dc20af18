#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 6.12
# Whose packet was dropped: with collectd in a PID namespace of its own, as in a container, and
# beside sockets of others that have the same port number.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

udp=$top/tests/tools/udp-frames.py

config='<Interface "b0">
</Interface>'

counted() {
	ctl drops --json --by reason --limit 0 "$@" | jq .selected
}

counted_are() {
	[ "$(counted "${@:2}")" = "$1" ]
}

# recent OPTION...: how many recent drops these options select
recent() {
	ctl drops --json --limit 0 "$@" | jq .selected
}

recent_some() {
	[ "$(recent "$@")" -gt 0 ]
}

drops_counted() {
	wait_for 30 grep -qE 'drops are (not )?counted' "$work/log" && attached b0
	rung=$(sed -n 's/.*drops are counted at \([a-z_]*\).*/\1/p' "$work/log" | head -n 1)
	[ -n "$rung" ] || { cat "$work/log"; return 1; }
}

# Only since 6.11 a drop says which socket the packet was on its way to.
has_receiver() {
	case $rung in *_socket | sk_skb_reason_drop) ;; *) return 1 ;; esac
}

# --- a PID namespace ---

# unshare hands no signal on: the daemon is its child.
start_in_container() {
	start_collectd b "$config" unshare --pid --fork --kill-child --mount-proc
	outer=$daemon
	wait_for 10 has_child && daemon=$(<"/proc/$outer/task/$outer/children")
	daemon=${daemon// /}
}

has_child() {
	[ -n "$(<"/proc/$outer/task/$outer/children")" ]
}

stop_container() {
	remember_own
	kill -TERM "$daemon"
	wait "$outer"
	daemon=''
}

# A socket with little room that nobody reads, by COMMAND...; says its pid, as it knows it.
full_socket='import os, socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
s.bind(("10.9.0.2", int(sys.argv[1])))
print(os.getpid(), flush=True)
time.sleep(600)'

# reader FILE PORT COMMAND...: such a socket by way of a command; its pid goes to the file
reader() {
	local file=$1 port=$2
	shift 2
	"$@" python3 -c "$full_socket" "$port" >"$file" &
	started+=($!)
	disown # the end of the container is its end
	wait_for 10 test -s "$file"
}

count_in_container() {
	local before
	before=$(counted --proto udp --interface "$run-b:b0")
	in_ns a "$udp" a0 "$mac" 20 --port 9 &&
		wait_for 5 counted_are $((before + 20)) --proto udp --interface "$run-b:b0"
}

owner_in_container() {
	reader "$work/inside" 5555 nsenter --target "$daemon" --net --pid &&
		in_ns a "$udp" a0 "$mac" 40 --port 5555 &&
		wait_for 5 recent_some --port 5555 --pid "$(<"$work/inside")"
}

# A process that the container cannot see has a name and no number there.
owner_outside() {
	reader "$work/outside" 5556 nsenter --net="/run/netns/$run-b" &&
		in_ns a "$udp" a0 "$mac" 40 --port 5556 && wait_for 5 recent_some --port 5556 || return
	ctl drops --json --limit 0 --port 5556 >"$work/drops"
	jq -c '.drops[0]' "$work/drops"
	jq -e '.drops | all(.pid == null and .owner == "socket" and .command == "python3")' "$work/drops"
}

# --- ports ---

# Each case has a port of its own, KT_PORT: who had it before is remembered.
export KT_PORT=8080

# server FAMILY ADDRESS: listens and keeps what it accepts
server='import os, socket, sys, time
s = socket.socket(getattr(socket, sys.argv[1]), socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((sys.argv[2], int(os.environ["KT_PORT"])))
s.listen()
print(os.getpid(), flush=True)
kept = []
while True:
    kept.append(s.accept())'

# binds FAMILY TYPE ADDRESS: as nobody, whose the port is not
other='import os, socket, sys, time
os.setuid(65534)
s = socket.socket(getattr(socket, sys.argv[1]), getattr(socket, sys.argv[2]))
s.bind((sys.argv[3], int(os.environ["KT_PORT"])))
print(os.getpid(), flush=True)
time.sleep(600)'

# connect ADDRESS: and ten segments that are not of its window, which the accepted socket drops
segments='import os, socket, struct, sys
address = sys.argv[1]
to = int(os.environ["KT_PORT"])
client = socket.create_connection((address, to))
def add_up(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
here, there = (socket.inet_aton(end[0]) for end in (client.getsockname(), client.getpeername()))
port = client.getsockname()[1]
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
client.send(b"wanted")
for i in range(10):
    seq = (i * 400000000) & 0xffffffff
    def segment(checksum):
        return struct.pack("!HHIIBBHHH", port, to, seq, 1, 0x50, 0x10, 512, checksum, 0) + b"unwanted"
    pseudo = here + there + struct.pack("!BBH", 0, 6, len(segment(0)))
    tcp = segment(add_up(pseudo + segment(0)))
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, here, there)
    raw.sendto(ip + tcp, (address, 0))
print(port, flush=True)
client.recv(1)'

# background FILE PROGRAM ARGUMENT...: until it has said something; nsenter execs
background() {
	local file=$1
	shift
	: >"$file"
	nsenter --net="/run/netns/$run-b" python3 -c "$@" >"$file" &
	started+=($!)
	wait_for 10 test -s "$file"
}

# port_owner FAMILY ADDRESS OTHER-FAMILY OTHER-TYPE OTHER-ADDRESS CONNECT-TO
port_owner() {
	local listens binds port
	KT_PORT=$((KT_PORT + 1))
	background "$work/server" "$server" "$1" "$2" &&
		background "$work/other" "$other" "$3" "$4" "$5" &&
		background "$work/client" "$segments" "$6" || return
	listens=$(<"$work/server") binds=$(<"$work/other") port=$(<"$work/client")
	wait_for 5 recent_some --port "$port" --pid "$listens"
	ctl drops --json --limit 0 --port "$port" | jq -c '.drops[] | [.reason, .owner, .pid, .command]' | sort | uniq -c
	echo "listens: $listens, another: $binds"
	kill "${started[@]: -3}"
	wait "${started[@]: -3}" 2>/dev/null
	[ "$(recent --port "$port" --pid "$listens")" -gt 0 ] && [ "$(recent --port "$port" --pid "$binds")" = 0 ]
}

# if_receiver NAME COMMAND...
if_receiver() {
	if has_receiver; then
		check "$@"
	else
		skip "$1" "probe $rung does not know the receiving socket"
	fi
}

make_ns a b
make_veth a a0 b b0
ip -n "$run-a" addr add 10.9.0.1/24 dev a0
ip -n "$run-b" addr add 10.9.0.2/24 dev b0
mac=$(mac_of b b0)
in_ns b sysctl -qw net.ipv4.conf.b0.rp_filter=0 net.ipv4.conf.all.rp_filter=0 net.ipv4.icmp_ratemask=0x1818 net.ipv4.icmp_ratelimit=100000 \
	net.ipv6.conf.lo.disable_ipv6=0

start_in_container
check 'in a PID namespace: drops are counted' drops_counted
check 'in a PID namespace: as many as were sent' count_in_container
if_receiver 'in a PID namespace: the owner by its number there' owner_in_container
if_receiver 'in a PID namespace: who is not seen there has no number' owner_outside
stop_container

start_collectd b "$config"
check 'outside: drops are counted' drops_counted
if_receiver "a port of TCP is not the owner's of UDP" \
	port_owner AF_INET 127.0.0.1 AF_INET SOCK_DGRAM 127.0.0.1 127.0.0.1
if_receiver "a port at one address is not the owner's at another" \
	port_owner AF_INET 127.0.0.1 AF_INET SOCK_STREAM 127.0.0.2 127.0.0.1
if_receiver 'a socket at any address has the connections to each' \
	port_owner AF_INET 0.0.0.0 AF_INET SOCK_DGRAM 0.0.0.0 127.0.0.3
if_receiver 'an IPv6 socket at any address has those of IPv4' \
	port_owner AF_INET6 :: AF_INET SOCK_DGRAM 0.0.0.0 127.0.0.4
stop_collectd
check 'nothing is left' nothing_left
finish
