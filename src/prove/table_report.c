// SPDX-License-Identifier: GPL-2.0-only
/* table_report: see table_report.h. */
#include "prove/table_report.h"

#include <string.h>
#include "bpfobj/bpfobj.h"

#define SHOWN_MAX 10u
#define DEPTH_MAX 8u

/* --- keys --- */

static void hex(struct buf *out, const uint8_t *byte, uint32_t n)
{
	buf_puts(out, n ? "0x" : "");
	for (uint32_t i = 0; i < n; i++)
		buf_printf(out, "%02x", byte[i]);
}

static void number(struct buf *out, const struct bt *bt, const struct bt_type *t, const uint8_t *byte, int64_t size)
{
	bool sign = bt_is_signed(bt, t->id) > 0;
	uint64_t v = sign && byte[size - 1] & 0x80 ? ~0ull : 0;

	for (int64_t i = size; i-- > 0;)
		v = v << 8 | byte[i];
	if (sign)
		buf_printf(out, "%lld", (long long)v);
	else
		buf_printf(out, "%llu", (unsigned long long)v);
}

/* By its type: a number, { name = ..., ... }, or its bytes. */
static void by_type(struct buf *out, const struct bt *bt, uint32_t type, const uint8_t *byte, unsigned depth)
{
	const struct bt_type *t = bt && type ? bt_resolve(bt, type) : NULL;
	int64_t size = t ? bt_size(bt, t->id) : -1;

	if (size < 1 || depth > DEPTH_MAX)
		return;
	if ((t->kind == BT_INT || t->kind == BT_ENUM || t->kind == BT_ENUM64) && size <= 8) {
		number(out, bt, t, byte, size);
		return;
	}
	if (t->kind != BT_STRUCT) {
		hex(out, byte, (uint32_t)size);
		return;
	}
	buf_putc(out, '{');
	for (uint32_t i = 0; i < t->n; i++) {
		const struct bt_member *m = &t->members[i];

		buf_printf(out, "%s%s = ", i ? ", " : " ", *m->name ? m->name : "(anon)");
		if (m->bit_size)
			buf_puts(out, "bits");
		else
			by_type(out, bt, m->type, byte + m->bit_offset / 8, depth + 1);
	}
	buf_puts(out, " }");
}

/* --- findings --- */

void table_report_element(struct table_report *r, const struct table_element *e)
{
	r->element = e;
	r->fails = r->unknown = false;
}

static void count(struct table_report *r, bool unknown)
{
	bool *said = unknown ? &r->unknown : &r->fails;

	if (!*said)
		(*(unknown ? &r->n_unknown : &r->n_fails))++;
	*said = true;
}

static void text_key(struct table_report *r, struct buf *out)
{
	const struct bpfobj_map *m = r->dump->map;

	buf_puts(out, "key ");
	hex(out, r->element->key, m->key_size);
	if (m->key_type) {
		buf_puts(out, " = ");
		by_type(out, r->bt, m->key_type, r->element->key, 0);
	}
	if (r->element->cpu >= 0)
		buf_printf(out, ", processor %d", r->element->cpu);
	buf_printf(out, " (%s:%u)", r->dump->path, r->element->line);
}

static void text_found(struct table_report *r, const struct table_finding *f)
{
	struct buf *out = &r->text;

	if (r->n_shown == SHOWN_MAX) {
		r->n_left++;
		return;
	}
	r->n_shown++;
	buf_printf(out, "  %s: ", f->unknown ? "unknown" : "fails");
	text_key(r, out);
	if (f->file)
		buf_printf(out, "\n    %s:%u:%u: %s", f->file, f->line, f->col, f->text);
	buf_putc(out, '\n');
	for (size_t i = 0; i < f->n_reads; i++)
		buf_printf(out, f->read[i].is_unsigned ? "%s%s = %llu" : "%s%s = %lld", i ? ", " : "    with ", f->read[i].name,
			   (unsigned long long)f->read[i].value);
	buf_puts(out, f->n_reads ? "\n" : "");
	if (f->unknown)
		buf_printf(out, "    why: %s\n", f->reason);
}

static void json_found(struct table_report *r, const struct table_finding *f)
{
	struct buf *out = &r->text, key = BUF_INIT;
	const struct bpfobj_map *m = r->dump->map;

	buf_printf(out, "%s{\"verdict\":\"%s\",\"key\":\"", r->n_shown++ ? "," : "", f->unknown ? "unknown" : "fails");
	hex(out, r->element->key, m->key_size);
	by_type(&key, r->bt, m->key_type, r->element->key, 0);
	buf_puts(out, "\",\"key_as_type\":");
	buf_json(out, key.len ? buf_str(&key) : NULL);
	buf_done(&key);
	buf_printf(out, ",\"line\":%u", r->element->line);
	if (r->element->cpu >= 0)
		buf_printf(out, ",\"cpu\":%d", r->element->cpu);
	if (f->file) {
		buf_puts(out, ",\"clause\":{\"file\":");
		buf_json(out, f->file);
		buf_printf(out, ",\"line\":%u,\"column\":%u,\"text\":", f->line, f->col);
		buf_json(out, f->text);
		buf_puts(out, "}");
	}
	buf_puts(out, ",\"reads\":[");
	for (size_t i = 0; i < f->n_reads; i++) {
		buf_puts(out, i ? ",{\"name\":" : "{\"name\":");
		buf_json(out, f->read[i].name);
		buf_printf(out, f->read[i].is_unsigned ? ",\"value\":%llu}" : ",\"value\":%lld}", (unsigned long long)f->read[i].value);
	}
	buf_puts(out, "]");
	if (f->unknown) {
		buf_puts(out, ",\"reason\":");
		buf_json(out, f->reason);
	}
	buf_putc(out, '}');
}

void table_report_found(void *report, const struct table_finding *f)
{
	struct table_report *r = report;

	count(r, f->unknown);
	(r->json ? json_found : text_found)(r, f);
}

void table_report_unread(struct table_report *r)
{
	struct buf why = BUF_INIT;

	buf_printf(&why, "it could not be read: %s", r->element->error);
	table_report_found(r, &(struct table_finding){ .unknown = true, .reason = buf_str(&why) });
	buf_done(&why);
}

static const char *plural(size_t n) { return n == 1 ? "" : "s"; }

void table_report_map(struct table_report *r, size_t n_clauses, struct buf *out)
{
	size_t n = r->dump->n;

	if (r->json) {
		buf_puts(out, "{\"map\":");
		buf_json(out, r->dump->map->name);
		buf_puts(out, ",\"dump\":");
		buf_json(out, r->dump->path);
		buf_printf(out, ",\"clauses\":%zu,\"elements\":%zu,\"fail\":%zu,\"unknown\":%zu,\"findings\":[%s]}", n_clauses, n, r->n_fails,
			   r->n_unknown, buf_str(&r->text));
	} else {
		buf_printf(out, "%s: %zu element%s, %zu clause%s: ", r->dump->map->name, n, plural(n), n_clauses, plural(n_clauses));
		if (!r->n_fails && !r->n_unknown)
			buf_puts(out, n ? "all hold\n" : "nothing to hold\n");
		else
			buf_printf(out, "%zu fail, %zu unknown\n%s", r->n_fails, r->n_unknown, buf_str(&r->text));
		if (r->n_left)
			buf_printf(out, "  and %zu more\n", r->n_left);
	}
	out->failed |= r->text.failed;
	buf_done(&r->text);
}
