# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced behind lib.bash by tests of alerts: scripts that collectd's exec plugin runs for
# notifications, and what they were told.
# shellcheck disable=SC2154 # variables of lib.bash
got=$work/got

# The script runs as nobody: it may write into one folder. A file for each notification.
write_scripts() {
	chmod 755 "$work"
	mkdir -p "$got"
	chmod 777 "$got"
	cat >"$work/receive" <<-END
		#!/bin/bash
		file=\$(mktemp "$got/tmp.XXXXXX")
		cat >"\$file"
		id -un >"\$file.user"
		mv "\$file" "$got/\$(date +%s%N).\$\$"
	END
	cat >"$work/sleeper" <<-END
		#!/bin/bash
		cat >/dev/null
		touch "$got/sleeper.\$\$"
		exec sleep 10
	END
	chmod 755 "$work/receive" "$work/sleeper"
}

write_receivers() {
	if [ "$1" = notify_sleep ]; then
		cat >"$work/receivers.conf" <<-END
			PluginDir "$build/tests/tools"
			LoadPlugin notify_sleep
			PluginDir "/usr/lib/collectd"
		END
	else
		cat >"$work/receivers.conf" <<-END
			LoadPlugin exec
			<Plugin exec>
			  NotificationExec "nobody" "$work/$1"
			</Plugin>
		END
	fi
}

# told PATTERN...: files whose text has all of them
told() {
	local pattern files
	files=$(find "$got" -name '[0-9]*' | sort)
	for pattern in "$@"; do
		# shellcheck disable=SC2086 # a list of files without blanks
		[ -z "$files" ] || files=$(grep -lE -- "$pattern" $files)
	done
	[ -z "$files" ] || echo "$files"
}

not_told() {
	local files
	files=$(told "$@")
	# shellcheck disable=SC2086 # a list of files without blanks
	[ -z "$files" ] || { cat $files; return 1; }
}

# told_count NUMBER PATTERN...
told_count() {
	local wanted=$1
	shift
	[ "$(told "$@" | wc -l)" = "$wanted" ]
}

# await NUMBER PATTERN...: so many notifications; what came is shown
await() {
	wait_for 20 told_count "$@" && return
	grep -rhE '^(Severity|PluginInstance|Type|alert_id):|alert_id=' "$got"
	return 1
}

header() {
	sed -n "s/^$2: //p" "$1"
}

has_metadata() {
	local name missing='' file=$1
	for name in alert_id active src dst sport dport proto observed threshold pid command capture \
		community_id; do
		grep -q "^$name: " "$file" || missing+=" $name"
	done
	cat "$file"
	[ -z "$missing" ] || { echo "missing:$missing"; return 1; }
}


# uncommented SNIPPET: what stands behind one # is an option, a block or a line of LoadPlugin; behind
# "# " is prose. Installed in the test's folder.
uncommented() {
	sed -E 's/^#(<|LoadPlugin|  )/\1/' "$top/collectd.conf.d/$1" |
		sed -e "s,/sys/fs/bpf/kidos,$state," -e "s,/usr/local/lib/kidos,$work," -e 's/"eth0"/"b0"/' \
			-e "s,/etc/kidos/,$work/," -e "s,/var/log/kidos/,$work/,"
}

# What tries.py does, in a namespace.
tries=$top/tests/tools/tries.py

at_host() {
	in_ns "$1" python3 "$tries" "${@:2}"
}

any_told() {
	[ -n "$(told "$@")" ]
}

# two_hosts: a is another host, 10.1.0.1; b is watched, 10.1.0.2. What is sent to 10.9.0.0/16 goes to b,
# which drops it.
two_hosts() {
	make_ns a b
	make_veth a a0 b b0
	ip -n "$run-a" link set a0 arp on && ip -n "$run-b" link set b0 arp on
	ip -n "$run-a" address add 10.1.0.1/24 dev a0
	ip -n "$run-b" address add 10.1.0.2/24 dev b0
	ip -n "$run-a" route add 10.9.0.0/16 via 10.1.0.2
	ip -n "$run-a" link set lo up
	ip -n "$run-b" link set lo up
	in_ns a ping -c 1 -W 2 10.1.0.2 >/dev/null
}

# background NS COMMAND...: until the test ends
background() {
	nsenter --net="/run/netns/$run-$1" "${@:2}" >"$work/background" 2>&1 &
	started+=($!)
}

# A listener in b on port 9000, for connections that a makes.
listen() {
	background b python3 "$tries" accepts 9000
	wait_for 10 at_host a connections 10.1.0.2 9000 1
}
