/* SPDX-License-Identifier: GPL-2.0-only */
/* The nearest known word; see suggest.h. */
#include "common/suggest.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#define WORD_MAX 63u

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static int lower(const char *s, size_t i)
{
	return tolower((unsigned char)s[i]);
}

unsigned suggest_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1]; /* of the table: two before, one before, this one */
	size_t na = strlen(a), nb = strlen(b);

	if (na > WORD_MAX || nb > WORD_MAX)
		return UINT_MAX;
	for (unsigned j = 0; j <= nb; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= na; i++) {
		unsigned *row = rows[i % 3], *before = rows[(i + 2) % 3], *two = rows[(i + 1) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= nb; j++) {
			row[j] = before[j - 1] + (lower(a, i - 1) != lower(b, j - 1));
			row[j] = least(row[j], least(before[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && lower(a, i - 1) == lower(b, j - 2) &&
			    lower(a, i - 2) == lower(b, j - 1))
				row[j] = least(row[j], two[j - 2] + 1);
		}
	}
	return rows[na % 3][nb];
}

void suggest_offer(struct suggestion *suggestion, const char *known)
{
	unsigned distance = suggest_distance(suggestion->word, known);
	size_t len = strlen(known);

	/* A third of the letters may be wrong; of a short word, one. */
	if (distance > (len < 4 ? 1 : (len + 1) / 3) || distance >= strlen(suggestion->word))
		return;
	if (suggestion->best && distance >= suggestion->distance)
		return;
	suggestion->best = known;
	suggestion->distance = distance;
}
