// SPDX-License-Identifier: GPL-2.0-only
/*
 * table_dump: see table_dump.h. The list is taken apart here and each element given to jansson, a byte at a time: so no more than
 * one element is in memory as JSON, and every error has its place.
 */
#include "prove/table_dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "bpfobj/bpfobj.h"
#include "common/arena.h"
#include "common/diag.h"

struct reader {
	FILE *in;
	const char *path;
	struct arena *arena;
	struct diag *diag;
	unsigned line, col;     /* of what is read next */
	unsigned from_line, from_col; /* where the element begins */
};

bool table_dump_per_cpu(const struct bpfobj_map *map)
{
	return map->type == BPF_MAP_TYPE_PERCPU_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_HASH || map->type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
	       map->type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

static int next(struct reader *r)
{
	int c = getc(r->in);

	if (c == '\n') {
		r->line++;
		r->col = 1;
	} else if (c != EOF) {
		r->col++;
	}
	return c;
}

/* What comes behind white space; it stays there. */
static int peek(struct reader *r)
{
	int c;

	while ((c = getc(r->in)) == ' ' || c == '\t' || c == '\n' || c == '\r') {
		ungetc(c, r->in);
		next(r);
	}
	if (c != EOF)
		ungetc(c, r->in);
	return c;
}

__attribute__((format(printf, 2, 3))) static int fail_here(struct reader *r, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return diag_fail(r->diag, -EINVAL, DIAG_AT(.file = r->path, .line = r->line, .col = r->col), "%s", text);
}

__attribute__((format(printf, 2, 3))) static int fail_element(struct reader *r, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return diag_fail(r->diag, -EINVAL, DIAG_AT(.file = r->path, .line = r->from_line, .col = r->from_col), "%s", text);
}

/* jansson takes what one call gives it; one byte, so that nothing behind the element is taken. */
static size_t feed(void *buffer, size_t size, void *data)
{
	int c = size ? next(data) : EOF;

	if (c == EOF)
		return 0;
	*(char *)buffer = (char)c;
	return 1;
}

/* --- elements --- */

static int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

/* ["0x01","0x02",...] of that many bytes */
static int read_bytes(struct reader *r, const json_t *list, const char *what, uint32_t want, const uint8_t **ret)
{
	uint8_t *out = arena_alloc(r->arena, want + 1);

	if (!out)
		return diag_fail(r->diag, -ENOMEM, DIAG_AT(.file = r->path), "out of memory");
	if (!json_is_array(list))
		return fail_element(r, "the %s is no list of bytes: take what 'bpftool -j map dump' prints", what);
	if (json_array_size(list) != want)
		return fail_element(r, "the %s has %zu bytes, and of this map %u", what, json_array_size(list), want);
	for (uint32_t i = 0; i < want; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (!s || strlen(s) != 4 || s[0] != '0' || s[1] != 'x' || digit(s[2]) < 0 || digit(s[3]) < 0)
			return fail_element(r, "byte %u of the %s is no \"0x00\" to \"0xff\"", i, what);
		out[i] = (uint8_t)(digit(s[2]) << 4 | digit(s[3]));
	}
	*ret = out;
	return 0;
}

static int add(struct reader *r, struct table_dump *d, const uint8_t *key, const json_t *value, int cpu)
{
	const json_t *error = json_object_get(value, "error");
	struct table_element e = { .key = key, .cpu = cpu, .line = r->from_line };
	struct table_element *list = arena_grow(r->arena, d->element, d->n, &d->cap, sizeof(*list));
	int status = 0;

	if (json_is_string(error))
		e.error = arena_strdup(r->arena, json_string_value(error));
	else
		status = read_bytes(r, value, "value", d->map->value_size, &e.value);
	if (status < 0)
		return status;
	if (!list || d->n == UINT32_MAX || (!e.value && !e.error))
		return diag_fail(r->diag, -ENOMEM, DIAG_AT(.file = r->path), "out of memory");
	d->element = list;
	list[d->n++] = e;
	return 0;
}

static int add_values(struct reader *r, struct table_dump *d, const uint8_t *key, const json_t *values)
{
	for (size_t i = 0; i < json_array_size(values); i++) {
		const json_t *one = json_array_get(values, i), *cpu = json_object_get(one, "cpu"), *value = json_object_get(one, "value");

		if (!json_is_integer(cpu) || json_integer_value(cpu) < 0 || json_integer_value(cpu) > 1 << 20 || !value)
			return fail_element(r, "each of \"values\" has a \"cpu\" and a \"value\"");
		int status = add(r, d, key, value, (int)json_integer_value(cpu));
		if (status < 0)
			return status;
	}
	return json_array_size(values) ? 0 : fail_element(r, "\"values\" has none");
}

static int take(struct reader *r, struct table_dump *d, const json_t *entry)
{
	const json_t *value = json_object_get(entry, "value"), *values = json_object_get(entry, "values");
	bool per_cpu = table_dump_per_cpu(d->map);
	const uint8_t *key = NULL;

	if (!json_object_get(entry, "key") || (per_cpu ? !json_is_array(values) : !value))
		return fail_element(r, "an element of this map has a \"key\" and %s", per_cpu ? "\"values\", one for each processor" : "a \"value\"");
	int status = read_bytes(r, json_object_get(entry, "key"), "key", d->map->key_size, &key);
	if (status < 0)
		return status;
	return per_cpu ? add_values(r, d, key, values) : add(r, d, key, value, -1);
}

static int read_element(struct reader *r, struct table_dump *d)
{
	json_error_t error;

	if (peek(r) != '{')
		return fail_here(r, "an element is expected: {\"key\": ..., \"value\": ...}");
	r->from_line = r->line;
	r->from_col = r->col;
	json_t *entry = json_load_callback(feed, r, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);
	int status = entry ? take(r, d, entry) : fail_here(r, "%s", error.text);
	json_decref(entry);
	return status;
}

static int read_list(struct reader *r, struct table_dump *d)
{
	if (peek(r) != '[')
		return fail_here(r, "a list of elements is expected, as 'bpftool -j map dump' prints it");
	next(r);
	for (bool first = true; peek(r) != ']'; first = false) {
		if (!first && peek(r) != ',')
			return fail_here(r, "a comma or ']' is expected");
		if (!first)
			next(r);
		int status = read_element(r, d);
		if (status < 0)
			return status;
	}
	next(r);
	if (peek(r) != EOF)
		return fail_here(r, "this is behind the end of the list");
	return ferror(r->in) ? fail_here(r, "cannot be read: %s", strerror(errno)) : 0;
}

static int compare(const void *a, const void *b, void *ctx)
{
	const struct table_dump *d = ctx;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	int c = memcmp(d->element[i].key, d->element[j].key, d->map->key_size);

	return c ? c : i < j ? -1 : i > j;
}

int table_dump_read(FILE *in, const char *path, const struct bpfobj_map *map, struct arena *arena, struct diag *diag,
		    struct table_dump *ret_dump)
{
	struct reader r = { .in = in, .path = path, .arena = arena, .diag = diag, .line = 1, .col = 1 };
	struct table_dump d = { .map = map, .path = path };
	int status = read_list(&r, &d);

	if (status < 0)
		return status;
	d.by_key = arena_calloc(arena, d.n + 1, sizeof(*d.by_key));
	if (!d.by_key)
		return diag_fail(diag, -ENOMEM, DIAG_AT(.file = path), "out of memory");
	for (size_t i = 0; i < d.n; i++)
		d.by_key[i] = (uint32_t)i;
	qsort_r(d.by_key, d.n, sizeof(*d.by_key), compare, &d);
	*ret_dump = d;
	return 0;
}

const struct table_element *table_dump_find(const struct table_dump *d, const uint8_t *key)
{
	size_t low = 0, high = d->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(d->element[d->by_key[mid]].key, key, d->map->key_size) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	const struct table_element *e = low < d->n ? &d->element[d->by_key[low]] : NULL;
	return e && !memcmp(e->key, key, d->map->key_size) ? e : NULL;
}
