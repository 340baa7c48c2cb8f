/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A request against an image, dimension by dimension: for each fact that counts, the set of atoms that accept it. A
 * request matches an atom that is in all of them. image_evaluate() joins them, image_explain() tells them apart.
 *
 * The look-ups are those of the kernel half, written plainly: linear where the kernel has a hash or a trie.
 */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include "policy/image.h"

enum fact_kind {
	/* the subject */
	FACT_USER,
	FACT_REAL_USER,
	FACT_LOGIN,
	FACT_SESSION,
	FACT_GROUP,
	FACT_GROUP_EXCEPTED, /* the groups of `except` */
	FACT_SERVICE,
	FACT_PROGRAM,
	FACT_ANCESTOR,
	FACT_ANCESTOR_EXCEPTED,
	/* the object */
	FACT_FILE,
	FACT_FOREIGN, /* its file system was mounted by a user namespace of its own */
	FACT_ADDRESS,
	FACT_PORT,
	FACT_PROTOCOL,
	FACT_SOCKET_FAMILY,
	FACT_SOCKET_TYPE,
	FACT_SOCKET_PROTOCOL,
	FACT_CAPABILITY,
	FACT_KERNEL_OPERATION,
	/* what is asked; not gathered: meta.op[] */
	FACT_OPERATION,
	FACT_COUNT,
};

#define FACTS_SUBJECT ((1u << FACT_FILE) - 1)

/* "user", "the program", ...: behind "another". */
const char *fact_name(enum fact_kind kind);

struct facts {
	const struct image *image;
	int err; /* -ENODATA when an id was out of range, -ENOMEM; every word is then worthless */
	struct {
		uint32_t *sets;
		size_t n, cap;
		bool present;
	} of[FACT_COUNT]; /* several sets of one fact: OR-ed for FACT_GROUP and FACT_ANCESTOR, else AND-ed */
};

/* Fills @facts; facts_done() it whatever the answer. 0, -ENODATA, -ENOMEM. NULL: no facts of it. */
int facts_gather(struct facts *facts, const struct image *image, const struct image_subject *subject,
		 const struct image_object *object);
void facts_done(struct facts *facts);

/* A word of 64 atoms of one fact; of all facts of a mask (1 << kind) together. */
uint64_t facts_word(struct facts *facts, enum fact_kind kind, size_t word);
uint64_t facts_words(struct facts *facts, uint32_t mask, size_t word);

/* A word of a set; 0 and facts->err when there is none. */
uint64_t facts_set_word(struct facts *facts, uint32_t set, size_t word);

/* How many names a path has. */
uint32_t facts_names(const char *path);

/* The automaton state of a place in a file system, of whose names the last @unsure are not sure; *ret_known: whether the file system
 * is one of the image's. */
uint32_t facts_place(struct facts *facts, uint32_t dev, const char *path, uint32_t unsure, bool *ret_known);

static inline size_t facts_nwords(const struct image *image)
{
	return (size_t)image->meta.nchunks * CORDON_CHUNK_WORDS;
}

#endif
