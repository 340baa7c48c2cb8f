/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon diff: which requests two policies answer differently, by examples. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bundle.h"
#include "cli/cli.h"
#include "cli/compile.h"
#include "say/diagjson.h"
#include "cli/examples.h"
#include "cli/hoststore.h"
#include "cli/paths.h"
#include "cli/pending.h"
#include "say/say.h"
#include "cli/ui.h"

#define ASKED_MAX 300000u /* requests; more are sampled */
#define OWN_MAX   300000u
#define SHARE_MIN 12u
#define SHOWN	  3u

/* As diff(1): trouble is not "differs". */
#define DIFFERS CLI_FAILED
#define TROUBLE CLI_USAGE

struct values {
	const char *state_folder;
	bool json, all, resolve;
};

static const struct cli_option options[] = {
	{ "all", 'a', CLI_FLAG, offsetof(struct values, all), NULL, "print every example that was found, not three of a kind" },
	{ "json", 0, CLI_FLAG, offsetof(struct values, json), NULL, "print JSON" },
	{ "resolve", 0, CLI_FLAG, offsetof(struct values, resolve), NULL, "ask DNS for host names that the daemon does not know" },
	{ "state-dir", 0, CLI_TEXT, offsetof(struct values, state_folder), "DIR", "the daemon's state (default " PATH_STATE ")" },
	{ 0 },
};
static const struct cli_example examples[] = {
	{ "cordon diff old.yaml new.yaml", "what would the new one change?" },
	{ "cordon diff /etc/cordon/policy.d ./policies", "folders, each as one policy" },
	{ "cordon diff new.yaml", "against the policy the daemon applied last (root)" },
	{ 0 },
};

enum verdict { ALLOW, WOULD_DENY, DENY };

static const char *const verdict_names[] = { "allow", "would-deny", "deny" };

struct answer {
	enum verdict verdict;
	uint32_t atom; /* that decided, or CORDON_RULE_NONE */
};

/* Requests that changed alike: the same operation, from the same verdict to the same verdict, by the same rules. */
struct change {
	const struct request_verb *verb;
	struct answer old, new;
	size_t n;
	json_t *requests; /* as text */
};

struct comparison {
	const struct values *values;
	struct compiled old, new;
	struct examples examples;
	struct change *changes;
	size_t n, cap;
	size_t asked, possible, differ;
};

/* ---- comparing -------------------------------------------------------------------------------- */

static int ask(const struct image *image, const struct request *request, struct answer *ret_answer)
{
	struct cordon_decision decision;
	int err = image_evaluate(image, &request->subject, &request->object, &decision);

	if (err)
		return err;
	ret_answer->verdict = decision.deny ? DENY : decision.would_deny ? WOULD_DENY : ALLOW;
	ret_answer->atom = decision.would_deny ? decision.audit_rule : decision.rule;
	return 0;
}

/* Several atoms may be one rule. */
static bool same_rule(const struct image *image, uint32_t a, uint32_t b)
{
	if (a == CORDON_RULE_NONE || b == CORDON_RULE_NONE)
		return a == b;
	return image->rules[a].line == image->rules[b].line && strcmp(image->rules[a].name, image->rules[b].name) == 0 &&
	       strcmp(image->rules[a].file, image->rules[b].file) == 0;
}

static struct change *find_change(struct comparison *c, const struct request_verb *verb, const struct answer *old,
				  const struct answer *new)
{
	struct change *change;

	for (size_t i = 0; i < c->n; i++) {
		change = &c->changes[i];
		if (change->verb == verb && change->old.verdict == old->verdict && change->new.verdict == new->verdict &&
		    same_rule(c->old.image, change->old.atom, old->atom) && same_rule(c->new.image, change->new.atom, new->atom))
			return change;
	}
	change = arena_grow(&c->examples.arena, c->changes, c->n, &c->cap, sizeof(*c->changes));
	if (!change)
		return NULL;
	c->changes = change;
	c->changes[c->n] = (struct change){ .verb = verb, .old = *old, .new = *new, .requests = json_array() };
	return &c->changes[c->n++];
}

static int note(struct comparison *c, const struct request *request, const struct answer *old, const struct answer *new)
{
	struct change *change = find_change(c, request->verb, old, new);
	struct buf text = BUF_INIT;

	if (!change)
		return -ENOMEM;
	c->differ++;
	if (change->n++ < SHOWN || c->values->all) {
		request_show(request, &text);
		json_array_append_new(change->requests, json_string(buf_str(&text)));
		buf_done(&text);
	}
	return 0;
}

static int compare_one(struct comparison *c, const struct request *subject, const struct request *object)
{
	struct request request = *subject;
	struct answer old, new;
	int err;

	request.object = object->object;
	request.verb = object->verb;
	request.target = object->target;
	c->asked++;
	err = ask(c->old.image, &request, &old);
	if (!err)
		err = ask(c->new.image, &request, &new);
	return err || old.verdict == new.verdict ? err : note(c, &request, &old, &new);
}

/* Of a large policy first every rule's subjects with its own objects, each rule its share: what a rule changes it changes there
 * before all. Its plain subject and its first paths come first. */
static int compare_rules(struct comparison *c)
{
	const struct examples *e = &c->examples;
	size_t share = e->nspans ? OWN_MAX / e->nspans : 0;
	int err = 0;

	share = share < SHARE_MIN ? SHARE_MIN : share;
	for (size_t i = 0; !err && i < e->nspans; i++) {
		const struct examples_span *span = &e->spans[i];
		size_t objects = span->last_object - span->first_object;
		size_t pairs = (span->last_subject - span->first_subject) * objects;

		for (size_t k = 0; !err && k < pairs && k < share; k++)
			err = compare_one(c, &e->subjects[span->first_subject + k / objects],
					  &e->objects[span->first_object + k % objects]);
	}
	return err;
}

static int compare_pair(struct comparison *c, size_t pair)
{
	const struct examples *e = &c->examples;

	return compare_one(c, &e->subjects[pair / e->nobjects], &e->objects[pair % e->nobjects]);
}

/* Every subject with every object; of more than ASKED_MAX pairs that many, in a fixed scatter. */
static int compare(struct comparison *c)
{
	const struct examples *e = &c->examples;
	int err = 0;

	if (e->nsubjects * e->nobjects > ASKED_MAX)
		err = compare_rules(c);
	examples_tidy(&c->examples);
	c->possible = e->nsubjects * e->nobjects;
	for (size_t i = 0; !err && c->possible <= ASKED_MAX && i < c->possible; i++)
		err = compare_pair(c, i);
	for (uint64_t i = 0; !err && c->possible > ASKED_MAX && i < ASKED_MAX; i++)
		err = compare_pair(c, (size_t)((unsigned __int128)(i * 0x9e3779b97f4a7c15u) * c->possible >> 64));
	return err;
}

/* ---- saying it -------------------------------------------------------------------------------- */

static json_t *answer_json(const struct image *image, const struct answer *answer)
{
	const struct image_rule *rule = answer->atom == CORDON_RULE_NONE ? NULL : &image->rules[answer->atom];

	return json_pack("{s:s, s:s?, s:s?, s:i}", "verdict", verdict_names[answer->verdict], "rule", rule ? rule->name : NULL, "file",
			 rule ? rule->file : NULL, "line", rule ? (int)rule->line : 0);
}

static void print_json(const struct comparison *c)
{
	json_t *changes = json_array(), *result;

	for (size_t i = 0; i < c->n; i++)
		json_array_append_new(changes,
				      json_pack("{s:o, s:o, s:I, s:O}", "old", answer_json(c->old.image, &c->changes[i].old), "new",
						answer_json(c->new.image, &c->changes[i].new), "requests",
						(json_int_t)c->changes[i].n, "examples", c->changes[i].requests));
	result = json_pack("{s:b, s:I, s:I, s:I, s:o}", "same", (int)!c->differ, "asked", (json_int_t)c->asked, "possible",
			   (json_int_t)c->possible, "differ", (json_int_t)c->differ, "changes", changes);
	say_json(result);
}

static void print_answer(const char *when, const struct image *image, const struct answer *answer)
{
	static const char *const words[] = { "allowed", "allowed, and reported", "refused" };
	const struct image_rule *rule = answer->atom == CORDON_RULE_NONE ? NULL : &image->rules[answer->atom];

	printf("    %s: %s", when, words[answer->verdict]);
	if (rule)
		printf(", rule \"%s\" (%s:%u)\n", rule->name, rule->file, rule->line);
	else
		printf(", no rule is about it\n");
}

static void print_change(const struct comparison *c, const struct change *change)
{
	static const char *const now[] = { "allowed now", "only reported now", "refused now" };
	enum ui_style style = change->new.verdict == DENY ? UI_BAD : change->new.verdict == ALLOW ? UI_GOOD : UI_WARN;
	json_t *request;
	size_t i;

	printf("%s%s%s\n", ui_on(stdout, style), now[change->new.verdict], ui_off(stdout));
	print_answer("before", c->old.image, &change->old);
	print_answer("now   ", c->new.image, &change->new);
	json_array_foreach(change->requests, i, request)
		printf("    - %s\n", json_string_value(request));
	if (change->n > json_array_size(change->requests))
		printf("    - and %zu more (--all)\n", change->n - json_array_size(change->requests));
}

static void print_people(const struct comparison *c)
{
	for (size_t i = 0; i < c->n; i++)
		print_change(c, &c->changes[i]);
	if (c->asked < c->possible)
		printf("%zu of %zu requests that the rules suggest were asked: ", c->asked, c->possible);
	else
		printf("%zu requests were asked: ", c->asked);
	printf(c->differ ? "%zu change their verdict\n" : "none changes its verdict\n", c->differ);
}

/* ---- reading ---------------------------------------------------------------------------------- */

static int read_policy(const char *path, const char *state_folder, bool resolve, struct compiled *ret_compiled, struct diag *diag)
{
	struct bundle bundle = BUNDLE_INIT;
	struct hosts hosts = { 0 };
	const struct compile_names names = { .hosts = &hosts, .ask = resolve, .told = true };
	int err;

	/* What the daemon knows of names, where it may be read. */
	(void)hosts_load(state_folder, (int64_t)pending_now(), &hosts, NULL);
	if (path)
		err = bundle_add(&bundle, path, false, diag);
	else
		err = bundle_load(state_folder, PATH_GOOD_NAME, &bundle, diag);
	if (err == -ENOENT && !path)
		diag_fail(diag, err, DIAG_AT(.file = state_folder), "no policy was applied yet");
	if (!err)
		err = compile_all(&bundle, &names, ret_compiled, diag);
	hosts_done(&hosts);
	bundle_done(&bundle);
	return err;
}

static int prepare(struct comparison *c, size_t n, char **operands, struct diag *diag)
{
	const char *state = c->values->state_folder ? c->values->state_folder : PATH_STATE;
	int err, also;

	err = read_policy(n == 2 ? operands[0] : NULL, state, c->values->resolve, &c->old, diag);
	also = read_policy(operands[n - 1], state, c->values->resolve, &c->new, diag);
	if (err || also)
		return err ? err : also;
	examples_init(&c->examples, c->new.mounts);
	err = examples_add(&c->examples, c->old.policy);
	if (!err)
		err = examples_add(&c->examples, c->new.policy);
	return err ? diag_fail(diag, err, NULL, "the policies are too large for this") : 0;
}

static void release(struct comparison *c)
{
	for (size_t i = 0; i < c->n; i++)
		json_decref(c->changes[i].requests);
	examples_done(&c->examples);
	compiled_done(&c->old);
	compiled_done(&c->new);
}

static enum cli_status run(const void *data, size_t n, char **operands)
{
	struct comparison c = { .values = data };
	struct diag diag;
	int err;

	if (!n) {
		say_trouble("wants two policies, or one to compare with what was applied last");
		return TROUBLE;
	}
	diag_init(&diag);
	err = prepare(&c, n, operands, &diag);
	if (!err && (err = compare(&c)))
		diag_fail(&diag, err, NULL, "cannot be decided: %s", strerror(-err));
	say_diag(&diag);
	if (!err && c.values->json)
		print_json(&c);
	else if (!err)
		print_people(&c);
	release(&c);
	diag_done(&diag);
	return err ? TROUBLE : c.differ ? DIFFERS : CLI_OK;
}

const struct cli_command cmd_diff = {
	.name = "diff",
	.operands = "[OLD] NEW",
	.summary = "say which requests a new policy answers differently, by examples",
	.text = "\nBoth policies are asked the same requests, made of what their rules name: users, services, programs, paths and addresses,\n"
		"and what lies just beside them; of a large policy each rule's own and a sample of the others. That finds what a person would look for; it proves nothing about what was not asked.\n"
		"OLD and NEW are files or folders. Exit status 0: no request changes its verdict; 1: some do; 2: trouble.",
	.options = options,
	.examples = examples,
	.values_size = sizeof(struct values),
	.most_operands = 2,
	.trouble = TROUBLE,
	.run = run,
};
