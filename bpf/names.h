/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks that decide about names and attributes of files.
 *
 * path_mknod, path_mkdir, path_symlink   a name comes to be; open(O_CREAT) and bind(2) of a unix socket come by the first
 * path_unlink, path_rmdir                a name goes
 * path_link, path_rename                 both, and the object must not gain by its new name (abi.h, cordon_node)
 * inode_setattr                          mode, owner, times; the size is writing (file.h), and what the kernel takes away
 *                                        from a file that is written is nobody's wish
 * inode_setxattr, inode_removexattr, inode_set_acl, inode_remove_acl
 *                                        extended attributes; on 6.1 the second two are the first two
 *
 * The core alone is asked. Hooks of attributes are not told of a mount: on a superblock that the policy does not know, the
 * place is unknown.
 */
#ifndef CORDON_BPF_NAMES_H
#define CORDON_BPF_NAMES_H

#include "ask.h"

/* What is noted beside the address of a name that a hook of paths was asked about (under.h): for what, and the hash of the name, as the
 * address may come back as another's. */
static __always_inline u64 name_noted(struct dentry *dentry, u32 op)
{
	return (u64)dentry->d_name.hash << 32 | op;
}

/* One operation on one place, by addresses; `noted`: as name_noted(), 0 = by no hook of paths. 0 or -EACCES. */
static __noinline int name_ask_noted(u32 op, u64 dentry, u64 mount, u64 inode, u64 noted)
{
	u64 current = policy_current();
	struct request *request;

	if (!current)
		return 0;
	request = ask_request();
	if (request) {
		request->dentry = dentry;
		request->mount = mount;
		request->inode = inode;
		request->ops = OP_BIT(op);
		request->named = noted ? dentry : 0;
		request->named_to = noted;
	}
	return cordon_ask(current, op, 0) ? -EACCES : 0;
}

static __always_inline int name_ask(u32 op, u64 dentry, u64 mount, u64 inode)
{
	return name_ask_noted(op, dentry, mount, inode, 0);
}

/* A name in a directory; the object it names, if it names one, is in the directory's file system. */
static __always_inline int name_in(u32 op, const struct path *dir, struct dentry *dentry)
{
	return name_ask_noted(op, (u64)dentry, (u64)BPF_CORE_READ(dir, mnt), 0, name_noted(dentry, op));
}

#define NAME_HOOK(hook, op, ...)                                                                                       \
	SEC("lsm/" #hook)                                                                                              \
	int BPF_PROG(cordon_##hook, const struct path *dir, struct dentry *dentry, ##__VA_ARGS__, int ret)             \
	{                                                                                                              \
		return ret ? ret : name_in(op, dir, dentry);                                                           \
	}

NAME_HOOK(path_mknod, CORDON_OP_CREATE, u32 mode, u32 dev)
NAME_HOOK(path_mkdir, CORDON_OP_CREATE, u32 mode)
NAME_HOOK(path_symlink, CORDON_OP_CREATE, const char *target)
NAME_HOOK(path_unlink, CORDON_OP_DELETE)
NAME_HOOK(path_rmdir, CORDON_OP_DELETE)

/* An object gets another place. */
static __noinline int move_ask(u64 from, u64 from_mount, u64 to, u64 to_mount, u32 flags)
{
	u64 current = policy_current();
	struct request *request;

	if (!current)
		return 0;
	request = ask_request();
	if (request) {
		request->dentry = from;
		request->mount = from_mount;
		request->to_dentry = to;
		request->to_mount = to_mount;
		request->move = flags;
		request->named = from;
		request->named_to = to;
	}
	return cordon_ask(current, ASK_MOVE, 0) ? -EACCES : 0;
}

SEC("lsm/path_link")
int BPF_PROG(cordon_path_link, struct dentry *old, const struct path *dir, struct dentry *dentry, int ret)
{
	u64 mount;

	if (ret)
		return ret;
	mount = (u64)BPF_CORE_READ(dir, mnt); /* link(2) does not leave its mount */
	return move_ask((u64)old, mount, (u64)dentry, mount, MOVE_LINK);
}

SEC("lsm/path_rename")
int BPF_PROG(cordon_path_rename, const struct path *old_dir, struct dentry *old, const struct path *dir,
	     struct dentry *dentry, unsigned int flags, int ret)
{
	if (ret)
		return ret;
	return move_ask((u64)old, (u64)BPF_CORE_READ(old_dir, mnt), (u64)dentry, (u64)BPF_CORE_READ(dir, mnt),
			flags & RENAME_EXCHANGE ? MOVE_EXCHANGE : 0);
}

/* (dentry, attributes), which have an idmap before them from 6.7 on. */
SEC("lsm/inode_setattr")
int cordon_inode_setattr(u64 *ctx)
{
	u64 arguments = bpf_get_func_arg_cnt(ctx), dentry = 0, attributes = 0;
	int ret = earlier(ctx);
	u32 valid;

	if (ret)
		return ret;
	bpf_get_func_arg(ctx, arguments - 2, &dentry);
	bpf_get_func_arg(ctx, arguments - 1, &attributes);
	valid = BPF_CORE_READ((struct iattr *)attributes, ia_valid);
	if ((valid & (ATTR_SIZE | ATTR_FORCE)) || !(valid & (ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_ATIME | ATTR_MTIME)))
		return 0;
	return name_ask(CORDON_OP_ATTRIBUTES, dentry, 0, 0);
}

#define ATTRIBUTE_HOOK(section, hook, ...)                                                                             \
	SEC(section #hook)                                                                                             \
	int BPF_PROG(cordon_##hook, void *idmap, struct dentry *dentry, ##__VA_ARGS__, int ret)                        \
	{                                                                                                              \
		return ret ? ret : name_ask(CORDON_OP_ATTRIBUTES, (u64)dentry, 0, 0);                                  \
	}

ATTRIBUTE_HOOK("lsm/", inode_setxattr, const char *name, const void *value, unsigned long size, int flags)
ATTRIBUTE_HOOK("lsm/", inode_removexattr, const char *name)
ATTRIBUTE_HOOK("?lsm/", inode_set_acl, const char *name, void *acl)
ATTRIBUTE_HOOK("?lsm/", inode_remove_acl, const char *name)

#endif
