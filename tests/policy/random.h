/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random policies and requests over a small world, so that they meet: the same numbers, names, units, paths and
 * addresses come again and again, with all the shapes of the language. Reproducible from a seed.
 */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "policy/image.h"

struct random {
	uint64_t state;
};

uint32_t random_below(struct random *r, uint32_t n);

/* A whole policy file of @nrules rules. */
void random_policy(struct random *r, unsigned nrules, struct buf *text);

/* One of the world's paths, units: new text in @buf. */
void random_path(struct random *r, struct buf *buf);
void random_unit_path(struct random *r, struct buf *buf);
/* One of the world's addresses, v4 as ::ffff:a.b.c.d. */
void random_addr(struct random *r, uint8_t addr[16]);
uint16_t random_port(struct random *r);
uint32_t random_id(struct random *r);

/* The world's mount table, as text of mountinfo; its devices. */
extern const char random_mounts[];
extern const uint32_t random_devs[];
extern const size_t random_ndevs;

#endif
