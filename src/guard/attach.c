/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach: one program (attach.h).
 */
#include "guard/attach.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* linux/bpf.h of 6.6 and later */
#define DEVICE_EGRESS ((enum bpf_attach_type)47) /* BPF_TCX_EGRESS */
#define DEVICE_FIRST  (1u << 3)			 /* BPF_F_BEFORE */

bool attach_to_cgroup(const char *section)
{
	return strncmp(section, "cgroup", 6) == 0;
}

bool attach_to_device(const char *section)
{
	return strcmp(section, "tc") == 0;
}

bool attach_has_cgroup(void)
{
	struct statfs fs;

	return statfs(ATTACH_CGROUP_FS, &fs) == 0 && (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC;
}

bool attach_has_devices(const struct btf *kernel)
{
	return kernel && btf__find_by_name_kind(kernel, ATTACH_DEVICES, BTF_KIND_FUNC) >= 0;
}

static int attach_to(int program, int where, enum bpf_attach_type type, int *ret_link)
{
	int link = bpf_link_create(program, where, type, NULL);

	if (link < 0)
		return -errno;
	*ret_link = link;
	return 0;
}

int attach_lsm(int program, int *ret_link)
{
	return attach_to(program, 0, BPF_LSM_MAC, ret_link);
}

int attach_packets(int program, int *ret_link)
{
	int root = open(ATTACH_CGROUP_FS, O_PATH | O_DIRECTORY | O_CLOEXEC), err;

	if (root < 0)
		return -errno;
	err = attach_to(program, root, BPF_CGROUP_INET_EGRESS, ret_link);
	close(root);
	return err;
}

int attach_device(int program, unsigned device, int *ret_link)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = DEVICE_FIRST);
	int link = bpf_link_create(program, (int)device, DEVICE_EGRESS, &opts);

	if (link < 0)
		return -errno;
	*ret_link = link;
	return 0;
}

int attach_program(const struct bpf_program *program, int *ret_link)
{
	const char *section = bpf_program__section_name(program);
	int fd = bpf_program__fd(program);

	section += *section == '?';
	if (attach_to_cgroup(section))
		return attach_packets(fd, ret_link);
	/* Which hook or function it is was said when it was loaded (target.h). */
	return attach_to(fd, 0, bpf_program__expected_attach_type(program), ret_link);
}
