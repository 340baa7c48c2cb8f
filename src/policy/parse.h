/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the policy parser share. A reader takes a node of the YAML tree, tells every fault in it, and
 * goes on; whether all was well is asked once, at the end (parser.errors). Nodes may be NULL: the key is absent.
 */
#ifndef POLICY_PARSE_H
#define POLICY_PARSE_H

#include "policy/keys.h"
#include "policy/policy.h"
#include "common/suggest.h"
#include "policy/value.h"
#include "policy/yaml.h"

/* An entry of `sets`. */
struct parse_set {
	const char *name;
	const struct yaml_node *key;
	struct yaml_node *list; /* checked: a list with items; NULL: it was faulty */
	bool used;
};

struct parser {
	struct policy *policy;
	struct arena *arena; /* the policy's */
	const struct resolver *resolver;
	struct diag *diag;
	size_t errors;
	bool hintable; /* the last error was added to diag */

	/* of the file that is being read: */
	const char *file;
	const char *name; /* metadata.name */
	const struct yaml_node *name_node;
	bool enforce;     /* `mode` */
	struct parse_set *sets;
	size_t nsets;
};

/* The error at a node. One fault is told once, however many rules use the set it stands in. */
__attribute__((format(printf, 3, 4))) void parse_error(struct parser *p, const struct yaml_node *node,
						       const char *fmt, ...);
/* How to mend what parse_error() was given last. */
__attribute__((format(printf, 2, 3))) void parse_hint(struct parser *p, const char *fmt, ...);

/* "a list", "nothing", ...: what a node is, for messages. */
const char *parse_kind(const struct yaml_node *node);

struct policy_pos parse_pos(const struct parser *p, const struct yaml_node *node);

/* A key of a mapping. */
struct parse_key {
	const char *name;
	bool required;
};

/*
 * Sorts the values of a mapping by the table @keys; values[i] is NULL when key i is absent. @what names the mapping
 * in messages ("a rule"). False: it is no mapping, and values are all NULL.
 */
bool parse_mapping(struct parser *p, const struct yaml_node *node, const char *what, const struct parse_key *keys,
		   size_t nkeys, struct yaml_node **values);

/* The same by a table of the language. */
bool parse_table(struct parser *p, const struct yaml_node *node, const char *what, const struct key_table *table,
		 struct yaml_node **values);

/* The text of a scalar that says something; NULL (told) if it is anything else. */
const char *parse_text(struct parser *p, const struct yaml_node *node, const char *what);

struct parse_items {
	struct yaml_node **item;
	size_t n, cap;
};

/* The items of a list, sets expanded. @scalar: one scalar may stand for a list of one. False: none, told. */
bool parse_items(struct parser *p, struct yaml_node *node, const char *what, bool scalar, struct parse_items *ret_items);

/* One word out of a table, or a number up to @max; -1 (told) if it is neither. @what: "protocol". */
int parse_name_or_number(struct parser *p, const struct yaml_node *node, const char *what,
			 const struct value_name *table, uint32_t max);

/* The same of a table alone. */
int parse_name(struct parser *p, const struct yaml_node *node, const char *what, const struct value_name *table);

/* `mode`: whether it is `enforce`; @otherwise when it is absent or faulty. */
bool parse_mode(struct parser *p, const struct yaml_node *node, bool otherwise);

/* parse_who.c */
void parse_who(struct parser *p, struct yaml_node *node, bool permit, struct policy_rule *rule);

/* parse_glob.c */
enum parse_glob_kind {
	PARSE_GLOB_FILE,
	PARSE_GLOB_UNIT,
	PARSE_GLOB_OBJECT,   /* a file, or the abstract name of a unix socket */
	PARSE_GLOB_ABSTRACT, /* such a name, without its prefix */
};
void parse_globs(struct parser *p, struct yaml_node *node, const char *what, enum parse_glob_kind kind,
		 struct policy_globs *globs);

/* parse_object.c */
/* @what: the key. @local: these are addresses of this machine, which may be of port 0. */
void parse_destinations(struct parser *p, struct yaml_node *node, const char *what, bool local,
			struct policy_destinations *destinations);
void parse_sockets(struct parser *p, struct yaml_node *node, struct policy_sockets *sockets);

void parse_capabilities(struct parser *p, struct yaml_node *node, struct policy_ranges *capabilities);
void parse_kernel_operations(struct parser *p, struct yaml_node *node, struct policy_ranges *operations);

/* parse_rule.c */
void parse_rules(struct parser *p, struct yaml_node *node);

#endif
