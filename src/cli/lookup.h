/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lookup: ask DNS for the addresses of names, in a process of its own that may do nothing else: what parses the answers of
 * strangers has no file of the daemon, no capability and, when root starts it, another user (LOOKUP_UID).
 *
 * A name is looked for in /etc/hosts; else its A and AAAA records are asked for, of the servers of /etc/resolv.conf only, as
 * a full name (no search list), with the TTL of the record or of a CNAME before it, whichever is less.
 *
 *     lookup_start()      forks
 *     (the child ends)    by sd-event, or by lookup_run() which does it all and waits
 *     lookup_finish()     answers, in the order of the names; any end of the child but a good one is "failed" for all
 */
#ifndef CLI_LOOKUP_H
#define CLI_LOOKUP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/diag.h"
#include "policy/hosts.h"

#define LOOKUP_UID	   65534u /* nobody, as user and group */
#define LOOKUP_DEADLINE_MS 10000

struct lookup {
	pid_t pid; /* 0: none */
	int out;
	char **names; /* its own copy */
	size_t n;
};

#define LOOKUP_INIT ((struct lookup){ .out = -1 })

/* Told once for each name; the answer's strings and addresses are valid only then. */
typedef void (*lookup_take)(void *context, const char *name, const struct host_answer *answer);

int lookup_start(struct lookup *ret_lookup, const char *const *names, size_t n, struct diag *diag);

/* `status`: as of waitpid(2). Releases the lookup. */
void lookup_finish(struct lookup *lookup, int status, lookup_take take, void *context);

/* End it and release it. */
void lookup_cancel(struct lookup *lookup);

/* All of it; waits LOOKUP_DEADLINE_MS and a little at most. */
int lookup_run(const char *const *names, size_t n, lookup_take take, void *context, struct diag *diag);

/* The servers that are asked: at most `most`, as addresses of the policy's kind. Their number, or -errno. */
struct lookup_server {
	uint8_t addr[16];
	uint16_t port;
};
int lookup_servers(struct lookup_server *ret_servers, size_t most);

#endif
