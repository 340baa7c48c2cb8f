// SPDX-License-Identifier: GPL-2.0-only
/* Copies a name whose length stands in kernel memory. */
#include "case.h"
LSM(inode_unlink, name_check, struct inode *dir, struct dentry *dentry)
{
	char name[32] = { 0 };
	unsigned int n = dentry->d_name.len;
	if (n > sizeof(name))
		n = sizeof(name);
	if (bpf_probe_read_kernel(name, n, dentry->d_name.name))
		return -14;
	return name[0] == '.' ? -1 : 0;
}
