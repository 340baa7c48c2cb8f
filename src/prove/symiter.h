/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symiter: the kernel functions bpf_iter_num_new(), _next() and _destroy() (Linux 6.4), which count through numbers.
 *
 * An iterator lies in 8 bytes of a frame. What the kernel keeps there is kept in a region of its own (REGION_ITER), one for
 * each place of a frame; the place holds a pointer to it that counts as never written, so the program can neither read it
 * nor keep an iterator that it has written over. Another region of 4 bytes, which can only be read, is the number that
 * _next() points to.
 *
 *   REGION_ITER   0: it is made and not destroyed   8: first   16: what comes next   24: end; numbers of 64 bits, first <= next <= end
 */
#ifndef PROVE_SYMITER_H
#define PROVE_SYMITER_H

#include "prove/sym.h"

struct loop_changes;

enum symiter_kfunc { SYMITER_NONE, SYMITER_NEW, SYMITER_NEXT, SYMITER_DESTROY };

#define SYMITER_MOST (1 << 23) /* numbers of one iterator; BPF_MAX_LOOPS */

/* Which of them the instruction calls. */
enum symiter_kfunc symiter_kfunc(const struct bpfobj_prog *prog, uint32_t at);
/* The call, or SYMITER_NONE: false. */
bool symiter_call(struct sym *s, struct state *st, uint32_t at);
/* Iterators of a frame have to be destroyed when it ends; those that an iteration of a loop made, when it goes round; all of them
 * when another program takes this one's place. */
void symiter_program_ends(struct sym *s, const struct state *st);
void symiter_frame_ends(struct sym *s, const struct state *st, const struct region *frame);
void symiter_goes_round(struct sym *s, const struct state *back, size_t n_regions);
/* What is so of every iterator in every state, after a loop has made it anything. */
void symiter_recall(struct sym *s, struct state *st);
/* After an iteration less is to come of the iterators that the loop goes on with, and does not make. TERM_NONE: there is none. */
term symiter_variant(struct sym *s, const struct loop_changes *sum, size_t n_regions, const struct state *before, const struct state *after);
/* What the iterator at `off` of a frame gives next, or its end. TERM_NONE: there is none. */
term symiter_number(struct sym *s, const struct state *st, const struct region *frame, uint64_t off, bool end);

#endif
