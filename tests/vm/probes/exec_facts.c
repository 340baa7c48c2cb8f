// SPDX-License-Identifier: GPL-2.0-only
/* Facts about execution: the file itself, the interpreter of a script, the interpreter of ELF, files without a name. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

static char *const environment[] = { "PROBE_TRUE=1", NULL };

/* Execute in a child that is armed first, unless it is already; 0 when the program ran and ended well. */
static int execute_as(struct ctx *ctx, int fd, const char *path, bool armed)
{
	char *const words[] = { (char *)path, "--version", NULL };
	int answer[2], status, error = 0;

	if (pipe2(answer, O_CLOEXEC))
		broken(ctx, "pipe");
	ctx->actor = fork();
	if (!ctx->actor) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		dup2(null, 2);
		if (!armed)
			arm(ctx);
		if (fd >= 0)
			syscall(SYS_execveat, fd, "", words, environment, AT_EMPTY_PATH);
		else
			execve(path, words, environment);
		error = errno;
		_exit(write(answer[1], &error, sizeof(error)) != sizeof(error));
	}
	close(answer[1]);
	if (read(answer[0], &error, sizeof(error)) != sizeof(error))
		error = 0;
	waitpid(ctx->actor, &status, 0);
	if (!error && status)
		broken(ctx, "status");
	return -error;
}

static int execute(struct ctx *ctx, int fd, const char *path)
{
	return execute_as(ctx, fd, path, false);
}

static int run_path(struct ctx *ctx)
{
	return execute(ctx, -1, ctx->fact->path2 ? ctx->fact->path2 : ctx->fact->path);
}

static int run_loader(struct ctx *ctx)
{
	return execute(ctx, -1, "/lib64/ld-linux-x86-64.so.2");
}

/* The program is no argument of execve(2) but of the loader, which maps it. */
static int run_by_loader(struct ctx *ctx)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		dup2(null, 2);
		arm(ctx);
		execl("/lib64/ld-linux-x86-64.so.2", "ld.so", ctx->fact->path, "--version", NULL);
		_exit(126);
	}
	ctx->actor = pid;
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status == 126 << 8)
		broken(ctx, "loader");
	return status ? -EACCES : 0;
}

static int run_fd(struct ctx *ctx)
{
	return execute(ctx, open(ctx->fact->path, O_RDONLY | O_CLOEXEC), ctx->fact->path);
}

static int run_o_path(struct ctx *ctx)
{
	return execute(ctx, open(ctx->fact->path, O_PATH | O_CLOEXEC), ctx->fact->path);
}

/* The same bytes in a file that has no name anywhere. */
static int run_memfd(struct ctx *ctx)
{
	int memory = memfd_create("tool", MFD_CLOEXEC);
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (memory < 0 || file < 0 || fstat(file, &st) || sendfile(memory, file, NULL, st.st_size) != st.st_size)
		broken(ctx, "memfd");
	return execute(ctx, memory, "memfd");
}

static void write_text(struct ctx *ctx, const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		broken(ctx, path);
	close(fd);
}

/*
 * A file system of the subject's own, mounted in a user namespace of its own over the folder that it may run programs
 * from: the name fits, the file is its own.
 */
static int run_own_mount(struct ctx *ctx)
{
	int from = open(APPS "/tool", O_RDONLY | O_CLOEXEC), to;
	unsigned uid = ctx->fact->who.uid;
	struct stat st;
	char map[64];

	arm(ctx);
	snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		broken(ctx, "user-namespace");
	write_text(ctx, "/proc/self/setgroups", "deny");
	write_text(ctx, "/proc/self/uid_map", map);
	write_text(ctx, "/proc/self/gid_map", map);
	if (mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL) || mount("own", APPS, "tmpfs", 0, "mode=755"))
		broken(ctx, "mount");
	to = open(APPS "/tool", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (to < 0 || fstat(from, &st) || sendfile(to, from, NULL, st.st_size) != st.st_size || close(to))
		broken(ctx, "copy");
	return execute_as(ctx, -1, APPS "/tool", true);
}

#define EXEC(name_, run_, uid_, rule_, path_, path2_, want_)                                                          \
	{ .name = "exec." name_, .run = run_, .who = { .uid = uid_ }, .want = want_, .rule = rule_,                    \
	  .op = (want_) ? "exec" : NULL, .path = path_, .path2 = path2_ }

const struct fact exec_facts[] = {
	{ .name = "exec.binary", .run = run_path, .who = { .uid = 3030 }, .want = -EACCES, .rule = "exec-binary",
	  .op = "exec", .path = APPS "/tool", .flags = FACT_SMOKE },
	EXEC("other-user", run_path, 3002, NULL, APPS "/tool", NULL, 0),
	EXEC("other-file", run_path, 3030, NULL, APPS "/copy", NULL, 0),
	EXEC("symlink", run_path, 3030, "exec-binary", APPS "/tool", APPS "/link", -EACCES),
	EXEC("execveat-fd", run_fd, 3030, "exec-binary", APPS "/tool", NULL, -EACCES),
	EXEC("execveat-O_PATH", run_o_path, 3030, "exec-binary", APPS "/tool", NULL, -EACCES),
	EXEC("script", run_path, 3031, "exec-script", APPS "/script.sh", NULL, -EACCES),
	EXEC("script-not", run_path, 3030, NULL, APPS "/script.sh", NULL, 0),
	EXEC("interpreter-of-script", run_path, 3032, "exec-interpreter", APPS "/interpreter", APPS "/script.sh", -EACCES),
	EXEC("interpreter-of-elf", run_path, 3033, "exec-elf", NULL, "/usr/bin/dd", -EACCES),
	EXEC("loader-itself", run_loader, 3033, "exec-elf", NULL, NULL, -EACCES),
	EXEC("interpreter-of-elf-not", run_path, 3030, NULL, NULL, "/usr/bin/dd", 0),
	{ .name = "exec.by-loader", .run = run_by_loader, .who = { .uid = 3030 }, .want = -EACCES,
	  .rule = "exec-binary", .op = "exec", .path = APPS "/dynamic" },
	{ .name = "exec.by-loader-not", .run = run_by_loader, .who = { .uid = 3031 }, .path = APPS "/dynamic" },
	EXEC("closed-listed", run_path, 3034, NULL, APPS "/tool", NULL, 0),
	EXEC("closed-not-listed", run_path, 3034, "exec-closed", NULL, "/usr/bin/dd", -EACCES),
	EXEC("closed-memfd", run_memfd, 3034, "exec-closed", NULL, NULL, -EACCES),
	EXEC("forbid-of-a-file-is-not-memfd", run_memfd, 3030, NULL, NULL, NULL, 0),
	EXEC("own-mount", run_own_mount, 3034, "exec-closed", NULL, NULL, -EACCES),
	{ .name = NULL },
};
