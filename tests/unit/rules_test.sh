#!/bin/sh
# SPDX-License-Identifier: MIT
# rules_test.sh SOURCE: promtool takes the rules for Prometheus, and they do what their tests say; each
# alert is in one.
set -u
cd "$1/dashboards/prometheus" || exit 2
command -v promtool >/dev/null || { echo "1..0 # SKIP needs promtool"; exit 0; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
number=0 failed=0

# check NAME COMMAND...
check() {
	name=$1
	shift
	number=$((number + 1))
	if said=$("$@" 2>&1); then
		echo "ok $number - rules: $name"
	else
		failed=1
		echo "not ok $number - rules: $name"
		echo "$said" | sed 's/^/# /'
	fi
}

check 'promtool takes them' promtool check rules --lint-fatal kidos.rules.yml
check 'their tests pass' promtool test rules kidos.rules.test.yml
sed -n 's/^ *- alert: //p' kidos.rules.yml | sort >"$scratch/alerts"
sed -n 's/^ *- alertname: //p' kidos.rules.test.yml | sort -u >"$scratch/tested"
check 'each alert is tested' diff "$scratch/alerts" "$scratch/tested"
check 'there are six alerts' [ "$(grep -c . "$scratch/alerts")" = 6 ]
echo "1..$number"
exit $failed
