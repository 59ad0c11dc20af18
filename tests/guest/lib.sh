# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the guest scripts share. A script that sources this has already set -euo pipefail.

guest_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
checkout=$(cd "$guest_dir/../.." && pwd -P)
cache=${KIDOS_CACHE:-$checkout/.cache/kernels}

# Debian's suites, oldest kernel first. The series a suite holds is read from what was fetched.
suites=(bullseye bookworm trixie sid)

say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
	say "$*"
	exit 2
}

need() {
	local tool missing=()
	for tool in "$@"; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	[ ${#missing[@]} -eq 0 ] || die "missing programs: ${missing[*]}"
}

# "5.10" of "5.10.0-46-amd64"
series_of() {
	cut -d. -f1,2 <<<"$1"
}

# Says whether a suite was fetched, by the file that fetch writes last.
fetched() {
	[ -s "$cache/$1/series" ]
}

# The folder of the kernel that goes by this series ("6.1") or suite ("bookworm").
kernel_dir() {
	local suite
	for suite in "${suites[@]}"; do
		fetched "$suite" || continue
		if [ "$1" = "$suite" ] || [ "$1" = "$(<"$cache/$suite/series")" ]; then
			printf '%s\n' "$cache/$suite"
			return
		fi
	done
	return 1
}

is_known() {
	grep -qxF -- "$1" "$guest_dir/known"
}
