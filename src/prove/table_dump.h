/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * table_dump: the elements of a map as `bpftool -j map dump` prints them.
 *
 *   [{"key":["0x01",...],"value":["0x00",...]}, ...]               with "formatted" beside when the kernel has BTF of the map
 *   [{"key":[...],"values":[{"cpu":0,"value":[...]}, ...]}, ...]   of maps with a value for each processor
 *   {"key":[...],"value":{"error":"..."}}                          what went, or could not be read, meanwhile
 */
#ifndef PROVE_TABLE_DUMP_H
#define PROVE_TABLE_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct arena;
struct bpfobj_map;
struct diag;

struct table_element {
	const uint8_t *key, *value; /* of the map's sizes; value NULL: it could not be read */
	const char *error;          /* ... because of that */
	int cpu;                    /* -1: of no processor */
	unsigned line;              /* where it begins */
};

struct table_dump {
	const struct bpfobj_map *map;
	const char *path;
	struct table_element *element; /* as they came */
	size_t n, cap;
	uint32_t *by_key;              /* their order by key */
};

/* Whether the map has a value for each processor. */
bool table_dump_per_cpu(const struct bpfobj_map *map);

/* All of it, with the map's sizes, into the arena. -EINVAL with line and column; -ENOMEM. */
int table_dump_read(FILE *in, const char *path, const struct bpfobj_map *map, struct arena *arena, struct diag *diag,
		    struct table_dump *ret_dump);
/* The element of that key, NULL: there is none. */
const struct table_element *table_dump_find(const struct table_dump *d, const uint8_t *key);

#endif
