// SPDX-License-Identifier: GPL-2.0-only
/* helper_mem: models of the helpers that read or fill memory, of ring buffers, and of casts. */
#include <errno.h>
#include <string.h>
#include "prove/helper.h"

#define BLUR_BYTES 64 /* more than these, of a length that is not constant, are any bytes */

/* n fresh bytes, eight to a variable */
static void fresh_bytes(struct sym *s, const char *name, uint32_t n, term *byte)
{
	term word = TERM_NONE;

	for (uint32_t i = 0; i < n; i++) {
		if (i % 8 == 0)
			word = term_fresh(&s->t, 64, name);
		byte[i] = term_extract(&s->t, word, 8 * (i % 8) + 7, 8 * (i % 8));
	}
}

/* Index of the argument that is written and of its size. */
static bool out_arg(const struct helper_call *c, unsigned *ret_arg)
{
	for (unsigned i = 0; c->h->args[i]; i++)
		if (c->h->args[i] == 'w' || c->h->args[i] == 'W') {
			*ret_arg = i;
			return true;
		}
	return false;
}

struct buffer {
	unsigned arg;
	uint32_t max;
	term size; /* 64 bits */
	term *byte, *when;
};

static bool buffer_init(struct helper_call *c, struct buffer *b)
{
	struct sym *s = c->s;

	if (!out_arg(c, &b->arg) || !helper_max_size(c, b->arg + 1, &b->max))
		return false;
	b->size = val_number(s, c->arg[b->arg + 1]);
	b->byte = arena_new_n(s->arena, b->max + 1, term);
	b->when = arena_new_n(s->arena, b->max + 1, term);
	if (!b->byte || !b->when) {
		sym_give_up(s, "out of memory");
		return false;
	}
	for (uint32_t i = 0; i < b->max; i++)
		b->when[i] = term_ult(&s->t, term_const(&s->t, 64, i), b->size);
	return true;
}

/* A path, a digest, a text: what is behind it stays as it was, and so may all of it after an error. */
static bool writes_a_part(int32_t id)
{
	return id == 147 || id == 149 || id == 161 || id == 165 || id == 193;
}

bool helper_fill(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	struct buffer b;
	term ok;

	if (c->h->ret == 'p')
		c->ret = val_scalar(s, helper_errno(s, arena_printf(s->arena, "error of %s", c->h->name), &ok));
	if (c->h->id == 147 || c->h->id == 161 || c->h->id == 193) /* a length or an algorithm */
		c->ret = val_scalar(s, term_ite(t, ok, term_extend(t, false, 64, term_fresh(t, 16, "length")), val_number(s, c->ret)));
	if (c->h->id == 182) { /* strncmp: writes nothing, compares */
		c->ret = val_scalar(s, term_extend(t, true, 64, term_fresh(t, 32, "strncmp")));
		return true;
	}
	if (!buffer_init(c, &b))
		return false;
	fresh_bytes(s, c->h->name, b.max, b.byte);
	if (c->h->id == 26 || c->h->id == 189) {
		term there = helper_packet(c, b.max, b.byte);

		c->ret = val_scalar(s, term_ite(t, there, term_const(t, 64, 0), val_number(s, c->ret)));
		ok = term_or(t, there, ok);
	}
	for (uint32_t i = 0; i < b.max && (c->h->id == 26 || c->h->id == 68 || c->h->id == 112); i++)
		b.byte[i] = term_ite(t, ok, b.byte[i], term_const(t, 8, 0));
	for (uint32_t i = 0; i < b.max && c->h->id == 189; i++)
		b.when[i] = term_and(t, b.when[i], ok);
	if (writes_a_part(c->h->id))
		for (uint32_t i = 0; i < b.max; i++)
			b.when[i] = term_and(t, b.when[i], term_fresh(t, 0, arena_printf(s->arena, "%s writes", c->h->name)));
	helper_write(c, b.arg, b.max, b.byte, b.when);
	return true;
}

/* A context that is an array of arguments lies in kernel memory, too. */
static term ctx_byte(struct helper_call *c, struct region *r, term off)
{
	struct sym *s = c->s;
	term init;

	if (!s->hook || !term_is_const(&s->t, off) || term_value(&s->t, off) >= r->size)
		return term_fresh(&s->t, 8, "context");
	if (s->ret_arg && term_value(&s->t, off) / 8 == r->size / 8 - 1)
		s->ret_taken = true;
	return mem_byte(s, c->st, r, term_value(&s->t, off), &init);
}

/* The bytes at a kernel address, or at one of our own objects (a map value is kernel memory too). */
static void source_bytes(struct helper_call *c, unsigned arg, uint32_t n, term *byte)
{
	struct sym *s = c->s;
	const struct val *p = c->arg[arg];
	struct terms *t = &s->t;
	term *kernel = arena_calloc(s->arena, n + 1, sizeof(*kernel));

	for (uint32_t i = 0; !kernel && i < n; i++)
		byte[i] = term_const(t, 8, 0);
	if (!kernel) {
		s->stop = true;
		sym_give_up(s, "out of memory");
	}
	if (kernel && p->bits)
		symkobj_read(s, p->bits, n, "kernel memory", term_and(t, c->st->pc, val_scalar_guard(s, p)), byte);
	for (uint32_t j = 0; kernel && j < p->n; j++) {
		struct region *r = region_get(s, p->alt[j].region);

		if (r->kind == REGION_KOBJ)
			symkobj_read(s, term_add(t, r->base, p->alt[j].off), n, "kernel memory", term_and(t, c->st->pc, p->alt[j].guard), kernel);
		for (uint32_t i = 0; i < n; i++) {
			term off = term_add(t, p->alt[j].off, term_const(t, 64, i)), init, b;

			if (r->kind == REGION_KOBJ)
				b = kernel[i];
			else if (r->kind == REGION_CTX)
				b = ctx_byte(c, r, off);
			else if (r->kind == REGION_OPAQUE || r->kind == REGION_MAP || r->kind == REGION_FUNC)
				b = term_fresh(t, 8, "opaque");
			else /* behind the end of an object, or when it is one no more, lies whatever lies there */
				b = term_ite(t, term_and(t, term_not(t, r->released), region_holds(s, r, off, term_const(t, 64, 1))),
					     term_extract(t, val_number(s, mem_load(s, c->st, r, off, 1, &init)), 7, 0),
					     term_fresh(t, 8, "outside"));
			byte[i] = p->bits || j ? term_ite(t, p->alt[j].guard, b, byte[i]) : b;
		}
	}
}

/* Objects that the program has are mapped; of other addresses nobody knows. */
static term readable(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	term ok = term_fresh(t, 0, "kernel memory is readable");

	for (uint32_t j = 0; j < c->arg[2]->n; j++) {
		const struct region *r = region_get(s, c->arg[2]->alt[j].region);
		bool ours = r->kind == REGION_STACK || r->kind == REGION_ROW || r->kind == REGION_RECORD || (r->kind == REGION_CTX && s->hook);

		if (ours)
			ok = term_or(t, ok, term_and(t, c->arg[2]->alt[j].guard,
						     region_holds(s, r, c->arg[2]->alt[j].off, val_number(s, c->arg[1]))));
	}
	return ok;
}

/* What a failed read gives: -EFAULT, -ERANGE for addresses that are not the kernel's, -EPERM in lockdown. */
static term read_error(struct sym *s)
{
	term zero, e = helper_errno(s, "error of the read", &zero);

	return term_ite(&s->t, zero, term_const(&s->t, 64, (uint64_t)-EFAULT), e);
}

bool helper_probe_read(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	term ok = readable(c);
	struct buffer b;

	c->ret = val_scalar(s, term_ite(t, ok, term_const(t, 64, 0), read_error(s)));
	if (!buffer_init(c, &b))
		return false;
	if (b.max > BLUR_BYTES && !term_is_const(t, b.size))
		fresh_bytes(s, "kernel bytes", b.max, b.byte);
	else
		source_bytes(c, 2, b.max, b.byte);
	for (uint32_t i = 0; i < b.max; i++)
		b.byte[i] = term_ite(t, ok, b.byte[i], term_const(t, 8, 0));
	helper_write(c, b.arg, b.max, b.byte, b.when);
	return true;
}

/*
 * A string of length - 1 bytes and its NUL, length <= size; a fault gives an error and size zeros. What lies behind the NUL
 * stays as it was; of a string of user space, which is copied by words, it may have been written, too. Truncation puts the
 * NUL at size - 1.
 */
bool helper_probe_read_str(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	term ok = term_fresh(t, 0, "string is readable"), zero = term_const(t, 8, 0);
	struct buffer b;

	term error = read_error(s);
	c->ret = val_scalar(s, error);
	if (!buffer_init(c, &b))
		return false;
	if (c->h->id == 114)
		fresh_bytes(s, "user string", b.max, b.byte);
	else
		source_bytes(c, 2, b.max, b.byte);
	term open = TERM_TRUE, len = b.size; /* length when no NUL comes */
	for (uint32_t i = 0; i < b.max; i++) {
		term last = term_eq_k(t, b.size, i + 1ull), nul = term_eq(t, b.byte[i], zero);
		term here = term_and(t, b.when[i], open);

		len = term_ite(t, term_and(t, here, nul), term_const(t, 64, i + 1ull), len);
		b.byte[i] = term_ite(t, term_and(t, ok, term_not(t, last)), b.byte[i], zero);
		if (c->h->id == 114)
			here = term_or(t, here, term_and(t, b.when[i], term_fresh(t, 0, "the word of the NUL is written")));
		b.when[i] = term_ite(t, ok, here, b.when[i]);
		open = term_and(t, open, term_not(t, nul));
	}
	term good = term_and(t, ok, term_not(t, term_eq_k(t, b.size, 0)));
	term none = term_ite(t, term_eq_k(t, b.size, 0), term_const(t, 64, 0), error);
	c->ret = val_scalar(s, term_ite(t, good, len, none));
	helper_write(c, b.arg, b.max, b.byte, b.when);
	return true;
}

/* --- ring buffers --- */

bool helper_ringbuf_reserve(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	term size = val_number(s, c->arg[1]);
	bool good = c->map && c->map->map->type == BPF_MAP_TYPE_RINGBUF && term_is_const(t, size) &&
		    term_value(t, size) > 0 && term_value(t, size) < (1u << 20);

	sym_oblige(s, c->st, PROP_CALL, term_bool(good), "ringbuf_reserve needs a ring buffer and a constant size");
	c->ret = val_const(s, 0);
	if (!good)
		return false;
	struct region *r = region_new(s, REGION_RECORD, term_value(t, size), "record reserved at %u", s->insn);
	term there = term_fresh(t, 0, "there is room in the ring buffer");
	r->map = c->map->map;
	r->dynamic = true;
	r->acquired = term_and(t, c->st->pc, there);
	s->log[c->log].alloc = r->id;
	s->log[c->log].alloc_guard = r->acquired;
	c->ret = val_ptr_or_null(s, there, r->id);
	return true;
}

static void release(struct helper_call *c, bool submit)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;

	for (uint32_t j = 0; j < c->arg[0]->n; j++) {
		struct region *r = region_get(s, c->arg[0]->alt[j].region);
		term g = term_and(t, c->st->pc, c->arg[0]->alt[j].guard);

		if (r->kind != REGION_RECORD)
			continue;
		sym_oblige_when(s, g, PROP_CALL, term_eq_k(t, c->arg[0]->alt[j].off, 0), "the pointer is not to the start of the record");
		sym_oblige_when(s, g, PROP_CALL, term_not(t, r->released), "a record is submitted or discarded twice");
		struct event *e = arena_new(s->arena, struct event);
		term *byte = arena_new_n(s->arena, r->size + 1, term);
		for (uint64_t i = 0; submit && e && byte && i < r->size; i++) {
			term init;

			byte[i] = mem_byte(s, c->st, r, i, &init);
			sym_oblige_when(s, g, PROP_RECORD, init, arena_printf(s->arena, "byte %llu of the record was never written",
									      (unsigned long long)i));
		}
		if (submit && e && byte) {
			*e = (struct event){ .guard = g, .insn = s->insn, .n = (uint32_t)r->size, .byte = byte, .next = s->events };
			for (size_t m = 0; m < s->n_maps; m++)
				if (s->map[m].map == r->map)
					e->map = &s->map[m];
			s->events = e;
		}
		r->released = term_or(t, r->released, g);
	}
	s->log[c->log].release = 1;
}

bool helper_ringbuf_submit(struct helper_call *c)
{
	release(c, true);
	return true;
}

bool helper_ringbuf_discard(struct helper_call *c)
{
	release(c, false);
	return true;
}

/* ringbuf_output(map, data, size, flags), perf_event_output(ctx, map, flags, data, size) */
bool helper_output(struct helper_call *c)
{
	struct sym *s = c->s;
	unsigned arg = c->h->id == 25 ? 3 : 1;
	uint32_t max;

	if (!helper_max_size(c, arg + 1, &max))
		return false;
	struct event *e = arena_new(s->arena, struct event);
	term *byte = arena_new_n(s->arena, max + 1, term);
	if (!e || !byte)
		return false;
	helper_read(c, arg, max, byte);
	term ok = term_eq_k(&s->t, val_number(s, c->ret), 0);
	*e = (struct event){ .guard = term_and(&s->t, c->st->pc, ok), .insn = s->insn, .map = c->map, .n = max,
			     .byte = byte, .next = s->events };
	s->events = e;
	return true;
}

/* --- objects --- */

/* One task runs the program, however often it asks. */
term sym_task(struct sym *s)
{
	if (!s->current_task)
		s->current_task = term_concat(&s->t, term_const(&s->t, 8, 0xff), term_fresh(&s->t, 56, "current task"));
	return s->current_task;
}

bool helper_task(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	uint32_t type = s->kernel ? bt_find(s->kernel, "task_struct", BT_STRUCT) : 0;

	if (c->h->id == 175) /* on the task's stack, in the kernel: never null */
		c->ret = symkobj_ptr(s, s->kernel ? bt_find(s->kernel, "pt_regs", BT_STRUCT) : 0,
				     term_concat(t, term_const(t, 8, 0xff), term_fresh(t, 56, "registers")));
	else if (c->h->id == 35)
		c->ret = val_scalar(s, sym_task(s));
	else
		c->ret = symkobj_ptr(s, type, sym_task(s));
	return true;
}

bool helper_arg_count(struct helper_call *c)
{
	struct sym *s = c->s;
	const struct bt_type *hook = s->hook;
	bool plain = hook != NULL;

	/* a structure by value may count as two */
	for (uint32_t i = 0; plain && i < hook->n; i++) {
		const struct bt_type *ty = bt_resolve(s->kernel, hook->params[i].type);
		plain = ty && ty->kind != BT_STRUCT && ty->kind != BT_UNION;
	}
	c->ret = plain ? val_const(s, hook->n) : val_scalar(s, term_extend(&s->t, false, 64, term_fresh(&s->t, 8, "arguments")));
	return true;
}

bool helper_arg(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	term n = term_extract(t, val_number(s, c->arg[1]), 31, 0), byte[8], when[8], init;
	bool known = s->hook && term_is_const(t, n) && term_value(t, n) < s->hook->n;

	c->ret = val_scalar(s, term_ite(t, term_fresh(t, 0, "there is such an argument"), term_const(t, 64, 0),
					term_const(t, 64, (uint64_t)-EINVAL)));
	sym_check_mem(s, c->st, c->arg[2], term_const(t, 64, 8), true, "place of the argument");
	for (unsigned i = 0; i < 8; i++) {
		byte[i] = known ? mem_byte(s, c->st, region_get(s, s->ctx), 8 * term_value(t, n) + i, &init) : term_fresh(t, 8, "an argument");
		when[i] = TERM_TRUE;
	}
	/* not written when there is none: either is possible */
	term good = term_eq_k(t, val_number(s, c->ret), 0);
	if (known)
		c->ret = val_const(s, 0);
	for (unsigned i = 0; i < 8 && !known; i++)
		when[i] = good;
	helper_write(c, 2, 8, byte, when);
	return true;
}

bool helper_cast(struct helper_call *c)
{
	static const struct { int32_t id; const char *type; } to[] = {
		{ 136, "tcp6_sock" }, { 137, "tcp_sock" }, { 140, "udp6_sock" }, { 162, "socket" }, { 178, "unix_sock" },
		{ 95, "bpf_sock" }, { 196, "mptcp_sock" },
	};
	struct sym *s = c->s;
	uint32_t type = 0;

	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++)
		if (to[i].id == c->h->id && s->kernel)
			type = bt_find(s->kernel, to[i].type, BT_STRUCT);
	term addr = term_fresh(&s->t, 64, c->h->name);
	if (c->h->id != 162 && c->h->id != 196) { /* the same address, or null */
		term of = val_number(s, c->arg[0]), is = c->h->id == 95 && s->full_of == of ? s->full_is : term_fresh(&s->t, 0, "is of that type");

		addr = term_ite(&s->t, is, of, term_const(&s->t, 64, 0));
		if (c->h->id == 95) /* a socket that is full is so as long as it lives */
			s->full_of = of, s->full_is = is;
	}
	c->ret = symkobj_ptr(s, type, addr);
	return true;
}
