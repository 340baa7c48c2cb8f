/* SPDX-License-Identifier: GPL-2.0-only */
/* hex: bytes from text. White space and an optional 0x in front of a group are free. */
#ifndef PROVE_HEX_H
#define PROVE_HEX_H

#include <stddef.h>
#include <stdint.h>

struct buf;

/* Adds the bytes to `out`. -EINVAL with the position of the first bad character in *ret_at. */
int hex_parse(const char *text, struct buf *out, size_t *ret_at);

#endif
