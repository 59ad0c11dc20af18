#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Addresses, MTU and routes as the file says, after the first up: a bridge's own MTU, duplicate
# addresses, addresses that are tentative still, gateways outside the subnet, routes in any order.
. "$(dirname "$0")/support/netns_lib.bash"
need_root

cleanup() {
	local f
	for f in "$work"/*.json; do
		"$KN" down "$f" >/dev/null 2>&1
	done
	rm -rf "$work"
}
trap cleanup EXIT
before=$(snapshot)

# file NAME: the topology on standard input
file() {
	cat >"$work/$1.json"
	chmod 644 "$work/$1.json"
}
up() { "$KN" up "$work/$1.json"; }
down() { "$KN" down "$work/$1.json"; }
up_says() { # NAME PATTERN: up fails with these words and leaves nothing
	local out
	! out=$(up "$1" 2>&1) || { echo "it succeeded"; return 1; }
	grep -q -- "$2" <<<"$out" || { echo "$out"; return 1; }
	[ "$before" = "$(snapshot | grep -v '^/run/kidos-netns$')" ] || diff <(echo "$before") <(snapshot)
}
nothing_to_do() { "$KN" up "$work/$1.json" --dry-run | grep -v '^keep' && return 1 || true; }

# --- a bridge's MTU ---
mtu_of_bridge() { # BRIDGE MEMBERS EXPECTED
	file mtu <<END
{
	"namespaces": [ { "name": "kt-netns-m1" }, { "name": "kt-netns-m2" } ],
	"veths": [ { "ends": [ { "name": "p0", "namespace": "kt-netns-m1", "mtu": $2 },
			       { "name": "q0", "namespace": "kt-netns-m2", "mtu": $2 } ] } ],
	"bridges": [ { "name": "br0", "namespace": "kt-netns-m1", "members": ["p0"] $1 } ]
}
END
	up mtu && inside kt-netns-m1 ip -o link show br0 | tee "$work/out" | grep -q "mtu $3 " &&
		"$KN" status "$work/mtu.json" && nothing_to_do mtu && down mtu && return
	cat "$work/out"
	down mtu
	return 1
}
check "addresses: a bridge's MTU below its members'" mtu_of_bridge ', "mtu": 1400' 1500 1400
check "addresses: a bridge's MTU above its members'" mtu_of_bridge ', "mtu": 1500' 1400 1500
check "addresses: a bridge's MTU, jumbo" mtu_of_bridge ', "mtu": 9000' 1500 9000
check "addresses: a bridge's MTU, its members'" mtu_of_bridge ', "mtu": 1300' 1300 1300
check "addresses: a bridge without MTU takes its members'" mtu_of_bridge '' 1400 1400

# --- one address at both ends ---
file twice <<'END'
{
	"namespaces": [ { "name": "kt-netns-m1" }, { "name": "kt-netns-m2" } ],
	"veths": [ { "ends": [
		{ "name": "p0", "namespace": "kt-netns-m1", "addresses": ["fd00:85::1/64", "fd00:85::8/64"] },
		{ "name": "q0", "namespace": "kt-netns-m2", "addresses": ["fd00:85::9/64"] } ] } ]
}
END
up twice
check "addresses: status waits for tentative addresses" "$KN" status "$work/twice.json"
# The link runs on both sides by now: the question for duplicates meets an answer.
inside kt-netns-m2 ip addr add fd00:85::1/64 dev q0 nodad
inside kt-netns-m1 ip addr del fd00:85::1/64 dev p0
check "addresses: an IPv6 address that another host has: up" up twice
exits 1 "addresses: status fails over it" 'fail  address .*p0: fd00:85::1/64: .*another host has this address' \
	"$KN" status "$work/twice.json"
exits 1 "addresses: and passes the others" 'pass  address .*p0: fd00:85::8/64 there' "$KN" status "$work/twice.json"
exits 1 "addresses: also as JSON" '"reason":"fd00:85::1.*another host has this address' \
	"$KN" status "$work/twice.json" --json
inside kt-netns-m2 ip addr del fd00:85::1/64 dev q0
check "addresses: once the other host has given it up, up mends it" up twice
check "addresses: and status passes" "$KN" status "$work/twice.json"
inside kt-netns-m1 ip addr del fd00:85::8/64 dev p0
inside kt-netns-m1 ip addr add fd00:85::8/48 dev p0
exits 1 "addresses: another prefix length is named" 'fd00:85::8/64: its prefix length is 48' \
	"$KN" status "$work/twice.json"
check "addresses: and mended" up twice
check "addresses: to what the file says" bash -c \
	'nsenter --net=/run/netns/kt-netns-m1 ip -6 -o addr show p0 to fd00:85::8 | grep -c inet6 | grep -x 1'
down twice

# --- a source address that is tentative still ---
file source <<'END'
{
	"namespaces": [
		{ "name": "kt-netns-m1", "routes": [
			{ "to": "default", "via": "fd00:86::2", "source": "fd00:86::1" },
			{ "to": "fd00:87::/64", "dev": "p0", "source": "fd00:86::1", "metric": 7 } ] },
		{ "name": "kt-netns-m2" } ],
	"veths": [ { "ends": [
		{ "name": "p0", "namespace": "kt-netns-m1", "addresses": ["fd00:86::1/64"] },
		{ "name": "q0", "namespace": "kt-netns-m2", "addresses": ["fd00:86::2/64"] } ] } ]
}
END
check "addresses: a route from an address that is tentative still" up source
check "addresses: has that source" bash -c \
	'nsenter --net=/run/netns/kt-netns-m1 ip -6 route show default | grep "src fd00:86::1"'
check "addresses: status passes it" "$KN" status "$work/source.json"
inside kt-netns-m2 ip addr add fd00:86::1/64 dev q0 nodad
inside kt-netns-m1 ip addr del fd00:86::1/64 dev p0
refuses "addresses: a route from an address that another host has fails and says so" \
	'another host has this address' "$KN" up "$work/source.json"
inside kt-netns-m2 ip addr del fd00:86::1/64 dev q0
check "addresses: and comes when the other has given it up" up source
check "addresses: with its source" bash -c \
	'nsenter --net=/run/netns/kt-netns-m1 ip -6 route show default | grep "src fd00:86::1"'
down source
sed 's/"name": "q0"/"up": false, "name": "q0"/' "$work/source.json" >"$work/dark.json"
chmod 644 "$work/dark.json"
check "addresses: a route from an address of a link that never runs fails and says so" \
	up_says dark 'still tentative'
sed 's/"name": "q0"/"up": false, &/; s/"name": "p0",/"dad": false, &/' "$work/source.json" \
	>"$work/nodad.json"
chmod 644 "$work/nodad.json"
check "addresses: with dad false there is nothing to wait for" up nodad
exits 1 "addresses: such an address passes without carrier" 'pass  address .*fd00:86::1/64 there' \
	"$KN" status "$work/nodad.json"
down nodad

# --- a gateway outside the subnet ---
gateway() { # NAME ROUTES ADDRESS PEER
	file "$1" <<END
{
	"namespaces": [ { "name": "kt-netns-m1", "routes": [ $2 ] }, { "name": "kt-netns-m2", "routes": [
		{ "to": "$3", "dev": "q0" } ] } ],
	"veths": [ { "ends": [
		{ "name": "p0", "namespace": "kt-netns-m1", "dad": false, "addresses": ["$3"] },
		{ "name": "q0", "namespace": "kt-netns-m2", "dad": false, "addresses": ["$4"] } ] } ]
}
END
}
reaches() {
	up "$1" && "$KN" status "$work/$1.json" && nothing_to_do "$1" &&
		inside kt-netns-m1 ping -q -c1 -W2 "$2" && down "$1" && return
	down "$1"
	return 1
}
four=(10.88.0.1/32 172.31.0.1/32)
six=(fd00:88::1/128 fd00:99::1/128)
gateway onlink4 '{ "to": "default", "via": "172.31.0.1", "dev": "p0", "onlink": true }' "${four[@]}"
gateway onlink6 '{ "to": "default", "via": "fd00:99::1", "dev": "p0", "onlink": true }' "${six[@]}"
gateway order4 '{ "to": "default", "via": "172.31.0.1" }, { "to": "172.31.0.1/32", "dev": "p0" }' "${four[@]}"
gateway order6 '{ "to": "default", "via": "fd00:99::1" }, { "to": "fd00:99::1/128", "dev": "p0" }' "${six[@]}"
gateway metric4 '{ "to": "default", "via": "172.31.0.1", "dev": "p0", "onlink": true, "metric": 5, "table": 88 },
	{ "to": "172.31.0.0/24", "dev": "p0" }' "${four[@]}"
check "addresses: /32 and a gateway with onlink" reaches onlink4 172.31.0.1
check "addresses: /128 and a gateway with onlink" reaches onlink6 fd00:99::1
check "addresses: a gateway behind a route that comes after it, IPv4" reaches order4 172.31.0.1
check "addresses: a gateway behind a route that comes after it, IPv6" reaches order6 fd00:99::1
check "addresses: onlink with metric and table" reaches metric4 172.31.0.1
gateway none4 '{ "to": "default", "via": "172.31.0.1", "dev": "p0" }' "${four[@]}"
gateway none6 '{ "to": "default", "via": "fd00:99::1", "dev": "p0" }' "${six[@]}"
check "addresses: without it the failure names the key, IPv4" up_says none4 '"onlink": true'
check "addresses: without it the failure names the key, IPv6" up_says none6 '"onlink": true'
gateway nodev '{ "to": "default", "via": "172.31.0.1", "onlink": true }' "${four[@]}"
refuses "addresses: onlink without dev is refused" 'onlink needs via and dev' "$KN" check "$work/nodev.json"

# --- another route in its place ---
gateway taken '{ "to": "10.98.0.0/24", "via": "172.31.0.1" }, { "to": "172.31.0.0/24", "dev": "p0" }' "${four[@]}"
up taken
inside kt-netns-m1 ip route replace blackhole 10.98.0.0/24
exits 1 "addresses: a route in the place of ours is no pass" 'fail  route .*10.98.0.0/24' \
	"$KN" status "$work/taken.json"
check "addresses: up mends it" up taken
check "addresses: status passes then" "$KN" status "$work/taken.json"
down taken
rmdir /run/kidos-netns 2>/dev/null
if [ "$before" = "$(snapshot)" ]; then
	ok "addresses: nothing is left"
else
	not_ok "addresses: nothing is left" "$(diff <(echo "$before") <(snapshot))"
fi
finish
