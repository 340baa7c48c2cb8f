/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types: the part of the kernel's types that the object speaks of.
 *
 * Every structure that the programs look into is looked for by libbpf among all types of the kernel, 130,000, one search
 * for each. So it is given a BTF of those alone: every type of the kernel that has the name of one in the object, and what
 * it is made of, as it is there; what it only points to is left out.
 */
#ifndef GUARD_TYPES_H
#define GUARD_TYPES_H

struct bpf_object;
struct btf;

struct types {
	int fd;
	char path[32]; /* for bpf_object_open_opts.btf_custom_path; good until types_done() */
};

/* Before the object is opened. 0 or -errno. */
int types_begin(struct types *types);
/* Between opening and loading: fill it from the kernel's BTF. 0 or -errno. */
int types_write(const struct types *types, const struct bpf_object *object, const struct btf *kernel);
void types_done(struct types *types);

#endif
