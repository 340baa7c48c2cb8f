// SPDX-License-Identifier: GPL-2.0-only
/*
 * symctx: what a program of each type is called with, and what it may return.
 *
 * Two kinds of context: a struct of the user-space ABI (XDP, tc, cgroup...), whose special fields are rows of a
 * table; and an array of 64-bit arguments (LSM, tracing), typed by the kernel's BTF. A type without a row is not
 * modelled, and the verdict says so.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>
#include "common/diag.h"
#include "prove/sym.h"

enum field_kind { F_RW, F_SHORT /* written with 16 bits, or not at all */, F_DATA, F_DATA_END, F_POINTER, F_SOCK /* struct bpf_sock, or null */ };

struct ctx_field {
	uint16_t off, size;
	enum field_kind kind;
};

struct ctx_type {
	uint32_t prog_type;
	const char *name;
	uint32_t size;          /* 0: array of arguments */
	const struct ctx_field *fields;
	bool ranged;            /* the return value must lie in min..max (as signed 32 bits) */
	int32_t min, max;
};

#define F(type, member, kind) { offsetof(struct type, member), sizeof(((struct type *)0)->member), kind }

static const struct ctx_field xdp_fields[] = {
	F(xdp_md, data, F_DATA), F(xdp_md, data_end, F_DATA_END), F(xdp_md, data_meta, F_POINTER), { 0 },
};
static const struct ctx_field skb_read_fields[] = {
	F(__sk_buff, data, F_POINTER), F(__sk_buff, data_end, F_POINTER), F(__sk_buff, cb, F_RW),
	F(__sk_buff, sk, F_POINTER), F(__sk_buff, flow_keys, F_POINTER), { 0 },
};
static const struct ctx_field tc_fields[] = {
	F(__sk_buff, data, F_DATA), F(__sk_buff, data_end, F_DATA_END), F(__sk_buff, data_meta, F_POINTER),
	F(__sk_buff, cb, F_RW), F(__sk_buff, mark, F_RW), F(__sk_buff, priority, F_RW), F(__sk_buff, tc_index, F_SHORT),
	F(__sk_buff, tc_classid, F_SHORT), F(__sk_buff, tstamp, F_RW), F(__sk_buff, queue_mapping, F_SHORT),
	F(__sk_buff, sk, F_SOCK), F(__sk_buff, flow_keys, F_POINTER), { 0 },
};
static const struct ctx_field cgroup_skb_fields[] = {
	F(__sk_buff, data, F_DATA), F(__sk_buff, data_end, F_DATA_END), F(__sk_buff, cb, F_RW),
	F(__sk_buff, mark, F_RW), F(__sk_buff, priority, F_RW), F(__sk_buff, tstamp, F_RW),
	F(__sk_buff, sk, F_SOCK), F(__sk_buff, flow_keys, F_POINTER), { 0 },
};
static const struct ctx_field sock_addr_fields[] = {
	F(bpf_sock_addr, user_ip4, F_RW), F(bpf_sock_addr, user_ip6, F_RW), F(bpf_sock_addr, user_port, F_SHORT),
	F(bpf_sock_addr, msg_src_ip4, F_RW), F(bpf_sock_addr, msg_src_ip6, F_RW), F(bpf_sock_addr, sk, F_POINTER), { 0 },
};
static const struct ctx_field sock_fields[] = {
	F(bpf_sock, bound_dev_if, F_RW), F(bpf_sock, mark, F_RW), F(bpf_sock, priority, F_RW), { 0 },
};
static const struct ctx_field no_fields[] = { { 0 } };

static const struct ctx_type ctx_table[] = {
	{ BPF_PROG_TYPE_LSM, "lsm", 0, NULL, true, -4095, 0 },
	{ BPF_PROG_TYPE_TRACING, "tracing", 0, NULL, false, 0, 0 },
	{ BPF_PROG_TYPE_RAW_TRACEPOINT, "raw tracepoint", 96, no_fields, false, 0, 0 },
	{ BPF_PROG_TYPE_XDP, "xdp", sizeof(struct xdp_md), xdp_fields, true, 0, 4 },
	{ BPF_PROG_TYPE_SCHED_CLS, "tc", sizeof(struct __sk_buff), tc_fields, true, -1, 8 },
	{ BPF_PROG_TYPE_SCHED_ACT, "tc action", sizeof(struct __sk_buff), tc_fields, true, -1, 8 },
	{ BPF_PROG_TYPE_SOCKET_FILTER, "socket filter", sizeof(struct __sk_buff), skb_read_fields, false, 0, 0 },
	{ BPF_PROG_TYPE_CGROUP_SKB, "cgroup skb", sizeof(struct __sk_buff), cgroup_skb_fields, true, 0, 3 },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "cgroup sock_addr", sizeof(struct bpf_sock_addr), sock_addr_fields, true, 0, 1 },
	{ BPF_PROG_TYPE_CGROUP_SOCK, "cgroup sock", sizeof(struct bpf_sock), sock_fields, true, 0, 1 },
	{ BPF_PROG_TYPE_CGROUP_DEVICE, "cgroup device", sizeof(struct bpf_cgroup_dev_ctx), no_fields, true, 0, 1 },
	{ BPF_PROG_TYPE_KPROBE, "kprobe", 168, no_fields, false, 0, 0 },
	{ BPF_PROG_TYPE_TRACEPOINT, "tracepoint", 8192, no_fields, false, 0, 0 },
	{ BPF_PROG_TYPE_PERF_EVENT, "perf event", 184, no_fields, false, 0, 0 }, /* registers, period, address */
};

/*
 * Arguments of hooks that may be null (or a small number). A kernel says so by the suffix __nullable of the argument's name in
 * BTF: of LSM hooks (mmap_file in 7.2, not in 6.12), and of the function __bpf_trace_NAME of a tracepoint. What no BTF says stands here.
 */
static const struct nullable {
	enum { HOOK_LSM, HOOK_RAW_TP } kind;
	const char *hook;
	uint32_t arg;
	const char *source;
} nullable_table[] = {
	{ HOOK_LSM, "mmap_file", 0, "mm/util.c, vm_mmap_pgoff(): anonymous memory; marked later" },
	{ HOOK_LSM, "task_kill", 1, "include/linux/sched/signal.h: 0 and 1 are SEND_SIG_NOINFO and SEND_SIG_PRIV" },
	{ HOOK_LSM, "task_kill", 3, "kernel/signal.c, check_kill_permission()" },
	{ HOOK_LSM, "socket_getpeersec_dgram", 0, "net/ipv4/ip_sockglue.c, ip_cmsg_recv_security()" },
	{ HOOK_LSM, "socket_getpeersec_dgram", 1, "include/net/scm.h, unix_get_peersec_dgram()" },
	{ HOOK_LSM, "inode_init_security", 2, "mm/shmem.c, shmem_tmpfile()" },
	{ HOOK_LSM, "sb_mount", 1, "not excluded" },
	{ HOOK_LSM, "bprm_creds_from_file", 1, "not excluded" },
	/* kernel/bpf/btf.c, raw_tp_null_args: of Linux 6.14, with arguments that earlier kernels have as well */
	{ HOOK_RAW_TP, "sched_pi_setprio", 1, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "sched_stick_numa", 2, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "sched_swap_numa", 2, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "fib_table_lookup", 2, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "posix_lock_inode", 1, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "fcntl_setlk", 1, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "locks_remove_posix", 1, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "flock_lock_inode", 1, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "mm_page_alloc", 0, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "mm_page_alloc_zone_locked", 0, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "mm_page_pcpu_drain", 0, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "mm_khugepaged_scan_pmd", 1, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "mm_khugepaged_scan_file", 1, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "device_pm_callback_start", 1, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "qdisc_dequeue", 3, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "xs_stream_read_data", 0, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "tcp_send_reset", 0, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "tcp_send_reset", 1, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "kfree_skb", 3, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "writeback_dirty_folio", 1, "raw_tp_null_args" },
	{ HOOK_RAW_TP, "folio_wait_writeback", 1, "raw_tp_null_args" },
};

static bool marked(const char *param)
{
	size_t n = param ? strlen(param) : 0;

	return n > 10 && !strcmp(param + n - 10, "__nullable");
}

/* Argument `arg` of the function that takes what the tracepoint gives; its first parameter is the program's. */
static bool marked_in_trace(const struct bt *kernel, const char *hook, uint32_t arg)
{
	char name[256];

	snprintf(name, sizeof(name), "__bpf_trace_%s", hook);
	uint32_t id = bt_find(kernel, name, BT_FUNC);
	const struct bt_type *proto = id ? bt_resolve(kernel, bt_get(kernel, id)->ref) : NULL;
	return proto && proto->kind == BT_FUNC_PROTO && arg + 1 < proto->n && marked(proto->params[arg + 1].name);
}

static bool is_nullable(const struct sym *s, const char *hook, uint32_t arg, const char *param)
{
	bool raw = s->prog->attach_type == BPF_TRACE_RAW_TP;

	if (marked(param) || (raw && marked_in_trace(s->kernel, hook, arg)))
		return true;
	for (size_t i = 0; i < sizeof(nullable_table) / sizeof(nullable_table[0]); i++)
		if (nullable_table[i].arg == arg && (nullable_table[i].kind == HOOK_RAW_TP) == raw && !strcmp(nullable_table[i].hook, hook))
			return true;
	return false;
}

/* --- arguments typed by BTF --- */

static const struct bt_type *find_hook(const struct bt *kernel, const struct bpfobj_prog *prog)
{
	const char *to = prog->attach_to;
	char name[256];
	uint32_t id = 0;

	if (!kernel || !to || !*to)
		return NULL;
	if (prog->type == BPF_PROG_TYPE_LSM) {
		snprintf(name, sizeof(name), "bpf_lsm_%s", to);
		id = bt_find(kernel, name, BT_FUNC);
	} else if (prog->attach_type == BPF_TRACE_RAW_TP) {
		snprintf(name, sizeof(name), "btf_trace_%s", to);
		id = bt_find(kernel, name, BT_TYPEDEF);
		const struct bt_type *p = id ? bt_resolve(kernel, id) : NULL;
		p = p && p->kind == BT_PTR ? bt_resolve(kernel, p->ref) : NULL;
		return p && p->kind == BT_FUNC_PROTO ? p : NULL;
	} else {
		id = bt_find(kernel, to, BT_FUNC);
	}
	const struct bt_type *f = id ? bt_get(kernel, id) : NULL;
	return f ? bt_resolve(kernel, f->ref) : NULL;
}

bool symctx_has_hook(const struct bt *kernel, const struct bpfobj_prog *prog)
{
	bool typed = prog->type == BPF_PROG_TYPE_LSM || prog->type == BPF_PROG_TYPE_TRACING;

	return !typed || !kernel || find_hook(kernel, prog);
}

/* An address in the kernel's half of the address space, never null. */
static term kernel_address(struct sym *s, const char *name)
{
	return term_concat(&s->t, term_const(&s->t, 8, 0xff), term_fresh(&s->t, 56, name));
}

static const struct val *hook_arg(struct sym *s, uint32_t i, const struct bt_param *p, const char *hook)
{
	const struct bt_type *ty = bt_resolve(s->kernel, p->type);
	const struct bt_type *to = ty && ty->kind == BT_PTR ? bt_resolve(s->kernel, ty->ref) : NULL;
	const char *name = p->name && *p->name ? p->name : "arg";
	struct terms *t = &s->t;

	if (!to || (to->kind != BT_STRUCT && to->kind != BT_UNION))
		return val_scalar(s, term_fresh(t, 64, name));
	term base = kernel_address(s, name);
	if (is_nullable(s, hook, i, name))
		base = term_ite(t, term_fresh(t, 0, arena_printf(s->arena, "%s is null", name)), term_const(t, 64, 0), base);
	else
		sym_assume(s, "the kernel passes no null pointer for %s of %s", name, hook);
	return symkobj_ptr(s, to->id, base);
}

static int init_args(struct sym *s, struct state *st, struct diag *diag)
{
	const struct bt_type *proto = find_hook(s->kernel, s->prog);
	const char *hook = s->prog->attach_to ? s->prog->attach_to : "";
	bool lsm = s->prog->type == BPF_PROG_TYPE_LSM, raw = s->prog->attach_type == BPF_TRACE_RAW_TP;

	if (!s->kernel) {
		sym_give_up(s, "the hook's arguments are unknown: give a kernel BTF (--btf)");
		s->stop = true;
		return 0;
	}
	if (!proto)
		return diag_fail(diag, -ENOENT, DIAG_AT(.section = s->prog->section),
				 "the kernel BTF has no '%s' to attach to", hook);
	const struct bt_type *res = bt_resolve(s->kernel, proto->ref);
	bool returns = res && res->kind != BT_VOID && !raw && (lsm || s->prog->attach_type == BPF_TRACE_FEXIT ||
							      s->prog->attach_type == BPF_MODIFY_RETURN);
	uint32_t skip = raw ? 1 : 0, n = proto->n > skip ? proto->n - skip : 0;
	struct region *r = region_new(s, REGION_CTX, 8ull * (n + returns), "ctx");

	s->hook = proto;
	s->ctx = r->id;
	r->init = true;
	r->writable = false;
	for (uint32_t i = 0; i < n; i++)
		mem_store(s, st, r, term_const(&s->t, 64, 8ull * i), 8, hook_arg(s, i, &proto->params[i + skip], hook), TERM_TRUE);
	if (returns) {
		/* what the programs before said: an int in -4095..0, so the upper half is anything */
		term low = term_sub(&s->t, term_const(&s->t, 32, 0), term_extend(&s->t, false, 32, term_fresh(&s->t, 12, "-ret")));
		s->ret_arg = term_concat(&s->t, term_fresh(&s->t, 32, "upper half of ret"), low);
		mem_store(s, st, r, term_const(&s->t, 64, 8ull * n), 8, val_scalar(s, s->ret_arg), TERM_TRUE);
	}
	st->r[1] = val_ptr_k(s, r->id, 0);
	return 0;
}

/* --- contexts that are structs --- */

static const char *struct_name(uint32_t type)
{
	switch (type) {
	case BPF_PROG_TYPE_XDP: return "xdp_md";
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR: return "bpf_sock_addr";
	case BPF_PROG_TYPE_CGROUP_SOCK: return "bpf_sock";
	case BPF_PROG_TYPE_CGROUP_DEVICE: return "bpf_cgroup_dev_ctx";
	case BPF_PROG_TYPE_KPROBE: return "pt_regs"; /* the object's own, of the machine it is made for, or the kernel's */
	default: return "__sk_buff";
	}
}

uint32_t symctx_struct(const struct sym *s, const struct bt **ret_bt)
{
	const struct bt *in[] = { bpfobj_btf(s->obj), s->kernel };

	for (size_t i = 0; !s->hook && s->ctx && i < sizeof(in) / sizeof(in[0]); i++) {
		uint32_t id = in[i] ? bt_find(in[i], struct_name(s->prog->type), BT_STRUCT) : 0;

		*ret_bt = in[i];
		if (id)
			return id;
	}
	return 0;
}

static void init_struct(struct sym *s, struct state *st, const struct ctx_type *ty)
{
	struct region *r = region_new(s, REGION_CTX, ty->size, "ctx");

	s->ctx = r->id;
	r->init = true;
	r->writable = false;
	for (const struct ctx_field *f = ty->fields; f->size; f++) {
		if (f->kind == F_DATA) {
			struct region *p = region_new(s, REGION_PACKET, 65535, "packet");
			p->init = true;
			p->writable = ty->prog_type != BPF_PROG_TYPE_CGROUP_SKB;
			p->len = term_extend(&s->t, false, 64, term_fresh(&s->t, 16, "packet length"));
			s->packet = p->id;
			sym_assume(s, "the linear part of a packet has at most 65535 bytes");
		}
		if (f->kind <= F_SHORT)
			r->writable = true;
		if (f->kind == F_SOCK) {
			term base = term_ite(&s->t, term_fresh(&s->t, 0, "the packet has no socket"), term_const(&s->t, 64, 0),
					     kernel_address(s, "sk"));
			uint32_t type = s->kernel ? bt_find(s->kernel, "bpf_sock", BT_STRUCT) : 0;

			mem_store(s, st, r, term_const(&s->t, 64, f->off), f->size, symkobj_ptr(s, type, base), TERM_TRUE);
		}
	}
	st->r[1] = val_ptr_k(s, r->id, 0);
}

int symctx_init(struct sym *s, struct state *st, struct diag *diag)
{
	for (size_t i = 0; i < sizeof(ctx_table) / sizeof(ctx_table[0]); i++)
		if (ctx_table[i].prog_type == s->prog->type)
			s->ctx_type = &ctx_table[i];
	bool special = (s->prog->type == BPF_PROG_TYPE_TRACING && s->prog->attach_type == BPF_TRACE_ITER) ||
		    (s->prog->type == BPF_PROG_TYPE_LSM && s->prog->attach_type != BPF_LSM_MAC);
	if (!s->ctx_type || !s->prog->known || special) {
		const char *name = bpfobj_prog_type_name(s->prog->type);
		sym_give_up(s, "programs in section \"%s\"%s%s are not modelled", s->prog->section, name ? " of type " : "",
			    name ? name : "");
		s->stop = true;
		return 0;
	}
	if (!s->ctx_type->size)
		return init_args(s, st, diag);
	init_struct(s, st, s->ctx_type);
	return 0;
}

static const struct ctx_field *field_at(const struct sym *s, uint64_t off)
{
	for (const struct ctx_field *f = s->ctx_type->fields; f && f->size; f++)
		if (off >= f->off && off < (uint64_t)f->off + f->size)
			return f;
	return NULL;
}

int symctx_packet_field(const struct sym *s, uint64_t off)
{
	const struct ctx_field *f = field_at(s, off);

	return !f ? 0 : f->kind == F_DATA ? 1 : f->kind == F_DATA_END ? 2 : 0;
}

const struct val *symctx_load(struct sym *s, struct state *st, struct region *r, term off, unsigned size)
{
	term init;

	if (!term_is_const(&s->t, off) && !s->ctx_type->size && size == 8) { /* one of several arguments */
		const struct val *v = val_scalar(s, term_fresh(&s->t, 64, "behind the context"));

		for (uint64_t o = 0; o < r->size; o += 8) {
			term here = term_eq_k(&s->t, off, o);

			if (here != TERM_FALSE)
				v = val_merge(s, here, symctx_load(s, st, r, term_const(&s->t, 64, o), 8), v);
		}
		return v;
	}
	if (term_is_const(&s->t, off) && (term_value(&s->t, off) > r->size || size > r->size - term_value(&s->t, off)))
		return val_scalar(s, term_fresh(&s->t, 64, "behind the context"));
	if (!term_is_const(&s->t, off)) {
		sym_oblige(s, st, PROP_MEMORY, TERM_FALSE, "the context is read at a variable offset");
		return val_scalar(s, term_fresh(&s->t, 64, "ctx"));
	}
	uint64_t o = term_value(&s->t, off);
	const struct ctx_field *f = field_at(s, o);
	if (!s->ctx_type->size && s->ret_arg && o / 8 == r->size / 8 - 1)
		s->ret_taken = true;
	if (f && f->kind == F_POINTER) {
		s->ctx_ptr_load[s->insn] = 1;
		sym_give_up(s, "instruction %u: ctx + %llu is a pointer that is not modelled", s->insn, (unsigned long long)o);
		return val_ptr_k(s, region_new(s, REGION_OPAQUE, 0, "ctx pointer")->id, 0);
	}
	if (f && (f->kind == F_DATA || f->kind == F_DATA_END)) {
		struct region *p = region_get(s, s->packet);

		s->ctx_ptr_load[s->insn] = 1;
		s->packet_read = true;
		if (s->packet_pulled)
			sym_give_up(s, "instruction %u: pointers into a packet whose linear part was changed are not modelled", s->insn);
		sym_oblige(s, st, PROP_MEMORY, term_bool(o == f->off && size == f->size), "a packet pointer is read in part");
		return f->kind == F_DATA ? val_ptr_k(s, p->id, 0) : val_ptr(s, p->id, p->len);
	}
	return mem_load(s, st, r, off, size, &init);
}

enum symctx_write symctx_writable(const struct sym *s, uint64_t off, unsigned size)
{
	const struct ctx_field *f = field_at(s, off);

	if (!f || f->kind > F_SHORT || off + size > (uint64_t)f->off + f->size)
		return SYMCTX_READONLY;
	return f->kind == F_SHORT ? SYMCTX_PARTLY_KEPT : SYMCTX_KEPT;
}

void symctx_store(struct sym *s, struct state *st, struct region *r, term off, unsigned size, const struct val *v,
		  term guard)
{
	const struct ctx_field *f = term_is_const(&s->t, off) ? field_at(s, term_value(&s->t, off)) : NULL;

	if (!f || f->kind > F_SHORT || term_value(&s->t, off) + size > (uint64_t)f->off + f->size) {
		sym_oblige(s, st, PROP_MEMORY, TERM_FALSE, "write to a read-only part of the context");
		return;
	}
	if (f->kind == F_SHORT)
		v = val_scalar(s, term_extend(&s->t, false, 64, term_fresh(&s->t, 16, "what the context keeps")));
	mem_store(s, st, r, off, size, v, guard);
}

/* --- the end --- */

/* The exit value as the kernel takes it: the low 32 bits. */
static term exit_value(struct sym *s, const struct state *st)
{
	return term_extract(&s->t, val_number(s, st->r[0]), 31, 0);
}

static void range_of(const struct sym *s, bool *ranged, int32_t *min, int32_t *max)
{
	const struct ctx_type *ty = s->ctx_type;
	const struct bt_type *res = s->hook ? bt_resolve(s->kernel, s->hook->ref) : NULL;
	uint32_t at = s->prog->attach_type;

	*ranged = ty->ranged;
	*min = ty->min;
	*max = ty->max;
	if (ty->prog_type == BPF_PROG_TYPE_LSM) {
		if (!res || res->kind == BT_VOID)
			*ranged = false; /* nobody looks */
		else if (res->kind == BT_INT && (res->integer.encoding & BTF_INT_BOOL))
			*min = 0, *max = 1;
	} else if (ty->prog_type == BPF_PROG_TYPE_TRACING && (at == BPF_TRACE_FENTRY || at == BPF_TRACE_FEXIT)) {
		*ranged = true;
		*min = *max = 0;
	} else if (ty->prog_type == BPF_PROG_TYPE_CGROUP_SKB && at == BPF_CGROUP_INET_INGRESS) {
		*max = 1;
	} else if (ty->prog_type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR) {
		if (at == BPF_CGROUP_UDP4_RECVMSG || at == BPF_CGROUP_UDP6_RECVMSG || (at >= BPF_CGROUP_INET4_GETPEERNAME && at <= BPF_CGROUP_INET6_GETSOCKNAME))
			*min = 1;
		if (at == BPF_CGROUP_INET4_BIND || at == BPF_CGROUP_INET6_BIND)
			*max = 3;
	}
}

struct range {
	int32_t min, max;
};

static bool in_range(struct sym *s, term leaf, void *ctx)
{
	const struct range *r = ctx;
	const struct term_node *n = &s->t.node[leaf];
	int32_t lo = (int32_t)n->lo, hi = (int32_t)n->hi;

	if (s->ret_arg && leaf == term_extract(&s->t, s->ret_arg, 31, 0)) /* see init_args() */
		return r->min <= -4095 && r->max >= 0;
	/* unsigned bounds are signed ones when both have one sign */
	return lo <= hi && (lo >= 0) == (hi >= 0) && lo >= r->min && hi <= r->max;
}

static bool not_zero(struct sym *s, term leaf, void *ctx)
{
	return s->t.node[leaf].lo > 0 || leaf == *(const term *)ctx;
}

/* What the kernel makes of the value. */
static void exit_of_program(struct sym *s, const struct state *st)
{
	struct terms *t = &s->t;
	term r = exit_value(s, st);
	bool ranged;
	int32_t min, max;

	range_of(s, &ranged, &min, &max);
	if (ranged) {
		term lo = term_cmp(t, TERM_OP_SLE, term_const(t, 32, (uint32_t)min), r);
		term hi = term_cmp(t, TERM_OP_SLE, r, term_const(t, 32, (uint32_t)max));
		sym_oblige(s, st, PROP_RETURN, sym_leaves(s, TERM_TRUE, r, in_range, &(struct range){ min, max }) ? TERM_TRUE : term_and(t, lo, hi),
			   arena_printf(s->arena, "the return value is not in %d..%d", min, max));
	}
	if (s->ctx_type->prog_type == BPF_PROG_TYPE_LSM && s->ret_taken) {
		term before = term_extract(t, s->ret_arg, 31, 0), zero = term_const(t, 32, 0);

		term refused = term_not(t, term_eq(t, before, zero));
		bool kept = sym_leaves(s, refused, r, not_zero, &before);

		sym_oblige(s, st, PROP_WEAKEN, kept ? TERM_TRUE : term_implies(t, refused, term_not(t, term_eq(t, r, zero))),
			   "an earlier program refused, this one returns 0");
	}
}

/* A function has to set what its type says it returns. */
static void exit_of_function(struct sym *s, const struct state *st)
{
	const struct bt *bt = bpfobj_btf(s->obj);
	const struct bt_type *func = bt && s->func->type ? bt_get(bt, s->func->type) : NULL;
	const struct bt_type *proto = func ? bt_resolve(bt, func->ref) : NULL;

	if (!proto || proto->ref)
		sym_oblige(s, st, PROP_INIT, st->r[0]->init, "r0 is not set at the end");
}

void symctx_exit(struct sym *s, const struct state *st)
{
	if (s->func)
		exit_of_function(s, st);
	else
		exit_of_program(s, st);
	symctx_held(s, st);
}

void symctx_held(struct sym *s, const struct state *st)
{
	struct terms *t = &s->t;

	sym_oblige(s, st, PROP_LEAK, term_not(t, s->locked), "a lock is still held at the end");
	for (size_t i = 1; i < s->n_regions; i++)
		if (s->region[i]->kind == REGION_RECORD)
			sym_oblige(s, st, PROP_LEAK, term_not(t, term_and(t, s->region[i]->acquired, term_not(t, s->region[i]->released))),
				   arena_printf(s->arena, "the %s is neither submitted nor discarded", s->region[i]->name));
}
