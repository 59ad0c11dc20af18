#!/bin/bash
# SPDX-License-Identifier: MIT
# Many interfaces come and go beside a watched one, so that the kernel's lists of them change while
# they are read: the one that stays is counted all the time, one that comes late is attached while
# the rest still change, and without <Interface> blocks what leads out is found.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

creators=3 standing=40

config='<Interface "b0">
</Interface>
<Interface "late0">
</Interface>'

# One of several that make and delete pairs as fast as they can, until told to end; at most 1,000.
create() {
	local i
	for ((i = 0; i < 200; i++)); do
		[ ! -e "$work/enough" ] || return 0
		printf "link add n$1x%d type veth peer name m$1x%d\nlink delete n$1x%d\n" \
			0 0 0 1 1 1 2 2 2 3 3 3 4 4 4 | ip -n "$run-b" -batch - || return 1
	done
}

still_creating() {
	local pid
	for pid in "${creating[@]}"; do
		kill -0 "$pid" 2>/dev/null || return 1
	done
}

counted_since() {
	[ $(($(csv_last "$1/if_packets-udp" | cut -d, -f1) - $2)) = "$3" ]
}

# counts_meanwhile INTERFACE PEER: what is sent while others come and go
counts_meanwhile() {
	local was
	was=$(csv_last "$1/if_packets-udp" | cut -d, -f1)
	in_ns a "$frames" "$2" udp 100 --dst-mac "$nobody"
	wait_for 20 counted_since "$1" "${was:-0}" 100 || { csv_last "$1/if_packets-udp"; return 1; }
}

no_complaint() {
	! grep -E '^\[(warning|error)\] kidos:' "$work/log"
}

stopped_creating() {
	local pid
	: >"$work/enough"
	for pid in "${creating[@]}"; do
		wait "$pid" || return 1
	done
}

make_ns a b
make_veth a a0 b b0
for ((i = 0; i < standing; i++)); do
	printf '%s\n' "link add s$i type veth peer name t$i"
done | ip -n "$run-b" -batch -
start_collectd b "$config"
check 'attached' attached b0
creating=()
for ((i = 0; i < creators; i++)); do
	create "$i" &
	creating+=($!)
	started+=($!)
done
check 'meanwhile: the one that stays is counted' counts_meanwhile b0 a0
ip -n "$run-a" link add la0 type veth peer name late0 netns "$run-b"
ip -n "$run-a" link set la0 arp off up
ip -n "$run-b" link set late0 arp off up
check 'meanwhile: one that comes late is attached' wait_for 20 interface_is late0 attached
check 'meanwhile: and counted' counts_meanwhile late0 la0
check 'others came and went all the time' still_creating
check 'and end' stopped_creating
check 'the one that stayed is counted' sends_counted b0
equal 'both are measured' '0.000000 0.000000' \
	"$(csv_last b0/gauge-unaccounted_rx) $(csv_last late0/gauge-unaccounted_rx)"
check 'nothing to complain about' no_complaint
stop_collectd
check 'nothing is left' nothing_left
finish
