// SPDX-License-Identifier: GPL-2.0-only
/*
 * again: who was permitted a send and does it again on the same socket is let go by what is kept of it (bpf/recent.h). Here
 * something is another in between. Each way sends twice, changes something, and prints 0 if the two worked, then the errno
 * of each send that follows.
 *
 *     again user TO PORT MAY MAYNOT    becomes another user and back, many times over: prints how many of MAYNOT's worked
 *     again thread TO PORT MAY MAYNOT  another thread is another user; then the first one, the other, the first
 *     again execute TO PORT MAY OTHER  executes OTHER, a copy of this program
 *     again move TO PORT MAY FOLDER    is moved to a cgroup, by somebody else, and back
 *     again login TO PORT LOGIN        writes its login uid
 *     again route TO PORT MAY BY       gives the socket a source route, and takes it away
 *     again control TO PORT MAY BY     brings a source route along with the message, then nothing
 *     again name TO PORT MAY BAD       names another destination, then the first
 *     again peer TO PORT MAY BAD       connects to where it sent, then names another
 *     again stream TO PORT MAY MAYNOT  the same on a connection of TCP: MAYNOT, MAY
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOKEN  "TKcordon42"
#define ROUNDS 40

/* What all ways begin with. */
struct sender {
	int fd;
	struct sockaddr_in to;
	const char **word; /* behind the port */
	int good;          /* the two worked: 0 */
};

__attribute__((noreturn)) static void die(const char *what)
{
	printf("broken: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int sent(const struct sender *s, const struct sockaddr_in *to)
{
	return sendto(s->fd, TOKEN, sizeof(TOKEN), MSG_NOSIGNAL, (const struct sockaddr *)to, to ? sizeof(*to) : 0) < 0 ? errno : 0;
}

/* Only the calling thread, by the system call. */
static void become(uid_t uid)
{
	if (syscall(SYS_setresuid, 0, 0, 0) || syscall(SYS_setresuid, uid, uid, 0))
		die("setresuid");
}

static void twice(struct sender *s)
{
	s->good |= sent(s, &s->to);
	s->good |= sent(s, &s->to);
}

static struct sockaddr_in other(const struct sender *s, const char *address)
{
	struct sockaddr_in to = s->to;

	inet_pton(AF_INET, address, &to.sin_addr);
	return to;
}

/* Credentials that are freed come back at their address: soon, when nobody else wants some. */
static void run_user(struct sender *s)
{
	int wrong = 0;

	for (int i = 0; i < ROUNDS; i++) {
		become(atoi(s->word[0]));
		twice(s);
		if (syscall(SYS_setresuid, 0, 0, 0))
			die("setresuid");
		usleep(30000);
		become(atoi(s->word[1]));
		wrong += !sent(s, &s->to);
	}
	printf("%d %d\n", s->good, wrong);
}

struct other_thread {
	struct sender *s;
	int turn[2], done[2], result;
};

static void *other_thread(void *context)
{
	struct other_thread *o = context;
	char byte;

	become(atoi(o->s->word[1]));
	while (read(o->turn[0], &byte, 1) == 1) {
		o->result = sent(o->s, &o->s->to);
		if (write(o->done[1], &byte, 1) != 1)
			break;
	}
	return NULL;
}

static int let(struct other_thread *o)
{
	char byte = 0;

	if (write(o->turn[1], &byte, 1) != 1 || read(o->done[0], &byte, 1) != 1)
		die("thread");
	return o->result;
}

static void run_thread(struct sender *s)
{
	struct other_thread o = { .s = s };
	pthread_t thread;
	int result[4];

	if (pipe(o.turn) || pipe(o.done) || pthread_create(&thread, NULL, other_thread, &o))
		die("thread");
	become(atoi(s->word[0]));
	twice(s);
	for (int i = 0; i < 4; i++)
		result[i] = i % 2 ? sent(s, &s->to) : let(&o);
	printf("%d %d %d %d %d\n", s->good, result[0], result[1], result[2], result[3]);
}

static void run_execute(struct sender *s)
{
	char fd[12], port[8];

	become(atoi(s->word[0]));
	twice(s);
	printf("%d ", s->good);
	fflush(stdout);
	snprintf(fd, sizeof(fd), "%d", s->fd);
	snprintf(port, sizeof(port), "%d", ntohs(s->to.sin_port));
	execl(s->word[1], "again", "executed", inet_ntoa(s->to.sin_addr), port, fd, "", NULL);
	die("exec");
}

static void run_executed(struct sender *s)
{
	s->fd = atoi(s->word[0]);
	printf("%d\n", sent(s, &s->to));
}

static void move(pid_t pid, const char *folder)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	fd = open(path, O_WRONLY);
	if (fd < 0 || dprintf(fd, "%d\n", pid) < 0)
		die(path);
	close(fd);
}

/* The child sends whenever it is told to. */
static void run_move(struct sender *s)
{
	struct other_thread o = { .s = s };
	char byte = 0;
	pid_t pid;

	if (pipe(o.turn) || pipe(o.done))
		die("pipe");
	pid = fork();
	if (!pid) {
		close(o.turn[1]);
		become(atoi(s->word[0]));
		while (read(o.turn[0], &byte, 1) == 1) {
			byte = sent(s, &s->to);
			if (write(o.done[1], &byte, 1) != 1)
				break;
		}
		_exit(0);
	}
	for (int i = 0; i < 4; i++) {
		if (i == 2)
			move(pid, s->word[1]);
		if (i == 3)
			move(pid, "/sys/fs/cgroup");
		if (write(o.turn[1], &byte, 1) != 1 || read(o.done[0], &byte, 1) != 1)
			die("child");
		printf("%d%c", byte, i < 3 ? ' ' : '\n');
	}
	close(o.turn[1]);
	waitpid(pid, NULL, 0);
}

static void run_login(struct sender *s)
{
	int fd = open("/proc/self/loginuid", O_WRONLY);

	twice(s);
	if (fd < 0 || dprintf(fd, "%s", s->word[0]) < 0)
		die("loginuid");
	printf("%d %d\n", s->good, sent(s, &s->to));
}

/* A loose source route over one address. */
struct route {
	unsigned char type, length, pointer, by[4], end;
};

static struct route route_over(const char *by)
{
	struct route route = { .type = 131, .length = 7, .pointer = 4 };

	inet_pton(AF_INET, by, route.by);
	return route;
}

/* Root is asked for it, who was that before: nobody changes his user in between. */
static void set_options(struct sender *s, const struct route *route, socklen_t size, int turn, int done)
{
	char byte;

	if (read(turn, &byte, 1) != 1 || setsockopt(s->fd, IPPROTO_IP, IP_OPTIONS, route, size))
		die("IP_OPTIONS");
	if (write(done, &byte, 1) != 1)
		die("pipe");
}

static void run_route(struct sender *s)
{
	struct route route = route_over(s->word[1]);
	struct other_thread o = { .s = s };
	int with;

	if (pipe(o.turn) || pipe(o.done))
		die("pipe");
	if (!fork()) {
		set_options(s, &route, sizeof(route), o.turn[0], o.done[1]);
		set_options(s, NULL, 0, o.turn[0], o.done[1]);
		_exit(0);
	}
	become(atoi(s->word[0]));
	twice(s);
	let(&o);
	with = sent(s, &s->to);
	let(&o);
	printf("%d %d %d\n", s->good, with, sent(s, &s->to));
}

/* As become(), with CAP_NET_RAW: the kernel wants that for a source route. */
static void become_with_raw(uid_t uid)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { { .effective = 1u << CAP_NET_RAW, .permitted = 1u << CAP_NET_RAW } };

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		die("keep capabilities");
	become(uid);
	if (syscall(SYS_capset, &head, caps))
		die("capset");
}

static void run_control(struct sender *s)
{
	struct route route = route_over(s->word[1]);
	char space[CMSG_SPACE(sizeof(route))] __attribute__((aligned(8))) = { 0 };
	struct iovec iov = { TOKEN, sizeof(TOKEN) };
	struct msghdr message = { .msg_name = &s->to, .msg_namelen = sizeof(s->to), .msg_iov = &iov, .msg_iovlen = 1,
				  .msg_control = space, .msg_controllen = sizeof(space) };
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);
	int with;

	control->cmsg_level = IPPROTO_IP;
	control->cmsg_type = IP_RETOPTS;
	control->cmsg_len = CMSG_LEN(sizeof(route));
	memcpy(CMSG_DATA(control), &route, sizeof(route));
	become_with_raw(atoi(s->word[0]));
	twice(s);
	with = sendmsg(s->fd, &message, 0) < 0 ? errno : 0;
	printf("%d %d %d\n", s->good, with, sent(s, &s->to));
}

static void run_name(struct sender *s)
{
	struct sockaddr_in bad = other(s, s->word[1]);
	int wrong;

	become(atoi(s->word[0]));
	twice(s);
	wrong = sent(s, &bad);
	printf("%d %d %d\n", s->good, wrong, sent(s, &s->to));
}

static void run_peer(struct sender *s)
{
	struct sockaddr_in bad = other(s, s->word[1]);
	int first;

	become(atoi(s->word[0]));
	twice(s);
	if (connect(s->fd, (struct sockaddr *)&s->to, sizeof(s->to)))
		die("connect");
	first = sent(s, NULL);
	printf("%d %d %d\n", s->good, first, sent(s, &bad));
}

static void run_stream(struct sender *s)
{
	int wrong;

	become(atoi(s->word[0]));
	close(s->fd);
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(s->fd, (struct sockaddr *)&s->to, sizeof(s->to)))
		die("connect");
	s->good = sent(s, NULL) | sent(s, NULL);
	become(atoi(s->word[1]));
	wrong = sent(s, NULL);
	become(atoi(s->word[0]));
	printf("%d %d %d\n", s->good, wrong, sent(s, NULL));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct sender *s);
	} ways[] = { { "user", run_user },	 { "thread", run_thread }, { "execute", run_execute }, { "executed", run_executed },
		     { "move", run_move },	 { "login", run_login },   { "route", run_route },     { "control", run_control },
		     { "name", run_name },	 { "peer", run_peer },	   { "stream", run_stream } };
	struct sender s = { .fd = socket(AF_INET, SOCK_DGRAM, 0), .to = { .sin_family = AF_INET } };

	for (size_t i = 0; argc > 4 && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(argv[1], ways[i].name) != 0)
			continue;
		inet_pton(AF_INET, argv[2], &s.to.sin_addr);
		s.to.sin_port = htons(atoi(argv[3]));
		s.word = (const char **)argv + 4;
		ways[i].run(&s);
		return 0;
	}
	fprintf(stderr, "usage: again user|thread|execute|move|login|route|control|name|peer|stream TO PORT WORD...\n");
	return 2;
}
