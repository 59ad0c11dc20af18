#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 5.10
# collectd as a user that is not root, with the capabilities of the README and no other: it counts
# exactly. Each taken away in turn costs what it is for, in one line, and collectd goes on.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

user=54321
# The user's own folder on bpffs, where the state directory can be made and removed.
mkdir "/sys/fs/bpf/$run"
chown $user "/sys/fs/bpf/$run"
state=/sys/fs/bpf/$run/kidos
# The checkout may be closed to the user.
cp "$build/plugin/kidos.so" "$work/"
plugin_dir=$work
: >"$work/log"
chown -R $user "$work"
chmod 755 "$work"

# as_user CAPABILITY,... NS CONFIG: memory may be locked without limit, which 5.10 needs for maps
as_user() {
	local caps=${1//,/,+}
	start_collectd "$2" "$3" sh -c 'ulimit -l unlimited 2>/dev/null; exec "$@"' sh \
		setpriv --reuid $user --regid $user --clear-groups --inh-caps "-all,+$caps" \
		--ambient-caps "-all,+$caps" --bounding-set "-all,+$caps"
}

# Lines of kidos that are warnings or errors.
complaints() {
	grep -E "^\[(warning|error)\] kidos:" "$work/log"
}

one_complaint() {
	[ "$(complaints | wc -l)" = 1 ] || { complaints; return 1; }
}

no_complaint() {
	! complaints
}

has_just() {
	local got
	got=$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$daemon/status")
	[ "$(capsh --decode="$got" | cut -d= -f2)" = "$1" ] &&
		[ "$(awk '/^Uid:/ { print $2, $3, $4 }' "/proc/$daemon/status")" = "$user $user $user" ]
}

# Without CAP_SYSLOG no symbol is known: an address would be a file of its own after each boot. A new
# series begins with a zero.
places_unknown() {
	local files
	mapfile -t files < <(cd "$work/csv/kt/kidos-drops.place" && ls)
	printf '%s\n' "${files[@]}"
	[[ " ${files[*]} " == *' packets-unknown-'* && " ${files[*]} " != *-0x* ]] &&
		[ "$(csv_last drops.place/packets-unknown)" -gt 0 ]
}

make_ns a b c
make_veth a a0 b b0
make_veth a c1 c c0
config='<Interface "b0">
</Interface>'
all=bpf,net_admin,perfmon

as_user $all b "$config"
check 'three capabilities: attached' attached b0
check 'three capabilities: no other, and not root' has_just cap_net_admin,cap_perfmon,cap_bpf
in_ns a "$frames" a0 udp 123 >/dev/null
in_ns a "$frames" a0 tcp 321 --flows 100 >/dev/null
settle
equal 'three capabilities: UDP counted' 123,0 "$(csv_last b0/if_packets-udp)"
equal 'three capabilities: TCP counted' 321,0 "$(csv_last b0/if_packets-tcp)"
equal 'three capabilities: accounted' 0.000000 "$(csv_last b0/gauge-unaccounted_rx)"
check 'three capabilities: nothing to complain about' no_complaint
check 'three capabilities: drops are of an unknown place, none of an address' wait_for 5 places_unknown
equal 'the state directory is the user'"'"'s' "$user 750" "$(stat -c '%u %a' "$state")"
stop_collectd
check 'three capabilities: nothing is left' nothing_left

# without CAPABILITY: none of the three can be missing
for missing in bpf net_admin perfmon; do
	rest=$(tr ',' '\n' <<<"$all" | grep -vx $missing | paste -sd ,)
	as_user "$rest" b "$config"
	wait_for 20 logged 'Initialization complete'
	check "without cap_$missing: said" \
		logged 'loading programs takes CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON (or root)'
	check "without cap_$missing: in one line of kidos" one_complaint
	check "without cap_$missing: collectd goes on" kill -0 "$daemon"
	stop_collectd
	check "without cap_$missing: nothing is left" nothing_left
done

# --- every collector, with what the drop-in of collectd's unit leaves ---

# dropped_in: its bounding set, as capsh has it
dropped_in() {
	sed -n 's/^CapabilityBoundingSet=//p' "$top/collectd.conf.d/collectd.service.d/kidos.conf" |
		tr -s ' \n' ',' | sed 's/^,//; s/,$//; s/CAP_//g' | tr '[:upper:]' '[:lower:]'
}

states() {
	ctl status --json | jq -r '.collectors | to_entries | map("\(.key) \(.value.state)") | sort | join(", ")'
}

all_on() {
	states
	[ "$(states)" = 'alerts on, capture on, connects on, drops on, eventlog on, flows on, notifications on, policy on' ]
}

mkdir -m 750 "$work/events" "$work/captures"
chown $user "$work/events" "$work/captures"
echo '{ "permitted_cidrs": ["0.0.0.0/0", "::/0"] }' >"$work/permitted.json"
as_user "$(dropped_in)" b "$config
<Policy>
	PermittedFile \"$work/permitted.json\"
</Policy>
<Alerts>
	CoolDown 60
</Alerts>
<EventLog>
	File \"$work/events/log\"
</EventLog>
<Capture>
	Directory \"$work/captures\"
</Capture>
<OnNotification>
	Plugin \"cpu\"
</OnNotification>"
check 'drop-in: attached' attached b0
check 'drop-in: every collector is on' wait_for 10 all_on
check 'drop-in: nothing to complain about' no_complaint
in_ns a "$frames" a0 udp 70 >/dev/null
settle
equal 'drop-in: counted' 70,0 "$(csv_last b0/if_packets-udp)"
check 'drop-in: captures' ctl capture start --interface b0 --packets 1
stop_collectd
check 'drop-in: nothing is left' nothing_left

# Other namespaces take CAP_SYS_ADMIN; the own one is counted without.
config="$config
<Interface \"c0\">
	Namespace \"$run-c\"
</Interface>"
as_user $all b "$config"
check 'without cap_sys_admin: attached in its own namespace' attached b0
check 'without cap_sys_admin: said' \
	logged "namespace $run-c: Operation not permitted: it takes CAP_SYS_ADMIN"
in_ns a "$frames" a0 udp 50 >/dev/null
settle
equal 'without cap_sys_admin: counted' 50,0 "$(csv_last b0/if_packets-udp)"
check 'without cap_sys_admin: in one line' one_complaint
stop_collectd
check 'without cap_sys_admin: nothing is left' nothing_left
as_user $all,sys_admin b "$config"
check 'with cap_sys_admin: attached in both namespaces' attached c0
in_ns a "$frames" c1 udp 60 >/dev/null
settle
equal 'with cap_sys_admin: counted' 60,0 "$(csv_last "$run-c:c0/if_packets-udp")"
stop_collectd
check 'with cap_sys_admin: nothing is left' nothing_left
finish
