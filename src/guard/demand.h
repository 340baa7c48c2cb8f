/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * demand: hooks that are attached while a policy has rules for them, because the kernel pays for them at every read and
 * every packet. Their programs are loaded with the others, linked to the core, and pinned, so that what can fail has
 * been done before a policy needs them; all that is left is one link.
 */
#ifndef GUARD_DEMAND_H
#define GUARD_DEMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "common/diag.h"

/* The operations (bits of enum cordon_op) for which the program of this name is attached; 0: always. */
uint32_t demand_of(const char *program);

/* Whether a program is to be attached under a policy with these operations (cordon_meta.active). */
bool demand_wanted(const char *program, uint32_t active);

/* The bit of a program in a mask of those that a set has: not every kernel needs every one. 0: it is always attached. */
uint32_t demand_bit(const char *program);

/* Attach what the operations need and is not attached, of the programs in `loaded`, in the set that has its name. To be
 * called before the policy is in force. */
int demand_attach(uint32_t active, uint32_t loaded, struct diag *diag);

/* Detach what they do not need. To be called when nothing but that policy is in force. */
void demand_settle(uint32_t active);

#endif
