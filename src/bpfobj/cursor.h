/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cursor: reading untrusted bytes without passing their end.
 *
 * A failed read sets `failed`, gives zeros and stays failed; so a parser may read a whole record and check
 * once. Little endian, as BPF objects for this machine are.
 */
#ifndef BPFOBJ_CURSOR_H
#define BPFOBJ_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const uint8_t *data;
	size_t size, at;
	bool failed;
};

static inline struct cursor cursor_over(const void *data, size_t size)
{
	return (struct cursor){ .data = data, .size = size };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return c->size - c->at;
}

/* n bytes in place, NULL when there are not so many. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *p;

	if (c->failed || n > c->size - c->at) {
		c->failed = true;
		return NULL;
	}
	p = c->data + c->at;
	c->at += n;
	return p;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 4);
	uint32_t v = 0;

	if (p)
		memcpy(&v, p, 4);
	return v;
}

static inline uint16_t cursor_u16(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 2);
	uint16_t v = 0;

	if (p)
		memcpy(&v, p, 2);
	return v;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 1);

	return p ? *p : 0;
}

/* data[from .. from + len) of a cursor, empty and failed when that is not inside. */
static inline struct cursor cursor_slice(const struct cursor *c, uint64_t from, uint64_t len)
{
	if (from > c->size || len > c->size - from)
		return (struct cursor){ .data = c->data, .failed = true };
	return cursor_over(c->data + from, (size_t)len);
}

#endif
