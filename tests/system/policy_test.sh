#!/bin/bash
# SPDX-License-Identifier: MIT
# A policy: what is permitted passes, what is not is logged or dropped, each packet is in one value, a
# file that is wrong changes nothing, and one that is not confirmed stops dropping.
# kernels: 5.10
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

file=$work/permitted.json
udp=$top/tests/tools/udp-frames.py
mac=02:00:00:00:00:99

# permit CIDR... : as the policy's file, at once
permit() {
	printf '%s\n' "$@" | jq -Rn '{ permitted_cidrs: [inputs] }' >"$file.new"
	chmod 644 "$file.new" && mv "$file.new" "$file"
}

config() {
	cat <<-END
		<Interface "b0">
		</Interface>
		<Policy>
		  PermittedFile "$file"
		  $*
		</Policy>
		<Alerts>
		  CoolDown 60
		</Alerts>
		<EventLog>
		  File "$work/events.jsonl"
		</EventLog>
	END
}

# packets_logged ACTION SOURCE: what the event log has
packets_logged() {
	jq -n --arg action "$1" --arg source "$2" \
		'[inputs | select(.action == $action and .src_ip == $source) | .packets] | add // 0' "$work/events.jsonl"
}

send() {
	in_ns a python3 "$udp" a0 "$mac" "$2" --src "$1" --dst "${3:-10.0.0.9}" >/dev/null
}

outcome() {
	csv_last "b0/ipt_packets-$1"
}

# The six values together are the packets that were received.
sums_to_received() {
	local name sum=0 received=0 value file
	for name in permitted logged dropped exempt failed_open failed_closed; do
		sum=$((sum + $(outcome "$name")))
	done
	for file in "$work"/csv/kt/kidos-b0/if_packets-*; do
		newest "$file"
		value=${line#*,}
		received=$((received + ${value%,*}))
	done
	echo "outcomes $sum, received $received"
	[ "$sum" = "$received" ] && [ "$sum" -gt 0 ]
}

# raised SOURCE KEYS: the newest of so many sources
raised() {
	ctl alerts --json | jq -e --arg source "$1" --argjson keys "$2" \
		'.alerts[] | select(.kind == "not_permitted" and .instance == "b0" and .src == $source and .keys == $keys)'
}

# refuses WORDS COMMAND...: it fails with these words
refuses() {
	local words=$1 said
	shift
	said=$(ctl "$@" 2>&1) && return 1
	echo "$said"
	[[ $said == *"$words"* ]]
}

# A new series is 0 at two polls.
drops_are() {
	[ "$(csv_last drops/packets-kidos_policy)" = "$1" ]
}

status_has() {
	[[ $(ctl status) == *"$1"* ]]
}

make_ns a b
make_veth a a0 b b0

permit 10.0.0.0/8 2001:db8::/32
start_collectd b "$(config 'Action "log"')"
check 'attached' attached b0
send 10.1.2.3 20
send 192.0.2.1 30
send 2001:db8::5 4 2001:db8::9
send 2001:db9::5 5 2001:db8::9
in_ns a "$frames" a0 arp 6 --dst-mac "$mac" >/dev/null
settle
equal 'log: permitted' 24 "$(outcome permitted)"
equal 'log: logged' 35 "$(outcome logged)"
equal 'log: exempt' 6 "$(outcome exempt)"
equal 'log: dropped' 0 "$(outcome dropped)"
check 'log: every packet has one outcome' sums_to_received
check 'log: alert not_permitted, a key for each source' wait_for 5 raised 2001:db9::5 2
trial=$work/trial.json
jq -n '{ permitted_cidrs: ["10.0.0.0/8", "2001:db8::/32"] }' >"$trial"
equal 'kidosctl policy test: what a file would refuse' '2 35 2' \
	"$(ctl policy test "$trial" --json | jq -r '.interfaces[] | select(.interface | endswith("b0")) | .refused | "\(.sources) \(.packets) \(.flows)"')"
equal 'kidosctl policy suggest: what was seen' '10.1.2.0/24 192.0.2.0/24 2001:db8::/64 2001:db9::/64' \
	"$(ctl policy suggest --cover 100 2>/dev/null | jq -r '.permitted_cidrs | join(" ")')"
equal 'kidosctl policy suggest: most of it' '10.1.2.0/24 192.0.2.0/24' \
	"$(ctl policy suggest --cover 80 2>/dev/null | jq -r '.permitted_cidrs | join(" ")')"
ctl policy suggest 2>/dev/null >"$trial"
check 'kidosctl policy suggest: its output is a policy' ctl policy check "$trial"
equal 'kidosctl policy show' 'log 2 24 35' \
	"$(ctl policy show --json | jq -r '"\(.action) \(.prefixes) " + (.interfaces[] | select(.interface | endswith("b0")) | "\(.permitted) \(.logged)")')"
check 'status says so' status_has 'policy on (log, 2 prefixes)'
stop_collectd
check 'nothing is left' nothing_left
equal 'log: the event log has it' '30 0' "$(packets_logged logged 192.0.2.1) $(packets_logged logged 10.1.2.3)"

rm "$work/events.jsonl"
permit 10.0.0.0/8
start_collectd b "$(config 'Action "drop"')
<Privacy>
  AddressBitsV4 8
</Privacy>"
check 'drop: attached' attached b0
send 10.1.2.3 20
send 192.0.2.1 30
settle
check 'drop: <Privacy> cuts what the alert names' wait_for 5 raised 192.0.0.0 1
check 'drop: in its words, too' eval '! ctl alerts | grep -F 192.0.2.1'
equal 'drop: permitted' 20 "$(outcome permitted)"
equal 'drop: dropped' 30 "$(outcome dropped)"
check 'drop: drops have them once, as a reason of their own' wait_for 5 drops_are 30
equal 'drop: kidosctl drops tells them apart' 30 "$(ctl drops --json | jq .policy)"
check 'drop: every packet has one outcome' sums_to_received
permit 192.0.2.0/24
check 'reload: by itself' wait_for 10 logged '1 prefixes in 1 lists; other sources are dropped'
sleep 3
send 10.1.2.3 7
send 192.0.2.1 8
settle
equal 'reload: permitted' 28 "$(outcome permitted)"
equal 'reload: dropped' 37 "$(outcome dropped)"
echo '{ "permitted_cidrs": ["10.0.0.0/33"] }' >"$file"
check 'a bad file is refused' wait_for 10 logged 'a prefix length over 32'
send 192.0.2.1 9
settle
equal 'a bad file changes nothing' 37 "$(outcome permitted)"
check 'every packet has one outcome' sums_to_received
stop_collectd
equal 'drop: the event log has it' '30 20 7' \
	"$(packets_logged dropped 192.0.0.0) $(packets_logged permitted 10.0.0.0) $(packets_logged dropped 10.0.0.0)"
start_collectd b "$(config 'Action "drop"')"
check 'a bad file at the start: nothing is policed' wait_for 20 logged 'nothing is policed'
check 'a bad file at the start: status says so' wait_for 5 status_has 'policy failed ('
permit 10.0.0.0/8
check 'a bad file at the start: the next one is taken' wait_for 10 logged '1 prefixes in 1 lists'
send 192.0.2.1 11
settle
equal 'a bad file at the start: the next one decides' 11 "$(outcome dropped)"
ip -n "$run-b" address add 10.0.0.2/24 dev b0
ip -n "$run-b" route add default via 10.0.0.1
# The host's resolvers are reached by the same route.
mapfile -t resolvers < <(sed -nE 's|^nameserver ([0-9.]+)$|\1/32|p' /etc/resolv.conf)
permit 10.0.0.0/24 "${resolvers[@]}"
check 'a file with the gateway is taken' ctl policy reload
permit 192.0.2.0/24 "${resolvers[@]}"
check 'a file without the gateway: by itself it has to be confirmed' wait_for 10 \
	logged 'cuts off the gateway 10.0.0.1: it drops for now, and must be confirmed'
check 'a file without the gateway: kidosctl refuses it' refuses 'would cut off the gateway 10.0.0.1' policy reload
check 'a file without the gateway: --force' ctl policy reload --force
check 'a file without the gateway: to be confirmed' status_has 'to be confirmed within'
check 'confirm' ctl policy confirm
check 'confirm: nothing is left to be' refuses 'nothing is to be confirmed' policy confirm
stop_collectd
check 'nothing is left' nothing_left

permit 10.0.0.0/8
start_collectd b "$(config 'Action "drop"' | sed 's/<Interface "b0">/&\n  XdpMode "native"/')"
check 'native XDP: attached' attached b0
send 10.1.2.3 20
send 192.0.2.1 30
settle
equal 'native XDP: permitted' 20 "$(outcome permitted)"
equal 'native XDP: dropped' 30 "$(outcome dropped)"
check 'native XDP: every packet has one outcome' sums_to_received
check 'native XDP: drops have them once' wait_for 5 drops_are 30
stop_collectd
check 'nothing is left' nothing_left
finish
