/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * elf64: sections and symbols of a little-endian ELF-64 relocatable object, bounds-checked.
 *
 * Section data points into the caller's memory, which must outlive the result; tables are in the arena.
 */
#ifndef BPFOBJ_ELF64_H
#define BPFOBJ_ELF64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct diag;

struct elf64_section {
	const char *name;
	uint32_t type, link, info;
	uint64_t flags, size, file_offset, entsize;
	const uint8_t *data; /* NULL: has no bytes in the file (.bss) */
};

struct elf64_symbol {
	const char *name;
	uint8_t type, bind, visibility; /* STT_*, STB_*, STV_* */
	uint16_t section;               /* SHN_UNDEF, SHN_ABS, ... or a valid index */
	uint64_t value, size;
};

struct elf64 {
	const char *name; /* of the file, for diagnostics */
	uint16_t machine;
	struct elf64_section *sections;
	uint32_t n_sections;
	struct elf64_symbol *symbols;
	uint32_t n_symbols;
};

int elf64_read(const void *data, size_t size, const char *name, struct arena *arena, struct diag *diag,
	       struct elf64 *ret_elf);

/* First section of that name, or NULL. */
const struct elf64_section *elf64_find(const struct elf64 *elf, const char *name);

/* The whole file in memory from malloc(); -EFBIG beyond 1 GiB. */
int elf64_load_file(const char *path, struct diag *diag, uint8_t **ret_data, size_t *ret_size);

#endif
