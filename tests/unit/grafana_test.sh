#!/bin/sh
# SPDX-License-Identifier: MIT
# grafana_test.sh SOURCE BUILD: the dashboards that are committed are what their source makes, and keep the
# rules of Grafana's linter. ./dev has compiled the source, which checks its types.
set -u
source=$1 build=$2/dashboards
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

[ -e "$build/build.js" ] || { echo "1..0 # SKIP ./dev test compiles dashboards/"; exit 0; }
node "$build/lint.js" "$source/dashboards/grafana" >"$scratch/lint"
rules=$(grep -cE '^(not )?ok ' "$scratch/lint")
cat "$scratch/lint"
if node "$build/build.js" "$scratch/grafana" && diff -r "$scratch/grafana" "$source/dashboards/grafana"; then
	echo "ok $((rules + 1)) - grafana: the dashboards are what their source makes: ./dev dashboards"
else
	echo "not ok $((rules + 1)) - grafana: the dashboards are what their source makes: ./dev dashboards"
fi
if [ "$rules" -ge 20 ]; then echo "ok $((rules + 2)) - grafana: all rules"; else echo "not ok $((rules + 2)) - grafana: all rules"; fi
echo "1..$((rules + 2))"
