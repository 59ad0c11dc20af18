# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the tests of connections share: collectd in namespace b that counts nothing else.

# shellcheck disable=SC2034 # who sources this uses it
connects=$top/tests/tools/connects.py

# start_connects OPTIONS BLOCKS [PREFIX...]: sets rung; false where this kernel shows no connections
start_connects() {
	start_collectd b "<Flows>
  Enabled false
</Flows>
<Drops>
  Enabled false
</Drops>
<Connects>
  Enabled true
  $1
</Connects>
$2" "${@:3}"
	wait_for 30 grep -qE 'connections are (not )?counted' "$work/log"
	rung=$(sed -n 's/.*connections are counted at \([a-z]*\).*/\1/p' "$work/log" | head -n 1)
	[ -n "$rung" ]
}
