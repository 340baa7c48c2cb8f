/* SPDX-License-Identifier: GPL-2.0-only */
/* Host names, as a policy may write them: full names in DNS's own letters. Pure. */
#ifndef POLICY_HOSTNAME_H
#define POLICY_HOSTNAME_H

#include "common/arena.h"

#define HOSTNAME_MAX 253u /* bytes, without the dot at the end */

enum hostname_fault {
	HOSTNAME_OK,
	HOSTNAME_EMPTY,
	HOSTNAME_WILDCARD, /* "*.example.org" */
	HOSTNAME_ADDRESS,  /* an address or a network; names do not end with a number */
	HOSTNAME_LETTERS,  /* other than DNS's: letters, digits, '-', '_' */
	HOSTNAME_LABEL,    /* a part that is empty, too long, or has '-' at an end */
	HOSTNAME_LONG,
};

enum hostname_fault hostname_fault(const char *name);

/* A format for the name, which says what is wrong with it; and how to mend it. */
const char *hostname_what(enum hostname_fault fault);
const char *hostname_mend(enum hostname_fault fault);

/* Lower case, without the dot at the end: equal names are equal texts. NULL: no memory. @name is without fault. */
const char *hostname_plain(struct arena *arena, const char *name);

#endif
