// SPDX-License-Identifier: GPL-2.0-only
/* verdict_emit: see verdict_emit.h; and the maps. */
#include "verdict_emit.h"

const struct vmap_shape vmap_shape[VM_COUNT] = {
	[VM_ARRAY] = { "m_array", BPF_MAP_TYPE_ARRAY, 4, 48, 4, 0, false },
	[VM_ONE] = { "m_one", BPF_MAP_TYPE_ARRAY, 4, 256, 1, 0, false },
	[VM_HASH] = { "m_hash", BPF_MAP_TYPE_HASH, 4, 24, 8, 0, false },
	[VM_WIDE] = { "m_wide", BPF_MAP_TYPE_HASH, 8, 16, 8, 0, false },
	[VM_LRU] = { "m_lru", BPF_MAP_TYPE_LRU_HASH, 4, 16, 8, 0, false },
	[VM_PCPU_ARRAY] = { "m_pcpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 24, 2, 0, false },
	[VM_PCPU_HASH] = { "m_pcpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 16, 8, 0, false },
	[VM_LOCK_ARRAY] = { "m_lock_array", BPF_MAP_TYPE_ARRAY, 4, 16, 2, 0, true },
	[VM_LOCK_HASH] = { "m_lock_hash", BPF_MAP_TYPE_HASH, 4, 16, 4, 0, true },
	[VM_READONLY] = { "m_readonly", BPF_MAP_TYPE_ARRAY, 4, 16, 2, BPF_F_RDONLY_PROG, false },
	[VM_RING] = { "m_ring", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0, false },
};

uint64_t vgen_random(uint64_t *state) /* splitmix64 */
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t vgen_value(uint64_t *state)
{
	static const uint64_t edges[] = { 0, 1, 7, 8, 15, 16, 31, 32, 63, 64, 255, 256, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
					  0x7fffffffffffffff, 0x8000000000000000, 0xffffffff80000000, 0xffffffffffffffff };

	switch (vgen_random(state) % 4) {
	case 0:
		return edges[vgen_random(state) % (sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return vgen_random(state) % 80;
	case 2:
		return (uint64_t)(int64_t)(int8_t)vgen_random(state);
	default:
		return vgen_random(state);
	}
}

uint32_t pick(struct vgen *g, uint32_t n) { return (uint32_t)(vgen_random(&g->state) % n); }

bool chance(struct vgen *g, unsigned percent) { return pick(g, 100) < percent; }

/* Go wrong here? */
bool wrong(struct vgen *g) { return g->bad && chance(g, g->bad); }

/* --- instructions --- */

uint32_t emit(struct vgen *g, int code, int dst, int src, int off, int32_t imm)
{
	struct vprog *p = g->p;

	if (p->n < VGEN_MAX)
		p->insns[p->n++] = (struct bpf_insn){ .code = (uint8_t)code, .dst_reg = dst & 15u, .src_reg = src & 15u, .off = (int16_t)off,
						      .imm = imm };
	return p->n - 1;
}

void mov(struct vgen *g, int dst, int src) { emit(g, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0); }
void mov_k(struct vgen *g, int dst, int32_t k) { emit(g, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, k); }
void alu_k(struct vgen *g, int op, int dst, int32_t k) { emit(g, BPF_ALU64 | op | BPF_K, dst, 0, 0, k); }
void alu(struct vgen *g, int op, int dst, int src) { emit(g, BPF_ALU64 | op | BPF_X, dst, src, 0, 0); }
void load(struct vgen *g, int size, int dst, int src, int off) { emit(g, BPF_LDX | BPF_MEM | size, dst, src, off, 0); }
void store(struct vgen *g, int size, int dst, int off, int src) { emit(g, BPF_STX | BPF_MEM | size, dst, src, off, 0); }
void store_k(struct vgen *g, int size, int dst, int off, int32_t k) { emit(g, BPF_ST | BPF_MEM | size, dst, 0, off, k); }
void call(struct vgen *g, int helper) { emit(g, BPF_JMP | BPF_CALL, 0, 0, 0, helper); }

void map_ref(struct vgen *g, int dst, enum vmap m)
{
	emit(g, BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_FD, 0, (int32_t)m);
	emit(g, 0, 0, 0, 0, 0);
}

void to_here(struct vgen *g, uint32_t jump) { g->p->insns[jump].off = (int16_t)(g->p->n - jump - 1); }
void to_out(struct vgen *g, uint32_t jump) { g->out[g->n_out++] = jump; }
void to_wrong(struct vgen *g, uint32_t jump) { g->wrong[g->n_wrong++] = jump; }

const int sizes[4] = { BPF_B, BPF_H, BPF_W, BPF_DW };
int size_of(int i) { return 1 << i; } /* of sizes[i] */

/* --- numbers --- */

/* dst becomes a number below limit, or the program ends. */
void bound(struct vgen *g, int dst, int from, uint32_t limit)
{
	bool bad = wrong(g);
	uint32_t mask = 1;

	mov(g, dst, from);
	if (bad && chance(g, 25))
		return;
	while (mask * 2 <= limit)
		mask *= 2;
	switch (pick(g, 6)) {
	case 0:
		alu_k(g, BPF_AND, dst, (int32_t)(bad ? mask * 2 - 1 : mask - 1));
		return;
	case 1:
		alu_k(g, BPF_MOD, dst, (int32_t)(bad ? limit + 1 : limit));
		return;
	case 2: /* signed, and what is below */
		if (!bad)
			to_out(g, emit(g, BPF_JMP | BPF_JSLT | BPF_K, dst, 0, 0, 0));
		to_out(g, emit(g, BPF_JMP | BPF_JSGE | BPF_K, dst, 0, 0, (int32_t)limit));
		return;
	case 3: /* of the lower half */
		if (!bad)
			emit(g, BPF_ALU | BPF_MOV | BPF_X, dst, dst, 0, 0);
		to_out(g, emit(g, BPF_JMP32 | BPF_JGE | BPF_K, dst, 0, 0, (int32_t)limit));
		return;
	case 4: /* by a shift */
		alu_k(g, BPF_RSH, dst, bad ? 56 : 60);
		alu_k(g, BPF_MOD, dst, (int32_t)limit);
		return;
	default:
		to_out(g, emit(g, BPF_JMP | (bad ? BPF_JGT : BPF_JGE) | BPF_K, dst, 0, 0, (int32_t)limit));
	}
}

void number(struct vgen *g, int dst)
{
	static const int ops[] = { BPF_ADD, BPF_SUB, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH, BPF_ARSH, BPF_MUL };
	int op = ops[pick(g, 9)], k = (int32_t)vgen_value(&g->state);
	bool shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;

	if (chance(g, 30) && !shift)
		emit(g, (chance(g, 50) ? BPF_ALU64 : BPF_ALU) | op | BPF_X, dst, dst == 7 ? 8 : 7, 0, 0);
	else if (chance(g, 50))
		emit(g, BPF_ALU64 | op | BPF_K, dst, 0, 0, shift ? k & 63 : k);
	else
		emit(g, BPF_ALU | op | BPF_K, dst, 0, 0, shift ? k & 31 : k);
}

/* Something that cannot be, for a reason that has to be found; or that can, if it goes wrong. */
void impossible(struct vgen *g)
{
	int k = 1 + (int)pick(g, 30), w = wrong(g);

	mov(g, 1, 7);
	switch (pick(g, 8)) {
	case 0:
		alu_k(g, BPF_AND, 1, k);
		to_wrong(g, emit(g, BPF_JMP | (w ? BPF_JGE : BPF_JGT) | BPF_K, 1, 0, 0, k));
		return;
	case 1: /* odd times odd is odd */
		alu_k(g, BPF_OR, 1, 1);
		alu_k(g, BPF_MUL, 1, w ? 2 * k : 2 * k + 1);
		alu_k(g, BPF_AND, 1, 1);
		to_wrong(g, emit(g, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0, 0));
		return;
	case 2: /* there and back */
		alu(g, BPF_ADD, 1, 8);
		alu(g, BPF_SUB, 1, w ? 7 : 8);
		to_wrong(g, emit(g, BPF_JMP | BPF_JNE | BPF_X, 1, w ? 8 : 7, 0, 0));
		return;
	case 3: /* 32 bits */
		emit(g, BPF_ALU | BPF_ADD | BPF_K, 1, 0, 0, k);
		alu_k(g, BPF_RSH, 1, w ? 31 : 32);
		to_wrong(g, emit(g, BPF_JMP | BPF_JNE | BPF_K, 1, 0, 0, 0));
		return;
	case 4: /* between two that are one */
		to_out(g, emit(g, BPF_JMP | BPF_JGE | BPF_K, 1, 0, 0, k));
		to_wrong(g, emit(g, BPF_JMP32 | (w ? BPF_JSLE : BPF_JSLT) | BPF_K, 1, 0, 0, w ? k - 1 : 0));
		return;
	case 5: /* a sign */
		alu_k(g, BPF_ARSH, 1, 63);
		alu_k(g, BPF_ADD, 1, 1);
		to_wrong(g, emit(g, BPF_JMP | BPF_JGT | BPF_K, 1, 0, 0, w ? 0 : 1));
		return;
	case 6: /* division */
		alu_k(g, BPF_DIV, 1, k);
		alu_k(g, BPF_MUL, 1, k);
		to_wrong(g, emit(g, BPF_JMP | (w ? BPF_JLT : BPF_JGT) | BPF_X, 1, 7, 0, 0));
		return;
	default: /* one way and the other */
		to_out(g, emit(g, BPF_JMP | BPF_JSET | BPF_K, 1, 0, 0, k));
		alu_k(g, BPF_AND, 1, w ? k + 32 : k);
		to_wrong(g, emit(g, BPF_JMP | BPF_JNE | BPF_K, 1, 0, 0, 0));
	}
}
