/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object: the BPF object that this binary carries, looked at without loading it.
 *
 * A program in a section that starts with "?" (libbpf: not loaded unless asked for) is optional: it is loaded
 * where the kernel has its hook, and what is lost elsewhere is said. All others must attach.
 */
#ifndef GUARD_OBJECT_H
#define GUARD_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/diag.h"

struct bpf_object;
struct btf;
struct targets;

struct object_program {
	char name[64];	  /* function, and name of its pinned link */
	char section[64]; /* "lsm/file_open", without "?" */
	bool optional;
	bool available;	  /* this kernel has what it attaches to, and needs it */
	bool superseded;  /* this kernel does not need it: another hook sees the same */
	bool later;	  /* loaded when a policy needs it (frames.h) */
	bool kernel_known; /* false: the kernel's BTF could not be read, `available` says nothing */
};

struct object_info {
	struct object_program *programs;
	size_t n;
};

/* SHA-256 of the object, in hexadecimal; taken when the binary was built. */
const char *object_hash(void);

/* Open it, with the types of the kernel that stand in the file `types` (types.h; NULL: all); the caller closes it with
 * bpf_object__close(). */
int object_open(const char *types, struct bpf_object **ret_object, struct diag *diag);

/* Where its programs attach in the kernel with this BTF (target.h). 0 or -ENOMEM. */
int object_targets(const struct bpf_object *object, const struct btf *kernel, struct targets *targets);

/* Its programs; freed by object_info_done(). */
int object_info_read(struct object_info *ret_info, struct diag *diag);
int object_info_of(struct bpf_object *object, const struct targets *targets, struct object_info *ret_info, struct diag *diag);
void object_info_done(struct object_info *info);

/* Collect what libbpf says from now on, instead of printing it; object_log_end() gives the text to `diag` as
 * notes when `failed`. One thread at a time; libbpf's print hook has no context argument. */
void object_log_begin(void);
void object_log_end(bool failed, struct diag *diag);

#endif
