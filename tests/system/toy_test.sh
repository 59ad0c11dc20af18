#!/bin/bash
# SPDX-License-Identifier: MIT
# One more collector, which is one file and one row (tests/toy): its option, its value, its line in
# status and its switch work, and no other file knows of it.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/support/lib.bash"

plugin_dir=$build/tests/toy
alone='<Flows>
  Enabled false
</Flows>
<Drops>
  Enabled false
</Drops>'

steps() {
	csv_last toy/objects-steps
}

stepped() {
	local now
	now=$(steps)
	[ -n "$now" ] && [ "${now%.*}" -gt "$1" ]
}

in_sevens() {
	local now
	now=$(steps)
	[ "${now%.*}" -gt 0 ] && [ $((${now%.*} % 7)) = 0 ]
}

stands_still() {
	local before
	settle
	before=$(steps)
	settle
	[ "$before" = "$(steps)" ]
}

has_values() {
	compgen -G "$work/csv/kt/kidos-$1/if_packets-udp-20*" >/dev/null
}

says_status() {
	status_text --json | jq -e --arg state "$1" '.collectors.toy == { state: $state, reason: "steps of 7" }'
}

start_collectd - "$alone
<Toy>
  Step 7
</Toy>"
check 'its value' wait_for 20 stepped 0
check 'its option' in_sevens
check 'its line in status' says_status on
equal 'its switch: off' 'toy is off: steps of 7' "$(ctl collector toy off)"
check 'its line in status when it is off' says_status off
check 'switched off it stands still' stands_still
equal 'its switch: on' 'toy is on: steps of 7' "$(ctl collector toy on)"
check 'switched on it goes on' wait_for 20 stepped "$(cut -d. -f1 <<<"$(steps)")"
stop_collectd

start_collectd - "$alone
<Toy>
  Step 1000
</Toy>"
check 'its wrong option is named' wait_for 20 logged \
	'kidos: Plugin kidos / Toy / Step "1000": not a whole number from 1 to 100'
stop_collectd

make_world "a b" "a toy b t1"
start_collectd a '<Interface "toy">
</Interface>
<Toy>
  Enabled false
</Toy>'
check 'its name is reserved' wait_for 20 has_values host:toy
stop_collectd
check 'nothing is left' nothing_left
finish
