/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * contract_table: the invariants of a map, on elements that somebody read from a real one.
 *
 * The evaluator is that of proofs (contract_eval.h): an element is a region of known bytes, so that its clauses fold to true or
 * false. A clause that does not fold depends on something that was not read, and is unknown, with what that is.
 */
#ifndef PROVE_CONTRACT_TABLE_H
#define PROVE_CONTRACT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpfobj;
struct bpfobj_map;
struct contract;
struct contract_table;
struct diag;
struct sym_contents;

/* A number that a clause read. */
struct table_read {
	const char *name; /* "value->used", "ports[3].open" */
	uint64_t value;
	bool is_unsigned;
};

/* A clause that an element does not have, or of which that is not known. */
struct table_finding {
	bool unknown;
	const char *reason; /* unknown: why */
	const char *file, *text; /* of the clause */
	uint32_t line, col;
	const struct table_read *read;
	size_t n_reads;
};
typedef void (*table_found)(void *ctx, const struct table_finding *f);

/* How many clauses the contract has about the elements of that map. */
size_t contract_table_clauses(const struct contract *c, const char *map);
/* Whether the contract says of elements of some other map something about this one. */
bool contract_table_named(const struct contract *c, const char *map);

/*
 * others: what is known of maps that clauses name; all arguments have to stay. -EINVAL: a clause makes no sense.
 */
int contract_table_open(const struct contract *c, const struct bpfobj *obj, const struct bpfobj_map *map,
			const struct sym_contents *others, struct diag *diag, struct contract_table **ret_table);
/* found() is called for each clause that this element does not have; the finding lives until it returns. -ENOMEM. */
int contract_table_judge(struct contract_table *t, const uint8_t *value, table_found found, void *ctx);
void contract_table_close(struct contract_table *t);

#endif
