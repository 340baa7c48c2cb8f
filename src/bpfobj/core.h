/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core: CO-RE relocations, one at a time: from "the object means this field of this type" to "in that kernel
 * it is here". core_spec.c parses and matches, core_value.c computes, core.c searches and patches.
 */
#ifndef BPFOBJ_CORE_H
#define BPFOBJ_CORE_H

#include "bpfobj/obj.h"

#define CORE_SPEC_MAX 64

/* Numbers of the kernel's enum bpf_core_relo_kind. */
enum core_kind {
	CORE_FIELD_BYTE_OFFSET = 0,
	CORE_FIELD_BYTE_SIZE = 1,
	CORE_FIELD_EXISTS = 2,
	CORE_FIELD_SIGNED = 3,
	CORE_FIELD_LSHIFT_U64 = 4,
	CORE_FIELD_RSHIFT_U64 = 5,
	CORE_TYPE_ID_LOCAL = 6,
	CORE_TYPE_ID_TARGET = 7,
	CORE_TYPE_EXISTS = 8,
	CORE_TYPE_SIZE = 9,
	CORE_ENUMVAL_EXISTS = 10,
	CORE_ENUMVAL_VALUE = 11,
	CORE_TYPE_MATCHES = 12,
	CORE_KIND_COUNT,
};

static inline bool core_is_field(uint32_t kind) { return kind <= CORE_FIELD_RSHIFT_U64; }
static inline bool core_is_enumval(uint32_t kind)
{
	return kind == CORE_ENUMVAL_EXISTS || kind == CORE_ENUMVAL_VALUE;
}

/* A named member or an array index on the way; anonymous levels leave no step. */
struct core_step {
	uint32_t type; /* composite that has the member, or the element type */
	uint32_t index;
	const char *name; /* NULL: array index */
};

struct core_spec {
	const struct bt *bt;
	uint32_t root, kind;
	struct core_step steps[CORE_SPEC_MAX];
	unsigned n_steps;
	uint32_t raw[CORE_SPEC_MAX]; /* the access string, every level */
	unsigned n_raw;
	uint64_t bit_offset;
};

/* What one candidate, or none, makes of a relocation. */
struct core_result {
	uint64_t local_value, value;
	bool poison, validate, bad_size;
	uint64_t local_size, size; /* of the field, for loads and stores; 0: does not matter */
	uint32_t local_type, type; /* of the field */
};

/* 0 or -errno. */
int core_spec_parse(const struct bt *bt, const struct obj_core_rec *rec, struct core_spec *ret);
/* 1 matches, 0 does not, -errno. */
int core_spec_match(const struct core_spec *local, const struct bt *kernel, uint32_t id, struct core_spec *ret);
/* "struct sock.__sk_common.skc_family (0:0:2 @ offset 16)" */
char *core_spec_text(const struct core_spec *spec, struct arena *arena);

/* `target` NULL: nothing in the kernel matches. */
int core_value(uint32_t kind, const struct core_spec *local, const struct core_spec *target, struct core_result *ret);

const char *core_kind_name(uint32_t kind);

#endif
