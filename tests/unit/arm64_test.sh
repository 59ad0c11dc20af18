#!/bin/sh
# SPDX-License-Identifier: MIT
# The BPF half with arm64's kernel headers: arm64_test.sh CLANG SOURCE-FOLDER
set -eu
headers=/usr/aarch64-linux-gnu/include
echo 1..5
number=0
for unit in traffic:KIDOS_TABLE traffic:KIDOS_BASELINE drop:KIDOS_DIRECT drop:KIDOS_PROBE_READ \
	owner:KIDOS_OWNER; do
	number=$((number + 1))
	source=${unit%:*}.bpf.c define=${unit#*:}
	name="arm64: $source compiles, $define"
	if [ ! -d $headers ]; then
		echo "ok $number - $name # SKIP no linux-libc-dev-arm64-cross"
	elif "$1" -target bpf -D__TARGET_ARCH_arm64 -D"$define" -mcpu=v3 -O2 -g -std=gnu11 -Wall -Werror \
		-nostdinc -isystem "$("$1" -print-resource-dir)/include" -isystem $headers \
		-isystem /usr/include -I"$2/bpf" -c "$2/bpf/$source" -o /dev/null; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
	fi
done
