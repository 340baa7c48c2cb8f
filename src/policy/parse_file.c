/* SPDX-License-Identifier: GPL-2.0-only */
/* Policies from files; see policy.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/policy.h"

/* Until its end or @max bytes; the number of bytes or -errno. */
static ssize_t read_all(int fd, char *buffer, size_t max)
{
	size_t have = 0;

	while (have < max) {
		ssize_t got = read(fd, buffer + have, max - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

static int read_open(const char *name, int fd, struct policy_text *ret_text, struct diag *diag)
{
	struct stat st;
	ssize_t size;
	size_t max;
	char *buffer;

	if (fstat(fd, &st) < 0)
		return diag_fail(diag, -errno, DIAG_AT(.file = name), "cannot look at it: %s", strerror(errno));
	if (!S_ISREG(st.st_mode)) {
		diag_add(diag, DIAG_ERROR, DIAG_AT(.file = name), "not a regular file");
		diag_hint(diag, "a policy is a file");
		return -EINVAL;
	}
	if (st.st_size > (off_t)POLICY_TEXT_MAX)
		return diag_fail(diag, -E2BIG, DIAG_AT(.file = name), "the file is larger than %u MiB", POLICY_TEXT_MAX >> 20);
	/* One byte more than it has: what grows meanwhile is somebody's half-written file. */
	max = (size_t)st.st_size + 1;
	buffer = malloc(max);
	if (!buffer)
		return diag_fail(diag, -ENOMEM, DIAG_AT(.file = name), "out of memory");
	size = read_all(fd, buffer, max);
	if (size == (ssize_t)max) {
		free(buffer);
		return diag_fail(diag, -EAGAIN, DIAG_AT(.file = name), "it grew while it was read");
	}
	if (size < 0) {
		free(buffer);
		return diag_fail(diag, (int)size, DIAG_AT(.file = name), "cannot read it: %s", strerror((int)-size));
	}
	*ret_text = (struct policy_text){ .name = name, .text = buffer, .size = (size_t)size };
	return 0;
}

static int read_file(const char *name, struct policy_text *ret_text, struct diag *diag)
{
	/* O_NONBLOCK: a FIFO must not make us wait. */
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), err;

	if (fd < 0)
		return diag_fail(diag, -errno, DIAG_AT(.file = name), "cannot open it: %s", strerror(errno));
	err = read_open(name, fd, ret_text, diag);
	close(fd);
	return err;
}

int policy_parse_files(const char *const *files, size_t nfiles, const struct resolver *resolver,
		       struct policy **ret_policy, struct diag *diag)
{
	struct policy *policy = NULL;
	struct policy_text *texts;
	size_t n = 0;
	int err;

	if (nfiles > POLICY_FILES_MAX)
		return diag_fail(diag, -EINVAL, NULL, "%zu policy files (the limit is %u)", nfiles, POLICY_FILES_MAX);
	texts = calloc(nfiles + 1, sizeof(*texts));
	if (!texts)
		return diag_fail(diag, -ENOMEM, NULL, "out of memory");
	for (size_t i = 0; i < nfiles; i++)
		n += read_file(files[i], &texts[n], diag) == 0;
	/* All files that can be read are checked, so that every fault is told at once. */
	err = policy_parse(texts, n, resolver, &policy, diag);
	if (!err && n < nfiles)
		err = -EINVAL;
	if (err)
		policy_free(policy);
	else
		*ret_policy = policy;
	for (size_t i = 0; i < n; i++)
		free((char *)texts[i].text);
	free(texts);
	return err;
}
