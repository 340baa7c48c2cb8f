/* SPDX-License-Identifier: GPL-2.0-only */
/* fake: the users and groups of an invented system, through the same struct as the real ones. */
#ifndef TESTS_POLICY_FAKE_H
#define TESTS_POLICY_FAKE_H

#include <errno.h>
#include <string.h>

#include "policy/resolver.h"

static inline int fake_user(void *context, const char *name, uint32_t *ret_id)
{
	static const struct { const char *name; uint32_t id; } users[] = {
		{ "root", 0 }, { "www-data", 33 }, { "alice", 1000 }, { "bob", 1001 },
	};

	if (strcmp(name, "down") == 0)
		return -EIO; /* the directory server is */
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		if (strcmp(users[i].name, name) == 0) {
			*ret_id = users[i].id;
			return 0;
		}
	return -ENOENT;
}

static inline int fake_group(void *context, const char *name, uint32_t *ret_id)
{
	static const struct { const char *name; uint32_t id; } groups[] = {
		{ "root", 0 }, { "games", 60 }, { "contractors", 2500 },
	};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strcmp(groups[i].name, name) == 0) {
			*ret_id = groups[i].id;
			return 0;
		}
	return -ENOENT;
}

static const struct resolver fake_resolver = { .user = fake_user, .group = fake_group };

#endif
