// SPDX-License-Identifier: GPL-2.0-only
/* elf64: see elf64.h. Must never follow an offset, size or index before comparing it with the file. */
#include "bpfobj/elf64.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpfobj/cursor.h"
#include "common/arena.h"
#include "common/diag.h"

#define ELF64_MAX_FILE ((uint64_t)1 << 30)
#define BAD(elf, diag, offset, ...) diag_fail(diag, -EINVAL, DIAG_AT(.file = (elf)->name, DIAG_OFFSET(offset)), __VA_ARGS__)

/* A string of a string section that ends inside of it, or NULL. */
static const char *elf64_string(const struct elf64_section *s, uint32_t at)
{
	if (!s->data || at >= s->size || !memchr(s->data + at, 0, s->size - at))
		return NULL;
	return (const char *)s->data + at;
}

static int elf64_header(struct elf64 *elf, const void *data, size_t size, struct diag *diag, Elf64_Ehdr *h)
{
	if (size < sizeof(*h))
		return BAD(elf, diag, 0, "file is too short for an ELF object");
	memcpy(h, data, sizeof(*h));
	if (memcmp(h->e_ident, ELFMAG, SELFMAG))
		return BAD(elf, diag, 0, "not an ELF file");
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
		return BAD(elf, diag, EI_CLASS, "not a 64-bit little-endian object");
	if (h->e_ident[EI_VERSION] != EV_CURRENT || h->e_version != EV_CURRENT)
		return BAD(elf, diag, EI_VERSION, "unknown ELF version");
	if (h->e_shentsize != sizeof(Elf64_Shdr))
		return BAD(elf, diag, 0x3a, "section headers have the wrong size");
	if (h->e_shnum == 0 || h->e_shnum >= SHN_LORESERVE)
		return BAD(elf, diag, 0x3c, "no sections, or more than supported");
	if (h->e_shstrndx == SHN_UNDEF || h->e_shstrndx >= h->e_shnum)
		return BAD(elf, diag, 0x3e, "no section names");
	if (h->e_shoff > size || (uint64_t)h->e_shnum * sizeof(Elf64_Shdr) > size - h->e_shoff)
		return BAD(elf, diag, 0x28, "section headers are outside of the file");
	elf->machine = h->e_machine;
	return 0;
}

static int elf64_sections(struct elf64 *elf, const uint8_t *data, size_t size, const Elf64_Ehdr *h, struct arena *arena,
			  struct diag *diag)
{
	elf->n_sections = h->e_shnum;
	elf->sections = arena_new_n(arena, elf->n_sections, struct elf64_section);
	if (!elf->sections)
		return -ENOMEM;
	for (uint32_t i = 0; i < elf->n_sections; i++) {
		struct elf64_section *s = &elf->sections[i];
		uint64_t at = h->e_shoff + (uint64_t)i * sizeof(Elf64_Shdr);
		Elf64_Shdr sh;

		memcpy(&sh, data + at, sizeof(sh));
		*s = (struct elf64_section){ .name = "", .type = sh.sh_type, .link = sh.sh_link, .info = sh.sh_info,
					     .flags = sh.sh_flags, .size = sh.sh_size, .file_offset = sh.sh_offset,
					     .entsize = sh.sh_entsize };
		if (sh.sh_type == SHT_NULL || sh.sh_type == SHT_NOBITS)
			continue;
		if (sh.sh_offset > size || sh.sh_size > size - sh.sh_offset)
			return BAD(elf, diag, at, "section %u is outside of the file", i);
		s->data = data + sh.sh_offset;
	}
	for (uint32_t i = 0; i < elf->n_sections; i++) {
		uint64_t at = h->e_shoff + (uint64_t)i * sizeof(Elf64_Shdr);
		uint32_t name;

		memcpy(&name, data + at, sizeof(name));
		elf->sections[i].name = elf64_string(&elf->sections[h->e_shstrndx], name);
		if (!elf->sections[i].name)
			return BAD(elf, diag, at, "name of section %u is outside of the section names", i);
	}
	return 0;
}

static int elf64_symbol_table(struct elf64 *elf, const struct elf64_section *s, struct arena *arena, struct diag *diag)
{
	if (elf->symbols)
		return BAD(elf, diag, s->file_offset, "more than one symbol table");
	if (s->entsize != sizeof(Elf64_Sym) || s->size % sizeof(Elf64_Sym) || s->link >= elf->n_sections)
		return BAD(elf, diag, s->file_offset, "symbol table is malformed");
	elf->n_symbols = (uint32_t)(s->size / sizeof(Elf64_Sym));
	elf->symbols = arena_new_n(arena, elf->n_symbols + 1, struct elf64_symbol);
	if (!elf->symbols)
		return -ENOMEM;
	for (uint32_t i = 0; i < elf->n_symbols; i++) {
		uint64_t at = s->file_offset + i * sizeof(Elf64_Sym);
		struct elf64_symbol *y = &elf->symbols[i];
		Elf64_Sym sym;

		memcpy(&sym, s->data + i * sizeof(sym), sizeof(sym));
		y->name = elf64_string(&elf->sections[s->link], sym.st_name);
		if (!y->name)
			return BAD(elf, diag, at, "name of symbol %u is outside of the string table", i);
		y->type = ELF64_ST_TYPE(sym.st_info);
		y->bind = ELF64_ST_BIND(sym.st_info);
		y->visibility = ELF64_ST_VISIBILITY(sym.st_other);
		y->section = sym.st_shndx;
		y->value = sym.st_value;
		y->size = sym.st_size;
		if (y->section >= elf->n_sections && y->section < SHN_LORESERVE)
			return BAD(elf, diag, at, "symbol '%s' is in section %u that does not exist", y->name,
				   y->section);
		if (y->section == SHN_XINDEX)
			return BAD(elf, diag, at, "symbol '%s' has an extended section index", y->name);
	}
	return 0;
}

int elf64_read(const void *data, size_t size, const char *name, struct arena *arena, struct diag *diag,
	       struct elf64 *ret_elf)
{
	struct elf64 elf = { .name = name };
	Elf64_Ehdr h;
	int err;

	err = elf64_header(&elf, data, size, diag, &h);
	if (!err)
		err = elf64_sections(&elf, data, size, &h, arena, diag);
	for (uint32_t i = 0; !err && i < elf.n_sections; i++)
		if (elf.sections[i].type == SHT_SYMTAB)
			err = elf64_symbol_table(&elf, &elf.sections[i], arena, diag);
	if (err == -ENOMEM)
		return diag_fail(diag, err, DIAG_AT(.file = name), "out of memory");
	if (err)
		return err;
	*ret_elf = elf;
	return 0;
}

const struct elf64_section *elf64_find(const struct elf64 *elf, const char *name)
{
	for (uint32_t i = 1; i < elf->n_sections; i++)
		if (!strcmp(elf->sections[i].name, name))
			return &elf->sections[i];
	return NULL;
}

/* Files of sysfs tell no useful size: read until the end. */
static int elf64_read_fd(int fd, uint8_t **ret_data, size_t *ret_size)
{
	size_t size = 0, cap = 1 << 20;
	uint8_t *data = malloc(cap);

	while (data) {
		ssize_t n;

		if (size == cap) {
			uint8_t *p = cap >= ELF64_MAX_FILE ? NULL : realloc(data, cap * 2);

			if (!p) {
				free(data);
				return -EFBIG;
			}
			data = p;
			cap *= 2;
		}
		n = read(fd, data + size, cap - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = -errno;

			free(data);
			return err;
		}
		if (n == 0) {
			*ret_data = data;
			*ret_size = size;
			return 0;
		}
		size += (size_t)n;
	}
	return -ENOMEM;
}

int elf64_load_file(const char *path, struct diag *diag, uint8_t **ret_data, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return diag_fail(diag, -errno, DIAG_AT(.file = path), "cannot open: %s", strerror(errno));
	err = elf64_read_fd(fd, ret_data, ret_size);
	close(fd);
	if (err)
		return diag_fail(diag, err, DIAG_AT(.file = path), "cannot read: %s", strerror(-err));
	return 0;
}
