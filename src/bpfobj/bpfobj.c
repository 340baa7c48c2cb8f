// SPDX-License-Identifier: GPL-2.0-only
/* bpfobj: see bpfobj.h. Opening runs the steps of obj.h in order; everything else here is access. */
#include "bpfobj/bpfobj.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpfobj/obj.h"

#define DEFAULT_MEMORY ((size_t)1 << 30)

int obj_no_memory(struct bpfobj *obj)
{
	return diag_fail(obj->diag, -ENOMEM, DIAG_AT(.file = obj->path), "out of memory, or past the memory limit");
}

static int obj_read_license(struct bpfobj *obj)
{
	const struct elf64_section *s = elf64_find(&obj->elf, "license");

	obj->license = "";
	if (!s || !s->data)
		return 0;
	obj->license = arena_strndup(&obj->arena, (const char *)s->data, s->size);
	return obj->license ? 0 : obj_no_memory(obj);
}

static int obj_read_btf(struct bpfobj *obj)
{
	const struct elf64_section *s = elf64_find(&obj->elf, ".BTF");

	if (!s || !s->data)
		return 0;
	return bt_parse(s->data, s->size, NULL, obj->path, obj->diag, &obj->btf);
}

static int obj_open(struct bpfobj *obj, const void *data, size_t size)
{
	int err = elf64_read(data, size, obj->path, &obj->arena, obj->diag, &obj->elf);

	if (err)
		return err;
	if (obj->elf.machine != EM_BPF)
		return diag_fail(obj->diag, -EINVAL, DIAG_AT(.file = obj->path), "not a BPF object: ELF machine %u",
				 obj->elf.machine);
	err = obj_read_license(obj);
	err = err ? err : obj_read_btf(obj);
	err = err ? err : obj_read_funcs(obj);
	err = err ? err : obj_read_ext(obj);
	err = err ? err : obj_read_externs(obj);
	err = err ? err : obj_read_maps(obj);
	err = err ? err : obj_read_relos(obj);
	err = err ? err : obj_apply_core(obj);
	err = err ? err : obj_resolve_externs(obj);
	return err ? err : obj_link(obj);
}

static int obj_new(const char *path, const struct bpfobj_opts *opts, struct diag *diag, struct bpfobj **ret)
{
	struct bpfobj *obj = calloc(1, sizeof(*obj));

	if (!obj)
		return diag_fail(diag, -ENOMEM, DIAG_AT(.file = path), "out of memory");
	arena_init(&obj->arena, opts && opts->memory_limit ? opts->memory_limit : DEFAULT_MEMORY);
	obj->diag = diag;
	obj->kernel = opts ? opts->kernel : NULL;
	obj->path = arena_strdup(&obj->arena, path);
	if (!obj->path) {
		bpfobj_free(obj);
		return diag_fail(diag, -ENOMEM, DIAG_AT(.file = path), "out of memory");
	}
	*ret = obj;
	return 0;
}

int bpfobj_open_mem(const void *data, size_t size, const struct bpfobj_opts *opts, struct diag *diag,
		    struct bpfobj **ret_obj)
{
	struct bpfobj *obj = NULL;
	int err = obj_new(opts && opts->name ? opts->name : "object", opts, diag, &obj);

	if (err)
		return err;
	obj->file = malloc(size ? size : 1);
	if (obj->file) {
		memcpy(obj->file, data, size);
		err = obj_open(obj, obj->file, size);
	} else {
		err = obj_no_memory(obj);
	}
	obj->diag = NULL; /* belongs to the caller */
	if (err) {
		bpfobj_free(obj);
		return err;
	}
	*ret_obj = obj;
	return 0;
}

int bpfobj_open(const char *path, const struct bpfobj_opts *opts, struct diag *diag, struct bpfobj **ret_obj)
{
	struct bpfobj *obj = NULL;
	size_t size;
	int err = obj_new(path, opts, diag, &obj);

	if (err)
		return err;
	err = elf64_load_file(path, diag, &obj->file, &size);
	if (!err)
		err = obj_open(obj, obj->file, size);
	obj->diag = NULL;
	if (err) {
		bpfobj_free(obj);
		return err;
	}
	*ret_obj = obj;
	return 0;
}

void bpfobj_free(struct bpfobj *obj)
{
	if (!obj)
		return;
	bt_free(obj->btf);
	free(obj->file);
	arena_done(&obj->arena);
	free(obj);
}

const char *bpfobj_path(const struct bpfobj *obj)
{
	return obj->path;
}

const char *bpfobj_license(const struct bpfobj *obj)
{
	return obj->license;
}

const struct bt *bpfobj_btf(const struct bpfobj *obj)
{
	return obj->btf;
}

const struct bt *bpfobj_kernel(const struct bpfobj *obj)
{
	return obj->kernel;
}

uint32_t bpfobj_prog_count(const struct bpfobj *obj)
{
	return obj->n_progs;
}

const struct bpfobj_prog *bpfobj_prog(const struct bpfobj *obj, uint32_t i)
{
	return i < obj->n_progs ? &obj->progs[i] : NULL;
}

const struct bpfobj_prog *bpfobj_prog_find(const struct bpfobj *obj, const char *name)
{
	for (uint32_t i = 0; i < obj->n_progs; i++)
		if (!strcmp(obj->progs[i].name, name))
			return &obj->progs[i];
	return NULL;
}

uint32_t bpfobj_map_count(const struct bpfobj *obj)
{
	return (uint32_t)obj->n_maps;
}

const struct bpfobj_map *bpfobj_map(const struct bpfobj *obj, uint32_t i)
{
	return i < obj->n_maps ? obj->maps[i] : NULL;
}

const struct bpfobj_map *bpfobj_map_find(const struct bpfobj *obj, const char *name)
{
	for (uint32_t i = 0; i < obj->n_maps; i++)
		if (!strcmp(obj->maps[i]->name, name))
			return obj->maps[i];
	return NULL;
}

const struct bpfobj_func *bpfobj_func_at(const struct bpfobj_prog *prog, uint32_t insn)
{
	for (uint32_t i = 0; i < prog->n_funcs; i++)
		if (insn - prog->funcs[i].start < prog->funcs[i].len)
			return &prog->funcs[i];
	return NULL;
}

const struct bpfobj_line *bpfobj_line_at(const struct bpfobj_prog *prog, uint32_t insn)
{
	const struct bpfobj_func *f = bpfobj_func_at(prog, insn);
	uint32_t lo = 0, hi = prog->n_lines;

	while (lo < hi) { /* the last line that starts at or before the slot */
		uint32_t mid = lo + (hi - lo) / 2;

		if (prog->lines[mid].insn <= insn)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && f && prog->lines[lo - 1].insn >= f->start ? &prog->lines[lo - 1] : NULL;
}

const struct bpfobj_ref *bpfobj_ref_at(const struct bpfobj_prog *prog, uint32_t insn)
{
	uint32_t lo = 0, hi = prog->n_refs;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (prog->refs[mid].insn < insn)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < prog->n_refs && prog->refs[lo].insn == insn ? &prog->refs[lo] : NULL;
}

const struct bpfobj_core *bpfobj_core_at(const struct bpfobj_prog *prog, uint32_t insn)
{
	for (uint32_t i = 0; i < prog->n_cores && prog->cores[i].insn <= insn; i++)
		if (prog->cores[i].insn == insn)
			return &prog->cores[i];
	return NULL;
}
