/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who sends on a socket and where it was permitted to, noted with the socket: by the hooks of sending, for the program
 * that sees the packets (wire.h), which has no task to ask about.
 *
 * What cannot be written at once, because somebody else is writing, stays unwritten: the packet is judged then, or found
 * to be nobody's, and nothing is taken for what it is not.
 */
#ifndef CORDON_BPF_SENDER_H
#define CORDON_BPF_SENDER_H

#include "note.h"
#include "recent.h"

/* Begin to write. 0: somebody else does. */
static __always_inline u64 note_take(struct note *note)
{
	u64 now = *(volatile u64 *)&note->version;

	return !(now & 1) && __sync_val_compare_and_swap(&note->version, now, now + 1) == now ? now + 2 : 0;
}

static __always_inline struct sent *sent_entry(struct note *note, const struct destination *to)
{
	u64 mix = (to->addr[1] ^ (to->addr[0] * 3) ^ to->port) * 0x9e3779b97f4a7c15ull;

	return &note->sent[(mix >> 63) & (SENT_MAX - 1)];
}

#define sent_key(to) ((u64)(to)->port | (u64)(to)->protocol << 32)

/* Was it permitted to somebody who sent there; `class`: to this class, silently? */
static __always_inline bool sent_before(struct note *note, u64 current, u64 class, const struct destination *to)
{
	struct sent *entry = sent_entry(note, to);
	u64 version = *(volatile u64 *)&note->version;

	if ((version & 1) || *(volatile u64 *)&entry->current != current || *(volatile u64 *)&entry->key != sent_key(to) ||
	    *(volatile u64 *)&entry->addr[1] != to->addr[1] || *(volatile u64 *)&entry->addr[0] != to->addr[0] ||
	    (class && *(volatile u64 *)&entry->class != class))
		return false;
	return *(volatile u64 *)&note->version == version;
}

/* `class` as in struct sent. The note is taken. */
static __always_inline void sent_set(struct note *note, u64 current, u64 class, const struct destination *to)
{
	struct sent *entry = sent_entry(note, to);

	*(volatile u64 *)&entry->current = current;
	*(volatile u64 *)&entry->class = class;
	*(volatile u64 *)&entry->key = sent_key(to);
	*(volatile u64 *)&entry->addr[0] = to->addr[0];
	*(volatile u64 *)&entry->addr[1] = to->addr[1];
}

static __always_inline void sent_write(struct note *note, u64 current, u64 class, const struct destination *to)
{
	u64 version = note_take(note);

	if (!version)
		return;
	sent_set(note, current, class, to);
	*(volatile u64 *)&note->version = version;
}

/* Did this process send last, for that class? */
static __always_inline bool sender_same(const struct note *note, u64 current, u64 class, u64 pid)
{
	return note->current == current && note->class == class && note->pid >> 32 == pid >> 32;
}

/* The running task's name: always ended in the kernel, and two words. */
static __always_inline void sender_comm(struct note *note, struct task_struct *task)
{
	const u64 *from = (const u64 *)task->comm;
	u64 *to = (u64 *)note->comm;

	_Static_assert(sizeof(note->comm) == 2 * sizeof(u64), "two words");
	to[0] = from[0];
	to[1] = from[1];
}

/* The running task sends, for that class. The note is taken. */
static __always_inline void sender_set(struct note *note, u64 current, u64 class, u64 pid)
{
	struct task_struct *task = bpf_get_current_task_btf();

	*(volatile u64 *)&note->current = current;
	*(volatile u64 *)&note->class = class;
	note->pid = pid;
	note->uid = task->cred->uid.val;
	sender_comm(note, task);
}

/* The running task, who is noted as sender, need not be asked the next time. */
static __always_inline void sender_recent(struct note *note, struct sock *sk, const struct subject *subject, const struct destination *to,
					  u64 current)
{
	u64 version = note_take(note);

	if (!version)
		return;
	if (sender_same(note, current, subject->class, bpf_get_current_pid_tgid()))
		recent_write(sk, subject, to, current);
	*(volatile u64 *)&note->version = version;
}

/* The running task sends. `class` 0: no rule about reach holds it; `silent`: it need not be asked about this destination again, and is
 * this subject. Not 0: there is no memory for that. */
static __noinline int sender_note(struct sock *sk, u64 current, u64 class, const struct destination *to, const struct subject *silent)
{
	u64 pid = bpf_get_current_pid_tgid(), version;
	bool known = class && !to->unknown;
	struct note *note;

	if (!sk)
		return 0;
	note = note_of(sk);
	if (!note)
		return 1;
	if (!known && sender_same(note, current, class, pid))
		return 0;
	version = note_take(note);
	if (!version)
		return 0;
	if (!sender_same(note, current, class, pid)) {
		sender_set(note, current, class, pid);
		recent_drop(sk);
	}
	if (known) {
		sent_set(note, current, silent ? class : 0, to);
		if (silent)
			recent_write(sk, silent, to, current);
	}
	*(volatile u64 *)&note->version = version;
	return 0;
}

#endif
