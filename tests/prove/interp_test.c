// SPDX-License-Identifier: GPL-2.0-only
/* interp_test: the interpreter's memory, faults and hooks, which the instruction vectors cannot reach. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/diag.h"
#include "prove/interp.h"
#include "prove/isa_text.h"
#include "../tap.h"

struct world {
	struct interp *it;
	struct interp_region *data, *frozen;
	unsigned calls, traced;
	uint64_t seen;
};

/* Helpers of this test: 1 gives the sum of its arguments; 2 runs the callback r2 for r1 times; 3 releases "data";
 * 4 reads 4 bytes at r1 on behalf of the program; 5 fails. */
static int call(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, const uint64_t a[5], uint64_t *r0)
{
	struct world *w = ctx;
	uint32_t word = 0;

	w->calls++;
	switch (insn->imm) {
	case 1:
		*r0 = a[0] + a[1] + a[2] + a[3] + a[4];
		return 0;
	case 2:
		for (uint64_t i = 0; i < a[0]; i++)
			if (interp_callback(it, (uint32_t)a[1], (const uint64_t[5]){ i, a[2] }, 2, r0))
				return -1;
		return 0;
	case 3:
		interp_region_release(it, w->data);
		*r0 = 0;
		return 0;
	case 4:
		if (interp_read(it, a[0], &word, 4))
			return -1;
		*r0 = word;
		return 0;
	default:
		return -1;
	}
}

static int imm64(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t *ret)
{
	struct world *w = ctx;

	if (insn->imm_kind == ISA_IMM_FUNC)
		*ret = insn->target;
	else
		*ret = insn->imm == 1 ? w->frozen->base : w->data->base;
	return 0;
}

static int packet(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t offset, uint64_t *ret,
		  bool *outside)
{
	*outside = offset + insn->size / 8u > 16;
	*ret = offset * 256 + insn->size / 8u;
	return 0;
}

/* Addresses below 2^40 except the first page belong to the hook. */
static int memory(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t addr, uint32_t size,
		  enum interp_access access, uint64_t *value)
{
	struct world *w = ctx;

	if (addr < 4096)
		return -1;
	if (access == INTERP_READ)
		*value = addr + size;
	else
		w->seen = *value;
	return 0;
}

static void trace(void *ctx, const struct interp *it, uint32_t pc, const struct isa_insn *insn, const uint64_t r[ISA_REGS])
{
	((struct world *)ctx)->traced++;
}

static struct interp_result run(const char *text, bool align, struct world *w)
{
	struct interp_opts opts = { .strict = true, .align = align, .max_steps = 100000,
				    .hooks = { .ctx = w, .call = call, .imm64 = imm64, .packet = packet, .memory = memory,
					       .trace = trace } };
	struct interp_result r = { .stop = INTERP_UNSUPPORTED };
	const struct isa_insn *insns;
	struct bpf_insn *raw;
	struct arena arena;
	struct diag diag;
	size_t n;

	*w = (struct world){ 0 };
	arena_init(&arena, 0);
	diag_init(&diag);
	if (!isa_assemble(text, "test", &arena, &diag, &raw, &n) &&
	    !isa_decode_program(raw, n, "test", &arena, &diag, &insns) && !interp_new(&opts, &w->it)) {
		w->data = interp_region_add(w->it, "data", NULL, 16, INTERP_RW, false);
		w->frozen = interp_region_add(w->it, "frozen", NULL, 16, INTERP_READ, true);
		interp_run(w->it, insns, n, (const uint64_t[5]){ w->data->base, 16 }, &r);
		interp_free(w->it);
	}
	diag_print(&diag, stdout);
	diag_done(&diag);
	arena_done(&arena);
	return r;
}

static void value(const char *what, const char *text, uint64_t want)
{
	struct world w;
	struct interp_result r = run(text, false, &w);

	if (!tap_ok(r.stop == INTERP_EXIT && r.r0 == want, "%s", what))
		printf("# %s: r0 = %#llx: %s\n", interp_stop_name(r.stop), (unsigned long long)r.r0, r.message);
}

static void fault(const char *what, const char *text, enum interp_stop stop, uint32_t pc, const char *message)
{
	struct world w;
	struct interp_result r = run(text, false, &w);

	if (!tap_ok(r.stop == stop && r.pc == pc && strstr(r.message, message), "%s: %s", what, interp_stop_name(stop)))
		printf("# insn %u: %s: %s\n", r.pc, interp_stop_name(r.stop), r.message);
}

static void check_memory(void)
{
	fault("memory never written", "r0 = *(u8 *)(r1 +3)\nexit", INTERP_UNINIT, 0, "read of 1 bytes at data+3");
	fault("memory written in part", "*(u32 *)(r1 +0) = 1\nr0 = *(u64 *)(r1 +0)\nexit", INTERP_UNINIT, 1, "8 bytes");
	value("memory written before", "*(u32 *)(r1 +4) = 7\nr0 = *(u16 *)(r1 +4)\nexit", 7);
	fault("stack never written", "r0 = *(u8 *)(r10 -1)\nexit", INTERP_UNINIT, 0, "stack");
	fault("a register never written", "r0 = r7\nexit", INTERP_UNINIT, 0, "register r7");
	fault("r0 at exit", "exit", INTERP_UNINIT, 0, "register r0");
	fault("an argument register after a call", "r2 = 1\nr3 = 1\nr4 = 1\nr5 = 1\ncall 1\nr0 = r1\nexit", INTERP_UNINIT, 5,
	      "register r1");
	fault("a callee-saved register in the callee", "r6 = 1\ncall pc f\nexit\nf: r0 = r6\nexit", INTERP_UNINIT, 3,
	      "register r6");
	value("and after the call it is back", "r6 = 1\ncall pc f\nr0 = r6\nexit\nf: r0 = 0\nexit", 1);
	fault("a write to read-only memory", "r1 = map[1]\n*(u8 *)(r1 +0) = 1\nr0 = 0\nexit", INTERP_PERMISSION, 2, "frozen");
	value("a read of it", "r1 = map[1]\nr0 = *(u64 *)(r1 +8)\nexit", 0);
	fault("an atomic on it", "r1 = map[1]\nr2 = 1\nlock *(u64 *)(r1 +0) += r2\nr0 = 0\nexit", INTERP_PERMISSION, 3, "write");
	fault("memory that was released", "r6 = r1\n*(u8 *)(r6 +0) = 1\ncall 3\nr0 = *(u8 *)(r6 +0)\nexit", INTERP_FREED, 3,
	      "data+0");
	fault("far beyond", "r2 = 0x7fffffff\nr1 += r2\nr0 = *(u8 *)(r1 +0)\nexit", INTERP_BOUNDS, 2, "its size is 16");
	fault("the null page", "r1 = 8\nr0 = *(u8 *)(r1 +0)\nexit", INTERP_NULL, 1, "0x8");
}

static void check_hooks(void)
{
	struct world w;
	struct interp_result r;

	value("a helper gets five arguments", "r1 = 1\nr2 = 2\nr3 = 3\nr4 = 4\nr5 = 5\ncall 1\nexit", 15);
	value("a callback runs with index and context",
	      "*(u64 *)(r10 -8) = 0\nr1 = 4\nr2 = func pc f\nr3 = r10\nr3 += -8\ncall 2\nr0 = *(u64 *)(r10 -8)\nexit\n"
	      "f: r3 = *(u64 *)(r2 +0)\nr3 += r1\n*(u64 *)(r2 +0) = r3\nr0 = 0\nexit", 6);
	value("the caller's registers survive callbacks",
	      "r6 = 77\n*(u64 *)(r10 -8) = 0\nr1 = 2\nr2 = func pc f\nr3 = r10\nr3 += -8\ncall 2\nr0 = r6\nexit\n"
	      "f: r6 = 1\nr0 = 0\nexit", 77);
	fault("a fault inside a callback stops all", "r1 = 1\nr2 = func pc f\nr3 = 0\ncall 2\nr0 = 0\nexit\nf: r1 = 0\n"
	      "r0 = *(u8 *)(r1 +0)\nexit", INTERP_NULL, 8, "0x0");
	fault("a helper's own access is checked", "r1 += 14\ncall 4\nexit", INTERP_BOUNDS, 1, "4 bytes at data+14");
	fault("a helper that refuses", "call 5\nexit", INTERP_UNSUPPORTED, 0, "helper 5");
	value("a packet load", "r6 = r1\nr0 = *(u16 *)skb[3]\nexit", 0x302);
	value("an indirect packet load", "r6 = r1\nr7 = 4\nr0 = *(u8 *)skb[r7 + 1]\nexit", 0x501);
	value("one outside ends the program with 0", "r6 = r1\nr0 = *(u32 *)skb[13]\nr0 = 99\nexit", 0);
	value("memory of no region is the hook's", "r1 = 0x5000 ll\nr0 = *(u32 *)(r1 +4)\nexit", 0x5008);
	r = run("r1 = 0x5000 ll\n*(u8 *)(r1 +0) = 0x1ff\nr0 = 0\nexit", false, &w);
	tap_ok(r.stop == INTERP_EXIT && w.seen == 0xff, "stores there, too, cut to their size");
	r = run("r0 = 1\nr0 = 2\nexit", false, &w);
	tap_ok(w.traced == 3 && r.steps == 3, "every instruction is traced and counted");
	r = run("*(u32 *)(r1 +2) = 1\nr0 = 0\nexit", true, &w);
	tap_ok(r.stop == INTERP_ALIGN, "misaligned accesses are found when asked for");
	r = run("*(u32 *)(r1 +2) = 1\nr0 = 0\nexit", false, &w);
	tap_ok(r.stop == INTERP_EXIT, "and allowed when not");
}

int main(void)
{
	check_memory();
	check_hooks();
	return tap_done();
}
