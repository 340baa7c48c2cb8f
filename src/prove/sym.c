// SPDX-License-Identifier: GPL-2.0-only
/*
 * sym: the executor. Blocks in weak topological order, one pending state per block, states joined when they meet.
 */
#include "prove/sym.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "common/diag.h"
#include "prove/contract.h"
#include "prove/symexec.h"
#include "prove/symfunc.h"
#include "prove/symiter.h"
#include "prove/symlayout.h"

#define MAX_DEPTH 16

static const char *const names[PROP_COUNT][2] = {
	[PROP_MEMORY] = { "memory", "every access is in bounds of something it may touch" },
	[PROP_NULL] = { "null", "no null pointer is used" },
	[PROP_INIT] = { "init", "nothing is read before it is written" },
	[PROP_ALIGN] = { "align", "accesses are aligned as the kernel demands" },
	[PROP_CALL] = { "call", "helpers are called as they demand" },
	[PROP_LEAK] = { "leak", "no lock, record or reference is held at the end" },
	[PROP_RECORD] = { "record", "what user space gets is initialised" },
	[PROP_TERMINATION] = { "termination", "it terminates" },
	[PROP_RETURN] = { "return", "the return value is one the hook accepts" },
	[PROP_WEAKEN] = { "weaken", "an earlier refusal is never weakened" },
	[PROP_INVARIANT] = { "invariant", "invariants of loops and maps hold where they have to" },
	[PROP_CONTRACT] = { "contract", "contract" },
};

const char *prop_name(enum prop p) { return names[p][0]; }
const char *prop_title(enum prop p) { return names[p][1]; }

/* --- records --- */

static void add_text(struct sym *s, const char ***list, size_t *n, size_t *cap, const char *fmt, va_list ap)
{
	char text[400];

	vsnprintf(text, sizeof(text), fmt, ap);
	for (size_t i = 0; i < *n; i++)
		if (!strcmp((*list)[i], text))
			return;
	const char **l = arena_grow(s->arena, (void *)(uintptr_t)*list, *n, cap, sizeof(*l));
	if (!l)
		return;
	*list = l;
	l[(*n)++] = arena_strdup(s->arena, text);
}

void sym_give_up(struct sym *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(s, &s->gap, &s->n_gaps, &s->cap_gaps, fmt, ap);
	va_end(ap);
	if (!s->n_gaps)
		s->stop = true;
}

void sym_assume(struct sym *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(s, &s->assumption, &s->n_assumptions, &s->cap_assumptions, fmt, ap);
	va_end(ap);
}

void sym_oblige_when(struct sym *s, term guard, enum prop prop, term cond, const char *what)
{
	s->n_checked[prop]++;
	if (guard == TERM_FALSE || term_implies(&s->t, guard, cond) == TERM_TRUE)
		return;
	struct oblig *list = arena_grow(s->arena, s->oblig, s->n_obligs, &s->cap_obligs, sizeof(*list));
	if (!list) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return;
	}
	s->oblig = list;
	list[s->n_obligs++] = (struct oblig){ .prop = prop, .insn = s->insn, .guard = guard, .cond = cond,
					      .what = what, .seq = (uint32_t)s->n_log };
}

void sym_oblige(struct sym *s, const struct state *st, enum prop prop, term cond, const char *what)
{
	sym_oblige_when(s, st->pc, prop, cond, what);
}

void sym_oblige_there(struct sym *s, term guard, enum prop prop, term cond, const char *what)
{
	size_t n = s->n_obligs;

	sym_oblige_when(s, guard, prop, cond, what);
	if (s->n_obligs > n)
		s->oblig[n].access = true;
}

struct log_entry *sym_log(struct sym *s, const struct state *st, enum log_kind kind)
{
	static struct log_entry nowhere;
	struct log_entry *list = arena_grow(s->arena, s->log, s->n_log, &s->cap_log, sizeof(*list));
	const struct state *at = s->variant && kind == LOG_CALL ? state_copy(s, (struct state *)(uintptr_t)st) : NULL;

	if (!list) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return &nowhere;
	}
	s->log = list;
	list[s->n_log] = (struct log_entry){ .kind = kind, .insn = s->insn, .guard = st->pc, .at = at };
	return &list[s->n_log++];
}

/* --- states --- */

static struct state *state_alloc(struct sym *s)
{
	struct state *st = arena_new(s->arena, struct state);

	if (!st) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return NULL;
	}
	st->id = ++s->next_state;
	return st;
}

struct state *state_copy(struct sym *s, struct state *st)
{
	struct state *c = state_alloc(s);

	if (!c)
		return NULL;
	uint32_t id = c->id;
	/* what both now share belongs to neither: the next write of either copies */
	st->id = ++s->next_state;
	*c = *st;
	c->id = id;
	c->mem = arena_calloc(s->arena, st->n_mem + 1, sizeof(*c->mem));
	if (!c->mem) {
		s->stop = true;
		sym_give_up(s, "out of memory");
		c->n_mem = 0;
	} else if (st->n_mem) {
		memcpy(c->mem, st->mem, st->n_mem * sizeof(*c->mem));
	}
	return c;
}

/* --- one instruction --- */

const struct val *sym_reg(struct sym *s, struct state *st, unsigned r)
{
	if (st->r[r]->init != TERM_TRUE)
		sym_oblige(s, st, PROP_INIT, st->r[r]->init, arena_printf(s->arena, "r%u is read before it is written", r));
	else
		s->n_checked[PROP_INIT]++;
	if (st->r[r]->n)
		st->r[r] = val_prune(s, st, st->r[r]);
	return st->r[r];
}

static void exec_atomic(struct sym *s, struct state *st, const struct isa_insn *in)
{
	struct isa_algebra alg = val_algebra(&s->t);
	unsigned size = in->size / 8;
	const struct val *ptr = sym_reg(s, st, in->dst), *src = sym_reg(s, st, in->src);
	symshare_atomic(s, true);
	const struct val *old = sym_load(s, st, ptr, in->off, size);
	term r0 = in->op == ISA_ATOMIC_CMPXCHG ? val_number(s, sym_reg(s, st, 0)) : term_const(&s->t, 64, 0);
	term o = term_extract(&s->t, val_number(s, old), in->size - 1, 0);
	term n = (term)isa_sem_atomic(&alg, in, o, val_number(s, src), r0);

	for (uint32_t i = 0; i < ptr->n; i++)
		sym_oblige_when(s, term_and(&s->t, st->pc, ptr->alt[i].guard), PROP_ALIGN,
				term_eq_k(&s->t, term_bin(&s->t, TERM_OP_UREM,
							  term_add(&s->t, ptr->alt[i].off, term_const(&s->t, 64, (uint64_t)(int64_t)in->off)),
							  term_const(&s->t, 64, size)), 0), "atomic access is misaligned");
	sym_store(s, st, ptr, in->off, size, val_scalar(s, term_extend(&s->t, false, 64, n)));
	symshare_atomic(s, false);
	const struct val *back = val_scalar(s, term_extend(&s->t, false, 64, o));
	if (in->op == ISA_ATOMIC_CMPXCHG)
		st->r[0] = back;
	else if (in->fetch)
		st->r[in->src] = back;
}

struct kernel_symbol {
	const char *name;
	term address;
	struct kernel_symbol *next;
};

term sym_address(struct sym *s, const struct bpfobj_ref *ref)
{
	const struct bt *btf = bpfobj_btf(s->obj);
	const struct bt_type *var = ref && ref->kind == BPFOBJ_REF_KSYM && ref->type && ref->name ? bt_get(btf, ref->type) : NULL;
	const struct bt_type *type = var && var->kind == BT_VAR ? bt_resolve(btf, var->ref) : NULL;
	struct kernel_symbol *y = s->symbols;

	if (!type || type->kind != BT_VOID)
		return TERM_NONE;
	while (y && strcmp(y->name, ref->name))
		y = y->next;
	if (y)
		return y->address;
	y = arena_new(s->arena, struct kernel_symbol);
	if (!y)
		return TERM_NONE;
	*y = (struct kernel_symbol){ ref->name, term_fresh(&s->t, 64, arena_printf(s->arena, "address of %s", ref->name)), s->symbols };
	s->symbols = y;
	sym_assume(s, "the kernel has a symbol %s, at any address%s", ref->name, ref->weak ? ", or none, which reads as 0" : "");
	return y->address;
}

static const struct val *imm64(struct sym *s, const struct isa_insn *in, uint32_t at)
{
	const struct bpfobj_ref *ref = bpfobj_ref_at(s->prog, at);

	switch (in->imm_kind) {
	case ISA_IMM_VALUE:
		return val_const(s, in->imm64);
	case ISA_IMM_MAP_FD:
		if ((uint32_t)in->imm < s->n_maps)
			return val_ptr_k(s, s->map[in->imm].region, 0);
		break;
	case ISA_IMM_MAP_VALUE: {
		struct region *r = symmap_global(s, (uint32_t)in->imm);

		if (r)
			return val_ptr_k(s, r->id, in->imm64 >> 32);
		break;
	}
	case ISA_IMM_FUNC: {
		struct region *r = region_new(s, REGION_FUNC, 0, "function at %u", in->target);

		r->number = in->target;
		return val_ptr_k(s, r->id, in->target);
	}
	case ISA_IMM_VAR:
		if (sym_address(s, ref))
			return val_scalar(s, sym_address(s, ref));
		break;
	default:
		break;
	}
	sym_give_up(s, "instruction %u: reference to %s is not modelled", at, ref && ref->name ? ref->name : "the kernel");
	return val_ptr_k(s, region_new(s, REGION_OPAQUE, 0, "kernel reference")->id, 0);
}

/* Everything that is not control flow; NULL when the way ends here. */
static struct state *exec_straight(struct sym *s, struct state *st, const struct isa_insn *in, uint32_t at)
{
	struct isa_algebra alg = val_algebra(&s->t);
	unsigned size = in->size / 8;

	if (symlayout_exec(s, st, in, at))
		return st;
	if (isa_is_alu(in->op)) {
		const struct val *src = in->operand == ISA_OPERAND_REG ? sym_reg(s, st, in->src) : st->r[0];
		bool reads = in->op != ISA_MOV && in->op != ISA_MOVSX;
		const struct val *dst = reads ? sym_reg(s, st, in->dst) : st->r[in->dst];

		sym_oblige(s, st, PROP_MEMORY, term_bool(in->dst != ISA_REG_FP), "r10 is written");
		st->r[in->dst] = val_alu(s, in, dst, src);
		return st;
	}
	if (isa_is_atomic(in->op)) {
		exec_atomic(s, st, in);
		return st;
	}
	switch (in->op) {
	case ISA_LOAD:
	case ISA_LOAD_SX: {
		const struct val *v = sym_load(s, st, sym_reg(s, st, in->src), in->off, size);

		if (!v->n || (size < 8 && !s->ctx_ptr_load[at]))
			v = val_scalar(s, (term)isa_sem_load(&alg, in, term_extract(&s->t, val_number(s, v), in->size - 1u, 0)));
		st->r[in->dst] = v;
		return st;
	}
	case ISA_STORE_REG:
		sym_store(s, st, sym_reg(s, st, in->dst), in->off, size, sym_reg(s, st, in->src));
		return st;
	case ISA_STORE_IMM:
		sym_store(s, st, sym_reg(s, st, in->dst), in->off, size,
			  val_scalar(s, (term)isa_sem_operand(&alg, in, 0)));
		return st;
	case ISA_LD_IMM64:
		st->r[in->dst] = imm64(s, in, at);
		return st;
	case ISA_CALL_LOCAL:
		if (symfunc_is_modular(s, in->target))
			return symfunc_call(s, st, in->target);
		return sym_call(s, st, in->target);
	case ISA_CALL_HELPER:
		return helper_call(s, st, in);
	case ISA_CALL_KFUNC:
		if (symiter_call(s, st, at))
			return st;
		/* fallthrough */
	default:
		sym_give_up(s, "instruction %u (%s) is not modelled", at, isa_op_name(in->op));
		for (int i = 0; i <= 5; i++)
			st->r[i] = val_scalar(s, term_fresh(&s->t, 64, "unmodelled"));
		return st;
	}
}

/* --- two programs at once --- */

static bool varies(struct sym *s, uint32_t at)
{
	struct sym_variant *v = s->variant;

	if (!v || v->insn != at)
		return false;
	if (!v->reached)
		v->n_vars = s->t.n_vars;
	v->reached = true;
	return true;
}

static term variant_cond(struct sym *s, const struct val *a, const struct val *b, term cond, uint32_t target)
{
	const struct isa_insn *with = &s->variant->with;
	term other = with->op == ISA_JA ? term_bool(with->target == target) : val_cond(s, with, a, b);

	return term_ite(&s->t, s->variant->is, other, cond);
}

static struct state *exec_variant(struct sym *s, struct state *st, const struct isa_insn *in, uint32_t at)
{
	struct state *other = state_copy(s, st);

	if (!other)
		return NULL;
	other->pc = term_and(&s->t, st->pc, s->variant->is);
	st->pc = term_and(&s->t, st->pc, term_not(&s->t, s->variant->is));
	if (s->variant->with.op != ISA_JA)
		other = exec_straight(s, other, &s->variant->with, at);
	st = exec_straight(s, st, in, at);
	return state_join(s, other, st);
}

/* --- blocks and loops --- */

static void arrive(struct sym *s, struct activation *a, uint32_t block, struct state *st)
{
	if (st && st->pc != TERM_FALSE)
		a->pending[block] = state_join(s, a->pending[block], st);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts); /* what else the machine does is no reason to give up */
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool over_limit(struct sym *s)
{
	bool late = s->opts.max_seconds > 0 && s->steps % 64 == 0 && seconds() - s->started > s->opts.max_seconds;

	if (++s->steps <= s->opts.max_steps && !s->t.exhausted && !late)
		return false;
	sym_give_up(s, s->t.exhausted ? "too many terms" : late ? "the time limit of the execution (--limit)" :
								  "too many instructions executed");
	s->stop = true;
	return true;
}

void sym_exec_block(struct sym *s, struct activation *a, uint32_t b)
{
	const struct block *bl = &a->cfg->block[b];
	struct state *st = a->pending[b];

	a->pending[b] = NULL;
	for (uint32_t i = bl->start; st && i < bl->end && !s->stop; i += s->insns[i].slots ? s->insns[i].slots : 1) {
		const struct isa_insn *in = &s->insns[i];

		s->insn = i;
		if (over_limit(s))
			return;
		if (in->op == ISA_EXIT) {
			if (s->depth == 1 && !s->func) /* functions of the program may be void */
				sym_reg(s, st, 0);
			a->exit = state_join(s, a->exit, st);
			return;
		}
		if (isa_is_cond_jump(in->op)) {
			const struct val *x = sym_reg(s, st, in->dst);
			const struct val *y = in->operand == ISA_OPERAND_REG ? sym_reg(s, st, in->src) : st->r[0];
			term c = val_cond(s, in, x, y);
			if (varies(s, i))
				c = variant_cond(s, x, y, c, in->target);
			struct state *taken = state_copy(s, st);

			if (!taken)
				return;
			taken->pc = term_and(&s->t, st->pc, c);
			st->pc = term_and(&s->t, st->pc, term_not(&s->t, c));
			arrive(s, a, bl->succ[bl->n_succ - 1], taken);
			arrive(s, a, bl->succ[0], st);
			return;
		}
		if (in->op == ISA_JA)
			break;
		st = varies(s, i) ? exec_variant(s, st, in, i) : exec_straight(s, st, in, i);
	}
	if (st && bl->n_succ)
		arrive(s, a, bl->succ[0], st);
}

bool sym_body_pending(const struct activation *a, const struct wto *w)
{
	for (; w; w = w->next)
		if (a->pending[w->block] || (w->loop && sym_body_pending(a, w->body)))
			return true;
	return false;
}

#define LOOKS_A_SECOND 48.0 /* most loops end by themselves: the longer they do not, the longer a solver may think about it */

static bool look_again(uint32_t k)
{
	return k >= 12 && (!(k & (k - 1)) || !((k - 1) & (k - 2)) || (k % 3 == 0 && !((k / 3) & (k / 3 - 1))) || k % 64 == 1);
}

/* The loop comes round more often than the contract says. */
static void oblige_rounds(struct sym *s, struct activation *a, const struct wto *w, uint32_t most)
{
	if (a->pending[w->block])
		sym_oblige(s, a->pending[w->block], PROP_INVARIANT, TERM_FALSE, arena_printf(s->arena, "the loop comes round more than %u times", most));
	a->pending[w->block] = NULL;
}

static void exec_loop(struct sym *s, struct activation *a, const struct wto *w)
{
	uint32_t most = w->head ? contract_head_unroll(w->head) : 0;

	for (uint32_t k = 0; !s->stop && (a->pending[w->block] || sym_body_pending(a, w->body)); k++) {
		if (most && k > most)
			oblige_rounds(s, a, w, most);
		struct state *st = a->pending[w->block];

		s->insn = a->cfg->block[w->block].start;
		if (st && !most && look_again(k) && !state_feasible(s, st, k / LOOKS_A_SECOND)) {
			a->pending[w->block] = NULL;
			continue;
		}
		if (k >= (most ? most + 2 : s->opts.max_unroll)) {
			sym_give_up(s, "the loop at instruction %u was not proved to end within %u iterations", s->insn, k);
			s->n_checked[PROP_TERMINATION]++;
			s->stop = true;
			return;
		}
		if (st)
			sym_exec_block(s, a, w->block);
		sym_exec_list(s, a, w->body);
	}
	s->n_checked[PROP_TERMINATION]++;
}

void sym_exec_list(struct sym *s, struct activation *a, const struct wto *w)
{
	for (; w && !s->stop; w = w->next) {
		if (w->head && !contract_head_unroll(w->head))
			symhead_run(s, a, w);
		else if (w->loop)
			exec_loop(s, a, w);
		else if (a->pending[w->block])
			sym_exec_block(s, a, w->block);
	}
}

static struct func_cfg *cfg_of(struct sym *s, uint32_t start)
{
	if (s->cfgs[start])
		return s->cfgs[start];
	if (symcfg_build(s->insns, s->n_insns, start, s->arena, &s->cfgs[start]) < 0)
		sym_give_up(s, "out of memory");
	else
		contract_find_heads(s, s->cfgs[start]);
	return s->cfgs[start];
}

struct state *sym_call(struct sym *s, struct state *st, uint32_t start)
{
	struct activation a = { .cfg = cfg_of(s, start) };
	const struct val *saved[ISA_REGS];

	if (!a.cfg || s->depth >= MAX_DEPTH) {
		sym_give_up(s, s->depth >= MAX_DEPTH ? "calls nest deeper than %u" : "out of memory", MAX_DEPTH);
		s->stop = true;
		return NULL;
	}
	a.pending = arena_calloc(s->arena, a.cfg->n, sizeof(*a.pending));
	if (!a.pending) {
		s->stop = true;
		return NULL;
	}
	memcpy(saved, st->r, sizeof(saved));
	memcpy(a.arg, &st->r[1], sizeof(a.arg));
	struct region *frame = region_new(s, REGION_STACK, ISA_STACK_SIZE, "stack%u", s->depth);
	frame->dynamic = s->depth > 0;
	frame->frame = s->depth && st->r[ISA_REG_FP]->n ? st->r[ISA_REG_FP]->alt[0].region : 0;
	st->r[0] = val_uninit(s);
	for (int i = 6; i < 10; i++)
		st->r[i] = val_uninit(s);
	st->r[10] = val_ptr_k(s, frame->id, ISA_STACK_SIZE);
	s->depth++;
	arrive(s, &a, 0, st);
	sym_exec_list(s, &a, a.cfg->order);
	s->depth--;
	frame->released = TERM_TRUE;
	if (a.exit) {
		symiter_frame_ends(s, a.exit, frame);
		for (int i = 1; i <= 5; i++)
			a.exit->r[i] = val_uninit(s);
		memcpy(&a.exit->r[6], &saved[6], 5 * sizeof(saved[0]));
	}
	return a.exit;
}

/* --- the whole program --- */

static int init(struct sym *s, struct arena *arena, const struct bpfobj *obj, const struct bpfobj_prog *prog,
		const struct bpfobj_func *func, const struct sym_opts *opts)
{
	memset(s, 0, sizeof(*s));
	s->arena = arena;
	s->obj = obj;
	s->prog = prog;
	s->func = func ? func : prog->type == BPF_PROG_TYPE_EXT ? &prog->funcs[0] : NULL;
	s->name = func ? arena_printf(arena, "function:%s", func->name) : prog->name;
	s->opts = *opts;
	s->kernel = opts->layouts ? opts->kernel : bpfobj_kernel(obj);
	s->n_insns = prog->n_insns;
	s->locked = TERM_FALSE;
	s->n_map_ops = 1;
	if (!sympath_init(s) || !s->name)
		return -ENOMEM;
	s->stable = contract_stable(opts->contract, s->name);
	s->requires = TERM_TRUE;
	int r = terms_init(&s->t, arena, opts->max_terms);
	if (r < 0)
		return r;
	region_new(s, REGION_OPAQUE, 0, "nothing"); /* region 0 means none */
	return 0;
}

int sym_init_maps(struct sym *s, struct arena *arena, const struct bpfobj *obj, const struct sym_opts *opts, struct diag *diag)
{
	static const struct bpfobj_prog none = { .name = "" };
	int r = init(s, arena, obj, &none, NULL, opts);

	s->diag = diag;
	return r < 0 ? r : symmap_init(s);
}

int sym_init(struct sym *s, struct arena *arena, const struct bpfobj *obj, const struct bpfobj_prog *prog,
	     const struct bpfobj_func *func, const struct sym_opts *opts, struct diag *diag)
{
	int r = init(s, arena, obj, prog, func, opts);

	if (r < 0)
		return r;
	r = isa_decode_program(prog->insns, prog->n_insns, prog->name, arena, diag, &s->insns);
	if (r < 0)
		return r;
	s->cfgs = arena_calloc(arena, prog->n_insns, sizeof(*s->cfgs));
	s->ctx_ptr_load = arena_alloc(arena, prog->n_insns);
	s->layout_value = arena_calloc(arena, prog->n_insns, sizeof(*s->layout_value));
	return s->cfgs && s->ctx_ptr_load && s->layout_value ? symmap_init(s) : -ENOMEM;
}

term sym_ghost(struct sym *s, const char *name)
{
	for (size_t i = 0; i < sizeof(s->ghost) / sizeof(s->ghost[0]); i++) {
		if (!s->ghost_name[i]) {
			s->ghost_name[i] = name;
			s->ghost[i] = term_fresh(&s->t, 64, name);
		}
		if (!strcmp(s->ghost_name[i], name))
			return s->ghost[i];
	}
	sym_give_up(s, "more than 8 ghost variables");
	return term_fresh(&s->t, 64, name);
}

uint32_t sym_last_insn(const struct sym *s)
{
	const struct bpfobj_func *f = s->func ? s->func : &s->prog->funcs[0];

	return f->len ? f->start + f->len - 1 : s->prog->n_insns - 1;
}

static int start(struct sym *s, struct state *st, struct diag *diag)
{
	if (!s->func)
		return symctx_init(s, st, diag);
	symfunc_enter(s, st);
	return 0;
}

int sym_run(struct sym *s, struct diag *diag)
{
	struct state *st = state_alloc(s);

	if (!st)
		return -ENOMEM;
	s->started = seconds();
	s->diag = diag;
	st->pc = TERM_TRUE;
	for (int i = 0; i < ISA_REGS; i++)
		st->r[i] = val_uninit(s);
	int r = start(s, st, diag);
	if (r < 0)
		return r;
	s->initial = state_copy(s, st);
	st = s->stop ? NULL : sym_call(s, st, s->func ? s->func->start : 0);
	if (s->bad)
		return -EINVAL;
	s->n_checked[PROP_TERMINATION]++;
	s->final = st;
	for (uint32_t i = 0; i < s->prog->n_cores; i++)
		if (!s->prog->cores[i].applied && !s->opts.layouts)
			sym_give_up(s, "CO-RE relocations were not applied: give a kernel BTF (--btf)");
	if (st && !s->stop) {
		s->insn = sym_last_insn(s);
		symctx_exit(s, st);
	}
	symlayout_assume(s);
	if (s->t.exhausted)
		sym_give_up(s, "too many terms (limit %zu)", s->t.limit);
	return 0;
}

void sym_done(struct sym *s) { terms_done(&s->t); }
