#!/bin/bash
# SPDX-License-Identifier: MIT
# The event log's files: rotation by itself and by logrotate's two ways, KeepDays, a full disk, one that
# is read-only and one that hangs, planted links and files, hostile names.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"
# shellcheck source=support/eventlog.bash
. "$(dirname "$0")/support/eventlog.bash"

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
check 'rotation: none is too large' test -z "$(find "$folder" -size +65536c)"
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

# --- a disk that hangs ---

# Thaws by itself, whatever becomes of the test: who writes to a frozen file system cannot be killed.
frozen() {
	dd if=/dev/zero of="$work/image" bs=1M count=16 2>/dev/null && mkfs.ext4 -q "$work/image" &&
		mount -o loop "$work/image" "$folder" 2>/dev/null
}
if frozen; then
	start_log jsonl
	attached b0 >/dev/null
	send 10
	wait_for 20 logs 10
	fsfreeze -f "$folder"
	(sleep 20; fsfreeze -u "$folder" 2>/dev/null) &
	started+=($!)
	send 20
	sleep 1.5
	was=$(wc -l <"$work"/csv/kt/kidos-self/latency-poll-20*)
	sleep 3
	check 'a disk that hangs: polls go on' test "$(wc -l <"$work"/csv/kt/kidos-self/latency-poll-20*)" -ge $((was + 3))
	equal 'a disk that hangs: flows are counted' 30 "$(csv_last b0/if_packets-udp | cut -d, -f1)"
	fsfreeze -u "$folder"
	check 'a disk that hangs: nothing is lost' wait_for 20 logs 30
	stop_collectd
	umount "$folder"
else
	skip 'a disk that hangs: polls go on' 'no loop device or no ext4 here'
fi

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

check 'nothing is left' nothing_left
finish
