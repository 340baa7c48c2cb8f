/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict_world: a kernel of a few maps and helpers for the reference interpreter, written from what the kernel does and not from
 * the prover's table. Everything that a program is not told is drawn at random: contexts, packets, what maps hold, whether there is memory,
 * what an LRU evicts, what kernel memory holds.
 *
 * A run says which property it violates first, if any.
 */
#ifndef TESTS_PROVE_VERDICT_WORLD_H
#define TESTS_PROVE_VERDICT_WORLD_H

#include "prove/isa.h"
#include "prove/sym.h"
#include "verdict_gen.h"

struct world_result {
	bool fault;
	enum prop prop;   /* fault */
	bool unclear;     /* ran out of steps, or asked for what is not there */
	uint32_t pc;
	uint64_t r0, steps;
	char message[200];
};

/* Run p (insns is it, decoded) in a world drawn from `seed`. */
void world_run(const struct vprog *p, const struct isa_insn *insns, uint64_t seed, struct world_result *ret);

#endif
