// SPDX-License-Identifier: GPL-2.0-only
/*
 * why3: the verification conditions as WhyML over bv.BV64, for a second opinion through another tool chain.
 *
 * A bit-vector of width w is a BV64.t below 2^w; each operation is followed by the mask that keeps it so. Every term
 * is a definition of its own, so sharing stays. The goal is the negation of "it can be violated". Beside the
 * conditions, DIR gets why3.conf, which has z3 and cvc5, and the driver for cvc5, which Why3 1.5 lacks:
 *   why3 -C DIR/why3.conf prove -P cvc5 DIR/PROGRAM.return.mlw
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "common/buf.h"
#include "prove/check.h"
#include "prove/command.h"
#include "prove/contract.h"
#include "prove/eval.h"
#include "prove/why3.h"

static const char driver_text[] =
	"(** Why3 driver for cvc5 1.0: that of CVC4 1.7 with the logic cvc5 knows *)\n"
	"prelude \"(set-logic ALL)\"\n"
	"unknown \"^(error \\\"Can't get-info :reason-unknown when the last result wasn't unknown!\\\")$\" \"(not unknown!)\"\n"
	"unknown \"Can't get-info :reason-unknown\" \"(not unknown!)\"\n"
	"import \"/usr/share/why3/drivers/cvc4_16.gen\"\n";

static const char conf_text[] =
	"[main]\nmagic = 14\nmemlimit = 2000\nrunning_provers_max = 2\ntimelimit = 30\n\n"
	"[prover]\nname = \"Z3\"\nversion = \"4.8.12\"\ncommand = \"z3 -smt2 -T:%%t %%f\"\n"
	"driver = \"z3_471\"\neditor = \"\"\nin_place = false\ninteractive = false\nshortcut = \"z3\"\n\n"
	"[prover]\nname = \"CVC5\"\nversion = \"1.0.3\"\ncommand = \"cvc5 --lang=smt2 --tlimit=%%t000 %%f\"\n"
	"driver = \"%s/cvc5.drv\"\neditor = \"\"\nin_place = false\ninteractive = false\nshortcut = \"cvc5\"\n";

struct writer {
	const struct terms *t;
	struct buf *out;
};

static unsigned width(const struct writer *w, term a) { return term_width(w->t, a); }

static void ref(const struct writer *w, term a)
{
	const struct term_node *n = &w->t->node[a];

	if (n->op == TERM_OP_CONST && n->width)
		buf_printf(w->out, "(0x%llX:t)", (unsigned long long)n->k);
	else if (n->op == TERM_OP_CONST)
		buf_puts(w->out, n->k ? "true" : "false");
	else
		buf_printf(w->out, "t%u", a);
}

static void call(const struct writer *w, const char *fn, term a, term b)
{
	buf_printf(w->out, "(%s ", fn);
	ref(w, a);
	buf_putc(w->out, ' ');
	ref(w, b);
	buf_putc(w->out, ')');
}

/* a as a signed 64-bit number */
static void signed_ref(const struct writer *w, term a)
{
	unsigned s = 64 - width(w, a);

	if (!s) {
		ref(w, a);
		return;
	}
	buf_puts(w->out, "(asr_bv (lsl_bv ");
	ref(w, a);
	buf_printf(w->out, " (0x%X:t)) (0x%X:t))", s, s);
}

static void signed_call(const struct writer *w, const char *fn, term a, term b)
{
	buf_printf(w->out, "(%s ", fn);
	signed_ref(w, a);
	buf_putc(w->out, ' ');
	signed_ref(w, b);
	buf_putc(w->out, ')');
}

static const char *plain_name(enum term_op op)
{
	switch (op) {
	case TERM_OP_ADD: return "add";
	case TERM_OP_SUB: return "sub";
	case TERM_OP_MUL: return "mul";
	case TERM_OP_BAND: return "bw_and";
	case TERM_OP_BOR: return "bw_or";
	case TERM_OP_BXOR: return "bw_xor";
	case TERM_OP_SHL: return "lsl_bv";
	case TERM_OP_LSHR: return "lsr_bv";
	case TERM_OP_UDIV: return "udiv";
	case TERM_OP_UREM: return "urem";
	default: return NULL;
	}
}

/* Division by zero is what SMT-LIB says; Why3 leaves it open. */
static void division(const struct writer *w, const struct term_node *n)
{
	bool is_signed = n->op == TERM_OP_SDIV || n->op == TERM_OP_SREM;
	bool rem = n->op == TERM_OP_UREM || n->op == TERM_OP_SREM;

	buf_puts(w->out, "(if ");
	ref(w, n->b);
	buf_puts(w->out, " = zeros then ");
	if (rem) {
		ref(w, n->a);
	} else if (is_signed) {
		buf_puts(w->out, "(if slt ");
		signed_ref(w, n->a);
		buf_puts(w->out, " zeros then (0x1:t) else ones)");
	} else {
		buf_puts(w->out, "ones");
	}
	buf_puts(w->out, " else ");
	if (is_signed)
		signed_call(w, rem ? "srem" : "sdiv", n->a, n->b);
	else
		call(w, rem ? "urem" : "udiv", n->a, n->b);
	buf_putc(w->out, ')');
}

static void bits(const struct writer *w, const struct term_node *n)
{
	switch ((enum term_op)n->op) {
	case TERM_OP_CONCAT:
		buf_puts(w->out, "(bw_or (lsl_bv ");
		ref(w, n->a);
		buf_printf(w->out, " (0x%X:t)) ", width(w, n->b));
		ref(w, n->b);
		buf_putc(w->out, ')');
		break;
	case TERM_OP_EXTRACT:
		buf_puts(w->out, "(lsr_bv ");
		ref(w, n->a);
		buf_printf(w->out, " (0x%X:t))", (unsigned)n->k);
		break;
	case TERM_OP_ZEXT:
		ref(w, n->a);
		break;
	case TERM_OP_SEXT:
		signed_ref(w, n->a);
		break;
	case TERM_OP_ASHR:
		buf_puts(w->out, "(asr_bv ");
		signed_ref(w, n->a);
		buf_putc(w->out, ' ');
		ref(w, n->b);
		buf_putc(w->out, ')');
		break;
	case TERM_OP_UDIV:
	case TERM_OP_UREM:
	case TERM_OP_SDIV:
	case TERM_OP_SREM:
		division(w, n);
		break;
	default:
		call(w, plain_name((enum term_op)n->op), n->a, n->b);
	}
}

static void truth(const struct writer *w, const struct term_node *n)
{
	static const char *const infix[] = { [TERM_OP_AND] = " /\\ ", [TERM_OP_OR] = " \\/ " };

	switch ((enum term_op)n->op) {
	case TERM_OP_NOT:
		buf_puts(w->out, "not ");
		ref(w, n->a);
		break;
	case TERM_OP_AND:
	case TERM_OP_OR:
		ref(w, n->a);
		buf_puts(w->out, infix[n->op]);
		ref(w, n->b);
		break;
	case TERM_OP_EQ:
		ref(w, n->a);
		buf_puts(w->out, width(w, n->a) ? " = " : " <-> ");
		ref(w, n->b);
		break;
	case TERM_OP_ULT:
	case TERM_OP_ULE:
		call(w, n->op == TERM_OP_ULT ? "ult" : "ule", n->a, n->b);
		break;
	default:
		signed_call(w, n->op == TERM_OP_SLT ? "slt" : "sle", n->a, n->b);
	}
}

static void define(const struct writer *w, term i)
{
	const struct term_node *n = &w->t->node[i];
	bool mask = n->width && n->width < 64;

	if (n->op == TERM_OP_CONST)
		return;
	if (n->op == TERM_OP_VAR) {
		buf_printf(w->out, "  (* %s *)\n", w->t->var[n->k].name);
		if (!n->width)
			buf_printf(w->out, "  predicate t%u\n", i);
		else if (!mask)
			buf_printf(w->out, "  constant t%u : t\n", i);
		else
			buf_printf(w->out, "  constant v%u : t\n  function t%u : t = bw_and v%u (0x%llX:t)\n", i, i, i,
				   (unsigned long long)term_mask(n->width));
		return;
	}
	buf_printf(w->out, n->width ? "  function t%u : t = " : "  predicate t%u = ", i);
	if (mask)
		buf_puts(w->out, "bw_and ");
	if (n->op == TERM_OP_ITE) {
		buf_puts(w->out, "(if ");
		ref(w, n->a);
		buf_puts(w->out, " then ");
		ref(w, n->b);
		buf_puts(w->out, " else ");
		ref(w, n->c);
		buf_putc(w->out, ')');
	} else if (n->width) {
		bits(w, n);
	} else {
		truth(w, n);
	}
	if (mask)
		buf_printf(w->out, " (0x%llX:t)", (unsigned long long)term_mask(n->width));
	buf_putc(w->out, '\n');
}

int why3_write_file(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return -errno;
	bool good = fwrite(text, 1, len, f) == len;
	return fclose(f) || !good ? -EIO : 0;
}

static void comment(struct buf *out, const char *text)
{
	/* nothing of the text may end the comment or begin one */
	for (; *text; text++)
		buf_putc(out, *text == '*' || *text == '"' ? ' ' : *text);
}

int why3_text(struct sym *s, enum prop prop, uint32_t clause, const char *title, struct buf *out)
{
	struct writer w = { &s->t, out };
	term goal = verdict_whole_goal(s, prop, clause);
	uint8_t *mark = calloc(s->t.n, 1);

	if (!mark)
		return -ENOMEM;
	if (goal < s->t.n)
		term_mark(&s->t, &goal, 1, mark);
	buf_puts(out, "(* ");
	comment(out, title);
	for (size_t i = 0; i < s->n_gaps; i++) {
		buf_puts(out, "\n   gap, so that Valid proves nothing: ");
		comment(out, s->gap[i]);
	}
	for (size_t i = 0; i < s->n_assumptions; i++) {
		buf_puts(out, "\n   assumed: ");
		comment(out, s->assumption[i]);
	}
	buf_puts(out, " *)\nmodule VC\n  use bv.BV64\n");
	for (term i = 1; i <= goal; i++)
		if (mark[i])
			define(&w, i);
	buf_puts(out, "  goal holds : not ");
	ref(&w, goal);
	buf_puts(out, "\nend\n");
	free(mark);
	return out->failed ? -ENOMEM : 0;
}

static int write_one(struct check_run *run, struct sym *s, enum prop prop, uint32_t clause, const char *title)
{
	struct buf out = BUF_INIT;
	char path[4096];
	int r = why3_text(s, prop, clause, title, &out);

	if (prop == PROP_CONTRACT)
		snprintf(path, sizeof(path), "%s/%s.%s-%u.mlw", run->opts->out, s->name, prop_name(prop), clause);
	else
		snprintf(path, sizeof(path), "%s/%s.%s.mlw", run->opts->out, s->name, prop_name(prop));
	if (!r)
		r = why3_write_file(path, out.data, out.len);
	if (r < 0)
		fprintf(stderr, "bpfprove: %s: %s\n", path, strerror(-r));
	else
		printf("%s\n", path);
	buf_done(&out);
	return r;
}

/* verdict_whole_goal() may make terms: all of them before the marks are taken. */
static int write_all(struct check_run *run, struct sym *s, void *ctx)
{
	uint32_t n = run->contract ? contract_clause_count(run->contract, s->name) : 0;
	int r = 0;

	for (int p = 0; p < PROP_CONTRACT; p++)
		verdict_whole_goal(s, (enum prop)p, 0);
	for (uint32_t i = 0; i < n; i++)
		verdict_whole_goal(s, PROP_CONTRACT, i);
	if (s->t.exhausted) {
		fprintf(stderr, "bpfprove: %s: too many terms, nothing written\n", s->name);
		return COMMAND_UNKNOWN;
	}
	for (int p = 0; p < PROP_CONTRACT && !r; p++)
		if (s->n_checked[p])
			r = write_one(run, s, (enum prop)p, 0, prop_title((enum prop)p));
	for (uint32_t i = 0; i < n && !r; i++)
		r = write_one(run, s, PROP_CONTRACT, i, contract_clause_text(run->contract, s->name, i));
	return r < 0 ? COMMAND_BAD : s->n_gaps || s->stop ? COMMAND_UNKNOWN : COMMAND_OK;
}

int why3_write_config(const char *dir)
{
	char *full = realpath(dir, NULL), path[4096];
	struct buf b = BUF_INIT;
	int r;

	if (!full)
		return -errno;
	buf_printf(&b, conf_text, full);
	snprintf(path, sizeof(path), "%s/why3.conf", full);
	r = b.failed ? -ENOMEM : why3_write_file(path, b.data, b.len);
	snprintf(path, sizeof(path), "%s/cvc5.drv", full);
	if (!r)
		r = why3_write_file(path, driver_text, sizeof(driver_text) - 1);
	buf_done(&b);
	free(full);
	return r;
}

static bool option_value(int argc, char **argv, const char **ret_dir)
{
	for (int i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], "-o") || !strcmp(argv[i], "--output"))
			*ret_dir = argv[i + 1];
	return *ret_dir != NULL;
}

int why3_main(int argc, char **argv)
{
	struct check_opts opts = { 0 };

	if (!option_value(argc, argv, &opts.out))
		return command_usage_error(argv[0], "-o DIR is needed");
	if ((mkdir(opts.out, 0777) < 0 && errno != EEXIST) || why3_write_config(opts.out) < 0) {
		fprintf(stderr, "bpfprove: cannot write to %s\n", opts.out);
		return COMMAND_BAD;
	}
	return check_each(argc, argv, &opts, write_all, NULL);
}
