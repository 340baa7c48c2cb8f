// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the guard keeps of sockets (bpf/recent.h, bpf/note.h) and of files (bpf/kept.h), changed by hand: an entry is believed when all of
 * it is as it was, and not when one thing is another. As root, of whom the policy says nothing, under one that lets user 3070 reach
 * 127.0.0.2 alone, and forbids 3071 to read and to write /srv/kept.
 *
 *     forge hooks   the hook of sending alone, without the program that sees packets
 *     forge wire    that program alone: takes the hook away
 *     forge slots   whose notes stand where, and who comes after them
 *     forge files   what an inode says was permitted to a class
 *     forge tasks   what a task says of who it is (looked at only)
 *
 * A child that is 3070 sends on sockets that it shares with its parent, who looks at the tables and writes to them. One line per fact.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../pins.h"

#define USER	 3070
#define OTHER	 3071
#define PORT	 33000
#define SOCKETS	 6
#define PATIENCE 200 /* times 50 ms */

/* struct recent and the head of struct slot, in numbers of 64 bits. */
enum { VERSION, COOKIE, CURRENT, PID, STARTED, EXECS, CRED, CGROUP, LOGIN, DROPS, PROTOCOL, TO, RECENT_WORDS = 16 };
enum { SLOT_COOKIE, SLOT_SK, SLOT_MARK, SLOT_WORDS = 32 };
/* struct placed. */
enum { PLACED_EPOCH, PLACED_PERMITTED, PLACED_VERSION = 9, PLACED_CURRENT, PLACED_SET, PLACED_CLASSES = 8, PLACED_WORDS = 32 };
/* The head of struct subject. */
enum { SUBJECT_CURRENT, SUBJECT_CRED, SUBJECT_WORDS = 128 };
#define KEPT "/srv/kept"
#define OWN  "/srv/own"
#define KNOWN "/srv/known"
#define RECENT_MAX 256
#define SLOTS_MAX  4096
#define SLOT_BATCH 12
#define OTHERS	   32

static int sockets[SOCKETS], child[2], recent_sends, slots, inodes;
static struct sockaddr_in good = { .sin_family = AF_INET, .sin_port = 0 }, bad;

__attribute__((noreturn)) static void die(const char *what)
{
	printf("not ok - %s: %s\n", what, strerror(errno));
	exit(1);
}

static void fact(bool is, const char *what) { printf("%s - %s\n", is ? "ok" : "not ok", what); }

/* ---- the child ---------------------------------------------------------------------------------- */

static int send_to(int fd, const struct sockaddr_in *to, int flags)
{
	return sendto(fd, "x", 1, flags, (const struct sockaddr *)to, to ? sizeof(*to) : 0) < 0 ? errno : 0;
}

/* The time to live of one datagram: it changes nothing about where it goes. */
static int send_control(int fd, const struct sockaddr_in *to)
{
	char space[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
	struct iovec iov = { (void *)"x", 1 };
	struct sockaddr_in name = *to;
	struct msghdr message = { .msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = &iov, .msg_iovlen = 1, .msg_control = space,
				  .msg_controllen = sizeof(space) };
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);

	control->cmsg_level = IPPROTO_IP;
	control->cmsg_type = IP_TTL;
	control->cmsg_len = CMSG_LEN(sizeof(int));
	*(int *)CMSG_DATA(control) = 9;
	return sendmsg(fd, &message, 0) < 0 ? errno : 0;
}

static int send_mapped(int fd)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };

	inet_pton(AF_INET6, "::ffff:127.0.0.2", &to.sin6_addr);
	return sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;
}

static int obey(char what, int fd)
{
	switch (what) {
	case 'g': return send_to(fd, &good, 0);
	case 'b': return send_to(fd, &bad, 0);
	case 'm': return send_to(fd, &good, MSG_MORE);
	case 's': return send_to(fd, NULL, 0);
	case 'c': return send_control(fd, &bad);
	case '6': return send_mapped(fd);
	case 'k': return connect(fd, (struct sockaddr *)&good, sizeof(good)) ? errno : 0;
	case 'x': return close(fd) ? errno : 0;
	}
	return EINVAL;
}

static void run_child(int fd)
{
	unsigned char word[2];

	if (setresgid(USER, USER, USER) || setresuid(USER, USER, USER))
		_exit(1);
	while (read(fd, word, 2) == 2) {
		word[0] = obey(word[0], sockets[word[1]]);
		if (write(fd, word, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

/* It does that on this socket: the errno. */
static int let(char what, int which)
{
	unsigned char word[2] = { what, which };

	if (write(child[0], word, 2) != 2 || read(child[0], word, 1) != 1)
		die("the child");
	return word[0];
}

/* ---- the tables --------------------------------------------------------------------------------- */

static void recent_get(int which, uint64_t *ret_entry)
{
	uint32_t at = cookie_of(sockets[which]) % RECENT_MAX;

	if (bpf_map_lookup_elem(recent_sends, &at, ret_entry))
		die("recent_sends");
}

static void recent_set(int which, const uint64_t *entry)
{
	uint32_t at = cookie_of(sockets[which]) % RECENT_MAX;

	if (bpf_map_update_elem(recent_sends, &at, entry, 0))
		die("recent_sends");
}

/* The entry as sends to where it may make it; false: they do not. `how` sends. */
static bool renew(int which, char how, uint64_t *ret_entry)
{
	static const uint64_t empty[RECENT_WORDS];

	recent_set(which, empty);
	if (let(how, which) || let(how, which) || let(how, which))
		return false;
	recent_get(which, ret_entry);
	return ret_entry[COOKIE] == cookie_of(sockets[which]);
}

static uint64_t name_of(const struct sockaddr_in *name)
{
	return AF_INET | (uint64_t)name->sin_port << 16 | (uint64_t)name->sin_addr.s_addr << 32;
}

/* The entry leads to where the child may not, and one field of it (-1: none) is another: what comes of a send there. */
static int forged(int field, uint64_t by)
{
	uint64_t entry[RECENT_WORDS];

	if (!renew(0, 'g', entry))
		return -1;
	entry[TO] = name_of(&bad);
	if (field >= 0)
		entry[field] += by;
	recent_set(0, entry);
	return let('b', 0);
}

/* Where the slot of this socket is; SLOTS_MAX: nowhere. */
static uint32_t slot_find(uint64_t cookie, uint64_t *ret_slot)
{
	for (uint32_t at = 0; at < SLOTS_MAX; at++)
		if (bpf_map_lookup_elem(slots, &at, ret_slot) == 0 && ret_slot[SLOT_COOKIE] == cookie)
			return at;
	return SLOTS_MAX;
}

static void unpin(const char *hook)
{
	char path[200];

	snprintf(path, sizeof(path), PINS "links/%s", hook);
	if (unlink(path))
		die(path);
}

/* ---- facts -------------------------------------------------------------------------------------- */

static const struct {
	int field;
	uint64_t by;
	const char *what;
} fields[] = {
	{ COOKIE, RECENT_MAX, "of another socket" },
	{ CURRENT, 2, "under another policy" },
	{ VERSION, 1, "that is being written" },
	{ PID, 1, "of another thread" },
	{ STARTED, 1, "of a thread that started at another time" },
	{ EXECS, 1, "of before another program was executed" },
	{ CRED, 64, "with other credentials" },
	{ CGROUP, 1, "in another cgroup" },
	{ LOGIN, 1, "with another login" },
	{ DROPS, 1, "of before somebody became another user" },
};

static void run_hooks(void)
{
	uint64_t entry[RECENT_WORDS];
	char what[200];
	int turn;

	/* The hook does not look at the protocol of a datagram that is not put together; the packet's program does. */
	unpin("cordon_wire");
	for (turn = 0; turn < PATIENCE && forged(PROTOCOL, 1); turn++)
		usleep(50000);
	fact(forged(-1, 0) == 0, "hook: an entry that is forged whole is believed");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		snprintf(what, sizeof(what), "hook: not one %s", fields[i].what);
		fact(forged(fields[i].field, fields[i].by) == EPERM, what);
	}
	fact(renew(0, 'g', entry) && let('b', 0) == EPERM, "hook: not for another destination");
	fact(renew(0, 'g', entry) && (entry[TO] = name_of(&bad), recent_set(0, entry), let('c', 0) == EPERM),
	     "hook: not for a message with more than data");
	fact(renew(0, 'g', entry) && let('m', 0) == 0 && (entry[TO] = name_of(&bad), recent_set(0, entry), let('b', 0) == EPERM),
	     "hook: not for a part of a datagram");
	fact(let('k', 1) == 0 && renew(1, 's', entry) && entry[TO] == name_of(&good) && let('b', 1) == EPERM,
	     "hook: not for another name on a connected socket");
	fact(renew(2, 'g', entry) && send_to(sockets[2], &good, 0) == 0 && (recent_get(2, entry), entry[COOKIE] != cookie_of(sockets[2])),
	     "hook: another one who sends takes it away");
	fact(!renew(3, '6', entry), "hook: none is written for a socket of IPv6");
}

static void run_wire(void)
{
	uint64_t entry[RECENT_WORDS], seen[RECENT_WORDS], slot[SLOT_WORDS];
	static const struct {
		int field;
		uint64_t by;
		const char *what;
	} own[] = { { PROTOCOL, 1, "wire: not one of another protocol" }, { COOKIE, RECENT_MAX, "wire: not one of another socket" },
		    { CURRENT, 2, "wire: not one under another policy" }, { VERSION, 1, "wire: not one that is being written" } };
	uint32_t at;

	fact(renew(0, 'g', entry), "wire: there is an entry");
	unpin("cordon_socket_sendmsg");
	for (int turn = 0; turn < PATIENCE && renew(0, 'g', seen); turn++)
		usleep(50000);
	recent_set(0, entry);
	fact(let('b', 0) == EPERM, "wire: not for another destination");
	entry[TO] = name_of(&bad);
	recent_set(0, entry);
	fact(let('b', 0) == 0, "wire: an entry that is forged whole is believed");
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		memcpy(seen, entry, sizeof(seen));
		seen[own[i].field] += own[i].by;
		recent_set(0, seen);
		fact(let('b', 0) == EPERM, own[i].what);
	}
	/* Nobody's packets are root's, of whom the policy says nothing. */
	at = slot_find(cookie_of(sockets[0]), slot);
	slot[SLOT_COOKIE] += SLOTS_MAX;
	fact(at < SLOTS_MAX && bpf_map_update_elem(slots, &at, slot, 0) == 0 && let('b', 0) == 0,
	     "wire: what is noted of another socket is not taken for this one's");
}

/* A new socket sends, whose slot says that it is of `cookie`, at `sk`, and has a mark in its note: does it take that slot? */
static bool slot_taken(uint64_t cookie, uint64_t sk, uint64_t *ret_slot)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint64_t own = cookie_of(fd), batch = own >> SLOT_BATCH, slot[SLOT_WORDS] = { cookie, sk, 1 };
	uint32_t at;

	at = (own ^ batch << 5 ^ batch << 9) % SLOTS_MAX;
	if (bpf_map_update_elem(slots, &at, slot, 0) || send_to(fd, &good, 0) || bpf_map_lookup_elem(slots, &at, ret_slot))
		die("slots");
	close(fd);
	return ret_slot[SLOT_COOKIE] == own;
}

static bool slot_same(uint64_t cookie, uint64_t sk)
{
	uint64_t slot[SLOT_WORDS];

	return !slot_taken(cookie, sk, slot) && slot[SLOT_COOKIE] == cookie && slot[SLOT_SK] == sk && slot[SLOT_MARK] == 1;
}

static void run_slots(void)
{
	uint64_t slot[SLOT_WORDS], cookie = cookie_of(sockets[0]), sk;
	int others[OTHERS], turn = 0;

	if (let('g', 0) || slot_find(cookie, slot) == SLOTS_MAX)
		die("a slot");
	sk = slot[SLOT_SK];
	fact(slot_same(cookie, sk), "slots: one that is another's is not taken");
	fact(slot_same(~0ull, sk), "slots: not one that is being taken");
	fact(slot_same(cookie, 0), "slots: not when the memory of whose it is cannot be read");
	fact(slot_taken(cookie + SLOTS_MAX, sk, slot) && slot[SLOT_SK] != sk && !slot[SLOT_MARK],
	     "slots: one is taken, and is empty, where another socket is by then");
	/* They are freed after it, so what is made next stands where they did, and its memory is as it left it. */
	for (int i = 0; i < OTHERS; i++)
		others[i] = socket(AF_INET, SOCK_DGRAM, 0);
	if (let('x', 0) || close(sockets[0]))
		die("close");
	for (int i = 0; i < OTHERS; i++)
		close(others[i]);
	while (!slot_taken(cookie, sk, slot) && turn++ < PATIENCE)
		usleep(50000);
	fact(turn < PATIENCE && slot[SLOT_SK] != sk && !slot[SLOT_MARK], "slots: one is taken when its socket is freed");
}

/* The errno of the first open by that user. Who asks is known by then: of a new process everything is asked, and found anew, whatever is
 * kept. It is done again, so that what it was permitted is noted. */
static int opens(uid_t user, const char *path, int flags)
{
	int status, err;
	pid_t pid = fork();

	if (pid == 0) {
		if (setresgid(user, user, user) || setresuid(user, user, user) || open(KNOWN, O_RDONLY) < 0 || open(KNOWN, O_RDONLY) < 0)
			_exit(255);
		err = open(path, flags) < 0 ? errno : 0;
		for (int turn = 0; turn < 2; turn++)
			open(path, flags);
		_exit(err);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) == 255)
		die("an open");
	return WEXITSTATUS(status);
}

/* What an inode says was permitted to the only class that was permitted anything with it; 0: there is no such thing. */
static uint64_t permitted(const uint64_t *placed)
{
	uint64_t word = 0;

	for (size_t i = 0; i < PLACED_CLASSES; i++)
		word = placed[PLACED_PERMITTED + i] ? placed[PLACED_PERMITTED + i] : word;
	return word;
}

/* What comes of an open by 3071, when the file says this. */
static int opens_kept(int fd, const uint64_t *forged, int flags)
{
	if (bpf_map_update_elem(inodes, &fd, forged, BPF_EXIST))
		die("inodes");
	return opens(OTHER, KEPT, flags);
}

/* The file says of every class: this was permitted. What comes of an open by 3071, of whom that is not so. */
static int opens_forged(int fd, const uint64_t *placed, uint64_t word, uint64_t older, int flags)
{
	uint64_t forged[PLACED_WORDS];

	memcpy(forged, placed, sizeof(forged));
	for (size_t i = 0; i < PLACED_CLASSES; i++)
		forged[PLACED_PERMITTED + i] = word;
	forged[PLACED_EPOCH] -= older;
	return opens_kept(fd, forged, flags);
}

/* The file says that it stands where 3071 may read, and nothing of classes; and one word is another by this. */
static int opens_moved(int fd, const uint64_t *placed, uint64_t set, size_t word, uint64_t by)
{
	uint64_t forged[PLACED_WORDS];

	memcpy(forged, placed, sizeof(forged));
	memset(forged + PLACED_PERMITTED, 0, PLACED_CLASSES * sizeof(uint64_t));
	forged[PLACED_SET] = set;
	forged[word] += by;
	return opens_kept(fd, forged, O_RDONLY);
}

static void run_files(void)
{
	uint64_t kept[PLACED_WORDS], own[PLACED_WORDS], theirs, others;
	int fds[] = { open(KEPT, O_RDONLY), open(OWN, O_RDONLY) };

	inodes = open_pin("inodes");
	fact(opens(USER, KEPT, O_RDONLY) == 0 && bpf_map_lookup_elem(inodes, &fds[0], kept) == 0 && permitted(kept),
	     "files: what was permitted is noted");
	fact(opens(OTHER, KEPT, O_RDONLY) == EACCES, "files: of another class it is not believed");
	fact(opens(OTHER, OWN, O_RDONLY) == 0 && bpf_map_lookup_elem(inodes, &fds[1], own) == 0 && permitted(own),
	     "files: of each class on its own");
	theirs = permitted(kept);
	others = permitted(own);
	fact(theirs >> 32 != others >> 32 && opens_forged(fds[0], kept, others, 0, O_RDONLY) == 0, "files: one that is forged whole is believed");
	fact(opens_forged(fds[0], kept, theirs, 0, O_RDONLY) == EACCES, "files: not one of another class in this one's place");
	fact(opens_forged(fds[0], kept, others, 0, O_WRONLY) == EACCES, "files: not for more than was permitted");
	fact(opens_forged(fds[0], kept, others, 1, O_RDONLY) == EACCES, "files: not one of before something moved");
	fact(opens_moved(fds[0], kept, own[PLACED_SET], PLACED_SET, 0) == 0, "files: a place that is forged whole is believed");
	fact(opens_moved(fds[0], kept, own[PLACED_SET], PLACED_CURRENT, 2) == EACCES, "files: not a place under another policy");
	fact(opens_moved(fds[0], kept, own[PLACED_SET], PLACED_EPOCH, -1) == EACCES, "files: not a place of before something moved");
	fact(opens_moved(fds[0], kept, own[PLACED_SET], PLACED_VERSION, 1) == EACCES, "files: not a place that is being written");
}

/* Who executes a program is another subject from then on, though nothing was asked of it: its credentials may come to stand where those
 * are that the old one was made from. It is looked at before the program's first instruction: busybox begins with setuid(2), which makes another
 * subject, too. */
static void run_tasks(void)
{
	int tasks = open_pin("tasks"), go[2], ready[2], pidfd, status = 0;
	uint64_t subject[SUBJECT_WORDS] = { 0 }, before;
	char c = 0;
	pid_t pid;

	if (pipe(go) || pipe(ready))
		die("pipe");
	pid = fork();
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) || setresgid(USER, USER, USER) || setresuid(USER, USER, USER) ||
		    open(KNOWN, O_RDONLY) < 0 || write(ready[1], "x", 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(255);
		execlp("busybox", "busybox", "sleep", "100", NULL);
		_exit(255);
	}
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0 || read(ready[0], &c, 1) != 1)
		die("a task");
	fact(bpf_map_lookup_elem(tasks, &pidfd, subject) == 0 && subject[SUBJECT_CURRENT] && subject[SUBJECT_CRED], "tasks: who asked is known");
	before = subject[SUBJECT_CRED];
	if (write(go[1], "x", 1) != 1)
		die("go");
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
		die("an execution");
	memset(subject, 0xff, sizeof(subject));
	fact(bpf_map_lookup_elem(tasks, &pidfd, subject) == 0 && (!subject[SUBJECT_CURRENT] || subject[SUBJECT_CRED] != before),
	     "tasks: who executed a program is another");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void prepare(void)
{
	int receivers[] = { socket(AF_INET, SOCK_DGRAM, 0), socket(AF_INET, SOCK_DGRAM, 0) };

	good.sin_port = htons(PORT);
	bad = good;
	inet_pton(AF_INET, "127.0.0.2", &good.sin_addr);
	inet_pton(AF_INET, "127.0.0.3", &bad.sin_addr);
	if (bind(receivers[0], (struct sockaddr *)&good, sizeof(good)) || bind(receivers[1], (struct sockaddr *)&bad, sizeof(bad)))
		die("bind");
	for (int i = 0; i < SOCKETS; i++)
		sockets[i] = socket(i == 3 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, child))
		die("socketpair");
	if (fork() == 0) {
		close(child[0]);
		run_child(child[1]);
	}
	close(child[1]);
	recent_sends = open_pin("recent_sends");
	slots = open_pin("slots");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} ways[] = { { "hooks", run_hooks }, { "wire", run_wire }, { "slots", run_slots }, { "files", run_files }, { "tasks", run_tasks } };

	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(argv[1], ways[i].name) != 0)
			continue;
		prepare();
		ways[i].run();
		return 0;
	}
	fprintf(stderr, "usage: forge hooks|wire|slots|files|tasks\n");
	return 2;
}
