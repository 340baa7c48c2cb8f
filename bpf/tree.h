/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may make a kept place false (place.h): the clock of the trees, and inodes with several names.
 *
 * __d_move       every way by which a dentry gets another name or parent ends here: rename, exchange, a directory that
 *                turns up elsewhere on a network file system. After it, the epoch is raised: a place that was kept
 *                with an older one is not believed any more. Seen by one who asks in between is the place before.
 * inode_link     before a second name appears, and
 * inode_unlink   before one of several names goes: the inode is marked, and not kept again while it is in memory. The
 *                count of its links alone would not do: it is 1 again before the name that went is unhashed.
 *
 * An epoch of 0 means that no move was ever seen, hence perhaps that nobody looks: nothing is kept then. So these come
 * first in the object, and __d_move is the last of them to be attached.
 */
#ifndef CORDON_BPF_TREE_H
#define CORDON_BPF_TREE_H

#include "maps.h"

static __always_inline int tree_mark(struct inode *inode)
{
	struct placed *placed = bpf_inode_storage_get(&inodes, inode, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	/* Without the mark a wrong place might be believed later: refused. */
	if (!placed)
		return -ENOMEM;
	__sync_fetch_and_or(&placed->epoch, PLACED_NEVER);
	return 0;
}

SEC("lsm/inode_link")
int BPF_PROG(cordon_inode_link, struct dentry *old, struct inode *dir, struct dentry *new_dentry, int ret)
{
	struct inode *inode = old->d_inode;

	if (ret)
		return ret;
	return inode ? tree_mark(inode) : 0;
}

SEC("lsm/inode_unlink")
int BPF_PROG(cordon_inode_unlink, struct inode *dir, struct dentry *dentry, int ret)
{
	struct inode *inode = dentry->d_inode;

	if (ret)
		return ret;
	return inode && inode->i_nlink > 1 ? tree_mark(inode) : 0;
}

SEC("fexit/__d_move")
int BPF_PROG(cordon_d_move)
{
	__sync_fetch_and_add(&cordon_state.tree_epoch, 1);
	return 0;
}

#endif
