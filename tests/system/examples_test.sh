#!/bin/bash
# SPDX-License-Identifier: MIT
# The examples in collectd.conf.d for those who take alerts, with the real thing behind each: a set of
# nftables by way of sudo, Alertmanager, a mail server, Nagios's command file.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"
# shellcheck source-path=SCRIPTDIR source=support/alerts.bash
. "$(dirname "$0")/support/alerts.bash"

folder=$work/kidos # in place of /usr/local/lib/kidos and /etc/kidos

# install_scripts: the user is nobody, who is there everywhere
install_scripts() {
	local file
	mkdir -p "$folder" "$work/sudoers"
	for file in notify-block block-address notify-alertmanager never-block; do
		example "$file" >"$folder/$file"
		chmod 755 "$folder/$file"
	done
	example notify-block.sudoers >"$work/sudoers/kidos-block"
	chmod 440 "$work/sudoers/kidos-block"
	chown -R root:root "$folder" "$work/sudoers"
}

example() {
	sed -e "s,/usr/local/lib/kidos,$folder,g" -e "s,/etc/kidos,$folder,g" -e 's/kidos-block ALL/nobody ALL/' \
		-e 's/"kidos-block"/"nobody"/' "$top/collectd.conf.d/$1"
}

# start SNIPPET [SED-SCRIPT [LINES in <Alerts>]]: with its own sudoers, which the system's stay out of
start() {
	uncommented "$1" | sed -e "s,$work/notify,$folder/notify,; s/\"kidos-block\"/\"nobody\"/" -e "${2:-}" >"$work/snippet.conf"
	start_collectd b "<Interface \"b0\">
	</Interface>
	<Drops>
	  Enabled false
	</Drops>
	<Connects>
	  Enabled false
	</Connects>
	<Flows>
	  IdleTimeout 3
	</Flows>
	<Alerts>
	  CoolDown 1
	  Window 3
	  ${3:-}
	</Alerts>
	</Plugin>
	Include \"$work/snippet.conf\"
	<Plugin kidos>" unshare --mount sh -c "mount --bind $work/sudoers /etc/sudoers.d && exec \"\$@\"" --
	wait_for 20 interface_is b0 attached
	settle
}

scan() {
	at_host a ports 10.1.0.2 7000 30
}

# Of a busy machine collectd says that a read took long.
no_complaint() {
	! grep -E '\[(error|warning)\]' "$work/log" | grep -vF 'which is above its read interval'
}

# stop NAME
stop() {
	check "$1: nothing is complained of" no_complaint
	stop_collectd
}

# --- a firewall ---

blocked() {
	in_ns b nft -j list set inet kidos_block block4 |
		jq -r '.nftables[] | select(.set) | .set.elem // [] | .[] | .elem | "\(.val) \(.timeout)"'
}

is_blocked() {
	[ "$(blocked)" = "$1" ] || { blocked; return 1; }
}

block() {
	local try
	for try in nft sudo; do
		command -v $try >/dev/null || { skip 'notify-block: an address is blocked' "needs $try"; return; }
	done
	in_ns b nft -f "$top/collectd.conf.d/notify-block.nft" 2>"$work/said" ||
		{ skip 'notify-block: an address is blocked' "$(head -1 "$work/said")"; return; }
	check 'notify-block: visudo takes the rule' visudo -cf "$work/sudoers/kidos-block"
	start notify-block.conf 's/RepeatedFlow 200/RepeatedFlow 50/'
	scan
	at_host a syns 10.1.0.2 9000 300 198.18.0.1
	at_host a connections 10.1.0.2 9000 80
	wait_for 20 raised repeated_flow
	sleep 1
	check 'notify-block: not what is in never-block' is_blocked ''
	echo 192.168.0.0/16 >"$folder/never-block"
	wait_for 20 none_active
	at_host a connections 10.1.0.2 9000 80
	check 'notify-block: who connects again and again' wait_for 20 is_blocked '10.1.0.1 3600'
	check 'notify-block: is heard no more' not_reached
	in_ns b nft flush set inet kidos_block block4
	stop 'notify-block'
	refuses
	in_ns b nft delete table inet kidos_block
}

none_active() {
	[ "$(ctl alerts --json | jq '[.alerts[] | select(.active)] | length')" = 0 ]
}

not_reached() {
	! in_ns a ping -c 1 -W 1 10.1.0.2
}

# What a script that was taken over might try.
refuses() {
	local word
	for word in '' 10.1.0 10.1.0.1/8 '10.1.0.1 }; flush ruleset' '$(id)' 127.0.0.1 224.0.0.1 0.0.0.0 ::1 10.1.0.2 192.168.1.1 -h; do
		check "block-address: refuses \"$word\"" refuses_one "$word"
	done
	check 'block-address: refuses two' refuses_one 10.1.0.1 10.1.0.9
	mv "$folder/never-block" "$folder/gone"
	check 'block-address: refuses without never-block' refuses_one 10.1.0.1
	echo 'not a prefix' >"$folder/never-block"
	check 'block-address: refuses with a wrong never-block' refuses_one 10.1.0.1
	mv "$folder/gone" "$folder/never-block"
	check 'block-address: takes IPv6' in_ns b "$folder/block-address" 2001:db8::7
	check 'sudo: nothing else' not_allowed id
	check 'sudo: not another user' not_allowed -u daemon "$folder/block-address" 10.1.0.1
}

refuses_one() {
	! in_ns b "$folder/block-address" "$@" && is_blocked ''
}

not_allowed() {
	! unshare --mount sh -c "mount --bind $work/sudoers /etc/sudoers.d && exec \"\$@\"" -- \
		setpriv --reuid nobody --regid nogroup --clear-groups sudo -n "$@"
}

# --- Alertmanager ---

# What its receiver was sent, a line each.
write_hook() {
	cat >"$work/hook" <<-'END'
		import http.server, sys
		class Hook(http.server.BaseHTTPRequestHandler):
		    def do_POST(self):
		        body = self.rfile.read(int(self.headers["Content-Length"]))
		        with open(sys.argv[1], "ab") as file:
		            file.write(body.strip() + b"\n")
		        self.send_response(200)
		        self.end_headers()
		http.server.HTTPServer(("127.0.0.1", 9099), Hook).serve_forever()
	END
	cat >"$work/alertmanager.yml" <<-END
		route:
		  receiver: hook
		  group_by: [alertname]
		  group_wait: 1s
		  group_interval: 1s
		receivers:
		  - name: hook
		    webhook_configs:
		      - url: http://127.0.0.1:9099/
	END
}

manager() {
	in_ns b curl -s "http://127.0.0.1:9093/api/v2/alerts?$1"
}

is_active() {
	[ "$(manager active=true | jq -r --arg kind "$1" '[.[] | select(.labels.alertname == $kind)] | length')" = "$2" ]
}

# sent STATUS KIND: how many alerts the receiver was sent so
sent() {
	jq -s --arg status "$1" --arg kind "$2" \
		'[.[].alerts[] | select(.status == $status and .labels.alertname == $kind)] | length' "$work/hooked"
}

was_sent() {
	[ "$(sent "$@")" -ge 1 ]
}

alertmanager() {
	command -v prometheus-alertmanager >/dev/null ||
		{ skip 'notify-alertmanager: an alert is received' 'needs prometheus-alertmanager'; return; }
	write_hook
	: >"$work/hooked"
	background b python3 "$work/hook" "$work/hooked"
	background b prometheus-alertmanager --config.file="$work/alertmanager.yml" --storage.path="$work/manager" \
		--cluster.listen-address= --web.listen-address=127.0.0.1:9093
	wait_for 20 in_ns b curl -sf http://127.0.0.1:9093/-/ready
	start notify-alertmanager.conf
	scan
	check 'notify-alertmanager: active in Alertmanager' wait_for 20 is_active port_scan 1
	check 'notify-alertmanager: labels are kind, host and interface' labels_are
	check 'notify-alertmanager: its receiver is sent the start' wait_for 20 was_sent firing port_scan
	check 'notify-alertmanager: resolved' wait_for 20 is_active port_scan 0
	check 'notify-alertmanager: its receiver is sent the end' wait_for 20 was_sent resolved port_scan
	stop 'notify-alertmanager'
}

labels_are() {
	jq -s -c '.[0].alerts[0] // empty' "$work/hooked"
	wait_for 10 was_sent firing port_scan
	[ "$(jq -s -c '.[0].alerts[0].labels | to_entries | sort_by(.key) | map("\(.key)=\(.value)") | join(" ")' "$work/hooked")" = \
		'"alertname=port_scan instance=kt interface=b0 job=kidos"' ]
}

# --- mail ---

write_mailbox() {
	cat >"$work/mailbox" <<-'END'
		import socketserver, sys
		class Mail(socketserver.StreamRequestHandler):
		    def say(self, line):
		        self.wfile.write(line.encode() + b"\r\n")
		    def handle(self):
		        self.say("220 here")
		        for line in iter(self.rfile.readline, b""):
		            word = line[:4].upper()
		            if word == b"DATA":
		                self.say("354 go on")
		                with open(sys.argv[1], "ab") as file:
		                    for text in iter(self.rfile.readline, b".\r\n"):
		                        file.write(text)
		            self.say("221 bye" if word == b"QUIT" else "250 ok")
		            if word == b"QUIT":
		                break
		socketserver.ThreadingTCPServer.allow_reuse_address = True
		socketserver.ThreadingTCPServer(("127.0.0.1", 25), Mail).serve_forever()
	END
}

mailed() {
	grep -qE "$1" "$work/mail"
}

mail() {
	[ -z "$(ldd /usr/lib/collectd/notify_email.so | grep 'not found')" ] ||
		{ skip 'notify-email: an alert is mailed' 'needs libesmtp6'; return; }
	write_mailbox
	: >"$work/mail"
	background b python3 "$work/mailbox" "$work/mail"
	start notify-email.conf 's/"localhost"/"127.0.0.1"/'
	scan
	check 'notify-email: the start' wait_for 20 mailed '^Subject: .*kidos WARNING on kt'
	check 'notify-email: what it is about' mailed 'port_scan on b0: [0-9]+ ports tried in vain by 10.1.0.1'
	check 'notify-email: the end' wait_for 20 mailed '^Subject: .*kidos OKAY on kt'
	stop 'notify-email'
}

# Nobody accepts the connection: 10.1.0.9 is not there.
dead_mail() {
	local before
	start notify-email.conf 's/"localhost"/"10.1.0.9"/'
	scan
	check 'a dead mail server: the alert is raised' wait_for 20 raised port_scan
	before=$(last_poll)
	check 'a dead mail server: polls go on' within 6 polled_after $((before + 3))
	settle
	equal 'a dead mail server: raised is sent, lost, suppressed and pending' "$(csv_sum 'alerts/total_events-*')" \
		"$(csv_sum 'self/total_events-alerts_*' 'self/objects-alerts_pending')"
	stop_collectd
	check 'a dead mail server: down in two seconds' test "$stopped_ms" -le 3000
}

raised() {
	[ "$(ctl alerts --json | jq --arg kind "$1" '[.alerts[] | select(.kind == $kind)] | length')" -ge 1 ]
}

# csv_sum INSTANCE/TYPE-PATTERN...
csv_sum() {
	local pattern file sum=0 line
	for pattern in "$@"; do
		# shellcheck disable=SC2231 # a pattern
		for file in "$work"/csv/kt/kidos-$pattern-20*; do
			newest "$file"
			line=${line#*,}
			sum=$((sum + ${line%%[.,]*}))
		done
	done
	echo "$sum"
}

# --- Nagios ---

nagios() {
	: >"$work/nagios.cmd"
	start notify-nagios.conf "s,/var/lib/nagios4/rw/nagios.cmd,$work/nagios.cmd,"
	scan
	check 'notify-nagios: a warning' wait_for 20 grep -E \
		'^\[[0-9]+\] PROCESS_SERVICE_CHECK_RESULT;kt;kidos-b0/port_scan;1;' "$work/nagios.cmd"
	check 'notify-nagios: all is well again' wait_for 20 grep -E 'kidos-b0/port_scan;0;' "$work/nagios.cmd"
	stop 'notify-nagios'
}

write_scripts
install_scripts
two_hosts
listen
block
alertmanager
mail
dead_mail
nagios
check 'nothing is left' nothing_left
finish
