// SPDX-License-Identifier: GPL-2.0-only
/* bt_file: BTF from a file, raw or in the .BTF section of an ELF file. */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpfobj/bt.h"
#include "bpfobj/elf64.h"
#include "common/arena.h"
#include "common/diag.h"

static int bt_open_elf(const uint8_t *data, size_t size, const struct bt *base, const char *path, struct diag *diag,
		       struct bt **ret_bt)
{
	const struct elf64_section *s;
	struct arena arena;
	struct elf64 elf;
	int err;

	arena_init(&arena, 256u << 20);
	err = elf64_read(data, size, path, &arena, diag, &elf);
	if (!err) {
		s = elf64_find(&elf, ".BTF");
		if (s && s->data)
			err = bt_parse(s->data, s->size, base, path, diag, ret_bt);
		else
			err = diag_fail(diag, -ENOENT, DIAG_AT(.file = path), "has no .BTF section");
	}
	arena_done(&arena);
	return err;
}

int bt_open(const char *path, const struct bt *base, struct diag *diag, struct bt **ret_bt)
{
	uint8_t *data;
	size_t size;
	int err;

	err = elf64_load_file(path, diag, &data, &size);
	if (err)
		return err;
	if (size >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG))
		err = bt_open_elf(data, size, base, path, diag, ret_bt);
	else
		err = bt_parse(data, size, base, path, diag, ret_bt);
	free(data);
	return err;
}
