/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symfunc: functions of the object that are proved on their own.
 *
 * A function with a contract, and with opts.modular every global one, is not followed into: at a call its requires is an
 * obligation, then all that it may write holds anything, its result is anything, and its ensures is assumed. Its body is
 * executed once, from arguments as symfunc_enter() makes them, and has to meet the contract.
 *
 * What a function may write without `assigns`: every map and global, what its arguments point to; it may also hand out
 * records. What its arguments can be is what the kernel's verifier says of global functions: any numbers; pointers that are
 * null or point to initialised memory of the size of their type. The body is proved for arguments that share no memory
 * with each other and with maps, so calls where they may are not modelled.
 *
 * Recursion would be circular reasoning and is refused.
 */
#ifndef PROVE_SYMFUNC_H
#define PROVE_SYMFUNC_H

#include "prove/sym.h"

/* Whether calls of the function at that slot are by contract. */
bool symfunc_is_modular(struct sym *s, uint32_t start);
/* The call, by contract. */
struct state *symfunc_call(struct sym *s, struct state *st, uint32_t start);
/* r1 .. r5 as any caller may have them, for the function s->func. */
void symfunc_enter(struct sym *s, struct state *st);
/* The size of what parameter i points to; 0 when it is a number, negative when it is not modelled or there is none. */
int64_t symfunc_pointee(const struct sym *s, const struct bpfobj_func *f, uint32_t i);
/* In the log of what happened, a call by contract has this number instead of a helper's. */
#define SYMFUNC_HELPER (-2)

#endif
