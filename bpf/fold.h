/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a name is only somebody's spelling: directories in which the file system compares names other than by their bytes. There
 * a file has as many names as there are spellings, and a dentry carries that of who looked it up first.
 *
 * Which they are the kernel says, in one of two ways:
 *     ext4, f2fs, tmpfs with an encoding, and an overlay of them   by directory: S_CASEFOLD of the inode. Whether the dentries hash by
 *                 a function of their own says nothing there: they all do
 *     vfat, msdos, exfat, hfs, hfs+, affs, iso9660 without Rock Ridge, ntfs3 and cifs with nocase, jfs of OS/2   all directories: names
 *                 that are equal without having the same bytes must have the same hash, so the dentries hash by a function of their
 *                 own (DCACHE_OP_HASH). efivarfs does, too (the half of a name that is a GUID)
 *
 * What a rule says of a name there holds by no spelling: it is not read (abi.h, cordon_node.unsure).
 *
 * A server or a FUSE daemon may fold without a word to the kernel: a limit.
 */
#ifndef CORDON_BPF_FOLD_H
#define CORDON_BPF_FOLD_H

#include "maps.h"

enum folds {
	FOLDS_NOWHERE,
	FOLDS_WHERE_MARKED,
	FOLDS_EVERYWHERE,
};

static __always_inline u32 fold_of(u64 sb)
{
	if (bpf_core_field_exists(struct super_block, s_encoding) && BPF_CORE_READ((struct super_block *)sb, s_encoding))
		return FOLDS_WHERE_MARKED;
	return BPF_CORE_READ((struct super_block *)sb, s_root, d_flags) & DCACHE_OP_HASH ? FOLDS_EVERYWHERE : FOLDS_NOWHERE;
}

/* Are the names in this directory, of a file system that folds so, other than their bytes? */
static __always_inline bool fold_below(u32 folds, u64 directory)
{
	return folds && (folds == FOLDS_EVERYWHERE ||
			 (BPF_CORE_READ((struct dentry *)directory, d_inode, i_flags) & S_CASEFOLD));
}

#endif
