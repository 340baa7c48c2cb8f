/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event: a record of the ring buffer (struct cordon_event) -> one line of JSON.
 *
 *     {"version":1,"seq":N,"cpu":C,"lost":L,"time":"RFC 3339, UTC, ns","kind":"deny|would-deny","op":"read","reason":"forbid",
 *      "rule":"name","policy":"name","file_line":"file:line","atom":N,"generation":G,
 *      "pid":..,"tid":..,"ppid":..,"uid":..,"user":"name","euid":..,"gid":..,"loginuid":..,"session":..,
 *      "comm":"..","exe":"/path","unit":"/system.slice/x.service","object":{...}}
 *
 *     object of read ... connect:     {"path":"/..","dev":"8:1","ino":N}; {"path":"@name","abstract":true}
 *     object of reach, bind, accept:  {"family":"inet","type":"stream","protocol":"tcp","addr":"1.2.3.4","port":443}; vsock: the cid
 *     object of socket:               {"family":..,"type":..,"protocol":..}
 *     object of use, operate:         {"capability":"net_raw"}, {"operation":"mount"}
 *
 * A line is never longer than EVENT_LINE_MAX: what does not fit begins with "..." and ends as it ends.
 *
 * What is not known is null. A path whose leading directories did not fit starts with ".../"; one on a file system that is
 * mounted nowhere in sight is what it is inside it, with "inside":true. "flags" lists what is unusual.
 * What comes from processes (names, comm) is data: it is escaped, and never trusted for its length.
 */
#ifndef GUARD_EVENT_H
#define GUARD_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cordon/abi.h>

#include "common/buf.h"
#include "policy/mounts.h"
#include "guard/users.h"

/* Raised when a member changes its meaning or goes; a new member does not raise it. */
#define EVENT_VERSION  1
#define EVENT_LINE_MAX 1023u

/* Where an atom comes from; NULLs when it is not known. */
struct event_rule {
	const char *name, *policy, *file;
	unsigned line;
};

struct event_names {
	const struct mount_table *mounts; /* may be NULL */
	struct users *users;	     /* may be NULL */
	int64_t boot_time;	     /* CLOCK_REALTIME - CLOCK_BOOTTIME, ns */
	/* Look an atom of a generation up; false: not known. May be NULL. */
	bool (*rule)(void *context, uint64_t generation, uint32_t atom, struct event_rule *ret_rule);
	void *context;
	/* A host name of the policy that holds an address, NULL: none does. May be NULL. */
	const char *(*host)(void *context, const uint8_t addr[16]);
	void *host_context;
};

/* 0 when the record is one this program can read, else -EBADMSG. */
int event_check(const void *record, size_t size);

/* Append the line, without a newline. The record must have passed event_check(). */
void event_json(const struct cordon_event *event, const struct event_names *names, struct buf *out);

const char *event_op_name(unsigned op);
const char *event_reason_name(unsigned reason);

/* CLOCK_REALTIME - CLOCK_BOOTTIME now. */
int64_t event_boot_time(void);

#endif
