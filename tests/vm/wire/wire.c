// SPDX-License-Identifier: GPL-2.0-only
/*
 * wire: packets that go elsewhere than the hooks of sockets were told. The last word printed is the errno of the last
 * step, 0 when it worked. GO is a fifo: the program says "ready" and goes on when somebody opens it for writing.
 *
 *     wire hole HOW GOOD TO PORT   connect a UDP socket to GOOD, then send to TO: by name, cork, header, option
 *     wire cork TO PORT GO         cork a datagram for TO; after GO, send it without a further send
 *     wire serve PORT GO           take one connection; after GO, send a megabyte
 *     wire receive FROM PORT       connect, say "ready", receive to the end; prints how much
 *     wire mount FROM PORT FOLDER  let the kernel connect: NFS
 *     wire mptcp TO PORT           connect and send by MPTCP
 *     wire options TO PORT         connect and send by TCP, with options of IP and a port of its own that, where TCP's head would be without
 *                                  them, looks like a segment without data
 *     wire hand TO PORT MAY MAYNOT  send on one socket as user MAY, twice, MAYNOT, MAY; then as MAY, twice, and, the same process,
 *                                  as MAYNOT; prints five results
 *     wire repeat TO PORT N        send N datagrams on one socket
 *     wire disk TO PORT GO DEVICE  connect; after GO, send, and let the network block device have the connection and a page to write, until
 *                                  it is killed; prints both results
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/nbd.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOKEN      "TKcordon42"
#define TOKEN_SIZE (sizeof(TOKEN) - 1)
#define MEGABYTE   1000000
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t make_address(union address *ret, const char *text, const char *port)
{
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, text, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(atoi(port));
		return sizeof(ret->v4);
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons(atoi(port));
	inet_pton(AF_INET6, text, &ret->v6.sin6_addr);
	return sizeof(ret->v6);
}

static int answer(long result)
{
	printf("%d\n", result < 0 ? errno : 0);
	return 0;
}

static int broken(const char *what)
{
	printf("broken: %s: %s\n", what, strerror(errno));
	return 1;
}

static void wait_for(const char *go)
{
	char byte;
	int fd;

	printf("ready\n");
	fflush(stdout);
	fd = open(go, O_RDONLY);
	while (read(fd, &byte, 1) > 0)
		;
	close(fd);
}

/* An IPv6 routing header with one segment more: the packet leaves for that segment, not for the name. */
struct segments {
	unsigned char next, length, type, left, last, flags;
	unsigned short tag;
	struct in6_addr segment[2];
};

static struct segments segments_over(const union address *hop)
{
	struct segments segments = { .length = 4, .type = 4, .left = 1, .last = 1 };

	segments.segment[1] = hop->v6.sin6_addr;
	return segments;
}

/* The one kind of header that a control message may bring: mobile IPv6, one address more. */
struct mobile {
	unsigned char next, length, type, left;
	unsigned reserved;
	struct in6_addr home;
};

static long send_by_header(int fd, const union address *hop)
{
	struct mobile mobile = { .length = 2, .type = 2, .left = 1, .home = hop->v6.sin6_addr };
	char space[CMSG_SPACE(sizeof(mobile))] __attribute__((aligned(8))) = { 0 };
	struct iovec iov = { TOKEN, TOKEN_SIZE };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);

	control->cmsg_level = IPPROTO_IPV6;
	control->cmsg_type = IPV6_RTHDR;
	control->cmsg_len = CMSG_LEN(sizeof(mobile));
	memcpy(CMSG_DATA(control), &mobile, sizeof(mobile));
	return sendmsg(fd, &message, 0);
}

static int hole(char **a)
{
	union address good, to;
	socklen_t size = make_address(&good, a[1], a[3]);
	int fd = socket(good.any.sa_family, SOCK_DGRAM, 0);
	struct segments segments;

	make_address(&to, a[2], a[3]);
	segments = segments_over(&to);
	if (fd < 0 || connect(fd, &good.any, size))
		return broken("connect");
	if (!strcmp(a[0], "name"))
		return answer(sendto(fd, TOKEN, TOKEN_SIZE, 0, &to.any, size));
	if (!strcmp(a[0], "cork")) {
		if (sendto(fd, TOKEN, TOKEN_SIZE, MSG_MORE, &to.any, size) < 0)
			return broken("cork");
		return answer(sendto(fd, TOKEN, TOKEN_SIZE, 0, &good.any, size));
	}
	if (!strcmp(a[0], "header"))
		return answer(send_by_header(fd, &to));
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_RTHDR, &segments, sizeof(segments)))
		return broken("IPV6_RTHDR");
	return answer(send(fd, TOKEN, TOKEN_SIZE, 0));
}

static int cork(char **a)
{
	union address to;
	socklen_t size = make_address(&to, a[0], a[1]);
	int fd = socket(to.any.sa_family, SOCK_DGRAM, 0), off = 0;

	if (sendto(fd, TOKEN, TOKEN_SIZE, MSG_MORE, &to.any, size) < 0)
		return broken("cork");
	wait_for(a[2]);
	return answer(setsockopt(fd, IPPROTO_UDP, UDP_CORK, &off, sizeof(off)));
}

static int serve(char **a)
{
	union address here;
	socklen_t size = make_address(&here, "0.0.0.0", a[0]);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd, on = 1;
	static char bytes[MEGABYTE];
	size_t done = 0;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, &here.any, size) || listen(listener, 1))
		return broken("listen");
	printf("listening\n");
	fflush(stdout);
	fd = accept(listener, NULL, NULL);
	wait_for(a[1]);
	while (done < sizeof(bytes)) {
		ssize_t n = write(fd, bytes + done, sizeof(bytes) - done);

		if (n <= 0)
			return answer(-1);
		done += n;
	}
	return answer(0);
}

static int receive(char **a)
{
	union address from;
	socklen_t size = make_address(&from, a[0], a[1]);
	int fd = socket(from.any.sa_family, SOCK_STREAM, 0);
	static char bytes[65536];
	size_t all = 0;
	ssize_t n;

	if (connect(fd, &from.any, size))
		return broken("connect");
	printf("ready\n");
	fflush(stdout);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		all += n;
	printf("%zu\n", n < 0 ? 0 : all);
	return 0;
}

/* The one who asks waits in the kernel for an answer that nobody gives: it is ended. */
static int mount_nfs(char **a)
{
	char source[64], options[256];
	pid_t child;

	snprintf(source, sizeof(source), "%s:/", a[0]);
	snprintf(options, sizeof(options), "addr=%s,clientaddr=10.99.0.1,port=%s,vers=4.2,soft,retrans=1,timeo=10", a[0], a[1]);
	child = fork();
	if (!child) {
		alarm(4);
		mount(source, a[2], "nfs4", 0, options);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	return answer(0);
}

static int mptcp(char **a)
{
	union address to;
	socklen_t size = make_address(&to, a[0], a[1]);
	int fd = socket(to.any.sa_family, SOCK_STREAM, IPPROTO_MPTCP);

	if (fd < 0)
		return broken("MPTCP");
	return answer(connect(fd, &to.any, size) ? -1 : send(fd, TOKEN, TOKEN_SIZE, 0));
}

static int options(char **a)
{
	static const unsigned char route[12] = { 7, 11, 4 }; /* record route, for two addresses */
	union address to, own = { .v4 = { .sin_family = AF_INET, .sin_port = htons(0xf010) } }; /* a head of 60 bytes; ACK */
	socklen_t size = make_address(&to, a[0], a[1]);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	struct timeval limit = { .tv_sec = 3 };

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (setsockopt(fd, IPPROTO_IP, IP_OPTIONS, route, sizeof(route)) || bind(fd, &own.any, sizeof(own.v4)))
		return broken("IP_OPTIONS");
	return answer(connect(fd, &to.any, size) ? -1 : send(fd, TOKEN, TOKEN_SIZE, 0));
}

/* One send, as a user: errno, 0 when it worked. */
static int send_as(uid_t uid, int fd, const union address *to, socklen_t size)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(setresuid(uid, uid, uid) ? 255 : sendto(fd, TOKEN, TOKEN_SIZE, 0, &to->any, size) < 0 ? errno : 0);
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* The socket is everybody's: who may, twice, who may not, who may. Then one process that was permitted becomes another user. */
static int hand(char **a)
{
	uid_t may = atoi(a[2]), may_not = atoi(a[3]);
	union address to;
	socklen_t size = make_address(&to, a[0], a[1]);
	int fd = socket(to.any.sa_family, SOCK_DGRAM, 0), good = 0, bad;

	for (int i = 0; i < 2; i++)
		good |= send_as(may, fd, &to, size);
	bad = send_as(may_not, fd, &to, size);
	printf("%d %d %d ", good, bad, send_as(may, fd, &to, size));
	if (setresuid(may, may, 0))
		return broken("setresuid");
	for (int i = 0; i < 2; i++)
		good |= sendto(fd, TOKEN, TOKEN_SIZE, 0, &to.any, size) < 0;
	printf("%d ", good);
	if (setresuid(0, 0, 0) || setresuid(may_not, may_not, may_not))
		return broken("setresuid");
	return answer(sendto(fd, TOKEN, TOKEN_SIZE, 0, &to.any, size));
}

static int repeat(char **a)
{
	union address to;
	socklen_t size = make_address(&to, a[0], a[1]);
	int fd = socket(to.any.sa_family, SOCK_DGRAM, 0);
	long sent = 0;

	for (int i = atoi(a[2]); i > 0 && sent >= 0; i--)
		sent = sendto(fd, TOKEN, TOKEN_SIZE, 0, &to.any, size);
	return answer(sent);
}

static int disk(char **a)
{
	static char page[4096];
	uint64_t bytes = 0;
	union address to;
	socklen_t size = make_address(&to, a[0], a[1]);
	int fd = socket(to.any.sa_family, SOCK_STREAM, 0), device;

	if (connect(fd, &to.any, size))
		return broken("connect");
	wait_for(a[2]);
	answer(send(fd, TOKEN, TOKEN_SIZE, 0));
	device = open(a[3], O_RDWR);
	if (device < 0)
		return answer(-1);
	if (ioctl(device, NBD_SET_BLKSIZE, 512ul) || ioctl(device, NBD_SET_SIZE_BLOCKS, 8ul) || ioctl(device, NBD_SET_SOCK, (unsigned long)fd))
		return broken("NBD_SET_SOCK");
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ioctl(device, NBD_DO_IT);
		_exit(0);
	}
	/* It has a size when it runs. */
	while (!ioctl(device, BLKGETSIZE64, &bytes) && !bytes)
		usleep(10000);
	answer(pwrite(device, page, sizeof(page), 0));
	fflush(stdout);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int words;
		int (*run)(char **words);
	} ways[] = { { "hole", 4, hole },	  { "cork", 3, cork },	      { "serve", 2, serve },
		     { "receive", 2, receive }, { "mount", 3, mount_nfs }, { "mptcp", 2, mptcp },	      { "options", 2, options },
		     { "hand", 4, hand },	  { "repeat", 3, repeat },    { "disk", 4, disk } };

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(argv[1], ways[i].name) && argc == ways[i].words + 2)
			return ways[i].run(argv + 2);
	fprintf(stderr, "usage: wire hole|cork|serve|receive|mount|mptcp|options|hand|repeat|disk ...\n");
	return 2;
}
