/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy as it was written: rules with who, operations, objects; positions for messages. Nothing here knows
 * bits, maps or the kernel; compile.h makes an image of it. The language is described in docs/policy.md.
 *
 * Everything hangs on the policy's arena and is immutable once policy_parse() returned it.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/diag.h"
#include "policy/resolver.h"

#define POLICY_TEXT_MAX  (64u << 20) /* bytes of one file */
#define POLICY_FILES_MAX 256u
#define POLICY_ITEMS_MAX 100000u /* of one list, sets expanded */
#define POLICY_ANY       (-1)

struct policy_pos {
	const char *file;
	unsigned line, column; /* 1-based */
};

/* Users, groups, ports: inclusive. */
struct policy_range {
	uint32_t first, last;
};
struct policy_ranges {
	struct policy_range *item;
	size_t n;
};

/* A path glob, a unit name, a cgroup path, or (among files) POLICY_ABSTRACT and a glob over the names of sockets. */
struct policy_glob {
	const char *text;
	struct policy_pos pos;
};
#define POLICY_ABSTRACT "unix:@"

static inline bool policy_glob_abstract(const struct policy_glob *glob)
{
	return *glob->text == *POLICY_ABSTRACT; /* paths begin with '/' */
}

struct policy_globs {
	struct policy_glob *item;
	size_t n;
};

/* A list that is absent accepts everything (in `except`: nothing); a list that is present has items. */
struct policy_who {
	struct policy_ranges users, groups; /* effective */
	struct policy_ranges real_users;
	struct policy_ranges logins;   /* CORDON_LOGIN_UNSET: nobody logged in */
	struct policy_ranges sessions; /* enum cordon_session; what is not known counts against the subject: it is in the
					* list of a forbid, and in that of a permit's `except` */
	struct policy_globs services, programs, ancestors;
};

/* An address of this machine or another: for `to`, `at` and `from`. */
struct policy_destination {
	uint8_t addr[16]; /* as in CORDON_TRIE_ADDR: IPv4 is ::ffff:a.b.c.d, vsock behind its prefix; host bits are 0 */
	unsigned bits;    /* 0..128; 0 = any */
	struct policy_ranges ports;     /* n == 0: all */
	struct policy_ranges protocols; /* of IP, or CORDON_IPPROTO_VSOCK; n == 0: all */
	struct policy_pos pos;
	const char *host; /* a name (hostname.h) that stands for its addresses: policy_place_hosts(); NULL: none */
	bool nowhere;	  /* no address at all: a name that holds none, or was not placed */
};
struct policy_destinations {
	struct policy_destination *item;
	size_t n;
};

/* POLICY_ANY stands for "all". */
struct policy_socket {
	int family, type, protocol;
};
struct policy_sockets {
	struct policy_socket *item;
	size_t n;
};

struct policy_rule {
	const char *name;
	const char *policy; /* metadata.name */
	struct policy_pos pos;
	bool permit, enforce;
	uint32_t ops; /* bit enum cordon_op */
	struct policy_who who, who_except;
	struct policy_globs files, files_except;
	struct policy_destinations to, to_except;     /* reach */
	struct policy_destinations at, at_except;     /* bind */
	struct policy_destinations from, from_except; /* accept */
	struct policy_sockets sockets;
	struct policy_ranges capabilities; /* use; n == 0: all */
	struct policy_ranges operations;   /* operate: enum cordon_kernel_operation; n == 0: all */
};

struct policy {
	struct arena arena;
	struct policy_rule *rules;
	size_t nrules;
	size_t nfiles;
	size_t nhosts; /* destinations that are names */
};

struct policy_text {
	const char *name; /* for messages */
	const char *text;
	size_t size;
};

/*
 * Parse texts into one policy. Every fault of every text goes to @diag as an error with file, line, column and
 * mend; any error: -EINVAL, and *ret_policy is untouched. Names of users and groups are looked up in @resolver.
 */
int policy_parse(const struct policy_text *texts, size_t ntexts, const struct resolver *resolver,
		 struct policy **ret_policy, struct diag *diag);

/* The same, from files. A file that cannot be read is an error like any other. */
int policy_parse_files(const char *const *files, size_t nfiles, const struct resolver *resolver,
		       struct policy **ret_policy, struct diag *diag);

void policy_free(struct policy *policy);

#endif
