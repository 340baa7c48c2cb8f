/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * request: words -> subject and object (request.h).
 */
#include "cli/request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/spelling.h"
#include "policy/resolver.h"
#include "policy/value.h"

const struct request_verb request_verbs[] = {
	{ "read", CORDON_OP_READ, REQUEST_PATH },
	{ "write", CORDON_OP_WRITE, REQUEST_PATH },
	{ "append", CORDON_OP_APPEND, REQUEST_PATH },
	{ "exec", CORDON_OP_EXEC, REQUEST_PATH },
	{ "create", CORDON_OP_CREATE, REQUEST_PATH },
	{ "delete", CORDON_OP_DELETE, REQUEST_PATH },
	{ "attributes", CORDON_OP_ATTRIBUTES, REQUEST_PATH },
	{ "connect", CORDON_OP_REACH, REQUEST_ENDPOINT },
	{ "connect", CORDON_OP_CONNECT, REQUEST_UNIX },
	{ "bind", CORDON_OP_BIND, REQUEST_ENDPOINT },
	{ "accept", CORDON_OP_ACCEPT, REQUEST_ENDPOINT },
	{ "socket", CORDON_OP_SOCKET, REQUEST_SOCKET },
	{ "use", CORDON_OP_CAPABILITY, REQUEST_WORD },
	{ "operate", CORDON_OP_KERNEL, REQUEST_WORD },
	{ 0 },
};

static const char *const sessions[CORDON_SESSION_COUNT] = {
	[CORDON_SESSION_OTHER] = "other",     [CORDON_SESSION_SERVICE] = "service", [CORDON_SESSION_CONSOLE] = "console",
	[CORDON_SESSION_SSH] = "ssh",	      [CORDON_SESSION_UNKNOWN] = "unknown",
};

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
#define ANCESTORS_MAX 64u
#define UNIX_PREFIX   "unix:"

static const char no_memory[] = "no memory";

const struct request_verb *request_verb_find(const char *name)
{
	for (const struct request_verb *verb = request_verbs; verb->name; verb++)
		if (strcmp(verb->name, name) == 0)
			return verb;
	return NULL;
}

/* ---- places ----------------------------------------------------------------------------------- */

bool request_place(struct arena *arena, const struct mount_table *mounts, const char *path, uint32_t *ret_dev,
		   const char **ret_inside)
{
	const char *left = "", *inside;
	const struct mount *best = mount_table_find(mounts, path, &left);

	if (!best)
		return false;
	inside = arena_printf(arena, "%s%s", strcmp(best->root, "/") ? best->root : "", left);
	if (!inside)
		return false;
	*ret_dev = best->dev;
	*ret_inside = *inside ? inside : "/";
	return true;
}

/* Without "//", "/." and a '/' at the end; NULL: it is not absolute, or holds "..", which means nothing where nothing is. */
static char *tidy(struct arena *arena, const char *path)
{
	char *out = arena_alloc(arena, strlen(path) + 2), *at = out;

	if (!out || *path != '/')
		return NULL;
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && path[0] == '.' && path[1] == '.')
			return NULL;
		if (length && !(length == 1 && *path == '.')) {
			*at++ = '/';
			memcpy(at, path, length);
			at += length;
		}
		path += length + (path[length] == '/');
	}
	if (at == out)
		*at++ = '/';
	*at = '\0';
	return out;
}

/* Symlinks are followed as far as the path exists; what does not exist stays as it was written. */
static const char *resolve(struct arena *arena, const char *path)
{
	char full[PATH_MAX], *whole, *head;

	if (realpath(path, full))
		return arena_strdup(arena, full);
	whole = tidy(arena, path);
	head = whole ? arena_strdup(arena, whole) : NULL;
	if (!head)
		return NULL;
	for (char *slash = strrchr(head, '/'); slash > head; slash = strrchr(head, '/')) {
		*slash = '\0';
		if (realpath(head, full))
			return arena_printf(arena, "%s%s", strcmp(full, "/") ? full : "", whole + (slash - head));
	}
	return whole;
}

static const char *find_place(struct arena *arena, const struct mount_table *mounts, const char *text, const char **ret_seen,
			      uint32_t *ret_dev, const char **ret_inside, uint32_t *ret_unsure)
{
	const char *seen = *text == '/' ? resolve(arena, text) : NULL;

	if (!seen)
		return arena_printf(arena, "'%s' is no absolute path", text);
	if (!request_place(arena, mounts, seen, ret_dev, ret_inside))
		return arena_printf(arena, "nothing is mounted at '%s'", seen);
	*ret_seen = seen;
	*ret_unsure = spelling_unsure(mounts, seen);
	return NULL;
}

/* ---- who -------------------------------------------------------------------------------------- */

/* A name or a number. */
static const char *find_id(struct arena *arena, const char *what, const char *text,
			   int (*look_up)(void *context, const char *name, uint32_t *ret_id), uint32_t *ret_id)
{
	if (value_number(text, UINT32_MAX - 1, ret_id) == 0 || look_up(resolver_system.context, text, ret_id) == 0)
		return NULL;
	return arena_printf(arena, "there is no %s '%s'", what, text);
}

static const char *take_groups(struct request *request, struct arena *arena, const char *text)
{
	uint32_t *gids = arena_new_n(arena, REQUEST_GROUPS_MAX, uint32_t);
	char *words = arena_strdup(arena, text), *at = NULL;
	const char *wrong;
	size_t n = 0;

	if (!gids || !words)
		return no_memory;
	for (char *word = strtok_r(words, ", ", &at); word; word = strtok_r(NULL, ", ", &at)) {
		if (n == REQUEST_GROUPS_MAX)
			return "too many groups";
		wrong = find_id(arena, "group", word, resolver_system.group, &gids[n++]);
		if (wrong)
			return wrong;
	}
	if (!n)
		return "no group";
	request->subject.gids = gids;
	request->subject.ngids = n;
	return NULL;
}

/* The groups a user has on this machine; one that it does not know has the group of the same number. */
static const char *take_own_groups(struct request *request, struct arena *arena)
{
	const struct passwd *user = getpwuid(request->subject.uid);
	uint32_t *gids = arena_new_n(arena, REQUEST_GROUPS_MAX, uint32_t);
	int n = REQUEST_GROUPS_MAX;

	_Static_assert(sizeof(gid_t) == sizeof(uint32_t), "groups are 32 bits");
	if (!gids)
		return no_memory;
	gids[0] = request->subject.uid;
	if (!user)
		n = 1;
	else if (getgrouplist(user->pw_name, user->pw_gid, gids, &n) < 0)
		return "too many groups";
	request->subject.gids = gids;
	request->subject.ngids = n;
	return NULL;
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t length = strlen(text), end = strlen(suffix);

	return length > end && strcmp(text + length - end, suffix) == 0;
}

/* "a-b-c.slice" -> "/a.slice/a-b.slice/a-b-c.slice", as systemd nests them. */
static const char *slice_path(struct arena *arena, const char *name)
{
	const char *path = "";
	size_t stem = strlen(name) - strlen(".slice");

	for (size_t i = 1; i <= stem && path; i++)
		if (i == stem || name[i] == '-')
			path = arena_printf(arena, "%s/%.*s.slice", path, (int)i, name);
	return path;
}

/* The cgroup of a unit. */
static const char *unit_path(struct arena *arena, const char *unit, uint32_t uid)
{
	if (!unit)
		return arena_printf(arena, "/user.slice/user-%u.slice/session-1.scope", uid);
	if (*unit == '/')
		return tidy(arena, unit);
	if (has_suffix(unit, ".slice"))
		return slice_path(arena, unit);
	if (has_suffix(unit, ".scope"))
		return arena_printf(arena, "/user.slice/user-%u.slice/%s", uid, unit);
	return arena_printf(arena, "/system.slice/%s%s", unit, strchr(unit, '.') ? "" : ".service");
}

/* Who logged in, and how. */
static const char *take_login(struct request *request, struct arena *arena, const struct request_who *who)
{
	struct image_subject *subject = &request->subject;
	bool service = strncmp(subject->cgroup, "/user.slice", strlen("/user.slice")) != 0;
	const char *wrong = NULL;

	subject->real_uid = subject->uid;
	if (who->real_user)
		wrong = find_id(arena, "user", who->real_user, resolver_system.user, &subject->real_uid);
	subject->login = service ? CORDON_LOGIN_UNSET : subject->real_uid;
	if (who->login && strcmp(who->login, "unset") == 0)
		subject->login = CORDON_LOGIN_UNSET;
	else if (who->login && !wrong)
		wrong = find_id(arena, "user", who->login, resolver_system.user, &subject->login);
	subject->session = subject->login == CORDON_LOGIN_UNSET ? CORDON_SESSION_SERVICE : CORDON_SESSION_OTHER;
	if (!who->session || wrong)
		return wrong;
	for (uint32_t i = 0; i < CORDON_SESSION_COUNT; i++)
		if (strcmp(sessions[i], who->session) == 0) {
			subject->session = i;
			return NULL;
		}
	return arena_printf(arena, "'%s' is no session: ssh, console, service, other, unknown", who->session);
}

static const char *take_ancestors(struct request *request, struct arena *arena, const struct mount_table *mounts,
				  const char *text)
{
	struct image_program *programs = arena_new_n(arena, ANCESTORS_MAX, struct image_program);
	char *words = arena_strdup(arena, text), *at = NULL;
	const char *wrong, *seen;
	size_t n = 0;

	if (!programs || !words)
		return no_memory;
	for (char *word = strtok_r(words, ",", &at); word; word = strtok_r(NULL, ",", &at), n++) {
		if (n == ANCESTORS_MAX)
			return "too many ancestors";
		programs[n] = (struct image_program){ 0 };
		if (strcmp(word, "?") == 0)
			continue;
		wrong = find_place(arena, mounts, word, &seen, &programs[n].dev, &programs[n].path, &programs[n].unsure);
		if (wrong)
			return wrong;
	}
	request->subject.ancestors = programs;
	request->subject.nancestors = n;
	return NULL;
}

static const char *take_user(struct request *request, struct arena *arena, const char *text)
{
	const struct passwd *user;
	const char *wrong = NULL;

	if (text)
		wrong = find_id(arena, "user", text, resolver_system.user, &request->subject.uid);
	else
		request->subject.uid = geteuid();
	if (wrong)
		return wrong;
	user = getpwuid(request->subject.uid);
	request->user = user ? arena_printf(arena, "%s (%u)", user->pw_name, request->subject.uid) :
			       arena_printf(arena, "user %u", request->subject.uid);
	return request->user ? NULL : no_memory;
}

const char *request_set_who(struct request *request, struct arena *arena, const struct mount_table *mounts,
			    const struct request_who *who)
{
	const char *program = who->program ? who->program : REQUEST_PROGRAM, *wrong;
	struct image_subject *subject = &request->subject;

	*subject = (struct image_subject){ 0 };
	wrong = take_user(request, arena, who->user);
	if (!wrong)
		wrong = who->groups ? take_groups(request, arena, who->groups) : take_own_groups(request, arena);
	if (wrong)
		return wrong;
	subject->cgroup = unit_path(arena, who->service, subject->uid);
	if (!subject->cgroup)
		return arena_printf(arena, "'%s' is no unit and no cgroup path", who->service ? who->service : "");
	wrong = take_login(request, arena, who);
	if (!wrong && who->ancestors)
		wrong = take_ancestors(request, arena, mounts, who->ancestors);
	request->program = program;
	if (wrong || strcmp(program, "?") == 0)
		return wrong;
	return find_place(arena, mounts, program, &request->program, &subject->program_dev, &subject->program, &subject->program_unsure);
}

/* ---- what ------------------------------------------------------------------------------------- */

/* A word of the table or a number; `table` may be NULL. */
static bool take_word(const struct value_name *table, const char *text, uint16_t *ret_number)
{
	const struct value_name *found = table ? value_find(table, text) : NULL;
	uint32_t number;

	if (found)
		*ret_number = (uint16_t)found->value;
	else if (value_number(text, UINT16_MAX, &number) == 0)
		*ret_number = (uint16_t)number;
	else
		return false;
	return true;
}

static const char *name_of(struct arena *arena, const struct value_name *table, int value)
{
	for (; table && table->name; table++)
		if (table->value == value)
			return table->name;
	return arena_printf(arena, "%d", value);
}

const char *request_endpoint_text(struct arena *arena, const uint8_t addr[16], uint16_t port, uint16_t protocol)
{
	bool v4 = memcmp(addr, mapped, sizeof(mapped)) == 0, ports = value_protocol_has_ports(protocol);
	char text[INET6_ADDRSTRLEN];

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? addr + 12 : addr, text, sizeof(text));
	if (!ports)
		return arena_printf(arena, "%s/%s", text, name_of(arena, value_protocols, protocol));
	return arena_printf(arena, v4 ? "%s:%u/%s" : "[%s]:%u/%s", text, port, name_of(arena, value_protocols, protocol));
}

/* Cut "ADDRESS:PORT" or "[ADDRESS]:PORT" in two; *ret_port is NULL when there is none. False: neither. */
static bool cut_endpoint(char *text, char **ret_address, char **ret_port)
{
	char *colon = strrchr(text, ':'), *close = strchr(text, ']');

	*ret_address = text;
	*ret_port = NULL;
	if (*text == '[') {
		if (!close || (close[1] && close[1] != ':'))
			return false;
		*ret_address = text + 1;
		*close = '\0';
		*ret_port = close[1] ? close + 2 : NULL;
	} else if (colon && strchr(text, ':') == colon) { /* one colon: IPv4; more: an IPv6 address alone */
		*colon = '\0';
		*ret_port = colon + 1;
	}
	return true;
}

/* "CID:PORT" behind "vsock:". */
static const char *take_vsock(struct request *request, struct arena *arena, const char *text)
{
	static const uint8_t prefix[] = CORDON_VSOCK_ADDR;
	struct image_object *object = &request->object;
	char *copy = arena_strdup(arena, text), *colon = copy ? strchr(copy, ':') : NULL;
	uint32_t cid, port;

	if (colon)
		*colon = '\0';
	if (!colon || value_number(copy, UINT32_MAX, &cid) || value_number(colon + 1, UINT32_MAX, &port))
		return arena_printf(arena, "'%s' is not CID:PORT", text);
	memcpy(object->addr, prefix, sizeof(prefix));
	for (unsigned i = 0; i < 4; i++)
		object->addr[12 + i] = (uint8_t)(cid >> (24 - 8 * i));
	object->port = port;
	object->ipproto = CORDON_IPPROTO_VSOCK;
	request->target = arena_printf(arena, "vsock:%u:%u", cid, port);
	return request->target ? NULL : no_memory;
}

static const char *take_endpoint(struct request *request, struct arena *arena, const char *text, const char *protocol)
{
	struct image_object *object = &request->object;
	char *copy = arena_strdup(arena, text), *address, *port;
	uint32_t number = 0;

	if (strncmp(text, "vsock:", strlen("vsock:")) == 0)
		return protocol ? "vsock has no protocols" : take_vsock(request, arena, text + strlen("vsock:"));
	if (!take_word(value_protocols, protocol ? protocol : "tcp", &object->ipproto))
		return arena_printf(arena, "unknown protocol '%s'", protocol);
	if (strcmp(text, "?") == 0) {
		object->unknown_addr = true;
		request->target = "an unknown destination";
		return NULL;
	}
	if (!copy || !cut_endpoint(copy, &address, &port))
		return arena_printf(arena, "'%s' is not ADDRESS:PORT", text);
	if (inet_pton(AF_INET, address, object->addr + 12) == 1)
		memcpy(object->addr, mapped, sizeof(mapped));
	else if (inet_pton(AF_INET6, address, object->addr) != 1)
		return arena_printf(arena, "'%s' is no address", address);
	if (port && value_number(port, UINT16_MAX, &number) != 0)
		return arena_printf(arena, "'%s' is no port", port);
	if (!port && value_protocol_has_ports(object->ipproto))
		return arena_printf(arena, "'%s' has no port; write ADDRESS:PORT", text);
	object->port = (uint16_t)number;
	request->target = request_endpoint_text(arena, object->addr, object->port, object->ipproto);
	return request->target ? NULL : no_memory;
}

static const char *take_socket(struct request *request, struct arena *arena, const char *text)
{
	struct image_object *object = &request->object;
	char *copy = arena_strdup(arena, text), *at = NULL;
	const char *family, *type, *protocol;
	bool ip;

	if (!copy)
		return no_memory;
	family = strtok_r(copy, "/,", &at);
	type = strtok_r(NULL, "/,", &at);
	protocol = strtok_r(NULL, "/,", &at);
	if (!family || !take_word(value_socket_families, family, &object->family))
		return arena_printf(arena, "unknown socket family '%s'", family ? family : "");
	ip = object->family == AF_INET || object->family == AF_INET6;
	if (!take_word(value_socket_types, type ? type : "stream", &object->type))
		return arena_printf(arena, "unknown socket type '%s'", type);
	if (!take_word(ip ? value_protocols : NULL, protocol ? protocol : "0", &object->protocol))
		return arena_printf(arena, "unknown protocol '%s'", protocol);
	request->target = arena_printf(arena, "%s/%s/%s", name_of(arena, value_socket_families, object->family),
				       name_of(arena, value_socket_types, object->type),
				       name_of(arena, ip && object->protocol ? value_protocols : NULL, object->protocol));
	return request->target ? NULL : no_memory;
}

static const char *take_number(struct request *request, struct arena *arena, const char *text)
{
	bool capability = request->verb->op == CORDON_OP_CAPABILITY;
	const struct value_name *table = capability ? value_capabilities : value_kernel_operations;
	uint16_t number;

	if (!take_word(table, text, &number))
		return arena_printf(arena, "unknown %s '%s'", capability ? "capability" : "operation", text);
	request->object.number = number;
	request->target = name_of(arena, table, number);
	return request->target ? NULL : no_memory;
}

static const char *take_path(struct request *request, struct arena *arena, const struct mount_table *mounts, const char *text)
{
	request->target = text;
	if (strcmp(text, "?") == 0)
		return NULL;
	return find_place(arena, mounts, text, &request->target, &request->object.dev, &request->object.path, &request->object.unsure);
}

/* A socket's path, or its name behind '@'. */
static const char *take_unix(struct request *request, struct arena *arena, const struct mount_table *mounts, const char *text)
{
	const char *wrong = NULL;

	if (*text == '@') {
		request->object.abstract = text + 1;
		request->object.abstract_len = strlen(text + 1);
		request->target = text;
	} else {
		wrong = take_path(request, arena, mounts, text);
	}
	if (!wrong)
		request->target = arena_printf(arena, "unix:%s", request->target);
	return wrong || request->target ? wrong : no_memory;
}

const char *request_set_what(struct request *request, struct arena *arena, const struct mount_table *mounts,
			     const struct request_verb *verb, const char *object, const char *protocol)
{
	if (verb->op == CORDON_OP_REACH && strncmp(object, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0) {
		object += strlen(UNIX_PREFIX);
		verb++;
	}
	request->verb = verb;
	request->object = (struct image_object){ .op = verb->op };
	if (protocol && verb->kind != REQUEST_ENDPOINT)
		return arena_printf(arena, "a protocol has no meaning for '%s %s'", verb->name, object);
	switch (verb->kind) {
	case REQUEST_PATH:
		return take_path(request, arena, mounts, object);
	case REQUEST_ENDPOINT:
		return take_endpoint(request, arena, object, protocol);
	case REQUEST_UNIX:
		return take_unix(request, arena, mounts, object);
	case REQUEST_WORD:
		return take_number(request, arena, object);
	case REQUEST_SOCKET:
		return take_socket(request, arena, object);
	}
	return "unknown kind of request";
}

void request_show(const struct request *request, struct buf *out)
{
	const struct image_subject *subject = &request->subject;

	buf_printf(out, "%s, group%s", request->user, subject->ngids > 1 ? "s" : "");
	for (size_t i = 0; i < subject->ngids; i++)
		buf_printf(out, " %u", subject->gids[i]);
	buf_printf(out, ", %s, ", subject->cgroup);
	if (subject->real_uid != subject->uid)
		buf_printf(out, "real user %u, ", subject->real_uid);
	if (subject->login != CORDON_LOGIN_UNSET && subject->login != subject->uid)
		buf_printf(out, "login %u, ", subject->login);
	if (subject->session != CORDON_SESSION_OTHER && subject->session != CORDON_SESSION_SERVICE)
		buf_printf(out, "%s session, ", sessions[subject->session]);
	buf_printf(out, "%s: %s %s", strcmp(request->program, "?") ? request->program : "an unknown program",
		   request->verb->name, strcmp(request->target, "?") ? request->target : "an unknown place");
	if (request->object.unsure)
		buf_printf(out, ", where the last %s not sure: the file has other spellings",
			   request->object.unsure == 1 ? "name is" : "names are");
}
