#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every kind of wrong configuration has its message, naming place and value; collectd survives it
# with its other plugins, and collectd -T says no.
. "$(dirname "$0")/kidos_lib.bash"
interval=1

# wrong NAME MESSAGE, the body of <Plugin kidos> on standard input
wrong() {
	local name=$1 message=$2 status
	write_config
	: >"$work/log"
	timeout 20 collectd -T -C "$work/collectd.conf" >"$work/output" 2>&1
	status=$?
	if grep -qF "kidos: $message" "$work/log" "$work/output" && [ "$status" = 1 ]; then
		ok "config: $name"
	else
		not_ok "config: $name" "status $status"$'\n'"$(cat "$work/log" "$work/output")"
	fi
}

wrong "a word for a number" 'Plugin kidos / Flows / MaxFlows "abc": not a number' <<'END'
  <Flows>
    MaxFlows "abc"
  </Flows>
END
wrong "a number out of its range" 'Plugin kidos / MaxInterfaces "0": not a whole number from 1 to 1023' <<'END'
  MaxInterfaces 0
END
wrong "a fraction" 'Plugin kidos / Flows / IdleTimeout "1.5": not a whole number from 1 to 86400' <<'END'
  <Flows>
    IdleTimeout 1.5
  </Flows>
END
wrong "a size that is none" 'Plugin kidos / MemoryLimit "12X": not a size (a number, with K, M or G)' <<'END'
  MemoryLimit "12X"
END
wrong "a word for a boolean" 'Plugin kidos / Interface "eth9" / Egress "perhaps": not a boolean (true or false)' <<'END'
  <Interface "eth9">
    Egress "perhaps"
  </Interface>
END
wrong "an unknown choice" 'Plugin kidos / Interface "eth9" / XdpMode "fast": not one of auto native generic hw tc' <<'END'
  <Interface "eth9">
    XdpMode "fast"
  </Interface>
END
wrong "an unknown option" 'Plugin kidos / Colour "red": unknown option' <<'END'
  Colour "red"
END
wrong "an unknown option in a block" 'Plugin kidos / Flows / Colour "red": unknown option' <<'END'
  <Flows>
    Colour "red"
  </Flows>
END
wrong "an unknown block" 'Plugin kidos / Weather "": unknown block' <<'END'
  <Weather>
    Enabled true
  </Weather>
END
wrong "an interface block without a name" 'Plugin kidos / Interface: takes one name or "/regular expression/"' <<'END'
  <Interface>
    Egress true
  </Interface>
END
wrong "an empty interface name" 'Plugin kidos / Interface "": is empty' <<'END'
  <Interface "">
    Egress true
  </Interface>
END
wrong "an interface name too long" 'Plugin kidos / Interface "sixteencharacter": longer than 15 characters' <<'END'
  <Interface "sixteencharacter">
    Egress true
  </Interface>
END
wrong "a bad regular expression" 'Plugin kidos / Interface "/eth[/": bad regular expression' <<'END'
  <Interface "/eth[/">
    Egress true
  </Interface>
END
wrong "a namespace that is a path" 'Plugin kidos / Interface "eth9" / Namespace "../x": not a namespace name' <<'END'
  <Interface "eth9">
    Namespace "../x"
  </Interface>
END
wrong "two values" 'Plugin kidos / MaxInterfaces "1": takes exactly one value' <<'END'
  MaxInterfaces 1 2
END
wrong "a memory limit nothing fits in" 'Plugin kidos / MemoryLimit "4096"' <<'END'
  MemoryLimit 4096
END
state_saved=$state state=/tmp/kidos-not-bpffs
wrong "a state path outside bpffs" 'Plugin kidos / StatePath "/tmp/kidos-not-bpffs": /tmp/kidos-not-bpffs is not on a bpf file system' <<<''
state=/sys/fs/bpf/no/such/place
wrong "a state path without a parent" 'Plugin kidos / StatePath "/sys/fs/bpf/no/such/place": /sys/fs/bpf/no/such:' <<<''
state=relative
wrong "a relative state path" 'Plugin kidos / StatePath "relative": not an absolute path' <<<''
state=$state_saved

# A control character in a value must not start a line of its own in the log.
wrong "a value with control characters" 'Plugin kidos / Colour "a?b": unknown option' <<END
  Colour "a$(printf '\033')b"
END

# The daemon goes on without kidos, and other plugins with it.
write_config <<'END'
  Colour "red"
END
start_daemon
check "config: collectd survives a wrong option" kill -0 "$daemon"
check "config: and says that kidos did not start" grep -q 'kidos: 1 option above is wrong: not started' "$work/log"
stop_daemon
check "config: and stops ($took ms)" test "$took" -lt 2000
write_config <<'END'
  <Interface "eth9">
    Egress false
  </Interface>
END
start_daemon
check "config: an interface that is not there is waited for" until_true 10 grep -q 'interface eth9 in this namespace: waiting for it' "$work/log"
equal "config: said once" "$(grep -c 'eth9' "$work/log")" 1
equal "config: and waiting in status" "$("$ctl" --state "$state" status --json | jq -r '.interfaces[0].state')" waiting
stop_daemon
equal "config: nothing is left" "$(leftovers)" ""
finish
