#!/bin/sh
# SPDX-License-Identifier: MIT
# readme_rrdtool_test.sh README: its rrdtool commands draw from files that are named as collectd names
# them, whatever the interface is called.
set -u
readme=$1 number=0 failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

command -v rrdtool >/dev/null || { echo "1..0 # SKIP needs rrdtool"; exit 0; }
grep -o '`rrdtool graph [^`]*`' "$readme" | tr -d '`' >commands
mkdir kidos-eth0 kidos-monns:eth0
rrdtool create kidos-eth0/if_octets-tcp.rrd --start 1000000000 --step 10 \
	DS:rx:DERIVE:20:0:U DS:tx:DERIVE:20:0:U RRA:AVERAGE:0.5:1:60
rrdtool update kidos-eth0/if_octets-tcp.rrd 1000000010:0:0 1000000020:1000:500 1000000030:2000:700
cp kidos-eth0/if_octets-tcp.rrd kidos-monns:eth0/

while IFS= read -r command; do
	number=$((number + 1))
	file=$(echo "$command" | grep -o 'kidos-[^/]*')
	rm -f out.png
	if said=$(sh -c "$(echo "$command" | sed 's|\.\.\./||') --start 1000000000 --end 1000000030" 2>&1) &&
		[ -s out.png ]; then
		echo "ok $number - readme: rrdtool draws $file"
	else
		failed=1
		echo "not ok $number - readme: rrdtool draws $file"
		echo "# $command: $said"
	fi
done <commands
if [ "$(grep -c . commands)" -ge 2 ]; then
	echo "ok $((number + 1)) - readme: rrdtool has a line for an interface in a namespace"
else
	failed=1
	echo "not ok $((number + 1)) - readme: rrdtool has a line for an interface in a namespace"
fi
echo "1..$((number + 1))"
exit $failed
