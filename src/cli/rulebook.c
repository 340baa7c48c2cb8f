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
#include "common/buf.h"

#define RULEBOOK_VERSION 1
#define NO_TEXT		 UINT32_MAX

struct entry {
	uint32_t name, policy, file; /* offsets into texts, or NO_TEXT */
	uint32_t line, column;
	bool permit, enforce;
};

struct rulebook_page {
	uint64_t generation;
	bool audit;
	struct entry *entries; /* one per atom */
	size_t n;
	struct buf texts;
};

void rulebook_page_free(struct rulebook_page *page)
{
	if (!page)
		return;
	free(page->entries);
	buf_done(&page->texts);
	free(page);
}

void rulebook_done(struct rulebook *book)
{
	for (size_t i = 0; i < RULEBOOK_KEPT; i++)
		rulebook_page_free(book->pages[i]);
	*book = (struct rulebook){ 0 };
}

static const char *text_of(const struct rulebook_page *page, uint32_t text)
{
	return text == NO_TEXT ? NULL : page->texts.data + text;
}

/* Where a text stands; `before`: that of the atom before, which often is the same. */
static uint32_t add_text(struct rulebook_page *page, const char *text, uint32_t before)
{
	uint32_t at = (uint32_t)page->texts.len;

	if (!text)
		return NO_TEXT;
	if (before != NO_TEXT && !page->texts.failed && strcmp(text_of(page, before), text) == 0)
		return before;
	buf_add(&page->texts, text, strlen(text) + 1);
	return at;
}

static struct rulebook_page *page_new(size_t n, uint64_t generation, bool audit)
{
	struct rulebook_page *page = calloc(1, sizeof(*page));

	if (!page)
		return NULL;
	*page = (struct rulebook_page){ .generation = generation, .audit = audit, .n = n, .texts = BUF_INIT };
	page->entries = calloc(n + 1, sizeof(*page->entries));
	if (page->entries)
		return page;
	rulebook_page_free(page);
	return NULL;
}

/* The texts of atom i, after those of the atoms before. */
static void set_texts(struct rulebook_page *page, size_t i, const char *name, const char *policy, const char *file)
{
	static const struct entry none = { .name = NO_TEXT, .policy = NO_TEXT, .file = NO_TEXT };
	const struct entry *before = i ? &page->entries[i - 1] : &none;
	struct entry *entry = &page->entries[i];

	entry->name = add_text(page, name, before->name);
	entry->policy = add_text(page, policy, before->policy);
	entry->file = add_text(page, file, before->file);
}

/* NULL instead of a page whose texts did not all fit. */
static struct rulebook_page *checked(struct rulebook_page *page)
{
	if (!page->texts.failed && page->texts.len < NO_TEXT)
		return page;
	rulebook_page_free(page);
	return NULL;
}

struct rulebook_page *rulebook_page(const struct image *image, uint64_t generation, bool audit)
{
	struct rulebook_page *page = page_new(image->meta.nrules, generation, audit);

	if (!page)
		return NULL;
	for (uint32_t i = 0; i < image->meta.nrules; i++) {
		const struct image_rule *rule = &image->rules[i];

		page->entries[i] = (struct entry){ .line = rule->line, .column = rule->column, .permit = rule->permit,
						   .enforce = rule->enforce && !audit };
		set_texts(page, i, rule->name, rule->policy, rule->file);
	}
	return checked(page);
}

void rulebook_add(struct rulebook *book, struct rulebook_page *page)
{
	if (!page)
		return;
	rulebook_page_free(book->pages[RULEBOOK_KEPT - 1]);
	memmove(&book->pages[1], &book->pages[0], sizeof(book->pages[0]) * (RULEBOOK_KEPT - 1));
	book->pages[0] = page;
}

uint64_t rulebook_generation(const struct rulebook_page *page)
{
	return page->generation;
}

const struct rulebook_page *rulebook_of(const struct rulebook *book, uint64_t generation)
{
	for (size_t i = 0; i < RULEBOOK_KEPT && book->pages[i]; i++)
		if (book->pages[i]->generation == generation)
			return book->pages[i];
	return NULL;
}

bool rulebook_find(void *context, uint64_t generation, uint32_t atom, struct event_rule *ret_rule)
{
	const struct rulebook_page *page = rulebook_of(context, generation);

	if (!page || atom >= page->n)
		return false;
	*ret_rule = (struct event_rule){
		.name = text_of(page, page->entries[atom].name),
		.policy = text_of(page, page->entries[atom].policy),
		.file = text_of(page, page->entries[atom].file),
		.line = page->entries[atom].line,
	};
	return true;
}

static bool same_text(const struct rulebook_page *page, uint32_t a, uint32_t b)
{
	return a == b || (a != NO_TEXT && b != NO_TEXT && strcmp(text_of(page, a), text_of(page, b)) == 0);
}

/* Whether an earlier atom is of the same rule. A rule's atoms stand together, but that is nobody's promise: look back
 * as far as the rule's place is the same. */
static bool is_repeated(const struct rulebook_page *page, size_t i)
{
	const struct entry *entry = &page->entries[i];

	for (size_t k = i > 64 ? i - 64 : 0; k < i; k++) {
		const struct entry *other = &page->entries[k];

		if (entry->line == other->line && same_text(page, entry->name, other->name) &&
		    same_text(page, entry->file, other->file))
			return true;
	}
	return false;
}

json_t *rulebook_policies(const struct rulebook_page *page)
{
	json_t *list = json_array(), *item;
	size_t k;

	for (size_t i = 0; i < page->n; i++) {
		const char *policy = text_of(page, page->entries[i].policy);
		bool known = !policy || (i && page->entries[i].policy == page->entries[i - 1].policy);

		json_array_foreach(list, k, item)
			known = known || strcmp(json_string_value(item), policy) == 0;
		if (!known)
			json_array_append_new(list, json_string(policy));
	}
	return list;
}

void rulebook_count(const struct rulebook_page *page, struct rulebook_count *ret_count)
{
	struct rulebook_count count = { .atoms = page->n };
	json_t *policies = rulebook_policies(page);

	count.policies = json_array_size(policies);
	json_decref(policies);
	for (size_t i = 0; i < page->n; i++) {
		if (is_repeated(page, i))
			continue;
		count.rules++;
		*(page->entries[i].enforce ? &count.enforce : &count.audit) += 1;
		*(page->entries[i].permit ? &count.permit : &count.forbid) += 1;
	}
	*ret_count = count;
}

/* ---- on disk ---------------------------------------------------------------------------------- */

static void write_policies(const struct rulebook_page *page, struct buf *out)
{
	json_t *list = rulebook_policies(page), *item;
	size_t i;

	json_array_foreach(list, i, item) {
		buf_puts(out, i ? "," : "");
		buf_json(out, json_string_value(item));
	}
	json_decref(list);
}

/* Written as text, not by way of a tree of JSON, which takes twenty times the room. */
static void write_page(const struct rulebook_page *page, struct buf *out)
{
	buf_printf(out, "{\"version\":%d,\"generation\":%llu,\"audit\":%s,\"policies\":[", RULEBOOK_VERSION,
		   (unsigned long long)page->generation, page->audit ? "true" : "false");
	write_policies(page, out);
	buf_puts(out, "],\"rules\":[");
	for (size_t i = 0; i < page->n; i++) {
		const struct entry *entry = &page->entries[i];

		buf_puts(out, i ? ",{\"name\":" : "{\"name\":");
		buf_json(out, text_of(page, entry->name));
		buf_puts(out, ",\"policy\":");
		buf_json(out, text_of(page, entry->policy));
		buf_puts(out, ",\"file\":");
		buf_json(out, text_of(page, entry->file));
		buf_printf(out, ",\"line\":%u,\"column\":%u,\"permit\":%s,\"enforce\":%s}", entry->line, entry->column,
			   entry->permit ? "true" : "false", entry->enforce ? "true" : "false");
	}
	buf_puts(out, "]}");
}

int rulebook_save(const struct rulebook_page *page, const char *folder, struct diag *diag)
{
	struct buf text = BUF_INIT;
	int err;

	write_page(page, &text);
	err = text.failed ? -ENOMEM : fileio_replace(folder, PATH_INFORCE_NAME, buf_str(&text), text.len);
	buf_done(&text);
	if (err)
		diag_add(diag, DIAG_WARNING, DIAG_AT(.file = folder), "the rules in force cannot be kept: %s", strerror(-err));
	return err;
}

static const char *member(const json_t *rule, const char *key)
{
	return json_string_value(json_object_get(rule, key));
}

static struct rulebook_page *page_from_json(const json_t *json)
{
	const json_t *rules = json_object_get(json, "rules"), *rule;
	struct rulebook_page *page;

	if (json_integer_value(json_object_get(json, "version")) != RULEBOOK_VERSION || !json_is_array(rules))
		return NULL;
	page = page_new(json_array_size(rules), (uint64_t)json_integer_value(json_object_get(json, "generation")),
			json_is_true(json_object_get(json, "audit")));
	for (size_t i = 0; page && i < page->n; i++) {
		rule = json_array_get(rules, i);
		page->entries[i] = (struct entry){ .line = (uint32_t)json_integer_value(json_object_get(rule, "line")),
						   .column = (uint32_t)json_integer_value(json_object_get(rule, "column")),
						   .permit = json_is_true(json_object_get(rule, "permit")),
						   .enforce = json_is_true(json_object_get(rule, "enforce")) };
		set_texts(page, i, member(rule, "name"), member(rule, "policy"), member(rule, "file"));
	}
	return page ? checked(page) : NULL;
}

struct rulebook_page *rulebook_load(const char *folder)
{
	struct rulebook_page *page;
	char path[4096];
	json_t *json;

	snprintf(path, sizeof(path), "%s/" PATH_INFORCE_NAME, folder);
	json = json_load_file(path, 0, NULL);
	page = page_from_json(json);
	json_decref(json);
	return page;
}
