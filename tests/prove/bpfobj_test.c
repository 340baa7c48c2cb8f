// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpfobj_test: what the reader says about the objects of tests/prove/objs, and that malformed ones are refused with a
 * diagnosis: every truncation point of a raster, tens of thousands of mutations (deterministic; run with sanitizers),
 * and tables of types made wrong on purpose, one fact each.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpfobj/bpfobj.h"
#include "bpfobj/elf64.h"
#include "common/buf.h"
#include "common/diag.h"
#include "../tap.h"

#define OBJ(name) TEST_BUILD "/prove/objs/" name ".o"

static struct bpfobj *open_obj(const char *path)
{
	struct bpfobj *obj = NULL;
	struct diag diag;

	diag_init(&diag);
	if (!tap_ok(!bpfobj_open(path, NULL, &diag, &obj), "open %s", path))
		diag_print(&diag, stdout);
	diag_done(&diag);
	return obj;
}

static void check_maps(const struct bpfobj *obj)
{
	const struct bpfobj_map *m = bpfobj_map_find(obj, "rules");
	struct bt_member member;

	tap_ok(m && m->type == BPF_MAP_TYPE_HASH && m->key_size == 4 && m->value_size == 8 && m->max_entries == 1024 &&
		       m->flags == BPF_F_NO_PREALLOC, "a hash map as declared");
	tap_ok(m && !bt_member_find(bpfobj_btf(obj), m->value_type, "count", &member) && member.bit_offset == 32,
	       "its value's type has the member count at byte 4");
	m = bpfobj_map_find(obj, "outer");
	tap_ok(m && m->inner && m->inner->type == BPF_MAP_TYPE_ARRAY && m->inner->max_entries == 4,
	       "a map of maps has its template");
	tap_ok(m && m->n_slots == 2 && m->slots[0].index == 1 && !strcmp(m->slots[0].name, "inner_a") &&
		       m->slots[1].index == 5 && !strcmp(m->slots[1].name, "inner_b"), "and its initial entries");
	m = bpfobj_map_find(obj, "lpm");
	tap_ok(m && m->pinning == 1 && m->key_size == 8 && !m->key_type, "sizes without types, pinning");
	m = bpfobj_map_find(obj, ".rodata");
	tap_ok(m && m->kind == BPFOBJ_MAP_RODATA && m->image && m->image[0] == 7, "constants have their image");
	m = bpfobj_map_find(obj, ".data");
	tap_ok(m && m->kind == BPFOBJ_MAP_DATA && m->image && m->image[0] == 5, "data has its image");
	m = bpfobj_map_find(obj, ".bss");
	tap_ok(m && m->kind == BPFOBJ_MAP_BSS && m->value_size == 40 && m->image && !m->image[39], "bss is zeros");
}

static void check_progs(const struct bpfobj *obj)
{
	const struct bpfobj_prog *p = bpfobj_prog_find(obj, "first"), *third = bpfobj_prog_find(obj, "third");
	const struct bpfobj_line *line;
	bool callback = false, ok = true;

	tap_ok(bpfobj_prog_count(obj) == 3, "three programs");
	tap_ok(p && p->type == BPF_PROG_TYPE_SOCKET_FILTER && p->autoload && !p->sleepable, "a socket filter");
	tap_ok(third && third->type == BPF_PROG_TYPE_XDP && !third->autoload, "an XDP program not loaded by itself");
	tap_ok(p && p->n_funcs == 5, "a program brings the four functions it reaches");
	for (uint32_t i = 0; p && i < p->n_funcs; i++) {
		callback |= p->funcs[i].is_callback && !strcmp(p->funcs[i].name, "visit");
		ok &= p->funcs[i].is_global == (!i || !strcmp(p->funcs[i].name, "exported"));
	}
	tap_ok(callback, "the callback is known as one");
	tap_ok(ok, "static functions are told from global ones");
	line = p ? bpfobj_line_at(p, 0) : NULL;
	tap_ok(line && strstr(line->file, "link.bpf.c") && line->line > 1 && strstr(line->text, "first"),
	       "the first instruction has its source line");
	ok = p != NULL;
	for (uint32_t i = 0; p && i < p->n_refs; i++)
		if (p->refs[i].kind == BPFOBJ_REF_CALL)
			ok &= p->insns[p->refs[i].insn].imm + (int)p->refs[i].insn + 1 ==
			      (int)p->funcs[p->refs[i].func].start;
	tap_ok(ok, "every call goes to the start of the function it names");
	tap_ok(!strcmp(bpfobj_license(obj), "GPL"), "the licence");
}

static void check_core(void)
{
	struct bpfobj *obj = open_obj(OBJ("core.new"));
	const struct bpfobj_prog *p = obj ? bpfobj_prog_find(obj, "BPF_core_fields") : NULL;

	tap_ok(p && p->type == BPF_PROG_TYPE_LSM && p->attach_type == BPF_LSM_MAC && !strcmp(p->attach_to, "file_open"),
	       "an LSM program and its hook");
	tap_ok(p && p->n_cores && strstr(p->cores[0].spec, "struct file.f_flags") && !p->cores[0].applied,
	       "relocations are described even when none is applied");
	bpfobj_free(obj);
}

static void check_externs(void)
{
	struct bpfobj *obj = open_obj(OBJ("extern.new"));
	const struct bpfobj_map *m = obj ? bpfobj_map_find(obj, ".kconfig") : NULL;
	const struct bpfobj_prog *p = obj ? bpfobj_prog(obj, 0) : NULL;
	bool weak = false, kfunc = false;

	for (uint32_t i = 0; p && i < p->n_refs; i++) {
		weak |= p->refs[i].kind == BPFOBJ_REF_KSYM && p->refs[i].weak;
		kfunc |= p->refs[i].kind == BPFOBJ_REF_KFUNC && !strcmp(p->refs[i].name, "no_such_kfunc");
	}
	tap_ok(m && m->kind == BPFOBJ_MAP_KCONFIG && m->value_size == 8 + 4 + 1 + 12 && !m->image,
	       "configuration values are one map with unknown contents");
	tap_ok(weak, "a weak kernel variable");
	tap_ok(kfunc, "a kernel function by name");
	bpfobj_free(obj);
}

/* Opening must end in an object or an error with a diagnosis. */
static bool survives(const uint8_t *data, size_t size, unsigned *refused)
{
	struct bpfobj_opts opts = { .name = "mutant", .memory_limit = 64u << 20 };
	struct bpfobj *obj = NULL;
	struct diag diag;
	bool ok;
	int err;

	diag_init(&diag);
	err = bpfobj_open_mem(data, size, &opts, &diag, &obj);
	ok = err ? diag.n_errors > 0 && !obj : obj != NULL;
	*refused += err != 0;
	bpfobj_free(obj);
	diag_done(&diag);
	return ok;
}

static uint64_t next_random(uint64_t *s)
{
	*s = *s * 6364136223846793005u + 1442695040888963407u;
	return *s >> 33;
}

static void check_malformed(const char *path)
{
	unsigned refused = 0, n = 0;
	uint64_t state = 1;
	uint8_t *data, *copy;
	bool ok = true;
	size_t size;

	if (!tap_ok(!elf64_load_file(path, NULL, &data, &size), "read %s", path))
		return;
	for (size_t cut = 0; cut < size; cut += size / 500 + 1, n++) {
		copy = malloc(cut ? cut : 1); /* exactly so long: a read past the end is seen */
		memcpy(copy, data, cut);
		ok &= survives(copy, cut, &refused);
		free(copy);
	}
	tap_ok(ok && refused == n, "%s: all of %u truncations are refused with a diagnosis", path, n);
	ok = true;
	refused = 0;
	copy = malloc(size);
	for (n = 0; n < 8000; n++) {
		memcpy(copy, data, size);
		for (uint64_t k = next_random(&state) % 3 + 1; k--;)
			copy[next_random(&state) % size] = n % 4 ? (uint8_t)next_random(&state) : 0xff;
		ok &= survives(copy, size, &refused);
	}
	tap_ok(ok && refused, "%s: %u mutations end in an object or a diagnosis (%u refused)", path, n, refused);
	free(copy);
	free(data);
}

static void refuse_patched(const char *what, const uint8_t *data, size_t size, const char *message)
{
	struct bpfobj *obj = NULL;
	struct diag diag;
	int err;

	diag_init(&diag);
	err = bpfobj_open_mem(data, size, NULL, &diag, &obj);
	if (!tap_ok(err == -EINVAL && diag.n && strstr(diag.entries[0].message, message), "object refused: %s", what))
		diag_print(&diag, stdout);
	bpfobj_free(obj);
	diag_done(&diag);
}

/* Limits that docs/objects.md states. */
static void check_limits(const char *path)
{
	uint8_t *data, *copy;
	uint64_t headers;
	uint16_t n;
	size_t size;

	if (!tap_ok(!elf64_load_file(path, NULL, &data, &size), "read %s", path))
		return;
	copy = malloc(size);
	memcpy(copy, data, size);
	copy[5] = 2;
	refuse_patched("big-endian", copy, size, "little-endian");
	memcpy(copy, data, size);
	copy[18] = 62;
	copy[19] = 0;
	refuse_patched("of another machine", copy, size, "not a BPF object: ELF machine 62");
	memcpy(copy, data, size);
	memcpy(&headers, copy + 40, 8);
	memcpy(&n, copy + 60, 2);
	for (unsigned i = 0; i < n; i++)
		if (copy[headers + i * 64 + 4] == 9) /* SHT_REL becomes SHT_RELA */
			copy[headers + i * 64 + 4] = 4;
	refuse_patched("with addends", copy, size, "addends");
	free(copy);
	free(data);
}

/* ---- BTF, made by hand ---- */


static void put32(struct buf *b, uint32_t v)
{
	buf_add(b, &v, 4);
}

static void put_type(struct buf *b, uint32_t name, uint32_t kind, uint32_t kflag, uint32_t vlen, uint32_t size_or_type)
{
	put32(b, name);
	put32(b, kflag << 31 | kind << 24 | vlen);
	put32(b, size_or_type);
}

static void put_int(struct buf *b, uint32_t size, uint32_t bits)
{
	put_type(b, 1, BT_INT, 0, 0, size);
	put32(b, BTF_INT_SIGNED << 24 | bits);
}

static int parse(const struct buf *types, struct diag *diag, struct bt **ret)
{
	static const char strings[] = "\0int\0s\0m";
	struct buf all = BUF_INIT;
	int err;

	put32(&all, BTF_MAGIC | 1u << 16);
	put32(&all, 24);
	put32(&all, 0);
	put32(&all, (uint32_t)types->len);
	put32(&all, (uint32_t)types->len);
	put32(&all, sizeof(strings));
	buf_add(&all, types->data, types->len);
	buf_add(&all, strings, sizeof(strings));
	err = bt_parse(all.data, all.len, NULL, "table", diag, ret);
	buf_done(&all);
	return err;
}

static void refuse(struct buf *types, const char *what, const char *message)
{
	struct bt *bt = NULL;
	struct diag diag;
	int err;

	diag_init(&diag);
	err = parse(types, &diag, &bt);
	if (!tap_ok(err == -EINVAL && diag.n && strstr(diag.entries[0].message, message), "BTF refused: %s", what))
		diag_print(&diag, stdout);
	bt_free(bt);
	diag_done(&diag);
	buf_reset(types);
}

static void check_bad_btf(void)
{
	struct buf t = BUF_INIT;

	put_type(&t, 0, BT_TYPEDEF, 0, 0, 1);
	refuse(&t, "a typedef of itself", "contains itself");
	put_type(&t, 0, BT_CONST, 0, 0, 2);
	put_type(&t, 0, BT_VOLATILE, 0, 0, 1);
	refuse(&t, "modifiers in a circle", "contains itself");
	put_type(&t, 5, BT_STRUCT, 0, 1, 8);
	put32(&t, 7), put32(&t, 1), put32(&t, 0);
	refuse(&t, "a struct inside itself", "contains itself");
	put_int(&t, 4, 32);
	put_type(&t, 5, BT_STRUCT, 0, 1, 4);
	put32(&t, 7), put32(&t, 1), put32(&t, 8);
	refuse(&t, "a member beyond the end", "beyond the end");
	put_int(&t, 4, 32);
	put_type(&t, 5, BT_STRUCT, 1, 1, 8);
	put32(&t, 7), put32(&t, 1), put32(&t, 40u << 24);
	refuse(&t, "a bit-field wider than its type", "bit-field");
	put_type(&t, 0, BT_PTR, 0, 0, 9);
	refuse(&t, "a pointer to no type", "does not exist");
	put_type(&t, 500, BT_PTR, 0, 0, 0);
	refuse(&t, "a name outside of the strings", "outside of the string section");
	put_int(&t, 3, 24);
	refuse(&t, "an integer of three bytes", "size of an integer");
	put_int(&t, 4, 33);
	refuse(&t, "an integer with more bits than bytes", "bits of the integer");
	put_type(&t, 5, BT_STRUCT, 0, 60000, 8);
	refuse(&t, "more members than data", "cut off");
	put_type(&t, 5, 25, 0, 0, 8);
	refuse(&t, "a kind nobody knows", "no known kind");
	put_int(&t, 4, 32);
	put_type(&t, 0, BT_ARRAY, 0, 0, 0);
	put32(&t, 1), put32(&t, 1), put32(&t, 0xffffffff);
	refuse(&t, "an array too large", "too large");
	put_type(&t, 5, BT_FUNC, 0, 1, 0);
	refuse(&t, "a function without a prototype", "prototype");
	put_type(&t, 0, BT_ARRAY, 0, 0, 0);
	put32(&t, 0), put32(&t, 0), put32(&t, 1);
	put_type(&t, 5, BT_STRUCT, 0, 1, 8);
	put32(&t, 7), put32(&t, 1), put32(&t, 0);
	refuse(&t, "a member without a size", "has no size");
	for (uint32_t i = 0; i < 5000; i++)
		put_type(&t, 0, BT_CONST, 0, 0, i + 2);
	put_int(&t, 4, 32);
	refuse(&t, "types nested without end", "nested too deep");
	buf_done(&t);
}

static void check_good_btf(void)
{
	struct buf t = BUF_INIT, text = BUF_INIT;
	struct bt_member m;
	struct bt *bt = NULL;

	put_int(&t, 4, 32);                            /* 1 */
	put_type(&t, 0, BT_STRUCT, 1, 2, 8);           /* 2: anonymous, { int :3 ; int m } */
	put32(&t, 5), put32(&t, 1), put32(&t, 3u << 24);
	put32(&t, 7), put32(&t, 1), put32(&t, 32);
	put_type(&t, 5, BT_STRUCT, 0, 2, 16);          /* 3: struct s { int int; struct 2; } */
	put32(&t, 1), put32(&t, 1), put32(&t, 0);
	put32(&t, 0), put32(&t, 2), put32(&t, 64);
	put_type(&t, 0, BT_PTR, 0, 0, 5);              /* 4 */
	put_type(&t, 0, BT_CONST, 0, 0, 3);            /* 5 */
	if (tap_ok(!parse(&t, NULL, &bt), "a good table is read")) {
		tap_ok(bt_count(bt) == 6 && bt_find(bt, "s", BT_STRUCT) == 3, "types are found by name");
		tap_ok(!bt_member_find(bt, 3, "m", &m) && m.bit_offset == 96, "members of anonymous members");
		tap_ok(!bt_member_find(bt, 3, "s", &m) && m.bit_offset == 64 && m.bit_size == 3, "bit-fields");
		tap_ok(bt_size(bt, 4) == 8 && bt_size(bt, 5) == 16 && bt_size(bt, 0) == -EINVAL, "sizes");
		tap_ok(bt_is_signed(bt, 1) == 1, "signedness");
		bt_print(bt, 4, &text);
		tap_ok(!strcmp(buf_str(&text), "const struct s *"), "types print as C: %s", buf_str(&text));
		buf_reset(&text);
		tap_ok(!bt_path_at(bt, 3, 12, &text) && !strcmp(buf_str(&text), "m"), "byte 12 is m");
	}
	tap_ok(bt_essential_len("task_struct___old") == 11 && bt_essential_len("a___") == 4 && bt_essential_len("___a") == 4 &&
		       bt_essential_len("a___b___c") == 5, "flavours are cut off at the last ___");
	bt_free(bt);
	buf_done(&t);
	buf_done(&text);
}

int main(void)
{
	struct bpfobj *obj = open_obj(OBJ("link.new"));

	if (obj) {
		check_maps(obj);
		check_progs(obj);
	}
	bpfobj_free(obj);
	check_core();
	check_externs();
	check_good_btf();
	check_bad_btf();
	check_limits(OBJ("link.new"));
	check_malformed(OBJ("link.new"));
	check_malformed(OBJ("core.old"));
	check_malformed(OBJ("extern.new"));
	return tap_done();
}
