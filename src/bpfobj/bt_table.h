/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bt_table: the inside of a BTF table, shared by the reader (bt.c), the checker (bt_check.c) and the
 * queries (bt_query.c). Not for anybody else.
 */
#ifndef BPFOBJ_BT_TABLE_H
#define BPFOBJ_BT_TABLE_H

#include "bpfobj/bt.h"
#include "common/arena.h"

struct bt {
	const struct bt *base;
	const char *name;          /* for diagnostics */
	struct arena arena;
	const char *strings;
	uint32_t strings_start;    /* offset of our first string: the length of the base's strings */
	uint32_t strings_len;
	uint32_t first;            /* id of types[0]; 0 without a base: types[0] is void */
	uint32_t count;            /* own types */
	struct bt_type *types;
	uint32_t *offsets;         /* in the type section, of each own type: for diagnostics */
	int64_t *sizes;            /* bytes, or -errno; filled by bt_check() */
	uint32_t *name_heads;      /* hash of essential names: id, 0 ends a chain */
	uint32_t *name_next;       /* per own type, ascending ids */
	uint32_t name_mask;
};

/* Refuse references, sizes and nestings that make no sense; computes sizes. */
int bt_check(struct bt *bt, struct diag *diag);

/* Build the index of names. */
int bt_index(struct bt *bt);

/* Types with the given essential name in this table (not its base), ascending; start with *id = 0. */
const struct bt_type *bt_next_essential(const struct bt *bt, const char *name, size_t len, uint32_t *id);

#endif
