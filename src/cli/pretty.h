/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pretty: an event as a line for people:
 *
 *     10:22:45 REFUSED    alice(1000) /usr/bin/cat[812] read /srv/payroll/a  rule "stay out" (contractors, x.yaml:7)  /user.slice
 */
#ifndef CLI_PRETTY_H
#define CLI_PRETTY_H

#include <stdio.h>

/* `line`: what `events` sends. One that is not understood is printed as it is. */
void pretty_event(const char *line, FILE *out);

#endif
