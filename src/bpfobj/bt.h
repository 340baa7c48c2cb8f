/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bt: BTF, read strictly into a table of types.
 *
 * The whole table is checked when it is read (lengths, string offsets, type ids, kinds, sizes, cycles of
 * modifiers), then trusted: accessors do not fail on ids that came out of the table. Malformed data is
 * refused with file, section and offset; it is never repaired.
 *
 * Type id 0 is void. A split table (module BTF) continues the ids and strings of its base, which must
 * outlive it. All pointers that are handed out live as long as the table.
 */
#ifndef BPFOBJ_BT_H
#define BPFOBJ_BT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/btf.h>

struct buf;
struct diag;
struct bt;

/* Values are those of BTF_KIND_*. */
enum bt_kind {
	BT_VOID = 0,
	BT_INT = 1,
	BT_PTR = 2,
	BT_ARRAY = 3,
	BT_STRUCT = 4,
	BT_UNION = 5,
	BT_ENUM = 6,
	BT_FWD = 7,
	BT_TYPEDEF = 8,
	BT_VOLATILE = 9,
	BT_CONST = 10,
	BT_RESTRICT = 11,
	BT_FUNC = 12,
	BT_FUNC_PROTO = 13,
	BT_VAR = 14,
	BT_DATASEC = 15,
	BT_FLOAT = 16,
	BT_DECL_TAG = 17,
	BT_TYPE_TAG = 18,
	BT_ENUM64 = 19,
	BT_KIND_COUNT,
};

struct bt_member {
	const char *name; /* "" when anonymous */
	uint32_t type;
	uint32_t bit_offset; /* from the start of the struct */
	uint32_t bit_size;   /* of a bit-field; 0: an ordinary member */
};

struct bt_param {
	const char *name;
	uint32_t type; /* 0 in the last one: variadic */
};

struct bt_enumerator {
	const char *name;
	int64_t value; /* of an unsigned enum64: its 64 bits */
};

struct bt_secvar {
	uint32_t type; /* a BT_VAR or BT_FUNC */
	uint32_t offset, size;
};

struct bt_type {
	uint32_t id;
	enum bt_kind kind;
	const char *name; /* "" when it has none */
	bool kflag;
	uint32_t n; /* vlen: members, parameters, enumerators, variables */
	union {
		uint32_t size; /* bytes: int, struct, union, enum, enum64, float, datasec */
		uint32_t ref;  /* type: ptr, typedef, modifiers, func (proto), func_proto (return), var, tags */
	};
	union {
		const struct bt_member *members;         /* struct, union */
		const struct bt_param *params;           /* func_proto */
		const struct bt_enumerator *enumerators; /* enum, enum64 */
		const struct bt_secvar *vars;            /* datasec */
		struct {
			uint32_t elem, index, count;
		} array;
		struct {
			uint8_t encoding; /* BTF_INT_SIGNED | _CHAR | _BOOL */
			uint8_t bit_offset;
			uint8_t bits;
		} integer;
		uint32_t linkage;      /* func (BTF_FUNC_*), var (BTF_VAR_*) */
		int32_t component;     /* decl tag: member or parameter index, -1: the type itself */
	};
};

/* Read from memory (copied). `base` may be NULL. `name` stands for the data in diagnostics. */
int bt_parse(const void *data, size_t size, const struct bt *base, const char *name, struct diag *diag,
	     struct bt **ret_bt);

/* Read from a file: raw BTF (/sys/kernel/btf/vmlinux, extracted files) or the .BTF section of an ELF file. */
int bt_open(const char *path, const struct bt *base, struct diag *diag, struct bt **ret_bt);

void bt_free(struct bt *bt);

/* Ids are 0 .. bt_count() - 1, those of the base included. */
uint32_t bt_count(const struct bt *bt);
uint32_t bt_first_own(const struct bt *bt);

/* NULL when there is no such id. */
const struct bt_type *bt_get(const struct bt *bt, uint32_t id);

/* A string of the string section, NULL when out of range. */
const char *bt_string(const struct bt *bt, uint32_t offset);

/* First type of that kind and exact name, 0 when there is none. BT_KIND_COUNT: of any kind. */
uint32_t bt_find(const struct bt *bt, const char *name, enum bt_kind kind);

/* Without const, volatile, restrict, type tags; bt_resolve() also without typedefs. */
const struct bt_type *bt_skip_mods(const struct bt *bt, uint32_t id);
const struct bt_type *bt_resolve(const struct bt *bt, uint32_t id);

/* Size and natural alignment in bytes, -EINVAL for what has none (void, func, fwd), -E2BIG on overflow. */
int64_t bt_size(const struct bt *bt, uint32_t id);
int64_t bt_align(const struct bt *bt, uint32_t id);

/* Whether an int or enum is signed; -EINVAL for anything else. */
int bt_is_signed(const struct bt *bt, uint32_t id);

/*
 * Look a member up by name, into anonymous structs and unions too; ret_member's bit_offset then counts
 * from the start of `id`. -ENOENT when there is none, -EINVAL when `id` is no struct or union.
 */
int bt_member_find(const struct bt *bt, uint32_t id, const char *name, struct bt_member *ret_member);

/* The member, and array element path, that covers a byte offset: "sk.__sk_common.skc_family". Best effort,
 * for people. -ENOENT when nothing does. */
int bt_path_at(const struct bt *bt, uint32_t id, uint64_t offset, struct buf *out);

/* The type as C writes it: "const struct sock *", "int[4]", "struct (anon)". */
void bt_print(const struct bt *bt, uint32_t id, struct buf *out);

const char *bt_kind_name(enum bt_kind kind);

/* Length of the name without a "___flavour" suffix. */
size_t bt_essential_len(const char *name);

#endif
