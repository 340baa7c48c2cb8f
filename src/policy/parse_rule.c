/* SPDX-License-Identifier: GPL-2.0-only */
/* `rules`: one rule's keys, and whether they make sense together; see parse.h. */
#include <stdlib.h>
#include <string.h>

#include <cordon/abi.h>

#include "policy/parse.h"

#define RULE_NAME_MAX 255u
#define RULES_MAX     CORDON_RULES_MAX

#define OPS_FILE                                                                                     \
	(1u << CORDON_OP_READ | 1u << CORDON_OP_WRITE | 1u << CORDON_OP_APPEND | 1u << CORDON_OP_EXEC)
#define OPS_REACH  (1u << CORDON_OP_REACH)
#define OPS_SOCKET (1u << CORDON_OP_SOCKET)

static const char *const op_names[CORDON_OP_COUNT] = {
	[CORDON_OP_READ] = "read",   [CORDON_OP_WRITE] = "write", [CORDON_OP_APPEND] = "append",
	[CORDON_OP_EXEC] = "exec",   [CORDON_OP_REACH] = "reach", [CORDON_OP_SOCKET] = "socket",
};

enum { RULE, MODE, WHO, PERMIT, FORBID, FILES, TO, SOCKETS, EXCEPT, KEYS };

static const struct parse_key keys[KEYS] = {
	[RULE] = { "rule", true },	[MODE] = { "mode", false },   [WHO] = { "who", false },
	[PERMIT] = { "permit", false }, [FORBID] = { "forbid", false }, [FILES] = { "files", false },
	[TO] = { "to", false },		[SOCKETS] = { "sockets", false }, [EXCEPT] = { "except", false },
};

/* ---- operations ------------------------------------------------------------------------------ */

static uint32_t parse_op(struct parser *p, const struct yaml_node *node, uint32_t before)
{
	const char *text = parse_text(p, node, "operations");
	struct suggestion suggestion = { .word = text };

	if (!text)
		return 0;
	for (unsigned op = 0; op < CORDON_OP_COUNT; op++) {
		if (!op_names[op])
			continue; /* not of the language yet */
		suggest_offer(&suggestion, op_names[op]);
		if (strcmp(op_names[op], text) != 0)
			continue;
		if (before & 1u << op) {
			parse_error(p, node, "the operation '%s' is there twice", text);
			parse_hint(p, "write it once");
		}
		return 1u << op;
	}
	if (suggestion.best)
		parse_error(p, node, "unknown operation '%s': did you mean '%s'?", text, suggestion.best);
	else
		parse_error(p, node, "unknown operation '%s'", text);
	parse_hint(p, "the operations are read, write, append, exec, reach, socket");
	return 0;
}

static void parse_ops(struct parser *p, struct yaml_node *node, const char *what, struct policy_rule *rule)
{
	struct parse_items items;

	if (!parse_items(p, node, what, false, &items))
		return;
	for (size_t i = 0; i < items.n; i++)
		rule->ops |= parse_op(p, items.item[i], rule->ops);
}

static void parse_verb(struct parser *p, const struct yaml_node *node, struct yaml_node **value,
		       struct policy_rule *rule)
{
	rule->permit = value[PERMIT] && !value[FORBID];
	if (value[PERMIT] && value[FORBID]) {
		parse_error(p, value[FORBID]->key, "the rule has 'permit' and 'forbid'");
		parse_hint(p, "make two rules of it");
	} else if (!value[PERMIT] && !value[FORBID]) {
		parse_error(p, node, "the rule has neither 'permit' nor 'forbid'");
		parse_hint(p, "add 'permit: [...]' or 'forbid: [...]' with the operations");
	}
	if (value[PERMIT])
		parse_ops(p, value[PERMIT], "permit", rule);
	if (value[FORBID])
		parse_ops(p, value[FORBID], "forbid", rule);
}

/* ---- objects --------------------------------------------------------------------------------- */

/* A list of objects that none of the rule's operations is about. */
static void check_object(struct parser *p, const struct policy_rule *rule, const struct yaml_node *value,
			 const char *what, uint32_t ops, const char *names)
{
	if (!value || !rule->ops || rule->ops & ops) /* no operation: that was told */
		return;
	parse_error(p, value->key, "'%s' without an operation on %s", what, names);
	parse_hint(p, "'%s' is for %s", what,
		   ops == OPS_FILE ? "read, write, append and exec" : ops == OPS_REACH ? "reach" : "socket");
}

static void parse_objects(struct parser *p, struct yaml_node **value, struct policy_rule *rule)
{
	enum { EXCEPT_FILES, EXCEPT_TO, EXCEPT_KEYS };
	static const struct parse_key except_keys[EXCEPT_KEYS] = {
		[EXCEPT_FILES] = { "files", false }, [EXCEPT_TO] = { "to", false }
	};
	struct yaml_node *except[EXCEPT_KEYS] = { 0 };

	parse_globs(p, value[FILES], "files", PARSE_GLOB_FILE, &rule->files);
	parse_destinations(p, value[TO], &rule->to);
	parse_sockets(p, value[SOCKETS], &rule->sockets);
	if (value[EXCEPT] && parse_mapping(p, value[EXCEPT], "except", except_keys, EXCEPT_KEYS, except)) {
		parse_globs(p, except[EXCEPT_FILES], "files", PARSE_GLOB_FILE, &rule->files_except);
		parse_destinations(p, except[EXCEPT_TO], &rule->to_except);
	}
	check_object(p, rule, value[FILES], "files", OPS_FILE, "files");
	check_object(p, rule, value[TO], "to", OPS_REACH, "destinations");
	check_object(p, rule, value[SOCKETS], "sockets", OPS_SOCKET, "sockets");
	check_object(p, rule, except[EXCEPT_FILES], "files", OPS_FILE, "files");
	check_object(p, rule, except[EXCEPT_TO], "to", OPS_REACH, "destinations");
}

/* ---- rules ----------------------------------------------------------------------------------- */

/* The rules of this file are policy->rules[first..]. */
static void parse_rule_name(struct parser *p, const struct yaml_node *node, struct policy_rule *rule)
{
	const char *name = node ? parse_text(p, node, "the name of the rule") : NULL;

	rule->name = name ? name : "";
	if (name && strlen(name) > RULE_NAME_MAX) {
		parse_error(p, node, "the name of the rule is longer than %u bytes", RULE_NAME_MAX);
		parse_hint(p, "say more in a comment");
	}
}

static void parse_rule(struct parser *p, const struct yaml_node *node, struct policy_rule *rule)
{
	struct yaml_node *value[KEYS];

	*rule = (struct policy_rule){ .policy = p->name ? p->name : "", .name = "", .pos = parse_pos(p, node) };
	if (!parse_mapping(p, node, "a rule", keys, KEYS, value))
		return;
	parse_rule_name(p, value[RULE], rule);
	rule->enforce = parse_mode(p, value[MODE], p->enforce);
	parse_who(p, value[WHO], rule);
	parse_verb(p, node, value, rule);
	parse_objects(p, value, rule);
}

/* For the search of equal names: by name, then by place. */
struct named {
	const char *name;
	const struct yaml_node *node;
	size_t index;
};

static int compare_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

static void check_unique_names(struct parser *p, struct named *named, size_t n)
{
	qsort(named, n, sizeof(*named), compare_named);
	for (size_t i = 1; i < n; i++) {
		if (!*named[i].name || strcmp(named[i].name, named[i - 1].name) != 0)
			continue;
		parse_error(p, named[i].node, "the rule name '%s' is there already, in line %u", named[i].name,
			    named[i - 1].node->line);
		parse_hint(p, "events tell rules by their names: choose another");
	}
}

void parse_rules(struct parser *p, struct yaml_node *node)
{
	struct policy *policy = p->policy;
	struct policy_rule *rules;
	struct named *named;
	size_t n = 0;

	if (!node)
		return;
	if (node->kind != YAML_LIST) {
		parse_error(p, node, "rules: expected a list, got %s", parse_kind(node));
		parse_hint(p, "begin every rule with '- rule: its name'");
		return;
	}
	if (policy->nrules + node->n > RULES_MAX) {
		parse_error(p, node, "more than %u rules", RULES_MAX);
		parse_hint(p, "join rules that differ in one list only");
		return;
	}
	rules = arena_new_n(p->arena, policy->nrules + node->n + 1, struct policy_rule);
	named = arena_new_n(p->arena, node->n + 1, struct named);
	if (!rules || !named)
		return;
	if (policy->nrules)
		memcpy(rules, policy->rules, policy->nrules * sizeof(*rules));
	for (struct yaml_node *item = node->first; item && !p->arena->exhausted; item = item->next, n++) {
		parse_rule(p, item, &rules[policy->nrules + n]);
		named[n] = (struct named){ .name = rules[policy->nrules + n].name, .node = item, .index = n };
	}
	policy->rules = rules;
	policy->nrules += n;
	check_unique_names(p, named, n);
}
