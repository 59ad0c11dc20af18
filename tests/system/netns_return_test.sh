#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whatever the uplink had comes back with it, or is refused or named: a veth stands in for the NIC.
. "$(dirname "$0")/support/netns_uplink.bash"

# --- nexthop objects ---
build
host ip nexthop add id 7 via 10.71.0.2 dev up1
host ip route add default nhid 7
check "return: a default route by a nexthop object" returns
host ip nexthop add id 17 via 2001:db8:71::2 dev up1
host ip -6 route add default nhid 17
host ip nexthop add id 8 via 10.72.0.2 dev other
host ip nexthop add id 5 group 7/8,3
host ip route add 198.51.100.0/24 nhid 5
host ip nexthop add id 9 group 7/8 type resilient buckets 8 idle_timer 60 2>/dev/null &&
	host ip route add 203.0.113.0/24 nhid 9
check "return: groups with another interface's, resilient ones, IPv6" returns
host sysctl -qw net.ipv4.nexthop_compat_mode=0
check "return: and when routes tell only the object" returns
move
host ip nexthop add id 7 via 10.72.0.9 dev other
refuses "return: an object's number that was taken is named" 'nexthop 7: somebody else has this number' kn down "$up"
check "return: but the interface is home" home
host ip nexthop del id 7
check "return: and the next down completes it" kn down "$up"
check "return: with its default route" bash -c 'nsenter --net=/run/netns/kt-netns-host ip route show default | grep -q nhid'

# A group's member on another interface goes while the uplink is away.
build
host ip nexthop add id 7 via 10.71.0.2 dev up1
host ip nexthop add id 17 via 10.71.0.3 dev up1
host ip nexthop add id 8 via 10.72.0.2 dev other
host ip nexthop add id 18 via 10.72.0.3 dev other
host ip nexthop add id 4 group 8/7/18
host ip nexthop add id 5 group 7,2/8/17
host ip nexthop add id 6 group 7/17
host ip route add 198.51.100.0/24 nhid 4
host ip route add 203.0.113.0/24 nhid 5
host ip route add 192.0.2.0/24 nhid 6
groups() { # GROUP-4 GROUP-5: and 6 has all, and the routes lead to them
	local n now
	now=$(host ip nexthop)
	for n in "4 group $1" "5 group $2" "6 group 7/17"; do
		grep -q "^id $n\( \|$\)" <<<"$now" || { echo "no $n in:"; echo "$now"; return 1; }
	done
	for n in "198.51.100.0/24 nhid 4" "203.0.113.0/24 nhid 5" "192.0.2.0/24 nhid 6"; do
		host ip route show | grep -q "^$n" || { echo "no route $n in:"; host ip route show; return 1; }
	done
}
was=$(state)
move
host ip nexthop del id 8
refuses "return: a group's lost member is named" 'group 4: is back without what is gone here: nexthop 8' kn down "$up"
check "return: all groups are back with the members that are left" groups 7/18 7,2/17
refuses "return: a second down names it again" 'group 4: is back without what is gone here: nexthop 8' kn down "$up"
check "return: and leaves the groups as they are" groups 7/18 7,2/17
host ip nexthop add id 8 via 10.72.0.2 dev other
check "return: down when the member is there again" kn down "$up"
check "return: the groups have all their members" groups 8/7/18 7,2/8/17
check "return: and all is as it was" test "$was" = "$(state)"
move
host ip nexthop del id 8
host ip nexthop del id 18
refuses "return: two lost members are named" 'group 4: is back without what is gone here: nexthop 8, 18' kn down "$up"
check "return: a group has what is left: the uplink's own" groups 7 7,2/17
rm "$journal"
check "return: and without the journal down goes on without them" kn down "$up"
check "return: and nothing is left of it" gone
check "return: and the groups stay" groups 7 7,2/17

# --- routes ---
build
host ip -6 route add 2001:db8:99::/64 nexthop via 2001:db8:71::2 dev up1 weight 3 nexthop via 2001:db8:72::2 dev other
host ip -6 route add 2001:db8:98::/64 nexthop via 2001:db8:71::2 dev up1 nexthop via 2001:db8:71::3 dev up1
host ip route add 10.99.0.0/16 nexthop via 10.71.0.2 dev up1 nexthop via 10.72.0.2 dev other
check "return: multipath shared with another interface" returns
host ip route add 10.98.0.0/16 via 10.72.0.2 dev other src 10.71.0.1
check "return: another's route from an address of ours" returns
host ip route add local 10.55.0.0/16 dev up1
host ip -6 route add local 2001:db8:55::/64 dev up1
host ip route add local 10.56.0.0/16 dev up1 table 56
host ip route add broadcast 10.57.0.255 dev up1
host ip route add multicast 239.1.0.0/16 dev up1
check "return: local, broadcast and multicast routes" returns
host ip -6 route add default via fe80::1 dev up1 proto ra metric 1024 expires 1800 pref high
keeps_lifetime() {
	local left
	returns || return 1
	left=$(host ip -6 route show default proto ra | grep -o 'expires [0-9]*' | cut -d' ' -f2)
	[ "${left:-0}" -gt 1700 ] && [ "$left" -le 1800 ] || { echo "expires ${left:-never}"; return 1; }
}
check "return: a router advertisement's route keeps its lifetime" keeps_lifetime
# Without nodad: detection takes a second or two when it comes back.
host ip -6 addr add 2001:db8:71::77/64 dev up1
host ip addr add 10.71.0.77/24 dev up1 label up1:7
sleep 3
host ip -6 route add 2001:db8:97::/64 via 2001:db8:71::2 dev up1 src 2001:db8:71::77
check "return: a route from an address that duplicate detection was through with" returns
usable() { ! host ip -6 addr show up1 | grep 'db8:71::77' | grep -q 'tentative\|nodad'; }
check "return: which is usable at once, and no other than before" usable
ip -n kt-netns-far link set f1 down
returns_without_carrier() {
	host ip nexthop flush >/dev/null 2>&1
	returns
}
check "return: without carrier too" returns_without_carrier

# What cannot come back is named, and the journal stays.
build
host ip route add 192.0.2.0/24 via 10.72.0.2 dev other src 10.71.0.1
move
ip -n kt-netns-host link set other down
refuses "return: a route that cannot come back is named" 'route 192.0.2.0/24' kn down "$up"
check "return: the interface is home without it" home
check "return: its journal stays" test -e "$journal"
ip -n kt-netns-host link set other up
check "return: down when it can come back" kn down "$up"
check "return: and it has" bash -c 'nsenter --net=/run/netns/kt-netns-host ip route show 192.0.2.0/24 | grep -q 10.71.0.1'
check "return: nothing is left then" gone

# --- neighbours and settings ---
build
host ip neigh add 10.71.0.50 lladdr 02:00:00:00:71:50 dev up1 nud permanent
host ip -6 neigh add 2001:db8:71::50 lladdr 02:00:00:00:71:50 dev up1 nud permanent
host ip neigh add proxy 10.71.0.51 dev up1
host ip -6 neigh add proxy 2001:db8:71::51 dev up1
host ip maddr add 33:33:00:00:71:71 dev up1
host ip maddr add 01:00:5e:01:02:03 dev up1
host bridge fdb add 02:00:00:00:71:52 dev up1 self
host sysctl -qw net.ipv4.conf.up1.log_martians=1 net.ipv4.conf.up1.route_localnet=1 \
	net.ipv4.conf.up1.promote_secondaries=1 net.ipv6.conf.up1.hop_limit=77 \
	net.ipv6.conf.up1.dad_transmits=3 net.ipv4.neigh.up1.gc_stale_time=77 \
	net.ipv6.neigh.up1.base_reachable_time_ms=45678 net.ipv4.neigh.up1.unres_qlen_bytes=123456 \
	net.ipv6.conf.up1.stable_secret=2001:db8::1 net.ipv6.conf.up1.addr_gen_mode=0 \
	net.ipv6.conf.up1.keep_addr_on_down=1
for i in $(seq 20); do
	host ip link property add dev up1 altname "another-name-of-it-$i"
done
host sysctl -qw net.ipv6.conf.up1.accept_ra=1 net.ipv6.conf.up1.forwarding=0
host ip token set ::71 dev up1
check "return: neighbours, proxies, groups, further addresses, all sysctls, 20 names, a token" returns

host tc qdisc add dev up1 root handle 71: pfifo limit 77
exits 0 "return: a queueing discipline that will not return is named before" 'do not come back with it: pfifo 71:' move
kn down "$up"

finish
