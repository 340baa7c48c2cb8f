/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict_emit: a program of verdict_gen while it is made: its instructions, what of its stack was written, which jumps wait for their
 * target. Registers: r6 context, r7 and r8 numbers, r9 what was kept; r0 to r5 for the moment.
 */
#ifndef TESTS_PROVE_VERDICT_EMIT_H
#define TESTS_PROVE_VERDICT_EMIT_H

#include "verdict_gen.h"

#define FP 10

enum kept { KEPT_NOTHING, KEPT_NUMBER, KEPT_VALUE };

struct vgen {
	struct vprog *p;
	uint64_t state;
	unsigned bad;          /* per cent of the steps that go wrong */
	uint32_t out[VGEN_MAX]; /* jumps to the end */
	uint32_t n_out;
	uint32_t wrong[VGEN_MAX]; /* jumps to what no run may reach */
	uint32_t n_wrong;
	uint64_t slots;        /* of the stack that were written for sure: bit i is fp - 8 * (i + 1) */
	enum kept kept;
	enum vmap kept_map;
	uint32_t sub_at[VGEN_FUNCS], sub_kind[VGEN_FUNCS], n_subs; /* references that wait for their function */
};

extern const int sizes[4]; /* BPF_B to BPF_DW */
/* At random: below n; that often in a hundred; whether this step goes wrong. */
uint32_t pick(struct vgen *g, uint32_t n);
bool chance(struct vgen *g, unsigned percent);
bool wrong(struct vgen *g);
uint32_t emit(struct vgen *g, int code, int dst, int src, int off, int32_t imm);
void mov(struct vgen *g, int dst, int src);
void mov_k(struct vgen *g, int dst, int32_t k);
void alu_k(struct vgen *g, int op, int dst, int32_t k);
void alu(struct vgen *g, int op, int dst, int src);
void load(struct vgen *g, int size, int dst, int src, int off);
void store(struct vgen *g, int size, int dst, int off, int src);
void store_k(struct vgen *g, int size, int dst, int off, int32_t k);
void call(struct vgen *g, int helper);
void map_ref(struct vgen *g, int dst, enum vmap m);
void to_here(struct vgen *g, uint32_t jump);
void to_out(struct vgen *g, uint32_t jump);
void to_wrong(struct vgen *g, uint32_t jump);
int size_of(int i);
void bound(struct vgen *g, int dst, int from, uint32_t limit);
void number(struct vgen *g, int dst);
/* Something that cannot be, for a reason that has to be found; or that can, if it goes wrong. */
void impossible(struct vgen *g);

#endif
