# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by soak: who does what meanwhile. An actor is a function that is called again and again,
# in a process of its own, with pauses; its dice are the seed's.

# A row each: function, longest pause in tenths of a second.
actors='
bursts 20
kinds 10
drop_some 10
links_come_and_go 5
a_namespace_comes_and_goes 30
look 3
switch_collectors 50
others_programs 20
others_clsact 20
link_settings 15
names 40
'

start_actors() {
	local name pause number=0
	while read -r name pause; do
		[ -n "$name" ] || continue
		number=$((number + 1))
		actor "$number" "$name" "$pause" >"$work/actor-$name" 2>&1 &
		started+=($!)
	done <<<"$actors"
}

# actor NUMBER FUNCTION PAUSE
actor() {
	trap - EXIT
	RANDOM=$((seed + $1))
	while [ ! -e "$work/stop" ]; do
		"$2"
		read -rt "$((RANDOM % $3 / 10)).$((RANDOM % 10))" -u "$nothing" || :
	done
}

end_actors() {
	touch "$work/stop"
	wait "${started[@]}" 2>/dev/null
	started=()
}

# any LETTERS: sets link to one that stays, of those whose name begins so
any() {
	link=''
	until [[ $link == ["$1"]* ]]; do
		number=$((1 + RANDOM % stay)) # not in $(), whose dice are its own
		link=$(stays "$number")
	done
}

# 0.5 to 1 million packets a second from 200,000 neighbouring addresses.
bursts() {
	in_ns a "$build/tests/tools/xdp-generator" a0 $((200000 + RANDOM * 30)) --flows 200000
}

kinds() {
	local kinds=(tcp udp icmp tcp6 udp6 icmpv6 sctp gre esp vlan-udp frag-first arp)
	in_ns a "$frames" a0 "${kinds[RANDOM % ${#kinds[@]}]}" $((100 + RANDOM % 2000)) \
		--flows $((1 + RANDOM % 40)) --size $((60 + RANDOM % 1200)) --rate 20000
	in_ns a "$frames" "p$((1 + RANDOM % stay))" udp $((1 + RANDOM % 500)) --flows 5
}

# For no host here; malformed; sent where no wire is.
drop_some() {
	in_ns a "$frames" a0 udp $((RANDOM % 3000 + 1)) --dst-mac "$nobody"
	in_ns a "$frames" a0 frag-first 50
	in_ns b "$frames" b0 udp 20
}

links_come_and_go() {
	local i=$((1 + RANDOM % 40))
	ip -n "$run-a" link add "d$i" type veth peer name "c$i" netns "$run-b"
	ip -n "$run-a" link set "d$i" up
	ip -n "$run-b" link set "c$i" up
	in_ns a "$frames" "d$i" udp 50 --flows 5
	ip -n "$run-a" link delete "d$i"
}

a_namespace_comes_and_goes() {
	if [ -e "/run/netns/$run-x" ]; then
		ip netns delete "$run-x"
	else
		ip netns add "$run-x"
		ip -n "$run-a" link add x1 type veth peer name x0 netns "$run-x"
		ip -n "$run-x" link set x0 up
	fi
}

# A refusal, or no daemon, is an answer; an end by a signal is none.
look() {
	local commands=(status summary flows drops alerts top 'flows --json' 'drops --json --by place'
		'status --json' 'flows --group src' 'collector' 'cleanup')
	# shellcheck disable=SC2086 # words
	ctl ${commands[RANDOM % ${#commands[@]}]} >/dev/null
	[ $? -lt 128 ] || echo 'kidosctl was killed' >>"$work/wrong"
}

switch_collectors() {
	local names=(flows drops alerts) name
	name=${names[RANDOM % 3]}
	ctl collector "$name" off
	read -rt 1 -u "$nothing"
	ctl collector "$name" on
}

others_programs() {
	local link number
	any ns
	in_ns b bpftool net attach xdpdrv pinned "/sys/fs/bpf/$run-other" dev "$link"
	read -rt 2 -u "$nothing"
	in_ns b bpftool net detach xdpdrv dev "$link"
}

others_clsact() {
	local link number
	any s
	tc -n "$run-b" qdisc add dev "$link" clsact
	tc -n "$run-b" filter add dev "$link" ingress protocol all prio 50 u32 match u32 0 0 flowid 1:1
	read -rt 2 -u "$nothing"
	tc -n "$run-b" qdisc del dev "$link" clsact
}

link_settings() {
	local link number onoff=(on off)
	any s
	ip -n "$run-b" link set "$link" mtu $((1000 + RANDOM % 500))
	in_ns b ethtool -K "$link" gro "${onoff[RANDOM % 2]}" tso "${onoff[RANDOM % 2]}"
	any s
	ip -n "$run-b" link set "$link" down
	ip -n "$run-b" link set "$link" up
}

# r11 is r911 for a while.
names() {
	local link number
	any r
	ip -n "$run-b" link set "$link" down name "r9${link#r}"
	read -rt 2 -u "$nothing"
	ip -n "$run-b" link set "r9${link#r}" name "$link" up
}
