/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A glob as a sequence of components. Braces are multiplied out, so one glob may give several patterns.
 *
 *     /srv/{a,b}? and below     ->   [lit srv] [glob a?] [repeat any]   and   [lit srv] [glob b?] [repeat any]
 */
#ifndef POLICY_PATTERN_H
#define POLICY_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"

#define PATTERN_EXPANSIONS_MAX 1024u /* of one glob */

/* One step of a component's byte matcher: a byte of the set, or (star) any number of any bytes. */
struct pattern_token {
	bool star;
	uint64_t set[4];
};

enum pattern_kind {
	PATTERN_LITERAL, /* the bytes of `text` */
	PATTERN_GLOB,    /* tokens; long literals, too */
	PATTERN_ANY,     /* every name */
};

struct pattern_component {
	enum pattern_kind kind;
	bool repeat; /* any number of names like this, none too */
	const char *text; /* of a literal and of every component of pattern_from_path() */
	size_t len;
	struct pattern_token *tokens;
	size_t ntokens;
	uint32_t number; /* in an automaton: equal components have one */
};

struct pattern {
	struct pattern_component *components;
	size_t n;
};

/*
 * The patterns of an absolute glob whose syntax was checked when it was parsed. 0, -E2BIG past
 * PATTERN_EXPANSIONS_MAX, -ENOMEM, -EINVAL.
 */
int pattern_from_glob(struct arena *arena, const char *glob, struct pattern **ret_patterns, size_t *ret_n);

/* The name of a unix socket behind POLICY_ABSTRACT: one component, in which '/' is a byte like others. */
int pattern_from_abstract(struct arena *arena, const char *name, struct pattern **ret_patterns, size_t *ret_n);

/* `services:` items. The name N of a unit stands for N below any number of *.slice, and all below N; a path for itself. */
int pattern_from_unit(struct arena *arena, const char *unit, struct pattern **ret_patterns, size_t *ret_n);

/* The literal chain of an absolute path without glob characters ("/" has none). */
int pattern_from_path(struct arena *arena, const char *path, struct pattern *ret_pattern);

/* Whether a name matches a component, by backtracking. */
bool pattern_component_matches(const struct pattern_component *component, const char *name, size_t len);

static inline bool token_has(const struct pattern_token *token, unsigned char byte)
{
	return token->star || token->set[byte / 64] >> byte % 64 & 1;
}

#endif
