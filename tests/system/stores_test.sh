#!/bin/bash
# SPDX-License-Identifier: MIT
# kidos in every store that collectd.conf.d has a file for, set up as that file says: the queries of
# README give what was counted, and the same by classes, by flows and by each way to divide drops.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash source=support/stores.bash
. "$(dirname "$0")/support/lib.bash"
. "$top/tests/system/support/stores.bash"

interval=1
stores='rrdtool rrdcached influxdb influxdb-udp prometheus graphite'

config() {
	local store
	for store in csv $stores; do
		uncommented "store-$store.conf"
	done
	uncommented store-others.conf | awk '/write_kafka/, /^<\/Plugin>/ { next } { print }'
	uncommented store-influxdb.conf | signed | grep -v '^LoadPlugin'
}

# sent SECONDS: bytes of one traffic; udp6 counts as udp, 62 bytes
sent() {
	echo $(($1 * (300 * 60 + 77 * 62) + $1 * ($1 + 1) * 100 * 60 / 2))
}

# traffic SECONDS
traffic() {
	local second
	for ((second = 1; second <= $1; second++)); do
		in_ns a "$frames" a0 udp 300 --flows 30 --dst-mac "$nobody" >/dev/null &&
			in_ns a "$frames" a0 tcp $((100 * second)) >/dev/null && in_ns a "$frames" a0 udp6 77 >/dev/null || return 1
		sleep 1
	done
}

# query STORE WHAT: README's, for the test's interface and Interval
query() {
	sed -nE "s/^    $1 +$2 +//p" "$top/README.md" | sed "s/eth0/b0/g; s/time(10s)/time(2s)/g; s/\[1m\]/[3s]/"
}

# partition INSTANCE: the query for drops, of another of the four
partition() {
	sed "s/\bdrops\b/$1/"
}

# PromQL's rate guesses what was before a series' first value in the range, and Prometheus fetches while
# values come: the sums that are compared are those of the counts at the end.
counts() {
	sed -E 's/rate\((.*)\[3s\]\)/\1/'
}

# answers_of NAME STORE COMMAND...: what COMMAND QUERY answers, a file for each kind
answers_of() {
	local name=$1 store=$2 kind
	shift 2
	for kind in interface flows; do
		"$@" "$(query "$store" "$kind")" | sort -n >"$work/$name.$kind"
	done
	for kind in drops drops.place drops.proto drops.if; do
		"$@" "$(query "$store" drops | partition "$kind")" | sort -n >"$work/$name.$kind"
	done
}

prometheus_counts() {
	prometheus_range "$(counts <<<"$1")" "$stopped_at" "$stopped_at"
}

# rrd FOLDER QUERY: with README's function
rrd() {
	(
		eval "$(sed -n '/^    kidos_sum() {/,/^    }/s/^    //p' "$top/README.md" |
			sed "s/--start -1h/--start $started_at --end $stopped_at/")"
		cd "$1/kt" && eval "$2"
	) | jq -r '.meta as $of | .data | to_entries[] | select(.value[0] != null) | "\($of.start + .key * $of.step) \(.value[0])"'
}

# Graphite's code takes a second to start: one call for all.
graphite_answers() {
	local kind number=0 queries=()
	for kind in interface flows; do
		queries+=("$(query graphite "$kind")")
	done
	for kind in drops drops~place drops~proto drops~if; do
		queries+=("$(query graphite drops | partition "$kind")")
	done
	graphite "$started_at" "$stopped_at" "${queries[@]}" >"$work/graphite.all" || return
	for kind in interface flows drops drops.place drops.proto drops.if; do
		number=$((number + 1))
		awk -v number="$number" '$1 == number { print $2, $3 }' "$work/graphite.all" >"$work/graphite.$kind"
	done
}

# same NAME KIND OTHER: equal at every time, but for what rounds a float; and not all are 0
same() {
	awk -v from="$again_at" -v to="$stopped_at" '
		$1 < from || $1 > to { next }
		FNR == NR { of[$1] = $2; next }
		{ seen++; other = of[$1]; moved += $2 > 0
		  if (!($1 in of) || (d = $2 - other) > 1e-4 * $2 + 1e-3 || -d > 1e-4 * $2 + 1e-3) { print $1 ": " other " and " $2; wrong = 1 } }
		END { print seen + 0 " values, " moved + 0 " not 0"; exit wrong || !moved }' "$work/$1.$2" "$work/$1.$3"
}

# alike NAME KIND OTHER: equal in sum. RRD files take one update a second: of a poll that comes late to its
# second, and one that is in time, each file has its own share.
alike() {
	awk -v from="$again_at" -v to="$stopped_at" '
		$1 >= from && $1 <= to { sum[FILENAME] += $2 }
		END {
			a = sum[ARGV[1]]; b = sum[ARGV[2]]
			print a " and " b
			exit a <= 0 || (a - b) ^ 2 > (0.05 * a) ^ 2
		}' "$work/$1.$2" "$work/$1.$3"
}

# whole NAME STEP: rates of STEP seconds add up to what was sent again. Intervals are a second long, and not
# on a busy machine: this finds what is counted twice, or not, or in another unit.
whole() {
	local percent=30
	local sum
	sum=$(awk -v from=$((again_at - 2)) -v step="$2" '$1 >= from { sum += $2 * step } END { printf "%.0f", sum }' "$work/$1.interface")
	echo "rates make $sum, sent $again"
	[ $((sum * 100)) -ge $((again * (100 - percent))) ] && [ $((sum * 100)) -le $((again * (100 + percent))) ]
}

# judge NAME [STEP] [HOW]
judge() {
	local how=${3:-same}
	check "$1: flows and other are the interface" "$how" "$1" interface flows
	check "$1: places are the drops" "$how" "$1" drops drops.place
	check "$1: protocols are the drops" "$how" "$1" drops drops.proto
	check "$1: interfaces are the drops" "$how" "$1" drops drops.if
	[ -z "${2:-}" ] || check "$1: the rates make what was counted" whole "$1" "$2"
}

# What the newest counts of a folder's files add up to.
csv_sum() {
	awk -F, 'FNR == 1 { sum += last } { last = $2 } END { printf "%.0f\n", sum + last }' "$work/csv/kt/kidos-$1"-*-20*
}

last_influx() {
	influx "$1" "SELECT sum(last) FROM (SELECT last(value) FROM kidos_rx WHERE type = 'if_octets' AND instance = 'b0' GROUP BY type_instance)" |
		cut -d' ' -f2
}

last_prometheus() {
	prometheus_range 'sum(collectd_kidos_if_octets_rx_total{kidos="b0"})' "$stopped_at" "$stopped_at" | cut -d' ' -f2
}

posted() {
	jq -se 'flatten | map(select(.plugin == "kidos" and .plugin_instance == "b0" and .type == "if_octets" and
		.type_instance == "tcp") | .values[0]) | max == '$((60 * 100 * (6 + 10))) "$work/posted"
}

# There is no broker here: collectd reads the block, and librdkafka what it is given.
kafka_configured() {
	{
		printf 'Hostname "kt"\nBaseDir "%s"\nPIDFile "%s/kafka.pid"\n' "$work" "$work"
		uncommented store-others.conf | awk '/write_kafka/, /^<\/Plugin>/'
	} >"$work/kafka.conf"
	collectd -T -C "$work/kafka.conf" >"$work/kafka" 2>&1 && ! grep -iE 'error|fail' "$work/kafka"
}

# collection3 as Debian has it, taught kidos; "PLUGIN_INSTANCE TYPE" of each graph on its page.
collection3_page() {
	local folder=$work/collection3
	cp -r /usr/share/doc/collectd-core/examples/collection3 "$folder" && "$top/dashboards/collection3/install" "$folder" &&
		"$top/dashboards/collection3/install" "$folder" && echo "DataDir \"$work/rrd\"" >>"$folder/etc/collection.conf" &&
		cgi index 'action=show_selection;hostname=kt;timespan=600' >"$work/page" || return
	grep -o 'src="graph[^"]*' "$work/page" | grep -F 'plugin=kidos;' |
		sed -E 's/.*plugin_instance=([^;]*);type=([^;]*).*/\1 \2/' | sort >"$work/graphs"
}

# cgi NAME QUERY
cgi() {
	env SCRIPT_FILENAME="$work/collection3/bin/$1.cgi" REQUEST_METHOD=GET QUERY_STRING="$2" perl "$work/collection3/bin/$1.cgi"
}

# Every picture of the page, also those of other plugins.
collection3_pictures() {
	local number=0 query
	mkdir -p "$work/pictures"
	while IFS= read -r query; do
		number=$((number + 1))
		cgi graph "$query" | sed '1,/^\r*$/d' >"$work/pictures/$number.png"
		[[ $(file "$work/pictures/$number.png") == *PNG* ]] || { echo "no picture: $query"; return 1; }
	done < <(sed -n 's/.*src="graph.cgi?\([^"]*\)".*/\1/p' "$work/page")
	[ "$number" -gt 12 ]
}

# What a graph draws: "SOURCE-NUMBER NAME"
legend_of() {
	cgi graph "hostname=kt;plugin=kidos;plugin_instance=$1;type=$2;begin=-600;debug=1" |
		sed -nE 's/^(AREA|LINE1):([a-z]+)[0-9]+#[0-9a-f]{6}:([^ :]+).*/\2 \3/p' | sort | tr '\n' ';'
}

# draw_collection3 FILE: the page as chromium shows it
draw_collection3() {
	local file
	for file in "$work"/pictures/*.png; do
		echo "<img src=\"$file\">"
	done >"$work/pictures.html"
	mkdir -p "${1%/*}"
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1500,2200 --user-data-dir="$work/chromium" \
		--screenshot="$1" "file://$work/pictures.html" >/dev/null 2>&1 && [ -s "$1" ]
}

collection3() {
	check 'collection3: a page' collection3_page
	equal 'collection3: one graph for an interface' 'b0 if_octets;b0 if_packets;' \
		"$(grep '^b0 if_' "$work/graphs" | tr '\n' ';')"
	equal 'collection3: none of what never was' '' "$(grep 'errors' "$work/graphs")"
	equal 'collection3: classes that had a packet, where they went' 'rx tcp;rx udp;' "$(legend_of b0 if_packets)"
	equal 'collection3: the drops in four graphs' 'drops;drops.if;drops.place;drops.proto;' \
		"$(sed -n 's/ packets$//p' "$work/graphs" | tr '\n' ';')"
	check 'collection3: all pictures' collection3_pictures
	[ -z "${KIDOS_DRAW:-}" ] || check 'collection3: drawn' draw_collection3 "$build/dashboards/pictures/collection3.png"
}

php_collection() {
	cp -r /usr/share/doc/collectd-core/examples/php-collection "$work/php" &&
		cp "$top/dashboards/php-collection/definitions.local.php" "$work/php" &&
		php "$top/tests/system/support/php_collection.php" "$work/php" "$work/rrd" kt >"$work/php.out" 2>/dev/null
	cat "$work/php.out"
	! grep 'no picture' "$work/php.out" && [ "$(sed -n 's/ drawn$//p' "$work/php.out")" -gt 20 ]
}

# CGP is no package: here only that it is told of each type that there is.
cgp_types() {
	find "$work"/rrd/kt/kidos-* -name '*.rrd' -printf '%f\n' | sed 's/-.*//' | sort -u >"$work/types"
	[ -s "$work/types" ] && ! jq -r 'keys[]' "$top/dashboards/cgp/kidos.json" | sort | comm -13 - "$work/types" | grep .
}

stored() {
	[ "$(last_influx collectd)" = "$bytes" ] && [ "$(last_influx collectd_signed)" = "$bytes" ] && [ "$(last_prometheus)" = "$bytes" ]
}

make_ns a b
make_veth a a0 b b0
ip -n "$run-b" link set lo up
ip -n "$run-b" address add 192.0.2.1/32 dev lo # to listen by name takes an address beside 127.0.0.1
config >"$work/stores.conf"
start_influxdb
start_prometheus
start_carbon
start_rrdcached
start_http
check 'the stores are there' wait_for 30 stores_ready
[ "$failures" = 0 ] || finish
started_at=$(date +%s)
start_collectd b '<Interface "b0">
	Virtual true
</Interface>
</Plugin>
Include "'"$work"'/stores.conf"
LoadPlugin interface
<Plugin kidos>'
check 'attached' attached b0
[ "$failures" = 0 ] || finish
settle
check 'traffic makes series' traffic 3
settle
sleep 3 # so that rates know each series
again_at=$(date +%s)
check 'traffic again' traffic 4
settle
again=$(sent 4)
bytes=$(csv_sum b0/if_octets)
wait_for 20 polled_after $(($(date +%s) + 2))
stopped_at=$(($(date +%s) - 2))
equal 'csv: exact' $((again + $(sent 3))) "$bytes"
check 'InfluxDB and Prometheus have it all' wait_for 10 stored
equal 'influxdb, encrypted: exact' "$bytes" "$(last_influx collectd)"
equal 'influxdb, signed: exact' "$bytes" "$(last_influx collectd_signed)"
equal 'prometheus: exact' "$bytes" "$(last_prometheus)"
answers_of influxdb influxdb influx collectd
judge influxdb 2
answers_of influxdb-signed influxdb influx collectd_signed
judge influxdb-signed 2
answers_of influxdb-udp influxdb-udp influx collectd_udp
judge influxdb-udp 1
answers_of prometheus prometheus prometheus_counts
judge prometheus
prometheus_range "$(query prometheus interface)" "$again_at" "$stopped_at" >"$work/prometheus-rates.interface"
check 'prometheus: the rates make what was counted' whole prometheus-rates 1
check 'graphite answers' graphite_answers
judge graphite 1
answers_of rrdtool rrd rrd "$work/rrd"
judge rrdtool 1 alike
export RRDCACHED_ADDRESS="unix:$work/rrdcached.sock"
answers_of rrdcached rrd rrd "$work/rrdcached/collectd"
judge rrdcached 1 alike
collection3
check 'CGP: all types' cgp_types
check 'php-collection: all pictures' php_collection
check 'http: values come with all parts of their names' posted
stop_collectd
stop_stores
check 'kafka: the configuration is taken' kafka_configured
check 'nothing is left' nothing_left
finish
