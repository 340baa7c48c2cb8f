// SPDX-License-Identifier: GPL-2.0-only
/* contract_read: a contract from its file, whole or not at all. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/diag.h"
#include "prove/contract.h"

#define MAX_FILE (1u << 20)

int contract_read(const char *path, struct arena *arena, struct diag *diag, struct contract **ret_contract)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(MAX_FILE + 1) : NULL;
	size_t n = text ? fread(text, 1, MAX_FILE + 1, f) : 0;
	int r = 0;

	if (!text)
		r = diag_fail(diag, f ? -ENOMEM : -errno, DIAG_AT(.file = path), "cannot be read");
	else if (n > MAX_FILE)
		r = diag_fail(diag, -EFBIG, DIAG_AT(.file = path), "the file is too large");
	else if (memchr(text, 0, n))
		r = diag_fail(diag, -EINVAL, DIAG_AT(.file = path), "the file has a zero byte");
	if (f)
		fclose(f);
	if (!r) {
		text[n] = 0;
		r = contract_parse(text, path, arena, diag, ret_contract);
	}
	free(text);
	return r;
}
