#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The suite's part inside the guest: prepare, try the facts without the guard, then with it, stage by stage, and print
# what happened (tests/vm/suite.test judges it):
#     fact ...                            one line per fact tried (tests/vm/probes/main.c)
#     count STAGE PROTO ADDRESS PORT N BYTES    what the second host received in that stage
#     event {...}                         the guard's events, in their order
#     step STAGE what=... status=N        a step that is a fact of its own
# With the word "bare" it ends after the stage without the guard.

set -u
here=/opt/suite
apps=/opt/apps

prepare() {
	mkdir -p /mnt/tmpfs /mnt/point /mnt/bind-tmpfs /mnt/bind-ext4 $apps/tree/deep
	mount -t tmpfs -o mode=755 tmpfs /mnt/tmpfs
	for fs in /mnt/tmpfs /mnt/ext4; do
		probe layout $fs || exit 1
		mount --bind $fs/vault "/mnt/bind-${fs##*/}" || exit 1
	done
	for name in reader copy tool interpreter sender tree/deep/reader; do
		cp /opt/cordon/bin/probe $apps/$name
	done
	cp /usr/bin/dd $apps/dynamic
	printf '#!%s/interpreter\n' $apps >$apps/script.sh
	chmod 755 $apps/script.sh
	ln -s tool $apps/link
	printf TKcordon42 >/tmp/token
	for unit in system.slice/vault.service/sub system.slice/other.service system.slice/xvault.service \
		system.slice/net.service system.slice/system-x.slice/vault.service user.slice/session-7.scope \
		user.slice/user@3019.service/vault.service; do
		mkdir -p /sys/fs/cgroup/$unit
	done
	ulimit -n 16384
	guest-peer || exit 1
	# Data in a SYN without a cookie: the most that fast open can leak.
	echo 519 >/proc/sys/net/ipv4/tcp_fastopen
	echo "0 65535" >/proc/sys/net/ipv4/ping_group_range
	ports=$(probe ports)
}

late_mount() {
	mkdir -p /mnt/late
	mount -t tmpfs -o mode=755 late /mnt/late
	echo secret >/mnt/late/secret.txt
	chmod 644 /mnt/late/secret.txt
}

generation() {
	cordon status --json | sed -n 's/^ *"generation": \([0-9]*\).*/\1/p' | head -n 1
}

# Until the counts of the second host stand still.
settle() {
	counts=- now=
	until [ "$counts" = "${now:-}" ]; do
		counts=${now:-}
		sleep 1
		now=$(sink --query /run/counts)
	done
}

# stage NAME COMMAND...: run with a second host that starts counting at nothing.
stage() {
	name=$1
	shift
	rm -f /run/counts
	ip netns exec out sink --ports "$ports" --state /run/counts --wire &
	sink=$!
	until [ -e /run/counts ]; do sleep 0.1; done
	"$@"
	echo "step $name what=stage status=$?"
	settle
	kill -0 $sink || echo "step $name what=sink status=1"
	sink --query /run/counts | sed "s/^/count $name /"
	kill $sink
	wait $sink 2>/dev/null
}

all_facts() {
	probe stage "$1" && probe live "$1" ${2:+"$2"} ${3:+"$3"}
}

# apply STAGE FILE...: a policy goes into force, or that is said.
apply() {
	name=$1
	shift
	cordon apply "$@" >/run/apply.out 2>&1
	status=$?
	echo "step $name what=apply status=$status"
	[ $status = 0 ] || sed 's/^/note apply: /' /run/apply.out
}

start_guard() {
	cordon run >>/run/cordon.log 2>&1 &
	guard=$!
	tries=0
	until cordon status >/run/status.out 2>&1 && ! grep -q 'does not run' /run/status.out; do
		tries=$((tries + 1))
		if [ $tries -gt 300 ] || ! kill -0 $guard; then
			break
		fi
		sleep 0.1
	done
	cordon status >/run/status.out 2>&1 && ! grep -q 'does not run' /run/status.out
	echo "step $1 what=start status=$?"
	sed "s/^/note $1: /" /run/status.out
}

# rules N: N rules about users and files that nothing here has.
rules() {
	printf 'apiVersion: cordon/v1\nkind: Policy\nmetadata: {name: many}\nrules:\n'
	i=0
	while [ $i -lt "$1" ]; do
		printf '  - {rule: filler-%d, who: {users: [%d]}, forbid: [read], files: ["/srv/filler/%d/**"]}\n' \
			$i $((10000 + i)) $i
		i=$((i + 1))
	done
}

prepare
late_mount
stage bare all_facts bare
[ "${1:-}" != bare ] || exit 0

umount /mnt/late
mkdir -p /etc/cordon/policy.d
cp $here/suite.yaml /etc/cordon/policy.d/
start_guard enforce
apply enforce $here/suite.yaml
# The daemon sees the mount and puts a new generation in force.
before=$(generation)
late_mount
tries=0
until [ "$(generation)" -gt "$before" ] || [ $tries -gt 300 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
echo "step enforce what=late-mount status=$((tries > 300))"
stage enforce probe stage enforce
stage live probe live live $here/live.yaml $here/open.yaml

sed 's/^mode: enforce/mode: audit/' $here/suite.yaml >/run/audit.yaml
apply audit /run/audit.yaml
stage audit probe stage audit --smoke

for n in 100 1100; do
	rules $n >/run/many.yaml
	apply rules-$n /run/many.yaml $here/suite.yaml
	stage rules-$n probe stage rules-$n --smoke
done

kill -9 $guard
wait $guard 2>/dev/null
stage killed probe stage killed --smoke
start_guard restarted
stage restarted probe stage restarted --smoke

sleep 1
sed 's/^/event /' /var/log/cordon/events.jsonl
sed 's/^/note guard: /' /run/cordon.log
