/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon explain: what a policy answers to a request, by which rule, and why the other rules are not about it. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bundle.h"
#include "cli/cli.h"
#include "cli/compile.h"
#include "say/diagjson.h"
#include "cli/eventask.h"
#include "cli/fileio.h"
#include "cli/hoststore.h"
#include "cli/lookup.h"
#include "cli/paths.h"
#include "cli/pending.h"
#include "cli/request.h"
#include "say/say.h"
#include "cli/ui.h"
#include "policy/explain.h"
#include "policy/hostname.h"

#define RULES_SHOWN 40u
#define EVENT_MAX   (64u << 10)

enum object { READ, WRITE, APPEND, EXEC, CREATE, DELETE, ATTRIBUTES, CONNECT, BIND, ACCEPT, SOCKET, USE, OPERATE, OBJECTS };

struct values {
	struct request_who who;
	const char *object[OBJECTS];
	const char *protocol, *event, *state_folder;
	bool json, all, resolve;
};

#define WHO(member)   offsetof(struct values, who.member)
#define OBJECT(index) offsetof(struct values, object) + (index) * sizeof(const char *)

static const struct cli_option options[] = {
	{ "user", 'u', CLI_TEXT, WHO(user), "USER", "who asks; name or number (default: you)" },
	{ "groups", 0, CLI_TEXT, WHO(groups), "G,G...", "effective group first (default: those of the user here)" },
	{ "service", 's', CLI_TEXT, WHO(service), "UNIT", "unit or cgroup path (default: a login session)" },
	{ "program", 'p', CLI_TEXT, WHO(program), "PATH", "the executable (default " REQUEST_PROGRAM ")" },
	{ "real-user", 0, CLI_TEXT, WHO(real_user), "USER", "the real user (default: as --user)" },
	{ "login", 0, CLI_TEXT, WHO(login), "USER", "who logged in, or unset" },
	{ "session", 0, CLI_TEXT, WHO(session), "KIND", "ssh, console, service, other, unknown" },
	{ "ancestors", 0, CLI_TEXT, WHO(ancestors), "P,P...", "programs of the processes above (?: unknown)" },
	{ "read", 'r', CLI_TEXT, OBJECT(READ), "PATH", "may it read this?" },
	{ "write", 'w', CLI_TEXT, OBJECT(WRITE), "PATH", "may it write this?" },
	{ "append", 0, CLI_TEXT, OBJECT(APPEND), "PATH", "may it append to this?" },
	{ "exec", 'x', CLI_TEXT, OBJECT(EXEC), "PATH", "may it run this?" },
	{ "create", 0, CLI_TEXT, OBJECT(CREATE), "PATH", "may it make this name?" },
	{ "delete", 0, CLI_TEXT, OBJECT(DELETE), "PATH", "may it remove this name?" },
	{ "attributes", 0, CLI_TEXT, OBJECT(ATTRIBUTES), "PATH", "may it change mode, owner, times of this?" },
	{ "connect", 'c', CLI_TEXT, OBJECT(CONNECT), "DEST", "may it reach ADDRESS:PORT, NAME:PORT, vsock:CID:PORT, unix:PATH?" },
	{ "bind", 0, CLI_TEXT, OBJECT(BIND), "ADDR:PORT", "may it listen there?" },
	{ "accept", 0, CLI_TEXT, OBJECT(ACCEPT), "ADDR:PORT", "may it be reached from there?" },
	{ "socket", 0, CLI_TEXT, OBJECT(SOCKET), "F/T/P", "may it make a socket: inet/stream/tcp?" },
	{ "use", 0, CLI_TEXT, OBJECT(USE), "CAP", "may it use this capability: net_raw?" },
	{ "operate", 0, CLI_TEXT, OBJECT(OPERATE), "WORD", "may it do this to the kernel: mount, bpf, ptrace?" },
	{ "protocol", 0, CLI_TEXT, offsetof(struct values, protocol), "NAME", "of --connect, --bind, --accept (default tcp)" },
	{ "event", 'e', CLI_TEXT, offsetof(struct values, event), "JSON", "ask again what this event tells; - or a file, too" },
	{ "all", 'a', CLI_FLAG, offsetof(struct values, all), NULL, "list every rule, not the 40 nearest" },
	{ "resolve", 0, CLI_FLAG, offsetof(struct values, resolve), NULL, "ask DNS for host names that the daemon does not know" },
	{ "json", 0, CLI_FLAG, offsetof(struct values, json), NULL, "print JSON" },
	{ "state-dir", 0, CLI_TEXT, offsetof(struct values, state_folder), "DIR", "the daemon's state (default " PATH_STATE ")" },
	{ 0 },
};
static const struct cli_example examples[] = {
	{ "cordon explain --user bob --service ssh --program /usr/bin/curl --connect 203.0.113.9:443", "in the policy applied last" },
	{ "cordon explain -u bob -r /srv/payroll/x my-policy.yaml", "in a policy that is not in force" },
	{ "cordon explain -u bob --connect www.example.org:443", "each address of a host name of the policy" },
	{ "cordon events --json --last 1 | cordon explain --event -", "the last refusal, in the policy of now" },
	{ 0 },
};

/* The question, and what is asked. */
struct question {
	const struct values *values;
	struct arena arena;
	struct compiled compiled;
	struct hosts hosts; /* what is known of host names */
	const char *host, *port; /* --connect asks for a name; NULL: for an address */
	json_t *answers; /* of a name, with --json */
	struct request request;
	json_t *event; /* NULL: the request came from options */
};

/* ---- reading ---------------------------------------------------------------------------------- */

static int read_policy(struct question *q, size_t n, char **operands, struct diag *diag)
{
	const char *state = q->values->state_folder ? q->values->state_folder : PATH_STATE;
	const struct compile_names names = { .hosts = &q->hosts, .ask = q->values->resolve, .told = true };
	struct bundle bundle = BUNDLE_INIT;
	int err = 0, also;

	/* What the daemon knows of names, where it may be read. */
	(void)hosts_load(state, (int64_t)pending_now(), &q->hosts, NULL);
	for (size_t i = 0; i < n; i++) {
		also = bundle_add(&bundle, operands[i], false, diag);
		err = err ? err : also;
	}
	if (!n) {
		err = bundle_load(state, PATH_GOOD_NAME, &bundle, diag);
		if (err == -ENOENT)
			diag_fail(diag, err, DIAG_AT(.file = state), "no policy was applied yet");
		if (err)
			diag_hint(diag, "or name the files of a policy");
	}
	if (!err)
		err = compile_all(&bundle, &names, &q->compiled, diag);
	bundle_done(&bundle);
	return err;
}

/* JSON itself, a file, or standard input. */
static int read_event(const char *word, json_t **ret_event, struct diag *diag)
{
	json_error_t fault;
	char *text = NULL;
	size_t size;
	int fd, err;

	if (*word == '{') {
		*ret_event = json_loads(word, 0, &fault);
	} else {
		fd = strcmp(word, "-") ? open(word, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
		if (fd < 0)
			return diag_fail(diag, -errno, DIAG_AT(.file = word), "cannot be opened: %s", strerror(errno));
		err = fileio_read(fd, EVENT_MAX, &text, &size);
		if (fd != STDIN_FILENO)
			close(fd);
		if (err)
			return diag_fail(diag, err, DIAG_AT(.file = word), "cannot be read: %s", strerror(-err));
		*ret_event = json_loadb(text, size, 0, &fault);
		free(text);
	}
	if (!*ret_event)
		return diag_fail(diag, -EBADMSG, NULL, "the event is not JSON: %s", fault.text);
	return 0;
}

/* The one object option that was given; OBJECTS: none, or several. */
static enum object find_object(const struct values *values)
{
	enum object found = OBJECTS;
	size_t n = 0;

	for (enum object i = 0; i < OBJECTS; i++) {
		if (!values->object[i])
			continue;
		found = i;
		n++;
	}
	return n == 1 ? found : OBJECTS;
}

/* Whether --connect asks for a name: then it is cut in two. */
static bool is_name(struct question *q)
{
	const char *text = q->values->object[CONNECT], *colon = text ? strrchr(text, ':') : NULL;
	char *name = text ? arena_strndup(&q->arena, text, colon ? (size_t)(colon - text) : strlen(text)) : NULL;

	if (!name || strncmp(text, "vsock:", 6) == 0 || strncmp(text, "unix:", 5) == 0 || hostname_fault(name) != HOSTNAME_OK)
		return false;
	q->host = hostname_plain(&q->arena, name);
	q->port = colon ? colon : "";
	return q->host != NULL;
}

static int make_request(struct question *q, struct diag *diag)
{
	static const char *const names[OBJECTS] = { "read",	  "write",   "append", "exec",	 "create", "delete",
						    "attributes", "connect", "bind",   "accept", "socket", "use", "operate" };
	const struct values *values = q->values;
	const struct mount_table *mounts = q->compiled.mounts;
	enum object object = find_object(values);
	const char *wrong;
	int err;

	if (values->event) {
		err = read_event(values->event, &q->event, diag);
		if (err)
			return err;
		wrong = eventask_request(q->event, &q->arena, mounts, &q->request);
	} else {
		wrong = request_set_who(&q->request, &q->arena, mounts, &values->who);
		if (!wrong)
			wrong = request_set_what(&q->request, &q->arena, mounts, request_verb_find(names[object]),
						 values->object[object], values->protocol);
	}
	return wrong ? diag_fail(diag, -EINVAL, NULL, "%s", wrong) : 0;
}

/* ---- saying it -------------------------------------------------------------------------------- */

static const char *verdict_of(const struct cordon_decision *decision)
{
	return decision->deny ? "deny" : decision->would_deny ? "would-deny" : "allow";
}

static uint32_t atom_of(const struct cordon_decision *decision)
{
	return decision->would_deny ? decision->audit_rule : decision->rule;
}

static const char *reason_of(const struct cordon_decision *decision)
{
	unsigned reason = decision->would_deny ? decision->audit_reason : decision->reason;

	return reason == CORDON_REASON_FORBID ? "forbids it" :
	       reason == CORDON_REASON_CLOSED ? "closes this to its subjects, and no rule permits it" :
						"permits it";
}

/* "another user, another program" */
static void add_misses(struct buf *out, uint32_t misses)
{
	const char *comma = "";

	for (unsigned kind = 0; kind < FACT_COUNT; kind++) {
		if (!(misses >> kind & 1))
			continue;
		buf_printf(out, "%sanother %s", comma, fact_name((enum fact_kind)kind));
		comma = ", ";
	}
}

static unsigned count_bits(uint32_t word)
{
	return (unsigned)__builtin_popcount(word);
}

/* Those that match, then by how little they miss, then as they stand in the files. */
static int compare_rules(const void *a, const void *b)
{
	const struct explained_rule *x = a, *y = b;

	if (x->decides != y->decides)
		return x->decides ? -1 : 1;
	if (count_bits(x->misses) != count_bits(y->misses))
		return count_bits(x->misses) < count_bits(y->misses) ? -1 : 1;
	return x->atom < y->atom ? -1 : x->atom > y->atom;
}

static json_t *misses_json(uint32_t misses)
{
	json_t *list = json_array();

	for (unsigned kind = 0; kind < FACT_COUNT; kind++)
		if (misses >> kind & 1)
			json_array_append_new(list, json_string(fact_name((enum fact_kind)kind)));
	return list;
}

static json_t *rules_json(const struct question *q, const struct explanation *why)
{
	json_t *list = json_array();

	for (size_t i = 0; i < why->n; i++) {
		const struct image_rule *rule = &q->compiled.image->rules[why->rules[i].atom];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:i, s:b, s:b, s:b, s:b, s:o}", "rule", rule->name, "policy",
						      rule->policy, "file", rule->file, "line", (int)rule->line, "permit",
						      (int)rule->permit, "enforce", (int)rule->enforce, "matches",
						      (int)!why->rules[i].misses, "decides", (int)why->rules[i].decides, "misses",
						      misses_json(why->rules[i].misses)));
	}
	return list;
}

static json_t *answer_json(const struct question *q, const struct explanation *why)
{
	uint32_t atom = atom_of(&why->decision);
	const struct image_rule *rule = atom == CORDON_RULE_NONE ? NULL : &q->compiled.image->rules[atom];
	struct buf asked = BUF_INIT;
	json_t *result;

	request_show(&q->request, &asked);
	result = json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:i, s:o}", "request", buf_str(&asked), "verdict", verdict_of(&why->decision),
			   "rule", rule ? rule->name : NULL, "policy", rule ? rule->policy : NULL, "file", rule ? rule->file : NULL,
			   "line", rule ? (int)rule->line : 0, "rules", rules_json(q, why));
	buf_done(&asked);
	return result;
}

static void add_line(struct libscols_table *table, const struct image_rule *rule, const struct explained_rule *explained)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	struct buf place = BUF_INIT, why = BUF_INIT;

	buf_printf(&place, "%s:%u", rule->file, rule->line);
	if (explained->decides)
		buf_puts(&why, explained->misses ? "decides, and does not permit this: " : "decides");
	else if (!explained->misses)
		buf_puts(&why, "matches");
	add_misses(&why, explained->misses);
	scols_line_set_data(line, 0, rule->permit ? "permit" : "forbid");
	scols_line_set_data(line, 1, rule->enforce ? "" : "audit");
	scols_line_set_data(line, 2, rule->name);
	scols_line_set_data(line, 3, buf_str(&place));
	scols_line_set_data(line, 4, buf_str(&why));
	if (explained->decides && ui_scols(stdout, UI_BOLD))
		scols_line_set_color(line, ui_scols(stdout, UI_BOLD));
	buf_done(&place);
	buf_done(&why);
}

static void print_rules(const struct question *q, const struct explanation *why)
{
	static const char *const columns[] = { "", "", "RULE", "AT", "WHY" };
	struct libscols_table *table = scols_new_table();
	size_t shown = q->values->all || why->n < RULES_SHOWN ? why->n : RULES_SHOWN;

	if (!table || !why->n)
		return;
	scols_table_enable_colors(table, ui_colour(stdout));
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		scols_table_new_column(table, columns[i], 0, 0);
	for (size_t i = 0; i < shown; i++)
		add_line(table, &q->compiled.image->rules[why->rules[i].atom], &why->rules[i]);
	putchar('\n');
	scols_print_table(table);
	scols_unref_table(table);
	if (shown < why->n)
		printf("and %zu rules that are further from it (--all)\n", why->n - shown);
}

/* Whether the policy answers what the event says. */
static void print_event(const struct question *q, const struct cordon_decision *decision)
{
	const char *kind = json_string_value(json_object_get(q->event, "kind"));

	if (!kind)
		return;
	printf("event: %s, generation %lld: %s\n", kind, (long long)json_integer_value(json_object_get(q->event, "generation")),
	       strcmp(kind, verdict_of(decision)) == 0 ? "this policy says the same" : "this policy says otherwise");
}

static void print_people(const struct question *q, const struct explanation *why)
{
	const struct cordon_decision *decision = &why->decision;
	enum ui_style style = decision->deny ? UI_BAD : decision->would_deny ? UI_WARN : UI_GOOD;
	uint32_t atom = atom_of(decision);
	struct buf asked = BUF_INIT;

	request_show(&q->request, &asked);
	if (atom == CORDON_RULE_NONE)
		printf("%s%s%s: no rule is about it\n", ui_on(stdout, style), verdict_of(decision), ui_off(stdout));
	else
		printf("%s%s%s: rule \"%s\" (%s, %s:%u) %s\n", ui_on(stdout, style), verdict_of(decision), ui_off(stdout),
		       q->compiled.image->rules[atom].name, q->compiled.image->rules[atom].policy,
		       q->compiled.image->rules[atom].file, q->compiled.image->rules[atom].line, reason_of(decision));
	printf("%s\n", asked.data ? ui_tame(asked.data) : "");
	if (q->event)
		print_event(q, decision);
	print_rules(q, why);
	buf_done(&asked);
}

static int answer(struct question *q, struct diag *diag)
{
	struct explanation why;
	int err = image_explain(q->compiled.image, &q->request.subject, &q->request.object, &why);

	if (err)
		return diag_fail(diag, err, NULL, "cannot be decided: %s", strerror(-err));
	qsort(why.rules, why.n, sizeof(*why.rules), compare_rules);
	if (q->answers)
		json_array_append_new(q->answers, answer_json(q, &why));
	else if (q->values->json)
		say_json(answer_json(q, &why));
	else
		print_people(q, &why);
	explanation_done(&why);
	return 0;
}

static void take_answer(void *context, const char *name, const struct host_answer *answer)
{
	(void)host_answer(context, answer, (int64_t)pending_now());
}

/* What a name holds: the policy's names were known or asked for when it was compiled, others are asked for now. */
static int find_host(struct question *q, struct host **ret_host, struct diag *diag)
{
	struct host *host = hosts_find(&q->hosts, q->host);

	if (!host && q->values->resolve && (host = hosts_add(&q->hosts, q->host)))
		(void)lookup_run(&q->host, 1, take_answer, host, diag);
	if (host && host->n) {
		*ret_host = host;
		return 0;
	}
	diag_fail(diag, -ENOENT, NULL, "no address is known of the host name '%s'%s%s", q->host, host && *host->error ? ": " : "",
		  host ? host->error : "");
	diag_hint(diag, q->values->resolve ? "write an address" : "--resolve asks DNS for it; or write an address");
	return -ENOENT;
}

/* One answer for each address. */
static int answer_name(struct question *q, struct diag *diag)
{
	struct host *host = NULL;
	const char *wrong = NULL;
	int err = find_host(q, &host, diag);

	if (q->values->json && !err)
		q->answers = json_array();
	for (size_t i = 0; !err && i < host->n; i++) {
		char text[HOST_TEXT];

		host_address_text(host->address[i].addr, text);
		wrong = request_set_who(&q->request, &q->arena, q->compiled.mounts, &q->values->who);
		if (!wrong)
			wrong = request_set_what(&q->request, &q->arena, q->compiled.mounts, request_verb_find("connect"),
						 arena_printf(&q->arena, strchr(text, ':') ? "[%s]%s" : "%s%s", text, q->port),
						 q->values->protocol);
		if (!q->values->json && !wrong)
			printf("%s%s%s\n", i ? "\n" : "", text, host->address[i].until == HOSTS_PAST ? " (past)" : "");
		err = wrong ? diag_fail(diag, -EINVAL, NULL, "%s", wrong) : answer(q, diag);
	}
	if (q->answers && !err)
		say_json(json_pack("{s:s, s:O}", "host", q->host, "answers", q->answers));
	json_decref(q->answers);
	q->answers = NULL;
	return err;
}

static enum cli_status run(const void *data, size_t n, char **operands)
{
	struct question q = { .values = data };
	struct diag diag;
	int err;

	if (!q.values->event == (find_object(q.values) == OBJECTS)) {
		say_trouble("wants one thing to ask: --read, --connect, ..., or --event");
		return CLI_USAGE;
	}
	diag_init(&diag);
	arena_init(&q.arena, 0);
	err = read_policy(&q, n, operands, &diag);
	if (!err && is_name(&q)) {
		err = answer_name(&q, &diag);
	} else {
		err = err ? err : make_request(&q, &diag);
		err = err ? err : answer(&q, &diag);
	}
	say_diag(&diag);
	json_decref(q.event);
	compiled_done(&q.compiled);
	hosts_done(&q.hosts);
	arena_done(&q.arena);
	diag_done(&diag);
	return err ? CLI_FAILED : CLI_OK;
}

const struct cli_command cmd_explain = {
	.name = "explain",
	.operands = "[POLICY...]",
	.summary = "say what a policy answers to a request, by which rule, and why not by the others",
	.text = "\nThe request is put together by options, or taken from an event. It is decided by the same source that decides in the\n"
		"kernel. Without POLICY: the policy the daemon applied last (root). Exit status 0: answered, whatever the answer.",
	.options = options,
	.examples = examples,
	.values_size = sizeof(struct values),
	.most_operands = CLI_MANY,
	.run = run,
};
