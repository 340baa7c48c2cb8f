/* SPDX-License-Identifier: GPL-2.0-only */
/* symexec: one activation of a function while it is executed; between sym.c, sympath.c and symhead.c only. */
#ifndef PROVE_SYMEXEC_H
#define PROVE_SYMEXEC_H

#include "prove/sym.h"
#include "prove/symcfg.h"

struct activation {
	struct func_cfg *cfg;
	struct state **pending; /* by block: the state that waits there, or NULL */
	struct state *exit;
	const struct val *arg[5]; /* what it was called with */
};

/* Of sympath.c: memory for what path conditions say. False: there is none. */
bool sympath_init(struct sym *s);

/* Execute what waits at a block; at all blocks of a list, loops until nothing comes round. */
void sym_exec_block(struct sym *s, struct activation *a, uint32_t block);
void sym_exec_list(struct sym *s, struct activation *a, const struct wto *w);
bool sym_body_pending(const struct activation *a, const struct wto *w);

/*
 * A loop whose head has an invariant in the contract (w->head), see docs/soundness.md: it holds where the loop is entered; one
 * iteration runs from any state that it allows, and ends with it and with a smaller variant. Whatever leaves the loop
 * leaves it from that iteration.
 */
void symhead_run(struct sym *s, struct activation *a, const struct wto *w);

#endif
