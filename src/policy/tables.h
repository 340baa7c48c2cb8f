/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of compiling an image; each fills the tables of some dimensions. See compile.h and cordon/abi.h. */
#ifndef POLICY_TABLES_H
#define POLICY_TABLES_H

#include "policy/atoms.h"
#include "policy/automaton.h"
#include "policy/compile.h"
#include "policy/image.h"
#include "policy/mounts.h"
#include "policy/setpool.h"

#define TABLES_VALUES_MAX   262144u /* entries of `values` */
#define TABLES_PREFIXES_MAX 262144u

struct compiler {
	struct arena arena; /* work memory, gone when the image is made */
	struct diag *diag;
	const struct policy *policy;
	const struct mount_table *mounts;
	struct atoms atoms;
	struct setpool pool;
	struct automaton automaton;
	struct image *image;
	size_t values_cap, prefixes_cap, roots_cap;
};

/* users, groups, socket family, type, protocol, IP protocol -> `values`, meta.dflt */
int tables_values(struct compiler *c);
/* destinations -> `prefixes`, meta.addr_dflt, port_dflt, addr_unknown */
int tables_prefixes(struct compiler *c);
/* files, programs, services, mounts -> `names`, `states`, `bytes`, `roots`, the meta fields about places */
int tables_places(struct compiler *c);

/* The atom is about these dimensions (meta.dims). */
void tables_need(struct compiler *c, size_t bit, uint32_t dims);

/* A refusal that names a rule. */
int tables_fail(struct compiler *c, int err, const struct policy_rule *rule, const char *what);

#endif
