/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who asks: the class of the running task (maps.h), that is, the set of atoms whose `who` holds it, kept in task storage.
 *
 * It rests on six facts, all compared or dropped before it is used again:
 *     policy        the subject's `current`
 *     user, groups  the address of the objective credentials; set*id, setgroups and exec drop it (task.h), because
 *                   freed credentials may come back at the same address. Other tasks cannot change ours.
 *     service       the cgroup id, asked for every time: a task is moved by others and no hook tells
 *     login         login uid and audit session, compared every time
 *     program       what exec recorded, {superblock, inode, generation}; exec drops the subject. mm->exe_file, which
 *                   prctl() changes, is compared when a subject is made: it is believed as long as it agrees
 *     ancestors     the line (line.h), which only exec makes longer
 * A child starts with its parent's (task.h).
 *
 * The objective credentials count (real_cred), not the ones a kernel service takes on for a moment; but a worker of
 * io_uring was born with those its maker had then, and acts with those of each request, so they count, and what is made
 * from them is not kept.
 * Kernel threads are subjects like others: user 0, and their program is none that a rule names. But what one sends on a socket that a
 * program made (a disk over the network, a file system on two descriptors) is that program's: its socket tells the user and the service,
 * and neither the program, which is unknown, nor the groups, the login and the session. What is made from that is not kept either.
 */
#ifndef CORDON_BPF_SUBJECT_H
#define CORDON_BPF_SUBJECT_H

#include "maps.h"

static __always_inline const struct cred *subject_cred(struct task_struct *task)
{
	return task->flags & PF_IO_WORKER ? task->cred : task->real_cred;
}

/* Is the running task a thread of the kernel? */
static __always_inline bool of_kernel(struct task_struct *task)
{
	return task->flags & PF_KTHREAD;
}

/* What a task runs, as its memory says it. Zero where there is none. */
static __always_inline void identity_of(struct task_struct *task, struct identity *ret_identity)
{
	struct mm_struct *mm = task->mm;
	struct file *file = mm ? mm->exe_file : NULL;
	struct inode *inode = file ? file->f_inode : NULL;

	ret_identity->ino = 0;
	ret_identity->sb = 0;
	ret_identity->generation = 0;
	ret_identity->known = 1;
	if (!inode)
		return;
	ret_identity->ino = inode->i_ino;
	ret_identity->sb = (u64)inode->i_sb;
	ret_identity->generation = inode->i_generation;
}

static __always_inline bool identity_equal(const struct identity *a, const struct identity *b)
{
	return a->ino == b->ino && a->sb == b->sb && a->generation == b->generation;
}

/* Is the line that is noted the task's? The kernel counts the programs that a task and those it comes from have executed. */
static __always_inline bool line_holds(const struct subject *subject, struct task_struct *task)
{
	return line_of(subject->line) && line_execs(subject->line) == (u32)task->self_exec_id;
}

/* Who logged in, and the audit session. */
static __always_inline u64 subject_login(struct task_struct *task)
{
	return task->loginuid.val | (u64)task->sessionid << 32;
}

/* Does what the subject was made from still hold? */
static __always_inline bool subject_holds(const struct subject *subject, u64 current, struct task_struct *task,
					  u64 cgroup)
{
	return subject->current == current && subject->cred == (u64)task->real_cred && subject->cgroup == cgroup &&
	       subject->login == subject_login(task) && !(task->flags & PF_IO_WORKER);
}

/* Keys of what was permitted: bit 0 so that none is 0, the operation, 56 bits of the object. */
#define permitted_key(op, object) ((u64)(object) << 8 | (u64)(op) << 1 | 1)
#define file_key(op, set, foreign) permitted_key(op, (u64)(set) << 1 | !!(foreign))
#define reach_key(op, to) permitted_key(op, (u64)(to)->port | (u64)(to)->protocol << 32)

/* Of a unix socket that is talked to: its cookie and the epoch of the trees stand for the address (unix.h). */
#define peer_key permitted_key(CORDON_OP_CONNECT, 0)

/* Family and type are below 256 for every socket that the kernel lets come this far; 0: not to be kept. */
#define socket_key(to) \
	((to)->family < 256 && (to)->type < 256 ? \
	 permitted_key(CORDON_OP_SOCKET, (u64)(to)->protocol << 16 | (to)->family << 8 | (to)->type) : 0)

#define permitted_mix(key, bits) (((u64)(key) * 0x9e3779b97f4a7c15ull) >> (64 - (bits)))

static __always_inline bool permitted_before(const struct subject *subject, u64 key)
{
	return key && subject->permitted[permitted_mix(key, 3) & (PERMITTED_MAX - 1)] == key;
}

static __always_inline void permitted_note(struct subject *subject, u64 key)
{
	subject->permitted[permitted_mix(key, 3) & (PERMITTED_MAX - 1)] = key;
}

/* What stands in `granted` of this class and this; 0: nothing does. */
static __always_inline u64 granted_word(u64 class, u64 key)
{
	return key >> GRANTED_KEY_BITS || class >> (64 - GRANTED_KEY_BITS) ? 0 : class << GRANTED_KEY_BITS | key;
}

static __always_inline struct granted *granted_entry(u64 class, u64 key)
{
	u32 at = (key >> 8 ^ key << 6 ^ class << 4 ^ class >> 8) & (GRANTED_MAX - 1);

	return bpf_map_lookup_elem(&granted, &at);
}

/* Was it permitted, silently, to anybody of the subject's class? */
static __always_inline bool granted_before(const struct subject *subject, u64 key)
{
	u64 word = key ? granted_word(subject->class, key) : 0;
	struct granted *entry = word ? granted_entry(subject->class, key) : NULL;

	return entry && *(volatile u64 *)&entry->word == word;
}

static __always_inline void granted_note(const struct subject *subject, u64 key)
{
	u64 word = key ? granted_word(subject->class, key) : 0;
	struct granted *entry = word ? granted_entry(subject->class, key) : NULL;

	if (entry)
		*(volatile u64 *)&entry->word = word;
}

static __always_inline u32 reached_at(u64 key, const u64 *addr)
{
	return permitted_mix(key ^ addr[0] * 3 ^ addr[1] * 5, 2) & (REACHED_MAX - 1);
}

static __always_inline bool reached_before(const struct subject *subject, u64 key, const u64 *addr)
{
	const struct reached *entry = &subject->reached[reached_at(key, addr)];

	return entry->key == key && entry->addr[0] == addr[0] && entry->addr[1] == addr[1];
}

static __always_inline void reached_note(struct subject *subject, u64 key, const u64 *addr)
{
	struct reached *entry = &subject->reached[reached_at(key, addr)];

	entry->key = key;
	entry->addr[0] = addr[0];
	entry->addr[1] = addr[1];
}

#endif
