// SPDX-License-Identifier: GPL-2.0-only
/* models: see models.h. Names are interned; a model is an array by the number of the name. */
#include "prove/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 96
#define N_BUCKETS 8192

struct name {
	char *text;      /* without the number */
	uint32_t nth;    /* of those that are called so */
	uint32_t id;
	struct name *next;
};

struct values {
	uint64_t *value; /* by name's id */
	uint32_t n;
};

struct models {
	struct name *bucket[N_BUCKETS];
	uint32_t n_names;
	struct values list[MOST];
	size_t n;
};

struct models *models_new(void) { return calloc(1, sizeof(struct models)); }

void models_free(struct models *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < N_BUCKETS; i++)
		while (m->bucket[i]) {
			struct name *next = m->bucket[i]->next;

			free(m->bucket[i]->text);
			free(m->bucket[i]);
			m->bucket[i] = next;
		}
	for (size_t i = 0; i < m->n; i++)
		free(m->list[i].value);
	free(m);
}

static uint32_t hash(const char *text, size_t len, uint32_t nth)
{
	uint32_t h = 2166136261u ^ nth;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 16777619u;
	return (h ^ h >> 15) % N_BUCKETS;
}

/* The number of that name; UINT32_MAX without memory. */
static uint32_t intern(struct models *m, const char *text, size_t len, uint32_t nth)
{
	struct name **at = &m->bucket[hash(text, len, nth)], *name;

	for (name = *at; name; name = name->next)
		if (name->nth == nth && !strncmp(name->text, text, len) && !name->text[len])
			return name->id;
	name = malloc(sizeof(*name));
	char *copy = name ? strndup(text, len) : NULL;
	if (!copy) {
		free(name);
		return UINT32_MAX;
	}
	*name = (struct name){ .text = copy, .nth = nth, .id = m->n_names++, .next = *at };
	*at = name;
	return name->id;
}

/* The numbers of the names of t's variables, malloc'ed. */
static uint32_t *names_of(struct models *m, const struct terms *t)
{
	uint32_t *id = calloc(t->n_vars + 1, sizeof(*id)), *seen;
	size_t cap = m->n_names + t->n_vars + 1; /* no more names than that after the first pass */

	seen = id ? calloc(cap, sizeof(*seen)) : NULL;
	for (size_t i = 0; seen && i < t->n_vars; i++) {
		const char *text = t->var[i].name, *end = strrchr(text, '!');
		size_t len = end ? (size_t)(end - text) : strlen(text);
		uint32_t first = intern(m, text, len, 0);
		uint32_t nth = first < cap ? seen[first]++ : 0;

		id[i] = nth ? intern(m, text, len, nth) : first;
	}
	free(seen);
	if (!seen) {
		free(id);
		id = NULL;
	}
	return id;
}

size_t models_count(const struct models *m) { return m->n; }

void models_praise(struct models *m, size_t i)
{
	struct values v = m->list[i];

	memmove(&m->list[1], &m->list[0], i * sizeof(v));
	m->list[0] = v;
}

void models_add(struct models *m, const struct terms *t, const uint64_t *model)
{
	uint32_t *id = names_of(m, t);
	struct values v = { .value = id ? calloc(m->n_names + 1, sizeof(*v.value)) : NULL, .n = m->n_names };

	for (size_t i = 0; v.value && i < t->n_vars; i++)
		if (id[i] < v.n)
			v.value[id[i]] = model[i];
	free(id);
	if (!v.value)
		return;
	if (m->n == MOST)
		free(m->list[--m->n].value);
	m->list[m->n++] = v;
	models_praise(m, m->n - 1);
}

uint64_t *models_take(struct models *m, size_t i, const struct terms *t)
{
	uint32_t *id = names_of(m, t);
	uint64_t *model = id ? calloc(t->n_vars + 1, sizeof(*model)) : NULL;

	for (size_t k = 0; model && k < t->n_vars; k++)
		model[k] = id[k] < m->list[i].n ? m->list[i].value[id[k]] : 0;
	free(id);
	return model;
}
