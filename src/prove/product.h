/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * product: does a changed program do the same as the program? Both are executed at once, on the same inputs, maps and answers (struct
 * sym_variant), and a solver is asked for a difference in anything that others can see: the result, what the maps, the packet and the
 * context hold at the end and whenever a function that is known by its contract only is called, and every call with an effect, in
 * order, with what it is given. Calls that only look are no difference.
 *
 * An answer of the environment stands for both programs only where both ask the same. So whatever is unknown after the changed
 * instruction has to belong to a question that was compared, or nothing is said.
 */
#ifndef PROVE_PRODUCT_H
#define PROVE_PRODUCT_H

#include "prove/sym.h"

struct models;

/*
 * After sym_init(), before sym_run(): at slot `insn`, `with` may stand in the place of the instruction. -ENOMEM.
 */
int product_start(struct sym *s, uint32_t insn, const struct isa_insn *with);
/*
 * After sym_run(), and contract_apply() where there is a contract, whose requires are assumed: proved to be the same. Else *ret_why says why that is not said: a difference, or what is not known. Differences are looked
 * for in `models` (may be NULL) before a solver is asked.
 */
bool product_same(struct sym *s, const struct smt_opts *opts, struct models *models, const char **ret_why);

#endif
