/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The syntax of globs over paths and of unit names. What passes here pattern.c understands without doubt: a glob that
 * could be read in two ways is refused.
 */
#include <stdlib.h>
#include <string.h>

#include <cordon/abi.h>

#include "policy/parse.h"

#define GLOB_TEXT_MAX       4096u
#define GLOB_EXPANSIONS_MAX 1024u /* of the braces of one glob */
#define ABSTRACT_MAX        107u  /* sun_path without its leading NUL */
#define GLOB_SPECIAL        "*?[]{},\\!-^$"

struct glob_check {
	struct parser *p;
	const struct yaml_node *node;
	enum parse_glob_kind kind;
	const char *text;
	size_t expansions; /* of the components so far, multiplied */
};

/* Tells the fault and gives false, so that a check can end with it. */
#define WRONG(c, hint, ...)                                                                          \
	(parse_error((c)->p, (c)->node, __VA_ARGS__), parse_hint((c)->p, "%s", (hint)), false)

/* What was not checked must not pass. */
static bool no_memory(struct glob_check *c)
{
	return WRONG(c, "end other programs", "out of memory");
}

/* ---- characters ------------------------------------------------------------------------------ */

static bool check_class_byte(struct glob_check *c, const char **at)
{
	const char *s = *at;

	if (*s == '/' && c->kind != PARSE_GLOB_ABSTRACT)
		return WRONG(c, "a class is about bytes of one name", "'%s': '/' in a class", c->text);
	if (*s == '\\' && (s[1] == ']' || !s[1]))
		return WRONG(c, "put ']' first in the class, as in []abc]", "'%s': '\\]' in a class", c->text);
	if (*s == '\\' && !strchr(GLOB_SPECIAL, s[1]))
		return WRONG(c, "write '\\\\' for a backslash", "'%s': '\\%c' escapes nothing", c->text, s[1]);
	*at = s + 1 + (*s == '\\');
	return true;
}

/* A class from *at ('[') on; leaves *at after ']'. */
static bool check_class(struct glob_check *c, const char **at)
{
	const char *s = *at + 1;
	bool first = true;

	if (*s == '^')
		return WRONG(c, "write [!...] for the bytes that are not in it", "'%s': '[^' is no class", c->text);
	for (s += *s == '!'; *s && (*s != ']' || first); first = false) {
		const char *low = s, *high;

		if (!check_class_byte(c, &s))
			return false;
		if (*s != '-' || s[1] == ']' || !s[1])
			continue;
		high = ++s;
		if (*low == '\\' || *high == '\\')
			return WRONG(c, "put '\\\\' on its own in the class", "'%s': a range to or from an escape",
				     c->text);
		if (!check_class_byte(c, &s))
			return false;
		if ((unsigned char)*low > (unsigned char)*high)
			return WRONG(c, "write the lower one first", "'%s': the range %c-%c is reversed", c->text,
				     *low, *high);
		if ((unsigned char)*low > 0x7f || (unsigned char)*high > 0x7f)
			return WRONG(c, "a class is of bytes; list the names with {a,b}",
				     "'%s': a range of characters that are not ASCII", c->text);
	}
	if (*s != ']')
		return WRONG(c, "close the class with ']'; for the character itself write '\\['",
			     "'%s': '[' without ']'", c->text);
	*at = s + 1;
	return true;
}

/* Brackets, braces and escapes of the whole text. */
static bool check_syntax(struct glob_check *c)
{
	const char *s = c->text;
	int depth = 0;

	while (*s) {
		if (*s == '\\' && (!s[1] || !strchr(GLOB_SPECIAL, s[1])))
			return WRONG(c, "write '\\\\' for a backslash", "'%s': the backslash escapes nothing", c->text);
		if (*s == '[') {
			if (!check_class(c, &s))
				return false;
			continue;
		}
		if (*s == ']')
			return WRONG(c, "for the character itself write '\\]'", "'%s': ']' without '['", c->text);
		if (*s == '}' && depth-- == 0)
			return WRONG(c, "for the character itself write '\\}'", "'%s': '}' without '{'", c->text);
		depth += *s == '{';
		if (*s == '/' && depth && c->kind != PARSE_GLOB_ABSTRACT)
			return WRONG(c, "a brace is about one name; write two items", "'%s': '/' in braces", c->text);
		s += 1 + (*s == '\\');
	}
	if (depth)
		return WRONG(c, "close it with '}'; for the character itself write '\\{'", "'%s': '{' without '}'",
			     c->text);
	return true;
}

/* ---- components ------------------------------------------------------------------------------ */

/* The bytes that every name has that this component (no braces) matches: all but the stars. */
static size_t least_length(const char *s)
{
	size_t len = 0;

	while (*s) {
		if (*s == '[')
			s = strchr(s + 1 + (s[1] == '!') + 1, ']');
		else if (*s == '\\')
			s++;
		len += *s != '*';
		s++;
	}
	return len;
}

static bool check_unit(struct glob_check *c, const char *unit)
{
	static const char *const suffixes[] = { ".service", ".slice", ".scope" };
	size_t len = strlen(unit);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t n = strlen(suffixes[i]);

		if (len <= n || strcmp(unit + len - n, suffixes[i]) != 0)
			continue;
		if (unit[len - n - 1] == '@')
			return WRONG(c, "for every instance put '*' behind the '@'",
				     "'%s' is a template: no process runs in it", c->text);
		return true;
	}
	return WRONG(c, "write the whole name, as in nginx.service; a path of the cgroup hierarchy begins with '/'",
		     "'%s' is no name of a service, slice or scope", c->text);
}

/* Of an abstract socket, braces resolved. */
static bool check_abstract_name(struct glob_check *c, const char *s)
{
	for (const char *at = s; *at; at += 1 + (*at == '\\' && at[1]))
		if (at[0] == '*' && at[1] == '*')
			return WRONG(c, "a name has no parts: '*' says the same", "'%s': '**' within a name", c->text);
	if (least_length(s) > ABSTRACT_MAX)
		return WRONG(c, "no socket can have this name", "'%.40s...': a name of more than %u bytes", c->text,
			     ABSTRACT_MAX);
	return true;
}

/* One component with its braces resolved; @whole: it was written like that. */
static bool check_component(struct glob_check *c, const char *s, bool whole)
{
	if (c->kind == PARSE_GLOB_ABSTRACT)
		return check_abstract_name(c, s);
	if (!*s)
		return WRONG(c, "write '/a/b' for the folder itself, '/a/b/**' for it and all below",
			     "'%s': an empty name between or after slashes", c->text);
	if (strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return WRONG(c, "write the path without '.' and '..'", "'%s': the name '%s'", c->text, s);
	if (strstr(s, "**") && (strcmp(s, "**") != 0 || !whole || c->kind == PARSE_GLOB_UNIT))
		for (const char *at = s; *at; at += 1 + (*at == '\\' && at[1]))
			if (at[0] == '*' && at[1] == '*')
				return WRONG(c, "'**' stands alone between slashes; within a name '*' says the same",
					     "'%s': '**' within a name", c->text);
	if (least_length(s) > CORDON_NAME_MAX)
		return WRONG(c, "no file can have this name", "'%.40s...': a name of more than %u bytes", c->text,
			     CORDON_NAME_MAX);
	return c->kind != PARSE_GLOB_UNIT || check_unit(c, s);
}

/* The first of @any in @s outside classes, escapes and braces; or the end. */
static const char *find_plain(const char *s, const char *any)
{
	int depth = 0;

	for (; *s; s++) {
		if (depth == 0 && strchr(any, *s))
			break;
		if (*s == '\\')
			s++;
		else if (*s == '[')
			s = strchr(s + 1 + (s[1] == '!') + 1, ']');
		else
			depth += (*s == '{') - (*s == '}');
	}
	return s;
}

/* Multiplies out the braces of one component. */
static bool check_expansions(struct glob_check *c, const char *component, bool whole, size_t *count)
{
	const char *open = find_plain(component, "{"), *close, *part;
	bool good = true;

	if (!*open) {
		if (++*count * c->expansions > GLOB_EXPANSIONS_MAX)
			return WRONG(c, "write several items", "'%.60s': the braces give more than %u globs", c->text,
				     GLOB_EXPANSIONS_MAX);
		return check_component(c, component, whole);
	}
	close = find_plain(open + 1, "}");
	for (part = open + 1; good; part++) {
		const char *end = find_plain(part, ",}");
		char *text = NULL;

		if (asprintf(&text, "%.*s%.*s%s", (int)(open - component), component, (int)(end - part), part,
			     close + 1) < 0)
			return no_memory(c);
		good = check_expansions(c, text, false, count);
		free(text);
		part = end;
		if (end == close)
			break;
	}
	return good;
}

static bool check_components(struct glob_check *c)
{
	const char *s = c->text + (c->kind == PARSE_GLOB_FILE);
	size_t n = 0;

	c->expansions = 1;
	if (c->kind == PARSE_GLOB_FILE && !*s)
		return true; /* the root itself */
	for (;; s++) {
		const char *end = find_plain(s, "/");
		char *component = strndup(s, (size_t)(end - s));
		size_t count = 0;
		bool good = component ? check_expansions(c, component, true, &count) : no_memory(c);

		free(component);
		if (!good)
			return false;
		c->expansions *= count;
		if (++n > CORDON_DEPTH_MAX)
			return WRONG(c, "no file is that deep", "'%.60s...': more than %u names", c->text,
				     CORDON_DEPTH_MAX);
		s = end;
		if (!*s)
			return true;
	}
}

/* What stands behind POLICY_ABSTRACT: one name, in which '/' is a byte like others. */
static bool check_abstract(struct glob_check *c)
{
	const char *name = c->text + strlen(POLICY_ABSTRACT);
	size_t count = 0;

	if (strncmp(c->text, POLICY_ABSTRACT, strlen(POLICY_ABSTRACT)) != 0)
		return WRONG(c, "write 'unix:@name' for the abstract name; a socket with a path is a file, by its path",
			     "'%s' is no name of a socket", c->text);
	if (!*name)
		return WRONG(c, "write 'unix:@*' for every name", "'%s' names nothing", c->text);
	c->kind = PARSE_GLOB_ABSTRACT;
	c->expansions = 1;
	return check_syntax(c) && check_expansions(c, name, false, &count);
}

static bool check_glob(struct glob_check *c)
{
	if (c->kind == PARSE_GLOB_OBJECT && !strncmp(c->text, "unix:", strlen("unix:")))
		return check_abstract(c);
	if (c->kind == PARSE_GLOB_OBJECT)
		c->kind = PARSE_GLOB_FILE;
	if (strlen(c->text) > GLOB_TEXT_MAX)
		return WRONG(c, "no path is that long", "a glob of more than %u bytes", GLOB_TEXT_MAX);
	if (c->kind == PARSE_GLOB_UNIT && c->text[0] == '/')
		c->kind = PARSE_GLOB_FILE; /* a path of the cgroup hierarchy */
	if (c->kind == PARSE_GLOB_FILE && c->text[0] != '/')
		return WRONG(c, "a path begins with '/'", "'%s' is not an absolute path", c->text);
	if (c->kind == PARSE_GLOB_UNIT && strchr(c->text, '/'))
		return WRONG(c, "a path of the cgroup hierarchy begins with '/'; the name of a unit has none",
			     "'%s' is neither a unit nor an absolute path", c->text);
	return check_syntax(c) && check_components(c);
}

void parse_globs(struct parser *p, struct yaml_node *node, const char *what, enum parse_glob_kind kind,
		 struct policy_globs *globs)
{
	struct parse_items items;
	struct policy_glob *item;

	if (!node || !parse_items(p, node, what, false, &items))
		return;
	item = arena_new_n(p->arena, items.n, struct policy_glob);
	if (!item)
		return;
	for (size_t i = 0; i < items.n; i++) {
		struct glob_check c = { .p = p, .node = items.item[i], .kind = kind };

		c.text = parse_text(p, c.node, what);
		if (c.text && check_glob(&c))
			item[globs->n++] = (struct policy_glob){ .text = c.text, .pos = parse_pos(p, c.node) };
	}
	globs->item = item;
}
