// SPDX-License-Identifier: GPL-2.0-only
/* verdict_gen: see verdict_gen.h. The idioms, and how they make a program. */
#include "verdict_gen.h"

#include <string.h>
#include "verdict_calls.h"

/* --- memory --- */

/* Accesses to `size` bytes at reg; into r7 or r8 if it reads. */
static void use(struct vgen *g, int reg, uint32_t size, bool write, bool lock)
{
	int i = (int)pick(g, 4), n = size_of(i), first = lock ? 4 : 0;
	int places = ((int)size - first) / n;
	int off = first + n * (int)pick(g, (uint32_t)(places > 0 ? places : 1));

	if (lock && i == 3)
		off = 8;
	if (wrong(g))
		off = chance(g, 70) ? (int)size - (int)pick(g, (uint32_t)n) : -(int)(1 + pick(g, 8));
	if (chance(g, 35) && size >= 8 && !lock) { /* at a variable place */
		bound(g, 1, chance(g, 50) ? 7 : 8, size - (uint32_t)n + 1);
		alu(g, BPF_ADD, reg, 1);
		off = 0;
		if (chance(g, 40) && write) { /* and twice the same */
			store(g, sizes[i], reg, 0, 7);
			load(g, sizes[i], 2, reg, 0);
			store(g, sizes[i], reg, 0, 8);
			load(g, sizes[i], 3, reg, 0);
			return;
		}
	}
	switch (write ? pick(g, 5) : 0) {
	case 1:
		store_k(g, sizes[i], reg, off, (int32_t)vgen_value(&g->state));
		return;
	case 2:
		store(g, sizes[i], reg, off, 7);
		return;
	case 3:
		if (i >= 2) {
			static const int ops[] = { BPF_ADD, BPF_ADD | BPF_FETCH, BPF_OR, BPF_XOR | BPF_FETCH, BPF_XCHG };

			emit(g, BPF_STX | BPF_ATOMIC | sizes[i], reg, 8, off / n * n, ops[pick(g, 5)]);
			return;
		}
		/* fallthrough */
	default:
		load(g, sizes[i], chance(g, 60) ? 7 : 8, reg, off);
	}
}

/* A key at fp - 8; r1 the map, r2 the key. */
static void key(struct vgen *g, enum vmap m)
{
	uint32_t size = vmap_shape[m].key_size, most = vmap_shape[m].max_entries;
	int reg = chance(g, 50) ? 7 : 8;

	if (wrong(g) && chance(g, 30)) {
		if (!(g->slots & 1))
			store_k(g, size == 8 ? BPF_W : BPF_H, FP, -8, 0);
	} else if (chance(g, 60)) {
		store_k(g, size == 8 ? BPF_DW : BPF_W, FP, -8, (int32_t)pick(g, wrong(g) ? most + 1 : most));
		g->slots |= size == 8;
	} else {
		store(g, size == 8 ? BPF_DW : BPF_W, FP, -8, reg);
		g->slots |= size == 8;
	}
	mov(g, 2, FP);
	alu_k(g, BPF_ADD, 2, -8);
	map_ref(g, 1, m);
}

static enum vmap some_map(struct vgen *g) { return (enum vmap)pick(g, VM_RING); }

static bool is_locked(enum vmap m) { return vmap_shape[m].lock; }

static void null_check(struct vgen *g, int reg)
{
	if (wrong(g))
		return;
	if (chance(g, 20)) { /* of a copy */
		mov(g, 1, reg);
		to_out(g, emit(g, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0, 0));
	} else {
		to_out(g, emit(g, BPF_JMP | BPF_JEQ | BPF_K, reg, 0, 0, 0));
	}
}

static void s_lookup(struct vgen *g)
{
	enum vmap m = some_map(g);
	bool writable = m != VM_READONLY || wrong(g);

	key(g, m);
	call(g, BPF_FUNC_map_lookup_elem);
	if (chance(g, 30)) { /* later */
		mov(g, 9, 0);
		g->kept = KEPT_VALUE;
		g->kept_map = m;
		if (chance(g, 50))
			return;
	}
	null_check(g, 0);
	if (chance(g, 25) && m != VM_READONLY) {
		mov(g, 9, 0);
		use(g, 9, vmap_shape[m].value_size, true, is_locked(m));
		g->kept = KEPT_NOTHING;
		return;
	}
	use(g, 0, vmap_shape[m].value_size, writable, is_locked(m));
}

static void s_kept(struct vgen *g)
{
	if (g->kept != KEPT_VALUE && !wrong(g)) {
		mov(g, 9, 7);
		g->kept = KEPT_NUMBER;
		number(g, 9);
		return;
	}
	if (g->kept == KEPT_VALUE) {
		null_check(g, 9);
		use(g, 9, vmap_shape[g->kept_map].value_size, g->kept_map != VM_READONLY, is_locked(g->kept_map));
		g->kept = KEPT_NOTHING; /* it may have moved */
	} else {
		load(g, BPF_DW, 1, 9, 0);
	}
}

/* A kept pointer goes to the stack and comes back. */
static void s_spill(struct vgen *g)
{
	enum vmap m = (enum vmap)pick(g, VM_LOCK_ARRAY);

	key(g, m);
	call(g, BPF_FUNC_map_lookup_elem);
	store(g, BPF_DW, FP, -24, 0);
	g->slots |= 4;
	if (wrong(g)) {
		store_k(g, BPF_B, FP, -20, 0);
	} else if (chance(g, 30)) {
		to_out(g, emit(g, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 0));
	}
	mov_k(g, 0, 0);
	load(g, BPF_DW, 3, FP, -24);
	null_check(g, 3);
	use(g, 3, vmap_shape[m].value_size, true, false);
}

static void s_stack(struct vgen *g)
{
	int a = 4 + (int)pick(g, 4), n = size_of((int)pick(g, 4)), at = -8 * (a + 1);

	store(g, BPF_DW, FP, at, 7);
	g->slots |= 1ull << a;
	switch (pick(g, 4)) {
	case 0: /* bytes of it, or of a neighbour */
		if (wrong(g))
			at -= 8;
		load(g, BPF_B, 8, FP, at + (int)pick(g, 8));
		return;
	case 1: /* at a variable place */
		store_k(g, BPF_DW, FP, at - 8, 1);
		g->slots |= 1ull << (a + 1);
		bound(g, 1, 8, 16 - (uint32_t)n + 1);
		mov(g, 2, FP);
		alu_k(g, BPF_ADD, 2, at - 8);
		alu(g, BPF_ADD, 2, 1);
		if (chance(g, 50))
			load(g, BPF_B, 7, 2, 0);
		else
			store(g, BPF_B, 2, 0, 8);
		return;
	case 2: /* halves */
		store_k(g, BPF_W, FP, at - 8, 5);
		if (!wrong(g))
			store_k(g, BPF_W, FP, at - 4, 6);
		load(g, BPF_DW, 7, FP, at - 8);
		return;
	default:
		emit(g, BPF_STX | BPF_ATOMIC | BPF_DW, FP, 8, wrong(g) ? at + 4 : at, BPF_ADD | BPF_FETCH);
	}
}

/* --- packets and contexts --- */

static bool is_skb(uint32_t type)
{
	return type == BPF_PROG_TYPE_SOCKET_FILTER || type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_CGROUP_SKB;
}

static bool has_packet(uint32_t type)
{
	return type == BPF_PROG_TYPE_XDP || type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_CGROUP_SKB;
}

static void packet_pointers(struct vgen *g, int data, int end)
{
	bool xdp = g->p->type == BPF_PROG_TYPE_XDP;

	g->p->packet_load[emit(g, BPF_LDX | BPF_MEM | BPF_W, data, 6, xdp ? 0 : 76, 0)] = 1;
	g->p->packet_load[emit(g, BPF_LDX | BPF_MEM | BPF_W, end, 6, xdp ? 4 : 80, 0)] = 2;
}

/* The bytes up to r4 are there; r3 is the end. */
static void packet_check(struct vgen *g)
{
	if (wrong(g)) {
		static const int ops[] = { BPF_JLT, BPF_JNE, BPF_JSGT, BPF_JLE };

		if (chance(g, 70))
			to_out(g, emit(g, BPF_JMP | ops[pick(g, 4)] | BPF_X, 4, 3, 0, 0));
		return;
	}
	switch (pick(g, 3)) {
	case 0:
		to_out(g, emit(g, BPF_JMP | BPF_JGT | BPF_X, 4, 3, 0, 0));
		return;
	case 1:
		to_out(g, emit(g, BPF_JMP | BPF_JLT | BPF_X, 3, 4, 0, 0));
		return;
	default:
		to_out(g, emit(g, BPF_JMP | BPF_JGE | BPF_X, 4, 3, 0, 0));
	}
}

static void s_packet(struct vgen *g)
{
	int n = 1 + (int)pick(g, 40), i = (int)pick(g, 4);
	bool write = g->p->type != BPF_PROG_TYPE_CGROUP_SKB || wrong(g);

	if (!has_packet(g->p->type))
		return;
	packet_pointers(g, 2, 3);
	if (chance(g, 40)) {
		bound(g, 5, 7, 64);
		alu(g, BPF_ADD, 2, 5);
	}
	mov(g, 4, 2);
	alu_k(g, BPF_ADD, 4, n);
	packet_check(g);
	while (size_of(i) > n)
		i--;
	int off = (int)pick(g, (uint32_t)(n - size_of(i) + 1));
	if (wrong(g))
		off = n - size_of(i) + 1;
	if (write && chance(g, 30))
		store(g, sizes[i], 2, off, 7);
	else
		load(g, sizes[i], 7, 2, off);
}

/* Headers: a length from the packet says where the next part is. */
static void s_header(struct vgen *g)
{
	if (!has_packet(g->p->type))
		return;
	packet_pointers(g, 2, 3);
	mov(g, 4, 2);
	alu_k(g, BPF_ADD, 4, 20);
	packet_check(g);
	load(g, chance(g, 70) ? BPF_B : BPF_DW, 5, 2, (int)pick(g, 12));
	if (!wrong(g))
		alu_k(g, BPF_AND, 5, 15);
	alu_k(g, BPF_LSH, 5, 2);
	alu(g, BPF_ADD, 2, 5);
	mov(g, 4, 2);
	alu_k(g, BPF_ADD, 4, 4);
	if (chance(g, 85))
		packet_check(g);
	load(g, BPF_W, 8, 2, 0);
}

static void s_context(struct vgen *g)
{
	if (!is_skb(g->p->type)) {
		if (g->p->type == BPF_PROG_TYPE_XDP)
			load(g, BPF_W, chance(g, 50) ? 7 : 8, 6, wrong(g) ? 24 : 12 + 4 * (int)pick(g, 2));
		return;
	}
	switch (pick(g, 4)) {
	case 0:
		store(g, BPF_W, 6, wrong(g) ? 0 : 48 + 4 * (int)pick(g, 5), 7);
		return;
	case 1:
		if (g->p->type == BPF_PROG_TYPE_SCHED_CLS) {
			store(g, BPF_W, 6, 44, 7); /* tc_index: 16 bits */
			load(g, BPF_W, 8, 6, 44);
			return;
		}
		/* fallthrough */
	default:
		load(g, BPF_W, chance(g, 50) ? 7 : 8, 6, chance(g, 50) ? 0 : 16);
	}
}

static void s_load_bytes(struct vgen *g)
{
	if (!is_skb(g->p->type))
		return;
	mov(g, 1, 6);
	mov(g, 2, 7);
	mov(g, 3, FP);
	alu_k(g, BPF_ADD, 3, -96);
	if (chance(g, 70))
		mov_k(g, 4, wrong(g) ? 104 : 1 + (int)pick(g, 16));
	else {
		bound(g, 4, 8, 17);
		to_out(g, emit(g, BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 0, 0));
	}
	call(g, BPF_FUNC_skb_load_bytes);
	if (chance(g, 60))
		to_out(g, emit(g, BPF_JMP | BPF_JNE | BPF_K, 0, 0, 0, 0));
	load(g, BPF_B, 8, FP, -96);
}

/* --- helpers that change maps, records, locks --- */

static void s_ring(struct vgen *g)
{
	int words = 1 + (int)pick(g, 3);

	map_ref(g, 1, VM_RING);
	mov_k(g, 2, 8 * words);
	mov_k(g, 3, 0);
	call(g, BPF_FUNC_ringbuf_reserve);
	null_check(g, 0);
	mov(g, 9, 0);
	g->kept = KEPT_NOTHING;
	for (int i = 0; i < words; i++)
		if (!wrong(g))
			store(g, BPF_DW, 9, 8 * (wrong(g) ? words : i), chance(g, 50) ? 7 : 8);
	if (chance(g, 30)) {
		bool leak = wrong(g);
		uint32_t other = emit(g, BPF_JMP | BPF_JGT | BPF_K, 7, 0, 0, 5);

		mov(g, 1, 9);
		mov_k(g, 2, 0);
		call(g, BPF_FUNC_ringbuf_discard);
		uint32_t end = emit(g, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		to_here(g, other);
		if (!leak) {
			mov(g, 1, 9);
			mov_k(g, 2, 0);
			call(g, BPF_FUNC_ringbuf_submit);
		}
		to_here(g, end);
		return;
	}
	for (int i = wrong(g) ? 2 * (int)pick(g, 2) : 1; i > 0; i--) {
		mov(g, 1, 9);
		mov_k(g, 2, 0);
		call(g, chance(g, 70) ? BPF_FUNC_ringbuf_submit : BPF_FUNC_ringbuf_discard);
	}
	if (wrong(g))
		load(g, BPF_DW, 8, 9, 0);
}

static void s_lock(struct vgen *g)
{
	enum vmap m = chance(g, 50) ? VM_LOCK_ARRAY : VM_LOCK_HASH;

	key(g, m);
	call(g, BPF_FUNC_map_lookup_elem);
	null_check(g, 0);
	mov(g, 9, 0);
	g->kept = KEPT_NOTHING;
	mov(g, 1, 9);
	if (!wrong(g))
		call(g, BPF_FUNC_spin_lock);
	load(g, BPF_DW, 1, 9, 8);
	alu_k(g, BPF_ADD, 1, 1);
	store(g, BPF_DW, 9, 8, 1);
	if (wrong(g))
		call(g, BPF_FUNC_get_prandom_u32);
	uint32_t early = 0;
	bool leaves = wrong(g);
	if (leaves)
		early = emit(g, BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 0, 3);
	mov(g, 1, 9);
	call(g, BPF_FUNC_spin_unlock);
	if (leaves)
		to_here(g, early);
}

/* A value at fp - 128, of `size` bytes. */
static void value_on_stack(struct vgen *g, uint32_t size, int32_t mark)
{
	uint32_t words = size / 8;

	for (uint32_t i = 0; i < words; i++)
		if (!wrong(g))
			store_k(g, BPF_DW, FP, -128 + 8 * (int)i, i ? (int32_t)pick(g, 9) : mark);
	mov(g, 3, FP);
	alu_k(g, BPF_ADD, 3, -128);
}

static void s_update(struct vgen *g)
{
	static const enum vmap maps[] = { VM_ARRAY, VM_HASH, VM_WIDE, VM_LRU, VM_PCPU_ARRAY, VM_PCPU_HASH, VM_LOCK_HASH };
	static const int flags[] = { BPF_ANY, BPF_ANY, BPF_NOEXIST, BPF_EXIST, BPF_F_LOCK, 3, 9 };
	enum vmap m = maps[pick(g, 7)];
	int32_t mark = (int32_t)pick(g, 1000) + 7;
	bool lock = is_locked(m), before = chance(g, 40);

	key(g, m);
	if (before) { /* what was there */
		call(g, BPF_FUNC_map_lookup_elem);
		to_out(g, emit(g, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 0));
		mov(g, 9, 0);
		store_k(g, BPF_DW, 9, 8, 5);
		mov(g, 2, FP);
		alu_k(g, BPF_ADD, 2, -8);
		map_ref(g, 1, m);
		g->kept = KEPT_NOTHING;
	}
	value_on_stack(g, vmap_shape[m].value_size, mark);
	if (lock)
		store_k(g, BPF_DW, FP, -128, 0);
	mov_k(g, 4, flags[pick(g, 7)]);
	call(g, BPF_FUNC_map_update_elem);
	if (before && chance(g, 60)) { /* the old one: as it was, or changed in place */
		load(g, BPF_DW, 1, 9, 8);
		if (chance(g, 50))
			to_wrong(g, emit(g, BPF_JMP | BPF_JNE | BPF_K, 1, 0, 0, 5));
		return;
	}
	if (chance(g, 70))
		to_out(g, emit(g, BPF_JMP | BPF_JNE | BPF_K, 0, 0, 0, 0));
	mov(g, 2, FP);
	alu_k(g, BPF_ADD, 2, -8);
	map_ref(g, 1, m);
	call(g, BPF_FUNC_map_lookup_elem);
	if (chance(g, 50))
		to_wrong(g, emit(g, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 0));
	else
		null_check(g, 0);
	load(g, BPF_DW, 1, 0, lock ? 8 : 0);
	if (!lock && chance(g, 60))
		to_wrong(g, emit(g, BPF_JMP | BPF_JNE | BPF_K, 1, 0, 0, mark));
}

static void s_delete(struct vgen *g)
{
	static const enum vmap maps[] = { VM_HASH, VM_WIDE, VM_LRU, VM_PCPU_HASH, VM_ARRAY };
	enum vmap m = maps[pick(g, 5)];

	key(g, m);
	call(g, BPF_FUNC_map_delete_elem);
	if (m == VM_ARRAY) {
		to_wrong(g, emit(g, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 0));
		return;
	}
	if (chance(g, 60))
		to_out(g, emit(g, BPF_JMP | BPF_JNE | BPF_K, 0, 0, 0, 0));
	mov(g, 2, FP);
	alu_k(g, BPF_ADD, 2, -8);
	map_ref(g, 1, m);
	call(g, BPF_FUNC_map_lookup_elem);
	to_wrong(g, emit(g, BPF_JMP | BPF_JNE | BPF_K, 0, 0, 0, 0));
}

static void s_probe(struct vgen *g)
{
	bool string = chance(g, 40), fixed = chance(g, 60);
	int n = wrong(g) ? 120 : 1 + (int)pick(g, 24);

	for (int i = 0; i < 3 && chance(g, 60); i++)
		store_k(g, BPF_DW, FP, -112 + 8 * i, 0x11);
	if (fixed)
		mov_k(g, 2, n);
	else
		bound(g, 2, 8, 25);
	mov(g, 1, FP);
	alu_k(g, BPF_ADD, 1, -112);
	if (chance(g, 50)) {
		mov(g, 3, 7);
	} else {
		store(g, BPF_DW, FP, -72, 7);
		mov(g, 3, FP);
		alu_k(g, BPF_ADD, 3, -72);
	}
	call(g, string ? BPF_FUNC_probe_read_kernel_str : BPF_FUNC_probe_read_kernel);
	if (chance(g, 50))
		to_out(g, emit(g, BPF_JMP | BPF_JSLT | BPF_K, 0, 0, 0, 0));
	else if (chance(g, 50))
		to_wrong(g, emit(g, BPF_JMP | BPF_JSGT | BPF_K, 0, 0, 0, string ? 24 : 0));
	load(g, BPF_B, 8, FP, -112 + (int)pick(g, wrong(g) ? 24 : 1));
}

static void s_number(struct vgen *g)
{
	for (int i = 1 + (int)pick(g, 3); i > 0; i--)
		number(g, chance(g, 50) ? 7 : 8);
}

/* One of two ways, each with something done. */
static void s_branch(struct vgen *g)
{
	static const int ops[] = { BPF_JEQ, BPF_JGT, BPF_JSLT, BPF_JSET, BPF_JLE };
	uint64_t slots = g->slots;
	uint32_t other = emit(g, (chance(g, 70) ? BPF_JMP : BPF_JMP32) | ops[pick(g, 5)] | BPF_K, 7, 0, 0, (int32_t)pick(g, 40));

	s_number(g);
	s_stack(g);
	uint32_t end = emit(g, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	to_here(g, other);
	g->slots = slots;
	s_stack(g);
	to_here(g, end);
	g->slots = slots;
}

/* --- pointers that may be several things --- */

/* r4 is an element of an array, another one, or a place of the stack; all of 16 bytes. */
static void s_merge(struct vgen *g)
{
	store_k(g, BPF_DW, FP, -48, 3);
	if (!wrong(g))
		store_k(g, BPF_DW, FP, -40, 4);
	g->slots |= 1ull << 5;
	key(g, VM_ARRAY);
	call(g, BPF_FUNC_map_lookup_elem);
	null_check(g, 0);
	mov(g, 4, FP);
	alu_k(g, BPF_ADD, 4, -48);
	uint32_t over = emit(g, BPF_JMP | (chance(g, 50) ? BPF_JGT : BPF_JSET) | BPF_K, chance(g, 50) ? 7 : 8, 0, 0, (int32_t)pick(g, 40));
	mov(g, 4, 0);
	alu_k(g, BPF_ADD, 4, wrong(g) ? 40 : 8 * (int)pick(g, 5));
	to_here(g, over);
	if (chance(g, 50)) {
		store(g, BPF_DW, 4, 0, 7);
		load(g, BPF_DW, 1, 4, 0);
		to_wrong(g, emit(g, BPF_JMP | BPF_JNE | BPF_X, 1, wrong(g) ? 8 : 7, 0, 0));
	}
	load(g, BPF_DW, 7, 4, wrong(g) ? 16 : 8 * (int)pick(g, 2));
}

/* Two elements, which are one when the keys are. */
static void s_alias(struct vgen *g)
{
	static const enum vmap maps[] = { VM_ARRAY, VM_HASH, VM_LRU, VM_PCPU_ARRAY };
	enum vmap m = maps[pick(g, 4)];

	key(g, m);
	call(g, BPF_FUNC_map_lookup_elem);
	null_check(g, 0);
	mov(g, 9, 0);
	key(g, m);
	call(g, BPF_FUNC_map_lookup_elem);
	null_check(g, 0);
	g->kept = KEPT_NOTHING;
	store_k(g, BPF_DW, 9, 0, 11);
	store_k(g, BPF_DW, 0, 0, 12);
	load(g, BPF_DW, 1, 9, 0);
	if (wrong(g) || chance(g, 30)) {
		to_wrong(g, emit(g, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0, (int32_t)(11 + pick(g, 2))));
		return;
	}
	to_out(g, emit(g, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0, 11));
	to_wrong(g, emit(g, BPF_JMP | BPF_JNE | BPF_K, 1, 0, 0, 12));
}

/* Bytes of a large value at two places that may be one. */
static void s_places(struct vgen *g)
{
	key(g, VM_ONE);
	call(g, BPF_FUNC_map_lookup_elem);
	null_check(g, 0);
	for (int i = 0; i < 2; i++) {
		bound(g, 1 + i, 7 + i, chance(g, 50) ? 256 : 16);
		alu(g, BPF_ADD, 1 + i, 0);
	}
	store_k(g, BPF_B, 1, 0, 21);
	load(g, BPF_B, 3, 2, 0);
	store_k(g, BPF_B, 2, 0, 22);
	load(g, BPF_B, 4, 1, 0);
	if (chance(g, 50))
		to_wrong(g, emit(g, BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 0, wrong(g) ? 22 : 20));
	load(g, BPF_B, 5, 2, 0);
	if (chance(g, 60))
		to_wrong(g, emit(g, BPF_JMP | BPF_JEQ | BPF_X, 3, 5, 0, 0));
}

static void (*const idioms[])(struct vgen *g) = {
	s_lookup, s_lookup, s_lookup, s_kept, s_spill, s_stack, s_packet, s_packet, s_header, s_context, s_load_bytes, vgen_loop, vgen_call,
	vgen_bpf_loop, vgen_each, s_ring, s_lock, s_update, s_update, s_delete, s_probe, s_number, s_branch, s_merge, s_alias,
	s_places, impossible, impossible,
};

/* --- the whole --- */

static void source(struct vgen *g, int dst)
{
	switch (pick(g, 3)) {
	case 0:
		call(g, BPF_FUNC_get_prandom_u32);
		mov(g, dst, 0);
		return;
	case 1:
		call(g, BPF_FUNC_ktime_get_ns);
		mov(g, dst, 0);
		return;
	default:
		load(g, BPF_W, dst, 6, g->p->type == BPF_PROG_TYPE_XDP ? 16 : 0);
	}
}

static void ending(struct vgen *g)
{
	if (g->n_wrong) { /* nothing may come here: null is used */
		uint32_t over = emit(g, BPF_JMP | BPF_JA, 0, 0, 0, 0);

		for (uint32_t i = 0; i < g->n_wrong; i++)
			to_here(g, g->wrong[i]);
		mov_k(g, 1, 0);
		store_k(g, BPF_DW, 1, 0, 0);
		to_here(g, over);
	}
	for (uint32_t i = 0; i < g->n_out; i++)
		to_here(g, g->out[i]);
	if (chance(g, 30)) {
		mov(g, 0, 7);
		if (!wrong(g))
			alu_k(g, BPF_AND, 0, 1);
	} else {
		mov_k(g, 0, wrong(g) ? 9 : (int)pick(g, 2));
	}
	emit(g, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

void vgen_program(struct vprog *p, uint64_t seed)
{
	static const uint32_t types[] = { BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_CGROUP_SKB };
	struct vgen g = { .p = p, .state = seed * 0x9e3779b97f4a7c15u + 1 };

	memset(p, 0, sizeof(*p));
	p->type = types[pick(&g, 4)];
	p->n_funcs = 1;
	g.bad = chance(&g, 30) ? 0 : chance(&g, 50) ? 6 : 14;
	mov(&g, 6, 1);
	source(&g, 7);
	source(&g, 8);
	for (uint32_t i = 1 + pick(&g, 5); i > 0; i--)
		idioms[pick(&g, sizeof(idioms) / sizeof(idioms[0]))](&g);
	ending(&g);
	vgen_functions(&g);
}

const char *vgen_type_name(uint32_t type)
{
	return type == BPF_PROG_TYPE_SOCKET_FILTER ? "socket" : type == BPF_PROG_TYPE_XDP ? "xdp" : type == BPF_PROG_TYPE_SCHED_CLS ? "tc" : "cgroup_skb/egress";
}
