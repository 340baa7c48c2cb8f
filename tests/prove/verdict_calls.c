// SPDX-License-Identifier: GPL-2.0-only
/* verdict_calls: see verdict_calls.h. */
#include "verdict_calls.h"

void vgen_loop(struct vgen *g)
{
	int n = 1 + (int)pick(g, 8), w = wrong(g);

	mov_k(g, 1, 0);
	if (chance(g, 25)) {
		bound(g, 2, 8, 9);
	} else {
		mov_k(g, 2, w ? 12 : n);
	}
	uint32_t top = g->p->n;
	uint32_t done = emit(g, BPF_JMP | BPF_JGE | BPF_X, 1, 2, 0, 0);
	mov(g, 3, FP);
	alu_k(g, BPF_ADD, 3, w && chance(g, 50) ? -8 : -104);
	alu(g, BPF_ADD, 3, 1);
	emit(g, BPF_STX | BPF_MEM | BPF_B, 3, 7, 0, 0);
	if (chance(g, 20))
		to_out(g, emit(g, BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 0, n));
	alu_k(g, BPF_ADD, 1, w && chance(g, 10) ? 0 : 1);
	uint32_t back = emit(g, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	g->p->insns[back].off = (int16_t)(top - back - 1);
	to_here(g, done);
	if (chance(g, 40)) /* the last that was written */
		load(g, BPF_B, 8, FP, -104);
}

enum { SUB_ADD, SUB_FRAME, SUB_LOOP, SUB_EACH };

static void sub_ref(struct vgen *g, uint32_t at, uint32_t kind)
{
	g->sub_at[g->n_subs] = at;
	g->sub_kind[g->n_subs++] = kind;
}

static bool room_for_sub(const struct vgen *g) { return g->n_subs < VGEN_FUNCS - 1; }

static void function_ref(struct vgen *g, int dst, uint32_t kind)
{
	sub_ref(g, emit(g, BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_FUNC, 0, 0), kind);
	emit(g, 0, 0, 0, 0, 0);
}

void vgen_call(struct vgen *g)
{
	bool frame = wrong(g);

	if (!room_for_sub(g))
		return;
	store(g, BPF_DW, FP, -32, 7);
	g->slots |= 8;
	mov(g, 1, FP);
	alu_k(g, BPF_ADD, 1, wrong(g) ? -4 : -32);
	mov(g, 2, 8);
	sub_ref(g, emit(g, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0), frame ? SUB_FRAME : SUB_ADD);
	if (frame && chance(g, 70))
		load(g, BPF_DW, 8, 0, 0);
	else if (!frame)
		mov(g, 8, 0);
	load(g, BPF_DW, 7, FP, -32);
}

void vgen_bpf_loop(struct vgen *g)
{
	if (!room_for_sub(g))
		return;
	for (int i = 0; i < 4; i++)
		store_k(g, BPF_DW, FP, -64 + 8 * i, i);
	g->slots |= 0xf0;
	if (chance(g, 60))
		mov_k(g, 1, chance(g, 90) ? (int)pick(g, 8) : 100000);
	else
		bound(g, 1, 7, 9);
	function_ref(g, 2, SUB_LOOP);
	mov(g, 3, FP);
	alu_k(g, BPF_ADD, 3, wrong(g) ? -32 : -64);
	mov_k(g, 4, chance(g, 90) ? 0 : 1);
	call(g, BPF_FUNC_loop);
	if (chance(g, 50))
		load(g, BPF_DW, 8, FP, -64 + 8 * (int)pick(g, 4));
}

void vgen_each(struct vgen *g)
{
	static const enum vmap maps[] = { VM_ARRAY, VM_HASH, VM_WIDE, VM_LRU, VM_PCPU_ARRAY };

	if (!room_for_sub(g))
		return;
	store_k(g, BPF_DW, FP, -40, 0);
	g->slots |= 16;
	map_ref(g, 1, maps[pick(g, 5)]);
	function_ref(g, 2, SUB_EACH);
	mov(g, 3, FP);
	alu_k(g, BPF_ADD, 3, -40);
	mov_k(g, 4, 0);
	call(g, BPF_FUNC_for_each_map_elem);
	load(g, BPF_DW, 8, FP, -40);
}

static void sub_add(struct vgen *g)
{
	load(g, BPF_DW, 0, 1, wrong(g) ? 32 : 0);
	alu(g, BPF_ADD, 0, wrong(g) ? 3 : 2);
	store(g, BPF_DW, 1, 0, 0);
	if (chance(g, 30)) {
		store(g, BPF_DW, FP, -8, 0);
		load(g, BPF_W, 0, FP, wrong(g) ? -12 : -8);
	}
}

static void sub_loop(struct vgen *g)
{
	bool checked = !wrong(g);
	uint32_t skip = 0;

	mov_k(g, 0, (int)pick(g, 4) == 0);
	if (checked)
		skip = emit(g, BPF_JMP | BPF_JGE | BPF_K, 1, 0, 0, wrong(g) ? 5 : 4);
	alu_k(g, BPF_LSH, 1, 3);
	alu(g, BPF_ADD, 2, 1);
	load(g, BPF_DW, 3, 2, 0);
	alu_k(g, BPF_ADD, 3, 1);
	store(g, BPF_DW, 2, 0, wrong(g) ? 5 : 3);
	if (checked)
		to_here(g, skip);
}

static void sub_each(struct vgen *g)
{
	load(g, BPF_DW, 0, 3, wrong(g) ? 24 : 8 * (int)pick(g, 2));
	load(g, BPF_DW, 5, 4, 0);
	alu_k(g, BPF_ADD, 5, 1);
	store(g, BPF_DW, 4, 0, 5);
	if (chance(g, 30))
		store(g, BPF_DW, 3, 0, 5);
	if (wrong(g))
		store_k(g, BPF_W, 2, 0, 0);
	alu_k(g, BPF_AND, 0, 1);
}

void vgen_functions(struct vgen *g)
{
	for (uint32_t i = 0; i < g->n_subs; i++) {
		uint32_t at = g->sub_at[i], kind = g->sub_kind[i];

		g->p->insns[at].imm = (int32_t)(g->p->n - at - 1);
		g->p->func[g->p->n_funcs++] = g->p->n;
		switch (kind) {
		case SUB_ADD:
			sub_add(g);
			break;
		case SUB_FRAME:
			store_k(g, BPF_DW, FP, -8, 1);
			mov(g, 0, FP);
			alu_k(g, BPF_ADD, 0, -8);
			break;
		case SUB_LOOP:
			sub_loop(g);
			break;
		default:
			sub_each(g);
		}
		emit(g, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
}
