// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending on a connection of unix sockets that is there already: one's own, or another's who handed it over, by every call and ring
 * that sends; and answering on one. See red.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "red.h"

#define A_WHILE 3000 /* ms, in which what was sent on this machine arrives */

/* A path, or @NAME. */
static socklen_t name_of(const char *text, struct sockaddr_un *ret_name)
{
	memset(ret_name, 0, sizeof(*ret_name));
	ret_name->sun_family = AF_UNIX;
	snprintf(ret_name->sun_path, sizeof(ret_name->sun_path), "%s", text);
	if (*text == '@')
		ret_name->sun_path[0] = 0;
	return offsetof(struct sockaddr_un, sun_path) + strlen(text);
}

/* A socket that bound this name. */
static int bound(const char *text, int type)
{
	int fd = socket(AF_UNIX, type, 0);
	struct sockaddr_un name;
	socklen_t len = name_of(text, &name);

	if (*text != '@')
		unlink(text);
	if (bind(fd, (void *)&name, len) || (*text != '@' && chmod(text, 0777)))
		exit(BROKEN);
	return fd;
}

static ssize_t by_splice(int to)
{
	int file = open("/opt/cordon/bin/red", O_RDONLY), through[2];

	if (file < 0 || pipe(through) || splice(file, NULL, through[1], NULL, 1, 0) != 1)
		exit(BROKEN);
	return splice(through[0], NULL, to, NULL, 1, 0);
}

static ssize_t by_ring(int to, int opcode, int flags)
{
	struct io_uring_sqe entry = { .opcode = opcode, .flags = flags, .fd = to, .addr = (uintptr_t) "x", .len = 1 };
	int through[2];

	if (opcode == IORING_OP_SPLICE) {
		if (pipe(through) || write(through[1], "x", 1) != 1)
			exit(BROKEN);
		entry.splice_fd_in = through[0];
		entry.off = entry.splice_off_in = ~0ull;
		entry.addr = ~0ull;
	}
	errno = red_by_ring(&entry, sizeof(entry));
	return errno ? -1 : 1;
}

/* One byte. */
static ssize_t sends(int to, const char *way)
{
	struct iovec data = { "x", 1 };
	struct mmsghdr message = { .msg_hdr = { .msg_iov = &data, .msg_iovlen = 1 } };

	if (strcmp(way, "write") == 0)
		return write(to, "x", 1);
	if (strcmp(way, "sendmmsg") == 0)
		return sendmmsg(to, &message, 1, 0);
	if (strcmp(way, "sendfile") == 0)
		return sendfile(to, open("/opt/cordon/bin/red", O_RDONLY), NULL, 1);
	if (strcmp(way, "splice") == 0)
		return by_splice(to);
	if (strcmp(way, "ring-send") == 0)
		return by_ring(to, IORING_OP_SEND, 0);
	if (strcmp(way, "ring-write") == 0)
		return by_ring(to, IORING_OP_WRITE, 0);
	if (strcmp(way, "ring-worker") == 0)
		return by_ring(to, IORING_OP_SEND, IOSQE_ASYNC);
	if (strcmp(way, "ring-splice") == 0)
		return by_ring(to, IORING_OP_SPLICE, 0);
	return send(to, "x", 1, 0);
}

/* Does what was sent come out? */
static int arrives(int fd)
{
	struct pollfd arrival = { .fd = fd, .events = POLLIN };
	char byte;

	return poll(&arrival, 1, A_WHILE) == 1 && recv(fd, &byte, 1, 0) == 1 ? 0 : BROKEN;
}

/*
 * NAME WAY USER: by root, who listens there; that user connects himself ("anew"), or sends that way on what root connected. Who has it
 * "handed" gets it by a message; "kept" is the user's own connection: told on standard error, and sent on when there
 * is a byte to read.
 */
static int t_servant(char **a)
{
	bool own = strcmp(a[1], "anew") == 0 || strcmp(a[1], "kept") == 0;
	int type = strcmp(a[1], "sequence") == 0 ? SOCK_SEQPACKET : SOCK_STREAM;
	int listener = bound(a[0], type), here = socket(AF_UNIX, type, 0), ends[2];
	struct sockaddr_un name;
	socklen_t len = name_of(a[0], &name);
	char byte;

	if (listen(listener, 1) || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || (!own && connect(here, (void *)&name, len)))
		return BROKEN;
	if (strcmp(a[1], "handed") == 0 && red_hand_over(ends[0], here))
		return BROKEN;
	red_become(atoi(a[2]));
	if (strcmp(a[1], "handed") == 0)
		here = red_hand_over(ends[1], -1);
	if (own && connect(here, (void *)&name, len))
		return errno;
	if (strcmp(a[1], "kept") == 0 && (write(STDERR_FILENO, "c", 1) != 1 || read(STDIN_FILENO, &byte, 1) != 1))
		return BROKEN;
	if (sends(here, a[1]) != 1)
		return errno;
	return arrives(accept(listener, NULL, NULL));
}

/* NAME USER: root connects, with a socket of that name; that user, who has the connection at its other end, answers. */
static int t_answer(char **a)
{
	int listener = bound("@red-answers", SOCK_STREAM), client = bound(a[0], SOCK_STREAM), there;
	struct sockaddr_un name;
	socklen_t len = name_of("@red-answers", &name);

	if (listen(listener, 1) || connect(client, (void *)&name, len))
		return BROKEN;
	there = accept(listener, NULL, NULL);
	red_become(atoi(a[1]));
	if (send(there, "x", 1, 0) != 1)
		return errno;
	return arrives(client);
}

/* Of who talks: some bytes each time he is told to, and what came of the last. */
static void talks_on(int here, int told)
{
	char byte;

	while (read(told, &byte, 1) == 1) {
		byte = 0;
		for (int i = 0; i < 3; i++)
			byte = send(here, "x", 1, 0) == 1 ? 0 : (char)errno;
		if (write(told, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

/* FOLDER USER COMMAND: that user talks to a socket in the folder, which he may; and when root has done this. */
static int t_talks(char **a)
{
	int here = socket(AF_UNIX, SOCK_STREAM, 0), listener, ends[2];
	struct sockaddr_un name;
	char path[64], byte;
	socklen_t len;

	mkdir(a[0], 0755);
	snprintf(path, sizeof(path), "%s/s", a[0]);
	len = name_of(path, &name);
	listener = bound(path, SOCK_STREAM);
	if (listen(listener, 1) || socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return BROKEN;
	if (fork() == 0) {
		close(ends[0]);
		red_become(atoi(a[1]));
		if (connect(here, (void *)&name, len))
			_exit(1);
		talks_on(here, ends[1]);
	}
	close(ends[1]);
	if (write(ends[0], "x", 1) != 1 || read(ends[0], &byte, 1) != 1 || byte || system(a[2]))
		return BROKEN;
	return write(ends[0], "x", 1) == 1 && read(ends[0], &byte, 1) == 1 ? byte : BROKEN;
}

/* PERMITTED OTHER USER: that user sends to the one socket, which he may, until that is kept; and then to the other. */
static int t_other(char **a)
{
	struct sockaddr_un permitted, other;
	socklen_t len = name_of(a[0], &permitted), other_len = name_of(a[1], &other);
	int here = socket(AF_UNIX, SOCK_DGRAM, 0);

	bound(a[0], SOCK_DGRAM);
	bound(a[1], SOCK_DGRAM);
	red_become(atoi(a[2]));
	for (int i = 0; i < 3; i++)
		if (sendto(here, "x", 1, 0, (void *)&permitted, len) != 1)
			return BROKEN;
	return sendto(here, "x", 1, 0, (void *)&other, other_len) == 1 ? 0 : errno;
}

const struct red_try red_streams[] = {
	{ "servant", t_servant },
	{ "answer", t_answer },
	{ "talks", t_talks },
	{ "other", t_other },
	{ NULL, NULL },
};
