/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's half of a request about a file: where it is, and whether every operation asked for is permitted there.
 */
#ifndef CORDON_BPF_CORE_FILE_H
#define CORDON_BPF_CORE_FILE_H

#include "report.h"

struct file_context {
	struct subject *subject;
	struct scratch *s;
	u64 current;
	u32 ops;
	u32 set, second; /* the place; `second` is what a foreign superblock takes away */
	int why;         /* reason to refuse all, 0 = decide */
	u32 refused;
	u32 flags;
	bool map; /* only a forbid refuses */
};

/* An abstract name of a unix socket: one component, of any bytes. 0 or a reason. */
static __always_inline int abstract_set(struct scratch *s, const struct view *view, u64 name, u32 len)
{
	s->chain[0].name = name;
	s->chain[0].len = len;
	s->depth = 1;
	s->state = view->meta->abstract_start;
	s->foreign = 0;
	return place_descend(view->current);
}

/* The place as sets. 0, PLACE_NAMELESS when it is no file of a policy, or a reason. */
static __noinline int file_sets(struct file_context *c)
{
	struct request *request = &c->s->request;
	struct view view;
	int err;

	err = view_open(&view, c->current);
	if (err)
		return err;
	c->second = CORDON_SET_ALL;
	if (request->abstract) {
		err = join(c->s, abstract_set(c->s, &view, request->abstract, request->abstract_len));
	} else if (request->known) {
		c->s->file = request->file;
		c->s->foreign = request->foreign;
	} else {
		err = join(c->s, place_walk(c->s, c->current, request->dentry, request->mount, request->inode));
		if (c->s->from_dentry)
			request->dentry = c->s->from_dentry; /* what was judged is what is reported */
	}
	c->s->place_known = !err;
	if (!err) {
		request->placed = !request->known && !request->abstract && c->s->plain;
		c->set = c->s->file;
		if (c->s->foreign)
			c->second = view.meta->file_foreign;
	} else if (err == PLACE_UNKNOWN) {
		c->set = view.meta->file_unknown;
		c->flags = CORDON_EV_UNKNOWN;
		err = 0;
	} else if (err == PLACE_NAMELESS && (c->ops & OP_BIT(CORDON_OP_EXEC))) {
		c->set = view.meta->file_nameless;
		err = 0;
	}
	return err;
}

/* A decision in which no permit closes anything. */
static __always_inline void core_forbids_only(struct cordon_decision *decision)
{
	if (decision->reason == CORDON_REASON_CLOSED)
		decision->deny = 0;
	decision->would_deny = !decision->deny && decision->audit_reason == CORDON_REASON_FORBID;
}

/* One operation; a refusal ends. */
static int file_op_step(u32 op, struct file_context *c)
{
	struct report report = { .op = op, .flags = c->flags };
	int why = c->why, end;
	u32 as = c->map ? ASK_MAP : op;

	if (!(CORDON_OPS_FILE & c->ops & OP_BIT(op & 31)))
		return 0;
	if (!why)
		why = verdict_decide(c->current, op, c->set, c->second, CORDON_SET_ALL);
	if (!why && c->map)
		core_forbids_only(&c->s->decision);
	end = report_conclude(c->s, &report, c->current, why);
	if (end < 0)
		permitted_note(c->subject, permitted_key(as, c->second != CORDON_SET_ALL), c->set, 0);
	c->refused = end > 0;
	return c->refused;
}

/* Every operation of the request. Not 0: refuse. */
static __noinline int core_file(struct scratch *s, struct subject *subject, u64 current)
{
	struct file_context c = { .s = s, .subject = subject, .current = current };

	c.map = s->request.ops & OP_BIT(ASK_MAP);
	c.ops = (c.map ? OP_BIT(CORDON_OP_EXEC) : s->request.ops) & subject->active;
	if (!c.ops)
		return 0;
	c.why = join(s, file_sets(&c));
	/* Neither reading nor writing what no path can mean is an operation of a policy. */
	if (c.why != PLACE_NAMELESS)
		bpf_loop(CORDON_OP_CONNECT + 1, file_op_step, &c, 0);
	return c.refused;
}

#endif
