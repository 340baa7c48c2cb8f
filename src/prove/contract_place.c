// SPDX-License-Identifier: GPL-2.0-only
/* contract_place: names, members and map elements of contracts. */
#include <errno.h>
#include <string.h>
#include <stdlib.h>
#include "prove/contract_eval.h"
#include "prove/contract_spec.h"
#include "prove/contract.h"
#include "prove/helper.h"
#include "prove/symfunc.h"
#include "prove/symlayout.h"

/* --- loading --- */

term contract_kernel_byte(struct cenv *e, term addr)
{
	return e->anew ? term_fresh(&e->s->t, 8, "kernel memory at a call") : symkobj_byte(e->s, addr);
}

/* Looked at only after the call that after() is about: it holds what it held then, if no other call changed it in between. */
static bool unchanged_since(const struct cenv *e, const struct region *r)
{
	for (size_t i = 0; e->after && r->map && i < e->s->n_maps; i++) {
		const struct map_model *m = &e->s->map[i];

		if (m->map != r->map)
			continue;
		if (m->any)
			return false;
		for (const struct map_op *o = m->ops; o; o = o->next)
			if (o->unseen && o->seq >= e->before && !state_refutes(e->s, e->pre, o->guard) && !state_refutes_by_cases(e->s, e->pre, o->guard))
				return false;
	}
	return e->after && r->map;
}

static term place_byte(struct cenv *e, const struct cval *v, uint64_t i)
{
	struct sym *s = e->s;
	struct terms *t = &s->t;
	term b = term_const(t, 8, 0), init;

	if (v->place == PLACE_KERNEL)
		return contract_kernel_byte(e, term_add(t, v->sym ? term_add(t, v->addr, v->sym) : v->addr, term_const(t, 64, v->off + i)));
	for (uint32_t j = 0; j < v->ptr->n; j++) {
		struct region *r = region_get(s, v->ptr->alt[j].region);
		term off = term_add(t, v->ptr->alt[j].off, term_const(t, 64, v->off + i)), x;

		if (v->old && e->before && r->id >= e->pre_regions && !r->group && !unchanged_since(e, r))
			x = term_fresh(t, 8, r->name); /* looked at only later: nothing is known of then */
		else if (r->kind == REGION_KOBJ)
			x = contract_kernel_byte(e, term_add(t, r->base, off));
		else if (!term_is_const(t, off) && v->old && r->late != TERM_NONE)
			x = term_fresh(t, 8, r->name); /* the start of what was looked at late */
		else if (!term_is_const(t, off))
			x = term_extract(t, val_number(s, mem_load(s, v->old ? e->pre : e->post, r, off, 1, &init)), 7, 0);
		else if (v->old && !e->before && r->kind == REGION_ROW)
			x = mem_first_byte(s, r, term_value(t, off), &init);
		else
			x = mem_byte(s, v->old ? e->pre : e->post, r, term_value(t, off), &init);
		b = term_ite(t, v->ptr->alt[j].guard, x, b);
	}
	return b;
}

/* All of a word at places that are no constants, read as a program would. TERM_NONE: byte by byte. */
static term place_word(struct cenv *e, const struct cval *v)
{
	struct sym *s = e->s;
	struct terms *t = &s->t;
	term w = term_const(t, 64, 0), init;

	for (uint32_t j = 0; v->place == PLACE_ROW && j < v->ptr->n; j++) {
		struct region *r = region_get(s, v->ptr->alt[j].region);
		term off = term_add(t, v->ptr->alt[j].off, term_const(t, 64, v->off));

		if (term_is_const(t, off) || r->kind == REGION_KOBJ || (v->old && !r->group && (r->late != TERM_NONE || (e->before && r->id >= e->pre_regions))))
			return TERM_NONE;
		w = term_ite(t, v->ptr->alt[j].guard, val_number(s, mem_load(s, v->old ? e->pre : e->post, r, off, 8, &init)), w);
	}
	return v->place == PLACE_ROW && v->ptr->n ? w : TERM_NONE;
}

term contract_load(struct cenv *e, const struct node *n, const struct cval *v, bool *ret_u64)
{
	struct terms *t = &e->s->t;
	const struct bt_type *ty = bt_resolve(v->bt, v->type);
	int64_t size = ty ? bt_size(v->bt, ty->id) : -1;
	term w = TERM_NONE;

	*ret_u64 = false;
	if (!ty || (ty->kind != BT_INT && ty->kind != BT_ENUM && ty->kind != BT_ENUM64 && ty->kind != BT_PTR) || size < 1 || size > 8) {
		contract_fail(e, n, "this is no number: name a member of it");
		return term_const(t, 64, 0);
	}
	if (size == 8)
		w = place_word(e, v);
	for (int64_t i = w ? size : 0; i < size; i++) {
		term b = place_byte(e, v, (uint64_t)i);
		w = w ? term_concat(t, b, w) : b;
	}
	bool sign = ty->kind != BT_PTR && bt_is_signed(v->bt, ty->id) > 0;
	if (v->bit_size)
		w = term_extract(t, w, v->bit_off + v->bit_size - 1, v->bit_off);
	*ret_u64 = !sign && term_width(t, w) == 64;
	w = term_extend(t, sign, 64, w);
	if (e->reads)
		e->reads->add(e->reads, e, v, w);
	return w;
}

/* --- names --- */

static bool enumerator(const struct bt *bt, const char *name, const struct bt_type **ret_of, uint64_t *ret)
{
	for (uint32_t id = bt ? 1 : UINT32_MAX; bt && id < bt_count(bt); id++) {
		const struct bt_type *ty = bt_get(bt, id);

		if (ty->kind != BT_ENUM && ty->kind != BT_ENUM64)
			continue;
		for (uint32_t i = 0; i < ty->n; i++)
			if (!strcmp(ty->enumerators[i].name, name)) {
				*ret = (uint64_t)ty->enumerators[i].value;
				*ret_of = ty;
				return true;
			}
	}
	return false;
}

/*
 * Of an enum of the object that the kernel has, too, the kernel's value counts, as for CO-RE: the object's declaration may have
 * any.
 */
static bool own_enumerator(const struct bt *own, const struct bt *kernel, const char *name, uint64_t *ret)
{
	const struct bt_type *of = NULL;
	char plain[128];
	size_t len = 0;
	uint32_t id;

	if (!enumerator(own, name, &of, ret))
		return false;
	while (of->name && of->name[len] && strncmp(of->name + len, "___", 3))
		len++;
	if (!kernel || !len || len >= sizeof(plain))
		return true;
	memcpy(plain, of->name, len);
	plain[len] = '\0';
	id = bt_find(kernel, plain, BT_ENUM);
	if (!id)
		id = bt_find(kernel, plain, BT_ENUM64);
	of = id ? bt_get(kernel, id) : NULL;
	for (uint32_t i = 0; of && i < of->n; i++)
		if (!strcmp(of->enumerators[i].name, name))
			*ret = (uint64_t)of->enumerators[i].value;
	return true;
}

/* Constants that no BTF has when no program uses the enum. */
static bool known_name(const char *name, uint64_t *ret)
{
	static const struct { const char *name; int value; } table[] = {
		{ "EPERM", EPERM }, { "ENOENT", ENOENT }, { "EACCES", EACCES }, { "EINVAL", EINVAL }, { "ENOMEM", ENOMEM },
		{ "EFAULT", EFAULT }, { "E2BIG", E2BIG }, { "EBUSY", EBUSY }, { "EAGAIN", EAGAIN }, { "ECONNREFUSED", ECONNREFUSED },
		{ "XDP_ABORTED", 0 }, { "XDP_DROP", 1 }, { "XDP_PASS", 2 }, { "XDP_TX", 3 }, { "XDP_REDIRECT", 4 },
		{ "TC_ACT_OK", 0 }, { "TC_ACT_SHOT", 2 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].name, name)) {
			*ret = (uint64_t)table[i].value;
			return true;
		}
	return false;
}

static bool hook_argument(struct cenv *e, const char *name, struct cval *ret)
{
	struct sym *s = e->s;
	uint32_t skip = s->prog->attach_type == BPF_TRACE_RAW_TP ? 1 : 0;
	term init;

	if (!s->hook)
		return false;
	for (uint32_t i = skip; i < s->hook->n; i++) {
		const struct bt_param *p = &s->hook->params[i];
		size_t len = strlen(name);
		if (strncmp(p->name, name, len) || (p->name[len] && strcmp(p->name + len, "__nullable")))
			continue;
		const struct val *v = mem_load(s, s->initial, region_get(s, s->ctx), term_const(&s->t, 64, 8ull * (i - skip)), 8, &init);
		const struct bt_type *ty = bt_resolve(s->kernel, p->type);
		const struct bt_type *to = ty && ty->kind == BT_PTR ? bt_resolve(s->kernel, ty->ref) : NULL;
		term n = val_number(s, v);
		int64_t size = ty && ty->kind != BT_PTR ? bt_size(s->kernel, ty->id) : 8;
		bool sign = ty && ty->kind != BT_PTR && bt_is_signed(s->kernel, ty->id) > 0;

		if (size > 0 && size < 8)
			n = term_extend(&s->t, sign, 64, term_extract(&s->t, n, (unsigned)(8 * size - 1), 0));
		*ret = (struct cval){ .t = n, .is_u64 = size == 8 && !sign, .bt = s->kernel, .type = to ? to->id : 0 };
		return true;
	}
	if (!strcmp(name, "ret") && s->ret_arg) {
		*ret = contract_int(e, term_extend(&s->t, true, 64, term_extract(&s->t, s->ret_arg, 31, 0)), false);
		return true;
	}
	return false;
}

static bool global_variable(struct cenv *e, const char *name, struct cval *ret)
{
	struct sym *s = e->s;
	const struct bt *bt = bpfobj_btf(s->obj);

	for (size_t i = 0; bt && i < s->n_maps; i++) {
		const struct bpfobj_map *m = s->map[i].map;
		const struct bt_type *sec = m->kind != BPFOBJ_MAP_DECLARED && m->value_type ? bt_get(bt, m->value_type) : NULL;

		for (uint32_t j = 0; sec && sec->kind == BT_DATASEC && j < sec->n; j++) {
			const struct bt_type *var = bt_get(bt, sec->vars[j].type);
			if (var->kind != BT_VAR || strcmp(var->name, name))
				continue;
			struct region *r = symmap_global(s, (uint32_t)i);
			if (!r)
				return false;
			*ret = (struct cval){ .place = PLACE_ROW, .bt = bt, .type = var->ref, .off = sec->vars[j].offset,
					      .ptr = val_ptr_k(s, r->id, 0), .old = e->old };
			return true;
		}
	}
	return false;
}

static struct cval context(struct cenv *e, const struct node *n)
{
	struct sym *s = e->s;
	const struct bt *bt;
	uint32_t id = symctx_struct(s, &bt);

	if (!id || e->fn)
		return contract_fail(e, n, "the context's type is not known here");
	return (struct cval){ .place = PLACE_ROW, .bt = bt, .type = id, .ptr = val_ptr_k(s, s->ctx, 0), .old = e->old };
}

static struct cval running_task(struct cenv *e)
{
	const struct bt *kernel = e->s->kernel;

	return (struct cval){ .t = sym_task(e->s), .is_u64 = true, .bt = kernel, .type = kernel ? bt_find(kernel, "task_struct", BT_STRUCT) : 0 };
}

struct cval contract_name(struct cenv *e, const struct node *n)
{
	struct sym *s = e->s;
	const struct bt_type *of;
	struct cval v;
	uint64_t k;

	for (uint32_t i = 0; i < e->n_params; i++)
		if (!strcmp(e->param[i], n->text))
			return e->arg[i];
	if (!strcmp(n->text, "\\true") || !strcmp(n->text, "\\false"))
		return contract_truth(term_bool(n->text[1] == 't'));
	if (!strcmp(n->text, "\\task"))
		return running_task(e);
	if (!strcmp(n->text, "ctx"))
		return context(e, n);
	if (!strcmp(n->text, "packet_len")) {
		if (!s->packet)
			return contract_fail(e, n, "this program gets no packet");
		return contract_int(e, region_get(s, s->packet)->len, false);
	}
	for (uint32_t i = 0; e->fn && i < e->fn->n; i++)
		if (!strcmp(e->fn->name[i], n->text))
			return e->fn->value[i];
	if (e->at_head && !strcmp(n->text, "\\count"))
		return contract_int(e, e->count, true);
	if (e->at_head && contract_register(e, n->text, &v))
		return v;
	for (const struct contract *c = e->c; c; c = c->next)
		for (const struct ghost *g = c->ghosts; g; g = g->next)
			if (!strcmp(g->name, n->text))
				return contract_int(e, sym_ghost(s, g->name), false);
	if ((!e->fn && hook_argument(e, n->text, &v)) || global_variable(e, n->text, &v))
		return v;
	if (known_name(n->text, &k) || own_enumerator(bpfobj_btf(s->obj), s->kernel, n->text, &k) ||
	    enumerator(s->kernel, n->text, &of, &k))
		return contract_int(e, term_const(&s->t, 64, k), false);
	return contract_fail(e, n, e->fn ? "'%s' is no parameter of the function, global variable or constant" :
				       "'%s' is no argument of the hook, global variable or constant", n->text);
}

/* A pointer that lies in memory of the program. */
static const struct val *load_pointer(struct cenv *e, const struct cval *v)
{
	struct sym *s = e->s;
	const struct val *p = val_const(s, 0);

	for (uint32_t i = 0; i < v->ptr->n; i++) {
		struct region *r = region_get(s, v->ptr->alt[i].region);
		term off = term_add(&s->t, v->ptr->alt[i].off, term_const(&s->t, 64, v->off)), init;
		bool known = r->kind != REGION_KOBJ && !(v->old && (!e->before || r->id >= e->pre_regions));

		if (known)
			p = val_merge(s, v->ptr->alt[i].guard, mem_load(s, v->old ? e->pre : e->post, r, off, 8, &init), p);
		else
			p = val_merge(s, v->ptr->alt[i].guard, val_scalar(s, term_fresh(&s->t, 64, "a pointer")), p);
	}
	return val_prune(s, v->old ? e->pre : e->post, p);
}

struct cval contract_member(struct cenv *e, const struct node *n, struct cval v)
{
	struct bt_member m;

	if (e->failed)
		return v;
	if (n->op == '>' && v.place == PLACE_ROW && v.bt == bpfobj_btf(e->s->obj)) {
		const struct bt_type *to = contract_pointee(v.bt, bt_resolve(v.bt, v.type));

		if (!to)
			return contract_fail(e, n, "-> needs a pointer to a structure");
		v = (struct cval){ .place = PLACE_ROW, .bt = v.bt, .type = to->id, .ptr = load_pointer(e, &v), .old = v.old };
	} else if (n->op == '>' && v.place == PLACE_NONE && v.ptr && v.bt) {
		v = (struct cval){ .place = PLACE_ROW, .bt = v.bt, .type = v.type, .ptr = val_prune(e->s, e->old ? e->pre : e->post, v.ptr), .old = e->old };
	} else if (n->op == '>') {
		/* follow the pointer: only into the kernel */
		uint32_t to = v.place == PLACE_NONE ? v.type : 0;
		term addr;

		if (v.place == PLACE_KERNEL || v.place == PLACE_ROW) {
			const struct bt_type *p = bt_resolve(v.bt, v.type);
			const struct bt_type *t = p && p->kind == BT_PTR ? bt_resolve(v.bt, p->ref) : NULL;
			to = t ? t->id : 0;
		}
		if (!to || v.bt != e->s->kernel)
			return contract_fail(e, n, "-> needs a pointer to a kernel structure");
		addr = contract_number(e, n, &v);
		v = (struct cval){ .place = PLACE_KERNEL, .bt = e->s->kernel, .type = to, .addr = addr };
	}
	if (v.place != PLACE_KERNEL && v.place != PLACE_ROW)
		return contract_fail(e, n, ". needs a structure");
	const struct bt_type *st = bt_resolve(v.bt, v.type);
	if (!st || bt_member_find(v.bt, st->id, n->text, &m) < 0)
		return contract_fail(e, n, "there is no member '%s'", n->text);
	v.type = m.type;
	v.bit_size = m.bit_size;
	if (v.place == PLACE_KERNEL && e->s->opts.layouts) {
		term off = symlayout_member(e->s, v.bt, st->id, n->text, &v.owner);

		if (m.bit_size)
			return contract_fail(e, n, "a bit-field has no place that is known for all layouts");
		v.sym = v.sym ? term_add(&e->s->t, v.sym, off) : off;
	} else if (m.bit_size) {
		int64_t size = bt_size(v.bt, m.type);
		uint32_t unit = size > 0 ? (uint32_t)size * 8 : 32, start = m.bit_offset / unit * unit;
		v.off += start / 8;
		v.bit_off = m.bit_offset - start;
	} else {
		v.off += m.bit_offset / 8;
	}
	return v;
}

/* --- maps --- */

struct map_model *contract_map(struct cenv *e, const struct node *n)
{
	for (size_t i = 0; n->kind == NODE_NAME && i < e->s->n_maps; i++)
		if (e->s->map[i].map->name && !strcmp(e->s->map[i].map->name, n->text))
			return &e->s->map[i];
	contract_fail(e, n, "there is no map '%s'", n->kind == NODE_NAME ? n->text : "");
	return NULL;
}

#define MAX_KEY 512

static void put_number(struct cenv *e, term *byte, uint64_t off, uint64_t size, term v)
{
	for (uint64_t i = 0; i < size && i < 8; i++)
		byte[off + i] = term_extract(&e->s->t, v, (unsigned)(8 * i + 7), (unsigned)(8 * i));
}

static void list_key(struct cenv *e, const struct node *n, const struct bpfobj_map *m, term *byte)
{
	const struct bt *bt = bpfobj_btf(e->s->obj);
	const struct bt_type *ty = bt && m->key_type ? bt_resolve(bt, m->key_type) : NULL;

	for (uint32_t i = 0; !m->key_type && m->key_size == 8 * n->n && i < n->n && !e->failed; i++) {
		struct cval v = contract_value(e, n->list[i]);

		put_number(e, byte, 8 * i, 8, contract_number(e, n->list[i], &v));
	}
	if (!m->key_type && m->key_size == 8 * n->n)
		return;
	if (!ty || ty->kind != BT_STRUCT || ty->n != n->n) {
		contract_fail(e, n, "the key of %s is no structure with %u members", m->name, n->n);
		return;
	}
	for (uint32_t i = 0; i < n->n && !e->failed; i++) {
		struct cval v = contract_value(e, n->list[i]);
		int64_t size = bt_size(bt, ty->members[i].type);
		uint64_t off = ty->members[i].bit_offset / 8;

		if (size < 1 || off + (uint64_t)size > m->key_size) {
			contract_fail(e, n, "a member of the key has no size");
			return;
		}
		const struct bt_type *vt = v.bt && v.type && (v.place == PLACE_KERNEL || v.place == PLACE_ROW) ? bt_resolve(v.bt, v.type) : NULL;
		if (vt && (vt->kind == BT_ARRAY || vt->kind == BT_STRUCT || vt->kind == BT_UNION) && bt_size(v.bt, vt->id) == size) {
			for (int64_t k = 0; k < size; k++)
				byte[off + (uint64_t)k] = place_byte(e, &v, (uint64_t)k);
			continue;
		}
		put_number(e, byte, off, (uint64_t)size, contract_number(e, n->list[i], &v));
	}
}

static bool is_struct_key(struct cenv *e, const struct bpfobj_map *m)
{
	const struct bt *bt = bpfobj_btf(e->s->obj);
	const struct bt_type *ty = bt && m->key_type ? bt_resolve(bt, m->key_type) : NULL;

	return ty && ty->kind == BT_STRUCT;
}

static bool make_key(struct cenv *e, const struct node *n, struct map_model *m, term *word)
{
	struct terms *t = &e->s->t;
	term byte[MAX_KEY];
	struct cval v = contract_value(e, n);

	if (e->failed)
		return false;
	if (m->is_object) {
		word[0] = contract_number(e, n, &v);
		return !e->failed;
	}
	if (m->map->key_size > MAX_KEY) {
		contract_fail(e, n, "keys of %s are too long", m->map->name);
		return false;
	}
	for (uint32_t i = 0; i < m->map->key_size; i++)
		byte[i] = term_const(t, 8, 0);
	if (v.place == PLACE_LIST)
		list_key(e, v.list, m->map, byte);
	else if (m->map->key_size <= 8 && !is_struct_key(e, m->map))
		put_number(e, byte, 0, m->map->key_size, contract_number(e, n, &v));
	else
		contract_fail(e, n, "the key of %s is a structure: write { ... }", m->map->name);
	for (uint32_t w = 0; w < symmap_key_words(m); w++) {
		term x = TERM_NONE;
		for (uint32_t i = 8 * w; i < m->map->key_size && i < 8 * w + 8; i++)
			x = x ? term_concat(t, byte[i], x) : byte[i];
		word[w] = term_extend(t, false, 64, x);
	}
	return !e->failed;
}

/* What the pointer at a place of the program's memory means, if all that it can mean are maps. NULL: it is something else. */
static const struct val *pointed_maps(struct cenv *e, const struct cval *b)
{
	const struct bt_type *ty = !e->failed && b->place == PLACE_ROW ? bt_resolve(b->bt, b->type) : NULL;
	const struct val *p = ty && ty->kind == BT_PTR ? load_pointer(e, b) : NULL;

	for (uint32_t i = 0; p && i < p->n; i++)
		if (region_get(e->s, p->alt[i].region)->kind != REGION_MAP)
			return NULL;
	return p && p->n ? p : NULL;
}

/* The element of that key in each map that the pointer can mean; one of these maps. */
static const struct val *element_through(struct cenv *e, const struct val *maps, const struct node *key, const struct bpfobj_map **ret_map)
{
	struct sym *s = e->s;
	const struct val *v = val_const(s, 0);

	for (uint32_t i = 0; i < maps->n && !e->failed; i++) {
		struct map_model *m = symmap_of(s, maps->alt[i].region);
		term word[MAX_KEY / 8];

		if (!m || !make_key(e, key, m, word))
			return NULL;
		m = symmap_of(s, maps->alt[i].region); /* the list may have moved */
		*ret_map = m->map;
		v = val_merge(s, maps->alt[i].guard, symmap_lookup(s, e->old ? e->pre : e->post, m, word, e->old ? e->before : SYMMAP_NOW), v);
	}
	return e->failed ? NULL : v;
}

/* M[K1][K2] */
static const struct val *inner_element(struct cenv *e, const struct node *map, const struct node *key, const struct bpfobj_map **ret_map)
{
	const struct bpfobj_map *outer = NULL;
	const struct val *maps = contract_element(e, map->kid[0], map->kid[1], &outer);

	if (!maps || !outer->inner) {
		contract_fail(e, map, "a map of maps is expected, whose inner map is declared");
		return NULL;
	}
	return element_through(e, maps, key, ret_map);
}

const struct val *contract_element(struct cenv *e, const struct node *map, const struct node *key, const struct bpfobj_map **ret_map)
{
	if (map->kind == NODE_INDEX)
		return inner_element(e, map, key, ret_map);
	if (map->kind != NODE_NAME) {
		struct cval b = contract_value(e, map);
		const struct val *maps = pointed_maps(e, &b);

		if (!maps && !e->failed)
			contract_fail(e, map, "a map is expected, or a pointer to one in memory of the program");
		return maps ? element_through(e, maps, key, ret_map) : NULL;
	}
	struct map_model *m = contract_map(e, map);
	term word[MAX_KEY / 8];

	if (m && (m->discipline == MAP_SHARED || m->discipline == MAP_LOCKED)) {
		contract_fail(e, map, "map '%s' is %s: its elements change at any time, only its invariant speaks of them", m->map->name,
			      m->discipline == MAP_SHARED ? "shared" : "locked");
		return NULL;
	}
	if (!m || !make_key(e, key, m, word))
		return NULL;
	m = contract_map(e, map); /* the list may have moved */
	*ret_map = m->map;
	return symmap_lookup(e->s, e->old ? e->pre : e->post, m, word, e->old ? e->before : SYMMAP_NOW);
}

static bool names_map(const struct cenv *e, const struct node *n)
{
	for (size_t i = 0; n->kind == NODE_NAME && i < e->s->n_maps; i++)
		if (e->s->map[i].map->name && !strcmp(e->s->map[i].map->name, n->text))
			return true;
	return false;
}

static struct cval array_element(struct cenv *e, const struct node *n, struct cval b)
{
	struct cval i = contract_value(e, n->kid[1]);
	term k = contract_number(e, n->kid[1], &i);
	const struct bt_type *ty = !e->failed && b.bt ? bt_resolve(b.bt, b.type) : NULL;
	int64_t size = ty && ty->kind == BT_ARRAY ? bt_size(b.bt, ty->array.elem) : -1;
	bool constant = term_is_const(&e->s->t, k);

	if (size < 1 || (!constant && b.place != PLACE_ROW) || (constant && term_value(&e->s->t, k) >= ty->array.count))
		return contract_fail(e, n, "an array is expected, and an index in its bounds; in kernel memory a constant");
	b.type = ty->array.elem;
	if (constant)
		b.off += term_value(&e->s->t, k) * (uint64_t)size;
	else
		b.ptr = val_add(e->s, b.ptr, term_bin(&e->s->t, TERM_OP_MUL, k, term_const(&e->s->t, 64, (uint64_t)size)));
	return b;
}

struct cval contract_index(struct cenv *e, const struct node *n)
{
	const struct bpfobj_map *m = NULL;
	const struct val *v;
	bool through = false;

	if (!names_map(e, n->kid[0]) && !(n->kid[0]->kind == NODE_INDEX && names_map(e, n->kid[0]->kid[0]))) {
		struct cval b = contract_value(e, n->kid[0]);
		const struct val *maps = pointed_maps(e, &b);

		if (!maps)
			return array_element(e, n, b);
		v = element_through(e, maps, n->kid[1], &m);
		through = true;
	} else {
		v = contract_element(e, n->kid[0], n->kid[1], &m);
	}
	if (!v)
		return contract_int(e, term_const(&e->s->t, 64, 0), false);
	if (!m->value_type && (m->value_size == 4 || m->value_size == 8)) { /* a number, and as such a pointer to it */
		struct cval word = { .place = PLACE_ROW, .ptr = v, .old = e->old };
		term w = TERM_NONE;

		for (uint32_t i = 0; i < m->value_size; i++) {
			term b = place_byte(e, &word, i);
			w = w ? term_concat(&e->s->t, b, w) : b;
		}
		return (struct cval){ .t = term_extend(&e->s->t, false, 64, w), .is_u64 = m->value_size == 8, .ptr = v };
	}
	if (!m->value_type || through) /* a pointer to be cast */
		return (struct cval){ .t = val_number(e->s, v), .is_u64 = true, .ptr = v };
	return (struct cval){ .place = PLACE_ROW, .bt = bpfobj_btf(e->s->obj), .type = m->value_type, .ptr = v, .old = e->old };
}
