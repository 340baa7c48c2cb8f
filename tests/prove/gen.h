/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gen: random programs that a kernel's verifier accepts, from the rows of the instruction table.
 *
 * A program works on a 256-byte map value at r6 and 64 bytes of its stack:
 *
 *   map value:  0..71 initial r0-r5, r7-r9 (and scratch)   ..127 scratch   128..199 final registers   200..255 final stack
 *
 * The same seed gives the same program.
 */
#ifndef TESTS_PROVE_GEN_H
#define TESTS_PROVE_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>

#define GEN_VALUE_SIZE 256
#define GEN_MAX 1024

struct gen {
	uint64_t state;
	bool v4; /* instructions of 2023: signed division, sign extension, bswap, gotol */
	struct bpf_insn insns[GEN_MAX];
	size_t n;
	size_t call_at; /* slot of the call of the subprogram, 0: none */
	int loop_reg;   /* must be kept, -1: none */
	bool has_map;   /* r6 is the map value (not in the subprogram) */
};

uint64_t gen_random(struct gen *g);
/* Operands worth trying: edges, small, random. */
uint64_t gen_value(struct gen *g);
/* Fills insns; the ld_imm64 of the map value has imm = map_fd. */
void gen_program(struct gen *g, uint64_t seed, bool v4, int map_fd);

#endif
