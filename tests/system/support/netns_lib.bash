# SPDX-License-Identifier: MIT
# Sourced by the netns_*_test.sh tests: TAP, kidos-netns, and a look at what is left afterwards.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../../.." && pwd)
KN=${KIDOS_NETNS:-${KIDOS_BUILD:-$top/build}/netns/kidos-netns}

# Several runs on one machine do not see each other: what is mounted and where kidos-netns is started
# are a run's own. In a guest there is one run, and netns_uplink_test.sh needs the kernel's first namespace.
own_namespaces() {
	if [ -z "${NETNS_OWN:-}" ]; then
		NETNS_OWN=1 exec unshare --mount --net --propagation private bash "$0" "$@"
	fi
	umount --recursive --lazy /run/netns 2>/dev/null # what others have there now
	mount -t tmpfs -o mode=755 run /run && mount -t tmpfs -o mode=755 lib /var/lib &&
		mkdir /run/etc && mount -t tmpfs -o mode=755 etc /run/etc && cp -a /etc/. /run/etc &&
		mount --move /run/etc /etc && ip link set lo up
}
if [ "$(id -u)" = 0 ] && [ -z "${KIDOS_SLOW:-}${first_namespace:-}" ]; then
	own_namespaces "$@" || { echo "not ok 1 - netns: $(basename "$0"): namespaces of its own"; exit 1; }
fi

tests=0
failed=0
work=$(mktemp -d)
pids=()

ok() {
	tests=$((tests + 1))
	echo "ok $tests - netns: $1"
}

not_ok() {
	tests=$((tests + 1))
	failed=$((failed + 1))
	echo "not ok $tests - netns: $1"
	[ -z "${2:-}" ] || sed 's/^/# /' <<<"$2"
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests - netns: $1 # SKIP $2"
}

# check NAME COMMAND...: ok if the command succeeds; its output explains a failure.
check() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$out"; fi
}

# refuses NAME PATTERN COMMAND...: ok if it fails with these words.
refuses() {
	local name=$1 pattern=$2 out
	shift 2
	if out=$("$@" 2>&1); then
		not_ok "$name" "succeeded: $out"
	elif grep -q -- "$pattern" <<<"$out"; then
		ok "$name"
	else
		not_ok "$name" "$out"
	fi
}

# exits STATUS NAME PATTERN COMMAND...: ok if it exits so and says these words.
exits() {
	local wanted=$1 name=$2 pattern=$3 out status
	shift 3
	out=$("$@" 2>&1)
	status=$?
	if [ "$status" = "$wanted" ] && grep -q -- "$pattern" <<<"$out"; then
		ok "$name"
	else
		not_ok "$name" "status $status: $out"
	fi
}

finish() {
	echo "1..$tests"
	[ "$failed" = 0 ]
}

inside() {
	local ns=$1
	shift
	nsenter --net="/run/netns/$ns" "$@"
}

# A topology that root may use: root's own and writable by nobody else, whatever the checkout is.
topology() {
	install -m 644 "$1" "$work/$(basename "$1")"
	echo "$work/$(basename "$1")"
}

# DHCP clients that live and see our files: those of other runs see others.
clients() {
	local pid
	for pid in $(pgrep 'udhcpc|dhclient'); do
		[ "$(readlink "/proc/$pid/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] || ps -o pid=,args= -p "$pid"
	done | grep -v defunct
}

everything() {
	find /run/netns -mindepth 1 -printf '%f\n' 2>/dev/null | sort
	ip -o link | sed 's/^[0-9]*: //; s/ state .*//' | sort
	ip -o addr | awk '{ print $2, $3, $4 }' | sort
	ip route show table all
	ip -6 route show table main
	tc qdisc show | grep -v noqueue
	find /run/kidos-netns /var/lib/kidos/netns /etc/netns -mindepth 1 2>/dev/null | sort
	clients
	grep netns /proc/self/mounts | grep -v ' /run/netns '
}

# each N: 1 to N; on an emulated CPU, where one takes seconds, the first, the middle and the last
each() {
	if [ "${KIDOS_SLOW:-1}" = 1 ]; then
		seq "$1"
	else
		printf '%d\n' 1 $((($1 + 1) / 2)) "$1"
	fi
}

# Everything that up may leave behind, as text; equal before and after means clean. What other tests
# call kt-* comes and goes beside us.
snapshot() {
	everything | awk '!/kt-/ || /kt-n(etns|ic)/'
}

# start_in NS COMMAND...: in the background; the pid is the command's own, since nsenter becomes it.
start_in() {
	local ns=$1
	shift
	nsenter --net="/run/netns/$ns" "$@" &
	pids+=($!)
	for _ in $(seq 50); do
		[ "$(readlink "/proc/$!/ns/net")" = "$(readlink /proc/self/ns/net)" ] || break
		sleep 0.1
	done
}

# appears LINK: a link of a namespace that was deleted comes home
appears() {
	for _ in $(seq 100); do
		! ip link show "$1" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	return 1
}

end_started() {
	local pid
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	pids=()
}

need_root() {
	[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
	[ -x "$KN" ] || { echo "not ok 1 - netns: $KN is not built"; exit 1; }
}
