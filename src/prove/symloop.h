/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symloop: what a loop changes, for loops that are not unrolled.
 *
 * One iteration is executed from a state in which all that was found to change so far holds anything; what it changes
 * beyond that is added, and the iteration is executed again, until nothing is added. A run that does not count is undone:
 *
 *   loop_mark(m); before = copy(state with loop_forget()); run; loop_compare(before, after, m) ? loop_back_to(m) : done
 */
#ifndef PROVE_SYMLOOP_H
#define PROVE_SYMLOOP_H

#include "prove/sym.h"

#define LOOP_MAX_CHANGED 4096
#define LOOP_MAX_ROUNDS 12
#define LOOP_MAP_ROUNDS 5 /* then maps that it changes are no longer followed: pointers to elements it makes are kept somewhere */

/* Facts that are kept outside of states, to go back to. */
struct loop_mark {
	size_t n_obligs, n_log, n_regions, n_maps, n_unseen;
	size_t n_checked[PROP_COUNT];
	struct event *events;
	term locked;
	term *released;
	struct first_read **reads;
	struct map_op **ops;
};

struct loop_changed {
	uint32_t region, cell;
	const struct val *kind; /* every pointer it can be; bits: whether it can be a number */
	uint8_t bytes;          /* of a number: which of its bytes */
};

struct loop_changes {
	struct loop_changed list[LOOP_MAX_CHANGED];
	uint32_t n;
	bool full;
	const struct bpfobj_map **map; /* whose elements come, go or change by keys that are new each time */
	size_t n_maps, cap_maps;
	uint32_t rounds;               /* loop_compare_maps() was asked so often */
	const struct val *reg[ISA_REGS]; /* the same of registers, where a loop lies in a function; NULL: not changed */
	term step[ISA_REGS]; /* a number that each iteration adds to the register; TERM_NONE: it does something else to it */
	term count;          /* how many iterations there were before: any number */
};

bool loop_mark(struct sym *s, struct loop_mark *m);
void loop_back_to(struct sym *s, const struct loop_mark *m);
/* Anything that a or b can be: fresh guards, fresh numbers, fresh objects of the same types. NULL: a number. */
const struct val *loop_anything(struct sym *s, const struct val *a, const struct val *b);
/* Everything v can be is among what anything() made of kind. v NULL: a number. */
bool loop_covers(struct sym *s, const struct val *kind, const struct val *v);
/* All that is changed holds anything. */
void loop_forget(struct sym *s, struct state *st, const struct loop_changes *sum);
/* What differs between the state before an iteration and after it; true when something new does. */
bool loop_compare(struct sym *s, const struct state *before, const struct state *after, const struct loop_mark *m,
		  struct loop_changes *sum);
/* The same of registers; r10 never changes. */
bool loop_compare_registers(struct sym *s, const struct state *before, const struct state *after, struct loop_changes *sum);
void loop_forget_registers(struct sym *s, struct state *st, const struct state *entry, const struct loop_changes *sum);
/*
 * Maps that it changes, or whose rows it writes by keys that are new each time: before an iteration and after the last they
 * hold anything (loop_forget()). True: something new does.
 */
bool loop_compare_maps(struct sym *s, const struct state *after, const struct loop_mark *m, struct loop_changes *sum);
/* Effects on things outside of states that one run cannot stand for. */
void loop_refuse_unsound(struct sym *s, const struct loop_mark *m);

#endif
