# SPDX-License-Identifier: MIT
# Sourced by the netns_*.sh tests: TAP, kidos-netns, and a look at what is left afterwards.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
KN=${KIDOS_NETNS:-${KIDOS_BUILD:-$top/build}/netns/kidos-netns}
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

everything() {
	find /run/netns -mindepth 1 -printf '%f\n' 2>/dev/null | sort
	ip -o link | sed 's/^[0-9]*: //; s/ state .*//' | sort
	ip -o addr | awk '{ print $2, $3, $4 }' | sort
	ip route show table all
	ip -6 route show table main
	tc qdisc show | grep -v noqueue
	find /run/kidos-netns /var/lib/kidos/netns /etc/netns -mindepth 1 2>/dev/null | sort
	pgrep -a 'udhcpc|dhclient' | grep -v defunct
	grep netns /proc/self/mounts | grep -v ' /run/netns '
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
