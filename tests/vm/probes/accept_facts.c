// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about connections that come in. The second host connects from GOOD or from BAD and sends the token; user 3060 may
 * take connections from GOOD only (rule "accept-good"). What is refused has read nothing, and its reply does not
 * arrive at the fact's address and port either.
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#define HERE4 "10.99.0.1"
#define HERE6 "fd00:99::1"

/* The second host: from the fact's address and port it connects, sends the token, and waits for a reply or the end. */
static _Noreturn void visit(struct ctx *ctx, int protocol)
{
	union address from, to;
	unsigned length = make_address(&from, ctx->fact->to, ctx->port);
	int out = open("/run/netns/out", O_RDONLY | O_CLOEXEC), fd, on = 1;
	char byte;

	if (out < 0 || setns(out, CLONE_NEWNET))
		broken(ctx, "setns");
	fd = make_socket(ctx, from.head.family, SOCK_STREAM, protocol);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&from, length))
		broken(ctx, "bind-outside");
	make_address(&to, from.head.family == AF_INET ? HERE4 : HERE6, ctx->port);
	if (connect(fd, (struct sockaddr *)&to, length) || send(fd, TOKEN, TOKEN_SIZE, MSG_NOSIGNAL) != TOKEN_SIZE)
		broken(ctx, "connect-from-outside");
	_exit(read(fd, &byte, 1) < 0);
}

static int listen_at(struct ctx *ctx, const char *here, int protocol)
{
	union address address;
	unsigned length = make_address(&address, here, ctx->port);
	int fd = make_socket(ctx, address.head.family, SOCK_STREAM, protocol), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, length) || listen(fd, 1))
		broken(ctx, "listen");
	return fd;
}

/* What came of a use of the connection, and of a reply on it. That one is refused does not excuse the other. */
static int both(int used, int replied)
{
	return used < 0 ? used : replied < 0 ? -EBADE : 0;
}

/* Take one connection and use it; it replies whether or not `use` was refused. */
static int take(struct ctx *ctx, int listener, int protocol, int (*use)(int fd))
{
	pid_t visitor = fork();
	int fd, got, replied;

	if (!visitor)
		visit(ctx, protocol);
	arm(ctx);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		return -errno;
	got = use ? use(fd) : 0;
	replied = sent(send(fd, TOKEN, TOKEN_SIZE, 0));
	close(fd);
	waitpid(visitor, NULL, 0);
	return use ? both(got, replied) : replied;
}

static const char *here_of(const struct ctx *ctx)
{
	return family_of(ctx->fact->to) == AF_INET ? HERE4 : HERE6;
}

/* What was received has to be the token. */
static int checked(ssize_t n, const char *bytes)
{
	return n < 0 ? -errno : n == TOKEN_SIZE && !memcmp(bytes, TOKEN, TOKEN_SIZE) ? 0 : -EMSGSIZE;
}

static int use_recv(int fd)
{
	char bytes[TOKEN_SIZE];

	return checked(recv(fd, bytes, sizeof(bytes), MSG_WAITALL), bytes);
}

static int use_read(int fd)
{
	char bytes[TOKEN_SIZE];

	return checked(read(fd, bytes, sizeof(bytes)), bytes);
}

static int use_peek(int fd)
{
	char bytes[TOKEN_SIZE];
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	return checked(recvmsg(fd, &message, MSG_PEEK | MSG_WAITALL), bytes);
}

static int use_splice(int fd)
{
	char bytes[TOKEN_SIZE];
	int pipes[2];

	if (pipe(pipes))
		return -ENOSYS;
	if (splice(fd, NULL, pipes[1], NULL, TOKEN_SIZE, 0) < 0)
		return -errno;
	return checked(read(pipes[0], bytes, sizeof(bytes)), bytes);
}

static int use_uring(int fd)
{
	char bytes[TOKEN_SIZE];
	struct io_uring_sqe entry = { .opcode = IORING_OP_RECV, .fd = fd, .addr = (uintptr_t)bytes, .len = sizeof(bytes) };
	int got = uring_do(&entry);

	return got < 0 ? got : checked(got, bytes);
}

/* The kernel copies what does not fill a page. */
static int use_zerocopy(int fd)
{
	char bytes[4096];
	void *pages = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	struct tcp_zerocopy_receive receive = { .address = (uintptr_t)pages, .length = 4096,
						.copybuf_address = (uintptr_t)bytes, .copybuf_len = sizeof(bytes) };
	socklen_t size = sizeof(receive);
	char byte;
	int got;

	if (pages == MAP_FAILED)
		return -errno;
	/* Wait for the bytes without taking one. */
	if (recv(fd, &byte, 1, MSG_PEEK) < 0 && errno != EPERM)
		return -errno;
	got = getsockopt(fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &receive, &size) ? -errno : 0;
	munmap(pages, 4096); /* it holds the socket, too */
	return got ? got : receive.copybuf_len == TOKEN_SIZE ? checked(TOKEN_SIZE, bytes) : -EMSGSIZE;
}

/* By a child, which inherits it. */
static int use_child(int fd)
{
	int status;
	pid_t child = fork();

	if (!child)
		_exit(-use_recv(fd));
	waitpid(child, &status, 0);
	return -WEXITSTATUS(status);
}

#define FACT_OF(way)                                                                                                   \
	static int accept_##way(struct ctx *ctx)                                                                       \
	{                                                                                                              \
		return take(ctx, listen_at(ctx, here_of(ctx), 0), 0, use_##way);                                       \
	}
FACT_OF(recv)
FACT_OF(read)
FACT_OF(peek)
FACT_OF(splice)
FACT_OF(uring)
FACT_OF(zerocopy)
FACT_OF(child)

static int accept_reply(struct ctx *ctx)
{
	return take(ctx, listen_at(ctx, here_of(ctx), 0), 0, NULL);
}

/* An IPv6 listener that an IPv4 host connects to. */
static int accept_mapped(struct ctx *ctx)
{
	return take(ctx, listen_at(ctx, "::", 0), 0, use_recv);
}

static int accept_mptcp(struct ctx *ctx)
{
	return take(ctx, listen_at(ctx, here_of(ctx), IPPROTO_MPTCP), IPPROTO_MPTCP, use_recv);
}

/* The subject itself listens; the visitor is made before, as root, and waits for it. */
static int accept_own(struct ctx *ctx)
{
	int ready[2], fd, got, replied;
	pid_t visitor;
	char byte;

	if (pipe(ready))
		broken(ctx, "pipe");
	visitor = fork();
	if (!visitor) {
		if (read(ready[0], &byte, 1) != 1)
			_exit(1);
		visit(ctx, 0);
	}
	arm(ctx);
	fd = listen_at(ctx, here_of(ctx), 0);
	if (write(ready[1], "", 1) != 1)
		return -errno;
	fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = use_recv(fd);
	replied = sent(send(fd, TOKEN, TOKEN_SIZE, 0));
	close(fd);
	waitpid(visitor, NULL, 0);
	return both(got, replied);
}

#define IN(name_, run_, who_, rule_, to_, want_)                                                                       \
	{ .name = name_, .run = run_, .who = { who_ }, .want = want_, .rule = (want_) ? (rule_) : NULL,                \
	  .op = (want_) ? "accept" : NULL, .to = to_, .flags = FACT_NET | FACT_WIRE }
#define TWINS(name_, run_)                                                                                             \
	IN(name_ ".good", run_, .uid = 3060, NULL, GOOD4, 0), IN(name_ ".bad", run_, .uid = 3060, "accept-good", BAD4, -EPERM)

const struct fact accept_facts[] = {
	TWINS("accept.recv", accept_recv),
	TWINS("accept.read", accept_read),
	TWINS("accept.reply", accept_reply),
	TWINS("accept.peek", accept_peek),
	TWINS("accept.splice", accept_splice),
	TWINS("accept.io_uring", accept_uring),
	TWINS("accept.zerocopy-receive", accept_zerocopy),
	TWINS("accept.child", accept_child),
	TWINS("accept.mapped", accept_mapped),
	TWINS("accept.own-listener", accept_own),
	IN("accept6.recv.good", accept_recv, .uid = 3060, NULL, GOOD6, 0),
	IN("accept6.recv.bad", accept_recv, .uid = 3060, "accept-good", BAD6, -EPERM),
	/* Further paths may join a multipath connection: where it comes from cannot be known. */
	IN("accept.mptcp.unknown", accept_mptcp, .uid = 3060, "accept-good", GOOD4, -EPERM),
	/* Not this user; this service and no other. */
	IN("accept.user.other", accept_recv, .uid = 3061, NULL, BAD4, 0),
	IN("accept.service.other", accept_recv, .cgroup = "system.slice/other.service", NULL, BAD4, 0),
	IN("accept.service", accept_recv, .cgroup = "system.slice/vault.service", "accept-service", BAD4, -EPERM),
	{ .name = NULL },
};
