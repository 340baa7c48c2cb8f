/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules that hold more than was meant; see lockout.h. */
#include "policy/lockout.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include <cordon/abi.h>

#include "policy/atoms.h"
#include "policy/pattern.h"
#include "policy/value.h"

#define OP(name) (1u << CORDON_OP_##name)
#define CAP(name) (UINT64_C(1) << CAP_##name)
#define KERNEL(name) (1u << CORDON_KERNEL_##name)

#ifndef CAP_BPF
#define CAP_BPF 39
#endif

/* Somebody whom a rule about everybody holds as well, root in a unit of the system's manager; and what he cannot be without. */
struct holder {
	const char *unit, *slice; /* above it; NULL: none */
	const char *program;	  /* the end of its path */
	uint32_t files, operations;
	uint64_t capabilities;
	const char *who, *then, *hint;
};

static const struct holder holders[] = {
	/* The daemon reads files, keeps the last good policy, runs its compiler, talks, loads. */
	{ "cordon.service", "system.slice", "/cordon", OP(READ) | OP(WRITE) | OP(EXEC) | OP(CREATE) | OP(DELETE), KERNEL(BPF),
	  CAP(BPF) | CAP(SYS_ADMIN), "the guard's own service", "no other policy could be applied after it",
	  "add 'except: {services: [cordon.service]}' to its 'who'" },
	/* The first process mounts, loads programs for its units, becomes other users, and runs everything. */
	{ "init.scope", NULL, "/systemd", OP(READ) | OP(WRITE) | OP(EXEC) | OP(CREATE) | OP(DELETE), KERNEL(MOUNT) | KERNEL(BPF),
	  CAP(SYS_ADMIN) | CAP(SETUID) | CAP(SETGID) | CAP(KILL), "the system's manager (init.scope)",
	  "it could start no service, and a boot would not come to its end",
	  "say in 'who' whom it means, as in 'services: [user.slice]', or begin with 'mode: audit'" },
};

static bool names_unit(const struct holder *h, const struct policy_globs *services)
{
	static const char *const shapes[] = { "/**", "%s", "/%s", "/%s/**" };
	char path[64], text[80];

	snprintf(path, sizeof(path), "%s%s%s", h->slice ? h->slice : "", h->slice ? "/" : "", h->unit);
	for (size_t i = 0; i < services->n; i++) {
		const char *service = services->item[i].text;

		if (strcmp(service, h->unit) == 0 || (h->slice && strcmp(service, h->slice) == 0))
			return true;
		for (size_t k = 0; k < sizeof(shapes) / sizeof(shapes[0]); k++) {
			snprintf(text, sizeof(text), shapes[k], path);
			if (strcmp(service, text) == 0)
				return true;
		}
		if (h->slice) {
			snprintf(text, sizeof(text), "/%s/**", h->slice);
			if (strcmp(service, text) == 0)
				return true;
		}
	}
	return false;
}

static bool names_program(const struct holder *h, const struct policy_globs *programs)
{
	for (size_t i = 0; i < programs->n; i++) {
		size_t len = strlen(programs->item[i].text), end = strlen(h->program);

		if (len >= end && strcmp(programs->item[i].text + len - end, h->program) == 0)
			return true;
	}
	return false;
}

/* Whether he is certainly a subject. Programs, ancestors and odd globs are taken for others'. */
static bool holds(const struct policy_rule *rule, const struct holder *h)
{
	const struct policy_who *in = &rule->who, *out = &rule->who_except;

	if ((in->users.n && !ranges_have(&in->users, 0)) || (in->real_users.n && !ranges_have(&in->real_users, 0)) ||
	    (in->groups.n && !ranges_have(&in->groups, 0)) || (in->logins.n && !ranges_have(&in->logins, CORDON_LOGIN_UNSET)) ||
	    (in->sessions.n && !ranges_have(&in->sessions, CORDON_SESSION_SERVICE)) ||
	    (in->services.n && !names_unit(h, &in->services)) || in->programs.n || in->ancestors.n)
		return false;
	return !ranges_have(&out->users, 0) && !ranges_have(&out->real_users, 0) && !ranges_have(&out->groups, 0) &&
	       !ranges_have(&out->logins, CORDON_LOGIN_UNSET) && !ranges_have(&out->sessions, CORDON_SESSION_SERVICE) &&
	       !names_unit(h, &out->services) && !names_program(h, &out->programs) && !names_program(h, &out->ancestors);
}

/* A list of numbers refuses one: as a permit that does not have it, or a forbid that has. */
static bool refuses(const struct policy_rule *rule, const struct policy_ranges *list, uint32_t number)
{
	bool has = !list->n || ranges_have(list, number);

	return rule->permit ? !has : has;
}

/* Whether any of the numbers, bits of @wanted, is refused. */
static bool refuses_any(const struct policy_rule *rule, const struct policy_ranges *list, uint64_t wanted)
{
	for (uint32_t number = 0; number < 64; number++)
		if (wanted >> number & 1 && refuses(rule, list, number))
			return true;
	return false;
}

/* What a permit that leaves files out closes; of a forbid of all files the one that nobody means: running anything. */
static uint32_t takes_files(const struct policy_rule *rule)
{
	bool all = !rule->files.n;

	for (size_t i = 0; i < rule->files.n; i++)
		all |= strcmp(rule->files.item[i].text, "/**") == 0;
	if (rule->permit)
		return all ? 0 : rule->ops;
	return all && !rule->files_except.n ? rule->ops & OP(EXEC) : 0;
}

/* The first operation of the rule that takes him his work; or NULL. */
static const char *takes(const struct policy_rule *rule, const struct holder *h)
{
	uint32_t ops = 0;

	if (rule->ops & OP(KERNEL) && refuses_any(rule, &rule->operations, h->operations))
		ops |= OP(KERNEL);
	if (rule->ops & OP(CAPABILITY) && refuses_any(rule, &rule->capabilities, h->capabilities))
		ops |= OP(CAPABILITY);
	ops |= takes_files(rule) & h->files;
	for (const struct value_name *op = value_operations; op->name; op++)
		if (ops >> op->value & 1)
			return op->name;
	return NULL;
}

static void look(const struct policy *policy, const struct holder *h, struct diag *diag)
{
	for (size_t i = 0; i < policy->nrules; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		const char *op = rule->enforce && holds(rule, h) ? takes(rule, h) : NULL;

		if (!op)
			continue;
		diag_add(diag, DIAG_WARNING, DIAG_AT(.file = rule->pos.file, .line = rule->pos.line, .col = rule->pos.column),
			 "rule '%s' takes '%s' from %s, too: %s", rule->name, op, h->who, h->then);
		diag_hint(diag, "%s", h->hint);
		return; /* one is enough */
	}
}

/* systemd makes a service's output a connection to it, before the program runs: each line is a send (bpf/unix.h). */
#define JOURNAL "/run/systemd/journal/stdout"

static bool names_match(const struct pattern_component *glob, size_t n, const struct pattern_component *name, size_t m)
{
	bool first = n && m && pattern_component_matches(glob, name->text, name->len);

	if (!n)
		return !m;
	if (!glob->repeat)
		return first && names_match(glob + 1, n - 1, name + 1, m - 1);
	return names_match(glob + 1, n - 1, name, m) || (first && names_match(glob, n, name + 1, m - 1));
}

static bool names_journal(struct arena *arena, const struct policy_globs *files)
{
	struct pattern path, *patterns;
	size_t n;

	for (size_t i = 0; i < files->n; i++) {
		if (policy_glob_abstract(&files->item[i]))
			continue;
		if (pattern_from_path(arena, JOURNAL, &path) || pattern_from_glob(arena, files->item[i].text, &patterns, &n))
			return true; /* not known: nothing is told */
		for (size_t k = 0; k < n; k++)
			if (names_match(patterns[k].components, patterns[k].n, path.components, path.n))
				return true;
	}
	return false;
}

/* A rule by which services may not connect to the journal; or NULL. */
static const struct policy_rule *closes_journal(const struct policy *policy, struct arena *arena)
{
	const struct policy_rule *closes = NULL;
	bool permitted = false;

	for (size_t i = 0; i < policy->nrules; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		bool services = rule->who.services.n || holds(rule, &holders[1]), named;

		if (!rule->enforce || !(rule->ops & OP(CONNECT)))
			continue;
		named = (!rule->files.n || names_journal(arena, &rule->files)) && !names_journal(arena, &rule->files_except);
		if (!rule->permit && named && services)
			return rule;
		permitted |= rule->permit && named; /* for whomever it is */
		if (!closes && rule->permit && services)
			closes = rule;
	}
	return permitted ? NULL : closes;
}

static void look_for_journal(const struct policy *policy, struct diag *diag)
{
	const struct policy_rule *rule;
	struct arena arena;

	arena_init(&arena, 16u << 20);
	rule = closes_journal(policy, &arena);
	arena_done(&arena);
	if (!rule)
		return;
	diag_add(diag, DIAG_WARNING, DIAG_AT(.file = rule->pos.file, .line = rule->pos.line, .col = rule->pos.column),
		 "rule '%s' closes the journal to services, whose output is a connection to it: what it holds does not start", rule->name);
	diag_hint(diag, rule->permit ? "add '" JOURNAL "' to its files, or permit it by a rule of its own" :
				       "add 'except: {files: [" JOURNAL "]}' to it");
}

void policy_lockout(const struct policy *policy, struct diag *diag)
{
	for (size_t i = 0; i < sizeof(holders) / sizeof(holders[0]); i++)
		look(policy, &holders[i], diag);
	look_for_journal(policy, diag);
}
