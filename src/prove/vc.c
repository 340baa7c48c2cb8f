// SPDX-License-Identifier: GPL-2.0-only
/*
 * vc: the subcommand that writes every verification condition as a stand-alone .smt2 file.
 * Each asserts the negation of the property: unsat means it holds. Any solver can replay it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "common/buf.h"
#include "prove/check.h"
#include "prove/command.h"
#include "prove/contract.h"
#include "prove/smtfmt.h"
#include "say/say.h"

static int write_file(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return -errno;
	bool good = fwrite(b->data, 1, b->len, f) == b->len;
	return fclose(f) || !good ? -EIO : 0;
}

static int write_one(struct check_run *run, struct sym *s, enum prop prop, uint32_t clause, const char *title)
{
	struct buf out = BUF_INIT, comment = BUF_INIT;
	term goal = verdict_whole_goal(s, prop, clause);
	char path[4096];
	uint32_t *vars = NULL;
	size_t n_vars;

	snprintf(path, sizeof(path), "%s/%s.%s.smt2", run->opts->out, s->name, prop_name(prop));
	if (prop == PROP_CONTRACT)
		snprintf(path, sizeof(path), "%s/%s.%s-%u.smt2", run->opts->out, s->name, prop_name(prop), clause);
	buf_printf(&comment, "%s, program %s\n%s: %s\nunsat: it holds\n", run->opts->object, s->name, prop_name(prop), title);
	for (size_t i = 0; i < s->n_gaps; i++)
		buf_printf(&comment, "gap, so that unsat proves nothing: %s\n", s->gap[i]);
	for (size_t i = 0; i < s->n_assumptions; i++)
		buf_printf(&comment, "assumed: %s\n", s->assumption[i]);
	int r = smt_print(&s->t, true, &goal, 1, buf_str(&comment), &out, &vars, &n_vars);
	if (!r)
		r = write_file(path, &out);
	if (r < 0)
		say_trouble("%s: %s", path, strerror(-r));
	else
		printf("%s\n", path);
	free(vars);
	buf_done(&out);
	buf_done(&comment);
	return r;
}

static int write_all(struct check_run *run, struct sym *s, void *ctx)
{
	int r = 0;

	mkdir(run->opts->out, 0777);
	if (s->t.exhausted) {
		say_trouble("%s: too many terms, nothing written", s->name);
		return COMMAND_UNKNOWN;
	}
	for (int p = 0; p < PROP_CONTRACT && !r; p++)
		if (s->n_checked[p])
			r = write_one(run, s, (enum prop)p, 0, prop_title((enum prop)p));
	uint32_t n = run->contract ? contract_clause_count(run->contract, s->name) : 0;
	for (uint32_t i = 0; i < n && !r; i++)
		r = write_one(run, s, PROP_CONTRACT, i, contract_clause_text(run->contract, s->name, i));
	return r < 0 ? COMMAND_BAD : s->n_gaps || s->stop ? COMMAND_UNKNOWN : COMMAND_OK;
}

int vc_main(int argc, char **argv)
{
	struct check_opts opts = { .out = "." };

	return check_each(argc, argv, &opts, write_all, NULL);
}
