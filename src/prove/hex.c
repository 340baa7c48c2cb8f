// SPDX-License-Identifier: GPL-2.0-only
/* hex: see hex.h. */
#include "prove/hex.h"

#include <ctype.h>
#include <errno.h>

#include "common/buf.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hex_parse(const char *text, struct buf *out, size_t *ret_at)
{
	const char *p = text;

	while (*p) {
		int high, low;

		if (isspace((unsigned char)*p)) {
			p++;
			continue;
		}
		if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
			p += 2;
		high = hex_digit(*p);
		low = high < 0 ? -1 : hex_digit(p[1]);
		if (high < 0 || low < 0) {
			*ret_at = (size_t)(p - text) + (high >= 0);
			return -EINVAL;
		}
		buf_putc(out, (char)(high << 4 | low));
		p += 2;
	}
	return 0;
}
