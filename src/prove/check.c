// SPDX-License-Identifier: GPL-2.0-only
/* check: options, opening of objects, the loop over programs. */
#include "prove/check.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "common/arena.h"
#include "common/diag.h"
#include "prove/answers.h"
#include "prove/command.h"
#include "prove/contract.h"
#include "prove/report.h"
#include "prove/why3.h"
#include "say/say.h"

#define DEFAULT_BTF "/sys/kernel/btf/vmlinux"
#define MEMORY_LIMIT (3ull << 30)

static const struct option long_options[] = {
	{ "contract", required_argument, NULL, 'c' }, { "program", required_argument, NULL, 'p' },
	{ "btf", required_argument, NULL, 'b' },      { "solver", required_argument, NULL, 's' },
	{ "both", no_argument, NULL, 'B' },           { "timeout", required_argument, NULL, 't' },
	{ "json", no_argument, NULL, 'j' },           { "html", required_argument, NULL, 'H' },
	{ "no-rewrite", no_argument, NULL, 'n' },     { "max-unroll", required_argument, NULL, 'u' },
	{ "output", required_argument, NULL, 'o' },
	{ "quiet", no_argument, NULL, 'q' },          { "limit", required_argument, NULL, 'l' },
	{ "modular", no_argument, NULL, 'm' },        { "why3", no_argument, NULL, 'w' },
	{ "memory", required_argument, NULL, 'M' },   { "all-layouts", no_argument, NULL, 'L' },
	{ "answers", required_argument, NULL, 'A' },    { "whole", no_argument, NULL, 'W' },
	{ "alone", no_argument, NULL, '1' },          { "vacuity", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static bool seconds(const char *text, double *ret)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value > 0 && value < 1e9))
		return false;
	*ret = value;
	return true;
}

static bool whole(const char *text, unsigned long *ret)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !value || value > UINT32_MAX)
		return false;
	*ret = value;
	return true;
}

static int parse_options(int argc, char **argv, struct check_opts *o)
{
	unsigned long unroll = 1024;
	bool good = true;
	int c;

	o->timeout = 30;
	o->memory = 3072;
	o->limit = 300;
	while ((c = getopt_long(argc, argv, ":c:p:b:s:t:o:q", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			if (o->n_contracts == CHECK_MAX)
				return command_usage_error(argv[0], "too many contracts");
			o->contract[o->n_contracts++] = optarg;
			break;
		case 'p':
			if (o->n_programs == CHECK_MAX)
				return command_usage_error(argv[0], "too many programs");
			o->program[o->n_programs++] = optarg;
			break;
		case 'b':
			if (o->n_btfs == (o->several ? CHECK_MAX : 1))
				return command_usage_error(argv[0], "too many kernels");
			o->btf[o->n_btfs++] = optarg;
			break;
		case 's': o->solver = optarg; break;
		case 'B': o->both = true; break;
		case 't': good &= seconds(optarg, &o->timeout); break;
		case 'j': o->json = true; break;
		case 'H': o->html = optarg; break;
		case 'w': o->why3 = true; break;
		case 'n': o->no_rewrite = true; break;
		case 'u': good &= whole(optarg, &unroll); break;
		case 'o': o->out = optarg; break;
		case 'l': good &= seconds(optarg, &o->limit); break;
		case 'q': o->quiet = true; break;
		case 'm': o->modular = true; break;
		case 'L': o->layouts = true; break;
		case 'A': o->answers = optarg; break;
		case 'W': o->whole = true; break;
		case '1': o->alone = true; break;
		case 'V': o->vacuity = true; break;
		case 'M': good &= whole(optarg, &o->memory); break;
		default: return command_option_error(argv, c, long_options);
		}
	}
	if (optind != argc - 1)
		return command_usage_error(argv[0], "one object is needed");
	if (o->vacuity && !o->several)
		return command_usage_error(argv[0], "--vacuity is for check");
	if (!good)
		return command_usage_error(argv[0], "--timeout, --limit, --memory and --max-unroll are positive numbers");
	o->max_unroll = (uint32_t)unroll;
	o->object = argv[optind];
	return COMMAND_OK;
}

/* "function:F" */
static const struct bpfobj_func *named_function(const struct bpfobj *obj, const char *name, const struct bpfobj_prog **ret_prog)
{
	static const char prefix[] = "function:";

	return strncmp(name, prefix, sizeof(prefix) - 1) ? NULL : contract_func_find(obj, name + sizeof(prefix) - 1, ret_prog);
}

static int open_all(struct check_run *run, struct arena *arena, struct diag *diag)
{
	const struct check_opts *o = run->opts;
	struct bpfobj_opts bo = { 0 };
	const struct bpfobj_prog *prog;
	int r;

	if (run->btf) {
		r = bt_open(run->btf, NULL, diag, &run->kernel);
		if (r < 0)
			return r;
	}
	if (!o->layouts)
		bo.kernel = run->kernel;
	r = bpfobj_open(o->object, &bo, diag, &run->obj);
	if (r < 0)
		return r;
	for (size_t i = 0; i < o->n_contracts; i++) {
		r = contract_read(o->contract[i], arena, diag, &run->contract);
		if (r < 0)
			return r;
	}
	r = contract_open_specs(run->contract, diag);
	if (r < 0)
		return r;
	run->sym_opts = (struct sym_opts){ .max_unroll = o->max_unroll, .max_steps = 4000000, .max_seconds = o->limit, .smt = run->smt };
	run->sym_opts.contract = run->contract;
	run->sym_opts.layouts = o->layouts;
	run->sym_opts.kernel = run->kernel;
	run->sym_opts.modular = o->modular || contract_is_modular(run->contract);
	run->sym_opts.alone = o->alone;
	run->sym_opts.noticed = o->noticed;
	run->sym_opts.vacuity = o->vacuity;
	run->sym_opts.smt.both = false;
	run->sym_opts.smt.timeout = o->timeout < 3 ? o->timeout : 3;
	for (size_t i = 0; i < o->n_programs; i++)
		if (!bpfobj_prog_find(run->obj, o->program[i]) && !named_function(run->obj, o->program[i], &prog))
			return diag_fail(diag, -ENOENT, DIAG_AT(.file = o->object), "no program '%s'", o->program[i]);
	return run->contract ? contract_check_names(run->contract, run->obj, diag) : 0;
}

static bool wanted(const struct check_opts *o, const struct bpfobj_prog *p)
{
	for (size_t i = 0; i < o->n_programs; i++)
		if (!strcmp(o->program[i], p->name))
			return true;
	return !o->n_programs;
}

static int worse(int a, int b)
{
	static const int rank[] = { [COMMAND_OK] = 0, [COMMAND_UNKNOWN] = 1, [COMMAND_FAILS] = 2, [COMMAND_BAD] = 3 };

	return rank[a] > rank[b] ? a : b;
}

/* What is to be executed on its own: a program (func NULL) or a function of it. */
struct check_target {
	const struct bpfobj_prog *prog;
	const struct bpfobj_func *func;
};

struct check_job {
	struct check_run *run;
	check_fn fn;
	void *ctx;
	struct arena *arena;
	struct diag *diag;
	struct check_target *target; /* functions that were used by contract; each once */
	size_t n, cap;
};

static bool add_function(struct check_job *job, const struct bpfobj_prog *prog, const struct bpfobj_func *func)
{
	for (size_t i = 0; i < job->n; i++)
		if (!strcmp(job->target[i].func->name, func->name))
			return true;
	struct check_target *list = arena_grow(job->arena, job->target, job->n, &job->cap, sizeof(*list));
	if (!list)
		return false;
	job->target = list;
	list[job->n++] = (struct check_target){ prog, func };
	return true;
}

static int one_target(struct check_job *job, const struct bpfobj_prog *prog, const struct bpfobj_func *func)
{
	struct check_run *run = job->run;
	struct arena arena;
	struct sym s = { 0 };
	int status = COMMAND_BAD;

	arena_init(&arena, MEMORY_LIMIT);
	if (!sym_init(&s, &arena, run->obj, prog, func, &run->sym_opts, job->diag)) {
		s.t.rewrite = !run->opts->no_rewrite;
		if (!sym_run(&s, job->diag) && (!run->contract || !contract_apply(run->contract, &s, job->diag)))
			status = job->fn(run, &s, job->ctx);
		for (size_t i = 0; !run->opts->alone && i < s.n_used && status != COMMAND_BAD; i++)
			if (!add_function(job, prog, s.used[i].func))
				status = COMMAND_BAD;
	}
	sym_done(&s);
	arena_done(&arena);
	return status;
}

/* Without a choice of programs, a contract of a function that nobody was seen to call is judged, too. */
static bool add_contracts(struct check_job *job)
{
	const struct bpfobj_prog *prog;
	const char *name;

	for (uint32_t i = 0; (name = contract_nth_function(job->run->contract, i)); i++) {
		const struct bpfobj_func *f = contract_func_find(job->run->obj, name, &prog);

		if (f && !add_function(job, prog, f))
			return false;
	}
	return true;
}

/* Functions that were asked for by name; how many. -1: no memory. */
static int add_named(struct check_job *job)
{
	const struct check_opts *o = job->run->opts;
	const struct bpfobj_prog *prog;
	int n = 0;

	for (size_t i = 0; i < o->n_programs; i++) {
		const struct bpfobj_func *f = named_function(job->run->obj, o->program[i], &prog);

		if (f && !add_function(job, prog, f))
			return -1;
		n += f != NULL;
	}
	return n;
}

static int all_targets(struct check_job *job)
{
	const struct check_opts *o = job->run->opts;
	int status = COMMAND_OK;
	uint32_t n = 0;

	for (uint32_t i = 0; i < bpfobj_prog_count(job->run->obj); i++) {
		const struct bpfobj_prog *p = bpfobj_prog(job->run->obj, i);

		if (!wanted(o, p))
			continue;
		n++;
		if (!o->n_programs && !p->autoload && !symctx_has_hook(job->run->kernel, p)) {
			if (!o->json)
				printf("%s: %s: optional, and this kernel has no '%s': not judged%s%s\n", o->object, p->name, p->attach_to,
				       job->run->btf ? " for " : "", job->run->btf ? job->run->btf : "");
			continue;
		}
		status = worse(status, one_target(job, p, NULL));
	}
	int named = add_named(job);
	if (!n && !named) {
		diag_fail(job->diag, -ENOENT, DIAG_AT(.file = o->object), "the object has no programs");
		return COMMAND_BAD;
	}
	if (named < 0 || (!o->n_programs && !add_contracts(job)))
		return COMMAND_BAD;
	for (size_t i = 0; i < job->n; i++) /* the list may grow meanwhile */
		status = worse(status, one_target(job, job->target[i].prog, job->target[i].func));
	return status;
}

/* Everything anew: objects are relocated, and contracts read, for the kernel whose BTF is in that file. */
static int one_kernel(const struct check_opts *opts, const struct smt_opts *smt, const char *btf, check_fn fn, void *ctx)
{
	struct check_run run = { .opts = opts, .smt = *smt, .btf = btf };
	struct arena arena;
	struct diag diag;
	struct check_job job = { .run = &run, .fn = fn, .ctx = ctx, .arena = &arena, .diag = &diag };
	int status;

	diag_init(&diag);
	arena_init(&arena, 64u << 20);
	status = open_all(&run, &arena, &diag) < 0 ? COMMAND_BAD : all_targets(&job);
	say_diag(&diag);
	diag_done(&diag);
	contract_close(run.contract);
	bpfobj_free(run.obj);
	bt_free(run.kernel);
	arena_done(&arena);
	return status;
}

/* One set of answers for all kernels: most questions are the same. */
static int open_solvers(const struct check_opts *o, struct smt_opts *smt)
{
	struct diag diag;

	diag_init(&diag);
	*smt = (struct smt_opts){ .both = o->both, .timeout = o->timeout, .memory_mb = o->memory, .whole = o->whole };
	int r = smt_opts_init(smt, o->solver, &diag);
	if (!r)
		r = answers_open(o->answers, &diag, &smt->answers);
	say_diag(&diag);
	diag_done(&diag);
	return r;
}

int check_each(int argc, char **argv, struct check_opts *opts, check_fn fn, void *ctx)
{
	struct smt_opts smt;
	int status = parse_options(argc, argv, opts);

	if (status)
		return status;
	if (!opts->n_btfs && !access(DEFAULT_BTF, R_OK))
		opts->btf[opts->n_btfs++] = DEFAULT_BTF;
	status = open_solvers(opts, &smt) < 0 ? COMMAND_BAD : COMMAND_OK;
	for (size_t i = 0; status != COMMAND_BAD && i < (opts->n_btfs ? opts->n_btfs : 1); i++)
		status = worse(status, one_kernel(opts, &smt, opts->btf[i], fn, ctx));
	answers_close(smt.answers);
	return status;
}

static int judge_and_report(struct check_run *run, struct sym *s, void *ctx)
{
	struct report *report = ctx;
	struct proof proof;
	int status = COMMAND_UNKNOWN;

	if (!verdict_all(s, run->contract, &run->smt, &proof)) {
		if (run->opts->why3)
			why3_confirm(run, &proof);
		status = proof_status(&proof);
		report_program(report, run, &proof);
	}
	proof_done(&proof);
	return status;
}

int check_main(int argc, char **argv)
{
	struct check_opts opts = { .several = true };
	struct report report = { 0 };
	int status = check_each(argc, argv, &opts, judge_and_report, &report);

	if (report_finish(&report, &opts, status) < 0) {
		say_trouble("cannot write the report");
		return COMMAND_BAD;
	}
	return status;
}
