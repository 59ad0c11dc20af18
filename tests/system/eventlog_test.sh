#!/bin/bash
# SPDX-License-Identifier: MIT
# The event log in real collectd: its rows are the flows of the table, packets and bytes to the unit, in
# every format; restarts, a kill in the middle of a row, alerts, summaries; 150,000 flows at once delay
# no poll.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"
# shellcheck source=support/eventlog.bash
. "$(dirname "$0")/support/eventlog.bash"

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
# A burst is a row, or two where a window ends in it.
check 'one row a flow and window' sh -c "jq -r .flow_hash '$file' | sort | uniq -c |
	awk '\$1 > 4 { print; bad = 1 } END { exit bad }'"
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

formats='json csv console jsonl'
[ -z "${KIDOS_SLOW:-}" ] || formats=jsonl # an emulated CPU has nothing of its own to show of the others
for format in $formats; do
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

# --- more flows than there is room for ---

start_log jsonl 'Summary 0' '<Flows>
  MaxFlows 1024
</Flows>'
attached b0 >/dev/null
in_ns a "$frames" a0 udp 6000 --dst-mac "$nobody" --flows 6000 --rate 5000 >/dev/null
settle
event() {
	csv_last "self/total_events-$1" | cut -d. -f1
}
if [[ $(ctl status || :) == *'hash map'* ]]; then
	skip 'evicted: some were' 'a hash map evicts none'
else
	check 'evicted: some were' test "$(event flows_evicted)" -gt 100
fi
if [ "$(event spill_lost)" = 0 ]; then
	check 'evicted: rows and what found no room are all packets' wait_for 10 logs $((6000 - $(event unattributed)))
else
	skip 'evicted: rows and what found no room are all packets' 'the ring of evicted flows was full'
fi
stop_collectd
rm -f "$file"

# --- many rows ---

interval=1
start_log jsonl 'Summary 0
MaxSize "1G"' '<Flows>
  MaxFlows 262144
</Flows>'
attached b0 >/dev/null
many=${KIDOS_SLOW:+5000} # an emulated CPU
many=${many:-150000}
send "$many" "$many"
check 'many flows: all are rows' wait_for 30 eval "settle; [ \"\$(value rows)\" -ge $many ]"
equal 'many flows: nothing is lost' '0 0 0' "$(value lost_queue) $(value lost_disk) $(value lost_open)"
table_flows >"$work/table"
log_flows "$file" >"$work/logged"
check 'many flows: rows are the flows of the table' cmp "$work/table" "$work/logged"
echo "# the longest poll: $(cut -d, -f2 "$work"/csv/kt/kidos-self/latency-poll-20* | sort -n | tail -1) s"
# On a busy machine a poll waits for a CPU; that none waits for the disk eventlog_files shows.
check 'many flows: polls cost what they did' sh -c "cut -d, -f2 '$work'/csv/kt/kidos-self/percent-cpu-20* | sort -n |
	awk '\$1 + 0 > 0 { t[++n] = \$1 } END { exit !(n && t[int((n + 1) / 2)] < 10) }'"
stop_collectd
check 'nothing is left' nothing_left
finish
