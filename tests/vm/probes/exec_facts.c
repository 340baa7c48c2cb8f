// SPDX-License-Identifier: GPL-2.0-only
/* Facts about execution: the file itself, the interpreter of a script, the interpreter of ELF, files without a name. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

static char *const environment[] = { "PROBE_TRUE=1", NULL };

/* Execute in an armed child; 0 when the program ran and ended well. */
static int execute(struct ctx *ctx, int fd, const char *path)
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

static int run_path(struct ctx *ctx)
{
	return execute(ctx, -1, ctx->fact->path2 ? ctx->fact->path2 : ctx->fact->path);
}

static int run_loader(struct ctx *ctx)
{
	return execute(ctx, -1, "/lib64/ld-linux-x86-64.so.2");
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
	EXEC("closed-listed", run_path, 3034, NULL, APPS "/tool", NULL, 0),
	EXEC("closed-not-listed", run_path, 3034, "exec-closed", NULL, "/usr/bin/dd", -EACCES),
	EXEC("closed-memfd", run_memfd, 3034, "exec-closed", NULL, NULL, -EACCES),
	EXEC("forbid-of-a-file-is-not-memfd", run_memfd, 3030, NULL, NULL, NULL, 0),
	{ .name = NULL },
};
