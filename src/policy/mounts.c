/* SPDX-License-Identifier: GPL-2.0-only */
/* The text of /proc/PID/mountinfo to a table; see mounts.h. A line that cannot be understood refuses the whole. */
#include "policy/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buf.h"

#define MOUNTINFO_MAX (64u << 20) /* bytes */
#define MAJOR_MAX     0xfffu      /* 12 bits of the kernel's dev_t, 20 for the minor */
#define MINOR_MAX     0xfffffu

struct table_memory {
	struct mount_table table;
	struct arena arena;
};

struct cursor {
	const char *at, *end; /* of the line */
};

/* The next word; false: there is none. Words are separated by one space each. */
static bool next_word(struct cursor *c, const char **ret_word, size_t *ret_len)
{
	const char *space;

	if (c->at >= c->end)
		return false;
	space = memchr(c->at, ' ', (size_t)(c->end - c->at));
	if (!space)
		space = c->end;
	*ret_word = c->at;
	*ret_len = (size_t)(space - c->at);
	c->at = space + (space < c->end);
	return *ret_len > 0;
}

static bool read_number(const char **at, const char *end, uint32_t max, uint32_t *ret_number)
{
	const char *s = *at;
	uint64_t number = 0;

	for (; s < end && *s >= '0' && *s <= '9' && number <= max; s++)
		number = number * 10 + (uint64_t)(*s - '0');
	if (s == *at || number > max)
		return false;
	*at = s;
	*ret_number = (uint32_t)number;
	return true;
}

static bool read_whole_number(const char *word, size_t len)
{
	const char *at = word;
	uint32_t number;

	return read_number(&at, word + len, INT32_MAX, &number) && at == word + len;
}

static bool read_dev(const char *word, size_t len, uint32_t *ret_dev)
{
	const char *at = word, *end = word + len;
	uint32_t major, minor;

	if (!read_number(&at, end, MAJOR_MAX, &major) || at == end || *at++ != ':' ||
	    !read_number(&at, end, MINOR_MAX, &minor) || at != end)
		return false;
	*ret_dev = major << 20 | minor;
	return true;
}

/* The kernel writes space, tab, newline and backslash as \ooo. NULL: a wrong escape, or no memory. */
static char *unescape(struct arena *arena, const char *word, size_t len)
{
	char *text = arena_alloc(arena, len + 1);
	size_t n = 0;

	if (!text)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		unsigned byte = 0;

		if (word[i] != '\\') {
			text[n++] = word[i];
			continue;
		}
		if (len - i < 4)
			return NULL;
		for (int digit = 1; digit <= 3; digit++) {
			if (word[i + digit] < '0' || word[i + digit] > '7')
				return NULL;
			byte = byte * 8 + (unsigned)(word[i + digit] - '0');
		}
		if (byte == 0 || byte > 0xff)
			return NULL;
		text[n++] = (char)byte;
		i += 3;
	}
	text[n] = '\0';
	return text;
}

/* "36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/root rw"; NULL, or what is wrong with it. */
static const char *parse_line(struct arena *arena, struct cursor *c, struct mount *ret_mount)
{
	struct mount mount = { 0 };
	const char *word;
	size_t len;

	for (int i = 0; i < 2; i++)
		if (!next_word(c, &word, &len) || !read_whole_number(word, len))
			return i ? "no parent mount id" : "no mount id";
	if (!next_word(c, &word, &len) || !read_dev(word, len, &mount.dev))
		return "no device number";
	if (!next_word(c, &word, &len))
		return "no root";
	mount.root = unescape(arena, word, len);
	/* A namespace file's root ("net:[4026531840]") is no path, but a mount all the same. */
	if (!mount.root)
		return "a wrong escape in the root";
	if (!next_word(c, &word, &len))
		return "no mount point";
	mount.point = unescape(arena, word, len);
	if (!mount.point || *mount.point != '/')
		return "the mount point is no absolute path";
	if (!next_word(c, &word, &len))
		return "no mount options";
	do {
		if (!next_word(c, &word, &len))
			return "no '-' after the optional fields";
	} while (len != 1 || *word != '-');
	if (!next_word(c, &word, &len))
		return "no file system type";
	mount.type = unescape(arena, word, len);
	if (!mount.type)
		return "a wrong escape in the file system type";
	*ret_mount = mount;
	return NULL;
}

static int parse_lines(struct table_memory *memory, const char *name, const char *text, size_t size, struct diag *diag)
{
	struct mount_table *table = &memory->table;
	const char *end = text + size;
	unsigned line = 0;
	size_t cap = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text)), *wrong;
		struct cursor cursor = { text, newline ? newline : end };

		line++;
		table->mounts = arena_grow(&memory->arena, table->mounts, table->n, &cap, sizeof(*table->mounts));
		if (!table->mounts)
			return diag_fail(diag, -ENOMEM, DIAG_AT(.file = name), "out of memory");
		if (!newline)
			return diag_fail(diag, -EINVAL, DIAG_AT(.file = name, .line = line), "the last line has no end");
		if (memchr(text, '\0', (size_t)(newline - text)))
			return diag_fail(diag, -EINVAL, DIAG_AT(.file = name, .line = line), "a NUL byte");
		wrong = parse_line(&memory->arena, &cursor, &table->mounts[table->n]);
		if (memory->arena.exhausted)
			return diag_fail(diag, -ENOMEM, DIAG_AT(.file = name), "out of memory");
		if (wrong)
			return diag_fail(diag, -EINVAL, DIAG_AT(.file = name, .line = line, .col = (unsigned)(cursor.at - text) + 1),
					 "not a line of mountinfo: %s", wrong);
		table->n++;
		text = newline + 1;
	}
	if (!table->n)
		return diag_fail(diag, -EINVAL, DIAG_AT(.file = name), "no mounts");
	return 0;
}

static int parse_named(const char *name, const char *text, size_t size, struct mount_table **ret_table,
		       struct diag *diag)
{
	struct table_memory *memory = calloc(1, sizeof(*memory));
	int err;

	if (!memory)
		return diag_fail(diag, -ENOMEM, DIAG_AT(.file = name), "out of memory");
	arena_init(&memory->arena, 0);
	memory->table.memory = memory;
	err = parse_lines(memory, name, text, size, diag);
	if (err) {
		mount_table_free(&memory->table);
		return err;
	}
	*ret_table = &memory->table;
	return 0;
}

int mount_table_parse(const char *text, size_t size, struct mount_table **ret_table, struct diag *diag)
{
	return parse_named("mountinfo", text, size, ret_table, diag);
}

static int read_whole(int fd, struct buf *text)
{
	char piece[16384];

	for (;;) {
		ssize_t got = read(fd, piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return text->failed ? -ENOMEM : 0;
		if (text->len + (size_t)got > MOUNTINFO_MAX)
			return -EFBIG;
		buf_add(text, piece, (size_t)got);
	}
}

int mount_table_read(const char *path, struct mount_table **ret_table, struct diag *diag)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	struct buf text = BUF_INIT;

	if (fd < 0)
		return diag_fail(diag, -errno, DIAG_AT(.file = path), "cannot open it: %s", strerror(errno));
	err = read_whole(fd, &text);
	close(fd);
	if (err)
		diag_add(diag, DIAG_ERROR, DIAG_AT(.file = path), "cannot read it: %s", strerror(-err));
	else
		err = parse_named(path, buf_str(&text), text.len, ret_table, diag);
	buf_done(&text);
	return err;
}

/* Whether `path` is `above` or beneath it; *ret_rest is what is left. */
static bool is_beneath(const char *path, const char *above, const char **ret_rest)
{
	size_t length = strcmp(above, "/") ? strlen(above) : 0;

	if (strncmp(path, above, length) || (path[length] && path[length] != '/'))
		return false;
	*ret_rest = path + length;
	return true;
}

const struct mount *mount_table_find(const struct mount_table *mounts, const char *path, const char **ret_rest)
{
	const struct mount *best = NULL;
	const char *rest;

	for (size_t i = 0; i < mounts->n; i++)
		if (is_beneath(path, mounts->mounts[i].point, &rest) &&
		    (!best || strlen(mounts->mounts[i].point) >= strlen(best->point))) {
			best = &mounts->mounts[i];
			*ret_rest = rest;
		}
	return best;
}

void mount_table_free(struct mount_table *table)
{
	struct table_memory *memory = table ? table->memory : NULL;

	if (!memory)
		return;
	arena_done(&memory->arena);
	free(memory);
}
