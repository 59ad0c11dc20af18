#!/bin/bash
# SPDX-License-Identifier: MIT
# Every file of collectd.conf.d, uncommented, in real collectd: it is accepted and does what it says.
# alone: all that is dropped on the machine is looked at
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"
# shellcheck source-path=SCRIPTDIR source=support/alerts.bash
. "$(dirname "$0")/support/alerts.bash"

# The shipped script, with a logger that writes into a file that nobody may write.
write_script() {
	chmod 755 "$work"
	: >"$got"
	chmod 666 "$got"
	{
		echo '#!/bin/sh'
		echo "logger() { echo \"\$@\" >>$got; }"
		cat "$top/collectd.conf.d/notify-log"
	} >"$work/notify-log"
	chmod 755 "$work/notify-log"
}

# start SNIPPET [LINES in <Plugin kidos>]
start() {
	uncommented "$1" >"$work/snippet.conf"
	start_collectd b "${2:-}
	</Plugin>
	Include \"$work/snippet.conf\"
	<Plugin kidos>"
}

# The shipped policy says nothing of IPv6, and the log says so. Of a busy machine collectd says that a
# read took long.
no_complaint() {
	! grep -E '\[(error|warning)\]' "$work/log" |
		grep -vE 'so IPv6 is not policed|which is above its read interval'
}

state_of() {
	status_text --json | jq -r ".collectors.$1.state"
}

# Drops until the alert is there, since the first may come before drops are counted.
alert_comes() {
	local try
	for try in {1..20}; do
		in_ns a "$frames" a0 udp 2000 --dst-mac "$nobody" >/dev/null
		sleep 1
		! grep -q -- "-t kidos WARNING [0-9a-f]* drop_share on b0" "$got" || return 0
	done
	cat "$got" "$work/log"
	return 1
}

kidos_conf() {
	cp "$top/collectd.conf.d/policies/permitted.json" "$work"
	start kidos.conf
	check 'kidos.conf: attached' attached b0
	settle
	equal 'kidos.conf: all collectors are on' '' \
		"$(status_text --json | jq -r '.collectors | to_entries[] | select(.value.state != "on") | .key')"
	check 'kidos.conf: nothing is complained of' no_complaint
	stop_collectd
}

notify_exec_conf() {
	start notify-exec.conf '<Interface "b0">
	  Virtual true
	</Interface>'
	check 'notify-exec.conf: attached' attached b0
	settle
	equal 'notify-exec.conf: alerts are on' on "$(state_of alerts)"
	check 'notify-exec.conf: an alert reaches the script' alert_comes
	check 'notify-exec.conf: nothing is complained of' no_complaint
	stop_collectd
}

# off NAME LINES: no alerts, and one line that says so
off() {
	start_collectd b "$2"
	wait_for 20 logged 'Initialization complete'
	equal "$1: off, said once" 1 \
		"$(grep -c 'alerts are off: they take a block <Alerts> with Enabled true' "$work/log")"
	stop_collectd
}

all_known() {
	local file
	for file in "$top"/collectd.conf.d/*; do
		case ${file##*/} in
		policies) find "$file" -type f -print0 | xargs -0 -n 1 "$kidosctl" policy check || return 1 ;;
		kidos.conf | notify-exec.conf | notify-log) ;;
		collectd.service.d) ;; # of privileges_test.sh
		store-*.conf | threshold.conf | fleet-*.conf) ;; # of stores_test.sh, dashboards_test.sh and fleet_test.sh
		notify-block* | block-address | never-block | notify-alertmanager* | notify-email.conf | \
			notify-nagios.conf) ;; # of examples_test.sh
		*)
			echo "$file is not tried"
			return 1
			;;
		esac
	done
}

make_ns a b
make_veth a a0 b b0
write_script
check 'each shipped file is tried' all_known
kidos_conf
notify_exec_conf
off 'no block' ''
off 'an empty block' '<Alerts>
</Alerts>'
check 'nothing is left' nothing_left
finish
