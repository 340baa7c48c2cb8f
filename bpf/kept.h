/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The place of a file, kept with its inode: what spares a hook the walk (place.h).
 *
 * It is believed while policy and epoch are the same: the epoch is read before the links are counted and the walk
 * begins, it is raised after every move of a dentry, and an inode that is about to get or to lose a second name is
 * marked in its own epoch beforehand, which then is never one (tree.h). So in between the inode has one name, and that name did
 * not move.
 */
#ifndef CORDON_BPF_KEPT_H
#define CORDON_BPF_KEPT_H

#include "maps.h"

static __always_inline u64 kept_epoch(void)
{
	return *(volatile u64 *)&cordon_state.tree_epoch;
}

/* A disk, by whatever device: of it more than its place is asked (file.h). */
static __always_inline bool inode_is_disk(const struct inode *inode)
{
	u32 type = inode->i_mode & S_IFMT, major = MAJOR(inode->i_rdev);

	if (type == S_IFBLK)
		return true;
	return type == S_IFCHR && (major == SCSI_GENERIC_MAJOR || major == MTD_CHAR_MAJOR);
}

/* May what is found be kept? The clock of the trees has begun (tree.h), and one inode is one name; no disk. */
static __always_inline bool kept_may(struct dentry *d, struct inode *inode, u64 epoch)
{
	const struct dentry_operations *op = d->d_op;
	u32 type = inode->i_mode & S_IFMT;

	if (!epoch || inode_is_disk(inode) || (type != S_IFDIR && inode->i_nlink != 1))
		return false;
	return !op || !op->d_revalidate; /* names that change on the other side of a network */
}

/* What is kept with the inode, if it is of this policy and epoch and whole. */
static __always_inline bool kept_read(struct placed *placed, struct place *ret_place, u64 current, u64 epoch)
{
	u64 version = *(volatile u64 *)&placed->version;

	if ((version & 1) || *(volatile u64 *)&placed->current != current || *(volatile u64 *)&placed->epoch != epoch)
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

/* Begin to write. 0: somebody else does. */
static __always_inline u64 kept_take(struct placed *placed)
{
	u64 now = *(volatile u64 *)&placed->version;

	return !(now & 1) && __sync_val_compare_and_swap(&placed->version, now, now + 1) == now ? now + 2 : 0;
}

/* Keep it; not when somebody else is at it. `epoch` and kept_may() were taken before the walk. For who reads what is permitted the
 * epoch comes last, and takes the place of no mark and of no later one. */
static __always_inline void kept_write(struct inode *inode, const struct place *place, u64 current, u64 epoch)
{
	struct placed *placed = bpf_inode_storage_get(&inodes, inode, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	u64 version = placed ? kept_take(placed) : 0, then;
	u32 i;

	if (!version)
		return;
	then = *(volatile u64 *)&placed->epoch;
	if (then <= epoch) {
		*(volatile u64 *)&placed->current = current;
		*(volatile u64 *)&placed->place.file = *(volatile u64 *)&place->file;
		*(volatile u64 *)&placed->place.session = *(volatile u64 *)&place->session;
		for (i = 0; i < PLACED_CLASSES; i++)
			*(volatile u64 *)&placed->permitted[i] = 0;
		__sync_val_compare_and_swap(&placed->epoch, then, epoch);
	}
	*(volatile u64 *)&placed->version = version;
}

/* Was this class permitted all of `ops` with the inode, where it is? A class is of one generation, and so is what it was permitted. */
static __always_inline bool kept_permitted(struct inode *inode, u64 class, u32 ops)
{
	struct placed *placed = bpf_inode_storage_get(&inodes, inode, NULL, 0);
	u64 word;

	if (!placed || *(volatile u64 *)&placed->epoch != kept_epoch())
		return false;
	word = *(volatile u64 *)&placed->permitted[class & (PLACED_CLASSES - 1)] ^ class << 32;
	return (word & (0xffffffff00000000ull | ops)) == ops;
}

/* It is. */
static __always_inline void kept_permit(struct inode *inode, u64 class, u32 ops, u64 current, u64 epoch)
{
	struct placed *placed = bpf_inode_storage_get(&inodes, inode, NULL, 0);
	u64 version = placed && !(class >> 32) ? kept_take(placed) : 0, *entry, word;

	if (!version)
		return;
	if (*(volatile u64 *)&placed->current == current && *(volatile u64 *)&placed->epoch == epoch) {
		entry = &placed->permitted[class & (PLACED_CLASSES - 1)];
		word = *(volatile u64 *)entry;
		*(volatile u64 *)entry = class << 32 | (word >> 32 == class ? (u32)word : 0) | ops;
	}
	*(volatile u64 *)&placed->version = version;
}

#endif
