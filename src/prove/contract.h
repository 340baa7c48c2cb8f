/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * contract: what a program is meant to do, in a file beside it, in ACSL's vocabulary.
 *
 *   // comment; also C comments
 *   program NAME {
 *     requires EXPR;          assumed of the inputs
 *     ensures [label:] EXPR;  has to hold at the exit
 *     behavior NAME { assumes EXPR; ensures [label:] EXPR; ... }
 *     assigns MAP, MAP, ...;  no other map is changed  ("assigns \nothing;")
 *   }
 *
 * EXPR is C's, over 64-bit integers, with ==> and <==>. Names are the hook's arguments (by the kernel's BTF), paths
 * through structures with -> and ., sizeof-free; constants decimal, hex, octal, characters.
 *   \result          the return value, a signed 32-bit int
 *   \old(EXPR)       EXPR as at the start: map contents; arguments and kernel memory are always as at the start
 *   has(MAP, KEY)    the map has the key;  MAP[KEY]  its value, MAP[KEY].field  a member
 *   KEY              an integer expression, or { EXPR, ... } for the members of a structure in order
 *   packet(OFF, N)   N (1, 2, 4, 8) bytes of the packet at OFF, as they lie, big endian; packet_len
 *   ctx.FIELD        a member of a struct context, as the program sees it
 *   bswap16/32/64(E), (s8)(s16)(s32)(s64)(u8)(u16)(u32)(u64) casts
 *   call(HELPER)     what that helper returned (the only call of it that ran); called(HELPER) whether any did
 *   emitted(MAP)     how many records were handed to the ring buffer
 *   NAME(E, ...)     a specification function, in C: compiled by the same clang, executed by the same engine
 * Unsigned and signed comparison: the operands' C types decide, plain numbers are signed 64 bits.
 *
 * An error anywhere refuses the whole file, with line and column.
 */
#ifndef PROVE_CONTRACT_H
#define PROVE_CONTRACT_H

#include <stdint.h>

struct arena;
struct bpfobj;
struct contract;
struct diag;
struct sym;

int contract_read(const char *path, struct arena *arena, struct diag *diag, struct contract **ret_contract);
int contract_parse(const char *text, const char *name, struct arena *arena, struct diag *diag,
		   struct contract **ret_contract);

/* After sym_run(): add the obligations of the program's clauses. Errors (unknown names, types) are -EINVAL. */
int contract_apply(const struct contract *c, struct sym *s, struct diag *diag);

uint32_t contract_clause_count(const struct contract *c, const char *program);
const char *contract_clause_text(const struct contract *c, const char *program, uint32_t i);
/* Programs named in the file that the object does not have: -ENOENT */
int contract_check_names(const struct contract *c, const struct bpfobj *obj, struct diag *diag);

#endif
