/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many patterns over chains of names become one deterministic automaton: subset construction over components, and,
 * where globs could match a name, over its bytes. The tables are those of cordon/abi.h (names, states, bytes).
 *
 * Use: automaton_init(); add patterns; automaton_share(); open start states; automaton_build(); read the tables; automaton_done().
 *
 * A *position* is (pattern, components matched). A state is a set of positions, closed under what needs no name;
 * the patterns that are matched to their end in it are its accepts.
 */
#ifndef POLICY_AUTOMATON_H
#define POLICY_AUTOMATON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cordon/abi.h>

#include "policy/image.h"
#include "policy/numbers.h"
#include "policy/pattern.h"

#define AUTOMATON_NO_TAIL UINT32_MAX

struct automaton_pattern {
	struct pattern pattern;
	uint32_t first; /* its positions are first .. first + pattern.n */
	uint32_t tail;  /* index in `tails` of the positions that its end leads to, or AUTOMATON_NO_TAIL */
};

/* Beyond any of them: -E2BIG. */
struct automaton_limits {
	size_t states, rows, names;
	size_t positions; /* in all states together, and in the rows of one state: work memory */
};

struct automaton {
	struct automaton_pattern *patterns;
	size_t npatterns, patterns_cap;
	uint32_t *pattern_of; /* position -> pattern */
	uint32_t *same;       /* position -> the one that stands for all equal ones */
	size_t npositions, positions_cap, same_cap;
	struct numbers *tails;
	size_t ntails, tails_cap;

	struct number_sets states; /* positions of each; state 0 is the dead one, without any */

	struct cordon_node *nodes; /* one per state; next and glob are set here, the sets by the compiler */
	size_t nnodes, nodes_cap;
	struct image_name *names;
	size_t nnames, names_cap;
	uint32_t *bytes;
	size_t nbytes, bytes_cap;
	uint8_t byte_class[256];
	unsigned char class_byte[256]; /* one byte of each class */
	uint32_t nclasses, ncolumns;

	struct automaton_limits limits;
	uint32_t worst; /* after -E2BIG: the wildest pattern of what was being made, or UINT32_MAX */
};

/* 0 or -ENOMEM. The patterns' components must outlive the automaton. */
int automaton_init(struct automaton *a, const struct automaton_limits *limits);
void automaton_done(struct automaton *a);

/* *ret_number is the pattern's number in automaton_accepts(). */
int automaton_add(struct automaton *a, const struct pattern *pattern, uint32_t *ret_number);

/*
 * After all patterns, before the first state: positions with equal rests become one. @meanings, one per pattern:
 * patterns with equal numbers say the same where they end; automaton_accepts() tells one of them. 0, -ENOMEM.
 */
int automaton_share(struct automaton *a, const uint32_t *meanings);

/* Numbers the components of all patterns: equal ones equally. 0, -ENOMEM. */
int automaton_number(struct automaton *a);

/* The positions of these patterns at their beginning. */
int automaton_begin(struct automaton *a, const struct numbers *patterns, struct numbers *ret_positions);

/* What is left of @positions after the names of @chain, whose components are literal. */
int automaton_advance(struct automaton *a, const struct numbers *positions, const struct pattern *chain,
		      struct numbers *ret_positions);

/* Adds to @positions what waits for the names of @chain and goes on with @after. */
int automaton_prefix(struct automaton *a, const struct pattern *chain, const struct numbers *after,
		     struct numbers *positions);

/* The state of a set of positions; made if need be. 0, -ENOMEM, -E2BIG. */
int automaton_state(struct automaton *a, const struct numbers *positions, uint32_t *ret_state);

/* Makes all states that can be reached from those opened, and the tables. 0, -ENOMEM, -E2BIG. */
int automaton_build(struct automaton *a);

/* Sets `worst` from positions that are too much together. */
void automaton_accuse(struct automaton *a, const struct numbers *positions);

/* The patterns that end in a state. */
int automaton_accepts(const struct automaton *a, uint32_t state, struct numbers *ret_patterns);

/* The component that a position waits for; NULL at the end of its pattern. */
const struct pattern_component *automaton_waits_for(const struct automaton *a, uint32_t position);

/* Adds where a position leads when the component it waits for has matched a name. */
int automaton_follow(const struct automaton *a, uint32_t position, struct numbers *positions);

#endif
