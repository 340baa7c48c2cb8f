// SPDX-License-Identifier: GPL-2.0-only
/* A program with a contract that says everything (tests/prove/mutate/all.contract), and one that says half. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} queues SEC(".maps"), others SEC(".maps");

SEC("xdp")
int pass_small(struct xdp_md *ctx)
{
	__u32 queue = ctx->rx_queue_index;
	__u32 *limit;

	if (queue >= 8)
		return XDP_DROP;
	limit = bpf_map_lookup_elem(&queues, &queue);
	return limit && ctx->ingress_ifindex < *limit ? XDP_PASS : XDP_DROP;
}

struct task_struct {
	int no_such_field;
} __attribute__((preserve_access_index));

/* What is asked for a field that no kernel has is never reached. */
SEC("lsm/file_open")
int never_there(unsigned long long *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task_btf();

	if (bpf_core_field_exists(task->no_such_field))
		return task->no_such_field > 5 ? -1 : 0;
	return 0;
}

/* Fails by itself: an LSM program must not return 1. */
SEC("lsm/file_open")
int wrong(unsigned long long *ctx)
{
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
