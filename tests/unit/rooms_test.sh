#!/bin/bash
# SPDX-License-Identifier: MIT
# Who may include whom in plugin/ (plugin/README.md): rooms_test.sh SOURCE-FOLDER
#
# A row is a room and the rooms it may use beside itself. bpf/ and generated skeletons belong to
# all. In a collector's folder the files ctl*.c and json*.c are kidosctl's half: room "half".
set -u
cd "$1/plugin" || exit 2
rooms='
core      -
netlink   -
state     netlink core
links     context netlink state core
context   links state core
collector context state core
COLLECTOR collector context links netlink state core
ctl       netlink state core
half      ctl links netlink state core
kidosctl  half ctl links state core netlink
engine    collector context links state core
collectd  engine collector alerts core
table     collector
'
collectors=$(grep -oE 'kidos_[a-z0-9_]+_collector\b' collectors.c | sed 's/^kidos_//; s/_collector$//' | sort -u)

include='^[[:space:]]*#[[:space:]]*include[[:space:]]*["<][^">]*'

# A path with .. could hide which room it leads to.
climbing() {
	find . ../netns ../bpf -name '*.[ch]' -exec grep -HE "$include" {} + | grep -E '["</]\.\./'
}

# "FILE INCLUDED" for what lies in plugin/ or netns/netlink, in quotes or brackets: headers of bpf/,
# skeletons and systems' do not.
includes() {
	find . ../netns/netlink -name '*.[ch]' -exec grep -oHE "$include" {} + |
		sed -E 's#^(\./|\.\./netns/)##; s/:[[:space:]]*\#[[:space:]]*include[[:space:]]*["<]/ /' |
		while read -r file included; do
			case "$included" in
			context.h | collector.h | netlink/*) echo "$file $included" ;;
			*/*) [ ! -d "${included%%/*}" ] || echo "$file $included" ;;
			esac
		done
}

forbidden() {
	includes | awk -v rooms="$rooms" -v collectors="$collectors" '
		function folder(file) { return file ~ /\// ? substr(file, 1, index(file, "/") - 1) : file }
		function room(file, name) {
			name = folder(file)
			if (name == "collectors.c") return "table"
			if (name ~ /\.[ch]$/) return substr(name, 1, length(name) - 2)
			if (name in is_collector && file ~ /\/(ctl|json)[^\/]*$/) return "half"
			return name
		}
		function may(file, included, from, to) {
			from = room(file); to = room(included)
			if (folder(file) == folder(included)) return to != "half" || from == "half"
			if (from == to && from != "half") return 1
			if (from in is_collector) from = "COLLECTOR"
			if (to in is_collector && from == "half") return 0
			return (from, to) in allowed
		}
		BEGIN {
			n = split(collectors, names, "\n")
			for (i = 1; i <= n; i++) is_collector[names[i]] = 1
			n = split(rooms, rows, "\n")
			for (i = 1; i <= n; i++) {
				m = split(rows[i], row, " +")
				for (k = 2; k <= m; k++) allowed[row[1], row[k]] = 1
			}
		}
		!may($1, $2) { print $1 " includes " $2 }'
}

# A file's own header comes first.
own_header_not_first() {
	grep -m 1 '^#include' ./*/*.c | sed 's#^\./##; s/:#include [<"]/ /; s/[>"]$//' |
		while read -r file first; do
			[ ! -e "${file%.c}.h" ] || [ "$first" = "${file%.c}.h" ] || echo "$file"
		done
}

number=0
report() {
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number - rooms: $1"
	else
		echo "not ok $number - rooms: $1"
		sed 's/^/# /' <<<"$2"
	fi
}

echo 1..4
report 'no room uses a higher one, no collector another' "$(forbidden)"
report 'no include climbs' "$(climbing)"
report 'a file includes its own header first' "$(own_header_not_first)"
report 'collectd headers are included by its face alone' \
	"$(grep -lE '#include <(collectd|plugin|configfile|liboconfig/)' ./*.[ch] ./*/*.[ch] | grep -v '^./collectd/')"
