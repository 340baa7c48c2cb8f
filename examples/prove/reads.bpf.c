// SPDX-License-Identifier: GPL-2.0-only
/* kretprobe: how many bytes each process read. What a read returns is a number of bytes, or an error below 0. */
#include "case.h"
#include <asm/ptrace.h>
MAP(bytes, BPF_MAP_TYPE_HASH, 1024, __u32, __u64);
SEC("kretprobe/vfs_read") int reads(struct pt_regs *ctx)
{
	__u32 process = bpf_get_current_pid_tgid() >> 32;
	long size = PT_REGS_RC(ctx);
	__u64 first = size, *sum;

	if (size <= 0)
		return 0;
	sum = bpf_map_lookup_elem(&bytes, &process);
	if (sum)
		__sync_fetch_and_add(sum, size);
	else
		bpf_map_update_elem(&bytes, &process, &first, BPF_NOEXIST);
	return 0;
}
