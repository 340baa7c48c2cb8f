// SPDX-License-Identifier: GPL-2.0-only
/* fentry: each removal of a name that is not relative to the working directory is reported. */
#include "case.h"
#define AT_FDCWD -100
RING(events);
struct event { __u32 process; __s32 folder; };
SEC("fentry/do_unlinkat") int BPF_PROG(unlinks, int dfd, struct file *name)
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
