/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpfobj: a compiled BPF object, read and linked without a kernel.
 *
 * bpfobj_open() reads the ELF file, BTF and BTF.ext, finds programs, maps, global data and externs, appends the
 * subprograms a program calls (as libbpf does), resolves relocations, and when a kernel BTF is given applies
 * the CO-RE relocations for that kernel exactly as libbpf would. The result is constant.
 *
 * How references look in a program's instructions after linking:
 *   ld_imm64 src=BPF_PSEUDO_MAP_FD     imm = index in maps
 *   ld_imm64 src=BPF_PSEUDO_MAP_VALUE  imm = index in maps, next imm = byte offset (globals, kconfig)
 *   ld_imm64 src=BPF_PSEUDO_FUNC       imm = slot distance to the subprogram (callbacks)
 *   ld_imm64 src=BPF_PSEUDO_BTF_ID     imm = kernel BTF id of a ksym, 0 when unknown
 *   call     src=BPF_PSEUDO_CALL       imm = slot distance to the subprogram
 *   call     src=BPF_PSEUDO_KFUNC_CALL imm = kernel BTF id of the kfunc, 0 when unknown
 * bpfobj_ref_at() has the same with names and pointers.
 *
 * Errors: -errno and diag entries with file, section, offset or instruction. Malformed input never crashes.
 * Everything handed out lives as long as the object, and the kernel BTF must live as long too.
 */
#ifndef BPFOBJ_BPFOBJ_H
#define BPFOBJ_BPFOBJ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>
#include "bpfobj/bt.h"

struct arena;
struct diag;
struct bpfobj;

enum bpfobj_map_kind {
	BPFOBJ_MAP_DECLARED, /* BTF-defined (.maps) or legacy (maps) */
	BPFOBJ_MAP_RODATA,   /* frozen at load: contents are constants */
	BPFOBJ_MAP_DATA,
	BPFOBJ_MAP_BSS,
	BPFOBJ_MAP_KCONFIG,  /* extern ... __kconfig: values unknown until load */
	BPFOBJ_MAP_INNER,    /* template of a map-in-map */
};

struct bpfobj_slot { /* initial content of a map-in-map or program array */
	uint32_t index;
	const char *name; /* of the map or program */
};

struct bpfobj_map {
	const char *name;
	enum bpfobj_map_kind kind;
	uint32_t index;    /* in bpfobj_map() order; BPFOBJ_MAP_INNER: UINT32_MAX */
	uint32_t type;     /* BPF_MAP_TYPE_* */
	uint32_t key_size, value_size, max_entries, flags;
	uint32_t pinning, numa_node;
	uint64_t map_extra;
	uint32_t key_type, value_type; /* ids in the object's BTF, 0: unknown; globals: value_type is the datasec */
	const struct bpfobj_map *inner; /* maps of maps: template, or NULL */
	const struct bpfobj_slot *slots;
	uint32_t n_slots;
	const uint8_t *image; /* globals: initial contents, value_size bytes; else NULL */
	const char *section;  /* where it was declared */
	uint32_t offset;      /* in that section */
};

struct bpfobj_line {
	uint32_t insn; /* first slot it covers, up to the next one */
	const char *file;
	const char *text; /* the source line as BTF.ext keeps it, may be "" */
	uint32_t line, col;
};

struct bpfobj_func {
	const char *name;
	uint32_t start, len; /* slots of the linked program */
	uint32_t type;       /* BT_FUNC in the object's BTF, 0: unknown */
	bool is_global;      /* linkage: the kernel verifies global functions on their own */
	bool is_callback;    /* address taken */
};

enum bpfobj_ref_kind {
	BPFOBJ_REF_MAP,       /* map */
	BPFOBJ_REF_MAP_VALUE, /* map + offset: a global variable; `name` if a symbol or BTF variable says */
	BPFOBJ_REF_FUNC,      /* address of a subprogram: func */
	BPFOBJ_REF_CALL,      /* call of a subprogram: func */
	BPFOBJ_REF_KSYM,      /* kernel variable or address: name, type */
	BPFOBJ_REF_KFUNC,     /* kernel function: name */
};

struct bpfobj_ref {
	uint32_t insn; /* slot in the linked program */
	enum bpfobj_ref_kind kind;
	const struct bpfobj_map *map;
	uint32_t offset;
	uint32_t func;    /* index in the program's funcs */
	const char *name; /* symbol */
	uint32_t type;    /* type id in the object's BTF (ksym: of the extern), 0: unknown */
	bool weak;        /* may be absent: then 0 */
	uint32_t kernel_id; /* ksym, kfunc: id in the kernel's BTF, 0: not found */
};

/* A CO-RE relocation, and what became of it. */
struct bpfobj_core {
	uint32_t insn;    /* slot in the linked program */
	uint32_t kind;    /* enum bpf_core_relo_kind */
	uint32_t type;    /* root type in the object's BTF */
	const char *access; /* "0:1:2" */
	const char *spec;   /* "struct sock.__sk_common.skc_family (0:0:3 @ offset 16)" */
	bool applied;       /* a kernel BTF was given */
	bool resolved;      /* found there, or the kind needs no finding (exists) */
	bool poisoned;      /* not found: the instruction became a call of 0xbad2310 */
	uint64_t local_value, value; /* before, after */
	uint32_t kernel_type; /* root type in the kernel's BTF, 0: none */
	const char *kernel_spec;
};

struct bpfobj_prog {
	const char *name;
	const char *section;     /* "lsm/file_open" */
	uint32_t section_offset; /* bytes */
	bool autoload;           /* false: SEC("?...") */
	bool known;              /* the section name was understood */
	uint32_t type;           /* BPF_PROG_TYPE_*, 0: unknown */
	uint32_t attach_type;    /* BPF_*, valid when known */
	bool sleepable;
	const char *attach_to;   /* "file_open", "syscalls/sys_enter_openat"; "" when none */
	const struct bpf_insn *insns; /* linked: own code, then the subprograms it needs */
	uint32_t n_insns;
	const struct bpfobj_func *funcs; /* [0] is the program itself */
	uint32_t n_funcs;
	const struct bpfobj_line *lines;
	uint32_t n_lines;
	const struct bpfobj_ref *refs; /* ordered by insn */
	uint32_t n_refs;
	const struct bpfobj_core *cores; /* ordered by insn */
	uint32_t n_cores;
};

struct bpfobj_opts {
	const struct bt *kernel; /* apply CO-RE for this kernel; NULL: leave instructions as compiled */
	const char *name;        /* bpfobj_open_mem(): for diagnostics */
	size_t memory_limit;     /* bytes, 0: a default of 1 GiB */
};

int bpfobj_open(const char *path, const struct bpfobj_opts *opts, struct diag *diag, struct bpfobj **ret_obj);
int bpfobj_open_mem(const void *data, size_t size, const struct bpfobj_opts *opts, struct diag *diag,
		    struct bpfobj **ret_obj);
void bpfobj_free(struct bpfobj *obj);

const char *bpfobj_path(const struct bpfobj *obj);
const char *bpfobj_license(const struct bpfobj *obj);
const struct bt *bpfobj_btf(const struct bpfobj *obj);    /* NULL: the object has none */
const struct bt *bpfobj_kernel(const struct bpfobj *obj); /* as given in the options */

uint32_t bpfobj_prog_count(const struct bpfobj *obj);
const struct bpfobj_prog *bpfobj_prog(const struct bpfobj *obj, uint32_t i);
const struct bpfobj_prog *bpfobj_prog_find(const struct bpfobj *obj, const char *name);

uint32_t bpfobj_map_count(const struct bpfobj *obj);
const struct bpfobj_map *bpfobj_map(const struct bpfobj *obj, uint32_t i);
const struct bpfobj_map *bpfobj_map_find(const struct bpfobj *obj, const char *name);

/* The function a slot belongs to; the line, reference, relocation at a slot, or NULL. */
const struct bpfobj_func *bpfobj_func_at(const struct bpfobj_prog *prog, uint32_t insn);
const struct bpfobj_line *bpfobj_line_at(const struct bpfobj_prog *prog, uint32_t insn);
const struct bpfobj_ref *bpfobj_ref_at(const struct bpfobj_prog *prog, uint32_t insn);
const struct bpfobj_core *bpfobj_core_at(const struct bpfobj_prog *prog, uint32_t insn);

/* "lsm", "xdp", ...; NULL for numbers without a name. */
const char *bpfobj_prog_type_name(uint32_t type);
const char *bpfobj_map_type_name(uint32_t type);

#endif
