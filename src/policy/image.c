/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference decision over an image, and the image's end. The look-ups are those of the kernel half, written
 * plainly: linear where the kernel has a hash or a trie.
 */
#include "policy/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

/* A request's sets are gathered here; a bad id anywhere makes the whole a refusal. */
struct lookup {
	const struct image *image;
	int err;
};

static size_t words_of(const struct image *image)
{
	return (size_t)image->meta.nchunks * CORDON_CHUNK_WORDS;
}

static uint64_t word_of(struct lookup *l, uint32_t set, size_t word)
{
	size_t row = (size_t)set * l->image->meta.nchunks + word / CORDON_CHUNK_WORDS;

	if (set >= l->image->nsets) {
		l->err = -ENODATA;
		return 0;
	}
	return l->image->sets[row].word[word % CORDON_CHUNK_WORDS];
}

static uint32_t value_set(const struct image *image, uint32_t dim, uint64_t value)
{
	size_t low = 0, high = image->nvalues;

	while (low < high) { /* sorted by dimension and value */
		size_t middle = (low + high) / 2;
		const struct cordon_value_key *key = &image->values[middle].key;

		if (key->dim < dim || (key->dim == dim && key->value < value))
			low = middle + 1;
		else
			high = middle;
	}
	if (low < image->nvalues && image->values[low].key.dim == dim && image->values[low].key.value == value)
		return image->values[low].set;
	return image->meta.dflt[dim];
}

static uint32_t prefix_set(const struct image *image, uint32_t trie, const uint8_t *data, uint32_t dflt)
{
	uint32_t longest = 0, set = dflt;

	for (size_t i = 0; i < image->nprefixes; i++) {
		const struct cordon_prefix_key *key = &image->prefixes[i].key;
		unsigned bits = key->prefixlen - 32, whole = bits / 8, rest = bits % 8;

		if (key->trie != trie || key->prefixlen < longest || memcmp(key->data, data, whole) ||
		    (rest && (key->data[whole] ^ data[whole]) >> (8 - rest)))
			continue;
		longest = key->prefixlen;
		set = image->prefixes[i].set;
	}
	return set;
}

/* ---- the automaton --------------------------------------------------------------------------- */

static const struct image_name *find_name(const struct image *image, uint32_t state, const char *name, size_t len)
{
	size_t low = 0, high = image->nnames;

	while (low < high) { /* states come in order */
		size_t middle = (low + high) / 2;

		if (image->names[middle].key.state < state)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < image->nnames && image->names[low].key.state == state; low++)
		if (image->names[low].key.len == len && !memcmp(image->names[low].key.name, name, len))
			return &image->names[low];
	return NULL;
}

static uint32_t step(struct lookup *l, uint32_t state, const char *name, size_t len)
{
	const struct image *image = l->image;
	const struct image_name *entry = len <= CORDON_LITERAL_MAX ? find_name(image, state, name, len) : NULL;
	uint64_t row, columns = image->meta.ncolumns;

	if (entry)
		return entry->next;
	row = image->states[state].glob;
	if (!row)
		return image->states[state].next;
	for (size_t i = 0; i <= len; i++) {
		uint64_t column = i < len ? image->meta.byte_class[(unsigned char)name[i]] : columns - 1;

		if (row * columns + column >= image->nbytes) {
			l->err = -ENODATA;
			return 0;
		}
		row = image->bytes[row * columns + column];
	}
	return (uint32_t)row;
}

/* The state after all names of an absolute path. */
static uint32_t walk(struct lookup *l, uint32_t state, const char *path)
{
	while (*path && !l->err) {
		size_t len = strcspn(path, "/");

		if (state >= l->image->nstates) {
			l->err = -ENODATA;
			break;
		}
		if (len)
			state = step(l, state, path, len);
		path += len + (path[len] == '/');
	}
	if (state >= l->image->nstates)
		l->err = -ENODATA;
	return l->err ? 0 : state;
}

/* The start state of a superblock. Without one (not mounted where the daemon sees it) nothing is named. */
static uint32_t root_state(const struct image *image, uint32_t dev, bool *ret_known)
{
	for (size_t i = 0; i < image->nroots; i++)
		if (image->roots[i].dev == dev) {
			*ret_known = true;
			return image->roots[i].root.state;
		}
	*ret_known = false;
	return 0;
}

/* ---- subject and object ---------------------------------------------------------------------- */

static uint32_t program_set(struct lookup *l, const struct image_subject *subject)
{
	bool known = false;
	uint32_t start = root_state(l->image, subject->program_dev, &known);

	if (!subject->program || !known)
		return l->image->meta.prog_unknown;
	return l->image->states[walk(l, start, subject->program)].prog;
}

static void gather_subject(struct lookup *l, const struct image_subject *subject, uint64_t *words)
{
	const struct image *image = l->image;
	uint32_t uid = value_set(image, CORDON_DIM_UID, subject->uid);
	uint32_t cgroup = image->states[walk(l, image->meta.cgroup_start, subject->cgroup)].cgroup;
	uint32_t program = program_set(l, subject);

	for (size_t w = 0; w < words_of(image); w++) {
		uint64_t in = word_of(l, image->meta.dflt[CORDON_DIM_GID], w), out = ~UINT64_C(0);

		for (size_t g = 0; g < subject->ngids; g++) {
			in |= word_of(l, value_set(image, CORDON_DIM_GID, subject->gids[g]), w);
			out &= word_of(l, value_set(image, CORDON_DIM_NOT_GID, subject->gids[g]), w);
		}
		words[w] = in & out & word_of(l, uid, w) & word_of(l, cgroup, w) & word_of(l, program, w);
	}
}

static uint32_t file_set(struct lookup *l, const struct image_object *object)
{
	bool known;
	uint32_t start = root_state(l->image, object->dev, &known);

	if (object->nameless)
		return l->image->meta.file_nameless;
	if (!object->path || !known)
		return l->image->meta.file_unknown;
	return l->image->states[walk(l, start, object->path)].file;
}

/* Up to three sets that are AND-ed. */
static void gather_object(struct lookup *l, const struct image_object *object, uint32_t set[3])
{
	const struct image *image = l->image;
	uint8_t port[2] = { (uint8_t)(object->port >> 8), (uint8_t)object->port };

	set[0] = set[1] = set[2] = CORDON_SET_ALL;
	switch (object->op) {
	case CORDON_OP_REACH:
		set[0] = object->unknown_addr ?
				 image->meta.addr_unknown :
				 prefix_set(image, CORDON_TRIE_ADDR, object->addr, image->meta.addr_dflt);
		if (object->unknown_addr)
			break;
		set[1] = prefix_set(image, CORDON_TRIE_PORT, port, image->meta.port_dflt);
		set[2] = value_set(image, CORDON_DIM_IPPROTO, object->ipproto);
		break;
	case CORDON_OP_SOCKET:
		set[0] = value_set(image, CORDON_DIM_FAMILY, object->family);
		set[1] = value_set(image, CORDON_DIM_TYPE, object->type);
		set[2] = value_set(image, CORDON_DIM_PROTOCOL, object->protocol);
		break;
	default:
		set[0] = file_set(l, object);
		if (object->foreign && !object->nameless)
			set[1] = image->meta.file_foreign;
	}
}

int image_evaluate(const struct image *image, const struct image_subject *subject, const struct image_object *object,
		   struct cordon_decision *ret_decision)
{
	struct lookup l = { .image = image };
	struct cordon_accumulator acc;
	struct cordon_decision decision;
	uint64_t *words;
	uint32_t set[3];

	if (object->op >= CORDON_OP_COUNT || !image->nstates)
		return -ENODATA;
	if (object->nameless && object->op < CORDON_OP_EXEC) {
		*ret_decision = (struct cordon_decision){ .rule = CORDON_RULE_NONE, .audit_rule = CORDON_RULE_NONE };
		return 0;
	}
	words = calloc(words_of(image), sizeof(*words));
	if (!words)
		return -ENOMEM;
	gather_subject(&l, subject, words);
	gather_object(&l, object, set);
	cordon_decide_init(&acc);
	for (size_t w = 0; w < words_of(image); w++)
		cordon_decide_word(&acc, words[w], word_of(&l, image->meta.op[object->op], w),
				   word_of(&l, set[0], w) & word_of(&l, set[1], w) & word_of(&l, set[2], w),
				   word_of(&l, image->meta.permit, w), word_of(&l, image->meta.enforce, w),
				   (uint32_t)w * 64);
	cordon_decide_result(&acc, &decision);
	free(words);
	if (!l.err)
		*ret_decision = decision;
	return l.err;
}

void image_free(struct image *image)
{
	if (!image)
		return;
	free(image->sets);
	free(image->values);
	free(image->prefixes);
	free(image->names);
	free(image->states);
	free(image->bytes);
	free(image->roots);
	arena_done(image->memory);
	free(image->memory);
	free(image);
}
