/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The floor: programs on the guard's hooks that do nothing but pass an earlier answer on. What the guard costs
 * above them is the guard's own.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* `ret`, the answer of the programs before, is the argument after the hook's own. Not every kernel has every hook. */
#define EMPTY(hook, args) \
	SEC("?lsm/" #hook) int empty_##hook(__u64 *ctx) { return (int)ctx[args]; }
#define VOID(hook) SEC("?lsm/" #hook) int empty_##hook(__u64 *ctx) { return 0; }

#include "empty-hooks.h"

char LICENSE[] SEC("license") = "GPL";
