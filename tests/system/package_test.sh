#!/bin/bash
# SPDX-License-Identifier: MIT
# The Debian package, installed, removed and purged by dpkg in a copy of this system (an overlay over
# /), with real collectd under its init script: collectd goes on in every state, the administrator's
# configuration comes back with the package, and after a purge nothing of kidos's is there.
if [ "$(id -u)" = 0 ] && [ -z "${PACKAGE_OWN:-}" ]; then
	# Its processes end with its process namespace, its mounts with its mount namespace.
	PACKAGE_OWN=1 exec unshare --mount --net --pid --fork --mount-proc --propagation private bash "$0" "$@"
fi
# shellcheck source-path=SCRIPTDIR source=support/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/support/lib.bash"

# Not below $work, which is removed at the end: this has mounts, and ends with the mount namespace.
root=/mnt/root
conf=$root/etc/collectd/collectd.conf.d/kidos.conf
missing=''
for tool in cpack dpkg-shlibdeps; do
	command -v "$tool" >/dev/null || missing=$tool
done
[ -z "$missing" ] || { echo "1..0 # SKIP needs $missing"; exit 0; }

# --- a system of its own ---

# Nothing of the machine is bound into it: /dev, /proc, /sys, /run and bpffs are its own.
own_system() {
	mount -t tmpfs overlay /mnt && mkdir /mnt/upper /mnt/work "$root" &&
		mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work "$root" &&
		mount -t proc proc "$root/proc" && mount -t sysfs sysfs "$root/sys" &&
		mount -t tmpfs -o mode=755 dev "$root/dev" && mount -t tmpfs -o mode=755 run "$root/run" &&
		mount -t tmpfs -o mode=1777 tmp "$root/tmp" && mount -t bpf bpf "$root/sys/fs/bpf" &&
		mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup" &&
		mknod -m 666 "$root/dev/null" c 1 3 && mknod -m 666 "$root/dev/zero" c 1 5 &&
		mknod -m 666 "$root/dev/random" c 1 8 && mknod -m 666 "$root/dev/urandom" c 1 9 || return 1
	mkdir -p "$root/run/lock" "$root/etc/collectd/collectd.conf.d" "$root/var/lib/collectd"
	rm -rf --one-file-system "$root/var/lib/kidos" "$root/etc/kidos"
	# invoke-rc.d does nothing in a chroot, unless a policy allows it.
	printf '#!/bin/sh\nexit 0\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	ip link set lo up
	ip link add d0 type veth peer name d1 && ip link set d0 up && ip link set d1 up
	# As Debian ships it, but for the plugins.
	cat >"$root/etc/collectd/collectd.conf" <<'END'
BaseDir "/var/lib/collectd"
Interval 1
LoadPlugin logfile
<Plugin logfile>
	File "/run/collectd.log"
</Plugin>
LoadPlugin memory
<Include "/etc/collectd/collectd.conf.d">
	Filter "*.conf"
</Include>
END
	in_root dpkg --purge kidos 2>/dev/null
	return 0
}

in_root() {
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}

# Everything whose name is of kidos, but for what dpkg itself wrote about it.
left() {
	find "$root"/{etc,usr,var,run,sys/fs/bpf} -xdev -iname '*kidos*' 2>/dev/null | grep -v '/var/log/\|/usr/share/mime'
	pinned
	find "$root/etc/systemd" -lname '*kidos*'
}

# The kernel itself puts two iterators there.
pinned() { find "$root/sys/fs/bpf" -mindepth 1 ! -name '*.debug'; }

collectd_pid() { pgrep -xo collectd; }
runs() { collectd_pid >/dev/null; }
counts() { in_root kidosctl status 2>/dev/null | grep -q 'd0.*attached'; }
is_new() { [ -n "$(collectd_pid)" ] && [ "$(collectd_pid)" != "$1" ]; }
holds_plugin() { grep -q 'kidos\.so' "/proc/$(collectd_pid)/maps"; }
without_plugin() { runs && ! holds_plugin; }

# collectd would start: it can be stopped, tested and started.
restarts() {
	in_root /etc/init.d/collectd stop >/dev/null 2>&1
	in_root collectd -T -C /etc/collectd/collectd.conf || return 1
	in_root /etc/init.d/collectd start >/dev/null && wait_for 10 runs
}

install_it() { in_root dpkg -i /tmp/kidos.deb; }
remove_it() { in_root dpkg --remove kidos; }
purge_it() { in_root dpkg --purge kidos; }

# What an administrator writes: the plugin is loaded, and d0 is counted.
enable() {
	sed -i 's/^#LoadPlugin kidos/LoadPlugin kidos/' "$conf"
	printf '%s\n' '<Plugin kidos>' '  <Interface "d0">' '  </Interface>' '  MemoryLimit "32M"' '</Plugin>' \
		'# mine' >>"$conf"
}

purged() { # NAME: purge, and look
	check "purge succeeds ($1)" purge_it
	equal "nothing is left by it ($1)" "$before" "$(left)"
	check "collectd restarts after it ($1)" restarts
}

own_system || { not_ok 'a system of its own'; finish; }
before=$(left)
(cd "$build" && cpack --config CPackConfig.cmake -B "$work/package") >"$work/cpack" 2>&1 || cat "$work/cpack"
deb=$(echo "$work"/package/*.deb)
cp "$deb" "$root/tmp/kidos.deb"

# --- the scripts ---
dpkg-deb -e "$deb" "$work/control"
for script in preinst postinst prerm postrm; do
	check "$script: sh -n" sh -n "$work/control/$script"
	check "$script: shellcheck" shellcheck "$work/control/$script"
done
equal 'libxdp is recommended, not needed' 'libxdp1 0' \
	"$(dpkg-deb -f "$deb" Recommends) $(dpkg-deb -f "$deb" Depends | grep -c libxdp)"
equal 'the configuration is a conffile' /etc/collectd/collectd.conf.d/kidos.conf "$(cat "$work/control/conffiles")"

# --- never used ---
in_root /etc/init.d/collectd start >/dev/null
check 'collectd runs' wait_for 10 runs
pid=$(collectd_pid)
check 'install' install_it
check 'examples and dashboards come with it' [ -x "$root/usr/share/kidos/examples/notify-log" -a \
	-x "$root/usr/share/kidos/dashboards/collection3/install" -a \
	-s "$root/usr/share/kidos/examples/collectd.service.d/kidos.conf" -a \
	-s "$root/usr/share/kidos/dashboards/prometheus/kidos.rules.yml" -a \
	-s "$root/usr/share/kidos/dashboards/grafana/influxdb/overview.json" ]
check 'as it is shipped it loads nothing, and collectd is left alone' [ "$(collectd_pid)" = "$pid" ]
check 'remove of what was never used' remove_it
check 'collectd was left alone' [ "$(collectd_pid)" = "$pid" ]
check 'collectd restarts' restarts
purged 'removed before'

# --- in use: remove, install, remove, purge ---
install_it >/dev/null
enable
written=$(cat "$conf")
check 'collectd restarts with kidos' restarts
check 'and counts' wait_for 20 counts
touch "$root"/var/lib/collectd/kidos-{series,reasons}
pid=$(collectd_pid)
check 'remove while it is in use' remove_it
check 'collectd was restarted, and runs without it' wait_for 10 is_new "$pid"
check 'it does not hold the plugin' wait_for 10 without_plugin
check 'it can be restarted' restarts
check 'nothing is pinned' [ -z "$(pinned)" ]
check 'no program of kidos is left on the interface' bash -c \
	'! ip -d link show d0 | grep -q "prog/" && ! tc filter show dev d0 ingress 2>/dev/null | grep -q kidos'
pid=$(collectd_pid)
check 'install again, without a question' install_it
equal "the administrator's configuration is back" "$written" "$(cat "$conf")"
check 'collectd was restarted' wait_for 10 is_new "$pid"
check 'and counts again' wait_for 20 counts
check 'install over it (an upgrade)' install_it
equal "keeps the administrator's configuration" "$written" "$(cat "$conf")"
check 'and counts still' wait_for 20 counts
remove_it >/dev/null
mkdir -p "$root/etc/kidos/topologies"
touch "$root"/var/lib/collectd/kidos-{series,reasons,series.new}
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s /lib/systemd/system/kidos-netns@.service "$root/etc/systemd/system/multi-user.target.wants/kidos-netns@demo.service"
purged 'removed before, in use'
check 'purge of what is purged' in_root dpkg --purge kidos

# --- purged from the middle of use, with another BaseDir ---
sed -i 's|^BaseDir.*|  basedir   "/var/lib/other" |' "$root/etc/collectd/collectd.conf"
mkdir -p "$root/var/lib/other"
install_it >/dev/null
enable
in_root /etc/init.d/collectd restart >/dev/null
check 'counts with another BaseDir' wait_for 20 counts
touch "$root"/var/lib/other/kidos-{series,reasons}
purged 'in use'
check 'collectd runs without it' wait_for 10 without_plugin

# --- collectd is killed: its programs and pins stay, and go with the package ---
install_it >/dev/null
enable
in_root /etc/init.d/collectd restart >/dev/null
wait_for 20 counts
pkill -9 -x collectdmon
pkill -9 -x collectd
check 'a killed collectd leaves pins' [ -d "$root/sys/fs/bpf/kidos" ]
purged 'collectd killed'

# --- topologies that are up ---
install_it >/dev/null
in_root install -m 644 /usr/share/kidos/topologies/demo.json /tmp/demo.json
in_root kidos-netns up /tmp/demo.json
printf '{' >"$work/broken"
mkdir -m 700 "$root/run/kidos-netns/broken"
install -m 600 "$work/broken" "$root/run/kidos-netns/broken/topology.json"
refused=$(remove_it 2>&1)
check 'remove is refused while a topology cannot be taken down' [ $? != 0 ]
check 'and names it' grep -q 'topology broken' <<<"$refused"
check 'and the package works still' in_root kidos-netns check /tmp/demo.json
rm -r "$root/run/kidos-netns/broken"
mkdir -p "$root/etc/kidos/topologies"
echo '{}' >"$root/etc/kidos/topologies/mine.json"
check 'remove takes a topology down that is up' remove_it
equal 'nothing of it is left' '' "$(find "$root/run/netns" "$root/run/kidos-netns" -mindepth 1 2>/dev/null)"
purge_it >/dev/null
check "the administrator's topologies stay" [ -f "$root/etc/kidos/topologies/mine.json" ]
rm -r "$root/etc/kidos"

# --- what the administrator took away, or wrote elsewhere ---
install_it >/dev/null
rm "$conf"
remove_it >/dev/null
check 'a configuration that was deleted: install again' install_it
check 'it stays deleted' [ ! -e "$conf" ]
echo 'LoadPlugin kidos' >"$root/etc/collectd/collectd.conf.d/other.conf"
in_root /etc/init.d/collectd restart >/dev/null
said=$(remove_it 2>&1)
check 'another file that loads kidos is named' grep -q 'collectd.conf.d/other.conf:1:' <<<"$said"
check 'collectd is not restarted into its end' runs
rm "$root/etc/collectd/collectd.conf.d/other.conf"
purged 'deleted configuration'
finish
