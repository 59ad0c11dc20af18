#!/bin/bash
# SPDX-License-Identifier: MIT
# kernels: 6.12
# Under lockdown=confidentiality, where programs may not read kernel memory: `dev kernels` starts
# one guest with it.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

level=$(sed 's/.*\[\(.*\)\].*/\1/' /sys/kernel/security/lockdown 2>/dev/null)
if [ "$level" != confidentiality ]; then
	skip 'confidentiality: attached' "lockdown is ${level:-not there}"
	skip 'confidentiality: counted' "lockdown is ${level:-not there}"
	skip 'confidentiality: one line tells of drops' "lockdown is ${level:-not there}"
	finish
	exit
fi
make_ns a b
make_veth a a0 b b0
start_collectd b '<Interface "b0">
</Interface>'
counts_from_start confidentiality
# Counted, or one line that says why not; the rest is unharmed.
equal 'confidentiality: one line tells of drops' 1 "$(grep -cE 'drops are (not )?counted' "$work/log")"
stop_collectd
finish
