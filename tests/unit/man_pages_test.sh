#!/bin/sh
# SPDX-License-Identifier: MIT
# man_pages_test.sh SOURCE: every man page is clean for mandoc and for groff, has a date, and shows what
# it means to show.
set -u
source=$1 number=0 failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export LC_ALL=C.UTF-8 MANWIDTH=80

# verdict NAME COMPLAINTS
verdict() {
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number - man pages: $1"
	else
		failed=1
		echo "not ok $number - man pages: $1"
		echo "$2" | head -20 | sed 's/^/# /'
	fi
}

for tool in mandoc man; do
	command -v "$tool" >/dev/null || { echo "1..0 # SKIP needs $tool"; exit 0; }
done
# Where mandoc looks for pages that ours refer to: our own first, then those of the system.
for page in "$source"/plugin/*.[1-9] "$source"/netns/*.[1-9]; do
	mkdir -p "$scratch/man/man${page##*.}"
	cp "$page" "$scratch/man/man${page##*.}"
done

# Not in the system's index, or not installed: no fault of ours.
of_the_system='outdated mandoc.db\|referenced manual not found: Xr \(collectd\|bpftool\|ip\|tc\)'
for page in "$scratch"/man/man?/*; do
	name=$(basename "$page")
	verdict "$name: mandoc -T lint" \
		"$(MANPATH=$scratch/man mandoc -T lint "$page" 2>&1 | grep -v "$of_the_system")"
	verdict "$name: man --warnings" "$(man --warnings -E UTF-8 -Tutf8 -Z -l "$page" 2>&1 >/dev/null)"
	verdict "$name: has a date" \
		"$(grep -q '^\.Dd [A-Z][a-z]* [0-9]*, 20[0-9][0-9]$\|^\.TH [A-Z-]* [0-9] "20[0-9][0-9]-[01][0-9]-[0-3][0-9]"' "$page" ||
			grep '^\.\(TH\|Dd\)' "$page")"
done

# shows NAME TEXT: both formatters show it, in one line or over two
shows() {
	mandoc -T utf8 "$scratch/man/man${1##*.}/$1" | col -b | tr -s '[:space:]' ' ' >"$scratch/mandoc"
	man -Tutf8 -l "$scratch/man/man${1##*.}/$1" 2>/dev/null | col -b | tr -s '[:space:]' ' ' >"$scratch/groff"
	for by in mandoc groff; do
		verdict "$1: $by shows $2" "$(grep -qF -e "$2" "$scratch/$by" || echo "it does not")"
	done
}
# shellcheck disable=SC1003 # a backslash is meant
shows collectd-kidos.5 '\xNN'
shows kidosctl.8 '\xNN'
shows kidos-netns.8 '--yes-move-uplink'
echo "1..$number"
exit $failed
