#!/bin/bash
# SPDX-License-Identifier: MIT
# How long collectd takes from its exec until it is initialized, and until kidos has attached to a
# veth in each of many namespaces, and how much CPU time of its own.
#   scale.sh [--build DIR] [--namespaces N] [--rounds N]
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
set -euo pipefail
. "$(dirname "$0")/support/lib.bash"

namespaces=40 rounds=3
take_options 'build namespaces rounds' "$@"
state=/sys/fs/bpf/kt-scale-$$
work=$(mktemp -d)

name() { echo "kt-scale-$$-$1"; }

numbers() { seq 1 "$namespaces"; }

cleanup() {
	local i
	stop_daemon
	ip netns del $rx 2>/dev/null || true
	for i in $(numbers); do
		ip netns del "$(name "$i")" 2>/dev/null || true
	done
	rm -rf "$work" "$state"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

make_namespaces() {
	local i
	{
		echo "netns add $rx"
		for i in $(numbers); do
			echo "netns add $(name "$i")"
			echo "link add far$i netns $rx arp off type veth peer name near netns $(name "$i")"
		done
	} | ip -batch -
	for i in $(numbers); do
		ip -n "$(name "$i")" link set near arp off up
	done
}

interfaces() {
	local i
	for i in $(numbers); do
		printf '<Interface "near">\n  Namespace "%s"\n</Interface>\n' "$(name "$i")"
	done
}

write_config() {
	cat >"$work/collectd.conf" <<-END
		Hostname "kt-bench"
		FQDNLookup false
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
		  MaxInterfaces $((namespaces + 1))
		  $(interfaces)
		</Plugin>
	END
}

# User and system time of the daemon so far, in ms.
cpu_ms() {
	awk -v tick="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000 / tick) }' "/proc/$daemon/stat"
}

# One line of the log for each interface; the log is a pipe, so that it is known at once.
start_once() {
	local line initialized='' attached=0 since=${EPOCHREALTIME/./}
	start_daemon collectd -f -C "$work/collectd.conf"
	until [ -n "$initialized" ] && [ "$attached" = "$namespaces" ]; do
		IFS= read -rt 120 -u "$log" line || { echo 'collectd does not start' >&2; return 1; }
		case "$line" in
		*'Initialization complete'*) initialized=$(((${EPOCHREALTIME/./} - since) / 1000)) ;;
		*'received packets at'*) attached=$((attached + 1)) ;;
		esac
	done
	printf '%10d %14d %14d %10d\n' "$1" "$initialized" "$(((${EPOCHREALTIME/./} - since) / 1000))" "$(cpu_ms)"
	stop_daemon
	while IFS= read -rt 0 -u "$log"; do read -r -u "$log" _; done
}

[ "$(id -u)" = 0 ] || { echo 'scale.sh needs root' >&2; exit 2; }
make_namespaces
write_config
mkfifo "$work/log"
exec {log}<>"$work/log"
echo "$namespaces namespaces, an interface in each; in ms"
printf '%10s %14s %14s %10s\n' round initialized 'all attached' 'CPU time'
for ((round = 1; round <= rounds; round++)); do
	start_once "$round"
done
