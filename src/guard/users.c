/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * users: a small direct-mapped cache over getpwuid_r (users.h).
 */
#include "guard/users.h"

#include <pwd.h>
#include <stdio.h>
#include <time.h>

const char *users_name(struct users *users, uint32_t uid)
{
	unsigned slot = uid % USERS_SLOTS;
	struct passwd entry, *found = NULL;
	struct timespec now;
	char space[4096];

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (users->slot[slot].until <= now.tv_sec || users->slot[slot].uid != uid) {
		if (getpwuid_r(uid, &entry, space, sizeof(space), &found) != 0)
			found = NULL;
		snprintf(users->slot[slot].name, USERS_NAME, "%s", found ? found->pw_name : "");
		users->slot[slot].uid = uid;
		users->slot[slot].until = now.tv_sec + USERS_SECONDS;
	}
	return *users->slot[slot].name ? users->slot[slot].name : NULL;
}
