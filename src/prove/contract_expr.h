/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * contract_expr: the expressions of contracts.
 */
#ifndef PROVE_CONTRACT_EXPR_H
#define PROVE_CONTRACT_EXPR_H

#include "prove/contract_ast.h"

struct lexer;

/* An expression, up to the word that is none of it. Never NULL: what is wrong is an error of the lexer. */
const struct node *expr_read(struct lexer *l);
/* An empty node, with the place of the word that is read now. */
struct node *expr_node(struct lexer *l, enum node_kind kind);

#endif
