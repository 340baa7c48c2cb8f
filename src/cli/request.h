/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * request: a question to a policy, as people put it: who wants to do what. Shared by `explain`, `test` and `diff`, so that the
 * same words mean the same everywhere. Nothing here decides: a request is made for image_evaluate().
 *
 * Everything hangs on the arena that is passed in. Functions that return a text return NULL when all is well, else
 * what is wrong (in the arena, or constant).
 */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "policy/image.h"
#include "policy/mounts.h"

#define REQUEST_GROUPS_MAX 1024

/*
 * Who, in words; NULL: not said.
 *     user     name or number; not said: the caller's effective user
 *     groups   names or numbers with commas, the effective one first; not said: those the user has on this machine
 *     service  a unit ("nginx", "nginx.service", "batch-run.slice", "session-3.scope") or a cgroup path; not said: a login
 *              session of the user
 *     program  a path; not said: REQUEST_PROGRAM; "?": it cannot be known
 *     real_user  name or number; not said: the user
 *     login    name or number of the one who logged in, or "unset"; not said: the user, and unset in a service
 *     session  "ssh", "console", "service", "other", "unknown"; not said: service where login is unset, else other
 *     ancestors  paths with commas: the programs of the processes above, "?" one that is not known; not said: none
 */
struct request_who {
	const char *user, *groups, *service, *program, *real_user, *login, *session, *ancestors;
};

#define REQUEST_PROGRAM "/usr/bin/sh"

enum request_kind { REQUEST_PATH, REQUEST_ENDPOINT, REQUEST_UNIX, REQUEST_SOCKET, REQUEST_WORD };

/* What can be asked for: the option of `explain`, the key of a test. Two have the name "connect": of them the one that is found
 * takes "unix:" for the other. */
struct request_verb {
	const char *name;
	enum cordon_op op;
	enum request_kind kind;
};

extern const struct request_verb request_verbs[]; /* ends with a NULL name */

struct request {
	struct image_subject subject;
	struct image_object object;
	const struct request_verb *verb;
	const char *user;    /* "alice (1001)" */
	const char *program; /* as it is seen through the mount table */
	const char *target;  /* "/srv/x", "10.0.0.1:443/tcp", "inet/stream/tcp" */
};

const struct request_verb *request_verb_find(const char *name);

/* Set the subject. */
const char *request_set_who(struct request *request, struct arena *arena, const struct mount_table *mounts,
			    const struct request_who *who);

/*
 * Set verb and object.
 *     path      absolute; symlinks are followed as far as the path exists. "?": a place that cannot be known
 *     endpoint  ADDRESS:PORT, [ADDRESS]:PORT, or ADDRESS where the protocol has no ports; vsock:CID:PORT; unix:PATH, unix:@NAME.
 *               "?": cannot be known. `protocol`: name or number, NULL: tcp
 *     word      a capability (net_raw), an operation on the kernel (mount), or the number of one
 *     socket    FAMILY[/TYPE[/PROTOCOL]], words or numbers; not said: stream, 0
 */
const char *request_set_what(struct request *request, struct arena *arena, const struct mount_table *mounts,
			     const struct request_verb *verb, const char *object, const char *protocol);

/* The place of a path: the superblock that is seen there, and the path inside it. False: nothing is mounted there. */
bool request_place(struct arena *arena, const struct mount_table *mounts, const char *path, uint32_t *ret_dev,
		   const char **ret_inside);

/* "10.0.0.1:443/tcp", "[::1]:53/udp" */
const char *request_endpoint_text(struct arena *arena, const uint8_t addr[16], uint16_t port, uint16_t protocol);

/* "alice (1001), groups 1001 60, /user.slice/..., /usr/bin/sh: read /srv/x" */
void request_show(const struct request *request, struct buf *out);

#endif
