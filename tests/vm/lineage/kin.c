/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kin VERB...: a process that comes about in the ways that its verbs say, one after the other, and then asks for a file.
 * It is copied to many places: the place is what the guard sees.
 *
 *     exec PLACE       execute PLACE with the verbs that are left
 *     fork             go on in a child; the parent waits for it
 *     vfork PLACE      a child by vfork executes PLACE with the verbs that are left; the parent waits
 *     orphan           go on in a child whose parent has ended
 *     sibling          go on in a child of the own parent (CLONE_PARENT)
 *     thread           go on in another thread
 *     session          setsid()
 *     exe PLACE        prctl(PR_SET_MM_EXE_FILE): the memory says that PLACE is executed
 *     user UID         setuid, without groups but what "member" gave
 *     member GID       that one supplementary group
 *     cgroup DIR       into that cgroup
 *     wait FILE        until FILE is there
 *     made FILE        make FILE
 *     numbers MAP P L  the guard's last numbers of programs and lines become P and L
 *     uring FILE TO    open FILE for reading by a ring of io_uring, and tell TO: "yes" or the number of the error. Ends
 *     read FILE TO     open FILE for reading and tell TO. Ends
 *     end              exit(0)
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/prctl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void go_on(char **verb);

static void die(const char *what)
{
	perror(what);
	_exit(99);
}

static void await(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) != child)
		die("child");
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 98);
}

/* The name appears with all of what it says. */
static void tell(const char *to, int err)
{
	char part[512];
	FILE *file;

	snprintf(part, sizeof(part), "%s.part", to);
	file = fopen(part, "w");
	if (!file)
		die(part);
	if (err)
		fprintf(file, "%d\n", err);
	else
		fprintf(file, "yes\n");
	if (fclose(file) || rename(part, to))
		die(to);
	_exit(0);
}

static void run(char **verb, const char *place)
{
	char self[] = "kin", **argv = verb - 1;

	argv[0] = self;
	execv(place, argv);
	die(place);
}

static pid_t other_program(char **verb, const char *place)
{
	pid_t child = vfork();

	if (!child)
		run(verb, place);
	return child;
}

static void orphan(char **verb)
{
	pid_t parent = getpid(), child = fork();

	if (child)
		_exit(child < 0);
	while (getppid() == parent)
		usleep(1000);
	go_on(verb);
}

static void *other_thread(void *verb)
{
	go_on(verb);
	return NULL;
}

/* Put memory of the same content in the place of one mapping of the executable. */
static void leave(unsigned long start, size_t len, const char *mode)
{
	int prot = (mode[0] == 'r' ? PROT_READ : 0) | (mode[1] == 'w' ? PROT_WRITE : 0) | (mode[2] == 'x' ? PROT_EXEC : 0);
	char *copy = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		die("mmap");
	memcpy(copy, (void *)start, len);
	if (mprotect(copy, len, prot) ||
	    mremap(copy, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) == MAP_FAILED)
		die("mremap");
}

/* The kernel lets the executable be changed when nothing of the old one is mapped. */
static void claim(const char *place)
{
	char line[512], own[256], mode[8];
	unsigned long start, end;
	int fd = open(place, O_RDONLY);
	FILE *maps = fopen("/proc/self/maps", "re");
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (fd < 0 || !maps || len < 0)
		die(place);
	own[len] = '\0';
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, own) && sscanf(line, "%lx-%lx %7s", &start, &end, mode) == 3)
			leave(start, end - start, mode);
	fclose(maps);
	if (prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, fd, 0, 0))
		die("prctl");
	close(fd);
}

static void numbers(char **verb)
{
	uint32_t zero = 0, last[2] = { (uint32_t)atoi(verb[1]), (uint32_t)atoi(verb[2]) };
	union bpf_attr attr = { .pathname = (unsigned long)verb[0] };
	int map = (int)syscall(__NR_bpf, BPF_OBJ_GET, &attr, sizeof(attr));

	attr = (union bpf_attr){ .map_fd = (unsigned)map, .key = (unsigned long)&zero, .value = (unsigned long)last };
	if (map < 0 || syscall(__NR_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)))
		die(verb[0]);
	close(map);
}

static int ring_open(const char *path)
{
	struct io_uring_params p = { .sq_thread_idle = 0 };
	int ring = (int)syscall(__NR_io_uring_setup, 4, &p);
	char *sq;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;

	if (ring < 0)
		die("io_uring_setup");
	sq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(*cqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	sqe = mmap(NULL, p.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || (void *)sqe == MAP_FAILED || !(p.features & IORING_FEAT_SINGLE_MMAP))
		die("ring");
	/* IOSQE_ASYNC: a worker does it. */
	*sqe = (struct io_uring_sqe){ .opcode = IORING_OP_OPENAT, .flags = IOSQE_ASYNC, .fd = AT_FDCWD,
				      .addr = (unsigned long)path, .open_flags = O_RDONLY };
	((unsigned *)(sq + p.sq_off.array))[0] = 0;
	__atomic_store_n((unsigned *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(__NR_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		die("io_uring_enter");
	cqe = (void *)(sq + p.cq_off.cqes);
	return cqe->res < 0 ? -cqe->res : 0;
}

static void ask(char **verb, int ring)
{
	int fd;

	if (ring)
		tell(verb[1], ring_open(verb[0]));
	fd = open(verb[0], O_RDONLY);
	tell(verb[1], fd < 0 ? errno : 0);
}

static void join(const char *cgroup)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, "0", 1) != 1)
		die(path);
	close(fd);
}

/* A verb that has one word, and goes on here. */
static int simple(const char *verb, const char *word)
{
	static bool is_member;

	if (!strcmp(verb, "exe"))
		claim(word);
	else if (!strcmp(verb, "user")) {
		if ((!is_member && setgroups(0, NULL)) || setgid((gid_t)atoi(word)) || setuid((uid_t)atoi(word)))
			die(word);
	} else if (!strcmp(verb, "member")) {
		gid_t group = (gid_t)atoi(word);

		if (setgroups(1, &group))
			die(word);
		is_member = true;
	} else if (!strcmp(verb, "cgroup")) {
		join(word);
	} else if (!strcmp(verb, "wait")) {
		while (access(word, F_OK))
			usleep(10000);
	} else if (!strcmp(verb, "made")) {
		close(open(word, O_CREAT | O_WRONLY, 0666));
	} else {
		return 0;
	}
	return 1;
}

static void go_on(char **verb)
{
	pthread_t thread;
	pid_t child;

	for (; *verb; verb++) {
		const char *what = *verb;

		if (!strcmp(what, "exec")) {
			run(verb + 2, verb[1]);
		} else if (!strcmp(what, "fork")) {
			child = fork();
			if (child)
				await(child);
		} else if (!strcmp(what, "sibling")) {
			child = (pid_t)syscall(__NR_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
			if (child)
				_exit(child < 0);
		} else if (!strcmp(what, "vfork")) {
			await(other_program(verb + 2, verb[1]));
		} else if (!strcmp(what, "orphan")) {
			orphan(verb + 1);
		} else if (!strcmp(what, "thread")) {
			if (pthread_create(&thread, NULL, other_thread, verb + 1) || pthread_join(thread, NULL))
				die("thread");
		} else if (!strcmp(what, "session")) {
			setsid();
		} else if (!strcmp(what, "numbers")) {
			numbers(verb + 1);
			verb += 3;
		} else if (!strcmp(what, "read") || !strcmp(what, "uring")) {
			ask(verb + 1, *what == 'u');
		} else if (!strcmp(what, "end")) {
			_exit(0);
		} else if (verb[1] && simple(what, verb[1])) {
			verb++;
		} else {
			fprintf(stderr, "kin: %s?\n", what);
			_exit(97);
		}
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	go_on(argv + 1);
	return 0;
}
