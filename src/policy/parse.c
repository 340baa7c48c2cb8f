/* SPDX-License-Identifier: GPL-2.0-only */
/* The document around the rules; see policy.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/lint.h"
#include "policy/lockout.h"
#include "policy/parse.h"

#define POLICY_MEMORY_MAX (256u << 20) /* sets that are used often multiply */
#define POLICY_NAME_MAX   128u

/* ---- metadata -------------------------------------------------------------------------------- */

static void parse_constant(struct parser *p, const struct yaml_node *node, const char *key, const char *want)
{
	const char *text = node ? parse_text(p, node, key) : NULL;

	if (!text || strcmp(text, want) == 0)
		return;
	parse_error(p, node, "unknown %s '%s': this program knows '%s'", key, text, want);
	parse_hint(p, "write '%s: %s'", key, want);
}

static void parse_policy_name(struct parser *p, const struct yaml_node *node)
{
	const char *name = node ? parse_text(p, node, "the name of the policy") : NULL;

	if (!name)
		return;
	if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != strlen(name)) {
		parse_error(p, node, "'%s' is no name for a policy", name);
		parse_hint(p, "a name has letters, digits, '-', '_' and '.'");
	} else if (strlen(name) > POLICY_NAME_MAX) {
		parse_error(p, node, "the name of the policy is longer than %u bytes", POLICY_NAME_MAX);
	}
	p->name = name;
	p->name_node = node;
}

static void parse_metadata(struct parser *p, const struct yaml_node *node)
{
	struct yaml_node *value[METADATA_KEYS];

	if (!node || !parse_table(p, node, "metadata", &keys_metadata, value))
		return;
	parse_policy_name(p, value[METADATA_NAME]);
	if (value[METADATA_DESCRIPTION])
		parse_text(p, value[METADATA_DESCRIPTION], "description");
}

bool parse_mode(struct parser *p, const struct yaml_node *node, bool otherwise)
{
	const char *text = node ? parse_text(p, node, "mode") : NULL;
	struct suggestion suggestion = { .word = text };

	if (!text)
		return otherwise;
	if (strcmp(text, "enforce") == 0)
		return true;
	if (strcmp(text, "audit") == 0)
		return false;
	suggest_offer(&suggestion, "enforce");
	suggest_offer(&suggestion, "audit");
	if (suggestion.best)
		parse_error(p, node, "unknown mode '%s': did you mean '%s'?", text, suggestion.best);
	else
		parse_error(p, node, "unknown mode '%s'", text);
	parse_hint(p, "a mode is 'enforce' or 'audit'");
	return otherwise;
}

/* ---- sets ------------------------------------------------------------------------------------ */

static bool check_set_items(struct parser *p, const struct yaml_node *list)
{
	size_t errors = p->errors;

	for (const struct yaml_node *item = list->first; item; item = item->next) {
		if (item->kind == YAML_LIST) {
			parse_error(p, item, "expected an item, got a list");
			parse_hint(p, "write the items one after the other");
		} else if (item->kind == YAML_SCALAR && item->text[0] == '$') {
			parse_error(p, item, "a set cannot hold another set ('%s')", item->text);
			parse_hint(p, "name both sets where they are used");
		}
	}
	return p->errors == errors;
}

static void parse_set(struct parser *p, struct yaml_node *node)
{
	const char *name = node->key->text;
	struct parse_set *set = &p->sets[p->nsets];

	if (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != strlen(name)) {
		parse_error(p, node->key, "'%s' is no name for a set", name);
		parse_hint(p, "a name has letters, digits, '-' and '_'; the '$' stands only where the set is used");
		return;
	}
	for (size_t i = 0; i < p->nsets; i++) {
		if (strcmp(p->sets[i].name, name) == 0) {
			parse_error(p, node->key, "the set '%s' is there twice, first in line %u", name,
				    p->sets[i].key->line);
			parse_hint(p, "join the two lists, or rename one");
			return;
		}
	}
	*set = (struct parse_set){ .name = name, .key = node->key };
	p->nsets++;
	if (node->kind != YAML_LIST) {
		parse_error(p, node, "set '%s': expected a list, got %s", name, parse_kind(node));
		parse_hint(p, "write [item, item]");
	} else if (!node->n) {
		parse_error(p, node, "the set '%s' is empty", name);
		parse_hint(p, "a set needs at least one item");
	} else if (check_set_items(p, node)) {
		set->list = node;
	}
}

static void parse_sets(struct parser *p, const struct yaml_node *node)
{
	p->nsets = 0;
	p->sets = NULL;
	if (!node)
		return;
	if (node->kind != YAML_MAPPING) {
		parse_error(p, node, "sets: expected a mapping of names to lists, got %s", parse_kind(node));
		parse_hint(p, "write 'name: [item, item]' under 'sets'");
		return;
	}
	p->sets = arena_new_n(p->arena, node->n ? node->n : 1, struct parse_set);
	if (!p->sets)
		return;
	for (struct yaml_node *item = node->first; item; item = item->next)
		parse_set(p, item);
}

static void warn_of_unused_sets(struct parser *p)
{
	for (size_t i = 0; i < p->nsets; i++) {
		const struct parse_set *set = &p->sets[i];

		if (set->used || !set->list)
			continue;
		diag_add(p->diag, DIAG_WARNING,
			 DIAG_AT(.file = p->file, .line = set->key->line, .col = set->key->column),
			 "the set '%s' is not used", set->name);
		diag_hint(p->diag, "write $%s in a list, or remove the set", set->name);
	}
}

/* ---- the document ---------------------------------------------------------------------------- */

static void parse_document(struct parser *p, struct yaml_node *root)
{
	struct yaml_node *value[DOCUMENT_KEYS];
	size_t errors = p->errors;

	if (!parse_table(p, root, "the policy", &keys_document, value))
		return;
	parse_constant(p, value[DOCUMENT_API], "apiVersion", "cordon/v1");
	parse_constant(p, value[DOCUMENT_KIND], "kind", "Policy");
	parse_metadata(p, value[DOCUMENT_METADATA]);
	p->enforce = parse_mode(p, value[DOCUMENT_MODE], true);
	parse_sets(p, value[DOCUMENT_SETS]);
	parse_rules(p, value[DOCUMENT_RULES]);
	if (p->errors == errors)
		warn_of_unused_sets(p);
}

/* Policies are told apart by their names, in events and answers. */
struct seen_name {
	const char *name, *file;
	unsigned line;
};

static void check_unique_name(struct parser *p, struct seen_name *seen, size_t nseen)
{
	seen[nseen] = (struct seen_name){ 0 };
	if (!p->name)
		return;
	for (size_t i = 0; i < nseen; i++) {
		if (!seen[i].name || strcmp(seen[i].name, p->name) != 0)
			continue;
		parse_error(p, p->name_node, "the policy name '%s' is taken by %s:%u", p->name, seen[i].file,
			    seen[i].line);
		parse_hint(p, "rename one of the two, or give one of the files only");
		return;
	}
	seen[nseen] = (struct seen_name){ .name = p->name, .file = p->file, .line = p->name_node->line };
}

static void parse_one(struct parser *p, const struct policy_text *text, struct seen_name *seen, size_t nseen)
{
	struct yaml_node *root = NULL;
	int err;

	p->file = arena_strdup(p->arena, text->name);
	p->name = NULL;
	p->name_node = NULL;
	if (!p->file)
		return;
	err = yaml_parse(p->arena, p->file, text->text, text->size, &root, p->diag);
	if (err) {
		p->errors++;
		return;
	}
	parse_document(p, root);
	check_unique_name(p, seen, nseen);
}

static int parse_all(struct parser *p, const struct policy_text *texts, size_t ntexts)
{
	struct seen_name *seen = arena_new_n(p->arena, ntexts + 1, struct seen_name);

	for (size_t i = 0; seen && i < ntexts && !p->arena->exhausted; i++)
		parse_one(p, &texts[i], seen, i);
	if (p->arena->exhausted) {
		diag_add(p->diag, DIAG_ERROR, p->file ? DIAG_AT(.file = p->file) : NULL,
			 "the policy needs more memory than there is (the limit is %u MiB)", POLICY_MEMORY_MAX >> 20);
		diag_hint(p->diag, "sets that are used in many rules count once for each; use networks and globs");
		return -ENOMEM;
	}
	return p->errors ? -EINVAL : 0;
}

int policy_parse(const struct policy_text *texts, size_t ntexts, const struct resolver *resolver,
		 struct policy **ret_policy, struct diag *diag)
{
	struct policy *policy;
	struct parser p;
	int err;

	if (ntexts > POLICY_FILES_MAX)
		return diag_fail(diag, -EINVAL, NULL, "%zu policy files (the limit is %u)", ntexts, POLICY_FILES_MAX);
	policy = calloc(1, sizeof(*policy));
	if (!policy)
		return diag_fail(diag, -ENOMEM, NULL, "out of memory");
	arena_init(&policy->arena, POLICY_MEMORY_MAX);
	policy->nfiles = ntexts;
	p = (struct parser){ .policy = policy, .arena = &policy->arena, .resolver = resolver, .diag = diag };
	err = parse_all(&p, texts, ntexts);
	if (err) {
		policy_free(policy);
		return err;
	}
	policy_lockout(policy, diag);
	policy_lint(policy, diag);
	*ret_policy = policy;
	return 0;
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	arena_done(&policy->arena);
	free(policy);
}
