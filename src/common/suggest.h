/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "Did you mean ...?": the nearest of the words that are known.
 *
 *     struct suggestion s = { .word = text };
 *     for (each known word)
 *             suggest_offer(&s, known);
 *     if (s.best) ...
 */
#ifndef COMMON_SUGGEST_H
#define COMMON_SUGGEST_H

struct suggestion {
	const char *word;  /* what was written */
	const char *best;  /* the nearest word offered, NULL: none is near */
	unsigned distance; /* of best */
};

void suggest_offer(struct suggestion *suggestion, const char *known);

/* Insertions, deletions, replacements and swaps of neighbours; case counts nothing. Words over 63 bytes: far. */
unsigned suggest_distance(const char *a, const char *b);

#endif
