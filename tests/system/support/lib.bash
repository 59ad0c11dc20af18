# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the system tests: TAP, namespaces, real collectd with kidos, and what must not be left.
set -uo pipefail
export PATH=$PATH:/usr/sbin:/sbin

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
build=${KIDOS_BUILD:-$top/build}
area=$(basename "$0" _test.sh)
run=kt-${KIDOS_RUN:-$$}-$area
state=/sys/fs/bpf/$run
work=$(mktemp -d)
frames=$build/tests/tools/frames
kidosctl=$build/plugin/kidosctl
netns=$build/netns/kidos-netns
tests=0 failures=0 daemon='' started=() worlds=()

# --- TAP ---

ok() {
	tests=$((tests + 1))
	printf 'ok %d - %s: %s\n' "$tests" "$area" "$1"
}

not_ok() {
	tests=$((tests + 1)) failures=$((failures + 1))
	printf 'not ok %d - %s: %s\n' "$tests" "$area" "$1"
	[ -z "${2:-}" ] || sed 's/^/# /' <<<"$2"
}

skip() {
	tests=$((tests + 1))
	printf 'ok %d - %s: %s # SKIP %s\n' "$tests" "$area" "$1" "$2"
}

# check NAME COMMAND...: what it prints explains a failure.
check() {
	local name=$1
	shift
	if "$@" >"$work/said" 2>&1; then ok "$name"; else not_ok "$name" "$(cat "$work/said")"; fi
}

# equal NAME WANTED GOT
equal() {
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "wanted: $2"$'\n'"got:    $3"; fi
}

all_accounted() {
	[ ! -s "$work/unaccounted" ] || { cat "$work/unaccounted"; return 1; }
}

finish() {
	if [ "$rests" -gt 0 ]; then
		echo "# at rest $rests times; under load up to $(widest_distance) packets unaccounted"
		check 'nothing is unaccounted at rest' all_accounted
	fi
	printf '1..%d\n' "$tests"
	exit $((failures > 0))
}

# --- what is there and must be again ---

# Programs, maps and links that the daemon holds are known by their ids: other runs of kidos on the
# same machine come and go. Filters, XDP hooks and pins hold their program or map, so an id that is
# gone speaks for them too; a qdisc holds nothing.
own_objects='' own_processes='' qdiscs_before=''

remember_own() {
	own_processes+=" $daemon"
	own_objects+=$(sed -n 's/^\(prog\|map\|link\)_id:[[:space:]]*/\1 /p' /proc/"$daemon"/fdinfo/* 2>/dev/null | sort -u)$'\n'
	own_objects+=$(own_links)$'\n'
}

# Links at interfaces, which the state directory pins, and their programs: no descriptor stands for
# them. The program goes when the kernel has detached, the link's id before that.
own_links() {
	bpftool -jf link show | jq -r --arg state "$state/" \
		'.[] | select((.pinned // [])[] | startswith($state)) | "link \(.id)", "prog \(.prog_id)"' | sort -u
}

# The clsact qdiscs in the namespaces of this test.
qdiscs() {
	local ns
	for ns in $(ip netns list 2>/dev/null | awk -v run="$run-" 'index($1, run) == 1 { print $1 }'); do
		tc -n "$ns" qdisc show 2>/dev/null | grep clsact | sed "s/^/$ns: /"
	done
}

list_left() {
	local pid
	[ ! -e "$state" ] || echo "state directory $state"
	for pid in $own_processes; do
		[ ! -e "/proc/$pid" ] || echo "process $pid"
	done
	sort -u <<<"$own_objects" | comm -12 - <("$build/tests/tools/bpf-ids" | sort) | sed '/^$/d'
	qdiscs | grep -vxF -- "$qdiscs_before"
}

all_gone() {
	[ -z "$(list_left)" ]
}

# The kernel lets go of maps some time after their programs.
nothing_left() {
	wait_for 3 all_gone || { list_left; return 1; }
}

# --- traffic ---

nobody=02:00:00:00:00:99 # no host has it: what is sent to it is dropped where it arrives

# --- namespaces ---

in_ns() {
	local ns=$run-$1
	shift
	nsenter --net="/run/netns/$ns" "$@"
}

# kidos-netns keeps its record with the test's other files.
export KIDOS_NETNS_RUN=$work/netns/run KIDOS_NETNS_LIB=$work/netns/lib

# topology NAME "NS..." ["NS LINK NS LINK"...]: namespaces and veths between them, as kidos-netns
# reads them. No packet but those that a test sends: no IPv6, no ARP.
topology() {
	jq -n --arg run "$run" --arg name "$1" --arg namespaces "$2" '
		def veth_end($ns; $name): { name: $name, namespace: "\($run)-\($ns)", arp: false };
		{ name: $name,
		  namespaces: [$namespaces | splits(" +") | { name: "\($run)-\(.)", sysctl: {
			"net.ipv6.conf.all.disable_ipv6": 1, "net.ipv6.conf.default.disable_ipv6": 1 } }],
		  veths: [$ARGS.positional[] | split(" ") | { ends: [veth_end(.[0]; .[1]), veth_end(.[2]; .[3])] }] }' \
		--args "${@:3}"
}

# make_world "NS..." ["NS LINK NS LINK"...]: makes what is missing of it, also after a part has gone
make_world() {
	local words="$*" name file
	name=$run-${words// /-}
	file=$work/$name.json
	if [ ! -e "$file" ]; then
		topology "$name" "$@" >"$file" && chmod 644 "$file" || return 1
		worlds=("$file" "${worlds[@]}")
	fi
	"$netns" up "$file"
}

# make_ns NS...
make_ns() {
	make_world "$*"
}

# make_veth NS LINK NS LINK: between namespaces that are there
make_veth() {
	make_world "$1 $3" "$*"
}

# mac_of NS LINK
mac_of() {
	ip -n "$run-$1" -j link show "$2" | jq -r '.[0].address'
}

# carrier NS LINK: has it one?
carrier() {
	ip -n "$run-$1" -j link show "$2" | jq -e '.[0].flags | index("LOWER_UP")'
}

# As somebody else would, whatever kidos-netns thinks of it.
delete_ns() {
	ip netns delete "$run-$1"
}

# --- collectd ---

# write_config [LINES in <Plugin kidos>]: into $work/collectd.conf
write_config() {
	cat >"$work/collectd.conf" <<-END
		Hostname "kt"
		FQDNLookup false
		Interval ${interval:-0.5}
		WriteThreads 1
		BaseDir "$work"
		PIDFile "$work/collectd.pid"
		LoadPlugin logfile
		<Plugin logfile>
		  LogLevel info
		  File "$work/log"
		  Timestamp false
		  PrintSeverity true
		</Plugin>
		LoadPlugin csv
		<Plugin csv>
		  DataDir "$work/csv"
		  StoreRates ${store_rates:-false}
		</Plugin>
		${more_plugins:-}
		PluginDir "${plugin_dir:-$build/plugin}"
		LoadPlugin kidos
		PluginDir "/usr/lib/collectd"
		<Plugin kidos>
		  StatePath "$state"
		$1
		</Plugin>
	END
}

# A pipe in which nothing ever comes: to wait for it is to sleep without a program.
exec {nothing}<> <(:)
pausing='' quitting=''

# An exit out of `read` leaves bash 5.2 in such a state that a later $(...) may end in SIGSEGV, and
# the test's cleaning up with it: a signal that comes meanwhile is heeded after it.
pause() {
	pausing=yes
	read -rt 0.1 -u "$nothing" || :
	pausing=''
	[ -z "$quitting" ] || exit "$quitting"
}

quit() {
	quitting=$1
	[ -n "$pausing" ] || exit "$1"
}

# wait_for SECONDS COMMAND...: what takes that long at most on a quiet machine. On a busy one three
# times as long is no failure, and waiting costs nothing where nothing is wrong.
wait_for() {
	within $(($1 * 3)) "${@:2}"
}

# within SECONDS COMMAND...: where the time is what is promised
within() {
	local end=$((SECONDS + $1 * ${KIDOS_SLOW:-1}))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -le $end ] || return 1
		pause
	done
}

logged() {
	[[ $(<"$work/log") == *"$1"* ]]
}

# start_collectd NS CONFIG [PREFIX COMMAND...]: in the namespace, or "-" for the current one
start_collectd() {
	local ns=$1 enter=()
	write_config "$2"
	shift 2
	[ "$ns" = - ] || enter=(nsenter --net="/run/netns/$run-$ns")
	: >"$work/log"
	rm -rf "$work/csv"
	qdiscs_before=$(qdiscs)
	"${enter[@]}" "$@" collectd -f -C "$work/collectd.conf" >"$work/out" 2>&1 &
	daemon=$!
}

attached() {
	wait_for 20 logged "interface $1 in" && wait_for 20 logged "received packets at"
}

ctl() {
	"$kidosctl" --state "$state" "$@"
}

# What status says, whatever of its health its exit status tells: on a slow machine the first poll
# is late.
status_text() {
	ctl status "$@" || :
}

# interface_is NAME STATE: as status has it; LINK, or NAMESPACE:LINK
interface_is() {
	[ "$(ctl status --json | jq -r --arg name "$1" '.interfaces[] | select(.interface == $name) | .state')" = "$2" ]
}

# stopped_ms: how long it took
stop_collectd() {
	local start=${EPOCHREALTIME/./}
	[ -n "$daemon" ] || return 0
	remember_own
	kill -TERM "$daemon" 2>/dev/null
	wait "$daemon" 2>/dev/null
	stopped_ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	daemon=''
}

kill_collectd() {
	remember_own
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null
	daemon=''
}

# another_version: the map that says which layout the others have says another one
another_version() {
	local value
	value=$(bpftool -j map lookup pinned "$state/meta" key 0 0 0 0 | jq -r '.value | .[0] = "0x63" | join(" ")')
	# shellcheck disable=SC2086 # bytes
	bpftool map update pinned "$state/meta" key 0 0 0 0 value $value
}

# newest FILE...: sets line to the last line of these files, "" without any. In the shell: tests
# wait for values, and where a CPU is emulated each program costs a wait 40 ms and more.
newest() {
	local file rows
	line=''
	for file in "$@"; do
		[ -s "$file" ] || continue
		mapfile -t rows <"$file"
		line=${rows[-1]}
	done
}

# csv_last INSTANCE/TYPE-TYPE_INSTANCE: the newest values, without their time
csv_last() {
	local line
	newest "$work/csv/kt/kidos-$1"-20*
	[ -z "$line" ] || echo "${line#*,}"
}

# In seconds; "" before the first
last_poll() {
	local line
	newest "$work"/csv/kt/kidos-self/gauge-last_poll-20*
	echo "${line%%[.,]*}"
}

polled_after() {
	[ "$(last_poll)" -ge "$1" ]
}

# Until what was sent before the call is in the files: csv times are rounded, hence the second.
settle() {
	wait_for 20 polled_after $(($(date +%s) + 1)) || return
	at_rest
}

# --- exactness ---

# Every interface's count is its driver's, once no packet is under way: a difference is kept for
# finish. Polls that came before the settled one may be of a moment under load.
rests=0

at_rest() {
	local file line
	rests=$((rests + 1))
	for file in "$work"/csv/kt/kidos-*/gauge-unaccounted_*; do
		newest "$file"
		[[ ${line:-nan} =~ (^|,)(0\.0*|-?nan)$ ]] || wait_for 5 rests_at_zero "$file" || {
			newest "$file"
			echo "${file#"$work/csv/kt/kidos-"}: ${line#*,}" >>"$work/unaccounted"
		}
	done
	return 0
}

rests_at_zero() {
	local line
	newest "$1"
	[[ $line =~ ,0\.0*$ ]]
}

# The largest distance that any poll saw: under load as well, each should lie within its span.
widest_distance() {
	cat "$work"/csv/kt/kidos-*/gauge-unaccounted_[rt]x-20* 2>/dev/null |
		awk -F, '$2 ~ /^[0-9.]+$/ && $2 > widest { widest = $2 } END { print widest + 0 }'
}

# sends_counted INSTANCE: 100 frames from a0 in namespace a are 100 more of its packets.
sends_counted() {
	local was now
	settle
	was=$(csv_last "$1/if_packets-udp" | cut -d, -f1)
	in_ns a "$frames" a0 udp 100 --dst-mac "$nobody"
	settle
	now=$(csv_last "$1/if_packets-udp" | cut -d, -f1)
	echo "before $was, now $now"
	[ $((now - was)) = 100 ]
}

# counts_from_start NAME: collectd, just started in b, counts what is sent to b0
counts_from_start() {
	check "$1: attached" attached b0
	in_ns a "$frames" a0 udp 100 >/dev/null
	settle
	equal "$1: counted" 100,0 "$(csv_last b0/if_packets-udp)"
}

leave() {
	local status=$? pid world ns
	trap '' INT TERM HUP
	stop_collectd
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	for world in "${worlds[@]}"; do
		"$netns" down "$world"
	done
	ip netns list 2>/dev/null | while read -r ns _; do
		[[ $ns != "$run"-* ]] || ip netns delete "$ns"
	done
	rm -rf "$work" /sys/fs/bpf/"$run" /sys/fs/bpf/"$run"-*
	exit $status
}

[ "$(id -u)" = 0 ] || { echo '1..0 # SKIP needs root'; exit 0; }
trap leave EXIT
trap 'quit 130' INT
trap 'quit 143' TERM HUP
