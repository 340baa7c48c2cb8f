/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show_access: what each load, store and helper call of a program touches, for people to read.
 *
 * A small forward analysis follows the context, frame pointer, map and map-value pointers through registers
 * and stack slots. It explains, it does not prove: where paths disagree it says nothing.
 */
#ifndef PROVE_SHOW_ACCESS_H
#define PROVE_SHOW_ACCESS_H

#include "prove/cfg.h"

struct arena;
struct bpfobj;
struct bpfobj_prog;

enum access_kind {
	ACCESS_UNKNOWN, /* nothing is known, or paths disagree */
	ACCESS_NUMBER,
	ACCESS_CONTEXT,
	ACCESS_STACK,
	ACCESS_MAP,       /* the map itself */
	ACCESS_MAP_VALUE, /* into a value of the map */
	ACCESS_RECORD,    /* ring-buffer record of the map */
	ACCESS_KERNEL,    /* kernel memory */
};

struct access_value {
	enum access_kind kind;
	bool set;        /* some path reaches here */
	bool off_known;
	uint32_t map;    /* index in the object; CFG_NONE: of an inner map that is not known */
	int64_t off;
};

/* What an instruction touches: a load or store its memory, a call the map in r1. */
struct access {
	struct access_value at; /* kind ACCESS_UNKNOWN: nothing to say */
	bool is_memory, is_write, is_call;
};

/* One entry per slot, in the arena. 0 or -ENOMEM. */
int show_access(const struct bpfobj *obj, const struct bpfobj_prog *prog, const struct cfg *cfg, struct arena *arena,
		const struct access **ret_accesses);

/* "rules value +4", "stack -16", "ctx +8 (fd)"; nothing when unknown. */
struct buf;
void show_access_print(const struct bpfobj *obj, const struct access *a, struct buf *out);

/* Name of a helper by number; NULL when unknown. */
const char *show_helper_name(int32_t id);

#endif
