/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * view: what the kernel says about the guard, read from the pins alone; no daemon is asked. Needs root.
 */
#ifndef GUARD_VIEW_H
#define GUARD_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/diag.h"
#include "guard/frames.h"
#include "guard/guard.h"
#include "guard/object.h"

struct view_hook {
	struct object_program program;
	bool attached; /* and answered */
	bool idle;     /* not attached, because the policy has no rules for it (demand.h) */
	bool mute;     /* attached, but without the core it asks: it refuses everything it would ask */
	uint32_t link, prog; /* kernel ids, 0 = none */
};

/* A table that forgets nothing until the guard is loaded anew (bpf/line.h). Ordinary users get three quarters of it. */
struct view_table {
	uint32_t used, room; /* room 0: it could not be read */
};

struct guard_view {
	bool pinned;	  /* there is a set */
	bool readable;	  /* its maps could be opened; what follows is only then meant */
	bool same_object; /* it is the object this binary carries */
	struct guard_about about;
	uint64_t generation;
	uint32_t slot;
	uint32_t active; /* the operations of the policy */
	uint32_t atoms, enforced, permits; /* of the tables in force */
	struct cordon_counters counters;   /* summed over CPUs */
	unsigned cpus;
	struct view_table programs, lines; /* what is noted for `ancestors` */
	struct frames frames;	/* packet sockets, and what judges them */
	struct view_hook *hooks; /* every program of the embedded object */
	size_t nhooks, attached, missing;
};

/* 0, or -errno when nothing can be said (not root, no BPF). */
int guard_view_read(struct guard_view *ret_view, struct diag *diag);
void guard_view_done(struct guard_view *view);

#endif
