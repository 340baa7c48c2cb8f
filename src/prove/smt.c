// SPDX-License-Identifier: GPL-2.0-only
/*
 * smt: processes, pipes, limits. Must never turn a solver's silence, error or death into an answer.
 */
#include "prove/smt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/diag.h"
#include "prove/answers.h"
#include "prove/eval.h"
#include "prove/smtfmt.h"

#define STAGGER 0.25 /* seconds the first solver runs alone */
#define SECOND_WAY 3 /* of its processor time; then it is asked in its other way instead */
#define MAX_OUTPUT (64u << 20)

/* How each solver is called; in which other way, when that takes long: what a few bits settle is for the first, long chains of
 * choices are for the second; how for questions that are nearly propositional (smt_print_weak()), if otherwise; and how for those
 * from which only hard arithmetic is left out. */
static const struct solver {
	const char *name;
	const char *argv[6];
	const char *second_argv[6];
	const char *weak_argv[6];
	const char *hard_argv[6];
} solver_table[] = {
	{ "bitwuzla", { "bitwuzla", "--lang", "smt2", "--produce-models", "/dev/stdin", NULL }, { NULL }, { NULL }, { NULL } },
	{ "z3", { "z3", "-smt2", "-in", NULL }, { NULL }, { NULL }, { "z3", "tactic.default_tactic=qfaufbv", "-smt2", "-in", NULL } },
	{ "cvc5", { "cvc5", "--lang=smt2", "--produce-models", "--bitblast=lazy", "-", NULL },
	  { "cvc5", "--lang=smt2", "--produce-models", "--bitblast=eager", "-", NULL },
	  { "cvc5", "--lang=smt2", "--bitblast=lazy", "--simplification=none", "-", NULL },
	  { NULL } },
};
#define N_SOLVERS (sizeof(solver_table) / sizeof(solver_table[0]))

struct run {
	const struct solver *solver;
	const char *const *argv;
	struct run *other; /* the same solver, asked in its other way; NULL. Of the two one answers. */
	bool second;
	pid_t pid;
	int in, out; /* -1 when closed */
	size_t sent;
	struct buf text;
	double start, seconds;
	bool done;
	bool keyed; /* the question has a name by which its answer is kept */
	struct answers_key key;
	enum smt_result result;
	uint64_t *model;
	char reason[160];
};

struct query {
	const struct terms *t;
	const term *asserts;
	size_t n;
	struct buf script;
	uint32_t *vars;
	size_t n_vars;
	bool weak; /* the script asks for less: only "unsat" is an answer */
	struct answers *answers;
	struct run run[2 * SMT_MAX_SOLVERS]; /* first ways before second ones */
	size_t n_runs;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

const char *smt_result_name(enum smt_result r)
{
	return r == SMT_SAT ? "sat" : r == SMT_UNSAT ? "unsat" : "unknown";
}

static bool on_path(const char *name)
{
	const char *path = getenv("PATH");
	char file[4096];

	while (path && *path) {
		size_t len = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
		if (!access(file, X_OK))
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

static const struct solver *find_solver(const char *name, size_t len)
{
	for (size_t i = 0; i < N_SOLVERS; i++)
		if (strlen(solver_table[i].name) == len && !memcmp(solver_table[i].name, name, len))
			return &solver_table[i];
	return NULL;
}

int smt_opts_init(struct smt_opts *o, const char *list, struct diag *diag)
{
	o->n_solvers = 0;
	for (size_t i = 0; !list && i < N_SOLVERS; i++)
		if (on_path(solver_table[i].name))
			o->solver[o->n_solvers++] = solver_table[i].name;
	while (list && *list) {
		size_t len = strcspn(list, ",");
		const struct solver *s = find_solver(list, len);

		if (!s)
			return diag_fail(diag, -ENOENT, NULL, "unknown solver '%.*s'", (int)len, list);
		if (!on_path(s->name))
			return diag_fail(diag, -ENOENT, NULL, "solver '%s' is not on PATH", s->name);
		if (o->n_solvers < SMT_MAX_SOLVERS)
			o->solver[o->n_solvers++] = s->name;
		list += len + (list[len] == ',');
	}
	if (!o->n_solvers)
		return diag_fail(diag, -ENOENT, NULL, "no SMT solver found: install z3 or cvc5");
	if (o->both && o->n_solvers < 2)
		return diag_fail(diag, -ENOENT, NULL, "--both needs two solvers");
	return 0;
}

static void child(const char *const *argv, int in, int out, const struct smt_opts *o)
{
	struct rlimit mem = { o->memory_mb << 20, o->memory_mb << 20 };
	struct rlimit cpu = { (rlim_t)o->timeout + 2, (rlim_t)o->timeout + 3 };
	struct rlimit core = { 0, 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	if (o->memory_mb)
		setrlimit(RLIMIT_AS, &mem);
	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &core);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static int start(struct run *r, const struct smt_opts *o)
{
	int in[2], out[2];

	r->in = r->out = -1;
	if (pipe2(in, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return -errno;
	}
	r->pid = vfork(); /* not fork: a copy of the tables of a large process takes longer than most questions */
	if (r->pid == 0)
		child(r->argv, in[0], out[1], o);
	close(in[0]);
	close(out[1]);
	r->in = in[1];
	r->out = out[0];
	fcntl(r->in, F_SETFL, O_NONBLOCK);
	fcntl(r->out, F_SETFL, O_NONBLOCK);
	r->start = now();
	return r->pid < 0 ? -EAGAIN : 0;
}

static void stop(struct run *r)
{
	if (r->in >= 0)
		close(r->in);
	if (r->out >= 0)
		close(r->out);
	r->in = r->out = -1;
	if (r->pid > 0) {
		kill(r->pid, SIGKILL);
		waitpid(r->pid, NULL, 0);
	}
	r->pid = 0;
}

/* Check the model by evaluation; only then is it an answer. */
static void take_model(struct run *r, const struct query *q, const char *text)
{
	uint64_t *val = calloc(q->n_vars + 1, sizeof(*val)), *model = calloc(q->t->n_vars + 1, sizeof(*model));
	struct eval e = { 0 };
	bool good = val && model && (!q->n_vars || !smt_parse_values(text, q->n_vars, val));

	for (size_t i = 0; good && i < q->n_vars; i++)
		model[q->vars[i]] = val[i];
	if (!good || eval_init(&e, q->t, model, q->t->n_vars) < 0) {
		snprintf(r->reason, sizeof(r->reason), "%s: sat, but no readable model", r->solver->name);
		good = false;
	}
	for (size_t i = 0; good && i < q->n; i++)
		if (!eval_term(&e, q->asserts[i])) {
			snprintf(r->reason, sizeof(r->reason), "%s: its model does not satisfy the query",
				 r->solver->name);
			good = false;
		}
	eval_done(&e);
	free(val);
	if (good) {
		r->result = SMT_SAT;
		r->model = model;
	} else {
		free(model);
	}
}

/* Of the two ways one answers: a solver that agrees with itself is no second one. */
static void drop_other(struct run *r)
{
	if (!r->other)
		return;
	r->other->done = true;
	*r->other->reason = '\0';
	stop(r->other);
}

static void read_answer(struct run *r, const struct query *q)
{
	const char *text = buf_str(&r->text);

	r->done = true;
	while (*text == '\n' || *text == ' ')
		text++;
	if (!strncmp(text, "unsat\n", 6))
		r->result = SMT_UNSAT;
	else if (!strncmp(text, "sat\n", 4) && q->weak)
		r->result = SMT_SAT;
	else if (!strncmp(text, "sat\n", 4))
		take_model(r, q, text + 4);
	else
		snprintf(r->reason, sizeof(r->reason), "%s: %.100s", r->solver->name, *text ? text : "died without an answer");
	for (char *c = r->reason; *c; c++)
		if (*c == '\n')
			*c = ' ';
	if (r->result != SMT_UNKNOWN)
		drop_other(r);
}

static void finish(struct run *r, const struct query *q)
{
	r->seconds = now() - r->start;
	read_answer(r, q);
	stop(r);
	if (r->keyed && r->result != SMT_UNKNOWN)
		answers_keep(q->answers, &r->key, buf_str(&r->text), r->text.len, 0);
}

/* The answer it gave to the same question before. */
static void recall(struct run *r, const struct query *q, const struct smt_opts *o)
{
	r->keyed = q->answers && !answers_key(q->answers, r->argv, buf_str(&q->script), q->script.len, &r->key);
	if (!r->keyed)
		return;
	if (answers_find(q->answers, &r->key, &r->text)) {
		read_answer(r, q);
		if (r->result != SMT_UNKNOWN)
			return;
		buf_reset(&r->text); /* a damaged one: it is asked again */
		*r->reason = '\0';
	}
	r->done = answers_hopeless(q->answers, &r->key, o->timeout);
	if (r->done)
		snprintf(r->reason, sizeof(r->reason), "%s: no answer in %g s", r->solver->name, o->timeout);
}

static void feed(struct run *r, const struct query *q)
{
	ssize_t n = write(r->in, q->script.data + r->sent, q->script.len - r->sent);

	if (n > 0)
		r->sent += (size_t)n;
	if ((n < 0 && errno != EAGAIN && errno != EINTR) || r->sent == q->script.len) {
		close(r->in);
		r->in = -1;
	}
}

static void drain(struct run *r, const struct query *q)
{
	char chunk[65536];
	ssize_t n = read(r->out, chunk, sizeof(chunk));

	if (n > 0)
		buf_add(&r->text, chunk, (size_t)n);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) || r->text.len > MAX_OUTPUT ||
	    !strncmp(buf_str(&r->text), "unsat\n", 6))
		finish(r, q);
}

static bool enough(const struct query *q, const struct smt_opts *o)
{
	size_t done = 0, answers = 0;

	for (size_t i = 0; i < q->n_runs; i++) {
		if (q->weak && q->run[i].done && q->run[i].result == SMT_SAT)
			return true;
		done += q->run[i].done;
		answers += q->run[i].done && q->run[i].result != SMT_UNKNOWN;
	}
	return done == q->n_runs || answers >= (o->both ? 2 : 1);
}

/* Processor time that a solver has used: what else this machine does is no reason to give up. One that only waits is late
 * some day, too. */
static double used(const struct run *r, double t)
{
	double waited = (t - r->start) / 20, cpu;
	struct timespec ts;
	clockid_t clock;

	if (clock_getcpuclockid(r->pid, &clock) || clock_gettime(clock, &ts))
		return waited;
	cpu = (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
	return cpu > waited ? cpu : waited;
}

/* Is it to be started now? */
static bool due(const struct query *q, const struct run *r, const struct smt_opts *o, double began, double t)
{
	size_t i = (size_t)(r - q->run);

	if (r->second)
		return r->other->pid && used(r->other, t) > SECOND_WAY;
	return i == 0 || o->both || t - began > STAGGER * (double)i || q->run[i - 1].done;
}

static void give_up(struct run *r, const struct query *q, const struct smt_opts *o, double t)
{
	r->done = true;
	r->seconds = t - r->start;
	snprintf(r->reason, sizeof(r->reason), "%s: no answer in %g s", r->solver->name, o->timeout);
	stop(r);
	if (r->keyed)
		answers_keep(q->answers, &r->key, NULL, 0, o->timeout);
}

/* Start who is due, kill who is late. */
static void tend(struct run *r, const struct query *q, const struct smt_opts *o, double began, double t)
{
	if (!r->done && !r->pid && due(q, r, o, began, t)) {
		r->done = start(r, o) < 0;
		if (r->done)
			snprintf(r->reason, sizeof(r->reason), "%s: cannot be started", r->solver->name);
		else if (r->second)
			drop_other(r);
	}
	if (r->second && !r->pid)
		r->done |= r->other->done; /* ended before the second was due: that is its answer */
	if (!r->done && r->pid && used(r, t) > o->timeout)
		give_up(r, q, o, t);
}

/* One round: who is due, who is late, move bytes. */
static void turn(struct query *q, const struct smt_opts *o, double began)
{
	struct pollfd pfd[4 * SMT_MAX_SOLVERS];
	double t = now();

	for (size_t i = 0; i < q->n_runs; i++) {
		struct run *r = &q->run[i];

		tend(r, q, o, began, t);
		bool live = !r->done && r->pid;
		pfd[2 * i] = (struct pollfd){ .fd = live ? r->in : -1, .events = POLLOUT };
		pfd[2 * i + 1] = (struct pollfd){ .fd = live ? r->out : -1, .events = POLLIN };
	}
	poll(pfd, 2 * q->n_runs, 20);
	for (size_t i = 0; i < q->n_runs; i++) {
		if (pfd[2 * i].fd >= 0 && pfd[2 * i].revents && !q->run[i].done)
			feed(&q->run[i], q);
		if (pfd[2 * i + 1].fd >= 0 && pfd[2 * i + 1].revents && !q->run[i].done)
			drain(&q->run[i], q);
	}
}

static void conclude(struct query *q, const struct smt_opts *o, struct smt_answer *a)
{
	const struct run *first = NULL, *second = NULL;

	for (size_t i = 0; i < q->n_runs; i++) {
		const struct run *r = &q->run[i];

		if (!r->done || r->result == SMT_UNKNOWN) {
			if (*r->reason)
				snprintf(a->reason, sizeof(a->reason), "%s", r->reason);
			continue;
		}
		if (first && first->result != r->result)
			a->disagree = true;
		if (first)
			second = r;
		else
			first = r;
	}
	if (second && second->seconds < first->seconds) {
		const struct run *x = first;
		first = second;
		second = x;
	}
	if (first) {
		a->solver = first->solver->name;
		a->seconds = first->seconds;
	}
	if (a->disagree) {
		snprintf(a->reason, sizeof(a->reason), "SOLVERS DISAGREE: %s says %s, %s says %s", first->solver->name,
			 smt_result_name(first->result), second->solver->name, smt_result_name(second->result));
		return;
	}
	/* a model that we evaluated ourselves needs no second opinion; "there is none" does */
	if (first && (second || !o->both || first->result == SMT_SAT)) {
		a->result = first->result;
		a->second = second ? second->solver->name : NULL;
		for (size_t i = 0; i < q->n_runs && a->result == SMT_SAT; i++)
			if (&q->run[i] == first) {
				a->model = q->run[i].model;
				q->run[i].model = NULL;
				a->n_vars = q->t->n_vars;
			}
	}
}

static const char *const *way_of(const struct solver *s, uint32_t weak)
{
	const char *const *argv = weak == SMT_ONLY_HARD ? s->hard_argv : weak ? s->weak_argv : s->argv;

	return *argv ? argv : s->argv;
}

/* All ways in which solvers are to be asked; what they said before is known at once. */
static void add_runs(struct query *q, const struct smt_opts *o)
{
	for (size_t i = 0; i < o->n_solvers; i++) {
		const struct solver *s = find_solver(o->solver[i], strlen(o->solver[i]));

		q->run[q->n_runs++] = (struct run){ .solver = s, .argv = way_of(s, o->weak), .in = -1, .out = -1 };
	}
	for (size_t i = 0; !o->weak && i < o->n_solvers; i++) {
		struct run *first = &q->run[i], *second = &q->run[q->n_runs];

		if (!first->solver->second_argv[0])
			continue;
		*second = (struct run){ .solver = first->solver, .argv = first->solver->second_argv, .other = first, .second = true, .in = -1, .out = -1 };
		first->other = second;
		q->n_runs++;
	}
	for (size_t i = 0; i < q->n_runs; i++)
		if (!q->run[i].done)
			recall(&q->run[i], q, o);
}

static bool trivial(const struct terms *t, const term *asserts, size_t n, struct smt_answer *a)
{
	bool all_true = true;

	a->solver = "folding";
	for (size_t i = 0; i < n; i++) {
		if (asserts[i] == TERM_FALSE) {
			a->result = SMT_UNSAT;
			return true;
		}
		all_true &= asserts[i] == TERM_TRUE;
	}
	if (!all_true)
		return false;
	a->model = calloc(t->n_vars + 1, sizeof(*a->model));
	a->n_vars = t->n_vars;
	a->result = a->model ? SMT_SAT : SMT_UNKNOWN;
	return true;
}

void smt_solve(const struct terms *t, const term *asserts, size_t n, const struct smt_opts *opts,
	       struct smt_answer *ret)
{
	struct query q = { .t = t, .asserts = asserts, .n = n, .weak = opts->weak, .answers = opts->answers };
	double began = now();

	*ret = (struct smt_answer){ .result = SMT_UNKNOWN };
	if (t->exhausted) {
		snprintf(ret->reason, sizeof(ret->reason), "too many terms (limit %zu)", t->limit);
		return;
	}
	if (trivial(t, asserts, n, ret))
		return;
	ret->solver = NULL;
	int r = opts->weak ? smt_print_weak(t, asserts, n, opts->weak, &q.script) :
			     smt_print(t, false, asserts, n, NULL, &q.script, &q.vars, &q.n_vars);
	if (r < 0) {
		snprintf(ret->reason, sizeof(ret->reason), r == -ENOENT ? "there is nothing to leave out" : "out of memory");
		goto out;
	}
	if (!opts->weak)
		smt_print_get_value(q.n_vars, &q.script);
	buf_puts(&q.script, "(exit)\n");
	add_runs(&q, opts);
	signal(SIGPIPE, SIG_IGN);
	while (!enough(&q, opts))
		turn(&q, opts, began);
	conclude(&q, opts, ret);
	if (q.weak && ret->result == SMT_SAT) {
		ret->result = SMT_UNKNOWN;
		snprintf(ret->reason, sizeof(ret->reason), "possible when parts are left out");
	}
	if (ret->result == SMT_UNKNOWN && !*ret->reason)
		snprintf(ret->reason, sizeof(ret->reason), "no second solver answered");
out:
	for (size_t i = 0; i < q.n_runs; i++) {
		stop(&q.run[i]);
		buf_done(&q.run[i].text);
		free(q.run[i].model);
	}
	free(q.vars);
	buf_done(&q.script);
}

void smt_answer_done(struct smt_answer *a)
{
	free(a->model);
	a->model = NULL;
}
