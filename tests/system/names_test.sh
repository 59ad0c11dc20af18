#!/bin/bash
# SPDX-License-Identifier: MIT
# Names of interfaces. Those that are no UTF-8, or hold what others escape with: each has values of its
# own, and the page of write_prometheus stays UTF-8. Two of one name: the later one is counted as other.
# Blocks find interfaces by altname.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

port=9109
more_plugins="LoadPlugin write_prometheus
	<Plugin write_prometheus>
	  Port $port
	</Plugin>"
names=($'n\xff' 'n\xff' $'n\xc3\xa4' $'n\xc3')
wanted=('n\xff' 'n\x5cxff' $'n\xc3\xa4' 'n\xc3')

# kidos-netns refuses such names; ip does not.
make_links() {
	local i
	for i in "${!names[@]}"; do
		ip -n "$run-b" link add "${names[i]}" arp off type veth peer name "p$i" arp off &&
			ip -n "$run-b" link set "${names[i]}" up && ip -n "$run-b" link set "p$i" up || return 1
	done
}

all_attached() {
	[ "$(ctl status --json | jq '[.interfaces[] | select(.state == "attached")] | length')" = "${#names[@]}" ]
}

page() {
	in_ns b curl -s --max-time 5 "http://192.0.2.1:$port/metrics" >"$work/page"
	grep -q 'kidos="' "$work/page"
}

page_is_utf8() {
	[ -s "$work/page" ] && iconv -f UTF-8 -t UTF-8 "$work/page" >/dev/null || { grep -m 3 -a 'kidos="n' "$work/page"; return 1; }
}

# Frames leave by the interface: so many more than by the one before.
counted() {
	local i
	for i in "${!names[@]}"; do
		echo "${wanted[i]}: $(csv_last "${wanted[i]}/if_packets-udp")"
		[ "$(csv_last "${wanted[i]}/if_packets-udp")" = "0,$(((i + 1) * 10))" ] || return 1
	done
}

make_ns a b
make_links
# write_prometheus only listens where there is an address beside the loopback's.
ip -n "$run-b" address add 192.0.2.1/24 dev p0
start_collectd b '<Interface "/^n/">
  Virtual true
</Interface>'
check 'all are attached' wait_for 20 all_attached
for i in "${!names[@]}"; do
	in_ns b "$frames" "${names[i]}" udp $(((i + 1) * 10)) --dst-mac "$nobody" >/dev/null
done
settle
check 'each has values of its own' counted
check 'Prometheus: there is a page' wait_for 20 page
check 'Prometheus: it is UTF-8' page_is_utf8
stop_collectd

# add_veth NS NAME: pNAME is its other end
add_veth() {
	ip -n "$run-$1" link add "$2" arp off type veth peer name "p$2" arp off &&
		ip -n "$run-$1" link set "$2" up && ip -n "$run-$1" link set "p$2" up
}

# of NAME MEMBER: of status
of() {
	ctl status --json | jq -r --arg name "$1" ".interfaces[] | select(.interface == \$name) | $2"
}

refused='counted as other: its values would have the names of those of'
altname=an-altname-longer-than-names-are
add_veth a 'm1'
add_veth b 'y0'
add_veth b 'r1'
add_veth b 'z0'
ip -n "$run-b" link property add dev z0 altname "$altname"
add_veth b 'l0'
ifb=yes
ip -n "$run-b" link add ifb9 type ifb 2>/dev/null || ifb=no
start_collectd b "<Interface \"/^y0|^ifb/\">
  Virtual true
</Interface>
<Interface \"r1\">
  Report \"$run-a:m1\"
</Interface>
<Interface \"/^m1/\">
  Virtual true
  Namespace \"$run-a\"
</Interface>
<Interface \"$altname\">
</Interface>
<Interface \"later\">
</Interface>"
check 'alike: the first is attached' wait_for 20 interface_is y0 attached
add_veth b 'y0.flows'
check "alike: another's flows: failed in status" wait_for 20 interface_is y0.flows failed
check 'alike: a Report: failed in status' wait_for 20 interface_is "$run-a:m1" failed
equal 'alike: status says why' "$refused y0 in this namespace" "$(of y0.flows .reason)"
equal 'alike: it is not exact' 'false' "$(of y0.flows .exact)"
equal 'alike: one line' 1 "$(grep -c "y0.flows in this namespace: $refused y0" "$work/log")"
equal 'status has the name in values' "$run-a:m1" "$(of r1 .report)"
in_ns b "$frames" y0.flows udp 30 --dst-mac "$nobody" >/dev/null
in_ns a "$frames" m1 udp 40 --dst-mac "$nobody" >/dev/null
in_ns b "$frames" y0 udp 50 --dst-mac "$nobody" >/dev/null
in_ns b "$frames" r1 udp 60 --dst-mac "$nobody" >/dev/null
in_other() {
	[ "$(csv_last other/if_packets-udp)" = 0,70 ]
}
check 'alike: counted as other' wait_for 10 in_other
settle
equal 'alike: the first of them by name' '0,50 0,60' \
	"$(csv_last y0/if_packets-udp) $(csv_last "$run-a:m1/if_packets-udp")"
check 'alike: nothing under the name of its flows' eval '[ -z "$(csv_last y0.flows/if_packets-udp)" ]'

check 'altname: attached' wait_for 20 interface_is z0 attached
in_ns b "$frames" z0 udp 20 --dst-mac "$nobody" >/dev/null
equal 'altname: none is waited for' 1 "$(ctl status --json | jq '[.interfaces[] | select(.state == "waiting")] | length')"
check 'altname: given later: waiting' interface_is later waiting
ip -n "$run-b" link property add dev l0 altname later
check 'altname: given later: attached' wait_for 20 interface_is l0 attached
equal 'altname: given later: none is waited for' 0 "$(ctl status --json | jq '[.interfaces[] | select(.state == "waiting")] | length')"
settle
equal 'altname: counted' '0,20' "$(csv_last z0/if_packets-udp)"

if [ $ifb = yes ]; then
	check 'ifb: attached' wait_for 20 interface_is ifb9 attached
	settle
	equal 'ifb: what nobody understands is not measured' 'nan nan null' \
		"$(csv_last ifb9/gauge-unaccounted_rx) $(csv_last ifb9/gauge-unaccounted_tx) $(of ifb9 .rx.unaccounted)"
else
	skip 'ifb: attached' 'this kernel has no ifb'
	skip 'ifb: what nobody understands is not measured' 'this kernel has no ifb'
fi
ip -n "$run-b" link delete z0
check 'an interface that is not there is not exact' eval 'wait_for 10 interface_is z0 waiting && [ "$(of z0 .exact)" = false ]'
stop_collectd
check 'nothing is left' nothing_left
finish
