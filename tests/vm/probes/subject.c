// SPDX-License-Identifier: GPL-2.0-only
/* Becoming somebody: credentials and cgroup of a fact's subject. */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

void broken(struct ctx *ctx, const char *what)
{
	dprintf(ctx->result, "broken %s:%s\n", what, strerrorname_np(errno));
	_exit(0);
}

void join_cgroup(struct ctx *ctx, const char *cgroup)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		broken(ctx, "cgroup");
	close(fd);
}

/* After a change of uid only the permitted set is kept. */
static void raise_capabilities(struct ctx *ctx)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		broken(ctx, "capget");
	data[0].effective = data[0].permitted;
	data[1].effective = data[1].permitted;
	if (syscall(SYS_capset, &head, data))
		broken(ctx, "capset");
}

void arm(struct ctx *ctx)
{
	const struct subject *who = &ctx->fact->who;
	gid_t group = who->group;

	if (who->cgroup)
		join_cgroup(ctx, who->cgroup);
	if (!who->uid && !who->gid && !who->group)
		return;
	if (who->caps && prctl(PR_SET_KEEPCAPS, 1))
		broken(ctx, "keepcaps");
	if (setgroups(who->group ? 1 : 0, &group))
		broken(ctx, "setgroups");
	if (setresgid(who->gid ? who->gid : who->uid, who->gid ? who->gid : who->uid,
		      who->gid ? who->gid : who->uid))
		broken(ctx, "setresgid");
	if (who->uid && setresuid(who->uid, who->uid, who->uid))
		broken(ctx, "setresuid");
	/* What /proc/self shows belongs to root again only if it is dumpable. */
	prctl(PR_SET_DUMPABLE, 1);
	if (who->caps)
		raise_capabilities(ctx);
}

int in_armed_child(struct ctx *ctx, int (*run)(struct ctx *ctx))
{
	int status, answer[2], got = 0;

	if (pipe2(answer, O_CLOEXEC))
		broken(ctx, "pipe");
	ctx->actor = fork();
	if (ctx->actor < 0)
		broken(ctx, "fork");
	if (!ctx->actor) {
		arm(ctx);
		got = run(ctx);
		_exit(write(answer[1], &got, sizeof(got)) != sizeof(got));
	}
	close(answer[1]);
	if (read(answer[0], &got, sizeof(got)) != sizeof(got))
		_exit(0); /* the child said what is broken */
	close(answer[0]);
	waitpid(ctx->actor, &status, 0);
	return got;
}
