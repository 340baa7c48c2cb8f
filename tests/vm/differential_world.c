/* SPDX-License-Identifier: GPL-2.0-only */
/* The world of the comparison: that of tests/policy/random.c, as files, mounts, units and sockets. */
#include "differential.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "random.h"

const char *const worker_places[WORKERS] = { "/a/x", "/b/id_rsa", "/srv/a.key", "/srv/ab/x", "/home/b/b.key",
						    "/x/a-name-that-is-longer-than-thirty-two-bytes" };
const uint8_t worker_ways[WORKERS][3] = {
	{ OF_PLACES }, { 3, OF_PLACES }, { 0, 4, OF_PLACES }, { 5, OF_PLACES }, { 4, 1, OF_PLACES }, { 2, OF_PLACES },
};
const char *const unit_paths[UNITS] = {
	"/", "/web.service", "/system.slice", "/system.slice/web.service", "/system.slice/web.service/app",
	"/system.slice/db.service", "/user.slice", "/user.slice/user-1.slice",
	"/user.slice/user-1.slice/session-1.scope", "/user.slice/user-1.slice/app/web.service", "/a.slice/a-b.slice/app",
	"/web2.service",
};

static const char *const leaf_names[] = { "/a/b/x", "/a/a.key", "/b/ab/b.key", "/srv/a/x", "/srv/a/b/a.key", "/srv/b.key",
				      "/srv/x/id_rsa", "/home/a/id_rsa", "/home/b/x", "/home/b/ab/a.key",
				      "/x/srv/b/ab", "/ab/id_rsa", "/home/ab/a-name-that-is-longer-than-thirty-two-bytes" };

/* Folders that have something in them, below folders that everybody may change. */
static const char *const folder_names[] = { "/a/b", "/b/ab", "/srv/a/b", "/x/srv", "/x/srv/b", "/home/b/ab" };
static const char *const socket_places[] = { "/a/b/ab", "/srv/a/b.key", "/x/srv/b/id_rsa", "/home/b/ab/x", "/home/a/a.key" };
static const char *const abstract_names[] = { "x", "a/b", "ab", "xb", "b/a", "y/", "a" };

const struct names leaves = { leaf_names, COUNT(leaf_names) }, folders = { folder_names, COUNT(folder_names) },
		   unix_places = { socket_places, COUNT(socket_places) }, unix_names = { abstract_names, COUNT(abstract_names) };

static void make_mounts(void)
{
	umask(0);
	if (mkdir("/srv", 0777) < 0 && errno != EEXIST)
		die("/srv");
	if (mount("/mnt/ext4", "/srv", NULL, MS_BIND, NULL) < 0)
		die("bind /srv");
	if ((mkdir("/srv/a", 0777) < 0 && errno != EEXIST) || (mkdir("/srv/a/b", 0777) < 0 && errno != EEXIST))
		die("/srv/a/b");
	if ((mkdir("/home", 0755) < 0 && errno != EEXIST) || (mkdir("/home/b", 0777) < 0 && errno != EEXIST))
		die("/home/b");
	if (mount("/srv/a/b", "/home/b", NULL, MS_BIND, NULL) < 0)
		die("bind /home/b");
}

/* This program, and its workers after it, are in a unit of their own. */
static void enter_guard(void)
{
	char path[] = "/sys/fs/cgroup" RANDOM_GUARD "/cgroup.procs";
	int fd;

	make_folders(path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die(path);
	close(fd);
}

/* The superblock and the place in it that a path of this world means. */
void place_of(const char *path, uint32_t *ret_dev, char *ret_inside, size_t size)
{
	static dev_t srv, root;
	struct stat st;
	bool bound = !strncmp(path, "/home/b", 7) && (path[7] == '/' || !path[7]);
	bool other = !strncmp(path, "/srv", 4) && (path[4] == '/' || !path[4]);
	dev_t dev;

	if (!srv && (stat("/srv", &st) < 0 || !(srv = st.st_dev) || stat("/", &st) < 0 || !(root = st.st_dev)))
		die("stat");
	dev = bound || other ? srv : root;
	*ret_dev = device_number(dev);
	snprintf(ret_inside, size, "%s%s", bound ? "/a/b" : "", path + (bound ? 7 : other ? 4 : 0));
	if (!*ret_inside)
		snprintf(ret_inside, size, "/");
}

static void listen_unix(void)
{
	for (size_t i = 0; i < COUNT(socket_places) + COUNT(abstract_names); i++) {
		bool abstract = i >= COUNT(socket_places);
		const char *name = abstract ? abstract_names[i - COUNT(socket_places)] : socket_places[i];
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1);
		int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* stays open */

		memcpy(address.sun_path + abstract, name, strlen(name));
		if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0)
			die(name);
	}
}

void world_make(void)
{
	make_mounts();
	units_open();
	enter_guard();
	for (size_t i = 0; i < leaves.n; i++)
		copy_program("./nothing", leaves.at[i], 0777);
	listen_unix();
}
