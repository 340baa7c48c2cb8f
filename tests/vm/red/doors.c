// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other doors to the same room: system calls and commands of devices that do what a rule names without the call that it is usually done
 * by. See red.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "red.h"

/* ---- mounts ------------------------------------------------------------------------------------- */

/* FOLDER: what a remount does, without one. */
static int t_mount_setattr(char **a)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_NODEV };

	return red_ok(syscall(SYS_mount_setattr, AT_FDCWD, a[0], 0, &attributes, sizeof(attributes)));
}

/* FOLDER: a bind mount that is put nowhere. */
static int t_tree_clone(char **a) { return red_ok(syscall(SYS_open_tree, AT_FDCWD, a[0], OPEN_TREE_CLONE)); }

/* ---- services ----------------------------------------------------------------------------------- */

/* CGROUP: a child that is born in another service: nobody writes to its cgroup.procs. */
static int t_into_cgroup(char **a)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	char text[200] = "";
	int status, fd;
	pid_t child;

	args.cgroup = open(a[0], O_PATH | O_DIRECTORY);
	child = syscall(SYS_clone3, &args, sizeof(args));
	if (child < 0)
		return errno;
	if (child == 0) {
		fd = open("/proc/self/cgroup", O_RDONLY);
		if (read(fd, text, sizeof(text) - 1) <= 0 || !strstr(text, strrchr(a[0], '/')))
			_exit(BROKEN);
		_exit(0);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

/* ---- names that an ioctl makes ------------------------------------------------------------------ */

/* FOLDER FROM NAME [FILE]: a snapshot of the subvolume `from`, in the folder; and is the file in it read? */
static int t_snapshot(char **a)
{
	struct btrfs_ioctl_vol_args_v2 args = { .fd = open(a[1], O_RDONLY) };
	int at = open(a[0], O_RDONLY), err;
	char file[300];

	if (at < 0 || args.fd < 0)
		return BROKEN;
	snprintf(args.name, sizeof(args.name), "%s", a[2]);
	err = red_ok(ioctl(at, BTRFS_IOC_SNAP_CREATE_V2, &args));
	if (err || !a[3])
		return err;
	snprintf(file, sizeof(file), "%s/%s/%s", a[0], a[2], a[3]);
	return red_reads(open(file, O_RDONLY));
}

static int by_name(char **a, unsigned long command)
{
	struct btrfs_ioctl_vol_args args = { 0 };
	int at = open(a[0], O_RDONLY);

	if (at < 0)
		return BROKEN;
	snprintf(args.name, sizeof(args.name), "%s", a[1]);
	return red_ok(ioctl(at, command, &args));
}

static int t_subvolume(char **a) { return by_name(a, BTRFS_IOC_SUBVOL_CREATE); }
static int t_subvolume_destroy(char **a) { return by_name(a, BTRFS_IOC_SNAP_DESTROY); }

/* SUBVOLUME: the stream of all that is in it. */
static int t_send(char **a)
{
	int to[2], at = open(a[0], O_RDONLY);
	struct btrfs_ioctl_send_args args = { 0 };
	uint64_t flags = BTRFS_SUBVOL_RDONLY;

	if (at < 0 || ioctl(at, BTRFS_IOC_SUBVOL_SETFLAGS, &flags) || pipe(to))
		return BROKEN;
	args.send_fd = to[1];
	return red_ok(ioctl(at, BTRFS_IOC_SEND, &args));
}

/* FOLDER: what stands in the trees of the file system, the content of small files too. */
static int t_tree_search(char **a)
{
	struct btrfs_ioctl_search_args args = { .key = { .tree_id = 5, .max_objectid = ~0ull, .max_offset = ~0ull,
							 .max_transid = ~0ull, .max_type = ~0u, .nr_items = 100 } };
	int at = open(a[0], O_RDONLY);

	return at < 0 ? BROKEN : red_ok(ioctl(at, BTRFS_IOC_TREE_SEARCH, &args));
}

/* ---- programs ----------------------------------------------------------------------------------- */

/* LIBRARY FOLDER PROGRAM...: the program loads the library from a file system of one's own over a folder whose code it may run. */
static int t_own_library(char **a)
{
	char path[200];
	int from = open(a[0], O_RDONLY), to;

	red_own_namespace(0);
	if (mount("l", a[1], "tmpfs", 0, NULL))
		return BROKEN;
	snprintf(path, sizeof(path), "%s/own.so", a[1]);
	to = open(path, O_CREAT | O_WRONLY, 0755);
	if (from < 0 || to < 0 || sendfile(to, from, NULL, 1 << 20) <= 0)
		return BROKEN;
	close(to);
	setenv("LD_PRELOAD", path, 1);
	execv(a[2], a + 2);
	return BROKEN;
}

/* ---- devices ------------------------------------------------------------------------------------ */

/* DEVICE: for reading and writing. */
static int t_open(char **a) { return red_ok(open(a[0], O_RDWR)); }

const struct red_try red_doors[] = {
	{ "mount-setattr", t_mount_setattr },
	{ "tree-clone", t_tree_clone },
	{ "into-cgroup", t_into_cgroup },
	{ "snapshot", t_snapshot },
	{ "subvolume", t_subvolume },
	{ "subvolume-destroy", t_subvolume_destroy },
	{ "send", t_send },
	{ "tree-search", t_tree_search },
	{ "own-library", t_own_library },
	{ "open", t_open },
	{ NULL, NULL },
};
