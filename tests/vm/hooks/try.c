// SPDX-License-Identifier: GPL-2.0-only
/*
 * try NAME [ARG...]: one request that a hook judges, and what the kernel said: prints the errno, 0 = done. Files are below
 * /t, which hooks.guest makes. Runs in the guest of hooks.test.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/io_uring.h>
#include <linux/vm_sockets.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <unistd.h>

static int ok(long result)
{
	return result < 0 ? errno : 0;
}

static int t_create(char **a) { return ok(open(a[0], O_CREAT | O_EXCL | O_WRONLY, 0600)); }
static int t_mkdir(char **a) { return ok(mkdir(a[0], 0700)); }
static int t_mkfifo(char **a) { return ok(mkfifo(a[0], 0600)); }
static int t_symlink(char **a) { return ok(symlink("anywhere", a[0])); }
static int t_unlink(char **a) { return ok(unlink(a[0])); }
static int t_rmdir(char **a) { return ok(rmdir(a[0])); }
static int t_link(char **a) { return ok(link(a[0], a[1])); }
static int t_rename(char **a) { return ok(rename(a[0], a[1])); }
static int t_exchange(char **a) { return ok(renameat2(AT_FDCWD, a[0], AT_FDCWD, a[1], RENAME_EXCHANGE)); }
static int t_chmod(char **a) { return ok(chmod(a[0], 0640)); }
static int t_chown(char **a) { return ok(chown(a[0], -1, getegid())); }
static int t_utimes(char **a) { return ok(utimes(a[0], NULL)); }
static int t_setxattr(char **a) { return ok(setxattr(a[0], "user.x", "y", 1, 0)); }
static int t_removexattr(char **a)
{
	int err = ok(removexattr(a[0], "user.y"));

	return err == ENODATA ? 0 : err; /* it was asked, and there is none */
}

static int t_bind_unix(char **a)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	strncpy(name.sun_path, a[0], sizeof(name.sun_path) - 1);
	return ok(bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, sizeof(name)));
}

/* An address of a unix socket: "@name" is abstract. */
static socklen_t unix_name(const char *text, struct sockaddr_un *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	strncpy(ret->sun_path, text, sizeof(ret->sun_path) - 1);
	if (*text != '@')
		return sizeof(*ret);
	ret->sun_path[0] = '\0';
	return offsetof(struct sockaddr_un, sun_path) + strlen(text);
}

static int t_connect_unix(char **a)
{
	struct sockaddr_un name;
	socklen_t len = unix_name(a[0], &name);

	return ok(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, len));
}

static int t_connect_packets(char **a)
{
	struct sockaddr_un name;
	socklen_t len = unix_name(a[0], &name);

	return ok(connect(socket(AF_UNIX, SOCK_DGRAM, 0), (void *)&name, len));
}

static int t_send_unix(char **a)
{
	struct sockaddr_un name;
	socklen_t len = unix_name(a[0], &name);

	return ok(sendto(socket(AF_UNIX, SOCK_DGRAM, 0), "x", 1, MSG_DONTWAIT, (void *)&name, len));
}

/* listen: unix sockets that the others talk to; stays. */
static int t_listen(char **a)
{
	for (; *a; a++) {
		struct sockaddr_un name;
		const char *text = *a + 1;
		socklen_t len = unix_name(text, &name);
		int fd = socket(AF_UNIX, **a == 's' ? SOCK_STREAM : SOCK_DGRAM, 0);

		if (bind(fd, (void *)&name, len) || (**a == 's' && listen(fd, 64)))
			return errno;
		if (*text != '@')
			chmod(text, 0777);
	}
	printf("0\n");
	fflush(stdout);
	pause();
	return 0;
}

static int t_bind(char **a)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(atoi(a[1])) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	inet_pton(AF_INET, a[0], &name.sin_addr);
	return ok(bind(fd, (void *)&name, sizeof(name)));
}

static int t_listen_unbound(char **a)
{
	(void)a;
	return ok(listen(socket(AF_INET, SOCK_STREAM, 0), 1));
}

static int t_vsock(char **a)
{
	struct sockaddr_vm name = { .svm_family = AF_VSOCK, .svm_cid = 1, .svm_port = atoi(a[0]) };
	int there = socket(AF_VSOCK, SOCK_STREAM, 0), here = socket(AF_VSOCK, SOCK_STREAM, 0), err;

	if (there < 0 || bind(there, (void *)&name, sizeof(name)) || listen(there, 1))
		return errno == EPERM ? 255 : errno;
	err = ok(connect(here, (void *)&name, sizeof(name)));
	return err ? err : ok(send(here, "x", 1, 0));
}

/* Take a connection from this machine to itself, and receive by it. */
static int t_accept_vsock(char **a)
{
	struct sockaddr_vm name = { .svm_family = AF_VSOCK, .svm_cid = 1, .svm_port = atoi(a[0]) };
	int there = socket(AF_VSOCK, SOCK_STREAM, 0), here = socket(AF_VSOCK, SOCK_STREAM, 0), fd;
	char byte;

	if (there < 0 || bind(there, (void *)&name, sizeof(name)) || listen(there, 1) ||
	    connect(here, (void *)&name, sizeof(name)) || send(here, "x", 1, 0) != 1)
		return errno == EPERM ? 255 : errno;
	fd = accept(there, NULL, NULL);
	return fd < 0 ? 255 : ok(recv(fd, &byte, 1, 0));
}

static int t_bind_vsock(char **a)
{
	struct sockaddr_vm name = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = atoi(a[0]) };

	return ok(bind(socket(AF_VSOCK, SOCK_STREAM, 0), (void *)&name, sizeof(name)));
}

static int t_map(char **a)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, open(a[0], O_RDONLY), 0) == MAP_FAILED ? errno : 0;
}

static int t_mprotect(char **a)
{
	void *at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, open(a[0], O_RDONLY), 0);

	return at == MAP_FAILED ? 255 : ok(mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

static int t_read(char **a) { return ok(open(a[0], O_RDONLY)); }

/* ---- a file that is open for append -------------------------------------------------------------- */

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif

static int t_overwrite(char **a)
{
	struct iovec two = { "!!", 2 };

	return ok(pwritev2(open(a[0], O_WRONLY | O_APPEND), &two, 1, 0, RWF_NOAPPEND));
}

static int t_punch(char **a)
{
	return ok(fallocate(open(a[0], O_WRONLY | O_APPEND), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
}

/* ---- the kernel ----------------------------------------------------------------------------------- */

static int t_mount(char **a) { (void)a; return ok(mount("t", "/t/mnt", "tmpfs", 0, NULL)); }
static int t_umount(char **a) { (void)a; return ok(umount2("/t/mounted", MNT_DETACH)); }

static int t_remount(char **a) { (void)a; return ok(mount(NULL, "/t/mounted", NULL, MS_REMOUNT, "size=1m")); }
static int t_move_mount(char **a)
{
	int tree = syscall(SYS_open_tree, AT_FDCWD, "/t/mounted", O_CLOEXEC); /* the mount itself: a copy is asked about by itself (red.test) */

	(void)a;
	return tree < 0 ? 255 : ok(syscall(SYS_move_mount, tree, "", AT_FDCWD, "/t/mnt", 4));
}

static int t_pivot_root(char **a)
{
	int err;

	(void)a;
	err = ok(syscall(SYS_pivot_root, "/t/mnt", "/t/mnt"));
	return err == EINVAL || err == EBUSY ? 0 : err; /* asked, and it cannot be done here */
}

/* No server is asked before this one is mounted. */
static int t_network_fs(char **a)
{
	char options[80];

	(void)a;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", open("/dev/fuse", O_RDWR));
	return ok(mount("nothing", "/t/mnt", "fuse", MS_NODEV | MS_NOSUID, options));
}

static int t_chroot(char **a) { (void)a; return ok(chroot("/t")); }

static int t_module(char **a)
{
	int err = ok(syscall(SYS_finit_module, open(a[0], O_RDONLY), "", 0));

	return err == ENOEXEC ? 0 : err; /* looked at, and it is none */
}

static int t_module_bytes(char **a)
{
	int err = ok(syscall(SYS_init_module, "no module, but long enough to be looked at: ................................", 64L, ""));

	(void)a;
	return err == ENOEXEC ? 0 : err;
}

static int t_kexec(char **a)
{
	int err = ok(syscall(SYS_kexec_file_load, open(a[0], O_RDONLY), -1, 1L, "", 4L /* NO_INITRAMFS */));

	return err == ENOEXEC || err == EBADF ? 0 : err;
}

static int t_bpf(char **a)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };

	(void)a;
	return ok(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static int t_ptrace(char **a)
{
	pid_t child = fork();
	int err;

	(void)a;
	if (child == 0)
		pause();
	err = ok(ptrace(PTRACE_SEIZE, child, 0, 0));
	kill(child, 9);
	return err;
}

static int t_traceme(char **a)
{
	int status;

	(void)a;
	if (fork() == 0)
		_exit(ok(ptrace(PTRACE_TRACEME, 0, 0, 0)));
	wait(&status);
	return WEXITSTATUS(status);
}

static int t_process_vm(char **a)
{
	static char secret[8] = "secret", got[8];
	struct iovec local = { got, 8 }, remote = { secret, 8 };
	pid_t child = fork();
	int err;

	(void)a;
	if (child == 0)
		pause();
	err = ok(process_vm_readv(child, &local, 1, &remote, 1, 0));
	kill(child, 9);
	return err;
}

static int t_pidfd_getfd(char **a)
{
	pid_t child = fork();
	int err;

	(void)a;
	if (child == 0)
		pause();
	err = ok(syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, child, 0), 1, 0));
	kill(child, 9);
	return err;
}

static int t_perf(char **a)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_TASK_CLOCK };

	(void)a;
	return ok(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}

static int t_userns(char **a) { (void)a; return ok(unshare(CLONE_NEWUSER)); }

static int t_tun(char **a)
{
	char request[40] = "cordon0"; /* struct ifreq */

	(void)a;
	*(short *)(request + 16) = 1; /* IFF_TUN */
	return ok(ioctl(open("/dev/net/tun", O_RDWR), 0x400454ca /* TUNSETIFF */, request));
}

static int t_raw_disk(char **a) { return ok(open(a[0], O_RDONLY)); }
static int t_raw_memory(char **a) { (void)a; return ok(open("/dev/mem", O_RDONLY)); }
static int t_trace(char **a) { (void)a; return ok(open("/sys/kernel/tracing/trace", O_RDONLY)); }

static int t_io_uring(char **a)
{
	struct io_uring_params params = { 0 };

	(void)a;
	return ok(syscall(SYS_io_uring_setup, 4, &params));
}

static int t_userfaultfd(char **a) { (void)a; return ok(syscall(SYS_userfaultfd, O_CLOEXEC)); }
static int t_keyring(char **a) { (void)a; return ok(syscall(SYS_add_key, "user", "k", "v", 1L, -2L)); }
static int t_shm(char **a) { (void)a; return ok(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600)); }
static int t_semget(char **a) { (void)a; return ok(semget(IPC_PRIVATE, 1, IPC_CREAT | 0600)); }
static int t_shm_make(char **a) { (void)a; return ok(shmget(7777, 4096, IPC_CREAT | 0600)); }
static int t_shm_use(char **a) { (void)a; return ok(shmget(7777, 4096, 0600)); }
static int t_msgget(char **a) { (void)a; return ok(msgget(IPC_PRIVATE, IPC_CREAT | 0600)); }

static int t_msgsnd(char **a)
{
	struct { long type; char text[4]; } m = { 1, "abc" };
	int queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);

	(void)a;
	return queue < 0 ? 255 : ok(msgsnd(queue, &m, sizeof(m.text), IPC_NOWAIT));
}

static int t_inject(char **a)
{
	int err = ok(ioctl(open("/dev/ptmx", O_RDWR | O_NOCTTY), 0x5412 /* TIOCSTI */, "x"));

	(void)a;
	return err == EIO ? 0 : err; /* 6.2: switched off by sysctl, after the hook */
}

static int t_syslog(char **a) { (void)a; return ok(klogctl(10, NULL, 0)); }

static int t_settime(char **a)
{
	struct timeval now;

	(void)a;
	gettimeofday(&now, NULL);
	return ok(settimeofday(&now, NULL));
}

/* A family that no program has asked for: the kernel calls who loads modules, and that one leaves a file (hooks.guest). */
static int t_module_request(char **a)
{
	(void)a;
	unlink("/run/asked");
	socket(AF_CAN, SOCK_RAW, 0);
	return access("/run/asked", F_OK) ? EPERM : 0;
}

static int t_raw_socket(char **a) { (void)a; return ok(socket(AF_INET, SOCK_RAW, 1)); }
static int t_hostname(char **a) { (void)a; return ok(sethostname("x", 1)); }

static const struct { const char *name; int (*run)(char **); } table[] = {
	{ "create", t_create }, { "mkdir", t_mkdir }, { "mkfifo", t_mkfifo }, { "symlink", t_symlink }, { "unlink", t_unlink },
	{ "rmdir", t_rmdir }, { "link", t_link }, { "rename", t_rename }, { "exchange", t_exchange }, { "chmod", t_chmod },
	{ "chown", t_chown }, { "utimes", t_utimes }, { "setxattr", t_setxattr }, { "removexattr", t_removexattr },
	{ "bind-unix", t_bind_unix }, { "connect-unix", t_connect_unix }, { "connect-packets", t_connect_packets },
	{ "send-unix", t_send_unix }, { "listen", t_listen }, { "bind", t_bind }, { "listen-unbound", t_listen_unbound },
	{ "vsock", t_vsock }, { "accept-vsock", t_accept_vsock }, { "bind-vsock", t_bind_vsock },
	{ "map", t_map }, { "mprotect", t_mprotect }, { "read", t_read }, { "mount", t_mount }, { "umount", t_umount },
	{ "overwrite", t_overwrite }, { "punch", t_punch },
	{ "move-mount", t_move_mount }, { "pivot-root", t_pivot_root }, { "network-fs", t_network_fs }, { "chroot", t_chroot },
	{ "module", t_module }, { "module-bytes", t_module_bytes }, { "kexec", t_kexec }, { "bpf", t_bpf },
	{ "ptrace", t_ptrace }, { "traceme", t_traceme }, { "process-vm", t_process_vm }, { "pidfd-getfd", t_pidfd_getfd },
	{ "perf", t_perf }, { "userns", t_userns }, { "tun", t_tun }, { "raw-disk", t_raw_disk },
	{ "raw-memory", t_raw_memory }, { "trace", t_trace }, { "io-uring", t_io_uring }, { "userfaultfd", t_userfaultfd },
	{ "keyring", t_keyring }, { "shm", t_shm }, { "msgget", t_msgget }, { "semget", t_semget }, { "shm-make", t_shm_make }, { "shm-use", t_shm_use },
	{ "remount", t_remount }, { "module-request", t_module_request }, { "msgsnd", t_msgsnd }, { "inject", t_inject },
	{ "syslog", t_syslog }, { "settime", t_settime }, { "raw-socket", t_raw_socket }, { "hostname", t_hostname },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].name, argv[1]) == 0)
			return printf("%d\n", table[i].run(argv + 2)) < 0;
	fprintf(stderr, "try: no such request\n");
	return 2;
}
