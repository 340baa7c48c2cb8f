/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * contract_spec: functions in C that contracts call.
 *
 * `specification "FILE";` names C source, which is compiled to BPF by clang (the variable CLANG, else clang-14 or clang), or a
 * BPF object. Each function with a section of its own (SEC("spec")) can be called by its name. It is pure: up to five
 * numbers in, one number out, no helpers, no maps, no globals; whatever else it does refuses the contract. It is
 * executed by the engine that executes the program, so the two are compared as bytecode under one semantics.
 */
#ifndef PROVE_CONTRACT_SPEC_H
#define PROVE_CONTRACT_SPEC_H

#include <stdbool.h>
#include "prove/contract_eval.h"

/* Call NAME as a specification function; false when there is none of that name. */
bool contract_spec_call(struct cenv *e, const struct node *n, struct cval *ret_value);

#endif
