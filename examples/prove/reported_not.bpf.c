// SPDX-License-Identifier: GPL-2.0-only
/* Every refusal is reported, completely. Planted: the event is forgotten on one path. */
#include "case.h"
RING(events);
MAP(blocked, BPF_MAP_TYPE_HASH, 1024, __u64, __u32);
struct event { __u64 inode; __u32 uid; __u32 why; };

static __attribute__((always_inline)) void report(__u64 inode, __u32 why)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e)
		return;
	e->inode = inode;
	e->uid = bpf_get_current_uid_gid();
	e->why = why;
	bpf_ringbuf_submit(e, 0);
}

LSM(file_open, reported, struct file *file)
{
	__u64 inode = file->f_inode->i_ino;
	__u32 *why = bpf_map_lookup_elem(&blocked, &inode);
	if (!why)
		return 0;
	if (*why == 7)
		return -13;
	report(inode, *why);
	return -13;
}
