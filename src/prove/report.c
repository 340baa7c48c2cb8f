// SPDX-License-Identifier: GPL-2.0-only
/* report: see report.h. Everything a verdict rests on is shown with it: assumptions, gaps, solvers, times. */
#include "prove/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "prove/check.h"
#include "prove/command.h"
#include "prove/report_html.h"
#include "say/say.h"

#define MAX_PATH_LINES 60

bool report_same_line(const struct bpfobj_line *a, const struct bpfobj_line *b)
{
	return a && b && a->line == b->line && !strcmp(a->file, b->file);
}

const struct bpfobj_line *report_step(const struct sym *s, const struct replay *r, size_t i, const struct bpfobj_line *last)
{
	const struct bpfobj_line *l = bpfobj_line_at(s->prog, r->path[i]), *entry = bpfobj_line_at(s->prog, r->path[0]);

	if (!l || !l->line || report_same_line(last, l) || (last && report_same_line(l, entry)))
		return NULL;
	return l;
}

static void print_path(struct buf *out, const struct sym *s, const struct replay *r, const char *indent)
{
	const struct bpfobj_line *last = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < r->n_path; i++) {
		const struct bpfobj_line *l = report_step(s, r, i, last);

		if (!l)
			continue;
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

uint32_t report_length(const struct sym *s)
{
	return s->func && s->func != &s->prog->funcs[0] ? s->func->len : s->prog->n_insns;
}

static void text_program(struct buf *out, const struct check_run *run, const struct proof *p)
{
	const struct sym *s = p->sym;

	buf_printf(out, "%s: %s (%s, %u instructions%s%s)\n", run->opts->object, s->name, s->prog->section, report_length(s),
		   run->btf ? ", for " : "", run->btf ? run->btf : "");
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
	buf_puts(b, ",\"kernel\":");
	buf_json(b, run->btf);
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
		report_html_program(&r->html_index, &r->html, run, p);
	r->n++;
}

int report_finish(struct report *r, const struct check_opts *opts, int status)
{
	int err = 0;

	if (opts->json) {
		struct buf all = BUF_INIT;

		buf_printf(&all, "{\"status\":%d,\"programs\":[", status);
		buf_puts(&all, buf_str(&r->json));
		buf_puts(&all, "]");
		if (status == COMMAND_BAD)
			say_add_trouble(&all);
		buf_puts(&all, "}\n");
		say_text(buf_str(&all));
		buf_done(&all);
	} else if (r->n) {
		printf("%u program%s: %u hold, %u fail, %u unknown\n", r->n, r->n == 1 ? "" : "s", r->holds, r->fails, r->unknown);
	}
	if (opts->html && r->n) {
		char path[4096];
		FILE *f;

		mkdir(opts->html, 0777);
		snprintf(path, sizeof(path), "%s/index.html", opts->html);
		f = fopen(path, "w");
		if (!f || fputs(report_html_head, f) < 0 || fputs("<table><tr><th>program<th>verdict<th>properties</tr>\n", f) < 0 ||
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
