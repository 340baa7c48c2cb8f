/* SPDX-License-Identifier: GPL-2.0-only */
/* `rules`: one rule's keys, and whether they make sense together; see parse.h. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cordon/abi.h>

#include "policy/parse.h"

#define RULE_NAME_MAX 255u
#define RULES_MAX     CORDON_RULES_MAX

/* ---- operations ------------------------------------------------------------------------------ */

/* "read, write and exec": the operations of a mask. */
static const char *op_list(struct parser *p, uint32_t ops)
{
	const char *list = "";

	for (const struct value_name *op = value_operations; list && op->name; op++) {
		bool last = !(ops >> op->value >> 1);

		if (ops >> op->value & 1)
			list = arena_printf(p->arena, "%s%s%s", list, !*list ? "" : last ? " and " : ", ", op->name);
	}
	return list ? list : "";
}

static uint32_t parse_op(struct parser *p, const struct yaml_node *node, uint32_t before)
{
	const char *text = parse_text(p, node, "operations");
	struct suggestion suggestion = { .word = text };
	uint32_t all = 0;

	if (!text)
		return 0;
	for (const struct value_name *op = value_operations; op->name; op++) {
		suggest_offer(&suggestion, op->name);
		all |= 1u << op->value;
		if (strcmp(op->name, text) != 0)
			continue;
		if (before & 1u << op->value) {
			parse_error(p, node, "the operation '%s' is there twice", text);
			parse_hint(p, "write it once");
		}
		return 1u << op->value;
	}
	if (suggestion.best)
		parse_error(p, node, "unknown operation '%s': did you mean '%s'?", text, suggestion.best);
	else
		parse_error(p, node, "unknown operation '%s'", text);
	parse_hint(p, "the operations are %s", op_list(p, all));
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
	rule->permit = value[RULE_PERMIT] && !value[RULE_FORBID];
	if (value[RULE_PERMIT] && value[RULE_FORBID]) {
		parse_error(p, value[RULE_FORBID]->key, "the rule has 'permit' and 'forbid'");
		parse_hint(p, "make two rules of it");
	} else if (!value[RULE_PERMIT] && !value[RULE_FORBID]) {
		parse_error(p, node, "the rule has neither 'permit' nor 'forbid'");
		parse_hint(p, "add 'permit: [...]' or 'forbid: [...]' with the operations");
	}
	if (value[RULE_PERMIT])
		parse_ops(p, value[RULE_PERMIT], "permit", rule);
	if (value[RULE_FORBID])
		parse_ops(p, value[RULE_FORBID], "forbid", rule);
}

/* ---- objects --------------------------------------------------------------------------------- */

/* A list of objects that none of the rule's operations is about. */
static void check_object(struct parser *p, const struct policy_rule *rule, const struct yaml_node *value, uint32_t ops,
			 const char *names)
{
	if (!value || !rule->ops || rule->ops & ops) /* no operation: that was told */
		return;
	parse_error(p, value->key, "'%s' without an operation on %s", value->key->text, names);
	parse_hint(p, "'%s' is for %s", value->key->text, op_list(p, ops));
}

/* Names of sockets that no file can have, where nothing connects. */
static void check_abstract(struct parser *p, const struct policy_rule *rule, const struct policy_globs *files)
{
	for (size_t i = 0; i < files->n; i++) {
		const struct policy_pos *pos = &files->item[i].pos;
		struct yaml_node node = { .line = pos->line, .column = pos->column };

		if (!policy_glob_abstract(&files->item[i]) || !rule->ops || rule->ops >> CORDON_OP_CONNECT & 1)
			continue;
		parse_error(p, &node, "'%s' without the operation 'connect'", files->item[i].text);
		parse_hint(p, "an abstract name is no file: all one can do with it is connect");
	}
}

/* The three lists of addresses: the key, in the rule and in its `except`; the operation; what they are. */
struct address_key {
	int key, except;
	const char *name;
	enum cordon_op op;
	const char *of;
	size_t list, except_list; /* offsets in struct policy_rule */
};

#define LIST(list) offsetof(struct policy_rule, list), offsetof(struct policy_rule, list##_except)
static const struct address_key address_keys[] = {
	{ RULE_TO, EXCEPT_TO, "to", CORDON_OP_REACH, "destinations", LIST(to) },
	{ RULE_AT, EXCEPT_AT, "at", CORDON_OP_BIND, "addresses of this machine", LIST(at) },
	{ RULE_FROM, EXCEPT_FROM, "from", CORDON_OP_ACCEPT, "peers", LIST(from) },
};
#define ADDRESS_KEYS (sizeof(address_keys) / sizeof(address_keys[0]))

static void parse_addresses(struct parser *p, struct yaml_node **value, struct yaml_node **except,
			    struct policy_rule *rule)
{
	for (size_t i = 0; i < ADDRESS_KEYS; i++) {
		const struct address_key *k = &address_keys[i];
		bool local = k->op == CORDON_OP_BIND;

		parse_destinations(p, value[k->key], k->name, local, (void *)((char *)rule + k->list));
		parse_destinations(p, except[k->except], k->name, local, (void *)((char *)rule + k->except_list));
	}
}

static void parse_objects(struct parser *p, struct yaml_node **value, struct policy_rule *rule)
{
	struct yaml_node *except[EXCEPT_KEYS] = { 0 };

	parse_globs(p, value[RULE_FILES], "files", PARSE_GLOB_OBJECT, &rule->files);
	parse_sockets(p, value[RULE_SOCKETS], &rule->sockets);
	if (value[RULE_EXCEPT] && parse_table(p, value[RULE_EXCEPT], "except", &keys_except, except))
		parse_globs(p, except[EXCEPT_FILES], "files", PARSE_GLOB_OBJECT, &rule->files_except);
	parse_addresses(p, value, except, rule);
	parse_capabilities(p, value[RULE_CAPABILITIES], &rule->capabilities);
	parse_kernel_operations(p, value[RULE_OPERATIONS], &rule->operations);
	check_object(p, rule, value[RULE_CAPABILITIES], 1u << CORDON_OP_CAPABILITY, "capabilities");
	check_object(p, rule, value[RULE_OPERATIONS], 1u << CORDON_OP_KERNEL, "the kernel");
	check_object(p, rule, value[RULE_FILES], CORDON_OPS_FILE, "files");
	check_object(p, rule, value[RULE_SOCKETS], 1u << CORDON_OP_SOCKET, "sockets");
	check_object(p, rule, except[EXCEPT_FILES], CORDON_OPS_FILE, "files");
	for (size_t i = 0; i < ADDRESS_KEYS; i++) {
		const struct address_key *k = &address_keys[i];

		check_object(p, rule, value[k->key], 1u << k->op, k->of);
		check_object(p, rule, except[k->except], 1u << k->op, k->of);
	}
	check_abstract(p, rule, &rule->files);
	check_abstract(p, rule, &rule->files_except);
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
	struct yaml_node *value[RULE_KEYS];

	*rule = (struct policy_rule){ .policy = p->name ? p->name : "", .name = "", .pos = parse_pos(p, node) };
	if (!parse_table(p, node, "a rule", &keys_rule, value))
		return;
	parse_rule_name(p, value[RULE_NAME], rule);
	rule->enforce = parse_mode(p, value[RULE_MODE], p->enforce);
	parse_who(p, value[RULE_WHO], value[RULE_PERMIT] != NULL, rule);
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
