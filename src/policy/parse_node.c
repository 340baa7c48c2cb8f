/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading nodes of the YAML tree strictly: mappings by a table of keys, lists with sets; see parse.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "policy/parse.h"

/* ---- messages -------------------------------------------------------------------------------- */

/* A fault in a set shows in every rule that uses the set. */
static bool told_before(const struct parser *p, const struct yaml_node *node, const char *message)
{
	for (size_t i = 0; i < p->diag->n; i++) {
		const struct diag_entry *e = &p->diag->entries[i];

		if (e->pos.line == node->line && e->pos.col == node->column && e->severity == DIAG_ERROR &&
		    e->message && strcmp(e->message, message) == 0 && e->pos.file && strcmp(e->pos.file, p->file) == 0)
			return true;
	}
	return false;
}

void parse_error(struct parser *p, const struct yaml_node *node, const char *fmt, ...)
{
	struct buf message = BUF_INIT;
	size_t before;
	va_list ap;

	p->errors++;
	p->hintable = false;
	if (!p->diag)
		return;
	va_start(ap, fmt);
	buf_vprintf(&message, fmt, ap);
	va_end(ap);
	before = p->diag->n;
	if (!told_before(p, node, buf_str(&message)))
		diag_add(p->diag, DIAG_ERROR, DIAG_AT(.file = p->file, .line = node->line, .col = node->column), "%s",
			 buf_str(&message));
	p->hintable = p->diag->n > before;
	buf_done(&message);
}

void parse_hint(struct parser *p, const char *fmt, ...)
{
	struct buf hint = BUF_INIT;
	va_list ap;

	if (!p->hintable)
		return;
	va_start(ap, fmt);
	buf_vprintf(&hint, fmt, ap);
	va_end(ap);
	diag_hint(p->diag, "%s", buf_str(&hint));
	buf_done(&hint);
}

struct policy_pos parse_pos(const struct parser *p, const struct yaml_node *node)
{
	return (struct policy_pos){ .file = p->file, .line = node->line, .column = node->column };
}

const char *parse_kind(const struct yaml_node *node)
{
	switch (node->kind) {
	case YAML_LIST:
		return "a list";
	case YAML_MAPPING:
		return "a mapping";
	case YAML_SCALAR:
		break;
	}
	return *node->text || node->quoted ? "a single value" : "nothing";
}

/* ---- mappings -------------------------------------------------------------------------------- */

static void unknown_key(struct parser *p, const struct yaml_node *key, const char *what, const struct parse_key *keys,
			size_t nkeys)
{
	struct suggestion suggestion = { .word = key->text };
	struct buf known = BUF_INIT;

	for (size_t i = 0; i < nkeys; i++) {
		suggest_offer(&suggestion, keys[i].name);
		buf_printf(&known, "%s%s", i ? ", " : "", keys[i].name);
	}
	if (suggestion.best)
		parse_error(p, key, "unknown key '%s': did you mean '%s'?", key->text, suggestion.best);
	else
		parse_error(p, key, "unknown key '%s'", key->text);
	parse_hint(p, "the keys of %s are %s", what, buf_str(&known));
	buf_done(&known);
}

static void take_value(struct parser *p, struct yaml_node *value, const char *what, const struct parse_key *keys,
		       size_t nkeys, struct yaml_node **values)
{
	const struct yaml_node *key = value->key;

	for (size_t i = 0; i < nkeys; i++) {
		if (strcmp(keys[i].name, key->text) != 0)
			continue;
		if (values[i]) {
			parse_error(p, key, "the key '%s' is there twice, first in line %u", key->text,
				    values[i]->key->line);
			parse_hint(p, "keep one of the two");
		} else {
			values[i] = value;
		}
		return;
	}
	unknown_key(p, key, what, keys, nkeys);
}

bool parse_mapping(struct parser *p, const struct yaml_node *node, const char *what, const struct parse_key *keys,
		   size_t nkeys, struct yaml_node **values)
{
	memset(values, 0, nkeys * sizeof(*values));
	if (node->kind != YAML_MAPPING) {
		parse_error(p, node, "%s: expected a mapping, got %s", what, parse_kind(node));
		parse_hint(p, "write 'key: value' lines, or {key: value}; the keys begin with '%s'", keys[0].name);
		return false;
	}
	if (!node->n) {
		parse_error(p, node, "%s has nothing in it", what);
		parse_hint(p, "the first key is '%s'; what is not meant is left out whole", keys[0].name);
		return false;
	}
	for (struct yaml_node *value = node->first; value; value = value->next)
		take_value(p, value, what, keys, nkeys, values);
	for (size_t i = 0; i < nkeys; i++) {
		if (!keys[i].required || values[i])
			continue;
		parse_error(p, node, "%s has no '%s'", what, keys[i].name);
		parse_hint(p, "add '%s: ...'", keys[i].name);
	}
	return true;
}

bool parse_table(struct parser *p, const struct yaml_node *node, const char *what, const struct key_table *table,
		 struct yaml_node **values)
{
	struct parse_key keys[KEY_TABLE_MAX];

	for (size_t i = 0; i < table->n; i++)
		keys[i] = (struct parse_key){ table->key[i].name, table->key[i].required };
	return parse_mapping(p, node, what, keys, table->n, values);
}

/* ---- scalars --------------------------------------------------------------------------------- */

const char *parse_text(struct parser *p, const struct yaml_node *node, const char *what)
{
	if (node->kind != YAML_SCALAR || !*node->text) {
		parse_error(p, node, "%s: expected a single value, got %s", what,
			    node->kind == YAML_SCALAR ? "nothing" : parse_kind(node));
		parse_hint(p, "%s",
			   node->kind == YAML_LIST      ? "write it without brackets" :
			   node->kind == YAML_MAPPING ? "write the value alone, without a key" :
							"write it behind the colon, or leave the key out");
		return NULL;
	}
	for (const char *c = node->text; *c; c++) {
		if ((unsigned char)*c >= 0x20 && *c != 0x7f)
			continue;
		parse_error(p, node, "%s: control character 0x%02x in a value", what, (unsigned char)*c);
		parse_hint(p, "write it in one line, without escapes");
		return NULL;
	}
	return node->text;
}

int parse_name_or_number(struct parser *p, const struct yaml_node *node, const char *what,
			 const struct value_name *table, uint32_t max)
{
	const char *text = parse_text(p, node, what);
	struct suggestion suggestion = { .word = text };
	const struct value_name *found;
	uint32_t number;
	int err;

	if (!text)
		return -1;
	found = value_find(table, text);
	if (found)
		return found->value;
	err = value_number(text, max, &number);
	if (!err)
		return (int)number;
	for (; table->name; table++)
		suggest_offer(&suggestion, table->name);
	if (err == -ERANGE)
		parse_error(p, node, "%s %s is too large", what, text);
	else if (suggestion.best)
		parse_error(p, node, "unknown %s '%s': did you mean '%s'?", what, text, suggestion.best);
	else
		parse_error(p, node, "unknown %s '%s'", what, text);
	parse_hint(p, "a number from 0 to %u is possible, too", max);
	return -1;
}

int parse_name(struct parser *p, const struct yaml_node *node, const char *what, const struct value_name *table)
{
	const char *text = parse_text(p, node, what);
	const struct value_name *found = text ? value_find(table, text) : NULL;
	struct suggestion suggestion = { .word = text };
	struct buf known = BUF_INIT;

	if (!text || found)
		return found ? found->value : -1;
	for (const struct value_name *name = table; name->name; name++) {
		suggest_offer(&suggestion, name->name);
		buf_printf(&known, "%s%s", name != table ? ", " : "", name->name);
	}
	if (suggestion.best)
		parse_error(p, node, "unknown %s '%s': did you mean '%s'?", what, text, suggestion.best);
	else
		parse_error(p, node, "unknown %s '%s'", what, text);
	parse_hint(p, "there are %s", buf_str(&known));
	buf_done(&known);
	return -1;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static bool add_item(struct parser *p, struct yaml_node *node, struct parse_items *items)
{
	if (items->n >= POLICY_ITEMS_MAX) {
		parse_error(p, node, "a list of more than %u items", POLICY_ITEMS_MAX);
		parse_hint(p, "use ranges, networks or globs");
		return false;
	}
	items->item = arena_grow(p->arena, items->item, items->n, &items->cap, sizeof(struct yaml_node *));
	if (!items->item) {
		*items = (struct parse_items){ 0 };
		return false;
	}
	items->item[items->n++] = node;
	return true;
}

static struct parse_set *find_set(struct parser *p, const struct yaml_node *node)
{
	const char *name = node->text + 1;
	struct suggestion suggestion = { .word = name };

	for (size_t i = 0; i < p->nsets; i++) {
		if (strcmp(p->sets[i].name, name) == 0)
			return &p->sets[i];
		suggest_offer(&suggestion, p->sets[i].name);
	}
	if (suggestion.best)
		parse_error(p, node, "unknown set '$%s': did you mean '$%s'?", name, suggestion.best);
	else
		parse_error(p, node, "unknown set '$%s'", name);
	parse_hint(p, "sets are lists under 'sets:' of the same file");
	return NULL;
}

static bool add_items_of_set(struct parser *p, const struct yaml_node *node, struct parse_items *items)
{
	struct parse_set *set = find_set(p, node);

	if (!set)
		return false;
	set->used = true;
	if (!set->list)
		return false; /* its own fault was told */
	for (struct yaml_node *item = set->list->first; item; item = item->next)
		if (!add_item(p, item, items))
			return false;
	return true;
}

static bool is_set(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->text[0] == '$';
}

bool parse_items(struct parser *p, struct yaml_node *node, const char *what, bool scalar, struct parse_items *ret_items)
{
	struct parse_items items = { 0 };
	bool good = true;

	if (node->kind == YAML_SCALAR && scalar && (*node->text || node->quoted)) {
		good = is_set(node) ? add_items_of_set(p, node, &items) : add_item(p, node, &items);
	} else if (node->kind != YAML_LIST) {
		parse_error(p, node, "%s: expected a list, got %s", what, parse_kind(node));
		if (node->kind == YAML_SCALAR && *node->text)
			parse_hint(p, "write [%s]", node->text);
		else
			parse_hint(p, node->kind == YAML_MAPPING ? "begin every item with '- '" : "write [item, item]");
		return false;
	} else if (!node->n) {
		parse_error(p, node, "%s: the list is empty", what);
		parse_hint(p, "leave the key out where nothing is meant by it");
		return false;
	} else {
		for (struct yaml_node *item = node->first; item && items.n <= POLICY_ITEMS_MAX; item = item->next)
			good = (is_set(item) ? add_items_of_set(p, item, &items) : add_item(p, item, &items)) && good;
	}
	*ret_items = items;
	return items.n > 0 && (good || items.n < POLICY_ITEMS_MAX);
}
