// SPDX-License-Identifier: GPL-2.0-only
/* verdict_world: see verdict_world.h. */
#include "verdict_world.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "prove/interp.h"

#define CTX_BASE 0xffffc00000000000ull
#define MAP_BASE 0xffffd00000000000ull
#define FUNC_BASE 0xffffe00000000000ull
#define CTX_SIZE 192
#define MAX_STEPS 200000

struct element {
	uint8_t key[8];
	bool present; /* false: known to be absent */
	struct interp_region *region;
	struct element *next;
};

struct record {
	struct interp_region *region;
	bool done;
	struct record *next;
};

struct world {
	struct interp *it;
	const struct vprog *p;
	uint64_t rng;
	struct element *element[VM_COUNT];
	struct record *records;
	uint8_t ctx[CTX_SIZE];
	struct interp_region *packet;
	uint64_t lock; /* its address, 0: none is held */
	bool fault;
	enum prop prop;
};

static uint64_t draw(struct world *w) { return vgen_random(&w->rng); }
static bool luck(struct world *w, unsigned percent) { return draw(w) % 100 < percent; }

/* Stop with that property violated. */
static int violate(struct world *w, enum prop prop, const char *what)
{
	if (!w->fault) {
		w->fault = true;
		w->prop = prop;
	}
	return interp_fail(w->it, INTERP_UNSUPPORTED, "%s", what);
}

static void fill(struct world *w, uint8_t *data, size_t n)
{
	bool small = luck(w, 40);

	for (size_t i = 0; i < n; i += 8) {
		uint64_t v = small ? draw(w) % 16 : vgen_value(&w->rng);

		memcpy(data + i, &v, n - i < 8 ? n - i : 8);
	}
}

/* --- maps --- */

static bool is_array(enum vmap m) { return vmap_shape[m].type == BPF_MAP_TYPE_ARRAY || vmap_shape[m].type == BPF_MAP_TYPE_PERCPU_ARRAY; }

static struct interp_region *new_region(struct world *w, enum vmap m, const uint8_t *value)
{
	const struct vmap_shape *s = &vmap_shape[m];
	struct interp_region *r = interp_region_add(w->it, s->name, NULL, s->value_size, s->flags & BPF_F_RDONLY_PROG ? INTERP_READ : INTERP_RW, true);

	if (!r)
		abort();
	if (value)
		memcpy(r->data, value, s->value_size);
	else
		fill(w, r->data, s->value_size);
	return r;
}

/* What the map has under the key; made up when it is asked for first. */
static struct element *find(struct world *w, enum vmap m, const uint8_t *key)
{
	const struct vmap_shape *s = &vmap_shape[m];
	struct element *e = w->element[m];
	uint32_t index;

	while (e && memcmp(e->key, key, s->key_size))
		e = e->next;
	if (e)
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		abort();
	memcpy(e->key, key, s->key_size);
	memcpy(&index, key, 4);
	e->present = is_array(m) ? index < s->max_entries : luck(w, 60);
	if (e->present)
		e->region = new_region(w, m, NULL);
	e->next = w->element[m];
	return w->element[m] = e;
}

static int map_of(struct world *w, uint64_t addr, enum vmap *ret)
{
	uint64_t i = (addr - MAP_BASE) / 4096;

	if (addr < MAP_BASE || i >= VM_COUNT || addr % 4096)
		return violate(w, PROP_CALL, "no map");
	*ret = (enum vmap)i;
	return 0;
}

static int known_args(struct world *w, unsigned n)
{
	for (unsigned i = 1; i <= n; i++)
		if (!interp_has_value(w->it, i))
			return violate(w, PROP_INIT, "an argument was never set");
	return 0;
}

static int map_and_key(struct world *w, const uint64_t *a, enum vmap *ret_map, uint8_t key[8])
{
	memset(key, 0, 8);
	return map_of(w, a[0], ret_map) || interp_read(w->it, a[1], key, vmap_shape[*ret_map].key_size);
}

static int h_lookup(struct world *w, const uint64_t *a, uint64_t *r0)
{
	uint8_t key[8];
	enum vmap m = VM_COUNT;

	if (known_args(w, 2) || map_and_key(w, a, &m, key))
		return -1;
	struct element *e = find(w, m, key);
	*r0 = e->present ? e->region->base : 0;
	return 0;
}

static void evict(struct world *w, enum vmap m)
{
	for (struct element *e = w->element[m]; e; e = e->next)
		e->present &= !luck(w, 25);
}

static int64_t update_error(struct world *w, enum vmap m, const struct element *e, uint64_t flags)
{
	bool percpu = vmap_shape[m].type == BPF_MAP_TYPE_PERCPU_ARRAY || vmap_shape[m].type == BPF_MAP_TYPE_PERCPU_HASH, lru = m == VM_LRU;
	uint64_t plain = percpu || lru ? flags : flags & ~(uint64_t)BPF_F_LOCK;

	if (plain > BPF_EXIST || (flags & BPF_F_LOCK && !vmap_shape[m].lock))
		return -EINVAL;
	if (is_array(m)) {
		if (!e->present)
			return -E2BIG;
		return plain == BPF_NOEXIST ? -EEXIST : 0;
	}
	if (e->present && plain == BPF_NOEXIST)
		return -EEXIST;
	if (!e->present && plain == BPF_EXIST)
		return -ENOENT;
	return luck(w, 15) ? luck(w, 50) ? -ENOMEM : -EBUSY : 0;
}

static int h_update(struct world *w, const uint64_t *a, uint64_t *r0)
{
	uint8_t key[8], value[256];
	enum vmap m = VM_COUNT;

	if (known_args(w, 4) || map_and_key(w, a, &m, key))
		return -1;
	if (m == VM_RING || m == VM_READONLY)
		return violate(w, PROP_CALL, "a map that is not updated");
	if (interp_read(w->it, a[2], value, vmap_shape[m].value_size))
		return -1;
	if (m == VM_LRU && a[3] <= BPF_EXIST)
		evict(w, m);
	struct element *e = find(w, m, key);
	int64_t err = update_error(w, m, e, a[3]);
	*r0 = (uint64_t)err;
	if (err)
		return 0;
	bool in_place = e->present && (is_array(m) || m == VM_PCPU_HASH || a[3] & BPF_F_LOCK);
	uint32_t skip = vmap_shape[m].lock && in_place ? 4 : 0; /* the lock itself stays */
	if (in_place)
		memcpy(e->region->data + skip, value + skip, vmap_shape[m].value_size - skip);
	else
		e->region = new_region(w, m, value);
	e->present = true;
	return 0;
}

static int h_delete(struct world *w, const uint64_t *a, uint64_t *r0)
{
	uint8_t key[8];
	enum vmap m = VM_COUNT;

	if (known_args(w, 2) || map_and_key(w, a, &m, key))
		return -1;
	if (is_array(m)) {
		*r0 = (uint64_t)-EINVAL;
		return 0;
	}
	struct element *e = find(w, m, key);
	*r0 = e->present ? luck(w, 5) ? (uint64_t)-EBUSY : 0 : (uint64_t)-ENOENT;
	if (!*r0)
		e->present = false;
	return 0;
}

/* --- callbacks --- */

static int slot_of(struct world *w, uint64_t addr, uint32_t *ret)
{
	for (uint32_t i = 1; i < w->p->n_funcs; i++)
		if (addr == FUNC_BASE + w->p->func[i]) {
			*ret = w->p->func[i];
			return 0;
		}
	return violate(w, PROP_CALL, "no function");
}

static int h_loop(struct world *w, const uint64_t *a, uint64_t *r0)
{
	uint32_t n = (uint32_t)a[0], slot = 0;
	uint64_t r = 0, k = 0;

	if (known_args(w, 4) || slot_of(w, a[1], &slot))
		return -1;
	if (a[3] || n > 1u << 23) {
		*r0 = (uint64_t)(a[3] ? -EINVAL : -E2BIG);
		return 0;
	}
	while (k < n && !r) {
		const uint64_t args[5] = { k, a[2] };

		if (interp_callback(w->it, slot, args, 2, &r))
			return -1;
		k++;
	}
	*r0 = k;
	return 0;
}

static int visit(struct world *w, const uint64_t *a, uint32_t slot, enum vmap m, struct element *e, uint64_t *ret_r)
{
	struct interp_region *key = interp_region_add(w->it, "key", NULL, vmap_shape[m].key_size, INTERP_READ, true);
	const uint64_t args[5] = { a[0], key ? key->base : 0, e->region->base, a[2] };

	if (!key)
		abort();
	memcpy(key->data, e->key, vmap_shape[m].key_size);
	return interp_callback(w->it, slot, args, 4, ret_r);
}

static int h_each(struct world *w, const uint64_t *a, uint64_t *r0)
{
	uint64_t n = 0, r = 0;
	uint32_t slot = 0;
	enum vmap m = VM_COUNT;

	if (known_args(w, 4) || map_of(w, a[0], &m) || slot_of(w, a[1], &slot))
		return -1;
	if (a[3]) {
		*r0 = (uint64_t)-EINVAL;
		return 0;
	}
	for (uint64_t i = 0; is_array(m) && i < vmap_shape[m].max_entries && !r; i++, n++)
		if (visit(w, a, slot, m, find(w, m, (uint8_t *)&i), &r))
			return -1;
	for (uint32_t i = (uint32_t)(draw(w) % 3); !is_array(m) && i > 0; i--) { /* what it has that nobody asked for yet */
		uint64_t k = draw(w) % 12;

		find(w, m, (uint8_t *)&k);
	}
	for (struct element *e = is_array(m) ? NULL : w->element[m]; e && !r; e = e->next) {
		if (!e->present)
			continue;
		n++;
		if (visit(w, a, slot, m, e, &r))
			return -1;
	}
	*r0 = n;
	return 0;
}

/* --- records, locks --- */

static int h_reserve(struct world *w, const uint64_t *a, uint64_t *r0)
{
	struct record *r;
	enum vmap m = VM_COUNT;

	if (known_args(w, 3) || map_of(w, a[0], &m))
		return -1;
	if (m != VM_RING || !a[1] || a[1] > 4096)
		return violate(w, PROP_CALL, "no ring buffer, or no size");
	*r0 = 0;
	if (a[2] || luck(w, 25))
		return 0;
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	r->region = interp_region_add(w->it, "record", NULL, a[1], INTERP_RW, false);
	r->next = w->records;
	w->records = r;
	*r0 = r->region->base;
	return 0;
}

static int h_release(struct world *w, const uint64_t *a, bool submit)
{
	struct record *r = w->records;

	if (known_args(w, 2))
		return -1;
	while (r && r->region->base != a[0])
		r = r->next;
	if (!r || r->done)
		return violate(w, PROP_CALL, "no record, or one that was given back");
	for (uint64_t i = 0; submit && i < r->region->size; i++)
		if (!r->region->init[i])
			return violate(w, PROP_RECORD, "a byte of the record was never written");
	r->done = true;
	interp_region_release(w->it, r->region);
	return 0;
}

static int h_lock(struct world *w, const uint64_t *a, bool unlock)
{
	struct interp_region *r = interp_region_at(w->it, a[0]);
	bool good = false;

	if (known_args(w, 1))
		return -1;
	for (int m = 0; m < VM_COUNT && r; m++)
		good |= vmap_shape[m].lock && !strcmp(r->name, vmap_shape[m].name) && r->base == a[0];
	if (!good)
		return violate(w, PROP_CALL, "no lock");
	if (unlock ? w->lock != a[0] : w->lock != 0)
		return violate(w, PROP_CALL, "another lock, or none");
	w->lock = unlock ? 0 : a[0];
	return 0;
}

/* --- memory --- */

/* The byte at an address, if there is one. */
static bool kernel_byte(struct world *w, uint64_t addr, uint8_t *ret)
{
	struct interp_region *r = interp_region_at(w->it, addr);
	bool inside = r && addr >= r->base && addr - r->base < r->size;

	*ret = inside ? r->data[addr - r->base] : (uint8_t)(luck(w, 30) ? 0 : draw(w));
	return inside;
}

static int h_probe(struct world *w, const uint64_t *a, bool string, uint64_t *r0)
{
	uint8_t data[512] = { 0 };
	bool inside = true, ok;
	uint64_t n = a[1], len = n;

	if (known_args(w, 3))
		return -1;
	if (n > sizeof(data))
		n = sizeof(data); /* larger than anything there is to write to */
	for (uint64_t i = 0; i < n; i++)
		inside &= kernel_byte(w, a[2] + i, &data[i]);
	ok = inside || luck(w, 60);
	if (!ok) {
		memset(data, 0, sizeof(data));
		*r0 = (uint64_t)(luck(w, 50) ? -EFAULT : -ERANGE);
	} else if (string) {
		for (len = 0; len < n && data[len]; len++)
			;
		if (len == n && n)
			data[--len] = 0;
		len = n ? len + 1 : 0;
		*r0 = len;
	} else {
		*r0 = 0;
	}
	if (n && string && ok) { /* all of it has to be there, even what is not written */
		struct interp_region *r = interp_region_at(w->it, a[0]);

		if (!r || a[0] < r->base || a[0] - r->base > r->size || a[1] > r->size - (a[0] - r->base))
			return interp_fail(w->it, a[0] < 4096 ? INTERP_NULL : INTERP_BOUNDS, "the buffer is out of bounds");
		n = len;
	}
	return n ? interp_write(w->it, a[0], data, (uint32_t)n) : 0;
}

static int h_load_bytes(struct world *w, const uint64_t *a, uint64_t *r0)
{
	uint8_t data[512] = { 0 };

	if (known_args(w, 4))
		return -1;
	if (a[0] != CTX_BASE || !a[3])
		return violate(w, PROP_CALL, "no context, or no bytes");
	uint64_t linear = w->packet ? w->packet->size : 0, from = (uint32_t)a[1];
	*r0 = from + a[3] <= linear || luck(w, 50) ? 0 : (uint64_t)-EFAULT;
	for (uint64_t i = 0; !*r0 && i < a[3] && i < sizeof(data); i++)
		data[i] = from + i < linear ? w->packet->data[from + i] : (uint8_t)draw(w);
	return interp_write(w->it, a[2], data, a[3] > sizeof(data) ? sizeof(data) : (uint32_t)a[3]);
}

/* --- hooks --- */

static int hook_call(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, const uint64_t a[5], uint64_t *r0)
{
	struct world *w = ctx;

	(void)it;
	(void)pc;
	if (w->lock && insn->imm != BPF_FUNC_spin_unlock)
		return violate(w, PROP_CALL, "a helper is called with a lock held");
	*r0 = 0;
	switch (insn->imm) {
	case BPF_FUNC_map_lookup_elem: return h_lookup(w, a, r0);
	case BPF_FUNC_map_update_elem: return h_update(w, a, r0);
	case BPF_FUNC_map_delete_elem: return h_delete(w, a, r0);
	case BPF_FUNC_ktime_get_ns: *r0 = vgen_value(&w->rng); return 0;
	case BPF_FUNC_get_prandom_u32: *r0 = (uint32_t)vgen_value(&w->rng); return 0;
	case BPF_FUNC_skb_load_bytes: return h_load_bytes(w, a, r0);
	case BPF_FUNC_spin_lock: return h_lock(w, a, false) ?: 1; /* nothing is returned */
	case BPF_FUNC_spin_unlock: return h_lock(w, a, true) ?: 1;
	case BPF_FUNC_probe_read_kernel: return h_probe(w, a, false, r0);
	case BPF_FUNC_probe_read_kernel_str: return h_probe(w, a, true, r0);
	case BPF_FUNC_ringbuf_reserve: return h_reserve(w, a, r0);
	case BPF_FUNC_ringbuf_submit: return h_release(w, a, true) ?: 1;
	case BPF_FUNC_ringbuf_discard: return h_release(w, a, false) ?: 1;
	case BPF_FUNC_for_each_map_elem: return h_each(w, a, r0);
	case BPF_FUNC_loop: return h_loop(w, a, r0);
	default: return -1;
	}
}

static int hook_imm64(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t *ret_value)
{
	(void)ctx;
	(void)it;
	(void)pc;
	if (insn->imm_kind == ISA_IMM_MAP_FD && (uint32_t)insn->imm < VM_COUNT)
		*ret_value = MAP_BASE + 4096ull * (uint32_t)insn->imm;
	else if (insn->imm_kind == ISA_IMM_FUNC)
		*ret_value = FUNC_BASE + insn->target;
	else
		return -1;
	return 0;
}

/* What of the context may be written: 0 nothing, 2 kept with 16 bits, 4. */
static int writable(const struct world *w, uint64_t off)
{
	bool tc = w->p->type == BPF_PROG_TYPE_SCHED_CLS, cgroup = w->p->type == BPF_PROG_TYPE_CGROUP_SKB;

	if (w->p->type == BPF_PROG_TYPE_XDP)
		return 0;
	if (off >= offsetof(struct __sk_buff, cb) && off < offsetof(struct __sk_buff, cb) + 20)
		return 4;
	if (off / 4 * 4 == offsetof(struct __sk_buff, mark) || off / 4 * 4 == offsetof(struct __sk_buff, priority))
		return tc || cgroup ? 4 : 0;
	return tc && off / 4 * 4 == offsetof(struct __sk_buff, tc_index) ? 2 : 0;
}

static int hook_memory(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t addr, uint32_t size,
		       enum interp_access access, uint64_t *value)
{
	struct world *w = ctx;
	uint64_t off = addr - CTX_BASE, most = w->p->type == BPF_PROG_TYPE_XDP ? sizeof(struct xdp_md) : sizeof(struct __sk_buff);

	(void)it;
	(void)insn;
	if (addr < CTX_BASE || off >= most || size > most - off)
		return -1;
	if (access == INTERP_WRITE) {
		int kept = writable(w, off);

		if (!kept || writable(w, off + size - 1) != kept)
			return violate(w, PROP_MEMORY, "write to the context");
		memcpy(w->ctx + off, value, size);
		if (kept == 2)
			memset(w->ctx + off / 4 * 4 + 2, 0, 2);
		return 0;
	}
	*value = 0;
	if (w->p->packet_load[pc] && w->packet)
		*value = w->packet->base + (w->p->packet_load[pc] == 2 ? w->packet->size : 0);
	else
		memcpy(value, w->ctx + off, size);
	return 0;
}

/* What the interpreter does not know: the kernel demands alignment of the stack, and keeps locks for their helpers. */
static void hook_trace(void *ctx, const struct interp *it, uint32_t pc, const struct isa_insn *insn, const uint64_t r[ISA_REGS])
{
	struct world *w = ctx;
	bool load = insn->op == ISA_LOAD || insn->op == ISA_LOAD_SX, store = insn->op == ISA_STORE_REG || insn->op == ISA_STORE_IMM;
	uint64_t addr = r[load ? insn->src : insn->dst] + (uint64_t)(int64_t)insn->off, size = insn->size / 8;
	const struct interp_region *m = load || store || isa_is_atomic(insn->op) ? interp_region_at(it, addr) : NULL;

	(void)pc;
	if (!m || m->freed || addr < m->base || addr - m->base > m->size || size > m->size - (addr - m->base))
		return;
	for (int i = 0; i < VM_COUNT; i++)
		if (vmap_shape[i].lock && !strcmp(m->name, vmap_shape[i].name) && addr < m->base + 4)
			violate(w, PROP_MEMORY, "the lock in a value is accessed");
	if (!strcmp(m->name, "stack") && (load || store) && addr % size)
		violate(w, PROP_ALIGN, "a misaligned access to the stack");
}

static enum prop prop_of(enum interp_stop stop)
{
	switch (stop) {
	case INTERP_NULL: return PROP_NULL;
	case INTERP_UNINIT: return PROP_INIT;
	case INTERP_ALIGN: return PROP_ALIGN;
	case INTERP_LIMIT: return PROP_TERMINATION;
	default: return PROP_MEMORY;
	}
}

/* What is wrong when the program has ended. */
static void judge_end(struct world *w, struct world_result *ret)
{
	int32_t r = (int32_t)ret->r0, max = w->p->type == BPF_PROG_TYPE_XDP ? 4 : w->p->type == BPF_PROG_TYPE_SCHED_CLS ? 8 : 3;
	int32_t min = w->p->type == BPF_PROG_TYPE_SCHED_CLS ? -1 : 0;

	if (w->p->type != BPF_PROG_TYPE_SOCKET_FILTER && (r < min || r > max)) {
		ret->fault = true;
		ret->prop = PROP_RETURN;
	}
	for (struct record *k = w->records; k; k = k->next)
		if (!k->done) {
			ret->fault = true;
			ret->prop = PROP_LEAK;
		}
	if (w->lock) {
		ret->fault = true;
		ret->prop = PROP_LEAK;
	}
}

static struct isa_insn *widen(const struct vprog *p, const struct isa_insn *insns)
{
	struct isa_insn *copy = malloc(p->n * sizeof(*copy));

	if (!copy)
		abort();
	memcpy(copy, insns, p->n * sizeof(*copy));
	for (uint32_t i = 0; i < p->n; i++)
		if (p->packet_load[i] && copy[i].op == ISA_LOAD)
			copy[i].size = 64; /* as the kernel does */
	return copy;
}

static void world_free(struct world *w)
{
	for (int m = 0; m < VM_COUNT; m++)
		for (struct element *e = w->element[m], *next; e; e = next) {
			next = e->next;
			free(e);
		}
	for (struct record *r = w->records, *next; r; r = next) {
		next = r->next;
		free(r);
	}
	interp_free(w->it);
}

static bool inside(const struct world *w, const struct interp_result *res)
{
	const struct interp_region *r = interp_region_at(w->it, res->addr);

	return r && res->addr >= r->base && res->addr - r->base <= r->size && res->size <= r->size - (res->addr - r->base);
}

void world_run(const struct vprog *p, const struct isa_insn *insns, uint64_t seed, struct world_result *ret)
{
	struct world w = { .p = p, .rng = seed };
	struct interp_opts opts = { .max_steps = MAX_STEPS, .max_depth = 16, .n_args = 1, .strict = true };
	struct isa_insn *copy = widen(p, insns);
	const uint64_t args[5] = { CTX_BASE };
	struct interp_result res;

	opts.hooks = (struct interp_hooks){ .ctx = &w, .call = hook_call, .imm64 = hook_imm64, .memory = hook_memory, .trace = hook_trace };
	if (interp_new(&opts, &w.it))
		abort();
	w.packet = interp_region_add(w.it, "packet", NULL, luck(&w, 20) ? draw(&w) % 2000 : draw(&w) % 90,
				     p->type == BPF_PROG_TYPE_CGROUP_SKB ? INTERP_READ : INTERP_RW, true);
	fill(&w, w.packet->data, w.packet->size);
	fill(&w, w.ctx, sizeof(w.ctx));
	interp_run(w.it, copy, p->n, args, &res);
	*ret = (struct world_result){ .pc = res.pc, .r0 = res.r0, .steps = res.steps };
	snprintf(ret->message, sizeof(ret->message), "%s", res.message);
	if (res.stop == INTERP_EXIT) {
		judge_end(&w, ret);
	} else if (w.fault) {
		ret->fault = true;
		ret->prop = w.prop;
	} else {
		ret->unclear = res.stop == INTERP_UNSUPPORTED || res.stop == INTERP_LIMIT || res.stop == INTERP_NO_MEMORY || res.stop == INTERP_DEPTH;
		ret->fault = !ret->unclear;
		ret->prop = prop_of(res.stop);
		if (res.stop == INTERP_ALIGN && !inside(&w, &res)) /* that, too */
			ret->prop = PROP_MEMORY;
	}
	free(copy);
	world_free(&w);
}
