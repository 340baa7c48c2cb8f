/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eventlog: the file and the memory of events (eventlog.h).
 */
#include "cli/eventlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/fileio.h"

#define RECALL_BYTES (1 << 20)

int eventlog_reopen(struct eventlog *log)
{
	struct stat st;
	int fd;

	if (!log->path)
		return 0;
	fd = open(log->path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0640);
	if (fd < 0 || fstat(fd, &st) < 0) {
		log->error = -errno;
		if (fd >= 0)
			close(fd);
		return log->error;
	}
	if (log->fd >= 0)
		close(log->fd);
	log->fd = fd;
	log->dev = st.st_dev;
	log->ino = st.st_ino;
	return 0;
}

static int make_parent(const char *path)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(folder))
		return 0;
	memcpy(folder, path, slash - path);
	folder[slash - path] = '\0';
	return fileio_make_folder(folder, 0750);
}

static void forget_oldest(struct eventlog *log)
{
	struct eventlog_line *line = &log->lines[log->first];

	log->bytes -= line->length;
	free(line->text);
	*line = (struct eventlog_line){ 0 };
	log->first = (log->first + 1) % EVENTLOG_LINES;
	log->count--;
}

static void remember(struct eventlog *log, const char *line, size_t length)
{
	char *copy;

	while (log->count && (log->count == EVENTLOG_LINES || log->bytes + length > EVENTLOG_BYTES))
		forget_oldest(log);
	copy = malloc(length + 1);
	if (!copy)
		return;
	memcpy(copy, line, length);
	copy[length] = '\0';
	log->lines[(log->first + log->count) % EVENTLOG_LINES] = (struct eventlog_line){ copy, length };
	log->count++;
	log->bytes += length;
}

/* What the file ends with goes into memory, so that a new daemon knows the last events, too. */
static void recall(struct eventlog *log)
{
	char *data, *line, *end;
	struct stat st;
	size_t size;
	int fd = open(log->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    lseek(fd, st.st_size > RECALL_BYTES ? st.st_size - RECALL_BYTES : 0, SEEK_SET) >= 0 &&
	    fileio_read(fd, 2 * RECALL_BYTES, &data, &size) == 0) {
		/* The first line may be the end of one, the last one unfinished. */
		line = st.st_size > RECALL_BYTES ? memchr(data, '\n', size) : data;
		for (line += line && line != data; line && (end = strchr(line, '\n')); line = end + 1)
			if (*line == '{')
				remember(log, line, end - line);
		free(data);
	}
	close(fd);
}

int eventlog_init(struct eventlog *log, const char *path, struct diag *diag)
{
	int err = 0;

	*log = (struct eventlog){ .path = path, .fd = -1, .pending = BUF_INIT };
	if (path)
		err = make_parent(path);
	if (!err)
		err = eventlog_reopen(log);
	if (!err && path)
		recall(log);
	if (err)
		diag_add(diag, DIAG_WARNING, DIAG_AT(.file = path), "events cannot be logged there: %s", strerror(-err));
	return 0;
}

void eventlog_done(struct eventlog *log)
{
	eventlog_flush(log);
	for (size_t i = 0; i < EVENTLOG_LINES; i++)
		free(log->lines[i].text);
	buf_done(&log->pending);
	if (log->fd >= 0)
		close(log->fd);
}

void eventlog_add(struct eventlog *log, const char *line, size_t length)
{
	log->total++;
	remember(log, line, length);
	if (!log->path)
		return;
	buf_add(&log->pending, line, length);
	buf_putc(&log->pending, '\n');
	log->pending_lines++;
}

/* Whether the path still means the file that is open. */
static bool was_moved(const struct eventlog *log)
{
	struct stat st;

	return stat(log->path, &st) < 0 || st.st_dev != log->dev || st.st_ino != log->ino;
}

/* How many of the pending lines are whole in the first `length` bytes. */
static size_t whole_lines(const struct eventlog *log, size_t length)
{
	const char *at = log->pending.data, *end = at + length;
	size_t n = 0;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		n++;
	}
	return n;
}

/* Write all that is pending; how much went is told even when it was not all. */
static int write_pending(struct eventlog *log, size_t *ret_done)
{
	const struct buf *pending = &log->pending;

	while (*ret_done < pending->len) {
		ssize_t put = write(log->fd, pending->data + *ret_done, pending->len - *ret_done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? -errno : -EIO;
		*ret_done += (size_t)put;
	}
	return 0;
}

void eventlog_flush(struct eventlog *log)
{
	int err = log->pending.failed ? -ENOMEM : 0;
	size_t done = 0, whole;

	if (!log->pending_lines)
		return;
	if (log->fd < 0 || was_moved(log)) {
		(void)eventlog_reopen(log);
		log->torn = false;
	}
	/* Behind half a line the next one would be lost, too. */
	if (!err && log->torn && write(log->fd, "\n", 1) != 1)
		err = errno ? -errno : -EIO;
	if (!err) {
		log->torn = false;
		err = write_pending(log, &done);
		log->torn = done && log->pending.data[done - 1] != '\n';
	}
	whole = err ? whole_lines(log, done) : log->pending_lines;
	log->error = err;
	log->written += whole;
	log->failed += log->pending_lines - whole;
	log->pending_lines = 0;
	buf_done(&log->pending);
	log->pending = BUF_INIT;
}

const struct eventlog_line *eventlog_last(const struct eventlog *log, size_t n, size_t i)
{
	if (n > log->count)
		n = log->count;
	if (i >= n)
		return NULL;
	return &log->lines[(log->first + log->count - n + i) % EVENTLOG_LINES];
}
