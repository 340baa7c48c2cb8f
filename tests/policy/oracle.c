/* SPDX-License-Identifier: GPL-2.0-only */
/* See oracle.h. */
#include "oracle.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- globs: one recursive matcher over whole paths, braces included ---------------------------- */

static bool match(const char *glob, const char *path);

static bool match_class(const char **glob, unsigned char byte)
{
	const char *p = *glob + 1;
	bool negated = *p == '!' || *p == '^', in = false;

	p += negated;
	for (bool first = true; first || *p != ']'; first = false) {
		unsigned char low, high;

		if (*p == '\\')
			p++;
		low = high = (unsigned char)*p++;
		if (*p == '-' && p[1] != ']') {
			high = (unsigned char)p[1];
			p += 2;
		}
		in |= byte >= low && byte <= high;
	}
	*glob = p + 1;
	return in != negated;
}

/* The end of one alternative: the ',' or '}' of this level. */
static const char *alternative_end(const char *p)
{
	for (int depth = 0; *p; p++) {
		if (*p == '\\') {
			p++;
		} else if (*p == '[') {
			p += 1 + (p[1] == '!' || p[1] == '^') + 1;
			while (*p != ']')
				p++;
		} else if (*p == '{') {
			depth++;
		} else if (*p == '}' && depth) {
			depth--;
		} else if ((*p == ',' || *p == '}') && !depth) {
			return p;
		}
	}
	return p;
}

static bool match_braces(const char *glob, const char *path)
{
	const char *end = glob + 1, *close;
	char *text = malloc(strlen(glob) + 1);
	bool found = false;

	for (close = alternative_end(end); *close == ','; close = alternative_end(close + 1))
		;
	for (const char *part = glob + 1; !found; part = end + 1) {
		end = alternative_end(part);
		sprintf(text, "%.*s%s", (int)(end - part), part, close + 1);
		found = match(text, path);
		if (*end == '}')
			break;
	}
	free(text);
	return found;
}

/* Both stand at a place where a component may begin or go on. */
static bool match(const char *glob, const char *path)
{
	if (!strncmp(glob, "/**", 3) && (glob[3] == '/' || !glob[3])) {
		/* no component, or one and the same again */
		if (match(glob + 3, path))
			return true;
		return *path == '/' && path[1] && match(glob, path + 1 + strcspn(path + 1, "/"));
	}
	switch (*glob) {
	case 0:
		return !*path;
	case '*':
		while (glob[1] == '*')
			glob++;
		for (;; path++) {
			if (match(glob + 1, path))
				return true;
			if (!*path || *path == '/')
				return false;
		}
	case '{':
		return match_braces(glob, path);
	case '?':
		return *path && *path != '/' && match(glob + 1, path + 1);
	case '[':
		return *path && *path != '/' && match_class(&glob, (unsigned char)*path) && match(glob, path + 1);
	case '\\':
		return glob[1] == *path && *path && match(glob + 2, path + 1);
	default:
		return *glob == *path && match(glob + 1, path + 1);
	}
}

bool oracle_glob(const char *glob, const char *path)
{
	return match(!strcmp(glob, "/") ? "" : glob, !strcmp(path, "/") ? "" : path);
}

/* ---- subjects ---------------------------------------------------------------------------------- */

static bool in_ranges(const struct policy_ranges *ranges, uint32_t value)
{
	for (size_t i = 0; i < ranges->n; i++)
		if (ranges->item[i].first <= value && value <= ranges->item[i].last)
			return true;
	return false;
}

static bool any_group(const struct policy_ranges *ranges, const struct image_subject *subject)
{
	for (size_t i = 0; i < subject->ngids; i++)
		if (in_ranges(ranges, subject->gids[i]))
			return true;
	return false;
}

/* A unit of the system manager: all above it are slices; or the path glob itself. */
static bool in_service(const char *item, const char *cgroup)
{
	char glob[4200], chain[512];
	size_t at = 0;

	if (*item == '/')
		return oracle_glob(item, cgroup);
	snprintf(glob, sizeof(glob), "/%s/**", item);
	for (;;) {
		size_t len;

		if (oracle_glob(glob, cgroup + at))
			return true;
		if (!cgroup[at])
			return false;
		len = strcspn(cgroup + at + 1, "/");
		snprintf(chain, sizeof(chain), "%.*s", (int)len, cgroup + at + 1);
		if (len < 6 || strcmp(chain + len - 6, ".slice"))
			return false;
		at += 1 + len;
	}
}

static bool in_services(const struct policy_globs *list, const char *cgroup)
{
	for (size_t i = 0; i < list->n; i++)
		if (in_service(list->item[i].text, cgroup))
			return true;
	return false;
}

/* The paths by which a place in a file system can be seen; any of them may match. */
static bool seen_as(const struct policy_globs *list, const struct mount_table *mounts, uint32_t dev, const char *path)
{
	for (size_t m = 0; m < mounts->n; m++) {
		const struct mount *mount = &mounts->mounts[m];
		size_t root = strcmp(mount->root, "/") ? strlen(mount->root) : 0;
		char full[2048];

		if (mount->dev != dev || (root && (strncmp(path, mount->root, root) ||
						   (path[root] && path[root] != '/'))))
			continue;
		snprintf(full, sizeof(full), "%s%s", strcmp(mount->point, "/") ? mount->point : "",
			 strcmp(path + root, "/") ? path + root : "");
		for (size_t i = 0; i < list->n; i++)
			if (oracle_glob(list->item[i].text, *full ? full : "/"))
				return true;
	}
	return false;
}

static bool known_dev(const struct mount_table *mounts, uint32_t dev)
{
	for (size_t m = 0; m < mounts->n; m++)
		if (mounts->mounts[m].dev == dev)
			return true;
	return false;
}

/* Whether any program of the line is listed. One that is not known: what @unknown says. */
static bool in_line(const struct policy_globs *list, const struct mount_table *mounts, const struct image_subject *s,
		    bool unknown)
{
	for (size_t i = 0; i <= s->nancestors; i++) {
		const struct image_program own = { s->program, s->program_dev, 0 }, *p = i ? &s->ancestors[i - 1] : &own;

		if (!p->path || !known_dev(mounts, p->dev) ? unknown : seen_as(list, mounts, p->dev, p->path))
			return true;
	}
	return false;
}

static bool is_subject(const struct policy_rule *rule, const struct mount_table *mounts,
		       const struct image_subject *s)
{
	const struct policy_who *who = &rule->who, *except = &rule->who_except;
	bool program_known = s->program && known_dev(mounts, s->program_dev);

	if (who->users.n && !in_ranges(&who->users, s->uid))
		return false;
	if (who->groups.n && !any_group(&who->groups, s))
		return false;
	if (who->services.n && !in_services(&who->services, s->cgroup))
		return false;
	if (who->programs.n && program_known && !seen_as(&who->programs, mounts, s->program_dev, s->program))
		return false;
	if (who->programs.n && !program_known && rule->permit)
		return false;
	if ((who->real_users.n && !in_ranges(&who->real_users, s->real_uid)) || in_ranges(&except->real_users, s->real_uid) ||
	    (who->logins.n && !in_ranges(&who->logins, s->login)) || in_ranges(&except->logins, s->login) ||
	    (who->ancestors.n && !in_line(&who->ancestors, mounts, s, !rule->permit)) ||
	    (except->ancestors.n && in_line(&except->ancestors, mounts, s, rule->permit)))
		return false;
	/* A session that is not known is held against the subject. */
	if (s->session == CORDON_SESSION_UNKNOWN ? rule->permit && (who->sessions.n || except->sessions.n) :
						   (who->sessions.n && !in_ranges(&who->sessions, s->session)) ||
							   in_ranges(&except->sessions, s->session))
		return false;
	return !in_ranges(&except->users, s->uid) && !any_group(&except->groups, s) &&
	       !in_services(&except->services, s->cgroup) &&
	       !(program_known && seen_as(&except->programs, mounts, s->program_dev, s->program));
}

/* ---- objects ------------------------------------------------------------------------------------ */

static bool in_net(const struct policy_destination *d, const uint8_t *addr)
{
	for (unsigned bit = 0; bit < d->bits; bit++)
		if ((d->addr[bit / 8] ^ addr[bit / 8]) & (0x80 >> bit % 8))
			return false;
	return true;
}

static bool in_destinations(const struct policy_destinations *list, const struct image_object *o)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct policy_destination *d = &list->item[i];

		if (!d->nowhere && in_net(d, o->addr) && (!d->ports.n || in_ranges(&d->ports, o->port)) &&
		    (!d->protocols.n || in_ranges(&d->protocols, o->ipproto)))
			return true;
	}
	return false;
}

/* An abstract name is one name: its slashes, and the glob's, are bytes like others. */
static bool named_as(const struct policy_globs *list, const struct image_object *o)
{
	char name[128], glob[4200];

	for (size_t i = 0; i < list->n; i++) {
		if (strncmp(list->item[i].text, "unix:@", 6))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)o->abstract_len, o->abstract);
		snprintf(glob, sizeof(glob), "%s", list->item[i].text + 6);
		for (char *c = name; *c; c++)
			*c = *c == '/' ? 1 : *c;
		for (char *c = glob; *c; c++)
			*c = *c == '/' ? 1 : *c;
		if (match(glob, name))
			return true;
	}
	return false;
}

static bool is_file(const struct policy_rule *rule, const struct mount_table *mounts, const struct image_object *o)
{
	if (o->abstract)
		return (!rule->files.n || named_as(&rule->files, o)) && !named_as(&rule->files_except, o);
	if (o->nameless)
		return !rule->files.n;
	if (o->foreign && rule->permit && rule->files.n)
		return false;
	if (!o->path || !known_dev(mounts, o->dev))
		return !rule->permit || (!rule->files.n && !rule->files_except.n);
	if (rule->files.n && !seen_as(&rule->files, mounts, o->dev, o->path))
		return false;
	/* Who runs something from a file system of his own has put it where it is. */
	return (o->foreign && o->op == CORDON_OP_EXEC && !rule->permit) || !seen_as(&rule->files_except, mounts, o->dev, o->path);
}

static bool is_destination(const struct policy_rule *rule, const struct policy_destinations *list,
			   const struct policy_destinations *except, const struct image_object *o)
{
	struct image_object elsewhere = *o;
	bool in = !list->n || in_destinations(list, o);

	if (o->unknown_addr)
		return !rule->permit || (!list->n && !except->n);
	/* Bound to all addresses is bound to each. */
	if (o->op == CORDON_OP_BIND && !rule->permit &&
	    (!memcmp(o->addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0\0", 16) ||
	     !memcmp(o->addr, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16)))
		for (size_t i = 0; i < list->n && !in; i++) {
			memcpy(elsewhere.addr, list->item[i].addr, 16);
			in = in_destinations(&(struct policy_destinations){ &list->item[i], 1 }, &elsewhere);
		}
	return in && !in_destinations(except, o);
}

static bool is_socket(const struct policy_rule *rule, const struct image_object *o)
{
	for (size_t i = 0; i < rule->sockets.n; i++) {
		const struct policy_socket *s = &rule->sockets.item[i];

		if ((s->family == POLICY_ANY || s->family == o->family) && (s->type == POLICY_ANY || s->type == o->type) &&
		    (s->protocol == POLICY_ANY || s->protocol == o->protocol))
			return true;
	}
	return !rule->sockets.n;
}

/* The socket that a permit to reach by one protocol of IP brings. */
static bool carries(const struct image_object *o, uint32_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return o->type == SOCK_STREAM && (o->protocol == 0 || o->protocol == IPPROTO_TCP);
	case IPPROTO_UDP:
		return o->type == SOCK_DGRAM && (o->protocol == 0 || o->protocol == IPPROTO_UDP);
	case 262:
		return o->type == SOCK_STREAM && o->protocol == 262;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_UDPLITE:
		return o->type == SOCK_DGRAM && o->protocol == protocol;
	case IPPROTO_SCTP:
		return (o->type == SOCK_STREAM || o->type == SOCK_SEQPACKET) && o->protocol == protocol;
	case IPPROTO_DCCP:
		return o->type == SOCK_DCCP && o->protocol == protocol;
	default:
		return o->type == SOCK_RAW && o->protocol == protocol;
	}
}

static bool brings_socket(const struct policy_rule *rule, const struct image_object *o)
{
	bool all = !rule->to.n;

	if (o->family == AF_UNIX || o->family == AF_NETLINK)
		return true;
	for (size_t i = 0; i < rule->to.n && o->family == AF_VSOCK; i++)
		if (rule->to.item[i].addr[0] == 0xfe && rule->to.item[i].addr[2] == 'v' && o->protocol == 0)
			return true;
	if (o->family != AF_INET && o->family != AF_INET6)
		return false;
	for (size_t i = 0; i < rule->to.n; i++) {
		const struct policy_ranges *protocols = &rule->to.item[i].protocols;

		all |= !protocols->n;
		for (size_t p = 0; p < protocols->n; p++)
			for (uint32_t v = protocols->item[p].first; v <= protocols->item[p].last; v++)
				if (carries(o, v))
					return true;
	}
	return all && (carries(o, IPPROTO_TCP) || carries(o, IPPROTO_UDP) || carries(o, IPPROTO_ICMP) ||
		       carries(o, IPPROTO_ICMPV6));
}

/* ---- the decision -------------------------------------------------------------------------------- */

#define HAS(rule, op) ((rule)->ops >> (op) & 1)

static bool is_about(const struct policy_rule *rule, enum cordon_op op)
{
	return HAS(rule, op) || (op == CORDON_OP_APPEND && HAS(rule, CORDON_OP_WRITE)) ||
	       (op == CORDON_OP_SOCKET && rule->permit && HAS(rule, CORDON_OP_REACH));
}

static bool is_object(const struct policy_rule *rule, const struct mount_table *mounts, const struct image_object *o)
{
	switch (o->op) {
	case CORDON_OP_REACH:
		return is_destination(rule, &rule->to, &rule->to_except, o);
	case CORDON_OP_CAPABILITY:
		return !rule->capabilities.n || in_ranges(&rule->capabilities, o->number);
	case CORDON_OP_KERNEL:
		return !rule->operations.n || in_ranges(&rule->operations, o->number);
	case CORDON_OP_BIND:
		return is_destination(rule, &rule->at, &rule->at_except, o);
	case CORDON_OP_ACCEPT:
		return is_destination(rule, &rule->from, &rule->from_except, o);
	case CORDON_OP_SOCKET:
		return (HAS(rule, CORDON_OP_SOCKET) && is_socket(rule, o)) ||
		       (rule->permit && HAS(rule, CORDON_OP_REACH) && brings_socket(rule, o));
	default:
		return is_file(rule, mounts, o);
	}
}

bool oracle_matches(const struct policy_rule *rule, const struct mount_table *mounts,
		    const struct image_subject *subject, const struct image_object *object)
{
	return is_about(rule, object->op) && is_subject(rule, mounts, subject) && is_object(rule, mounts, object);
}

/* Whether the rules refuse; *ret_rule is a reason. With @accused, only whether that rule is a reason. */
static bool refused(const struct policy *policy, const struct mount_table *mounts, const struct image_subject *s,
		    const struct image_object *o, bool all, const char *accused, const char **ret_rule)
{
	const char *forbids = NULL, *closes = NULL;
	bool permitted = false;

	if (o->nameless && o->op != CORDON_OP_EXEC && CORDON_OPS_FILE >> o->op & 1)
		return false;
	for (size_t i = 0; i < policy->nrules; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if ((!all && !rule->enforce) || !is_about(rule, o->op) || !is_subject(rule, mounts, s))
			continue;
		if (rule->permit) {
			permitted |= is_object(rule, mounts, o);
			if (!closes || (accused && !strcmp(accused, rule->name)))
				closes = rule->name;
		} else if (is_object(rule, mounts, o) && (!forbids || (accused && !strcmp(accused, rule->name)))) {
			forbids = rule->name;
		}
	}
	*ret_rule = forbids ? forbids : closes && !permitted ? closes : NULL;
	return *ret_rule != NULL;
}

struct oracle_answer oracle_decide(const struct policy *policy, const struct mount_table *mounts,
				   const struct image_subject *subject, const struct image_object *object)
{
	struct oracle_answer answer = { 0 };
	const char *rule;

	answer.deny = refused(policy, mounts, subject, object, false, NULL, &answer.rule);
	if (!answer.deny) {
		answer.would_deny = refused(policy, mounts, subject, object, true, NULL, &rule);
		answer.rule = rule;
	}
	return answer;
}

bool oracle_accuses(const struct policy *policy, const struct mount_table *mounts, const struct image_subject *subject,
		    const struct image_object *object, bool all, const char *rule)
{
	const char *reason;

	return refused(policy, mounts, subject, object, all, rule, &reason) && !strcmp(reason, rule);
}
