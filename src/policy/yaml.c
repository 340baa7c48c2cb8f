/* SPDX-License-Identifier: GPL-2.0-only */
/* libfyaml's events to a tree; see yaml.h. The library never prints: it has a diagnostics object of ours. */
#include "policy/yaml.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdint.h>
#include <string.h>

#include "policy/policy.h"

struct builder {
	struct arena *arena;
	struct diag *diag;
	const char *name;
	struct yaml_node *open[YAML_DEPTH_MAX]; /* the lists and mappings around here */
	struct yaml_node *key[YAML_DEPTH_MAX];  /* of a mapping: the key that waits for its value */
	unsigned depth;
	struct yaml_node *root;
	size_t nodes, documents;
	int err; /* the first one */
};

static const struct fy_mark *mark_of(const struct builder *b, struct fy_event *event, struct fy_mark *spare)
{
	const struct fy_mark *mark = fy_event_start_mark(event);
	const struct yaml_node *near = b->depth ? b->key[b->depth - 1] : NULL;

	if (mark)
		return mark;
	if (!near && b->depth)
		near = b->open[b->depth - 1];
	*spare = (struct fy_mark){ 0 };
	if (near) /* an empty value has no token: its key stands for it */
		*spare = (struct fy_mark){ .line = (int)near->line - 1, .column = (int)near->column - 1 };
	return spare;
}

/* A fault that does not end the reading. Returns -EINVAL. */
#define REFUSE(b, event, ...)                                                                        \
	do {                                                                                         \
		struct fy_mark spare_;                                                               \
		const struct fy_mark *mark_ = mark_of((b), (event), &spare_);                        \
		diag_add((b)->diag, DIAG_ERROR,                                                      \
			 DIAG_AT(.file = (b)->name, .line = (unsigned)mark_->line + 1,               \
				 .col = (unsigned)mark_->column + 1),                                \
			 __VA_ARGS__);                                                               \
		if (!(b)->err)                                                                       \
			(b)->err = -EINVAL;                                                          \
	} while (0)

static void refuse_anchor_and_tag(struct builder *b, struct fy_event *event, struct fy_token *anchor,
				  struct fy_token *tag)
{
	if (anchor) {
		REFUSE(b, event, "anchors (&name) are not part of the policy language");
		diag_hint(b->diag, "name the list under 'sets' and write $name");
	}
	if (tag) {
		REFUSE(b, event, "tags (!name) are not part of the policy language");
		diag_hint(b->diag, "leave the tag out; quote a text that begins with '!'");
	}
}

/* Hang a node into the tree; a scalar may become a key. */
static int attach(struct builder *b, struct fy_event *event, struct yaml_node *node)
{
	struct yaml_node *parent = b->depth ? b->open[b->depth - 1] : NULL;

	if (!parent) {
		if (!b->root)
			b->root = node;
		return 0;
	}
	if (parent->kind == YAML_MAPPING && !b->key[b->depth - 1]) {
		if (node->kind != YAML_SCALAR) {
			REFUSE(b, event, "a key must be a word, not a list or a mapping");
			diag_hint(b->diag, "quote what begins with '[' or '{'");
		}
		b->key[b->depth - 1] = node;
		return 0;
	}
	node->key = b->key[b->depth - 1];
	b->key[b->depth - 1] = NULL;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->n++;
	return 0;
}

static int too_much(struct builder *b, struct fy_event *event, const char *what, unsigned limit)
{
	REFUSE(b, event, "%s (the limit is %u)", what, limit);
	b->err = -E2BIG;
	return -E2BIG;
}

static int add_node(struct builder *b, struct fy_event *event, enum yaml_kind kind, struct yaml_node **ret_node)
{
	struct fy_mark spare;
	const struct fy_mark *mark = mark_of(b, event, &spare);
	struct yaml_node *node;

	if (++b->nodes > YAML_NODES_MAX)
		return too_much(b, event, "too many items in this file", YAML_NODES_MAX);
	node = arena_new(b->arena, struct yaml_node);
	if (!node)
		return -ENOMEM;
	node->kind = kind;
	node->line = (unsigned)mark->line + 1;
	node->column = (unsigned)mark->column + 1;
	*ret_node = node;
	return attach(b, event, node);
}

static int open_node(struct builder *b, struct fy_event *event, enum yaml_kind kind)
{
	struct yaml_node *node;
	int err = add_node(b, event, kind, &node);

	if (err)
		return err;
	if (b->depth == YAML_DEPTH_MAX)
		return too_much(b, event, "lists and mappings nest too deep", YAML_DEPTH_MAX);
	b->open[b->depth] = node;
	b->key[b->depth++] = NULL;
	return 0;
}

static int add_scalar(struct builder *b, struct fy_event *event)
{
	struct fy_token *token = event->scalar.value;
	struct yaml_node *node;
	enum fy_scalar_style style;
	const char *text = NULL;
	size_t len = 0;
	int err;

	if (token)
		text = fy_token_get_text(token, &len);
	if (token && !text)
		return -ENOMEM;
	if (text && memchr(text, '\0', len))
		REFUSE(b, event, "a NUL byte in a text");
	err = add_node(b, event, YAML_SCALAR, &node);
	if (err)
		return err;
	style = fy_token_scalar_style(token);
	node->quoted = style != FYSS_PLAIN;
	if ((style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) && node->column > 1)
		node->column--; /* the library's mark stands behind the quote */
	node->text = arena_strndup(b->arena, text ? text : "", text ? len : 0);
	return node->text ? 0 : -ENOMEM;
}

/* 0, or what ends the reading at once. */
static int take_event(struct builder *b, struct fy_event *event)
{
	switch (event->type) {
	case FYET_DOCUMENT_START:
		if (b->documents++ == 0)
			return 0;
		REFUSE(b, event, "a second document in one file");
		diag_hint(b->diag, "give every policy a file of its own");
		return -EINVAL;
	case FYET_MAPPING_START:
		refuse_anchor_and_tag(b, event, event->mapping_start.anchor, event->mapping_start.tag);
		return open_node(b, event, YAML_MAPPING);
	case FYET_SEQUENCE_START:
		refuse_anchor_and_tag(b, event, event->sequence_start.anchor, event->sequence_start.tag);
		return open_node(b, event, YAML_LIST);
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		b->depth--;
		return 0;
	case FYET_SCALAR:
		refuse_anchor_and_tag(b, event, event->scalar.anchor, event->scalar.tag);
		return add_scalar(b, event);
	case FYET_ALIAS: {
		struct yaml_node *node;
		int err;

		REFUSE(b, event, "aliases (*name) are not part of the policy language");
		diag_hint(b->diag, "quote a text that begins with '*'; for a named list write $name");
		err = add_node(b, event, YAML_SCALAR, &node);
		if (!err)
			node->text = "";
		return err;
	}
	default:
		return 0;
	}
}

/* What the library found wrong. */
static void take_library_errors(struct builder *b, struct fy_diag *fydiag)
{
	const struct fy_diag_error *error;
	void *at = NULL;

	while ((error = fy_diag_errors_iterate(fydiag, &at)) != NULL)
		diag_add(b->diag, DIAG_ERROR,
			 DIAG_AT(.file = b->name, .line = error->line > 0 ? (unsigned)error->line : 1,
				 .col = error->column > 0 ? (unsigned)error->column : 1),
			 "not valid YAML: %s", error->msg);
}

static void say_nothing(struct fy_diag *fydiag, void *user, const char *text, size_t len)
{
}

static int read_events(struct builder *b, struct fy_parser *parser)
{
	struct fy_event *event;
	bool ended = false;

	while (!ended && (event = fy_parser_parse(parser)) != NULL) {
		int err = take_event(b, event);

		ended = event->type == FYET_STREAM_END;
		fy_parser_event_free(parser, event);
		if (err)
			return err;
	}
	if (!ended || fy_parser_get_stream_error(parser))
		return -EBADMSG;
	return b->err;
}

static int parse_with(struct builder *b, const char *text, size_t size, struct fy_diag *fydiag)
{
	const struct fy_parse_cfg config = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 |
						      FYPCF_JSON_NONE,
					     .diag = fydiag };
	struct fy_parser *parser = fy_parser_create(&config);
	size_t before = b->diag ? b->diag->n_errors : 0;
	int err;

	if (!parser)
		return -ENOMEM;
	err = fy_parser_set_string(parser, text, size) ? -ENOMEM : read_events(b, parser);
	if (err == -EBADMSG) {
		take_library_errors(b, fydiag);
		if (b->diag && b->diag->n_errors == before)
			diag_add(b->diag, DIAG_ERROR, DIAG_AT(.file = b->name), "not valid YAML");
		err = -EINVAL;
	}
	fy_parser_destroy(parser);
	return err;
}

/* The length of the UTF-8 sequence at @s, 0 if there is none (RFC 3629). */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* Bytes that no policy has, before the library sees them. */
static int check_bytes(const char *name, const char *text, size_t size, struct diag *diag)
{
	unsigned line = 1, column = 1;
	bool content = false;

	for (size_t i = 0, n; i < size; i += n) {
		unsigned char c = (unsigned char)text[i];

		n = utf8_length((const unsigned char *)text + i, size - i);
		if (n == 0)
			return diag_fail(diag, -EINVAL, DIAG_AT(.file = name, .line = line, .col = column),
					 "byte 0x%02x is not UTF-8", c);
		if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
			return diag_fail(diag, -EINVAL, DIAG_AT(.file = name, .line = line, .col = column),
					 "control character 0x%02x", c);
		content = content || (c > 0x20);
		column = c == '\n' ? 1 : column + 1;
		line += c == '\n';
	}
	if (!content)
		return diag_fail(diag, -EINVAL, DIAG_AT(.file = name, .line = 1, .col = 1), "the file is empty");
	return 0;
}

int yaml_parse(struct arena *arena, const char *name, const char *text, size_t size, struct yaml_node **ret_root,
	       struct diag *diag)
{
	const struct fy_diag_cfg config = { .output_fn = say_nothing, .level = FYET_ERROR, .module_mask = UINT32_MAX };
	struct builder b = { .arena = arena, .diag = diag, .name = name };
	struct fy_diag *fydiag;
	int err;

	if (size > POLICY_TEXT_MAX)
		return diag_fail(diag, -E2BIG, DIAG_AT(.file = name), "the file is larger than %u MiB",
				 POLICY_TEXT_MAX >> 20);
	err = check_bytes(name, text, size, diag);
	if (err)
		return err;
	fydiag = fy_diag_create(&config);
	if (!fydiag)
		return diag_fail(diag, -ENOMEM, DIAG_AT(.file = name), "out of memory");
	fy_diag_set_collect_errors(fydiag, true);
	err = parse_with(&b, text, size, fydiag);
	fy_diag_destroy(fydiag);
	if (err == -ENOMEM)
		return diag_fail(diag, err, DIAG_AT(.file = name), "out of memory");
	if (err)
		return err;
	if (!b.root)
		return diag_fail(diag, -EINVAL, DIAG_AT(.file = name, .line = 1, .col = 1), "the file is empty");
	*ret_root = b.root;
	return 0;
}
