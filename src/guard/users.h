/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * users: uid -> name, remembered for a while, the unknown ones too, so that a burst of events asks the name service
 * once.
 */
#ifndef GUARD_USERS_H
#define GUARD_USERS_H

#include <stdint.h>

#define USERS_SLOTS   256
#define USERS_NAME    40
#define USERS_SECONDS 60

struct users {
	struct {
		uint32_t uid;
		int64_t until; /* CLOCK_MONOTONIC seconds; 0 = empty */
		char name[USERS_NAME]; /* "" = has no name */
	} slot[USERS_SLOTS];
};

/* NULL when the uid has no name. Valid until the next call. */
const char *users_name(struct users *users, uint32_t uid);

#endif
