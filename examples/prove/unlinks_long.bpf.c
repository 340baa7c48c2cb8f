// SPDX-License-Identifier: GPL-2.0-only
/* An int is taken for a long: the upper half of its register is anything, so -100 is not seen. */
#include "case.h"
#define AT_FDCWD -100
RING(events);
struct event { __u32 process; __s32 folder; };
SEC("fentry/do_unlinkat") int BPF_PROG(unlinks, long dfd, struct file *name)
{
	struct event *e;

	if (dfd == AT_FDCWD)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e)
		return 0;
	e->process = bpf_get_current_pid_tgid() >> 32;
	e->folder = dfd;
	bpf_ringbuf_submit(e, 0);
	return 0;
}
