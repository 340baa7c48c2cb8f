// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about what a file *is*: whatever way leads to it, it is the same file. Every fact here is tried by user 3022,
 * who may not read the vault (rule "vault").
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

#define MOUNT_POINT "/mnt/point"

static int read_path(struct ctx *ctx)
{
	return use_file(path_of(ctx, ctx->fact->path), O_RDONLY);
}

static int read_way(struct ctx *ctx)
{
	arm(ctx);
	return use_file(path_of(ctx, ctx->fact->path2), O_RDONLY);
}

static int by_process_root(struct ctx *ctx)
{
	char path[600];

	arm(ctx);
	snprintf(path, sizeof(path), "/proc/self/root%s", path_of(ctx, ctx->fact->path));
	return use_file(path, O_RDONLY);
}

static int by_bind_mount(struct ctx *ctx)
{
	char path[600];

	arm(ctx);
	snprintf(path, sizeof(path), "/mnt/bind-%s/secret.txt", strrchr(ctx->fs, '/') + 1);
	return use_file(path, O_RDONLY);
}

/* A mount namespace of the process's own, made by root, in which the vault shows elsewhere. */
static int by_mount_namespace(struct ctx *ctx)
{
	if (unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL) ||
	    mount(path_of(ctx, "vault"), MOUNT_POINT, NULL, MS_BIND, NULL))
		broken(ctx, "bind");
	arm(ctx);
	return use_file(MOUNT_POINT "/secret.txt", O_RDONLY);
}

static int by_file_mount(struct ctx *ctx)
{
	if (unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL) ||
	    mount(path_of(ctx, ctx->fact->path), path_of(ctx, "open/other.txt"), NULL, MS_BIND, NULL))
		broken(ctx, "bind");
	arm(ctx);
	return use_file(path_of(ctx, "open/other.txt"), O_RDONLY);
}

static int by_user_namespace(struct ctx *ctx)
{
	arm(ctx);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) || mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL) ||
	    mount(path_of(ctx, "vault"), MOUNT_POINT, NULL, MS_BIND, NULL))
		broken(ctx, "user-namespace");
	return use_file(MOUNT_POINT "/secret.txt", O_RDONLY);
}

/* A copy of the mount tree that hangs nowhere: no path leads to it. */
static int by_open_tree(struct ctx *ctx)
{
	int tree, fd, result;

	arm(ctx);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		broken(ctx, "user-namespace");
	tree = syscall(SYS_open_tree, AT_FDCWD, path_of(ctx, "vault"), 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
	if (tree < 0)
		broken(ctx, "open_tree");
	fd = openat(tree, "secret.txt", O_RDONLY | O_CLOEXEC);
	result = fd < 0 ? -errno : use_fd(fd, O_RDONLY);
	return result;
}

static int by_overlay(struct ctx *ctx)
{
	char options[700];

	snprintf(options, sizeof(options), "lowerdir=%s:%s", path_of(ctx, "vault"), path_of(ctx, "open"));
	if (unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL) ||
	    mount("overlay", MOUNT_POINT, "overlay", MS_RDONLY, options))
		broken(ctx, "overlay");
	arm(ctx);
	return use_file(MOUNT_POINT "/secret.txt", O_RDONLY);
}

static int by_chroot(struct ctx *ctx)
{
	if (chroot(path_of(ctx, "vault")) || chdir("/"))
		broken(ctx, "chroot");
	arm(ctx);
	return use_file("/secret.txt", O_RDONLY);
}

static int reopen(const struct ctx *ctx, int fd)
{
	char path[64];

	(void)ctx;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return use_file(path, O_RDONLY);
}

static int by_o_path(struct ctx *ctx)
{
	int fd;

	arm(ctx);
	fd = open(path_of(ctx, ctx->fact->path), O_PATH);
	return fd < 0 ? -errno : reopen(ctx, fd);
}

static int by_old_o_path(struct ctx *ctx)
{
	int fd = open(path_of(ctx, ctx->fact->path), O_PATH);

	if (fd < 0)
		broken(ctx, "O_PATH");
	arm(ctx);
	return reopen(ctx, fd);
}

static int by_openat2(struct ctx *ctx)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT };
	int root, fd;

	arm(ctx);
	root = open(path_of(ctx, "vault"), O_PATH | O_DIRECTORY);
	fd = syscall(SYS_openat2, root, "/secret.txt", &how, sizeof(how));
	return fd < 0 ? -errno : use_fd(fd, O_RDONLY);
}

static int by_uring(struct ctx *ctx)
{
	int fd;

	arm(ctx);
	fd = uring_openat(path_of(ctx, ctx->fact->path), O_RDONLY);
	if (fd == -ENOSYS)
		broken(ctx, "io_uring");
	return fd < 0 ? fd : use_fd(fd, O_RDONLY);
}

static int by_handle(struct ctx *ctx)
{
	struct { struct file_handle head; unsigned char bytes[MAX_HANDLE_SZ]; } handle = { .head.handle_bytes = MAX_HANDLE_SZ };
	int mount_id, fd, root = open(ctx->fs, O_RDONLY | O_DIRECTORY);

	if (name_to_handle_at(AT_FDCWD, path_of(ctx, ctx->fact->path), &handle.head, &mount_id, 0))
		broken(ctx, "name_to_handle_at");
	arm(ctx);
	fd = open_by_handle_at(root, &handle.head, O_RDONLY);
	return fd < 0 ? -errno : use_fd(fd, O_RDONLY);
}

/* More folders than the guard walks: what it cannot place it refuses. */
#define TOO_DEEP 140

static int too_deep(struct ctx *ctx)
{
	int fd, result;

	if (chdir(path_of(ctx, "open")))
		broken(ctx, "chdir");
	for (int i = 0; i < TOO_DEEP; i++) {
		if ((mkdir("d", 0777) && errno != EEXIST) || chmod("d", 0777) || chdir("d"))
			broken(ctx, "mkdir");
	}
	fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0666);
	if (fd < 0 || fchmod(fd, 0666) || write(fd, "x", 1) != 1)
		broken(ctx, "create");
	close(fd);
	arm(ctx);
	fd = open("file", O_RDONLY);
	result = fd < 0 ? -errno : use_fd(fd, O_RDONLY);
	return result;
}

/* Mounted while the policy was in force already. */
static int read_plain(struct ctx *ctx)
{
	arm(ctx);
	return use_file(ctx->fact->path, O_RDONLY);
}

/*
 * Read as the subject where the file is now (so that whatever is cached about it is), move it, read again.
 * `first` is what the first reading gives under the guard; without it, everything is allowed.
 */
static int after_rename(struct ctx *ctx, const char *from, const char *to, const char *file_before)
{
	struct fact before = *ctx->fact;
	const struct fact *fact = ctx->fact;
	int result;

	before.path = file_before;
	ctx->fact = &before;
	in_armed_child(ctx, read_path);
	ctx->fact = fact;
	if (rename(path_of(ctx, from), path_of(ctx, to)))
		broken(ctx, "rename");
	result = in_armed_child(ctx, read_path);
	if (rename(path_of(ctx, to), path_of(ctx, from)))
		broken(ctx, "rename-back");
	return result;
}

static int moved_in(struct ctx *ctx)
{
	return after_rename(ctx, "move/in.txt", "vault/in.txt", "move/in.txt");
}

static int moved_out(struct ctx *ctx)
{
	return after_rename(ctx, "vault/out.txt", "move/out.txt", "vault/out.txt");
}

static int folder_moved_in(struct ctx *ctx)
{
	return after_rename(ctx, "move/dir", "vault/dir", "move/dir/file.txt");
}

static int folder_moved_out(struct ctx *ctx)
{
	return after_rename(ctx, "vault/outdir", "move/outdir", "vault/outdir/file.txt");
}

/* A process that is root's still moves the folder, and back, each time it is told to. */
static void move_when_told(struct ctx *ctx, int told, int done)
{
	const char *from = path_of(ctx, "move/dir"), *to = path_of(ctx, "vault/dir"), *at;
	char byte;

	while (read(told, &byte, 1) == 1) {
		if (rename(from, to) || write(done, &byte, 1) != 1)
			_exit(1);
		at = from;
		from = to;
		to = at;
	}
	_exit(0);
}

/* The same process reads before and after: what it may is known by then, and is asked for anew. */
static int folder_moved_in_known(struct ctx *ctx)
{
	int told[2], done[2], result = 0;
	char byte = 0;

	if (pipe2(told, O_CLOEXEC) || pipe2(done, O_CLOEXEC))
		broken(ctx, "pipe");
	if (!fork()) {
		close(told[1]);
		move_when_told(ctx, told[0], done[1]);
	}
	close(done[1]);
	arm(ctx);
	for (int i = 0; i < 4; i++)
		result |= use_file(path_of(ctx, "move/dir/file.txt"), O_RDONLY);
	if (result || write(told[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1)
		broken(ctx, "read, move");
	result = read_path(ctx);
	if (write(told[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1)
		broken(ctx, "move back");
	return result;
}

/* A file that was not there when the policy was compiled. */
static int new_file(struct ctx *ctx)
{
	const char *path = path_of(ctx, ctx->fact->path);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	int result;

	if (fd < 0 || fchmod(fd, 0666) || write(fd, "new\n", 4) != 4)
		broken(ctx, "create");
	close(fd);
	result = in_armed_child(ctx, read_path);
	unlink(path_of(ctx, ctx->fact->path));
	return result;
}

static int new_folder(struct ctx *ctx)
{
	int result;

	if (mkdir(path_of(ctx, "vault/fresh"), 0777) || chmod(path_of(ctx, "vault/fresh"), 0777))
		broken(ctx, "mkdir");
	result = new_file(ctx);
	rmdir(path_of(ctx, "vault/fresh"));
	return result;
}

#define WAY(name_, run_, path2_)                                                                                       \
	{ .name = "way." name_, .run = run_, .who = { .uid = 3022 }, .want = -EACCES, .rule = "vault", .op = "read",   \
	  .path = "vault/secret.txt", .path2 = path2_, .flags = FACT_FS }
#define MOVED(name_, run_, path_, want_)                                                                               \
	{ .name = "rename." name_, .run = run_, .who = { .uid = 3022 }, .want = want_,                                 \
	  .rule = (want_) ? "vault" : NULL, .op = (want_) ? "read" : NULL, .path = path_, .flags = FACT_FS }

const struct fact tree_facts[] = {
	WAY("symlink", read_way, "open/link"),
	WAY("dot-dot", read_way, "open/../own/.././vault/secret.txt"),
	WAY("proc-self-root", by_process_root, NULL),
	WAY("bind-mount", by_bind_mount, NULL),
	WAY("mount-namespace", by_mount_namespace, NULL),
	WAY("bind-mounted-file", by_file_mount, NULL),
	WAY("user-namespace", by_user_namespace, NULL),
	WAY("open_tree", by_open_tree, NULL),
	WAY("overlay", by_overlay, NULL),
	WAY("chroot", by_chroot, NULL),
	WAY("O_PATH", by_o_path, NULL),
	WAY("old-O_PATH", by_old_o_path, NULL),
	WAY("openat2", by_openat2, NULL),
	WAY("io_uring", by_uring, NULL),
	{ .name = "way.handle", .run = by_handle, .who = { .uid = 3022, .caps = true }, .want = -EACCES, .rule = "vault",
	  .op = "read", .path = "vault/sub/deep/er.txt", .flags = FACT_FS },
	{ .name = "way.too-deep", .run = too_deep, .who = { .uid = 3022 }, .want = -EACCES, .op = "read", .flags = FACT_FS },
	{ .name = "way.mounted-later", .run = read_plain, .who = { .uid = 3023 }, .want = -EACCES, .rule = "late-mount",
	  .op = "read", .path = "/mnt/late/secret.txt" },
	MOVED("in", moved_in, "vault/in.txt", -EACCES),
	MOVED("out", moved_out, "move/out.txt", 0),
	MOVED("folder-in", folder_moved_in, "vault/dir/file.txt", -EACCES),
	MOVED("folder-in-known", folder_moved_in_known, "vault/dir/file.txt", -EACCES),
	MOVED("folder-out", folder_moved_out, "move/outdir/file.txt", 0),
	MOVED("new-file", new_file, "vault/fresh.txt", -EACCES),
	MOVED("new-folder", new_folder, "vault/fresh/file.txt", -EACCES),
	{ .name = NULL },
};
