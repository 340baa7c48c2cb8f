#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs inside the test machine: the same operations without a guard, under the kernel's other guards, with empty programs
# on the guard's hooks, and with cordon at several numbers of rules, one after the other in one boot. Prints
#     CONFIGURATION,OPERATION,VALUE
#     resource,CONFIGURATION,WHAT,VALUE,UNIT
# each operation a PARTth as often. With the words "floor PROGRAM..." it measures each of these empty programs alone, and no other
# guard; with "base" nothing but no guard.
set -eu
here=$(dirname "$0")
pins=/sys/fs/bpf/empty
part=${PART:-1}

# Three times, of which tools/bench takes the least: how the kernel's allocator happens to stand makes one of them dearer (a connection
# by 300 instructions, all the time until a process ends).
measure() {
	name=$1
	shift
	for _ in 1 2 3; do
		"$@" "$here/ops" "$name" /srv/bench "$part"
	done
}

# empty [PROGRAM]: measured with it, or with all of them.
empty() {
	"$here/empty" "$here/empty.bpf.o" "$pins" "$@"
	measure "${1:-empty programs}"
	rm -r "$pins"
}

wait_for() {
	n=0
	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		[ "$n" -lt 3000 ] || { echo "bench: '$*' never came true" >&2; cat /tmp/cordon.log >&2; exit 1; }
		sleep 0.01
	done
}

# start CONFIGURATION: the daemon, and the time until it listens, with its programs in force.
start() {
	begin=$(cut -d' ' -f1 /proc/uptime)
	cordon run >/tmp/cordon.log 2>&1 &
	daemon=$!
	wait_for test -S /run/cordon/cordon.sock
	end=$(cut -d' ' -f1 /proc/uptime)
	echo "resource,$1,start of the daemon until it listens,$(echo "$begin $end" | awk '{ printf "%d", ($2 - $1) * 1000 + 0.5 }'),ms"
}

resources() {
	awk -v name="$1" '/^VmRSS|^RssAnon|^VmHWM/ {
		what["VmRSS:"] = "resident memory of the daemon"
		what["RssAnon:"] = "of it its own"
		what["VmHWM:"] = "its peak"
		printf "resource,%s,%s,%d,bytes\n", name, what[$1], $2 * 1024 }' "/proc/$daemon/status"
	"$here/footprint" "$1"
}

mkdir -p /srv /etc/cordon/policy.d
# What TCP learns of a peer in one configuration would be looked at in the next.
echo 1 >/proc/sys/net/ipv4/tcp_no_metrics_save
for folder in /proc/[0-9]*; do
	if [ "$(cat "$folder/comm")" = ksoftirqd/0 ]; then "$here/ops" softirqs "${folder#/proc/}"; fi
done
if [ "${1:-}" = floor ]; then
	part=5
	measure 'no guard'
	empty
	shift
	for program in "$@"; do
		empty "$program"
	done
	exit 0
fi

measure 'no guard'
if [ "${1:-}" = base ]; then exit 0; fi
measure 'seccomp filter' "$here/confine" seccomp
measure 'Landlock' "$here/confine" landlock
"$here/apparmor_parser" --config-file /dev/null --skip-cache --replace "$here/bench.profile" >&2
measure 'AppArmor profile' "$here/confine" apparmor bench
"$here/apparmor_parser" --config-file /dev/null --remove "$here/bench.profile" >&2

empty

start cordon
# Two sockets each, as many as take every slot for their notes (bpf/note.h): who takes another's asks first whether that is freed, which a
# machine just booted need not.
set -- "$here"/rules-*.yaml
cordon apply "$1" >/dev/null
"$here/ops" connections 4096
for policy in "$here"/rules-*.yaml; do
	n=${policy##*rules-}
	n=${n%.yaml} # 00010: the zeros are there for the order
	name="cordon, ${n#"${n%%[!0]*}"} rules"
	cordon apply "$policy" >/dev/null
	measure "$name"
	resources "$name"
done
