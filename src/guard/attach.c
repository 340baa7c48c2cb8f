/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach: one program (attach.h).
 */
#include "guard/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

bool attach_to_cgroup(const char *section)
{
	return strncmp(section, "cgroup", 6) == 0;
}

bool attach_has_cgroup(void)
{
	struct statfs fs;

	return statfs(ATTACH_CGROUP_FS, &fs) == 0 && (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC;
}

int attach_lsm(int program, int *ret_link)
{
	int link = bpf_link_create(program, 0, BPF_LSM_MAC, NULL);

	if (link < 0)
		return -errno;
	*ret_link = link;
	return 0;
}

int attach_packets(int program, int *ret_link)
{
	int root = open(ATTACH_CGROUP_FS, O_RDONLY | O_DIRECTORY | O_CLOEXEC), link, err;

	if (root < 0)
		return -errno;
	link = bpf_link_create(program, root, BPF_CGROUP_INET_EGRESS, NULL);
	err = link < 0 ? -errno : 0;
	close(root);
	if (!err)
		*ret_link = link;
	return err;
}

int attach_program(const struct bpf_program *program, int *ret_link)
{
	const char *section = bpf_program__section_name(program);
	struct bpf_link *link;
	int fd, err;

	section += *section == '?';
	if (attach_to_cgroup(section))
		return attach_packets(bpf_program__fd(program), ret_link);
	link = bpf_program__attach(program);
	if (!link)
		return -errno;
	fd = fcntl(bpf_link__fd(link), F_DUPFD_CLOEXEC, 3);
	err = fd < 0 ? -errno : 0;
	bpf_link__destroy(link);
	if (!err)
		*ret_link = fd;
	return err;
}
