/* SPDX-License-Identifier: GPL-2.0-only */
/* A request's sets; see facts.h. */
#include "policy/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/numbers.h"

const char *fact_name(enum fact_kind kind)
{
	static const char *const names[FACT_COUNT] = {
		[FACT_USER] = "user", [FACT_REAL_USER] = "real user", [FACT_LOGIN] = "login user",
		[FACT_SESSION] = "session", [FACT_GROUP] = "group", [FACT_GROUP_EXCEPTED] = "group (except)",
		[FACT_SERVICE] = "service", [FACT_PROGRAM] = "program", [FACT_ANCESTOR] = "ancestor",
		[FACT_ANCESTOR_EXCEPTED] = "ancestor (except)", [FACT_FILE] = "file", [FACT_FOREIGN] = "file system",
		[FACT_ADDRESS] = "address", [FACT_PORT] = "port", [FACT_PROTOCOL] = "protocol",
		[FACT_SOCKET_FAMILY] = "socket family", [FACT_SOCKET_TYPE] = "socket type",
		[FACT_SOCKET_PROTOCOL] = "socket protocol", [FACT_CAPABILITY] = "capability",
		[FACT_KERNEL_OPERATION] = "kernel operation", [FACT_OPERATION] = "operation",
	};

	return (unsigned)kind < FACT_COUNT ? names[kind] : "unknown";
}

/* ---- sets ------------------------------------------------------------------------------------- */

uint64_t facts_set_word(struct facts *facts, uint32_t set, size_t word)
{
	size_t row = (size_t)set * facts->image->meta.nchunks + word / CORDON_CHUNK_WORDS;

	if (set >= facts->image->nsets) {
		facts->err = -ENODATA;
		return 0;
	}
	return facts->image->sets[row].word[word % CORDON_CHUNK_WORDS];
}

uint64_t facts_word(struct facts *facts, enum fact_kind kind, size_t word)
{
	bool any = kind == FACT_GROUP || kind == FACT_ANCESTOR;
	uint64_t all = any ? 0 : ~UINT64_C(0);

	for (size_t i = 0; i < facts->of[kind].n; i++) {
		uint64_t one = facts_set_word(facts, facts->of[kind].sets[i], word);

		all = any ? all | one : all & one;
	}
	return all;
}

uint64_t facts_words(struct facts *facts, uint32_t mask, size_t word)
{
	uint64_t all = ~UINT64_C(0);

	for (unsigned kind = 0; kind < FACT_COUNT; kind++)
		if (mask >> kind & 1 && facts->of[kind].present)
			all &= facts_word(facts, kind, word);
	return all;
}

static void add(struct facts *facts, enum fact_kind kind, uint32_t set)
{
	uint32_t *sets = grow_array(facts->of[kind].sets, facts->of[kind].n, &facts->of[kind].cap, sizeof(*sets));

	facts->of[kind].present = true;
	if (!sets) {
		facts->err = -ENOMEM;
		return;
	}
	facts->of[kind].sets = sets;
	sets[facts->of[kind].n++] = set;
}

static void add_value(struct facts *facts, enum fact_kind kind, uint32_t dim, uint64_t value)
{
	const struct image *image = facts->image;
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
		add(facts, kind, image->values[low].set);
	else
		add(facts, kind, image->meta.dflt[dim]);
}

static void add_prefix(struct facts *facts, enum fact_kind kind, uint32_t trie, const uint8_t *data, uint32_t dflt)
{
	const struct image *image = facts->image;
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
	add(facts, kind, set);
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

/* Where the byte automaton leads from a row: a state. */
static uint32_t run_bytes(struct facts *facts, uint64_t row, const char *name, size_t len)
{
	const struct image *image = facts->image;
	uint64_t columns = image->meta.ncolumns;

	for (size_t i = 0; i <= len; i++) {
		uint64_t column = i < len ? image->meta.byte_class[(unsigned char)name[i]] : columns - 1;

		if (!row || row * columns + column >= image->nbytes) {
			facts->err = -ENODATA;
			return 0;
		}
		row = image->bytes[row * columns + column];
	}
	return (uint32_t)row;
}

/* The state after one name; 0 and facts->err when the tables are damaged. */
static uint32_t step(struct facts *facts, uint32_t state, const char *name, size_t len)
{
	const struct image *image = facts->image;
	const struct image_name *entry;

	if (state < image->nstates) {
		entry = len <= CORDON_LITERAL_MAX ? find_name(image, state, name, len) : NULL;
		if (entry)
			state = entry->next;
		else if (image->states[state].glob)
			state = run_bytes(facts, image->states[state].glob, name, len);
		else
			state = image->states[state].next;
	}
	if (state >= image->nstates)
		facts->err = -ENODATA;
	return facts->err ? 0 : state;
}

uint32_t facts_names(const char *path)
{
	uint32_t n = 0;

	for (; *path; path++)
		n += *path != '/' && (path[1] == '/' || !path[1]);
	return n;
}

/* The state after all names of an absolute path, of which the last @unsure are not sure. */
static uint32_t walk(struct facts *facts, uint32_t state, const char *path, uint32_t unsure)
{
	uint32_t names = facts_names(path);

	if (state >= facts->image->nstates || unsure > names)
		facts->err = -ENODATA;
	while (names > unsure && !facts->err) {
		size_t len = strcspn(path, "/");

		if (len) {
			state = step(facts, state, path, len);
			names--;
		}
		path += len + (path[len] == '/');
	}
	if (unsure && !facts->err)
		state = facts->image->states[state].unsure;
	if (!facts->err && state >= facts->image->nstates)
		facts->err = -ENODATA;
	return facts->err ? 0 : state;
}

uint32_t facts_place(struct facts *facts, uint32_t dev, const char *path, uint32_t unsure, bool *ret_known)
{
	const struct image *image = facts->image;

	/* A file system without a root state is not mounted where the daemon sees it: nothing is named. */
	*ret_known = false;
	for (size_t i = 0; path && i < image->nroots; i++)
		if (image->roots[i].dev == dev) {
			*ret_known = true;
			return walk(facts, image->roots[i].root.state, path, unsure);
		}
	return 0;
}

/* ---- subject and object ---------------------------------------------------------------------- */

static void add_program(struct facts *facts, const struct image_program *program, bool own)
{
	const struct image *image = facts->image;
	bool known;
	const struct cordon_node *node = &image->states[facts_place(facts, program->dev, program->path, program->unsure, &known)];

	if (own)
		add(facts, FACT_PROGRAM, known ? node->prog : image->meta.prog_unknown);
	add(facts, FACT_ANCESTOR, known ? node->ancestor : image->meta.ancestor_unknown);
	add(facts, FACT_ANCESTOR_EXCEPTED, known ? node->not_ancestor : image->meta.not_ancestor_unknown);
}

static void gather_subject(struct facts *facts, const struct image_subject *subject)
{
	const struct image *image = facts->image;
	const struct image_program own = { subject->program, subject->program_dev, subject->program_unsure };

	add_value(facts, FACT_USER, CORDON_DIM_UID, subject->uid);
	add_value(facts, FACT_REAL_USER, CORDON_DIM_RUID, subject->real_uid);
	add_value(facts, FACT_LOGIN, CORDON_DIM_LOGINUID, subject->login);
	add_value(facts, FACT_SESSION, CORDON_DIM_SESSION, subject->session);
	add(facts, FACT_GROUP, image->meta.dflt[CORDON_DIM_GID]);
	for (size_t i = 0; i < subject->ngids; i++) {
		add_value(facts, FACT_GROUP, CORDON_DIM_GID, subject->gids[i]);
		add_value(facts, FACT_GROUP_EXCEPTED, CORDON_DIM_NOT_GID, subject->gids[i]);
	}
	add(facts, FACT_SERVICE, image->states[walk(facts, image->meta.cgroup_start, subject->cgroup, 0)].cgroup);
	add_program(facts, &own, true);
	for (size_t i = 0; i < subject->nancestors; i++)
		add_program(facts, &subject->ancestors[i], false);
}

static void gather_file(struct facts *facts, const struct image_object *object)
{
	const struct image *image = facts->image;
	bool known = true, foreign;
	uint32_t state;

	if (object->nameless) {
		add(facts, FACT_FILE, image->meta.file_nameless);
		return;
	}
	if (object->abstract)
		state = step(facts, image->meta.abstract_start, object->abstract, object->abstract_len);
	else
		state = facts_place(facts, object->dev, object->path, object->unsure, &known);
	foreign = object->foreign && !object->abstract;
	if (known && foreign && object->op == CORDON_OP_EXEC)
		add(facts, FACT_FILE, image->states[state].runs);
	else
		add(facts, FACT_FILE, known ? image->states[state].file : image->meta.file_unknown);
	if (foreign)
		add(facts, FACT_FOREIGN, image->meta.file_foreign);
}

static void gather_address(struct facts *facts, const struct image_object *object)
{
	const struct cordon_meta *meta = &facts->image->meta;
	bool vsock = object->ipproto == CORDON_IPPROTO_VSOCK;
	const uint8_t port[4] = { (uint8_t)(object->port >> 24), (uint8_t)(object->port >> 16),
				  (uint8_t)(object->port >> 8), (uint8_t)object->port };

	if (object->unknown_addr) {
		add(facts, FACT_ADDRESS, meta->addr_unknown);
		return;
	}
	add_prefix(facts, FACT_ADDRESS, CORDON_TRIE_ADDR, object->addr, meta->addr_dflt);
	add_prefix(facts, FACT_PORT, vsock ? CORDON_TRIE_PORT32 : CORDON_TRIE_PORT, port + (vsock ? 0 : 2),
		   meta->port_dflt);
	add_value(facts, FACT_PROTOCOL, CORDON_DIM_IPPROTO, object->ipproto);
}

static void gather_object(struct facts *facts, const struct image_object *object)
{
	if (CORDON_OPS_FILE >> object->op & 1)
		gather_file(facts, object);
	else if (CORDON_OPS_NET >> object->op & 1)
		gather_address(facts, object);
	else if (object->op == CORDON_OP_CAPABILITY)
		add_value(facts, FACT_CAPABILITY, CORDON_DIM_CAPABILITY, object->number);
	else if (object->op == CORDON_OP_KERNEL)
		add_value(facts, FACT_KERNEL_OPERATION, CORDON_DIM_OPERATION, object->number);
	else {
		add_value(facts, FACT_SOCKET_FAMILY, CORDON_DIM_FAMILY, object->family);
		add_value(facts, FACT_SOCKET_TYPE, CORDON_DIM_TYPE, object->type);
		add_value(facts, FACT_SOCKET_PROTOCOL, CORDON_DIM_PROTOCOL, object->protocol);
	}
}

int facts_gather(struct facts *facts, const struct image *image, const struct image_subject *subject,
		 const struct image_object *object)
{
	*facts = (struct facts){ .image = image };
	if (!image->nstates || (object && object->op >= CORDON_OP_COUNT)) {
		facts->err = -ENODATA;
		return facts->err;
	}
	if (subject)
		gather_subject(facts, subject);
	if (object)
		gather_object(facts, object);
	return facts->err;
}

void facts_done(struct facts *facts)
{
	for (unsigned kind = 0; kind < FACT_COUNT; kind++)
		free(facts->of[kind].sets);
	*facts = (struct facts){ 0 };
}
