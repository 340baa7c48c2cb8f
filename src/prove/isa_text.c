// SPDX-License-Identifier: GPL-2.0-only
/* isa_text: see isa_text.h. Printing and assembling walk the same syntax strings, so they cannot drift apart. */
#include "prove/isa_text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/diag.h"
#include "prove/isa.h"

static void text_field(char field, const struct isa_insn *insn, size_t at, struct buf *out)
{
	switch (field) {
	case 'd':
		buf_printf(out, "%u", insn->dst);
		break;
	case 's':
		buf_printf(out, "%u", insn->src);
		break;
	case 'o':
		buf_printf(out, "%+d", insn->off);
		break;
	case 'i':
		buf_printf(out, "%d", insn->imm);
		break;
	case 'n':
		buf_printf(out, "%u", (unsigned)(insn->imm64 >> 32));
		break;
	case 'I':
		buf_printf(out, "0x%" PRIx64, insn->imm64);
		break;
	case 't':
		buf_printf(out, "%+lld", (long long)insn->target - (long long)at - 1);
		break;
	default:
		buf_putc(out, field);
	}
}

void isa_print(const struct isa_insn *insn, size_t at, struct buf *out)
{
	if (!insn->desc)
		return;
	for (const char *s = insn->desc->syntax; *s; s++) {
		if (*s == '%')
			text_field(*++s, insn, at, out);
		else
			buf_putc(out, *s);
	}
}

/* ---- assembler ---- */

struct asm_label {
	const char *name;
	size_t len;
	size_t slot;
};

struct asm_fixup {
	size_t slot;
	const char *name;
	size_t len;
	unsigned line;
	bool in_imm; /* else in off */
};

struct asm_state {
	const char *name;
	struct arena *arena;
	struct diag *diag;
	struct bpf_insn *insns;
	size_t n, cap;
	struct asm_label *labels;
	size_t n_labels, cap_labels;
	struct asm_fixup *fixups;
	size_t n_fixups, cap_fixups;
};

struct asm_match {
	struct bpf_insn insn;
	int32_t next_imm;
	const char *label;
	size_t label_len;
	const char *furthest; /* how far the text fitted, for the error's column */
};

static const char *asm_skip(const char *p, const char *end)
{
	while (p < end && isspace((unsigned char)*p))
		p++;
	return p;
}

static bool asm_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* A number, decimal or 0x, with sign; false when there is none or it does not fit in 64 bits. */
static bool asm_number(const char **p, const char *end, bool *ret_negative, uint64_t *ret_value)
{
	const char *s = asm_skip(*p, end);
	bool negative = false;
	char *stop;

	if (s < end && (*s == '-' || *s == '+'))
		negative = *s++ == '-';
	s = asm_skip(s, end);
	if (s >= end || !isdigit((unsigned char)*s))
		return false;
	errno = 0;
	*ret_value = strtoull(s, &stop, s + 1 < end && s[0] == '0' && s[1] == 'x' ? 16 : 10);
	if (errno || stop == s || stop > end)
		return false;
	*ret_negative = negative;
	*p = stop;
	return true;
}

/* A number in [-2^(bits-1), 2^bits), as the two's complement of that width. */
static bool asm_int(const char **p, const char *end, unsigned bits, bool is_signed, uint64_t *ret_value)
{
	uint64_t half = UINT64_C(1) << (bits - 1), v;
	bool negative;

	if (!asm_number(p, end, &negative, &v))
		return false;
	if (negative ? v > half : (is_signed ? v >= half : bits < 64 && v >= half * 2))
		return false;
	*ret_value = negative ? 0 - v : v;
	return true;
}

static bool asm_target(const char **p, const char *end, const struct isa_desc *row, struct asm_match *m)
{
	const char *s = asm_skip(*p, end);
	bool in_off = row->off_field == ISA_F_USED;
	uint64_t v;

	if (s < end && (*s == '+' || *s == '-')) {
		if (!asm_int(&s, end, in_off ? 16 : 32, true, &v))
			return false;
	} else {
		m->label = s;
		while (s < end && asm_word(*s))
			s++;
		m->label_len = (size_t)(s - m->label);
		v = 0;
		if (!m->label_len)
			return false;
	}
	if (in_off)
		m->insn.off = (int16_t)v;
	else
		m->insn.imm = (int32_t)v;
	*p = s;
	return true;
}

static bool asm_reg(const char **p, const char *end, unsigned *ret_reg)
{
	const char *s = *p;
	unsigned v = 0;

	if (s >= end || !isdigit((unsigned char)*s))
		return false;
	while (s < end && isdigit((unsigned char)*s) && v < 100)
		v = v * 10 + (unsigned)(*s++ - '0');
	if (v >= ISA_REGS)
		return false;
	*ret_reg = v;
	*p = s;
	return true;
}

/* Two mentions of a register in one line must agree ("r1 = -r1"). */
static bool asm_reg_field(const char **p, const char *end, bool is_dst, uint16_t *seen, struct asm_match *m)
{
	unsigned reg, bit = is_dst ? 1 : 2;

	if (!asm_reg(p, end, &reg))
		return false;
	if ((*seen & bit) && reg != (is_dst ? m->insn.dst_reg : m->insn.src_reg))
		return false;
	*seen |= bit;
	if (is_dst)
		m->insn.dst_reg = (__u8)(reg & 15);
	else
		m->insn.src_reg = (__u8)(reg & 15);
	return true;
}

static bool asm_field(char field, const char **p, const char *end, const struct isa_desc *row, uint16_t *seen,
		      struct asm_match *m)
{
	uint64_t v;

	switch (field) {
	case 'd':
	case 's':
		return asm_reg_field(p, end, field == 'd', seen, m);
	case 'o':
		if (*asm_skip(*p, end) != '+' && *asm_skip(*p, end) != '-')
			return true; /* left out: 0 */
		if (!asm_int(p, end, 16, true, &v))
			return false;
		m->insn.off = (int16_t)v;
		return true;
	case 'i':
		if (!asm_int(p, end, 32, row->width == 64 && isa_is_alu(row->op), &v))
			return false;
		m->insn.imm = (int32_t)(uint32_t)v;
		return true;
	case 'n':
		if (!asm_int(p, end, 32, false, &v))
			return false;
		m->next_imm = (int32_t)(uint32_t)v;
		return true;
	case 'I':
		if (!asm_int(p, end, 64, false, &v))
			return false;
		m->insn.imm = (int32_t)(uint32_t)v;
		m->next_imm = (int32_t)(uint32_t)(v >> 32);
		return true;
	case 't':
		return asm_target(p, end, row, m);
	}
	return false;
}

/* Does the line fit the row's syntax? White space is free except inside words. */
static bool asm_match_row(const struct isa_desc *row, const char *line, const char *end, struct asm_match *m)
{
	const char *p = line;
	uint16_t seen = 0;

	m->insn = (struct bpf_insn){ .code = row->code, .src_reg = row->src_exact & 15u, .off = row->off_exact,
				     .imm = row->imm_exact };
	m->next_imm = 0;
	m->label = NULL;
	for (const char *s = row->syntax; *s; s++) {
		if (*s == ' ') {
			if (p > line && p < end && asm_word(p[-1]) && asm_word(*p))
				return false;
			continue;
		}
		if (*s == '%' && s[1] != '%') {
			if (!asm_field(*++s, &p, end, row, &seen, m))
				return false;
		} else {
			s += *s == '%';
			if (s > row->syntax && !(asm_word(s[-1]) && asm_word(*s)))
				p = asm_skip(p, end);
			if (p >= end || *p != *s)
				return false;
			p++;
		}
		if (p > m->furthest)
			m->furthest = p;
	}
	return asm_skip(p, end) == end;
}

static int asm_emit(struct asm_state *a, const struct bpf_insn *insn)
{
	struct bpf_insn *p = arena_grow(a->arena, a->insns, a->n, &a->cap, sizeof(*p));

	if (!p)
		return diag_fail(a->diag, -ENOMEM, DIAG_AT(.file = a->name), "out of memory");
	a->insns = p;
	p[a->n++] = *insn;
	return 0;
}

static int asm_line(struct asm_state *a, const char *line, const char *end, unsigned nr)
{
	struct asm_match m = { .furthest = line };
	const struct isa_desc *row = NULL;
	int err;

	for (size_t i = 0; i < isa_table_len && !row; i++)
		if (asm_match_row(&isa_table[i], line, end, &m))
			row = &isa_table[i];
	if (!row)
		return diag_fail(a->diag, -EINVAL,
				 DIAG_AT(.file = a->name, .line = nr, .col = (unsigned)(m.furthest - line) + 1),
				 "no instruction has this form: '%.*s'", (int)(end - line), line);
	if (m.label) {
		struct asm_fixup *f =
			arena_grow(a->arena, a->fixups, a->n_fixups, &a->cap_fixups, sizeof(*f));

		if (!f)
			return diag_fail(a->diag, -ENOMEM, DIAG_AT(.file = a->name), "out of memory");
		a->fixups = f;
		f[a->n_fixups++] = (struct asm_fixup){ .slot = a->n, .name = m.label, .len = m.label_len,
						       .line = nr, .in_imm = row->off_field != ISA_F_USED };
	}
	err = asm_emit(a, &m.insn);
	if (!err && row->op == ISA_LD_IMM64)
		err = asm_emit(a, &(struct bpf_insn){ .imm = m.next_imm });
	return err;
}

/* Takes a label off the front of the line. */
static int asm_label(struct asm_state *a, const char **line, const char *end)
{
	const char *s = *line;
	struct asm_label *l;

	while (s < end && asm_word(*s))
		s++;
	if (s == *line || s >= end || *s != ':')
		return 0;
	l = arena_grow(a->arena, a->labels, a->n_labels, &a->cap_labels, sizeof(*l));
	if (!l)
		return diag_fail(a->diag, -ENOMEM, DIAG_AT(.file = a->name), "out of memory");
	a->labels = l;
	l[a->n_labels++] = (struct asm_label){ .name = *line, .len = (size_t)(s - *line), .slot = a->n };
	*line = asm_skip(s + 1, end);
	return 0;
}

static int asm_fix(struct asm_state *a)
{
	for (size_t i = 0; i < a->n_fixups; i++) {
		const struct asm_fixup *f = &a->fixups[i];
		const struct asm_label *l = NULL;
		int64_t distance;

		for (size_t j = 0; j < a->n_labels && !l; j++)
			if (a->labels[j].len == f->len && !memcmp(a->labels[j].name, f->name, f->len))
				l = &a->labels[j];
		if (!l)
			return diag_fail(a->diag, -EINVAL, DIAG_AT(.file = a->name, .line = f->line),
					 "no label '%.*s'", (int)f->len, f->name);
		distance = (int64_t)l->slot - (int64_t)f->slot - 1;
		if (f->in_imm)
			a->insns[f->slot].imm = (int32_t)distance;
		else if (distance < INT16_MIN || distance > INT16_MAX)
			return diag_fail(a->diag, -ERANGE, DIAG_AT(.file = a->name, .line = f->line),
					 "label '%.*s' is too far for this jump", (int)f->len, f->name);
		else
			a->insns[f->slot].off = (int16_t)distance;
	}
	return 0;
}

int isa_assemble(const char *text, const char *name, struct arena *arena, struct diag *diag,
		 struct bpf_insn **ret_insns, size_t *ret_n)
{
	struct asm_state a = { .name = name, .arena = arena, .diag = diag };
	unsigned nr = 0;
	int err = 0, one;

	while (*text) {
		const char *next = strchrnul(text, '\n'), *end = text, *line;

		nr++;
		while (end < next && *end != '#' && *end != ';' && !(end[0] == '/' && end[1] == '/'))
			end++;
		while (end > text && isspace((unsigned char)end[-1]))
			end--;
		line = asm_skip(text, end);
		one = asm_label(&a, &line, end);
		if (!one && line < end)
			one = asm_line(&a, line, end, nr);
		err = err ? err : one;
		text = *next ? next + 1 : next;
	}
	if (!err)
		err = asm_fix(&a);
	if (err)
		return err;
	*ret_insns = a.insns;
	*ret_n = a.n;
	return 0;
}

/* ---- documentation ---- */

static void doc_fields(const struct isa_desc *row, struct buf *out)
{
	if (row->src_field == ISA_F_EXACT)
		buf_printf(out, " src=%u", row->src_exact);
	if (row->off_field == ISA_F_EXACT && row->off_exact)
		buf_printf(out, " offset=%d", row->off_exact);
	if (row->imm_field == ISA_F_EXACT)
		buf_printf(out, " imm=0x%x", (unsigned)row->imm_exact);
}

/* %d of the row's syntax as "D" and so on: what a reader of a manual expects. */
static void doc_syntax(const char *syntax, struct buf *out)
{
	for (const char *s = syntax; *s; s++) {
		if (*s != '%') {
			buf_puts(out, *s == '|' ? "\\|" : (char[]){ *s, '\0' });
			continue;
		}
		s++;
		buf_puts(out, *s == 'd' ? "D" : *s == 's' ? "S" : *s == 'o' ? "+off" : *s == 't' ? "target" :
			      *s == 'I' ? "imm64" : *s == 'n' ? "next_imm" : *s == 'i' ? "imm" : "%");
	}
}

void isa_print_doc(struct buf *out)
{
	buf_puts(out, "<!-- Generated by `bpfprove isa` from the table in src/prove/isa_table.c: do not edit. -->\n"
		      "# The instruction set\n\n"
		      "eBPF as RFC 9669 defines it, and as the decoder, the disassembler, the interpreter and the\n"
		      "symbolic executor of bpfprove read it: from one table. An instruction that no row describes,\n"
		      "or with a reserved field that is not zero, is refused. `rN` is a 64-bit register, `wN` its low half;\n"
		      "a 32-bit operation sets the upper half of its destination to zero.\n\n"
		      "| opcode | selected by | assembler | group | meaning |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < isa_table_len; i++) {
		const struct isa_desc *row = &isa_table[i];

		buf_printf(out, "| `0x%02x` |", row->code);
		doc_fields(row, out);
		buf_puts(out, " | `");
		doc_syntax(row->syntax, out);
		buf_printf(out, "` | %s | %s |\n", isa_group_name(row->group), row->doc);
	}
}
