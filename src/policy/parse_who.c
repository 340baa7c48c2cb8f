/* SPDX-License-Identifier: GPL-2.0-only */
/* `who`: users, logins, sessions, groups, services, programs; see parse.h. */
#include <errno.h>
#include <string.h>

#include <cordon/abi.h>

#include "policy/parse.h"

#define ID_MAX (UINT32_MAX - 1) /* (uid_t)-1 is nobody's */

struct id_kind {
	const char *one, *many;
	bool group, unset; /* may be `unset` */
};

static const struct id_kind user_kind = { "user", "users", false, false };
static const struct id_kind real_user_kind = { "user", "real-users", false, false };
static const struct id_kind login_kind = { "user", "login", false, true };
static const struct id_kind group_kind = { "group", "groups", true, false };

static bool look_up(struct parser *p, const struct yaml_node *node, const struct id_kind *kind, const char *name,
		    struct policy_range *ret_range)
{
	const struct resolver *r = p->resolver;
	uint32_t id = 0;
	int err = kind->group ? r->group(r->context, name, &id) : r->user(r->context, name, &id);

	if (err == -ENOENT) {
		parse_error(p, node, "unknown %s '%s'", kind->one, name);
		parse_hint(p, "the name must exist on this machine when the policy is applied; a number always works");
	} else if (err) {
		parse_error(p, node, "cannot look up the %s '%s': %s", kind->one, name, strerror(-err));
		parse_hint(p, "a number needs no look-up");
	}
	*ret_range = (struct policy_range){ id, id };
	return !err;
}

static bool parse_id(struct parser *p, const struct yaml_node *node, const struct id_kind *kind,
		     struct policy_range *ret_range)
{
	const char *text = parse_text(p, node, kind->many);

	if (!text)
		return false;
	if (kind->unset && strcmp(text, "unset") == 0) {
		*ret_range = (struct policy_range){ CORDON_LOGIN_UNSET, CORDON_LOGIN_UNSET };
		return true;
	}
	switch (value_range(text, ID_MAX, ret_range)) {
	case 0:
		return true;
	case -ERANGE:
		parse_error(p, node, "%s %s: the largest number is %u", kind->one, text, ID_MAX);
		parse_hint(p, kind->unset ? "write a smaller number, a name, or 'unset' for nobody" :
					    "write a smaller number, or a name");
		return false;
	case -EDOM:
		parse_error(p, node, "the range %s is reversed", text);
		parse_hint(p, "write the lower number first");
		return false;
	}
	if (strspn(text, "0123456789-") == strlen(text)) {
		parse_error(p, node, "'%s' is neither a number nor a range", text);
		parse_hint(p, "write 1000 or 2000-2999, without leading zeros");
		return false;
	}
	return look_up(p, node, kind, text, ret_range);
}

static void parse_ids(struct parser *p, struct yaml_node *node, const struct id_kind *kind, struct policy_ranges *ranges)
{
	struct parse_items items;
	struct policy_range *item;

	if (!node || !parse_items(p, node, kind->many, false, &items))
		return;
	item = arena_new_n(p->arena, items.n, struct policy_range);
	if (!item)
		return;
	for (size_t i = 0; i < items.n; i++)
		ranges->n += parse_id(p, items.item[i], kind, &item[ranges->n]);
	ranges->item = item;
}

static void parse_sessions(struct parser *p, struct yaml_node *node, struct policy_ranges *sessions)
{
	struct parse_items items;

	if (!node || !parse_items(p, node, "session", false, &items))
		return;
	sessions->item = arena_new_n(p->arena, items.n + 1, struct policy_range);
	for (size_t i = 0; sessions->item && i < items.n; i++) {
		int kind = parse_name(p, items.item[i], "session", value_sessions);

		if (kind >= 0)
			sessions->item[sessions->n++] = (struct policy_range){ (uint32_t)kind, (uint32_t)kind };
	}
}

/* The lists of `who`, or of its `except`; what stands at `except`, where there may be one. */
static struct yaml_node *parse_lists(struct parser *p, const struct yaml_node *node, const char *what,
				     const struct key_table *keys, struct policy_who *who)
{
	struct yaml_node *value[WHO_KEYS] = { 0 };

	if (!parse_table(p, node, what, keys, value))
		return NULL;
	parse_ids(p, value[WHO_USERS], &user_kind, &who->users);
	parse_ids(p, value[WHO_REAL_USERS], &real_user_kind, &who->real_users);
	parse_ids(p, value[WHO_LOGIN], &login_kind, &who->logins);
	parse_sessions(p, value[WHO_SESSION], &who->sessions);
	parse_ids(p, value[WHO_GROUPS], &group_kind, &who->groups);
	parse_globs(p, value[WHO_SERVICES], "services", PARSE_GLOB_UNIT, &who->services);
	parse_globs(p, value[WHO_PROGRAMS], "programs", PARSE_GLOB_FILE, &who->programs);
	parse_globs(p, value[WHO_ANCESTORS], "ancestors", PARSE_GLOB_FILE, &who->ancestors);
	return value[WHO_EXCEPT];
}

/* parse_sessions() left room. */
static void doubt_session(struct policy_ranges *sessions)
{
	if (sessions->n)
		sessions->item[sessions->n++] = (struct policy_range){ CORDON_SESSION_UNKNOWN, CORDON_SESSION_UNKNOWN };
}

void parse_who(struct parser *p, struct yaml_node *node, bool permit, struct policy_rule *rule)
{
	struct yaml_node *except = node ? parse_lists(p, node, "who", &keys_who, &rule->who) : NULL;

	if (except)
		parse_lists(p, except, "except of who", &keys_who_except, &rule->who_except);
	doubt_session(permit ? &rule->who_except.sessions : &rule->who.sessions);
}
