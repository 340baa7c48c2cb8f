/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rulebook: atoms -> rules (rulebook.h).
 */
#include "cli/rulebook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fileio.h"
#include "cli/paths.h"

#define RULEBOOK_VERSION 1

void rulebook_done(struct rulebook *book)
{
	for (size_t i = 0; i < RULEBOOK_KEPT; i++)
		json_decref(book->pages[i]);
	*book = (struct rulebook){ 0 };
}

static bool holds(const json_t *list, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
		if (strcmp(json_string_value(item), name) == 0)
			return true;
	return false;
}

json_t *rulebook_page(const struct image *image, uint64_t generation, bool audit)
{
	json_t *rules = json_array(), *policies = json_array();

	for (uint32_t i = 0; i < image->meta.nrules; i++) {
		const struct image_rule *rule = &image->rules[i];

		json_t *entry = json_pack("{s:s?, s:s?, s:s?, s:i, s:i, s:b, s:b}", "name", rule->name, "policy", rule->policy,
					  "file", rule->file, "line", (int)rule->line, "column", (int)rule->column, "permit",
					  (int)rule->permit, "enforce", (int)(rule->enforce && !audit));

		/* An atom that is left out would give its number to the next one. */
		if (json_array_append_new(rules, entry ? entry : json_object()) < 0)
			break;
		if (rule->policy && !holds(policies, rule->policy))
			json_array_append_new(policies, json_string(rule->policy));
	}
	if (json_array_size(rules) != image->meta.nrules) {
		json_decref(rules);
		json_decref(policies);
		return NULL;
	}
	return json_pack("{s:i, s:I, s:b, s:o, s:o}", "version", RULEBOOK_VERSION, "generation", (json_int_t)generation, "audit",
			 (int)audit, "policies", policies, "rules", rules);
}

void rulebook_add(struct rulebook *book, json_t *page)
{
	if (!page)
		return;
	json_decref(book->pages[RULEBOOK_KEPT - 1]);
	memmove(&book->pages[1], &book->pages[0], sizeof(book->pages[0]) * (RULEBOOK_KEPT - 1));
	book->pages[0] = page;
}

uint64_t rulebook_generation(const json_t *page)
{
	return json_integer_value(json_object_get(page, "generation"));
}

bool rulebook_find(void *context, uint64_t generation, uint32_t atom, struct event_rule *ret_rule)
{
	const struct rulebook *book = context;

	for (size_t i = 0; i < RULEBOOK_KEPT && book->pages[i]; i++) {
		const json_t *rule;

		if (rulebook_generation(book->pages[i]) != generation)
			continue;
		rule = json_array_get(json_object_get(book->pages[i], "rules"), atom);
		if (!rule)
			return false;
		*ret_rule = (struct event_rule){
			.name = json_string_value(json_object_get(rule, "name")),
			.policy = json_string_value(json_object_get(rule, "policy")),
			.file = json_string_value(json_object_get(rule, "file")),
			.line = json_integer_value(json_object_get(rule, "line")),
		};
		return true;
	}
	return false;
}

static bool same(const json_t *a, const json_t *b, const char *key)
{
	return json_equal(json_object_get(a, key), json_object_get(b, key));
}

/* Whether an earlier atom is of the same rule. A rule's atoms stand together, but that is nobody's promise: look back
 * as far as the rule's place is the same. */
static bool is_repeated(const json_t *rules, size_t i)
{
	const json_t *rule = json_array_get(rules, i);

	if (!i)
		return false;
	for (size_t k = i > 64 ? i - 64 : 0; k < i; k++) {
		const json_t *other = json_array_get(rules, k);

		if (same(rule, other, "line") && same(rule, other, "name") && same(rule, other, "file"))
			return true;
	}
	return false;
}

void rulebook_count(const json_t *page, struct rulebook_count *ret_count)
{
	const json_t *rules = json_object_get(page, "rules");
	struct rulebook_count count = { .atoms = json_array_size(rules) };

	count.policies = json_array_size(json_object_get(page, "policies"));
	for (size_t i = 0; i < count.atoms; i++) {
		const json_t *rule = json_array_get(rules, i);

		if (is_repeated(rules, i))
			continue;
		count.rules++;
		*(json_is_true(json_object_get(rule, "enforce")) ? &count.enforce : &count.audit) += 1;
		*(json_is_true(json_object_get(rule, "permit")) ? &count.permit : &count.forbid) += 1;
	}
	*ret_count = count;
}

int rulebook_save(const json_t *page, const char *folder, struct diag *diag)
{
	char *text = json_dumps(page, JSON_COMPACT);
	int err = text ? fileio_replace(folder, PATH_INFORCE_NAME, text, strlen(text)) : -ENOMEM;

	free(text);
	if (err)
		diag_add(diag, DIAG_WARNING, DIAG_AT(.file = folder), "the rules in force cannot be kept: %s", strerror(-err));
	return err;
}

json_t *rulebook_load(const char *folder)
{
	char path[4096];
	json_t *page;

	snprintf(path, sizeof(path), "%s/" PATH_INFORCE_NAME, folder);
	page = json_load_file(path, 0, NULL);
	if (page && json_integer_value(json_object_get(page, "version")) == RULEBOOK_VERSION)
		return page;
	json_decref(page);
	return NULL;
}
