/* SPDX-License-Identifier: GPL-2.0-only */
/* contract_ast: the parsed form of contracts; between what reads them (contract_parse.c, contract_expr.c) and contract_eval.c only. */
#ifndef PROVE_CONTRACT_AST_H
#define PROVE_CONTRACT_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "prove/symshare.h"

enum node_kind {
	NODE_NUM,    /* num */
	NODE_NAME,   /* text */
	NODE_UNARY,  /* op kid[0] */
	NODE_BINARY, /* kid[0] op kid[1] */
	NODE_COND,   /* kid[0] ? kid[1] : kid[2] */
	NODE_MEMBER, /* kid[0] . text (op '.') or -> (op '>') */
	NODE_INDEX,  /* kid[0] [ kid[1] ] */
	NODE_CALL,   /* text ( list ) */
	NODE_CAST,   /* ( text ) kid[0]: "u8".."s64", or "struct X *" */
	NODE_LIST,   /* { list } */
	NODE_RESULT,
	NODE_OLD,    /* kid[0] */
};

/* Operators of more than one character. */
enum { OP_LE = 256, OP_GE, OP_EQ, OP_NE, OP_AND, OP_OR, OP_SHL, OP_SHR, OP_IMPLIES, OP_IFF, OP_ARROW };

struct node {
	enum node_kind kind;
	int op;
	uint64_t num;
	const char *text;
	const struct node *kid[3];
	const struct node **list;
	uint32_t n;
	uint32_t line, col;
};

enum clause_kind { CLAUSE_AT /* at a call of `function` */, CLAUSE_CHECK /* an ensures that no caller relies on */,
		   CLAUSE_GIVEN /* one that callers rely on and that is not judged, because of `reason` */, CLAUSE_REQUIRES, CLAUSE_ENSURES, CLAUSE_ASSIGNS, CLAUSE_INVARIANT, CLAUSE_VARIANT };
/* What a block is about: a program, a function, a callback of bpf_loop, the elements of a map, a loop in code. */
enum block_kind { BLOCK_PROGRAM, BLOCK_FUNCTION, BLOCK_LOOP, BLOCK_MAP, BLOCK_HEAD };

struct clause {
	enum clause_kind kind;
	const char *label;   /* or NULL */
	const char *text;    /* as written */
	const struct node *assumes; /* of the behavior it stands in, or NULL */
	const struct node *expr;
	const char **maps;   /* assigns; "*p" is what parameter p points to */
	uint32_t n_maps;
	const char **keeps;  /* assigns: "map.member", of which no element is changed */
	uint32_t n_keeps;
	const char *function; /* at */
	const char *reason;   /* given */
	uint32_t line;
};

struct logic {
	const char *name;
	const char *param[8];
	uint32_t n_params;
	const struct node *body; /* NULL: any function of its arguments */
	bool truth; /* without a body: its values are true and false */
	struct logic *next;
};

struct block_ast {
	enum block_kind kind;
	const char *program; /* or the function, the callback, the map */
	const char *replaced; /* function: by this program at load, or NULL */
	const char *stable;   /* PROGRAM, FUNCTION: why kernel memory does not change while it runs, or NULL: it may */
	bool at_insn;         /* HEAD: `at` is an instruction, else a line, of at_file if not NULL */
	uint32_t at;
	const char *at_file;
	enum map_discipline discipline; /* MAP */
	uint32_t unroll;      /* LOOP, HEAD: so many iterations at most, each by itself; 0: not said */
	struct clause *clause;
	size_t n, cap;
	uint32_t line, col;
	struct block_ast *next;
};

/* A name for any number, the same throughout one proof. */
struct ghost {
	const char *name;
	struct ghost *next;
};

/* Specification functions: an object, or the C source that one is made of. */
struct spec {
	const char *path; /* as written, from the directory of the contract */
	uint32_t line, col;
	struct bpfobj *obj;
	struct spec *next;
};

struct contract {
	const char *file;
	struct spec *specs;
	struct ghost *ghosts;
	struct block_ast *blocks;
	struct logic *logics;
	const char *stable; /* of all programs and functions: see struct block_ast */
	bool modular; /* global functions without a contract are what the kernel's verifier takes them for */
	struct contract *next; /* another file */
};

#endif
