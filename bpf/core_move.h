/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's half of link and rename: the names that come and go, and that the object gains nothing by its new place
 * (cordon_node in abi.h says what that means; image_moves() in src/policy is the same on the host).
 */
#ifndef CORDON_BPF_CORE_MOVE_H
#define CORDON_BPF_CORE_MOVE_H

#include "core_file.h"

#define OLD 0u
#define NEW 1u

/* The scratch and the subject of a request that is under way. */
static __always_inline bool move_open(struct scratch **ret_s, struct subject **ret_subject)
{
	struct task_struct *task = bpf_get_current_task_btf();

	*ret_s = scratch_of(task);
	*ret_subject = bpf_task_storage_get(&tasks, task, NULL, 0);
	return *ret_s && *ret_subject;
}

/* Look at a place whose addresses are in s->site[which]. 0 or a reason. */
__noinline int move_site(u64 current, u32 which)
{
	struct file_context c = { .current = current, .ops = OP_BIT(CORDON_OP_EXEC) }; /* a nameless one counts, too */
	struct subject *subject;
	struct scratch *s;
	struct site *site;
	int err;

	if (!move_open(&s, &subject) || which > NEW)
		return CORDON_REASON_MEMORY;
	site = &s->site[which];
	c.subject = subject;
	subject->request.dentry = site->dentry;
	subject->request.mount = site->mount;
	subject->request.inode = 0;
	subject->request.known = 0;
	err = join(s, file_sets(&c));
	if (err)
		return err;
	site->set = c.set;
	site->second = c.second;
	site->flags = c.flags;
	site->known = s->place_known;
	site->state = s->end;
	site->beneath = s->place_known ? s->beneath : CORDON_SET_ALL;
	site->whole = s->place_known ? s->whole : CORDON_SET_NONE;
	site->floating = s->place_known ? s->floating : CORDON_SET_NONE;
	return 0;
}

/* One of the operations on the names. Not 0: refuse. */
__noinline int move_name(u64 current, u32 op, u32 which)
{
	struct report report = { .op = op };
	struct subject *subject;
	struct scratch *s;
	struct site *site;
	int why;

	if (!move_open(&s, &subject) || which > NEW)
		return 1;
	if (!(subject->active >> (op & 31) & 1))
		return 0;
	site = &s->site[which];
	subject->request.dentry = site->dentry;
	report.flags = site->flags;
	why = join(s, verdict_decide(current, op, site->set, site->second, CORDON_SET_ALL));
	return report_conclude(s, &report, current, why);
}

/* An operation with the content: denied there and not denied here? */
static int move_op_step(u32 op, u64 *current)
{
	struct cordon_decision before;
	struct subject *subject;
	struct gain *gain;
	struct scratch *s;

	if (!move_open(&s, &subject))
		return 1;
	if (op > CORDON_OP_EXEC || !(subject->active & CORDON_OPS_CONTENT & OP_BIT(op)))
		return 0;
	gain = &s->gain;
	gain->why = verdict_decide(*current, op, s->site[OLD].set, s->site[OLD].second, CORDON_SET_ALL);
	before = s->decision;
	if (gain->why || (!before.deny && !before.audit_reason))
		return gain->why != 0;
	gain->why = verdict_decide(*current, op, s->site[NEW].set, s->site[NEW].second, CORDON_SET_ALL);
	if (gain->why)
		return 1;
	if (!gain->deny && before.deny && !s->decision.deny) {
		gain->deny = 1;
		gain->rule = before.rule;
		gain->reason = before.reason;
	}
	if (!gain->audit_reason && before.audit_reason && !s->decision.audit_reason) {
		gain->audit_rule = before.audit_rule;
		gain->audit_reason = before.audit_reason;
	}
	return 0;
}

struct tree_context {
	struct scratch *s;
	const struct class *class;
	void *sets;
	u32 nchunks;
	u32 chunk;
};

/* The first atom of a word that a move gets around. */
static __noinline void tree_note(u64 forbids, u64 permits, u32 base, u32 *rule, u32 *reason)
{
	if (*reason || !(forbids | permits))
		return;
	*reason = forbids ? CORDON_REASON_FORBID : CORDON_REASON_CLOSED;
	*rule = cordon_first_bit(forbids ? forbids : permits, base);
}

static int tree_word_step(u32 i, struct tree_context *c)
{
	u64 scope, permit, enforce, forbids, permits;
	u32 at = c->chunk * CORDON_CHUNK_WORDS + i;
	struct gain *gain = &c->s->gain;
	struct scratch *s = c->s;

	if (i >= CORDON_CHUNK_WORDS || at >= CORDON_WORDS_MAX)
		return 1;
	scope = c->class->word[at] & (s->row[ROW_READ].word[i] | s->row[ROW_WRITE].word[i] | s->row[ROW_APPEND].word[i] |
					s->row[ROW_EXEC].word[i]) &
		~(s->row[ROW_OLD_FLOATING].word[i] & s->row[ROW_NEW_FLOATING].word[i]);
	permit = s->row[ROW_PERMIT].word[i];
	enforce = s->row[ROW_ENFORCE].word[i];
	forbids = scope & ~permit & s->row[ROW_OLD_BENEATH].word[i] & ~s->row[ROW_NEW_WHOLE].word[i];
	permits = scope & permit & s->row[ROW_NEW_BENEATH].word[i] & ~s->row[ROW_OLD_WHOLE].word[i] &
		  s->row[ROW_FOREIGN].word[i];
	tree_note(forbids & enforce, permits & enforce, at * 64, &gain->rule, &gain->reason);
	tree_note(forbids, permits, at * 64, &gain->audit_rule, &gain->audit_reason);
	return 0;
}

/* Bring one row of the chunk here. */
static int tree_row_step(u32 i, struct tree_context *c)
{
	const struct cordon_chunk *row;

	if (i >= ROW_COUNT)
		return 1;
	row = set_row(c->sets, c->s->row_set[i], c->nchunks, c->chunk);
	if (!row) {
		c->s->gain.why = CORDON_REASON_TABLES;
		return 1;
	}
	c->s->row[i] = *row;
	return 0;
}

static int tree_step(u32 chunk, struct tree_context *c)
{
	c->chunk = chunk;
	bpf_loop(ROW_COUNT, tree_row_step, c, 0);
	if (c->s->gain.why)
		return 1;
	bpf_loop(CORDON_CHUNK_WORDS, tree_word_step, c, 0);
	return 0;
}

/* A directory takes along all that is below it; the answer is in s->gain. */
__noinline int move_tree(u64 current)
{
	struct tree_context c = {};
	struct subject *subject;
	struct site *old, *new;
	struct scratch *s;
	struct view view;
	u64 class;
	u32 op;

	if (!move_open(&s, &subject))
		return CORDON_REASON_MEMORY;
	class = subject->class;
	c.class = bpf_map_lookup_elem(&classes, &class);
	if (!c.class)
		return CORDON_REASON_MEMORY;
	old = &s->site[OLD];
	new = &s->site[NEW];
	if (old->known && new->known && old->state == new->state)
		return 0;
	if (view_open(&view, current))
		return CORDON_REASON_TABLES;
	c.s = s;
	c.sets = table(sets, &view);
	if (!c.sets)
		return CORDON_REASON_TABLES;
	c.nchunks = view.nchunks;
	s->row_set[ROW_PERMIT] = view.meta->permit;
	s->row_set[ROW_ENFORCE] = view.meta->enforce;
	for (op = CORDON_OP_READ; op <= CORDON_OP_EXEC; op++)
		s->row_set[ROW_READ + op] = view.meta->op[op];
	s->row_set[ROW_OLD_BENEATH] = old->beneath;
	s->row_set[ROW_OLD_WHOLE] = old->whole;
	s->row_set[ROW_OLD_FLOATING] = old->floating;
	s->row_set[ROW_NEW_BENEATH] = new->beneath;
	s->row_set[ROW_NEW_WHOLE] = new->whole;
	s->row_set[ROW_NEW_FLOATING] = new->floating;
	s->row_set[ROW_FOREIGN] = new->second; /* what a foreign superblock leaves; else all */
	bpf_loop(view.nchunks, tree_step, &c, 0);
	s->gain.deny = s->gain.reason != 0;
	return s->gain.why;
}

/* Would what is at the old place gain by being at the new one? Tells, and answers not 0: refuse. */
__noinline int move_gains(u64 current)
{
	struct report report = { .op = CORDON_OP_CREATE };
	struct subject *subject;
	struct gain *gain;
	struct scratch *s;
	u64 dentry;
	u16 mode;

	if (!move_open(&s, &subject))
		return 1;
	if (!(subject->active & CORDON_OPS_CONTENT))
		return 0;
	gain = &s->gain;
	__builtin_memset(gain, 0, sizeof(*gain));
	dentry = subject->request.dentry = s->site[OLD].dentry;
	mode = BPF_CORE_READ((struct dentry *)dentry, d_inode, i_mode);
	if ((mode & S_IFMT) == S_IFDIR)
		gain->why = move_tree(current);
	else if (s->site[OLD].set != s->site[NEW].set || s->site[OLD].second != s->site[NEW].second)
		bpf_loop(CORDON_OP_EXEC + 1, move_op_step, &current, 0);
	s->decision.deny = gain->deny;
	s->decision.rule = gain->rule;
	s->decision.reason = gain->reason;
	s->decision.would_deny = !gain->deny && gain->audit_reason;
	s->decision.audit_rule = gain->audit_rule;
	s->decision.audit_reason = gain->audit_reason;
	report.flags = s->site[OLD].flags | s->site[NEW].flags;
	return report_conclude(s, &report, current, gain->why);
}

/* Both names, then the object; for an exchange the other one, too. Not 0: refuse. */
__noinline int core_move(u64 current)
{
	struct subject *subject;
	struct scratch *s;
	struct site old;
	bool replaces;
	u64 dentry;
	u32 move;

	if (!move_open(&s, &subject))
		return 1;
	move = subject->request.move;
	dentry = subject->request.to_dentry;
	if (!(subject->active & (CORDON_OPS_CONTENT | OP_BIT(CORDON_OP_CREATE) | OP_BIT(CORDON_OP_DELETE))))
		return 0;
	replaces = move == MOVE_EXCHANGE || BPF_CORE_READ((struct dentry *)dentry, d_inode);
	s->site[OLD].dentry = subject->request.dentry;
	s->site[OLD].mount = subject->request.mount;
	s->site[NEW].dentry = dentry;
	s->site[NEW].mount = subject->request.to_mount;
	if (join(s, move_site(current, OLD)) || join(s, move_site(current, NEW))) {
		report_refuse(CORDON_OP_CREATE, s->why, current);
		return 1;
	}
	if ((move != MOVE_LINK && join(s, move_name(current, CORDON_OP_DELETE, OLD))) ||
	    join(s, move_name(current, CORDON_OP_CREATE, NEW)) ||
	    (replaces && join(s, move_name(current, CORDON_OP_DELETE, NEW))) ||
	    (move == MOVE_EXCHANGE && join(s, move_name(current, CORDON_OP_CREATE, OLD))) || join(s, move_gains(current)))
		return 1;
	if (move != MOVE_EXCHANGE)
		return 0;
	old = s->site[OLD];
	s->site[OLD] = s->site[NEW];
	s->site[NEW] = old;
	return move_gains(current);
}

#endif
