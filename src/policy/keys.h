/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of the policy language: which mappings there are, what may stand in each, and what kind of value it takes. The
 * parser reads by these tables, and the schema for editors is written from them: there is no other list of the keys.
 */
#ifndef POLICY_KEYS_H
#define POLICY_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* What stands behind a key; the schema has one definition for each. */
enum key_type {
	KEY_TEXT,        /* any words */
	KEY_POLICY_NAME,
	KEY_RULE_NAME,
	KEY_API,         /* cordon/v1 */
	KEY_KIND,        /* Policy */
	KEY_MODE,
	KEY_METADATA,    /* keys_metadata */
	KEY_SETS,        /* names to lists */
	KEY_RULES,       /* a list of keys_rule */
	KEY_OPERATIONS,  /* a list of value_operations */
	KEY_WHO,         /* keys_who */
	KEY_WHO_EXCEPT,  /* keys_who without `except` */
	KEY_IDS,         /* a list of names, numbers, ranges */
	KEY_LOGINS,      /* the same, and `unset` */
	KEY_SESSIONS,    /* a list of value_sessions */
	KEY_UNITS,       /* a list of units and cgroup paths */
	KEY_PATHS,       /* a list of path globs */
	KEY_FILES,       /* the same, and abstract names of sockets */
	KEY_EXCEPT,      /* keys_except */
	KEY_DESTINATIONS, /* a list of keys_destination */
	KEY_SOCKETS,     /* a list of keys_socket */
	KEY_NETS,        /* a network or a list of them */
	KEY_PORTS,
	KEY_PROTOCOLS,   /* one or a list */
	KEY_CIDS,        /* of vsock */
	KEY_HOSTS,       /* a host name or a list of them */
	KEY_PROTOCOL,
	KEY_SOCKET_FAMILY,
	KEY_SOCKET_TYPE,
	KEY_CAPABILITIES,
	KEY_KERNEL_OPERATIONS,
	KEY_TYPES,
};

struct key {
	const char *name;
	bool required;
	enum key_type type;
	const char *about; /* one line for people */
};

#define KEY_TABLE_MAX 24u /* keys of one mapping */

struct key_table {
	const struct key *key;
	size_t n;
};

/* The enums number the keys of the table beneath them. */
enum { DOCUMENT_API, DOCUMENT_KIND, DOCUMENT_METADATA, DOCUMENT_MODE, DOCUMENT_SETS, DOCUMENT_RULES, DOCUMENT_KEYS };
extern const struct key_table keys_document;

enum { METADATA_NAME, METADATA_DESCRIPTION, METADATA_KEYS };
extern const struct key_table keys_metadata;

enum { RULE_NAME, RULE_MODE, RULE_WHO, RULE_PERMIT, RULE_FORBID, RULE_FILES, RULE_TO, RULE_AT, RULE_FROM,
       RULE_SOCKETS, RULE_CAPABILITIES, RULE_OPERATIONS, RULE_EXCEPT, RULE_KEYS };
extern const struct key_table keys_rule;

enum { EXCEPT_FILES, EXCEPT_TO, EXCEPT_AT, EXCEPT_FROM, EXCEPT_KEYS };
extern const struct key_table keys_except;

enum { WHO_USERS, WHO_REAL_USERS, WHO_LOGIN, WHO_SESSION, WHO_GROUPS, WHO_SERVICES, WHO_PROGRAMS, WHO_ANCESTORS,
       WHO_EXCEPT, WHO_KEYS };
extern const struct key_table keys_who;
extern const struct key_table keys_who_except; /* without its last key */

enum { DESTINATION_NET, DESTINATION_VSOCK, DESTINATION_HOST, DESTINATION_PORTS, DESTINATION_PROTOCOL, DESTINATION_KEYS };
extern const struct key_table keys_destination;

enum { SOCKET_FAMILY, SOCKET_TYPE, SOCKET_PROTOCOL, SOCKET_KEYS };
extern const struct key_table keys_socket;

#endif
