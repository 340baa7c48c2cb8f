/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A compiled policy: exactly the tables of one generation (cordon/abi.h), plus what people need to
 * understand a verdict. Made by policy_compile(), written to the kernel by guard_publish(), evaluated
 * on the host by image_evaluate(). Immutable once compiled; one owner; freed by image_free().
 */
#ifndef CORDON_POLICY_IMAGE_H
#define CORDON_POLICY_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cordon/abi.h>
#include <cordon/decide.h>

#include "common/diag.h"

/* Where an atom comes from. Several atoms may have the same source. Strings belong to the image. */
struct image_rule {
	const char *name;   /* `rule:` of the rule */
	const char *policy; /* metadata.name */
	const char *file;   /* policy file as it was given */
	unsigned line, column;
	bool permit, enforce;
};

struct image_value { struct cordon_value_key key; uint32_t set; };
struct image_prefix { struct cordon_prefix_key key; uint32_t set; };
struct image_name { struct cordon_name_key key; uint32_t next; };
struct image_root { uint32_t dev; struct cordon_root root; };

struct image {
	struct cordon_meta meta; /* generation is 0 until it is published */

	struct cordon_chunk *sets; /* nsets * meta.nchunks rows, as the map has them */
	size_t nsets;
	struct image_value *values;
	size_t nvalues;
	struct image_prefix *prefixes;
	size_t nprefixes;
	struct image_name *names;
	size_t nnames;
	struct cordon_node *states; /* [0] is the dead state */
	size_t nstates;
	uint32_t *bytes; /* nrows * meta.ncolumns */
	size_t nbytes;   /* entries, not rows */
	struct image_root *roots;
	size_t nroots;

	struct image_rule *rules; /* meta.nrules of them: atom -> source */
	uint32_t *needs;          /* as many: the bits of meta.dims that are an atom's; NULL: not known, of all together only */
	void *memory;             /* what owns the strings and arrays */
};

/* A request, in the terms the kernel half has them. Names are given from the root down. */
struct image_program {
	const char *path; /* inside its file system; NULL = unknown */
	uint32_t dev;     /* its superblock */
	uint32_t unsure;  /* the last names of the path that are not sure (cordon_node in abi.h) */
};

/* Zero is a value like others: real_uid and login have to be set. */
struct image_subject {
	uint32_t uid; /* effective */
	uint32_t real_uid;
	uint32_t login;       /* login uid; CORDON_LOGIN_UNSET: nobody logged in */
	uint32_t session;     /* enum cordon_session */
	const uint32_t *gids; /* effective gid first, then the supplementary ones */
	size_t ngids;
	const char *cgroup;   /* "/system.slice/webhook.service" */
	const char *program;  /* path inside its file system; NULL = unknown */
	uint32_t program_dev; /* superblock of the program */
	uint32_t program_unsure;
	const struct image_program *ancestors; /* the programs of those above it; its own counts anyhow */
	size_t nancestors;
};

struct image_object {
	enum cordon_op op;
	/* CORDON_OPS_FILE: */
	uint32_t dev;
	const char *path; /* inside the file system, "/" its root; NULL = unknown place */
	uint32_t unsure;  /* as image_program's */
	bool foreign;
	bool nameless;    /* memfd, pipe, anonymous: only EXEC is decided */
	const char *abstract; /* CONNECT: instead of a path, an abstract name: any bytes */
	size_t abstract_len;
	/* CORDON_OPS_NET: */
	uint8_t addr[16]; /* as in CORDON_TRIE_ADDR */
	uint32_t port;    /* host order */
	uint16_t ipproto; /* CORDON_IPPROTO_VSOCK for vsock */
	bool unknown_addr;
	/* SOCKET: */
	uint16_t family, type, protocol;
	/* CAPABILITY, KERNEL: */
	uint32_t number;
};

/*
 * The reference decision: the same look-ups and the same decide() as the kernel half, over the image.
 * Returns 0, or -ENODATA when the tables are damaged (an id out of range), which is a refusal.
 */
int image_evaluate(const struct image *image, const struct image_subject *subject,
		   const struct image_object *object, struct cordon_decision *ret_decision);

/*
 * Whether a link or a rename may give an object a new place: what the subject may not do with its content where it is, it may
 * not do where it would be (cordon_node in abi.h says how). @from and @to are places as in image_evaluate(), their `op`
 * does not count; of a @directory, all that could be below it counts. The names themselves are asked about as CREATE and
 * DELETE. *ret_decision: deny, and the rule that would be got around; or would_deny, in audit. 0, -ENODATA, -ENOMEM.
 */
int image_moves(const struct image *image, const struct image_subject *subject, const struct image_object *from,
		const struct image_object *to, bool directory, struct cordon_decision *ret_decision);

/*
 * Whether the kernel half decides all that the image's rules say (CORDON_ENFORCED_*). 0, or -EOPNOTSUPP and an error for
 * every rule that it would not enforce.
 */
int image_check_enforced(const struct image *image, struct diag *diag);

void image_free(struct image *image);

#endif
