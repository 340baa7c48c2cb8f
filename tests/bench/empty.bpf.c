/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The floor: programs on the guard's hooks, and at the packets, that do nothing but pass an earlier answer on. What the guard costs
 * above them is the guard's own.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* `ret`, the answer of the programs before, is the argument after the hook's own. Not every kernel has every hook. */
#define EMPTY(hook, args) \
	SEC("?lsm/" #hook) int empty_##hook(__u64 *ctx) { return (int)ctx[args]; }
#define VOID(hook) SEC("?lsm/" #hook) int empty_##hook(__u64 *ctx) { return 0; }

#include "empty-hooks.h"

/* The guard sees the packets that leave, too. */
SEC("?cgroup_skb/egress") int empty_egress(struct __sk_buff *skb)
{
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
