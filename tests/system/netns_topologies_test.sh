#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every shipped topology that needs no uplink: up, all of status passes, up again changes nothing,
# down, down again, nothing left. (kidos.json has its uplink and DHCP in netns_dhcp.sh.)
. "$(dirname "$0")/support/netns_lib.bash"
need_root

cleanup() {
	for t in demo mirror lab; do
		"$KN" down "$(topology "$top/netns/topologies/$t.json")" >/dev/null 2>&1
	done
	rm -rf "$work"
}
trap cleanup EXIT

# Whatever up would change a second time shows here: numbers, addresses, filters.
look_inside() {
	local ns
	for ns in "$@"; do
		inside "$ns" ip -d -o link | sed 's/ linkmode.*//; s/timer *[0-9.]*//g'
		inside "$ns" ip -o addr | awk '{ print $1, $2, $3, $4 }'
		inside "$ns" ip route
		inside "$ns" tc filter show 2>/dev/null
	done
}

one() {
	local t=$1 file before after first second out
	shift
	file=$(topology "$top/netns/topologies/$t.json")
	before=$(snapshot)
	check "$t: check" "$KN" check "$file"
	out=$("$KN" up "$file" --dry-run 2>&1)
	if [ "$(snapshot)" = "$before" ] && ! grep -qv '^make ' <<<"$out"; then
		ok "$t: a dry run prints what it would make and changes nothing"
	else
		not_ok "$t: a dry run prints what it would make and changes nothing" "$out"
	fi
	check "$t: up" "$KN" up "$file"
	check "$t: ip netns sees its namespaces" \
		bash -c 'for n in "$@"; do ip netns | grep -qw -- "$n" || exit 1; done' - "$@"
	out=$("$KN" status "$file")
	if [ $? = 0 ] && ! grep -q '^fail' <<<"$out" && grep -q '^pass' <<<"$out"; then
		ok "$t: status passes"
	else
		not_ok "$t: status passes" "$out"
	fi
	check "$t: status --json adds up" python3 -c '
import json, subprocess, sys
s = json.loads(subprocess.run(sys.argv[1:], capture_output=True, text=True).stdout)
assert sum(s["totals"].values()) == len(s["items"]) > 0
assert s["totals"]["fail"] == 0' "$KN" status "$file" --json
	first=$(look_inside "$@")
	out=$("$KN" up "$file" --dry-run)
	if grep -qv '^keep ' <<<"$out"; then
		not_ok "$t: a second up has nothing to do" "$out"
	else
		ok "$t: a second up has nothing to do"
	fi
	check "$t: up twice" "$KN" up "$file"
	second=$(look_inside "$@")
	if [ "$first" = "$second" ]; then
		ok "$t: up twice changes nothing"
	else
		not_ok "$t: up twice changes nothing" "$(diff <(echo "$first") <(echo "$second"))"
	fi
	check "$t: down" "$KN" down "$file"
	after=$(snapshot)
	if [ "$before" = "$after" ]; then
		ok "$t: nothing is left"
	else
		not_ok "$t: nothing is left" "$(diff <(echo "$before") <(echo "$after"))"
	fi
	check "$t: down twice" "$KN" down "$file"
}

one demo kd-a kd-b kd-mon
one mirror km-sw km-a km-b km-mon
one lab lab-h1 lab-r lab-h2
finish
