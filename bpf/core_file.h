/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's half of a request about a file: where it is, and whether every operation asked for is permitted there.
 */
#ifndef CORDON_BPF_CORE_FILE_H
#define CORDON_BPF_CORE_FILE_H

#include "report.h"

struct file_context {
	struct subject *subject;
	u64 current;
	u32 ops;
	u32 set, second; /* the place; `second` is what a foreign superblock takes away */
	int why;         /* reason to refuse all, 0 = decide */
	u32 refused;
	u32 silent;      /* the last operation was permitted, and is not told */
	u32 flags;
	bool map; /* only a forbid refuses */
	bool runs; /* asked is whether it may be run */
};

/* An abstract name of a unix socket: one component, of any bytes. 0 or a reason. */
static __always_inline int abstract_set(struct scratch *s, const struct view *view, u64 name, u32 len)
{
	s->chain[0].name = name;
	s->chain[0].len = len;
	s->depth = 1;
	s->state = view->meta->abstract_start;
	s->foreign = 0;
	s->plain = 1;
	return place_descend(view->current, 0);
}

/* The place as sets, by walking to it. 0, PLACE_NAMELESS when it is no file of a policy, or a reason. */
static __always_inline int file_walk(struct file_context *c)
{
	struct request *request = &c->subject->request;
	struct scratch *s = scratch_of(bpf_get_current_task_btf());
	struct view view;
	int err;

	if (!s)
		return CORDON_REASON_MEMORY;
	err = view_open(&view, c->current);
	if (err)
		return err;
	if (request->abstract) {
		err = join(s, abstract_set(s, &view, request->abstract, request->abstract_len));
	} else {
		err = join(s, place_walk(s, c->current, request->dentry, request->mount, request->inode));
		if (s->from_dentry)
			request->dentry = s->from_dentry; /* what was judged is what is reported */
	}
	s->place_known = !err;
	if (!err) {
		request->placed = s->plain && !s->foreign;
		request->place.file = s->file;
		request->place.prog = s->prog;
		request->place.session = s->session;
		request->place.foreign = s->foreign;
		c->set = s->file;
		if (s->foreign) {
			c->second = view.meta->file_foreign;
			if (c->runs)
				c->set = s->runs;
		}
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

/* The same, wherever it is known from. */
static __noinline int file_sets(struct file_context *c)
{
	struct request *request = &c->subject->request;
	struct view view;
	int err;

	c->second = CORDON_SET_ALL;
	if (!request->known)
		return file_walk(c);
	c->set = request->place.file;
	if (!request->place.foreign)
		return 0;
	err = view_open(&view, c->current);
	if (!err)
		c->second = view.meta->file_foreign;
	return err;
}

/* One operation; a refusal ends. */
static __noinline int file_op_step(u32 op, struct file_context *c)
{
	struct report report = { .op = op, .ask = c->map ? ASK_MAP : op, .flags = c->flags, .set = { c->set, c->second } };
	u64 key = file_key(report.ask, c->set, c->second != CORDON_SET_ALL);

	if (!(CORDON_OPS_FILE & c->ops & OP_BIT(op & 31)))
		return 0;
	c->refused = judge(&report, c->current, c->why);
	c->silent = !report.kind;
	if (c->silent)
		granted_note(c->subject, key);
	return c->refused != 0;
}

/* Every operation of the request. Not 0: refuse. */
static __noinline int core_file(struct subject *subject, u64 current)
{
	struct file_context c = { .subject = subject, .current = current };
	const u64 *socket = subject->request.to.addr;
	u32 ops = subject->request.ops;

	c.map = ops & OP_BIT(ASK_MAP);
	c.ops = (c.map ? OP_BIT(CORDON_OP_EXEC) : ops) & subject->active;
	if (!c.ops)
		return 0;
	c.runs = c.ops == OP_BIT(CORDON_OP_EXEC);
	c.why = join(&subject->request, file_sets(&c));
	/* Neither reading nor writing what no path can mean is an operation of a policy. */
	if (c.why == PLACE_NAMELESS)
		return 0;
	if (c.runs)
		file_op_step(CORDON_OP_EXEC, &c);
	else
		bpf_loop(CORDON_OP_CONNECT + 1, file_op_step, &c, 0);
	if (c.silent && subject->request.placed && socket[0] && socket[1])
		reached_note(subject, peer_key, socket);
	return c.refused;
}

#endif
