/* SPDX-License-Identifier: GPL-2.0-only */
/* Names into addresses; see hostplace.h. */
#include "policy/hostplace.h"

#include <errno.h>
#include <string.h>

/* A list of a rule, and whether more in it refuses more. */
struct place_list {
	struct policy_destinations *list;
	bool tightens;
};

enum { LISTS = 4 };

static void lists_of(struct policy_rule *rule, struct place_list ret_lists[LISTS])
{
	ret_lists[0] = (struct place_list){ &rule->to, !rule->permit };
	ret_lists[1] = (struct place_list){ &rule->to_except, rule->permit };
	ret_lists[2] = (struct place_list){ &rule->from, !rule->permit };
	ret_lists[3] = (struct place_list){ &rule->from_except, rule->permit };
}

/* ---- the names --------------------------------------------------------------------------------- */

static int name_list(const struct place_list *place, struct hosts *hosts, struct diag *diag)
{
	for (size_t i = 0; i < place->list->n; i++) {
		const struct policy_destination *d = &place->list->item[i];
		struct host *host = d->host ? hosts_add(hosts, d->host) : NULL;

		if (d->host && !host && hosts->n >= HOSTS_MAX)
			return diag_fail(diag, -E2BIG, DIAG_AT(.file = d->pos.file, .line = d->pos.line, .col = d->pos.column),
					 "the policy has more than %u host names", HOSTS_MAX);
		if (d->host && !host)
			return -ENOMEM;
		if (host)
			host->keeps |= place->tightens;
	}
	return 0;
}

int policy_name_hosts(const struct policy *policy, struct hosts *hosts, struct diag *diag)
{
	struct hosts names = { 0 };
	int err = 0;

	for (size_t i = 0; policy->nhosts && !err && i < policy->nrules; i++) {
		struct place_list lists[LISTS];

		lists_of(&policy->rules[i], lists);
		for (size_t k = 0; !err && k < LISTS; k++)
			err = name_list(&lists[k], &names, diag);
	}
	if (!err && !hosts_take(hosts, &names, true))
		err = -ENOMEM;
	hosts_done(&names);
	return err;
}

/* ---- their addresses ---------------------------------------------------------------------------- */

struct placer {
	struct policy *policy;
	const struct hosts *hosts;
	bool told, must;
	struct diag *diag;
	const char **said; /* names that were told of */
	size_t nsaid;
	int err;
};

static size_t count(const struct host *host, bool tightens)
{
	return !host ? 0 : tightens ? host->n : host_held(host);
}

/* That a name holds nothing: an error at every place where it tightens, else a warning once. */
static void tell_empty(struct placer *p, const struct policy_destination *d, const struct host *host, bool tightens)
{
	const struct diag_pos pos = { .file = d->pos.file, .line = d->pos.line, .col = d->pos.column };
	const char *why = host && *host->error ? host->error : host && host->known ? "there is no address" : "it was not asked for";
	bool said = false;

	if (tightens && p->must) {
		p->err = diag_fail(p->diag, -EINVAL, &pos, "the host name '%s' holds no address (%s), and a rule that refuses by it would refuse nothing",
				   d->host, why);
		diag_hint(p->diag, "mend the name or its resolution, or write addresses ('net')");
		return;
	}
	for (size_t i = 0; i < p->nsaid; i++)
		said |= strcmp(p->said[i], d->host) == 0;
	if (!p->told || said)
		return;
	p->said[p->nsaid++] = d->host;
	diag_add(p->diag, DIAG_WARNING, &pos, "the host name '%s' holds no address now (%s)", d->host, why);
	diag_hint(p->diag, tightens ? "until it does nothing is refused by it" : "until it does nothing is permitted by it");
}

static void place_list(struct placer *p, const struct place_list *place)
{
	struct policy_destinations *list = place->list;
	struct policy_destination *item;
	size_t n = 0, at = 0, names = 0;

	for (size_t i = 0; i < list->n; i++) {
		size_t more = list->item[i].host ? count(hosts_find(p->hosts, list->item[i].host), place->tightens) : 1;

		names += list->item[i].host != NULL;
		n += more ? more : 1;
	}
	if (!names)
		return;
	if (n > POLICY_ITEMS_MAX) {
		p->err = diag_fail(p->diag, -E2BIG, DIAG_AT(.file = list->item[0].pos.file, .line = list->item[0].pos.line),
				   "its host names hold more than %u addresses", POLICY_ITEMS_MAX);
		return;
	}
	item = arena_new_n(&p->policy->arena, n, struct policy_destination);
	if (!item) {
		p->err = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < list->n; i++) {
		const struct policy_destination *d = &list->item[i];
		const struct host *host = d->host ? hosts_find(p->hosts, d->host) : NULL;

		if (!d->host || !count(host, place->tightens)) {
			item[at++] = *d;
			if (d->host)
				tell_empty(p, d, host, place->tightens);
			continue;
		}
		for (size_t k = 0; k < host->n; k++) {
			if (!place->tightens && host->address[k].until == HOSTS_PAST)
				continue;
			item[at] = *d;
			item[at].nowhere = false;
			memcpy(item[at++].addr, host->address[k].addr, sizeof(item->addr));
		}
	}
	list->item = item;
	list->n = at;
}

int policy_place_hosts(struct policy *policy, const struct hosts *hosts, bool told, bool must, struct diag *diag)
{
	struct placer p = { .policy = policy, .hosts = hosts, .told = told, .must = must, .diag = diag };

	if (!policy->nhosts)
		return 0;
	p.said = arena_new_n(&policy->arena, policy->nhosts, const char *);
	if (!p.said)
		return -ENOMEM;
	for (size_t i = 0; i < policy->nrules; i++) {
		struct place_list lists[LISTS];

		lists_of(&policy->rules[i], lists);
		for (size_t k = 0; k < LISTS && p.err != -ENOMEM; k++)
			place_list(&p, &lists[k]);
	}
	return p.err;
}
