/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the ways round a rule have in common (red.c): each is a function that goes it and answers the errno, 0 = it led where it was to
 * lead; or BROKEN.
 */
#ifndef RED_H
#define RED_H

#include <stddef.h>

#define BROKEN 250 /* it could not be tried */

struct red_try {
	const char *name;
	int (*run)(char **arguments);
};

/* Each ended by one without a name. */
extern const struct red_try red_doors[], red_sockets[], red_disks[], red_deputies[], red_streams[];

/* A system call whose number stands where it is to, and above it in the register, where the kernel does not look, red_above; or, with
 * red_32, by the door of programs of 32 bits. Its number is the same there (from 424 on). */
extern unsigned long red_above;
extern int red_32;
long red_call(long number, long a, long b, long c, long d, long e);

/* A system call of a program of 32 bits, by its number there; pointers must lie below 4 GiB, as in this page does. */
long red_call_32(long number, long a, long b, long c, long d, long e);
void *red_low(void);

/* The errno of a system call that answered this. */
int red_ok(long result);

/* That user from here on, or the end. */
void red_become(int user);

/* A descriptor over a unix socket; -1 to send: the one that comes. */
int red_hand_over(int over, int fd);

/* Content, by whatever way it was opened. */
int red_reads(int fd);

int red_write_text(const char *path, const char *text);

/* A ring of one entry, for one operation: its errno. */
struct red_ring {
	int fd;
	unsigned char *rings;
	void *entries;
	unsigned array, tail, results;
};
int red_ring_open(struct red_ring *ret_ring, unsigned flags);
int red_ring_do(const struct red_ring *ring, const void *entry, size_t size);

/* One operation by an io_uring of its own: its errno. The entry has `size` bytes, 64 or, for commands of devices, 128. */
int red_by_ring(const void *entry, size_t size);

/* A user namespace of one's own, with `more` namespaces and one of mounts, in which one is user 0. Ends the program when it
 * cannot be had. */
void red_own_namespace(int more);

#endif
