#!/bin/bash
# SPDX-License-Identifier: MIT
# Every query of every dashboard, asked as Grafana would ask it of the real store while real kidos counts.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash source=support/stores.bash
. "$(dirname "$0")/support/lib.bash"
. "$top/tests/system/support/stores.bash"

interval=1

traffic() {
	local second
	for ((second = 1; second <= $1; second++)); do
		in_ns a "$frames" a0 udp 300 --flows 5 --dst-mac "$nobody" >/dev/null &&
			in_ns a "$frames" a0 tcp $((100 * second)) >/dev/null && in_ns b "$frames" b0 udp6 77 --size 500 >/dev/null &&
			in_ns a "$frames" a0 bad-ihl 3 >/dev/null && in_ns b "$frames" b0 icmp 20 >/dev/null &&
			in_ns b curl -sf -o "$work/scraped" http://127.0.0.1:9103/metrics || return 1
		sleep 1
	done
}

# ask UNTIL: once what was counted until then is in the stores
ask() {
	settle
	wait_for 10 eval "[ -n \"\$(influx collectd 'SELECT last(value) FROM kidos_value WHERE time >= $1s')\" ]"
	in_ns b node "$build/dashboards/query.js" "$top/dashboards/grafana" "$work/answers" "$started_at" "$1" \
		host=kt interface=b0 'command=.+' >"$work/asked"
}

# none_is STATE
none_is() {
	[ -s "$work/asked" ] && ! grep "^$1" "$work/asked"
}

# Those whose values kidos does not send here stand in without-data, and no others.
without_data() {
	local store
	for store in influxdb prometheus; do
		awk -F '\t' -v store="$store" '$1 == "none" && $2 == store { print $3 }' "$work/asked" | sort -u >"$work/none"
		grep -v '^#' "$top/dashboards/without-data" | cut -f2 | sort | diff - "$work/none" | sed "s/^/$store: /"
	done >"$work/difference"
	cat "$work/difference"
	[ ! -s "$work/difference" ]
}

# Of the rules for Prometheus, those whose values kidos sends here: they have values, and the alert is there.
rules_answer() {
	local rule
	while read -r rule; do
		[ -n "$(prometheus_range "$rule" "$1" "$1")" ] || { echo "$rule: no value"; return 1; }
	done < <(sed -n 's/^ *- record: //p' "$top/dashboards/prometheus/kidos.rules.yml" | grep -v connect)
	[ -n "$(prometheus_range 'ALERTS{alertname="KidosAlertActive",alertstate="firing",type="drop_share"}' "$1" "$1")" ] || {
		fetch http://127.0.0.1:9090/api/v1/rules
		return 1
	}
}

# draw FOLDER: as chromium shows the pages
draw() {
	local page
	node "$build/dashboards/draw.js" "$work/answers" "$work/pages" && mkdir -p "$1" || return
	for page in "$work"/pages/*.html; do
		chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1400,1600 \
			--user-data-dir="$work/chromium" --screenshot="$1/$(basename "$page" .html).png" "file://$page" >/dev/null 2>&1 || return
		[ -s "$1/$(basename "$page" .html).png" ] || return
	done
}

make_ns a b
make_veth a a0 b b0
ip -n "$run-b" link set lo up
ip -n "$run-b" address add 192.0.2.1/32 dev lo # to listen by name takes an address beside 127.0.0.1
for store in influxdb prometheus; do
	uncommented "store-$store.conf"
done >"$work/stores.conf"
uncommented threshold.conf >>"$work/stores.conf"
start_influxdb
start_prometheus
started_at=$(date +%s)
start_collectd b '<Interface "b0">
	Virtual true
</Interface>
<Alerts>
	Enabled true
</Alerts>
</Plugin>
Include "'"$work"'/stores.conf"
<Plugin kidos>'
check 'attached' attached b0
check 'traffic' traffic 10
until=$(($(date +%s) - 1))
ask "$until"
check 'no query is wrong' none_is wrong
check 'panels without data are those of without-data' without_data
check 'the rules for Prometheus have values' rules_answer "$until"
check 'threshold.conf: an active alert is a notification' wait_for 5 logged \
	'plugin = kidos, plugin_instance = alerts, type = objects, type_instance = drop_share'
if [ -n "${KIDOS_DRAW:-}" ]; then
	check 'a picture for each dashboard' draw "$build/dashboards/pictures"
fi
stop_collectd
stop_stores
check 'nothing is left' nothing_left
finish
