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

