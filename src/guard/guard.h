/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard: the set of programs and maps in the kernel, seen by the one process that may change it.
 *
 * Life: guard_adopt() takes over what is pinned, when the same object made it; else guard_load() makes a set
 * aside, brings the policy in force over, attaches, gives it its name and only then removes the old one, so
 * that there is never a moment without guard. guard_publish() changes the policy. guard_free() lets go and
 * changes nothing in the kernel; guard_unload() is the only function that lifts the guard.
 *
 * Not thread-safe; the caller keeps other daemons out (a lock file).
 */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/diag.h"
#include "guard/tables.h"
#include "policy/image.h"

/* One entry of the pinned array `about`: who made the set. `complete` is stored last; a set without it is not
 * a set. Its shape never changes but at the end, so that every version can read it. */
struct guard_about {
	uint32_t abi;
	uint32_t complete;
	char object[72];  /* object_hash() */
	char version[24]; /* of the binary that loaded it */
	uint64_t loaded;  /* CLOCK_REALTIME, seconds */
};

struct guard {
	int outer[TABLE_COUNT]; /* outer maps, by table */
	int events, counters;
	struct cordon_state *state; /* mapped; the programs read it */
	struct guard_about about;
	unsigned programs; /* attached by guard_load() */
	uint32_t on_demand; /* demand_bit() of the programs it has that are attached by the policy */
	bool aside;        /* being made: it has not its name yet */
	bool trial;	   /* the policy in force may go again: what the one before it needs stays attached. Set by the caller */
	bool whole;	   /* the tables of the policy before are as they were: */
	uint64_t before;   /* its cordon_state.current; 0: there was none */
};

struct guard_options {
	uint32_t ring_size; /* bytes of the ring buffer, a power of two of pages; 0 = the object's default */
};

/*
 * Take over the pinned set. 0; -ENOENT: nothing is pinned; -ESTALE: it was made by another object or ABI, or its
 * pins are incomplete (diag says which): guard_load() replaces it.
 */
int guard_adopt(struct guard **ret_guard, struct diag *diag);

/*
 * Load, attach, pin, replace. Any program that cannot attach and is not optional is an error that names what is
 * lost, and nothing has changed. The policy in force of a pinned set is taken along: its tables are shared with
 * the new set when the ABI is the same; else `image` is published to it before it attaches, and without image
 * the old set stays and -ESTALE is returned. Warnings for optional programs.
 */
int guard_load(const struct guard_options *options, const struct image *image, struct guard **ret_guard,
	       struct diag *diag);

/* Generation in force; 0: none. */
uint64_t guard_generation(const struct guard *guard);

/* The operations of the policy in force (cordon_meta.active); 0: no policy; all when it cannot be known. */
uint32_t guard_active(const struct guard *guard);

/*
 * Put a policy in force: fill the slot aside, then store cordon_state.current. Generations go on from the kernel's.
 * On failure the one in force stays.
 */
int guard_publish(struct guard *guard, const struct image *image, uint64_t *ret_generation, struct diag *diag);

/*
 * Go back to the policy before the one that was published last, which has this generation (0: none), with its tables as they are:
 * one store, nothing is asked of the kernel. For when the policy in force lets nothing else be done. -ENOENT: its tables are
 * gone, or another program published.
 */
int guard_return(struct guard *guard, uint64_t generation);

/* What was on trial stays, or went: detach what only the other one needed. */
void guard_settle(struct guard *guard);

void guard_free(struct guard *guard);

/* Lift the guard: remove every pin, and wait until every program is gone. 0 when nothing was loaded; -EBUSY: some are still
 * there, because another process holds them or their links (diag says how many). */
int guard_unload(struct diag *diag);

/* Make the pinned set decide nothing any more, before it is removed: hook and core go one after the other, and a hook without
 * its core refuses. Nothing happens when there is no such set. */
void guard_retire(const char *set);

/* Whether the pinned hook `name`, whose program has this id, has the core it asks, or asks none. */
bool guard_hook_answered(const char *name, unsigned program_id);

/* Whether `bpf` is among the kernel's active LSMs: without it a program attaches and is never called. 0,
 * -EOPNOTSUPP: it is not; -errno: cannot be known (which must count as "not"). */
int guard_check_lsm(struct diag *diag);

/* Whether programs may read the kernel's memory here (kernel_lockdown(7)). 0; -EPERM: under lockdown=confidentiality they may not;
 * -errno: cannot be known (which must count as "not"). ret_state is the kernel's line, "" where lockdown is not in it. */
#define GUARD_LOCKDOWN_MAX 128
int guard_check_lockdown(char ret_state[GUARD_LOCKDOWN_MAX], struct diag *diag);

/* Open the maps of a set by their pins into *guard and read `about` (shared by adopt and load). */
int guard_open_maps(const char *set, struct guard *ret_guard, struct diag *diag);

#endif
