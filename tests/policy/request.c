/* SPDX-License-Identifier: GPL-2.0-only */
/* See request.h. The mount table is read here in another way than the compiler reads it: from the path. */
#include "request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct word {
	const char *text;
	uint16_t number;
};

static const struct word families[] = { { "unix", AF_UNIX }, { "inet", AF_INET }, { "inet6", AF_INET6 },
					{ "netlink", AF_NETLINK }, { "packet", AF_PACKET }, { "vsock", AF_VSOCK },
					{ NULL, 0 } };
static const struct word types[] = { { "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM }, { "raw", SOCK_RAW },
				     { "seqpacket", SOCK_SEQPACKET }, { NULL, 0 } };
static const struct word protocols[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP },
					 { "sctp", IPPROTO_SCTP }, { "mptcp", 262 }, { NULL, 0 } };

static bool read_number(const char *text, uint32_t max, uint32_t *ret_number)
{
	char *end;
	unsigned long number = text && *text ? strtoul(text, &end, 10) : 0;

	if (!text || !*text || *end || number > max)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

static bool read_word(const struct word *table, const char *text, uint16_t *ret_number)
{
	uint32_t number;

	for (; text && table->text; table++)
		if (!strcmp(table->text, text)) {
			*ret_number = table->number;
			return true;
		}
	if (!read_number(text, UINT16_MAX, &number))
		return false;
	*ret_number = (uint16_t)number;
	return true;
}

/* Whether @path is @above or beneath it; *ret_rest is what is left. */
static bool is_beneath(const char *path, const char *above, const char **ret_rest)
{
	size_t len = strcmp(above, "/") ? strlen(above) : 0;

	if (strncmp(path, above, len) || (path[len] && path[len] != '/'))
		return false;
	*ret_rest = path + len;
	return true;
}

/* The file system that is seen at a path, and the place in it. */
static const char *read_place(const struct mount_table *mounts, const char *text, char place[REQUEST_TEXT],
			      uint32_t *ret_dev)
{
	const struct mount *best = NULL;
	const char *rest, *left = NULL;
	unsigned major, minor;
	int used = 0;

	if (sscanf(text, "@%u:%u%n", &major, &minor, &used) == 2 && text[used] == '/') {
		*ret_dev = major << 20 | minor;
		snprintf(place, REQUEST_TEXT, "%s", text + used);
		return NULL;
	}
	if (*text != '/')
		return "a path begins with '/'";
	for (size_t i = 0; i < mounts->n; i++)
		if (is_beneath(text, mounts->mounts[i].point, &rest) &&
		    (!best || strlen(mounts->mounts[i].point) >= strlen(best->point))) {
			best = &mounts->mounts[i];
			left = rest;
		}
	if (!best)
		return "nothing is mounted there";
	*ret_dev = best->dev;
	snprintf(place, REQUEST_TEXT, "%s%s", strcmp(best->root, "/") ? best->root : "", left);
	if (!*place)
		strcpy(place, "/");
	return NULL;
}

static const char *read_groups(struct request *r, char *text)
{
	char *at = NULL;

	r->subject.ngids = 0;
	for (char *word = strtok_r(text, ",", &at); word; word = strtok_r(NULL, ",", &at))
		if (r->subject.ngids == REQUEST_GROUPS || !read_number(word, UINT32_MAX, &r->gids[r->subject.ngids++]))
			return "groups= wants numbers";
	return r->subject.ngids ? NULL : "no groups";
}

const char *request_init(struct request *r, const struct mount_table *mounts)
{
	*r = (struct request){ .gids = { 1000 }, .cgroup = "/user.slice/user-1000.slice/session-1.scope" };
	r->subject = (struct image_subject){ .uid = 1000, .real_uid = 1000, .login = 1000, .ancestors = r->line,
					     .gids = r->gids, .ngids = 1, .cgroup = r->cgroup,
					     .program = r->program };
	return read_place(mounts, "/usr/bin/cat", r->program, &r->subject.program_dev);
}

static const char *read_line(struct request *r, const struct mount_table *mounts, char *text)
{
	const char *wrong = NULL;
	char *at = NULL;

	r->subject.nancestors = 0;
	for (char *word = strtok_r(text, ",", &at); word && !wrong; word = strtok_r(NULL, ",", &at)) {
		size_t i = r->subject.nancestors++;

		if (i == REQUEST_LINE)
			return "from= has too many programs";
		r->line[i].path = strcmp(word, "?") ? r->line_text[i] : NULL;
		if (r->line[i].path)
			wrong = read_place(mounts, word, r->line_text[i], &r->line[i].dev);
	}
	return wrong;
}

static const char *read_session(struct request *r, const char *text)
{
	static const char *const kinds[CORDON_SESSION_COUNT] = { "other", "service", "console", "ssh", "?" };

	for (uint32_t i = 0; i < CORDON_SESSION_COUNT; i++)
		if (!strcmp(kinds[i], text)) {
			r->subject.session = i;
			return NULL;
		}
	return "session= wants a kind";
}

const char *request_subject(struct request *r, const struct mount_table *mounts, char *text)
{
	char *at = NULL;
	const char *wrong = NULL;

	for (char *word = strtok_r(text, " \t", &at); word && !wrong; word = strtok_r(NULL, " \t", &at)) {
		char *value = strchr(word, '=');

		if (!value)
			return "a subject is written KEY=VALUE";
		*value++ = '\0';
		if (!strcmp(word, "user")) {
			wrong = read_number(value, UINT32_MAX, &r->subject.uid) ? NULL : "user= wants a number";
			r->subject.real_uid = r->subject.uid;
		} else if (!strcmp(word, "real"))
			wrong = read_number(value, UINT32_MAX, &r->subject.real_uid) ? NULL : "real= wants a number";
		else if (!strcmp(word, "login"))
			wrong = read_number(strcmp(value, "unset") ? value : "4294967295", UINT32_MAX, &r->subject.login) ?
					NULL : "login= wants a number";
		else if (!strcmp(word, "session"))
			wrong = read_session(r, value);
		else if (!strcmp(word, "from"))
			wrong = read_line(r, mounts, value);
		else if (!strcmp(word, "groups"))
			wrong = read_groups(r, value);
		else if (!strcmp(word, "unit"))
			snprintf(r->cgroup, sizeof(r->cgroup), "%s", value);
		else if (strcmp(word, "exe"))
			wrong = "a subject has user, real, login, session, groups, unit, exe, from";
		else if (strcmp(value, "?"))
			wrong = read_place(mounts, value, r->program, &r->subject.program_dev);
		else
			r->subject.program = NULL;
	}
	return wrong;
}

static const char *read_file(struct request *r, const struct mount_table *mounts, char *word, char *next)
{
	if (word && !strcmp(word, "foreign")) {
		r->object.foreign = true;
		word = next;
		next = NULL;
	}
	if (!word || next)
		return "which file?";
	for (char *space = word; (space = strchr(space, '+')) != NULL;)
		*space = ' ';
	if (!strncmp(word, "unix:@", 6)) {
		snprintf(r->path, sizeof(r->path), "%s", word + 6);
		r->object.abstract = r->path;
		r->object.abstract_len = strlen(r->path);
		return NULL;
	}
	r->object.nameless = !strcmp(word, "nameless");
	if (r->object.nameless || !strcmp(word, "?"))
		return NULL;
	r->object.path = r->path;
	return read_place(mounts, word, r->path, &r->object.dev);
}

static const char *read_destination(struct request *r, const char *addr, const char *port, const char *protocol)
{
	uint8_t v4[4];
	uint32_t number;

	r->object.unknown_addr = addr && !strcmp(addr, "?");
	if (r->object.unknown_addr)
		return NULL;
	if (addr && !strncmp(addr, "vsock:", 6)) {
		if (protocol || !read_number(addr + 6, UINT32_MAX, &number) || !read_number(port, UINT32_MAX, &r->object.port))
			return "reach vsock:CID PORT";
		memcpy(r->object.addr, "\xfe\0vsock\0\0\0\0", 12);
		for (int i = 0; i < 4; i++)
			r->object.addr[12 + i] = (uint8_t)(number >> (24 - 8 * i));
		r->object.ipproto = CORDON_IPPROTO_VSOCK;
		return NULL;
	}
	if (!addr || !read_number(port, UINT16_MAX, &number) || !read_word(protocols, protocol, &r->object.ipproto))
		return "reach ADDRESS PORT PROTOCOL";
	r->object.port = number;
	if (inet_pton(AF_INET, addr, v4) == 1) {
		memcpy(r->object.addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
		memcpy(r->object.addr + 12, v4, sizeof(v4));
		return NULL;
	}
	return inet_pton(AF_INET6, addr, r->object.addr) == 1 ? NULL : "no address";
}

const char *request_object(struct request *r, const struct mount_table *mounts, char *text)
{
	static const char *const ops[CORDON_OP_COUNT] = { "read", "write", "append", "exec", "reach", "socket", "create",
							  "delete", "attributes", "connect", "bind", "accept", "use",
							  "operate" };
	char *word[5], *at = NULL;

	for (int i = 0; i < 5; i++)
		word[i] = strtok_r(i ? NULL : text, " \t", &at);
	r->object = (struct image_object){ .op = CORDON_OP_COUNT };
	for (int op = 0; word[0] && op < CORDON_OP_COUNT; op++)
		if (ops[op] && !strcmp(word[0], ops[op]))
			r->object.op = (enum cordon_op)op;
	if (word[4])
		return "too many words";
	switch (r->object.op) {
	case CORDON_OP_REACH:
	case CORDON_OP_BIND:
	case CORDON_OP_ACCEPT:
		return read_destination(r, word[1], word[2], word[3]);
	case CORDON_OP_SOCKET:
		return read_word(families, word[1], &r->object.family) && read_word(types, word[2], &r->object.type) &&
				       read_word(protocols, word[3], &r->object.protocol) ?
			       NULL : "socket FAMILY TYPE PROTOCOL";
	case CORDON_OP_CAPABILITY:
	case CORDON_OP_KERNEL:
		return read_number(word[1], 63, &r->object.number) && !word[2] ? NULL : "use NUMBER, operate NUMBER";
	case CORDON_OP_COUNT:
		return "unknown operation";
	default:
		return read_file(r, mounts, word[1], word[2]);
	}
}
