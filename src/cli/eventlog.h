/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eventlog: events as lines, kept twice: appended to a file, and the last ones in bounded memory.
 *
 * A file that cannot be written never stops anything: what could not be written is counted. The file is opened anew when
 * it was renamed or removed (log rotation), at the next flush, and by eventlog_reopen().
 */
#ifndef CLI_EVENTLOG_H
#define CLI_EVENTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/buf.h"
#include "common/diag.h"

#define EVENTLOG_LINES 10000u
#define EVENTLOG_BYTES (2u << 20)

struct eventlog_line {
	char *text;
	size_t length;
};

struct eventlog {
	const char *path; /* NULL: no file */
	int fd;
	dev_t dev;
	ino_t ino;
	struct buf pending;	/* lines for the file, until eventlog_flush() */
	size_t pending_lines;
	struct eventlog_line lines[EVENTLOG_LINES]; /* a ring: the oldest at `first` */
	size_t first, count, bytes;
	uint64_t total, written, failed; /* events */
	int error;			 /* of the last write, 0: it went well */
	bool torn;			 /* the file ends with half a line */
};

/* `path` must outlive the log. The end of the file is remembered. A file that cannot be opened is a warning. */
int eventlog_init(struct eventlog *log, const char *path, struct diag *diag);
void eventlog_done(struct eventlog *log);

/* `line` without newline. */
void eventlog_add(struct eventlog *log, const char *line, size_t length);
/* Write what is pending. */
void eventlog_flush(struct eventlog *log);
int eventlog_reopen(struct eventlog *log);

/* The i-th of the last `n` lines (0: the oldest of them); NULL beyond. */
const struct eventlog_line *eventlog_last(const struct eventlog *log, size_t n, size_t i);

#endif
