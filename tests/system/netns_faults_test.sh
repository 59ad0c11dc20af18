#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whatever goes wrong on the way up or down: a failure after each step and in each message, kill -9
# after each step, a process that holds a namespace, planted links, files that others may write.
. "$(dirname "$0")/support/netns_lib.bash"
need_root
demo=$(topology "$top/netns/topologies/demo.json")
lab=$(topology "$top/netns/topologies/lab.json")

cleanup() {
	end_started
	rm -f /run/kidos-netns/demo 2>/dev/null
	[ ! -L /etc/netns ] || rm -f /etc/netns
	"$KN" down "$demo" >/dev/null 2>&1
	"$KN" down "$lab" >/dev/null 2>&1
	rm -rf "$work"
}
trap cleanup EXIT
before=$(snapshot)
clean() {
	[ "$(snapshot)" = "$before" ] || diff <(echo "$before") <(snapshot)
}

# --- what the kernel loses or breaks off ---
check "faults: an answer that is lost, a dump that is interrupted" \
	"${KIDOS_BUILD:-$top/build}/tests/tools/netns-overrun"

# --- failure after each step ---
each_step() { # FILE
	local n steps bad="" out
	steps=$("$KN" up "$1" --dry-run | wc -l)
	for n in $(each "$steps"); do
		out=$(KIDOS_NETNS_FAIL_AT=$n "$KN" up "$1" 2>&1) && bad+="step $n did not fail; "
		grep -q 'failure injected' <<<"$out" || bad+="step $n: $out; "
		out=$(clean) && [ -z "$out" ] || bad+="step $n left: $out; "
	done
	[ "$steps" -gt 10 ] && [ -z "$bad" ] || { echo "$steps steps; $bad"; return 1; }
}
check "faults: demo: failure after each step leaves nothing" each_step "$demo"
check "faults: lab: failure after each step leaves nothing" each_step "$lab"

# --- failure in each netlink message ---
each_message() { # FILE
	local n bad="" out
	for n in $(each 200); do
		if out=$(KIDOS_NETNS_FAIL_MESSAGE=$n "$KN" up "$1" 2>&1); then
			"$KN" down "$1" || bad+="down after message $n; "
			break
		fi
		out=$(clean) && [ -z "$out" ] || bad+="message $n left: $out; "
	done
	[ "$n" -gt 10 ] && [ "$n" -lt 200 ] && [ -z "$bad" ] || { echo "$n messages; $bad"; return 1; }
}
check "faults: demo: failure in each netlink message leaves nothing" each_message "$demo"

# --- kill -9 after each step ---
killed_then() { # FILE THEN
	local n steps bad="" out
	steps=$("$KN" up "$1" --dry-run | wc -l)
	for n in $(each "$steps"); do
		KIDOS_NETNS_KILL_AT=$n "$KN" up "$1" >/dev/null 2>&1
		if [ "$2" = up ]; then
			out=$("$KN" up "$1" 2>&1 && "$KN" status "$1" 2>&1) || bad+="up after $n: $out; "
		fi
		out=$("$KN" down "$1" 2>&1) || bad+="down after $n: $out; "
		out=$(clean) && [ -z "$out" ] || bad+="killed at $n left: $out; "
	done
	[ -z "$bad" ] || { echo "$bad"; return 1; }
} 2>/dev/null
check "faults: demo: kill -9 after each step, then down: nothing is left" killed_then "$demo" down
check "faults: demo: kill -9 after each step, then up: all passes" killed_then "$demo" up
check "faults: lab: kill -9 after each step, then down: nothing is left" killed_then "$lab" down

killed_going_down() {
	local n bad="" out
	for n in $(each 6); do
		"$KN" up "$lab" || bad+="up $n; "
		KIDOS_NETNS_KILL_AT=$n "$KN" down "$lab" >/dev/null 2>&1
		out=$("$KN" down "$lab" 2>&1) || bad+="down after $n: $out; "
		out=$(clean) && [ -z "$out" ] || bad+="killed at $n left: $out; "
	done
	[ -z "$bad" ] || { echo "$bad"; return 1; }
} 2>/dev/null
check "faults: lab: kill -9 within down, then down: nothing is left" killed_going_down

# What a kill between making the file and mounting the namespace leaves.
mkdir -p /run/kidos-netns/demo
chmod 700 /run/kidos-netns /run/kidos-netns/demo
install -m 600 "$demo" /run/kidos-netns/demo/topology.json
echo 'namespace kd-a' >/run/kidos-netns/demo/made
chmod 600 /run/kidos-netns/demo/made
mkdir -p /run/netns
touch /run/netns/kd-a
check "faults: a namespace's file without its namespace is mended" "$KN" up "$demo"

# --- a complete world is not torn down because a repair fails ---
inside kd-b ip link del mon-src
refuses "faults: a failing repair fails" 'failure injected' \
	env KIDOS_NETNS_FAIL_AT=1 "$KN" up "$demo"
check "faults: and leaves the rest of the world alone" inside kd-a ping -q -c1 -W1 10.77.0.2
check "faults: the next repair succeeds" "$KN" up "$demo"

# --- another version of the file ---
sed 's/10.77.0.1\/24/10.77.0.3\/24/' "$demo" >"$work/other.json"
refuses "faults: up from another version of the file is refused" 'another version' \
	"$KN" up "$work/other.json"
refuses "faults: and down of it, while the file that was built is there" "is up from $demo" \
	"$KN" down "$work/other.json"
cp "$demo" "$work/built.json"
cat "$work/other.json" >"$demo"
check "faults: down goes by what was built, whatever the file says now" "$KN" down "$demo"
check "faults: which leaves nothing" test -z "$(clean)"
cat "$work/built.json" >"$demo"

# --- a process that holds the namespace ---
"$KN" up "$demo"
start_in kd-b sleep 300
exits 0 "faults: a process that holds a namespace is named" \
	"kd-b is kept alive by pid ${pids[0]} (sleep)" "$KN" down "$demo"
if [ -z "$(nsenter -t "${pids[0]}" -n ip -o link | grep -v ' lo:')" ]; then
	ok "faults: the held namespace keeps none of our links"
else
	not_ok "faults: the held namespace keeps none of our links"
fi
check "faults: up beside the held namespace" "$KN" up "$demo"
end_started
check "faults: down after it" "$KN" down "$demo"

# --- who may write the file ---
cp "$demo" "$work/loose.json"
chmod 666 "$work/loose.json"
refuses "faults: a file that others may write is refused" 'writable by others' \
	"$KN" up "$work/loose.json"
install -m 644 -o nobody "$demo" "$work/nobody.json"
refuses "faults: a file of another user is refused" 'belongs to uid' "$KN" up "$work/nobody.json"
ln -s "$demo" "$work/link.json"
refuses "faults: a symbolic link is refused" 'symbolic link' "$KN" up "$work/link.json"
mkfifo "$work/fifo.json"
refuses "faults: a FIFO is refused and does not hang" 'not a regular file' \
	timeout 5 "$KN" check "$work/fifo.json"

# --- links planted where we write ---
mkdir -p "$work/elsewhere" /run/kidos-netns
ln -s "$work/elsewhere" /run/kidos-netns/demo
refuses "faults: a link planted at the run directory" 'not a directory' "$KN" up "$demo"
rm /run/kidos-netns/demo
mkdir -m 777 /run/kidos-netns/demo
chmod 777 /run/kidos-netns/demo
refuses "faults: a run directory that others may write" 'writable by others' "$KN" up "$demo"
chmod 700 /run/kidos-netns/demo
ln -s /etc/hostname /run/kidos-netns/demo/made
refuses "faults: a link planted at the record" 'symbolic link' "$KN" up "$demo"
rm -r /run/kidos-netns/demo
ln -s "$work/elsewhere/file" /run/netns/kd-a
refuses "faults: a link planted at a namespace's name" 'kd-a' "$KN" up "$demo"
if [ -L /run/netns/kd-a ] && [ ! -e "$work/elsewhere/file" ]; then
	ok "faults: and it is neither followed nor removed"
else
	not_ok "faults: and it is neither followed nor removed"
fi
rm -f /run/netns/kd-a
if [ ! -e /etc/netns ]; then
	ln -s "$work/elsewhere" /etc/netns
	mkdir -m 777 "$work/elsewhere/lab-h1"
	chmod 777 "$work/elsewhere/lab-h1"
	refuses "faults: a resolv.conf directory that others may write" 'writable by others' \
		"$KN" up "$lab"
	rm -f /etc/netns
else
	skip "faults: a resolv.conf directory that others may write" "/etc/netns exists"
fi
mkdir -p /etc/netns/lab-h2
echo 'nameserver 192.0.2.1' >/etc/netns/lab-h2/resolv.conf
refuses "faults: somebody else's resolv.conf is left alone" 'is not ours' "$KN" up "$lab"
check "faults: and it is still there" grep -q 192.0.2.1 /etc/netns/lab-h2/resolv.conf
rm -r /etc/netns/lab-h2
rmdir /etc/netns
check "faults: nothing is left in the end" test -z "$(clean)"
finish
