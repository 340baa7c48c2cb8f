// SPDX-License-Identifier: GPL-2.0-only
/*
 * interp: see interp.h. Control, calls and faults are here, memory in interp_mem, meaning in isa_sem.
 *
 * Must never read or write outside of a checked region, and never go on after a fault.
 */
#include "prove/interp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prove/interp_mem.h"
#include "prove/isa_sem.h"

#define INTERP_DEFAULT_STEPS 10000000
#define INTERP_DEFAULT_DEPTH 8

struct interp_frame {
	uint32_t return_to;
	bool is_callback; /* exit of this frame ends interp_frames_run() */
	uint64_t saved[4]; /* r6..r9 of the caller */
	uint64_t saved_fp;
	uint16_t saved_known;
	struct interp_region *stack;
};

struct interp {
	struct interp_opts opts;
	struct interp_mem mem;
	const struct isa_insn *insns;
	size_t n;
	uint64_t r[ISA_REGS];
	uint16_t known; /* registers that hold a value, for strict mode */
	uint32_t pc;
	struct interp_frame *frames;
	uint32_t depth;
	uint64_t steps;
	bool stopped;
	struct interp_result result;
};

int interp_new(const struct interp_opts *opts, struct interp **ret_interp)
{
	struct interp *it = calloc(1, sizeof(*it));

	if (!it)
		return -1;
	it->opts = *opts;
	if (!it->opts.max_steps)
		it->opts.max_steps = INTERP_DEFAULT_STEPS;
	if (!it->opts.max_depth)
		it->opts.max_depth = INTERP_DEFAULT_DEPTH;
	it->frames = calloc(it->opts.max_depth, sizeof(*it->frames));
	if (!it->frames) {
		free(it);
		return -1;
	}
	*ret_interp = it;
	return 0;
}

void interp_free(struct interp *it)
{
	if (!it)
		return;
	interp_mem_done(&it->mem);
	free(it->frames);
	free(it);
}

struct interp_region *interp_region_add(struct interp *it, const char *name, void *data, uint64_t size,
					enum interp_access access, bool initialised)
{
	return interp_mem_add(&it->mem, name, data, size, access, initialised);
}

void interp_region_release(struct interp *it, struct interp_region *region)
{
	region->freed = true;
}

struct interp_region *interp_region_at(const struct interp *it, uint64_t addr)
{
	return interp_mem_at(&it->mem, addr);
}

const char *interp_stop_name(enum interp_stop stop)
{
	switch (stop) {
	case INTERP_EXIT:
		return "exit";
	case INTERP_BOUNDS:
		return "access out of bounds";
	case INTERP_NULL:
		return "access through a null pointer";
	case INTERP_PERMISSION:
		return "access not permitted";
	case INTERP_UNINIT:
		return "read of uninitialised data";
	case INTERP_ALIGN:
		return "misaligned access";
	case INTERP_FREED:
		return "access to released memory";
	case INTERP_DEPTH:
		return "calls nested too deep";
	case INTERP_LIMIT:
		return "instruction limit reached";
	case INTERP_UNSUPPORTED:
		return "not supported";
	case INTERP_NO_MEMORY:
		return "out of memory";
	}
	return "?";
}

bool interp_has_value(const struct interp *it, unsigned reg) { return it->known >> reg & 1; }

int interp_fail(struct interp *it, enum interp_stop stop, const char *fmt, ...)
{
	va_list ap;

	if (it->stopped)
		return -1;
	it->stopped = true;
	it->result.stop = stop;
	it->result.pc = it->pc;
	va_start(ap, fmt);
	vsnprintf(it->result.message, sizeof(it->result.message), fmt, ap);
	va_end(ap);
	return -1;
}

static int interp_fault(struct interp *it, enum interp_stop stop, uint64_t addr, uint32_t size,
			enum interp_access access, const struct interp_region *region)
{
	const char *verb = access == INTERP_READ ? "read" : "write";

	it->result.addr = addr;
	it->result.size = size;
	it->result.access = access;
	if (region)
		return interp_fail(it, stop, "%s: %s of %u bytes at %s%+" PRId64 " (its size is %" PRIu64 ")",
				   interp_stop_name(stop), verb, size, region->name,
				   (int64_t)(addr - region->base), region->size);
	return interp_fail(it, stop, "%s: %s of %u bytes at 0x%" PRIx64, interp_stop_name(stop), verb, size, addr);
}

int interp_read(struct interp *it, uint64_t addr, void *data, uint32_t size)
{
	struct interp_region *region;
	enum interp_stop stop = interp_mem_check(&it->mem, addr, size, INTERP_READ, it->opts.strict, &region);

	if (stop != INTERP_EXIT)
		return interp_fault(it, stop, addr, size, INTERP_READ, region);
	interp_mem_load(region, addr, data, size);
	return 0;
}

int interp_write(struct interp *it, uint64_t addr, const void *data, uint32_t size)
{
	struct interp_region *region;
	enum interp_stop stop = interp_mem_check(&it->mem, addr, size, INTERP_WRITE, false, &region);

	if (stop != INTERP_EXIT)
		return interp_fault(it, stop, addr, size, INTERP_WRITE, region);
	interp_mem_store(region, addr, data, size);
	return 0;
}

/*
 * An access by the instruction itself: 1..8 bytes, little endian. Answers of the memory hook count only for
 * addresses that belong to no region.
 */
static int interp_access(struct interp *it, const struct isa_insn *insn, uint64_t addr, enum interp_access access,
			 uint64_t *value)
{
	const struct interp_hooks *h = &it->opts.hooks;
	uint32_t size = insn->size / 8u;
	uint8_t bytes[8] = { 0 };

	if ((it->opts.align || isa_is_atomic(insn->op)) && addr % size)
		return interp_fault(it, INTERP_ALIGN, addr, size, access, interp_region_at(it, addr));
	if (h->memory && !interp_region_at(it, addr)) {
		int rc = h->memory(h->ctx, it, insn, it->pc, addr, size, access, value);

		if (it->stopped)
			return -1;
		if (rc == 0)
			return 0;
	}
	if (access == INTERP_READ) {
		if (interp_read(it, addr, bytes, size))
			return -1;
		*value = 0;
		for (uint32_t i = 0; i < size; i++)
			*value |= (uint64_t)bytes[i] << (8 * i);
		return 0;
	}
	for (uint32_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(*value >> (8 * i));
	return interp_write(it, addr, bytes, size);
}

static void interp_set(struct interp *it, unsigned reg, uint64_t value)
{
	it->r[reg] = value;
	it->known |= (uint16_t)(1u << reg);
}

static int interp_atomic(struct interp *it, const struct isa_insn *insn)
{
	const struct isa_algebra *alg = &isa_algebra_concrete;
	uint64_t addr = it->r[insn->dst] + (uint64_t)(int64_t)insn->off;
	uint64_t old, new_value;

	if (interp_access(it, insn, addr, INTERP_READ, &old))
		return -1;
	new_value = isa_sem_atomic(alg, insn, old, it->r[insn->src], it->r[0]);
	if (interp_access(it, insn, addr, INTERP_WRITE, &new_value))
		return -1;
	if (insn->op == ISA_ATOMIC_CMPXCHG)
		interp_set(it, 0, old);
	else if (insn->fetch)
		interp_set(it, insn->src, old);
	return 0;
}

static int interp_imm64(struct interp *it, const struct isa_insn *insn)
{
	const struct interp_hooks *h = &it->opts.hooks;
	uint64_t value = insn->imm64;

	if (insn->imm_kind != ISA_IMM_VALUE) {
		if (!h->imm64)
			return interp_fail(it, INTERP_UNSUPPORTED, "reference to a map, variable or function");
		if (h->imm64(h->ctx, it, insn, it->pc, &value))
			return interp_fail(it, INTERP_UNSUPPORTED, "reference that cannot be resolved");
	}
	interp_set(it, insn->dst, value);
	return 0;
}

/* Everything that goes on to the next slot. */
static int interp_straight(struct interp *it, const struct isa_insn *insn)
{
	const struct isa_algebra *alg = &isa_algebra_concrete;
	uint64_t value;

	if (isa_is_alu(insn->op)) {
		interp_set(it, insn->dst, isa_sem_alu(alg, insn, it->r[insn->dst], it->r[insn->src]));
		return 0;
	}
	if (isa_is_atomic(insn->op))
		return interp_atomic(it, insn);
	switch (insn->op) {
	case ISA_LOAD:
	case ISA_LOAD_SX:
		if (interp_access(it, insn, it->r[insn->src] + (uint64_t)(int64_t)insn->off, INTERP_READ, &value))
			return -1;
		interp_set(it, insn->dst, isa_sem_load(alg, insn, value));
		return 0;
	case ISA_STORE_REG:
	case ISA_STORE_IMM:
		value = isa_sem_store(alg, insn, it->r[insn->src]);
		return interp_access(it, insn, it->r[insn->dst] + (uint64_t)(int64_t)insn->off, INTERP_WRITE,
				     &value);
	case ISA_LD_IMM64:
		return interp_imm64(it, insn);
	default:
		return interp_fail(it, INTERP_UNSUPPORTED, "instruction '%s' here", isa_op_name(insn->op));
	}
}

/* A frame of its own stack; the registers of the caller that it must keep are saved in it. */
static int interp_push(struct interp *it, uint32_t return_to, bool is_callback)
{
	struct interp_frame *f;

	if (it->depth >= it->opts.max_depth)
		return interp_fail(it, INTERP_DEPTH, "more than %u frames", it->opts.max_depth);
	f = &it->frames[it->depth];
	*f = (struct interp_frame){ .return_to = return_to, .is_callback = is_callback,
				    .saved_fp = it->r[ISA_REG_FP], .saved_known = it->known & 0x7c0 };
	memcpy(f->saved, &it->r[6], sizeof(f->saved));
	f->stack = interp_mem_add(&it->mem, "stack", NULL, ISA_STACK_SIZE, INTERP_RW, false);
	if (!f->stack)
		return interp_fail(it, INTERP_NO_MEMORY, "no memory for a stack frame");
	it->depth++;
	it->r[ISA_REG_FP] = f->stack->base + ISA_STACK_SIZE;
	it->known = (it->known & 0x3e) | 1u << ISA_REG_FP;
	return 0;
}

static void interp_pop(struct interp *it)
{
	struct interp_frame *f = &it->frames[--it->depth];

	interp_region_release(it, f->stack);
	memcpy(&it->r[6], f->saved, sizeof(f->saved));
	it->r[ISA_REG_FP] = f->saved_fp;
	it->known = f->saved_known | (it->known & 1); /* r0 is the result, r1..r5 are lost */
	it->pc = f->return_to;
}

struct interp_region *interp_frame(const struct interp *it, uint32_t outer)
{
	return outer < it->depth ? it->frames[it->depth - 1 - outer].stack : NULL;
}

static int interp_call(struct interp *it, const struct isa_insn *insn)
{
	const struct interp_hooks *h = &it->opts.hooks;
	uint64_t r0 = 0;
	int done;

	if (insn->op == ISA_CALL_LOCAL) {
		if (interp_push(it, it->pc + 1, false))
			return -1;
		it->pc = insn->target;
		return 0;
	}
	if (!h->call)
		return interp_fail(it, INTERP_UNSUPPORTED, "call of %s %d",
				   insn->op == ISA_CALL_KFUNC ? "kfunc" : "helper", insn->imm);
	done = h->call(h->ctx, it, insn, it->pc, &it->r[1], &r0);
	if (done < 0)
		return interp_fail(it, INTERP_UNSUPPORTED, "call of %s %d refused",
				   insn->op == ISA_CALL_KFUNC ? "kfunc" : "helper", insn->imm);
	if (it->stopped)
		return -1;
	interp_set(it, 0, r0);
	it->known &= (uint16_t)(done ? ~0x3fu : ~0x3eu);
	it->pc++;
	return 0;
}

/* 1: the program (or callback) ended. A legacy load outside of the packet ends the program with 0. */
static int interp_legacy(struct interp *it, const struct isa_insn *insn)
{
	const struct interp_hooks *h = &it->opts.hooks;
	uint64_t offset = (uint64_t)(int64_t)insn->imm, value = 0;
	bool outside = false;

	if (insn->op == ISA_LEGACY_IND)
		offset = (uint32_t)(it->r[insn->src] + offset);
	if (!h->packet)
		return interp_fail(it, INTERP_UNSUPPORTED, "legacy packet load");
	if (h->packet(h->ctx, it, insn, it->pc, offset, &value, &outside))
		return interp_fail(it, INTERP_UNSUPPORTED, "legacy packet load refused");
	it->known &= (uint16_t)~0x3eu;
	interp_set(it, 0, outside ? 0 : value);
	it->pc++;
	return outside ? 1 : 0;
}

static int interp_check_known(struct interp *it, const struct isa_insn *insn)
{
	uint16_t reads = isa_reads(insn);

	if (isa_is_call(insn->op))
		return 0; /* how many arguments a call reads only its prototype says: the hook checks */
	if ((reads & it->known) == reads)
		return 0;
	if (insn->op == ISA_EXIT && !it->frames[it->depth - 1].is_callback)
		return 0; /* nobody need look at what a function returns */
	return interp_fail(it, INTERP_UNINIT, "register r%d has no value",
			   __builtin_ctz(reads & ~(unsigned)it->known));
}

/* One instruction. 0: go on, 1: the outermost frame of this run returned, -1: stopped. */
static int interp_one(struct interp *it)
{
	const struct isa_insn *insn = &it->insns[it->pc];
	const struct interp_hooks *h = &it->opts.hooks;

	if (it->steps++ >= it->opts.max_steps)
		return interp_fail(it, INTERP_LIMIT, "more than %" PRIu64 " instructions", it->opts.max_steps);
	if (h->trace)
		h->trace(h->ctx, it, it->pc, insn, it->r);
	if (it->stopped)
		return -1;
	if (it->opts.strict && interp_check_known(it, insn))
		return -1;
	if (insn->op == ISA_EXIT) {
		bool last = it->frames[it->depth - 1].is_callback;

		interp_pop(it);
		return last;
	}
	if (insn->op == ISA_JA) {
		it->pc = insn->target;
		return 0;
	}
	if (isa_is_cond_jump(insn->op)) {
		bool taken = isa_sem_cond(&isa_algebra_concrete, insn, it->r[insn->dst], it->r[insn->src]);

		it->pc = taken ? insn->target : it->pc + 1;
		return 0;
	}
	if (isa_is_call(insn->op))
		return interp_call(it, insn);
	if (insn->op == ISA_LEGACY_ABS || insn->op == ISA_LEGACY_IND)
		return interp_legacy(it, insn);
	if (interp_straight(it, insn))
		return -1;
	it->pc += insn->slots;
	return 0;
}

static int interp_frames_run(struct interp *it)
{
	int rc;

	do
		rc = interp_one(it);
	while (rc == 0);
	return rc < 0 ? -1 : 0;
}

int interp_run(struct interp *it, const struct isa_insn *insns, size_t n, const uint64_t args[5],
	       struct interp_result *ret)
{
	return interp_run_at(it, insns, n, 0, args, ret);
}

int interp_run_at(struct interp *it, const struct isa_insn *insns, size_t n, uint32_t start, const uint64_t args[5],
		  struct interp_result *ret)
{
	it->insns = insns;
	it->n = n;
	it->pc = start;
	it->steps = 0;
	it->depth = 0;
	it->stopped = false;
	it->result = (struct interp_result){ 0 };
	memset(it->r, 0, sizeof(it->r));
	memcpy(&it->r[1], args, 5 * sizeof(args[0]));
	it->known = it->opts.n_args ? (uint16_t)((1u << (it->opts.n_args + 1)) - 2) : 0x3e;
	if (!interp_push(it, 0, true) && !interp_frames_run(it))
		it->result.stop = INTERP_EXIT;
	it->result.r0 = it->r[0];
	it->result.steps = it->steps;
	*ret = it->result;
	return 0;
}

int interp_callback(struct interp *it, uint32_t pc, const uint64_t args[5], unsigned n_args, uint64_t *ret_r0)
{
	uint32_t back = it->pc;
	uint64_t saved[6];
	uint16_t known = it->known;

	if (pc >= it->n || !it->insns[pc].slots)
		return interp_fail(it, INTERP_UNSUPPORTED, "callback at %u is no instruction", pc);
	memcpy(saved, it->r, sizeof(saved));
	memcpy(&it->r[1], args, 5 * sizeof(args[0]));
	it->known = (uint16_t)((it->known & ~0x3e) | ((1u << (n_args + 1)) - 2));
	if (interp_push(it, back, true))
		return -1;
	it->pc = pc;
	if (interp_frames_run(it))
		return -1;
	*ret_r0 = it->r[0];
	memcpy(it->r, saved, sizeof(saved));
	it->known = known;
	return 0;
}

int interp_step(struct interp *it, const struct isa_insn *insn, uint64_t r[ISA_REGS], struct interp_result *ret)
{
	it->stopped = false;
	it->pc = 0;
	it->result = (struct interp_result){ 0 };
	memcpy(it->r, r, sizeof(it->r));
	it->known = 0x7ff;
	interp_straight(it, insn);
	memcpy(r, it->r, sizeof(it->r));
	it->result.r0 = it->r[0];
	it->result.steps = 1;
	*ret = it->result;
	return 0;
}
