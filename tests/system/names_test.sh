#!/bin/bash
# SPDX-License-Identifier: MIT
# Interfaces whose names are no UTF-8, or hold what others escape with: each has values of its own, and
# the page of write_prometheus stays UTF-8.
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
check 'nothing is left' nothing_left
finish
