/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that change below a file system: overlayfs and eCryptfs make, link, rename and remove names in the file system under them
 * without the hooks of paths (names.h), which were asked about the upper names. An overlay can be anybody's, over folders that are
 * his.
 *
 * inode_create, inode_mkdir, inode_mknod, inode_symlink, inode_unlink, inode_rmdir, inode_link, inode_rename
 *                 every change of a name comes by one of them, with the dentry that a path hook was asked about just before;
 *                 one that it was not asked about is asked here
 *
 * What the path hook was asked about, and for which operation, stands in the task's request (`named`), until it is used, something
 * else is asked, or a file is opened: a name that was asked about otherwise (its attributes, its content) may not go by a call
 * without a path hook. Without a mount: on a superblock that the policy does not know, the place is unknown, but names on one that an
 * unprivileged user namespace owns are its own. Threads of the kernel are not asked: they are devtmpfs and servers (nfsd,
 * ksmbd), and nobody's errand is known.
 */
#ifndef CORDON_BPF_UNDER_H
#define CORDON_BPF_UNDER_H

#include "names.h"

/* Is this a name that nobody was asked about? `to`: what a hook of paths would have noted beside it. */
static __noinline bool under_new(u64 dentry, u64 to)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject;

	if (!policy_current() || of_kernel(task))
		return false;
	subject = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (subject && dentry && subject->request.named == dentry && subject->request.named_to == to) {
		subject->request.named = 0;
		return false;
	}
	return BPF_CORE_READ((struct dentry *)dentry, d_sb, s_user_ns, level) <= 0;
}

static __noinline int under_ask(u32 op, u64 dentry, u64 to)
{
	return under_new(dentry, to) ? name_ask(op, dentry, 0, 0) : 0;
}

#define UNDER_HOOK(hook, op, ...)                                                                                      \
	SEC("lsm/" #hook)                                                                                              \
	int BPF_PROG(cordon_under_##hook, struct inode *dir, struct dentry *dentry, ##__VA_ARGS__, int ret)            \
	{                                                                                                              \
		return ret ? ret : under_ask(op, (u64)dentry, name_noted(dentry, op));                                 \
	}

UNDER_HOOK(inode_create, CORDON_OP_CREATE, u32 mode)
UNDER_HOOK(inode_mkdir, CORDON_OP_CREATE, u32 mode)
UNDER_HOOK(inode_mknod, CORDON_OP_CREATE, u32 mode, u32 dev)
UNDER_HOOK(inode_symlink, CORDON_OP_CREATE, const char *target)
UNDER_HOOK(inode_unlink, CORDON_OP_DELETE)
UNDER_HOOK(inode_rmdir, CORDON_OP_DELETE)

SEC("lsm/inode_link")
int BPF_PROG(cordon_under_inode_link, struct dentry *old, struct inode *dir, struct dentry *dentry, int ret)
{
	if (ret)
		return ret;
	return under_new((u64)old, (u64)dentry) ? move_ask((u64)old, 0, (u64)dentry, 0, MOVE_LINK) : 0;
}

/* An exchange comes twice, the other way round first; that one leaves what the path hook noted for the second. */
static __noinline bool under_exchanged(u64 old, u64 dentry)
{
	struct subject *subject = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0);

	return subject && subject->request.named == dentry && subject->request.named_to == old;
}

SEC("lsm/inode_rename")
int BPF_PROG(cordon_under_inode_rename, struct inode *old_dir, struct dentry *old, struct inode *dir, struct dentry *dentry, int ret)
{
	if (ret)
		return ret;
	if (under_exchanged((u64)old, (u64)dentry))
		return 0;
	return under_new((u64)old, (u64)dentry) ? move_ask((u64)old, 0, (u64)dentry, 0, 0) : 0;
}

#endif
