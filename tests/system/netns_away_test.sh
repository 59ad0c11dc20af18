#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The uplink is away and something goes wrong: its journal is unreadable or lost, others look like it,
# the file is not what it was, kidos-netns is killed. And before: it does not go if the way out is by it.
. "$(dirname "$0")/support/netns_uplink.bash"

# --- the journal ---
build
many_routes() {
	local i
	for i in $(seq 0 5999); do
		echo "route add 10.$((128 + i / 256)).$((i % 256)).0/24 via 10.71.0.2"
	done | host ip -batch -
	[ "$(host ip route show via 10.71.0.2 | wc -l)" = 6000 ] && returns
}
check "away: 6,000 routes" many_routes
long_route() {
	local hops=() i
	for i in $(seq 2 240); do hops+=(nexthop via "10.71.0.$i" dev up1); done
	host ip route add 198.51.100.0/24 "${hops[@]}" && returns
}
check "away: a route of 239 paths" long_route

build
move
chmod 664 "$journal"
refuses "away: a journal that others may write is an error of down" 'writable by others' kn down "$up"
check "away: and the namespace stays with the uplink in it" away
refuses "away: of a second down too" 'writable by others' kn down "$up"
refuses "away: status says so" 'writable by others' kn status "$up"
refuses "away: and a dry run of down" 'writable by others' kn down "$up" --dry-run
check "away: which changes nothing" away
chmod 600 "$journal"
check "away: a dry run of down when it can be read" kn down "$up" --dry-run
check "away: down when it can be read" kn down "$up"
check "away: it is home" home
check "away: nothing is left" gone
move
cp "$journal" "$work/whole"
head -c 500 "$work/whole" >"$journal"
refuses "away: a journal that is cut is an error of a dry run of down" 'cannot be read' kn down "$up" --dry-run
refuses "away: a journal that is cut is an error of down" 'cannot be read' kn down "$up"
check "away: the cut journal's namespace stays" away
cat "$work/whole" >"$journal"
check "away: down with the whole one" kn down "$up"
move
rm "$journal"
refuses "away: a journal that was removed fails a dry run of down" 'its journal was lost' kn down "$up" --dry-run
refuses "away: a journal that was removed" 'its journal was lost' kn down "$up"
check "away: does not take the interface with it" home
check "away: which has its addresses" bash -c 'nsenter --net=/run/netns/kt-netns-host ip addr show up1 | grep -q 10.71.0.1/24'
check "away: and the next down is content" kn down "$up"
check "away: with nothing left" gone

# --- the interface is gone ---
build
move
inside kt-netns-away ip link del up1
for way in --dry-run ""; do
	refuses "away: down $way of an uplink that is gone names its journal" \
		"uplink up1: there is no such interface here any more.*remove its journal $journal" kn down "$up" $way
done
rm "$journal"
check "away: without the journal a dry run of down passes" kn down "$up" --dry-run
check "away: and down goes on without the uplink" kn down "$up"
check "away: and nothing is left of it" gone

# --- home, and the journal still open ---
# down fails for a route whose nexthop object is gone; then the interface gets more at home.
left_open() {
	build
	host ip nexthop add id 8 via 10.72.0.2 dev other
	host ip route add 192.0.2.0/24 nhid 8 src 10.71.0.1
	move || return
	host ip nexthop del id 8
	kn down "$up" && return 1
	host ip addr add 10.71.0.77/24 dev up1
	host ip route add 198.51.100.0/24 via 10.71.0.2
	host ip link set up1 mtu 1400
}
gained() {
	host ip -o addr show dev up1 | grep -q 10.71.0.77/24 && host ip link show up1 | grep -q 'mtu 1400' &&
		host ip route show | grep -q '198.51.100.0/24 via 10.71.0.2'
}
open_is_refused() {
	local out way
	for way in "" --dry-run; do
		out=$(kn up "$up" --yes-move-uplink $way 2>&1) && { echo "up $way succeeds"; return 1; }
		grep -q "up1 is home, but its journal $journal is still open.*Run down.*remove the journal" <<<"$out" ||
			{ echo "$way: $out"; return 1; }
	done
	home up1 && gained
}
left_open >/dev/null 2>&1
check "away: up is refused while the journal of an uplink that is home is open" open_is_refused
host ip nexthop add id 8 via 10.72.0.2 dev other
check "away: down closes it when the obstacle is gone" kn down "$up"
check "away: it is home with nothing left open" gone
check "away: and then it goes again" move
check "away: and returns again" kn down "$up"
left_open >/dev/null 2>&1
rm "$journal"
check "away: without the journal up goes on with what it has now" move
check "away: and moves it" away
check "away: down brings back what it had then" kn down "$up"
check "away: its address, route and MTU are those" gained
check "away: and its journal is closed" gone

# --- which interface it is ---
build
twins() {
	host ip link add twin address 02:00:00:00:71:01 type veth peer name twin-far
	host ip link set twin up
}
twins
topology_with '"mac": "02:00:00:00:71:01"'
refuses "away: two interfaces with the MAC address are refused" 'uplink.mac: it may be \(up1 or twin\|twin or up1\)' move
topology_with '"interface": "up1"'
check "away: of two with one MAC address the named one moves and returns" returns
move
inside kt-netns-away ip link add early index 999 address 02:00:00:00:71:01 type veth peer name early-far
check "away: a twin in the namespace is left there" kn down "$up"
check "away: the right one is home" home
# Home by somebody's hand, and a twin in its place.
build
move
inside kt-netns-away ip link set up1 netns kt-netns-host
inside kt-netns-away ip link add impostor address 02:00:00:00:71:01 type veth peer name imp-far
check "away: down when somebody has moved it home" kn down "$up"
check "away: takes no other for it" bash -c '! nsenter --net=/run/netns/kt-netns-host ip link show impostor'
build
move
inside kt-netns-away ip link set up1 down
inside kt-netns-away ip link set up1 name renamed
check "away: under another name it is found by MAC address and number" kn down "$up"
check "away: and has its own again" home

# --- the guard ---
build
guard() { # NAME ROUTE...
	local name=$1
	shift
	host ip "$@" || { not_ok "away: guard: $name"; return; }
	refuses "away: guard: $name" 'yes-move-uplink' kn up "$up"
	host ip "${@/add/del}"
}
host ip -6 route flush proto boot 2>/dev/null
guard "a default route" route add default via 10.71.0.2
guard "the halves of one" route add 128.0.0.0/1 via 10.71.0.2
guard "a quarter" route add 64.0.0.0/2 dev up1
guard "one /8 of many" route add 9.0.0.0/8 via 10.71.0.2
guard "another table's" route add default via 10.71.0.2 table 100
guard "one path of several" route add default nexthop via 10.72.0.2 dev other nexthop via 10.71.0.2 dev up1
guard "IPv6's" -6 route add default via 2001:db8:71::2 dev up1
guard "2000::/3" -6 route add 2000::/3 via 2001:db8:71::2 dev up1
guard "a /8 of 2000::/3" -6 route add 2600::/8 via 2001:db8:71::2 dev up1
host ip nexthop add id 7 via 10.71.0.2 dev up1
guard "a nexthop object's" route add default nhid 7
host sysctl -qw net.ipv4.nexthop_compat_mode=0
guard "a nexthop object's that tells only its number" route add default nhid 7
host ip nexthop add id 8 via 10.72.0.2 dev other
host ip nexthop add id 9 group 7/8
guard "a group's" route add default nhid 9
guard "a rule's table's" route add default via 10.71.0.2 table 5
host ip nexthop flush >/dev/null 2>&1
host ip route add default via 10.72.0.2
host ip route add 192.0.2.0/24 via 10.71.0.2
check "away: guard: another's way out is none of its business" kn up "$up"
check "away: guard: and down" kn down "$up"
topology_with '"default_route": true'
host ip route del default
host ip route add default nexthop via 10.72.0.2 dev other nexthop via 10.71.0.2 dev up1
refuses "away: a default route by two interfaces names none" 'several interfaces lead out' move
host ip route del default
host ip route add default via 10.72.0.2 metric 200
host ip -6 route add default via 2001:db8:72::2 metric 50
host ip route add default via 10.71.0.2 metric 100
check "away: of several default routes that of IPv4 with the lowest metric" move
check "away: names the right one" away
check "away: which comes back" kn down "$up"
host ip route del default metric 100
host ip route del default metric 200
host ip -6 route del default
host ip nexthop add id 7 via 10.71.0.2 dev up1
host ip route add default nhid 7
check "away: the default route's interface, by an object" move
check "away: is the right one" away
check "away: and comes back" kn down "$up"

# --- what down works from ---
build
move
sed -i 's/kt-return/kt-other/' "$up"
check "away: down after the file's name was changed" kn down "$up"
check "away: brings it home" home
check "away: after the name was changed nothing is left" gone
topology_with '"interface": "up1"'
move
echo '{ "name": ' >"$up"
check "away: down after the file was broken" kn down "$up"
check "away: after the file was broken nothing is left" gone
topology_with '"interface": "up1"'
move
rm "$up"
check "away: down after the file was removed" kn down "$up"
check "away: after the file was removed nothing is left" gone
topology_with '"interface": "up1"'
move
(cd "$work" && sed -i 's/kt-return/kt-other/' uplink.json && kn down ./uplink.json >"$work/out" 2>&1)
check "away: down by another path to the file" gone
topology_with '"interface": "up1"'
move
sed -i 's/kt-return/kt-other/' "$up"
refuses "away: up after the name was changed is refused" 'is up as kt-return' move
topology_with '"interface": "up1"'
kn down "$up"
# As after a reboot or a lost /run: only the journal tells.
for change in 's/kt-return/kt-other/' 's/"name"/name/' '/"uplink"/d; s/ \],/ ]/'; do
	topology_with '"interface": "up1"'
	move
	rm -r /run/kidos-netns/kt-return
	sed -i "$change" "$up"
	check "away: with the journal alone and the file changed by $change" kn down "$up"
	check "away: it is home after $change" home
	ip netns del kt-netns-away 2>/dev/null
done
topology_with '"interface": "up1"'
move
cp "$up" "$work/copy.json"
check "away: down by a copy of the file" kn down "$work/copy.json"
check "away: by a copy nothing is left" gone
# Another file that has the same name in it was never up.
namesake=$work/namesake.json
echo '{ "name": "kt-return", "namespaces": [ { "name": "kt-netns-namesake" } ] }' >"$namesake"
chmod 644 "$namesake"
move
for way in "" --dry-run; do
	refuses "away: down $way of another file with the same name is refused" \
		"kt-return is up from $up, not from this file" kn down "$namesake" $way
done
check "away: and leaves the uplink where it is" away
mv /run/kidos-netns/kt-return "$work/record"
refuses "away: the journal alone refuses it too" "kt-return is up from $up" kn down "$namesake"
check "away: and no record is begun" test ! -e /run/kidos-netns/kt-return
mv "$work/record" /run/kidos-netns/kt-return
check "away: its own file still takes it down" kn down "$up"
check "away: and nothing of it is left" gone
check "away: down of a file that was never up has nothing to do" kn down "$namesake"
move
mv "$up" "$work/moved.json"
sed -i 's/"name": "kt-return",/& "description": "moved",/' "$work/moved.json"
check "away: down of a file that was moved and changed" kn down "$work/moved.json"
check "away: of a moved file nothing is left" gone
topology_with '"interface": "up1"'

# --- another topology has the namespace too ---
build
second=$work/second.json
echo '{ "name": "kt-second", "namespaces": [ { "name": "kt-netns-away" } ] }' >"$second"
chmod 644 "$second"
move
check "away: shared: another topology with the uplink's namespace" kn up "$second"
check "away: shared: down of the uplink's topology" kn down "$up"
check "away: shared: it is home" home
check "away: shared: the namespace stays with the other one" test -e /run/netns/kt-netns-away
move
check "away: shared: down of the other one" kn down "$second"
check "away: shared: the uplink is still in the namespace" away
check "away: shared: down of the last one" kn down "$up"
check "away: shared: it is home again" home
check "away: shared: nothing is left" gone

# --- kill -9, with all of it ---
build
host ip nexthop add id 7 via 10.71.0.2 dev up1
host ip route add default nhid 7
host ip -6 route add 2001:db8:99::/64 nexthop via 2001:db8:71::2 dev up1 nexthop via 2001:db8:72::2 dev other
host ip neigh add proxy 10.71.0.51 dev up1
was=$(state)
killed() {
	local n bad="" out steps
	steps=$(kn up "$up" --yes-move-uplink --dry-run | wc -l)
	for n in $(each "$steps"); do
		host env KIDOS_NETNS_KILL_AT="$n" "$KN" up "$up" --yes-move-uplink >/dev/null 2>&1
		out=$(kn down "$up" 2>&1 && gone) || bad+="down after $n: $out; "
		[ "$(state)" = "$was" ] || bad+="differs after $n: $(diff <(echo "$was") <(state)); "
	done
	for n in $(each 60); do
		move || bad+="up $n; "
		if host env KIDOS_NETNS_FAIL_MESSAGE="$n" "$KN" down "$up" 2>/dev/null; then break; fi
		out=$(kn down "$up" 2>&1 && gone) || bad+="message $n: $out; "
		[ "$(state)" = "$was" ] || bad+="differs after message $n: $(diff <(echo "$was") <(state)); "
	done
	[ -z "$bad" ] || { echo "$bad"; return 1; }
} 2>/dev/null
check "away: kill -9 after each step, failure in each message of down" killed
finish
