# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by soak: what must hold each second, at rest, and after an end.

# Rows: what, the most there may be. Of collectd with all its plugins, 60 links and those that come.
limits='
rss_mib 400
descriptors 160
threads 40
programs 60
maps 120
pins 400
log_lines 2000
'
slow=${KIDOS_SOAK_SLOW:-1} # times are that much longer where the machine is shared with others

wrong() {
	echo "generation $generation, second $SECONDS: $*" >>"$work/wrong"
}

judge_begin() {
	judged=0
	born=$SECONDS
}

# measure WHAT: of the daemon that runs now
measure() {
	case "$1" in
	rss_mib) awk '/^VmRSS:/ { print int($2 / 1024) }' "/proc/$daemon/status" ;;
	descriptors) find "/proc/$daemon/fd" -mindepth 1 | wc -l ;;
	threads) awk '/^Threads:/ { print $2 }' "/proc/$daemon/status" ;;
	programs) "$build/tests/tools/bpf-ids" | grep -c '^prog' ;;
	maps) "$build/tests/tools/bpf-ids" | grep -c '^map' ;;
	pins) find "$state" -mindepth 1 2>/dev/null | wc -l ;;
	log_lines) wc -l <"$work/log" ;;
	esac
}

judge_second() {
	local what most got line=''
	kill -0 "$daemon" 2>/dev/null || { wrong 'collectd is gone'; return; }
	judged=$((judged + 1))
	while read -r what most; do
		[ -n "$what" ] || continue
		got=$(measure "$what" 2>/dev/null)
		line+=" $what ${got:-?}"
		[ "${got:-0}" -le "$most" ] || wrong "$what: $got, at most $most"
	done <<<"$limits"
	[ $((judged % 10)) -gt 0 ] || echo "# generation $generation, $((SECONDS - born)) s:$line"
}

# Packets that are sent when all is quiet are counted, on each link that stayed.
judge_end() {
	ctl collector flows on >/dev/null
	wait_for 20 all_attached || wrong "not attached at the end: $(ctl status | grep -v attached)"
	settle
	check 'when all is quiet an interface counts each packet' sends_counted b0
	check 'and is accounted for' rests_at_zero "$work"/csv/kt/kidos-b0/gauge-unaccounted_rx-20*
}

all_attached() {
	[ "$(ctl status --json | jq '[.interfaces[] | select(.state == "attached")] | length')" -gt "$stay" ]
}

judge_stop() {
	[ "$stopped_ms" -le $((2000 * slow)) ] || wrong "it took $stopped_ms ms to stop"
}

# judge_values [killed]: what a generation wrote, which is then kept apart: the next begins at zero.
judge_values() {
	local values=$work/values-$generation
	mv "$work/csv" "$values" 2>/dev/null || { wrong 'no values'; return; }
	mv "$work/log" "$work/log-$generation"
	awk -F, -v slow="$slow" '$2 + 0 > 0.5 * slow { print "a poll took " $2 " s" }' \
		"$values"/kt/kidos-self/latency-poll-20* >"$work/polls" 2>/dev/null
	while read -r line; do
		wrong "$line"
	done <"$work/polls"
	python3 "$top/tests/system/support/series_sums.py" csv "$values" b0 "$@" >"$work/sums" 2>&1 ||
		wrong "sums: $(tr '\n' ';' <"$work/sums")"
	kept_lines "$work/log-$generation"
}

# No line comes again and again.
kept_lines() {
	sed 's/[0-9]\+/N/g' "$1" | sort | uniq -c | sort -rn | head -n 5 | sed 's/^/#   /' >"$work/lines"
	rm -rf "$work/values-$((generation - 1))"
}

nothing_wrong() {
	[ ! -s "$work/wrong" ] || { sort "$work/wrong" | uniq -c | head -n 40; cat "$work/lines"; return 1; }
}

alerts_came() {
	wc -l "$work/got/all" && [ -s "$work/got/all" ]
}

judge_said() {
	echo "# $generation daemons"
	check 'each second, poll, sum and stop was as it must be' nothing_wrong
	check 'alerts reached the script' alerts_came
}
