/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations whose cost is compared: each runs many times between two readings of CLOCK_MONOTONIC, and the
 * median goes to stdout as "CONFIGURATION,OPERATION,VALUE". In the deterministic machine (tools/vm --icount)
 * that clock counts the guest's instructions, so the values are instructions and agree between boots.
 *
 *     ops CONFIGURATION FOLDER [PART]   FOLDER is made, a few levels deep, and used for files; each only so many times less
 *
 * fork+exec runs `nothing`, which stands beside it. The TCP and UDP ports are 4710 and 4711, because not every guard
 * that is compared knows addresses. A ping-pong is one byte to another process and back.
 *
 * Who is woken may interrupt who woke him, or wait until that one waits; which of it depends on how long both ran until then, and a median
 * of the two ways is the one in this boot and the other in the next. So ping-pongs are of SCHED_FIFO, where he always waits, and the rest is
 * of SCHED_BATCH. What the kernel leaves to ksoftirqd goes before, else it would stay there:
 *
 *     ops softirqs PID
 *
 * Where the kernel finds room for the counters of a process depends on which holes there are, which the boot left: fork+exec was 0.7 % apart
 * between boots. So the operations run beside a crowd of processes that fill them, made by every process that measures.
 *
 *     ops connections N   only makes that many: what the guard keeps for a socket is then in use, as on a machine that is up for a while
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 1000
#define CROWD	   200
#define TCP_PORT   4710
#define UDP_PORT   4711

/* Two ways to a process that sends back what it gets. */
struct echo {
	int to, from;
};

struct bench {
	const char *nothing;
	char file[256];
	int listener, udp;
	pid_t crowd; /* their process group */
	pid_t echoes[3];
	struct sockaddr_in tcp_addr, udp_addr;
	struct echo pipe, unix_stream, tcp_stream;
	int data;
	char page[4096];
};

struct operation {
	const char *name;
	int rounds;
	void (*run)(struct bench *);
	bool two; /* processes */
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

static void ping_pong(const struct echo *echo)
{
	char byte = 0;

	if (write(echo->to, &byte, 1) != 1 || read(echo->from, &byte, 1) != 1)
		die("ping-pong");
}

static void run_pipe(struct bench *b)
{
	ping_pong(&b->pipe);
}

static void run_unix(struct bench *b)
{
	ping_pong(&b->unix_stream);
}

static void run_tcp(struct bench *b)
{
	ping_pong(&b->tcp_stream);
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
	{ "open+close", 1000, run_open, false },       { "stat", 1000, run_stat, false },
	{ "connect+close", 300, run_connect, false },  { "udp send+recv", 500, run_udp, false },
	{ "fork+exec+wait", 200, run_fork_exec, false }, { "pipe ping-pong", 500, run_pipe, true },
	{ "unix ping-pong", 500, run_unix, true },     { "tcp ping-pong", 500, run_tcp, true },
	{ "read 4 KiB", 500, run_read, false },        { "write 4 KiB", 500, run_write, false },
};

static void scheduled(pid_t pid, int policy, int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	if (sched_setscheduler(pid, policy, &param) < 0)
		die("sched_setscheduler");
}

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

static uint64_t median(struct bench *b, const struct operation *op, int part)
{
	static uint64_t samples[ROUNDS_MAX];
	int rounds = op->rounds / part;

	scheduled(0, op->two ? SCHED_FIFO : SCHED_BATCH, op->two);
	for (int i = 0; i < rounds / 10 + 2; i++)
		op->run(b);
	for (int i = 0; i < rounds; i++) {
		uint64_t start = now();

		op->run(b);
		samples[i] = now() - start;
	}
	qsort(samples, (size_t)rounds, sizeof(samples[0]), by_value);
	return samples[rounds / 2];
}

/*
 * CROWD processes in a group of their own, each waiting. Then this program once more: else what a fork is measured to copy would be
 * shared with all of them.
 */
__attribute__((noreturn)) static void gather_crowd(char **argv)
{
	pid_t group = 0;
	char word[16];
	int ready[2];

	if (pipe2(ready, O_CLOEXEC) < 0)
		die("pipe");
	for (int i = 0; i < CROWD; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (setpgid(0, group) < 0 || write(ready[1], "", 1) != 1)
				_exit(1);
			for (;;)
				pause();
		}
		if (pid < 0 || read(ready[0], word, 1) != 1)
			die("crowd");
		group = group ? group : pid;
	}
	snprintf(word, sizeof(word), "%d", group);
	setenv("CROWD", word, 1);
	execv("/proc/self/exe", argv);
	die("/proc/self/exe");
}

/* Waited for: what they leave is not left to who measures next. */
static void end_crowd(const struct bench *b)
{
	kill(-b->crowd, SIGKILL);
	while (waitpid(-b->crowd, NULL, 0) > 0)
		;
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
	/* Written, so that who measures first reads no hole. */
	if (b->data < 0 || pwrite(b->data, b->page, sizeof(b->page), 0) != sizeof(b->page))
		die(b->file);
}

static int bound(int type, uint16_t port, struct sockaddr_in *ret_addr)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("bind");
	*ret_addr = addr;
	return fd;
}

/* The other end, in a process of its own, which ends with this one. */
static pid_t start_echo(struct echo here, struct echo there)
{
	pid_t pid = fork();
	char byte;

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		close(here.to);
		if (here.from != here.to)
			close(here.from);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		scheduled(0, SCHED_FIFO, 1);
		while (read(there.from, &byte, 1) == 1 && write(there.to, &byte, 1) == 1)
			;
		_exit(0);
	}
	close(there.to);
	if (there.from != there.to)
		close(there.from);
	return pid;
}

/* They hold the ports, which who measures next needs. */
static void end_echoes(const struct bench *b)
{
	for (size_t i = 0; i < sizeof(b->echoes) / sizeof(b->echoes[0]); i++) {
		kill(b->echoes[i], SIGKILL);
		waitpid(b->echoes[i], NULL, 0);
	}
}

static void prepare_echoes(struct bench *b)
{
	int to[2], from[2], pair[2], one = 1, peer;

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		die("pipe");
	b->pipe = (struct echo){ to[1], from[0] };
	b->echoes[0] = start_echo(b->pipe, (struct echo){ from[1], to[0] });
	b->unix_stream = (struct echo){ pair[0], pair[0] };
	b->echoes[1] = start_echo(b->unix_stream, (struct echo){ pair[1], pair[1] });

	pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pair[0] < 0 || connect(pair[0], (struct sockaddr *)&b->tcp_addr, sizeof(b->tcp_addr)) < 0 ||
	    (peer = accept4(b->listener, NULL, NULL, SOCK_CLOEXEC)) < 0 ||
	    setsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0 ||
	    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		die("tcp pair");
	b->tcp_stream = (struct echo){ pair[0], pair[0] };
	b->echoes[2] = start_echo(b->tcp_stream, (struct echo){ peer, peer });
}

static void prepare_sockets(struct bench *b)
{
	b->listener = bound(SOCK_STREAM, TCP_PORT, &b->tcp_addr);
	b->udp = bound(SOCK_DGRAM, UDP_PORT, &b->udp_addr);
	if (listen(b->listener, 16) < 0)
		die("listen");
}

static int measure(char **argv, int part)
{
	static struct bench b;
	const char *crowd = getenv("CROWD");

	if (!crowd)
		gather_crowd(argv);
	b.crowd = atoi(crowd);
	b.nothing = "./nothing";
	prepare_files(&b, argv[2]);
	prepare_sockets(&b);
	prepare_echoes(&b);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		printf("%s,%s,%llu\n", argv[1], operations[i].name,
		       (unsigned long long)median(&b, &operations[i], part));
		fflush(stdout);
	}
	end_echoes(&b);
	end_crowd(&b);
	return 0;
}

static int connections(int n)
{
	static struct bench b;

	prepare_sockets(&b);
	for (int i = 0; i < n; i++)
		run_connect(&b);
	return 0;
}

int main(int argc, char **argv)
{
	int part = argc == 4 ? atoi(argv[3]) : 1;

	if (argc == 3 && strcmp(argv[1], "softirqs") == 0) {
		scheduled(atoi(argv[2]), SCHED_FIFO, 2);
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "connections") == 0)
		return connections(atoi(argv[2]));
	if (argc < 3 || argc > 4 || part < 1 || part > 100) {
		fprintf(stderr, "usage: ops CONFIGURATION FOLDER [PART]\n");
		return 2;
	}
	return measure(argv, part);
}
