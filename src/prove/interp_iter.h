/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp_iter: bpf_iter_num_new(), _next() and _destroy() in the interpreter.
 *
 * An iterator is known by the address of its 8 bytes of stack, which count as never written as long as it is there: the program
 * that reads them reads what it did not write, and one that writes them has lost the iterator.
 */
#ifndef PROVE_INTERP_ITER_H
#define PROVE_INTERP_ITER_H

#include "prove/interp.h"

struct interp_iter {
	uint64_t addr;
	int64_t next, end;
	bool live;
	struct interp_region *place, *number;
	struct interp_iter *later;
};

/*
 * The calls; those of a hook for calls. Anything but 0: the call is wrong, *ret_why says how. *ret_r0 is what they return, of
 * _new() with an upper half of zeros, of _next() the address of the number or 0.
 */
int interp_iter_new(struct interp_iter **list, struct interp *it, const uint64_t args[5], uint64_t *ret_r0, const char **ret_why);
int interp_iter_next(struct interp_iter **list, struct interp *it, const uint64_t args[5], uint64_t *ret_r0, const char **ret_why);
int interp_iter_destroy(struct interp_iter **list, struct interp *it, const uint64_t args[5], const char **ret_why);
/* How many there are. */
unsigned interp_iter_live(const struct interp_iter *list);
void interp_iter_free(struct interp_iter *list);

#endif
