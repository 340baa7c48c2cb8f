/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * calls: counters of a program (calls.h).
 */
#include "cli/calls.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

int calls_read(uint32_t program, struct calls *ret_calls)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(program), err;

	if (fd < 0)
		return fd;
	err = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	if (err < 0)
		return err;
	*ret_calls = (struct calls){ .run = info.run_cnt, .nanoseconds = info.run_time_ns, .missed = info.recursion_misses };
	return 0;
}
