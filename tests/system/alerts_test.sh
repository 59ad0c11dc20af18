#!/bin/bash
# SPDX-License-Identifier: MIT
# Alerts through real collectd and its exec plugin to a script: start and end of drop_share, a new
# drop reason, cool-down, rate limit, metadata, hostile names, receivers that take their time.
# alone: all that is dropped on the machine is looked at
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"
# shellcheck source-path=SCRIPTDIR source=support/alerts.bash
. "$(dirname "$0")/support/alerts.bash"

hostile=$'ev"\e[2J\xff'

# start NS KIDOS-LINES [SCRIPT]
start() {
	end_sleepers
	rm -f "$got"/*
	write_receivers "${3:-receive}"
	[ -z "${more_plugins:-}" ] || { start_collectd "$1" "$2"; return; }
	start_collectd "$1" "$2
	</Plugin>
	Include \"$work/receivers.conf\"
	<Plugin kidos>"
}

config() {
	cat <<-END
		<Interface "/^(b[0-9]|ev)/">
		  Virtual true
		</Interface>
		<Drops>
		  $2
		</Drops>
		<Alerts>
		  $1
		</Alerts>
	END
}

all_attached() {
	[ "$(ctl status --json | jq '[.interfaces[] | select(.state == "attached")] | length')" = "$1" ] &&
		[ "$(ctl status --json | jq -r .collectors.drops.state)" = on ]
}

# send NS INTERFACE COUNT
send() {
	in_ns "$1" "$frames" "$2" udp "$3" --dst-mac $nobody
}

same_id() {
	local start end
	start=$(told 'Severity: WARNING' 'Type: drop_share' 'PluginInstance: b0')
	end=$(told 'Severity: OKAY' 'Type: drop_share' 'PluginInstance: b0')
	echo "start: $(header "$start" alert_id), end: $(header "$end" alert_id)"
	[ -n "$(header "$start" alert_id)" ] && [ "$(header "$start" alert_id)" = "$(header "$end" alert_id)" ]
}

# The script that is shipped, with a logger that prints.
example_script() {
	mkdir -p "$work/bin"
	printf '#!/bin/sh\necho "$@"\n' >"$work/bin/logger"
	chmod 755 "$work/bin/logger"
	PATH=$work/bin:$PATH sh "$top/collectd.conf.d/notify-log" <"$1" >"$work/example"
	cat "$work/example"
	grep -qF -- "-t kidos WARNING $(header "$1" alert_id) drop_share on b0: 100 % of packets dropped" \
		"$work/example"
}

# The drop may have been any packet on this machine, one without addresses too.
has_community() {
	grep -E '^(src|dst|community_id):' "$1"
	[ -z "$(header "$1" src)" ] || [[ $(header "$1" community_id) == 1:* ]]
}

events() {
	csv_last "$1/total_events-$2" | cut -d. -f1
}

no_error() {
	! grep -F '[error]' "$work/log"
}

# --- start, end, cool-down, metadata ---

start_and_end() {
	local file i
	start b "$(config 'CoolDown 3' '')"
	check 'attached' wait_for 20 all_attached 3
	settle
	send b b0 3000
	send a a0 15
	settle
	equal 'no alert below the threshold' '' "$(told 'Type: drop_share')"
	for i in 1 2 3 4; do
		send a a0 2000
		sleep 1
	done
	check 'drop_share starts' await 1 'Severity: WARNING' 'Type: drop_share'
	file=$(told 'Severity: WARNING' 'Type: drop_share')
	check 'metadata is complete' has_metadata "$file"
	equal 'the instance is the interface' b0 "$(header "$file" PluginInstance)"
	equal 'the script runs as nobody' nobody "$(cat "$got"/*.user | sort -u)"
	equal 'the threshold is told' '1.000000e+00' "$(header "$file" threshold)"
	equal 'kidosctl alerts lists it as active' "$(header "$file" alert_id) true" \
		"$(ctl alerts --json | jq -r '.alerts[0] | "\(.alert_id) \(.active)"')"
	check 'drop_share ends' await 1 'Severity: OKAY' 'Type: drop_share'
	check 'start and end have one id' same_id
	equal 'within the cool-down it was one alert' 1 "$(told 'Severity: WARNING' 'Type: drop_share' | wc -l)"
	settle
	equal 'values: raised, active now' '1 0.000000' \
		"$(events alerts drop_share) $(csv_last alerts/objects-drop_share)"
	equal 'values: sent, suppressed, lost' '1 0 0' \
		"$(events self alerts_sent) $(events self alerts_suppressed) $(events self alerts_lost)"
	check 'the log has no error' no_error
	ctl collector alerts off >/dev/null
	send a a0 2000
	settle
	equal 'switched off: nothing is raised' 1 "$(events alerts drop_share)"
	check 'the script of the examples tells of it' example_script "$file"
	equal 'kidosctl alerts lists it as over' false "$(ctl alerts --json | jq -r '.alerts[0].active')"
	stop_collectd
}

# --- three alerts at once, one is allowed; a minute later the next is ---

sums() {
	echo "$(events alerts drop_share) $(events self alerts_sent) $(events self alerts_suppressed) $(
		events self alerts_lost) $(csv_last self/objects-alerts_pending | cut -d. -f1)"
}

rate_limit() {
	local i
	start b "$(config $'RateLimit 1\nCoolDown 120' '')"
	wait_for 20 all_attached 3
	settle
	for i in 0 1; do
		send a "a$i" 2000
	done
	send a "$hostile" 2000
	check 'rate limit: one of three is told' await 1 'Type: drop_share'
	settle
	equal 'rate limit: raised, sent, suppressed, lost, pending' '3 1 0 0 2' "$(sums)"
	check 'rate limit: the next is sent a minute later' wait_for 70 told_count 2 'Type: drop_share'
	settle
	equal 'rate limit: one is pending still' '3 2 0 0 1' "$(sums)"
	stop_collectd
}

# --- a name that would forge headers, a reason that was never seen ---

# What a script reads has no byte that a name could have brought in.
all_printable() {
	local file
	for file in "$got"/[0-9]*; do
		! LC_ALL=C grep -nP '[^\x20-\x7e]' "$file" || return 1
	done
}

hostile_name() {
	local file
	start b "$(config 'CoolDown 1' 'LearnTime 0')"
	wait_for 20 all_attached 3
	send a "$hostile" 1000 # before the first poll brings names, perhaps
	settle
	send a "$hostile" 2000
	check 'a hostile name: told' await 1 'Severity: WARNING' 'Type: drop_share'
	file=$(told 'Severity: WARNING' 'Type: drop_share')
	equal 'a hostile name: escaped' 'ev\x22\x1b[2J\xff' "$(header "$file" PluginInstance)"
	check 'a hostile name: in kidosctl too' grep -qF 'ev\x22\x1b[2J\xff' <(ctl alerts)
	check 'a new reason is told' await 1 'Severity: WARNING' 'Type: new_drop_reason' 'OTHERHOST'
	file=$(told 'Severity: WARNING' 'Type: new_drop_reason' 'OTHERHOST')
	check 'a new reason: metadata is complete' has_metadata "$file"
	check 'a new reason: each by its name' not_told 'Type: new_drop_reason' 'reason, [0-9]+ '
	check 'a new reason: addresses have a community id' has_community "$file"
	check 'all that scripts read is printable' all_printable
	stop_collectd
}

# --- a clean stop ends what is active ---

# stop_ends NAME: one that was sent, and one that the rate limit held back
stop_ends() {
	start b "$(config $'CoolDown 60\nRateLimit 1' '')"
	wait_for 20 all_attached 3
	settle
	send a a0 2000
	check "$1: started" await 1 'Severity: WARNING' 'Type: drop_share'
	send a a1 2000
	wait_for 20 active_alerts 2
	stop_collectd
	# A script that the daemon before ran at its stop may write only now.
	check "$1: ended by the stop" await 1 'Severity: OKAY' 'Type: drop_share' 'PluginInstance: b0'
	check "$1: start and end have one id" same_id
	check "$1: down in two seconds" test "$stopped_ms" -le 2000
	check "$1: the log has no error" no_error
}

# --- receivers that take their time ---

polls_go_on() {
	local before
	before=$(last_poll)
	within 4 polled_after $((before + 2))
}

active_alerts() {
	[ "$(ctl alerts --json | jq '[.alerts[] | select(.active)] | length')" -ge "$1" ]
}

# How long collectd takes to stop while a receiver sleeps.
stop_while_told() {
	start b "$(config 'CoolDown 60' '')" "$1"
	wait_for 20 all_attached 3 && settle
	send a a0 2000
	wait_for 20 active_alerts 1
	stop_collectd
}

# collectd leaves them behind, in the namespace.
end_sleepers() {
	local file
	for file in "$got"/sleeper.*; do
		[ ! -e "$file" ] || kill "${file##*.}" 2>/dev/null
	done
}

# A second try, since a machine that stood still is not our fault.
down_in_time() {
	echo "down in $stopped_ms ms"
	[ "$stopped_ms" -gt 2000 ] || return 0
	stop_while_told "$1"
	echo "down in $stopped_ms ms"
	[ "$stopped_ms" -le 2000 ]
}

# slow NAME RECEIVER
slow() {
	start b "$(config 'CoolDown 60' '')" "$2"
	wait_for 20 all_attached 3
	settle
	send a a0 2000
	check "$1: raised" wait_for 20 active_alerts 1
	check "$1: polls go on" polls_go_on
	send a a1 2000
	check "$1: the next is raised meanwhile" within 5 active_alerts 2
	stop_collectd
	check "$1: down in two seconds" down_in_time "$2"
	end_sleepers
	check "$1: nothing is left" nothing_left
}

# kidos-netns, which the other links are made with, refuses such a name; ip does not.
make_hostile() {
	ip -n "$run-a" link add "$hostile" arp off type veth peer name "$hostile" netns "$run-b" &&
		ip -n "$run-b" link set "$hostile" arp off up && ip -n "$run-a" link set "$hostile" up
}

write_scripts
make_ns a b
make_veth a a0 b b0
make_veth a a1 b b1
make_hostile
start_and_end
rate_limit
hostile_name
stop_ends 'stop, exec loaded after kidos'
more_plugins="Include \"$work/receivers.conf\"" stop_ends 'stop, exec loaded before kidos'
slow 'a script that sleeps ten seconds' sleeper
slow 'a plugin that sleeps ten seconds' notify_sleep
finish
