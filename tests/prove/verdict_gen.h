/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict_gen: random whole programs that look like real ones, some right and some wrong.
 *
 * A program is a chain of idioms (look a key up and test for null, compare a packet's bytes with its end, reserve, fill and submit a record,
 * loop over an array, lock and unlock ...); some programs do each step as it should be, others now and then leave out a check, compare
 * the wrong way or go one too far. Nothing here knows whether the result is safe. The same seed gives the same program.
 *
 * References to maps are by number: ld_imm64 with src = BPF_PSEUDO_MAP_FD and imm = enum vmap.
 */
#ifndef TESTS_PROVE_VERDICT_GEN_H
#define TESTS_PROVE_VERDICT_GEN_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/bpf.h>

#define VGEN_MAX 512
#define VGEN_FUNCS 8

/* As in verdict_maps.bpf.c. */
enum vmap { VM_ARRAY, VM_ONE, VM_HASH, VM_WIDE, VM_LRU, VM_PCPU_ARRAY, VM_PCPU_HASH, VM_LOCK_ARRAY, VM_LOCK_HASH, VM_READONLY, VM_RING, VM_COUNT };

struct vmap_shape {
	const char *name;
	uint32_t type, key_size, value_size, max_entries, flags;
	bool lock; /* in the first 4 bytes of its values */
};
extern const struct vmap_shape vmap_shape[VM_COUNT];

struct vprog {
	uint32_t type; /* BPF_PROG_TYPE_* */
	struct bpf_insn insns[VGEN_MAX];
	uint32_t n;
	uint8_t packet_load[VGEN_MAX]; /* by slot: loads the start (1) or end (2) of the packet from the context */
	uint32_t func[VGEN_FUNCS];     /* first slots; [0] is 0 */
	uint32_t n_funcs;
};

uint64_t vgen_random(uint64_t *state);
/* Edges, small, random. */
uint64_t vgen_value(uint64_t *state);
void vgen_program(struct vprog *p, uint64_t seed);
const char *vgen_type_name(uint32_t type);

#endif
