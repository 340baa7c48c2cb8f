// SPDX-License-Identifier: GPL-2.0-only
/* report_html: see report_html.h. */
#include "prove/report_html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "prove/check.h"
#include "prove/eval.h"
#include "prove/helper.h"
#include "prove/report.h"

const char report_html_head[] =
	"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>bpfprove</title><style>\n"
	"body{font:15px/1.5 system-ui,sans-serif;max-width:80em;margin:2em auto;padding:0 1em;color:#1d2129}\n"
	"table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3em .6em;border-bottom:1px solid #ddd;vertical-align:top}\n"
	".holds{color:#0a6b2d}.fails{color:#b3001b;font-weight:600}.unknown{color:#8a5a00;font-weight:600}\n"
	"tr.wrong td,mark{background:#ffe3e3}mark.passed{background:#fff6cc}.walk td{border:0;padding:.1em .6em;font:13px/1.5 monospace}\n"
	"pre{background:#f5f5f2;padding:.8em;overflow:auto;font-size:13px}summary{cursor:pointer}\n"
	"</style></head><body>\n<h1>bpfprove</h1>\n"
	"<p>This page says of compiled BPF programs what they do for <em>every</em> input and <em>every</em> contents of their maps. "
	"Each property below became a formula from the program's own bytecode, and was given to solvers.</p>\n"
	"<ul><li><b class=\"holds\">holds</b>: no input violates it, under the assumptions listed with the program.</li>\n"
	"<li><b class=\"fails\">fails</b>: the input shown violates it; an interpreter ran the program on it and saw that.</li>\n"
	"<li><b class=\"unknown\">unknown</b>: neither could be shown, for the reason given. It is no promise.</li></ul>\n"
	"<details><summary>what the properties and columns mean</summary><dl>\n"
	"<dt>memory, null, init, align</dt><dd>each access of the program touches only what it may, through a pointer that is not null, "
	"reads only what was written, and lies as the kernel demands</dd>\n"
	"<dt>call, leak, record</dt><dd>the kernel's helpers are called with what they take; every lock and record taken is given back; "
	"user space gets no byte that was never written</dd>\n"
	"<dt>termination, return, weaken</dt><dd>it ends; with a value its hook accepts; and, for a security hook, never turns the refusal "
	"of an earlier program into a permission</dd>\n"
	"<dt>invariant</dt><dd>of a loop: where it is entered, and after each iteration; of a map's elements: where the contract's discipline "
	"demands it</dd>\n"
	"<dt>contract</dt><dd>the clauses of the contract shown below the table, each by its label or its text</dd>\n"
	"<dt>nothing</dt><dd>the program does nothing of which this could be asked</dd>\n"
	"<dt>to prove / checked</dt><dd>how many conditions of this kind came up, and how many were left for a solver after simplification</dd>\n"
	"<dt>solver</dt><dd>whose answer it is: of the first, confirmed by the second where there are two; &ldquo;folding&rdquo;: simplification sufficed</dd>\n"
	"</dl></details>\n";

/* --- a counterexample --- */

#define MAX_WALK 200
#define MAX_CONDITIONS 40

/* Errors are negative numbers, of 32 bits where the program looks at no more. */
static void answer_number(struct buf *b, uint64_t n)
{
	if (n >= -4095ull)
		buf_printf(b, "%lld", (long long)n);
	else
		buf_printf(b, "%#llx", (unsigned long long)n);
}

/* What the environment answered, as the model has it. */
static void html_answer(struct buf *b, struct eval *e, const struct log_entry *l, term no_pointer)
{
	struct buf t = BUF_INIT;

	if (l->kind == LOG_KREAD)
		buf_printf(&t, "memory has %#llx there", (unsigned long long)eval_term(e, l->value));
	else if (l->kind == LOG_CALL && l->ret) {
		const char *name = l->helper >= 0 ? helper_name(l->helper) : NULL;

		buf_printf(&t, "%s gives ", name ? name : "the call");
		if (l->ret->n && !eval_term(e, no_pointer))
			buf_puts(&t, "a pointer");
		else if (l->ret->n)
			buf_puts(&t, "null");
		else
			answer_number(&t, eval_term(e, l->ret->bits));
	}
	buf_puts(b, "<div>");
	buf_xml(b, buf_str(&t));
	buf_puts(b, "</div>");
	buf_done(&t);
}

/* The answers at one instruction; those up to *done were told before. */
static void html_answers(struct buf *b, struct sym *s, struct eval *e, const term *no_pointer, uint32_t insn, uint8_t *told)
{
	for (size_t i = 0; i < s->n_log; i++) {
		const struct log_entry *l = &s->log[i];

		if (l->insn != insn || told[i] || !eval_term(e, l->guard))
			continue;
		told[i] = 1;
		html_answer(b, e, l, no_pointer[i]);
		return;
	}
}

static void html_walk(struct buf *b, struct sym *s, const struct verdict *v, struct eval *e, const term *no_pointer, uint8_t *told)
{
	const struct bpfobj_line *last = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < v->replay.n_path; i++) {
		const struct bpfobj_line *l = report_step(s, &v->replay, i, last);

		if (l) {
			const char *file = strrchr(l->file, '/');

			if (++n > MAX_WALK)
				break;
			buf_puts(b, last ? "</td></tr>\n" : "");
			buf_printf(b, "<tr%s><td>%u</td><td>", n > 1 && report_same_line(l, bpfobj_line_at(s->prog, v->insn)) ? " class=\"wrong\"" : "", n);
			buf_xml(b, file ? file + 1 : l->file);
			buf_printf(b, ":%u</td><td>", l->line);
			buf_xml(b, l->text + strspn(l->text, " \t"));
			buf_puts(b, "</td><td>");
			last = l;
		}
		if (last)
			html_answers(b, s, e, no_pointer, v->replay.path[i], told);
	}
	buf_puts(b, last ? "</td></tr>\n" : "");
	if (n > MAX_WALK)
		buf_puts(b, "<tr><td></td><td></td><td>... and further</td></tr>\n");
}

static void html_counterexample(struct buf *b, struct sym *s, const struct verdict *v)
{
	term *no_pointer = calloc(s->n_log + 1, sizeof(*no_pointer));
	uint8_t *told = calloc(s->n_log + 1, 1);
	struct eval e;

	for (size_t i = 0; no_pointer && i < s->n_log; i++) /* terms are made before any is evaluated */
		no_pointer[i] = s->log[i].ret ? val_scalar_guard(s, s->log[i].ret) : TERM_TRUE;
	buf_puts(b, "<details open><summary>counterexample: it starts with</summary><pre>");
	buf_xml(b, v->inputs ? v->inputs : "");
	buf_puts(b, "</pre><p>goes this way through the source:</p><table class=\"walk\"><tr><th>step<th>line<th>source<th>what the kernel answers</tr>\n");
	if (no_pointer && told && !eval_init(&e, &s->t, v->model, v->model ? v->n_model : 0)) {
		html_walk(b, s, v, &e, no_pointer, told);
		eval_done(&e);
	}
	buf_puts(b, "</table><p>and the interpreter sees: <b>");
	buf_xml(b, v->replay.why);
	buf_puts(b, "</b></p></details>");
	free(told);
	free(no_pointer);
}

/* What was left for solvers after simplification. */
static void html_conditions(struct buf *b, const struct sym *s, const struct verdict *v)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->n_obligs; i++) {
		const struct oblig *o = &s->oblig[i];
		const struct bpfobj_line *l = bpfobj_line_at(s->prog, o->insn);
		const char *file = l ? strrchr(l->file, '/') : NULL;

		if (o->prop != v->prop || (o->prop == PROP_CONTRACT && o->clause != v->clause))
			continue;
		if (!n++)
			buf_printf(b, "<details><summary>conditions left to solvers: %zu; what would be wrong, and where</summary><ol>\n", v->n_open);
		if (n > MAX_CONDITIONS)
			continue;
		buf_puts(b, "<li>");
		buf_xml(b, o->what);
		buf_printf(b, " (instruction %u", o->insn);
		if (l) {
			buf_puts(b, ", ");
			buf_xml(b, file ? file + 1 : l->file);
			buf_printf(b, ":%u", l->line);
		}
		buf_puts(b, ")</li>\n");
	}
	if (n > MAX_CONDITIONS)
		buf_printf(b, "<li>and %u more</li>\n", n - MAX_CONDITIONS);
	buf_puts(b, n ? "</ol></details>" : "");
}

static void html_verdict(struct buf *b, struct sym *s, const struct verdict *v)
{
	const char *k = v->kind == VERDICT_ABSENT ? "nothing" : verdict_name(v->kind);

	buf_printf(b, "<tr><td class=\"%s\">%s</td><td>%s</td><td>", k, k, prop_name(v->prop));
	buf_xml(b, v->title);
	if (v->kind == VERDICT_FAILS || v->kind == VERDICT_UNKNOWN) {
		buf_puts(b, "<br>");
		buf_xml(b, v->reason);
	}
	html_conditions(b, s, v);
	buf_printf(b, "</td><td>%zu / %zu</td><td>%s%s%s%s%s</td><td>%.2f</td></tr>\n", v->n_open, v->n_checked, v->solver ? v->solver : "",
		   v->second ? ", " : "", v->second ? v->second : "", *v->why3 ? "; Why3 with " : "", v->why3, v->seconds);
	if (v->kind == VERDICT_FAILS) {
		buf_puts(b, "<tr><td></td><td colspan=\"5\">");
		html_counterexample(b, s, v);
		buf_puts(b, "</td></tr>\n");
	}
}

static void html_list(struct buf *b, const char *title, const char *const *list, size_t n)
{
	if (!n)
		return;
	buf_printf(b, "<h3>%s</h3><ul>\n", title);
	for (size_t i = 0; i < n; i++) {
		buf_puts(b, "<li>");
		buf_xml(b, list[i]);
		buf_puts(b, "</li>\n");
	}
	buf_puts(b, "</ul>\n");
}

/* 'p' passed by the first counterexample, 'x' where it goes wrong, 0 neither. */
static char passed(const struct proof *p, const struct bpfobj_line *l)
{
	const struct verdict *v = NULL;
	char r = 0;

	for (size_t i = 0; i < p->n && !v; i++)
		v = p->verdict[i].kind == VERDICT_FAILS ? &p->verdict[i] : NULL;
	for (size_t i = 0; v && i < v->replay.n_path && !r; i++)
		r = report_same_line(bpfobj_line_at(p->sym->prog, v->replay.path[i]), l) ? 'p' : 0;
	bool first = v && v->replay.n_path && report_same_line(bpfobj_line_at(p->sym->prog, v->replay.path[0]), l);
	return v && !first && report_same_line(bpfobj_line_at(p->sym->prog, v->insn), l) ? 'x' : r;
}

static void html_source(struct buf *b, const struct proof *p)
{
	const struct bpfobj_prog *prog = p->sym->prog;
	const struct bpfobj_line *last = NULL;

	buf_puts(b, "<details open><summary>source lines that became code (number of the instruction, of the line); lines of the first counterexample are marked</summary><pre>");
	for (uint32_t i = 0; i < prog->n_lines; i++) {
		const struct bpfobj_line *l = &prog->lines[i];
		struct buf t = BUF_INIT;
		char mark = passed(p, l);

		if (report_same_line(last, l))
			continue;
		last = l;
		buf_printf(&t, "%5u  %5u  %s\n", l->insn, l->line, l->text);
		buf_puts(b, mark == 'x' ? "<mark>" : mark ? "<mark class=\"passed\">" : "");
		buf_xml(b, buf_str(&t));
		buf_puts(b, mark ? "</mark>" : "");
		buf_done(&t);
	}
	buf_puts(b, "</pre></details>\n");
}

/* The contract as it was written. */
static void html_contract(struct buf *b, const char *path)
{
	char line[4096];
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	buf_puts(b, "<details open><summary>contract ");
	buf_xml(b, path);
	buf_puts(b, "</summary><pre>");
	while (fgets(line, sizeof(line), f))
		buf_xml(b, line);
	buf_puts(b, "</pre></details>\n");
	fclose(f);
}

/* What tells this proof from the others of the page: the program, and the kernel where there are several. */
static void html_which(struct buf *b, const struct check_run *run, const struct sym *s, const char *between)
{
	buf_xml(b, s->name);
	if (run->opts->n_btfs > 1) {
		buf_puts(b, between);
		buf_xml(b, run->btf);
	}
}

/* One line for the table at the top of the page, and the sentence under the program's heading. */
static void html_summary(struct buf *index, struct buf *b, const struct check_run *run, const struct proof *p)
{
	unsigned count[VERDICT_ABSENT + 1] = { 0 };

	for (size_t i = 0; i < p->n; i++)
		count[p->verdict[i].kind]++;
	enum verdict_kind k = count[VERDICT_FAILS] ? VERDICT_FAILS : count[VERDICT_UNKNOWN] ? VERDICT_UNKNOWN : VERDICT_HOLDS;
	buf_puts(index, "<tr><td><a href=\"#");
	html_which(index, run, p->sym, "@");
	buf_puts(index, "\">");
	html_which(index, run, p->sym, " for ");
	buf_printf(index, "</a></td><td class=\"%s\">%s</td><td>%u hold, %u fail, %u unknown</td></tr>\n", verdict_name(k), verdict_name(k),
		   count[VERDICT_HOLDS], count[VERDICT_FAILS], count[VERDICT_UNKNOWN]);
	buf_printf(b, "<p class=\"%s\">%s</p>\n", verdict_name(k),
		   k == VERDICT_HOLDS ? "Every property holds." : k == VERDICT_FAILS ? "There is an input for which it does what it must not: see the counterexample." :
		   "Nothing was found that fails, but not everything is proved.");
}

void report_html_program(struct buf *index, struct buf *b, const struct check_run *run, const struct proof *p)
{
	struct sym *s = p->sym;

	buf_puts(b, "<h2 id=\"");
	html_which(b, run, s, "@");
	buf_puts(b, "\">");
	html_which(b, run, s, " for ");
	buf_puts(b, "</h2>\n<p>");
	buf_xml(b, run->opts->object);
	buf_puts(b, ", section ");
	buf_xml(b, s->prog->section);
	if (run->btf) {
		buf_puts(b, ", for the kernel of ");
		buf_xml(b, run->btf);
	}
	buf_printf(b, ", %u instructions, %zu terms, %.2f s in solvers</p>\n", report_length(s), s->t.n, p->seconds);
	html_summary(index, b, run, p);
	buf_puts(b, "<table><tr><th>verdict<th>property<th>what<th>to prove / checked<th>solver<th>seconds</tr>\n");
	for (size_t i = 0; i < p->n; i++)
		html_verdict(b, s, &p->verdict[i]);
	buf_puts(b, "</table>\n");
	for (size_t i = 0; i < run->opts->n_contracts; i++)
		html_contract(b, run->opts->contract[i]);
	html_list(b, "What was not modelled, so that nothing is said to hold", s->gap, s->n_gaps);
	html_list(b, "What this rests on: assumptions about kernel and user space", s->assumption, s->n_assumptions);
	html_source(b, p);
}
