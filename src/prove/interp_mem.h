/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp_mem: the interpreter's memory, a list of regions in separate parts of the address space.
 *
 *   region i:  base = (i + 1) * 2^40 + 2^39, bytes base .. base + size
 */
#ifndef PROVE_INTERP_MEM_H
#define PROVE_INTERP_MEM_H

#include "prove/interp.h"

#define INTERP_SPACE_SHIFT 40
#define INTERP_MAX_REGIONS ((1u << 22) - 1)

struct interp_mem {
	struct interp_region **regions;
	size_t n, cap;
};

void interp_mem_done(struct interp_mem *mem);

struct interp_region *interp_mem_add(struct interp_mem *mem, const char *name, void *data, uint64_t size,
				     enum interp_access access, bool initialised);
struct interp_region *interp_mem_at(const struct interp_mem *mem, uint64_t addr);

/* What is wrong with an access: INTERP_EXIT when nothing is. ret_region may be set even then. */
enum interp_stop interp_mem_check(const struct interp_mem *mem, uint64_t addr, uint32_t size,
				  enum interp_access access, bool strict, struct interp_region **ret_region);

/* After a successful check. */
void interp_mem_load(const struct interp_region *region, uint64_t addr, void *data, uint32_t size);
void interp_mem_store(struct interp_region *region, uint64_t addr, const void *data, uint32_t size);

#endif
