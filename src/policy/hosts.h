/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host names of a policy hold: a table of names and addresses, with the times that DNS gave. Nothing here asks
 * anybody, and time comes in from outside (ms of one clock, CLOCK_BOOTTIME for the daemon).
 *
 *     an address in the last answer                      is held
 *     one that an answer has no more                     is held for the TTL of that answer, at least 60 s (HOSTS_GRACE_MS)
 *     then                                               is dropped; where the name keeps (`keeps`) it is `past`
 *     no answer (time-out, server failure)               everything stays as it is, for as long as that lasts
 *     "no such name", "no address"                       is an answer without addresses
 *
 * A name keeps when the policy forbids something by it: of such a rule all addresses count, those past, too; of a rule that
 * permits only those that are held. So what is not known, or known no more, is never a way out.
 */
#ifndef POLICY_HOSTS_H
#define POLICY_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOSTS_MAX	    1000u /* names of one policy */
#define HOSTS_ADDRESSES_MAX 1024u /* of one name; of more the first are taken */
#define HOSTS_TTL_MIN	    5u	  /* seconds: a name is asked for no more often */
#define HOSTS_TTL_MAX	    86400u
#define HOSTS_TTL_EMPTY	    60u	  /* of an answer without addresses */
#define HOSTS_GRACE_MS	    60000

#define HOSTS_HELD INT64_MAX /* host_address.until: it is in the last answer */
#define HOSTS_PAST INT64_MIN

struct host_address {
	uint8_t addr[16]; /* as in CORDON_TRIE_ADDR */
	int64_t until;	  /* HOSTS_HELD, HOSTS_PAST, or when it goes */
	int64_t seen;	  /* in an answer, last */
};

struct host {
	char *name;
	bool keeps;
	bool full; /* there are more addresses than are kept */
	struct host_address *address; /* in the order of addr */
	size_t n;
	bool known;	   /* it was answered once: by addresses, or by "none" */
	int64_t answered;  /* when, last; before it was known: 0 */
	int64_t due;	   /* when to ask again */
	unsigned failures; /* since the last answer */
	char error[64];	   /* why the last one failed; "": it did not */
};

struct hosts {
	struct host *host; /* in the order of the names */
	size_t n;
};

enum host_outcome {
	HOST_FAILED,   /* nobody answered, or with an error: it is not known */
	HOST_EMPTY,    /* there is none */
	HOST_ANSWERED, /* these */
};

/* What was found out about one name, of each family by itself: [0] IPv4, [1] IPv6. */
struct host_answer {
	enum host_outcome outcome[2];
	uint32_t ttl[2]; /* seconds */
	const uint8_t (*addr)[16];
	size_t n;
	const char *error; /* of HOST_FAILED */
};

void hosts_done(struct hosts *hosts);

/* NULL: not in the table. */
struct host *hosts_find(const struct hosts *hosts, const char *name);

/* The name is in the table from now on, due at once when it is new. NULL: no memory, or HOSTS_MAX. */
struct host *hosts_add(struct hosts *hosts, const char *name);

/* It no longer is. */
void hosts_remove(struct hosts *hosts, const char *name);

/* Put an address in as it is; false: there is no room. */
bool host_put(struct host *host, const uint8_t addr[16], int64_t until, int64_t seen);

/* Take an answer in. True: the addresses that are held, or those past, are others than before. */
bool host_answer(struct host *host, const struct host_answer *answer, int64_t now);

/* What goes by now. True as above. */
bool hosts_expire(struct hosts *hosts, int64_t now);

/* When there is something to do again: to ask, or to let an address go. INT64_MAX: never. */
int64_t hosts_next(const struct hosts *hosts);

/* Make the table that of a policy's names: what only @other has comes over with its addresses, and so do answers that are later
 * there (both have the same clock); `keeps` is as there. @exact:
 * names that it has not go. False: no memory, and names are missing. */
bool hosts_take(struct hosts *hosts, const struct hosts *other, bool exact);

/* The first name that has the address, past or held; NULL: none. */
const char *hosts_name_of(const struct hosts *hosts, const uint8_t addr[16]);

/* How many addresses are held. */
size_t host_held(const struct host *host);

#endif
