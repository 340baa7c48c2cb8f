// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about names, attributes, and sockets that have names. Users 3052, 3053 and 3054 may not create, delete, or change
 * attributes in the vault; 3055 may not talk to the sockets there nor to one abstract name; 3056 may not listen at one port.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "probe.h"

#define FRESH	 "vault/by-probe"
#define ABSTRACT "cordon/closed"
#define FORBIDDEN_PORT 31100

static int result_of(long result)
{
	return result < 0 ? -errno : 0;
}

/* ---- names: tried as the subject; whatever came of it is undone by root ---------------------------------- */

static int make_file_here(struct ctx *ctx)
{
	return result_of(open(path_of(ctx, FRESH), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
}

static int make_folder(struct ctx *ctx)
{
	return result_of(mkdir(path_of(ctx, FRESH), 0777));
}

static int make_fifo(struct ctx *ctx)
{
	return result_of(mkfifo(path_of(ctx, FRESH), 0666));
}

static int make_symlink(struct ctx *ctx)
{
	return result_of(symlink("elsewhere", path_of(ctx, FRESH)));
}

static int make_link(struct ctx *ctx)
{
	return result_of(link(path_of(ctx, "open/other.txt"), path_of(ctx, FRESH)));
}

static int make_by_rename(struct ctx *ctx)
{
	return result_of(rename(path_of(ctx, "open/moving"), path_of(ctx, FRESH)));
}

static int make_socket_file(struct ctx *ctx)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = make_socket(ctx, AF_UNIX, SOCK_STREAM, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path_of(ctx, FRESH));
	return result_of(bind(fd, (struct sockaddr *)&name, sizeof(name)));
}

static int remove_file(struct ctx *ctx)
{
	return result_of(unlink(path_of(ctx, FRESH)));
}

static int remove_by_rename(struct ctx *ctx)
{
	return result_of(rename(path_of(ctx, FRESH), path_of(ctx, "open/moved")));
}

static int replace_by_rename(struct ctx *ctx)
{
	return result_of(rename(path_of(ctx, "open/moving"), path_of(ctx, FRESH)));
}

static int remove_folder(struct ctx *ctx)
{
	return result_of(rmdir(path_of(ctx, FRESH)));
}

/* For the creators: something to move. For the removers: what is to go, too. */
static void make_ready(struct ctx *ctx, bool file, bool folder)
{
	int fd = open(path_of(ctx, "open/moving"), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0 || fchmod(fd, 0666))
		broken(ctx, "open/moving");
	close(fd);
	if (file) {
		fd = open(path_of(ctx, FRESH), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		if (fd < 0)
			broken(ctx, FRESH);
		close(fd);
	}
	if (folder && mkdir(path_of(ctx, FRESH), 0777))
		broken(ctx, FRESH);
}

static int and_undo(struct ctx *ctx, int got)
{
	unlink(path_of(ctx, FRESH));
	rmdir(path_of(ctx, FRESH));
	unlink(path_of(ctx, "open/moving"));
	unlink(path_of(ctx, "open/moved"));
	return got;
}

#define CREATOR(name, make)                                                                                            \
	static int name(struct ctx *ctx)                                                                               \
	{                                                                                                              \
		make_ready(ctx, false, false);                                                                         \
		return and_undo(ctx, in_armed_child(ctx, make));                                                       \
	}
#define REMOVER(name, make, folder)                                                                                    \
	static int name(struct ctx *ctx)                                                                               \
	{                                                                                                              \
		make_ready(ctx, !(folder), folder);                                                                    \
		return and_undo(ctx, in_armed_child(ctx, make));                                                       \
	}
CREATOR(create_by_open, make_file_here)
CREATOR(create_folder, make_folder)
CREATOR(create_fifo, make_fifo)
CREATOR(create_symlink, make_symlink)
CREATOR(create_link, make_link)
CREATOR(create_by_rename, make_by_rename)
CREATOR(create_socket, make_socket_file)
REMOVER(delete_file, remove_file, false)
REMOVER(delete_folder, remove_folder, true)
REMOVER(delete_by_rename, remove_by_rename, false)
REMOVER(delete_by_replacing, replace_by_rename, false)

/* ---- attributes ------------------------------------------------------------------------------------------- */

static int change_mode(struct ctx *ctx)
{
	arm(ctx);
	return result_of(chmod(path_of(ctx, ctx->fact->path), 0666));
}

static int change_owner(struct ctx *ctx)
{
	arm(ctx);
	return result_of(chown(path_of(ctx, ctx->fact->path), 0, 0));
}

static int change_times(struct ctx *ctx)
{
	arm(ctx);
	return result_of(utimensat(AT_FDCWD, path_of(ctx, ctx->fact->path), NULL, 0));
}

static int change_xattr(struct ctx *ctx)
{
	arm(ctx);
	return result_of(setxattr(path_of(ctx, ctx->fact->path), "trusted.probe", "x", 1, 0));
}

/* ---- sockets with names ----------------------------------------------------------------------------------- */

static socklen_t socket_name(struct ctx *ctx, struct sockaddr_un *name)
{
	memset(name, 0, sizeof(*name));
	name->sun_family = AF_UNIX;
	if (!ctx->fact->path) {
		memcpy(name->sun_path + 1, ABSTRACT, strlen(ABSTRACT));
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(ABSTRACT));
	}
	snprintf(name->sun_path, sizeof(name->sun_path), "%s", path_of(ctx, ctx->fact->path));
	unlink(name->sun_path);
	return sizeof(*name);
}

/* A server that root opened; the subject connects, or sends to it. */
static int talk(struct ctx *ctx, int type, bool connects)
{
	struct sockaddr_un name;
	socklen_t length = socket_name(ctx, &name);
	int server = make_socket(ctx, AF_UNIX, type, 0), fd, got;

	if (bind(server, (struct sockaddr *)&name, length) || (type == SOCK_STREAM && listen(server, 1)))
		broken(ctx, "server");
	if (ctx->fact->path)
		chmod(name.sun_path, 0666);
	arm(ctx);
	fd = make_socket(ctx, AF_UNIX, type, 0);
	if (!connects)
		return sent(sendto(fd, TOKEN, TOKEN_SIZE, 0, (struct sockaddr *)&name, length));
	got = result_of(connect(fd, (struct sockaddr *)&name, length));
	return got ? got : sent(send(fd, TOKEN, TOKEN_SIZE, 0));
}

static int unix_stream(struct ctx *ctx)
{
	return talk(ctx, SOCK_STREAM, true);
}

static int unix_datagram(struct ctx *ctx)
{
	return talk(ctx, SOCK_DGRAM, false);
}

static int unix_datagram_connected(struct ctx *ctx)
{
	return talk(ctx, SOCK_DGRAM, true);
}

static int bind_port(struct ctx *ctx)
{
	union address here;
	unsigned length = make_address(&here, ctx->fact->path2, ctx->fact->port);
	int fd;

	arm(ctx);
	fd = make_socket(ctx, here.head.family, SOCK_STREAM, 0);
	return result_of(bind(fd, (struct sockaddr *)&here, length));
}

#define NAMED(kind_, name_, run_, uid_)                                                                                \
	{ .name = kind_ "." name_, .run = run_, .who = { .uid = uid_ }, .want = -EACCES, .rule = "no-" kind_, .op = kind_,      \
	  .path = FRESH, .flags = FACT_FS }
#define ATTRIBUTE(name_, run_)                                                                                         \
	{ .name = "attributes." name_, .run = run_, .who = { .uid = 3054, .caps = true }, .want = -EACCES,             \
	  .rule = "no-attributes", .op = "attributes", .path = "vault/writable", .flags = FACT_FS }
#define TALKS(name_, run_)                                                                                             \
	{ .name = "unix." name_, .run = run_, .who = { .uid = 3055 }, .want = -EACCES, .rule = "no-connect", .op = "connect",  \
	  .path = "vault/socket", .flags = FACT_FS },                                                                  \
	{ .name = "unix." name_ ".abstract", .run = run_, .who = { .uid = 3055 }, .want = -EACCES, .rule = "no-connect",        \
	  .op = "connect" },                                                                                           \
	{ .name = "unix." name_ ".other", .run = run_, .who = { .uid = 3055 }, .path = "open/socket", .flags = FACT_FS }
#define BINDS(name_, address_, port_, want_)                                                                           \
	{ .name = "bind." name_, .run = bind_port, .who = { .uid = 3056 }, .want = want_, .rule = (want_) ? "no-bind" : NULL,   \
	  .op = (want_) ? "bind" : NULL, .path2 = address_, .port = port_ }

const struct fact name_facts[] = {
	NAMED("create", "open", create_by_open, 3052),
	NAMED("create", "mkdir", create_folder, 3052),
	NAMED("create", "mkfifo", create_fifo, 3052),
	NAMED("create", "symlink", create_symlink, 3052),
	NAMED("create", "link", create_link, 3052),
	NAMED("create", "rename", create_by_rename, 3052),
	NAMED("create", "socket", create_socket, 3052),
	NAMED("delete", "unlink", delete_file, 3053),
	NAMED("delete", "rmdir", delete_folder, 3053),
	NAMED("delete", "rename", delete_by_rename, 3053),
	NAMED("delete", "replaced", delete_by_replacing, 3053),
	ATTRIBUTE("mode", change_mode),
	ATTRIBUTE("owner", change_owner),
	ATTRIBUTE("times", change_times),
	ATTRIBUTE("xattr", change_xattr),
	TALKS("stream", unix_stream),
	TALKS("datagram", unix_datagram),
	TALKS("connected-datagram", unix_datagram_connected),
	BINDS("port", "127.0.0.1", FORBIDDEN_PORT, -EPERM),
	BINDS("port.any-address", "0.0.0.0", FORBIDDEN_PORT, -EPERM),
	BINDS("port.ipv6", "::", FORBIDDEN_PORT, -EPERM),
	BINDS("other-port", "127.0.0.1", FORBIDDEN_PORT + 1, 0),
	{ .name = NULL },
};
