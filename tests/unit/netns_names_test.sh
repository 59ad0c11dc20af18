#!/bin/sh
# SPDX-License-Identifier: MIT
# netns_names_test.sh KIDOS-NETNS SOURCE: every name that users meet is in the man page, and those of the
# command line and the environment in the README too. The names are taken from where they are used.
set -u
program=$1 source=$2
man=$source/netns/kidos-netns.8 readme=$source/README.md
number=0 failed=0

# missing FILE: of the names on standard input, those that it lacks; a man page writes - as \-
missing() {
	sed 's/\\-/-/g' "$1" >"$scratch"
	while read -r name; do
		grep -qw -e "$name" "$scratch" || echo "$name"
	done
}

# verdict NAME COUNT MISSING: without a single name nothing was looked at
verdict() {
	number=$((number + 1))
	if [ "$2" -gt 0 ] && [ -z "$3" ]; then
		echo "ok $number - netns: names: $1"
	else
		failed=1
		echo "not ok $number - netns: names: $1"
		echo "# of $2 are missing: $(echo "$3" | tr '\n' ' ')"
	fi
}

scratch=$(mktemp)
trap 'rm -f "$scratch"' EXIT
words=$("$program" --help | grep -o '^ *\(--\)\?[a-z][a-z-]*' | grep -v usage)
keys=$(sed -n 's/.*[{ ]{*"\([a-z_0-9]*\)", \(kn\|link\|ns\|route\|veth\|mirror\|all\)_[a-z0-9_]*,.*/\1/p' "$source"/netns/topology_*.c | sort -u)
variables=$(grep -hso 'KIDOS_NETNS_[A-Z_]*' "$source"/netns/*.c "$source"/netns/hooks.h "$source"/netns/*.service | sort -u)
verdict 'commands and options in the man page' "$(echo "$words" | wc -l)" "$(echo "$words" | missing "$man")"
verdict 'commands and options in the README' "$(echo "$words" | wc -l)" "$(echo "$words" | missing "$readme")"
verdict 'keys of a topology in the man page' "$(echo "$keys" | wc -w)" "$(echo "$keys" | missing "$man")"
verdict 'the environment in the man page' "$(echo "$variables" | wc -w)" "$(echo "$variables" | missing "$man")"
verdict 'the environment in the README' "$(echo "$variables" | wc -w)" "$(echo "$variables" | missing "$readme")"
echo "1..$number"
exit $failed
