// SPDX-License-Identifier: GPL-2.0-only
/* mutate_spec: see mutate_spec.h. */
#include "prove/mutate_spec.h"

#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "prove/command.h"
#include "prove/contract.h"
#include "prove/contract_mutant.h"
#include "prove/helper.h"
#include "prove/mutate.h"

struct spec_mutants {
	struct check_run *run;
	const struct sym *s;
	const struct mutate_verdicts *as_is;
	struct buf *json;
	struct mutate_score *score;
};

/* One mutant is in place: judge the program by it. `where`: a place in the contract, or a helper; text: what was changed */
static void judge(struct spec_mutants *j, const char *where, const char *change, const char *text)
{
	struct mutate_verdicts now;
	int status = mutate_judge_as_is(j->run, j->s, &now);
	bool same = status == j->as_is->status && !memcmp(now.kind, j->as_is->kind, sizeof(now.kind));

	*(same ? &j->score->survives : status == COMMAND_BAD ? &j->score->refused : &j->score->noticed) += 1;
	if (j->json) {
		buf_printf(j->json, "%s{\"fate\":\"%s\",\"at\":", j->score->survives + j->score->refused + j->score->noticed > 1 ? "," : "",
			   same ? "survives" : status == COMMAND_BAD ? "refused" : "noticed");
		buf_json(j->json, where);
		buf_puts(j->json, ",\"change\":");
		buf_json(j->json, change);
		buf_puts(j->json, ",\"text\":");
		buf_json(j->json, text);
		buf_puts(j->json, ",\"why\":");
		buf_json(j->json, now.why);
		buf_putc(j->json, '}');
	} else if (same && !j->run->opts->quiet) {
		printf("  survives  %s: %s: %s\n", where, change, text);
		fflush(stdout);
	}
}

static void contract_mutants(struct spec_mutants *j)
{
	struct contract_mutant m;
	struct arena arena;

	for (uint32_t k = 0;; k++) {
		arena_init(&arena, 1u << 20);
		if (!contract_mutant_make(j->run->contract, j->s->name, k, &arena, &m)) {
			arena_done(&arena);
			return;
		}
		const char *col = m.col ? arena_printf(&arena, ":%u", m.col) : "";
		judge(j, arena_printf(&arena, "%s:%u%s", m.file, m.line, col), m.change, m.clause->label ? m.clause->label : m.clause->text);
		contract_mutant_undo(&m);
		arena_done(&arena);
	}
}

static void helper_mutants(struct spec_mutants *j)
{
	struct helper_change *change = &j->run->sym_opts.change;

	for (size_t i = 0; i < helper_table_len; i++) {
		const struct helper *h = &helper_table[i];
		bool called = false;

		for (size_t k = 0; k < j->s->n_insns && !called; k++)
			called = j->s->insns[k].op == ISA_CALL_HELPER && j->s->insns[k].imm == h->id;
		if (!called)
			continue;
		if (h->model) {
			*change = (struct helper_change){ h->id, true };
			judge(j, h->name, "what it does left out", h->doc);
		}
		if (h->ret != 'v' && h->ret != 's') { /* it is not anything already */
			*change = (struct helper_change){ h->id, false };
			judge(j, h->name, "its result anything", h->doc);
		}
	}
	*change = (struct helper_change){ 0 };
}

void mutate_spec(struct check_run *run, const struct sym *s, enum mutate_what what, const struct mutate_verdicts *as_is, struct buf *json,
		 struct mutate_score *score)
{
	struct spec_mutants j = { run, s, as_is, json, score };

	*score = (struct mutate_score){ 0 };
	if (what == MUTATE_CONTRACT)
		contract_mutants(&j);
	else
		helper_mutants(&j);
}
