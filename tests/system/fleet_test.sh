#!/bin/bash
# SPDX-License-Identifier: MIT
# A fleet: two nodes with kidos send, encrypted, to one collectd as collectd.conf.d/fleet-* say, which
# hands on to InfluxDB and to Prometheus. Each host's counts are there under its own name, to the byte;
# a node with the wrong password brings nothing; one that dies is noticed.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash source=support/stores.bash
. "$(dirname "$0")/support/lib.bash"
. "$top/tests/system/support/stores.bash"

declare -A pid

# head_of NAME
head_of() {
	cat <<-END
		Hostname "$1"
		FQDNLookup false
		Interval 1
		BaseDir "$work/$1"
		PIDFile "$work/$1.pid"
		LoadPlugin logfile
		<Plugin logfile>
		  LogLevel info
		  File "$work/$1.log"
		</Plugin>
	END
}

# start_one NAME NS: with its configuration
start_one() {
	nsenter --net="/run/netns/$run-$2" collectd -f -C "$work/$1.conf" >"$work/$1.out" 2>&1 &
	pid[$1]=$!
	started+=($!)
}

# node NAME NS PASSWORD
node() {
	{
		head_of "$1"
		uncommented fleet-node.conf | sed "s/192.0.2.1/10.9.0.1/; s/change me/$3/"
		cat <<-END
			PluginDir "$build/plugin"
			LoadPlugin kidos
			PluginDir "/usr/lib/collectd"
			<Plugin kidos>
			  StatePath "$state-$1"
			  <Interface "m0">
			    Virtual true
			  </Interface>
			</Plugin>
		END
	} >"$work/$1.conf"
	start_one "$1" "$2"
}

collector() {
	echo 'node: fleet' >"$work/fleet.auth"
	{
		head_of collector
		uncommented fleet-collector.conf | sed "s,/etc/collectd/,$work/,"
		uncommented store-prometheus.conf | sed '/LoadPlugin kidos/,$d'
	} >"$work/collector.conf"
	start_one collector b
}

# attached_at NAME
attached_at() {
	grep -q 'interface m0 in this namespace: received packets' "$work/$1.log"
}

# in_influx HOST: the newest count
in_influx() {
	influx collectd "SELECT last(value) FROM kidos_rx WHERE host = '$1' AND type = 'if_packets' AND type_instance = 'udp'" |
		cut -d' ' -f2
}

# in_prometheus HOST
in_prometheus() {
	fetch http://127.0.0.1:9103/metrics |
		awk -v host="instance=\"$1\"" '/^collectd_kidos_if_packets_rx_total/ && /type="udp"/ && index($0, host) { print $2 }'
}

both_have() {
	[ "$(in_influx "$1")" = "$2" ] && [ "$(in_prometheus "$1")" = "$2" ]
}

# said HOST SEVERITY
said() {
	grep -q "severity = $2, host = $1, plugin = kidos, plugin_instance = self" "$work/collector.log"
}

ready() {
	listens 25826 && listens 25827 && listens 8086 && listens 9103
}

make_ns a b c d e
for node in c d e; do
	make_veth a "a$node" "$node" m0
	make_veth b "b$node" "$node" up0
done
ip -n "$run-b" link set lo up
ip -n "$run-b" link add fleet type bridge
ip -n "$run-b" address add 10.9.0.1/24 dev fleet
ip -n "$run-b" link set fleet up
number=2
for node in c d e; do
	ip -n "$run-b" link set "b$node" master fleet
	ip -n "$run-$node" address add 10.9.0.$number/24 dev up0
	number=$((number + 1))
done
# The world has no ARP.
for link in b:fleet c:up0 d:up0 e:up0; do
	ip -n "$run-${link%:*}" link set "${link#*:}" arp on
done
# At the port that the collector hands on to.
influxdb_with "$(lines_for '##' store-influxdb.conf | sed 's/25826/25827/')"
collector
check 'the collector and its stores are there' wait_for 30 ready
node node1 c fleet
node node2 d fleet
node stranger e wrong
for name in node1 node2 stranger; do
	check "$name: attached" wait_for 20 attached_at "$name"
done
in_ns a "$frames" ac udp 111 --dst-mac "$nobody" >/dev/null
in_ns a "$frames" ad udp 222 --dst-mac "$nobody" >/dev/null
in_ns a "$frames" ae udp 333 --dst-mac "$nobody" >/dev/null
check 'node1: its packets, under its name' wait_for 20 both_have node1 111
check 'node2: its packets, under its name' wait_for 20 both_have node2 222
equal 'who has not the password is nobody' ' ' "$(in_influx stranger) $(in_prometheus stranger)"
kill -KILL "${pid[node2]}"
wait "${pid[node2]}" 2>/dev/null
check 'a node that dies is noticed' wait_for 20 said node2 FAILURE
check 'the other one lives' eval '! said node1 FAILURE'
node node2 d fleet
check 'one that is back, too' wait_for 20 said node2 OKAY
for name in node1 node2 stranger collector; do
	kill -TERM "${pid[$name]}"
	wait "${pid[$name]}"
done
stop_stores
for name in node1 node2 stranger; do
	check "$name: nothing is left" wait_for 3 test ! -e "$state-$name"
done
finish
