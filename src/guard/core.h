/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core: load the one program that answers for all hooks, and put it in the place of each hook's stub (bpf/ask.h).
 *
 * A hook that needs an answer calls cordon_ask(), a function of its own that refuses. The program in section
 * "freplace/cordon_ask" is loaded against the first hook of the object and linked to that function in every hook
 * (BPF_PROG_TYPE_EXT; kernel/bpf/syscall.c, bpf_tracing_prog_attach()). A hook must be linked before it is attached.
 */
#ifndef GUARD_CORE_H
#define GUARD_CORE_H

#include <bpf/libbpf.h>
#include <stdbool.h>

#define CORE_SECTION "freplace/cordon_ask"

/* How libbpf is told which loaded hook the core is verified against. */
struct core {
	struct bpf_object *object; /* set between open and load */
	int handler;
};

/* Before the object is opened; `core` must stay where it is until core_done(). 0 or -errno. */
int core_begin(struct core *core);
void core_done(struct core *core);

/* Whether this program of the object is the core. */
bool core_is(const struct bpf_program *program);

/* Link the core to the stub of `hook`, both loaded. *ret_link = the link's descriptor, -1 when the hook asks nothing. */
int core_link(const struct bpf_object *object, const struct bpf_program *hook, int *ret_link);

/* Does the loaded program with this id ask the core? < 0: cannot be told. */
int core_asked(unsigned program_id);

#endif
