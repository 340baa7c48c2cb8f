#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs inside the test machine: the same operations without a guard, with empty programs on the same hooks, and
# with cordon at several numbers of rules, one after the other in one boot. Prints CONFIGURATION,OPERATION,VALUE.
set -eu
here=$(dirname "$0")
pins=/sys/fs/bpf/empty

measure() { "$here/ops" "$1" /srv/bench; }

wait_for() {
	n=0
	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		[ "$n" -lt 300 ] || { echo "bench: '$*' never came true" >&2; exit 1; }
		sleep 0.1
	done
}

mkdir -p /srv /etc/cordon/policy.d
measure 'no guard'

"$here/empty" "$here/empty.bpf.o" "$pins"
measure 'empty LSM programs'
rm -r "$pins"

cordon run >/tmp/cordon.log 2>&1 &
wait_for test -S /run/cordon/cordon.sock
for policy in "$here"/rules-*.yaml; do
	n=${policy##*rules-}
	n=${n%.yaml} # 00010: the zeros are there for the order
	cordon apply "$policy" >&2
	measure "cordon, ${n#"${n%%[!0]*}"} rules"
done
