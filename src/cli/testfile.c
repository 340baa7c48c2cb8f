/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * testfile: YAML -> cases (testfile.h), by the same strict readers as a policy.
 */
#include "cli/testfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/hostname.h"
#include "policy/parse.h"
#include "policy/value.h"
#include "policy/yaml.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MEMORY_MAX   (256u << 20)

struct reader {
	struct parser p;
	struct testfile *file;
	const struct mount_table *mounts;
	size_t cap;
};

static const char *const expectations[] = { "allow", "deny", "would-deny" };

const char *testfile_expect_name(enum testfile_expect expect)
{
	return expectations[expect];
}

void testfile_free(struct testfile *file)
{
	if (!file)
		return;
	arena_done(&file->arena);
	hosts_done(&file->hosts);
	free(file);
}

/* ---- who -------------------------------------------------------------------------------------- */

/* The words of a list, as request_who wants them. */
static const char *join(struct reader *r, struct yaml_node *node, const char *what)
{
	const char *joined = NULL, *text;
	struct parse_items items;

	if (!parse_items(&r->p, node, what, true, &items))
		return NULL;
	for (size_t i = 0; i < items.n; i++) {
		text = parse_text(&r->p, items.item[i], what);
		if (text)
			joined = joined ? arena_printf(r->p.arena, "%s,%s", joined, text) : text;
	}
	return joined;
}

static bool read_who(struct reader *r, struct yaml_node *node, struct request *request)
{
	enum { USER, GROUPS, SERVICE, PROGRAM, REAL_USER, LOGIN, SESSION, ANCESTORS, KEYS };
	static const struct parse_key keys[KEYS] = { { "user", true },	    { "groups", false }, { "service", false }, { "program", false },
						     { "real-user", false }, { "login", false },  { "session", false },
						     { "ancestors", false } };
	struct yaml_node *values[KEYS];
	struct request_who who = { 0 };
	size_t before = r->p.errors;
	const char *wrong;

	if (!parse_mapping(&r->p, node, "'as'", keys, KEYS, values))
		return false;
	if (values[USER])
		who.user = parse_text(&r->p, values[USER], "user");
	if (values[GROUPS])
		who.groups = join(r, values[GROUPS], "groups");
	if (values[SERVICE])
		who.service = parse_text(&r->p, values[SERVICE], "service");
	if (values[PROGRAM])
		who.program = parse_text(&r->p, values[PROGRAM], "program");
	if (values[REAL_USER])
		who.real_user = parse_text(&r->p, values[REAL_USER], "real-user");
	if (values[LOGIN])
		who.login = parse_text(&r->p, values[LOGIN], "login");
	if (values[SESSION])
		who.session = parse_text(&r->p, values[SESSION], "session");
	if (values[ANCESTORS])
		who.ancestors = join(r, values[ANCESTORS], "ancestors");
	if (r->p.errors > before)
		return false;
	wrong = request_set_who(request, r->p.arena, r->mounts, &who);
	if (wrong)
		parse_error(&r->p, node, "%s", wrong);
	return !wrong;
}

/* ---- what ------------------------------------------------------------------------------------- */

/* One more request of the case: the subject of the first with another object. */
static void add_request(struct reader *r, struct testfile_case *test, const struct yaml_node *node, const char *verb,
			const char *object, const char *protocol)
{
	const struct request_verb *found = request_verb_find(verb);
	struct request *request = &test->requests[test->n];
	const char *wrong;

	*request = test->requests[0];
	wrong = found ? request_set_what(request, r->p.arena, r->mounts, found, object, protocol) : "no such request";
	if (wrong)
		parse_error(&r->p, node, "%s", wrong);
	test->n++;
}

static void unknown_operation(struct reader *r, const struct yaml_node *node, const char *word)
{
	struct suggestion suggestion = { .word = word };

	for (const struct request_verb *verb = request_verbs; verb->name; verb++)
		if (verb->kind == REQUEST_PATH)
			suggest_offer(&suggestion, verb->name);
	if (suggestion.best)
		parse_error(&r->p, node, "a file is not opened for '%s': did you mean '%s'?", word, suggestion.best);
	else
		parse_error(&r->p, node, "a file is not opened for '%s'", word);
}

static void read_open(struct reader *r, struct testfile_case *test, struct yaml_node *open, struct yaml_node *what)
{
	const char *path = parse_text(&r->p, open, "open");
	struct parse_items items;

	if (!what) {
		parse_error(&r->p, open, "'open' wants 'for'");
		parse_hint(&r->p, "write 'for: read', or 'for: [read, write]'");
		return;
	}
	if (!path || !parse_items(&r->p, what, "for", true, &items))
		return;
	test->requests = arena_grow(r->p.arena, test->requests, items.n, &(size_t){ 1 }, sizeof(*test->requests));
	for (size_t i = 0; test->requests && i < items.n; i++) {
		const char *word = parse_text(&r->p, items.item[i], "for");
		const struct request_verb *verb = word ? request_verb_find(word) : NULL;

		if (verb && verb->kind == REQUEST_PATH)
			add_request(r, test, open, word, path, NULL);
		else if (word)
			unknown_operation(r, items.item[i], word);
	}
}

static void read_socket(struct reader *r, struct testfile_case *test, struct yaml_node *node)
{
	enum { FAMILY, TYPE, PROTOCOL, KEYS };
	static const struct parse_key keys[KEYS] = { { "family", true }, { "type", false }, { "protocol", false } };
	struct yaml_node *values[KEYS];
	const char *word[KEYS] = { NULL, "stream", "0" };
	size_t before = r->p.errors;

	if (!parse_mapping(&r->p, node, "'socket'", keys, KEYS, values))
		return;
	for (size_t i = 0; i < KEYS; i++)
		if (values[i])
			word[i] = parse_text(&r->p, values[i], keys[i].name);
	if (r->p.errors == before)
		add_request(r, test, node, "socket",
			    arena_printf(r->p.arena, "%s/%s/%s", word[FAMILY], word[TYPE], word[PROTOCOL]), NULL);
}

static enum testfile_expect read_expect(struct reader *r, const struct yaml_node *node)
{
	const char *word = parse_text(&r->p, node, "expect");
	struct suggestion suggestion = { .word = word };

	if (!word)
		return TESTFILE_ALLOW;
	for (size_t i = 0; i < COUNT(expectations); i++) {
		if (strcmp(word, expectations[i]) == 0)
			return (enum testfile_expect)i;
		suggest_offer(&suggestion, expectations[i]);
	}
	parse_error(&r->p, node, "expect: unknown '%s'", word);
	parse_hint(&r->p, "expect is allow, deny or would-deny");
	return TESTFILE_ALLOW;
}

/* ---- cases ------------------------------------------------------------------------------------ */

static struct testfile_case *new_case(struct reader *r, const struct yaml_node *node)
{
	struct testfile *file = r->file;

	file->cases = arena_grow(r->p.arena, file->cases, file->n, &r->cap, sizeof(*file->cases));
	if (!file->cases)
		return NULL;
	file->cases[file->n] = (struct testfile_case){ .name = "?", .line = node->line, .column = node->column,
						       .requests = arena_new(r->p.arena, struct request) };
	return file->cases[file->n].requests ? &file->cases[file->n++] : NULL;
}

static void read_case(struct reader *r, struct yaml_node *node)
{
	enum { NAME, AS, OPEN, FOR, CONNECT, BIND, ACCEPT, USE, OPERATE, PROTOCOL, SOCKET, EXPECT, RULE, KEYS };
	static const struct parse_key keys[KEYS] = {
		{ "name", true }, { "as", true }, { "open", false }, { "for", false }, { "connect", false }, { "bind", false },
		{ "accept", false }, { "use", false }, { "operate", false }, { "protocol", false }, { "socket", false }, { "expect", true }, { "rule", false },
	};
	struct testfile_case *test = new_case(r, node);
	struct yaml_node *values[KEYS];
	const char *text;

	if (!test || !parse_mapping(&r->p, node, "a test", keys, KEYS, values))
		return;
	if (values[NAME])
		test->name = parse_text(&r->p, values[NAME], "name");
	if (values[EXPECT])
		test->expect = read_expect(r, values[EXPECT]);
	if (values[RULE])
		test->rule = parse_text(&r->p, values[RULE], "rule");
	if (!values[AS] || !read_who(r, values[AS], test->requests))
		return;
	if (!!values[OPEN] + !!values[CONNECT] + !!values[BIND] + !!values[ACCEPT] + !!values[USE] + !!values[OPERATE] + !!values[SOCKET] != 1) {
		parse_error(&r->p, node, "a test asks one thing: exactly one of open, connect, bind, accept, socket, use, operate");
		return;
	}
	if (values[FOR] && !values[OPEN])
		parse_error(&r->p, values[FOR]->key, "'for' belongs to 'open'");
	if (values[PROTOCOL] && (values[OPEN] || values[SOCKET] || values[USE] || values[OPERATE]))
		parse_error(&r->p, values[PROTOCOL]->key, "'protocol' belongs to 'connect', 'bind' or 'accept'");
	if (values[OPEN])
		read_open(r, test, values[OPEN], values[FOR]);
	for (int key = CONNECT; key <= OPERATE; key++)
		if (values[key] && (text = parse_text(&r->p, values[key], keys[key].name)))
			add_request(r, test, values[key], keys[key].name, text,
				    values[PROTOCOL] ? parse_text(&r->p, values[PROTOCOL], "protocol") : NULL);
	if (values[SOCKET])
		read_socket(r, test, values[SOCKET]);
}

static void read_policies(struct reader *r, struct yaml_node *node)
{
	const char *slash = strrchr(r->file->name, '/'), *text;
	struct parse_items items;

	if (!parse_items(&r->p, node, "policies", true, &items))
		return;
	r->file->policies = arena_new_n(r->p.arena, items.n, const char *);
	for (size_t i = 0; r->file->policies && i < items.n; i++) {
		text = parse_text(&r->p, items.item[i], "a policy");
		if (text && *text != '/' && slash)
			text = arena_printf(r->p.arena, "%.*s/%s", (int)(slash - r->file->name), r->file->name, text);
		if (text)
			r->file->policies[r->file->npolicies++] = text;
	}
}

/* A name that is known to hold nothing may have an empty list. */
static void read_host(struct reader *r, struct yaml_node *node)
{
	const char *name = node->key->text;
	enum hostname_fault fault = hostname_fault(name);
	struct host *host = fault ? NULL : hosts_add(&r->file->hosts, hostname_plain(r->p.arena, name));

	if (!host) {
		parse_error(&r->p, node->key, fault ? hostname_what(fault) : "no room for the host name '%s'", name);
		parse_hint(&r->p, "%s", fault ? hostname_mend(fault) : "use fewer");
		return;
	}
	host->known = true;
	if (node->kind != YAML_LIST) {
		parse_error(&r->p, node, "hosts: expected a list of addresses, got %s", parse_kind(node));
		return;
	}
	for (struct yaml_node *item = node->first; item; item = item->next) {
		const char *text = parse_text(&r->p, item, "an address");
		struct value_net net;

		if (text && (value_net(text, &net) != VALUE_NET_OK || net.bits != 128))
			parse_error(&r->p, item, "'%s' is no address", text);
		else if (text && !host_put(host, net.addr, HOSTS_HELD, 0))
			parse_error(&r->p, item, "too many addresses");
	}
}

static void read_hosts(struct reader *r, struct yaml_node *node)
{
	if (node->kind != YAML_MAPPING) {
		parse_error(&r->p, node, "hosts: expected a mapping of names to lists of addresses, got %s", parse_kind(node));
		return;
	}
	for (struct yaml_node *item = node->first; item; item = item->next)
		read_host(r, item);
}

static void read_constant(struct reader *r, const struct yaml_node *node, const char *what, const char *wanted)
{
	const char *text = node ? parse_text(&r->p, node, what) : NULL;

	if (!text || strcmp(text, wanted) == 0)
		return;
	parse_error(&r->p, node, "%s: expected '%s', got '%s'", what, wanted, text);
}

static void read_root(struct reader *r, struct yaml_node *root)
{
	enum { VERSION, KIND, POLICIES, HOSTS, TESTS, KEYS };
	static const struct parse_key keys[KEYS] = { { "apiVersion", true }, { "kind", true }, { "policies", false }, { "hosts", false }, { "tests", true } };
	struct yaml_node *values[KEYS];

	if (!parse_mapping(&r->p, root, "a test file", keys, KEYS, values))
		return;
	read_constant(r, values[VERSION], "apiVersion", "cordon/v1");
	read_constant(r, values[KIND], "kind", "Test");
	if (values[POLICIES])
		read_policies(r, values[POLICIES]);
	if (values[HOSTS])
		read_hosts(r, values[HOSTS]);
	if (!values[TESTS])
		return;
	if (values[TESTS]->kind != YAML_LIST || !values[TESTS]->n) {
		parse_error(&r->p, values[TESTS], "tests: expected a list with tests, got %s", parse_kind(values[TESTS]));
		return;
	}
	for (struct yaml_node *test = values[TESTS]->first; test; test = test->next)
		read_case(r, test);
}

int testfile_parse(const char *name, const char *text, size_t size, const struct mount_table *mounts,
		   struct testfile **ret_file, struct diag *diag)
{
	struct testfile *file = calloc(1, sizeof(*file));
	struct yaml_node *root;
	struct reader r;
	int err;

	if (!file)
		return diag_fail(diag, -ENOMEM, DIAG_AT(.file = name), "no memory");
	arena_init(&file->arena, MEMORY_MAX);
	file->name = name;
	r = (struct reader){ .p = { .arena = &file->arena, .resolver = &resolver_system, .diag = diag, .file = name },
			     .file = file, .mounts = mounts };
	err = yaml_parse(&file->arena, name, text, size, &root, diag);
	if (!err) {
		read_root(&r, root);
		err = r.p.errors ? -EINVAL : 0;
	}
	if (!err && file->arena.exhausted)
		err = diag_fail(diag, -ENOMEM, DIAG_AT(.file = name), "no memory");
	if (err) {
		testfile_free(file);
		return err;
	}
	*ret_file = file;
	return 0;
}
