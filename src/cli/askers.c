/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * askers: the guard's own questions to DNS (askers.h).
 */
#include "cli/askers.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cli/lookup.h"
#include "cli/request.h"

#define SERVERS_MAX 8u

struct check {
	const struct compiled *compiled;
	struct arena arena;
	struct request request;
	struct diag *diag;
};

/* True: it is refused, and that was told. */
static bool refused(struct check *c, const char *verb, const char *object, const char *protocol)
{
	const struct image *image = c->compiled->image;
	struct cordon_decision decision;
	const struct image_rule *rule;

	if (request_set_what(&c->request, &c->arena, c->compiled->mounts, request_verb_find(verb), object, protocol) ||
	    image_evaluate(image, &c->request.subject, &c->request.object, &decision) || !decision.deny ||
	    decision.rule == CORDON_RULE_NONE)
		return false;
	rule = &image->rules[decision.rule];
	diag_add(c->diag, DIAG_WARNING, DIAG_AT(.file = rule->file, .line = rule->line, .col = rule->column),
		 "rule '%s' refuses the guard's own questions for host names: %s %s", rule->name, verb, c->request.target);
	diag_hint(c->diag, "who asks is user nobody in cordon.service: add 'except: {services: [cordon.service]}' to its 'who'");
	return true;
}

void askers_check(const struct compiled *compiled, struct diag *diag)
{
	struct check c = { .compiled = compiled, .diag = diag };
	struct lookup_server servers[SERVERS_MAX];
	char program[PATH_MAX] = "";
	const struct request_who who = { .user = "65534", .groups = "65534", .service = "cordon.service", .login = "unset",
					 .program = program };
	int n = lookup_servers(servers, SERVERS_MAX);
	bool told = false;

	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		return;
	arena_init(&c.arena, 0);
	if (!request_set_who(&c.request, &c.arena, compiled->mounts, &who)) {
		told = refused(&c, "socket", "inet/dgram/0", NULL);
		for (int i = 0; i < n && !told; i++) {
			const char *to = request_endpoint_text(&c.arena, servers[i].addr, servers[i].port, 17);
			char *slash = to ? strrchr(to, '/') : NULL;

			if (!slash)
				break;
			*slash = '\0';
			told = refused(&c, "connect", to, "udp") || refused(&c, "connect", to, "tcp");
		}
	}
	arena_done(&c.arena);
}
