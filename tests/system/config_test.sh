#!/bin/bash
# SPDX-License-Identifier: MIT
# Every kind of wrong configuration: its exact message, collectd goes on, collectd -T says no.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

long=$(printf 'a%.0s' {1..128})

# Name | lines in <Plugin kidos> (; for a new line) | message
cases='a number that is none|<Flows>;MaxFlows "abc";</Flows>|Plugin kidos / Flows / MaxFlows "abc": not a number
a number out of range|<Flows>;MaxFlows 3;</Flows>|Plugin kidos / Flows / MaxFlows "3": not a whole number from 1024 to 4194304
a fraction|<Flows>;IdleTimeout 1.5;</Flows>|Plugin kidos / Flows / IdleTimeout "1.5": not a whole number from 1 to 86400
a size that is none|MemoryLimit "12X"|Plugin kidos / MemoryLimit "12X": not a size (a number, with K, M, G or T)
a boolean that is none|<Flows>;Enabled "maybe";</Flows>|Plugin kidos / Flows / Enabled "maybe": not a boolean (true or false)
a word that is none of the choices|<Interface "x">;XdpMode "fast";</Interface>|Plugin kidos / Interface "x" / XdpMode "fast": not one of auto native generic hw tc
an unknown option|Colour "red"|Plugin kidos / Colour "red": unknown option
an unknown option in a block|<Flows>;Colour "red";</Flows>|Plugin kidos / Flows / Colour "red": unknown option
an unknown block|<Streams>;Colour "red";</Streams>|Plugin kidos / Streams "": unknown block
two values|<Flows>;MaxFlows 1024 2048;</Flows>|Plugin kidos / Flows / MaxFlows "1024 2048": takes exactly one value
a prefix that is none|<Flows>;Group "10.0.0.0/8" "10.0.0.0/33";</Flows>|Plugin kidos / Flows / Group "10.0.0.0/8 10.0.0.0/33": not a prefix, as 10.0.0.0/8 or 2001:db8::/32 are
one length of two|<Flows>;GroupPrefix 24;</Flows>|Plugin kidos / Flows / GroupPrefix "24": takes two values
a length beyond the address|<Flows>;GroupPrefix 33 64;</Flows>|Plugin kidos / Flows / GroupPrefix "33 64": not two numbers up to 32 (IPv4) and 128 (IPv6)
a flow key that is none|<Flows>;FlowKey "host";</Flows>|Plugin kidos / Flows / FlowKey "host": not one of prefix five-tuple group
a quota of two values|<Alerts>;Quota "eth0" "1T";</Alerts>|Plugin kidos / Alerts / Quota "eth0 1T": takes three values: an interface, a size and a day of the month
a quota of a day that some months lack|<Alerts>;Quota "eth0" "1T" 31;</Alerts>|Plugin kidos / Alerts / Quota "eth0 1T 31": the day is not a number from 1 to 28
what can not be exempt|<Alerts>;Exempt "port 99999";</Alerts>|Plugin kidos / Alerts / Exempt "port 99999": not a prefix, "port N"
an action that nobody does|<OnNotification>;Do "capture";</OnNotification>|Plugin kidos / OnNotification / Do "capture": there is nobody who does it
a value of a block that takes none|<Flows "x">;</Flows>|Plugin kidos / Flows "x": takes no value
a string where a number was given|StatePath 5|Plugin kidos / StatePath "5": not a string
an empty state path|StatePath ""|Plugin kidos / StatePath "": is empty
a relative state path|StatePath "bpf"|Plugin kidos / StatePath "bpf": not an absolute path
a namespace with a slash|<Interface "x">;Namespace "../x";</Interface>|Plugin kidos / Interface "x" / Namespace "../x": not a namespace name
an interface without a name|<Interface>;Egress true;</Interface>|Plugin kidos / Interface: takes one name or "/regular expression/"
an empty interface name|<Interface "">;</Interface>|Plugin kidos / Interface "": is empty
an interface name that is too long|<Interface "'$long'">;</Interface>|Plugin kidos / Interface "'$long'": longer than 127 characters, as no interface name is
an interface name with a blank|<Interface "a b">;</Interface>|Plugin kidos / Interface "a b": not an interface name
half a regular expression|<Interface "/eth">;</Interface>|Plugin kidos / Interface "/eth": not a regular expression between slashes
a Report of a regular expression|<Interface "/^e/">;Report "lan";</Interface>|Plugin kidos / Interface "/^e/" / Report "lan": one name for all that a regular expression matches
a Report that another has|<Interface "x">;Report "lan";</Interface>;<Interface "y">;Namespace "n";Report "lan";</Interface>|Plugin kidos / Interface "y" / Report "lan": another Interface block has it
a Report that becomes another'\''s|<Interface "x">;Report "lan_0";</Interface>;<Interface "y">;Report "lan/0";</Interface>|Plugin kidos / Interface "y" / Report "lan/0": another Interface block has it
a Report that is another'\''s name|<Interface "x">;</Interface>;<Interface "y">;Report "x";</Interface>|Plugin kidos / Interface "y": its values would have the names of those of Interface "x"
a Report that is another'\''s name in a namespace|<Interface "y">;Report "n:x";</Interface>;<Interface "x">;Namespace "n";</Interface>|Plugin kidos / Interface "x": its values would have the names of those of Interface "y"
a name that is that of another'\''s flows|<Interface "x.flows">;</Interface>;<Interface "x">;</Interface>|Plugin kidos / Interface "x": its values would have the names of those of Interface "x.flows"
too little memory|MemoryLimit "4K"|Plugin kidos / MemoryLimit "4096":'

wrong() {
	local name=$1 lines=${2//;/$'\n'} message=$3
	start_collectd a "$lines"
	wait_for 10 logged 'kidos: ' && wait_for 10 logged 'Initialization complete'
	if logged "kidos: $message" && kill -0 "$daemon" && [ ! -e "$state" ]; then
		ok "$name: said, and collectd goes on"
	else
		not_ok "$name: said, and collectd goes on" "wanted: kidos: $message"$'\n'"$(cat "$work/log")"
	fi
	stop_collectd
	write_config "$lines"
	if timeout $((20 * ${KIDOS_SLOW:-1})) collectd -T -C "$work/collectd.conf" >"$work/said" 2>&1; then
		not_ok "$name: collectd -T exits 1" "$(cat "$work/said")"
	else
		ok "$name: collectd -T exits 1"
	fi
}

right() {
	write_config '<Interface "nothere">
	  Report "lan"
	</Interface>
	<Interface "/^nor/">
	  Report ""
	</Interface>
	<Interface "nothere2">
	  Report "Lan"
	</Interface>'
	timeout $((20 * ${KIDOS_SLOW:-1})) collectd -T -C "$work/collectd.conf"
}

make_ns a
while IFS='|' read -r name lines message <&3; do
	wrong "$name" "$lines" "$message"
done 3<<<"$cases"

check 'a right configuration: collectd -T exits 0' right

start_collectd a '<Interface "nothere">
</Interface>'
check 'an interface that is not there: one line' wait_for 10 logged 'interface nothere in this namespace: waiting for it'
equal 'an interface that is not there: said once' 1 "$(grep -c nothere "$work/log")"
stop_collectd
check 'nothing is left' nothing_left
finish
