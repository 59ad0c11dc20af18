#!/bin/bash
# SPDX-License-Identifier: MIT
# kidosctl analyze against what an independent script works out: analyze_test.sh KIDOSCTL SOURCE
# Every format, with the event log's own columns and without, packed and not; bad lines, bounds, memory.
set -u
kidosctl=$1 support=$2/tests/unit/support number=0 failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 2
for tool in python3 jq zstd; do
	command -v $tool >/dev/null || { echo "1..0 # SKIP needs $tool"; exit 0; }
done

# equal NAME WANTED GOT
equal() {
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number - analyze: $1"
	else
		failed=1
		echo "not ok $number - analyze: $1"
		diff <(tr ']' '\n' <<<"$2") <(tr ']' '\n' <<<"$3") | head -20 | sed 's/^/# /'
	fi
}

# What the script knows too, out of a report.
known='{
	summary: .summary | [.rows, .packets, .bytes, .first, .last, .sources, .destinations, .flows],
	protocols: [.protocols[] | [.protocol, .rows, .packets, .bytes]],
	hours: [.hours[] | [.hour, .rows, .packets, .bytes]],
	days: [.days[] | [.day, .rows, .packets, .bytes]],
	peak: .peak | [.hour, .rows, .packets, .bytes],
	actions: [.actions[] | [.action, .rows, .packets, .bytes]],
	interfaces: [.interfaces[] | [.interface, .rows, .packets, .bytes]],
	sizes: .sizes | [.min, .max, .mean, .stdev, .median, .p25, .p75, .p95, .p99],
	top_sources: [.top_sources[] | [.address, .packets, .bytes]],
	top_destinations: [.top_destinations[] | [.address, .packets, .bytes]],
	top_flows: [.top_flows[] | [.protocol, .src_ip, .src_port, .dst_ip, .dst_port, .packets, .bytes]],
	port_scanners: [.port_scanners[] | [.src_ip, .ports]],
	high_volume_sources: [.high_volume_sources[] | [.src_ip, .packets, .bytes]],
	unusual_protocols: [.unusual_protocols[].protocol] | sort,
	repeated_flows: [.repeated_flows[] | [.protocol, .src_ip, .dst_ip, .dst_port, .rows]]
}'

# report FILE...: as JSON, of what is known
report() {
	"$kidosctl" analyze --json --tz UTC "$@" | jq -cS "$known"
}

python3 "$support/analyze_expected.py" "$scratch" || { echo 'Bail out! the script failed'; exit 1; }
for columns in ours seed; do
	zstd -q "$columns.jsonl" -o "$columns.zst"
	wanted=$(jq -cS . "$columns.expected")
	for format in jsonl json csv headless.csv console gz zst; do
		equal "$columns.$format" "$wanted" "$(report "$columns.$format")"
	done
done
equal 'standard input' "$(jq -cS . ours.expected)" "$(report - <ours.jsonl)"
equal 'standard input, packed' "$(jq -cS . ours.expected)" "$(report - <ours.zst)"
head -3000 ours.jsonl >part1
tail -n +3001 ours.jsonl | gzip >part2
equal 'several files' "$(jq -cS . ours.expected)" "$(report part1 part2)"
cat ours.gz >twice.gz
head -1 ours.jsonl | gzip >>twice.gz
equal 'gzip in two members' $(($(jq '.summary[0]' ours.expected) + 1)) "$("$kidosctl" analyze --json twice.gz | jq .summary.rows)"

# --- bad lines are counted ---

summary() {
	"$kidosctl" analyze --json "$@" 2>/dev/null | jq -c '.summary | [.rows, .bad_lines, .alerts]'
}

row='{"timestamp":1764400000,"src_ip":"10.0.0.1","dst_ip":"10.0.0.2","packet_size":60}'
{
	echo "$row"
	echo '{"timestamp":1764400000,"src_ip":"10.0.0.1","dst'
	echo "$row"
	echo '{"timestamp":1764400000,"src_ip":"10.0.0.999","dst_ip":"10.0.0.2"}'
	echo '{"timestamp":1764400000,"src_ip":"10.0.0.1"}'
	echo 'no row at all'
	head -c 300000 /dev/zero | tr '\0' x
	echo
	printf '\0\xff\x1b[2J\n'
	echo
	echo '{"timestamp":1764400000,"kind":"alert","src_ip":"","message":"a \"b\""}'
	echo '{"timestamp":1764400000,"src_ip":"10.0.0.1","dst_ip":"10.0.0.2","more":{"deep":[1,{"a":"}"}]}}'
	printf '%s' "$row"
} >bad
equal 'bad lines are counted, and the rest is read' '[4,6,1]' "$(summary bad)"
equal 'an empty file' '[0,0,0]' "$(summary /dev/null)"
equal 'escapes of JSON' 'a"b\x5c' "$(printf '%s\n' '{"timestamp":1,"src_ip":"1.1.1.1","dst_ip":"1.1.1.2","interface":"a\u0022b\\"}' |
	"$kidosctl" analyze --json - | jq -r '.interfaces[0].interface')"
equal 'times of every unit' '["2025-11-29T07:06:40.000Z","2025-11-29T07:06:40.500Z"]' "$(for time in 1764400000 1764400000.500 \
	1764400000500 1764400000500000 1764400000500000000 '"2025-11-29T07:06:40Z"' '"2025-11-29T08:06:40.5+01:00"' '"2025-11-29 07:06:40"'; do
	echo "{\"timestamp\":$time,\"src_ip\":\"1.1.1.1\",\"dst_ip\":\"1.1.1.2\"}"
done | "$kidosctl" analyze --json - | jq -c '.summary | [.first, .last]')"
head -c 5000 ours.gz >cut.gz
"$kidosctl" analyze cut.gz >cut.out 2>cut.err
equal 'a packed file that is cut: failed, and said' '1 kidosctl: cut.gz: what is packed is broken' "$? $(cat cut.err)"
equal 'what could be read of it is reported' Summary "$(head -1 cut.out)"
"$kidosctl" analyze missing >/dev/null 2>missing.err
equal 'a file that is not there' '1 kidosctl: missing: No such file or directory' "$? $(cat missing.err)"
"$kidosctl" analyze >/dev/null 2>&1
equal 'no file' 2 $?
"$kidosctl" analyze --tz Nowhere/Land ours.jsonl >/dev/null 2>&1
equal 'no such zone' 2 $?

printf 'packet_size,timestamp,dst_ip,src_ip\n100,1764400000,10.0.0.2,10.0.0.1\n' >other.csv
equal 'a header in another order' '[1,100,"10.0.0.1"]' \
	"$("$kidosctl" analyze --json other.csv | jq -c '[.summary.rows, .summary.bytes, .top_sources[0].address]')"
{ printf '\357\273\277'; cat other.csv; } >marked.csv
equal 'a byte order mark' '[1,0,0]' "$(summary marked.csv)"
"$kidosctl" analyze /etc/passwd >/dev/null 2>none.err
equal 'a file that is no log' 1 "$?"
equal 'and what is wrong with it' 1 "$(grep -c 'is a row of a log' none.err)"

# --- zones, windows, reports ---

equal '--tz: hours of that zone' '["16"]' "$(echo "$row" | "$kidosctl" analyze --json --tz Asia/Tokyo - | jq -c '[.hours[].hour]')"
from=$(jq -r .timestamp_iso ours.jsonl | sed -n 2001p) to=$(jq -r .timestamp_iso ours.jsonl | sed -n 6000p)
equal '--since and --until' "$(jq -r .timestamp_iso ours.jsonl | awk -v from="$from" -v to="$to" '$0 >= from && $0 <= to' | wc -l)" \
	"$("$kidosctl" analyze --json --since "$from" --until "$to" ours.jsonl | jq .summary.rows)"
equal '--window: the slow scan too' '["192.0.2.1","192.0.2.2"]' \
	"$("$kidosctl" analyze --json --window 600 ours.jsonl | jq -c '[.port_scanners[].src_ip | select(startswith("192.0.2."))] | sort')"
"$kidosctl" analyze --csv ours.jsonl >report.csv
equal 'CSV has what JSON has' "$("$kidosctl" analyze --json ours.jsonl | jq -r '.interfaces[] | .interface, .packets')" \
	"$(python3 -c 'import csv
for row in csv.DictReader(open("report.csv")):
    if row["section"] == "interfaces" and row["column"] in ("interface", "packets"):
        print(row["value"])')"
equal 'text has every section' 21 "$("$kidosctl" analyze ours.jsonl | grep -cE '^(Summary|Protocols|Hours of the day|Days|Busiest hour|Actions|Interfaces|Packet sizes|Sources with|Destinations with|Flows with|Threats)|^  (port scanners|high volume|unusual|repeated flows )')"

# --- more than is known exactly ---

report_bounds() {
	"$kidosctl" analyze --json --exact 1000 ours.jsonl
}
report_bounds >bounded.json
equal 'beyond --exact: the bound is there' '["flows"]' "$(jq -c '[.bounds[].of]' bounded.json)"
equal 'beyond --exact: flows are within it' true "$(jq -n --slurpfile a bounded.json --slurpfile b <("$kidosctl" analyze --json ours.jsonl) '
	($a[0].bounds[0].bytes) as $bound |
	([$b[0].top_flows[] | {key: [.src_ip, .src_port, .dst_ip, .dst_port] | tostring, value: .bytes}] | from_entries) as $true |
	[$a[0].top_flows[] | . + {true: $true[[.src_ip, .src_port, .dst_ip, .dst_port] | tostring]} | select(.true)] |
	length > 0 and all(.[]; .bytes <= .true and .bytes + $bound >= .true)')"
echo "1..$number"
exit $failed
