/* SPDX-License-Identifier: GPL-2.0-only */
/* Globs to components; see pattern.h. */
#include "policy/pattern.h"

#include <errno.h>
#include <string.h>

#include <cordon/abi.h>

/* ---- braces ---------------------------------------------------------------------------------- */

struct texts {
	struct arena *arena;
	const char **text;
	size_t n, cap;
};

static int texts_add(struct texts *texts, const char *text)
{
	if (texts->n >= PATTERN_EXPANSIONS_MAX)
		return -E2BIG;
	texts->text = arena_grow(texts->arena, texts->text, texts->n, &texts->cap, sizeof(*texts->text));
	if (!texts->text || !text)
		return -ENOMEM;
	texts->text[texts->n++] = text;
	return 0;
}

/* The first byte at or after @at that is one of @any, outside [...] and not escaped, at brace depth 0. */
static const char *find_plain(const char *at, const char *any)
{
	int depth = 0;

	for (; *at; at++) {
		if (*at == '\\' && at[1]) {
			at++;
			continue;
		}
		if (depth == 0 && strchr(any, *at))
			return at;
		if (*at == '[') {
			const char *end = strchr(at + 1 + (at[1] == '!') + 1, ']');

			if (!end)
				return NULL;
			at = end;
		} else if (*at == '{') {
			depth++;
		} else if (*at == '}') {
			depth--;
		}
	}
	return NULL;
}

static int expand(struct texts *texts, const char *glob)
{
	const char *open = find_plain(glob, "{"), *part, *end, *close;
	int err = 0;

	if (!open)
		return texts_add(texts, arena_strdup(texts->arena, glob));
	close = find_plain(open + 1, "}");
	if (!close)
		return -EINVAL;
	for (part = open + 1; !err; part = end + 1) {
		end = find_plain(part, ",}");
		if (!end)
			return -EINVAL;
		err = expand(texts, arena_printf(texts->arena, "%.*s%.*s%s", (int)(open - glob), glob,
						 (int)(end - part), part, close + 1));
		if (end >= close)
			break;
	}
	return err;
}

/* ---- components ------------------------------------------------------------------------------ */

static void set_byte(struct pattern_token *token, unsigned char byte)
{
	token->set[byte / 64] |= UINT64_C(1) << byte % 64;
}

/* Reads [...] from *at on, which stands after '['; leaves *at after ']'. */
static int read_class(const char **at, const char *end, struct pattern_token *token)
{
	const char *p = *at;
	bool negated = p < end && (*p == '!' || *p == '^');
	bool first = true;

	for (p += negated; p < end && (*p != ']' || first); first = false) {
		unsigned char low = (unsigned char)*p++, high;

		if (low == '\\' && p < end)
			low = (unsigned char)*p++;
		high = low;
		if (p + 1 < end && *p == '-' && p[1] != ']') {
			high = (unsigned char)p[1];
			p += 2;
		}
		for (unsigned byte = low; byte <= high; byte++)
			set_byte(token, (unsigned char)byte);
	}
	if (p >= end)
		return -EINVAL;
	*at = p + 1;
	if (negated)
		for (int i = 0; i < 4; i++)
			token->set[i] = ~token->set[i];
	return 0;
}

static int read_token(const char **at, const char *end, struct pattern_token *token, bool *literal)
{
	unsigned char byte = (unsigned char)*(*at)++;

	*token = (struct pattern_token){ 0 };
	if (byte == '*') {
		token->star = true;
	} else if (byte == '?') {
		memset(token->set, 0xff, sizeof(token->set));
	} else if (byte == '[') {
		*literal = false;
		return read_class(at, end, token);
	} else {
		if (byte == '\\' && *at < end)
			byte = (unsigned char)*(*at)++;
		set_byte(token, byte);
		return 0;
	}
	*literal = false;
	return 0;
}

static unsigned char only_byte(const struct pattern_token *token)
{
	unsigned byte = 0;

	while (!token_has(token, (unsigned char)byte))
		byte++;
	return (unsigned char)byte;
}

/* One component, the bytes [at, end) of a glob without braces. */
static int read_component(struct arena *arena, const char *at, const char *end, struct pattern_component *component)
{
	bool literal = true;
	char *text;
	int err;

	*component = (struct pattern_component){ .kind = PATTERN_ANY };
	if (end - at == 2 && at[0] == '*' && at[1] == '*') {
		component->repeat = true;
		return 0;
	}
	component->tokens = arena_new_n(arena, (size_t)(end - at), struct pattern_token);
	if (!component->tokens)
		return -ENOMEM;
	while (at < end) {
		err = read_token(&at, end, &component->tokens[component->ntokens], &literal);
		if (err)
			return err;
		/* "**" inside a name says no more than "*" */
		if (!component->ntokens || !component->tokens[component->ntokens].star ||
		    !component->tokens[component->ntokens - 1].star)
			component->ntokens++;
	}
	if (component->ntokens == 1 && component->tokens[0].star)
		return 0;
	component->kind = PATTERN_GLOB;
	if (!literal || component->ntokens > CORDON_LITERAL_MAX)
		return 0;
	component->kind = PATTERN_LITERAL;
	component->len = component->ntokens;
	text = arena_alloc(arena, component->len + 1);
	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < component->len; i++)
		text[i] = (char)only_byte(&component->tokens[i]);
	component->text = text;
	return 0;
}

static int read_components(struct arena *arena, const char *text, struct pattern *pattern)
{
	size_t n = 0, cap = 0;
	int err;

	*pattern = (struct pattern){ 0 };
	if (*text != '/')
		return -EINVAL;
	while (*text) {
		const char *end = find_plain(text + 1, "/");

		if (!end)
			end = text + 1 + strlen(text + 1);
		if (end > text + 1) {
			pattern->components = arena_grow(arena, pattern->components, n, &cap,
							 sizeof(*pattern->components));
			if (!pattern->components)
				return -ENOMEM;
			err = read_component(arena, text + 1, end, &pattern->components[n]);
			if (err)
				return err;
			n++;
		}
		text = end;
	}
	pattern->n = n;
	return 0;
}

static int read_abstract(struct arena *arena, const char *name, struct pattern *pattern)
{
	*pattern = (struct pattern){ .components = arena_new(arena, struct pattern_component), .n = 1 };
	if (!pattern->components)
		return -ENOMEM;
	return read_component(arena, name, name + strlen(name), pattern->components);
}

typedef int (*read_fn)(struct arena *arena, const char *text, struct pattern *pattern);

/* Every text that a glob's braces stand for, as a pattern. */
static int read_all(struct arena *arena, const char *glob, read_fn read, struct pattern **ret_patterns, size_t *ret_n)
{
	struct texts texts = { .arena = arena };
	struct pattern *patterns;
	int err = expand(&texts, glob);

	if (err)
		return err;
	patterns = arena_new_n(arena, texts.n, struct pattern);
	if (!patterns)
		return -ENOMEM;
	for (size_t i = 0; i < texts.n; i++) {
		err = read(arena, texts.text[i], &patterns[i]);
		if (err)
			return err;
	}
	*ret_patterns = patterns;
	*ret_n = texts.n;
	return 0;
}

int pattern_from_glob(struct arena *arena, const char *glob, struct pattern **ret_patterns, size_t *ret_n)
{
	return read_all(arena, glob, read_components, ret_patterns, ret_n);
}

int pattern_from_abstract(struct arena *arena, const char *name, struct pattern **ret_patterns, size_t *ret_n)
{
	return read_all(arena, name, read_abstract, ret_patterns, ret_n);
}

int pattern_from_unit(struct arena *arena, const char *unit, struct pattern **ret_patterns, size_t *ret_n)
{
	struct pattern *patterns;
	size_t n;
	int err;

	if (*unit == '/')
		return pattern_from_glob(arena, unit, ret_patterns, ret_n);
	err = pattern_from_glob(arena, arena_printf(arena, "/*.slice/%s/**", unit), &patterns, &n);
	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		patterns[i].components[0].repeat = true;
	*ret_patterns = patterns;
	*ret_n = n;
	return 0;
}

int pattern_from_path(struct arena *arena, const char *path, struct pattern *ret_pattern)
{
	size_t n = 0, cap = 0;
	struct pattern pattern = { 0 };

	while (*path) {
		size_t len = strcspn(path, "/");

		if (len) {
			struct pattern_component *c;

			pattern.components = arena_grow(arena, pattern.components, n, &cap, sizeof(*c));
			if (!pattern.components)
				return -ENOMEM;
			c = &pattern.components[n++];
			*c = (struct pattern_component){ .kind = PATTERN_LITERAL, .len = len,
							 .text = arena_strndup(arena, path, len),
							 .tokens = arena_new_n(arena, len, struct pattern_token),
							 .ntokens = len };
			if (!c->text || !c->tokens)
				return -ENOMEM;
			for (size_t i = 0; i < len; i++)
				set_byte(&c->tokens[i], (unsigned char)path[i]);
			if (len > CORDON_LITERAL_MAX)
				c->kind = PATTERN_GLOB;
		}
		path += len + (path[len] == '/');
	}
	pattern.n = n;
	*ret_pattern = pattern;
	return 0;
}

/* Greedy, with one place to come back to: the last star. */
static bool tokens_match(const struct pattern_token *token, size_t n, const char *name, size_t len)
{
	size_t t = 0, at = 0, star = SIZE_MAX, retry = 0;

	while (at < len) {
		if (t < n && token[t].star) {
			star = t++;
			retry = at;
		} else if (t < n && token_has(&token[t], (unsigned char)name[at])) {
			t++;
			at++;
		} else if (star != SIZE_MAX) {
			t = star + 1;
			at = ++retry;
		} else {
			return false;
		}
	}
	while (t < n && token[t].star)
		t++;
	return t == n;
}

bool pattern_component_matches(const struct pattern_component *component, const char *name, size_t len)
{
	if (component->kind == PATTERN_ANY)
		return true;
	if (component->kind == PATTERN_LITERAL)
		return len == component->len && !memcmp(name, component->text, len);
	return tokens_match(component->tokens, component->ntokens, name, len);
}
