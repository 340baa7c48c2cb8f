/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symshare: maps that others use while the program runs, by the discipline that the contract names.
 *
 *   MAP_PRIVATE  nobody else uses the map meanwhile
 *   MAP_SHARED   anybody may at any moment, and every write keeps the invariant of the element: each read of the program
 *                finds an element that has it, each write has to leave one that has it, whatever the rest of it is then
 *   MAP_CONSTANT nobody changes it while the program runs, and neither does the program, nor what it calls
 *   MAP_LOCKED   an element is used with its bpf_spin_lock held: then nobody else does. Its contents are anything that has
 *                the invariant when the lock is taken, and have to have it when it is given back
 */
#ifndef PROVE_SYMSHARE_H
#define PROVE_SYMSHARE_H

#include <stdint.h>
#include "prove/term.h"

enum map_discipline { MAP_PRIVATE, MAP_SHARED, MAP_LOCKED, MAP_CONSTANT };

struct map_model;
struct region;
struct state;
struct sym;
struct val;

/* The program reads or writes a shared element, where guard; off lies in it. */
const struct val *symshare_load(struct sym *s, struct state *st, struct region *r, term off, unsigned size, term guard);
void symshare_store(struct sym *s, struct state *st, struct region *r, term off, unsigned size, const struct val *v, term guard);
/* An atomic instruction begins, or ends: its read and its write meet the same element. */
void symshare_atomic(struct sym *s, bool begins);
/* n bytes become an element, or all of one (byte NULL: zeros), by an update with these flags, where `when`. Nothing to do for private maps. */
void symshare_element(struct sym *s, struct state *st, struct map_model *m, const term *byte, uint32_t n, term flags, term when);
/* An element goes. */
void symshare_remove(struct sym *s, const struct state *st, struct map_model *m, term when);
/* An element of a locked map is used: it has to be locked. */
void symshare_oblige_lock(struct sym *s, term guard, const struct region *r);
void symshare_locked_store(struct sym *s, const struct state *st, const struct region *r, term guard);
/* Its lock is taken by the call s->log[log]; is given back. */
void symshare_lock(struct sym *s, struct state *st, struct region *r, term guard, uint64_t log);
void symshare_unlock(struct sym *s, struct state *st, struct region *r, term guard);

/* In a replay, shared elements lie here, 2^24 apart by region. */
#define SYMSHARE_BASE 0xffffb00000000000ull
#define SYMSHARE_SHIFT 24

#endif
