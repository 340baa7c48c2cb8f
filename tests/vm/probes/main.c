// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe: try the facts and say what happened.
 *
 *     probe ports                     the ports of the network facts, for the sink
 *     probe layout FS                 make the tree of files below FS
 *     probe stage NAME [--smoke]      try all facts (or the smoke facts), a line each:
 *         fact stage=NAME name=FACT got=OK|EACCES|.. want=.. pid=N uid=N exe=PATH rule=R op=OP path=P to=A port=N flags=N
 *     probe fact NAME FS PORT FD      try one fact in this executable (for facts about programs)
 *
 * Run from any other name, or with PROBE_TRUE in the environment, it is a program that does nothing, well.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live.h"
#include "probe.h"

#define SELF "/opt/cordon/bin/probe"
#define FIRST_PORT 20000
#define FACT_SECONDS 15

static const struct fact *const tables[] = { file_facts,   tree_facts,     exec_facts,  subject_facts,
					      stream_facts, datagram_facts, socket_facts,
					      hand_facts,   raw_facts,      way_facts,   kernel_facts,
					      name_facts,   accept_facts,   xdp_facts };

#define for_each_fact(fact)                                                                                            \
	for (size_t t_ = 0; t_ < sizeof(tables) / sizeof(tables[0]); t_++)                                             \
		for (const struct fact *(fact) = tables[t_]; (fact)->name; (fact)++)

/* A network fact's port follows from its place, unless it has one of its own. */
static unsigned short port_of(const struct fact *wanted)
{
	unsigned short port = FIRST_PORT;

	if (wanted->port || wanted->flags & FACT_ICMP)
		return wanted->port;
	for_each_fact(fact) {
		port++;
		if (fact == wanted)
			return port;
	}
	return 0;
}

static int print_ports(void)
{
	const char *comma = "";
	bool seen[65536] = { false };

	for_each_fact(fact) {
		unsigned short port = port_of(fact);

		if (!(fact->flags & FACT_NET) || fact->flags & (FACT_WIRE | FACT_ICMP) || seen[port])
			continue;
		seen[port] = true;
		printf("%s%u", comma, port);
		comma = ",";
	}
	for (unsigned i = 0; i < LIVE_PORTS; i++)
		printf(",%u", LIVE_FIRST_PORT + i);
	printf("\n");
	return 0;
}

/* In the fact's own process. */
static _Noreturn void try_here(struct ctx *ctx)
{
	int got;

	signal(SIGPIPE, SIG_IGN);
	alarm(FACT_SECONDS);
	ctx->actor = getpid();
	got = ctx->fact->run(ctx);
	dprintf(ctx->result, "got %d %d\n", got, ctx->actor);
	_exit(0);
}

static _Noreturn void try_in_program(const struct ctx *ctx)
{
	char port[8], fd[8];

	snprintf(port, sizeof(port), "%u", ctx->port);
	snprintf(fd, sizeof(fd), "%d", ctx->result);
	execl(ctx->fact->who.program, ctx->fact->who.program, "fact", ctx->fact->name, ctx->fs, port, fd, NULL);
	dprintf(ctx->result, "broken exec:%s\n", strerrorname_np(errno));
	_exit(0);
}

/* What a child said, as "OK", an errno's name, "BROKEN:what", or how it died. */
static void read_answer(int fd, pid_t child, char *text, size_t size, pid_t *actor)
{
	char answer[256] = "", what[128];
	size_t used = 0;
	ssize_t n;
	int got, status;

	while (used < sizeof(answer) - 1 && (n = read(fd, answer + used, sizeof(answer) - 1 - used)) > 0)
		used += n;
	answer[used] = '\0';
	waitpid(child, &status, 0);
	*actor = child;
	if (sscanf(answer, "got %d %d", &got, actor) == 2)
		snprintf(text, size, "%s", got >= 0 ? "OK" : strerrorname_np(-got));
	else if (sscanf(answer, "broken %127s", what) == 1)
		snprintf(text, size, "BROKEN:%s", what);
	else
		snprintf(text, size, "BROKEN:status-%#x", status);
}

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

static void print_fact(const struct ctx *ctx, const char *stage, const char *got, pid_t actor)
{
	const struct fact *fact = ctx->fact;
	const char *fs = strrchr(ctx->fs, '/');

	printf("fact stage=%s name=%s%s%s got=%s want=%s pid=%d uid=%u exe=%s rule=%s op=%s path=%s%s%s to=%s port=%u "
	       "socket=%d,%d,%d flags=%u\n",
	       stage, fact->name, fs ? "@" : "", fs ? fs + 1 : "", got, fact->want ? strerrorname_np(-fact->want) : "OK",
	       actor, fact->who.uid, fact->who.program ? fact->who.program : SELF, or_dash(fact->rule), or_dash(fact->op),
	       fact->path && *fact->path != '/' ? ctx->fs : "", fact->path && *fact->path != '/' ? "/" : "",
	       or_dash(fact->path), or_dash(fact->to), fact->flags & FACT_NET ? ctx->port : 0, fact->family, fact->type,
	       fact->protocol, fact->flags);
	fflush(stdout);
}

static void try_fact(const struct fact *fact, const char *stage, const char *fs)
{
	struct ctx ctx = { .fact = fact, .fs = fs, .port = port_of(fact) };
	char got[160];
	int answer[2];
	pid_t child, actor;

	if (pipe(answer)) {
		perror("pipe");
		exit(1);
	}
	fflush(stdout);
	child = fork();
	if (!child) {
		close(answer[0]);
		ctx.result = answer[1];
		if (fact->who.program)
			try_in_program(&ctx);
		try_here(&ctx);
	}
	close(answer[1]);
	read_answer(answer[0], child, got, sizeof(got), &actor);
	close(answer[0]);
	print_fact(&ctx, stage, got, actor);
}

static int run_stage(const char *stage, bool smoke)
{
	for_each_fact(fact) {
		if (smoke && !(fact->flags & FACT_SMOKE))
			continue;
		if (fact->flags & FACT_FS) {
			try_fact(fact, stage, "/mnt/tmpfs");
			try_fact(fact, stage, "/mnt/ext4");
		} else {
			try_fact(fact, stage, "");
		}
	}
	return 0;
}

/* The names, for who wants to know whether one exists. */
static int print_names(void)
{
	for_each_fact(fact)
		puts(fact->name);
	return 0;
}

static int try_one(char **words)
{
	struct ctx ctx = { .fs = words[1], .port = atoi(words[2]), .result = atoi(words[3]) };

	for_each_fact(fact) {
		if (!strcmp(fact->name, words[0])) {
			ctx.fact = fact;
			try_here(&ctx);
		}
	}
	return 2;
}

int main(int argc, char **argv)
{
	if (getenv("PROBE_TRUE"))
		return 0;
	if (argc == 2 && !strcmp(argv[1], "ports"))
		return print_ports();
	if (argc == 2 && !strcmp(argv[1], "names"))
		return print_names();
	if (argc == 3 && !strcmp(argv[1], "layout"))
		return make_layout(argv[2]);
	if (argc >= 3 && !strcmp(argv[1], "stage"))
		return run_stage(argv[2], argc == 4 && !strcmp(argv[3], "--smoke"));
	if (argc == 6 && !strcmp(argv[1], "fact"))
		return try_one(argv + 2);
	if (argc >= 3 && !strcmp(argv[1], "live"))
		return run_live(argv[2], argc > 3 ? argv[3] : NULL, argc > 4 ? argv[4] : NULL);
	fprintf(stderr, "usage: probe ports | names | layout FS | stage NAME [--smoke] | fact NAME FS PORT FD | "
			"live STAGE [POLICY-A POLICY-B]\n");
	return 2;
}
