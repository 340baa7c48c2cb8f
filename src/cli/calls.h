/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * calls: how often the kernel ran a program of the guard, asked of the kernel itself. The kernel counts calls only while the sysctl
 * kernel.bpf_stats_enabled is 1; calls that it had to leave out (the program ran already on that CPU) it counts always.
 */
#ifndef CLI_CALLS_H
#define CLI_CALLS_H

#include <stdint.h>

struct calls {
	uint64_t run, nanoseconds; /* while they were counted */
	uint64_t missed;	   /* not asked: nothing was judged */
};

/* `program`: its id in the kernel. -ENOENT: there is none. */
int calls_read(uint32_t program, struct calls *ret_calls);

#endif
