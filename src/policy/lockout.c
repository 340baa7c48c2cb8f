/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules about everybody, the guard included; see lockout.h. The daemon is root in cordon.service of the system manager. */
#include "policy/lockout.h"

#include <linux/capability.h>
#include <string.h>

#include <cordon/abi.h>

#include "policy/atoms.h"
#include "policy/value.h"

#define UNIT    "cordon.service"
#define OP(name) (1u << CORDON_OP_##name)

/* What the daemon does to a policy: it reads files, keeps the last good one, runs its compiler, talks, loads. */
#define FILE_OPS (OP(READ) | OP(WRITE) | OP(EXEC) | OP(CREATE) | OP(DELETE))

#ifndef CAP_BPF
#define CAP_BPF 39
#endif

static bool names_unit(const struct policy_globs *services)
{
	static const char *const texts[] = { UNIT, "system.slice", "/**", "/system.slice/**", "/system.slice/" UNIT,
					     "/system.slice/" UNIT "/**" };

	for (size_t i = 0; i < services->n; i++)
		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
			if (strcmp(services->item[i].text, texts[k]) == 0)
				return true;
	return false;
}

static bool names_program(const struct policy_globs *programs)
{
	static const char name[] = "/cordon";

	for (size_t i = 0; i < programs->n; i++) {
		size_t len = strlen(programs->item[i].text);

		if (len >= strlen(name) && strcmp(programs->item[i].text + len - strlen(name), name) == 0)
			return true;
	}
	return false;
}

/* Whether the daemon is certainly a subject. Programs, ancestors and odd globs are taken for others'. */
static bool holds_guard(const struct policy_rule *rule)
{
	const struct policy_who *in = &rule->who, *out = &rule->who_except;

	if ((in->users.n && !ranges_have(&in->users, 0)) || (in->real_users.n && !ranges_have(&in->real_users, 0)) ||
	    (in->groups.n && !ranges_have(&in->groups, 0)) || (in->logins.n && !ranges_have(&in->logins, CORDON_LOGIN_UNSET)) ||
	    (in->sessions.n && !ranges_have(&in->sessions, CORDON_SESSION_SERVICE)) ||
	    (in->services.n && !names_unit(&in->services)) || in->programs.n || in->ancestors.n)
		return false;
	return !ranges_have(&out->users, 0) && !ranges_have(&out->real_users, 0) && !ranges_have(&out->groups, 0) &&
	       !ranges_have(&out->logins, CORDON_LOGIN_UNSET) && !ranges_have(&out->sessions, CORDON_SESSION_SERVICE) &&
	       !names_unit(&out->services) && !names_program(&out->programs) && !names_program(&out->ancestors);
}

/* A list of numbers refuses one: as a permit that does not have it, or a forbid that has. */
static bool refuses(const struct policy_rule *rule, const struct policy_ranges *list, uint32_t number)
{
	bool has = !list->n || ranges_have(list, number);

	return rule->permit ? !has : has;
}

/* Whether a permit for files leaves any out. */
static bool closes_files(const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->files.n; i++)
		if (strcmp(rule->files.item[i].text, "/**") == 0)
			return false;
	return rule->permit && rule->files.n;
}

/* The first operation of the rule that takes the daemon its work; or NULL. */
static const char *takes(const struct policy_rule *rule)
{
	uint32_t ops = 0;

	if (rule->ops & OP(KERNEL) && refuses(rule, &rule->operations, CORDON_KERNEL_BPF))
		ops |= OP(KERNEL);
	if (rule->ops & OP(CAPABILITY) && (refuses(rule, &rule->capabilities, CAP_BPF) ||
					   refuses(rule, &rule->capabilities, CAP_SYS_ADMIN)))
		ops |= OP(CAPABILITY);
	if (closes_files(rule))
		ops |= rule->ops & FILE_OPS;
	for (const struct value_name *op = value_operations; op->name; op++)
		if (ops >> op->value & 1)
			return op->name;
	return NULL;
}

void policy_lockout(const struct policy *policy, struct diag *diag)
{
	for (size_t i = 0; i < policy->nrules; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		const char *op = rule->enforce && holds_guard(rule) ? takes(rule) : NULL;

		if (!op)
			continue;
		diag_add(diag, DIAG_WARNING, DIAG_AT(.file = rule->pos.file, .line = rule->pos.line, .col = rule->pos.column),
			 "rule '%s' takes '%s' from the guard's own service, too: no other policy could be applied after it",
			 rule->name, op);
		diag_hint(diag, "add 'except: {services: [" UNIT "]}' to its 'who'");
		return; /* one is enough */
	}
}
