// SPDX-License-Identifier: GPL-2.0-only
/* why3_run: the conditions through `why3 prove`, each with both provers, in a directory that is removed afterwards. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "prove/why3.h"

extern char **environ;

enum said { SAID_NOTHING, SAID_VALID, SAID_INVALID };

static const char *const provers[] = { "z3", "cvc5" };

#define PROVERS (sizeof(provers) / sizeof(provers[0]))

/* Runs it; its output, cut at size - 1. False when it cannot be run. */
static bool output_of(char *const argv[], char *ret, size_t size)
{
	posix_spawn_file_actions_t actions;
	int pipe_fd[2], status = 0;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], 1);
	posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], 2);
	int r = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fd[1]);
	for (char drop[512]; !r;) { /* to the end, so that it never waits for us */
		got = n + 1 < size ? read(pipe_fd[0], ret + n, size - 1 - n) : read(pipe_fd[0], drop, sizeof(drop));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += n + 1 < size ? (size_t)got : 0;
	}
	ret[n] = 0;
	close(pipe_fd[0]);
	while (!r && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return !r;
}

static enum said ask(const char *conf, const char *file, const char *prover, double timeout, char *ret_why, size_t size)
{
	char limit[32], out[2048];
	const char *const argv[] = { "why3", "-C", conf, "prove", "-t", limit, "-P", prover, file, NULL };

	snprintf(limit, sizeof(limit), "%.0f", timeout < 1 ? 1 : timeout);
	if (!output_of((char *const *)(uintptr_t)argv, out, sizeof(out))) {
		snprintf(ret_why, size, "why3 cannot be run");
		return SAID_NOTHING;
	}
	const char *result = strstr(out, "Prover result is: ");
	result = result ? result + strlen("Prover result is: ") : out;
	snprintf(ret_why, size, "Why3 with %s: %.*s", prover, (int)strcspn(result, "\n"), result);
	if (!strncmp(result, "Valid", 5))
		return SAID_VALID;
	return !strncmp(result, "Invalid", 7) || !strncmp(result, "Unknown (sat)", 13) ? SAID_INVALID : SAID_NOTHING;
}

static void confirm_one(const struct check_run *run, const char *dir, struct sym *s, struct verdict *v)
{
	char conf[4096], file[4096], why[200] = "";
	struct buf text = BUF_INIT;
	unsigned valid = 0;

	snprintf(conf, sizeof(conf), "%s/why3.conf", dir);
	snprintf(file, sizeof(file), "%s/vc.mlw", dir);
	if (why3_text(s, v->prop, v->clause, v->title, &text) < 0 || why3_write_file(file, text.data, text.len) < 0) {
		v->kind = VERDICT_UNKNOWN;
		snprintf(v->reason, sizeof(v->reason), "the condition cannot be written for Why3");
		buf_done(&text);
		return;
	}
	buf_done(&text);
	for (size_t i = 0; i < PROVERS && !v->disagree; i++) {
		enum said said = ask(conf, file, provers[i], run->opts->timeout, why, sizeof(why));

		if (said == SAID_VALID) {
			valid++;
			strcat(v->why3, *v->why3 ? " and " : "");
			strcat(v->why3, provers[i]);
		}
		v->disagree = (v->kind == VERDICT_FAILS && said == SAID_VALID) || (v->kind == VERDICT_HOLDS && said == SAID_INVALID);
	}
	if (v->disagree) {
		snprintf(v->reason, sizeof(v->reason), "contradiction: it %s, but %s", verdict_name(v->kind), why);
		v->kind = VERDICT_UNKNOWN;
		v->hint = "this is a bug of bpfprove, of Why3 or of a solver";
	} else if (v->kind == VERDICT_HOLDS && !valid) {
		snprintf(v->reason, sizeof(v->reason), "it holds, but is not confirmed: %s", why);
		v->kind = VERDICT_UNKNOWN;
		v->hint = "a longer --timeout";
	}
}

void why3_confirm(const struct check_run *run, struct proof *p)
{
	const char *tmp = getenv("TMPDIR");
	char dir[3000], path[4096];
	static const char *const files[] = { "why3.conf", "cvc5.drv", "vc.mlw" };
	bool made;

	snprintf(dir, sizeof(dir), "%s/bpfprove-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	made = mkdtemp(dir) && !why3_write_config(dir);
	for (size_t i = 0; i < p->n; i++) {
		struct verdict *v = &p->verdict[i];

		/* whether requires can be met, and a clause is about a run, is asked the other way round, and answered by an example */
		if ((v->kind != VERDICT_HOLDS && v->kind != VERDICT_FAILS) || (v->prop == PROP_CONTRACT && v->clause == VERDICT_REQUIRES) || v->empty)
			continue;
		if (made) {
			confirm_one(run, dir, p->sym, v);
			continue;
		}
		v->kind = VERDICT_UNKNOWN;
		snprintf(v->reason, sizeof(v->reason), "no directory for Why3: %s", strerror(errno));
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}
