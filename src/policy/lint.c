/* SPDX-License-Identifier: GPL-2.0-only */
/* Idle rules; see lint.h. */
#include "policy/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cordon/abi.h>

#include "policy/covers.h"

#define OP(name) (1u << CORDON_OP_##name)

/* Rules are compared with each other, items with items: so many at most, so that a large policy costs a second and no more. */
#define COMPARISONS_MAX 100000000u
#define WARNINGS_MAX    20u /* errors that follow must not drown */

static void tell_empty(struct diag *diag, const struct policy_rule *rule, const char *why, const char *hint)
{
	diag_add(diag, DIAG_FLAW, DIAG_AT(.file = rule->pos.file, .line = rule->pos.line, .col = rule->pos.column),
		 "rule '%s' %s: %s", rule->name,
		 rule->permit ? "permits nothing, and yet closes its operations" : "can never match", why);
	diag_hint(diag, "%s", hint);
}

/* ---- exceptions that leave nothing ------------------------------------------------------------- */

/* The list of `who` that its exception holds whole, or NULL. */
static const char *empty_who(const struct policy_who *in, const struct policy_who *out, size_t *work)
{
	const struct {
		const char *name;
		const struct policy_ranges *in, *out;
	} ranges[] = {
		{ "users", &in->users, &out->users },	 { "real-users", &in->real_users, &out->real_users },
		{ "login", &in->logins, &out->logins },	 { "session", &in->sessions, &out->sessions },
		{ "groups", &in->groups, &out->groups },
	};
	const struct {
		const char *name;
		const struct policy_globs *in, *out;
	} globs[] = {
		{ "services", &in->services, &out->services },
		{ "programs", &in->programs, &out->programs },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (ranges[i].in->n && covers_ranges(ranges[i].out, ranges[i].in, work))
			return ranges[i].name;
	for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++)
		if (globs[i].in->n && covers_globs(globs[i].out, globs[i].in, work))
			return globs[i].name;
	return NULL;
}

/* Whether exceptions leave nothing of the objects of one kind: its list, or everything where there is none. */
static bool empty_files(const struct policy_rule *rule, size_t *work)
{
	static const struct policy_glob root = { .text = "/**" };
	const struct policy_globs all = { (struct policy_glob *)&root, 1 };

	return rule->files_except.n && covers_globs(&rule->files_except, rule->files.n ? &rule->files : &all, work) &&
	       (rule->files.n || !(rule->ops & (OP(CONNECT) | OP(EXEC)))); /* these have objects that are no files */
}

static bool empty_addresses(const struct policy_destinations *in, const struct policy_destinations *out, size_t *work)
{
	static const struct policy_destination any;
	const struct policy_destinations all = { (struct policy_destination *)&any, 1 };

	return out->n && covers_destinations(out, in->n ? in : &all, work);
}

/* The list of objects of which nothing is left, when the rule has no other operations; or NULL. */
static const char *empty_object(const struct policy_rule *rule, size_t *work)
{
	uint32_t left = rule->ops;
	const char *name = NULL;

	if (rule->ops & CORDON_OPS_FILE && empty_files(rule, work)) {
		left &= ~CORDON_OPS_FILE;
		name = "files";
	}
	if (rule->ops & OP(REACH) && !rule->permit && empty_addresses(&rule->to, &rule->to_except, work)) {
		left &= ~OP(REACH);
		name = "to";
	}
	if (rule->ops & OP(BIND) && empty_addresses(&rule->at, &rule->at_except, work)) {
		left &= ~OP(BIND);
		name = "at";
	}
	if (rule->ops & OP(ACCEPT) && empty_addresses(&rule->from, &rule->from_except, work)) {
		left &= ~OP(ACCEPT);
		name = "from";
	}
	return left ? NULL : name;
}

/* True: told. */
static bool check_empty(const struct policy_rule *rule, size_t *work, struct diag *diag)
{
	const char *list = empty_who(&rule->who, &rule->who_except, work);
	char why[96];

	if (list) {
		/* Who is nobody closes nothing, either. */
		diag_add(diag, DIAG_FLAW,
			 DIAG_AT(.file = rule->pos.file, .line = rule->pos.line, .col = rule->pos.column),
			 "rule '%s' can never match: its except takes off all of its '%s'", rule->name, list);
		diag_hint(diag, "narrow the exception, or remove the rule");
		return true;
	}
	list = empty_object(rule, work);
	if (!list)
		return false;
	snprintf(why, sizeof(why), "its except takes off all of its '%s'", list);
	tell_empty(diag, rule, why, "narrow the exception, or remove the rule");
	return true;
}

/* ---- rules that others cover --------------------------------------------------------------------- */

/* What can be compared at once: the operations, and which lists of `who` there are. */
struct outline {
	uint32_t ops, lists;
};

static struct outline outline_of(const struct policy_rule *rule)
{
	const struct policy_who *who = &rule->who;
	const bool has[] = { who->users.n, who->groups.n, who->real_users.n, who->logins.n, who->sessions.n, who->services.n,
			     who->programs.n, who->ancestors.n };
	struct outline outline = { .ops = rule->ops };

	for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++)
		outline.lists |= (uint32_t)has[i] << i;
	if (outline.ops & OP(WRITE))
		outline.ops |= OP(APPEND);
	return outline;
}

/* Whether @a makes @b idle: it is as strict, and says at least as much. */
static bool makes_idle(const struct policy_rule *a, const struct policy_rule *b, size_t *work)
{
	if (b->enforce && !a->enforce)
		return false;
	return (!a->permit || b->permit) && covers_rule(a, b, work);
}

/* Files compose, and one may stand alone elsewhere: that another file's rule holds all of one is no flaw of it. */
static void tell_idle(const struct policy_rule *a, const struct policy_rule *b, struct diag *diag)
{
	enum diag_severity severity = strcmp(a->pos.file, b->pos.file) == 0 ? DIAG_FLAW : DIAG_WARNING;

	diag_add(diag, severity, DIAG_AT(.file = b->pos.file, .line = b->pos.line, .col = b->pos.column),
		 "rule '%s' %s: rule '%s' (%s:%u) %s all of it", b->name,
		 b->permit && !a->permit ? "permits nothing" : "says nothing new", a->name, a->pos.file, a->pos.line,
		 a->permit ? "permits" : "forbids");
	diag_hint(diag, "%s", b->permit && !a->permit ? "a forbid overrides every permit: narrow one of the two" :
							"remove it, or narrow one of the two");
}

/* The first rule that makes rule @b idle. Of two that cover each other the later one is idle. True: told. */
static bool check_covered(const struct policy *policy, const struct outline *outlines, size_t b, size_t *work,
			  struct diag *diag)
{
	for (size_t a = 0; a < policy->nrules && *work; a++) {
		const struct policy_rule *one = &policy->rules[a], *other = &policy->rules[b];

		--*work;
		if (a == b || outlines[b].ops & ~outlines[a].ops || outlines[a].lists & ~outlines[b].lists)
			continue;
		if (!makes_idle(one, other, work) || (a > b && makes_idle(other, one, work)))
			continue;
		tell_idle(one, other, diag);
		return true;
	}
	return false;
}

void policy_lint(const struct policy *policy, struct diag *diag)
{
	struct outline *outlines = diag ? calloc(policy->nrules + 1, sizeof(*outlines)) : NULL;
	size_t work = COMPARISONS_MAX, told = 0;

	for (size_t i = 0; outlines && i < policy->nrules; i++)
		outlines[i] = outline_of(&policy->rules[i]);
	for (size_t i = 0; outlines && i < policy->nrules && told < WARNINGS_MAX; i++)
		told += check_empty(&policy->rules[i], &work, diag) || check_covered(policy, outlines, i, &work, diag);
	if (told == WARNINGS_MAX)
		diag_add(diag, DIAG_WARNING, DIAG_AT(.file = policy->rules[0].pos.file),
			 "%u idle rules were told; there may be more", WARNINGS_MAX);
	free(outlines);
}
