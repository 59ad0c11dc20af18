#!/bin/bash
# SPDX-License-Identifier: MIT
# A bpf file system that others may write: what they put there in kidos's way is refused with a line
# that says what to do, and no file of root's changes.
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
[ -n "${KIDOS_OWN_MOUNTS:-}" ] || exec env KIDOS_OWN_MOUNTS=yes unshare -m bash "$0" "$@"
. "$(dirname "$0")/support/lib.bash"

user=65534
bpffs=$work/bpf
state=$bpffs/kidos
secret=$work/secret
config='<Interface "nothere">
</Interface>
<Drops>
	Enabled false
</Drops>'

as_user() {
	setpriv --reuid $user --regid $user --clear-groups "$@"
}

# mount_bpffs MODE
mount_bpffs() {
	! mountpoint -q "$bpffs" || umount "$bpffs" || return 1
	mount -t bpf -o mode="$1" bpf "$bpffs"
}

initialised() {
	wait_for 20 logged 'Initialization complete'
}

# refused NAME LINE: init fails with one line of kidos that begins so
refused() {
	start_collectd - "$config"
	initialised
	equal "$1: refused" "[error] kidos: Plugin kidos / StatePath \"$state\": $2" "$(grep '\[error\] kidos:' "$work/log")"
	stop_collectd
	equal "$1: root's file is as it was" '0 0 600' "$(stat -c '%u %g %a' "$secret")"
}

# What is pinned is swapped for links to root's file, as fast as can be.
swap_pins() {
	setpriv --reuid $user --regid $user --clear-groups bash -c '
		while [ -d "$1" ]; do
			for pin in "$1"/kidos/*; do
				[ ! -f "$pin" ] || [ -L "$pin" ] || { mv "$pin" "$pin-away" && ln -s "$2" "$pin"; }
			done
		done' bash "$bpffs" "$secret" 2>/dev/null &
	swapper=$!
	started+=("$swapper")
}

stop_swapper() {
	kill "$swapper"
	wait "$swapper" 2>/dev/null
}

chmod 755 "$work"
mkdir "$bpffs"
touch "$secret"
chmod 600 "$secret"

# As `mount -t bpf` makes it: anybody may make the directory first.
mount_bpffs 1777
as_user mkdir -m 777 "$state"
as_user ln -s "$secret" "$state/meta"
swap_pins
remedy="remove it, and mount the bpf file system with mode=0755 so that others cannot make it"
refused 'made by another user' "$state belongs to user $user, not to user 0: $remedy"
stop_swapper
equal 'made by another user: left as it was' "$user 777" "$(stat -c '%u %a' "$state")"

mount_bpffs 1777
as_user ln -s "$work" "$state"
refused "a link of another user's" "cannot open $state: Not a directory"

mount_bpffs 1777
mkdir -m 770 "$state"
refused 'written by others' "others may change what is in $state (mode 0770): remove it"

mount_bpffs 755
chmod 777 "$bpffs"
refused 'in a directory that all may write' \
	"others may replace what is in $bpffs (mode 0777): chmod 755 $bpffs, or mount it with mode=0755"
mount_bpffs 755
chown $user "$bpffs"
refused "in another user's directory" \
	"$bpffs belongs to user $user, who may replace what is in it: chown 0 $bpffs"

mount_bpffs 755
mkdir -m 750 "$state"
chgrp $user "$state"
setpriv --reuid $user --regid $user --clear-groups flock -F "$state" sleep 600 & # waits: to look whether it is locked is to lock it
holder=$!
started+=("$holder")
is_locked() {
	! flock -n "$state" true
}
check 'another user locks it' wait_for 5 is_locked
refused 'locked by another user' "$state is locked by process $holder of user $user"
kill "$holder"
wait "$holder" 2>/dev/null

# Sticky, so that nobody takes away what is root's.
mount_bpffs 1777
start_collectd - "$config"
initialised
check 'sticky: started' test -e "$state/meta"
check 'sticky: no other user moves it' eval '! as_user mv "$state" "$state-away" && ! as_user rmdir "$state"'
equal 'sticky: owner and mode' '0 750' "$(stat -c '%u %a' "$state")"
equal 'sticky: pins' '0 640' "$(find "$state" -type f -exec stat -c '%u %a' {} + | sort -u)"
stop_collectd
check 'nothing is left' nothing_left
umount "$bpffs"
finish
