// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live.h"
#include "probe.h"

#define LIVE_UID 3045
#define LIVE_FILE "/mnt/ext4/open/other.txt"
#define REQUESTS 5

struct answers {
	int got[REQUESTS];
};

static const char *const names[REQUESTS] = { "old-connection", "old-datagram-socket", "new-connection", "accepted-connection", "file" };
static const int refusals[REQUESTS] = { -EPERM, -EPERM, -EPERM, -EPERM, -EACCES };
static const char *const ops[REQUESTS] = { "reach", "reach", "reach", "accept", "read" };
static const char *const rules[REQUESTS] = { "live-reach", "live-reach", "live-reach", "live-accept", "live-file" };

struct sockets {
	int stream, datagram, accepted;
};

static int open_connected(struct ctx *ctx, int type, unsigned short port)
{
	ctx->port = port;
	return make_connected(ctx, type);
}

static int new_connection(void)
{
	union address to;
	unsigned length = make_address(&to, BAD4, LIVE_FIRST_PORT + 2);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), got;

	if (fd < 0)
		return -errno;
	got = connect(fd, (struct sockaddr *)&to, length) ? -errno : sent(send(fd, TOKEN, TOKEN_SIZE, 0));
	close(fd);
	return got;
}

/* The second host connects, sends three tokens, which are received one by one, and waits for the end. */
static int expect_connection(struct ctx *ctx)
{
	union address here, from;
	unsigned length = make_address(&here, "10.99.0.1", LIVE_FIRST_PORT + 3);
	int listener = make_socket(ctx, AF_INET, SOCK_STREAM, 0), out, fd, on = 1;
	char byte;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&here, length) || listen(listener, 1))
		broken(ctx, "listen");
	if (fork())
		return listener;
	make_address(&from, BAD4, 0);
	out = open("/run/netns/out", O_RDONLY | O_CLOEXEC);
	if (out < 0 || setns(out, CLONE_NEWNET))
		_exit(1);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&from, length) || connect(fd, (struct sockaddr *)&here, length) ||
	    write(fd, TOKEN TOKEN TOKEN, 3 * TOKEN_SIZE) < 0)
		_exit(1);
	_exit(read(fd, &byte, 1) != 0);
}

static int receive(int fd)
{
	char bytes[TOKEN_SIZE];

	return sent(recv(fd, bytes, sizeof(bytes), MSG_WAITALL));
}

static struct answers ask(const struct sockets *sockets)
{
	return (struct answers){ .got = {
		sent(send(sockets->stream, TOKEN, TOKEN_SIZE, 0)),
		sent(send(sockets->datagram, TOKEN, TOKEN_SIZE, 0)),
		new_connection(),
		receive(sockets->accepted),
		use_file(LIVE_FILE, O_RDONLY),
	} };
}

/* The subject: asks each time it is told to, until the pipe ends. */
static _Noreturn void be_subject(int orders, int answers)
{
	static const struct fact fact = { .name = "live", .who = { .uid = LIVE_UID }, .to = BAD4 };
	struct ctx ctx = { .fact = &fact, .fs = "", .result = 2 };
	struct sockets sockets;
	int listener;
	char order;

	signal(SIGPIPE, SIG_IGN);
	listener = expect_connection(&ctx);
	arm(&ctx);
	sockets.accepted = accept(listener, NULL, NULL);
	if (sockets.accepted < 0)
		broken(&ctx, "accept");
	sockets.stream = open_connected(&ctx, SOCK_STREAM, LIVE_FIRST_PORT);
	sockets.datagram = open_connected(&ctx, SOCK_DGRAM, LIVE_FIRST_PORT + 1);
	while (read(orders, &order, 1) == 1) {
		struct answers given = ask(&sockets);

		if (write(answers, &given, sizeof(given)) != sizeof(given))
			_exit(1);
	}
	_exit(0);
}

static int apply(const char *policy)
{
	char command[512];

	if (!policy)
		return 0;
	snprintf(command, sizeof(command), "cordon apply %s >&2", policy);
	return system(command) ? 1 : 0;
}

static void print_answers(const char *stage, const char *step, const struct answers *answers, bool refused, pid_t pid)
{
	for (int i = 0; i < REQUESTS; i++) {
		int want = refused ? refusals[i] : 0;
		bool net = i < 3;

		printf("fact stage=%s name=live.%s.%s got=%s want=%s pid=%d uid=%d exe=%s rule=%s op=%s path=%s to=%s port=%u "
		       "socket=0,0,0 flags=0\n",
		       stage, step, names[i], answers->got[i] >= 0 ? "OK" : strerrorname_np(-answers->got[i]),
		       want ? strerrorname_np(-want) : "OK", pid, LIVE_UID, "/opt/cordon/bin/probe",
		       want ? rules[i] : "-", want ? ops[i] : "-", i < 4 ? "-" : LIVE_FILE, net ? BAD4 : "-", net ? LIVE_FIRST_PORT + i : 0);
	}
	fflush(stdout);
}

int run_live(const char *stage, const char *closed, const char *open)
{
	static const char *const steps[] = { "open", "closed", "open-again" };
	const char *policies[] = { open, closed, open };
	int orders[2], answers[2];
	pid_t pid;

	if (apply(open) || pipe2(orders, O_CLOEXEC) || pipe2(answers, O_CLOEXEC))
		return 1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(orders[1]);
		be_subject(orders[0], answers[1]);
	}
	close(answers[1]);
	for (int i = 0; i < 3; i++) {
		struct answers given;

		if ((i && apply(policies[i])) || write(orders[1], "?", 1) != 1 ||
		    read(answers[0], &given, sizeof(given)) != sizeof(given))
			return 1;
		print_answers(stage, steps[i], &given, closed && i == 1, pid);
	}
	close(orders[1]);
	waitpid(pid, NULL, 0);
	return 0;
}
