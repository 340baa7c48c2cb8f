// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_diff [--v4] [--jit|--no-jit] [--first SEED] N: N random programs run by this machine's kernel
 * (BPF_PROG_TEST_RUN; socket filters, XDP and system-call programs in turn) and by our interpreter. Result, registers,
 * stack and map value must be equal; a disagreement prints the seed and both machines' values. Run in a virtual
 * machine, as root. Static, with no library: for small guests. Prints TAP.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/diag.h"
#include "gen.h"
#include "prove/interp.h"
#include "../tap.h"

struct counts {
	unsigned run, refused, differ, compiled;
};

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

static int map_new(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = GEN_VALUE_SIZE,
				.max_entries = 1 };

	return (int)bpf(BPF_MAP_CREATE, &attr);
}

static int map_io(int cmd, int fd, void *value)
{
	uint32_t key = 0;
	union bpf_attr attr = { .map_fd = (uint32_t)fd, .key = (uintptr_t)&key, .value = (uintptr_t)value };

	return (int)bpf(cmd, &attr);
}

/* Whether the kernel's JIT made machine code of it. */
static bool is_compiled(int fd)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (uint32_t)fd, .info_len = sizeof(info),
					  .info = (uintptr_t)&info } };

	return !bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) && info.jited_prog_len;
}

/* 0, or 1 when the verifier refuses. The seed chooses among program types that BPF_PROG_TEST_RUN knows. */
static int kernel_run(const struct gen *g, uint64_t seed, int map_fd, uint8_t value[GEN_VALUE_SIZE], uint32_t *ret,
		      struct counts *c)
{
	static const uint32_t types[] = { BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SYSCALL };
	static uint8_t packet[64];
	union bpf_attr load = { .prog_type = types[seed % 3], .insns = (uintptr_t)g->insns,
				.insn_cnt = (uint32_t)g->n, .license = (uintptr_t)"GPL" };
	union bpf_attr run = { 0 };
	int fd;

	if (load.prog_type == BPF_PROG_TYPE_SYSCALL)
		load.prog_flags = BPF_F_SLEEPABLE;

	fd = (int)bpf(BPF_PROG_LOAD, &load);
	if (fd < 0)
		return 1;
	c->compiled += is_compiled(fd);
	map_io(BPF_MAP_UPDATE_ELEM, map_fd, value);
	run.test.prog_fd = (uint32_t)fd;
	if (load.prog_type != BPF_PROG_TYPE_SYSCALL) {
		run.test.data_in = (uintptr_t)packet;
		run.test.data_size_in = sizeof(packet);
	}
	if (bpf(BPF_PROG_TEST_RUN, &run)) {
		printf("# BPF_PROG_TEST_RUN: %s\n", strerror(errno));
		close(fd);
		return -1;
	}
	*ret = run.test.retval;
	map_io(BPF_MAP_LOOKUP_ELEM, map_fd, value);
	close(fd);
	return 0;
}

static int map_value(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t *ret)
{
	*ret = ((struct interp_region *)ctx)->base + (insn->imm64 >> 32);
	return insn->imm_kind == ISA_IMM_MAP_VALUE ? 0 : -1;
}

static bool our_run(const struct gen *g, uint8_t value[GEN_VALUE_SIZE], uint32_t *ret)
{
	struct interp_opts opts = { .strict = true, .align = true, .hooks.imm64 = map_value };
	const struct isa_insn *insns;
	struct interp_result r = { 0 };
	uint64_t args[5] = { 0 };
	struct interp *it, *probe;
	struct arena arena;
	struct diag diag;
	bool ok;

	arena_init(&arena, 0);
	diag_init(&diag);
	ok = !isa_decode_program(g->insns, g->n, "generated", &arena, &diag, &insns) && !interp_new(&opts, &probe);
	if (ok) { /* the hook needs the region, the region needs the interpreter */
		opts.hooks.ctx = interp_region_add(probe, "map value", value, GEN_VALUE_SIZE, INTERP_RW, true);
		ok = !interp_new(&opts, &it);
	}
	if (ok) {
		/* same first slot of the address space: same base in both */
		interp_region_add(it, "map value", value, GEN_VALUE_SIZE, INTERP_RW, true);
		interp_run(it, insns, g->n, args, &r);
		ok = r.stop == INTERP_EXIT;
		if (!ok)
			printf("# interpreter, insn %u: %s\n", r.pc, r.message);
		*ret = (uint32_t)r.r0;
		interp_free(it);
		interp_free(probe);
	}
	diag_print(&diag, stdout);
	diag_done(&diag);
	arena_done(&arena);
	return ok;
}

static void report(const struct gen *g, uint64_t seed, const uint8_t *kernel, const uint8_t *ours)
{
	printf("# seed %" PRIu64 " disagrees; program:", seed);
	for (size_t i = 0; i < g->n * 8; i++)
		printf("%s%02x", i % 8 ? "" : " ", ((const uint8_t *)g->insns)[i]);
	printf("\n# byte: kernel ours:");
	for (int i = 0; i < GEN_VALUE_SIZE; i++)
		if (kernel[i] != ours[i])
			printf(" %d:%02x,%02x", i, kernel[i], ours[i]);
	printf("\n");
}

static void one(uint64_t seed, bool v4, int map_fd, struct counts *c)
{
	static struct gen g;
	uint8_t kernel[GEN_VALUE_SIZE], ours[GEN_VALUE_SIZE];
	uint32_t kernel_ret = 0, our_ret = 0;
	int rc;

	gen_program(&g, seed, v4, map_fd);
	for (int i = 0; i < GEN_VALUE_SIZE; i += 8) {
		uint64_t v = gen_value(&g);

		memcpy(kernel + i, &v, 8);
	}
	memcpy(ours, kernel, sizeof(ours));
	rc = kernel_run(&g, seed, map_fd, kernel, &kernel_ret, c);
	if (rc > 0) {
		c->refused++;
		return;
	}
	c->run++;
	if (rc == 0 && our_run(&g, ours, &our_ret) && our_ret == kernel_ret && !memcmp(kernel, ours, sizeof(ours)))
		return;
	c->differ++;
	if (c->differ <= 5)
		report(&g, seed, kernel, ours);
}

int main(int argc, char **argv)
{
	struct counts c = { 0 };
	uint64_t first = 1, n = 0;
	bool v4 = false;
	int fd, want_jit = -1;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--v4"))
			v4 = true;
		else if (!strcmp(argv[i], "--jit") || !strcmp(argv[i], "--no-jit"))
			want_jit = argv[i][2] == 'j';
		else if (!strcmp(argv[i], "--first") && i + 1 < argc)
			first = strtoull(argv[++i], NULL, 10);
		else
			n = strtoull(argv[i], NULL, 10);
	}
	fd = map_new();
	if (!tap_ok(fd >= 0, "make a map"))
		return tap_done();
	for (uint64_t seed = first; seed < first + n; seed++)
		one(seed, v4, fd, &c);
	printf("# seeds %" PRIu64 " to %" PRIu64 "%s: %u run (%u by the JIT), %u refused by the verifier\n", first,
	       first + n - 1, v4 ? ", version 4" : "", c.run, c.compiled, c.refused);
	tap_ok(c.run >= n * 9 / 10, "the verifier accepts nine of ten programs");
	if (want_jit >= 0)
		tap_ok(c.compiled == (want_jit ? c.run : 0), "all by the %s", want_jit ? "JIT" : "kernel's interpreter");
	tap_ok(c.differ == 0, "kernel and interpreter agree on %u programs", c.run);
	return tap_done();
}
