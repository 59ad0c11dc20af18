# SPDX-License-Identifier: MIT
# Sourced by the system tests of the plugin: TAP, namespaces, a collectd with kidos, and a look at
# what is left afterwards.
# shellcheck shell=bash
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${KIDOS_BUILD:-$top/build}
frames=$build/tests/tools/frames
ctl=$build/plugin/kidosctl
work=$(mktemp -d)
run=kt-${KIDOS_RUN:-$$}
state=/sys/fs/bpf/$run-$(basename "$0" .sh)
tests=0
failed=0
daemon=''
spaces=()

ok() {
	tests=$((tests + 1))
	echo "ok $tests - $1"
}

not_ok() {
	tests=$((tests + 1))
	failed=$((failed + 1))
	echo "not ok $tests - $1"
	[ -z "${2:-}" ] || sed 's/^/# /' <<<"$2"
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# equal NAME GOT WANTED
equal() {
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got: $2"$'\n'"wanted: $3"; fi
}

# check NAME COMMAND...: ok if it succeeds; its output explains a failure.
check() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$out"; fi
}

# until_true SECONDS COMMAND...
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

inside() {
	local ns=$1
	shift
	nsenter --net="/run/netns/$ns" "$@"
}

# A namespace whose links say nothing of their own: counts are exact only in silence.
make_space() {
	local ns
	for ns in "$@"; do
		ip netns add "$ns" || return 1
		inside "$ns" sh -c 'for c in all default; do
			echo 1 >/proc/sys/net/ipv6/conf/$c/disable_ipv6; done'
		spaces+=("$ns")
	done
}

# make_pair NS1 IF1 NS2 IF2
make_pair() {
	ip -n "$1" link add "$2" type veth peer name "$4" netns "$3" &&
		ip -n "$1" link set "$2" arp off up && ip -n "$3" link set "$4" arp off up
}

# Reads the body of <Plugin kidos> from standard input.
write_config() {
	cat >"$work/collectd.conf" <<-END
		Hostname "host"
		BaseDir "$work"
		PIDFile "$work/pid"
		Interval ${interval:-1}
		${extra_config:-}
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
		$(cat)
		</Plugin>
	END
}

start_daemon() {
	: >"$work/log"
	"${as[@]}" collectd -f -C "$work/collectd.conf" >"$work/output" 2>&1 &
	daemon=$!
	until_true 30 grep -q 'entering read-loop' "$work/log" && return
	sed 's/^/# /' "$work/log" "$work/output"
	return 1
}
as=()

# attached NAME: is kidos counting on [NETNS:]NAME?
attached() {
	"$ctl" --state "$state" status --json |
		jq -e --arg name "$1" '.interfaces[] | select(.name == $name and .state == "attached")'
}

# rung NAME rx|tx
rung() {
	"$ctl" --state "$state" status --json |
		jq -r --arg name "$1" '.interfaces[] | select(.name == $name) | .'"$2"
}

# Ends collectd as systemd would; took is the milliseconds it needed.
stop_daemon() {
	local start end
	[ -n "$daemon" ] || return 0
	start=$(date +%s%N)
	kill -TERM "$daemon" 2>/dev/null
	wait "$daemon" 2>/dev/null
	end=$(date +%s%N)
	daemon=''
	took=$(((end - start) / 1000000))
}

# csv INSTANCE TYPE-TYPE_INSTANCE: the newest row without its time.
csv() {
	tail -qn 1 "$work/csv/host/kidos-$1/$2"-20* 2>/dev/null | cut -d, -f2-
}

# What programs of kidos and pins of this test there are: nothing, after a stop.
leftovers() {
	bpftool prog show 2>/dev/null | grep -E 'name kidos_(xdp|tc)' | cut -d: -f1 |
		grep -vxF "${programs_before:-none}"
	ls -d "$state" 2>/dev/null
	local ns
	for ns in "${spaces[@]}"; do
		[ -e "/run/netns/$ns" ] || continue
		inside "$ns" tc qdisc show | grep clsact
		ip -n "$ns" -d link show | grep -o 'prog/xdp.*'
	done
}
programs_before=$(bpftool prog show 2>/dev/null | grep -E 'name kidos_(xdp|tc)' | cut -d: -f1)

clean_up() {
	local ns
	trap '' INT TERM
	[ -z "$daemon" ] || { kill -KILL "$daemon" 2>/dev/null; wait "$daemon" 2>/dev/null; }
	for ns in "${spaces[@]}"; do ip netns del "$ns" 2>/dev/null; done
	rm -rf "$state" "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

finish() {
	echo "1..$tests"
	[ "$failed" = 0 ]
}
