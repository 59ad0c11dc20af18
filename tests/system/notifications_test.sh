#!/bin/bash
# SPDX-License-Identifier: MIT
# <OnNotification>: notifications of other plugins, handed to a real collectd over its unixsock, start
# what the configuration says: those of this host, of exactly this plugin and type, and never kidos's own.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

# start BLOCKS [LINES outside of <Plugin kidos>]
start() {
	start_collectd b "<Drops>
	  Enabled false
	</Drops>
	$1
	</Plugin>
	LoadPlugin unixsock
	<Plugin unixsock>
	  SocketFile \"$work/socket\"
	</Plugin>
	${2:-}
	<Plugin kidos>"
}

rule() {
	printf '<OnNotification>\n%s\n</OnNotification>\n' "$1"
}

# put SEVERITY HOST PLUGIN TYPE MESSAGE [PLUGIN-INSTANCE]
put() {
	python3 - "$work/socket" "$@" <<-'END'
		import socket, sys, time
		path, severity, host, plugin, kind, message, *instance = sys.argv[1:]
		plugin += "".join(" plugin_instance=" + word for word in instance)
		one = socket.socket(socket.AF_UNIX)
		one.connect(path)
		one.sendall(('PUTNOTIF severity=%s time=%d host=%s plugin=%s type=%s message="%s"\n' % (
		    severity, time.time(), host, plugin, kind, message)).encode("utf-8", "surrogateescape"))
		answer = one.recv(256).decode()
		print(answer)
		sys.exit(0 if answer.startswith("0 ") else 1)
	END
}

ready() {
	[ -S "$work/socket" ] && logged 'Initialization complete'
}

# lines PATTERN: how many of the log have it
lines() {
	grep -cE -- "kidos: notification: $1" "$work/log"
}

refused() {
	start "$(rule "Do \"$1\"")"
	check "$1: nobody does it" wait_for 20 logged "Plugin kidos / OnNotification / Do \"$1\": there is nobody who does it"
	check "$1: collectd goes on without kidos" wait_for 20 logged 'Initialization complete'
	check "$1: kidos has not begun" test ! -e "$state"
	stop_collectd
}

taken() {
	start "$(rule $'Plugin "toy"\nType "heat"\nSeverity "warning"')
	$(rule $'Plugin "toy"\nType "heat"\nEnabled false')
	$(rule $'Plugin "kidos"\nSeverity "okay"')"
	wait_for 20 ready
	check 'as severe as the rule' put warning kt toy heat hot
	put failure kt toy heat hotter >/dev/null
	put okay kt toy heat cold >/dev/null
	put failure kt toys heat no >/dev/null
	put failure kt toy heating no >/dev/null
	put failure elsewhere toy heat no >/dev/null
	put failure kt kidos heat own >/dev/null
	put failure kt toy heat $'e\e[2J\\nvil\xff' >/dev/null
	check 'those that match have a line' wait_for 20 logged 'FAILURE of toy, heat: e'
	equal 'a line each' '1 1 3' "$(lines 'WARNING of toy, heat: hot$') $(lines 'FAILURE of toy, heat: hotter$') $(lines '')"
	check 'nothing in it can move a terminal' grep -qF 'FAILURE of toy, heat: e\x1b[2J' "$work/log"
	settle
	equal 'they are counted' 3 "$(csv_last self/total_events-notifications | cut -d. -f1)"
	ctl collector notifications off >/dev/null
	put failure kt toy heat off >/dev/null
	equal 'switched off: no line' 3 "$(lines '')"
	stop_collectd
}

# threshold names the plugin of the value.
threshold() {
	start "$(rule 'Type "gauge"')" "LoadPlugin threshold
	<Plugin threshold>
	  <Plugin kidos>
	    Instance \"self\"
	    <Type gauge>
	      Instance \"last_poll\"
	      FailureMax 1
	    </Type>
	  </Plugin>
	</Plugin>"
	check 'what threshold says of a value of kidos' wait_for 20 logged 'notification: FAILURE of kidos-self, gauge: '
	stop_collectd
}

send() {
	in_ns a python3 "$top/tests/tools/udp-frames.py" a0 02:00:00:00:00:99 "$1" --src 192.0.2.1 --dst 10.0.0.9 >/dev/null
	settle
	echo "$(csv_last b0/ipt_packets-dropped) $(csv_last b0/ipt_packets-logged)"
}

policy_says() {
	ctl policy show | grep -F "$1"
}

disarmed() {
	make_ns a
	make_veth a a0 b b0
	echo '{ "permitted_cidrs": ["10.0.0.0/8"] }' >"$work/permitted.json"
	chmod 644 "$work/permitted.json"
	start "<Interface \"b0\">
	</Interface>
	<Policy>
	  PermittedFile \"$work/permitted.json\"
	  Action \"drop\"
	</Policy>
	$(rule $'Plugin "toy"\nDo "policy-log"')"
	wait_for 20 interface_is b0 attached && wait_for 20 ready
	equal 'policy-log: it drops' '5 0' "$(send 5)"
	put failure kt toy heat hot >/dev/null
	check 'policy-log: kidosctl says it' wait_for 5 policy_says 'logs and does not drop'
	equal 'policy-log: it logs' '5 7' "$(send 7)"
	check 'policy-log: confirmed' ctl policy confirm
	equal 'policy-log: it drops again' '14 7' "$(send 9)"
	stop_collectd
}

capture_is() {
	[ "$(ctl capture list --json | jq -r '.captures[0].state')" = "$1" ]
}

# Of the interface that it names, and the log says where.
captured() {
	local file
	start "<Interface \"b0\">
	</Interface>
	<Capture>
	  Directory \"$work/captures\"
	  Packets 5
	</Capture>
	$(rule $'Plugin "toy"\nDo "capture"')"
	wait_for 20 interface_is b0 attached && wait_for 20 ready
	put failure kt toy heat hot b0 >/dev/null
	check 'capture: the log has its file' wait_for 5 logged 'pcapng for notification=toy-b0/heat'
	file=$(sed -n 's/.*capture: \(.*pcapng\) for .*/\1/p' "$work/log")
	put failure kt toy heat hotter b0 >/dev/null
	wait_for 5 capture_is running
	in_ns a python3 "$top/tests/tools/udp-frames.py" a0 02:00:00:00:00:99 9 --src 10.0.0.8 --dst 10.0.0.9 >/dev/null
	check 'capture: it ends by its limit' wait_for 5 capture_is 'done'
	equal 'capture: one for both notifications' '1 5 b0' \
		"$(ctl capture list --json | jq -r '[(.captures | length), .captures[0].of_these.packets, .captures[0].captures] | join(" ")')"
	check 'capture: its ledger holds' ctl evidence verify "$file"
	stop_collectd
}

make_ns b
refused capture
refused policy-log
taken
threshold
disarmed
captured
check 'nothing is left' nothing_left
finish
