// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about further ways to a file, which take another process, a kernel thread or a capability. User 3022 may not
 * read the vault (rule "vault"), and who may not read it may not give it a name where it could be read.
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define MOUNT_POINT "/mnt/point"
#define SECRET      "vault/secret.txt"

/* The event of somebody else's open brings an open file with it. */
static int by_fanotify(struct ctx *ctx)
{
	char path[512];
	struct fanotify_event_metadata event;
	int group = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY), fd;

	snprintf(path, sizeof(path), "%s", path_of(ctx, ctx->fact->path));
	if (group < 0 || fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, path))
		broken(ctx, "fanotify");
	fd = open(path, O_RDONLY | O_CLOEXEC); /* as root */
	if (fd < 0)
		broken(ctx, "open");
	close(fd);
	arm(ctx);
	if (read(group, &event, sizeof(event)) != sizeof(event))
		return -errno;
	return event.fd < 0 ? event.fd : use_fd(event.fd, O_RDONLY);
}

/* A process in a mount namespace of its own, where the vault shows elsewhere. */
static pid_t process_elsewhere(struct ctx *ctx, bool armed)
{
	int ready[2];
	pid_t pid;
	char byte = 0;

	if (pipe(ready))
		broken(ctx, "pipe");
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL) ||
		    mount(path_of(ctx, "vault"), MOUNT_POINT, NULL, MS_BIND, NULL))
			_exit(1);
		if (armed)
			arm(ctx);
		_exit(write(ready[1], &byte, 1) != 1 || pause());
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		broken(ctx, "process");
	return pid;
}

static int end_process(pid_t pid, int got)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return got;
}

static int by_setns(struct ctx *ctx)
{
	pid_t pid = process_elsewhere(ctx, false);
	char path[64];
	int namespace;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	namespace = open(path, O_RDONLY | O_CLOEXEC);
	arm(ctx);
	if (setns(namespace, CLONE_NEWNS))
		broken(ctx, "setns");
	return end_process(pid, use_file(MOUNT_POINT "/secret.txt", O_RDONLY));
}

static int by_other_root(struct ctx *ctx)
{
	pid_t pid = process_elsewhere(ctx, true);
	char path[64];

	arm(ctx);
	snprintf(path, sizeof(path), "/proc/%d/root" MOUNT_POINT "/secret.txt", pid);
	return end_process(pid, use_file(path, O_RDONLY));
}

static int by_slot(struct ctx *ctx)
{
	int got;

	arm(ctx);
	got = uring_open_into_slot(path_of(ctx, ctx->fact->path));
	if (got == -ENOSYS)
		broken(ctx, "io_uring");
	return got < 0 ? got : 0;
}

static int by_ring_thread(struct ctx *ctx)
{
	struct io_uring_sqe entry = { .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD };
	int got;

	arm(ctx);
	entry.addr = (uintptr_t)path_of(ctx, ctx->fact->path);
	got = uring_do_by_thread(&entry);
	if (got == -ENOSYS)
		broken(ctx, "io_uring");
	return got < 0 ? got : 0;
}

static int link_armed(struct ctx *ctx)
{
	arm(ctx);
	if (link(path_of(ctx, SECRET), path_of(ctx, "open/linked")))
		return -errno;
	return use_file(path_of(ctx, "open/linked"), O_RDONLY);
}

static int by_link(struct ctx *ctx)
{
	int status, got = 0, answer[2];

	if (pipe2(answer, O_CLOEXEC))
		broken(ctx, "pipe");
	ctx->actor = fork();
	if (!ctx->actor) {
		got = link_armed(ctx);
		_exit(write(answer[1], &got, sizeof(got)) != sizeof(got));
	}
	close(answer[1]);
	if (read(answer[0], &got, sizeof(got)) != sizeof(got))
		broken(ctx, "child");
	waitpid(ctx->actor, &status, 0);
	unlink(path_of(ctx, "open/linked"));
	return got;
}

/* Out of the vault, and back by root. */
static int by_rename(struct ctx *ctx)
{
	int status, got = 0, answer[2];

	if (pipe2(answer, O_CLOEXEC))
		broken(ctx, "pipe");
	ctx->actor = fork();
	if (!ctx->actor) {
		arm(ctx);
		if (rename(path_of(ctx, SECRET), path_of(ctx, "open/renamed")))
			got = -errno;
		_exit(write(answer[1], &got, sizeof(got)) != sizeof(got));
	}
	close(answer[1]);
	if (read(answer[0], &got, sizeof(got)) != sizeof(got))
		broken(ctx, "child");
	waitpid(ctx->actor, &status, 0);
	if (!got && rename(path_of(ctx, "open/renamed"), path_of(ctx, SECRET)))
		broken(ctx, "rename-back");
	return got;
}

/* Replace every mapping of the executable by memory of the same content, so that the file is not in use. */
static void leave_executable(struct ctx *ctx)
{
	char line[512], own[256];
	FILE *maps = fopen("/proc/self/maps", "re");
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (!maps || length < 0)
		broken(ctx, "maps");
	own[length] = '\0';
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;
		char mode[8];
		char *copy;

		if (!strstr(line, own) || sscanf(line, "%lx-%lx %7s", &start, &end, mode) != 3)
			continue;
		copy = mmap(NULL, end - start, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (copy == MAP_FAILED)
			broken(ctx, "mmap");
		memcpy(copy, (void *)start, end - start);
		if (mprotect(copy, end - start,
			     (mode[0] == 'r' ? PROT_READ : 0) | (mode[1] == 'w' ? PROT_WRITE : 0) | (mode[2] == 'x' ? PROT_EXEC : 0)) ||
		    mremap(copy, end - start, end - start, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) == MAP_FAILED)
			broken(ctx, "mremap");
	}
	fclose(maps);
}

/* The program says of itself that it is another: what it was executed from is what counts. */
static int other_executable(struct ctx *ctx)
{
	int fd = open(APPS "/copy", O_RDONLY | O_CLOEXEC);

	leave_executable(ctx);
	if (fd < 0 || prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, fd, 0, 0))
		broken(ctx, "PR_SET_MM_EXE_FILE");
	return use_file(path_of(ctx, ctx->fact->path), O_RDONLY);
}

#define WAY(name_, run_, caps_)                                                                                        \
	{ .name = "way." name_, .run = run_, .who = { .uid = 3022, .caps = caps_ }, .want = -EACCES, .rule = "vault",  \
	  .op = "read", .path = SECRET, .flags = FACT_FS }
/* Refused as the creation of the new name, by the rule that forbids to read the old one. */
#define NEW_NAME(name_, run_)                                                                                          \
	{ .name = "way." name_, .run = run_, .who = { .uid = 3022 }, .want = -EACCES, .rule = "vault", .op = "create", \
	  .path = "vault/secret.txt", .flags = FACT_FS }

const struct fact way_facts[] = {
	WAY("fanotify", by_fanotify, true),
	WAY("setns", by_setns, true),
	WAY("other-process-root", by_other_root, false),
	WAY("io_uring-slot", by_slot, false),
	WAY("io_uring-thread", by_ring_thread, false),
	NEW_NAME("link", by_link),
	NEW_NAME("rename", by_rename),
	{ .name = "cached.other-executable", .run = other_executable, .who = { .program = APPS "/reader" }, .want = -EACCES,
	  .rule = "program-read", .op = "read", .path = "vault/secret.txt", .flags = FACT_FS },
	{ .name = NULL },
};
