/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of files.
 *
 * file_open       every open but O_PATH: read, write, append; with __FMODE_EXEC execve's file, a script's interpreter,
 *                 an ELF interpreter, a binfmt_misc interpreter: each is opened by its own call, before credentials
 *                 change. User space cannot set that flag. io_uring, open_by_handle_at, fanotify and re-opens through
 *                 /proc come here, too.
 * file_fcntl      taking O_APPEND off wants the right to write
 * bprm_check_security  the file that an interpreter is handed open: reading
 * mmap_file, file_mprotect  executable mappings, asked as exec; but only a forbid refuses them: a permit names programs, not
 *                 the libraries they map
 * path_notify     watching a file or a folder (inotify, fanotify), which tells the names in it: reading; a whole file system, or a
 *                 mount: of a place that is not known
 * path_truncate   truncate(2), on 6.1 also ftruncate(2): writing
 * file_truncate   6.2: ftruncate(2)
 *
 * A file that is open stays open: reading and writing through it are not asked again.
 */
#ifndef CORDON_BPF_FILE_H
#define CORDON_BPF_FILE_H

#include "names.h"

/* The operations that `ops` is about: an executable mapping is asked as exec. */
static __always_inline u32 file_rules(u32 ops)
{
	return ops & OP_BIT(ASK_MAP) ? OP_BIT(CORDON_OP_EXEC) : ops;
}

/* Has every operation of `ops` on this place been permitted before to somebody of the class? */
static __always_inline bool file_granted(const struct subject *subject, const struct place *place, u32 ops)
{
	u32 op;

	if (ops & OP_BIT(ASK_MAP))
		return granted_before(subject, file_key(ASK_MAP, place->file, place->foreign));
	for (op = 0; op <= CORDON_OP_EXEC; op++)
		if ((ops & subject->active & OP_BIT(op)) && !granted_before(subject, file_key(op, place->file, place->foreign)))
			return false;
	return true;
}

/* Are there rules about this, and was the subject's class permitted it with the file, where it is? The commonest question of all, and
 * every instruction counts: without a policy, when anything may be answered, it is not asked whether there is one. */
static __always_inline bool file_known(struct subject *subject, const struct file *file, u32 ops, u32 rules)
{
	struct inode *inode;

	subject->request.named = 0; /* an overlay may copy the file up now, under names nobody asked about */
	inode = file->f_inode;
	return inode && (rules & subject->active) && kept_permitted(inode, subject->class, ops);
}

/* May the running task do all of `ops` with this file? `right`: its subject was right, maybe for a policy before; who asks need not keep it
 * for the few that come here. Not 0: refuse. */
static __noinline int file_closely(bool right, const struct path *path, struct inode *inode, u32 ops)
{
	struct subject *subject = right ? bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0) : NULL;
	u64 current = policy_current(), epoch = kept_epoch();
	struct dentry *d = path->dentry;
	struct request *request;
	struct place place = {};
	bool keeps = false, known;
	int answer;

	if (!current)
		return 0;
	if (subject && subject->current != current)
		subject = NULL;
	if (subject && !(file_rules(ops) & subject->active))
		return 0;
	/* Of another superblock: overlayfs on 6.1 opens the file below by its own path, and the event shall tell what is judged. */
	known = d && inode && d->d_sb == inode->i_sb && kept_place(inode, current, epoch, &place);
	if (known && subject && file_granted(subject, &place, ops)) {
		kept_permit(inode, subject->class, ops, current, epoch);
		count(cached);
		return 0;
	}
	if (!known)
		keeps = d && inode && kept_may(d, inode, epoch);
	request = ask_request();
	if (request) {
		request->dentry = (u64)d;
		request->mount = (u64)path->mnt;
		request->inode = (u64)inode;
		request->ops = ops;
		request->known = known;
		request->place = place;
	}
	answer = cordon_ask(current, file_rules(ops) & OP_BIT(CORDON_OP_EXEC) ? CORDON_OP_EXEC : CORDON_OP_READ, 0);
	if (request && keeps && request->placed)
		kept_write(inode, &request->place, current, epoch);
	return answer;
}

/* What an open asks for. The rights that a file gets (f_mode) are made of its flags in this way, too: OPEN_FMODE of linux/fs.h. Not
 * static: to the verifier its answer is then a number, not a path for each way to open a file. */
__noinline u32 file_open_ops(u32 flags)
{
	u32 ops = 0, mode = flags + 1;

	if (flags & FMODE_EXEC)
		return OP_BIT(CORDON_OP_EXEC);
	/* Neither read nor written, only commanded (ioctl): the kernel wants both rights for it, and so do we. */
	if ((flags & O_ACCMODE) == O_ACCMODE)
		return OP_BIT(CORDON_OP_READ) | OP_BIT(CORDON_OP_WRITE);
	if (mode & FMODE_READ)
		ops |= OP_BIT(CORDON_OP_READ);
	/* Readable and appending: can be mapped shared and written anywhere, so it is no mere append. */
	if ((mode & FMODE_WRITE) && (!(flags & O_APPEND) || (mode & FMODE_READ)))
		ops |= OP_BIT(CORDON_OP_WRITE);
	else if (mode & FMODE_WRITE)
		ops |= OP_BIT(CORDON_OP_APPEND);
	if (flags & O_TRUNC)
		ops |= OP_BIT(CORDON_OP_WRITE);
	return ops;
}

static __always_inline bool file_open_known(struct subject *subject, const struct file *file)
{
	u32 flags = file->f_flags, ops = OP_BIT(CORDON_OP_READ);

	if (flags & (FMODE_EXEC | O_ACCMODE | O_TRUNC))
		ops = file_open_ops(flags);
	return file_known(subject, file, ops, ops);
}

SEC("lsm/file_open")
int BPF_PROG(cordon_file_open, struct file *file, int ret)
{
	struct task_struct *task;
	struct subject *subject;
	bool right;

	if (ret)
		return ret;
	task = bpf_get_current_task_btf();
	subject = bpf_task_storage_get(&tasks, task, NULL, 0);
	/* What bpf_get_current_cgroup_id() says, in fewer instructions; but each of these pointers costs the verifier before 7.0 a search
	 * through all types of the kernel: here, where it is worth that, and nowhere else. */
	right = subject && subject_holds(subject, policy_current(), task, task->cgroups->dfl_cgrp->kn->id);
	if (right && file_open_known(subject, file)) /* no place is kept of a disk */
		return 0;
	if (inode_is_disk(file->f_inode) && number_ask(CORDON_OP_KERNEL, CORDON_KERNEL_RAW_DISK))
		return -EPERM;
	return file_closely(right, &file->f_path, file->f_inode, file_open_ops(file->f_flags)) ? -EACCES : 0;
}

/* An interpreter (binfmt_misc) is handed a descriptor of the file that it runs: it reads it, whatever was asked so far. */
SEC("lsm/bprm_check_security")
int BPF_PROG(cordon_interpreted, struct linux_binprm *bprm, int ret)
{
	struct file *file;

	if (ret)
		return ret;
	file = bprm->executable;
	if (!file)
		return 0;
	return name_ask(CORDON_OP_READ, (u64)BPF_CORE_READ(file, f_path.dentry), (u64)BPF_CORE_READ(file, f_path.mnt),
			(u64)BPF_CORE_READ(file, f_inode));
}

/* A mapping that is executed, of a file or of nothing (`file` NULL). */
static __always_inline int file_map(struct file *file, unsigned long prot)
{
	struct subject *subject;

	if (!file || !(prot & PROT_EXEC))
		return 0;
	subject = ask_subject(policy_current());
	if (subject && file_known(subject, file, OP_BIT(ASK_MAP), OP_BIT(CORDON_OP_EXEC)))
		return 0;
	return file_closely(subject != NULL, &file->f_path, file->f_inode, OP_BIT(ASK_MAP)) ? -EACCES : 0;
}

SEC("lsm/mmap_file")
int BPF_PROG(cordon_mmap_file, struct file *file, unsigned long asked, unsigned long prot, unsigned long flags, int ret)
{
	return ret ? ret : file_map(file, prot);
}

SEC("lsm/file_mprotect")
int BPF_PROG(cordon_file_mprotect, struct vm_area_struct *vma, unsigned long asked, unsigned long prot, int ret)
{
	return ret ? ret : file_map(vma->vm_file, prot);
}

/* Rare enough to be asked of the core every time. */
static __always_inline int file_write(const struct path *path)
{
	return name_ask(CORDON_OP_WRITE, (u64)path->dentry, (u64)path->mnt, (u64)BPF_CORE_READ(path, dentry, d_inode));
}

SEC("lsm/file_fcntl")
int BPF_PROG(cordon_file_fcntl, struct file *file, unsigned int cmd, unsigned long arg, int ret)
{
	if (ret)
		return ret;
	if (cmd != F_SETFL || (arg & O_APPEND) || !(file->f_flags & O_APPEND) || !(file->f_mode & FMODE_WRITE))
		return 0;
	return file_write(&file->f_path);
}

SEC("lsm/path_notify")
int BPF_PROG(cordon_path_notify, const struct path *path, u64 mask, u32 kind, int ret)
{
	u64 dentry = kind == FSNOTIFY_OBJ_TYPE_INODE ? (u64)path->dentry : 0;
	u64 inode = dentry ? (u64)BPF_CORE_READ((struct dentry *)dentry, d_inode) : 0;

	return ret ? ret : name_ask(CORDON_OP_READ, dentry, (u64)path->mnt, inode);
}

SEC("lsm/path_truncate")
int BPF_PROG(cordon_path_truncate, const struct path *path, int ret)
{
	if (ret)
		return ret;
	return file_write(path);
}

SEC("?lsm/file_truncate")
int BPF_PROG(cordon_file_truncate, struct file *file, int ret)
{
	if (ret)
		return ret;
	return file_write(&file->f_path);
}

#endif
