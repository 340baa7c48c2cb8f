/* SPDX-License-Identifier: GPL-2.0-only */
/* Random requests in the world of random.h. */
#ifndef TESTS_RANDOM_REQUEST_H
#define TESTS_RANDOM_REQUEST_H

#include "random.h"

struct random_request { /* zero at first; it must stay where it is */
	struct image_subject subject;
	struct image_object object;
	/* what they point to */
	uint32_t gids[3];
	struct image_program line[2];
	struct buf text[5];
};

/* A new request about one of these operations. */
void random_request(struct random *r, uint32_t ops, struct random_request *q);
void random_request_done(struct random_request *q);

#endif
