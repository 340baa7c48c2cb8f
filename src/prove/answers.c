// SPDX-License-Identifier: GPL-2.0-only
/* answers: see answers.h. A table in memory, and files named by the hash. */
#include "prove/answers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/diag.h"

#define MAX_TEXT (1u << 20) /* longer ones are not kept */
#define MAX_VERSIONS 4
#define N_BUCKETS 4096
#define FILE_HEAD "bpfprove answer 2\n"
#define FILE_TAIL "\nend of answer\n" /* a file that lacks it was cut off */

struct answer {
	struct answers_key key;
	double seconds; /* text NULL: for which there was none */
	char *text;
	size_t len;
	struct answer *next;
};

struct version {
	const char *name; /* of the solver: constant text of its caller */
	struct buf text;
};

struct answers {
	char *dir;
	struct answer *bucket[N_BUCKETS];
	struct version version[MAX_VERSIONS];
	size_t n_versions;
};

int answers_open(const char *dir, struct diag *diag, struct answers **ret_answers)
{
	struct answers *a = calloc(1, sizeof(*a));

	if (!a)
		return diag_fail(diag, -ENOMEM, NULL, "out of memory");
	if (dir) {
		a->dir = strdup(dir);
		if (!a->dir || (mkdir(dir, 0700) < 0 && errno != EEXIST) || access(dir, R_OK | W_OK | X_OK) < 0) {
			int error = -errno;

			answers_close(a);
			return diag_fail(diag, error, DIAG_AT(.file = dir), "answers cannot be kept there: %s", strerror(-error));
		}
	}
	*ret_answers = a;
	return 0;
}

void answers_close(struct answers *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < N_BUCKETS; i++) {
		while (a->bucket[i]) {
			struct answer *next = a->bucket[i]->next;

			free(a->bucket[i]->text);
			free(a->bucket[i]);
			a->bucket[i] = next;
		}
	}
	for (size_t i = 0; i < a->n_versions; i++)
		buf_done(&a->version[i].text);
	free(a->dir);
	free(a);
}

/* What `NAME --version` prints. */
static int version_ask(const char *name, struct buf *out)
{
	char command[64], chunk[512];
	size_t n;

	snprintf(command, sizeof(command), "%s --version 2>&1", name); /* names are those of a table */
	FILE *f = popen(command, "re");
	if (!f)
		return -errno;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(out, chunk, n);
	return pclose(f) || out->failed || !out->len ? -ENOENT : 0;
}

static const struct buf *version_of(struct answers *a, const char *name)
{
	struct version *v;

	for (size_t i = 0; i < a->n_versions; i++)
		if (!strcmp(a->version[i].name, name))
			return &a->version[i].text;
	if (a->n_versions == MAX_VERSIONS)
		return NULL;
	v = &a->version[a->n_versions];
	*v = (struct version){ .name = name };
	if (version_ask(name, &v->text) < 0) {
		buf_done(&v->text);
		return NULL;
	}
	a->n_versions++;
	return &v->text;
}

/* The length of each part goes before it: no two lists of parts are one sequence of bytes. */
static void add_part(SHA2_CTX *s, const char *text, size_t len)
{
	uint64_t n = len;

	SHA256Update(s, (const uint8_t *)&n, sizeof(n));
	SHA256Update(s, (const uint8_t *)text, len);
}

int answers_key(struct answers *a, const char *const *argv, const char *script, size_t len, struct answers_key *ret_key)
{
	const struct buf *version = version_of(a, argv[0]);
	SHA2_CTX s;

	if (!version)
		return -ENOENT;
	SHA256Init(&s);
	add_part(&s, FILE_HEAD, strlen(FILE_HEAD));
	add_part(&s, buf_str(version), version->len);
	for (; *argv; argv++)
		add_part(&s, *argv, strlen(*argv));
	add_part(&s, script, len);
	SHA256Final(ret_key->sum, &s);
	return 0;
}

static struct answer **slot_of(const struct answers *a, const struct answers_key *key)
{
	struct answer *const *at = &a->bucket[(key->sum[0] | key->sum[1] << 8) % N_BUCKETS];

	while (*at && memcmp((*at)->key.sum, key->sum, SHA256_DIGEST_LENGTH))
		at = &(*at)->next;
	return (struct answer **)(uintptr_t)at;
}

static void name_of(const struct answers *a, const struct answers_key *key, struct buf *out)
{
	buf_printf(out, "%s/", a->dir);
	for (int i = 0; i < SHA256_DIGEST_LENGTH; i++)
		buf_printf(out, "%02x", key->sum[i]);
}

static bool file_find(const struct answers *a, const struct answers_key *key, struct buf *out)
{
	struct buf name = BUF_INIT, text = BUF_INIT;
	size_t head = strlen(FILE_HEAD), tail = strlen(FILE_TAIL), n;
	char chunk[4096];
	FILE *f;

	name_of(a, key, &name);
	f = fopen(buf_str(&name), "re");
	while (f && (n = fread(chunk, 1, sizeof(chunk), f)) > 0 && text.len <= MAX_TEXT + head + tail)
		buf_add(&text, chunk, n);
	bool good = f && !ferror(f) && !text.failed && text.len > head + tail && !memcmp(text.data, FILE_HEAD, head) &&
		    !memcmp(text.data + text.len - tail, FILE_TAIL, tail);
	if (f)
		fclose(f);
	if (good)
		buf_add(out, text.data + head, text.len - head - tail);
	buf_done(&text);
	buf_done(&name);
	return good;
}

/* Under another name first: nobody may read half of it. */
static void file_keep(const struct answers *a, const struct answers_key *key, const char *text, size_t len)
{
	struct buf name = BUF_INIT, temp = BUF_INIT;
	FILE *f;

	name_of(a, key, &name);
	buf_printf(&temp, "%s.%d", buf_str(&name), (int)getpid());
	f = fopen(buf_str(&temp), "wxe");
	if (f) {
		bool good = fwrite(FILE_HEAD, strlen(FILE_HEAD), 1, f) == 1 && fwrite(text, len, 1, f) == 1 && fwrite(FILE_TAIL, strlen(FILE_TAIL), 1, f) == 1;

		good = !fclose(f) && good;
		if (!good || rename(buf_str(&temp), buf_str(&name)) < 0)
			unlink(buf_str(&temp));
	}
	buf_done(&temp);
	buf_done(&name);
}

bool answers_find(struct answers *a, const struct answers_key *key, struct buf *out)
{
	struct answer *at = *slot_of(a, key);

	if (at && at->text) {
		buf_add(out, at->text, at->len);
		return !out->failed;
	}
	return a->dir && file_find(a, key, out);
}

bool answers_hopeless(const struct answers *a, const struct answers_key *key, double seconds)
{
	const struct answer *at = *slot_of(a, key);

	return at && !at->text && at->seconds >= seconds;
}

void answers_keep(struct answers *a, const struct answers_key *key, const char *text, size_t len, double seconds)
{
	struct answer **slot = slot_of(a, key), *at = *slot;
	char *copy = text && len <= MAX_TEXT ? malloc(len + 1) : NULL;

	if (text && !copy)
		return;
	if (!at) {
		at = calloc(1, sizeof(*at));
		if (!at) {
			free(copy);
			return;
		}
		at->key = *key;
		*slot = at;
	}
	if (copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
		free(at->text);
		at->text = copy;
		at->len = len;
		if (a->dir)
			file_keep(a, key, text, len);
	} else if (!at->text) {
		at->seconds = seconds;
	}
}
