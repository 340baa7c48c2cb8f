/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * contract: what a program is meant to do, in a file beside it, in ACSL's vocabulary.
 *
 *   // comment; also C comments
 *   program NAME {
 *     requires EXPR;          assumed of the inputs
 *     ensures [label:] EXPR;  has to hold at the exit
 *     behavior NAME { assumes EXPR; ensures [label:] EXPR; ... }
 *     check ensures [label:] EXPR;    as ensures; of a function: not relied on by callers, and may be about its own run
 *     at NAME ensures [label:] EXPR;  has to hold whenever that helper, or function that is judged by its contract, is
 *                           called; maps and globals are as they are then, arg(NAME, 0) what it gets
 *     assigns MAP, MAP, ...;  no other map is changed  ("assigns \nothing;")
 *   }
 *   function NAME {           what a function of the object demands of its callers and does: calls are judged by it, its
 *     (the same clauses)      body once. assigns may have *PARAMETER
 *     replaced by PROGRAM;    at load (freplace), by a program of the object that has to meet this contract, too
 *   }
 *   loop CALLBACK { invariant EXPR; ensures [label:] EXPR; }   of bpf_loop: before each iteration, and after the last; its parameters by
 *                            name. What each iteration ensures: \old is its beginning, \result what the callback returns. Of
 *                            bpf_for_each_map_elem: its context by name, \visited is the number of elements before it
 *   loop CALLBACK { unroll N; }    of bpf_loop: each iteration by itself, N at most, which has to be true
 *   loop FUNCTION at LINE {   of a loop in the code of a program or function, by a source line ("FILE" LINE) or "instruction N"
 *     invariant EXPR;         where it is entered, and after each iteration; r0..r9, w0..w9 are registers, stack(OFF, N) the
 *     variant EXPR; }         frame, offset(REG) a pointer's place in its object, next(OFF), end(OFF) an iterator's numbers. The variant gets smaller and not negative
 *   specification "FILE";     functions in C: see contract_spec.h
 *   map NAME { invariant EXPR; }   of each element, which is *value, whenever no program runs; with "shared;" at any moment,
 *                            with "locked;" whenever nobody holds the element's lock
 *   map NAME { constant; }   nobody changes its elements (those of the maps in it) while the program runs, nor does the program
 *   ghost NAME;               any number, the same in all clauses
 *   stable "REASON";         kernel memory does not change while a program runs (in a block: that program or function); else every
 *                            read of it may give something else, and clauses speak of what the first read of a place gives
 *   modular;                  every global function without a contract is taken as the kernel's verifier takes it
 *
 * EXPR is C's, over 64-bit integers, with ==> and <==>. Names are the hook's arguments (by the kernel's BTF), paths
 * through structures with -> and ., sizeof-free; constants decimal, hex, octal, characters.
 *   \result          the return value, a signed 32-bit int
 *   \old(EXPR)       EXPR as at the start: map contents; arguments and kernel memory are always as at the start
 *   \task            the running task: tasks[\task].f
 *   \count           at the head of a loop in code: how often it came round before
 *   has(MAP, KEY)    the map has the key;  MAP[KEY]  its value, MAP[KEY].field  a member
 *   KEY              an integer expression, or { EXPR, ... } for the members of a structure in order
 *   packet(OFF, N)   N (1, 2, 4, 8) bytes of the packet at OFF, as they lie, big endian; packet_len
 *   ctx.FIELD        a member of a struct context, as the program sees it
 *   bswap16/32/64(E), (s8)(s16)(s32)(s64)(u8)(u16)(u32)(u64) casts
 *   call(HELPER)     what that helper returned (the only call of it that ran); called(HELPER) whether any did
 *   after(FUNCTION, E)  E as the last call of that function, which is judged by its contract, left it
 *   failed(HELPER)   whether any call of it returned something else than 0
 *   kernel(E, N)     N (1 to 8) bytes of kernel memory at address E, little endian
 *   emitted(MAP)     how many records were handed to the ring buffer
 *   NAME(E, ...)     a specification function, in C: compiled by the same clang, executed by the same engine
 * Unsigned and signed comparison: the operands' C types decide, plain numbers are signed 64 bits.
 *
 * An error anywhere refuses the whole file, with line and column.
 */
#ifndef PROVE_CONTRACT_H
#define PROVE_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "prove/symshare.h"
#include "prove/term.h"

struct arena;
struct block_ast;
struct func_cfg;
struct bpfobj_func;
struct bpfobj_map;
struct bpfobj_prog;
struct state;
struct val;
struct bpfobj;
struct contract;
struct diag;
struct sym;
struct region;

int contract_read(const char *path, struct arena *arena, struct diag *diag, struct contract **ret_contract);
int contract_parse(const char *text, const char *name, struct arena *arena, struct diag *diag,
		   struct contract **ret_contract);

/* Compile and open specification functions; contract_close() gives them back. */
int contract_open_specs(struct contract *c, struct diag *diag);
void contract_close(struct contract *c);

/* After sym_run(): add the obligations of the program's clauses. Errors (unknown names, types) are -EINVAL. */
int contract_apply(const struct contract *c, struct sym *s, struct diag *diag);

/* name: that of a program, or "function:F" */
uint32_t contract_clause_count(const struct contract *c, const char *name);
const char *contract_clause_text(const struct contract *c, const char *name, uint32_t i);
/* Programs and functions named in the file that the object does not have: -ENOENT */
int contract_check_names(const struct contract *c, const struct bpfobj *obj, struct diag *diag);

/* The subprogram of that name, and a program that has it. NULL: none. */
const struct bpfobj_func *contract_func_find(const struct bpfobj *obj, const char *name, const struct bpfobj_prog **ret_prog);
bool contract_is_modular(const struct contract *c);
/* Why kernel memory does not change while that program (or "function:F") runs; NULL: it may. */
const char *contract_stable(const struct contract *c, const char *name);
bool contract_has_function(const struct contract *c, const char *name, bool *ret_replaced);
/* NULL behind the last */
const char *contract_nth_function(const struct contract *c, uint32_t i);

/* One call of a function by its contract. */
struct contract_call {
	const struct bpfobj_func *func;
	const struct val *const *arg;   /* five */
	const struct state *pre, *post; /* before and after; for requires the same */
	uint32_t before;                /* the number of map operations, and of regions, before it */
	size_t pre_regions;
	const struct val *result;
	term visited;                   /* the callback of a walk over a map: elements visited so far; else TERM_NONE */
};

/* Add what it requires as obligations in call->post. */
void contract_call_requires(struct sym *s, const struct contract_call *call);
/* Obligations of the program's own clauses about calls of that helper or function, in st; the call is the last in the log. */
void contract_at_call(struct sym *s, const char *function, const struct state *st);
bool contract_has_loop(const struct contract *c, const char *callback);
/* So many iterations at most has the loop of that callback, each to be executed by itself; 0: the contract does not say so. */
uint32_t contract_loop_unroll(const struct contract *c, const char *callback);
/* The block about the callback makes no sense, for that reason. */
void contract_loop_refuse(struct sym *s, const char *callback, const char *why);
/* The invariant of the loop whose callback is call->func, in call->post. */
term contract_loop_invariant(struct sym *s, const struct contract_call *call);
/* Obligations: what an iteration that began in call->pre ensures, in call->post, whether another one follows or not. */
void contract_loop_ensures(struct sym *s, const struct contract_call *call);

/* Whether there is an invariant of a map that programs may break while they run. */
bool contract_has_invariants(const struct contract *c);
enum map_discipline contract_map_discipline(const struct sym *s, const struct bpfobj_map *map);
/* What the map's block says of the element as st has it. */
term contract_map_invariant(struct sym *s, const struct bpfobj_map *map, const struct state *st, const struct region *element);

/* Mark the loops of a function (symcfg.h) that blocks of the contract are about; a block that means no loop, or several, is an error. */
void contract_find_heads(struct sym *s, struct func_cfg *cfg);
/* A state at the head of such a loop. */
struct contract_head {
	const struct block_ast *block;
	const struct bpfobj_func *func; /* it is in, and what that was called with: five */
	const struct val *const *arg;
	const struct state *entry, *at; /* \old is judged in entry, before map operation `before` */
	term count;                     /* how often the loop came round before */
	uint32_t before;
	size_t pre_regions;
};
term contract_head_invariant(struct sym *s, const struct contract_head *h);
bool contract_head_has_variant(const struct contract_head *h);
/* So often the loop comes round at most, each time to be executed by itself; 0: the block does not say so. */
uint32_t contract_head_unroll(const struct block_ast *b);
/* The block makes no sense, for that reason. */
void contract_head_refuse(struct sym *s, const struct contract_head *h, const char *why);
/* 64 bits, to be compared without sign or with it. */
term contract_head_variant(struct sym *s, const struct contract_head *h, bool *ret_u64);

/*
 * Whether a clause about what is proved, or an invariant of a loop, names the map (or the map that it is an inner one of): only
 * then is it worth to follow it through loops.
 */
bool contract_speaks_of(const struct sym *s, const struct bpfobj_map *map);

/* What a function ensures. */
term contract_call_ensures(struct sym *s, const struct contract_call *call);
/* Whether the function may change a map, or (map NULL) what a parameter points to ("*p"). */
bool contract_call_assigns(const struct contract *c, const struct bpfobj *obj, const char *function, const char *what,
			   const struct bpfobj_map *map);
/* Of a map that it may change: marks the bytes of elements' values that it does not ("assigns M - member"). Whether there are any. */
bool contract_call_keeps(const struct contract *c, const struct bpfobj *obj, const char *function, const struct bpfobj_map *map, uint8_t *ret_kept);

#endif
