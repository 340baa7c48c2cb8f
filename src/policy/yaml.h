/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of YAML that policies are written in, as a tree with positions: one document of mappings, lists and scalars.
 * Aliases, anchors, tags and further documents are refused: a policy must say what it says where it stands.
 */
#ifndef POLICY_YAML_H
#define POLICY_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/diag.h"

#define YAML_DEPTH_MAX 32u
#define YAML_NODES_MAX 1000000u

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAPPING };

struct yaml_node {
	enum yaml_kind kind;
	unsigned line, column; /* 1-based, of its first character */
	const char *text;      /* of a scalar; no NUL inside */
	bool quoted;           /* of a scalar: written in quotes or as a block */
	struct yaml_node *key; /* of a value of a mapping: a scalar */
	struct yaml_node *first, *last, *next;
	size_t n; /* items, or pairs */
};

/*
 * Every fault goes to @diag with file (@name), line and column. -EINVAL: it is not such a document; -E2BIG: too large;
 * -ENOMEM. The tree is in @arena; it does not refer to @text.
 */
int yaml_parse(struct arena *arena, const char *name, const char *text, size_t size, struct yaml_node **ret_root,
	       struct diag *diag);

#endif
