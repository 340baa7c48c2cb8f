// SPDX-License-Identifier: GPL-2.0-only
/* common_test: diag, buf and arena: what they print and how they fail. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/diag.h"
#include "../tap.h"

static char *printed(const struct diag *d, void (*print)(const struct diag *, FILE *))
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	print(d, f);
	fclose(f);
	return text;
}

static void check_print(const struct diag_pos *pos, const char *want)
{
	struct diag d;
	char *text;

	diag_init(&d);
	tap_ok(diag_fail(&d, -EINVAL, pos, "bad %s", "luck") == -EINVAL, "diag_fail gives its error back");
	text = printed(&d, diag_print);
	if (!tap_ok(!strcmp(text, want), "prints: %.*s", (int)strcspn(want, "\n"), want))
		printf("# %s", text);
	free(text);
	diag_done(&d);
}

static void check_diag(void)
{
	struct diag d;
	char *text;

	check_print(NULL, "error: bad luck\n");
	check_print(DIAG_AT(.file = "a.c", .line = 3, .col = 7), "a.c:3:7: error: bad luck\n");
	check_print(DIAG_AT(.file = "a.o", .section = "lsm/x", DIAG_INSN(0)), "a.o: 'lsm/x' insn 0: error: bad luck\n");
	check_print(DIAG_AT(.file = "a.o", DIAG_OFFSET(16)), "a.o: offset 0x10: error: bad luck\n");
	check_print(DIAG_AT(.section = "p", DIAG_INSN(5)), "'p' insn 5: error: bad luck\n");
	check_print(DIAG_AT(DIAG_INSN(5)), "insn 5: error: bad luck\n");
	diag_init(&d);
	d.limit = 2;
	for (int i = 0; i < 5; i++)
		diag_add(&d, i ? DIAG_ERROR : DIAG_NOTE, NULL, "number %d", i);
	tap_ok(d.n == 2 && d.n_errors == 4 && d.n_dropped == 3, "entries past the limit are counted, not kept");
	diag_hint(&d, "look %d", 1);
	text = printed(&d, diag_print);
	tap_ok(strstr(text, "note: number 0\n") && strstr(text, "  hint: look 1\n(3 more not shown)\n"), "notes, hints, the rest");
	free(text);
	text = printed(&d, diag_print_json);
	tap_ok(!strcmp(text, "[{\"severity\":\"note\",\"message\":\"number 0\"},"
			     "{\"severity\":\"error\",\"message\":\"number 1\",\"hint\":\"look 1\"}]\n"), "JSON");
	free(text);
	diag_done(&d);
	tap_ok(diag_fail(NULL, -EIO, NULL, "x") == -EIO, "no diag, no harm");
}

static void check_text(void (*add)(struct buf *, const char *), const char *text, const char *want, const char *what)
{
	struct buf b = BUF_INIT;

	add(&b, text);
	if (!tap_ok(!strcmp(buf_str(&b), want), "%s", what))
		printf("# %s\n", buf_str(&b));
	buf_done(&b);
}

static void check_buf(void)
{
	struct buf b = BUF_INIT;

	tap_ok(!strcmp(buf_str(&b), ""), "an empty buffer is an empty string");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i);
	tap_ok(b.len == 3890 && !strcmp(buf_str(&b) + 3886, "999,"), "a buffer grows");
	buf_add(&b, "", (size_t)1 << 63);
	tap_ok(b.failed && !strcmp(buf_str(&b), ""), "an addition too large fails, and stays failed");
	buf_done(&b);
	check_text(buf_json, "a\"b\\c\n\x01", "\"a\\\"b\\\\c\\n\\u0001\"", "JSON escapes");
	check_text(buf_json, "\xc3\xa4 \xff \xc0\xaf \xed\xa0\x80", "\"\xc3\xa4 \\ufffd \\ufffd\\ufffd \\ufffd\\ufffd\\ufffd\"",
		   "JSON replaces what is no UTF-8, overlong forms and surrogates");
	check_text(buf_json, NULL, "null", "JSON null");
	check_text(buf_xml, "<a b='\"&'>\x02", "&lt;a b=&#39;&quot;&amp;&#39;&gt;\xef\xbf\xbd", "XML escapes");
}

static void check_arena(void)
{
	struct arena a;
	size_t cap = 0;
	int *list = NULL;
	char *s;
	bool ok = true;

	arena_init(&a, 1 << 20);
	for (size_t i = 1; i < 200; i++) {
		unsigned char *p = arena_alloc(&a, i);

		ok &= p && (uintptr_t)p % 16 == 0 && !p[0] && !p[i - 1];
		if (p)
			memset(p, 0xff, i);
	}
	tap_ok(ok, "memory is zeroed and aligned");
	s = arena_printf(&a, "%s-%d", "x", 5);
	tap_ok(s && !strcmp(s, "x-5"), "formatted strings");
	for (int i = 0; i < 1000; i++) {
		list = arena_grow(&a, list, (size_t)i, &cap, sizeof(*list));
		list[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		ok &= list[i] == i;
	tap_ok(ok, "an array keeps its items when it grows");
	tap_ok(!arena_calloc(&a, SIZE_MAX / 2, 4) && a.exhausted, "a product that overflows is refused");
	a.exhausted = false;
	tap_ok(!arena_alloc(&a, 1 << 20) && a.exhausted, "the limit holds");
	tap_ok(arena_alloc(&a, 100) != NULL, "and small pieces still fit");
	arena_done(&a);
}

int main(void)
{
	check_diag();
	check_buf();
	check_arena();
	return tap_done();
}
