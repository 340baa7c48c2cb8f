// SPDX-License-Identifier: GPL-2.0-only
/*
 * three_ways_test: the same meaning in three places. Every row of the instruction table, and random programs over all of
 * them: numbers (what the interpreter computes) = terms under an assignment, with and without the rewriting laws =
 * what two solvers say of those terms. The fourth way, the kernel, is kernel-diff.test on the same generator.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "gen.h"
#include "prove/eval.h"
#include "prove/interp.h"
#include "prove/isa_sem.h"
#include "prove/smt.h"
#include "prove/symval.h"
#include "../tap.h"

#define ROUNDS 400
#define PROGRAMS 600
#define SOLVED 12 /* of them, by solvers */

/* ---- single instructions ---- */

/* What the table's row computes of two registers, r0 and a memory cell: the new register, condition or cell. */
static isa_val row_value(const struct isa_algebra *alg, const struct isa_insn *insn, isa_val dst, isa_val src, isa_val r0,
			 isa_val cell)
{
	if (isa_is_alu(insn->op))
		return isa_sem_alu(alg, insn, dst, src);
	if (isa_is_cond_jump(insn->op))
		return isa_sem_cond(alg, insn, dst, src);
	if (isa_is_atomic(insn->op))
		return isa_sem_atomic(alg, insn, cell, src, r0);
	if (insn->op == ISA_LOAD || insn->op == ISA_LOAD_SX)
		return isa_sem_load(alg, insn, cell);
	return isa_sem_store(alg, insn, src);
}

static bool row_is_pure(const struct isa_insn *insn)
{
	return isa_is_alu(insn->op) || isa_is_cond_jump(insn->op) || isa_is_atomic(insn->op) || insn->op == ISA_LOAD ||
	       insn->op == ISA_LOAD_SX || insn->op == ISA_STORE_REG || insn->op == ISA_STORE_IMM;
}

/* Terms over variables (0: dst, 1: src, 2: r0, 3: cell) and over constants. */
static bool row_agrees(struct terms *t, const struct isa_insn *insn, const term v[4], const uint64_t in[4])
{
	unsigned cell = insn->size && !isa_is_alu(insn->op) ? insn->size : 64;
	struct isa_algebra alg = val_algebra(t);
	uint64_t masked[4] = { in[0], in[1], in[2], in[3] & term_mask(cell) }, want, folded;
	term c[4], open, closed;
	struct eval e;
	uint64_t got;

	want = row_value(&isa_algebra_concrete, insn, masked[0], masked[1], masked[2], masked[3]);
	for (int i = 0; i < 4; i++)
		c[i] = term_const(t, i == 3 ? cell : 64, masked[i]);
	open = (term)row_value(&alg, insn, v[0], v[1], v[2], v[3]);
	closed = (term)row_value(&alg, insn, c[0], c[1], c[2], c[3]);
	if (eval_init(&e, t, masked, 4))
		return false;
	got = eval_term(&e, open);
	folded = eval_term(&e, closed);
	eval_done(&e);
	return got == want && folded == want && term_is_const(t, closed);
}

static void check_row(struct gen *g, const struct isa_desc *d, bool rewrite)
{
	struct isa_insn insn = { .desc = d, .op = d->op, .width = d->width, .size = d->size, .operand = d->operand,
				 .fetch = d->fetch, .slots = 1, .off = d->off_exact, .dst = 1, .src = 2 };
	unsigned good = 0, n = 0;
	struct arena arena;
	struct terms t;
	term v[4];

	if (!row_is_pure(&insn))
		return;
	arena_init(&arena, 0);
	terms_init(&t, &arena, 1 << 20);
	t.rewrite = rewrite;
	for (int i = 0; i < 4; i++)
		v[i] = term_fresh(&t, i == 3 && d->size && !isa_is_alu(d->op) ? d->size : 64, "v");
	for (; n < ROUNDS; n++) {
		uint64_t in[4];

		for (int i = 0; i < 4; i++)
			in[i] = gen_value(g);
		if (n % 5 == 0)
			in[1] = in[0];
		if (n % 7 == 0)
			in[3] = in[2];
		insn.imm = (int32_t)gen_value(g);
		good += row_agrees(&t, &insn, v, in);
	}
	terms_done(&t);
	arena_done(&arena);
	tap_ok(good == n, "%s%s: numbers and terms agree %u times of %u", d->name, rewrite ? "" : " without laws", good, n);
}

/* ---- programs ---- */

struct frame {
	term stack[512]; /* byte i: fp - 512 + i; 0: never written */
	term saved[4];
	size_t back;
};

struct machine {
	struct terms t;
	struct arena arena;
	struct isa_algebra alg;
	const uint64_t *input;
	term r[ISA_REGS];
	term map[GEN_VALUE_SIZE];
	struct frame frames[4];
	unsigned depth;
};

static uint64_t machine_number(struct machine *m, term a)
{
	struct eval e;
	uint64_t v;

	if (eval_init(&e, &m->t, m->input, GEN_VALUE_SIZE / 8))
		abort();
	v = eval_term(&e, a);
	eval_done(&e);
	return v;
}

static term *machine_cell(struct machine *m, const struct isa_insn *insn, unsigned base)
{
	return base == ISA_REG_FP ? &m->frames[m->depth].stack[ISA_STACK_SIZE + insn->off] : &m->map[insn->off];
}

static term machine_load(struct machine *m, const term *cell, unsigned bits)
{
	term v = cell[0];

	for (unsigned i = 1; i < bits / 8; i++)
		v = term_concat(&m->t, cell[i], v);
	return v;
}

static void machine_store(struct machine *m, term *cell, unsigned bits, term v)
{
	for (unsigned i = 0; i < bits / 8; i++)
		cell[i] = term_extract(&m->t, v, i * 8 + 7, i * 8);
}

static void machine_memory(struct machine *m, const struct isa_insn *insn)
{
	bool load = insn->op == ISA_LOAD || insn->op == ISA_LOAD_SX;
	term *cell = machine_cell(m, insn, load ? insn->src : insn->dst), old;

	if (load) {
		m->r[insn->dst] = (term)isa_sem_load(&m->alg, insn, machine_load(m, cell, insn->size));
	} else if (isa_is_atomic(insn->op)) {
		old = machine_load(m, cell, insn->size);
		machine_store(m, cell, insn->size,
			      (term)isa_sem_atomic(&m->alg, insn, old, m->r[insn->src], m->r[0]));
		if (insn->fetch)
			m->r[insn->op == ISA_ATOMIC_CMPXCHG ? 0 : insn->src] = term_extend(&m->t, false, 64, old);
	} else {
		machine_store(m, cell, insn->size, (term)isa_sem_store(&m->alg, insn, m->r[insn->src]));
	}
}

/* The next slot, or SIZE_MAX at the end. */
static size_t machine_step(struct machine *m, const struct isa_insn *insns, size_t at)
{
	const struct isa_insn *insn = &insns[at];

	if (isa_is_alu(insn->op)) {
		m->r[insn->dst] = (term)isa_sem_alu(&m->alg, insn, m->r[insn->dst], m->r[insn->src]);
	} else if (isa_is_cond_jump(insn->op)) {
		if (machine_number(m, (term)isa_sem_cond(&m->alg, insn, m->r[insn->dst], m->r[insn->src])))
			return insn->target;
	} else if (insn->op == ISA_JA) {
		return insn->target;
	} else if (insn->op == ISA_LD_IMM64) {
		m->r[insn->dst] = term_const(&m->t, 64, insn->imm64);
	} else if (insn->op == ISA_CALL_LOCAL) {
		m->depth++;
		memcpy(m->frames[m->depth].saved, &m->r[6], sizeof(m->frames[0].saved));
		m->frames[m->depth].back = at + 1;
		return insn->target;
	} else if (insn->op == ISA_EXIT) {
		if (!m->depth)
			return SIZE_MAX;
		memcpy(&m->r[6], m->frames[m->depth].saved, sizeof(m->frames[0].saved));
		return m->frames[m->depth--].back;
	} else {
		machine_memory(m, insn);
	}
	return at + insn->slots;
}

static int map_value(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t *ret)
{
	*ret = interp_region_at(it, UINT64_C(3) << 39)->base + (insn->imm64 >> 32);
	return 0;
}

static bool interpret(const struct isa_insn *insns, size_t n, uint8_t *value)
{
	struct interp_opts opts = { .strict = true, .hooks.imm64 = map_value };
	struct interp_result r = { .stop = INTERP_UNSUPPORTED };
	const uint64_t args[5] = { 0 };
	struct interp *it;

	if (interp_new(&opts, &it))
		return false;
	interp_region_add(it, "map value", value, GEN_VALUE_SIZE, INTERP_RW, true); /* the first region of all */
	interp_run(it, insns, n, args, &r);
	interp_free(it);
	return r.stop == INTERP_EXIT;
}

/* Inputs fixed, some final word not the interpreter's: two solvers must find that impossible. */
static bool solve(struct machine *m, const uint8_t *final)
{
	struct smt_opts opts = { .both = true, .timeout = 60, .memory_mb = 2048 };
	term asserts[GEN_VALUE_SIZE / 8 + 1], same = term_bool(true);
	struct smt_answer answer;
	size_t n = 0;
	bool ok;

	if (smt_opts_init(&opts, "z3,cvc5", NULL))
		return false;
	for (unsigned i = 0; i < GEN_VALUE_SIZE; i += 8) {
		uint64_t word;

		memcpy(&word, final + i, 8);
		same = term_and(&m->t, same, term_eq_k(&m->t, machine_load(m, &m->map[i], 64), word));
	}
	asserts[n++] = term_not(&m->t, same);
	for (unsigned i = 0; i < GEN_VALUE_SIZE / 8; i++)
		asserts[n++] = term_eq_k(&m->t, m->frames[3].stack[i], m->input[i]);
	smt_solve(&m->t, asserts, n, &opts, &answer);
	ok = answer.result == SMT_UNSAT;
	if (!ok)
		printf("# %s: %s\n", smt_result_name(answer.result), answer.reason);
	smt_answer_done(&answer);
	return ok;
}

static void machine_start(struct machine *m, bool rewrite, const uint64_t *input)
{
	memset(m, 0, sizeof(*m));
	arena_init(&m->arena, 0);
	terms_init(&m->t, &m->arena, 1 << 20);
	m->t.rewrite = rewrite;
	m->alg = val_algebra(&m->t);
	m->input = input;
	for (unsigned i = 0; i < GEN_VALUE_SIZE / 8; i++) {
		term v = term_fresh(&m->t, 64, "in");

		m->frames[3].stack[i] = v; /* no program gets so deep: kept for solve() */
		machine_store(m, &m->map[i * 8], 64, v);
	}
	for (int i = 0; i < ISA_REGS; i++)
		m->r[i] = term_const(&m->t, 64, 0);
}

static bool machine_ends_as(struct machine *m, const uint8_t *final)
{
	bool same = true;
	struct eval e;

	if (eval_init(&e, &m->t, m->input, GEN_VALUE_SIZE / 8))
		return false;
	for (unsigned i = 0; i < GEN_VALUE_SIZE; i++)
		same &= eval_term(&e, m->map[i]) == final[i];
	eval_done(&e);
	return same;
}

static bool run_program(uint64_t seed, bool by_solver)
{
	static struct gen g;
	static struct machine m;
	uint64_t input[GEN_VALUE_SIZE / 8];
	uint8_t final[GEN_VALUE_SIZE];
	const struct isa_insn *insns;
	struct arena arena;
	bool ok;

	gen_program(&g, seed, true, 0);
	for (unsigned i = 0; i < GEN_VALUE_SIZE / 8; i++)
		input[i] = gen_value(&g);
	memcpy(final, input, sizeof(final));
	arena_init(&arena, 0);
	ok = !isa_decode_program(g.insns, g.n, "generated", &arena, NULL, &insns) && interpret(insns, g.n, final);
	if (ok) {
		machine_start(&m, seed % 4 != 0, input);
		for (size_t at = 0; at != SIZE_MAX;)
			at = machine_step(&m, insns, at);
		ok = machine_ends_as(&m, final);
		if (ok && by_solver)
			ok = solve(&m, final);
		terms_done(&m.t);
		arena_done(&m.arena);
	}
	if (!ok)
		printf("# seed %" PRIu64 " disagrees\n", seed);
	arena_done(&arena);
	return ok;
}

int main(void)
{
	struct gen g = { .state = 42 };
	unsigned good = 0, solved = 0;

	for (size_t r = 0; r < isa_table_len; r++) {
		check_row(&g, &isa_table[r], true);
		check_row(&g, &isa_table[r], false);
	}
	for (uint64_t seed = 1; seed <= PROGRAMS; seed++)
		good += run_program(seed, false);
	tap_ok(good == PROGRAMS, "%u of %u programs end the same in numbers and in terms", good, PROGRAMS);
	for (uint64_t seed = 1; seed <= SOLVED; seed++)
		solved += run_program(seed * 17, true);
	tap_ok(solved == SOLVED, "%u of %u programs: z3 and cvc5 agree with the numbers", solved, SOLVED);
	return tap_done();
}
