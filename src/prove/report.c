// SPDX-License-Identifier: GPL-2.0-only
/* report: see report.h. Everything a verdict rests on is shown with it: assumptions, gaps, solvers, times. */
#include "prove/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "prove/check.h"

#define MAX_PATH_LINES 60

/* The path as source lines, each once in a row. */
static void print_path(struct buf *out, const struct sym *s, const struct replay *r, const char *indent)
{
	const struct bpfobj_line *last = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < r->n_path; i++) {
		const struct bpfobj_line *l = bpfobj_line_at(s->prog, r->path[i]);

		if (!l || l == last)
			continue;
		if (last && last->line == l->line && !strcmp(last->file, l->file)) {
			last = l;
			continue;
		}
		last = l;
		if (++n > MAX_PATH_LINES)
			continue;
		const char *text = l->text + strspn(l->text, " \t"), *file = strrchr(l->file, '/');
		buf_printf(out, "%s%s:%u: %s\n", indent, file ? file + 1 : l->file, l->line, text);
	}
	if (n > MAX_PATH_LINES)
		buf_printf(out, "%s... %u more lines\n", indent, n - MAX_PATH_LINES);
}

static void print_block(struct buf *out, const char *text, const char *indent)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");

		buf_printf(out, "%s%.*s\n", indent, (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void text_verdict(struct buf *out, const struct sym *s, const struct verdict *v)
{
	buf_printf(out, "  %-8s %-12s %s", verdict_name(v->kind), prop_name(v->prop), v->title);
	if (v->kind != VERDICT_ABSENT)
		buf_printf(out, "  [%zu checked, %zu to prove%s%s%s%s%s%s, %.2f s]", v->n_checked, v->n_open, v->solver ? ", " : "",
			   v->solver ? v->solver : "", v->second ? " and " : "", v->second ? v->second : "",
			   *v->why3 ? ", Why3 with " : "", v->why3, v->seconds);
	buf_putc(out, '\n');
	if (v->disagree)
		buf_printf(out, "           *** %s ***\n", v->reason);
	if (v->kind == VERDICT_UNKNOWN)
		buf_printf(out, "           why: %s\n           what would help: %s\n", v->reason, v->hint ? v->hint : "-");
	if (v->kind != VERDICT_FAILS)
		return;
	const struct bpfobj_line *l = bpfobj_line_at(s->prog, v->insn);
	buf_printf(out, "           %s (instruction %u", v->reason, v->insn);
	if (l)
		buf_printf(out, ", %s:%u", l->file, l->line);
	buf_printf(out, ")\n           replayed in %llu steps: %s\n           it starts with:\n",
		   (unsigned long long)v->replay.steps, v->replay.why);
	print_block(out, v->inputs, "             ");
	buf_puts(out, "           and goes this way:\n");
	print_path(out, s, &v->replay, "             ");
}

/* Of a function: its own; of a program: with the functions it needs. */
static uint32_t report_length(const struct sym *s)
{
	return s->func && s->func != &s->prog->funcs[0] ? s->func->len : s->prog->n_insns;
}

static void text_program(struct buf *out, const struct check_run *run, const struct proof *p)
{
	const struct sym *s = p->sym;

	buf_printf(out, "%s: %s (%s, %u instructions)\n", run->opts->object, s->name, s->prog->section, report_length(s));
	for (size_t i = 0; i < p->n; i++)
		if (!run->opts->quiet || p->verdict[i].kind == VERDICT_FAILS || p->verdict[i].kind == VERDICT_UNKNOWN)
			text_verdict(out, s, &p->verdict[i]);
	for (size_t i = 0; i < s->n_gaps; i++)
		buf_printf(out, "  gap: %s\n", s->gap[i]);
	for (size_t i = 0; !run->opts->quiet && i < s->n_assumptions; i++)
		buf_printf(out, "  assumed: %s\n", s->assumption[i]);
	buf_printf(out, "  %zu terms, %zu regions, %llu instructions executed, %.2f s in solvers\n", s->t.n, s->n_regions,
		   (unsigned long long)s->steps, p->seconds);
}

static void json_list(struct buf *b, const char *name, const char *const *list, size_t n)
{
	buf_printf(b, ",\"%s\":[", name);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_putc(b, ',');
		buf_json(b, list[i]);
	}
	buf_putc(b, ']');
}

static void json_verdict(struct buf *b, const struct sym *s, const struct verdict *v)
{
	buf_puts(b, "{\"property\":");
	buf_json(b, prop_name(v->prop));
	buf_puts(b, ",\"title\":");
	buf_json(b, v->title);
	buf_puts(b, ",\"verdict\":");
	buf_json(b, v->kind == VERDICT_ABSENT ? "absent" : verdict_name(v->kind));
	buf_printf(b, ",\"checked\":%zu,\"open\":%zu,\"seconds\":%.3f,\"disagree\":%s", v->n_checked, v->n_open, v->seconds,
		   v->disagree ? "true" : "false");
	buf_puts(b, ",\"solver\":");
	buf_json(b, v->solver);
	buf_puts(b, ",\"second\":");
	buf_json(b, v->second);
	if (*v->why3) {
		buf_puts(b, ",\"why3\":");
		buf_json(b, v->why3);
	}
	if (*v->reason) {
		buf_puts(b, ",\"reason\":");
		buf_json(b, v->reason);
	}
	if (v->kind == VERDICT_FAILS) {
		struct buf path = BUF_INIT;

		buf_printf(b, ",\"instruction\":%u,\"replay\":", v->insn);
		buf_json(b, v->replay.why);
		buf_puts(b, ",\"inputs\":");
		buf_json(b, v->inputs);
		print_path(&path, s, &v->replay, "");
		buf_puts(b, ",\"path\":");
		buf_json(b, buf_str(&path));
		buf_done(&path);
	}
	buf_putc(b, '}');
}

static void json_program(struct buf *b, const struct check_run *run, const struct proof *p)
{
	const struct sym *s = p->sym;

	buf_puts(b, "{\"object\":");
	buf_json(b, run->opts->object);
	buf_puts(b, ",\"program\":");
	buf_json(b, s->name);
	buf_puts(b, ",\"section\":");
	buf_json(b, s->prog->section);
	buf_printf(b, ",\"instructions\":%u,\"terms\":%zu,\"seconds\":%.3f,\"verdicts\":[", report_length(s), s->t.n, p->seconds);
	for (size_t i = 0; i < p->n; i++) {
		if (i)
			buf_putc(b, ',');
		json_verdict(b, s, &p->verdict[i]);
	}
	buf_putc(b, ']');
	json_list(b, "assumptions", s->assumption, s->n_assumptions);
	json_list(b, "gaps", s->gap, s->n_gaps);
	buf_putc(b, '}');
}

static const char html_head[] =
	"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>bpfprove</title><style>\n"
	"body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#1d2129}\n"
	"table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3em .6em;border-bottom:1px solid #ddd;vertical-align:top}\n"
	".holds{color:#0a6b2d}.fails{color:#b3001b;font-weight:600}.unknown{color:#8a5a00;font-weight:600}\n"
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
	"<dt>to prove / checked</dt><dd>how many conditions of this kind came up, and how many were left for a solver after simplification</dd>\n"
	"<dt>solver</dt><dd>whose answer it is: of the first, confirmed by the second where there are two; &ldquo;folding&rdquo;: simplification sufficed</dd>\n"
	"</dl></details>\n";

static void html_verdict(struct buf *b, const struct sym *s, const struct verdict *v)
{
	struct buf text = BUF_INIT;
	const char *k = v->kind == VERDICT_ABSENT ? "nothing to prove" : verdict_name(v->kind);

	buf_printf(b, "<tr><td class=\"%s\">%s</td><td>%s</td><td>", k, k, prop_name(v->prop));
	buf_xml(b, v->title);
	if (v->kind == VERDICT_FAILS || v->kind == VERDICT_UNKNOWN) {
		buf_puts(b, "<br>");
		buf_xml(b, v->reason);
	}
	if (v->kind == VERDICT_FAILS) {
		buf_puts(b, "<details open><summary>counterexample: it starts with</summary><pre>");
		buf_xml(b, v->inputs ? v->inputs : "");
		buf_puts(b, "</pre><p>goes this way through the source:</p><pre>");
		print_path(&text, s, &v->replay, "");
		buf_xml(b, buf_str(&text));
		buf_puts(b, "</pre><p>and the interpreter sees: <b>");
		buf_xml(b, v->replay.why);
		buf_puts(b, "</b></p></details>");
	}
	buf_printf(b, "</td><td>%zu / %zu</td><td>%s%s%s%s%s</td><td>%.2f</td></tr>\n", v->n_open, v->n_checked, v->solver ? v->solver : "",
		   v->second ? ", " : "", v->second ? v->second : "", *v->why3 ? "; Why3 with " : "", v->why3, v->seconds);
	buf_done(&text);
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

static void html_source(struct buf *b, const struct sym *s)
{
	const struct bpfobj_line *last = NULL;

	buf_puts(b, "<details><summary>source lines that became code</summary><pre>");
	for (uint32_t i = 0; i < s->prog->n_lines; i++) {
		const struct bpfobj_line *l = &s->prog->lines[i];
		struct buf t = BUF_INIT;

		if (last && last->line == l->line && !strcmp(last->file, l->file))
			continue;
		last = l;
		buf_printf(&t, "%5u  %5u  %s\n", l->insn, l->line, l->text);
		buf_xml(b, buf_str(&t));
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

/* One line for the table at the top of the page, and the sentence under the program's heading. */
static void html_summary(struct buf *index, struct buf *b, const struct proof *p)
{
	unsigned count[VERDICT_ABSENT + 1] = { 0 };

	for (size_t i = 0; i < p->n; i++)
		count[p->verdict[i].kind]++;
	enum verdict_kind k = count[VERDICT_FAILS] ? VERDICT_FAILS : count[VERDICT_UNKNOWN] ? VERDICT_UNKNOWN : VERDICT_HOLDS;
	buf_puts(index, "<tr><td><a href=\"#");
	buf_xml(index, p->sym->name);
	buf_puts(index, "\">");
	buf_xml(index, p->sym->name);
	buf_printf(index, "</a></td><td class=\"%s\">%s</td><td>%u hold, %u fail, %u unknown</td></tr>\n", verdict_name(k), verdict_name(k),
		   count[VERDICT_HOLDS], count[VERDICT_FAILS], count[VERDICT_UNKNOWN]);
	buf_printf(b, "<p class=\"%s\">%s</p>\n", verdict_name(k),
		   k == VERDICT_HOLDS ? "Every property holds." : k == VERDICT_FAILS ? "There is an input for which it does what it must not: see the counterexample." :
		   "Nothing was found that fails, but not everything is proved.");
}

static void html_program(struct buf *index, struct buf *b, const struct check_run *run, const struct proof *p)
{
	const struct sym *s = p->sym;

	buf_puts(b, "<h2 id=\"");
	buf_xml(b, s->name);
	buf_puts(b, "\">");
	buf_xml(b, s->name);
	buf_puts(b, "</h2>\n<p>");
	buf_xml(b, run->opts->object);
	buf_puts(b, ", section ");
	buf_xml(b, s->prog->section);
	buf_printf(b, ", %u instructions, %zu terms, %.2f s in solvers</p>\n", report_length(s), s->t.n, p->seconds);
	html_summary(index, b, p);
	buf_puts(b, "<table><tr><th>verdict<th>property<th>what<th>to prove / checked<th>solver<th>seconds</tr>\n");
	for (size_t i = 0; i < p->n; i++)
		html_verdict(b, s, &p->verdict[i]);
	buf_puts(b, "</table>\n");
	for (size_t i = 0; i < run->opts->n_contracts; i++)
		html_contract(b, run->opts->contract[i]);
	html_list(b, "What was not modelled, so that nothing is said to hold", s->gap, s->n_gaps);
	html_list(b, "What this rests on: assumptions about kernel and user space", s->assumption, s->n_assumptions);
	html_source(b, s);
}

void report_program(struct report *r, const struct check_run *run, const struct proof *p)
{
	for (size_t i = 0; i < p->n; i++) {
		r->holds += p->verdict[i].kind == VERDICT_HOLDS;
		r->fails += p->verdict[i].kind == VERDICT_FAILS;
		r->unknown += p->verdict[i].kind == VERDICT_UNKNOWN;
	}
	if (run->opts->json) {
		if (r->n)
			buf_putc(&r->json, ',');
		json_program(&r->json, run, p);
	} else {
		struct buf text = BUF_INIT;

		text_program(&text, run, p);
		fputs(buf_str(&text), stdout);
		fflush(stdout);
		buf_done(&text);
	}
	if (run->opts->html)
		html_program(&r->html_index, &r->html, run, p);
	r->n++;
}

int report_finish(struct report *r, const struct check_opts *opts, int status)
{
	int err = 0;

	if (opts->json)
		printf("{\"status\":%d,\"programs\":[%s]}\n", status, buf_str(&r->json));
	else if (r->n)
		printf("%u programs: %u hold, %u fail, %u unknown\n", r->n, r->holds, r->fails, r->unknown);
	if (opts->html && r->n) {
		char path[4096];
		FILE *f;

		mkdir(opts->html, 0777);
		snprintf(path, sizeof(path), "%s/index.html", opts->html);
		f = fopen(path, "w");
		if (!f || fputs(html_head, f) < 0 || fputs("<table><tr><th>program<th>verdict<th>properties</tr>\n", f) < 0 ||
		    fputs(buf_str(&r->html_index), f) < 0 || fputs("</table>\n", f) < 0 || fputs(buf_str(&r->html), f) < 0 || fputs("</body></html>\n", f) < 0)
			err = -EIO;
		if (f && fclose(f))
			err = -EIO;
	}
	buf_done(&r->json);
	buf_done(&r->html);
	buf_done(&r->html_index);
	return err;
}
