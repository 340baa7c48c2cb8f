// SPDX-License-Identifier: GPL-2.0-only
/* symlayout: see symlayout.h. */
#include "prove/symlayout.h"

#include <stdlib.h>
#include <string.h>
#include "bpfobj/core.h"
#include "prove/eval.h"

/* --- what is the same in every kernel --- */

static const char *const abi_types[] = {
	"xdp_md", "__sk_buff", "bpf_sock_addr", "bpf_sock", "bpf_cgroup_dev_ctx", "bpf_sock_ops", "sk_msg_md", "bpf_sysctl", "bpf_sockopt",
	"bpf_perf_event_data", "pt_regs", "user_pt_regs", "bpf_raw_tracepoint_args", "ethhdr", "vlan_hdr", "arphdr", "iphdr", "ipv6hdr",
	"ipv6_opt_hdr", "tcphdr", "udphdr", "icmphdr", "icmp6hdr", "in_addr", "in6_addr", "sockaddr", "sockaddr_in", "sockaddr_in6",
	"sockaddr_un",
};

static bool is_abi_name(const char *name)
{
	for (size_t i = 0; i < sizeof(abi_types) / sizeof(abi_types[0]); i++)
		if (!strcmp(abi_types[i], name))
			return true;
	return false;
}

/* --- symbols --- */

struct layout_symbol {
	char kind; /* offset, exists, size, value, shift left, right, width of a field, identity, Signed, matches */
	const char *name;
	term t, var; /* 64 bits; what it is made from */
	/* offsets */
	const char *owner;
	bool direct; /* a member of the structure itself, not of a union in it */
	uint32_t type; /* of the member, in `bt` */
	const struct bt *bt;
	term size;
	struct layout_symbol *next;
};

/* What is true in every layout, of one symbol or of two. Kept beside the path conditions, of which it would be most: see symread.h. */
struct layout_fact {
	term holds;
	term of[2]; /* variables; the second may be none */
	bool apart; /* that two members are: seldom what a proof needs */
	struct layout_fact *next;
};

static void fact(struct sym *s, term holds, const struct layout_symbol *a, const struct layout_symbol *b, bool apart)
{
	struct layout_fact *f = s->layout_facts;

	while (f && (f->holds != holds || f->of[0] != a->var))
		f = f->next;
	if (f || holds == TERM_TRUE)
		return;
	f = arena_new(s->arena, struct layout_fact);
	if (!f) {
		sym_give_up(s, "out of memory");
		return;
	}
	*f = (struct layout_fact){ holds, { a->var, b ? b->var : TERM_NONE }, apart, s->layout_facts };
	s->layout_facts = f;
}

/* The facts of the variables that are marked. */
static term facts_of(struct sym *s, const uint8_t *mark, size_t n, bool pairs)
{
	term all = TERM_TRUE;

	for (const struct layout_fact *f = s->layout_facts; f; f = f->next)
		if ((pairs || !f->apart) && f->of[0] < n && mark[f->of[0]] && (!f->of[1] || (f->of[1] < n && mark[f->of[1]])))
			all = term_and(&s->t, all, f->holds);
	return all;
}

term symlayout_facts(struct sym *s, const term *roots, size_t n, bool pairs)
{
	term all = TERM_TRUE, before = TERM_NONE;

	while (s->layout_facts && all != before) { /* a fact may speak of further symbols: the size of a structure */
		uint8_t *mark = calloc(s->t.n, 1);
		size_t n_marks = s->t.n;

		if (!mark)
			return all;
		before = all;
		term_mark(&s->t, roots, n, mark);
		term_mark(&s->t, &before, 1, mark);
		all = facts_of(s, mark, n_marks, pairs);
		free(mark);
	}
	return all;
}

term symlayout_contradicted(struct sym *s, struct eval *e)
{
	term wrong = TERM_TRUE;

	for (const struct layout_fact *f = s->layout_facts; f; f = f->next)
		if (!eval_term(e, f->holds))
			wrong = term_and(&s->t, wrong, f->holds);
	return wrong;
}

static const char *essential(struct sym *s, const char *name)
{
	return arena_strndup(s->arena, name, bt_essential_len(name));
}

static struct layout_symbol *find(const struct sym *s, char kind, const char *name)
{
	struct layout_symbol *y = s->layout;

	while (y && (y->kind != kind || strcmp(y->name, name)))
		y = y->next;
	return y;
}

static struct layout_symbol *make(struct sym *s, char kind, const char *name, term t)
{
	static struct layout_symbol none;
	struct layout_symbol *y = arena_new(s->arena, struct layout_symbol);

	if (!y) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		none = (struct layout_symbol){ .kind = kind, .name = name, .t = t };
		return &none;
	}
	*y = (struct layout_symbol){ .kind = kind, .name = name, .t = t, .next = s->layout };
	return s->layout = y;
}

/* A number of `bits` bits, as 64. */
static struct layout_symbol *number(struct sym *s, char kind, const char *name, unsigned bits, const char *fmt)
{
	struct layout_symbol *y = find(s, kind, name);

	if (y)
		return y;
	term var = term_fresh(&s->t, bits, arena_printf(s->arena, "%s %s", fmt, name));
	y = make(s, kind, name, term_extend(&s->t, false, 64, var));
	y->var = var;
	return y;
}

/* One that is no 0. */
static struct layout_symbol *positive(struct sym *s, char kind, const char *name, unsigned bits, const char *fmt)
{
	bool is_new = !find(s, kind, name);
	struct layout_symbol *y = number(s, kind, name, bits, fmt);

	if (is_new)
		fact(s, term_not(&s->t, term_eq_k(&s->t, y->t, 0)), y, NULL, false);
	return y;
}

/* --- what exists --- */

/* What the relocation is about, in the words of symbols: the last member of its path, the type, the enumerator. */
static const char *subject(struct sym *s, const struct core_spec *spec)
{
	const struct bt_type *cur = bt_resolve(spec->bt, spec->root);
	const char *owner = essential(s, bt_get(spec->bt, spec->root)->name), *name = NULL;

	if (core_is_enumval(spec->kind))
		return arena_printf(s->arena, "enumerator %s", essential(s, spec->steps[0].name));
	for (unsigned i = 1; i < spec->n_steps; i++) {
		const struct core_step *step = &spec->steps[i];

		if (!step->name) {
			cur = bt_resolve(spec->bt, step->type);
			continue;
		}
		if (*cur->name)
			owner = essential(s, cur->name);
		else if (name)
			owner = name;
		name = arena_printf(s->arena, "%s.%s", owner, step->name);
		cur = bt_resolve(spec->bt, bt_get(spec->bt, step->type)->members[step->index].type);
	}
	return name ? name : owner;
}

static void note_asked(struct sym *s, const struct bpfobj_prog *prog)
{
	struct core_spec *spec = arena_new(s->arena, struct core_spec);

	for (uint32_t i = 0; spec && i < prog->n_cores; i++) {
		const struct bpfobj_core *c = &prog->cores[i];
		const struct obj_core_rec rec = { c->insn, c->kind, c->type, c->access };
		bool asks = c->kind == CORE_FIELD_EXISTS || c->kind == CORE_TYPE_EXISTS || c->kind == CORE_TYPE_MATCHES ||
			    c->kind == CORE_ENUMVAL_EXISTS;

		if (asks && !core_spec_parse(bpfobj_btf(s->obj), &rec, spec))
			make(s, 'a', subject(s, spec), TERM_TRUE);
	}
}

static bool asked(struct sym *s, const char *name)
{
	if (!s->layout_asked)
		for (uint32_t i = 0; i < bpfobj_prog_count(s->obj); i++)
			note_asked(s, bpfobj_prog(s->obj, i));
	s->layout_asked = true;
	return find(s, 'a', name) != NULL;
}

static bool kernel_has_enumerator(const struct bt *bt, const char *name)
{
	for (uint32_t id = 1; id < bt_count(bt); id++) {
		const struct bt_type *ty = bt_get(bt, id);

		for (uint32_t i = 0; (ty->kind == BT_ENUM || ty->kind == BT_ENUM64) && i < ty->n; i++)
			if (!strcmp(ty->enumerators[i].name, name))
				return true;
	}
	return false;
}

static uint32_t kernel_type(const struct bt *bt, const char *name)
{
	static const uint32_t kinds[] = { BT_STRUCT, BT_UNION, BT_ENUM, BT_ENUM64, BT_TYPEDEF, BT_INT };
	uint32_t id = 0;

	for (size_t i = 0; !id && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		id = bt_find(bt, name, kinds[i]);
	return id;
}

static bool kernel_has(struct sym *s, const char *name)
{
	const char *dot = strchr(name, '.');
	struct bt_member m;

	if (!s->kernel)
		return false;
	if (!strncmp(name, "enumerator ", 11))
		return kernel_has_enumerator(s->kernel, name + 11);
	if (!dot)
		return kernel_type(s->kernel, name) != 0;
	uint32_t id = kernel_type(s->kernel, arena_strndup(s->arena, name, (size_t)(dot - name)));
	while (id && dot) { /* further members: of structures without a name */
		const char *from = dot + 1, *end = strchr(from, '.');
		const struct bt_type *in = bt_resolve(s->kernel, id);
		const char *step = end ? arena_strndup(s->arena, from, (size_t)(end - from)) : from;

		if (!in || bt_member_find(s->kernel, in->id, step, &m))
			return false;
		id = m.type;
		dot = end;
	}
	return id != 0;
}

static term exists(struct sym *s, const char *name)
{
	struct layout_symbol *y = find(s, 'e', name);

	if (!y && !asked(s, name) && kernel_has(s, name))
		y = make(s, 'e', name, TERM_TRUE);
	return (y ? y : make(s, 'e', name, term_fresh(&s->t, 0, arena_printf(s->arena, "%s exists", name))))->t;
}

/* One line for all members of a structure. */
static void assume_owner(struct sym *s, const char *owner)
{
	const char *list = "";
	size_t n = strlen(owner);

	for (const struct layout_symbol *y = s->layout; y; y = y->next)
		if (y->kind == 'e' && y->t == TERM_TRUE && !strncmp(y->name, owner, n) && y->name[n] == '.')
			list = arena_printf(s->arena, "%s%s%s", y->name + n + 1, *list ? ", " : "", list);
	sym_assume(s, *list ? "every kernel has %s with %s" : "every kernel has %s", owner, list);
}

void symlayout_assume(struct sym *s)
{
	for (const struct layout_symbol *y = s->layout; y; y = y->next)
		if (y->kind == 'e' && y->t == TERM_TRUE && !strchr(y->name, '.'))
			assume_owner(s, y->name);
}

/* --- members --- */

static struct layout_symbol *struct_size(struct sym *s, const char *name)
{
	sym_assume(s, "in every layout no structure has more than 32767 bytes, and members have the sizes that the object declares");
	return positive(s, 's', name, 15, "size of");
}

term symlayout_size(struct sym *s, const char *type)
{
	uint32_t id = is_abi_name(type) && s->kernel ? bt_find(s->kernel, type, BT_STRUCT) : 0;
	int64_t size = id ? bt_size(s->kernel, id) : 0;

	return size > 0 ? term_const(&s->t, 64, (uint64_t)size) : struct_size(s, essential(s, type))->t;
}

static term size_of(struct sym *s, const struct bt *bt, uint32_t id)
{
	const struct bt_type *ty = bt_resolve(bt, id);
	struct terms *t = &s->t;

	if (ty && (ty->kind == BT_STRUCT || ty->kind == BT_UNION) && *ty->name && !is_abi_name(ty->name))
		return symlayout_size(s, ty->name);
	if (ty && ty->kind == BT_ARRAY)
		return term_bin(t, TERM_OP_MUL, term_const(t, 64, ty->array.count), size_of(s, bt, ty->array.elem));
	int64_t size = ty ? bt_size(bt, ty->id) : 0;
	return term_const(t, 64, size > 0 ? (uint64_t)size : 0);
}

/* The two do not overlap. */
static term apart(struct sym *s, const struct layout_symbol *a, const struct layout_symbol *b)
{
	struct terms *t = &s->t;

	return term_or(t, term_ule(t, term_add(t, a->t, a->size), b->t), term_ule(t, term_add(t, b->t, b->size), a->t));
}

/* A member of `whole`, which is called `owner`: by its name, or as the member that it is. direct: and not of a part of it. */
static struct layout_symbol *member(struct sym *s, const struct bt *bt, const char *owner, const struct bt_type *whole, bool direct,
				    const struct bt_member *m)
{
	struct terms *t = &s->t;
	const char *name = arena_printf(s->arena, "%s.%s", owner, m->name);
	struct layout_symbol *y = find(s, 'o', name);

	if (y)
		return y;
	y = number(s, 'o', name, 15, "offset of");
	y->owner = owner;
	y->bt = bt;
	y->type = m->type;
	y->direct = direct && !m->bit_size;
	y->size = size_of(s, bt, m->type);
	fact(s, term_ule(t, term_add(t, y->t, y->size), size_of(s, bt, whole->id)), y, NULL, false);
	for (const struct layout_symbol *o = s->layout; o; o = o->next)
		if (o != y && o->kind == 'o' && y->direct && o->direct && !strcmp(o->owner, owner))
			fact(s, apart(s, y, o), y, o, true);
	return y;
}

term symlayout_member(struct sym *s, const struct bt *bt, uint32_t id, const char *name, const char **owner)
{
	const struct bt_type *ty = bt_resolve(bt, id);
	bool direct = false;
	struct bt_member m;

	for (uint32_t i = 0; ty->kind == BT_STRUCT && i < ty->n; i++)
		direct |= ty->members[i].name && !strcmp(ty->members[i].name, name);
	if (bt_member_find(bt, ty->id, name, &m) < 0)
		return term_const(&s->t, 64, 0);
	m.name = name;
	struct layout_symbol *y = member(s, bt, *ty->name ? essential(s, ty->name) : *owner ? *owner : "", ty, direct, &m);
	*owner = y->name;
	return y->t;
}

/* --- relocations --- */

struct field {
	term offset, exists;
	bool number; /* an integer or pointer: of 1, 2, 4 or 8 bytes in any kernel that libbpf takes for the same */
	const char *name;
};

static void walk(struct sym *s, const struct core_spec *spec, struct field *f)
{
	struct terms *t = &s->t;
	const struct bt *bt = spec->bt;
	const struct bt_type *cur = bt_resolve(bt, spec->root);
	const char *owner = essential(s, cur->name);

	const struct layout_symbol *first = NULL;
	bool inside = !spec->steps[0].index; /* and of no array beyond its end, as those are whose number nobody declared */
	const term whole = size_of(s, bt, cur->id);

	*f = (struct field){ .exists = exists(s, owner), .name = owner };
	f->offset = term_bin(t, TERM_OP_MUL, term_const(t, 64, spec->steps[0].index), whole);
	for (unsigned i = 1; i < spec->n_steps; i++) {
		const struct core_step *step = &spec->steps[i];

		if (!step->name) {
			inside &= cur->kind == BT_ARRAY && step->index < cur->array.count;
			cur = bt_resolve(bt, step->type);
			f->offset = term_add(t, f->offset, term_bin(t, TERM_OP_MUL, term_const(t, 64, step->index), size_of(s, bt, cur->id)));
			continue;
		}
		const struct bt_type *in = bt_get(bt, step->type);
		const struct bt_member *m = &in->members[step->index];
		owner = *cur->name ? essential(s, cur->name) : f->name; /* a member by value whose type may have no name */
		struct layout_symbol *y = member(s, bt, owner, cur, in == cur && in->kind == BT_STRUCT, m);
		f->offset = term_add(t, f->offset, y->t);
		f->exists = term_and(t, f->exists, exists(s, y->name));
		f->name = y->name;
		cur = bt_resolve(bt, m->type);
		if (first && inside) /* follows from what is known of each; solvers find it hard */
			fact(s, term_ule(t, term_add(t, f->offset, y->size), whole), first, y, false);
		first = first ? first : y;
		inside &= y->size == size_of(s, bt, m->type); /* a flavour may see it as larger */
	}
	f->number = cur->kind == BT_INT || cur->kind == BT_PTR || cur->kind == BT_ENUM || cur->kind == BT_ENUM64;
}

static term flag(struct sym *s, term b) { return term_ite(&s->t, b, term_const(&s->t, 64, 1), term_const(&s->t, 64, 0)); }

/* What asks for a member, or for something else of it. */
static term of_field(struct sym *s, struct state *st, const struct core_spec *spec, struct field *f)
{
	struct terms *t = &s->t;
	struct layout_symbol *l, *r;
	bool is_new;

	walk(s, spec, f);
	if (spec->kind == CORE_FIELD_EXISTS)
		return flag(s, f->exists);
	sym_oblige(s, st, PROP_MEMORY, f->exists, arena_printf(s->arena, "a kernel may have no %s", f->name));
	if (s->n_obligs && s->oblig[s->n_obligs - 1].cond == f->exists)
		s->oblig[s->n_obligs - 1].access = true;
	switch (spec->kind) {
	case CORE_FIELD_BYTE_OFFSET:
		return f->offset;
	case CORE_FIELD_BYTE_SIZE:
		is_new = !find(s, 'w', f->name);
		l = positive(s, 'w', f->name, 15, "size of");
		if (is_new && f->number)
			fact(s, term_or(t, term_or(t, term_eq_k(t, l->t, 1), term_eq_k(t, l->t, 2)),
					term_or(t, term_eq_k(t, l->t, 4), term_eq_k(t, l->t, 8))), l, NULL, false);
		return l->t;
	case CORE_FIELD_SIGNED:
		return number(s, 'S', f->name, 1, "sign of")->t;
	default:
		is_new = !find(s, 'l', f->name);
		l = number(s, 'l', f->name, 6, "left shift of");
		r = number(s, 'r', f->name, 6, "right shift of");
		if (is_new) {
			fact(s, term_ule(t, l->t, r->t), l, NULL, false);
			fact(s, term_ule(t, l->t, r->t), r, NULL, false);
		}
		return spec->kind == CORE_FIELD_LSHIFT_U64 ? l->t : r->t;
	}
}

static term of_type(struct sym *s, const struct core_spec *spec)
{
	struct terms *t = &s->t;
	const struct bt_type *ty = bt_resolve(spec->bt, spec->root);
	const char *name = essential(s, bt_get(spec->bt, spec->root)->name);
	term there = exists(s, name), zero = term_const(t, 64, 0);

	switch (spec->kind) {
	case CORE_TYPE_EXISTS:
		return flag(s, there);
	case CORE_TYPE_MATCHES:
		return flag(s, term_and(t, there, term_not(t, term_eq_k(t, number(s, 'm', name, 1, "whether it matches, of")->t, 0))));
	case CORE_TYPE_SIZE:
		if (ty->kind != BT_STRUCT && ty->kind != BT_UNION)
			return term_ite(t, there, size_of(s, spec->bt, ty->id), zero);
		return term_ite(t, there, struct_size(s, name)->t, zero);
	default: /* the id in the kernel */
		return term_ite(t, there, number(s, 'i', name, 31, "type id of")->t, zero);
	}
}

static term of_enumerator(struct sym *s, const struct state *st, const struct core_spec *spec)
{
	const char *name = arena_printf(s->arena, "enumerator %s", essential(s, spec->steps[0].name));
	term there = exists(s, name);

	if (spec->kind == CORE_ENUMVAL_EXISTS)
		return flag(s, there);
	sym_oblige(s, st, PROP_MEMORY, there, arena_printf(s->arena, "a kernel may have no %s", name));
	if (s->n_obligs && s->oblig[s->n_obligs - 1].cond == there)
		s->oblig[s->n_obligs - 1].access = true;
	return number(s, 'v', name, 64, "value of")->t;
}

/* --- pointers that lie in members --- */

#define MAX_ADDENDS 8

/* The offsets that a sum is made of; false: of something else, too. */
static bool addends(const struct sym *s, term off, const struct layout_symbol **list, uint32_t *n)
{
	const struct term_node *node = &s->t.node[off];
	const struct layout_symbol *y = s->layout;

	if (node->op == TERM_OP_ADD)
		return addends(s, node->a, list, n) && addends(s, node->b, list, n);
	while (y && (y->kind != 'o' || y->t != off))
		y = y->next;
	if (!y || *n == MAX_ADDENDS)
		return false;
	list[(*n)++] = y;
	return true;
}

/* The kernel's structure that a pointer of that type leads to, by name; 0: none. */
static uint32_t led_to(const struct sym *s, const struct layout_symbol *y)
{
	const struct bt_type *ty = bt_resolve(y->bt, y->type), *to = ty && ty->kind == BT_PTR ? bt_resolve(y->bt, ty->ref) : NULL;
	char name[128];

	if (!to || (to->kind != BT_STRUCT && to->kind != BT_FWD) || bt_essential_len(to->name) >= sizeof(name))
		return 0;
	memcpy(name, to->name, bt_essential_len(to->name));
	name[bt_essential_len(to->name)] = 0;
	return bt_find(s->kernel, name, BT_STRUCT);
}

uint32_t symlayout_pointee(struct sym *s, uint32_t type, term off)
{
	const struct layout_symbol *list[MAX_ADDENDS];
	const char *owner = bt_get(s->kernel, type)->name;
	uint32_t n = 0;

	if (!addends(s, off, list, &n))
		return 0;
	while (n) {
		uint32_t i = 0;

		while (i < n && strcmp(list[i]->owner, owner))
			i++;
		if (i == n)
			return 0;
		const struct layout_symbol *y = list[i];
		list[i] = list[--n];
		if (!n)
			return led_to(s, y);
		const struct bt_type *in = bt_resolve(y->bt, y->type);
		owner = in && *in->name ? essential(s, in->name) : y->name;
	}
	return 0;
}

/* --- instructions --- */

static bool is_abi(struct sym *s, const struct core_spec *spec)
{
	const char *name = bt_resolve(spec->bt, spec->root)->name;

	if (!is_abi_name(name))
		return false;
	sym_assume(s, "struct %s is ABI: in every kernel as in the object", name);
	return true;
}

static bool relocation(struct sym *s, uint32_t at, struct core_spec *spec)
{
	const struct bpfobj_core *core = s->opts.layouts ? bpfobj_core_at(s->prog, at) : NULL;

	if (!core || core->kind == CORE_TYPE_ID_LOCAL)
		return false;
	const struct obj_core_rec rec = { core->insn, core->kind, core->type, core->access };
	return !core_spec_parse(bpfobj_btf(s->obj), &rec, spec) && !is_abi(s, spec);
}

/* The compiler has put there what the relocation is of; else it is not known what the instruction means. */
static bool as_recorded(const struct core_spec *spec, const struct isa_insn *in)
{
	struct core_result r;
	uint64_t have = isa_is_alu(in->op) ? (uint64_t)(int64_t)in->imm : in->op == ISA_LD_IMM64 ? in->imm64 : (uint64_t)(int64_t)in->off;

	return !core_value(spec->kind, spec, spec, &r) && (!r.validate || r.value == have || (isa_is_alu(in->op) && (uint32_t)r.value == (uint32_t)have));
}

static void exec_memory(struct sym *s, struct state *st, const struct isa_insn *in, term v)
{
	struct isa_algebra alg = val_algebra(&s->t);
	bool load = in->op == ISA_LOAD || in->op == ISA_LOAD_SX;
	const struct val *base = sym_reg(s, st, load ? in->src : in->dst), *ptr = val_add(s, base, v), *x;
	unsigned size = in->size / 8;

	if (!load) {
		x = in->op == ISA_STORE_REG ? sym_reg(s, st, in->src) : val_scalar(s, (term)isa_sem_operand(&alg, in, 0));
		sym_store(s, st, ptr, 0, size, x);
		return;
	}
	x = sym_load(s, st, ptr, 0, size);
	if (!x->n || size < 8)
		x = val_scalar(s, (term)isa_sem_load(&alg, in, term_extract(&s->t, val_number(s, x), in->size - 1u, 0)));
	st->r[in->dst] = x;
}

bool symlayout_exec(struct sym *s, struct state *st, const struct isa_insn *in, uint32_t at)
{
	struct core_spec *spec = arena_new(s->arena, struct core_spec);
	struct field f = { 0 };
	term v;

	if (!spec || !relocation(s, at, spec))
		return false;
	if (!as_recorded(spec, in)) {
		sym_give_up(s, "instruction %u: it is not what its CO-RE relocation says", at);
		return false;
	}
	v = core_is_field(spec->kind) ? of_field(s, st, spec, &f) : core_is_enumval(spec->kind) ? of_enumerator(s, st, spec) : of_type(s, spec);
	s->layout_value[at] = v;
	if (isa_is_alu(in->op) && in->operand == ISA_OPERAND_IMM) {
		struct isa_insn by_reg = *in;

		by_reg.operand = ISA_OPERAND_REG;
		st->r[in->dst] = val_alu(s, &by_reg, in->op == ISA_MOV ? st->r[in->dst] : sym_reg(s, st, in->dst), val_scalar(s, v));
	} else if (in->op == ISA_LD_IMM64 && in->imm_kind == ISA_IMM_VALUE) {
		st->r[in->dst] = val_scalar(s, v);
	} else if (in->op == ISA_LOAD || in->op == ISA_LOAD_SX || in->op == ISA_STORE_REG || in->op == ISA_STORE_IMM) {
		exec_memory(s, st, in, v);
	} else {
		sym_give_up(s, "instruction %u: a CO-RE relocation of such an instruction is not modelled", at);
	}
	return true;
}

term symlayout_value(const struct sym *s, uint32_t at) { return s->layout_value ? s->layout_value[at] : TERM_NONE; }
