// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdicts [--maps OBJ] [--first SEED] [--runs N] [--show SEED] [--quiet] N: N random programs, the prover's verdict on each against what
 * the reference interpreter runs into in N random worlds.
 *
 * A property that holds is violated by no run. The program is made smaller while it still shows the disagreement, and printed.
 * For the comparison with kernels (verdicts.test) each program gives a line: "V SEED TYPE VERDICT PROPERTY REASON".
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bpfobj/bpfobj.h"
#include "common/arena.h"
#include "common/buf.h"
#include "common/diag.h"
#include "prove/answers.h"
#include "prove/verdict.h"
#include "../tap.h"
#include "verdict_gen.h"
#include "verdict_world.h"

#define MEMORY (1ull << 30)

struct judge {
	struct bpfobj *maps;
	uint32_t index[VM_COUNT]; /* of the object's maps */
	struct sym_opts sym;
	struct smt_opts smt;
	unsigned runs;
};

struct judgement {
	bool valid; /* it could be decoded */
	enum verdict_kind kind[PROP_COUNT];
	enum verdict_kind whole; /* fails, or unknown, or holds */
	enum prop first;         /* whole is not holds: that property */
	char reason[440];
};

static uint32_t attach_type(uint32_t type) { return type == BPF_PROG_TYPE_CGROUP_SKB ? BPF_CGROUP_INET_EGRESS : 0; }

/* --- the prover --- */

static void summarise(const struct sym *s, const struct proof *proof, struct judgement *j)
{
	j->whole = VERDICT_HOLDS;
	for (size_t i = 0; i < proof->n; i++) {
		const struct verdict *v = &proof->verdict[i];

		j->kind[v->prop] = v->kind;
		if (v->kind == VERDICT_FAILS ? j->whole != VERDICT_FAILS : v->kind == VERDICT_UNKNOWN && j->whole == VERDICT_HOLDS) {
			j->whole = v->kind;
			j->first = v->prop;
			snprintf(j->reason, sizeof(j->reason), "insn %u: %s", v->insn, v->reason);
		}
	}
	if (s->n_gaps && j->whole == VERDICT_UNKNOWN)
		snprintf(j->reason, sizeof(j->reason), "%s", s->gap[0]);
}

static void prove(const struct judge *ju, const struct vprog *p, struct judgement *ret)
{
	struct bpfobj_func funcs[VGEN_FUNCS];
	struct bpf_insn insns[VGEN_MAX];
	struct bpfobj_prog prog = { .name = "generated", .section = vgen_type_name(p->type), .autoload = true, .known = true, .type = p->type,
				    .attach_type = attach_type(p->type), .attach_to = "", .insns = insns, .n_insns = p->n, .funcs = funcs,
				    .n_funcs = p->n_funcs };
	struct proof proof = { 0 };
	struct arena arena;
	struct diag diag;
	struct sym s = { 0 };

	*ret = (struct judgement){ .valid = false };
	for (uint32_t i = 0; i < p->n; i++) {
		insns[i] = p->insns[i];
		if (insns[i].code == (BPF_LD | BPF_DW | BPF_IMM) && insns[i].src_reg == BPF_PSEUDO_MAP_FD)
			insns[i].imm = (int32_t)ju->index[insns[i].imm];
	}
	for (uint32_t i = 0; i < p->n_funcs; i++)
		funcs[i] = (struct bpfobj_func){ .name = i ? "sub" : "generated", .start = p->func[i],
						 .len = (i + 1 < p->n_funcs ? p->func[i + 1] : p->n) - p->func[i] };
	arena_init(&arena, MEMORY);
	diag_init(&diag);
	if (!sym_init(&s, &arena, ju->maps, &prog, NULL, &ju->sym, &diag) && !sym_run(&s, &diag) && !verdict_all(&s, NULL, &ju->smt, &proof)) {
		ret->valid = true;
		summarise(&s, &proof, ret);
	}
	proof_done(&proof);
	sym_done(&s);
	diag_done(&diag);
	arena_done(&arena);
}

/* --- the worlds --- */

static bool said_to_hold(const struct judgement *j, enum prop p) { return j->kind[p] == VERDICT_HOLDS || j->kind[p] == VERDICT_ABSENT; }

/* The run shows that a verdict is wrong. */
static bool refutes(const struct judgement *j, const struct world_result *r)
{
	if (!r->fault)
		return false;
	if (r->prop == PROP_NULL || r->prop == PROP_MEMORY) /* what is null, and what is a number */
		return said_to_hold(j, PROP_NULL) && said_to_hold(j, PROP_MEMORY);
	return said_to_hold(j, r->prop);
}

/* Run in so many worlds; true when one shows the verdict wrong. *ret_faults: how many went wrong at all. */
static bool run_worlds(const struct vprog *p, const struct judgement *j, uint64_t seed, unsigned runs, struct world_result *ret, unsigned *ret_faults)
{
	const struct isa_insn *insns;
	struct arena arena;
	struct diag diag;
	bool wrong = false;

	*ret_faults = 0;
	arena_init(&arena, 0);
	diag_init(&diag);
	if (!isa_decode_program(p->insns, p->n, "generated", &arena, &diag, &insns))
		for (unsigned i = 0; i < runs && !wrong; i++) {
			struct world_result r;

			world_run(p, insns, seed * 1000003 + i, &r);
			*ret_faults += r.fault;
			wrong = refutes(j, &r);
			if (wrong)
				*ret = r;
		}
	diag_done(&diag);
	arena_done(&arena);
	return wrong;
}

/* --- showing --- */

static void show(const struct vprog *p)
{
	const struct isa_insn *insns;
	struct arena arena;
	struct diag diag;
	struct buf b = BUF_INIT;

	arena_init(&arena, 0);
	diag_init(&diag);
	if (!isa_decode_program(p->insns, p->n, "generated", &arena, &diag, &insns))
		for (uint32_t i = 0; i < p->n; i++) {
			if (!insns[i].slots || (insns[i].op == ISA_JA && insns[i].target == i + 1))
				continue;
			buf_printf(&b, "#   %u: ", i);
			isa_print(&insns[i], i, &b);
			if (insns[i].op == ISA_LD_IMM64 && insns[i].imm_kind == ISA_IMM_MAP_FD)
				buf_printf(&b, "  ; %s", vmap_shape[insns[i].imm].name);
			buf_putc(&b, '\n');
		}
	printf("%s", buf_str(&b));
	buf_done(&b);
	diag_done(&diag);
	arena_done(&arena);
}

/* Leave out what is not needed for the disagreement. */
static void minimise(const struct judge *ju, struct vprog *p, uint64_t seed)
{
	const struct bpf_insn nothing = { .code = BPF_JMP | BPF_JA };
	struct vprog t;

	for (uint32_t len = 32; len; len /= 2)
		for (uint32_t at = 0; at < p->n; at += len) {
			struct judgement j;
			struct world_result r;
			unsigned faults;
			bool any = false;

			t = *p;
			for (uint32_t i = at; i < at + len && i < t.n; i++)
				if (t.insns[i].code && t.insns[i].code != (BPF_JMP | BPF_EXIT)) {
					any |= memcmp(&t.insns[i], &nothing, sizeof(nothing)) != 0;
					if (t.insns[i].code == (BPF_LD | BPF_DW | BPF_IMM) && i + 1 < t.n)
						t.insns[i + 1] = nothing;
					t.insns[i] = nothing;
					t.packet_load[i] = 0;
				}
			if (!any)
				continue;
			prove(ju, &t, &j);
			if (j.valid && run_worlds(&t, &j, seed, ju->runs, &r, &faults))
				*p = t;
		}
}

/* --- the whole --- */

struct counts {
	unsigned holds, fails, unknown, invalid, wrong, seen;
};

static void one(const struct judge *ju, uint64_t seed, bool quiet, struct counts *c)
{
	static struct vprog p;
	struct judgement j;
	struct world_result r;
	unsigned faults;

	vgen_program(&p, seed);
	prove(ju, &p, &j);
	if (!j.valid) {
		c->invalid++;
		printf("# seed %" PRIu64 " is no program\n", seed);
		return;
	}
	c->holds += j.whole == VERDICT_HOLDS;
	c->fails += j.whole == VERDICT_FAILS;
	c->unknown += j.whole == VERDICT_UNKNOWN;
	bool wrong = run_worlds(&p, &j, seed, ju->runs, &r, &faults);
	c->seen += j.whole == VERDICT_FAILS && faults;
	if (!quiet)
		printf("V %" PRIu64 " %s %s %s %s\n", seed, vgen_type_name(p.type), verdict_name(j.whole),
		       j.whole == VERDICT_HOLDS ? "-" : prop_name(j.first), j.whole == VERDICT_HOLDS ? "" : j.reason);
	if (!wrong)
		return;
	c->wrong++;
	if (c->wrong > 5)
		return;
	printf("# seed %" PRIu64 ": '%s' is said to hold; instruction %u: %s\n", seed, prop_name(r.prop), r.pc, r.message);
	minimise(ju, &p, seed);
	show(&p);
}

static int open_maps(struct judge *ju, const char *path)
{
	const struct bpfobj_opts opts = { 0 };
	struct diag diag;
	int r;

	diag_init(&diag);
	r = bpfobj_open(path, &opts, &diag, &ju->maps);
	for (uint32_t i = 0; !r && i < VM_COUNT; i++) {
		const struct vmap_shape *v = &vmap_shape[i];
		const struct bpfobj_map *m = bpfobj_map_find(ju->maps, v->name);

		ju->index[i] = m ? m->index : 0;
		if (!m || m->type != v->type || m->key_size != v->key_size || m->value_size != v->value_size ||
		    m->max_entries != v->max_entries || m->flags != v->flags)
			r = diag_fail(&diag, -EINVAL, DIAG_AT(.file = path), "map %s is another one", v->name);
	}
	if (!r)
		r = smt_opts_init(&ju->smt, NULL, &diag);
	if (!r)
		r = answers_open(NULL, &diag, &ju->smt.answers);
	diag_print(&diag, stdout);
	diag_done(&diag);
	return r;
}

int main(int argc, char **argv)
{
	const char *maps = "build/prove/verdict_maps.o";
	struct judge ju = { .runs = 60, .smt = { .timeout = 5, .memory_mb = 1024 } };
	struct counts c = { 0 };
	uint64_t first = 1, n = 0, only = 0;
	bool quiet = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--maps") && i + 1 < argc)
			maps = argv[++i];
		else if (!strcmp(argv[i], "--first") && i + 1 < argc)
			first = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--runs") && i + 1 < argc)
			ju.runs = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--show") && i + 1 < argc)
			only = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--quiet"))
			quiet = true;
		else
			n = strtoull(argv[i], NULL, 10);
	}
	if (!tap_ok(!open_maps(&ju, maps), "the maps of %s", maps))
		return tap_done();
	ju.sym = (struct sym_opts){ .max_unroll = 40, .max_steps = 200000, .max_seconds = 20, .max_terms = 1u << 20, .smt = ju.smt };
	if (only) {
		static struct vprog p;

		vgen_program(&p, only);
		show(&p);
		one(&ju, only, false, &c);
		return c.wrong != 0;
	}
	for (uint64_t seed = first; seed < first + n; seed++)
		one(&ju, seed, quiet, &c);
	printf("# seeds %" PRIu64 " to %" PRIu64 ": %u hold, %u fail (%u of them in one of %u random worlds, too), %u unknown\n", first,
	       first + n - 1, c.holds, c.fails, c.seen, ju.runs, c.unknown);
	tap_ok(c.wrong == 0, "no run of %u violates what is said to hold", c.holds + c.fails + c.unknown);
	tap_ok(!c.invalid && c.holds * 5 > n && c.fails * 5 > n, "a fifth holds, a fifth fails");
	answers_close(ju.smt.answers);
	bpfobj_free(ju.maps);
	return tap_done();
}
