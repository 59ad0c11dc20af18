#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What kidos-netns says: JSON wherever --json is given, a dry run that refuses what up refuses and
# changes nothing, a foreign bridge that fits.
. "$(dirname "$0")/support/netns_lib.bash"
need_root

cleanup() {
	clear_host
	rm -rf "$work"
}
# What the cases below put in the way.
clear_host() {
	local ns
	umount /usr/bin/udhcpc /sbin/udhcpc /usr/sbin/dhclient /sbin/dhclient 2>/dev/null
	"$KN" down "$work/t.json" >/dev/null 2>&1
	for ns in kt-netns-r1 kt-netns-r2; do
		ip netns del "$ns" 2>/dev/null
		rm -f "/run/netns/$ns"
	done
	rm -rf /etc/netns /run/kidos-netns /var/lib/kidos
}
trap cleanup EXIT

# file EXTRA-OF-R1 EXTRA-OF-p0 MORE
file() {
	cat >"$work/t.json" <<END
{
	"namespaces": [ { "name": "kt-netns-r1" ${1:-} }, { "name": "kt-netns-r2" } ],
	"veths": [ { "ends": [ { "name": "p0", "namespace": "kt-netns-r1" ${2:-} },
			       { "name": "q0", "namespace": "kt-netns-r2" } ] } ]
	${3:-}
}
END
	chmod 644 "$work/t.json"
}
t=$work/t.json

# json FILTER COMMAND...: standard output is one JSON value, and the filter is true of it
json() {
	local filter=$1 out
	shift
	out=$("$@" 2>/dev/null)
	jq -e "$filter" <<<"$out" >/dev/null || { echo "$out"; return 1; }
}

# --- JSON ---
file '' ', "addresses": ["10.89.0.1/24"]'
check "report: a dry run of up as JSON" json \
	'.command == "up" and .ok and ([.steps[] | select(.does == "make")] | length) == (.steps | length)
	and any(.steps[]; .step == "namespace kt-netns-r1") and all(.steps[]; keys == ["does", "step"])' \
	"$KN" up "$t" --dry-run --json
check "report: has the steps of the text" bash -c \
	'diff <("$1" up "$2" --dry-run) <("$1" up "$2" --dry-run --json | jq -r ".steps[] | .does + \" \" + .step")' \
	- "$KN" "$t"
check "report: up as JSON" json '.command == "up" and .ok and (has("steps") | not)' "$KN" up "$t" --json
check "report: a dry run of a second up as JSON" json 'all(.steps[]; .does == "keep")' "$KN" up "$t" --dry-run --json
check "report: status as JSON" json '.topology == "t" and .totals.fail == 0 and (.items | length) > 4' \
	"$KN" status "$t" --json
check "report: a dry run of down as JSON" json \
	'.command == "down" and .ok and all(.steps[]; .does == "undo") and any(.steps[]; .step == "namespace kt-netns-r2")' \
	"$KN" down "$t" --dry-run --json
check "report: down as JSON" json '.command == "down" and .ok' "$KN" down "$t" --json
check "report: a dry run of down with nothing to do" json '.ok and .steps == []' "$KN" down "$t" --dry-run --json
check "report: check as JSON" json '.command == "check" and .ok' "$KN" check "$t" --json
echo '{ "namespaces": [ { "nam": 1 } ] }' >"$work/key.json"
printf '{ "namespaces": [' >"$work/short.json"
install -m 666 "$t" "$work/loose.json"
chmod 644 "$work"/{key,short}.json
for file in key short loose missing; do
	for command in up down status check; do
		check "report: $command of a bad file ($file) as JSON" json \
			".command == \"$command\" and .ok == false and (.error | length) > 10 and (.file | endswith(\"$file.json\"))" \
			"$KN" "$command" "$work/$file.json" --json
	done
	check "report: a dry run of a bad file ($file) as JSON" json '.ok == false and (.error | length) > 10' \
		"$KN" up "$work/$file.json" --json --dry-run
done
exits 1 "report: status of a bad file exits 1" '"ok":false' "$KN" status "$work/key.json" --json

# --- wrong usage ---

# wrong COMMAND FILE ARGUMENT...: with exit code 2, one JSON object that has these, the usage beside it
wrong() {
	local command=$1 file=$2 out status
	shift 2
	out=$("$KN" "$@" 2>"$work/usage")
	status=$?
	if [ "$status" != 2 ] || ! grep -q '^usage: ' "$work/usage" ||
		! jq -es 'length == 1 and (.[0] | .ok == false and (.error | test("usage"))
			and .command == $command and .file == $file)' \
			--argjson command "$command" --argjson file "$file" <<<"$out" >/dev/null; then
		echo "status $status: $out"
		cat "$work/usage"
		return 1
	fi
}
check "report: JSON of no command" wrong null null --json
check "report: JSON of no file" wrong '"up"' null up --json
check "report: JSON of a command that there is not" wrong '"build"' "\"$t\"" build "$t" --json
check "report: JSON of an option that there is not" wrong '"up"' "\"$t\"" up "$t" --no-such --json
check "report: JSON of an option with a value" wrong '"up"' "\"$t\"" --json up --dry-run=1 "$t"
check "report: JSON of two files" wrong '"up"' "\"$t\"" up "$t" "$t" --json
for command in status check; do
	check "report: JSON of a dry run of $command" wrong "\"$command\"" "\"$t\"" "$command" "$t" --dry-run --json
	exits 2 "report: $command has no dry run" "$command changes nothing" "$KN" "$command" "$t" --dry-run
done
check "report: wrong usage without --json has nothing on standard output" \
	test -z "$("$KN" build "$t" 2>/dev/null)"
check "report: -h is --help" bash -c 'diff <("$1" -h) <("$1" --help)' - "$KN"

# --- a dry run refuses what up refuses ---

# both NAME PATTERN: up and its dry run fail with the same words, and change nothing
both() {
	local dry real before after
	before=$(snapshot)
	if dry=$("$KN" up "$t" --dry-run 2>&1 >/dev/null); then
		not_ok "report: a dry run refuses: $1" "it passes: $("$KN" up "$t" --dry-run)"
	elif grep -q -- "$2" <<<"$dry"; then
		ok "report: a dry run refuses: $1"
	else
		not_ok "report: a dry run refuses: $1" "$dry"
	fi
	after=$(snapshot)
	if [ "$before" = "$after" ]; then
		ok "report: and changes nothing: $1"
	else
		not_ok "report: and changes nothing: $1" "$(diff <(echo "$before") <(echo "$after"))"
	fi
	if real=$("$KN" up "$t" 2>&1 >/dev/null); then
		not_ok "report: up says the same: $1" "it succeeds"
	elif [ "$real" = "$dry" ]; then
		ok "report: up says the same: $1"
	else
		not_ok "report: up says the same: $1" "$(printf 'dry run: %s\nup:      %s\n' "$dry" "$real")"
	fi
	clear_host
}

foreign() { # the namespaces and links of the file, made by somebody else
	ip netns add kt-netns-r1 && ip netns add kt-netns-r2 &&
		ip -n kt-netns-r1 link add p0 type veth peer name q0 netns kt-netns-r2 &&
		ip -n kt-netns-r1 link set p0 up
}
file '' ', "mtu": 1400'
foreign
both "a foreign link with another MTU" 'its MTU is 1500, not 1400'
file '' ', "mac": "02:00:00:00:00:77"'
foreign
both "a foreign link with another MAC address" 'another MAC'
file
ip netns add kt-netns-r1
ip -n kt-netns-r1 link add p0 type bridge
both "a name that another kind of link has" 'is no veth but a bridge'
ip netns add kt-netns-r1
ip -n kt-netns-r1 link add p0 type veth peer name x0
both "a foreign veth with another peer" 'without its peer'
ip netns add kt-netns-r1
ip -n kt-netns-r1 link add x0 type veth peer name x1
ip -n kt-netns-r1 link property add dev x0 altname p0
both "a name that a link has as an alternative name" 'p0'
mkdir -p /run/netns
touch /run/netns/kt-netns-r1
both "a namespace's name that is a file" 'kt-netns-r1'
ln -s /proc/self/ns/net /run/netns/kt-netns-r1
both "a namespace's name that is a symbolic link" 'kt-netns-r1'
file '' '' ', "bridges": [ { "name": "br0", "namespace": "kt-netns-r1", "members": ["p0"] } ]'
foreign
ip -n kt-netns-r1 link add br0 type bridge forward_delay 0
ip -n kt-netns-r1 link add br1 type bridge
ip -n kt-netns-r1 link set p0 master br1
both "a foreign link that belongs to another bridge" 'belongs to another bridge'
file ', "routes": [ { "to": "10.91.0.0/24", "dev": "p0" } ]'
foreign
ip -n kt-netns-r1 route add blackhole 10.91.0.0/24
both "a foreign route in the place of one" 'another route has its place'
file ', "routes": [ { "to": "fd00:91::/64", "dev": "p0" } ]'
foreign
ip -n kt-netns-r1 route add blackhole fd00:91::/64
both "a foreign IPv6 route in the place of one" 'another route has its place'
file '' ', "addresses": ["fd00:92::1/64"]'
foreign
ip -n kt-netns-r1 addr add fd00:92::1/48 dev p0
both "a foreign IPv6 address of another length" 'its prefix length is 48'
file '' '' ', "mirrors": [ { "namespace": "kt-netns-r1", "from": "p0", "to": "m0" } ],
	"macvlans": []'
sed -i 's/"veths": \[/&{ "ends": [ { "name": "m0", "namespace": "kt-netns-r1" }, { "name": "m1", "namespace": "kt-netns-r2" } ] },/' "$t"
foreign
inside kt-netns-r1 tc qdisc add dev p0 ingress
both "a foreign ingress qdisc" 'ingress qdisc of somebody else'
file ', "resolv": { "nameservers": ["192.0.2.1"] }'
mkdir -p /etc/netns/kt-netns-r1
echo 'nameserver 192.0.2.9' >/etc/netns/kt-netns-r1/resolv.conf
both "somebody else's resolv.conf" 'is not ours'
mkdir -p /etc/netns/kt-netns-r1
ln -s /etc/hostname /etc/netns/kt-netns-r1/resolv.conf
both "a link planted at resolv.conf" 'symbolic link'
mkdir -p /etc/netns/kt-netns-r1
chmod 777 /etc/netns/kt-netns-r1
both "a resolv.conf directory that others may write" 'writable by others'
file
mkdir -p /run/kidos-netns
chmod 777 /run/kidos-netns
both "a run directory that others may write" 'writable by others'
mkdir -p /run/kidos-netns
chmod 700 /run/kidos-netns
ln -s /tmp /run/kidos-netns/t
both "a link planted at the topology's run directory" 'not a directory'
mkdir -p /run/kidos-netns /var/lib/kidos/netns
chmod 700 /run/kidos-netns
chmod 777 /var/lib/kidos/netns
both "a journal directory that others may write" 'writable by others'
file ', "sysctl": { "net.ipv4.no_such_thing": 1 }'
both "a sysctl that this kernel lacks" 'no_such_thing: No such file'
file '' ', "sysctl": { "ipv4.no_such_thing": 1 }'
both "a link's sysctl that this kernel lacks" 'no_such_thing: No such file'
file ', "routes": [ { "to": "default", "via": "10.93.0.9", "dev": "p0" } ]' ', "addresses": ["10.92.0.1/24"]'
both "a gateway outside the subnet" '"onlink": true'
file ', "routes": [ { "to": "default", "via": "fd00:93::9" } ]' ', "addresses": ["fd00:92::1/64"]'
both "an IPv6 gateway outside the subnet" '"onlink": true'
file ', "routes": [ { "to": "10.93.0.0/24", "dev": "p0", "source": "10.99.0.1" } ]' ', "addresses": ["10.92.0.1/24"]'
both "a source address that no link has" 'route kt-netns-r1 10.93.0.0/24'
file '' ', "dhcp": true'
for client in /usr/bin/udhcpc /sbin/udhcpc /usr/sbin/dhclient /sbin/dhclient; do
	[ ! -e "$client" ] || mount --bind /dev/null "$(readlink -f "$client")" 2>/dev/null
done
both "DHCP without a client" 'neither udhcpc nor dhclient'
file '' '' ', "vlans": [ { "name": "v7", "namespace": "kt-netns-r1", "parent": "p0", "id": 7 } ]'
if "$KN" up "$t" 2>/dev/null; then
	clear_host
	foreign
	ip -n kt-netns-r1 link add x0 type veth peer name x1
	ip -n kt-netns-r1 link add link x0 name v7 type vlan id 7
	both "a foreign VLAN on another parent" 'another parent'
else
	both "a kind of link that this kernel lacks" 'this kernel has no vlan links'
fi

# --- what a dry run does not refuse ---
file ', "sysctl": { "net.ipv4.ip_default_ttl": 77 }'
foreign
check "report: a dry run with a sysctl of a foreign namespace" "$KN" up "$t" --dry-run
check "report: leaves its value" test 64 = "$(inside kt-netns-r1 cat /proc/sys/net/ipv4/ip_default_ttl)"
clear_host
file ', "routes": [ { "to": "default", "via": "10.94.0.9" } ]'
foreign
ip -n kt-netns-r1 addr add 10.94.0.1/24 dev p0
check "report: a dry run with a gateway that a foreign address reaches" "$KN" up "$t" --dry-run
check "report: and up" "$KN" up "$t"
clear_host

# --- a bridge that is there ---
bridge() { # KEYS SETTINGS...: a foreign bridge with these settings, and a file with these keys
	local keys=$1
	shift
	file '' '' ", \"bridges\": [ { \"name\": \"br0\", \"namespace\": \"kt-netns-r1\" $keys } ]"
	clear_host
	ip netns add kt-netns-r1
	ip -n kt-netns-r1 link add br0 type bridge "$@"
}
bridge ''
check "report: a foreign bridge is taken, whatever its forward delay" "$KN" up "$t"
check "report: and keeps it" bash -c \
	'nsenter --net=/run/netns/kt-netns-r1 ip -d -o link show br0 | grep "forward_delay 1500"'
check "report: and passes" "$KN" status "$t"
"$KN" down "$t"
check "report: and stays after down" inside kt-netns-r1 ip link show br0
bridge ', "forward_delay": 4' forward_delay 1000
both "a foreign bridge with another forward delay than the file's" 'forward delay 10.00'
bridge ', "stp": true' stp_state 1 forward_delay 700
check "report: a foreign bridge with STP is taken, whatever its forward delay" "$KN" up "$t"
bridge ', "stp": true'
both "a foreign bridge without the file's STP" 'STP is off'
finish
