#!/bin/sh
# SPDX-License-Identifier: MIT
# The corpus through the parser and through tshark, frame by frame: class,
# addresses, ports, VLAN id. What differs is listed with its reason in
# tests/fixtures/tshark-differences.tsv; a difference that is not listed fails,
# and so does a listed one that is gone.
#
#   parse_tshark_test.sh PARSE_DUMP        with KIDOS_CORPUS set
set -eu
dump=$1
here=$(dirname "$(readlink -f "$0")")
listed=$here/../fixtures/tshark-differences.tsv
classes="parse: corpus, packets per class as tshark counts them"
differences="parse: corpus, tshark's differences are the reviewed ones"

skip() {
	printf '1..2\nok 1 - %s # SKIP %s\nok 2 - %s # SKIP %s\n' \
		"$classes" "$1" "$differences" "$1"
	exit 0
}

[ -n "${KIDOS_CORPUS:-}" ] || skip "KIDOS_CORPUS is not set"
command -v tshark >/dev/null || skip "no tshark"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Columns as parse_tshark.awk numbers them.
fields="frame.protocols ip.proto ip.src ip.dst ipv6.nxt ipv6.src ipv6.dst
	ipv6.hopopts.nxt ipv6.dstopts.nxt ipv6.routing.nxt ipv6.fraghdr.nxt
	mip6.proto shim6.nxt hip.proto tcp.srcport tcp.dstport udp.srcport udp.dstport
	sctp.srcport sctp.dstport dccp.srcport dccp.dstport icmp.type icmp.code icmp.ident
	icmpv6.type icmpv6.code icmpv6.echo.identifier vlan.id ieee8021ad.id"
options=
for field in $fields; do
	options="$options -e $field"
done

"$dump" "$work/corpus.pcap" >"$work/ours"
# shellcheck disable=SC2086
# As its user: its settings may lie where that one may not look.
HOME=$work tshark -n -r "$work/corpus.pcap" -o ip.defragment:FALSE -o ipv6.defragment:FALSE \
	-T fields -E occurrence=f $options >"$work/tshark" 2>"$work/tshark.log"
awk -f "$here/support/parse_tshark.awk" "$work/ours" "$work/tshark" >"$work/result"

# A class may count otherwise by the reviewed differences, and no further.
grep -v '^#' "$listed" | cut -f1-4 | sort >"$work/listed"
awk -F '\t' '
	FNR == NR {
		split($2, ours, " ")
		split($3, theirs, " ")
		moved[ours[1]] += $4
		moved[theirs[1]] -= $4
		next
	}
	$1 == "count" {
		printf "# %-8s kidos %5d tshark %5d\n", $2, $3, $4
		bad += $3 - $4 != moved[$2]
		frames += $3
	}
	END { exit bad || !frames }
' "$work/listed" "$work/result" >"$work/classes" && verdict=ok || verdict="not ok"
echo 1..2
cat "$work/classes"
echo "$verdict 1 - $classes"
status=0
[ "$verdict" = ok ] || status=1

grep '^diff' "$work/result" | cut -f2- | sort >"$work/found"
if diff "$work/listed" "$work/found" >"$work/diff"; then
	echo "# $(wc -l <"$work/ours") frames, $(awk '{ n += $NF } END { print n }' "$work/listed") differ"
	echo "ok 2 - $differences"
else
	sed -n 's/^</# no longer:/p; s/^>/# not listed:/p' "$work/diff"
	echo "not ok 2 - $differences"
	status=1
fi
exit $status
