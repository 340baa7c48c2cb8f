// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about other hands: a ring, a ring's thread, asynchronous I/O, a descriptor taken out of another process, a
 * namespace left behind. User 3040 may reach GOOD only, whoever carries the bytes for it.
 */
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

/* What a ring answered: a ring that cannot be made tells nothing about the guard. */
static int ring_sent(struct ctx *ctx, int got)
{
	if (got == -ENOSYS)
		broken(ctx, "io_uring");
	return got < 0 ? got : got == TOKEN_SIZE ? 0 : -EMSGSIZE;
}

static int uring_sendmsg(struct ctx *ctx)
{
	union address to;
	struct iovec iov = { TOKEN, TOKEN_SIZE };
	struct msghdr message = { .msg_name = &to, .msg_namelen = make_address(&to, ctx->fact->to, ctx->port),
				  .msg_iov = &iov, .msg_iovlen = 1 };
	struct io_uring_sqe entry = { .opcode = IORING_OP_SENDMSG, .addr = (uintptr_t)&message, .len = 1 };

	arm(ctx);
	entry.fd = make_socket(ctx, to.head.family, SOCK_DGRAM, 0);
	return ring_sent(ctx, uring_do(&entry));
}

static int uring_send_zc(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);
	struct io_uring_sqe entry = { .opcode = IORING_OP_SEND_ZC, .addr = (uintptr_t)TOKEN, .len = TOKEN_SIZE,
				      .addr2 = (uintptr_t)&to, .addr_len = length };

	arm(ctx);
	entry.fd = make_socket(ctx, to.head.family, SOCK_DGRAM, 0);
	return ring_sent(ctx, uring_do(&entry));
}

/* Not one system call of the network. */
static int uring_only(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);
	int fd, got;

	arm(ctx);
	fd = uring_do(&(struct io_uring_sqe){ .opcode = IORING_OP_SOCKET, .fd = to.head.family, .off = SOCK_STREAM });
	if (fd < 0)
		broken(ctx, "IORING_OP_SOCKET");
	got = uring_do(&(struct io_uring_sqe){ .opcode = IORING_OP_CONNECT, .fd = fd, .addr = (uintptr_t)&to, .off = length });
	if (got < 0)
		return got;
	return ring_sent(ctx, uring_do(&(struct io_uring_sqe){ .opcode = IORING_OP_WRITE, .fd = fd,
								.addr = (uintptr_t)TOKEN, .len = TOKEN_SIZE }));
}

static int uring_thread(struct ctx *ctx)
{
	struct io_uring_sqe entry = { .opcode = IORING_OP_SEND, .addr = (uintptr_t)TOKEN, .len = TOKEN_SIZE };

	entry.fd = make_connected(ctx, SOCK_STREAM);
	arm(ctx);
	return ring_sent(ctx, uring_do_by_thread(&entry));
}

static int uring_fixed(struct ctx *ctx)
{
	struct io_uring_sqe entry = { .opcode = IORING_OP_SEND, .addr = (uintptr_t)TOKEN, .len = TOKEN_SIZE };
	int fd = make_connected(ctx, SOCK_STREAM);

	arm(ctx);
	return ring_sent(ctx, uring_do_fixed(fd, &entry));
}

static int uring_passed(struct ctx *ctx)
{
	struct io_uring_sqe entry = { .opcode = IORING_OP_SEND, .addr = (uintptr_t)TOKEN, .len = TOKEN_SIZE };
	int fd = make_connected(ctx, SOCK_STREAM);

	arm(ctx);
	return ring_sent(ctx, uring_do_passed(fd, &entry));
}

static int uring_splice(struct ctx *ctx)
{
	struct io_uring_sqe entry = { .opcode = IORING_OP_SPLICE, .len = TOKEN_SIZE, .off = -1ull, .splice_off_in = -1ull };
	int pipes[2];

	entry.fd = make_connected(ctx, SOCK_STREAM);
	if (pipe(pipes) || write(pipes[1], TOKEN, TOKEN_SIZE) != TOKEN_SIZE)
		broken(ctx, "pipe");
	entry.splice_fd_in = pipes[0];
	arm(ctx);
	return ring_sent(ctx, uring_do(&entry));
}

static int aio_write(struct ctx *ctx)
{
	struct iocb block = { .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_buf = (uintptr_t)TOKEN, .aio_nbytes = TOKEN_SIZE };
	struct iocb *blocks[] = { &block };
	struct io_event event;
	aio_context_t context = 0;

	block.aio_fildes = make_connected(ctx, SOCK_STREAM);
	if (syscall(SYS_io_setup, 1, &context))
		broken(ctx, "io_setup");
	arm(ctx);
	if (syscall(SYS_io_submit, context, 1, blocks) != 1)
		return -errno;
	if (syscall(SYS_io_getevents, context, 1, 1, &event, NULL) != 1)
		broken(ctx, "io_getevents");
	return ring_sent(ctx, (int)event.res);
}

/* Another process of the same user holds the connection; it is taken out of there. */
static int taken(struct ctx *ctx)
{
	int ready[2], pidfd, fd, got;
	pid_t holder;
	char byte = 0;

	if (pipe(ready))
		broken(ctx, "pipe");
	fd = make_connected(ctx, SOCK_STREAM);
	holder = fork();
	if (!holder) {
		arm(ctx);
		prctl(PR_SET_DUMPABLE, 1);
		prctl(0x59616d61 /* PR_SET_PTRACER */, -1ul);
		_exit(write(ready[1], &byte, 1) != 1 || pause());
	}
	close(fd);
	if (read(ready[0], &byte, 1) != 1)
		broken(ctx, "holder");
	arm(ctx);
	pidfd = syscall(SYS_pidfd_open, holder, 0);
	fd = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (fd < 0)
		broken(ctx, "pidfd_getfd");
	got = sent(send(fd, TOKEN, TOKEN_SIZE, 0));
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	return got;
}

static int zerocopy(struct ctx *ctx)
{
	int fd = make_connected(ctx, SOCK_STREAM), on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)))
		broken(ctx, "SO_ZEROCOPY");
	arm(ctx);
	return sent(send(fd, TOKEN, TOKEN_SIZE, MSG_ZEROCOPY));
}

static int urgent(struct ctx *ctx)
{
	int fd = make_connected(ctx, SOCK_STREAM);

	arm(ctx);
	return sent(send(fd, TOKEN, TOKEN_SIZE, MSG_OOB));
}

/* The socket stays in the network it was made in. */
static int unshared(struct ctx *ctx)
{
	int fd = make_connected(ctx, SOCK_STREAM);

	arm(ctx);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		broken(ctx, "unshare");
	return sent(send(fd, TOKEN, TOKEN_SIZE, 0));
}

/* One system call, several datagrams. */
static int segments(struct ctx *ctx)
{
	union address to;
	char space[CMSG_SPACE(sizeof(uint16_t))] = { 0 };
	uint16_t size = 5;
	struct iovec iov = { TOKEN, TOKEN_SIZE };
	struct msghdr message = { .msg_name = &to, .msg_namelen = make_address(&to, ctx->fact->to, ctx->port), .msg_iov = &iov,
				  .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);

	control->cmsg_level = IPPROTO_UDP;
	control->cmsg_type = 103; /* UDP_SEGMENT */
	control->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(control), &size, sizeof(size));
	arm(ctx);
	return sent(sendmsg(make_socket(ctx, AF_INET, SOCK_DGRAM, 0), &message, 0));
}

/* An IPv6 socket that becomes one of IPv4. */
static int address_form(struct ctx *ctx)
{
	union address to;
	unsigned length = make_mapped(&to, GOOD4, ctx->port);
	int fd, family = AF_INET;

	arm(ctx);
	fd = make_socket(ctx, AF_INET6, SOCK_DGRAM, 0);
	if (connect(fd, (struct sockaddr *)&to, length) ||
	    setsockopt(fd, IPPROTO_IPV6, 1 /* IPV6_ADDRFORM */, &family, sizeof(family)))
		broken(ctx, "IPV6_ADDRFORM");
	length = make_address(&to, ctx->fact->to, ctx->port);
	return sent(sendto(fd, TOKEN, TOKEN_SIZE, 0, (struct sockaddr *)&to, length));
}

#define NET(name_, run_, to_, want_)                                                                                   \
	{ .name = name_, .run = run_, .who = { .uid = 3040 }, .want = want_, .rule = (want_) ? "reach-good" : NULL,    \
	  .op = (want_) ? "reach" : NULL, .to = to_, .flags = FACT_NET }
#define TWINS(name_, run_) NET(name_ ".good", run_, GOOD4, 0), NET(name_ ".bad", run_, BAD4, -EPERM)

const struct fact hand_facts[] = {
	TWINS("io_uring.sendmsg", uring_sendmsg),
	TWINS("io_uring.send-zerocopy", uring_send_zc),
	TWINS("io_uring.only", uring_only),
	TWINS("io_uring.old.thread", uring_thread),
	TWINS("io_uring.old.fixed-file", uring_fixed),
	TWINS("io_uring.old.passed-file", uring_passed),
	TWINS("io_uring.old.splice", uring_splice),
	TWINS("aio.old.write", aio_write),
	TWINS("tcp.taken", taken),
	TWINS("tcp.old.zerocopy", zerocopy),
	TWINS("tcp.old.urgent", urgent),
	TWINS("tcp.old.other-network", unshared),
	TWINS("udp.segments", segments),
	TWINS("udp6.becomes-v4", address_form),
	{ .name = NULL },
};
