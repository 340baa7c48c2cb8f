// SPDX-License-Identifier: GPL-2.0-only
/* Copies a name whose length stands in kernel memory. Planted: the length is fetched twice. */
#include "case.h"
LSM(inode_unlink, name_check, struct inode *dir, struct dentry *dentry)
{
	char name[32] = { 0 };
	volatile unsigned int *len = &dentry->d_name.len;
	if (*len > sizeof(name))
		return 0;
	unsigned int n = *len;
	if (bpf_probe_read_kernel(name, n, dentry->d_name.name))
		return -14;
	return name[0] == '.' ? -1 : 0;
}
