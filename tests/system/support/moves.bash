# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by tests of links: 20 frames one way, and what the link and kidos make of them.

# value TYPE LINK DIRECTION
value() {
	local field=1
	[ "$3" = rx ] || field=2
	csv_last "$2/$1-udp" | cut -d, -f$field
}

# moves LINK DIRECTION BYTES NS DEVICE KIND MAC: 20 frames of KIND sent out of DEVICE are 20 packets
# of so many bytes at LINK.
moves() {
	local link=$1 direction=$2 bytes=$3 packets before=() now=()
	before=("$(value if_packets "$link" "$direction")" "$(value if_octets "$link" "$direction")")
	in_ns "$4" "$frames" "$5" "$6" 20 --dst-mac "$7" >/dev/null || return 1
	settle
	now=("$(value if_packets "$link" "$direction")" "$(value if_octets "$link" "$direction")")
	packets=$((now[0] - before[0]))
	echo "$packets packets, $((now[1] - before[1])) bytes; unaccounted, in bytes: $(csv_last "$link/gauge-unaccounted_bytes_$direction")"
	[ "$packets" = 20 ] && [ $((now[1] - before[1])) = $((20 * bytes)) ] &&
		[[ $(csv_last "$link/gauge-unaccounted_bytes_$direction") =~ ^0\.0*$ ]]
}

# both KIND LINK: what follows are the arguments of two moves, received and sent
both() {
	check "$1: received" moves "$2" rx "${@:3:5}"
	check "$1: sent" moves "$2" tx "${@:8:5}"
}

without() {
	skip "$1: received" "$2"
	skip "$1: sent" "$2"
}

