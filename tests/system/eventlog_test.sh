#!/bin/bash
# SPDX-License-Identifier: MIT
# The event log in real collectd: its rows are the flows of the table, packets and bytes to the unit, in
# every format; rotation by itself and by logrotate's two ways, a full disk, kills, planted files,
# hostile names, alerts, summaries; 100,000 rows a second delay no read.
# kernels: 5.10
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

folder=$work/log.d
file=$folder/events

# start_log FORMAT [LINES in EventLog] [LINES in kidos]
start_log() {
	start_collectd b "<Interface \"/^b/\">
	  Virtual true
	</Interface>
	<EventLog>
	  File \"$file\"
	  Format \"$1\"
	  ${2:-Summary 0}
	</EventLog>
	${3:-}"
}

# send COUNT [FLOWS]
send() {
	in_ns a "$frames" a0 udp "$1" --dst-mac "$nobody" --flows "${2:-1}" >/dev/null
}

# Rows of the table, as kidosctl has them: "src sport dst dport protocol packets bytes".
table_flows() {
	ctl flows --json --limit 0 --interface "${1:-b0}" | jq -r '.flows[] |
		"\(.src) \(.sport) \(.dst) \(.dport) \(.protocol) \(.packets) \(.bytes)"' | sort
}

# The same of the log, added up. FILE...: as JSON lines
log_flows() {
	jq -r 'select(.kind == "flow" and .interface == "b0") |
		"\(.src_ip) \(.src_port) \(.dst_ip) \(.dst_port) \(.protocol_num) \(.packets) \(.bytes)"' "$@" |
		awk '{ k = $1 " " $2 " " $3 " " $4 " " $5; p[k] += $6; b[k] += $7 }
			END { for (k in p) print k, p[k], b[k] }' | sort
}

# sum_of FILE...: packets and bytes that analyze finds
sum_of() {
	"$kidosctl" analyze --json "$@" | jq -c '[.summary.packets, .summary.bytes, .summary.bad_lines]'
}

# logs N: so many packets are in the file, as analyze counts them
logs() {
	[ "$("$kidosctl" analyze --json "$file"* 2>/dev/null | jq .summary.packets)" = "$1" ]
}

value() {
	csv_last "eventlog/total_events-$1" | cut -d. -f1
}

make_ns a b
make_veth a a0 b b0
mkdir -p "$folder"

# --- rows are flows ---

start_log jsonl
check 'attached' attached b0
send 1000 10
in_ns a "$frames" a0 tcp 7 --dst-mac "$nobody" >/dev/null
in_ns a "$frames" a0 icmpv6 5 --dst-mac "$nobody" >/dev/null
sleep 1.2
send 3000 30
wait_for 20 logs 4012
settle
table_flows >"$work/table"
log_flows "$file" >"$work/logged"
check 'every flow of the table is there' test "$(wc -l <"$work/table")" -ge 31
equal 'rows are the flows of the table, to the unit' "$(cat "$work/table")" "$(cat "$work/logged")"
check 'one row a flow and window' sh -c "jq -r '[.flow_hash, .timestamp_iso[:19]] | @tsv' '$file' | sort | uniq -d |
	{ read -r twice && exit 1; true; }"
equal 'values: rows' "$(wc -l <"$file")" "$(value rows)"
equal 'values: nothing lost' '0 0 0' "$(value lost_queue) $(value lost_disk) $(value lost_open)"
equal 'mode' 640 "$(stat -c %a "$file")"
check 'status says how many rows' sh -c "'$kidosctl' --state '$state' status --json |
	jq -e '.collectors.eventlog | .state == \"on\" and (.reason | startswith(\"$(wc -l <"$file") rows\"))'"
# Known from another source: FNV-1a over addresses, ports and protocol.
check 'flow_hash and community_id are the same everywhere' python3 - "$file" <<'END'
import base64, hashlib, ipaddress, json, sys
def packed(text):
    address = ipaddress.ip_address(text)
    return address.packed
def mapped(raw):
    return b"\0" * 10 + b"\xff\xff" + raw if len(raw) == 4 else raw
for line in open(sys.argv[1]):
    row = json.loads(line)
    src, dst = packed(row["src_ip"]), packed(row["dst_ip"])
    sport, dport, protocol = row["src_port"], row["dst_port"], row["protocol_num"]
    hash = 0xcbf29ce484222325
    for byte in mapped(src) + mapped(dst) + sport.to_bytes(2, "big") + dport.to_bytes(2, "big") + bytes([protocol]):
        hash = (hash ^ byte) * 0x100000001b3 % 2**64
    assert row["flow_hash"] == "%016x" % hash, row
    if protocol in (6, 17):
        ends = sorted([(src, sport), (dst, dport)])
        data = b"\0\0" + ends[0][0] + ends[1][0] + bytes([protocol, 0]) + ends[0][1].to_bytes(2, "big") + ends[1][1].to_bytes(2, "big")
        assert row["community_id"] == "1:" + base64.b64encode(hashlib.sha1(data).digest()).decode(), row
END

# What comes after the last window is written at the end.
send 77
stop_collectd
check 'the last packets are written at the end' logs 4089
equal 'no line is bad' '[4089' "$(sum_of "$file" | cut -d, -f1)"

# --- restart, and after a kill in the middle of a row ---

printf '{"timestamp":1795945025.043,"timestamp_iso":"2026-11-29T09:3' >>"$file"
start_log jsonl
attached b0 >/dev/null
send 11
check 'after a kill: goes on' wait_for 20 logs 4100
equal 'after a kill: no line is broken' 0 "$(sum_of "$file" | jq '.[2]')"
kill_collectd
rm -f "$file"*

# --- every format, written twice ---

for format in json csv console jsonl; do
	for run_number in 1 2; do
		start_log "$format" 'Summary 1'
		attached b0 >/dev/null
		send $((run_number * 100)) 4
		wait_for 20 logs $((run_number == 1 ? 100 : 300)) || :
		[ "$run_number" = 2 ] || stop_collectd
	done
	check "$format: goes on after a restart" logs 300
	settle
	sleep 1.5
	stop_collectd
	equal "$format: packets, bytes, no bad line" '[300,18000,0]' "$(sum_of "$file")"
	case $format in
	json) check 'json: an array, whole' jq -e 'type == "array" and length >= 8' "$file" ;;
	jsonl) check 'jsonl: an object a line' jq -es 'length >= 8' "$file" ;;
	csv) equal 'csv: one header' 1 "$(grep -c ^timestamp, "$file")" ;;
	esac
	rm -f "$file"*
done

# --- summaries ---

start_log jsonl 'Summary 2'
attached b0 >/dev/null
send 120 3
check 'a summary: the source' wait_for 20 grep -q '"kind":"summary".*source 1: duration' "$file"
check 'a summary: packets and bytes of each source' sh -c "jq -se 'map(select(.kind == \"summary\") | [.src_ip, .packets, .bytes])
	== [[\"10.0.0.1\", 40, 2400], [\"10.0.0.2\", 40, 2400], [\"10.0.0.3\", 40, 2400]]' '$file'"
check 'a summary: totals' grep -q '"kind":"total".*"3 sources, 3 rows, UDP 120 packets 7200 bytes"' "$file"
stop_collectd
rm -f "$file"*

# --- rotation ---

start_log jsonl 'MaxSize 65536
MaxFiles 3
Summary 0'
attached b0 >/dev/null
for i in 1 2 3 4 5; do
	send 200 200
	wait_for 20 eval "settle; [ \"\$(value rows)\" -ge $((i * 200)) ]"
done
equal 'rotation: three files' "$file $file.1 $file.2" "$(echo "$file"*)"
check 'rotation: none is too large' test -z "$(find "$folder" -size +64k)"
equal 'rotation: no row is broken' 0 "$(sum_of "$file"* | jq '.[2]')"

# logrotate: copytruncate, and rename
cp "$file" "$work/copy"
: >"$file"
send 20
check 'copytruncate: goes on in the same file' wait_for 20 sh -c "[ \"\$(jq -s 'map(.packets) | add' '$file')\" = 20 ]"
mv "$file" "$folder/renamed"
send 30
check 'rename: goes on in a new file' wait_for 20 sh -c "[ \"\$(jq -s 'map(.packets) | add' '$file')\" = 30 ]"
equal 'rename: nothing more in the old one' 20 "$(jq -s 'map(.packets) | add' "$folder/renamed")"
stop_collectd
rm -f "$folder"/*

# KeepDays: files with a number
touch -d '40 days ago' "$file.1"
touch "$file.2"
start_log jsonl
attached b0 >/dev/null
check 'KeepDays: an old file is removed' wait_for 10 test ! -e "$file.1"
check 'KeepDays: a young one stays' test -e "$file.2"
stop_collectd
rm -f "$folder"/*

# --- a full disk ---

mount -t tmpfs -o size=256k none "$folder"
start_log jsonl 'Summary 0'
attached b0 >/dev/null
dd if=/dev/zero of="$folder/full" bs=1k count=300 2>/dev/null
send 500 500
check 'a full disk: said' wait_for 20 logged 'No space left on device'
settle
check 'a full disk: counted' test "$(value lost_disk)" -gt 0
check 'a full disk: status says so' sh -c "'$kidosctl' --state '$state' status --json |
	jq -e '.collectors.eventlog | .state == \"failed\" and (.reason | contains(\"No space left\"))'"
equal 'a full disk: no row is broken' 0 "$(sum_of "$file" | jq '.[2]')"
rm "$folder/full"
send 40
check 'a full disk: written again' wait_for 20 logged 'written again'
settle
equal 'a full disk: rows written and rows lost are all' 501 $(($(value rows) + $(value lost_disk)))
equal 'a full disk: rows in the file' "$(value rows)" "$(wc -l <"$file")"
stop_collectd
mount -o remount,ro "$folder"
start_log jsonl
attached b0 >/dev/null
send 50
check 'read-only: said' wait_for 20 logged 'Read-only file system'
mount -o remount,rw "$folder"
send 60
check 'read-only: written later' wait_for 20 eval 'settle; [ "$(value rows)" = 1 ]'
stop_collectd
umount "$folder"

# --- what others planted ---

# refused NAME WORDS: nothing is written there, and kidos goes on
refused() {
	start_log jsonl
	attached b0 >/dev/null
	check "$1: refused" wait_for 10 logged "$2"
	send 10
	check "$1: counted" wait_for 20 eval '[ "$(value lost_open)" -gt 0 ]'
	check "$1: flows go on" test "$(csv_last b0/if_packets-udp | cut -d, -f1)" = 10
	stop_collectd
	rm -rf "$folder"
	mkdir -p "$folder"
}

touch "$work/victim"
ln -s "$work/victim" "$file"
refused 'a symbolic link' 'Too many levels of symbolic links'
ln "$work/victim" "$file"
refused 'a hard link' 'not a plain file with one name'
mkfifo "$file"
refused 'a pipe' 'not a plain file with one name'
touch "$file"
chmod 666 "$file"
refused 'a file that others may write' 'others may write it, or own it'
chmod 777 "$folder"
refused 'a folder that others may write' 'others may replace what is in'
equal 'what a link led to is as it was' 0 "$(stat -c %s "$work/victim")"

# --- hostile names ---

hostile=$'b"\e[2J\\\xff,=1'
make_ns c
ip -n "$run-b" link add name "$hostile" type veth peer name cc netns "$run-c"
ip -n "$run-b" link set "$hostile" up
ip -n "$run-c" link set cc up
for format in jsonl csv console json; do
	start_log "$format"
	attached b0 >/dev/null
	sleep 1
	in_ns c "$frames" cc udp 10 --dst-mac "$nobody" >/dev/null
	wait_for 20 logs 10 || :
	stop_collectd
	equal "$format: a hostile name" '"b\"\\x1b[2J\\x5c\\xff,=1"' \
		"$("$kidosctl" analyze --json "$file" | jq -c '.interfaces[0].interface' | sed 's/\\\\x5cx/\\\\x/g; s/\\\\x5c\\\\x5c/\\\\x5c/')"
	equal "$format: no bad line" 0 "$(sum_of "$file" | jq '.[2]')"
	check "$format: only printable characters" sh -c "! LC_ALL=C grep -qP '[^\\x20-\\x7e]' '$file'"
	rm -f "$file"*
done
ip -n "$run-b" link delete "$hostile"

# --- alerts ---

start_log jsonl 'Summary 0' '<Alerts>
  Enabled true
  CoolDown 1
</Alerts>
<Drops>
  LearnTime 0
</Drops>'
attached b0 >/dev/null
send 2000
if wait_for 20 grep -q '"kind":"alert"' "$file"; then
	check 'an alert is a row' sh -c "jq -se 'map(select(.kind == \"alert\")) |
		all(.alert != \"\" and (.alert_id | length) == 16 and .message != \"\" and .action == \"active\" or .action == \"ended\")' '$file'"
	check 'alerts are in no sum' wait_for 20 logs 2000
	check 'an alert ends' wait_for 30 grep -q '"action":"ended".*"kind":"alert"' "$file"
else
	skip 'an alert is a row' 'this kernel raises none here'
fi
stop_collectd
rm -f "$file"*

# --- many rows ---

interval=1
start_log jsonl 'Summary 0
MaxSize "1G"' '<Flows>
  MaxFlows 262144
</Flows>'
attached b0 >/dev/null
send 150000 150000
check '150,000 flows: all are rows' wait_for 30 eval "settle; [ \"\$(value rows)\" -ge 150000 ]"
equal '150,000 flows: nothing is lost' '0 0 0' "$(value lost_queue) $(value lost_disk) $(value lost_open)"
table_flows >"$work/table"
log_flows "$file" >"$work/logged"
check '150,000 flows: rows are the flows of the table' cmp "$work/table" "$work/logged"
echo "# the longest poll: $(sort -t, -k2 -n "$work"/csv/kt/kidos-self/latency-poll-20* | tail -1) s"
check 'no poll took half a second' sh -c "awk -F, 'NR > 1 && \$2 > 0.5 { exit 1 }' '$work'/csv/kt/kidos-self/latency-poll-20*"
stop_collectd
check 'nothing is left' nothing_left
finish
