// SPDX-License-Identifier: GPL-2.0-only
/* A tracepoint that takes the thread for the process. */
#include "case.h"
MAP(opens, BPF_MAP_TYPE_HASH, 1024, __u32, __u64);
SEC("tracepoint/syscalls/sys_enter_openat") int opens_of(void *ctx)
{
	__u32 process = bpf_get_current_pid_tgid();
	__u64 one = 1, *n = bpf_map_lookup_elem(&opens, &process);
	if (n)
		*n += 1;
	else
		bpf_map_update_elem(&opens, &process, &one, BPF_NOEXIST);
	return 0;
}
