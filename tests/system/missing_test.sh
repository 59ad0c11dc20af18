#!/bin/bash
# SPDX-License-Identifier: MIT
# What kidos needs, taken away piece by piece: a message that names it, and collectd goes on.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "$0")/support/lib.bash"

config='<Interface "b0">
</Interface>'

# refused NAME MESSAGE [PREFIX...]: init fails with these words, and the daemon stays
refused() {
	local name=$1 message=$2
	shift 2
	start_collectd b "$config" "$@"
	wait_for 20 logged 'Initialization complete'
	if logged "$message" && kill -0 "$daemon"; then
		ok "$name"
	else
		not_ok "$name" "wanted: $message"$'\n'"$(cat "$work/log" "$work/out")"
	fi
	equal "$name: said once" 1 "$(grep -cF -- "$message" "$work/log")"
	stop_collectd
	check "$name: nothing is left" nothing_left
}

make_ns a b
make_veth a a0 b b0
chmod 755 "$work"

# CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON, so it goes with each.
missing_words='loading programs takes CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON (or root)'
refused 'without CAP_BPF and CAP_SYS_ADMIN' "$missing_words" \
	setpriv --bounding-set -bpf,-sys_admin --inh-caps -bpf,-sys_admin
refused 'without CAP_PERFMON and CAP_SYS_ADMIN' "$missing_words" \
	setpriv --bounding-set -perfmon,-sys_admin --inh-caps -perfmon,-sys_admin
refused 'without CAP_NET_ADMIN and CAP_SYS_ADMIN' "$missing_words" \
	setpriv --bounding-set -net_admin,-sys_admin --inh-caps -net_admin,-sys_admin

real=$state
state=$work/state
refused 'a state path that is not on bpffs' "Plugin kidos / StatePath \"$state\":"
state=/nonexistent/kidos
refused 'a state path whose parent is missing' "Plugin kidos / StatePath \"$state\":"
state=$real
refused 'no bpffs mounted' "Plugin kidos / StatePath \"$state\":" unshare -m sh -c 'umount -l /sys/fs/bpf; exec "$@"' sh

# collectd gives up over a plugin that does not load; its line names the library.
start_collectd b "$config" unshare -m sh -c \
	'mount --bind /dev/null "$(readlink -f /usr/lib/*/libbpf.so.1)"; exec "$@"' sh
check 'without libbpf: said' wait_for 20 logged 'libbpf.so.1'
equal 'without libbpf: said once' 1 "$(grep -c 'libbpf.so.1' "$work/log")"
stop_collectd

# libxdp is for XdpShare alone.
equal 'the plugin loads without libxdp' 0 "$(readelf -d "$build/plugin/kidos.so" | grep -c libxdp)"
start_collectd b '<Interface "b0">
	XdpMode "native"
	XdpShare true
</Interface>' unshare -m sh -c \
	'mount --bind /dev/null "$(readlink -f /usr/lib/*/libxdp.so.1)"; exec "$@"' sh
counts_from_start 'without libxdp'
equal 'without libxdp: one line names the package' 1 "$(grep -c '^\[error\] kidos: XdpShare takes the package libxdp1: ' "$work/log")"
check 'without libxdp: counted at tc' eval \
	'ctl status --json | jq -e ".interfaces[] | select(.interface == \"b0\") | .rx.rung | test(\"tcx|clsact\")"'
stop_collectd
check 'without libxdp: nothing is left' nothing_left

# What kidos does without: it counts all the same, and one line tells of drops.
# drops_told NAME LINE CONFIG [PREFIX...]
drops_told() {
	local name=$1 line=$2 drops=$3
	shift 3
	start_collectd b "$config
		<Drops>
		  $drops
		</Drops>" "$@"
	counts_from_start "$name"
	equal "$name: one line tells of drops" "$line" "$(sed -n 's/^.*kidos: \(drops are .*\)/\1/p' "$work/log")"
	stop_collectd
	check "$name: nothing is left" nothing_left
}

drops_told 'without kernel BTF' \
	'drops are not counted: no BTF of this kernel, in /sys/kernel/btf/vmlinux or where else libbpf looks' '' \
	unshare -m sh -c 'mount --bind /dev/null /sys/kernel/btf/vmlinux; exec "$@"' sh
drops_told 'without tracefs' 'drops are counted at tp_btf_socket' '' unshare -m sh -c \
	'umount -ql /sys/kernel/tracing; umount -ql /sys/kernel/debug; [ ! -e /sys/kernel/tracing/events ] && exec "$@"' sh
if [ ! -e /sys/bus/event_source/devices/kprobe ]; then
	drops_told 'without kprobes' \
		'drops are not counted: sk_skb_reason_drop did not attach: No such file or directory' \
		'Probe "sk_skb_reason_drop"'
else
	skip 'without kprobes: one line tells of drops' 'this kernel has them'
fi
finish
