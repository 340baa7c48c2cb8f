/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target: the functions of the kernel that the programs of the object attach to.
 *
 * The kernel wants a function's number in its BTF. libbpf looks each name up by reading all types (130,000 of them) from
 * the beginning; here they are read once for all programs, and libbpf is told the number when it loads one.
 */
#ifndef GUARD_TARGET_H
#define GUARD_TARGET_H

#include <stdbool.h>
#include <stddef.h>

struct bpf_object;
struct btf;

struct target_function {
	char function[96];
	int id; /* in the kernel's BTF; 0 = this kernel does not have it */
};

struct targets {
	struct target_function *list; /* by name */
	size_t n;
	bool kernel_known;   /* false: its BTF could not be read, and every id is 0 */
	int handlers[2];     /* of libbpf */
};

/* The function that a section attaches to; "" when it is no function. */
void target_of(const char *section, char *ret_name, size_t size);

/* Look in the kernel's BTF (NULL: there is none) for what all sections of the object attach to, and for the functions in `more` (NULL
 * ends it). 0 or -ENOMEM; freed by targets_done(). */
int targets_read(const struct bpf_object *object, const struct btf *kernel, const char *const *more, struct targets *targets);
void targets_done(struct targets *targets);

/* The number of a function that was asked for; 0 = this kernel does not have it. */
int targets_id(const struct targets *targets, const char *function);

/* Let libbpf take the numbers from `targets`, which is to be read between opening and loading and must stay where it is until
 * targets_end(). To be called before the object is opened. 0 or -errno. */
int targets_begin(struct targets *targets);
void targets_end(struct targets *targets);

#endif
