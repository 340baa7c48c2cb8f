/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations whose cost is compared: each runs many times between two readings of CLOCK_MONOTONIC, and the
 * median goes to stdout as "CONFIGURATION,OPERATION,VALUE". In the deterministic machine (tools/vm --icount)
 * that clock counts the guest's instructions, so the values are instructions and agree between boots.
 *
 *     ops CONFIGURATION FOLDER      FOLDER is made, a few levels deep, and used for files
 *
 * fork+exec runs `nothing`, which stands beside it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 2000

struct bench {
	const char *nothing;
	char file[256];
	int listener, udp;
	struct sockaddr_in tcp_addr, udp_addr;
	int pipe[2];
	int data;
	char page[4096];
};

struct operation {
	const char *name;
	int rounds;
	void (*run)(struct bench *);
};

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "ops: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void run_open(struct bench *b)
{
	int fd = open(b->file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("open");
	close(fd);
}

static void run_stat(struct bench *b)
{
	struct stat st;

	if (stat(b->file, &st) < 0)
		die("stat");
}

static void run_connect(struct bench *b)
{
	struct linger hard = { .l_onoff = 1 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), peer;

	if (fd < 0 || connect(fd, (struct sockaddr *)&b->tcp_addr, sizeof(b->tcp_addr)) < 0)
		die("connect");
	peer = accept4(b->listener, NULL, NULL, SOCK_CLOEXEC);
	if (peer < 0)
		die("accept");
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	close(peer);
}

static void run_udp(struct bench *b)
{
	char byte[64];

	if (sendto(b->udp, b->page, 64, 0, (struct sockaddr *)&b->udp_addr, sizeof(b->udp_addr)) != 64 ||
	    recv(b->udp, byte, sizeof(byte), 0) != 64)
		die("udp");
}

static void run_fork_exec(struct bench *b)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		execl(b->nothing, b->nothing, (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0 || status != 0)
		die("exec");
}

static void run_pipe(struct bench *b)
{
	char byte = 0;

	if (write(b->pipe[1], &byte, 1) != 1 || read(b->pipe[0], &byte, 1) != 1)
		die("pipe");
}

static void run_read(struct bench *b)
{
	if (pread(b->data, b->page, sizeof(b->page), 0) != sizeof(b->page))
		die("read");
}

static void run_write(struct bench *b)
{
	if (pwrite(b->data, b->page, sizeof(b->page), 0) != sizeof(b->page))
		die("write");
}

static const struct operation operations[] = {
	{ "open+close", 2000, run_open },      { "stat", 2000, run_stat },
	{ "connect+close", 300, run_connect }, { "udp send+recv", 1000, run_udp },
	{ "fork+exec+wait", 100, run_fork_exec }, { "pipe write+read", 1000, run_pipe },
	{ "read 4 KiB", 1000, run_read },      { "write 4 KiB", 1000, run_write },
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t median(struct bench *b, const struct operation *op)
{
	static uint64_t samples[ROUNDS_MAX];

	for (int i = 0; i < op->rounds / 10 + 2; i++)
		op->run(b);
	for (int i = 0; i < op->rounds; i++) {
		uint64_t start = now();

		op->run(b);
		samples[i] = now() - start;
	}
	qsort(samples, (size_t)op->rounds, sizeof(samples[0]), by_value);
	return samples[op->rounds / 2];
}

static void prepare_files(struct bench *b, const char *folder)
{
	char path[200];

	snprintf(path, sizeof(path), "%s", folder);
	for (int level = 0; level < 4; level++) {
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			die(path);
		strncat(path, "/level", sizeof(path) - strlen(path) - 1);
	}
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die(path);
	snprintf(b->file, sizeof(b->file), "%s/file", path);
	b->data = open(b->file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (b->data < 0 || ftruncate(b->data, sizeof(b->page)) < 0)
		die(b->file);
}

static int bound(int type, struct sockaddr_in *ret_addr)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		die("bind");
	*ret_addr = addr;
	return fd;
}

int main(int argc, char **argv)
{
	static struct bench b;

	if (argc != 3) {
		fprintf(stderr, "usage: ops CONFIGURATION FOLDER\n");
		return 2;
	}
	b.nothing = "./nothing";
	prepare_files(&b, argv[2]);
	b.listener = bound(SOCK_STREAM, &b.tcp_addr);
	b.udp = bound(SOCK_DGRAM, &b.udp_addr);
	if (listen(b.listener, 16) < 0 || pipe2(b.pipe, O_CLOEXEC) < 0)
		die("listen");
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		printf("%s,%s,%llu\n", argv[1], operations[i].name,
		       (unsigned long long)median(&b, &operations[i]));
		fflush(stdout);
	}
	return 0;
}
