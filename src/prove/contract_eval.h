/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * contract_eval: expressions of contracts as terms over the same execution.
 *
 * A value is a number (64 bits, with what C would say about its sign), a boolean, or a place: typed memory of the
 * kernel, of a map row or of the context, which is loaded when a number is wanted.
 */
#ifndef PROVE_CONTRACT_EVAL_H
#define PROVE_CONTRACT_EVAL_H

#include "prove/contract_ast.h"
#include "prove/sym.h"

struct bpfobj_func;

enum place { PLACE_NONE, PLACE_KERNEL, PLACE_ROW, PLACE_BOOL, PLACE_LIST };

struct cval {
	enum place place;
	term t;          /* number, or boolean (PLACE_BOOL) */
	bool is_u64;     /* compared without sign */
	const struct bt *bt;
	uint32_t type;
	term addr;             /* PLACE_KERNEL */
	const char *owner;     /* PLACE_KERNEL, layouts: the member this is */
	term sym;              /* PLACE_KERNEL: an offset that is no constant, or TERM_NONE; see symlayout.h */
	const struct val *ptr; /* PLACE_ROW; PLACE_NONE: it is a pointer to `type` of bt, which is the object's */
	uint64_t off;
	bool old;              /* PLACE_ROW: contents as at the start */
	uint32_t bit_off, bit_size; /* a bit-field at addr or off */
	const struct node *list;
	bool is_null_able;
};

/* The parameters of a function and what they are bound to. */
struct cparams {
	const char *name[5];
	struct cval value[5];
	uint32_t n;
	unsigned result_bits; /* 0: it returns nothing */
	bool result_signed;
};

struct cenv;

/* Who wants to know which numbers a clause reads: `value` is that of the place v. */
struct contract_reads {
	void (*add)(struct contract_reads *r, struct cenv *e, const struct cval *v, term value);
};

struct cenv {
	struct sym *s;
	const struct state *pre, *post; /* \old is judged in pre, before map operation `before`; all else in post */
	uint32_t before;
	size_t pre_regions;        /* before > 0: how many there were then */
	const struct val *result;  /* or NULL */
	const struct cparams *fn;  /* of a function's contract; NULL: a program's */
	const struct contract *c;
	const char *file;
	struct diag *diag;
	const char *at_call; /* of this helper or function: the last entry of the log, which has no result yet; or NULL */
	bool own;            /* of a body, not of a call: the clause may be about what that run did */
	bool at_head;        /* of a loop: registers and the frame have names */
	term count;          /* at_head: \count */
	bool old;            /* at the start */
	bool after;          /* in after(): \old would mean that */
	bool anew;           /* of a function that is called: what it will read, or has read, of kernel memory is anything */
	struct contract_reads *reads; /* or NULL */
	bool real;           /* contents are known: what decides && || ==> may keep the rest from making sense, as in C */
	bool failed;
	unsigned depth;
	const char *param[8];
	struct cval arg[8];
	uint32_t n_params;
};

/* A boolean term; env->failed (with a diag) when the expression makes no sense. */
term contract_bool(struct cenv *e, const struct node *n);
struct cval contract_value(struct cenv *e, const struct node *n);
/* 64 bits */
term contract_number(struct cenv *e, const struct node *n, struct cval *v);
struct cval contract_fail(struct cenv *e, const struct node *n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
struct cval contract_int(struct cenv *e, term t64, bool is_u64);
struct cval contract_truth(term b);

/* contract_place.c */
term contract_kernel_byte(struct cenv *e, term addr);
struct cval contract_name(struct cenv *e, const struct node *n);
struct cval contract_member(struct cenv *e, const struct node *n, struct cval base);
struct cval contract_index(struct cenv *e, const struct node *n);
/* The element of a map, or of an inner one. NULL: it makes no sense. */
const struct val *contract_element(struct cenv *e, const struct node *map, const struct node *key, const struct bpfobj_map **ret_map);
/* contract_builtin.c */
struct cval contract_call(struct cenv *e, const struct node *n);
term contract_load(struct cenv *e, const struct node *n, const struct cval *v, bool *ret_u64);
/* Bind the parameters of a function of the object; false when its types are not known. */
bool contract_bind(struct sym *s, const struct bpfobj_func *f, const struct val *const arg[5], struct cparams *ret);
/* What a pointer of that type leads to. */
const struct bt_type *contract_pointee(const struct bt *bt, const struct bt_type *ptr);
/* contract_loop.c */
bool contract_register(struct cenv *e, const char *name, struct cval *ret);
bool contract_head_call(struct cenv *e, const struct node *n, struct cval *ret);
const struct block_ast *contract_find_block(const struct contract *c, enum block_kind kind, const char *name,
					    const struct contract **ret_file);
/* `value` is that element. */
void contract_bind_element(struct cenv *e, uint32_t type, const struct region *r, struct cparams *ret);
/* Whether clauses of the block, or the functions that they use, have that name in them. */
bool contract_block_names(const struct contract *c, const struct block_ast *b, const char *name);
/* contract_map.c: invariants at the start of a program, and at its end */
void contract_map_start(struct cenv *e, const struct contract *c);
void contract_map_end(struct cenv *e, const struct contract *c);
int contract_check_map(const struct contract *c, const struct block_ast *b, const struct bpfobj *obj, struct diag *diag);
struct map_model *contract_map(struct cenv *e, const struct node *n);

#endif
