/* SPDX-License-Identifier: GPL-2.0-only */
/* The requests of the comparison, in the child of a worker that makes them. */
#include "differential.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_UNIT_FD 100 /* where an executed worker finds the units */

static int unit_fd[UNITS];

void units_open(void)
{
	for (size_t i = 0; i < UNITS; i++) {
		char path[512];

		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cgroup.procs", strcmp(unit_paths[i], "/") ? unit_paths[i] : "");
		make_folders(path);
		unit_fd[i] = open(path, O_WRONLY);
		if (unit_fd[i] < 0 || dup2(unit_fd[i], FIRST_UNIT_FD + (int)i) < 0)
			die(path);
	}
}

static int sockets_ready[2][2], sockets_to_bind[2][2]; /* [v6][tcp] */
static int unix_ready;

static struct answer judged(bool failed, int refusal)
{
	if (!failed)
		return (struct answer){ 0, 0 };
	return (struct answer){ errno == refusal ? refusal : 0, errno };
}

static struct answer do_file(const struct request *q)
{
	static const int flags[] = { O_RDONLY, O_WRONLY, O_WRONLY | O_APPEND };

	return judged(open(q->path, flags[q->op] | O_CLOEXEC | O_NONBLOCK) < 0, EACCES);
}

static struct answer do_exec(const struct request *q)
{
	struct answer answer;
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		return (struct answer){ -1, errno };
	if (pid == 0) {
		execl(q->path, q->path, "--exit", (char *)NULL);
		answer = judged(true, EACCES);
		if (write(pipes[1], &answer, sizeof(answer)) < 0)
			_exit(2);
		_exit(1);
	}
	close(pipes[1]);
	if (read(pipes[0], &answer, sizeof(answer)) != sizeof(answer))
		answer = (struct answer){ 0, 0 }; /* closed by exec */
	waitpid(pid, NULL, 0);
	return answer;
}

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

/* The address of a request; whether it is one of IPv4. */
static bool address_of(const struct request *q, union address *ret_address, socklen_t *ret_len)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool v4 = !memcmp(q->addr, mapped, sizeof(mapped));

	memset(ret_address, 0, sizeof(*ret_address));
	*ret_len = v4 ? sizeof(ret_address->four) : sizeof(ret_address->six);
	if (v4) {
		ret_address->four.sin_family = AF_INET;
		ret_address->four.sin_port = htons(q->port);
		memcpy(&ret_address->four.sin_addr, q->addr + 12, 4);
	} else {
		ret_address->six.sin6_family = AF_INET6;
		ret_address->six.sin6_port = htons(q->port);
		memcpy(&ret_address->six.sin6_addr, q->addr, 16);
	}
	return v4;
}

/* A socket that is bound already answers EINVAL, but later than the guard does. */
static struct answer do_bind(const struct request *q)
{
	union address address;
	socklen_t len;
	bool v4 = address_of(q, &address, &len);

	return judged(bind(sockets_to_bind[!v4][q->tcp], &address.any, len) < 0, EPERM);
}

/* Datagrams, which nobody reads: a full queue answers later than the guard, too. */
static struct answer do_unix(const struct request *q)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(q->path);

	memcpy(address.sun_path + q->abstract, q->path, len);
	len += offsetof(struct sockaddr_un, sun_path) + 1; /* the NUL before or behind it */
	if (q->connect)
		return judged(connect(unix_ready, (struct sockaddr *)&address, (socklen_t)len) < 0, EACCES);
	return judged(sendto(unix_ready, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&address, (socklen_t)len) < 0, EACCES);
}

/* Names that no other request asks for; a folder that is not empty, which is neither removed nor replaced; a mode that it
 * has already. */
static struct answer do_name(const struct request *q)
{
	if (q->op == MOVE)
		return judged(rename(q->path, q->to) < 0, EACCES);
	if (q->op == CORDON_OP_CREATE)
		return judged(mkdir(q->path, 0777) < 0, EACCES);
	if (q->op == CORDON_OP_ATTRIBUTES)
		return judged(chmod(q->path, 0777) < 0, EACCES);
	return judged((q->connect ? rmdir(q->path) : unlink(q->path)) < 0, EACCES);
}

/* What wants one capability, and changes nothing. Only root has any: who has not is refused before the guard is asked. */
static struct answer do_capability(const struct request *q)
{
	char name[64];
	int on = 1;

	if (q->number == CAP_NET_ADMIN)
		return judged(setsockopt(sockets_ready[0][0], SOL_SOCKET, SO_DEBUG, &on, sizeof(on)) < 0, EACCES);
	if (gethostname(name, sizeof(name)) < 0)
		return (struct answer){ -1, errno };
	return judged(sethostname(name, strlen(name)) < 0, EPERM);
}

static struct answer do_trace(void)
{
	struct answer answer = { -1, 0 };
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		return (struct answer){ -1, errno };
	if (pid == 0) {
		answer = judged(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0, EPERM);
		_exit(write(pipes[1], &answer, sizeof(answer)) < 0);
	}
	close(pipes[1]);
	if (read(pipes[0], &answer, sizeof(answer)) != sizeof(answer))
		answer.refused = -1;
	waitpid(pid, NULL, 0);
	close(pipes[0]);
	return answer;
}

static struct answer do_kernel(const struct request *q)
{
	struct io_uring_params parameters = { 0 };
	struct answer answer;
	long got;

	switch (q->number) {
	case CORDON_KERNEL_PTRACE:
		return do_trace();
	case CORDON_KERNEL_IO_URING:
		got = syscall(SYS_io_uring_setup, 1, &parameters);
		break;
	case CORDON_KERNEL_KEYRING:
		return judged(syscall(SYS_add_key, "user", "x", "y", 1, KEY_SPEC_PROCESS_KEYRING) < 0, EPERM);
	default:
		got = shmget(IPC_PRIVATE, 4096, 0600);
		answer = judged(got < 0, EPERM);
		if (got >= 0)
			shmctl((int)got, IPC_RMID, NULL);
		return answer;
	}
	answer = judged(got < 0, EPERM);
	if (got >= 0)
		close((int)got);
	return answer;
}

static struct answer do_reach(const struct request *q)
{
	union address address;
	struct sockaddr *addr = &address.any;
	socklen_t len;
	bool v4 = address_of(q, &address, &len);
	int fd = sockets_ready[!v4][q->tcp];

	if (q->tcp || q->connect) {
		struct answer answer = judged(connect(fd, addr, len) < 0, EPERM);

		addr->sa_family = AF_UNSPEC;
		connect(fd, addr, len); /* free for the next */
		return answer;
	}
	return judged(sendto(fd, "x", 1, MSG_DONTWAIT, addr, len) < 0, EPERM);
}

static struct answer do_socket(const struct request *q)
{
	return judged(socket(q->family, q->type | SOCK_CLOEXEC, q->protocol) < 0, EPERM);
}

static struct answer do_request(const struct request *q)
{
	switch (q->op) {
	case CORDON_OP_EXEC:
		return do_exec(q);
	case CORDON_OP_REACH:
		return do_reach(q);
	case CORDON_OP_SOCKET:
		return do_socket(q);
	case CORDON_OP_BIND:
		return do_bind(q);
	case CORDON_OP_CAPABILITY:
		return do_capability(q);
	case CORDON_OP_KERNEL:
		return do_kernel(q);
	case CORDON_OP_CONNECT:
		return do_unix(q);
	case CORDON_OP_CREATE:
	case CORDON_OP_DELETE:
	case CORDON_OP_ATTRIBUTES:
	case MOVE:
		return do_name(q);
	case NOTHING:
		return (struct answer){ 0, 0 };
	default:
		return do_file(q);
	}
}

static int become(const struct subject *who)
{
	if (setgroups(who->ngids - 1, who->gids + 1) < 0 || setresgid(who->gids[0], who->gids[0], who->gids[0]) < 0 ||
	    setresuid(who->uid, who->uid, who->uid) < 0)
		return -1;
	return write(unit_fd[who->unit], "0", 1) == 1 ? 0 : -1; /* opened by root, which is what counts */
}

/* A child of a worker: takes on the subject of the first request, which it cannot leave, and answers until the last. */
static int serve(int ask, int tell, struct request *q)
{
	bool became = !become(&q->who);

	for (;;) {
		struct answer answer = became ? do_request(q) : (struct answer){ -1, errno };

		if (write(tell, &answer, sizeof(answer)) != sizeof(answer))
			return 1;
		if (q->last)
			return 0;
		if (read(ask, q, sizeof(*q)) != sizeof(*q))
			return 1;
	}
}

static int a_socket(int family, int type)
{
	int fd = socket(family, type, 0);

	if (fd < 0)
		die("a worker's socket");
	return fd;
}

/* A worker: for every subject a child. It says when it has what it needs, which a policy might refuse. */
int work(int ask, int tell)
{
	struct answer ready = { 0, 0 };
	struct request q;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < UNITS; i++)
		unit_fd[i] = FIRST_UNIT_FD + i;
	for (int v6 = 0; v6 < 2; v6++)
		for (int tcp = 0; tcp < 2; tcp++) {
			sockets_ready[v6][tcp] = a_socket(v6 ? AF_INET6 : AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM);
			sockets_to_bind[v6][tcp] = a_socket(v6 ? AF_INET6 : AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM);
		}
	unix_ready = a_socket(AF_UNIX, SOCK_DGRAM);
	if (write(tell, &ready, sizeof(ready)) != sizeof(ready))
		return 1;
	while (read(ask, &q, sizeof(q)) == sizeof(q)) {
		struct answer answer = { -1, 0 };
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(serve(ask, tell, &q));
		if ((pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0) &&
		    write(tell, &answer, sizeof(answer)) != sizeof(answer))
			return 1;
	}
	return 0;
}

/* PLACE --work ASK TELL [PLACE...] */
int work_on(char **argv)
{
	char *place = argv[4];

	if (!place)
		return work(atoi(argv[2]), atoi(argv[3]));
	for (char **rest = argv + 4; *rest; rest++)
		rest[0] = rest[1];
	argv[0] = place;
	execv(place, argv);
	die(place);
	return 1;
}

void start_worker(struct worker *worker, uint32_t number)
{
	const uint8_t *way = worker_ways[number];
	char ask[16], tell[16], what[] = "--work";
	char *argv[8] = { what, what, ask, tell };
	struct answer ready;
	int to[2], from[2], n = 4;

	if (pipe(to) < 0 || pipe(from) < 0)
		die("pipe");
	snprintf(ask, sizeof(ask), "%d", to[0]);
	snprintf(tell, sizeof(tell), "%d", from[1]);
	for (; *way != OF_PLACES; way++)
		argv[n++] = (char *)worker_places[*way];
	argv[n] = (char *)worker_places[number];
	worker->pid = fork();
	if (worker->pid == 0) {
		close(to[1]);
		close(from[0]);
		work_on(argv);
	}
	close(to[0]);
	close(from[1]);
	worker->ask = to[1];
	worker->tell = from[0];
	if (read(worker->tell, &ready, sizeof(ready)) != sizeof(ready))
		die("a worker does not start");
}
