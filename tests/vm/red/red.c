// SPDX-License-Identifier: GPL-2.0-only
/*
 * red [above|in-32-bits] NAME [ARG...]: one way round a rule that does not go through the door the rule names, and what came of it: prints the errno, 0 =
 * it led where it was to lead. 250: it could not be tried. Files are below /t, which red.guest makes. Runs in the guest of
 * red.test. As the interpreter of a file (binfmt_misc) it reads the file by the descriptor that the kernel hands over.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include "red.h"

#define INTERPRETED "/t/secret/run"
#define PAGE	    4096
#define ARGUMENT    40 /* bytes: what a pointer that is passed points to */

int red_ok(long result)
{
	return result < 0 ? errno : 0;
}

int red_write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), err = fd < 0 ? errno : 0;

	if (!err && write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

unsigned long red_above;
int red_32;

static long answer(long result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

void *red_low(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (page == MAP_FAILED)
		exit(BROKEN);
	return page;
}

long red_call_32(long number, long a, long b, long c, long d, long e)
{
	long result = number;

	asm volatile("int $0x80" : "+a"(result) : "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "r8", "r9", "r10", "r11", "memory");
	return answer((int)result);
}

/* An argument that is a pointer, to where a program of 32 bits has what it points to. */
static long below(long argument)
{
	return argument >> 32 > 0 ? (long)memcpy(red_low(), (void *)argument, ARGUMENT) : argument;
}

long red_call(long number, long a, long b, long c, long d, long e)
{
	register long fourth asm("r10") = d, fifth asm("r8") = e;
	long result = (long)(red_above | (unsigned long)number);

	if (red_32)
		return red_call_32(number, below(a), below(b), below(c), below(d), below(e));
	asm volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth) : "rcx", "r11", "memory");
	return answer(result);
}

int red_reads(int fd)
{
	char byte;

	return fd < 0 ? errno : read(fd, &byte, 1) == 1 ? 0 : BROKEN;
}

void red_own_namespace(int more)
{
	char map[32];
	unsigned uid = geteuid(), gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | more))
		exit(BROKEN);
	red_write_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (red_write_text("/proc/self/uid_map", map))
		exit(BROKEN);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	if (red_write_text("/proc/self/gid_map", map))
		exit(BROKEN);
}

/* ---- overlays: what happens to names in the folder that is written to ------------------------------ */

/* The folder `upper` below the overlay at /t/mnt. */
static void overlay(const char *upper)
{
	char options[200];

	red_own_namespace(0);
	mkdir("/t/work", 0700);
	snprintf(options, sizeof(options), "lowerdir=/t/lower,upperdir=%s,workdir=/t/work,userxattr", upper);
	if (mount("overlay", "/t/mnt", "overlay", 0, options))
		exit(BROKEN);
}

/* FOLDER NAME NEW: another name by the overlay; and is the file read by it? */
static int overlay_name(char **a, int (*name)(const char *from, const char *to))
{
	char from[100], to[100], at[100];
	int err;

	overlay(a[0]);
	snprintf(from, sizeof(from), "/t/mnt/%s", a[1]);
	snprintf(to, sizeof(to), "/t/mnt/%s", a[2]);
	snprintf(at, sizeof(at), "%s/%s", a[0], a[2]);
	err = red_ok(name(from, to));
	return err ? err : red_reads(open(at, O_RDONLY));
}

static int t_overlay_rename(char **a) { return overlay_name(a, rename); }
static int t_overlay_link(char **a) { return overlay_name(a, link); }

static int t_overlay_create(char **a)
{
	overlay(a[0]);
	return red_ok(open("/t/mnt/new", O_CREAT | O_EXCL | O_WRONLY, 0600));
}

static int t_overlay_mkdir(char **a)
{
	overlay(a[0]);
	return red_ok(mkdir("/t/mnt/new", 0700));
}

static int t_overlay_mkfifo(char **a)
{
	overlay(a[0]);
	return red_ok(mkfifo("/t/mnt/new", 0600));
}

static int t_overlay_symlink(char **a)
{
	overlay(a[0]);
	return red_ok(symlink("anywhere", "/t/mnt/new"));
}

static int t_overlay_unlink(char **a)
{
	overlay(a[0]);
	return red_ok(unlink("/t/mnt/f"));
}

static int t_overlay_rmdir(char **a)
{
	overlay(a[0]);
	return red_ok(rmdir("/t/mnt/folder"));
}

/* ---- further instances of the kernel's own file systems ------------------------------------------- */

/* In the first process of a process namespace of its own. */
static int in_pid_namespace(int (*what)(char **a), char **a)
{
	int status;

	if (unshare(CLONE_NEWPID))
		return BROKEN;
	if (fork() == 0)
		_exit(what(a));
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

static int proc_read(char **a)
{
	char path[200];

	if (mount("p", "/t/mnt", "proc", 0, NULL))
		return BROKEN;
	snprintf(path, sizeof(path), "/t/mnt/%s", a[0]);
	return red_reads(open(path, O_RDONLY));
}

static int t_proc_read(char **a)
{
	red_own_namespace(0);
	return in_pid_namespace(proc_read, a);
}

static int proc_write(char **a)
{
	char path[200];

	if (unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("p", "/t/mnt", "proc", 0, NULL))
		return BROKEN;
	snprintf(path, sizeof(path), "/t/mnt/%s", a[0]);
	return red_ok(open(path, O_WRONLY));
}

static int t_proc_write(char **a) { return in_pid_namespace(proc_write, a); }

/* Where every process sees it, the daemon too, who has time to look. */
static int proc_mounted(char **a)
{
	char path[200];

	if (mount("p", "/t/mnt", "proc", 0, NULL))
		return BROKEN;
	sleep(3);
	snprintf(path, sizeof(path), "/t/mnt/%s", a[0]);
	return red_ok(open(path, O_WRONLY));
}

static int t_proc_mounted(char **a) { return in_pid_namespace(proc_mounted, a); }

static int t_sys_read(char **a)
{
	char path[200];

	red_own_namespace(CLONE_NEWNET);
	if (mount("s", "/t/mnt", "sysfs", 0, NULL))
		return BROKEN;
	snprintf(path, sizeof(path), "/t/mnt/%s", a[0]);
	return red_reads(open(path, O_RDONLY));
}

/* ---- mounts by parts ------------------------------------------------------------------------------ */

static int t_fsmount(char **a)
{
	int fs = syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), at;

	(void)a;
	if (fs < 0)
		return errno;
	if (red_call(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0))
		return errno;
	at = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	return at < 0 ? errno : red_ok(openat(at, "file", O_CREAT | O_RDWR, 0600));
}

/* TYPE [DEVICE]: a file system that is a program's. */
static int t_fsmount_network(char **a)
{
	int fs = syscall(SYS_fsopen, a[0], FSOPEN_CLOEXEC);
	char number[16];

	if (fs < 0)
		return errno;
	if (a[1] && syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", a[1], 0))
		return BROKEN;
	snprintf(number, sizeof(number), "%d", open("/dev/fuse", O_RDWR));
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "fd", number, 0) ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "rootmode", "40000", 0) ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "user_id", "0", 0) ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "group_id", "0", 0))
		return BROKEN;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return errno;
	return red_ok(syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0));
}

/* FOLDER: a remount by parts. */
static int t_remount_by_parts(char **a)
{
	int fs = syscall(SYS_fspick, AT_FDCWD, a[0], FSPICK_CLOEXEC);

	return fs < 0 ? BROKEN : red_ok(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
}

/* cover FOLDER: what stands there is another file system's from now on. */
static int t_cover(char **a) { return red_ok(mount("c", a[0], "tmpfs", 0, NULL)); }

static int t_cover_by_parts(char **a)
{
	int fs = syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), at;

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return BROKEN;
	at = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	return at < 0 ? BROKEN : red_ok(syscall(SYS_move_mount, at, "", AT_FDCWD, a[0], MOVE_MOUNT_F_EMPTY_PATH));
}

/* ---- files ---------------------------------------------------------------------------------------- */

/* Neither for reading nor for writing: a device takes commands all the same. */
static int t_open_for_commands(char **a) { return red_ok(open(a[0], O_ACCMODE)); }

/* FILE: the kernel makes of a mapping that is read one that is executed, for programs that want it so (READ_IMPLIES_EXEC). */
static int t_map_implied(char **a)
{
	int fd = open(a[0], O_RDONLY);

	if (fd < 0 || personality(READ_IMPLIES_EXEC) < 0)
		return BROKEN;
	return mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0;
}

/* The same, of one that cannot be read yet. */
static int t_protect_implied(char **a)
{
	void *at = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE, open(a[0], O_RDONLY), 0);

	if (at == MAP_FAILED || personality(READ_IMPLIES_EXEC) < 0)
		return BROKEN;
	return red_ok(mprotect(at, 1, PROT_READ));
}

/* FOLDER: a file without a name gets one there. */
static int t_name_of_nameless(char **a)
{
	int fd = open("/t/keep", O_TMPFILE | O_WRONLY, 0600);
	char from[32], to[100];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	snprintf(to, sizeof(to), "%s/new", a[0]);
	return fd < 0 ? BROKEN : red_ok(linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW));
}

/* binfmt: a file is run by an interpreter that is given a descriptor of it. */
static int t_binfmt(char **a)
{
	int status;

	if (!a[0]) { /* an instance of one's own, from 6.7 on */
		red_own_namespace(0);
		if (mount("b", "/t/mnt", "binfmt_misc", 0, NULL) ||
		    red_write_text("/t/mnt/register", ":red:M::RED SECRET::/opt/cordon/bin/red:O"))
			return BROKEN;
	}
	if (fork() == 0) {
		execl(INTERPRETED, INTERPRETED, NULL);
		_exit(errno);
	}
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

/* ---- who ------------------------------------------------------------------------------------------ */

/* A datagram to 127.0.0.N, that is received. */
static int reach(int n)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000 + n) };
	int there = socket(AF_INET, SOCK_DGRAM, 0), here = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(name);
	char byte;

	if (there < 0 || here < 0)
		return errno;
	if (bind(there, (void *)&name, sizeof(name)) || getsockname(there, (void *)&name, &len))
		return BROKEN;
	if (sendto(here, "x", 1, 0, (void *)&name, sizeof(name)) != 1)
		return errno;
	return recv(there, &byte, 1, MSG_DONTWAIT) == 1 ? 0 : BROKEN;
}

static int t_reach(char **a) { return reach(atoi(a[0])); }

/* Replace every mapping of the executable by memory of the same content, so that the file is not in use. */
static int leave_executable(void)
{
	char own[200] = "", line[400], mode[8], *copy;
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end;

	if (!maps || readlink("/proc/self/exe", own, sizeof(own) - 1) < 0)
		return BROKEN;
	while (fgets(line, sizeof(line), maps)) {
		if (!strstr(line, own) || sscanf(line, "%lx-%lx %7s", &start, &end, mode) != 3)
			continue;
		copy = mmap(NULL, end - start, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (copy == MAP_FAILED)
			return BROKEN;
		memcpy(copy, (void *)start, end - start);
		if (mprotect(copy, end - start, (mode[0] == 'r' ? PROT_READ : 0) | (mode[1] == 'w' ? PROT_WRITE : 0) |
							(mode[2] == 'x' ? PROT_EXEC : 0)) ||
		    mremap(copy, end - start, end - start, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) == MAP_FAILED)
			return BROKEN;
	}
	fclose(maps);
	return 0;
}

/* The process says that its program is another: what a permit for its program closes, is it open now? */
static int t_other_executable(char **a)
{
	struct prctl_mm_map map = { .exe_fd = open("/bin/busybox", O_RDONLY) };
	unsigned long at[53] = { 0 };
	char text[2000], *word, *rest;
	int fd = open("/proc/self/stat", O_RDONLY), i;
	ssize_t len = read(fd, text, sizeof(text) - 1);

	if (len <= 0)
		return BROKEN;
	text[len] = '\0';
	word = strtok_r(strrchr(text, ')') + 2, " ", &rest);
	for (i = 3; word && i < 53; i++, word = strtok_r(NULL, " ", &rest))
		at[i] = strtoul(word, NULL, 10);
	map.start_code = at[26];
	map.end_code = at[27];
	map.start_stack = at[28];
	map.start_data = at[45];
	map.end_data = at[46];
	map.start_brk = at[47];
	map.brk = (unsigned long)sbrk(0);
	map.arg_start = at[48];
	map.arg_end = at[49];
	map.env_start = at[50];
	map.env_end = at[51];
	red_own_namespace(0);
	/* The kernel wants the old program's mappings gone. */
	if (leave_executable() || prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0))
		return BROKEN;
	/* Who asks is looked at anew. */
	if (prctl(PR_SET_KEEPCAPS, 1))
		return BROKEN;
	return reach(atoi(a[0]));
}

/* subordinate USER N: reach(), as another user of a namespace that this one makes, which newuidmap(1) gives to everybody. By root,
 * who does what it does. */
static int t_subordinate(char **a)
{
	int ready[2], mapped[2], status;
	unsigned user = atoi(a[0]);
	char path[64], map[80], byte = 0;
	pid_t child;

	if (pipe(ready) || pipe(mapped))
		return BROKEN;
	child = fork();
	if (child == 0) {
		if (setresgid(user, user, user) || setresuid(user, user, user) || prctl(PR_SET_DUMPABLE, 1) ||
		    unshare(CLONE_NEWUSER) || write(ready[1], &byte, 1) != 1 || read(mapped[0], &byte, 1) != 1 ||
		    setresgid(5, 5, 5) || setresuid(5, 5, 5))
			_exit(BROKEN);
		_exit(reach(atoi(a[1])));
	}
	if (read(ready[0], &byte, 1) != 1)
		return BROKEN;
	snprintf(path, sizeof(path), "/proc/%d/uid_map", child);
	snprintf(map, sizeof(map), "0 %u 1\n1 100000 1000\n", user);
	if (red_write_text(path, map))
		return BROKEN;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", child);
	if (red_write_text(path, map) || write(mapped[1], &byte, 1) != 1)
		return BROKEN;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

/* from-memory LIBRARY PROGRAM...: the program loads it from a file without a name. */
static int t_from_memory(char **a)
{
	int from = open(a[0], O_RDONLY), to = memfd_create("library", 0);
	char path[32], buffer[4096];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, n) != n)
			return BROKEN;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", to);
	setenv("LD_PRELOAD", path, 1);
	execv(a[1], a + 1);
	return BROKEN;
}

/* ---- the clock ------------------------------------------------------------------------------------ */

static int t_adjtimex(char **a)
{
	struct timex by = { .modes = ADJ_SETOFFSET };

	(void)a;
	return red_ok(adjtimex(&by));
}

static const struct red_try tries[] = {
	{ "overlay-rename", t_overlay_rename },
	{ "overlay-link", t_overlay_link },
	{ "overlay-create", t_overlay_create },
	{ "overlay-mkdir", t_overlay_mkdir },
	{ "overlay-mkfifo", t_overlay_mkfifo },
	{ "overlay-symlink", t_overlay_symlink },
	{ "overlay-unlink", t_overlay_unlink },
	{ "overlay-rmdir", t_overlay_rmdir },
	{ "proc-read", t_proc_read },
	{ "proc-write", t_proc_write },
	{ "proc-mounted", t_proc_mounted },
	{ "sys-read", t_sys_read },
	{ "fsmount", t_fsmount },
	{ "fsmount-network", t_fsmount_network },
	{ "remount-by-parts", t_remount_by_parts },
	{ "cover", t_cover },
	{ "cover-by-parts", t_cover_by_parts },
	{ "open-for-commands", t_open_for_commands },
	{ "map-implied", t_map_implied },
	{ "protect-implied", t_protect_implied },
	{ "name-of-nameless", t_name_of_nameless },
	{ "binfmt", t_binfmt },
	{ "reach", t_reach },
	{ "other-executable", t_other_executable },
	{ "subordinate", t_subordinate },
	{ "from-memory", t_from_memory },
	{ "adjtimex", t_adjtimex },
	{ NULL, NULL },
};

/* The way of this name. NULL: there is none. */
static const struct red_try *find(const struct red_try *list, const char *name)
{
	while (list->name && strcmp(list->name, name) != 0)
		list++;
	return list->name ? list : NULL;
}

int main(int argc, char **argv)
{
	const struct red_try *const lists[] = { tries, red_doors, red_sockets, red_disks, red_deputies, red_streams }, *way = NULL;

	if (argc < 2)
		return 2;
	if (strcmp(argv[1], INTERPRETED) == 0)
		return red_reads(getauxval(AT_EXECFD) ? (int)getauxval(AT_EXECFD) : -1);
	red_32 = strcmp(argv[1], "in-32-bits") == 0;
	red_above = strcmp(argv[1], "above") == 0 ? 1ul << 32 : 0;
	if ((red_32 || red_above) && argc > 2)
		argv++;
	for (size_t i = 0; !way && i < sizeof(lists) / sizeof(lists[0]); i++)
		way = find(lists[i], argv[1]);
	if (!way)
		return 2;
	printf("%d\n", way->run(argv + 2));
	return 0;
}
