/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * isa_text: assembler text from and to instructions, both driven by the `syntax` of the table's rows.
 *
 * Assembler input: one instruction a line in the syntax of the verifier log, `#`, `//` or `;` start comments,
 * `name:` a label. A target is a label or a signed distance from the next slot: "goto +3".
 */
#ifndef PROVE_ISA_TEXT_H
#define PROVE_ISA_TEXT_H

#include <stddef.h>
#include <linux/bpf.h>

struct arena;
struct buf;
struct diag;

/* Assemble; the instructions are in the arena. Errors have line and column. */
int isa_assemble(const char *text, const char *name, struct arena *arena, struct diag *diag,
		 struct bpf_insn **ret_insns, size_t *ret_n);

/* The reference of the instruction set in Markdown, from the table. */
void isa_print_doc(struct buf *out);

#endif
