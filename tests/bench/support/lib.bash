# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the measurements over a veth: their options, a sending and a receiving namespace, and a
# daemon at a time.
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
build=$here/build
tx=kt-bench-tx rx=kt-bench-rx
daemon=''

# take_options "NAME..." [--NAME VALUE]...: sets the variables of these names
take_options() {
	local names=" $1 "
	shift
	while [ $# -gt 1 ] && [[ $1 == --* && $names == *" ${1#--} "* ]]; do
		printf -v "${1#--}" %s "$2"
		shift 2
	done
	[ $# -gt 0 ] || return 0
	# shellcheck disable=SC2086 # a list
	echo "usage: $(basename "$0")$(printf ' [--%s VALUE]' $names)" >&2
	exit 2
}

in_tx() { nsenter --net=/run/netns/$tx "$@"; }
in_rx() { nsenter --net=/run/netns/$rx "$@"; }

# make_veth QUEUES: vtx in one, vrx in the other. Without IPv6 and ARP there is no packet that nobody
# sent; GRO gives frames of a test run a queue of their own.
make_veth() {
	local end queues=$1
	for end in $tx $rx; do
		ip netns add "$end"
		nsenter --net="/run/netns/$end" sysctl -qw net.ipv6.conf.{all,default}.disable_ipv6=1
		ip -n "$end" link set lo up
	done
	ip -n $tx link add vtx numrxqueues "$queues" numtxqueues "$queues" type veth \
		peer name vrx netns $rx numrxqueues "$queues" numtxqueues "$queues"
	ip -n $tx link set vtx arp off up
	ip -n $rx link set vrx arp off up
	in_rx ethtool -K vrx gro on
}

delete_veth() {
	ip netns del $tx 2>/dev/null || true
	ip netns del $rx 2>/dev/null || true
}

# write_config LINES: collectd with kidos, of which these are lines (; between them), its log and its
# state in the measurement's own $work and $state; $interval if it is not collectd's own
write_config() {
	cat >"$work/collectd.conf" <<-END
		Hostname "kt-bench"
		FQDNLookup false
		Interval ${interval:-10}
		BaseDir "$work"
		PIDFile "$work/pid"
		LoadPlugin logfile
		<Plugin logfile>
		  LogLevel info
		  File "$work/log"
		  Timestamp false
		</Plugin>
		LoadPlugin csv
		<Plugin csv>
		  DataDir "$work/csv"
		</Plugin>
		PluginDir "$build/plugin"
		LoadPlugin kidos
		PluginDir "/usr/lib/collectd"
		<Plugin kidos>
		  StatePath "$state"
		  ${1//;/$'\n'}
		</Plugin>
	END
}

# The log is a pipe that this shell reads: a line is known as soon as it is written.
open_log() {
	mkfifo "$work/log"
	exec {log}<>"$work/log"
}

# User and system time of the daemon so far, in ms.
cpu_ms() {
	awk -v tick="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000 / tick) }' "/proc/$daemon/stat"
}

# start_daemon COMMAND...: in the receiving namespace. Not by way of a function, which would stand
# between: nsenter execs, so that the pid is the daemon's own.
start_daemon() {
	nsenter --net=/run/netns/$rx "$@" >/dev/null 2>&1 &
	daemon=$!
}

stop_daemon() {
	[ -n "$daemon" ] || return 0
	kill -TERM "$daemon" 2>/dev/null || true
	timeout 10 tail --pid="$daemon" -f /dev/null || kill -KILL "$daemon" 2>/dev/null || true
	wait "$daemon" 2>/dev/null || true
	daemon=''
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
