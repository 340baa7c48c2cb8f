/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel against the reference decision and against a second opinion: random policies are published, random
 * requests are made for real, as the right user, groups, service and program, and every answer must be the one that
 * image_evaluate() gives (the same decision over the same tables) and that tests/policy/oracle.c gives (which reads the
 * rules as they were written). A refusal must leave an event with the reference's reason, rule and generation.
 *
 *     differential SEEDS REQUESTS [SEED]      as root, in a machine of its own; REQUESTS for each policy
 *
 * Of the operations those are asked for that one can ask for again and again: names are made that no other request means,
 * folders removed that are not empty, modes set that files have. Rules about capabilities and the kernel except the unit in
 * which this program and its workers are, until a child takes on its subject.
 *
 * A seed is two policies, one after the other, and some of the processes that asked under the first ask again under
 * the second: whatever the kernel keeps of a subject, of a file or of a socket must not outlive what it rests on.
 *
 * The world of tests/policy/random.c is laid out below /: every name is a directory or an executable file, /srv is
 * another file system, /home/b is bound to a folder in it. Policies may close everything to everybody, so nothing is
 * opened, executed or connected after the first one but by the requests: workers stand ready from before, each
 * executed from its own place (the program of the request), with sockets and cgroup files open; they are asked over pipes
 * and fork a child for each subject, which answers until it is told that a request is its last.
 */
#include <arpa/inet.h>
#include <bpf/libbpf.h>
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
#include <sys/mount.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/guard.h"
#include "oracle.h"
#include "policy/compile.h"
#include "policy/value.h"
#include "random.h"

#define WORKERS 6
#define UNITS   12
#define GROUPS  3
#define POLICIES_OF_SEED 2
/* What can be asked for without changing what other requests meet; and the subjects that a child can be. */
#define OPS (1u << CORDON_OP_READ | 1u << CORDON_OP_WRITE | 1u << CORDON_OP_APPEND | 1u << CORDON_OP_EXEC |   \
	     1u << CORDON_OP_REACH | 1u << CORDON_OP_SOCKET | 1u << CORDON_OP_CREATE | 1u << CORDON_OP_DELETE | \
	     1u << CORDON_OP_ATTRIBUTES | 1u << CORDON_OP_CONNECT | 1u << CORDON_OP_BIND |                    \
	     1u << CORDON_OP_CAPABILITY | 1u << CORDON_OP_KERNEL)
#define NOTHING CORDON_OP_COUNT       /* the operation of a request that only ends its subject */
#define MOVE    (CORDON_OP_COUNT + 1u) /* rename: several operations, and image_moves() */

/* Where the programs stand, as path; the superblock and the place in it are looked up. */
static const char *const worker_places[WORKERS] = { "/a/x", "/b/id_rsa", "/srv/a.key", "/srv/ab/x", "/home/b/b.key",
						    "/x/a-name-that-is-longer-than-thirty-two-bytes" };
static const char *const unit_paths[UNITS] = {
	"/", "/web.service", "/system.slice", "/system.slice/web.service", "/system.slice/web.service/app",
	"/system.slice/db.service", "/user.slice", "/user.slice/user-1.slice",
	"/user.slice/user-1.slice/session-1.scope", "/user.slice/user-1.slice/app/web.service", "/a.slice/a-b.slice/app",
	"/web2.service",
};

/* Who asks: a child of that worker. */
struct subject {
	uint32_t uid, gids[GROUPS], ngids, unit, worker;
	bool alive; /* the child is there, and was asked before */
};

/* What a worker is asked to do. */
struct request {
	struct subject who;
	bool last; /* of its subject */
	uint32_t op;
	char path[512];
	char to[64]; /* MOVE */
	uint8_t addr[16];
	uint16_t port;
	uint8_t tcp, connect; /* REACH, BIND, CONNECT: by which of the ready sockets, and how */
	uint8_t abstract;     /* CONNECT: `path` is an abstract name */
	uint16_t family, type, protocol;
	uint32_t number; /* CAPABILITY, KERNEL */
};

/* What came of it: 0 allowed, else the errno that the guard gives. -1: the test itself failed. */
struct answer {
	int32_t refused, err;
};

struct worker {
	int ask, tell;
	pid_t pid;
};

static int unit_fd[UNITS];

__attribute__((noreturn)) static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- the world ------------------------------------------------------------------------------- */

static void make_folders(char *path)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = 0;
		if (mkdir(path, 0777) < 0 && errno != EEXIST)
			die(path);
	}
}

static void copy_program(const char *from, const char *to, mode_t mode)
{
	char buffer[65536], path[512];
	int in = open(from, O_RDONLY | O_CLOEXEC), out;
	ssize_t n;

	snprintf(path, sizeof(path), "%s", to);
	make_folders(path);
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (in < 0 || out < 0)
		die(to);
	while ((n = read(in, buffer, sizeof(buffer))) > 0)
		if (write(out, buffer, (size_t)n) != n)
			die(to);
	close(in);
	close(out);
}

static void make_mounts(void)
{
	umask(0);
	if (mkdir("/srv", 0777) < 0 && errno != EEXIST)
		die("/srv");
	if (mount("/mnt/ext4", "/srv", NULL, MS_BIND, NULL) < 0)
		die("bind /srv");
	if ((mkdir("/srv/a", 0777) < 0 && errno != EEXIST) || (mkdir("/srv/a/b", 0777) < 0 && errno != EEXIST))
		die("/srv/a/b");
	if ((mkdir("/home", 0755) < 0 && errno != EEXIST) || (mkdir("/home/b", 0777) < 0 && errno != EEXIST))
		die("/home/b");
	if (mount("/srv/a/b", "/home/b", NULL, MS_BIND, NULL) < 0)
		die("bind /home/b");
}

/* This program, and its workers after it, are in a unit of their own. */
static void enter_guard(void)
{
	char path[] = "/sys/fs/cgroup" RANDOM_GUARD "/cgroup.procs";
	int fd;

	make_folders(path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die(path);
	close(fd);
}

static void make_units(void)
{
	for (size_t i = 0; i < UNITS; i++) {
		char path[512];

		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cgroup.procs", strcmp(unit_paths[i], "/") ? unit_paths[i] : "");
		make_folders(path);
		unit_fd[i] = open(path, O_WRONLY);
		if (unit_fd[i] < 0)
			die(path);
	}
}

/* The superblock and the place in it that a path of this world means. */
static void place_of(const char *path, uint32_t *ret_dev, char *ret_inside, size_t size)
{
	static dev_t srv, root;
	struct stat st;
	bool bound = !strncmp(path, "/home/b", 7) && (path[7] == '/' || !path[7]);
	bool other = !strncmp(path, "/srv", 4) && (path[4] == '/' || !path[4]);
	dev_t dev;

	if (!srv && (stat("/srv", &st) < 0 || !(srv = st.st_dev) || stat("/", &st) < 0 || !(root = st.st_dev)))
		die("stat");
	dev = bound || other ? srv : root;
	*ret_dev = (uint32_t)(major(dev) << 20 | minor(dev));
	snprintf(ret_inside, size, "%s%s", bound ? "/a/b" : "", path + (bound ? 7 : other ? 4 : 0));
	if (!*ret_inside)
		snprintf(ret_inside, size, "/");
}

/* ---- requests, in the child that makes them ------------------------------------------------------ */

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

/* A worker: for every subject a child. */
static int work(int ask, int tell)
{
	struct request q;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int v6 = 0; v6 < 2; v6++)
		for (int tcp = 0; tcp < 2; tcp++) {
			sockets_ready[v6][tcp] = socket(v6 ? AF_INET6 : AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
			sockets_to_bind[v6][tcp] = socket(v6 ? AF_INET6 : AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
		}
	unix_ready = socket(AF_UNIX, SOCK_DGRAM, 0);
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

static void start_worker(struct worker *worker, const char *path)
{
	char ask[16], tell[16];
	int to[2], from[2];

	if (pipe(to) < 0 || pipe(from) < 0)
		die("pipe");
	snprintf(ask, sizeof(ask), "%d", to[0]);
	snprintf(tell, sizeof(tell), "%d", from[1]);
	worker->pid = fork();
	if (worker->pid == 0) {
		close(to[1]);
		close(from[0]);
		execl(path, path, "--work", ask, tell, (char *)NULL);
		die(path);
	}
	close(to[0]);
	close(from[1]);
	worker->ask = to[1];
	worker->tell = from[0];
}

/* ---- the comparison --------------------------------------------------------------------------- */

static const char *const leaves[] = { "/a/b/x", "/a/a.key", "/b/ab/b.key", "/srv/a/x", "/srv/a/b/a.key", "/srv/b.key",
				      "/srv/x/id_rsa", "/home/a/id_rsa", "/home/b/x", "/home/b/ab/a.key",
				      "/x/srv/b/ab", "/ab/id_rsa", "/home/ab/a-name-that-is-longer-than-thirty-two-bytes" };

/* Folders that have something in them, below folders that everybody may change. */
static const char *const folders[] = { "/a/b", "/b/ab", "/srv/a/b", "/x/srv", "/x/srv/b", "/home/b/ab" };
static const char *const unix_places[] = { "/a/b/ab", "/srv/a/b.key", "/x/srv/b/id_rsa", "/home/b/ab/x", "/home/a/a.key" };
static const char *const unix_names[] = { "x", "a/b", "ab", "xb", "b/a", "y/", "a" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void listen_unix(void)
{
	for (size_t i = 0; i < COUNT(unix_places) + COUNT(unix_names); i++) {
		bool abstract = i >= COUNT(unix_places);
		const char *name = abstract ? unix_names[i - COUNT(unix_places)] : unix_places[i];
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1);
		int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* stays open */

		memcpy(address.sun_path + abstract, name, strlen(name));
		if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0)
			die(name);
	}
}

/* Files and folders, and folders of the same mount that have something in them and that neither is in the other. */
static const struct move {
	const char *from, *to;
	bool directory;
} moves[] = {
	{ "/a/b", "/b/ab", true }, { "/a/b", "/x/srv", true }, { "/b/ab", "/x/srv/b", true }, { "/b/ab", "/a/b", true },
	{ "/x/srv", "/a/b", true }, { "/x/srv/b", "/b/ab", true }, { "/a/b/x", "/b/ab", false }, { "/a/a.key", "/x/srv", false },
	{ "/b/ab/b.key", "/a/b", false }, { "/ab/id_rsa", "/x/srv/b", false }, { "/x/srv/b/ab", "/b/ab", false },
	{ "/srv/a/x", "/srv/a/b", false }, { "/srv/x/id_rsa", "/srv/a/b", false },
};

static void random_place(struct random *r, struct request *q)
{
	const struct move *move = &moves[random_below(r, COUNT(moves))];
	static const char *const forms[] = { "n%u", "%u.key", "id_%u", "a%u", "a%u.key" };
	static unsigned number;

	if (q->op == MOVE) {
		snprintf(q->path, sizeof(q->path), "%s", move->from);
		snprintf(q->to, sizeof(q->to), "%s", move->to);
	} else if (q->op == CORDON_OP_DELETE) {
		snprintf(q->path, sizeof(q->path), "%s", folders[random_below(r, COUNT(folders))]);
	} else if (q->op == CORDON_OP_CREATE) {
		int len = snprintf(q->path, sizeof(q->path), "%s/", folders[random_below(r, COUNT(folders))]);

		snprintf(q->path + len, sizeof(q->path) - (size_t)len, forms[random_below(r, COUNT(forms))], ++number);
	} else if (q->op == CORDON_OP_CONNECT) {
		q->abstract = !random_below(r, 3);
		snprintf(q->path, sizeof(q->path), "%s", q->abstract ? unix_names[random_below(r, COUNT(unix_names))] :
								     unix_places[random_below(r, COUNT(unix_places))]);
	} else {
		snprintf(q->path, sizeof(q->path), "%s", leaves[random_below(r, COUNT(leaves))]);
	}
}

static void random_subject(struct random *r, struct subject *who)
{
	who->uid = random_id(r);
	who->ngids = 1 + random_below(r, GROUPS);
	for (uint32_t i = 0; i < who->ngids; i++)
		who->gids[i] = random_id(r);
	who->unit = random_below(r, UNITS);
}

static void random_request(struct random *r, const struct subject *who, bool capabilities, struct request *q)
{
	static const uint16_t families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK };
	static const uint16_t types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	static const uint16_t protocols[] = { 0, 6, 17, 47, 58, 132, 262 };
	static const uint32_t numbers[] = { CORDON_KERNEL_PTRACE, CORDON_KERNEL_IO_URING, CORDON_KERNEL_KEYRING,
					    CORDON_KERNEL_SYSV_IPC };

	memset(q, 0, sizeof(*q));
	q->who = *who;
	do
		q->op = random_below(r, CORDON_OP_COUNT + 2);
	while (q->op == CORDON_OP_CAPABILITY ? who->uid != 0 : q->op != MOVE && !(OPS >> q->op & 1));
	if (!who->uid && !random_below(r, 3)) /* few are root, and only root has capabilities */
		q->op = CORDON_OP_CAPABILITY;
	q->number = q->op == CORDON_OP_KERNEL ? numbers[random_below(r, COUNT(numbers))] :
		    random_below(r, 2)	      ? CAP_NET_ADMIN :
						CAP_SYS_ADMIN;
	random_place(r, q);
	do
		random_addr(r, q->addr);
	while (q->op == CORDON_OP_REACH && (!memcmp(q->addr, (uint8_t[16]){ 0 }, 16) ||
					    !memcmp(q->addr, (uint8_t[16]){ [10] = 0xff, [11] = 0xff }, 16)));
	q->port = random_port(r);
	q->tcp = (uint8_t)random_below(r, 2);
	q->connect = (uint8_t)random_below(r, 2);
	/* without CAP_NET_RAW, which a policy may refuse root as well, packet sockets give EPERM of their own */
	q->family = families[random_below(r, who->uid || capabilities ? 4 : 6)];
	q->type = types[random_below(r, 3)];
	q->protocol = protocols[random_below(r, 7)];
}

/* A policy in force, in all its forms. */
struct world {
	const struct mount_table *mounts;
	struct policy *policy;
	struct image *image;
	uint64_t generation;
};

static bool is_directory(const struct request *q)
{
	for (size_t i = 0; i < COUNT(moves); i++)
		if (!strcmp(moves[i].from, q->path) && !strcmp(moves[i].to, q->to))
			return moves[i].directory;
	return false;
}

/* The old name goes, what it replaces goes, the new name comes; and the object may gain nothing. Any of them refuses. */
static void expected_move(const struct world *world, const struct request *q, const struct image_subject *s,
			  const struct image_object *from, struct cordon_decision *d)
{
	struct image_object old = *from, new = *from;
	char to[512];

	place_of(q->to, &new.dev, to, sizeof(to));
	new.path = to;
	old.op = new.op = CORDON_OP_DELETE;
	if (image_evaluate(world->image, s, &old, d) || (!d->deny && image_evaluate(world->image, s, &new, d)))
		die("reference");
	new.op = CORDON_OP_CREATE;
	if ((!d->deny && image_evaluate(world->image, s, &new, d)) ||
	    (!d->deny && image_moves(world->image, s, &old, &new, is_directory(q), d)))
		die("reference");
}

/* The answer of the tables. False: the two references differ, which is said. */
static bool expected(const struct world *world, const struct request *q, struct cordon_decision *d)
{
	char program[512], path[512];
	const struct subject *who = &q->who;
	struct image_subject s = { .uid = who->uid, .real_uid = who->uid, .login = CORDON_LOGIN_UNSET,
				   .session = CORDON_SESSION_SERVICE, .gids = who->gids, .ngids = who->ngids,
				   .cgroup = unit_paths[who->unit], .program = program };
	struct image_object o = { .op = (enum cordon_op)q->op, .path = path, .port = q->port,
				  .ipproto = q->tcp ? IPPROTO_TCP : IPPROTO_UDP, .family = q->family, .type = q->type,
				  .protocol = q->protocol, .number = q->number };
	struct oracle_answer opinion;

	place_of(worker_places[who->worker], &s.program_dev, program, sizeof(program));
	if (q->abstract) {
		o.abstract = q->path;
		o.abstract_len = strlen(q->path);
	} else {
		place_of(q->path, &o.dev, path, sizeof(path));
	}
	memcpy(o.addr, q->addr, sizeof(o.addr));
	if (q->op == MOVE) {
		expected_move(world, q, &s, &o, d);
		return true;
	}
	if (image_evaluate(world->image, &s, &o, d))
		die("reference");
	opinion = oracle_decide(world->policy, world->mounts, &s, &o);
	if (opinion.deny == d->deny &&
	    (!d->deny || oracle_accuses(world->policy, world->mounts, &s, &o, false, world->image->rules[d->rule].name)))
		return true;
	printf("# tables: %s, rules as written: %s\n", d->deny ? "refused" : "allowed", opinion.deny ? "refused" : "allowed");
	return false;
}

/* The last refusal of a request like this one (others on the machine may be refused, too); `seen` counts them. */
struct reported {
	uint32_t op, euid;
	struct cordon_event event;
	unsigned seen;
};

static int on_event(void *context, void *data, size_t size)
{
	struct reported *reported = context;
	const struct cordon_event *event = data;

	if (size == sizeof(*event) && event->kind == CORDON_EVENT_DENY && event->op == reported->op &&
	    event->euid == reported->euid) {
		reported->event = *event;
		reported->seen++;
	}
	return 0;
}

static void explain(const struct request *q, const struct answer *answer, const struct cordon_decision *d,
		    const struct image *image, const struct reported *reported)
{
	const struct subject *who = &q->who;
	char addr[64];

	printf("# uid %u gids %u %u %u (%u) unit %s program %s op %u, %s\n", who->uid, who->gids[0], who->gids[1],
	       who->gids[2], who->ngids, unit_paths[who->unit], worker_places[who->worker], q->op,
	       who->alive ? "which asked before" : "new");
	printf("# number %u, path %s to %s, %s %s port %u connect %u, socket %u %u %u\n", q->number, q->path, q->to, q->tcp ? "tcp" : "udp",
	       inet_ntop(AF_INET6, q->addr, addr, sizeof(addr)), q->port, q->connect, q->family, q->type, q->protocol);
	printf("# the kernel: %s (%s); reference: %s by %s\n", answer->refused ? "refused" : "allowed",
	       strerror(answer->err), d->deny ? "refused" : "allowed",
	       d->rule == CORDON_RULE_NONE ? "no rule" : image->rules[d->rule].name);
	printf("# %u events of it: operation %u, reason %u, atom %d, generation %llu; reference: reason %u, atom %d\n",
	       reported->seen, reported->event.op, reported->event.reason, (int)reported->event.rule,
	       (unsigned long long)reported->event.generation, d->reason, (int)d->rule);
}

struct tally {
	unsigned policies, requests, refused, again, wrong;
	unsigned of[CORDON_OP_COUNT + 2][2]; /* [operation][refused] */
};

/* A refusal leaves an event, and it names the reference's atom and the generation in force. */
static bool reported_right(const struct reported *reported, const struct cordon_decision *d, uint64_t generation)
{
	if (!d->deny)
		return true;
	return reported->seen && reported->event.reason == d->reason && reported->event.rule == d->rule &&
	       reported->event.generation == generation;
}

/* What stands around every request. */
struct test {
	struct guard *guard;
	struct ring_buffer *ring;
	struct reported reported;
	struct worker workers[WORKERS];
	struct subject subjects[WORKERS];
	struct tally tally;
};

static struct answer ask(struct test *t, const struct request *q)
{
	struct worker *worker = &t->workers[q->who.worker];
	struct answer answer;

	if (write(worker->ask, q, sizeof(*q)) != sizeof(*q) || read(worker->tell, &answer, sizeof(answer)) != sizeof(answer))
		die("worker");
	t->subjects[q->who.worker].alive = !q->last && answer.refused >= 0;
	return answer;
}

static bool one_request(struct test *t, struct random *r, const struct world *world)
{
	uint32_t worker = random_below(r, WORKERS);
	struct subject *who = &t->subjects[worker];
	struct cordon_decision d;
	struct answer answer;
	struct request q;
	bool agreed;

	if (!who->alive)
		random_subject(r, who);
	who->worker = worker;
	random_request(r, who, world->image->meta.active >> CORDON_OP_CAPABILITY & 1, &q);
	q.last = !random_below(r, 8);
	agreed = expected(world, &q, &d);
	ring_buffer__consume(t->ring);
	t->reported = (struct reported){ .op = q.op, .euid = q.who.uid };
	answer = ask(t, &q);
	ring_buffer__consume(t->ring);
	t->tally.requests++;
	t->tally.refused += answer.refused > 0;
	t->tally.of[q.op][answer.refused > 0]++;
	t->tally.again += q.who.alive;
	/* Which of a move's refusals is told is the guard's own affair. */
	if (agreed && answer.refused >= 0 && (answer.refused > 0) == d.deny &&
	    (q.op == MOVE || reported_right(&t->reported, &d, world->generation)))
		return true;
	explain(&q, &answer, &d, world->image, &t->reported);
	t->tally.wrong++;
	return false;
}

static void end_subjects(struct test *t)
{
	for (uint32_t i = 0; i < WORKERS; i++) {
		struct request q = { .who = t->subjects[i], .last = true, .op = NOTHING };

		if (t->subjects[i].alive)
			ask(t, &q);
	}
}

static int fake_id(void *context, const char *name, uint32_t *ret_id)
{
	*ret_id = !strcmp(name, "alice") ? 1000 : 1001;
	return 0;
}

static const struct resolver fake = { .user = fake_id, .group = fake_id };

static bool one_policy(struct test *t, struct random *r, unsigned nrequests, const struct mount_table *mounts)
{
	struct world world = { .mounts = mounts };
	struct buf text = BUF_INIT;
	struct diag diag;
	bool good = true;

	diag_init(&diag);
	random_policy(r, 1 + random_below(r, random_below(r, 8) ? 12 : 90), OPS | RANDOM_LOGINS | RANDOM_GUARDED, &text);
	if (policy_parse(&(struct policy_text){ "random.yaml", text.data, text.len }, 1, &fake, &world.policy, &diag) ||
	    policy_compile(world.policy, mounts, &world.image, &diag) ||
	    guard_publish(t->guard, world.image, &world.generation, &diag)) {
		diag_print(&diag, stdout);
		die("policy");
	}
	t->tally.policies++;
	for (unsigned i = 0; good && i < nrequests; i++)
		good = one_request(t, r, &world);
	if (!good)
		printf("%s\n", buf_str(&text));
	buf_done(&text);
	image_free(world.image);
	policy_free(world.policy);
	diag_done(&diag);
	return good;
}

static void one_seed(struct test *t, uint64_t seed, unsigned nrequests, const struct mount_table *mounts)
{
	struct random r = { seed };
	bool good = true;

	for (int i = 0; good && i < POLICIES_OF_SEED; i++)
		good = one_policy(t, &r, nrequests, mounts);
	if (!good)
		printf("# seed %llu\n", (unsigned long long)seed);
	end_subjects(t);
}

static struct guard *start_guard(struct mount_table **mounts)
{
	static const struct guard_options options;
	struct guard *guard = NULL;
	struct diag diag;

	diag_init(&diag);
	if (mount_table_read("/proc/self/mountinfo", mounts, &diag) || guard_load(&options, NULL, &guard, &diag)) {
		diag_print(&diag, stdout);
		die("guard");
	}
	diag_done(&diag);
	return guard;
}

static void make_world(struct test *t)
{
	make_mounts();
	make_units();
	enter_guard();
	for (int i = 0; i < UNITS; i++)
		if (dup2(unit_fd[i], 100 + i) < 0)
			die("dup2");
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
		copy_program("./nothing", leaves[i], 0777);
	listen_unix();
	for (size_t i = 0; i < WORKERS; i++) {
		copy_program("/proc/self/exe", worker_places[i], 0777);
		start_worker(&t->workers[i], worker_places[i]);
	}
}

static int verdict(const struct tally *tally, uint64_t seed, unsigned nseeds)
{
	bool common = tally->refused >= tally->requests / 10 && tally->refused <= tally->requests * 9 / 10;

	printf("# seeds %llu to %llu: %u policies, %u requests, %u refused, %u by a process that had asked before\n",
	       (unsigned long long)seed, (unsigned long long)seed + nseeds - 1, tally->policies, tally->requests,
	       tally->refused, tally->again);
	printf("%sok 1 - the kernel, the tables and the rules as written agree on every request\n", tally->wrong ? "not " : "");
	for (unsigned op = 0; op <= MOVE; op++) {
		if (op != MOVE && !(OPS >> op & 1))
			continue;
		printf("# %s: %u allowed, %u refused\n", op == MOVE ? "rename" : value_operations[op].name, tally->of[op][0],
		       tally->of[op][1]);
		common = common && (tally->requests < 1000 || (tally->of[op][0] && tally->of[op][1]));
	}
	printf("%sok 2 - both answers are common, and every operation had both\n", common ? "" : "not ");
	fflush(stdout);
	return tally->wrong ? 1 : 0;
}

int main(int argc, char **argv)
{
	static struct test t;
	struct mount_table *mounts = NULL;
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 20261121;
	unsigned nseeds, nrequests;

	if (argc == 2 && !strcmp(argv[1], "--exit"))
		return 0;
	if (argc == 4 && !strcmp(argv[1], "--work")) {
		for (size_t i = 0; i < UNITS; i++) /* they were opened in this order, before the pipes */
			unit_fd[i] = 100 + (int)i;
		return work(atoi(argv[2]), atoi(argv[3]));
	}
	if (argc < 3)
		return 2;
	nseeds = (unsigned)atoi(argv[1]);
	nrequests = (unsigned)atoi(argv[2]);
	make_world(&t);
	t.guard = start_guard(&mounts);
	t.ring = ring_buffer__new(t.guard->events, on_event, &t.reported, NULL);
	if (!t.ring)
		die("ring buffer");
	for (unsigned i = 0; i < nseeds && t.tally.wrong < 3; i++)
		one_seed(&t, seed + i, nrequests, mounts);
	_exit(verdict(&t.tally, seed, nseeds));
}
