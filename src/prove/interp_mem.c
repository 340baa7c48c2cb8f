// SPDX-License-Identifier: GPL-2.0-only
/* interp_mem: see interp_mem.h. Nothing here trusts an address or a size. */
#include "prove/interp_mem.h"

#include <stdlib.h>
#include <string.h>

#define SPACE (UINT64_C(1) << INTERP_SPACE_SHIFT)

static void mem_free_region(struct interp_region *r)
{
	if (r->owned)
		free(r->data);
	free(r->init);
	free((char *)r->name);
	free(r);
}

void interp_mem_done(struct interp_mem *mem)
{
	for (size_t i = 0; i < mem->n; i++)
		mem_free_region(mem->regions[i]);
	free(mem->regions);
	*mem = (struct interp_mem){ 0 };
}

static bool mem_reserve(struct interp_mem *mem)
{
	size_t cap = mem->cap ? mem->cap * 2 : 16;
	struct interp_region **p;

	if (mem->n >= INTERP_MAX_REGIONS)
		return false;
	if (mem->n < mem->cap)
		return true;
	p = realloc(mem->regions, cap * sizeof(*p));
	if (!p)
		return false;
	mem->regions = p;
	mem->cap = cap;
	return true;
}

struct interp_region *interp_mem_add(struct interp_mem *mem, const char *name, void *data, uint64_t size,
				     enum interp_access access, bool initialised)
{
	struct interp_region *r;

	if (size >= SPACE / 2 || !mem_reserve(mem))
		return NULL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->name = strdup(name);
	r->size = size;
	r->access = access;
	r->owned = !data;
	r->data = data ? data : calloc(1, size ? size : 1);
	r->init = initialised ? NULL : calloc(1, size ? size : 1);
	if (!r->name || !r->data || (!initialised && !r->init)) {
		mem_free_region(r);
		return NULL;
	}
	r->base = (mem->n + 1) * SPACE + SPACE / 2;
	mem->regions[mem->n++] = r;
	return r;
}

struct interp_region *interp_mem_at(const struct interp_mem *mem, uint64_t addr)
{
	uint64_t i = addr >> INTERP_SPACE_SHIFT;

	return i == 0 || i > mem->n ? NULL : mem->regions[i - 1];
}

enum interp_stop interp_mem_check(const struct interp_mem *mem, uint64_t addr, uint32_t size,
				  enum interp_access access, bool strict, struct interp_region **ret_region)
{
	struct interp_region *r = interp_mem_at(mem, addr);
	uint64_t at;

	*ret_region = r;
	if (!r)
		return addr < SPACE ? INTERP_NULL : INTERP_BOUNDS;
	at = addr - r->base; /* wraps when below: then larger than any size */
	if (at > r->size || size > r->size - at)
		return INTERP_BOUNDS;
	if (r->freed)
		return INTERP_FREED;
	if ((r->access & access) != access)
		return INTERP_PERMISSION;
	if (strict && r->init && (access & INTERP_READ) && size && memchr(r->init + at, 0, size))
		return INTERP_UNINIT;
	return INTERP_EXIT;
}

void interp_mem_load(const struct interp_region *region, uint64_t addr, void *data, uint32_t size)
{
	memcpy(data, region->data + (addr - region->base), size);
}

void interp_mem_store(struct interp_region *region, uint64_t addr, const void *data, uint32_t size)
{
	memcpy(region->data + (addr - region->base), data, size);
	if (region->init)
		memset(region->init + (addr - region->base), 1, size);
}
