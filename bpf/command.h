/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of file systems (ioctl) that do what a system call with a hook of its own does elsewhere. Of btrfs:
 *
 *     a snapshot        the files of a subvolume have other names: a link, of whatever stands in this file system, to an unknown place
 *     a subvolume       a name comes to be; one is destroyed: a name goes
 *     send, tree search the content of files that nobody opens
 *
 * Of ext4 and f2fs:
 *
 *     moving extents    the content of a file goes over that of one that may be open for append only
 *
 * Which names is in memory of the caller, who can change it after it was looked at; so the place is unknown: every forbid holds, and no
 * permit that names files. Whose policy says nothing of the operation is not held up.
 */
#ifndef CORDON_BPF_COMMAND_H
#define CORDON_BPF_COMMAND_H

#include "names.h"

static __always_inline int command_ask(struct file *file, u32 cmd)
{
	switch (cmd & 0xffff) {
	case BTRFS_SNAP_CREATE:
	case BTRFS_SNAP_CREATE_V2:
		return move_ask((u64)BPF_CORE_READ(file, f_inode, i_sb, s_root), (u64)BPF_CORE_READ(file, f_path.mnt), 0, 0, MOVE_LINK);
	case BTRFS_SUBVOL_CREATE:
	case BTRFS_SUBVOL_CREATE_V2:
		return name_ask(CORDON_OP_CREATE, 0, 0, 0);
	case BTRFS_SNAP_DESTROY:
	case BTRFS_SNAP_DESTROY_V2:
		return name_ask(CORDON_OP_DELETE, 0, 0, 0);
	case BTRFS_SEND:
	case BTRFS_TREE_SEARCH:
		return name_ask(CORDON_OP_READ, 0, 0, 0);
	case EXT4_MOVE_EXTENTS:
	case F2FS_MOVE_RANGE:
		return name_ask(CORDON_OP_WRITE, 0, 0, 0);
	}
	return 0;
}

SEC("lsm/file_ioctl")
int BPF_PROG(cordon_command, struct file *file, unsigned int cmd, unsigned long arg, int ret)
{
	return ret ? ret : command_ask(file, cmd);
}

SEC("?lsm/file_ioctl_compat")
int BPF_PROG(cordon_command_compat, struct file *file, unsigned int cmd, unsigned long arg, int ret)
{
	return ret ? ret : command_ask(file, cmd);
}

#endif
