// SPDX-License-Identifier: GPL-2.0-only
/*
 * isa_test: the instruction set as the interpreter runs it, against vectors: the data files of tests/prove/isa. Also that
 * every row of the table is used by some vector, prints, assembles back to the same bytes, and is unambiguous.
 */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/diag.h"
#include "prove/hex.h"
#include "prove/interp.h"
#include "prove/isa_text.h"
#include "../tap.h"

#define DATA "tests/prove/isa/*.data"

static bool row_seen[512];

struct vector {
	char *name, *mem, *program, *expect;
};

static char *trim(char *s)
{
	size_t n;

	while (*s == ' ')
		s++;
	n = strlen(s);
	while (n && (s[n - 1] == ' ' || s[n - 1] == '\n'))
		s[--n] = '\0';
	return s;
}

/* NAME: [MEMORY] PROGRAM => RESULT */
static bool vector_parse(char *line, struct vector *v)
{
	char *colon = strstr(line, ": "), *arrow = strstr(line, "=>"), *close;

	if (!colon || !arrow || arrow < colon)
		return false;
	*colon = *arrow = '\0';
	v->name = trim(line);
	v->program = trim(colon + 2);
	v->expect = trim(arrow + 2);
	v->mem = NULL;
	if (*v->program == '[') {
		close = strchr(v->program, ']');
		if (!close)
			return false;
		*close = '\0';
		v->mem = v->program + 1;
		v->program = trim(close + 1);
	}
	return true;
}

static int vector_load(const struct vector *v, struct arena *arena, struct diag *diag, const struct isa_insn **insns,
		       size_t *n)
{
	struct buf bytes = BUF_INIT;
	struct bpf_insn *raw;
	size_t at;
	int err;

	if (!strncmp(v->program, "hex ", 4)) {
		err = hex_parse(v->program + 4, &bytes, &at);
		raw = arena_memdup(arena, bytes.data, bytes.len);
		*n = bytes.len / 8;
		buf_done(&bytes);
	} else {
		char *text = arena_strdup(arena, v->program);

		for (char *p = text; *p; p++)
			*p = *p == ';' ? '\n' : *p;
		err = isa_assemble(text, v->name, arena, diag, &raw, n);
	}
	return err ? err : isa_decode_program(raw, *n, v->name, arena, diag, insns);
}

static void vector_check(const struct vector *v, const struct interp_result *r)
{
	if (!strncmp(v->expect, "fault:", 6)) {
		const char *what = interp_stop_name(r->stop);

		tap_ok(r->stop != INTERP_EXIT && strstr(what, v->expect + 6), "%s: stops (%s)", v->name, what);
		return;
	}
	uint64_t want = strtoull(v->expect, NULL, 16);

	if (!tap_ok(r->stop == INTERP_EXIT && r->r0 == want, "%s", v->name))
		printf("# %s: r0 = 0x%" PRIx64 ", expected 0x%" PRIx64 ": %s\n", v->program, r->r0, want, r->message);
}

static int imm64(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t *ret)
{
	*ret = insn->target;
	return insn->imm_kind == ISA_IMM_FUNC ? 0 : -1;
}

static void vector_run(const struct vector *v)
{
	struct interp_opts opts = { .max_steps = 10000, .strict = true, .hooks.imm64 = imm64 };
	struct buf mem = BUF_INIT;
	const struct isa_insn *insns;
	struct interp_region *region;
	struct interp_result result;
	uint64_t args[5] = { 0 };
	struct interp *it;
	struct arena arena;
	struct diag diag;
	size_t n, at;
	int err;

	arena_init(&arena, 0);
	diag_init(&diag);
	err = vector_load(v, &arena, &diag, &insns, &n);
	if (!strncmp(v->expect, "refused:", 8)) {
		if (!tap_ok(err == -EINVAL && diag.n && strstr(diag.entries[0].message, v->expect + 8), "%s: refused", v->name))
			diag_print(&diag, stdout);
	} else if (err) {
		tap_ok(false, "%s", v->name);
		diag_print(&diag, stdout);
	} else {
		for (size_t i = 0; i < n; i++)
			if (insns[i].desc)
				row_seen[insns[i].desc - isa_table] = true;
		interp_new(&opts, &it);
		if (v->mem && !hex_parse(v->mem, &mem, &at)) {
			region = interp_region_add(it, "memory", mem.data, mem.len, INTERP_RW, true);
			args[0] = region->base;
			args[1] = region->size;
		}
		interp_run(it, insns, n, args, &result);
		vector_check(v, &result);
		interp_free(it);
	}
	buf_done(&mem);
	diag_done(&diag);
	arena_done(&arena);
}

static void vector_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	struct vector v;

	if (!tap_ok(f != NULL, "open %s", path))
		return;
	while (getline(&line, &cap, f) > 0) {
		if (*line == '#' || *line == '\n')
			continue;
		if (vector_parse(line, &v))
			vector_run(&v);
		else
			tap_ok(false, "malformed vector: %s", line);
	}
	free(line);
	fclose(f);
}

/* Fields for a row, from a deterministic pattern; r10 never written. */
static void row_example(const struct isa_desc *row, unsigned round, struct bpf_insn out[2])
{
	struct bpf_insn *i = &out[0];

	memset(out, 0, 2 * sizeof(*out));
	i->code = row->code;
	i->dst_reg = row->dst_field == ISA_F_USED ? (3 + round) % 10 : 0;
	i->src_reg = row->src_field == ISA_F_EXACT ? row->src_exact : row->src_field == ISA_F_USED ? (7 + round) % 10 : 0;
	i->off = row->off_field == ISA_F_EXACT ? row->off_exact : row->off_field == ISA_F_USED ? (int16_t)(round * 3) : 0;
	i->imm = row->imm_field == ISA_F_EXACT ? row->imm_exact : row->imm_field == ISA_F_USED ? (int)round * 1001 : 0;
	if (row->op == ISA_LD_IMM64 && (row->src_exact == 0 || row->src_exact == 2 || row->src_exact == 6))
		out[1].imm = (int)(round * 77777);
}

static void check_row(size_t r)
{
	const struct isa_desc *row = &isa_table[r];
	bool same = true, unique = true;

	for (unsigned round = 0; round < 20; round++) {
		struct buf text = BUF_INIT;
		struct bpf_insn raw[2], *back = NULL;
		struct isa_insn insn;
		struct arena arena;
		size_t n = 0;

		arena_init(&arena, 0);
		row_example(row, round, raw);
		if (isa_decode(raw, 2, 0, NULL, NULL, &insn) || insn.desc != row) {
			unique = false;
		} else {
			isa_print(&insn, 0, &text);
			if (isa_assemble(buf_str(&text), "row", &arena, NULL, &back, &n) ||
			    memcmp(back, raw, n * sizeof(*raw)) || n != insn.slots) {
				printf("# row %zu round %u: %s\n", r, round, buf_str(&text));
				same = false;
			}
		}
		buf_done(&text);
		arena_done(&arena);
	}
	tap_ok(unique, "%s decodes to its own row", row->name);
	tap_ok(same, "%s prints and assembles back to the same bytes", row->name);
	/* those that need maps or a packet cannot be run by a vector */
	if (row->op != ISA_CALL_KFUNC && row->op != ISA_LEGACY_ABS && row->op != ISA_LEGACY_IND &&
	    !(row->op == ISA_LD_IMM64 && row->src_exact != 0 && row->src_exact != ISA_IMM_FUNC))
		tap_ok(row_seen[r], "%s is run by a vector", row->name);
}

int main(void)
{
	glob_t files;

	if (!tap_ok(!glob(DATA, 0, NULL, &files), "there are vectors"))
		return tap_done();
	for (size_t i = 0; i < files.gl_pathc; i++)
		vector_file(files.gl_pathv[i]);
	globfree(&files);
	for (size_t r = 0; r < isa_table_len; r++)
		check_row(r);
	return tap_done();
}
