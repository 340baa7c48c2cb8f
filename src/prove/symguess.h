/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symguess: what stands for one of very many places, and what it is.
 *
 * A read at an offset that may mean hundreds of places is an unknown number, and so is what a cell holds after a write at one of many.
 * That is more than the program does. What the number is can be said, and would be most of a formula; a proof needs it of few.
 * So it is said when a model needs it (symread.h): of a read, what the model's own place held at that moment; of a cell, what
 * the write made of it. All of that is true, and a model that contradicts none of it on its own way is one of the program's memory.
 *
 * A write of which nobody says what it wrote has no such definition: see symguess_unknown().
 */
#ifndef PROVE_SYMGUESS_H
#define PROVE_SYMGUESS_H

#include "prove/smt.h"
#include "prove/sym.h"

/* A write at off, where `guard`: byte i where when[i]. */
struct guess_write {
	term off, guard;
	uint32_t n;
	const term *byte, *when;
};

struct guess;

/* `word` is what `size` bytes of r at `off` hold in m (NULL: at the start), which nobody changes any more. Of interest where `when`: on that way. */
struct guess *symguess_read(struct sym *s, struct region *r, struct rmem *m, term off, unsigned size, term when, term word);
/* It is read there, too. */
void symguess_read_again(struct sym *s, struct guess *g, term when);
/* `word` is what cell number i, old before, holds after that write; NULL: nobody knows. */
void symguess_written(struct sym *s, uint64_t i, const struct cell *old, const struct guess_write *w, term when, term word);
/* `word` is what a holds where sel, else b. */
void symguess_joined(struct sym *s, const struct cell *a, const struct cell *b, term sel, term word);

/* What the model contradicts, of the numbers that the roots have, joins *facts. 1: something; 0: nothing; -1: no memory. */
int symguess_look(struct sym *s, const term *roots, size_t n, struct smt_answer *a, term *facts);
/* What every number is that the goal speaks of. */
term symguess_all(struct sym *s, term goal);
/* Whether the roots have a number of which nobody knows what it is. */
bool symguess_unknown(struct sym *s, const term *roots, size_t n);

#endif
