// SPDX-License-Identifier: GPL-2.0-only
/* verdict: see verdict.h. The one place where "holds" is said. */
#include "prove/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "prove/command.h"
#include "prove/contract.h"
#include "prove/eval.h"
#include "prove/lift.h"
#include "prove/replay_reads.h"
#include "prove/symlayout.h"
#include "prove/symread.h"

#define MAX_SINGLE 48
#define ABOUT_SECONDS 5.0 /* of one solver, before all are asked for a run */

const char *verdict_name(enum verdict_kind k)
{
	static const char *const name[] = { "unknown", "holds", "fails", "-" };

	return name[k];
}

static bool mine(const struct oblig *o, enum prop prop, uint32_t clause)
{
	return o->prop == prop && (prop != PROP_CONTRACT || o->clause == clause);
}

static term violated(struct sym *s, const struct oblig *o)
{
	return term_and(&s->t, o->guard, term_not(&s->t, o->cond));
}

term verdict_goal(struct sym *s, enum prop prop, uint32_t clause)
{
	term any = TERM_FALSE;

	for (size_t i = 0; i < s->n_obligs; i++)
		if (mine(&s->oblig[i], prop, clause))
			any = term_or(&s->t, any, violated(s, &s->oblig[i]));
	return any;
}

term verdict_whole_goal(struct sym *s, enum prop prop, uint32_t clause)
{
	term goal = verdict_goal(s, prop, clause);

	return term_and(&s->t, goal, symread_relations(s, goal));
}

/* Wishes that make a model look like a machine: kernel pointers apart, canonical, aligned. */
static term nice_addresses(struct sym *s)
{
	struct terms *t = &s->t;
	term all = TERM_TRUE, base[24];
	uint32_t n = 0;

	for (size_t i = 1; i < s->n_regions && n < 24; i++) {
		const struct region *r = s->region[i];

		if (r->kind == REGION_KOBJ && !term_is_const(t, r->base))
			base[n++] = r->base;
	}
	for (uint32_t i = 0; i < n; i++) {
		term null = term_eq_k(t, base[i], 0);
		term high = term_eq_k(t, term_extract(t, base[i], 63, 56), 0xff);
		term even = term_eq_k(t, term_extract(t, base[i], 11, 0), 0);

		all = term_and(t, all, term_or(t, null, term_and(t, high, even)));
		for (uint32_t j = 0; j < i; j++)
			all = term_and(t, all, term_or(t, term_eq(t, base[i], base[j]),
						       term_not(t, term_eq(t, term_extract(t, base[i], 63, 20),
									   term_extract(t, base[j], 63, 20)))));
	}
	return all;
}

/* No way through a loop that is not unrolled: what an arbitrary iteration did is not replayed. */
static term without_loops(struct sym *s)
{
	term none = TERM_TRUE;

	for (size_t i = 0; i < s->n_log; i++)
		if (s->log[i].in_loop)
			none = term_and(&s->t, none, term_not(&s->t, s->log[i].guard));
	return none;
}

/* The violation that comes first in the model. */
static const struct oblig *first_violation(struct sym *s, const uint64_t *model, enum prop prop, uint32_t clause)
{
	const struct oblig *o = NULL;
	struct eval e;

	if (eval_init(&e, &s->t, model, s->t.n_vars) < 0)
		return NULL;
	for (size_t i = 0; i < s->n_obligs && !o; i++)
		if (mine(&s->oblig[i], prop, clause) && eval_term(&e, s->oblig[i].guard) && !eval_term(&e, s->oblig[i].cond))
			o = &s->oblig[i];
	eval_done(&e);
	return o;
}

void verdict_replay(struct sym *s, struct verdict *v, const uint64_t *model)
{
	const struct oblig *o = first_violation(s, model, v->prop, v->clause);
	struct buf b = BUF_INIT;

	replay_done(&v->replay);
	free(v->inputs);
	v->inputs = NULL;
	if (!o || replay_run(s, model, o, &v->replay) < 0)
		return;
	v->insn = o->insn;
	replay_print_inputs(s, model, o, &b);
	v->inputs = strdup(buf_str(&b));
	buf_done(&b);
	if (v->replay.confirmed) {
		v->model = calloc(s->t.n_vars + 1, sizeof(*v->model));
		if (v->model)
			memcpy(v->model, model, s->t.n_vars * sizeof(*model));
		v->n_model = v->model ? s->t.n_vars : 0;
		v->kind = VERDICT_FAILS;
		snprintf(v->reason, sizeof(v->reason), "%s", o->what);
	} else {
		snprintf(v->reason, sizeof(v->reason), "a counterexample (%s) that does not replay: %s", o->what, v->replay.why);
		v->hint = "the model of the environment is coarser than the kernel here, or this is a bug of bpfprove";
	}
}

#define MOST_CONTRADICTIONS 12

/* The model has two things at one address: that it has not, there, is added to what is asked. */
static bool contradicts(struct sym *s, const uint64_t *model, term *memory)
{
	struct read_pair pair;
	struct eval e;
	bool r;

	if (eval_init(&e, &s->t, model, s->t.n_vars) < 0)
		return false;
	r = replay_contradiction(s, &e, &pair);
	eval_done(&e);
	if (r)
		*memory = term_and(&s->t, *memory, replay_consistent(s, &pair));
	return r;
}

/*
 * Where a function is known by its contract, what a solver finds may be what the contract allows and no run does; then it does not
 * replay. What was proved of the program as it is, for all that the contract allows, is not proved of this one for all that.
 */
static void unproved(struct sym *s, struct verdict *v, term goal, const struct smt_opts *opts)
{
	term nice = nice_addresses(s), memory = TERM_TRUE;
	bool again = true;

	for (size_t round = 0; again && round < MOST_CONTRADICTIONS;) {
		const term query[2] = { goal, term_and(&s->t, nice, memory) };
		struct smt_answer a;

		symread_solve(s, query, 2, opts, &a);
		again = a.result == SMT_SAT ? contradicts(s, a.model, &memory) : nice != TERM_TRUE;
		if (a.result == SMT_SAT && !again) {
			verdict_replay(s, v, a.model);
			v->noticed = v->kind != VERDICT_FAILS;
		}
		round += a.result == SMT_SAT;
		nice = a.result == SMT_SAT ? nice : TERM_TRUE;
		smt_answer_done(&a);
	}
}

static void counterexample(struct sym *s, struct verdict *v, term goal, const struct smt_opts *opts,
			   const struct smt_answer *first)
{
	const term nice = nice_addresses(s), wish[] = { term_and(&s->t, nice, without_loops(s)), nice };

	term memory = TERM_TRUE;

	if (s->opts.noticed) {
		unproved(s, v, goal, opts);
		return;
	}
	for (size_t i = 0, round = 0; i < 2 && v->kind != VERDICT_FAILS;) {
		const term query[2] = { goal, term_and(&s->t, wish[i], memory) };
		struct smt_answer a;
		bool again = false;

		if (wish[i] == TERM_TRUE || (i && wish[i] == wish[0])) {
			i++;
			continue;
		}
		symread_solve(s, query, 2, opts, &a);
		if (a.result == SMT_SAT && round++ < MOST_CONTRADICTIONS)
			again = contradicts(s, a.model, &memory);
		if (a.result == SMT_SAT && !again)
			verdict_replay(s, v, a.model);
		smt_answer_done(&a);
		i += !again;
	}
	if (v->kind != VERDICT_FAILS)
		verdict_replay(s, v, first->model);
}

/* Too hard together: one by one, which also tells which is the hard one. */
static void one_by_one(struct sym *s, struct verdict *v, const struct smt_opts *opts)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_obligs; i++) {
		struct smt_answer a;
		term q;

		if (!mine(&s->oblig[i], v->prop, v->clause))
			continue;
		if (++n > MAX_SINGLE)
			return;
		q = violated(s, &s->oblig[i]);
		symread_solve(s, &q, 1, opts, &a);
		v->seconds += a.seconds;
		if (a.result == SMT_SAT)
			counterexample(s, v, q, opts, &a);
		bool unsat = a.result == SMT_UNSAT;
		if (!unsat && v->kind != VERDICT_FAILS && a.result == SMT_UNKNOWN)
			snprintf(v->reason, sizeof(v->reason), "%s (instruction %u): %s", s->oblig[i].what, s->oblig[i].insn, a.reason);
		v->solver = a.solver;
		v->second = a.second;
		smt_answer_done(&a);
		if (!unsat)
			return;
	}
	v->kind = VERDICT_HOLDS;
}

/* --- asking for more than is needed --- */

#define LESS_TERMS 250
#define WEAK_TERMS 2000 /* smaller goals are asked as they are */
#define WEAK_MOST 20000 /* of a weaker question */
#define WEAK_OBLIGS 64
#define WEAK_SECONDS 10

size_t verdict_goal_size(struct sym *s, term goal)
{
	uint8_t *mark = calloc(s->t.n, 1);
	size_t n = 0;

	if (!mark)
		return 0;
	term_mark(&s->t, &goal, 1, mark);
	for (size_t i = 0; i < s->t.n; i++)
		n += mark[i];
	free(mark);
	return n;
}

#define WEAK_PARTS 24
#define WEAK_LEVELS 3

/* The parts of a conjunction with the highest numbers: what was decided last on the way. */
static void newest(const struct terms *t, term a, term best[WEAK_PARTS])
{
	if (term_op(t, a) == TERM_OP_AND) {
		newest(t, t->node[a].a, best);
		newest(t, t->node[a].b, best);
		return;
	}
	for (int i = 0; i < WEAK_PARTS && a != best[i]; i++)
		if (a > best[i]) {
			memmove(&best[i + 1], &best[i], (size_t)(WEAK_PARTS - 1 - i) * sizeof(*best));
			best[i] = a;
			return;
		}
}

/*
 * The violation with less of the path condition: none of it (level 0), or what was decided last and is no large
 * term. It is possible
 * wherever the violation is, so there is none when nothing satisfies this.
 */
static term weaker(struct sym *s, const struct oblig *o, int level)
{
	static const size_t most[WEAK_LEVELS] = { 300, 300, 3000 };
	term guard = TERM_TRUE, best[WEAK_PARTS] = { 0 };

	if (level || o->cond == TERM_FALSE)
		newest(&s->t, o->guard, best);
	for (int k = 0; k < (level ? WEAK_PARTS : 2); k++)
		guard = best[k] && verdict_goal_size(s, best[k]) <= most[level] ? term_and(&s->t, guard, best[k]) : guard;
	return term_and(&s->t, guard, term_not(&s->t, o->cond));
}

/* Whether a goal that asks less than the property is impossible; by whom and how long goes to the verdict. */
static bool impossible(struct sym *s, struct verdict *v, term goal, const struct smt_opts *opts)
{
	struct smt_answer a;
	bool done;

	symread_solve(s, &goal, 1, opts, &a);
	v->seconds += a.seconds;
	v->disagree |= a.disagree;
	done = a.result == SMT_UNSAT;
	if (done) {
		v->solver = a.solver;
		v->second = a.second;
	}
	smt_answer_done(&a);
	return done;
}

/* Conditions that hold on any path: of all at once, else of halves of them. */
static void settle_together(struct sym *s, struct verdict *v, struct oblig **list, size_t n, const struct smt_opts *opts)
{
	term any = TERM_FALSE;

	for (size_t i = 0; i < n; i++)
		any = term_or(&s->t, any, term_not(&s->t, list[i]->cond));
	if (n && impossible(s, v, any, opts)) {
		for (size_t i = 0; i < n; i++)
			list[i]->cond = TERM_TRUE;
	} else if (n > 1) {
		settle_together(s, v, list, n / 2, opts);
		settle_together(s, v, list + n / 2, n - n / 2, opts);
	}
}

/* That a member lies in its structure needs no path, whatever the layout: all such conditions are one question. */
static void settle_layout(struct sym *s, struct verdict *v, const struct smt_opts *opts)
{
	struct oblig **list = calloc(s->n_obligs + 1, sizeof(*list));
	struct smt_opts quick = *opts;
	size_t n = 0;

	quick.timeout = opts->timeout < 1 ? opts->timeout : 1;
	for (size_t i = 0; list && i < s->n_obligs; i++)
		if (mine(&s->oblig[i], v->prop, v->clause) && s->oblig[i].cond != TERM_FALSE &&
		    symlayout_facts(s, &s->oblig[i].cond, 1, false) != TERM_TRUE && verdict_goal_size(s, s->oblig[i].cond) <= LESS_TERMS)
			list[n++] = &s->oblig[i];
	settle_together(s, v, list, n, &quick);
	free(list);
}

/* Does it hold for a simpler reason than the whole path to it? Not asked where that would leave out little. */
static bool settle_one(struct sym *s, struct verdict *v, const struct oblig *o, const struct smt_opts *opts)
{
	const size_t whole = verdict_goal_size(s, violated(s, o));
	bool done = false;

	for (int level = 0; level < WEAK_LEVELS && !done && !s->t.exhausted; level++) {
		term goal = weaker(s, o, level);
		size_t size = verdict_goal_size(s, goal);

		if (size > WEAK_MOST || size > whole / 4 * 3)
			continue;
		done = impossible(s, v, goal, opts);
	}
	return done;
}

/* What holds for a simpler reason is settled; the others are left. */
static void settle_weaker(struct sym *s, struct verdict *v, const struct smt_opts *opts)
{
	struct smt_opts quick = *opts;

	quick.timeout = opts->timeout < WEAK_SECONDS ? opts->timeout : WEAK_SECONDS;
	for (size_t i = 0; i < s->n_obligs; i++)
		if (mine(&s->oblig[i], v->prop, v->clause) && settle_one(s, v, &s->oblig[i], &quick))
			s->oblig[i].cond = TERM_TRUE;
}

/* The goal with large comparisons and hard arithmetic left open, from the coarsest on: true when even that is impossible. */
static bool settle_less(struct sym *s, struct verdict *v, term goal, const struct smt_opts *opts)
{
	static const uint32_t most[] = { 60, 1000 };
	struct smt_opts less = *opts;
	bool done = false;

	less.timeout = opts->timeout < WEAK_SECONDS ? opts->timeout : WEAK_SECONDS;
	for (size_t i = 0; i < sizeof(most) / sizeof(most[0]) && !done; i++) {
		less.weak = most[i];
		done = impossible(s, v, goal, &less);
	}
	return done;
}

static bool settled(const struct sym *s) { return !s->n_gaps && !s->stop && !s->t.exhausted; }

static void judge(struct sym *s, struct verdict *v, const struct smt_opts *opts)
{
	struct smt_answer a = { .result = SMT_UNSAT };

	if (s->layout_facts && !opts->whole && !s->t.exhausted)
		settle_layout(s, v, opts);
	term goal = verdict_goal(s, v->prop, v->clause);

	v->kind = VERDICT_UNKNOWN;
	size_t size = s->t.exhausted ? 0 : verdict_goal_size(s, goal);
	if (size >= LESS_TERMS && !opts->whole && settle_less(s, v, lift(&s->t, goal), opts))
		goal = TERM_FALSE;
	if (goal != TERM_FALSE && v->n_open <= WEAK_OBLIGS && size >= WEAK_TERMS && !opts->whole) {
		settle_weaker(s, v, opts);
		goal = verdict_goal(s, v->prop, v->clause);
	}
	if (goal != TERM_FALSE || !v->solver) {
		symread_solve(s, &goal, 1, opts, &a);
		v->solver = a.solver;
		v->second = a.second;
		v->seconds += a.seconds;
		v->disagree |= a.disagree;
	}
	if (a.result == SMT_UNSAT) {
		v->kind = VERDICT_HOLDS;
	} else if (a.result == SMT_SAT) {
		counterexample(s, v, goal, opts, &a);
	} else if (!a.disagree && v->n_open > 1 && !s->t.exhausted) {
		snprintf(v->reason, sizeof(v->reason), "%s", a.reason);
		one_by_one(s, v, opts);
	} else {
		snprintf(v->reason, sizeof(v->reason), "%s", a.reason);
	}
	smt_answer_done(&a);
	if (v->kind == VERDICT_UNKNOWN && !v->hint)
		v->hint = "a longer --timeout, another --solver";
	if (v->kind == VERDICT_HOLDS && v->disagree) {
		v->kind = VERDICT_UNKNOWN;
		snprintf(v->reason, sizeof(v->reason), "SOLVERS DISAGREE about a part of it");
	}
	if (v->kind == VERDICT_HOLDS && !settled(s)) {
		v->kind = VERDICT_UNKNOWN;
		snprintf(v->reason, sizeof(v->reason), "%s", s->n_gaps ? s->gap[0] : "the analysis did not finish");
		v->hint = "see the gaps listed below";
	}
}

/* Contradictory assumptions prove anything: that is a failure of the contract, and needs no replay. */
static void judge_requires(struct sym *s, struct verdict *v, const struct smt_opts *opts)
{
	struct smt_opts one = *opts;
	struct smt_answer a;

	one.both = false;
	symread_solve(s, &s->requires, 1, &one, &a);
	v->solver = a.solver;
	v->seconds = a.seconds;
	v->n_checked = v->n_open = 1;
	v->kind = a.result == SMT_SAT ? VERDICT_HOLDS : a.result == SMT_UNSAT ? VERDICT_FAILS : VERDICT_UNKNOWN;
	snprintf(v->reason, sizeof(v->reason), "%s", a.result == SMT_UNSAT ? "no input meets all of the contract's requires" : a.reason);
	if (a.result == SMT_UNSAT)
		snprintf(v->replay.why, sizeof(v->replay.why), "nothing to run: there is no such input");
	smt_answer_done(&a);
}

/* Whether a run that was found of another clause is one with `when`. */
static bool ran(struct sym *s, term when)
{
	bool found = false;

	for (size_t i = s->n_about_runs; i-- && !found;)
		found = symread_model(s, when, s->about_run[i].var, s->about_run[i].n_vars);
	return found;
}

static void keep_run(struct sym *s, const struct smt_answer *a)
{
	size_t size = a->n_vars * sizeof(*a->model);
	struct about_run *list = arena_grow(s->arena, s->about_run, s->n_about_runs, &s->cap_about_runs, sizeof(*list));
	uint64_t *var = size ? arena_alloc(s->arena, size) : NULL;

	if (list)
		s->about_run = list;
	if (!list || !var)
		return; /* it is found again */
	memcpy(var, a->model, size);
	list[s->n_about_runs++] = (struct about_run){ var, a->n_vars };
}

/* A clause that is about no run holds, and says nothing: as with assumptions, that is a failure of the contract. */
static void judge_about(struct sym *s, struct verdict *v, const struct smt_opts *opts)
{
	term when = TERM_FALSE;
	struct smt_opts one = *opts;
	struct smt_answer a;
	size_t n = 0;

	for (size_t i = 0; i < s->n_about; i++)
		if (s->about[i].clause == v->clause && ++n)
			when = term_or(&s->t, when, term_and(&s->t, s->about[i].when, s->requires));
	if (!n || ran(s, when))
		return;
	one.both = false;
	one.n_solvers = 1;
	one.timeout = opts->timeout < ABOUT_SECONDS ? opts->timeout : ABOUT_SECONDS;
	symread_solve(s, &when, 1, &one, &a);
	v->seconds += a.seconds;
	if (a.result == SMT_UNKNOWN) {
		smt_answer_done(&a);
		one.n_solvers = opts->n_solvers;
		one.timeout = opts->timeout;
		symread_solve(s, &when, 1, &one, &a);
		v->seconds += a.seconds;
	}
	v->empty = a.result == SMT_UNSAT;
	if (v->empty) {
		v->kind = VERDICT_FAILS;
		snprintf(v->reason, sizeof(v->reason), "it says nothing: no run is one that it is about");
		snprintf(v->replay.why, sizeof(v->replay.why), "nothing to run: there is no such run");
	} else if (a.result != SMT_SAT) {
		v->kind = VERDICT_UNKNOWN;
		snprintf(v->reason, sizeof(v->reason), "it holds, but whether it is about any run is not known: %s", a.reason);
		v->hint = "a longer --timeout, another --solver";
	} else if (a.model) {
		keep_run(s, &a);
	}
	smt_answer_done(&a);
}

static struct verdict *add(struct proof *p, enum prop prop, uint32_t clause, const char *title)
{
	struct verdict *v = realloc(p->verdict, (p->n + 1) * sizeof(*v));

	if (!v)
		return NULL;
	p->verdict = v;
	v[p->n] = (struct verdict){ .prop = prop, .clause = clause, .title = title };
	return &v[p->n++];
}

static void count_open(const struct sym *s, struct verdict *v)
{
	for (size_t i = 0; i < s->n_obligs; i++)
		v->n_open += mine(&s->oblig[i], v->prop, v->clause);
}

int verdict_list(struct sym *s, const struct contract *contract, struct proof *ret)
{
	struct verdict *v;

	*ret = (struct proof){ .sym = s };
	for (int p = 0; p < PROP_CONTRACT; p++) {
		v = add(ret, (enum prop)p, 0, prop_title((enum prop)p));
		if (!v)
			return -ENOMEM;
		v->n_checked = s->n_checked[p];
		count_open(s, v);
		if (!v->n_checked && settled(s))
			v->kind = VERDICT_ABSENT;
	}
	if (s->requires != TERM_TRUE && !add(ret, PROP_CONTRACT, VERDICT_REQUIRES, "its requires can be met"))
		return -ENOMEM;
	for (uint32_t i = 0; contract && i < contract_clause_count(contract, s->name); i++) {
		v = add(ret, PROP_CONTRACT, i, contract_clause_text(contract, s->name, i));
		if (!v)
			return -ENOMEM;
		v->n_checked = 1;
		count_open(s, v);
	}
	return 0;
}

void verdict_judge(struct sym *s, struct verdict *v, const struct smt_opts *opts)
{
	if (v->kind == VERDICT_ABSENT)
		return;
	if (v->prop == PROP_CONTRACT && v->clause == VERDICT_REQUIRES)
		judge_requires(s, v, opts);
	else
		judge(s, v, opts);
	if (v->prop == PROP_CONTRACT && v->kind == VERDICT_HOLDS)
		judge_about(s, v, opts);
}

int verdict_all(struct sym *s, const struct contract *contract, const struct smt_opts *opts, struct proof *ret)
{
	int r = verdict_list(s, contract, ret);

	for (size_t i = 0; !r && i < ret->n; i++) {
		verdict_judge(s, &ret->verdict[i], opts);
		ret->seconds += ret->verdict[i].seconds;
	}
	ret->seconds += s->solver_seconds;
	return r;
}

void proof_done(struct proof *p)
{
	for (size_t i = 0; i < p->n; i++) {
		replay_done(&p->verdict[i].replay);
		free(p->verdict[i].inputs);
		free(p->verdict[i].model);
	}
	free(p->verdict);
	p->verdict = NULL;
	p->n = 0;
}

int proof_status(const struct proof *p)
{
	int status = COMMAND_OK;

	for (size_t i = 0; i < p->n; i++) {
		if (p->verdict[i].kind == VERDICT_FAILS)
			return COMMAND_FAILS;
		if (p->verdict[i].kind == VERDICT_UNKNOWN)
			status = COMMAND_UNKNOWN;
	}
	return status;
}
