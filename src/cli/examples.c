/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * examples: rules -> requests (examples.h).
 */
#include "cli/examples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/pattern.h"
#include "policy/value.h"

#define ITEMS_MAX    64u  /* looked at, of one list: its first ones and its last */
#define PATTERNS_MAX 8u   /* of one glob with braces */
#define MEMORY_MAX   (512u << 20)
#define SOMEBODY     "54321" /* a user that policies are not likely to name */

void examples_init(struct examples *e, const struct mount_table *mounts)
{
	*e = (struct examples){ .mounts = mounts };
	arena_init(&e->arena, MEMORY_MAX);
}

void examples_done(struct examples *e)
{
	arena_done(&e->arena);
}

/* Which items of a list of n are looked at. */
static bool chosen(size_t i, size_t n)
{
	return i < ITEMS_MAX - 1 || i == n - 1;
}

/* ---- paths that fit a glob -------------------------------------------------------------------- */

static char byte_of(const struct pattern_token *token)
{
	static const char likely[] = "xabcdefghijklmnopqrstuvwyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_-.";

	for (const char *c = likely; *c; c++)
		if (token_has(token, (unsigned char)*c))
			return *c;
	for (unsigned byte = 1; byte < 256; byte++)
		if (byte != '/' && token_has(token, (unsigned char)byte))
			return (char)byte;
	return 'x';
}

/* `deep`: repeated components once instead of not at all. */
static const char *path_of(struct arena *arena, const struct pattern *pattern, bool deep)
{
	struct buf path = BUF_INIT;
	const char *copy;

	for (size_t i = 0; i < pattern->n; i++) {
		const struct pattern_component *component = &pattern->components[i];

		if (component->repeat && (!deep || component->kind != PATTERN_ANY))
			continue;
		buf_putc(&path, '/');
		if (component->kind == PATTERN_LITERAL)
			buf_add(&path, component->text, component->len);
		for (size_t t = 0; component->kind == PATTERN_GLOB && t < component->ntokens; t++)
			buf_putc(&path, byte_of(&component->tokens[t]));
		if (component->kind == PATTERN_ANY)
			buf_putc(&path, 'x');
	}
	copy = arena_strdup(arena, path.len ? buf_str(&path) : "/");
	buf_done(&path);
	return copy;
}

struct paths {
	const char *item[4 * PATTERNS_MAX];
	size_t n;
};

static void paths_of(struct arena *arena, const struct policy_glob *glob, bool unit, struct paths *ret_paths)
{
	struct pattern *patterns = NULL;
	struct paths paths = { 0 };
	size_t n = 0;
	int err = unit ? pattern_from_unit(arena, glob->text, &patterns, &n) : pattern_from_glob(arena, glob->text, &patterns, &n);

	for (size_t i = 0; !err && i < n && i < PATTERNS_MAX; i++) {
		const char *flat = path_of(arena, &patterns[i], false), *deep = path_of(arena, &patterns[i], true);

		if (!flat || !deep)
			break;
		paths.item[paths.n++] = flat;
		if (strcmp(flat, deep) != 0)
			paths.item[paths.n++] = deep;
		paths.item[paths.n++] = arena_printf(arena, "%s%s", strcmp(flat, "/") ? flat : "", "-x"); /* just not */
		paths.item[paths.n++] = arena_printf(arena, "%s/x/y", strcmp(flat, "/") ? flat : "");
	}
	*ret_paths = paths;
}

/* ---- subjects --------------------------------------------------------------------------------- */

static void add_subject(struct examples *e, const struct request_who *who)
{
	struct request *subjects = arena_grow(&e->arena, e->subjects, e->nsubjects, &e->subjects_cap, sizeof(*e->subjects));

	if (!subjects)
		return;
	e->subjects = subjects;
	subjects[e->nsubjects] = (struct request){ 0 };
	/* A path on nothing that is mounted, a user with a thousand groups: no example. */
	if (!request_set_who(&subjects[e->nsubjects], &e->arena, e->mounts, who))
		e->nsubjects++;
}

/* `base` with one of its texts, at `member`, replaced. */
static void vary(struct examples *e, const struct request_who *base, size_t member, const char *text)
{
	struct request_who who = *base;

	if (!text)
		return;
	memcpy((char *)&who + member, &text, sizeof(text));
	add_subject(e, &who);
}

static const char *number_text(struct examples *e, uint32_t number)
{
	return arena_printf(&e->arena, "%u", number);
}

static void vary_ranges(struct examples *e, const struct request_who *base, size_t member, const struct policy_ranges *ranges)
{
	for (size_t i = 0; i < ranges->n; i++) {
		const struct policy_range *range = &ranges->item[i];

		if (!chosen(i, ranges->n))
			continue;
		vary(e, base, member, number_text(e, range->first));
		if (range->last != range->first)
			vary(e, base, member, number_text(e, range->last));
		if (range->first)
			vary(e, base, member, number_text(e, range->first - 1));
		if (range->last < UINT32_MAX - 1)
			vary(e, base, member, number_text(e, range->last + 1));
	}
}

/* A unit without globs is best told by its name: it then stands where it usually does. */
static bool is_plain_unit(const char *text)
{
	return *text != '/' && !strpbrk(text, "*?[{\\");
}

static void vary_globs(struct examples *e, const struct request_who *base, size_t member, const struct policy_globs *globs)
{
	bool unit = member == offsetof(struct request_who, service);
	struct paths paths;

	for (size_t i = 0; i < globs->n; i++) {
		if (!chosen(i, globs->n))
			continue;
		if (unit && is_plain_unit(globs->item[i].text)) {
			vary(e, base, member, globs->item[i].text);
			continue;
		}
		paths_of(&e->arena, &globs->item[i], unit, &paths);
		for (size_t p = 0; p < paths.n; p++)
			vary(e, base, member, paths.item[p]);
	}
}

static const char *first_of(struct examples *e, const struct policy_globs *globs, bool unit)
{
	struct paths paths;

	if (!globs->n)
		return NULL;
	if (unit && is_plain_unit(globs->item[0].text))
		return globs->item[0].text;
	paths_of(&e->arena, &globs->item[0], unit, &paths);
	return paths.n ? paths.item[0] : NULL;
}

static const char *login_text(struct examples *e, uint32_t login)
{
	return login == CORDON_LOGIN_UNSET ? "unset" : number_text(e, login);
}

static void add_subjects(struct examples *e, const struct policy_rule *rule)
{
	const struct policy_who *who = &rule->who, *except = &rule->who_except;
	static const char *const sessions[] = { "ssh", "console", "service", "other", "unknown" };
	const size_t real = offsetof(struct request_who, real_user), login = offsetof(struct request_who, login),
		     ancestors = offsetof(struct request_who, ancestors);
	const size_t user = offsetof(struct request_who, user), groups = offsetof(struct request_who, groups),
		     service = offsetof(struct request_who, service), program = offsetof(struct request_who, program);
	struct request_who base = {
		.user = who->users.n ? number_text(e, who->users.item[0].first) : SOMEBODY,
		.groups = who->groups.n ? number_text(e, who->groups.item[0].first) : NULL,
		.service = first_of(e, &who->services, true),
		.program = first_of(e, &who->programs, false),
		.real_user = who->real_users.n ? number_text(e, who->real_users.item[0].first) : NULL,
		.login = who->logins.n ? login_text(e, who->logins.item[0].first) : NULL,
		.ancestors = first_of(e, &who->ancestors, false),
	};

	add_subject(e, &base);
	vary_ranges(e, &base, user, &who->users);
	vary_ranges(e, &base, user, &except->users);
	vary_ranges(e, &base, groups, &who->groups);
	vary_ranges(e, &base, groups, &except->groups);
	vary_ranges(e, &base, real, &who->real_users);
	vary_ranges(e, &base, real, &except->real_users);
	vary_ranges(e, &base, login, &who->logins);
	vary_ranges(e, &base, login, &except->logins);
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]) && (who->sessions.n || except->sessions.n); i++)
		vary(e, &base, offsetof(struct request_who, session), sessions[i]);
	vary_globs(e, &base, ancestors, &who->ancestors);
	vary_globs(e, &base, ancestors, &except->ancestors);
	vary_globs(e, &base, service, &who->services);
	vary_globs(e, &base, service, &except->services);
	vary_globs(e, &base, program, &who->programs);
	vary_globs(e, &base, program, &except->programs);
	if (base.service)
		vary(e, &base, service, "/other.slice");
	if (base.program)
		vary(e, &base, program, REQUEST_PROGRAM);
}

/* ---- objects ---------------------------------------------------------------------------------- */

static void add_object(struct examples *e, const struct request_verb *verb, const char *object, const char *protocol)
{
	struct request *objects = arena_grow(&e->arena, e->objects, e->nobjects, &e->objects_cap, sizeof(*e->objects));

	if (!objects)
		return;
	e->objects = objects;
	objects[e->nobjects] = (struct request){ 0 };
	if (object && !request_set_what(&objects[e->nobjects], &e->arena, e->mounts, verb, object, protocol))
		e->nobjects++;
}

static void add_files(struct examples *e, const struct request_verb *verb, const struct policy_globs *globs)
{
	struct paths paths;

	for (size_t i = 0; i < globs->n; i++) {
		if (!chosen(i, globs->n))
			continue;
		paths_of(&e->arena, &globs->item[i], false, &paths);
		for (size_t p = 0; p < paths.n; p++)
			add_object(e, verb, paths.item[p], NULL);
	}
}

static const uint8_t documentation_v4[16] = { [10] = 0xff, [11] = 0xff, 203, 0, 113, 9 };
static const uint8_t documentation_v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 };

/* The address `step` (-1, 1) away; false when there is none. */
static bool address_beside(uint8_t addr[16], int step)
{
	for (int i = 15; i >= 0; i--) {
		int byte = addr[i] + step;

		addr[i] = (uint8_t)byte;
		if (byte == (uint8_t)byte)
			return true;
	}
	return false;
}

static void add_endpoint(struct examples *e, const struct request_verb *verb, const uint8_t addr[16], uint32_t port,
			 uint32_t protocol)
{
	struct request *objects = arena_grow(&e->arena, e->objects, e->nobjects, &e->objects_cap, sizeof(*e->objects));
	struct request *object;

	if (!objects || port > UINT16_MAX || protocol > UINT16_MAX)
		return;
	e->objects = objects;
	object = &objects[e->nobjects];
	*object = (struct request){ .verb = verb, .object = { .op = verb->op, .ipproto = (uint16_t)protocol } };
	memcpy(object->object.addr, addr, sizeof(object->object.addr));
	object->object.port = value_protocol_has_ports(protocol) ? (uint16_t)port : 0;
	object->target = request_endpoint_text(&e->arena, addr, object->object.port, (uint16_t)protocol);
	e->nobjects += object->target != NULL;
}

static void add_ports(struct examples *e, const struct request_verb *verb, const uint8_t addr[16],
		      const struct policy_destination *to)
{
	uint32_t protocol = to->protocols.n ? to->protocols.item[0].first : 6; /* tcp */

	for (size_t i = 0; i < to->ports.n && i < 4; i++) {
		add_endpoint(e, verb, addr, to->ports.item[i].first, protocol);
		add_endpoint(e, verb, addr, to->ports.item[i].last, protocol);
		add_endpoint(e, verb, addr, to->ports.item[i].first - 1, protocol);
		add_endpoint(e, verb, addr, to->ports.item[i].last + 1, protocol);
		add_endpoint(e, verb, addr, to->ports.item[i].first, protocol == 6 ? 17 : 6);
	}
	if (!to->ports.n) {
		add_endpoint(e, verb, addr, 443, protocol);
		add_endpoint(e, verb, addr, 443, protocol == 6 ? 17 : 6);
	}
}

static void add_destinations(struct examples *e, const struct request_verb *verb, const struct policy_destinations *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct policy_destination *to = &list->item[i];
		uint8_t first[16], last[16];

		if (!chosen(i, list->n) || to->nowhere)
			continue;
		memcpy(first, to->addr, sizeof(first));
		memcpy(last, to->addr, sizeof(last));
		for (unsigned bit = to->bits; bit < 128; bit++)
			last[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		if (!to->bits) { /* any: one of each family */
			memcpy(first, documentation_v4, sizeof(first));
			memcpy(last, documentation_v6, sizeof(last));
		}
		add_ports(e, verb, first, to);
		add_ports(e, verb, last, to);
		if (to->bits && address_beside(first, -1))
			add_ports(e, verb, first, to);
		if (to->bits && address_beside(last, 1))
			add_ports(e, verb, last, to);
	}
}

static void add_sockets(struct examples *e, const struct request_verb *verb, const struct policy_sockets *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct policy_socket *socket = &list->item[i];

		if (chosen(i, list->n))
			add_object(e, verb,
				   arena_printf(&e->arena, "%d/%d/%d", socket->family == POLICY_ANY ? 2 : socket->family,
						socket->type == POLICY_ANY ? 1 : socket->type,
						socket->protocol == POLICY_ANY ? 0 : socket->protocol),
				   NULL);
	}
}

static void add_words(struct examples *e, const struct request_verb *verb, const struct policy_ranges *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!chosen(i, list->n))
			continue;
		add_object(e, verb, number_text(e, list->item[i].first), NULL);
		add_object(e, verb, number_text(e, list->item[i].last), NULL);
		add_object(e, verb, number_text(e, list->item[i].last + 1), NULL);
	}
	add_object(e, verb, "0", NULL);
}

/* What every policy is asked of an operation that it has rules for. */
static void add_common(struct examples *e, const struct request_verb *verb)
{
	static const char *const paths[] = { "/", "/etc/hostname", "/home/x/x", "/tmp/x", "?" };
	static const char *const endpoints[] = { "203.0.113.9:443", "127.0.0.1:53", "[2001:db8::9]:443", "?" };
	static const char *const sockets[] = { "unix", "netlink/raw/0", "inet/stream/tcp", "inet/dgram/udp", "inet/stream/mptcp",
					       "inet6/stream/0", "packet/raw/0", "vsock/stream/0" };

	for (size_t i = 0; verb->kind == REQUEST_PATH && i < sizeof(paths) / sizeof(paths[0]); i++)
		add_object(e, verb, paths[i], NULL);
	for (size_t i = 0; verb->kind == REQUEST_ENDPOINT && i < sizeof(endpoints) / sizeof(endpoints[0]); i++)
		add_object(e, verb, endpoints[i], NULL);
	for (size_t i = 0; verb->kind == REQUEST_SOCKET && i < sizeof(sockets) / sizeof(sockets[0]); i++)
		add_object(e, verb, sockets[i], NULL);
}

static void add_objects(struct examples *e, const struct policy_rule *rule)
{
	/* A permit to reach closes sockets, too. */
	uint32_t ops = rule->ops | (rule->ops >> CORDON_OP_REACH & 1) << CORDON_OP_SOCKET;

	for (const struct request_verb *verb = request_verbs; verb->name; verb++) {
		if (!(ops >> verb->op & 1))
			continue;
		add_common(e, verb);
		if (verb->kind == REQUEST_PATH || verb->kind == REQUEST_UNIX) {
			add_files(e, verb, &rule->files);
			add_files(e, verb, &rule->files_except);
		} else if (verb->kind == REQUEST_ENDPOINT) {
			add_destinations(e, verb, &rule->to);
			add_destinations(e, verb, &rule->to_except);
			add_destinations(e, verb, &rule->at);
			add_destinations(e, verb, &rule->at_except);
			add_destinations(e, verb, &rule->from);
			add_destinations(e, verb, &rule->from_except);
		} else if (verb->kind == REQUEST_SOCKET) {
			add_sockets(e, verb, &rule->sockets);
		} else if (verb->kind == REQUEST_WORD) {
			add_words(e, verb, verb->op == CORDON_OP_KERNEL ? &rule->operations : &rule->capabilities);
		}
	}
}

int examples_add(struct examples *e, const struct policy *policy)
{
	add_subject(e, &(struct request_who){ .user = SOMEBODY });
	add_subject(e, &(struct request_who){ .user = "0", .service = "/system.slice/x.service" });
	for (size_t i = 0; i < policy->nrules; i++) {
		struct examples_span span = { .first_subject = e->nsubjects, .first_object = e->nobjects };

		add_subjects(e, &policy->rules[i]);
		add_objects(e, &policy->rules[i]);
		span.last_subject = e->nsubjects;
		span.last_object = e->nobjects;
		e->spans = arena_grow(&e->arena, e->spans, e->nspans, &e->spans_cap, sizeof(*e->spans));
		if (!e->spans)
			return -ENOMEM;
		e->spans[e->nspans++] = span;
	}
	return e->arena.exhausted ? -ENOMEM : 0;
}

/* ---- each once -------------------------------------------------------------------------------- */

static int compare_subjects(const void *a, const void *b)
{
	const struct image_subject *x = &((const struct request *)a)->subject, *y = &((const struct request *)b)->subject;
	int order = x->uid < y->uid ? -1 : x->uid > y->uid;

	if (!order)
		order = x->ngids < y->ngids ? -1 : x->ngids > y->ngids;
	if (!order)
		order = memcmp(x->gids, y->gids, x->ngids * sizeof(*x->gids));
	if (!order)
		order = strcmp(x->cgroup, y->cgroup);
	if (!order)
		order = x->real_uid < y->real_uid ? -1 : x->real_uid > y->real_uid;
	if (!order)
		order = x->login < y->login ? -1 : x->login > y->login;
	if (!order)
		order = x->session < y->session ? -1 : x->session > y->session;
	if (!order && (x->nancestors || y->nancestors))
		order = x->nancestors && y->nancestors ? strcmp(x->ancestors[0].path, y->ancestors[0].path) :
							 (int)x->nancestors - (int)y->nancestors;
	return order ? order : strcmp(((const struct request *)a)->program, ((const struct request *)b)->program);
}

static int compare_objects(const void *a, const void *b)
{
	const struct request *x = a, *y = b;

	if (x->verb != y->verb)
		return x->verb < y->verb ? -1 : 1;
	return strcmp(x->target, y->target);
}

static size_t unique(struct request *list, size_t n, int (*compare)(const void *a, const void *b))
{
	size_t kept = 0;

	if (n)
		qsort(list, n, sizeof(*list), compare);
	for (size_t i = 0; i < n; i++)
		if (!kept || compare(&list[kept - 1], &list[i]) != 0)
			list[kept++] = list[i];
	return kept;
}

void examples_tidy(struct examples *e)
{
	e->nspans = 0;
	e->nsubjects = unique(e->subjects, e->nsubjects, compare_subjects);
	e->nobjects = unique(e->objects, e->nobjects, compare_objects);
}
