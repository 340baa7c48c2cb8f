/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pretty: an event as a line for people:
 *
 *     10:22:45 REFUSED    alice(1000) /usr/bin/cat[812] read /srv/payroll/a  rule "stay out" (contractors, x.yaml:7)  /user.slice
 */
#ifndef CLI_PRETTY_H
#define CLI_PRETTY_H

#include <jansson.h>
#include <stdio.h>

#include "common/buf.h"

/* `line`: what `events` sends. One that is not understood is printed as it is. */
void pretty_event(const char *line, FILE *out);

/* The same without time and colour, of an event that was read; control characters are tamed. */
void pretty_text(const json_t *event, struct buf *out);

#endif
