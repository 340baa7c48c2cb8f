/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp: the reference interpreter.
 *
 * Runs a decoded program over regions of memory. It is slow and simple on purpose: its instruction semantics
 * come from isa_sem.h over numbers, its memory knows for every byte whether it exists, may be read or
 * written, and was initialised. Whatever a program must not do stops it with a fault that says what and where.
 *
 * Addresses: each region gets 2^40 bytes of address space of its own and lies in their middle, so an access
 * out of bounds never hits a neighbour unless the offset itself is gigantic. Address 0..2^40 is never mapped.
 * Function frames are regions too: r10 is the end of one; they are released on return.
 *
 * What the interpreter does not know it asks its hooks: helpers, kfuncs, map addresses, packet loads, memory
 * outside of all regions. A hook that is missing makes the program stop with INTERP_UNSUPPORTED.
 */
#ifndef PROVE_INTERP_H
#define PROVE_INTERP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prove/isa.h"

struct interp;
struct buf;

enum interp_stop {
	INTERP_EXIT,        /* r0 is the result */
	INTERP_BOUNDS,      /* access outside of any region */
	INTERP_NULL,        /* access near address 0 */
	INTERP_PERMISSION,  /* write to read-only memory, or read of unreadable */
	INTERP_UNINIT,      /* read of memory or a register never written (opts.strict) */
	INTERP_ALIGN,       /* misaligned atomic, or any misaligned access (opts.align) */
	INTERP_FREED,       /* access to a region that was released */
	INTERP_DEPTH,       /* call depth */
	INTERP_LIMIT,       /* instruction budget: not a fault of the program by itself */
	INTERP_UNSUPPORTED, /* needs a hook that is not there, or the hook refused */
	INTERP_NO_MEMORY,   /* the interpreter's own */
};

enum interp_access { INTERP_READ = 1, INTERP_WRITE = 2, INTERP_RW = 3 };

struct interp_result {
	enum interp_stop stop;
	uint64_t r0;
	uint32_t pc;     /* of the instruction that stopped it */
	uint64_t addr;   /* faults of memory */
	uint32_t size;
	enum interp_access access;
	uint64_t steps;  /* instructions executed */
	char message[160];
};

struct interp_region {
	const char *name;
	uint64_t base; /* address of the first byte */
	uint64_t size;
	uint8_t *data;
	uint8_t *init; /* one byte per byte: 1 once written; NULL: all initialised */
	enum interp_access access;
	bool freed;
	bool owned; /* data belongs to the interpreter */
	void *user; /* for the hooks */
};

/*
 * Hooks return 0, or a negative value: then the program stops with INTERP_UNSUPPORTED, unless the hook called
 * interp_fail() with something better. r[] are the registers; helpers return their r0 by ret_r0, or 1: they return nothing,
 * and r0 is not set.
 */
struct interp_hooks {
	void *ctx;
	int (*call)(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc,
		    const uint64_t args[5], uint64_t *ret_r0); /* helpers and kfuncs */
	int (*imm64)(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t *ret_value);
	int (*packet)(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t offset,
		      uint64_t *ret_value, bool *ret_outside); /* legacy loads */
	/* Access to no region. A read is answered in *value, `size` bytes; -1 leaves it a fault. */
	int (*memory)(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t addr,
		      uint32_t size, enum interp_access access, uint64_t *value);
	void (*trace)(void *ctx, const struct interp *it, uint32_t pc, const struct isa_insn *insn,
		      const uint64_t r[ISA_REGS]); /* before each instruction; may fail */
};

struct interp_opts {
	uint64_t max_steps;  /* 0: 10 million */
	uint32_t max_depth;  /* frames, 0: 8 as the kernel */
	unsigned n_args;     /* how many of r1..r5 have a value at the start, 0: all */
	bool strict;         /* reads of uninitialised registers and stack are faults */
	bool align;          /* every access must be aligned to its size */
	struct interp_hooks hooks;
};

int interp_new(const struct interp_opts *opts, struct interp **ret_interp);
void interp_free(struct interp *it);

/*
 * Add a region. data NULL: the interpreter's own zeroed memory. `initialised` false: reads need a write first
 * (in strict mode). The name is copied. Returns NULL without memory or address space.
 */
struct interp_region *interp_region_add(struct interp *it, const char *name, void *data, uint64_t size,
					enum interp_access access, bool initialised);
/* Later accesses are INTERP_FREED. Memory is kept until interp_free(). */
void interp_region_release(struct interp *it, struct interp_region *region);
/* The region whose 2^40 bytes of space the address lies in, or NULL. */
struct interp_region *interp_region_at(const struct interp *it, uint64_t addr);

/* For hooks: checked accesses on behalf of the program; on a fault they set the stop and return -1. */
int interp_read(struct interp *it, uint64_t addr, void *data, uint32_t size);
int interp_write(struct interp *it, uint64_t addr, const void *data, uint32_t size);
/* The frame of the function that runs, or the one that many calls outside of it; NULL: there is none. */
struct interp_region *interp_frame(const struct interp *it, uint32_t outer);
/* Whether a register was ever set (strict mode). */
bool interp_has_value(const struct interp *it, unsigned reg);
/* Stop the program; always returns -1. */
__attribute__((format(printf, 3, 4))) int interp_fail(struct interp *it, enum interp_stop stop, const char *fmt, ...);

/*
 * Run insns (from isa_decode_program()) from slot 0 with r1..r5 = args. The fault, if any, is in *ret; the
 * return value is 0 whenever the program ran, whatever became of it.
 */
int interp_run(struct interp *it, const struct isa_insn *insns, size_t n, const uint64_t args[5],
	       struct interp_result *ret);
/* The same from another slot: one function of the program. */
int interp_run_at(struct interp *it, const struct isa_insn *insns, size_t n, uint32_t start, const uint64_t args[5],
		  struct interp_result *ret);
/*
 * For hooks of helpers with a callback: run the function at slot pc of the same program, which gets the first n_args
 * arguments; in strict mode the others have no value. 0 or -1 (stopped).
 */
int interp_callback(struct interp *it, uint32_t pc, const uint64_t args[5], unsigned n_args, uint64_t *ret_r0);

/* Run exactly one straight instruction (ALU, load, store, atomic, ld_imm64): for per-instruction comparisons. */
int interp_step(struct interp *it, const struct isa_insn *insn, uint64_t r[ISA_REGS], struct interp_result *ret);

const char *interp_stop_name(enum interp_stop stop);

#endif
