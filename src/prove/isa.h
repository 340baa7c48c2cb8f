/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * isa: the eBPF instruction set (RFC 9669), once.
 *
 * One table (isa_table) has a row per instruction: opcode byte, what the other fields may hold, semantic
 * operation, operand kinds, assembler form, and the text docs/isa.md is generated from. The decoder, the
 * disassembler, the interpreter, the symbolic executor and the document all read that table; what an
 * operation *means* is in isa_sem.h, also once.
 *
 * Decoding refuses whatever RFC 9669 does not define (reserved fields must be zero), so that everything
 * behind the decoder may trust a `struct isa_insn`.
 *
 *   raw slot:   | opcode 8 | dst 4 | src 4 | offset 16 | imm 32 |      little endian in memory
 *   ld_imm64:   slot, then | 0 ... 0                    | imm 32 (upper half) |
 */
#ifndef PROVE_ISA_H
#define PROVE_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>

struct arena;
struct buf;
struct diag;

#define ISA_REGS 11 /* r0..r10 */
#define ISA_REG_FP 10
#define ISA_STACK_SIZE 512 /* of one frame */
#define ISA_MAX_INSNS (1u << 20)

/* What an instruction does; width and operand kinds are separate. */
enum isa_op {
	ISA_NONE, /* second slot of ld_imm64 */

	/* dst = dst OP operand, `width` 32 (upper half becomes zero) or 64 */
	ISA_ADD,
	ISA_SUB,
	ISA_MUL,
	ISA_DIV, /* unsigned; by zero gives 0 */
	ISA_SDIV,
	ISA_OR,
	ISA_AND,
	ISA_LSH, /* amount masked to the width */
	ISA_RSH,
	ISA_ARSH,
	ISA_NEG, /* no operand */
	ISA_MOD, /* by zero leaves dst (of that width) */
	ISA_SMOD,
	ISA_XOR,
	ISA_MOV,
	ISA_MOVSX, /* sign extends `size` bits of src to `width` */
	ISA_END_LE, /* `size` bits, width 64: to little endian (truncate here), zero extended */
	ISA_END_BE, /* to big endian */
	ISA_BSWAP,  /* unconditional swap */

	/* if (dst CMP operand) goto target, `width` 32 or 64 */
	ISA_JEQ,
	ISA_JGT,
	ISA_JGE,
	ISA_JSET,
	ISA_JNE,
	ISA_JSGT,
	ISA_JSGE,
	ISA_JLT,
	ISA_JLE,
	ISA_JSLT,
	ISA_JSLE,

	ISA_JA,
	ISA_CALL_HELPER, /* imm = helper id */
	ISA_CALL_LOCAL,  /* target = first slot of the function */
	ISA_CALL_KFUNC,  /* imm = BTF id, off = fd index */
	ISA_EXIT,

	ISA_LOAD,      /* dst = zero extended *(u`size` *)(src + off) */
	ISA_LOAD_SX,   /* dst = sign extended */
	ISA_STORE_REG, /* *(u`size` *)(dst + off) = src */
	ISA_STORE_IMM, /* ... = imm (sign extended to 64, then truncated) */

	/* on *(u`size` *)(dst + off), size 32 or 64; fetch: src = old value, zero extended */
	ISA_ATOMIC_ADD,
	ISA_ATOMIC_OR,
	ISA_ATOMIC_AND,
	ISA_ATOMIC_XOR,
	ISA_ATOMIC_XCHG,    /* always fetches */
	ISA_ATOMIC_CMPXCHG, /* if (mem == r0) mem = src; r0 = old, zero extended */

	ISA_LD_IMM64,    /* dst = imm64; `imm_kind` says what the constant is */
	ISA_LEGACY_ABS,  /* r0 = packet[imm], network order (deprecated; needs a socket buffer) */
	ISA_LEGACY_IND,  /* r0 = packet[src + imm] */
	ISA_OP_COUNT,
};

/* The `src` field of ld_imm64. */
enum isa_imm_kind {
	ISA_IMM_VALUE = 0,       /* plain number */
	ISA_IMM_MAP_FD = 1,      /* map; objects read by bpfobj: imm = index of the map */
	ISA_IMM_MAP_VALUE = 2,   /* map value + next imm; bpfobj: imm = index, next imm = offset */
	ISA_IMM_VAR = 3,         /* kernel variable by BTF id */
	ISA_IMM_FUNC = 4,        /* code address: target = first slot of the function */
	ISA_IMM_MAP_IDX = 5,
	ISA_IMM_MAP_IDX_VALUE = 6,
};

enum isa_operand { ISA_OPERAND_NONE, ISA_OPERAND_IMM, ISA_OPERAND_REG };

/* What the offset, src and imm fields may hold: anything else is refused. */
enum isa_field {
	ISA_F_ZERO,   /* reserved, must be 0 */
	ISA_F_USED,   /* any value (registers: 0..10) */
	ISA_F_EXACT,  /* must be the row's exact value: it selects the row */
};

/* Conformance groups of RFC 9669 section 2.4 */
enum isa_group {
	ISA_G_BASE32,
	ISA_G_BASE64,
	ISA_G_ATOMIC32,
	ISA_G_ATOMIC64,
	ISA_G_DIVMUL32,
	ISA_G_DIVMUL64,
	ISA_G_PACKET,
};

/* One row of the table. */
struct isa_desc {
	uint8_t code; /* opcode byte */
	enum isa_op op;
	uint8_t width;            /* of the operation, bits: 32 or 64 */
	uint8_t size;             /* bits touched in memory, swapped or sign-extended from; else 0 */
	enum isa_operand operand; /* second operand of ALU and jumps, value of stores */
	bool fetch;               /* atomics */
	enum isa_field dst_field, src_field, off_field, imm_field;
	uint8_t src_exact;
	int16_t off_exact;
	int32_t imm_exact;
	enum isa_group group;
	const char *name; /* mnemonic, unique per row: "add64 imm" is "add64" with operand in `syntax` */
	const char *syntax; /* "r%d += %i": %d dst, %s src, %o offset, %i imm, %t target, %m size type */
	const char *doc;    /* meaning, one sentence or two; goes to docs/isa.md */
};

extern const struct isa_desc isa_table[];
extern const size_t isa_table_len;

/* A decoded instruction. */
struct isa_insn {
	const struct isa_desc *desc; /* NULL for ISA_NONE */
	enum isa_op op;
	uint8_t width, size;
	enum isa_operand operand;
	bool fetch;
	uint8_t dst, src;
	uint8_t slots; /* 1, 2 (ld_imm64), 0 (its second slot) */
	int16_t off;
	int32_t imm;
	uint64_t imm64;             /* ISA_LD_IMM64: all 64 bits */
	enum isa_imm_kind imm_kind; /* ISA_LD_IMM64 */
	uint32_t target;            /* jumps, local calls, ISA_IMM_FUNC: absolute slot */
};

static inline bool isa_is_alu(enum isa_op op) { return op >= ISA_ADD && op <= ISA_BSWAP; }
static inline bool isa_is_cond_jump(enum isa_op op) { return op >= ISA_JEQ && op <= ISA_JSLE; }
static inline bool isa_is_jump(enum isa_op op) { return op >= ISA_JEQ && op <= ISA_JA; }
static inline bool isa_is_call(enum isa_op op) { return op >= ISA_CALL_HELPER && op <= ISA_CALL_KFUNC; }
static inline bool isa_is_atomic(enum isa_op op)
{
	return op >= ISA_ATOMIC_ADD && op <= ISA_ATOMIC_CMPXCHG;
}
/* Whether control never goes on to the next slot. */
static inline bool isa_is_terminator(enum isa_op op) { return op == ISA_JA || op == ISA_EXIT; }

/*
 * Decode one instruction at slot `at` of insns[0..n). Jump targets are only computed here, see
 * isa_decode_program() for their check. -EINVAL with a diag when RFC 9669 does not define it.
 * `where` (may be NULL) is the program's name for the diag.
 */
int isa_decode(const struct bpf_insn *insns, size_t n, size_t at, const char *where, struct diag *diag,
	       struct isa_insn *ret_insn);

/*
 * Decode a whole program into an array of n entries in the arena, indexed by slot. Also refuses: jumps
 * and calls out of the program or into a ld_imm64, falling off the end, an empty or too long program.
 * All errors are reported, not only the first.
 */
int isa_decode_program(const struct bpf_insn *insns, size_t n, const char *where, struct arena *arena,
		       struct diag *diag, const struct isa_insn **ret_insns);

/* Text in the form of the kernel's verifier log: "r1 = *(u32 *)(r2 + 8)". `at` is its slot. */
void isa_print(const struct isa_insn *insn, size_t at, struct buf *out);

/* The registers it reads and writes, as bit masks (calls: r1..r5 read, r0..r5 written). */
uint16_t isa_reads(const struct isa_insn *insn);
uint16_t isa_writes(const struct isa_insn *insn);

const char *isa_op_name(enum isa_op op);
const char *isa_group_name(enum isa_group group);

#endif
