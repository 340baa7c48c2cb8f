// SPDX-License-Identifier: GPL-2.0-only
/*
 * isa_table: the rows of the instruction set, RFC 9669. See isa.h for what a row says.
 *
 * The documentation text stands in the row: docs/isa.md is printed from it, so a meaning is changed here or
 * nowhere. Within `syntax`: %d dst, %s src, %o offset, %i imm, %I 64-bit imm, %n next imm, %t target, %% percent.
 */
#include "prove/isa.h"

#define ZERO ISA_F_ZERO
#define USED ISA_F_USED
#define EXACT ISA_F_EXACT
#define G32 ISA_G_BASE32
#define G64 ISA_G_BASE64
#define M32 ISA_G_DIVMUL32
#define M64 ISA_G_DIVMUL64

/* ALU, both widths, immediate and register; `o` is the exact offset (0, or 1 for the signed forms). */
#define ALU_ROW(CODE, OP, WIDTH, OPERAND, SRC, IMM, O, GROUP, NAME, SYNTAX, DOC)                              \
	{                                                                                                      \
		.code = (CODE), .op = (OP), .width = (WIDTH), .operand = (OPERAND), .dst_field = USED,         \
		.src_field = (SRC), .off_field = EXACT, .off_exact = (O), .imm_field = (IMM), .group = (GROUP), \
		.name = NAME, .syntax = SYNTAX, .doc = DOC                                                     \
	}
#define IMM_FORM ISA_OPERAND_IMM, ZERO, USED
#define REG_FORM ISA_OPERAND_REG, USED, ZERO
#define ALU_ROW_(...) ALU_ROW(__VA_ARGS__)
#define ALU(HIGH, OP, O, GR32, GR64, NAME, SIGN, DOC)                                                             \
	ALU_ROW_((HIGH) | 0x04, OP, 32, IMM_FORM, O, GR32, NAME "32 imm", "w%d " SIGN " %i", DOC),             \
	ALU_ROW_((HIGH) | 0x0c, OP, 32, REG_FORM, O, GR32, NAME "32 reg", "w%d " SIGN " w%s", DOC),            \
	ALU_ROW_((HIGH) | 0x07, OP, 64, IMM_FORM, O, GR64, NAME "64 imm", "r%d " SIGN " %i", DOC),             \
	ALU_ROW_((HIGH) | 0x0f, OP, 64, REG_FORM, O, GR64, NAME "64 reg", "r%d " SIGN " r%s", DOC)

#define NEG(CODE, WIDTH, GROUP, NAME, SYNTAX)                                                                      \
	ALU_ROW(CODE, ISA_NEG, WIDTH, ISA_OPERAND_NONE, ZERO, ZERO, 0, GROUP, NAME, SYNTAX,                    \
		"Two's complement negation.")

#define MOVSX(CODE, WIDTH, SIZE, GROUP, NAME, SYNTAX)                                                              \
	{                                                                                                      \
		.code = (CODE), .op = ISA_MOVSX, .width = (WIDTH), .size = (SIZE),                             \
		.operand = ISA_OPERAND_REG, .dst_field = USED, .src_field = USED, .off_field = EXACT,          \
		.off_exact = (SIZE), .imm_field = ZERO, .group = (GROUP), .name = NAME, .syntax = SYNTAX,      \
		.doc = "Sign extends the low bits of src to the width of the operation."                       \
	}

#define SWAP(CODE, OP, SIZE, GROUP, NAME, SYNTAX, DOC)                                                             \
	{                                                                                                      \
		.code = (CODE), .op = (OP), .width = 64, .size = (SIZE), .operand = ISA_OPERAND_NONE,          \
		.dst_field = USED, .src_field = ZERO, .off_field = ZERO, .imm_field = EXACT,                   \
		.imm_exact = (SIZE), .group = (GROUP), .name = NAME, .syntax = SYNTAX, .doc = DOC              \
	}
#define SWAPS(CODE, OP, NAME, DOC)                                                                                 \
	SWAP(CODE, OP, 16, G32, NAME "16", "r%d = " NAME "16 r%d", DOC),                                       \
	SWAP(CODE, OP, 32, G32, NAME "32", "r%d = " NAME "32 r%d", DOC),                                       \
	SWAP(CODE, OP, 64, G64, NAME "64", "r%d = " NAME "64 r%d", DOC)

#define JUMP_ROW(CODE, OP, WIDTH, OPERAND, SRC, IMM, GROUP, NAME, SYNTAX, DOC)                                     \
	{                                                                                                      \
		.code = (CODE), .op = (OP), .width = (WIDTH), .operand = (OPERAND), .dst_field = USED,         \
		.src_field = (SRC), .off_field = USED, .imm_field = (IMM), .group = (GROUP), .name = NAME,     \
		.syntax = SYNTAX, .doc = DOC                                                                   \
	}
#define JUMP_ROW_(...) JUMP_ROW(__VA_ARGS__)
#define JUMP(HIGH, OP, NAME, SIGN, DOC)                                                                            \
	JUMP_ROW_((HIGH) | 0x06, OP, 32, IMM_FORM, G32, NAME "32 imm", "if w%d " SIGN " %i goto %t", DOC),     \
	JUMP_ROW_((HIGH) | 0x0e, OP, 32, REG_FORM, G32, NAME "32 reg", "if w%d " SIGN " w%s goto %t", DOC),    \
	JUMP_ROW_((HIGH) | 0x05, OP, 64, IMM_FORM, G64, NAME "64 imm", "if r%d " SIGN " %i goto %t", DOC),     \
	JUMP_ROW_((HIGH) | 0x0d, OP, 64, REG_FORM, G64, NAME "64 reg", "if r%d " SIGN " r%s goto %t", DOC)

#define CALL(OP, SRC, OFF, NAME, SYNTAX, DOC)                                                                      \
	{                                                                                                      \
		.code = 0x85, .op = (OP), .width = 64, .operand = ISA_OPERAND_IMM, .dst_field = ZERO,          \
		.src_field = EXACT, .src_exact = (SRC), .off_field = (OFF), .imm_field = USED, .group = G32,   \
		.name = NAME, .syntax = SYNTAX, .doc = DOC                                                     \
	}

#define LOAD(CODE, OP, SIZE, GROUP, NAME, SYNTAX, DOC)                                                             \
	{                                                                                                      \
		.code = (CODE), .op = (OP), .width = 64, .size = (SIZE), .operand = ISA_OPERAND_REG,           \
		.dst_field = USED, .src_field = USED, .off_field = USED, .imm_field = ZERO, .group = (GROUP),  \
		.name = NAME, .syntax = SYNTAX, .doc = DOC                                                     \
	}
#define STORE(CODE, OP, SIZE, OPERAND, SRC, IMM, GROUP, NAME, SYNTAX, DOC)                                         \
	{                                                                                                      \
		.code = (CODE), .op = (OP), .width = 64, .size = (SIZE), .operand = (OPERAND),                 \
		.dst_field = USED, .src_field = (SRC), .off_field = USED, .imm_field = (IMM),                  \
		.group = (GROUP), .name = NAME, .syntax = SYNTAX, .doc = DOC                                   \
	}
#define STORE_(...) STORE(__VA_ARGS__)

#define ATOMIC(CODE, OP, SIZE, IMM, FETCH, GROUP, NAME, SYNTAX, DOC)                                               \
	{                                                                                                      \
		.code = (CODE), .op = (OP), .width = (SIZE), .size = (SIZE), .operand = ISA_OPERAND_REG,       \
		.fetch = (FETCH), .dst_field = USED, .src_field = USED, .off_field = USED,                     \
		.imm_field = EXACT, .imm_exact = (IMM), .group = (GROUP), .name = NAME, .syntax = SYNTAX,      \
		.doc = DOC                                                                                     \
	}
#define ATOMICS(OP, IMM, NAME, SIGN, DOC)                                                                          \
	ATOMIC(0xc3, OP, 32, IMM, false, ISA_G_ATOMIC32, "atomic_" NAME "32",                                  \
	       "lock *(u32 *)(r%d %o) " SIGN " w%s", DOC),                                                     \
	ATOMIC(0xdb, OP, 64, IMM, false, ISA_G_ATOMIC64, "atomic_" NAME "64",                                  \
	       "lock *(u64 *)(r%d %o) " SIGN " r%s", DOC),                                                     \
	ATOMIC(0xc3, OP, 32, (IMM) | 1, true, ISA_G_ATOMIC32, "atomic_fetch_" NAME "32",                       \
	       "w%s = atomic_fetch_" NAME "((u32 *)(r%d %o), w%s)", DOC " src becomes the old value."),        \
	ATOMIC(0xdb, OP, 64, (IMM) | 1, true, ISA_G_ATOMIC64, "atomic_fetch_" NAME "64",                       \
	       "r%s = atomic_fetch_" NAME "((u64 *)(r%d %o), r%s)", DOC " src becomes the old value.")

#define LDIMM(KIND, NAME, SYNTAX, DOC)                                                                             \
	{                                                                                                      \
		.code = 0x18, .op = ISA_LD_IMM64, .width = 64, .operand = ISA_OPERAND_IMM, .dst_field = USED,  \
		.src_field = EXACT, .src_exact = (KIND), .off_field = ZERO, .imm_field = USED, .group = G64,   \
		.name = NAME, .syntax = SYNTAX, .doc = DOC                                                     \
	}
#define LEGACY(CODE, OP, SIZE, OPERAND, SRC, NAME, SYNTAX, DOC)                                                    \
	{                                                                                                      \
		.code = (CODE), .op = (OP), .width = 64, .size = (SIZE), .operand = (OPERAND),                 \
		.dst_field = ZERO, .src_field = (SRC), .off_field = ZERO, .imm_field = USED,                   \
		.group = ISA_G_PACKET, .name = NAME, .syntax = SYNTAX, .doc = DOC                              \
	}

#define DOC_ABS "Deprecated. r0 = packet data at offset imm, network order made host order; ends the program " \
		"with 0 when it is outside. Needs the packet's context in r6."
#define DOC_IND "Deprecated. As the absolute form, at offset src + imm."

const struct isa_desc isa_table[] = {
	ALU(0x00, ISA_ADD, 0, G32, G64, "add", "+=", "Adds, modulo two to the width."),
	ALU(0x10, ISA_SUB, 0, G32, G64, "sub", "-=", "Subtracts, modulo two to the width."),
	ALU(0x20, ISA_MUL, 0, M32, M64, "mul", "*=", "Multiplies, modulo two to the width."),
	ALU(0x30, ISA_DIV, 0, M32, M64, "div", "/=", "Unsigned division; by zero gives 0. A 64-bit immediate is sign "
						     "extended first, then unsigned."),
	ALU(0x30, ISA_SDIV, 1, M32, M64, "sdiv", "s/=",
	    "Signed division, towards zero; by zero gives 0, the least value by -1 gives the least value."),
	ALU(0x40, ISA_OR, 0, G32, G64, "or", "|=", "Bitwise or."),
	ALU(0x50, ISA_AND, 0, G32, G64, "and", "&=", "Bitwise and."),
	ALU(0x60, ISA_LSH, 0, G32, G64, "lsh", "<<=", "Shifts left; the amount is masked with width - 1."),
	ALU(0x70, ISA_RSH, 0, G32, G64, "rsh", ">>=", "Shifts right, zeros come in; the amount is masked."),
	NEG(0x84, 32, G32, "neg32", "w%d = -w%d"),
	NEG(0x87, 64, G64, "neg64", "r%d = -r%d"),
	ALU(0x90, ISA_MOD, 0, M32, M64, "mod", "%%=",
	    "Unsigned remainder; by zero leaves dst (32 bit: its low half, the upper becomes zero)."),
	ALU(0x90, ISA_SMOD, 1, M32, M64, "smod", "s%%=",
	    "Signed remainder with the sign of the dividend; by zero leaves dst, the least value by -1 gives 0."),
	ALU(0xa0, ISA_XOR, 0, G32, G64, "xor", "^=", "Bitwise exclusive or."),
	ALU(0xb0, ISA_MOV, 0, G32, G64, "mov", "=", "Copies; a 64-bit immediate is sign extended."),
	MOVSX(0xbc, 32, 8, G32, "movsx32 8", "w%d = (s8)w%s"),
	MOVSX(0xbc, 32, 16, G32, "movsx32 16", "w%d = (s16)w%s"),
	MOVSX(0xbf, 64, 8, G64, "movsx64 8", "r%d = (s8)r%s"),
	MOVSX(0xbf, 64, 16, G64, "movsx64 16", "r%d = (s16)r%s"),
	MOVSX(0xbf, 64, 32, G64, "movsx64 32", "r%d = (s32)r%s"),
	ALU(0xc0, ISA_ARSH, 0, G32, G64, "arsh", "s>>=", "Shifts right, the sign comes in; the amount is masked."),
	SWAPS(0xd4, ISA_END_LE, "le",
	      "Host to little endian (this machine model is little endian: keeps the low bits), zero extended."),
	SWAPS(0xdc, ISA_END_BE, "be", "Host to big endian: swaps the low bytes, zero extended."),
	SWAPS(0xd7, ISA_BSWAP, "bswap", "Swaps the low bytes whatever the host, zero extended."),

	{ .code = 0x05, .op = ISA_JA, .width = 64, .operand = ISA_OPERAND_NONE, .off_field = USED, .group = G64,
	  .name = "ja", .syntax = "goto %t", .doc = "Jumps by offset, counted from the next slot." },
	{ .code = 0x06, .op = ISA_JA, .width = 32, .operand = ISA_OPERAND_NONE, .imm_field = USED, .group = G32,
	  .name = "ja32", .syntax = "gotol %t", .doc = "Jumps by imm: a long jump." },
	JUMP(0x10, ISA_JEQ, "jeq", "==", "Jumps if equal."),
	JUMP(0x20, ISA_JGT, "jgt", ">", "Jumps if greater, unsigned."),
	JUMP(0x30, ISA_JGE, "jge", ">=", "Jumps if greater or equal, unsigned."),
	JUMP(0x40, ISA_JSET, "jset", "&", "Jumps if dst and operand have a bit in common."),
	JUMP(0x50, ISA_JNE, "jne", "!=", "Jumps if not equal."),
	JUMP(0x60, ISA_JSGT, "jsgt", "s>", "Jumps if greater, signed."),
	JUMP(0x70, ISA_JSGE, "jsge", "s>=", "Jumps if greater or equal, signed."),
	CALL(ISA_CALL_HELPER, 0, ZERO, "call helper", "call %i",
	     "Calls the helper with static id imm: r0 = f(r1..r5); r1..r5 are lost, r6..r9 kept."),
	CALL(ISA_CALL_LOCAL, 1, ZERO, "call local", "call pc %t",
	     "Calls a function of the program, imm slots after the next one. It gets a stack frame of its own."),
	CALL(ISA_CALL_KFUNC, 2, USED, "call kfunc", "call kfunc %i %o",
	     "Calls the kernel function with BTF id imm (RFC 9669: helper by BTF id); the offset names its module."),
	{ .code = 0x95, .op = ISA_EXIT, .width = 64, .group = G32, .name = "exit", .syntax = "exit",
	  .doc = "Returns r0 to the caller." },
	JUMP(0xa0, ISA_JLT, "jlt", "<", "Jumps if less, unsigned."),
	JUMP(0xb0, ISA_JLE, "jle", "<=", "Jumps if less or equal, unsigned."),
	JUMP(0xc0, ISA_JSLT, "jslt", "s<", "Jumps if less, signed."),
	JUMP(0xd0, ISA_JSLE, "jsle", "s<=", "Jumps if less or equal, signed."),

	LOAD(0x71, ISA_LOAD, 8, G32, "ldxb", "r%d = *(u8 *)(r%s %o)", "Loads a byte, zero extended."),
	LOAD(0x69, ISA_LOAD, 16, G32, "ldxh", "r%d = *(u16 *)(r%s %o)", "Loads 2 bytes, zero extended."),
	LOAD(0x61, ISA_LOAD, 32, G32, "ldxw", "r%d = *(u32 *)(r%s %o)", "Loads 4 bytes, zero extended."),
	LOAD(0x79, ISA_LOAD, 64, G64, "ldxdw", "r%d = *(u64 *)(r%s %o)", "Loads 8 bytes."),
	LOAD(0x91, ISA_LOAD_SX, 8, G64, "ldxsb", "r%d = *(s8 *)(r%s %o)", "Loads a byte, sign extended."),
	LOAD(0x89, ISA_LOAD_SX, 16, G64, "ldxsh", "r%d = *(s16 *)(r%s %o)", "Loads 2 bytes, sign extended."),
	LOAD(0x81, ISA_LOAD_SX, 32, G64, "ldxsw", "r%d = *(s32 *)(r%s %o)", "Loads 4 bytes, sign extended."),
	STORE_(0x72, ISA_STORE_IMM, 8, IMM_FORM, G32, "stb", "*(u8 *)(r%d %o) = %i", "Stores the low byte of imm."),
	STORE_(0x6a, ISA_STORE_IMM, 16, IMM_FORM, G32, "sth", "*(u16 *)(r%d %o) = %i", "Stores 2 bytes of imm."),
	STORE_(0x62, ISA_STORE_IMM, 32, IMM_FORM, G32, "stw", "*(u32 *)(r%d %o) = %i", "Stores imm."),
	STORE_(0x7a, ISA_STORE_IMM, 64, IMM_FORM, G64, "stdw", "*(u64 *)(r%d %o) = %i",
	       "Stores imm, sign extended to 8 bytes."),
	STORE_(0x73, ISA_STORE_REG, 8, REG_FORM, G32, "stxb", "*(u8 *)(r%d %o) = r%s", "Stores the low byte of src."),
	STORE_(0x6b, ISA_STORE_REG, 16, REG_FORM, G32, "stxh", "*(u16 *)(r%d %o) = r%s", "Stores 2 bytes of src."),
	STORE_(0x63, ISA_STORE_REG, 32, REG_FORM, G32, "stxw", "*(u32 *)(r%d %o) = r%s", "Stores 4 bytes of src."),
	STORE_(0x7b, ISA_STORE_REG, 64, REG_FORM, G64, "stxdw", "*(u64 *)(r%d %o) = r%s", "Stores src."),

	ATOMICS(ISA_ATOMIC_ADD, 0x00, "add", "+=", "Adds src to memory atomically."),
	ATOMICS(ISA_ATOMIC_OR, 0x40, "or", "|=", "Ors src into memory atomically."),
	ATOMICS(ISA_ATOMIC_AND, 0x50, "and", "&=", "Ands src into memory atomically."),
	ATOMICS(ISA_ATOMIC_XOR, 0xa0, "xor", "^=", "Exclusive-ors src into memory atomically."),
	ATOMIC(0xc3, ISA_ATOMIC_XCHG, 32, 0xe1, true, ISA_G_ATOMIC32, "atomic_xchg32",
	       "w%s = atomic_xchg((u32 *)(r%d %o), w%s)", "Exchanges src and memory atomically."),
	ATOMIC(0xdb, ISA_ATOMIC_XCHG, 64, 0xe1, true, ISA_G_ATOMIC64, "atomic_xchg64",
	       "r%s = atomic_xchg((u64 *)(r%d %o), r%s)", "Exchanges src and memory atomically."),
	ATOMIC(0xc3, ISA_ATOMIC_CMPXCHG, 32, 0xf1, true, ISA_G_ATOMIC32, "atomic_cmpxchg32",
	       "w0 = atomic_cmpxchg((u32 *)(r%d %o), w0, w%s)",
	       "If memory equals w0 it becomes src; r0 becomes the old memory, zero extended, in any case."),
	ATOMIC(0xdb, ISA_ATOMIC_CMPXCHG, 64, 0xf1, true, ISA_G_ATOMIC64, "atomic_cmpxchg64",
	       "r0 = atomic_cmpxchg((u64 *)(r%d %o), r0, r%s)",
	       "If memory equals r0 it becomes src; r0 becomes the old memory in any case."),

	LDIMM(ISA_IMM_VALUE, "lddw", "r%d = %I ll", "Two slots: dst = next_imm << 32 | imm."),
	LDIMM(ISA_IMM_MAP_FD, "lddw map_fd", "r%d = map[%i]", "dst = the map with descriptor imm."),
	LDIMM(ISA_IMM_MAP_VALUE, "lddw map_value", "r%d = map[%i]+%n",
	      "dst = address of the first value of map imm, plus next_imm."),
	LDIMM(ISA_IMM_VAR, "lddw var", "r%d = var[%i]", "dst = address of the platform variable imm."),
	LDIMM(ISA_IMM_FUNC, "lddw func", "r%d = func pc %t", "dst = address of the function imm slots after the next."),
	LDIMM(ISA_IMM_MAP_IDX, "lddw map_idx", "r%d = map_idx[%i]", "dst = the map with index imm."),
	LDIMM(ISA_IMM_MAP_IDX_VALUE, "lddw map_idx_value", "r%d = map_idx[%i]+%n",
	      "dst = address of the first value of the map with index imm, plus next_imm."),
	LEGACY(0x30, ISA_LEGACY_ABS, 8, ISA_OPERAND_IMM, ZERO, "ldabsb", "r0 = *(u8 *)skb[%i]", DOC_ABS),
	LEGACY(0x28, ISA_LEGACY_ABS, 16, ISA_OPERAND_IMM, ZERO, "ldabsh", "r0 = *(u16 *)skb[%i]", DOC_ABS),
	LEGACY(0x20, ISA_LEGACY_ABS, 32, ISA_OPERAND_IMM, ZERO, "ldabsw", "r0 = *(u32 *)skb[%i]", DOC_ABS),
	LEGACY(0x50, ISA_LEGACY_IND, 8, ISA_OPERAND_REG, USED, "ldindb", "r0 = *(u8 *)skb[r%s + %i]", DOC_IND),
	LEGACY(0x48, ISA_LEGACY_IND, 16, ISA_OPERAND_REG, USED, "ldindh", "r0 = *(u16 *)skb[r%s + %i]", DOC_IND),
	LEGACY(0x40, ISA_LEGACY_IND, 32, ISA_OPERAND_REG, USED, "ldindw", "r0 = *(u32 *)skb[r%s + %i]", DOC_IND),
};

const size_t isa_table_len = sizeof(isa_table) / sizeof(isa_table[0]);
