// SPDX-License-Identifier: GPL-2.0-only
/* Facts about opening files: operations, every dimension of the subject, globs. */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

#define NAME_40 "forty-bytes-of-a-name-written-out-in-all"
#define NAME_33 "forty-bytes-of-a-name-written-out"

const char *path_of(struct ctx *ctx, const char *name)
{
	static char paths[2][512];
	static unsigned next;
	char *path = paths[next++ % 2];

	snprintf(path, sizeof(paths[0]), "%s%s%s", *name == '/' ? "" : ctx->fs, *name == '/' ? "" : "/", name);
	return path;
}

int use_fd(int fd, int flags)
{
	int mode = flags & O_ACCMODE;
	struct stat st;
	char byte = '.';
	ssize_t done = 1;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode) && mode != O_WRONLY)
		done = pread(fd, &byte, 1, 0);
	if (S_ISREG(st.st_mode) && mode != O_RDONLY)
		done = write(fd, "+", 1);
	/* An empty file would make a read that proves nothing. */
	return done == 1 ? 0 : done < 0 ? -errno : -ENODATA;
}

int use_file(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0666);
	int result;

	if (fd < 0)
		return -errno;
	result = use_fd(fd, flags & O_CREAT || flags & O_TRUNC ? (flags & ~O_ACCMODE) | O_WRONLY : flags);
	close(fd);
	return result;
}

static int read_file(struct ctx *ctx)
{
	arm(ctx);
	return use_file(path_of(ctx, ctx->fact->path), O_RDONLY);
}

static int write_file(struct ctx *ctx)
{
	arm(ctx);
	return use_file(path_of(ctx, ctx->fact->path), O_WRONLY);
}

static int read_write_file(struct ctx *ctx)
{
	arm(ctx);
	return use_file(path_of(ctx, ctx->fact->path), O_RDWR);
}

static int truncate_open(struct ctx *ctx)
{
	arm(ctx);
	return use_file(path_of(ctx, ctx->fact->path), O_WRONLY | O_TRUNC);
}

static int truncate_appending(struct ctx *ctx)
{
	arm(ctx);
	return use_file(path_of(ctx, ctx->fact->path), O_WRONLY | O_APPEND | O_TRUNC);
}

static int append_file(struct ctx *ctx)
{
	arm(ctx);
	return use_file(path_of(ctx, ctx->fact->path), O_WRONLY | O_APPEND);
}

/* Who may read, too, can map it shared and write anywhere. */
static int append_and_read(struct ctx *ctx)
{
	arm(ctx);
	return use_file(path_of(ctx, ctx->fact->path), O_RDWR | O_APPEND);
}

static int truncate_path(struct ctx *ctx)
{
	arm(ctx);
	return truncate(path_of(ctx, ctx->fact->path), 3) ? -errno : 0;
}

/* Opened to append, then made to write anywhere. */
static int append_no_more(struct ctx *ctx)
{
	int fd;

	arm(ctx);
	fd = open(path_of(ctx, ctx->fact->path), O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		broken(ctx, "append");
	return fcntl(fd, F_SETFL, 0) ? -errno : 0;
}

/* One group of many. */
static int read_in_many_groups(struct ctx *ctx)
{
	gid_t groups[200];

	for (unsigned i = 0; i < 200; i++)
		groups[i] = 4000 + i;
	groups[199] = ctx->fact->who.group ? ctx->fact->who.group : 4199;
	if (setgroups(200, groups) || setresgid(3010, 3010, 3010) || setresuid(3010, 3010, 3010))
		broken(ctx, "setgroups");
	return use_file(path_of(ctx, ctx->fact->path), O_RDONLY);
}

static int read_folder(struct ctx *ctx)
{
	arm(ctx);
	return use_file(path_of(ctx, ctx->fact->path), O_RDONLY | O_DIRECTORY);
}

static int create_armed(struct ctx *ctx)
{
	return use_file(path_of(ctx, ctx->fact->path), O_WRONLY | O_CREAT);
}

static int create_file(struct ctx *ctx)
{
	int got = in_armed_child(ctx, create_armed);

	unlink(path_of(ctx, ctx->fact->path));
	return got;
}

/* What the layout holds. */
static const char *const folders[] = {
	"vault", "vault/sub", "vault/sub/deep", "own", "open", "move", "move/dir", "vault/outdir", "glob", "glob/star",
	"glob/star/sub", "glob/q", "glob/c", "glob/n", "glob/alt", "glob/deep", "glob/deep/a", "glob/deep/a/b", "glob/mid",
	"glob/mid/x", "glob/mid/x/y", "glob/esc", "glob/long", "glob/byte",
};

static const char *const files[] = {
	"vault/secret.txt", "vault/sub/deep/er.txt", "vault/log", "vault/writable", "vault/out.txt",
	"vault/outdir/file.txt", "own/mine.txt", "open/other.txt", "move/in.txt", "move/dir/file.txt",
	"glob/star/x.key", "glob/star/.key", "glob/star/x.keys", "glob/star/sub/x.key", "glob/q/f1.txt", "glob/q/f.txt",
	"glob/q/f12.txt", "glob/c/ax", "glob/c/dx", "glob/n/ax", "glob/n/dx", "glob/alt/red.txt", "glob/alt/blue.txt",
	"glob/alt/green.txt", "glob/deep/a/b/c.txt", "glob/mid/leaf", "glob/mid/x/y/leaf", "glob/mid/x/leafy",
	"glob/esc/*.txt", "glob/esc/a.txt", "glob/long/" NAME_40, "glob/long/" NAME_33, "glob/byte/caf\xc3\xa9",
	"glob/byte/cafe",
};

static int make_file(const char *fs, const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fs, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || fchmod(fd, 0666) || write(fd, "secret\n", 7) != 7) {
		perror(path);
		return 1;
	}
	return close(fd);
}

int make_layout(const char *fs)
{
	char path[512];

	chmod(fs, 0755);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", fs, folders[i]);
		mkdir(path, 0777);
		if (chmod(path, 0777)) {
			perror(path);
			return 1;
		}
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (make_file(fs, files[i]))
			return 1;
	}
	snprintf(path, sizeof(path), "%s/open/link", fs);
	unlink(path);
	return symlink("../vault/secret.txt", path) ? 1 : 0;
}

#define OPENS(name_, run_, who_, rule_, op_, path_, want_)                                                             \
	{ .name = name_, .run = run_, .who = { STRIP who_ }, .rule = rule_, .op = op_, .path = path_, .want = want_,            \
	  .flags = FACT_FS }
#define STRIP(...) __VA_ARGS__
#define REFUSED(name_, run_, who_, rule_, op_, path_) OPENS(name_, run_, who_, rule_, op_, path_, -EACCES)
#define ALLOWED(name_, run_, who_, path_)             OPENS(name_, run_, who_, NULL, NULL, path_, 0)
#define GLOB_REFUSED(name_, path_) REFUSED("glob." name_, read_file, (.uid = 3021), "globs", "read", "glob/" path_)
#define GLOB_ALLOWED(name_, path_) ALLOWED("glob." name_, read_file, (.uid = 3021), "glob/" path_)

const struct fact file_facts[] = {
	{ .name = "read.user", .run = read_file, .who = { .uid = 3001 }, .want = -EACCES, .rule = "file-read", .op = "read",
	  .path = "vault/secret.txt", .flags = FACT_FS | FACT_SMOKE },
	{ .name = "read.other-user", .run = read_file, .who = { .uid = 3002 }, .path = "vault/secret.txt",
	  .flags = FACT_FS | FACT_SMOKE },
	ALLOWED("read.other-file", read_file, (.uid = 3001), "open/other.txt"),
	ALLOWED("read.forbidden-is-not-write", write_file, (.uid = 3001), "vault/writable"),
	REFUSED("read.read-write", read_write_file, (.uid = 3001), "file-read", "read", "vault/secret.txt"),
	REFUSED("write.write", write_file, (.uid = 3003), "file-write", "write", "vault/writable"),
	REFUSED("write.read-write", read_write_file, (.uid = 3003), "file-write", "write", "vault/writable"),
	REFUSED("write.truncate", truncate_open, (.uid = 3003), "file-write", "write", "vault/writable"),
	REFUSED("write.truncate-by-path", truncate_path, (.uid = 3003), "file-write", "write", "vault/writable"),
	REFUSED("write.create", create_file, (.uid = 3003), "file-write", "write", "vault/new"),
	ALLOWED("write.forbidden-is-not-read", read_file, (.uid = 3003), "vault/writable"),
	ALLOWED("append.append", append_file, (.uid = 3004), "vault/log"),
	REFUSED("append.write", write_file, (.uid = 3004), "write-own", "write", "vault/log"),
	REFUSED("append.readable", append_and_read, (.uid = 3004), "write-own", "write", "vault/log"),
	REFUSED("append.truncate", truncate_open, (.uid = 3004), "write-own", "write", "vault/log"),
	REFUSED("append.truncate-appending", truncate_appending, (.uid = 3004), "write-own", "write", "vault/log"),
	REFUSED("append.no-more", append_no_more, (.uid = 3004), "write-own", "write", "vault/log"),
	REFUSED("append.forbidden-by-write", append_file, (.uid = 3003), "file-write", "append", "vault/log"),
	REFUSED("append.forbidden", append_file, (.uid = 3005), "no-append", "append", "vault/log"),
	ALLOWED("append.write-right-implies-it", append_file, (.uid = 3006), "vault/log"),
	REFUSED("append.elsewhere-closed", append_file, (.uid = 3006), "write-log", "append", "open/other.txt"),

	REFUSED("group.effective", read_file, (.uid = 3010, .gid = 3100), "group-read", "read", "vault/secret.txt"),
	REFUSED("group.supplementary", read_file, (.uid = 3010, .group = 3100), "group-read", "read",
		"vault/secret.txt"),
	ALLOWED("group.other", read_file, (.uid = 3010, .group = 3109), "vault/secret.txt"),
	REFUSED("group.last-of-many", read_in_many_groups, (.uid = 3010, .group = 3100), "group-read", "read",
		"vault/secret.txt"),
	ALLOWED("group.none-of-many", read_in_many_groups, (.uid = 3010), "vault/secret.txt"),
	REFUSED("except.group-not-in", read_file, (.uid = 3011), "except-group", "read", "vault/secret.txt"),
	ALLOWED("except.group-in", read_file, (.uid = 3011, .group = 3101), "vault/secret.txt"),
	REFUSED("except.user-range", read_file, (.uid = 3016), "except-user", "read", "vault/secret.txt"),
	ALLOWED("except.user", read_file, (.uid = 3017), "vault/secret.txt"),

	{ .name = "service.itself", .run = read_file, .who = { .cgroup = "system.slice/vault.service" }, .want = -EACCES,
	  .rule = "service-read", .op = "read", .path = "vault/secret.txt", .flags = FACT_FS | FACT_SMOKE },
	REFUSED("service.beneath", read_file, (.cgroup = "system.slice/vault.service/sub"), "service-read", "read",
		"vault/secret.txt"),
	REFUSED("service.in-a-slice-of-a-slice", read_file, (.cgroup = "system.slice/system-x.slice/vault.service"),
		"service-read", "read", "vault/secret.txt"),
	REFUSED("service.by-user-too", read_file, (.uid = 3018, .cgroup = "system.slice/vault.service"), "service-read",
		"read", "vault/secret.txt"),
	ALLOWED("service.other", read_file, (.cgroup = "system.slice/other.service"), "vault/secret.txt"),
	ALLOWED("service.longer-name", read_file, (.cgroup = "system.slice/xvault.service"), "vault/secret.txt"),
	ALLOWED("service.not-forged-by-user-manager", read_file,
		(.cgroup = "user.slice/user@3019.service/vault.service"), "vault/secret.txt"),
	REFUSED("service.glob", read_file, (.cgroup = "user.slice/session-7.scope"), "session-read", "read",
		"vault/secret.txt"),

	REFUSED("program.path", read_file, (.program = APPS "/reader"), "program-read", "read", "vault/secret.txt"),
	REFUSED("program.tree", read_file, (.program = APPS "/tree/deep/reader"), "program-read", "read",
		"vault/secret.txt"),
	REFUSED("program.and-user", read_file, (.uid = 3018, .program = APPS "/reader"), "program-read", "read",
		"vault/secret.txt"),
	ALLOWED("program.other", read_file, (.program = APPS "/copy"), "vault/secret.txt"),

	ALLOWED("closed.listed", read_file, (.uid = 3020), "own/mine.txt"),
	REFUSED("closed.not-listed", read_file, (.uid = 3020), "own-only", "read", "open/other.txt"),
	REFUSED("closed.folder", read_folder, (.uid = 3020), "own-only", "read", "open"),
	ALLOWED("closed.other-operation", write_file, (.uid = 3020), "open/other.txt"),

	GLOB_REFUSED("star", "star/x.key"),
	GLOB_REFUSED("star-of-nothing", "star/.key"),
	GLOB_ALLOWED("star-to-the-end", "star/x.keys"),
	GLOB_ALLOWED("star-in-one-name", "star/sub/x.key"),
	GLOB_REFUSED("question", "q/f1.txt"),
	GLOB_ALLOWED("question-not-none", "q/f.txt"),
	GLOB_ALLOWED("question-not-two", "q/f12.txt"),
	GLOB_REFUSED("class", "c/ax"),
	GLOB_ALLOWED("class-not", "c/dx"),
	GLOB_REFUSED("negated-class", "n/dx"),
	GLOB_ALLOWED("negated-class-not", "n/ax"),
	GLOB_REFUSED("alternation", "alt/red.txt"),
	GLOB_REFUSED("alternation-2", "alt/blue.txt"),
	GLOB_ALLOWED("alternation-not", "alt/green.txt"),
	REFUSED("glob.tree-itself", read_folder, (.uid = 3021), "globs", "read", "glob/deep"),
	GLOB_REFUSED("tree-deep", "deep/a/b/c.txt"),
	GLOB_REFUSED("tree-in-the-middle-none", "mid/leaf"),
	GLOB_REFUSED("tree-in-the-middle", "mid/x/y/leaf"),
	GLOB_ALLOWED("tree-in-the-middle-not", "mid/x/leafy"),
	GLOB_REFUSED("escaped", "esc/*.txt"),
	GLOB_ALLOWED("escaped-not", "esc/a.txt"),
	GLOB_REFUSED("long-name", "long/" NAME_40),
	GLOB_ALLOWED("long-name-not", "long/" NAME_33),
	GLOB_REFUSED("bytes", "byte/caf\xc3\xa9"),
	GLOB_ALLOWED("bytes-not", "byte/cafe"),
	{ .name = NULL },
};
