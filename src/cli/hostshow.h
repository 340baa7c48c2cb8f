/* SPDX-License-Identifier: GPL-2.0-only */
/* hostshow: what `status` says of host names. The list is the daemon's: the one of hoststore.h. */
#ifndef CLI_HOSTSHOW_H
#define CLI_HOSTSHOW_H

#include <jansson.h>
#include <stdbool.h>

/* Sentences on what is not well: @problems, of names that a rule refuses by and that hold nothing (then it returns true: a clause
 * is not enforced); @warnings, of all else. */
bool hostshow_judge(const json_t *list, json_t *problems, json_t *warnings);

/* The table of names: addresses, when they are asked for again. */
void hostshow_print(const json_t *list);

#endif
