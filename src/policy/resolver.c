/* SPDX-License-Identifier: GPL-2.0-only */
/* The system's names; see resolver.h. */
#include "policy/resolver.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

#define RESOLVER_MEMORY_MAX (16u << 20) /* a group may have very many members */

/* What getpwnam_r(3) says when there is no such name differs between its sources. */
static int absent_or_error(int err)
{
	switch (err) {
	case 0:
	case ENOENT:
	case ESRCH:
	case EBADF:
	case EPERM:
		return -ENOENT;
	default:
		return -err;
	}
}

static int find_user(const char *name, char *memory, size_t size, uint32_t *ret_id)
{
	struct passwd entry, *found = NULL;
	int err;

	do {
		err = getpwnam_r(name, &entry, memory, size, &found);
	} while (err == EINTR);
	if (!found)
		return absent_or_error(err);
	*ret_id = entry.pw_uid;
	return 0;
}

static int find_group(const char *name, char *memory, size_t size, uint32_t *ret_id)
{
	struct group entry, *found = NULL;
	int err;

	do {
		err = getgrnam_r(name, &entry, memory, size, &found);
	} while (err == EINTR);
	if (!found)
		return absent_or_error(err);
	*ret_id = entry.gr_gid;
	return 0;
}

static int find(int (*look)(const char *, char *, size_t, uint32_t *), const char *name, uint32_t *ret_id)
{
	for (size_t size = 4096; size <= RESOLVER_MEMORY_MAX; size *= 4) {
		char *memory = malloc(size);
		int err;

		if (!memory)
			return -ENOMEM;
		err = look(name, memory, size, ret_id);
		free(memory);
		if (err != -ERANGE)
			return err;
	}
	return -ERANGE;
}

static int system_user(void *context, const char *name, uint32_t *ret_id)
{
	return find(find_user, name, ret_id);
}

static int system_group(void *context, const char *name, uint32_t *ret_id)
{
	return find(find_group, name, ret_id);
}

const struct resolver resolver_system = { .user = system_user, .group = system_group };
