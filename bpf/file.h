/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of files.
 *
 * file_open       every open but O_PATH: read, write, append; with __FMODE_EXEC execve's file, a script's interpreter,
 *                 an ELF interpreter, a binfmt_misc interpreter: each is opened by its own call, before credentials
 *                 change. User space cannot set that flag. io_uring, open_by_handle_at, fanotify and re-opens through
 *                 /proc come here, too.
 * file_fcntl      taking O_APPEND off wants the right to write
 * path_truncate   truncate(2), on 6.1 also ftruncate(2): writing
 * file_truncate   6.2: ftruncate(2)
 *
 * A file that is open stays open: reading and writing through it are not asked again.
 */
#ifndef CORDON_BPF_FILE_H
#define CORDON_BPF_FILE_H

#include "report.h"

#define OP_BIT(op) (1u << (op))

struct file_context {
	struct subject *subject;
	struct scratch *s;
	u64 current;
	u32 ops;
	u32 set, second; /* the place */
	int why;         /* reason to refuse all, 0 = decide */
	u32 refused;
	u32 flags;
};

/* The place as sets; `second` is what a foreign superblock takes away. 0, PLACE_NAMELESS when it is no file of a
 * policy, or a reason. */
static __noinline int file_sets(struct file_context *c, const struct view *view, const struct path *path,
				     struct inode *inode)
{
	u64 epoch = place_epoch();
	bool keeps = path->dentry && inode && place_keeps(path->dentry, inode, epoch);
	u32 plain;
	int err = join(c->s, place_walk(c->s, view, path, inode, &plain));

	c->second = CORDON_SET_ALL;
	if (!err) {
		if (plain && keeps)
			place_keep(inode, c->s, c->current, epoch);
		c->set = c->s->file;
		if (c->s->foreign)
			c->second = view->meta->file_foreign;
	} else if (err == PLACE_UNKNOWN) {
		c->set = view->meta->file_unknown;
		c->flags = CORDON_EV_UNKNOWN;
		err = 0;
	} else if (err == PLACE_NAMELESS && (c->ops & OP_BIT(CORDON_OP_EXEC))) {
		c->set = view->meta->file_nameless;
		err = 0;
	}
	return err;
}

/* Has every operation of `ops` on this place been permitted before? */
static __always_inline bool file_permitted(struct subject *subject, const struct path *path, struct inode *inode,
					   u32 ops, u64 current)
{
	struct place place;
	u32 op;

	if (!place_kept(path, inode, current, &place))
		return false;
	for (op = 0; op <= CORDON_OP_EXEC; op++)
		if ((ops & OP_BIT(op)) && !permitted_before(subject, permitted_key(op, place.foreign), place.file, 0))
			return false;
	return true;
}

/* One operation; a refusal ends. */
static int file_op_step(u32 op, struct file_context *c)
{
	struct report report = { .op = op, .flags = c->flags };
	int why = c->why, end;

	if (op > CORDON_OP_EXEC || !(c->ops >> op & 1))
		return 0;
	if (!why)
		why = verdict_decide(c->current, op, c->set, c->second, CORDON_SET_ALL);
	end = report_conclude(c->s, &report, c->current, why);
	if (end < 0)
		permitted_note(c->subject, permitted_key(op, c->second != CORDON_SET_ALL), c->set, 0);
	c->refused = end > 0;
	return c->refused;
}

/* Walk, and decide every operation of `ops`. 0 or -EACCES. */
static __noinline int file_decide(struct subject *subject, const struct path *path, struct inode *inode, u32 ops,
				  u64 current)
{
	struct file_context c = { .subject = subject, .current = current, .ops = ops };
	struct task_struct *task = bpf_get_current_task_btf();
	struct view view;

	c.s = scratch_of(task);
	if (!c.s) {
		report_refuse(ops & OP_BIT(CORDON_OP_EXEC) ? CORDON_OP_EXEC : CORDON_OP_READ, CORDON_REASON_MEMORY, current);
		return -EACCES;
	}
	/* What was judged is the place of the inode; overlayfs on 6.1 comes with its own path for it. */
	c.s->object_dentry = BPF_CORE_READ(path, dentry, d_sb) == BPF_CORE_READ(inode, i_sb) ? 0 : place_alias(inode);
	if (!c.s->object_dentry)
		c.s->object_dentry = (u64)BPF_CORE_READ(path, dentry);
	c.s->object_inode = (u64)inode;
	c.why = view_open(&view, current);
	if (!c.why)
		c.why = file_sets(&c, &view, path, inode);
	c.why = join(c.s, c.why);
	/* Neither reading nor writing what no path can mean is an operation of a policy. */
	if (c.why != PLACE_NAMELESS)
		bpf_loop(CORDON_OP_EXEC + 1, file_op_step, &c, 0);
	c.s->object_dentry = 0;
	return c.refused ? -EACCES : 0;
}

static __always_inline int file_guard(const struct path *path, struct inode *inode, u32 ops)
{
	u64 current = policy_current();
	struct subject *subject;
	int why;

	if (!current)
		return 0;
	subject = subject_now(current, &why);
	if (!subject) {
		report_refuse(ops & OP_BIT(CORDON_OP_EXEC) ? CORDON_OP_EXEC : CORDON_OP_READ, why, current);
		return -EACCES;
	}
	ops &= subject->active;
	if (!ops)
		return 0;
	if (file_permitted(subject, path, inode, ops, current)) {
		report_count(cached);
		return 0;
	}
	return file_decide(subject, path, inode, ops, current);
}

/* What an open asks for. */
static __always_inline u32 file_open_ops(u32 flags, u32 mode)
{
	u32 ops = 0;

	if (flags & FMODE_EXEC)
		return OP_BIT(CORDON_OP_EXEC);
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

SEC("lsm/file_open")
int BPF_PROG(cordon_file_open, struct file *file, int ret)
{
	if (ret)
		return ret;
	return file_guard(&file->f_path, file->f_inode, file_open_ops(file->f_flags, file->f_mode)) ? -EACCES : 0;
}

SEC("lsm/file_fcntl")
int BPF_PROG(cordon_file_fcntl, struct file *file, unsigned int cmd, unsigned long arg, int ret)
{
	if (ret)
		return ret;
	if (cmd != F_SETFL || (arg & O_APPEND) || !(file->f_flags & O_APPEND) || !(file->f_mode & FMODE_WRITE))
		return 0;
	return file_guard(&file->f_path, file->f_inode, OP_BIT(CORDON_OP_WRITE)) ? -EACCES : 0;
}

SEC("lsm/path_truncate")
int BPF_PROG(cordon_path_truncate, const struct path *path, int ret)
{
	if (ret)
		return ret;
	return file_guard(path, path->dentry->d_inode, OP_BIT(CORDON_OP_WRITE)) ? -EACCES : 0;
}

SEC("?lsm/file_truncate")
int BPF_PROG(cordon_file_truncate, struct file *file, int ret)
{
	if (ret)
		return ret;
	return file_guard(&file->f_path, file->f_inode, OP_BIT(CORDON_OP_WRITE)) ? -EACCES : 0;
}

#endif
