/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the note of a socket stands (struct note): in a slot, or in the socket's storage when the slot is another's.
 *
 * A slot is found by the socket's cookie, is taken by one compare-and-swap, and is its socket's until that is freed: so nothing is
 * allocated for most sockets, and nothing is ever thrown out. The kernel gives no cookie twice, and who looks at a note
 * holds the socket, so a slot that has its cookie stays what it is meanwhile.
 *
 * sk_free_security   the socket is freed: its slot is emptied. The address is compared, because the kernel begins a connection
 *                    as a copy of its listener, cookie and all, and may free that copy
 *
 * Two threads that make the first use of a socket at once may write two notes, one of which is looked at: what stands in the other was
 * not written, as when somebody else is writing (sender.h). Sockets that are freed while no guard is there leave
 * nothing behind: its tables go with it.
 */
#ifndef CORDON_BPF_NOTE_H
#define CORDON_BPF_NOTE_H

#include "maps.h"

/* The kernel gives each CPU some thousand cookies at a time. */
#define SLOT_BATCH 12u

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

/* What is known of a socket, which has that cookie. NULL: nothing. */
static __always_inline struct note *note_at(struct sock *sk, u64 cookie)
{
	struct note *note = slot_note(cookie);

	return note ? note : bpf_sk_storage_get(&notes, sk, NULL, 0);
}

static __always_inline struct note *note_find(struct sock *sk)
{
	return note_at(sk, sk->__sk_common.skc_cookie.counter);
}

/* An empty slot. NULL: it is another's. */
static __always_inline struct note *slot_take(struct sock *sk)
{
	u64 cookie = bpf_get_socket_cookie(sk);
	struct slot *slot = slot_of(cookie);

	if (!slot || __sync_val_compare_and_swap(&slot->cookie, 0, cookie))
		return NULL;
	*(volatile u64 *)&slot->sk = (u64)sk;
	return &slot->note;
}

/* What is known of a socket, made when it is not there. NULL: no memory. */
static __always_inline struct note *note_of(struct sock *sk)
{
	struct note *note = note_find(sk);

	if (!note)
		note = slot_take(sk);
	return note ? note : bpf_sk_storage_get(&notes, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
}

SEC("lsm/sk_free_security")
int BPF_PROG(cordon_sk_free, struct sock *sk)
{
	u64 cookie = sk->__sk_common.skc_cookie.counter;
	struct slot *slot = slot_of(cookie);

	if (!slot || slot->cookie != cookie)
		return 0;
	if (slot->sk != (u64)sk)
		return 0;
	slot->sk = 0;
	__builtin_memset(&slot->note, 0, sizeof(slot->note));
	asm volatile("" : : : "memory");
	*(volatile u64 *)&slot->cookie = 0;
	return 0;
}

#endif
