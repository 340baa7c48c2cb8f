/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The compiled image against the oracle: random policies x random requests. Both must give the same verdict, in both
 * modes, and the atom that the image names must be one that the oracle can hold responsible.
 *
 *     differential_test [SEED]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "policy/compile.h"
#include "policy/explain.h"
#include "policy/hostplace.h"
#include "random_request.h"

#define POLICIES 150
#define REQUESTS 200

struct tally {
	unsigned decisions, denied, would_deny, explained, spelled, moves[2], wrong;
};

static int fake_id(void *context, const char *name, uint32_t *ret_id)
{
	if (strcmp(name, "alice") && strcmp(name, "bob"))
		return -ENOENT;
	*ret_id = !strcmp(name, "alice") ? 1000 : 1001;
	return 0;
}

static const struct resolver fake = { .user = fake_id, .group = fake_id };

static void report(const struct image_subject *s, const struct image_object *o, const struct cordon_decision *d,
		   const struct oracle_answer *answer, const struct image *image)
{
	printf("# uid %u gid %u cgroup %s program %s op %d path %s dev %x foreign %d port %u proto %u\n", s->uid,
	       s->gids[0], s->cgroup, s->program ? s->program : "?", o->op, o->path ? o->path : "?", o->dev, o->foreign,
	       o->port, o->ipproto);
	printf("# image: deny %d would %d rule %s; oracle: deny %d would %d rule %s\n", d->deny, d->would_deny,
	       d->rule != CORDON_RULE_NONE ? image->rules[d->rule].name : "-", answer->deny, answer->would_deny,
	       answer->rule ? answer->rule : "-");
}

static bool agree(const struct policy *policy, const struct mount_table *mounts, const struct image *image,
		  const struct image_subject *s, const struct image_object *o, struct tally *tally)
{
	struct oracle_answer answer = oracle_decide(policy, mounts, s, o);
	struct cordon_decision d;
	uint32_t atom;
	bool same;

	if (image_evaluate(image, s, o, &d))
		return false;
	atom = d.deny ? d.rule : d.audit_rule;
	same = d.deny == answer.deny && d.would_deny == answer.would_deny &&
	       (!(d.deny || d.would_deny) ||
		(atom < image->meta.nrules && oracle_accuses(policy, mounts, s, o, !d.deny, image->rules[atom].name)));
	tally->decisions++;
	tally->denied += d.deny;
	tally->would_deny += d.would_deny;
	if (!same)
		report(s, o, &d, &answer, image);
	return same;
}

/* Every rule that the explanation says matches does, and no other; and the one that decides is the decision's. */
static bool explains(const struct policy *policy, const struct mount_table *mounts, const struct image *image,
		     const struct image_subject *s, const struct image_object *o, struct tally *tally)
{
	struct explanation e;
	bool good, decided = false;

	if (image_explain(image, s, o, &e))
		return false;
	good = e.n == policy->nrules;
	for (size_t i = 0; good && i < e.n; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		bool shared = o->op == CORDON_OP_SOCKET && rule->permit && rule->ops >> CORDON_OP_REACH & 1;

		good = !strcmp(image->rules[e.rules[i].atom].name, rule->name) &&
		       (shared || o->nameless || !e.rules[i].misses == oracle_matches(rule, mounts, s, o));
		if (!good)
			printf("# rule %s: misses %x\n", rule->name, e.rules[i].misses);
		decided |= e.rules[i].decides;
	}
	good = good && decided == ((e.decision.would_deny ? e.decision.audit_rule : e.decision.rule) != CORDON_RULE_NONE);
	tally->explained++;
	explanation_done(&e);
	return good;
}

static uint32_t names_in(const char *path)
{
	uint32_t n = 0;

	for (; *path; path++)
		n += *path == '/' && path[1];
	return n;
}

/* What is allowed under names that are not sure is allowed by the oracle under any others: those of another path, put there. */
static bool spellings(struct random *r, const struct policy *policy, const struct mount_table *mounts,
		      const struct image *image, const struct image_subject *s, const struct image_object *asked, struct tally *tally)
{
	struct image_object o = *asked;
	struct buf path = BUF_INIT, other = BUF_INIT;
	struct cordon_decision d;
	bool good = true;

	if (!(CORDON_OPS_FILE >> o.op & 1) || o.abstract || o.nameless || !o.path || !names_in(o.path))
		return true;
	o.unsure = 1 + random_below(r, names_in(o.path));
	if (image_evaluate(image, s, &o, &d))
		return false;
	for (int try = 0; good && try < 8; try++) {
		struct image_object spelled = o;
		struct oracle_answer answer;
		const char *end = o.path + strlen(o.path);

		for (uint32_t left = o.unsure; left; left -= *end == '/')
			end--;
		buf_reset(&path);
		do {
			buf_reset(&other);
			random_path(r, &other);
		} while (!names_in(buf_str(&other)));
		buf_printf(&path, "%.*s%s", (int)(end - o.path), o.path, buf_str(&other));
		spelled.path = buf_str(&path);
		answer = oracle_decide(policy, mounts, s, &spelled);
		good = d.deny || (!answer.deny && (d.would_deny || !answer.would_deny));
		tally->spelled += !d.deny;
		if (!good)
			printf("# %s, %u not sure, is allowed; %s is not\n", o.path, o.unsure, spelled.path);
	}
	buf_done(&path);
	buf_done(&other);
	return good;
}

/*
 * A directory's move that is let through gains nothing for any name below it: what the oracle refuses at the old place
 * it refuses at the new one.
 */
static bool moves(struct random *r, const struct policy *policy, const struct mount_table *mounts,
		  const struct image *image, const struct image_subject *s, struct tally *tally)
{
	struct image_object from = { .dev = random_devs[random_below(r, 3)], .foreign = !random_below(r, 6) }, to = from;
	struct buf old = BUF_INIT, new = BUF_INIT, below = BUF_INIT;
	bool directory = random_below(r, 4), good = true;
	struct cordon_decision d;

	random_path(r, &old);
	random_path(r, &new);
	if (random_below(r, 2))
		random_path(r, &below);
	from.path = buf_str(&old);
	to.path = buf_str(&new);
	if (image_moves(image, s, &from, &to, directory, &d))
		good = false;
	tally->moves[d.deny]++;
	if (directory) {
		buf_puts(&old, strcmp(buf_str(&below), "/") ? buf_str(&below) : "");
		buf_puts(&new, strcmp(buf_str(&below), "/") ? buf_str(&below) : "");
	}
	from.path = buf_str(&old);
	to.path = buf_str(&new);
	for (unsigned op = 0; good && op <= CORDON_OP_EXEC; op++) {
		struct oracle_answer before, after;

		from.op = to.op = op;
		before = oracle_decide(policy, mounts, s, &from);
		after = oracle_decide(policy, mounts, s, &to);
		good = d.deny || !before.deny || after.deny;
		good = good && (d.deny || d.would_deny || !(before.deny | before.would_deny) ||
				(after.deny | after.would_deny));
		if (!good)
			printf("# op %u: %s is refused, %s is not\n", op, from.path, to.path);
	}
	buf_done(&old);
	buf_done(&new);
	buf_done(&below);
	return good;
}

/* The same where names are not sure: in one of the places or both, or only some below; of what is decided there. */
static bool moves_unsure(struct random *r, const struct image *image, const struct image_subject *s)
{
	struct image_object at[2] = { { .dev = random_devs[random_below(r, 3)], .foreign = !random_below(r, 6) } };
	struct buf path[2] = { BUF_INIT, BUF_INIT }, below = BUF_INIT;
	struct cordon_decision d, before, after;
	uint32_t more, some;
	bool good;

	at[1] = at[0];
	random_path(r, &below);
	more = names_in(buf_str(&below));
	some = random_below(r, more + 1);
	for (int i = 0; i < 2; i++) {
		random_path(r, &path[i]);
		at[i].path = buf_str(&path[i]);
		at[i].unsure = random_below(r, names_in(at[i].path) + 1);
	}
	good = !image_moves(image, s, &at[0], &at[1], true, &d);
	for (int i = 0; i < 2; i++) {
		if (!strcmp(buf_str(&path[i]), "/"))
			buf_reset(&path[i]);
		buf_puts(&path[i], buf_str(&below));
		at[i].path = buf_str(&path[i]);
		at[i].unsure = at[i].unsure ? at[i].unsure + more : some;
	}
	for (unsigned op = 0; good && op <= CORDON_OP_EXEC; op++) {
		at[0].op = at[1].op = op;
		good = !image_evaluate(image, s, &at[0], &before) && !image_evaluate(image, s, &at[1], &after) &&
		       (d.deny || !before.deny || after.deny) &&
		       (d.deny || d.would_deny || !(before.deny | before.would_deny) || (after.deny | after.would_deny));
		if (!good)
			printf("# op %u: %s (%u not sure) is refused, %s (%u) is not\n", op, at[0].path, at[0].unsure, at[1].path,
			       at[1].unsure);
	}
	buf_done(&path[0]);
	buf_done(&path[1]);
	buf_done(&below);
	return good;
}

static void one_policy(uint64_t seed, const struct mount_table *mounts, struct tally *tally)
{
	struct random r = { seed };
	struct buf text = BUF_INIT;
	struct random_request q = { 0 };
	struct policy *policy = NULL;
	struct image *image = NULL;
	struct hosts hosts;
	struct diag diag;

	diag_init(&diag);
	random_hosts(&r, &hosts);
	random_policy(&r, 1 + random_below(&r, random_below(&r, 8) ? 12 : 90), RANDOM_ALL, &text);
	if (policy_parse(&(struct policy_text){ "random.yaml", text.data, text.len }, 1, &fake, &policy, &diag) ||
	    policy_place_hosts(policy, &hosts, false, false, &diag) ||
	    policy_compile(policy, mounts, &image, &diag)) {
		printf("# seed %llu: not compiled\n%s\n", (unsigned long long)seed, buf_str(&text));
		diag_print(&diag, stdout);
		tally->wrong++;
	}
	for (int i = 0; image && i < REQUESTS; i++) {
		struct image_subject s;
		struct image_object o;

		random_request(&r, RANDOM_OPS_ALL, &q);
		s = q.subject;
		o = q.object;
		if (agree(policy, mounts, image, &s, &o, tally) &&
		    (i % 8 || explains(policy, mounts, image, &s, &o, tally)) &&
		    moves(&r, policy, mounts, image, &s, tally) && spellings(&r, policy, mounts, image, &s, &o, tally) &&
		    moves_unsure(&r, image, &s))
			continue;
		printf("# seed %llu, request %d\n%s\n", (unsigned long long)seed, i, buf_str(&text));
		tally->wrong++;
		break;
	}
	random_request_done(&q);
	buf_done(&text);
	image_free(image);
	policy_free(policy);
	hosts_done(&hosts);
	diag_done(&diag);
}

int main(int argc, char **argv)
{
	struct mount_table *mounts = NULL;
	struct tally tally = { 0 };
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 20261121;
	unsigned policies = argc > 1 ? 1 : POLICIES;

	if (mount_table_parse(random_mounts, strlen(random_mounts), &mounts, NULL)) {
		printf("not ok 1 - the mount table\n1..1\n");
		return 1;
	}
	for (unsigned i = 0; i < policies && tally.wrong < 5; i++)
		one_policy(first + i, mounts, &tally);
	mount_table_free(mounts);
	printf("# seeds %llu to %llu: %u decisions, %u denied, %u would be denied, %u explained, %u moves of %u refused\n",
	       (unsigned long long)first, (unsigned long long)first + policies - 1, tally.decisions, tally.denied,
	       tally.would_deny, tally.explained, tally.moves[1], tally.moves[0] + tally.moves[1]);
	printf("%sok 1 - image and oracle agree on every decision, and on what matches\n", tally.wrong ? "not " : "");
	/* a world in which nothing is refused, or everything, would show nothing */
	printf("%sok 2 - each verdict is common\n",
	       policies > 1 && (tally.denied < tally.decisions / 20 || tally.denied > tally.decisions * 19 / 20 ||
				tally.would_deny < tally.decisions / 50) ? "not " : "");
	printf("%sok 3 - and it is common that a name is not sure, and the request allowed\n", policies > 1 && tally.spelled < 1000 ? "not " : "");
	printf("1..3\n");
	return tally.wrong ? 1 : 0;
}
