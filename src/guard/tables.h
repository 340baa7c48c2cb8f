/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tables: the per-generation tables (cordon/abi.h) as user space makes and fills them. Every table is the inner
 * map of an outer array of CORDON_SLOTS; the list here and the templates in the object must agree, the kernel
 * refuses an inner map that does not.
 */
#ifndef GUARD_TABLES_H
#define GUARD_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "common/diag.h"
#include "policy/image.h"

enum table_id {
	TABLE_META,
	TABLE_SETS,
	TABLE_VALUES,
	TABLE_PREFIXES,
	TABLE_NAMES,
	TABLE_STATES,
	TABLE_BYTES,
	TABLE_ROOTS,
	TABLE_COUNT,
};

struct table {
	const char *outer; /* name of the outer map */
	uint32_t type;	   /* BPF_MAP_TYPE_* of the inner map */
	uint32_t flags;
	uint32_t key_size, value_size;
};

/* TABLE_COUNT entries, in the order of enum table_id. */
extern const struct table tables[TABLE_COUNT];

/* Entries of a table as two parallel arrays, the shape batch updates want. */
struct table_rows {
	const void *keys;   /* NULL: the row numbers */
	const void *values;
	size_t n;
	void *memory;	    /* what table_rows_done() frees */
};

/* The rows of one table of the image; meta gets `generation`. */
int table_rows_of(const struct image *image, enum table_id id, uint64_t generation, struct table_rows *ret_rows);
void table_rows_done(struct table_rows *rows);

/* Make the inner map and fill it; the caller owns *ret_fd. */
int table_create(enum table_id id, const struct table_rows *rows, int *ret_fd, struct diag *diag);

#endif
