// SPDX-License-Identifier: GPL-2.0-only
/* Files are known by their inode number. Planted: the key has 32 bits, inode numbers have 64. */
#include "case.h"
MAP(files, BPF_MAP_TYPE_HASH, 1024, __u32, __u32);
LSM(file_open, by_inode, struct file *file)
{
	__u32 inode = file->f_inode->i_ino;
	return bpf_map_lookup_elem(&files, &inode) ? -13 : 0;
}
