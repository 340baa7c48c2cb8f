// SPDX-License-Identifier: GPL-2.0-only
/*
 * smtfmt: see smtfmt.h. Output depends on term numbers only, never on addresses or time.
 */
#include "prove/smtfmt.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "prove/eval.h"

#define INLINE_DEPTH 24 /* deeper terms get a name even when used once */
#define MAX_ALIKE 32	/* hard terms of a question that are compared with each other */

enum cut {
	CUT_NOT,
	CUT_ANY,   /* a leaf that can be anything */
	CUT_ALIKE, /* a hard term: a leaf that is the same number as another one of the same parts */
};

struct printer {
	const struct terms *t;
	struct buf *out;
	uint8_t *used;   /* reachable */
	uint8_t *shared; /* 0: inline; else it has a name */
	uint8_t *cut;    /* enum cut; NULL: none is */
	uint32_t *number; /* the how-manyth of those used it is; NULL: names are those of the terms */
};

static unsigned popcount(const struct term_node *n) { return n->op == TERM_OP_CONST ? (unsigned)__builtin_popcountll(n->k) : 64; }

/* A product or a quotient of which a solver makes a circuit that it cannot see through. */
static bool is_hard(const struct terms *t, term a)
{
	const struct term_node *n = &t->node[a];

	switch ((enum term_op)n->op) {
	case TERM_OP_MUL:
		return popcount(&t->node[n->a]) > 4 && popcount(&t->node[n->b]) > 4;
	case TERM_OP_UDIV:
	case TERM_OP_UREM:
	case TERM_OP_SDIV:
	case TERM_OP_SREM:
		return popcount(&t->node[n->b]) > 1;
	default:
		return false;
	}
}

static void print_sort(struct buf *out, unsigned width)
{
	if (width)
		buf_printf(out, "(_ BitVec %u)", width);
	else
		buf_puts(out, "Bool");
}

static void print_const(struct buf *out, unsigned width, uint64_t v)
{
	if (!width)
		buf_puts(out, v ? "true" : "false");
	else if (width % 4 == 0)
		buf_printf(out, "#x%0*llx", (int)width / 4, (unsigned long long)v);
	else
		buf_printf(out, "(_ bv%llu %u)", (unsigned long long)v, width);
}

static void print_node(const struct printer *p, term a);

static void print_name(const struct printer *p, term a)
{
	uint32_t number = p->number ? p->number[a] : a;

	if (p->t->node[a].op != TERM_OP_VAR)
		buf_printf(p->out, "%s%u", p->cut && p->cut[a] ? "any" : "t", number);
	else if (p->number)
		buf_printf(p->out, "v%u", number);
	else
		buf_printf(p->out, "|%s|", p->t->var[p->t->node[a].k].name);
}

static void print_ref(const struct printer *p, term a)
{
	if ((p->cut && p->cut[a]) || p->shared[a])
		print_name(p, a);
	else
		print_node(p, a);
}

static void print_node(const struct printer *p, term a)
{
	const struct term_node *n = &p->t->node[a];
	const term part[3] = { n->a, n->b, n->c };

	switch ((enum term_op)n->op) {
	case TERM_OP_CONST:
		print_const(p->out, n->width, n->k);
		return;
	case TERM_OP_VAR:
		print_name(p, a);
		return;
	case TERM_OP_EXTRACT:
		buf_printf(p->out, "((_ extract %u %u) ", (unsigned)n->k + n->width - 1, (unsigned)n->k);
		break;
	case TERM_OP_ZEXT:
	case TERM_OP_SEXT:
		buf_printf(p->out, "((_ %s %u) ", term_op_smt((enum term_op)n->op),
			   (unsigned)n->width - p->t->node[n->a].width);
		break;
	default:
		buf_printf(p->out, "(%s ", term_op_smt((enum term_op)n->op));
	}
	for (int i = 0; i < 3 && part[i]; i++) {
		if (i)
			buf_putc(p->out, ' ');
		print_ref(p, part[i]);
	}
	buf_putc(p->out, ')');
}

/* Decide which terms get a name: those used twice and those at the bottom of long chains. */
static int find_shared(struct printer *p, term top)
{
	uint8_t *depth = calloc(p->t->n, 1), *uses = calloc(p->t->n, 1);

	if (!depth || !uses) {
		free(depth);
		free(uses);
		return -ENOMEM;
	}
	for (term i = 1; i <= top; i++) {
		const struct term_node *n = &p->t->node[i];
		const term part[3] = { n->a, n->b, n->c };

		const enum cut cut = p->cut ? p->cut[i] : CUT_NOT;

		for (int j = 0; p->used[i] && cut != CUT_ANY && j < 3 && part[j]; j++)
			if (cut == CUT_ALIKE) /* in each comparison with another one */
				uses[part[j]] = 2;
			else if (uses[part[j]] < 2)
				uses[part[j]]++;
	}
	for (term i = 1; i <= top; i++) {
		const struct term_node *n = &p->t->node[i];
		const term part[3] = { n->a, n->b, n->c };

		if (!p->used[i] || n->op == TERM_OP_CONST || n->op == TERM_OP_VAR)
			continue;
		for (int j = 0; j < 3 && part[j]; j++)
			if (!p->shared[part[j]] && depth[part[j]] + 1 > depth[i])
				depth[i] = (uint8_t)(depth[part[j]] + 1);
		p->shared[i] = uses[i] > 1 || depth[i] >= INLINE_DEPTH;
	}
	free(depth);
	free(uses);
	return 0;
}

static void print_comment(struct buf *out, const char *comment)
{
	while (comment && *comment) {
		size_t len = strcspn(comment, "\n");

		buf_puts(out, "; ");
		buf_add(out, comment, len);
		buf_putc(out, '\n');
		comment += len + (comment[len] == '\n');
	}
}

static int print_decls(struct printer *p, term top, uint32_t **ret_vars, size_t *ret_n)
{
	uint32_t *vars = calloc(p->t->n_vars + 1, sizeof(*vars));
	size_t n = 0;

	if (!vars)
		return -ENOMEM;
	for (term i = 1; i <= top; i++) {
		const struct term_node *nd = &p->t->node[i];

		if (!p->used[i] || nd->op != TERM_OP_VAR)
			continue;
		vars[n++] = (uint32_t)nd->k;
		buf_puts(p->out, "(declare-const ");
		print_name(p, i);
		buf_putc(p->out, ' ');
		print_sort(p->out, nd->width);
		buf_puts(p->out, ")\n");
	}
	*ret_vars = vars;
	*ret_n = n;
	return 0;
}

static void print_equal(const struct printer *p, term a, term b)
{
	buf_puts(p->out, "(= ");
	print_ref(p, a);
	buf_putc(p->out, ' ');
	print_ref(p, b);
	buf_putc(p->out, ')');
}

static void print_both_equal(const struct printer *p, term a, term b, term c, term d)
{
	buf_puts(p->out, "(and ");
	print_equal(p, a, b);
	buf_putc(p->out, ' ');
	print_equal(p, c, d);
	buf_putc(p->out, ')');
}

/* Two hard terms, which are leaves: of the same parts they are the same number (Ackermann's congruence). */
static void print_alike(const struct printer *p, term a, term b)
{
	const struct term_node *x = &p->t->node[a], *y = &p->t->node[b];

	buf_puts(p->out, "(assert (=> (or ");
	print_both_equal(p, x->a, y->a, x->b, y->b);
	if (x->op == TERM_OP_MUL) {
		buf_putc(p->out, ' ');
		print_both_equal(p, x->a, y->b, x->b, y->a);
	}
	buf_puts(p->out, ") ");
	print_equal(p, a, b);
	buf_puts(p->out, "))\n");
}

/*
 * A name is a constant that equals what it stands for, not a define-fun: z3 4.8 goes through the whole formula again for each
 * definition that it reads.
 */
static void print_script(struct printer *p, const term *asserts, size_t n, term top)
{
	term alike[MAX_ALIKE];
	size_t n_alike = 0;

	for (term i = 1; i <= top; i++) {
		const enum cut cut = p->cut ? p->cut[i] : CUT_NOT;

		if (!p->used[i] || (!p->shared[i] && !cut))
			continue;
		buf_puts(p->out, "(declare-const ");
		print_name(p, i);
		buf_putc(p->out, ' ');
		print_sort(p->out, p->t->node[i].width);
		buf_puts(p->out, ")\n");
		for (size_t j = 0; cut == CUT_ALIKE && j < n_alike; j++)
			if (p->t->node[alike[j]].op == p->t->node[i].op && p->t->node[alike[j]].width == p->t->node[i].width)
				print_alike(p, alike[j], i);
		if (cut == CUT_ALIKE)
			alike[n_alike++] = i;
		if (cut)
			continue;
		buf_puts(p->out, "(assert (= ");
		print_name(p, i);
		buf_putc(p->out, ' ');
		print_node(p, i);
		buf_puts(p->out, "))\n");
	}
	for (size_t i = 0; i < n; i++) {
		buf_puts(p->out, "(assert ");
		print_ref(p, asserts[i]);
		buf_puts(p->out, ")\n");
	}
	buf_puts(p->out, "(check-sat)\n");
}

/* Variables have their numbers among the variables, other terms theirs among all. */
static int number_terms(struct printer *p, term top)
{
	uint32_t n = 0, n_vars = 0;

	p->number = calloc(p->t->n, sizeof(*p->number));
	if (!p->number)
		return -ENOMEM;
	for (term i = 1; i <= top; i++)
		if (p->used[i])
			p->number[i] = p->t->node[i].op == TERM_OP_VAR ? n_vars++ : n++;
	return 0;
}

static int print(struct printer *p, bool named, const term *asserts, size_t n, const char *comment, uint32_t **ret_vars, size_t *ret_n_vars)
{
	term top = 0;
	int r = -ENOMEM;

	p->shared = calloc(p->t->n, 1);
	if (!p->used || !p->shared)
		goto out;
	for (size_t i = 0; i < n; i++)
		top = asserts[i] > top ? asserts[i] : top;
	r = find_shared(p, top);
	if (!r && !named)
		r = number_terms(p, top);
	if (r < 0)
		goto out;
	print_comment(p->out, comment);
	buf_puts(p->out, "(set-option :produce-models true)\n(set-logic QF_BV)\n");
	r = print_decls(p, top, ret_vars, ret_n_vars);
	if (r < 0)
		goto out;
	print_script(p, asserts, n, top);
	r = p->out->failed ? -ENOMEM : 0;
out:
	free(p->number);
	free(p->shared);
	return r;
}

int smt_print(const struct terms *t, bool named, const term *asserts, size_t n, const char *comment, struct buf *out,
	      uint32_t **ret_vars, size_t *ret_n_vars)
{
	struct printer p = { .t = t, .out = out, .used = calloc(t->n, 1) };
	int r;

	if (p.used)
		term_mark(t, asserts, n, p.used);
	r = print(&p, named, asserts, n, comment, ret_vars, ret_n_vars);
	free(p.used);
	return r;
}

/* --- less than what is asked --- */

/* The comparison has more than `most` different parts. */
static bool is_large(const struct terms *t, term a, uint32_t most, uint32_t *seen, uint32_t mark, term *stack)
{
	uint32_t n = 0, count = 0;

	stack[n++] = a;
	seen[a] = mark;
	while (n) {
		const struct term_node *nd = &t->node[stack[--n]];
		const term part[3] = { nd->a, nd->b, nd->c };

		if (++count > most)
			return true;
		for (int j = 0; j < 3 && part[j]; j++)
			if (seen[part[j]] != mark) {
				seen[part[j]] = mark;
				stack[n++] = part[j];
			}
	}
	return false;
}

static bool compares_numbers(const struct terms *t, term a)
{
	const struct term_node *n = &t->node[a];

	return n->op >= TERM_OP_EQ && n->op <= TERM_OP_SLE && t->node[n->a].width > 0;
}

/* What is used, from above, when hard terms and large comparisons are leaves; whether there is any. */
static bool mark_weak(struct printer *p, const term *asserts, size_t n, uint32_t most, uint32_t *seen, term *stack)
{
	size_t n_alike = 0;
	bool found = false;

	for (size_t i = 0; i < n; i++)
		p->used[asserts[i]] = 1;
	for (term i = (term)p->t->n - 1; i >= 1; i--) { /* parts have lower numbers than what they are part of */
		const struct term_node *nd = &p->t->node[i];
		const term part[3] = { nd->a, nd->b, nd->c };

		if (!p->used[i])
			continue;
		if (is_hard(p->t, i))
			p->cut[i] = n_alike++ < MAX_ALIKE ? CUT_ALIKE : CUT_ANY;
		else if (compares_numbers(p->t, i) && is_large(p->t, i, most, seen, i, stack))
			p->cut[i] = CUT_ANY;
		found |= p->cut[i] != CUT_NOT;
		for (int j = 0; p->cut[i] != CUT_ANY && j < 3 && part[j]; j++)
			p->used[part[j]] = 1;
	}
	return found;
}

int smt_print_weak(const struct terms *t, const term *asserts, size_t n, uint32_t most, struct buf *out)
{
	struct printer p = { .t = t, .out = out, .used = calloc(t->n, 1), .cut = calloc(t->n, 1) };
	uint32_t *seen = calloc(t->n, sizeof(*seen)), *vars = NULL;
	term *stack = malloc(t->n * sizeof(*stack));
	size_t n_vars;
	int r = -ENOMEM;

	if (p.used && p.cut && seen && stack)
		r = mark_weak(&p, asserts, n, most, seen, stack) ? print(&p, false, asserts, n, NULL, &vars, &n_vars) : -ENOENT;
	free(vars);
	free(stack);
	free(seen);
	free(p.cut);
	free(p.used);
	return r;
}

size_t smt_count_hard(const struct terms *t, const term *asserts, size_t n)
{
	uint8_t *used = calloc(t->n, 1);
	size_t found = 0;

	if (used)
		term_mark(t, asserts, n, used);
	for (term i = 1; used && i < t->n; i++)
		found += used[i] && is_hard(t, i);
	free(used);
	return found;
}

void smt_print_get_value(size_t n, struct buf *out)
{
	if (!n)
		return;
	buf_puts(out, "(get-value (");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%sv%zu", i ? " " : "", i);
	buf_puts(out, "))\n");
}

static const char *skip_space(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

static const char *skip_symbol(const char *s)
{
	if (*s == '|') {
		s = strchr(s + 1, '|');
		return s ? s + 1 : NULL;
	}
	const char *from = s;
	while (*s && !isspace((unsigned char)*s) && *s != '(' && *s != ')')
		s++;
	return s == from ? NULL : s;
}

static const char *parse_value(const char *s, uint64_t *ret)
{
	char *end = NULL;

	errno = 0;
	if (!strncmp(s, "true", 4) || !strncmp(s, "false", 5)) {
		*ret = *s == 't';
		return s + (*s == 't' ? 4 : 5);
	}
	if (s[0] == '#' && (s[1] == 'x' || s[1] == 'b'))
		*ret = strtoull(s + 2, &end, s[1] == 'x' ? 16 : 2);
	else if (!strncmp(s, "(_ bv", 5)) {
		*ret = strtoull(s + 5, &end, 10);
		end = end ? strchr(end, ')') : NULL;
		end = end ? end + 1 : NULL;
	}
	return errno || end == s + 2 ? NULL : end;
}

int smt_parse_values(const char *text, size_t n, uint64_t *ret_values)
{
	const char *s = skip_space(text);

	if (*s++ != '(')
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		s = skip_space(s);
		if (*s != '(')
			return -EINVAL;
		s = skip_symbol(skip_space(s + 1));
		if (!s)
			return -EINVAL;
		s = parse_value(skip_space(s), &ret_values[i]);
		if (!s)
			return -EINVAL;
		s = skip_space(s);
		if (*s++ != ')')
			return -EINVAL;
	}
	return *skip_space(s) == ')' ? 0 : -EINVAL;
}
