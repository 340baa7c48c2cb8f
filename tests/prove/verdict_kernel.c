// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict_kernel [--first SEED] N: the same N random programs for this machine's verifier. For each a line "K SEED ok" or
 * "K SEED refused WORDS", the words being the verifier's last ones. Run in a virtual machine, as root. Static, with no library.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/btf.h>

#include "verdict_gen.h"

#define LOG_SIZE (1u << 16)
#define LOG_STATS 4 /* what is wrong, and numbers; not each instruction */

static long bpf(int cmd, union bpf_attr *attr) { return syscall(__NR_bpf, cmd, attr, sizeof(*attr)); }

/* --- types: a lock, a value with a lock, a function --- */

#define INFO(kind, vlen) ((uint32_t)(kind) << 24 | (vlen))

/* 1 u32, 2 u64, 3 struct bpf_spin_lock, 4 struct locked, 5 int (void), 6 function, static */
static const char strings[] = "\0u32\0u64\0bpf_spin_lock\0val\0locked\0lock\0a\0b\0sub";
enum { S_U32 = 1, S_U64 = 5, S_SPIN = 9, S_VAL = 23, S_LOCKED = 27, S_LOCK = 34, S_A = 39, S_B = 41, S_SUB = 43 };

static const uint32_t types[] = {
	S_U32, INFO(BTF_KIND_INT, 0), 4, 32,
	S_U64, INFO(BTF_KIND_INT, 0), 8, 64,
	S_SPIN, INFO(BTF_KIND_STRUCT, 1), 4, S_VAL, 1, 0,
	S_LOCKED, INFO(BTF_KIND_STRUCT, 3), 16, S_LOCK, 3, 0, S_A, 1, 32, S_B, 2, 64,
	0, INFO(BTF_KIND_FUNC_PROTO, 0), 1,
	S_SUB, INFO(BTF_KIND_FUNC, BTF_FUNC_STATIC), 5,
};
enum { T_U32 = 1, T_LOCKED = 4, T_SUB = 6 };

static int load_types(void)
{
	static char blob[sizeof(struct btf_header) + sizeof(types) + sizeof(strings)];
	struct btf_header h = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(h), .type_len = sizeof(types), .str_off = sizeof(types),
				.str_len = sizeof(strings) };
	union bpf_attr attr = { .btf = (uintptr_t)blob, .btf_size = sizeof(blob) };

	memcpy(blob, &h, sizeof(h));
	memcpy(blob + sizeof(h), types, sizeof(types));
	memcpy(blob + sizeof(h) + sizeof(types), strings, sizeof(strings));
	return (int)bpf(BPF_BTF_LOAD, &attr);
}

static int make_map(const struct vmap_shape *m, int btf)
{
	union bpf_attr attr = { .map_type = m->type, .key_size = m->key_size, .value_size = m->value_size, .max_entries = m->max_entries,
				.map_flags = m->flags };

	if (m->lock) {
		attr.btf_fd = (uint32_t)btf;
		attr.btf_key_type_id = T_U32;
		attr.btf_value_type_id = T_LOCKED;
	}
	return (int)bpf(BPF_MAP_CREATE, &attr);
}

/* --- programs --- */

static int load(const struct vprog *p, const int maps[VM_COUNT], int btf, char *log)
{
	static struct bpf_insn insns[VGEN_MAX];
	struct bpf_func_info info[VGEN_FUNCS];
	union bpf_attr attr = { .prog_type = p->type, .insns = (uintptr_t)insns, .insn_cnt = p->n, .license = (uintptr_t)"GPL",
				.log_buf = (uintptr_t)log, .log_size = LOG_SIZE, .log_level = LOG_STATS };

	if (p->type == BPF_PROG_TYPE_CGROUP_SKB)
		attr.expected_attach_type = BPF_CGROUP_INET_EGRESS;
	memcpy(insns, p->insns, sizeof(insns));
	for (uint32_t i = 0; i < p->n; i++)
		if (insns[i].code == (BPF_LD | BPF_DW | BPF_IMM) && insns[i].src_reg == BPF_PSEUDO_MAP_FD)
			insns[i].imm = maps[insns[i].imm];
	for (uint32_t i = 0; i < p->n_funcs; i++)
		info[i] = (struct bpf_func_info){ .insn_off = p->func[i], .type_id = T_SUB };
	attr.prog_btf_fd = (uint32_t)btf;
	attr.func_info = (uintptr_t)info;
	attr.func_info_cnt = p->n_funcs;
	attr.func_info_rec_size = sizeof(info[0]);
	log[0] = 0;
	return (int)bpf(BPF_PROG_LOAD, &attr);
}

/* The last line that is no statistics. */
static const char *last_words(char *log)
{
	char *line = log, *best = log, *next;

	for (; *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		else
			next = line + strlen(line);
		if (*line && !strstr(line, "processed ") && strncmp(line, "verification time", 17) && strncmp(line, "stack depth", 11))
			best = line;
	}
	return best;
}

int main(int argc, char **argv)
{
	static struct vprog p;
	uint64_t first = 1, n = 0;
	int maps[VM_COUNT], btf = load_types();
	char *log = malloc(LOG_SIZE);

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--first") && i + 1 < argc)
			first = strtoull(argv[++i], NULL, 10);
		else
			n = strtoull(argv[i], NULL, 10);
	}
	if (btf < 0 || !log) {
		printf("# types: %s\n", strerror(errno));
		return 1;
	}
	for (int i = 0; i < VM_COUNT; i++) {
		maps[i] = make_map(&vmap_shape[i], btf);
		if (maps[i] < 0) {
			printf("# map %s: %s\n", vmap_shape[i].name, strerror(errno));
			return 1;
		}
	}
	for (uint64_t seed = first; seed < first + n; seed++) {
		vgen_program(&p, seed);
		int fd = load(&p, maps, btf, log);

		if (fd >= 0)
			printf("K %" PRIu64 " ok\n", seed);
		else
			printf("K %" PRIu64 " refused %s: %s\n", seed, strerror(errno), last_words(log));
		if (fd >= 0)
			close(fd);
	}
	return 0;
}
