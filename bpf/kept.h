/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The place of a file, kept with its inode: what spares a hook the walk (place.h).
 *
 * It is believed while policy and epoch are the same: the epoch is read before the links are counted and the walk
 * begins, it is raised after every move of a dentry, and an inode that is about to get or to lose a second name is
 * marked `never` beforehand (tree.h). So in between the inode has one name, and that name did not move.
 */
#ifndef CORDON_BPF_KEPT_H
#define CORDON_BPF_KEPT_H

#include "maps.h"

static __always_inline u64 kept_epoch(void)
{
	return *(volatile u64 *)&cordon_state.tree_epoch;
}

/* May what is found be kept? The clock of the trees has begun (tree.h), and one inode is one name. */
static __always_inline bool kept_may(struct dentry *d, struct inode *inode, u64 epoch)
{
	const struct dentry_operations *op = d->d_op;

	if (!epoch || ((inode->i_mode & S_IFMT) != S_IFDIR && inode->i_nlink != 1))
		return false;
	return !op || !op->d_revalidate; /* names that change on the other side of a network */
}

/* What is kept with the inode, if it is of this policy and epoch and whole. */
static __always_inline bool kept_read(struct placed *placed, struct place *ret_place, u64 current, u64 epoch)
{
	u64 version = *(volatile u64 *)&placed->version;

	if ((version & 1) || placed->never || placed->current != current || placed->epoch != epoch)
		return false;
	*(volatile u64 *)&ret_place->file = *(volatile u64 *)&placed->place.file;
	*(volatile u64 *)&ret_place->session = *(volatile u64 *)&placed->place.session;
	return *(volatile u64 *)&placed->version == version;
}

/* The place of an inode, when it is kept. */
static __always_inline bool kept_place(struct inode *inode, u64 current, u64 epoch, struct place *ret_place)
{
	struct placed *placed = bpf_inode_storage_get(&inodes, inode, NULL, 0);

	return placed && kept_read(placed, ret_place, current, epoch);
}

/* Keep it; not when somebody else is at it. `epoch` and kept_may() were taken before the walk. */
static __always_inline void kept_write(struct inode *inode, const struct place *place, u64 current, u64 epoch)
{
	struct placed *placed = bpf_inode_storage_get(&inodes, inode, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	u64 version;

	if (!placed)
		return;
	version = *(volatile u64 *)&placed->version;
	if ((version & 1) || __sync_val_compare_and_swap(&placed->version, version, version + 1) != version)
		return;
	*(volatile u64 *)&placed->current = current;
	*(volatile u64 *)&placed->epoch = epoch;
	*(volatile u64 *)&placed->place.file = *(volatile u64 *)&place->file;
	*(volatile u64 *)&placed->place.session = *(volatile u64 *)&place->session;
	*(volatile u64 *)&placed->version = version + 2;
}

#endif
