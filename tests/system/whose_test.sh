#!/bin/bash
# SPDX-License-Identifier: MIT
# Whose packets are: the comment of each in a capture has command, pid and unit of the process whose
# connection it is of, at the time: with a hostile name, older than the capture and than the daemon,
# both ends on one host, the same ports by another process later; nothing of it that <Privacy> hides.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

captures=$work/captures
talk=$(dirname "$0")/support/talk.py
declare -A pids inputs

# start [BLOCKS]
start() {
	start_collectd b "<Interface \"b0\">
	</Interface>
	<Capture>
	  Directory \"$captures\"
	</Capture>
	$1"
	attached b0 && wait_for 30 grep -qE 'connections are (not )?counted' "$work/log"
}

has_lines() {
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# connect KEY NAME PORT [PREFIX...]: a process of that name, from that port of b to a
connect() {
	local key=$1 name=$2 port=$3 input
	shift 3
	mkfifo "$work/$key.in"
	nsenter --net="/run/netns/$run-b" "$@" "$talk" talk "$name" 10.1.0.1 7000 "$port" <"$work/$key.in" >"$work/$key.out" &
	pids[$key]=$!
	started+=($!)
	exec {input}>"$work/$key.in"
	inputs[$key]=$input
	wait_for 10 has_lines "$work/$key.out" 1
}

# say KEY: there and back
say() {
	local lines
	lines=$(wc -l <"$work/$1.out")
	echo "$1" >&"${inputs[$1]}"
	wait_for 10 has_lines "$work/$1.out" $((lines + 1))
}

hang_up() {
	kill "${pids[$1]}"
	wait "${pids[$1]}" 2>/dev/null
}

# capture: sets number and file
capture() {
	local words
	words=$(ctl capture start --interface b0) || return 1
	number=${words#capture } number=${number%%:*} file=$captures/${words#*: }
}

is_done() {
	[ "$(ctl capture list --json | jq -r --argjson number "$number" '.captures[] | select(.number == $number) | .state')" = 'done' ]
}

end_capture() {
	sleep 0.3
	ctl capture stop "$number" >/dev/null
	wait_for 5 is_done
	tshark -r "$file" -T fields -e tcp.srcport -e tcp.dstport -e tcp.len -e tcp.flags.syn \
		-e frame.comment 2>/dev/null >"$work/packets"
}

# comments CONDITION: of such packets with from, to, data, syn as numbers, each once, as they come
comments() {
	awk -F '\t' "{ from = \$1; to = \$2; data = \$3; syn = \$4 ~ /^(1|True)\$/ } ($1) && !seen[\$5]++ { print \$5 }" "$work/packets"
}

# words COMMAND PID: as a comment has them, the unit after them
words() {
	echo "command=\"$1\" pid=$2"
}

without_unit() {
	sed 's/ unit="[^"]*"$//'
}

make_world "a b" "a a0 b b0"
for end in "a 1" "b 2"; do
	ip -n "$run-${end% *}" address add "10.1.0.${end#* }/24" dev "${end% *}0"
	ip -n "$run-${end% *}" link set "${end% *}0" arp on
done
nsenter --net="/run/netns/$run-a" "$talk" serve 7000 &
server=$!
started+=($!)
wait_for 10 eval 'in_ns a ss -Hltn | grep -q :7000'
connect older kt-older 41001
start ''
if ! logged 'connections are counted'; then
	skip 'whose packets are' "$(grep 'not counted' "$work/log")"
	stop_collectd
	finish
fi

group=/sys/fs/cgroup/kt-$$.slice unit=kt-$$.service in_unit=()
[ -e /sys/fs/cgroup/cgroup.procs ] || group=/sys/fs/cgroup/unified/kt-$$.slice
if mkdir -p "$group/$unit" 2>/dev/null; then
	trap 'status=$?; rmdir "$group/$unit" "$group" 2>/dev/null; (exit $status); leave' EXIT
	# shellcheck disable=SC2016 # the inner shell's
	in_unit=(sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group/$unit")
fi

connect before kt-before 41002
capture
connect hostile 'k\x0a"\xffx pid=1' 41003 "${in_unit[@]}"
connect first kt-first 41004
for key in older before hostile first; do
	say "$key"
done
hang_up first
connect second kt-second 41004
say second
end_capture

hostile=$(words 'k\x0a\x22\xffx pid=1' "${pids[hostile]}")
equal 'a hostile name' "$hostile" "$(comments 'from == 41003 && data' | without_unit)"
equal 'the handshake too' "$hostile" "$(comments 'from == 41003 && syn' | without_unit)"
if [ ${#in_unit[@]} -gt 0 ]; then
	equal 'its unit' "$hostile unit=\"$unit\"" "$(comments 'from == 41003 && data')"
else
	skip 'its unit' 'no control group can be made'
fi
equal 'the other end, of this host too' "$(words python3 "$server")" \
	"$(comments 'to == 41003 && data' | without_unit)"
equal 'older than the capture' "$(words kt-before "${pids[before]}")" \
	"$(comments 'from == 41002 && data' | without_unit)"
equal 'older than the daemon' "$(words kt-older "${pids[older]}")" \
	"$(comments 'from == 41001 && data' | without_unit)"
equal 'the same ports, one process after the other' \
	"$(words kt-first "${pids[first]}")"$'\n'"$(words kt-second "${pids[second]}")" \
	"$(comments 'from == 41004' | without_unit)"
check 'the ledger holds' ctl evidence verify "$file"

ctl collector connects off >/dev/null
capture
say before
end_capture
equal 'connects are off: no words' '' "$(comments data)"
check 'and the packets are there' test "$(capinfos -Tr -c "$file" | cut -f2)" -ge 2
stop_collectd

start '<Privacy>
  CommandNames false
</Privacy>'
capture
connect hidden kt-hidden 41005 "${in_unit[@]}"
say hidden
say before
end_capture
equal 'Privacy: a number and no name' "pid=${pids[hidden]}" "$(comments 'from == 41005 && data')"
check 'Privacy: no name, no unit anywhere' eval '! grep -aqE "command=|unit=|kt-(hidden|before)" "$file"'
check 'Privacy: the ledger holds' ctl evidence verify "$file"
for key in hostile hidden; do # the group is theirs
	hang_up "$key"
done
stop_collectd
check 'stop: nothing is left' nothing_left
finish
