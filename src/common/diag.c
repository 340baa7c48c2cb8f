/* SPDX-License-Identifier: GPL-2.0-only */
/* diag: see diag.h. */
#include "common/diag.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

void diag_init(struct diag *d)
{
	*d = (struct diag){ 0 };
}

void diag_done(struct diag *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free((char *)d->entries[i].pos.file);
		free((char *)d->entries[i].pos.section);
		free(d->entries[i].message);
		free(d->entries[i].hint);
	}
	free(d->entries);
	*d = (struct diag){ .limit = d->limit };
}

static struct diag_entry *diag_new_entry(struct diag *d)
{
	size_t limit = d->limit ? d->limit : DIAG_DEFAULT_LIMIT;

	if (d->n >= limit)
		return NULL;
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 16;
		struct diag_entry *e = realloc(d->entries, cap * sizeof(*e));

		if (!e)
			return NULL;
		d->entries = e;
		d->cap = cap;
	}
	d->entries[d->n] = (struct diag_entry){ 0 };
	return &d->entries[d->n++];
}

static void diag_vadd(struct diag *d, enum diag_severity severity, const struct diag_pos *pos,
		      const char *fmt, va_list ap)
{
	struct diag_entry *e;

	if (!d)
		return;
	if (severity == DIAG_ERROR)
		d->n_errors++;
	e = diag_new_entry(d);
	if (!e) {
		d->n_dropped++;
		return;
	}
	e->severity = severity;
	if (pos) {
		e->pos = *pos;
		e->pos.file = pos->file ? strdup(pos->file) : NULL;
		e->pos.section = pos->section ? strdup(pos->section) : NULL;
	}
	if (vasprintf(&e->message, fmt, ap) < 0)
		e->message = NULL;
}

void diag_add(struct diag *d, enum diag_severity severity, const struct diag_pos *pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_vadd(d, severity, pos, fmt, ap);
	va_end(ap);
}

int diag_fail(struct diag *d, int err, const struct diag_pos *pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_vadd(d, DIAG_ERROR, pos, fmt, ap);
	va_end(ap);
	return err;
}

int diag_strict(struct diag *d, enum diag_severity least)
{
	size_t found = d->n_dropped; /* what was dropped may have been one */

	for (size_t i = 0; i < d->n; i++) {
		if (d->entries[i].severity < least || d->entries[i].severity == DIAG_ERROR)
			continue;
		d->entries[i].severity = DIAG_ERROR;
		d->n_errors++;
		found++;
	}
	return found ? -EINVAL : 0;
}

void diag_hint(struct diag *d, const char *fmt, ...)
{
	struct diag_entry *e;
	va_list ap;

	if (!d || !d->n)
		return;
	e = &d->entries[d->n - 1];
	free(e->hint);
	va_start(ap, fmt);
	if (vasprintf(&e->hint, fmt, ap) < 0)
		e->hint = NULL;
	va_end(ap);
}

const char *diag_severity_name(enum diag_severity severity)
{
	switch (severity) {
	case DIAG_NOTE:
		return "note";
	case DIAG_WARNING:
	case DIAG_FLAW:
		return "warning";
	case DIAG_ERROR:
		return "error";
	}
	return "error";
}

static void diag_print_entry(const struct diag_entry *e, FILE *out)
{
	const struct diag_pos *p = &e->pos;
	const char *space = "";

	if (p->file) {
		fprintf(out, "%s:", p->file);
		if (p->line)
			fprintf(out, "%u:", p->line);
		if (p->line && p->col)
			fprintf(out, "%u:", p->col);
		space = " ";
	}
	if (p->section) {
		fprintf(out, "%s'%s'", space, p->section);
		space = " ";
	}
	if (p->has_insn) {
		fprintf(out, "%sinsn %ld", space, p->insn);
		space = " ";
	}
	if (p->has_offset) {
		fprintf(out, "%soffset 0x%" PRIx64, space, p->offset);
		space = " ";
	}
	if (p->section || p->has_insn || p->has_offset)
		fputc(':', out);
	fprintf(out, "%s%s: %s\n", space, diag_severity_name(e->severity), e->message ? e->message : "(out of memory)");
	if (e->hint)
		fprintf(out, "  hint: %s\n", e->hint);
}

void diag_print(const struct diag *d, FILE *out)
{
	for (size_t i = 0; i < d->n; i++)
		diag_print_entry(&d->entries[i], out);
	if (d->n_dropped)
		fprintf(out, "(%zu more not shown)\n", d->n_dropped);
}

static void diag_json_entry(const struct diag_entry *e, struct buf *b)
{
	const struct diag_pos *p = &e->pos;

	buf_printf(b, "{\"severity\":\"%s\"", diag_severity_name(e->severity));
	if (p->file) {
		buf_puts(b, ",\"file\":");
		buf_json(b, p->file);
	}
	if (p->line)
		buf_printf(b, ",\"line\":%u", p->line);
	if (p->col)
		buf_printf(b, ",\"col\":%u", p->col);
	if (p->section) {
		buf_puts(b, ",\"section\":");
		buf_json(b, p->section);
	}
	if (p->has_insn)
		buf_printf(b, ",\"insn\":%ld", p->insn);
	if (p->has_offset)
		buf_printf(b, ",\"offset\":%" PRIu64, p->offset);
	buf_puts(b, ",\"message\":");
	buf_json(b, e->message ? e->message : "(out of memory)");
	if (e->hint) {
		buf_puts(b, ",\"hint\":");
		buf_json(b, e->hint);
	}
	buf_putc(b, '}');
}

void diag_print_json(const struct diag *d, FILE *out)
{
	struct buf b = BUF_INIT;

	buf_putc(&b, '[');
	for (size_t i = 0; i < d->n; i++) {
		if (i)
			buf_putc(&b, ',');
		diag_json_entry(&d->entries[i], &b);
	}
	buf_putc(&b, ']');
	fprintf(out, "%s\n", buf_str(&b));
	buf_done(&b);
}
