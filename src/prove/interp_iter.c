// SPDX-License-Identifier: GPL-2.0-only
/* interp_iter: see interp_iter.h. */
#include "prove/interp_iter.h"

#include <stdlib.h>
#include <string.h>

#define ITER_SIZE 8
#define ITER_MOST (1 << 23)

static int wrong(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -1;
}

static struct interp_iter *find(struct interp_iter *list, uint64_t addr)
{
	while (list && list->addr != addr)
		list = list->later;
	return list;
}

/* The initialised-flags of the place; NULL: it is none. */
static uint8_t *place(struct interp *it, uint64_t addr, struct interp_region **ret)
{
	struct interp_region *r = interp_region_at(it, addr);

	*ret = r;
	if (!r || r->freed || !r->init || strcmp(r->name, "stack") || addr < r->base || addr - r->base > r->size - ITER_SIZE ||
	    (addr - r->base) % ITER_SIZE)
		return NULL;
	return r->init + (addr - r->base);
}

static struct interp_iter *made(struct interp_iter *list, struct interp *it, uint64_t addr, const char **ret_why)
{
	static const uint8_t unwritten[ITER_SIZE];
	struct interp_iter *i = find(list, addr);
	struct interp_region *r;
	const uint8_t *init = place(it, addr, &r);

	if (i && i->live && init && !memcmp(init, unwritten, ITER_SIZE))
		return i;
	*ret_why = "there is no iterator";
	return NULL;
}

int interp_iter_new(struct interp_iter **list, struct interp *it, const uint64_t args[5], uint64_t *ret_r0, const char **ret_why)
{
	struct interp_region *r;
	uint8_t *init = place(it, args[0], &r);
	struct interp_iter *i = find(*list, args[0]);
	int64_t first = (int32_t)args[1], end = (int32_t)args[2];

	if (!init)
		return wrong(ret_why, "that is no place in the stack");
	if (i && i->live)
		return wrong(ret_why, "the iterator is not destroyed");
	if (!i) {
		i = calloc(1, sizeof(*i));
		if (!i)
			return wrong(ret_why, "no memory");
		i->number = interp_region_add(it, "number of an iterator", NULL, sizeof(int32_t), INTERP_READ, false);
		if (!i->number) {
			free(i);
			return wrong(ret_why, "no memory");
		}
		i->addr = args[0];
		i->place = r;
		i->later = *list;
		*list = i;
	}
	*ret_r0 = (uint32_t)(end < first ? -22 : end - first > ITER_MOST ? -7 : 0); /* -EINVAL, -E2BIG */
	i->next = *ret_r0 ? 0 : first;
	i->end = *ret_r0 ? 0 : end;
	i->live = true;
	memset(init, 0, ITER_SIZE);
	memset(i->number->init, 0, sizeof(int32_t));
	return 0;
}

int interp_iter_next(struct interp_iter **list, struct interp *it, const uint64_t args[5], uint64_t *ret_r0, const char **ret_why)
{
	struct interp_iter *i = made(*list, it, args[0], ret_why);
	int32_t number;

	if (!i)
		return -1;
	number = i->next < i->end ? (int32_t)i->next : 0;
	*ret_r0 = i->next < i->end ? i->number->base : 0;
	i->next += i->next < i->end;
	memcpy(i->number->data, &number, sizeof(number));
	memset(i->number->init, 1, sizeof(number));
	return 0;
}

int interp_iter_destroy(struct interp_iter **list, struct interp *it, const uint64_t args[5], const char **ret_why)
{
	struct interp_iter *i = made(*list, it, args[0], ret_why);

	if (!i)
		return -1;
	i->live = false;
	memset(i->number->init, 0, sizeof(int32_t));
	return 0;
}

unsigned interp_iter_live(const struct interp_iter *list)
{
	unsigned n = 0;

	for (; list; list = list->later)
		n += list->live;
	return n;
}

void interp_iter_free(struct interp_iter *list)
{
	while (list) {
		struct interp_iter *later = list->later;

		free(list);
		list = later;
	}
}
