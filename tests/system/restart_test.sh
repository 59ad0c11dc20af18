#!/bin/bash
# SPDX-License-Identifier: MIT
# Rates as collectd makes them, while traffic flows on and kidos is restarted, killed, started over
# the state of another version, and the interface and its counters begin anew: none is negative, and
# none is beyond what was sent.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

store_rates=true
rate=1000 # frames a second
config="<Interface \"b0\">
	Namespace \"$run-b\"
</Interface>"
instance=$run-b:b0

start_traffic() {
	in_ns a "$frames" a0 udp 1000000 --rate $rate --dst-mac "$nobody" >/dev/null 2>&1 &
	sender=$!
	started+=("$sender")
}

stop_traffic() {
	kill "$sender" 2>/dev/null
	wait "$sender" 2>/dev/null
}

# Until some intervals have been written with traffic in them.
flows_on() {
	wait_for 20 enough || { tail -n 3 "$work"/csv/kt/kidos-"$instance"/if_packets-udp*; return 1; }
}

enough() {
	[ "$(awk -F, '$2 > 100' "$work"/csv/kt/kidos-"$instance"/if_packets-udp-20* | wc -l)" -ge 4 ]
}

# What a start wrote so far goes to what is judged in the end.
keep() {
	mkdir -p "$work/kept/$1"
	cp -r "$work"/csv/kt/kidos-* "$work/kept/$1/"
}

# A counter that began anew would be less than nothing; a total taken for a rate would add up to more
# than was ever sent. A single rate says little: a machine that stood still catches up.
sound() {
	echo "at most $1 frames were sent"
	find "$work/kept" \( -name 'i[fo]_packets-*' -o -name 'errors-*' -o -name 'total_events-*' \) -print0 |
		xargs -0 awk -F, -v sent="$1" '
			FNR == 1 { sum = 0; before = 0 }
			/epoch/ { next }
			{ for (i = 2; i <= NF; i++) {
				if ($i == "nan") continue
				if ($i + 0 < 0) { print FILENAME ": " $0; bad = 1 }
				if (before) sum += $i * ($1 - before) }
			  rows += $2 > 0; before = $1 }
			sum > sent { print FILENAME ": adds up to " sum; bad = 1; sum = 0 }
			END { print rows " rates above 0"; exit bad || rows < 20 }'
}

recreate() {
	stop_traffic
	ip -n "$run-a" link delete a0
	make_veth a a0 b b0
	wait_for 10 reattached
	start_traffic
}

reattached() {
	[ "$(grep -c 'received packets at' "$work/log")" -ge 2 ]
}

make_ns a b
make_veth a a0 b b0
start_traffic
start_collectd - "$config"
check 'started: packets flow' flows_on
check 'an interface that is made anew, its counters at 0' recreate
sleep 2
keep first
stop_collectd
start_collectd - "$config"
check 'restarted: packets flow' flows_on
keep second
kill_collectd
check 'it left its state behind' test -e "$state/meta"
start_collectd - "$config"
check 'killed and started: packets flow' flows_on
keep third
kill_collectd
check 'state of another version is there' another_version
start_collectd - "$config"
check 'started over another version: packets flow' flows_on
check 'what another version left is taken back' logged 'took back what an earlier process left'
keep fourth
stop_traffic
settle
keep fifth
stop_collectd
check 'no rate is negative, none too high' sound $((SECONDS * rate))
check 'nothing is left' nothing_left
finish
