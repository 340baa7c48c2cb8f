/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * buf: a growing byte buffer, always NUL-terminated once something was added.
 *
 * A failed allocation sets `failed` and makes later additions do nothing; check it once at the end.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len, cap;
	bool failed;
};

#define BUF_INIT ((struct buf){ 0 })

void buf_done(struct buf *b);
void buf_reset(struct buf *b);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
__attribute__((format(printf, 2, 3))) void buf_printf(struct buf *b, const char *fmt, ...);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
/* A quoted JSON string; bytes that are no valid UTF-8 become U+FFFD. NULL becomes null. */
void buf_json(struct buf *b, const char *s);
/* Text for XML/HTML: & < > " ' escaped, control characters replaced. */
void buf_xml(struct buf *b, const char *s);
/* The text, never NULL ("" when empty or failed). */
const char *buf_str(const struct buf *b);

#endif
