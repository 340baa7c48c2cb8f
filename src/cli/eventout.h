/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eventout: events as they come to standard output and to the journal. Neither is ever waited for: what would block, or is
 * refused, is counted.
 *
 * In the journal an event is an entry with MESSAGE for people, PRIORITY 4 (refused) or 5 (would be), SYSLOG_IDENTIFIER=cordon,
 * MESSAGE_ID of its own, CORDON_EVENT with the whole line, and as fields of their own:
 *     CORDON_KIND, _OP, _REASON, _RULE, _POLICY, _FILE_LINE, _GENERATION, _PID, _UID, _EUID, _USER, _EXE, _UNIT, _OBJECT
 */
#ifndef CLI_EVENTOUT_H
#define CLI_EVENTOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/diag.h"

#define EVENTOUT_JOURNAL    "/run/systemd/journal/socket"
#define EVENTOUT_MESSAGE_ID "b1f0c46cbe6f4f5b8a5e6f9a0c0d7e13"

struct eventout {
	int out;     /* -1: not there */
	int journal; /* -1: not there */
	uint64_t written, dropped; /* of `out` */
	uint64_t sent, refused;	   /* of the journal */
};

#define EVENTOUT_INIT ((struct eventout){ .out = -1, .journal = -1 })

/* `journal`: its socket's path, or NULL. That it cannot be reached is a warning. */
void eventout_open(struct eventout *eventout, bool out, const char *journal, struct diag *diag);
void eventout_close(struct eventout *eventout);

/* `line`: without newline, NUL-terminated. */
void eventout_line(struct eventout *eventout, const char *line, size_t length);

#endif
