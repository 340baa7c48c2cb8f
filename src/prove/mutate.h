/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mutate: the subcommand `mutate`: proves mutants of the programs of an object in place of the programs, and counts how
 * many are noticed. A mutant that still satisfies everything is equivalent, or shows a clause that is missing.
 */
#ifndef PROVE_MUTATE_H
#define PROVE_MUTATE_H

int mutate_main(int argc, char **argv);

#endif
