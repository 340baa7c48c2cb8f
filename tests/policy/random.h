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
#include "policy/hosts.h"
#include "policy/image.h"

struct random {
	uint64_t state;
};

uint32_t random_below(struct random *r, uint32_t n);

#define RANDOM_LOGINS    (1u << 30) /* rules may name real users, login users and sessions, too */
#define RANDOM_ANCESTORS (1u << 31)
#define RANDOM_GUARDED   (1u << 29) /* rules that could take the guard what it needs are except RANDOM_GUARD, its unit */
#define RANDOM_HOSTS     (1u << 28) /* destinations may be host names: random_hosts() */
#define RANDOM_GUARD     "/guard.scope"
#define RANDOM_OPS_ALL   ((1u << CORDON_OP_COUNT) - 1)
#define RANDOM_ALL       (RANDOM_OPS_ALL | RANDOM_LOGINS | RANDOM_ANCESTORS | RANDOM_HOSTS)

/* A whole policy file of @nrules rules about some of the operations of a mask (1 << enum cordon_op, and the above). */
void random_policy(struct random *r, unsigned nrules, uint32_t ops, struct buf *text);

/* One of the world's paths, units: new text in @buf. */
void random_path(struct random *r, struct buf *buf);
void random_unit_path(struct random *r, struct buf *buf);
/* One of the world's addresses, v4 as ::ffff:a.b.c.d. */
void random_addr(struct random *r, uint8_t addr[16]);
uint16_t random_port(struct random *r);
uint32_t random_id(struct random *r);

/* What the world's host names hold: some of its addresses; one none, one only such that are past, one is not in the table. */
void random_hosts(struct random *r, struct hosts *ret_hosts);

/* The world's mount table, as text of mountinfo; its devices. */
extern const char random_mounts[];
extern const uint32_t random_devs[];
extern const size_t random_ndevs;

#endif
