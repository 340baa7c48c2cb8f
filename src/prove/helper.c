// SPDX-License-Identifier: GPL-2.0-only
/*
 * helper: the table, and the part of a call that is the same for all: arguments are checked, the call is logged for
 * the replay, registers are clobbered.
 */
#include "prove/helper.h"

#include <stdio.h>
#include <string.h>
#include "prove/contract.h"
#include "prove/symguess.h"

const struct helper helper_table[] = {
	{ 1, "map_lookup_elem", "mk", 'p', helper_map_lookup, "the value, or null when there is no such key" },
	{ 2, "map_update_elem", "mkva", 'p', helper_map_update, "0 and the value is replaced, or -errno and nothing changed" },
	{ 3, "map_delete_elem", "mk", 'p', helper_map_delete, "0, or -errno; array elements cannot be deleted" },
	{ 4, "probe_read", "wNa", 'p', helper_probe_read, "0, or -errno and zeros" },
	{ 5, "ktime_get_ns", "", 's', NULL, "any time" },
	{ 6, "trace_printk", "rn", 's', NULL, "prints; any result" },
	{ 7, "get_prandom_u32", "", 'i', NULL, "any 32 bits" },
	{ 8, "get_smp_processor_id", "", 'i', NULL, "any number" },
	{ 12, "tail_call", "cms", 'v', helper_tail_call, "a program of the map goes on and this one has ended; or nothing, where there is none" },
	{ 14, "get_current_pid_tgid", "", 's', NULL, "tgid << 32 | pid" },
	{ 15, "get_current_uid_gid", "", 's', NULL, "gid << 32 | uid" },
	{ 16, "get_current_comm", "wn", 'e', helper_fill, "0 or -EINVAL; the buffer is filled in both cases" },
	{ 23, "redirect", "ss", 'p', helper_redirect, "the action that redirects, or the one that drops" },
	{ 25, "perf_event_output", "cmarN", 'e', helper_output, "a record for user space" },
	{ 26, "skb_load_bytes", "cswn", 'p', helper_fill, "0 and the packet's bytes, or, behind its linear part, any or -EFAULT and zeros" },
	{ 27, "get_stackid", "cms", 's', NULL, "an id, or -errno" },
	{ 28, "csum_diff", "RNRNs", 's', NULL, "any number" },
	{ 35, "get_current_task", "", 'p', helper_task, "address of the running task, as a number" },
	{ 37, "current_task_under_cgroup", "ms", 's', NULL, "1, 0, or -errno" },
	{ 39, "skb_pull_data", "cs", 'p', helper_pull, "0 and the packet's first bytes are linear, or -errno" },
	{ 45, "probe_read_str", "wNa", 'p', helper_probe_read_str, "length with the NUL, or -errno and zeros" },
	{ 46, "get_socket_cookie", "a", 'p', helper_cookie, "any number, and the same again of the same packet" },
	{ 51, "redirect_map", "mss", 'p', helper_redirect, "XDP_REDIRECT, or an action below it" },
	{ 67, "get_stack", "cwNs", 's', helper_fill, "length, or -errno; any bytes" },
	{ 68, "skb_load_bytes_relative", "cswns", 'p', helper_fill, "0 and bytes of the packet, or -EFAULT and zeros" },
	{ 80, "get_current_cgroup_id", "", 's', NULL, "any number" },
	{ 87, "map_push_elem", "mvs", 'e', NULL, "0, or -errno where the queue is full" },
	{ 93, "spin_lock", "l", 'v', helper_lock, "the lock is held" },
	{ 94, "spin_unlock", "l", 'v', helper_unlock, "the lock is free" },
	{ 95, "sk_fullsock", "O", 'p', helper_cast, "the socket, or null when it is none that lives" },
	{ 107, "sk_storage_get", "moVa", 'p', helper_storage_get, "the element of that object, or null" },
	{ 108, "sk_storage_delete", "mo", 'p', helper_storage_delete, "0 or -errno" },
	{ 112, "probe_read_user", "wNa", 'p', helper_fill, "0 and any bytes, or -EFAULT and zeros" },
	{ 113, "probe_read_kernel", "wNa", 'p', helper_probe_read, "0 and the bytes, or -errno and zeros" },
	{ 114, "probe_read_user_str", "wNa", 'p', helper_probe_read_str, "length with the NUL, or -errno and zeros" },
	{ 115, "probe_read_kernel_str", "wNa", 'p', helper_probe_read_str, "length with the NUL, or -errno and zeros" },
	{ 118, "jiffies64", "", 's', NULL, "any number" },
	{ 123, "get_current_ancestor_cgroup_id", "s", 's', NULL, "any number" },
	{ 125, "ktime_get_boot_ns", "", 's', NULL, "any time" },
	{ 130, "ringbuf_output", "mrNs", 'e', helper_output, "0, or -EAGAIN: the record is lost" },
	{ 131, "ringbuf_reserve", "mss", 'p', helper_ringbuf_reserve, "an uninitialised record, or null" },
	{ 132, "ringbuf_submit", "zs", 'v', helper_ringbuf_submit, "the record goes to user space" },
	{ 133, "ringbuf_discard", "zs", 'v', helper_ringbuf_discard, "the record is dropped" },
	{ 134, "ringbuf_query", "ms", 's', NULL, "any number" },
	{ 136, "skc_to_tcp6_sock", "o", 'p', helper_cast, "the socket, or null" },
	{ 137, "skc_to_tcp_sock", "o", 'p', helper_cast, "the socket, or null" },
	{ 140, "skc_to_udp6_sock", "o", 'p', helper_cast, "the socket, or null" },
	{ 145, "inode_storage_get", "moVa", 'p', helper_storage_get, "the element of that object, or null" },
	{ 146, "inode_storage_delete", "mo", 'p', helper_storage_delete, "0 or -errno" },
	{ 147, "d_path", "OwN", 'p', helper_fill, "length, or -errno; the buffer is filled as far as needed" },
	{ 149, "snprintf_btf", "wnrns", 's', helper_fill, "length, or -errno; any bytes, as far as they go" },
	{ 156, "task_storage_get", "moVa", 'p', helper_storage_get, "the element of that object, or null" },
	{ 157, "task_storage_delete", "mo", 'p', helper_storage_delete, "0 or -errno" },
	{ 158, "get_current_task_btf", "", 'p', helper_task, "the running task" },
	{ 160, "ktime_get_coarse_ns", "", 's', NULL, "any time" },
	{ 161, "ima_inode_hash", "own", 'p', helper_fill, "algorithm, or -errno; any bytes, as far as they go" },
	{ 162, "sock_from_file", "O", 'p', helper_cast, "the socket, or null" },
	{ 164, "for_each_map_elem", "mfaa", 'p', helper_for_each, "calls the callback for each element, until it gives non-zero" },
	{ 165, "snprintf", "WNtRN", 's', helper_fill, "length; any bytes, as far as they go" },
	{ 175, "task_pt_regs", "O", 'p', helper_task, "the registers that the task has in user space" },
	{ 178, "skc_to_unix_sock", "o", 'p', helper_cast, "the socket, or null" },
	{ 173, "get_func_ip", "c", 's', NULL, "any address" },
	{ 174, "get_attach_cookie", "c", 's', NULL, "any number" },
	{ 177, "trace_vprintk", "rnRN", 's', NULL, "prints; any result" },
	{ 181, "loop", "sfaa", 'p', helper_loop, "calls the callback up to n times, until it gives non-zero" },
	{ 182, "strncmp", "rnt", 'p', helper_fill, "any 32-bit number" },
	{ 183, "get_func_arg", "csa", 'p', helper_arg, "0 and the argument, or -EINVAL when there is none" },
	{ 185, "get_func_arg_cnt", "c", 'p', helper_arg_count, "how many arguments the hook has" },
	{ 188, "xdp_get_buff_len", "c", 's', NULL, "any number" },
	{ 189, "xdp_load_bytes", "cswn", 'p', helper_fill, "0 and the packet's bytes, or, behind its linear part, any or -errno and nothing" },
	{ 190, "xdp_store_bytes", "csrn", 'p', helper_pull, "0 and the packet is changed, or -errno" },
	{ 193, "ima_file_hash", "own", 'p', helper_fill, "algorithm, or -errno; any bytes, as far as they go" },
	{ 195, "map_lookup_percpu_elem", "mks", 'p', helper_map_lookup, "the value for that processor, or null" },
	{ 196, "skc_to_mptcp_sock", "o", 'p', helper_cast, "the multipath connection that the socket is a path of, or null" },
	{ 208, "ktime_get_tai_ns", "", 's', NULL, "any time" },
	{ 210, "cgrp_storage_get", "moVa", 'p', helper_storage_get, "the element of that object, or null" },
	{ 211, "cgrp_storage_delete", "mo", 'p', helper_storage_delete, "0 or -errno" },
};
const size_t helper_table_len = sizeof(helper_table) / sizeof(helper_table[0]);

const struct helper *helper_find(int32_t id)
{
	for (size_t i = 0; i < helper_table_len; i++)
		if (helper_table[i].id == id)
			return &helper_table[i];
	return NULL;
}

const char *helper_name(int32_t id)
{
	const struct helper *h = helper_find(id);

	return h ? h->name : "?";
}

term helper_errno(struct sym *s, const char *name, term *ret_ok)
{
	struct terms *t = &s->t;
	term e = term_fresh(t, 12, name);

	*ret_ok = term_eq_k(t, e, 0);
	return term_sub(t, term_const(t, 64, 0), term_extend(t, false, 64, e));
}

bool helper_max_size(struct helper_call *c, unsigned arg, uint32_t *ret_max)
{
	term size = val_number(c->s, c->arg[arg]);
	uint64_t hi = state_upper(c->s, c->st, size), room = 0;
	const struct val *p = arg ? c->arg[arg - 1] : c->arg[0];

	/* no more than the memory it is the size of can hold: beyond is an obligation of its own */
	for (uint32_t i = 0; i < p->n; i++) {
		uint64_t all = region_get(c->s, p->alt[i].region)->size;
		room = all > room ? all : room;
	}
	if (room && hi > room)
		hi = room;
	*ret_max = (uint32_t)hi;
	if (hi <= 8192)
		return true;
	sym_give_up(c->s, "instruction %u: size of %s is not bounded", c->s->insn, c->h->name);
	return false;
}

void helper_write(struct helper_call *c, unsigned arg, uint32_t n, const term *byte, const term *when)
{
	struct sym *s = c->s;
	const struct val *p = c->arg[arg];
	struct log_write *w = arena_new(s->arena, struct log_write);
	struct guess_write *what = arena_calloc(s->arena, p->n + 1, sizeof(*what));

	byte = arena_memdup(s->arena, byte, n * sizeof(*byte));
	when = arena_memdup(s->arena, when, n * sizeof(*when));
	if (!w || !what || (n && (!byte || !when))) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return;
	}
	for (uint32_t j = 0; j < p->n; j++) {
		struct region *r = region_get(s, p->alt[j].region);
		bool fixed = arg + 1 < 5 && !c->arg[arg + 1]->n && term_is_const(&s->t, c->arg[arg + 1]->bits);
		bool blur = n > 64 && !fixed && term_is_const(&s->t, p->alt[j].off);
		uint64_t from = term_value(&s->t, p->alt[j].off);

		what[j] = (struct guess_write){ .off = p->alt[j].off, .guard = p->alt[j].guard, .n = n, .byte = byte, .when = when };
		if (blur && r->writable && r->kind != REGION_CTX)
			mem_blur(s, c->st, r, from, from + n, &what[j]);
		if (!blur && n > 64 && r->init && r->writable && r->kind == REGION_ROW && mem_blur_at(s, c->st, r, &what[j]))
			continue;
		for (uint32_t i = 0; blur && !r->init && r->writable && i < n; i++)
			mem_mark_init(s, c->st, r, from + i, term_and(&s->t, when[i], p->alt[j].guard));
		for (uint32_t i = 0; i < n && !blur; i++) {
			term off = term_add(&s->t, p->alt[j].off, term_const(&s->t, 64, i));

			if (r->writable && r->kind != REGION_CTX)
				mem_store(s, c->st, r, off, 1, val_scalar(s, term_extend(&s->t, false, 64, byte[i])),
					  term_and(&s->t, when[i], p->alt[j].guard));
		}
	}
	w->arg = (uint8_t)arg;
	w->n = n;
	w->byte = byte;
	w->when = when;
	w->next = s->log[c->log].writes;
	s->log[c->log].writes = w;
}

void helper_read(struct helper_call *c, unsigned arg, uint32_t n, term *ret_byte)
{
	struct sym *s = c->s;
	const struct val *p = c->arg[arg];

	for (uint32_t i = 0; i < n; i++)
		ret_byte[i] = term_const(&s->t, 8, 0);
	for (uint32_t j = 0; j < p->n; j++) {
		struct region *r = region_get(s, p->alt[j].region);
		term *kernel = r->kind == REGION_KOBJ ? arena_calloc(s->arena, n, sizeof(*kernel)) : NULL, init;

		if (kernel)
			symkobj_read(s, term_add(&s->t, r->base, p->alt[j].off), n, "kernel memory",
				     term_and(&s->t, c->st->pc, p->alt[j].guard), kernel);
		for (uint32_t i = 0; i < n; i++) {
			term off = term_add(&s->t, p->alt[j].off, term_const(&s->t, 64, i));
			term x = kernel ? kernel[i] : term_extract(&s->t, val_number(s, mem_load(s, c->st, r, off, 1, &init)), 7, 0);

			ret_byte[i] = j ? term_ite(&s->t, p->alt[j].guard, x, ret_byte[i]) : x;
		}
	}
}

/* --- arguments --- */

static void check_map(struct helper_call *c, unsigned i)
{
	const struct val *v = c->arg[i];

	if (v->n >= 1)
		c->map = symmap_of(c->s, v->alt[0].region);
	sym_oblige(c->s, c->st, PROP_CALL, term_bool(c->map != NULL), "the argument is no map");
	if (c->map)
		sym_oblige_when(c->s, term_and(&c->s->t, c->st->pc, v->alt[0].guard), PROP_CALL, term_eq_k(&c->s->t, v->alt[0].off, 0),
				"the argument points behind the start of a map");
	if (c->map && (v->n > 1 || v->bits)) {
		/* which map is only known at run time, or it may be null (an inner map that was not checked) */
		sym_oblige_when(c->s, term_and(&c->s->t, c->st->pc, val_scalar_guard(c->s, v)), PROP_NULL, TERM_FALSE,
				"a map pointer that may be null is used");
		if (v->n > 1)
			sym_give_up(c->s, "instruction %u: %s of one of several maps is not modelled", c->s->insn, c->h->name);
	}
}

static void check_object(struct helper_call *c, unsigned i)
{
	for (uint32_t j = 0; j < c->arg[i]->n; j++) {
		const struct region *r = region_get(c->s, c->arg[i]->alt[j].region);

		if (r->kind == REGION_OPAQUE)
			sym_give_up(c->s, "instruction %u: %s of %s is not modelled", c->s->insn, c->h->name, r->name);
		else
			sym_oblige_when(c->s, term_and(&c->s->t, c->st->pc, c->arg[i]->alt[j].guard), PROP_CALL,
					term_bool(r->kind == REGION_KOBJ),
					arena_printf(c->s->arena, "argument %u of %s is no kernel object", i + 1, c->h->name));
	}
	sym_oblige_when(c->s, term_and(&c->s->t, c->st->pc, val_scalar_guard(c->s, c->arg[i])), PROP_CALL,
			c->arg[i]->bits ? term_eq_k(&c->s->t, c->arg[i]->bits, 0) : TERM_TRUE,
			arena_printf(c->s->arena, "argument %u of %s is a number, not a kernel object", i + 1, c->h->name));
}

static void check_region_kind(struct helper_call *c, unsigned i, enum region_kind kind, const char *what)
{
	struct sym *s = c->s;
	const char *text = arena_printf(s->arena, "argument %u of %s is no %s", i + 1, c->h->name, what);

	for (uint32_t j = 0; j < c->arg[i]->n; j++) {
		const struct region *r = region_get(s, c->arg[i]->alt[j].region);
		term start = term_eq_k(&s->t, c->arg[i]->alt[j].off, kind == REGION_FUNC ? r->number : 0);

		if (kind == REGION_RECORD)
			start = TERM_TRUE; /* helper_mem.c has its own words for that */
		sym_oblige_when(s, term_and(&s->t, c->st->pc, c->arg[i]->alt[j].guard), PROP_CALL,
				r->kind == kind ? start : TERM_FALSE, text);
	}
	sym_oblige_when(s, term_and(&s->t, c->st->pc, val_scalar_guard(s, c->arg[i])), PROP_CALL, TERM_FALSE, text);
}

static void check_memory(struct helper_call *c, unsigned i, char kind)
{
	struct sym *s = c->s;
	bool write = kind == 'w' || kind == 'W';
	term size = i + 1 < 5 ? val_number(s, c->arg[i + 1]) : term_const(&s->t, 64, 0);
	const struct val *p = c->arg[i];

	if ((kind == 'R' || kind == 'W') && !p->n && p->bits == term_const(&s->t, 64, 0))
		return;
	sym_check_mem(s, c->st, p, size, write, kind == 'w' || kind == 'W' ? "buffer" : "data");
}

static void check_arg(struct helper_call *c, unsigned i, char kind)
{
	struct sym *s = c->s;
	term k;

	sym_oblige(s, c->st, PROP_INIT, c->arg[i]->init, arena_printf(s->arena, "argument %u of %s was never set", i + 1, c->h->name));
	switch (kind) {
	case 'm':
		check_map(c, i);
		break;
	case 'k':
		if (c->map && !c->map->is_object)
			sym_check_mem(s, c->st, c->arg[i], term_const(&s->t, 64, c->map->map->key_size), false, "key");
		break;
	case 'V':
		if (c->map && c->arg[i]->bits == term_const(&s->t, 64, 0)) { /* may be null, and be nothing else that is no pointer */
			if (c->arg[i]->n)
				sym_check_mem(s, c->st, val_pointers(s, c->arg[i]), term_const(&s->t, 64, c->map->map->value_size), false, "value");
			break;
		}
		/* fallthrough */
	case 'v':
		if (c->map)
			sym_check_mem(s, c->st, c->arg[i], term_const(&s->t, 64, c->map->map->value_size), false, "value");
		break;
	case 'r':
	case 'R':
	case 'w':
	case 'W':
		check_memory(c, i, kind);
		break;
	case 'o':
	case 'O':
		check_object(c, i);
		if (kind == 'O')
			sym_oblige_there(s, c->st->pc, PROP_NULL, term_not(&s->t, term_eq_k(&s->t, val_number(s, c->arg[i]), 0)), "null is given for a kernel object");
		break;
	case 'c':
		check_region_kind(c, i, REGION_CTX, "context");
		break;
	case 't':
		sym_check_mem(s, c->st, c->arg[i], term_const(&s->t, 64, 1), false, "text");
		break;
	case 'f':
		check_region_kind(c, i, REGION_FUNC, "function");
		break;
	case 'z':
		check_region_kind(c, i, REGION_RECORD, "ring buffer record");
		break;
	case 'n':
		k = val_number(s, c->arg[i]);
		sym_oblige(s, c->st, PROP_CALL, term_not(&s->t, term_eq_k(&s->t, k, 0)), "a size of zero");
		break;
	default:
		break;
	}
}

struct state *helper_call(struct sym *s, struct state *st, const struct isa_insn *in)
{
	struct helper_call c = { .s = s, .st = st, .h = helper_find(in->imm) };

	if (!c.h) {
		sym_give_up(s, "instruction %u calls helper %d, which is not modelled", s->insn, in->imm);
		for (int i = 0; i <= 5; i++)
			st->r[i] = i ? val_uninit(s) : val_scalar(s, term_fresh(&s->t, 64, "unmodelled"));
		return st;
	}
	for (int i = 0; i < 5; i++)
		c.arg[i] = st->r[i + 1] = val_prune(s, st, st->r[i + 1]);
	for (unsigned i = 0; c.h->args[i]; i++)
		check_arg(&c, i, c.h->args[i]);
	if (c.h->id != 94)
		sym_oblige(s, st, PROP_CALL, term_not(&s->t, s->locked), "a helper is called with a lock held");
	struct log_entry *e = sym_log(s, st, LOG_CALL);
	e->helper = in->imm;
	memcpy(e->arg, c.arg, sizeof(e->arg));
	c.log = (size_t)(e - s->log);
	contract_at_call(s, c.h->name, st);
	term ok;
	switch (c.h->ret) {
	case 's':
		c.ret = val_scalar(s, term_fresh(&s->t, 64, c.h->name));
		break;
	case 'i':
		c.ret = val_scalar(s, term_extend(&s->t, false, 64, term_fresh(&s->t, 32, c.h->name)));
		break;
	case 'e':
		c.ret = val_scalar(s, helper_errno(s, arena_printf(s->arena, "error of %s", c.h->name), &ok));
		break;
	default:
		c.ret = val_const(s, 0);
	}
	bool changed = s->opts.change.id == c.h->id, no_effect = changed && s->opts.change.no_effect;
	if (c.h->model && !no_effect)
		c.h->model(&c);
	st = c.st;
	if (!st)
		return NULL;
	if (changed && (!no_effect || c.h->ret == 'p'))
		c.ret = val_scalar(s, term_fresh(&s->t, 64, "changed"));
	s->log[c.log].ret = c.ret;
	for (int i = 0; i <= 5; i++)
		st->r[i] = i || c.h->ret == 'v' ? val_uninit(s) : c.ret;
	return st;
}
