/* SPDX-License-Identifier: GPL-2.0-only */
/* show_model: one program made ready to be shown: decoded, cut into blocks, accesses found. */
#ifndef PROVE_SHOW_MODEL_H
#define PROVE_SHOW_MODEL_H

#include <stdio.h>

#include "bpfobj/bpfobj.h"
#include "common/arena.h"
#include "prove/cfg.h"
#include "prove/show_access.h"

struct buf;
struct diag;

struct show_prog {
	struct arena arena;
	const struct bpfobj *obj;
	const struct bpfobj_prog *prog;
	const struct isa_insn *insns;
	struct cfg cfg;
	const struct access *accesses;
};

int show_prog_init(struct show_prog *sp, const struct bpfobj *obj, const struct bpfobj_prog *prog, struct diag *diag);
void show_prog_done(struct show_prog *sp);

/* The instruction with names in place of numbers: "call bpf_map_lookup_elem", "r1 = map rules". */
void show_insn(const struct show_prog *sp, uint32_t at, struct buf *out);
/* What it touches: "rules value +4 (action)", "struct sock.sk_type"; nothing when nothing is known. */
void show_note(const struct show_prog *sp, uint32_t at, struct buf *out);

/* " (struct sockaddr * address)": the argument or member at an offset of the context, when known. */
void show_context(const struct show_prog *sp, uint64_t offset, struct buf *out);

void show_text(const struct show_prog *sp, FILE *out);
void show_json(const struct show_prog *sp, struct buf *out);
/* 0 or -errno. */
int show_svg(const struct show_prog *sp, const char *path);

#endif
