/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the note of a socket stands (struct note): in a slot, or in the socket's storage when the slot is another's.
 *
 * A slot is found by the socket's cookie, and is its socket's until that is freed and another one wants it: so nothing is allocated for
 * most sockets, nothing that is known of a socket is ever thrown out, and no program runs when a socket is freed. The kernel gives no
 * cookie twice, and who looks at a note holds the socket, so a slot that has its cookie stays what it is meanwhile.
 *
 * Whether the socket of a slot is freed, its memory says, wherever that is by now: a socket keeps its address, its cookie, and at least one
 * share in its memory (sk_wmem_alloc) until it is freed, packets of it on their way included. So memory that has another cookie, or no
 * share, is not that socket's. Memory that looks like it, or cannot be read, leaves the slot what it is.
 *
 * Who takes a slot has it alone while it says SLOT_TAKEN, which is no cookie, and its cookie comes last.
 *
 * Two threads that make the first use of a socket at once may write two notes, one of which is looked at: what stands in the other was
 * not written, as when somebody else is writing (sender.h).
 */
#ifndef CORDON_BPF_NOTE_H
#define CORDON_BPF_NOTE_H

#include "maps.h"

/* The kernel gives each CPU some thousand cookies at a time. */
#define SLOT_BATCH 12u
#define SLOT_TAKEN (~0ull)

static __always_inline struct slot *slot_of(u64 cookie)
{
	u64 batch = cookie >> SLOT_BATCH;
	u32 at = (cookie ^ batch << 5 ^ batch << 9) & (SLOTS_MAX - 1);

	return cookie ? bpf_map_lookup_elem(&slots, &at) : NULL;
}

/* The note of the socket with this cookie, if it is in a slot. */
static __always_inline struct note *slot_note(u64 cookie)
{
	struct slot *slot = slot_of(cookie);

	return slot && *(volatile u64 *)&slot->cookie == cookie ? &slot->note : NULL;
}

/* What is known of a socket, which has that cookie: none before it has one, which is given when a slot is looked for. NULL: nothing. */
static __always_inline struct note *note_at(struct sock *sk, u64 cookie)
{
	struct note *note = slot_note(cookie);

	return note || !cookie ? note : bpf_sk_storage_get(&notes, sk, NULL, 0);
}

static __always_inline struct note *note_find(struct sock *sk)
{
	return note_at(sk, sk->__sk_common.skc_cookie.counter);
}

/* Is the socket freed that has this slot, by that cookie? */
static __always_inline bool slot_left(const struct slot *slot, u64 cookie)
{
	const struct sock *sk = (const struct sock *)*(volatile u64 *)&slot->sk;
	u64 there = 0;
	u32 shares = 0;

	if (bpf_core_read(&there, sizeof(there), &sk->__sk_common.skc_cookie.counter))
		return false;
	if (there != cookie)
		return true;
	return !bpf_core_read(&shares, sizeof(shares), &sk->sk_wmem_alloc.refs.counter) && !shares;
}

/* An empty slot. NULL: it is another's. */
static __always_inline struct slot *slot_take(struct sock *sk, u64 cookie)
{
	struct slot *slot = slot_of(cookie);
	u64 then = slot ? *(volatile u64 *)&slot->cookie : SLOT_TAKEN;

	if (then == SLOT_TAKEN || (then && !slot_left(slot, then)))
		return NULL;
	if (__sync_val_compare_and_swap(&slot->cookie, then, SLOT_TAKEN) != then)
		return NULL;
	*(volatile u64 *)&slot->sk = (u64)sk;
	__builtin_memset(&slot->note, 0, sizeof(slot->note));
	asm volatile("" : : : "memory");
	*(volatile u64 *)&slot->cookie = cookie;
	return slot;
}

/* What is known of a socket, made when it is not there. NULL: no memory. */
static __noinline struct note *note_of(struct sock *sk)
{
	struct note *note = note_find(sk);
	struct slot *slot;

	if (note)
		return note;
	slot = slot_take(sk, bpf_get_socket_cookie(sk));
	return slot ? &slot->note : bpf_sk_storage_get(&notes, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
}

#endif
