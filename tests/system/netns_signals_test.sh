#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A signal ends kidos-netns while it waits: for another one's lock, for leases that do not come, for
# an answer to status. What up had made is undone; what was complete stays.
. "$(dirname "$0")/support/netns_lib.bash"
need_root

holder=''
cleanup() {
	[ -z "$holder" ] || kill "$holder" 2>/dev/null
	"$KN" down "$work/lease.json" >/dev/null 2>&1
	"$KN" down "$work/plain.json" >/dev/null 2>&1
	rm -rf "$work"
}
trap cleanup EXIT
before=$(snapshot)

# Nobody answers at the other end of d0, and nobody is at 10.84.0.9.
cat >"$work/lease.json" <<'END'
{
	"namespaces": [ { "name": "kt-netns-g1" }, { "name": "kt-netns-g2" } ],
	"veths": [ { "ends": [ { "name": "d0", "namespace": "kt-netns-g1", "dhcp": true },
			       { "name": "d1", "namespace": "kt-netns-g2" } ] } ]
}
END
cat >"$work/plain.json" <<'END'
{
	"namespaces": [ { "name": "kt-netns-g1", "check": { "ping": ["10.84.0.7", "10.84.0.8", "10.84.0.9"] } },
			{ "name": "kt-netns-g2" } ],
	"veths": [ { "ends": [
		{ "name": "d0", "namespace": "kt-netns-g1", "addresses": ["10.84.0.1/24"] },
		{ "name": "d1", "namespace": "kt-netns-g2" } ] } ]
}
END
chmod 644 "$work"/*.json

# Runs, and catches SIGTERM, which is bit 14.
catches() {
	[ "$(readlink "/proc/$1/exe")" = "$(readlink -f "$KN")" ] &&
		[ $((0x$(sed -n 's/^SigCgt:\s*//p' "/proc/$1/status") & 0x4000)) != 0 ]
}
runs() { [ "$(readlink "/proc/$1/exe")" = "$(readlink -f "$KN")" ]; }
asks() { [ -s /run/kidos-netns/lease/dhcp.kt-netns-g1.d0.pid ]; }

# stopped SIGNAL READY COMMAND...: half a second after READY (a function) is true of its pid, the signal
# ends COMMAND within 2 s; its output is in $work/out, its exit status is returned.
stopped() {
	local signal=$1 ready=$2 pid start status
	shift 2
	# A background job of a script ignores SIGINT and SIGQUIT unless it is told otherwise.
	python3 -c 'import os, signal, sys
for each in signal.SIGINT, signal.SIGQUIT, signal.SIGHUP:
    signal.signal(each, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$@" >"$work/out" 2>&1 &
	pid=$!
	for _ in $(seq 100); do
		! "$ready" "$pid" 2>/dev/null || break
		sleep 0.1
	done
	sleep 0.5
	start=${EPOCHREALTIME/./}
	kill -s "$signal" "$pid" || { echo "it had ended: $(cat "$work/out")"; return 99; }
	wait "$pid" 2>/dev/null
	status=$?
	[ $((${EPOCHREALTIME/./} - start)) -lt 2000000 ] || { echo "took too long"; return 98; }
	return $status
}

# ends STATUS PATTERN|- ARGUMENTS-OF-stopped...
ends() {
	local wanted=$1 pattern=$2 status
	shift 2
	stopped "$@"
	status=$?
	if [ "$status" != "$wanted" ] || { [ "$pattern" != - ] && ! grep -q -- "$pattern" "$work/out"; }; then
		echo "status $status: $(cat "$work/out")"
		return 1
	fi
}

# --- the lock ---
mkdir -p /run/kidos-netns
chmod 700 /run/kidos-netns
python3 -c 'import fcntl, os, time
fcntl.flock(os.open("/run/kidos-netns", os.O_RDONLY), fcntl.LOCK_EX)
time.sleep(60)' &
holder=$!
until grep -q "FLOCK.*WRITE $holder " /proc/locks; do
	sleep 0.1
done
for signal in INT TERM HUP QUIT; do
	check "signals: SIG$signal ends up that waits for the lock" \
		ends 1 'stopped by a signal while another' "$signal" catches "$KN" up "$work/plain.json"
	check "signals: SIG$signal ends down that waits for the lock" \
		ends 1 'stopped by a signal while another' "$signal" catches "$KN" down "$work/plain.json"
done
stopped TERM catches "$KN" up "$work/plain.json" --json
check "signals: the report of it is JSON" bash -c '
	grep -v "^kidos-netns:" "$1" | jq -e ".ok == false and (.error | test(\"signal\"))"' - "$work/out"
kill "$holder"
wait "$holder" 2>/dev/null
holder=''
rmdir /run/kidos-netns
check "signals: nothing was begun" test -z "$(find /run/kidos-netns /run/netns -name 'kt-*' -o -name plain 2>/dev/null)"

# --- leases ---
for signal in INT TERM HUP QUIT; do
	check "signals: SIG$signal ends up that waits for leases" \
		ends 1 'stopped by a signal while it waited' "$signal" asks \
		"$KN" up "$work/lease.json"
	if [ "$before" = "$(snapshot | grep -v '^/run/kidos-netns$')" ]; then
		ok "signals: what it had made is undone, with the client (SIG$signal)"
	else
		not_ok "signals: what it had made is undone, with the client (SIG$signal)" \
			"$(diff <(echo "$before") <(snapshot))"
	fi
done

under_nohup() {
	local pid
	nohup "$KN" up "$work/lease.json" >"$work/out" 2>&1 &
	pid=$!
	for _ in $(seq 100); do
		! asks || break
		sleep 0.1
	done
	kill -s HUP "$pid"
	sleep 0.5
	runs "$pid" || { cat "$work/out"; return 1; }
	kill -s TERM "$pid"
	wait "$pid"
	[ $? = 1 ] && grep -q 'stopped by a signal while it waited' "$work/out"
}
check "signals: SIGHUP does not end up under nohup" under_nohup

# Its reader has gone before it writes.
without_reader() {
	python3 -c 'import os, signal, sys
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
reader, writer = os.pipe()
os.close(reader)
os.dup2(writer, 1)
os.execv(sys.argv[1], sys.argv[1:])' "$@"
}
check "signals: SIGPIPE does not end up" without_reader "$KN" up "$work/plain.json" --json
check "signals: SIGPIPE does not end down" without_reader "$KN" down "$work/plain.json" --json

# --- a world that was complete ---
"$KN" up "$work/plain.json"
check "signals: SIGTERM ends status that waits for answers" \
	ends 143 - TERM runs "$KN" status "$work/plain.json"
check "signals: which changes nothing" inside kt-netns-g1 ip addr show to 10.84.0.1 dev d0
check "signals: down" "$KN" down "$work/plain.json"
check "signals: nothing is left" test -z "$(find /run/kidos-netns /run/netns -mindepth 1 2>/dev/null)"
finish
