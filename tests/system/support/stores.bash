# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034 # lib.bash's: top, work, run, started, interval
# Sourced after lib.bash: real stores at their ports in a namespace of the test, each set up by the
# lines that its snippet in collectd.conf.d has for it, and by nothing else where that can be.
system_python=/usr/bin/python3 # has Debian's modules

# The snippet as a user would uncomment it, with the files and the host's name of the test.
uncommented() {
	sed -E 's/^#(<|LoadPlugin|  )/\1/' "$top/collectd.conf.d/$1" | in_test
}

# lines_for MARK SNIPPET: what a snippet has for the store's own configuration, behind ## or ###
lines_for() {
	sed -n "s/^$1\([^#]\)/\1/p" "$top/collectd.conf.d/$2" | in_test
}

# Intervals are a second here, so that a test has many of them soon, and on a busy machine some are longer.
in_test() {
	sed -e "s,/var/lib/collectd,$work,; s,/var/run,$work,; s,/var/lib/rrdcached/db,$work/rrdcached," \
		-e "s,/etc/influxdb,$work,; s,/etc/prometheus,$top/dashboards/prometheus,; s,/sys/fs/bpf/kidos,$state,; s,scrape_interval: 5s,scrape_interval: 500ms," \
		-e 's,^  DataDir .*/rrd[a-z/]*"$,&\n  HeartBeat 60,' -e 's,CacheTimeout 120,CacheTimeout 1,; s,CacheFlush 900,CacheFlush 1,; s,10s:1d,1s:1d,'
}

# serve COMMAND...: beside the test, in namespace b
serve() {
	nsenter --net="/run/netns/$run-b" "$@" >"$work/$(basename "$1").log" 2>&1 &
	started+=($!)
}

fetch() {
	in_ns b curl -sS --max-time 20 "$@"
}

listens() {
	[ -n "$(in_ns b ss -Hln "sport = :$1")" ]
}

# --- InfluxDB: what is encrypted, what is signed (a listener more, as the snippet's) and lines over UDP ---

# A second listener and a second database, for the lower level of safety.
signed() {
	sed 's/25826/25827/; s/"encrypt"/"sign"/; s/"Encrypt"/"Sign"/; s/database = "collectd"/database = "collectd_signed"/'
}

# influxdb_with LINES of its listeners
influxdb_with() {
	echo 'collectd: change me' >"$work/collectd.auth"
	cat >"$work/influxdb.conf" <<-END
		reporting-disabled = true
		bind-address = "127.0.0.1:8088"
		[meta]
		  dir = "$work/influxdb/meta"
		[data]
		  dir = "$work/influxdb/data"
		  wal-dir = "$work/influxdb/wal"
		  query-log-enabled = false
		[http]
		  bind-address = "127.0.0.1:8086"
		  log-enabled = false
		$1
	END
	serve influxd -config "$work/influxdb.conf"
}

start_influxdb() {
	influxdb_with "$(lines_for '##' store-influxdb.conf)
$(lines_for '##' store-influxdb.conf | signed)
$(lines_for '##' store-influxdb-udp.conf)"
}

# influx DATABASE QUERY: the answer's rows, "SECONDS VALUE"
influx() {
	fetch -G http://127.0.0.1:8086/query --data-urlencode "db=$1" --data-urlencode "q=$2" --data-urlencode epoch=ms |
		jq -r '.results[0] | if .error then error(.error) else .series[]?.values[] | select(.[1] != null) | "\(.[0] / 1000) \(.[1])" end'
}

# --- Prometheus ---

start_prometheus() {
	{
		printf 'global:\n  evaluation_interval: 1s\n'
		lines_for '##' store-prometheus.conf
	} >"$work/prometheus.yml"
	serve prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/prometheus" \
		--web.listen-address=127.0.0.1:9090 --log.level=warn
}

# prometheus_range QUERY FROM TO: "SECONDS VALUE"
prometheus_range() {
	fetch -G http://127.0.0.1:9090/api/v1/query_range --data-urlencode "query=$1" \
		-d "start=$2" -d "end=$3" -d step=1 | jq -r 'if .error then error(.error) else .data.result[]?.values[] | "\(.[0]) \(.[1])" end'
}

# --- Graphite: carbon, and graphite-web's own code for the query, without its server ---

start_carbon() {
	mkdir -p "$work/carbon" "$work/graphite"
	{
		lines_for '##' store-graphite.conf
		printf '%s\n' "STORAGE_DIR = $work/carbon" "LOCAL_DATA_DIR = $work/carbon/whisper" "CONF_DIR = $work/carbon" \
			"LOG_DIR = $work/carbon" "PID_DIR = $work/carbon" 'LINE_RECEIVER_INTERFACE = 127.0.0.1' \
			'PICKLE_RECEIVER_INTERFACE = 127.0.0.1' 'CACHE_QUERY_INTERFACE = 127.0.0.1' 'LOG_UPDATES = False' 'ENABLE_TAGS = False'
	} >"$work/carbon/carbon.conf"
	lines_for '###' store-graphite.conf >"$work/carbon/storage-schemas.conf"
	serve carbon-cache --nodaemon --config="$work/carbon/carbon.conf" start
}

# graphite FROM TO QUERY...: "NUMBER SECONDS VALUE", NUMBER being the query's
graphite() {
	in_ns b env GRAPHITE_WORK="$work" "$system_python" "$top/tests/system/support/graphite_query.py" "$@"
}

# --- RRD ---

start_rrdcached() {
	mkdir -p "$work/rrdcached/collectd"
	serve rrdcached -g -l "unix:$work/rrdcached.sock" -w 60 -p "$work/rrdcached.pid"
}

# --- what write_http posts, a line each ---

start_http() {
	serve "$system_python" "$top/tests/system/support/http_sink.py" 8080 "$work/posted"
}

# What they hold is the test's alone: nothing is worth waiting for.
stop_stores() {
	kill -KILL "${started[@]}"
	wait "${started[@]}" 2>/dev/null
	started=()
}

stores_ready() {
	listens 8086 && listens 25826 && listens 25827 && listens 8089 && listens 9090 && listens 2003 &&
		listens 7002 && listens 8080 && [ -S "$work/rrdcached.sock" ]
}
