/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * say: what a command has to say: trouble for people on standard error, a document for programs on standard output. What was said
 * as trouble is kept, so that a command that was asked for JSON and ends without a document of its own leaves one nevertheless:
 *
 *     {"ok":false,"diagnostics":[{"severity":"error","file":"a.yaml","line":3,"column":7,"message":"...","hint":"..."}]}
 */
#ifndef SAY_SAY_H
#define SAY_SAY_H

#include <jansson.h>
#include <stdbool.h>

#include "common/buf.h"
#include "common/diag.h"

/* Begin: who speaks ("cordon", "check": the names stand before each trouble), and whether a program listens. The names must stay. */
void say_begin(const char *program, const char *command, bool json);

/* On standard error, and kept. */
__attribute__((format(printf, 1, 2))) void say_trouble(const char *format, ...);
void say_diag(const struct diag *diag);

/* The document, which this takes; or its text, whole lines. */
void say_json(json_t *document);
void say_text(const char *document);

/* Of a document that tells what failed, too, the members ,"ok":false,"diagnostics":[...]: what was said as trouble so far. */
void say_add_trouble(struct buf *document);

/* End. Where a program listens to what failed and has got no document: one of the trouble, in a line. */
void say_end(bool failed);

#endif
