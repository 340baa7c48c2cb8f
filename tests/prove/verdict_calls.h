/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict_calls: the idioms of verdict_gen that repeat and call: loops, functions, callbacks. A function is asked for where it is
 * called, and made behind the end of the program.
 */
#ifndef TESTS_PROVE_VERDICT_CALLS_H
#define TESTS_PROVE_VERDICT_CALLS_H

#include "verdict_emit.h"

/* Bytes of the frame, one an iteration, forwards. */
void vgen_loop(struct vgen *g);
/* A BPF-to-BPF call with a pointer into the frame; nothing while there is no room for a function more, as the next two. */
void vgen_call(struct vgen *g);
/* bpf_loop over four words of the frame. */
void vgen_bpf_loop(struct vgen *g);
/* bpf_for_each_map_elem. */
void vgen_each(struct vgen *g);
/* All functions that were asked for. Once, when the program has ended. */
void vgen_functions(struct vgen *g);

#endif
