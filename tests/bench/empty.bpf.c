/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The floor: programs on the guard's hooks that do nothing but pass an earlier answer on. What the guard costs
 * above them is the guard's own.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* `ret`, the answer of the programs before, is the argument after the hook's own. */
#define EMPTY(hook, args) \
	SEC("lsm/" #hook) int empty_##hook(__u64 *ctx) { return (int)ctx[args]; }

EMPTY(file_open, 1)
EMPTY(file_permission, 2)
EMPTY(bprm_check_security, 1)
EMPTY(socket_create, 4)
EMPTY(socket_connect, 3)
EMPTY(socket_sendmsg, 3)
EMPTY(task_alloc, 2)

char LICENSE[] SEC("license") = "GPL";
