// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about a subject that changes after it has been asked once: whatever the guard remembers of a task must
 * change with it. Each fact reads the file first as what it was (allowed), changes, and reads again.
 */
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

static int read_secret(struct ctx *ctx)
{
	return use_file(path_of(ctx, ctx->fact->path), O_RDONLY);
}

/* The first reading, which must be allowed with and without the guard. */
static void read_first(struct ctx *ctx)
{
	if (read_secret(ctx))
		broken(ctx, "first-read");
}

static int fork_then_setuid(struct ctx *ctx)
{
	read_first(ctx);
	return in_armed_child(ctx, read_secret);
}

static int setuid_itself(struct ctx *ctx)
{
	read_first(ctx);
	arm(ctx);
	return read_secret(ctx);
}

/* Another one, about whose reading there are rules as well, reads it again and again; then this one, who has been asked by then about
 * something else, so that of both is known what they may. */
static int after_another(struct ctx *ctx)
{
	int status, got = 0;
	pid_t pid = fork();

	if (!pid) {
		if (setresgid(3021, 3021, 3021) || setresuid(3021, 3021, 3021))
			_exit(1);
		for (int i = 0; i < 4; i++)
			got |= read_secret(ctx);
		_exit(got != 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		broken(ctx, "another");
	arm(ctx);
	for (int i = 0; i < 4; i++)
		got |= use_file(path_of(ctx, "open/other.txt"), O_RDONLY);
	if (got)
		broken(ctx, "another-file");
	return read_secret(ctx);
}

/* The kernel thread was made by root and has root's credentials; it acts with those of the request. */
static int worker_from_before(struct ctx *ctx)
{
	const char *path = path_of(ctx, ctx->fact->path);
	int fd = uring_openat_by_worker(path, O_RDONLY);

	if (fd < 0)
		broken(ctx, "io_uring");
	arm(ctx);
	fd = uring_openat_by_worker(path, O_RDONLY);
	return fd < 0 ? fd : 0;
}

static int seteuid_only(struct ctx *ctx)
{
	read_first(ctx);
	if (syscall(SYS_setresuid, -1, 3001, -1))
		broken(ctx, "seteuid");
	return read_secret(ctx);
}

static int seteuid_and_back(struct ctx *ctx)
{
	seteuid_only(ctx);
	if (syscall(SYS_setresuid, -1, 0, -1))
		broken(ctx, "seteuid-back");
	return read_secret(ctx);
}

/* Credentials that went come back at the same address as another user's, without a question in between: of some tries, some. */
static int credentials_come_back(struct ctx *ctx)
{
	int got = -EACCES;

	if (setresgid(3060, 3060, 3061) || setresuid(3060, 3060, 3001))
		broken(ctx, "setresuid");
	for (int i = 0; i < 60 && got == -EACCES; i++) {
		read_first(ctx);
		if (setresgid(-1, i & 1 ? 3060 : 3061, -1))
			broken(ctx, "setresgid");
		usleep(15000); /* the kernel frees the first */
		if (setresuid(-1, 3001, -1))
			broken(ctx, "seteuid");
		got = read_secret(ctx);
		if (setresuid(-1, 3060, -1))
			broken(ctx, "seteuid-back");
	}
	return got;
}

static int join_group(struct ctx *ctx)
{
	gid_t group = 3100;

	arm(ctx);
	read_first(ctx);
	if (setgroups(1, &group))
		broken(ctx, "setgroups");
	return read_secret(ctx);
}

static int leave_group(struct ctx *ctx)
{
	arm(ctx);
	read_secret(ctx);
	if (setgroups(0, NULL))
		broken(ctx, "setgroups");
	return read_secret(ctx);
}

static int change_gid(struct ctx *ctx)
{
	arm(ctx);
	read_first(ctx);
	if (setresgid(3100, 3100, 3100))
		broken(ctx, "setresgid");
	return read_secret(ctx);
}

/* Two threads, of which one becomes user 3001: credentials are each thread's own. */
struct pair {
	struct ctx *ctx;
	pthread_barrier_t barrier;
	int changed; /* what the thread that changed got */
};

static void *change_in_thread(void *argument)
{
	struct pair *pair = argument;

	read_first(pair->ctx);
	if (syscall(SYS_setresuid, 3001, 3001, 3001))
		broken(pair->ctx, "setresuid");
	pthread_barrier_wait(&pair->barrier);
	pair->changed = read_secret(pair->ctx);
	return NULL;
}

static int threads(struct ctx *ctx, int *ret_changed)
{
	struct pair pair = { .ctx = ctx };
	pthread_t thread;
	int mine;

	read_first(ctx);
	pthread_barrier_init(&pair.barrier, NULL, 2);
	if (pthread_create(&thread, NULL, change_in_thread, &pair))
		broken(ctx, "thread");
	pthread_barrier_wait(&pair.barrier);
	mine = read_secret(ctx);
	pthread_join(thread, NULL);
	*ret_changed = pair.changed;
	return mine;
}

static int thread_that_changed(struct ctx *ctx)
{
	int changed;

	threads(ctx, &changed);
	return changed;
}

static int thread_that_stayed(struct ctx *ctx)
{
	int changed;

	return threads(ctx, &changed);
}

static int move_into_service(struct ctx *ctx)
{
	read_first(ctx);
	join_cgroup(ctx, "system.slice/vault.service");
	return read_secret(ctx);
}

static int move_out_of_service(struct ctx *ctx)
{
	join_cgroup(ctx, "system.slice/vault.service");
	read_secret(ctx);
	join_cgroup(ctx, "system.slice/other.service");
	return read_secret(ctx);
}

/* Moved by somebody else: the task itself runs nothing. */
static int moved_into_service(struct ctx *ctx)
{
	int go[2], done[2], got = -EPIPE, fd;
	char pid[16], byte = 0;

	if (pipe2(go, O_CLOEXEC) || pipe2(done, O_CLOEXEC))
		broken(ctx, "pipe");
	ctx->actor = fork();
	if (!ctx->actor) {
		read_first(ctx);
		if (write(done[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(1);
		got = read_secret(ctx);
		_exit(write(done[1], &got, sizeof(got)) != sizeof(got));
	}
	if (read(done[0], &byte, 1) != 1)
		broken(ctx, "child");
	fd = open("/sys/fs/cgroup/system.slice/vault.service/cgroup.procs", O_WRONLY);
	snprintf(pid, sizeof(pid), "%d", ctx->actor);
	if (write(fd, pid, strlen(pid)) < 0 || write(go[1], &byte, 1) != 1 || read(done[0], &got, sizeof(got)) != sizeof(got))
		broken(ctx, "move");
	waitpid(ctx->actor, NULL, 0);
	return got;
}

/* The other program reads: `probe fact` of a fact that only reads, run by another executable. */
static int exec_other_program(struct ctx *ctx)
{
	char *words[] = { (char *)ctx->fact->path2, "fact", "cached.exec-target", (char *)ctx->fs, "0", NULL, NULL };
	char fd[8];

	read_secret(ctx);
	snprintf(fd, sizeof(fd), "%d", ctx->result);
	words[5] = fd;
	execv(ctx->fact->path2, words);
	broken(ctx, "exec");
}

static int exec_target(struct ctx *ctx)
{
	return read_secret(ctx);
}

/* A child that dies leaves its parent what it was. */
static int child_changes_parent_stays(struct ctx *ctx)
{
	read_first(ctx);
	in_armed_child(ctx, read_secret);
	ctx->actor = getpid();
	return read_secret(ctx);
}

#define CACHED(name_, run_, who_, rule_, want_)                                                                        \
	{ .name = "cached." name_, .run = run_, .who = { STRIP who_ }, .want = want_, .rule = rule_,                             \
	  .op = (want_) ? "read" : NULL, .path = "vault/secret.txt", .flags = FACT_FS }
#define STRIP(...) __VA_ARGS__

const struct fact subject_facts[] = {
	{ .name = "cached.fork-then-setuid", .run = fork_then_setuid, .who = { .uid = 3001 }, .want = -EACCES,
	  .rule = "file-read", .op = "read", .path = "vault/secret.txt", .flags = FACT_FS | FACT_SMOKE },
	CACHED("setuid", setuid_itself, (.uid = 3001), "file-read", -EACCES),
	CACHED("after-another", after_another, (.uid = 3001), "file-read", -EACCES),
	CACHED("io_uring-worker", worker_from_before, (.uid = 3001), "file-read", -EACCES),
	CACHED("seteuid", seteuid_only, (.caps = false), "file-read", -EACCES),
	CACHED("seteuid-and-back", seteuid_and_back, (.caps = false), NULL, 0),
	CACHED("credentials-come-back", credentials_come_back, (.caps = false), "file-read", -EACCES),
	CACHED("parent-stays", child_changes_parent_stays, (.uid = 3001), NULL, 0),
	CACHED("setgroups", join_group, (.uid = 3060, .caps = true), "group-read", -EACCES),
	CACHED("setgroups-to-none", leave_group, (.uid = 3060, .group = 3100, .caps = true), NULL, 0),
	CACHED("setresgid", change_gid, (.uid = 3060, .caps = true), "group-read", -EACCES),
	CACHED("thread-that-changed", thread_that_changed, (.caps = false), "file-read", -EACCES),
	CACHED("thread-that-stayed", thread_that_stayed, (.caps = false), NULL, 0),
	CACHED("move-into-service", move_into_service, (.caps = false), "service-read", -EACCES),
	CACHED("move-out-of-service", move_out_of_service, (.caps = false), NULL, 0),
	CACHED("moved-by-another", moved_into_service, (.caps = false), "service-read", -EACCES),
	{ .name = "cached.exec-into-program", .run = exec_other_program, .want = -EACCES, .rule = "program-read",
	  .op = "read", .path = "vault/secret.txt", .path2 = APPS "/reader", .flags = FACT_FS },
	{ .name = "cached.exec-out-of-program", .run = exec_other_program, .who = { .program = APPS "/reader" },
	  .path = "vault/secret.txt", .path2 = APPS "/copy", .flags = FACT_FS },
	{ .name = "cached.exec-target", .run = exec_target, .path = "vault/secret.txt", .flags = FACT_FS },
	{ .name = NULL },
};
