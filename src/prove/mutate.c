// SPDX-License-Identifier: GPL-2.0-only
/* mutate: see mutate.h. */
#include "prove/mutate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/diag.h"
#include "prove/check.h"
#include "prove/command.h"
#include "prove/contract.h"
#include "prove/models.h"
#include "prove/isa.h"
#include "prove/mutant.h"
#include "prove/mutate_spec.h"
#include "prove/product.h"
#include "prove/refute.h"
#include "prove/show_model.h"
#include "prove/symfunc.h"
#include "say/say.h"

#define DEFAULT_LIMIT 200
#define MEMORY_LIMIT (3ull << 30)

enum fate { FATE_REFUTED, FATE_NOTICED, FATE_REFUSED, FATE_SURVIVES, FATE_IDLE, FATE_SAME, FATE_UNKNOWN, FATE_COUNT };

static const char *const fate_names[FATE_COUNT] = {
	[FATE_REFUTED] = "refuted",    /* a property fails, with a counterexample that was replayed */
	[FATE_NOTICED] = "noticed",    /* --noticed: ... that needs a function to do what its contract allows, and was not replayed */
	[FATE_REFUSED] = "refused",    /* no program any more: the decoder or the graph says so */
	[FATE_SURVIVES] = "survives",  /* everything still holds: equivalent and not proved so, or nobody asks for it */
	[FATE_IDLE] = "never reached", /* holds, for no input reaches the instruction */
	[FATE_SAME] = "equivalent",    /* proved to do the same (product.h) */
	[FATE_UNKNOWN] = "unknown",    /* no property fails, and some are not decided */
};

struct mutate_job {
	struct check_opts opts;
	unsigned long limit, seed;
	unsigned total[FATE_COUNT];
	struct models *models; /* that refuted mutants of the program */
	char why[600];         /* of the last one: what fails, or is not decided */
	bool noticed;          /* of the last one: by a counterexample that was not replayed */
	struct buf json;
	unsigned programs;
	enum mutate_what what;
	struct mutate_verdicts *verdicts; /* to be filled, or NULL */
	bool doubt;            /* ask of refuted mutants, too, whether they do the same */
	unsigned wrong;        /* that were both */
};

/* What is changed: a program, or only the function of it that is proved on its own. */
static const struct bpfobj_func *same_func(const struct bpfobj_prog *prog, const struct show_prog *sp, const struct sym *s)
{
	return s->func && s->func != &s->prog->funcs[0] ? &prog->funcs[s->func - sp->prog->funcs] : NULL;
}

static void mutate_why(struct mutate_job *job, const struct proof *proof)
{
	for (size_t i = 0; i < proof->n; i++) {
		const struct verdict *v = &proof->verdict[i];

		job->noticed |= v->noticed;
		if (job->verdicts && i < sizeof(job->verdicts->kind))
			job->verdicts->kind[i] = (uint8_t)v->kind;
		if (v->kind == VERDICT_FAILS || (v->kind == VERDICT_UNKNOWN && !*job->why))
			snprintf(job->why, sizeof(job->why), "%s %s: %s", prop_name(v->prop), v->title, v->reason);
	}
}

/* One program or function; up to the first failure, if there is something to refute it with. COMMAND_BAD: it cannot even be
 * executed. */
static int mutate_prove(struct check_run *run, struct mutate_job *job, const struct bpfobj_prog *prog,
			const struct bpfobj_func *func)
{
	struct proof proof = { 0 };
	struct sym s = { 0 };
	struct arena arena;
	int status = COMMAND_BAD;

	arena_init(&arena, MEMORY_LIMIT);
	if (!sym_init(&s, &arena, run->obj, prog, func, &run->sym_opts, NULL)) {
		s.t.rewrite = !run->opts->no_rewrite;
		if (!sym_run(&s, NULL) && (!run->contract || !contract_apply(run->contract, &s, NULL))) {
			status = COMMAND_UNKNOWN;
			if (!(job->models ? refute(&s, run->contract, &run->smt, job->models, &proof) :
					    verdict_all(&s, run->contract, &run->smt, &proof)))
				status = proof_status(&proof);
			mutate_why(job, &proof);
			proof_done(&proof);
		}
	}
	sym_done(&s);
	arena_done(&arena);
	return status;
}

/* Whether it is proved that the mutant does what the program does; if not, job->why says why. */
static bool mutate_same(struct check_run *run, struct mutate_job *job, const struct show_prog *sp, const struct sym *s,
			const struct bpfobj_prog *mutant, uint32_t insn)
{
	const char *why = "not executed";
	const struct isa_insn *insns;
	struct sym both = { 0 };
	struct arena arena;
	bool same = false;

	arena_init(&arena, MEMORY_LIMIT);
	if (!isa_decode_program(mutant->insns, mutant->n_insns, mutant->name, &arena, NULL, &insns) &&
	    !sym_init(&both, &arena, run->obj, sp->prog, same_func(sp->prog, sp, s), &run->sym_opts, NULL)) {
		both.t.rewrite = !run->opts->no_rewrite;
		same = !product_start(&both, insn, &insns[insn]) && !sym_run(&both, NULL) &&
		       (!run->contract || !contract_apply(run->contract, &both, NULL)) && product_same(&both, &run->smt, job->models, &why);
	}
	if (!same && !*job->why)
		snprintf(job->why, sizeof(job->why), "%s", why);
	sym_done(&both);
	arena_done(&arena);
	return same;
}

/* Refuted and the same: one of the two is wrong. */
static void mutate_doubt(struct mutate_job *job, const struct mutant *m)
{
	say_trouble("a mistake of bpfprove: instruction %u, %s, is refuted (%s) and proved to be equivalent", m->insn,
		mutant_kind_name(m->kind), job->why);
	job->wrong++;
}

static enum fate mutate_judge(struct check_run *run, struct mutate_job *job, const struct show_prog *sp, const struct sym *s, const struct mutant *m)
{
	const struct bpfobj_prog *prog, *canary;
	enum fate fate = FATE_UNKNOWN;
	struct arena arena;

	arena_init(&arena, 256u << 20);
	*job->why = '\0';
	job->noticed = false;
	prog = mutant_make(run->obj, sp->prog, sp->insns, m, &arena);
	switch (prog ? mutate_prove(run, job, prog, same_func(prog, sp, s)) : COMMAND_UNKNOWN) {
	case COMMAND_FAILS:
		fate = FATE_REFUTED;
		break;
	case COMMAND_BAD:
		fate = FATE_REFUSED;
		break;
	case COMMAND_OK:
		canary = mutant_canary(sp->prog, m->insn, &arena);
		fate = canary && mutate_prove(run, job, canary, same_func(canary, sp, s)) == COMMAND_OK ? FATE_IDLE : FATE_SURVIVES;
		*job->why = '\0'; /* of the canary */
		break;
	default:
		fate = job->noticed ? FATE_NOTICED : FATE_UNKNOWN;
	}
	if (fate == FATE_SURVIVES || fate == FATE_UNKNOWN || (fate == FATE_REFUTED && job->doubt)) {
		bool same = prog && mutate_same(run, job, sp, s, prog, m->insn);

		if (same && fate == FATE_REFUTED)
			mutate_doubt(job, m);
		else if (same)
			fate = FATE_SAME;
	}
	arena_done(&arena);
	return fate;
}

static void mutate_report(struct mutate_job *job, const struct show_prog *sp, const struct mutant *m, enum fate fate,
			  bool first)
{
	const struct bpfobj_line *line = bpfobj_line_at(sp->prog, m->insn);
	struct buf insn = BUF_INIT;
	const char *text = line ? line->text : "", *file = line ? strrchr(line->file, '/') : NULL;

	while (*text == ' ' || *text == '\t')
		text++;
	show_insn(sp, m->insn, &insn);
	if (job->opts.json) {
		buf_printf(&job->json, "%s{\"fate\":\"%s\",\"insn\":%u,\"change\":\"%s\",\"text\":", first ? "" : ",",
			   fate_names[fate], m->insn, mutant_kind_name(m->kind));
		buf_json(&job->json, buf_str(&insn));
		if (line)
			buf_printf(&job->json, ",\"line\":%u,\"file\":", line->line), buf_json(&job->json, file ? file + 1 : line->file),
				buf_puts(&job->json, ",\"source\":"), buf_json(&job->json, text);
		if (fate == FATE_REFUTED || fate == FATE_NOTICED || fate == FATE_UNKNOWN || fate == FATE_SURVIVES)
			buf_puts(&job->json, ",\"why\":"), buf_json(&job->json, job->why);
		buf_putc(&job->json, '}');
	} else if ((fate == FATE_SURVIVES || fate == FATE_UNKNOWN) && !job->opts.quiet) {
		printf("  %-8s insn %u, %s: %s", fate_names[fate], m->insn, mutant_kind_name(m->kind), buf_str(&insn));
		if (line)
			printf("  (%s:%u: %s)", file ? file + 1 : line->file, line->line, text);
		putchar('\n');
		fflush(stdout);
	}
	buf_done(&insn);
}

static void mutate_summary(struct mutate_job *job, const char *name, const unsigned count[FATE_COUNT],
			   uint32_t of)
{
	unsigned judged = count[FATE_REFUTED] + count[FATE_NOTICED] + count[FATE_SURVIVES] + count[FATE_UNKNOWN], all = 0;

	for (int i = 0; i < FATE_COUNT; i++) {
		job->total[i] += count[i];
		all += count[i];
	}
	if (job->opts.json) {
		buf_printf(&job->json, "],\"mutants\":%u,\"possible\":%u}", all, of);
		return;
	}
	printf("%s: %u of %u mutants: %u refuted, %u noticed, %u survive, %u unknown, %u equivalent, %u never reached, %u refused", name, all, of,
	       count[FATE_REFUTED], count[FATE_NOTICED], count[FATE_SURVIVES], count[FATE_UNKNOWN], count[FATE_SAME], count[FATE_IDLE], count[FATE_REFUSED]);
	if (judged)
		printf("; score %u %%", 100 * (count[FATE_REFUTED] + count[FATE_NOTICED]) / judged);
	putchar('\n');
}

/* Marks the slots of the function that begins there, and of those that are followed into from it: by call, as callbacks. */
static void mutate_follow(struct sym *s, const struct isa_insn *insns, uint32_t start, uint8_t *followed)
{
	const struct bpfobj_func *f = bpfobj_func_at(s->prog, start);

	if (!f || followed[start])
		return;
	memset(followed + f->start, 1, f->len);
	for (uint32_t i = f->start; i < f->start + f->len; i++) {
		bool callback = insns[i].op == ISA_LD_IMM64 && insns[i].imm_kind == ISA_IMM_FUNC;

		if (insns[i].slots && (callback || (insns[i].op == ISA_CALL_LOCAL && !symfunc_is_modular(s, insns[i].target))))
			mutate_follow(s, insns, insns[i].target, followed);
	}
}

/* Of a function, or a program that takes the place of one, those that are in what is judged with it. */
static uint32_t mutate_keep(struct sym *s, const struct isa_insn *insns, struct mutant *list, uint32_t n)
{
	uint8_t *followed = s->func ? calloc(s->prog->n_insns + 1, 1) : NULL;
	uint32_t kept = 0;

	if (followed)
		mutate_follow(s, insns, s->func->start, followed);
	for (uint32_t i = 0; i < n; i++)
		if (!followed || followed[list[i].insn])
			list[kept++] = list[i];
	free(followed);
	return kept;
}

/* Spread evenly when there are more than the limit, others for each seed. */
static bool mutate_picked(const struct mutate_job *job, uint32_t i, uint32_t n)
{
	uint64_t at = ((uint64_t)i + job->seed) % n;

	return !job->limit || n <= job->limit || at * job->limit / n != (at + 1) * job->limit / n;
}

int mutate_judge_as_is(struct check_run *run, const struct sym *s, struct mutate_verdicts *ret)
{
	struct mutate_job job = { .verdicts = ret };

	*ret = (struct mutate_verdicts){ 0 };
	ret->status = mutate_prove(run, &job, s->prog, s->func && s->func != &s->prog->funcs[0] ? s->func : NULL);
	snprintf(ret->why, sizeof(ret->why), "%s", job.why);
	return ret->status;
}

/* Mutants of what the proof leans on. */
static int mutate_leans_on(struct check_run *run, struct sym *s, struct mutate_job *job, const struct mutate_verdicts *as_is)
{
	struct mutate_score score;

	if (job->opts.json) {
		buf_printf(&job->json, "%s{\"name\":", job->programs++ ? "," : "");
		buf_json(&job->json, s->name);
		buf_puts(&job->json, ",\"list\":[");
	}
	mutate_spec(run, s, job->what, as_is, job->opts.json ? &job->json : NULL, &score);
	job->total[FATE_REFUTED] += score.noticed;
	job->total[FATE_SURVIVES] += score.survives;
	if (job->opts.json)
		buf_printf(&job->json, "],\"mutants\":%u}", score.noticed + score.survives + score.refused);
	else
		printf("%s: %u mutants: %u noticed, %u survive, %u refused\n", s->name, score.noticed + score.survives + score.refused,
		       score.noticed, score.survives, score.refused);
	return score.survives ? COMMAND_FAILS : COMMAND_OK;
}

/* Every program must hold as it is: else its mutants say nothing. */
static int mutate_program(struct check_run *run, struct sym *s, void *ctx)
{
	struct mutate_job *job = ctx;
	const struct bpfobj_prog *prog = s->prog;
	unsigned count[FATE_COUNT] = { 0 };
	struct mutate_verdicts as_is;
	struct mutant *list;
	struct show_prog sp;
	uint32_t n, shown = 0;
	int status;

	status = mutate_judge_as_is(run, s, &as_is);
	if (status != COMMAND_OK && (job->what != MUTATE_HELPERS || status == COMMAND_BAD)) {
		say_trouble("%s itself does not hold: see bpfprove check", s->name);
		return status;
	}
	if (job->what != MUTATE_PROGRAM)
		return mutate_leans_on(run, s, job, &as_is);
	if (show_prog_init(&sp, run->obj, prog, NULL))
		return COMMAND_BAD;
	if (mutant_list(run->obj, prog, sp.insns, &sp.arena, &list, &n)) {
		show_prog_done(&sp);
		return COMMAND_BAD;
	}
	if (job->opts.json) {
		buf_printf(&job->json, "%s{\"name\":", job->programs++ ? "," : "");
		buf_json(&job->json, s->name);
		buf_puts(&job->json, ",\"list\":[");
	}
	job->models = models_new();
	n = mutate_keep(s, sp.insns, list, n);
	for (uint32_t i = 0; job->models && i < n; i++) {
		enum fate fate;

		if (!mutate_picked(job, i, n))
			continue;
		fate = mutate_judge(run, job, &sp, s, &list[i]);
		count[fate]++;
		mutate_report(job, &sp, &list[i], fate, !shown++);
	}
	models_free(job->models);
	job->models = NULL;
	mutate_summary(job, s->name, count, n);
	show_prog_done(&sp);
	return job->wrong ? COMMAND_BAD : count[FATE_SURVIVES] ? COMMAND_FAILS : count[FATE_UNKNOWN] ? COMMAND_UNKNOWN : COMMAND_OK;
}

/* The value of `option` when argument *i is that, moved on to; else NULL. */
static const char *option_value(const char *option, int argc, char **argv, int *i)
{
	size_t len = strlen(option);

	if (!strncmp(argv[*i], option, len) && argv[*i][len] == '=')
		return argv[*i] + len + 1;
	if (strcmp(argv[*i], option))
		return NULL;
	return *i + 1 < argc ? argv[++*i] : "";
}

static bool mutate_what(const char *word, enum mutate_what *ret)
{
	static const char *const words[] = { [MUTATE_PROGRAM] = "program", [MUTATE_CONTRACT] = "contract", [MUTATE_HELPERS] = "helpers" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i])) {
			*ret = (enum mutate_what)i;
			return true;
		}
	return false;
}

/* Takes --what, --limit, --seed, --doubt and --noticed out of the arguments; the others are those of check. */
static int mutate_options(int *argc, char **argv, struct mutate_job *job)
{
	int out = 1;

	job->limit = DEFAULT_LIMIT;
	for (int i = 1; i < *argc; i++) {
		const char *what = option_value("--what", *argc, argv, &i);
		const char *limit = what ? NULL : option_value("--limit", *argc, argv, &i);
		const char *seed = limit || what ? NULL : option_value("--seed", *argc, argv, &i), *value = limit ? limit : seed;
		char *end;

		if (what && !mutate_what(what, &job->what))
			return command_usage_error("mutate", "--what is program, contract or helpers");
		if (what)
			continue;
		if (!value && !strcmp(argv[i], "--doubt")) {
			job->doubt = true;
			continue;
		}
		if (!value && !strcmp(argv[i], "--noticed")) {
			job->opts.noticed = true;
			continue;
		}
		if (!value) {
			argv[out++] = argv[i];
			continue;
		}
		*(limit ? &job->limit : &job->seed) = strtoul(value, &end, 10);
		if (!*value || *end)
			return command_usage_error("mutate", limit ? "--limit is a number" : "--seed is a number");
	}
	argv[out] = NULL;
	*argc = out;
	return COMMAND_OK;
}

int mutate_main(int argc, char **argv)
{
	struct mutate_job job = { 0 };
	int status = mutate_options(&argc, argv, &job);
	unsigned judged, noticed;

	if (status)
		return status;
	status = check_each(argc, argv, &job.opts, mutate_program, &job);
	noticed = job.total[FATE_REFUTED] + job.total[FATE_NOTICED];
	judged = noticed + job.total[FATE_SURVIVES] + job.total[FATE_UNKNOWN];
	if (job.opts.json) {
		struct buf all = BUF_INIT;

		buf_puts(&all, "{\"programs\":[");
		buf_puts(&all, buf_str(&job.json));
		buf_printf(&all, "],\"refuted\":%u,\"noticed\":%u,\"survive\":%u,\"unknown\":%u,\"equivalent\":%u", job.total[FATE_REFUTED],
			   job.total[FATE_NOTICED], job.total[FATE_SURVIVES], job.total[FATE_UNKNOWN], job.total[FATE_SAME]);
		if (status == COMMAND_BAD)
			say_add_trouble(&all);
		buf_puts(&all, "}\n");
		say_text(buf_str(&all));
		buf_done(&all);
	} else if (judged) {
		printf("score: %u of %u mutants %s (%u %%)\n", noticed, judged, job.what == MUTATE_PROGRAM && !job.total[FATE_NOTICED] ? "refuted" : "noticed",
		       100 * noticed / judged);
	}
	buf_done(&job.json);
	return status;
}
