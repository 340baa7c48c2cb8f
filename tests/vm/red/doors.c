// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other doors to the same room: system calls and commands of devices that do what a rule names without the call that it is usually done
 * by. See red.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <mqueue.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "red.h"

/* Of kernels newer than the headers here. */
#define NR_OPEN_TREE_ATTR 467
#define TREE_NAMESPACE	  2

/* ---- mounts ------------------------------------------------------------------------------------- */

/* FOLDER: what a remount does, without one. */
static int t_mount_setattr(char **a)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_NODEV };

	return red_ok(red_call(SYS_mount_setattr, AT_FDCWD, (long)a[0], 0, (long)&attributes, sizeof(attributes)));
}

/* FOLDER: a bind mount that is put nowhere. */
static int t_tree_clone(char **a) { return red_ok(red_call(SYS_open_tree, AT_FDCWD, (long)a[0], OPEN_TREE_CLONE, 0, 0)); }

/* FOLDER: the same, with other attributes (Linux 6.15); in a namespace of mounts of its own (7.0). */
static int t_tree_attributes(char **a)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_NODEV };

	return red_ok(red_call(NR_OPEN_TREE_ATTR, AT_FDCWD, (long)a[0], OPEN_TREE_CLONE, (long)&attributes, sizeof(attributes)));
}

static int t_tree_namespace(char **a) { return red_ok(red_call(SYS_open_tree, AT_FDCWD, (long)a[0], TREE_NAMESPACE, 0, 0)); }

/* ---- processes ---------------------------------------------------------------------------------- */

/* A descriptor of a child's. */
static int t_descriptor(char **a)
{
	pid_t child = fork();
	int err;

	(void)a;
	if (child == 0) {
		pause();
		_exit(0);
	}
	err = red_ok(red_call(SYS_pidfd_getfd, syscall(SYS_pidfd_open, child, 0), 1, 0, 0, 0));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return err;
}

/* Faults in user space by the device instead of the system call. */
static int t_faults_by_device(char **a)
{
	int fd = open("/dev/userfaultfd", O_RDWR);

	(void)a;
	return fd < 0 ? BROKEN : red_ok(ioctl(fd, USERFAULTFD_IOC_NEW, O_CLOEXEC));
}

/* The keyring that outlives one's processes. */
static int t_persistent_keyring(char **a)
{
	(void)a;
	return red_ok(syscall(SYS_keyctl, KEYCTL_GET_PERSISTENT, -1, KEY_SPEC_PROCESS_KEYRING));
}

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

/* NAME: a message queue, which is a file that comes and goes by a call of its own. */
static int t_queue(char **a) { return red_ok(mq_open(a[0], O_CREAT | O_EXCL | O_RDWR, 0600, NULL)); }
static int t_queue_gone(char **a) { return red_ok(mq_unlink(a[0])); }

/* NAME: the same, of a queue about whose attributes somebody was asked just before. */
static int t_queue_gone_after(char **a)
{
	char path[200];

	snprintf(path, sizeof(path), "/dev/mqueue%s", a[0]);
	return chmod(path, 0600) ? BROKEN : t_queue_gone(a);
}

/* NAME: a queue, at whose place in memory another name may have been that somebody was asked about just before. */
static int t_queue_after(char **a)
{
	int err = 0;

	for (int i = 0; i < 50; i++) {
		if (mkdir("/dev/mqueue/other", 0700) == 0)
			return BROKEN;
		usleep(20000);
		err = t_queue(a);
		if (!err)
			return 0;
	}
	return err;
}

/* ---- what is in a file, and in a folder, without reading it ---------------------------------------- */

/* A name that comes to be in the folder, as the kernel tells who watches it. */
static int watched(int fd, const char *folder)
{
	char path[200], text[1000] = "";
	ssize_t n;

	snprintf(path, sizeof(path), "%s/watched", folder);
	if (open(path, O_CREAT | O_WRONLY, 0600) < 0)
		return BROKEN;
	n = read(fd, text, sizeof(text));
	return n > 0 && memmem(text, n, "watched", 7) ? 0 : BROKEN;
}

/* FOLDER */
static int t_watch(char **a)
{
	int fd = inotify_init();

	return inotify_add_watch(fd, a[0], IN_CREATE) < 0 ? errno : watched(fd, a[0]);
}

static int t_watch_by_handles(char **a)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME, O_RDONLY);

	if (fd < 0)
		return BROKEN;
	return fanotify_mark(fd, FAN_MARK_ADD, FAN_CREATE | FAN_ONDIR, AT_FDCWD, a[0]) ? errno : watched(fd, a[0]);
}

/* FOLDER: the whole file system, in which the folder is. */
static int t_watch_all(char **a)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME, O_RDONLY);

	if (fd < 0)
		return BROKEN;
	return fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_CREATE | FAN_ONDIR, AT_FDCWD, "/t") ? errno : watched(fd, a[0]);
}

static int t_read(char **a) { return red_reads(open(a[0], O_RDONLY)); }

/* FILE [VALUE]: data beside the content; or put it there. */
static int t_attribute(char **a)
{
	char value[16];

	if (a[1])
		return red_ok(setxattr(a[0], "user.red", a[1], strlen(a[1]), 0));
	return red_ok(getxattr(a[0], "user.red", value, sizeof(value)));
}

/* FILE, which begins with x, opened for append: its first block becomes another one (ext4). */
static int t_move_extents(char **a)
{
	struct {
		uint32_t reserved, donor;
		uint64_t from, to, length, moved;
	} move = { .length = 1 };
	int own = open("/t/mnt/own", O_CREAT | O_RDWR, 0600), log = open(a[0], O_WRONLY | O_APPEND);
	char byte = 0;

	if (own < 0 || log < 0)
		return errno;
	if (pwrite(own, "y", 1, 0) != 1 || fsync(own) || fsync(log) || posix_fadvise(log, 0, 0, POSIX_FADV_DONTNEED))
		return BROKEN;
	move.donor = log;
	if (ioctl(own, _IOWR('f', 15, move), &move))
		return errno;
	return pread(open(a[0], O_RDONLY), &byte, 1, 0) == 1 && byte != 'x' ? 0 : BROKEN;
}

/* FILE, opened for append: a hole where its beginning was. */
static int t_punch(char **a)
{
	return red_ok(fallocate(open(a[0], O_WRONLY | O_APPEND), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1));
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
	{ "tree-attributes", t_tree_attributes },
	{ "tree-namespace", t_tree_namespace },
	{ "descriptor", t_descriptor },
	{ "faults-by-device", t_faults_by_device },
	{ "persistent-keyring", t_persistent_keyring },
	{ "queue", t_queue },
	{ "queue-gone", t_queue_gone },
	{ "queue-gone-after", t_queue_gone_after },
	{ "queue-after", t_queue_after },
	{ "watch", t_watch },
	{ "watch-by-handles", t_watch_by_handles },
	{ "watch-all", t_watch_all },
	{ "read", t_read },
	{ "attribute", t_attribute },
	{ "move-extents", t_move_extents },
	{ "punch", t_punch },
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
