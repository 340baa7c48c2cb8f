// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about connections. User 3040 may reach GOOD only (rule "reach-good"). What stands before arm() was done by
 * root before: the socket is old, inherited or passed, as if it had been open before the policy.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int connect_to(int fd, const union address *to, unsigned length)
{
	return connect(fd, (const struct sockaddr *)to, length) ? -errno : 0;
}

/* Connect, then send; the error of the first that fails. */
static int connect_and_send(struct ctx *ctx, int fd, const union address *to, unsigned length)
{
	int error = connect_to(fd, to, length);

	(void)ctx;
	return error ? error : sent(send(fd, TOKEN, TOKEN_SIZE, 0));
}

static int tcp_connect(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);

	arm(ctx);
	return connect_and_send(ctx, make_socket(ctx, to.head.family, SOCK_STREAM, 0), &to, length);
}

static int tcp_write(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);
	int fd, error;

	arm(ctx);
	fd = make_socket(ctx, to.head.family, SOCK_STREAM, 0);
	error = connect_to(fd, &to, length);
	return error ? error : sent(write(fd, TOKEN, TOKEN_SIZE));
}

static int tcp_mapped(struct ctx *ctx)
{
	union address to;
	unsigned length = make_mapped(&to, ctx->fact->to, ctx->port);

	arm(ctx);
	return connect_and_send(ctx, make_socket(ctx, AF_INET6, SOCK_STREAM, 0), &to, length);
}

static int tcp_local(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, "127.0.0.1", 19999);
	int on = 1, listener = make_socket(ctx, AF_INET, SOCK_STREAM, 0);

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&to, length) || listen(listener, 1))
		broken(ctx, "listen");
	arm(ctx);
	return connect_and_send(ctx, make_socket(ctx, AF_INET, SOCK_STREAM, 0), &to, length);
}

/* No address is this machine's own. */
static int tcp_no_address(struct ctx *ctx, const char *own, const char *none)
{
	union address here, to;
	unsigned length = make_address(&here, own, 19998);
	int on = 1, listener = make_socket(ctx, here.head.family, SOCK_STREAM, 0);

	make_address(&to, none, 19998);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&here, length) || listen(listener, 1))
		broken(ctx, "listen");
	arm(ctx);
	return connect_and_send(ctx, make_socket(ctx, here.head.family, SOCK_STREAM, 0), &to, length);
}

static int tcp_none(struct ctx *ctx) { return tcp_no_address(ctx, "127.0.0.1", "0.0.0.0"); }
static int tcp6_none(struct ctx *ctx) { return tcp_no_address(ctx, "::1", "::"); }

static int tcp_old_send(struct ctx *ctx)
{
	int fd = make_connected(ctx, SOCK_STREAM);

	arm(ctx);
	return sent(send(fd, TOKEN, TOKEN_SIZE, 0));
}

static int tcp_old_write(struct ctx *ctx)
{
	int fd = make_connected(ctx, SOCK_STREAM);

	arm(ctx);
	return sent(write(fd, TOKEN, TOKEN_SIZE));
}

/* The name is ignored on a connected stream: the peer is what counts. */
static int tcp_decoy(struct ctx *ctx)
{
	union address decoy;
	int fd = make_connected(ctx, SOCK_STREAM);
	unsigned length = make_address(&decoy, strchr(ctx->fact->to, ':') ? GOOD6 : GOOD4, ctx->port);

	arm(ctx);
	return sent(sendto(fd, TOKEN, TOKEN_SIZE, 0, (struct sockaddr *)&decoy, length));
}

static int tcp_fast_open(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);

	arm(ctx);
	return sent(sendto(make_socket(ctx, to.head.family, SOCK_STREAM, 0), TOKEN, TOKEN_SIZE, MSG_FASTOPEN,
			   (struct sockaddr *)&to, length));
}

static int tcp_fast_open_mapped(struct ctx *ctx)
{
	union address to;
	unsigned length = make_mapped(&to, ctx->fact->to, ctx->port);

	arm(ctx);
	return sent(sendto(make_socket(ctx, AF_INET6, SOCK_STREAM, 0), TOKEN, TOKEN_SIZE, MSG_FASTOPEN,
			   (struct sockaddr *)&to, length));
}

static int tcp_fast_open_connect(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);
	int fd, on = 1;

	arm(ctx);
	fd = make_socket(ctx, to.head.family, SOCK_STREAM, 0);
	if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)))
		broken(ctx, "TCP_FASTOPEN_CONNECT");
	return connect_and_send(ctx, fd, &to, length);
}

/* Fast open deferred by root, carried out by the subject: the SYN leaves at its write. */
static int tcp_old_fast_open_connect(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);
	int fd = make_socket(ctx, to.head.family, SOCK_STREAM, 0), on = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)) || connect_to(fd, &to, length))
		broken(ctx, "TCP_FASTOPEN_CONNECT");
	arm(ctx);
	return sent(write(fd, TOKEN, TOKEN_SIZE));
}

static int tcp_reconnect(struct ctx *ctx)
{
	union address to, nothing = { .head.family = AF_UNSPEC };
	unsigned length = make_address(&to, GOOD4, ctx->port);
	int fd;

	arm(ctx);
	fd = make_socket(ctx, AF_INET, SOCK_STREAM, 0);
	if (connect_to(fd, &to, length) || connect_to(fd, &nothing, sizeof(struct sockaddr_in)))
		broken(ctx, "first-connection");
	length = make_address(&to, ctx->fact->to, ctx->port);
	return connect_and_send(ctx, fd, &to, length);
}

static int token_file(struct ctx *ctx)
{
	int fd = open("/tmp/token", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		broken(ctx, "/tmp/token");
	return fd;
}

static int tcp_sendfile(struct ctx *ctx)
{
	int fd = make_connected(ctx, SOCK_STREAM), file = token_file(ctx);

	arm(ctx);
	return sent(sendfile(fd, file, NULL, TOKEN_SIZE));
}

static int splice_into(struct ctx *ctx, int fd)
{
	int pipes[2];

	if (pipe(pipes) || write(pipes[1], TOKEN, TOKEN_SIZE) != TOKEN_SIZE)
		broken(ctx, "pipe");
	arm(ctx);
	return sent(splice(pipes[0], NULL, fd, NULL, TOKEN_SIZE, 0));
}

static int tcp_splice(struct ctx *ctx)
{
	return splice_into(ctx, make_connected(ctx, SOCK_STREAM));
}

static int udp_splice(struct ctx *ctx)
{
	return splice_into(ctx, make_connected(ctx, SOCK_DGRAM));
}

static int udp_sendfile(struct ctx *ctx)
{
	int fd = make_connected(ctx, SOCK_DGRAM), file = token_file(ctx);

	arm(ctx);
	return sent(sendfile(fd, file, NULL, TOKEN_SIZE));
}

static void pass_fd(struct ctx *ctx, int channel, int fd)
{
	char byte = 0, space[CMSG_SPACE(sizeof(fd))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);

	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(control), &fd, sizeof(fd));
	if (sendmsg(channel, &message, 0) != 1)
		broken(ctx, "SCM_RIGHTS");
}

static int take_fd(struct ctx *ctx, int channel)
{
	char byte, space[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
	int fd;

	if (recvmsg(channel, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		broken(ctx, "SCM_RIGHTS");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* The second host connects to us: what is sent on the accepted socket leaves like anything else. */
static _Noreturn void come_from_outside(struct ctx *ctx)
{
	union address from, to;
	unsigned length = make_address(&from, ctx->fact->to, ctx->port);
	int out = open("/run/netns/out", O_RDONLY | O_CLOEXEC), fd, on = 1;
	char byte;

	if (out < 0 || setns(out, CLONE_NEWNET))
		broken(ctx, "setns");
	fd = make_socket(ctx, AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&from, length))
		broken(ctx, "bind");
	make_address(&to, "10.99.0.1", ctx->port);
	if (connect(fd, (struct sockaddr *)&to, length))
		broken(ctx, "connect-from-outside");
	_exit(read(fd, &byte, 1) < 0);
}

static int tcp_accepted(struct ctx *ctx)
{
	union address here;
	unsigned length = make_address(&here, "10.99.0.1", ctx->port);
	int listener = make_socket(ctx, AF_INET, SOCK_STREAM, 0), fd, on = 1, got;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&here, length) || listen(listener, 1))
		broken(ctx, "listen");
	if (!fork())
		come_from_outside(ctx);
	arm(ctx);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		return -errno;
	got = sent(send(fd, TOKEN, TOKEN_SIZE, 0));
	close(fd);
	wait(NULL);
	return got;
}

/* Another process, which is root, connects and passes the socket on. */
static int tcp_passed(struct ctx *ctx)
{
	int channel[2], fd;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel))
		broken(ctx, "socketpair");
	if (!fork()) {
		pass_fd(ctx, channel[1], make_connected(ctx, SOCK_STREAM));
		_exit(0);
	}
	wait(NULL);
	arm(ctx);
	fd = take_fd(ctx, channel[0]);
	return sent(send(fd, TOKEN, TOKEN_SIZE, 0));
}

static int mptcp_old(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);
	int fd = make_socket(ctx, to.head.family, SOCK_STREAM, IPPROTO_MPTCP);

	arm(ctx);
	return connect_and_send(ctx, fd, &to, length);
}

static int uring_tcp(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);
	int fd, got;

	arm(ctx);
	fd = make_socket(ctx, to.head.family, SOCK_STREAM, 0);
	got = uring_connect(fd, &to, length);
	if (got == -ENOSYS)
		broken(ctx, "io_uring");
	return got < 0 ? got : sent(send(fd, TOKEN, TOKEN_SIZE, 0));
}

static int uring_old_send(struct ctx *ctx)
{
	int fd = make_connected(ctx, SOCK_STREAM), got;

	arm(ctx);
	got = uring_send(fd, TOKEN, TOKEN_SIZE);
	if (got == -ENOSYS)
		broken(ctx, "io_uring");
	return got < 0 ? got : got == TOKEN_SIZE ? 0 : -EMSGSIZE;
}

#define NET(name_, run_, who_, rule_, to_, want_)                                                                      \
	{ .name = name_, .run = run_, .who = { STRIP who_ }, .want = want_, .rule = (want_) ? (rule_) : NULL,                    \
	  .op = (want_) ? "reach" : NULL, .to = to_, .flags = FACT_NET }
#define STRIP(...) __VA_ARGS__
#define CLOSED (.uid = 3040)
/* What goes to GOOD arrives, the same to BAD is refused. */
#define TWINS(name_, run_)                                                                                             \
	NET(name_ ".good", run_, CLOSED, NULL, GOOD4, 0), NET(name_ ".bad", run_, CLOSED, "reach-good", BAD4, -EPERM)
#define TWINS_6(name_, run_)                                                                                           \
	NET(name_ ".good", run_, CLOSED, NULL, GOOD6, 0), NET(name_ ".bad", run_, CLOSED, "reach-good", BAD6, -EPERM)

const struct fact stream_facts[] = {
	{ .name = "tcp.connect.good", .run = tcp_connect, .who = { .uid = 3040 }, .to = GOOD4, .flags = FACT_NET | FACT_SMOKE },
	{ .name = "tcp.connect.bad", .run = tcp_connect, .who = { .uid = 3040 }, .want = -EPERM, .rule = "reach-good",
	  .op = "reach", .to = BAD4, .flags = FACT_NET | FACT_SMOKE },
	TWINS_6("tcp6.connect", tcp_connect),
	TWINS("tcp.write", tcp_write),
	TWINS("tcp.mapped", tcp_mapped),
	{ .name = "tcp.loopback-not-listed", .run = tcp_local, .who = { .uid = 3040 }, .want = -EPERM, .rule = "reach-good",
	  .op = "reach" },
	{ .name = "tcp.no-address-is-here", .run = tcp_none, .who = { .uid = 3046 }, .want = -EPERM, .rule = "reach-not-here",
	  .op = "reach" },
	{ .name = "tcp6.no-address-is-here", .run = tcp6_none, .who = { .uid = 3046 }, .want = -EPERM, .rule = "reach-not-here",
	  .op = "reach" },
	TWINS("tcp.old.send", tcp_old_send),
	TWINS("tcp.old.write", tcp_old_write),
	TWINS_6("tcp6.old.send", tcp_old_send),
	NET("tcp.old.decoy.bad", tcp_decoy, CLOSED, "reach-good", BAD4, -EPERM),
	NET("tcp6.old.decoy.bad", tcp_decoy, CLOSED, "reach-good", BAD6, -EPERM),
	NET("tcp.old.decoy.good", tcp_decoy, CLOSED, NULL, GOOD4, 0),
	TWINS("tcp.fast-open", tcp_fast_open),
	TWINS_6("tcp6.fast-open", tcp_fast_open),
	TWINS("tcp.fast-open.mapped", tcp_fast_open_mapped),
	TWINS("tcp.fast-open.connect", tcp_fast_open_connect),
	TWINS("tcp.fast-open.old-connect", tcp_old_fast_open_connect),
	TWINS("tcp.reconnect", tcp_reconnect),
	TWINS("tcp.old.sendfile", tcp_sendfile),
	TWINS("tcp.old.splice", tcp_splice),
	TWINS("udp.old.sendfile", udp_sendfile),
	TWINS("udp.old.splice", udp_splice),
	TWINS("tcp.passed", tcp_passed),
	{ .name = "tcp.accepted.good", .run = tcp_accepted, .who = { .uid = 3040 }, .to = GOOD4, .port = 19001,
	  .flags = FACT_NET | FACT_WIRE },
	{ .name = "tcp.accepted.bad", .run = tcp_accepted, .who = { .uid = 3040 }, .want = -EPERM, .rule = "reach-good",
	  .op = "reach", .to = BAD4, .port = 19002, .flags = FACT_NET | FACT_WIRE },
	/* The peer of a multipath connection names further addresses: where it leads cannot be known. */
	NET("mptcp.old-socket.unknown", mptcp_old, CLOSED, "reach-good", GOOD4, -EPERM),
	NET("mptcp.old-socket.bad", mptcp_old, CLOSED, "reach-good", BAD4, -EPERM),
	TWINS("io_uring.connect", uring_tcp),
	TWINS("io_uring.old.send", uring_old_send),

	/* Ports and protocols: rule "reach-web" permits 10.99.0.2 port 30443 by TCP. */
	{ .name = "port.listed", .run = tcp_connect, .who = { .uid = 3041 }, .to = GOOD4, .port = 30443, .flags = FACT_NET },
	{ .name = "port.not-listed", .run = tcp_connect, .who = { .uid = 3041 }, .to = GOOD4, .port = 30444, .want = -EPERM,
	  .rule = "reach-web", .op = "reach", .flags = FACT_NET },
	{ .name = "port.in-range", .run = tcp_connect, .who = { .uid = 3041 }, .to = GOOD4, .port = 31007, .flags = FACT_NET },
	{ .name = "port.after-range", .run = tcp_connect, .who = { .uid = 3041 }, .to = GOOD4, .port = 31008, .want = -EPERM,
	  .rule = "reach-web", .op = "reach", .flags = FACT_NET },
	/* Permit of a network, forbid of one address in it: the forbid wins. */
	NET("forbid.not-this", tcp_connect, (.uid = 3042), NULL, GOOD4, 0),
	NET("forbid.overrides-permit", tcp_connect, (.uid = 3042), "reach-not-bad", BAD4, -EPERM),
	NET("except.to-listed", tcp_connect, (.uid = 3043), NULL, BAD4, 0),
	NET("except.to", tcp_connect, (.uid = 3043), "reach-except", GOOD4, -EPERM),
	/* The other dimensions of the subject decide about the network as they do about files. */
	NET("reach.service.other", tcp_connect, (.cgroup = "system.slice/other.service"), NULL, BAD4, 0),
	NET("reach.service", tcp_connect, (.cgroup = "system.slice/net.service"), "reach-service", BAD4, -EPERM),
	NET("reach.program.other", tcp_connect, (.program = APPS "/copy"), NULL, BAD4, 0),
	NET("reach.program", tcp_connect, (.program = APPS "/sender"), "reach-program", BAD4, -EPERM),
	NET("reach.group.other", tcp_connect, (.uid = 3010, .group = 3109), NULL, BAD4, 0),
	NET("reach.group", tcp_connect, (.uid = 3010, .group = 3102), "reach-group", BAD4, -EPERM),
	{ .name = NULL },
};
