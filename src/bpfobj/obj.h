/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * obj: the inside of a BPF object while it is read and linked. Not for anybody outside of src/bpfobj.
 *
 * Order of work (bpfobj.c): ELF -> BTF -> BTF.ext (obj_ext) -> functions (obj_func) -> externs and maps
 * (obj_map) -> relocations (obj_relo) -> CO-RE on each function (core) -> linking of programs (obj_link).
 */
#ifndef BPFOBJ_OBJ_H
#define BPFOBJ_OBJ_H

#include "bpfobj/bpfobj.h"
#include "bpfobj/elf64.h"
#include "common/arena.h"
#include "common/diag.h"

/* Why an ld_imm64 or call of a function needs linking. */
enum obj_relo_kind {
	OBJ_RELO_MAP,
	OBJ_RELO_DATA,      /* map value: map + offset */
	OBJ_RELO_FUNC_ADDR, /* target: slot in .text */
	OBJ_RELO_CALL,
	OBJ_RELO_EXTERN,    /* ld_imm64 of an extern */
	OBJ_RELO_KFUNC,
};

struct obj_relo {
	uint32_t insn; /* slot in the function */
	enum obj_relo_kind kind;
	uint32_t map;    /* index in maps */
	uint32_t offset; /* DATA: of the symbol in the section */
	uint32_t target; /* FUNC_ADDR, CALL: slot in .text that the symbol names */
	uint32_t ext;    /* EXTERN, KFUNC: index in externs */
	const char *name;
};

struct obj_core_rec {
	uint32_t insn; /* slot in the function */
	uint32_t kind, type;
	const char *access;
};

struct obj_func {
	const char *name;
	uint32_t section; /* ELF index */
	uint32_t start;   /* slot in the section */
	uint32_t n;
	struct bpf_insn *insns; /* our copy; CO-RE is applied here */
	bool is_global;
	uint32_t type; /* BT_FUNC */
	struct bpfobj_line *lines; /* insn counts from the function's start */
	uint32_t n_lines;
	struct obj_relo *relos; /* ascending */
	uint32_t n_relos;
	struct bpfobj_core *cores;
	uint32_t n_cores;
	struct obj_core_rec *core_recs;
};

enum obj_extern_kind { OBJ_EXTERN_KCONFIG, OBJ_EXTERN_KSYM, OBJ_EXTERN_KFUNC };

struct obj_extern {
	const char *name;
	enum obj_extern_kind kind;
	uint32_t type; /* BT_VAR or BT_FUNC in the object's BTF */
	bool weak, typed;
	uint32_t size, align, offset; /* kconfig: in the .kconfig map */
	uint32_t kernel_id;
};

struct bpfobj {
	struct arena arena;
	struct diag *diag;
	const char *path;
	const char *license;
	uint8_t *file; /* owned when opened by path */
	struct elf64 elf;
	struct bt *btf;
	const struct bt *kernel;
	uint32_t text; /* ELF index of .text, 0: none */
	struct obj_func *funcs;
	uint32_t n_funcs;
	struct obj_extern *externs;
	uint32_t n_externs;
	struct bpfobj_map **maps;
	size_t n_maps, cap_maps;
	struct bpfobj_prog *progs;
	uint32_t n_progs;
};

/* A diag position: section name and slot or byte offset. */
int obj_no_memory(struct bpfobj *obj);
#define OBJ_BAD(obj, sec_name, byte_offset, ...)                                                                   \
	diag_fail((obj)->diag, -EINVAL, DIAG_AT(.file = (obj)->path, .section = (sec_name), DIAG_OFFSET(byte_offset)), \
		  __VA_ARGS__)

/* Steps; each 0 or -errno with diag. */
int obj_read_funcs(struct bpfobj *obj);
int obj_read_ext(struct bpfobj *obj);
int obj_read_externs(struct bpfobj *obj);
int obj_read_maps(struct bpfobj *obj);
int obj_read_relos(struct bpfobj *obj);
int obj_apply_core(struct bpfobj *obj);
int obj_resolve_externs(struct bpfobj *obj);
int obj_link(struct bpfobj *obj);

/* The function that covers a slot of a section, or NULL. */
struct obj_func *obj_func_in(const struct bpfobj *obj, uint32_t section, uint64_t slot);
/* Whether a function belongs to some program rather than being one. */
bool obj_is_subprog(const struct bpfobj *obj, const struct obj_func *f);

/* Add a map of that name in `section`; NULL without memory. */
struct bpfobj_map *obj_add_map(struct bpfobj *obj, const char *name, enum bpfobj_map_kind kind, uint32_t section,
			       uint32_t offset);
/* Maps declared in .maps by BTF; split from obj_map.c. */
int obj_read_btf_maps(struct bpfobj *obj, uint32_t section);

/* What a section name says about its programs. */
int sec_name_parse(const char *name, struct bpfobj_prog *prog);

/* Make object and kernel types comparable: see core_match.c. 1 yes, 0 no, -errno. */
int core_types_compat(const struct bt *local, uint32_t local_id, const struct bt *kernel, uint32_t kernel_id,
		      int level);
int core_types_match(const struct bt *local, uint32_t local_id, const struct bt *kernel, uint32_t kernel_id,
		     bool behind_ptr, int level);
int core_fields_compat(const struct bt *local, uint32_t local_id, const struct bt *kernel, uint32_t kernel_id);
bool core_kinds_compat(const struct bt_type *local, const struct bt_type *kernel);

#endif
