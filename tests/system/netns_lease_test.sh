#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a lease brings, by each of the two clients: address, router, classless static routes in the
# router's stead (option 121), resolv.conf, IPv6 by router advertisements; a lease that changes, a
# router beyond the prefix; the client's end.
. "$(dirname "$0")/support/netns_lib.bash"
need_root
for tool in dnsmasq dhclient udhcpc; do
	command -v $tool >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
server=$work/server.json world=$work/leased.json

cleanup() {
	"$KN" down "$world" >/dev/null 2>&1
	"$KN" down "$server" >/dev/null 2>&1
	end_started
	umount "$udhcpc" 2>/dev/null
	rm -rf "$work"
}
udhcpc=$(readlink -f "$(command -v udhcpc)")

# The client's topology has the same links, which are there when it comes up, and nothing else.
describe() { # NAME MORE
	cat <<-END
		{
			"name": "kt-netns-$1",
			"namespaces": [ { "name": "kt-netns-server" }, { "name": "kt-netns-leased" } ],
			"veths": [ { "ends": [
				{ "name": "s0", "namespace": "kt-netns-server", "dad": false,
				  "addresses": ["10.95.0.1/24", "fd95::1/64"] },
				{ "name": "c0", "namespace": "kt-netns-leased", "dad": false $2 } ] } ]
		}
	END
}
describe server '' >"$server"
describe leased ', "dhcp": true' >"$world"
chmod 644 "$server" "$world"

# serve OPTION...: dnsmasq with these in place of those before
serve() {
	end_started
	start_in kt-netns-server dnsmasq --keep-in-foreground --no-resolv --no-hosts \
		--conf-file=/dev/null --user=root --interface=s0 --bind-interfaces --pid-file= \
		--dhcp-leasefile="$work/leases" --log-facility=- --log-dhcp --dhcp-authoritative --domain=kidos.test \
		--dhcp-range=10.95.0.50,10.95.0.99,255.255.255.0,2m \
		--dhcp-range=fd95::,ra-only,64 --enable-ra "$@" >"$work/dnsmasq.log" 2>&1
}

# until_ok COMMAND...: waits until it succeeds
until_ok() {
	local end=$((SECONDS + 20 * ${KIDOS_SLOW:-1}))
	until "$@" >/dev/null 2>&1; do
		if [ $SECONDS -gt $end ]; then
			inside kt-netns-leased ip -o addr
			inside kt-netns-leased ip route
			cat "$work/dnsmasq.log"
			return 1
		fi
		sleep 0.2
	done
}

# routes_are LINES...
routes_are() {
	[ "$(inside kt-netns-leased ip -o -4 route show proto dhcp | sed 's/ *$//' | sort)" = "$(printf '%s\n' "$@" | sort)" ]
}

addresses() { # FAMILY
	inside kt-netns-leased ip -o "-$1" addr show dev c0 scope global
}

address_is() { # FAMILY PATTERN
	addresses "$1" | grep -q "$2"
}

pid_of_client() {
	cut -d ' ' -f 1 /run/kidos-netns/kt-netns-leased/dhcp.kt-netns-leased.c0.pid
}

client_is() {
	[ "$(cat "/proc/$(pid_of_client)/comm")" = "$1" ]
}

# Perhaps nobody asks for its status.
has_ended() {
	! grep '^State:[[:space:]]*[RSDTtI]' "/proc/$1/status"
}

# Killed, a client leaves all as it is; the next one gets the new lease.
kill_client() {
	local pid
	pid=$(pid_of_client) && kill -KILL "$pid" && until_ok has_ended "$pid"
}

up_again() {
	if [ -e /run/kidos-netns/kt-netns-leased ]; then
		kill_client || return 1
	fi
	"$KN" up "$world" 2>&1
}

nothing_leased() {
	[ -z "$(addresses 4)" ] && routes_are "" && [ ! -e /etc/netns/kt-netns-leased/resolv.conf ]
}

# dhclient starts with the lease file of the one before, and offers what is in it after 7 seconds.
without_server() {
	local end=$((SECONDS + 30 * ${KIDOS_SLOW:-1}))
	kill_client
	"$KN" up "$world" >/dev/null 2>&1
	until [ -z "$(addresses 4)" ]; do
		[ $SECONDS -lt $end ] || { inside kt-netns-leased ip -o addr; return 1; }
		sleep 0.2
	done
}

each_lease() { # CLIENT
	serve --dhcp-option=option:router,10.95.0.1
	check "lease: $1: up" up_again
	check "lease: $1: it is what runs" client_is "$1"
	check "lease: $1: an address with its prefix" address_is 4 ' 10.95.0.[5-9][0-9]/24 '
	check "lease: $1: the router's route" until_ok routes_are 'default via 10.95.0.1 dev c0'
	check "lease: $1: a resolv.conf" \
		until_ok grep -qx 'nameserver 10.95.0.1' /etc/netns/kt-netns-leased/resolv.conf
	check "lease: $1: IPv6 by router advertisement" until_ok address_is 6 ' fd95:'
	check "lease: $1: status passes" "$KN" status "$world"
	serve --dhcp-option=option:router,10.95.0.9 \
		--dhcp-option=option:classless-static-route,198.51.100.0/24,10.95.0.254,203.0.113.0/25,0.0.0.0,0.0.0.0/0,10.95.0.2
	check "lease: $1: another lease" up_again
	check "lease: $1: its classless static routes and no other" until_ok routes_are \
		'198.51.100.0/24 via 10.95.0.254 dev c0' '203.0.113.0/25 dev c0 scope link' \
		'default via 10.95.0.2 dev c0'
	serve --dhcp-option=option:router,192.0.2.1
	check "lease: $1: a third one" up_again
	check "lease: $1: a router beyond the prefix is reached on the link" until_ok routes_are \
		'192.0.2.1 dev c0 scope link' 'default via 192.0.2.1 dev c0'
	if [ "$1" = dhclient ]; then
		end_started
		check "lease: $1: a lease of old is not used when no server answers" without_server
		serve --dhcp-option=option:router,10.95.0.1
		check "lease: $1: but the client goes on asking" until_ok routes_are 'default via 10.95.0.1 dev c0'
	fi
	local pid
	pid=$(pid_of_client)
	check "lease: $1: down" "$KN" down "$world"
	check "lease: $1: its process has ended" has_ended "$pid"
	check "lease: $1: address, routes and resolv.conf are gone" nothing_leased
}

trap cleanup EXIT
before=$(snapshot)
check "lease: a server" "$KN" up "$server"
each_lease udhcpc
# What is no program is not taken for a client.
mount --bind /dev/null "$udhcpc"
each_lease dhclient
umount "$udhcpc"
end_started
check "lease: down" "$KN" down "$server"
check "lease: nothing is left" diff <(echo "$before") <(snapshot)
finish
