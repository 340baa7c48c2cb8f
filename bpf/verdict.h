/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From facts to an answer: the running task's subject, the request's object sets, and decide(). Nothing here reads an
 * object.
 */
#ifndef CORDON_BPF_VERDICT_H
#define CORDON_BPF_VERDICT_H

#include "who.h"

struct decide_context {
	struct scratch *s;
	const struct class *class;
	void *sets;
	u32 nchunks;
	u32 base; /* first word of the chunk */
	const struct cordon_chunk *row[6]; /* of s->decide_set */
};

/* One word of 64 atoms, some of which are the subject's and about the operation. */
static __noinline void decide_word(struct decide_context *c, u32 i, u64 subject)
{
	if (i >= CORDON_CHUNK_WORDS)
		return;
	cordon_decide_word(&c->s->acc, subject, c->row[0]->word[i],
			   c->row[3]->word[i] & c->row[4]->word[i] & c->row[5]->word[i], c->row[1]->word[i],
			   c->row[2]->word[i], (c->base + i) * 64);
}

/* Most words hold nothing that the subject's atoms and the operation's have in common, and are passed over. */
static int decide_step(u32 chunk, struct decide_context *c)
{
	struct scratch *s = c->s;
	const u64 *words;
	u32 i;

	for (i = 0; i < 6; i++) {
		c->row[i] = set_row(c->sets, s->decide_set[i], c->nchunks, chunk);
		if (!c->row[i] || chunk >= CORDON_CHUNKS_MAX) {
			s->step_error = CORDON_REASON_TABLES;
			return 1;
		}
	}
	c->base = chunk * CORDON_CHUNK_WORDS;
	words = chunk_words((u64 *)c->class->word, chunk);
	for (i = 0; i < CORDON_CHUNK_WORDS; i++)
		if (words[i] & c->row[0]->word[i])
			decide_word(c, i, words[i]);
	return 0;
}

/* decide() over every word for the running task, whose subject is right and whose scratch is there; the answer is in it. 0 or
 * a reason. */
__noinline int verdict_decide(u64 current, u32 op, u32 o0, u32 o1, u32 o2)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct decide_context c = {};
	struct subject *subject;
	struct scratch *s;
	struct view view;
	u64 class;
	int err;

	s = c.s = bpf_task_storage_get(&scratch, task, NULL, 0);
	if (!s)
		return CORDON_REASON_MEMORY;
	s->decide_set[0] = op;
	s->decide_set[3] = o0;
	s->decide_set[4] = o1;
	s->decide_set[5] = o2;
	subject = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (!subject)
		return CORDON_REASON_MEMORY;
	class = subject->class;
	c.class = bpf_map_lookup_elem(&classes, &class);
	if (!c.class)
		return CORDON_REASON_MEMORY;
	err = view_open(&view, current);
	if (err)
		return err;
	c.sets = table(sets, &view);
	op = *(volatile u32 *)&s->decide_set[0]; /* its bound must be known here, and a spilled one is not */
	if (!c.sets || op >= CORDON_OP_MAX)
		return CORDON_REASON_TABLES;
	s->decide_set[0] = view.meta->op[op];
	s->decide_set[1] = view.meta->permit;
	s->decide_set[2] = view.meta->enforce;
	c.nchunks = view.nchunks;
	s->step_error = 0;
	cordon_decide_init(&s->acc);
	bpf_loop(view.nchunks, decide_step, &c, 0);
	if (s->step_error)
		return s->step_error;
	cordon_decide_result(&s->acc, &s->decision);
	return 0;
}

#endif
