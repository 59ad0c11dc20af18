#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/run-tap, which judges every other test: what it records of a program's output, and of one case.
#   run_tap_test.sh SOURCE-FOLDER
set -u
run_tap=$1/tests/run-tap
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tests=0 failed=0

# records NAME CASE STATUS ROWS LINES...: a program that prints these lines and ends so is recorded as
# ROWS, "status:name" each; run-tap succeeds if none has failed.
records() {
	local name=$1 only=$2 status=$3 rows=$4 got ended=0 wanted=0
	shift 4
	: >"$work/rows"
	env -u KIDOS_TEST_SUFFIX KIDOS_TEST_CASE="$only" "$run_tap" "$work/rows" it \
		sh -c 'status=$1; shift; printf "%s\n" "$@"; exit "$status"' sh "$status" "$@" >"$work/said" || ended=$?
	got=$(cut -f1,2 "$work/rows" | tr '\t' : | paste -sd' ')
	[[ $rows != *fail:* ]] || wanted=1
	tests=$((tests + 1))
	if [ "$got" = "$rows" ] && [ "$ended" = "$wanted" ]; then
		echo "ok $tests - run-tap: $name"
	else
		failed=1
		sed 's/^/# /' "$work/said"
		echo "# wanted $wanted, $rows; got $ended, $got"
		echo "not ok $tests - run-tap: $name"
	fi
}

records 'every test' '' 0 'pass:a skip:b' 'ok 1 - a' 'ok 2 - b # SKIP why' 1..2
records 'a failure' '' 1 'fail:a pass:b' 'not ok 1 - a' '# why' 'ok 2 - b' 1..2
records 'a status without a failure' '' 3 'pass:a fail:it: ends with status 3' 'ok 1 - a' 1..1
records 'fewer than planned' '' 0 'pass:a fail:it: planned 2, ran 1' 'ok 1 - a' 1..2
records 'no test' '' 0 'fail:it: prints tests' 'hello'
records 'one case' 'b c' 0 'pass:a b c' 'ok 1 - a' 'ok 2 - a b c' 1..2
records 'one case, it fails' b 1 'fail:b' 'ok 1 - a' 'not ok 2 - b' 1..2
records 'one case, another fails' b 1 'pass:b' 'not ok 1 - a' 'ok 2 - b' 1..2
records 'one case, the program ends before it' b 1 'fail:it: planned nothing, ran 1' 'ok 1 - a'
records 'a case that there is not' b 0 '' 'ok 1 - a' 1..1
echo "1..$tests"
exit $failed
