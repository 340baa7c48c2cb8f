/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * differential: requests and who makes them (differential_ask.c), the world they are about (differential_world.c), and the
 * comparison (differential.c, which says what it is for).
 */
#ifndef TESTS_VM_DIFFERENTIAL_H
#define TESTS_VM_DIFFERENTIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cordon/abi.h"
#include "guarded.h"

#define WORKERS 6
#define UNITS   12
#define GROUPS  3
#define POLICIES_OF_SEED 2
/* What can be asked for without changing what other requests meet; and the subjects that a child can be. */
#define OPS (1u << CORDON_OP_READ | 1u << CORDON_OP_WRITE | 1u << CORDON_OP_APPEND | 1u << CORDON_OP_EXEC |   \
	     1u << CORDON_OP_REACH | 1u << CORDON_OP_SOCKET | 1u << CORDON_OP_CREATE | 1u << CORDON_OP_DELETE | \
	     1u << CORDON_OP_ATTRIBUTES | 1u << CORDON_OP_CONNECT | 1u << CORDON_OP_BIND |                    \
	     1u << CORDON_OP_CAPABILITY | 1u << CORDON_OP_KERNEL)
#define NOTHING CORDON_OP_COUNT       /* the operation of a request that only ends its subject */
#define MOVE    (CORDON_OP_COUNT + 1u) /* rename: several operations, and image_moves() */

/* Who asks: a child of that worker. */
struct subject {
	uint32_t uid, gids[GROUPS], ngids, unit, worker;
	bool alive; /* the child is there, and was asked before */
};

/* What a worker is asked to do. */
struct request {
	struct subject who;
	bool last; /* of its subject */
	uint32_t op;
	char path[512];
	char to[64]; /* MOVE */
	uint8_t addr[16];
	uint16_t port;
	uint8_t tcp, connect; /* REACH, BIND, CONNECT: by which of the ready sockets, and how */
	uint8_t abstract;     /* CONNECT: `path` is an abstract name */
	uint16_t family, type, protocol;
	uint32_t number; /* CAPABILITY, KERNEL */
};

/* What came of it: 0 allowed, else the errno that the guard gives. -1: the test itself failed. */
struct answer {
	int32_t refused, err;
};

struct worker {
	int ask, tell;
	pid_t pid;
};

/* ---- the world ---- */

struct names {
	const char *const *at;
	unsigned n;
};

/* Files that are programs; folders that have something in them, below folders that everybody may change; sockets by path, and
 * by abstract name. */
extern const struct names leaves, folders, unix_places, unix_names;
/* Where the programs stand, as path; the superblock and the place in it are looked up. And the units. */
extern const char *const worker_places[WORKERS], *const unit_paths[UNITS];

/* How a worker comes to its place: the places it executes before, by their numbers, then OF_PLACES. */
#define OF_PLACES 0xff
extern const uint8_t worker_ways[WORKERS][3];
/* This one is there before the guard, which cannot know all that it executed. */
#define OLD_WORKER (WORKERS - 1)

/* Lay it out below /, and enter a unit of this program's own. */
void world_make(void);
/* The superblock and the place in it that a path of this world means. */
void place_of(const char *path, uint32_t *ret_dev, char *ret_inside, size_t size);

/* ---- who asks ---- */

/* Open every unit's file for moving; and keep them where an executed worker finds them. */
void units_open(void);
/* Execute this program from the places that are the worker's way, then from its own, as a worker. */
void start_worker(struct worker *worker, uint32_t number);
/* What is executed so: go on to the next place, when there is one. */
int work_on(char **argv);
/* What that worker does: for every subject a child, until nobody asks any more. */
int work(int ask, int tell);

#endif
