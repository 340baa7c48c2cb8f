# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# TAP for the shell suites of the harness: check, done_testing. A suite that ends without done_testing prints no
# plan and exits 1.

tap_count=0 tap_failed=0 tap_done=
trap '[ -n "$tap_done" ] || exit 1' EXIT

# check WHAT COMMAND...: one test; passes when the command exits 0, and shows what it printed when not.
check() {
	local what=$1 said
	shift
	tap_count=$((tap_count + 1))
	if said=$("$@" 2>&1); then
		echo "ok $tap_count - $what"
	else
		echo "not ok $tap_count - $what"
		tap_failed=$((tap_failed + 1))
		printf '%s\n' "command: $1" "$said" | sed 's/^/#   /'
	fi
}

# equal WANT HAVE, has TEXT PART: for check.
equal() { [ "$1" = "$2" ] || { printf 'want: %s\nhave: %s\n' "$1" "$2"; return 1; }; }
has() { [[ $1 == *"$2"* ]] || { printf 'not in it: %s\nhave: %s\n' "$2" "$1"; return 1; }; }
lacks() { [[ $1 != *"$2"* ]] || { printf 'in it: %s\nhave: %s\n' "$2" "$1"; return 1; }; }

# The plan, and the exit status.
done_testing() {
	echo "1..$tap_count"
	tap_done=1
	[ "$tap_failed" = 0 ]
	exit
}
