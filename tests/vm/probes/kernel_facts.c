// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about operations on the kernel that would open a way round the rest. User 3050 has every capability, and no
 * operation (rule "no-operations"); user 3051 has every capability but one (rule "no-raw").
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

static int result_of(long result)
{
	return result < 0 ? -errno : 0;
}

static int user_namespace(struct ctx *ctx)
{
	arm(ctx);
	return result_of(unshare(CLONE_NEWUSER));
}

static int mount_something(struct ctx *ctx)
{
	if (unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL))
		broken(ctx, "unshare");
	arm(ctx);
	return result_of(mount("own", "/mnt/point", "tmpfs", 0, NULL));
}

static int bpf_map(struct ctx *ctx)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };

	arm(ctx);
	return result_of(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static int perf_event(struct ctx *ctx)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_DUMMY };

	arm(ctx);
	return result_of(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}

static int tun_device(struct ctx *ctx)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	dev_t number = makedev(10, 200);
	int fd;

	/* The module comes at the first open. */
	mkdir("/dev/net", 0755);
	mknod("/dev/net/tun", S_IFCHR | 0666, number);
	chmod("/dev/net/tun", 0666);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		broken(ctx, "tun");
	arm(ctx);
	return result_of(ioctl(fd, TUNSETIFF, &request));
}

static int raw_disk(struct ctx *ctx)
{
	int fd;

	arm(ctx);
	fd = open("/dev/vda", O_RDONLY | O_CLOEXEC);
	return result_of(fd);
}

static pid_t victim(struct ctx *ctx)
{
	pid_t pid = fork();

	if (!pid) {
		arm(ctx);
		pause();
		_exit(0);
	}
	return pid;
}

static int end_of(pid_t pid, int got)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return got;
}

static int trace_other(struct ctx *ctx)
{
	pid_t pid = victim(ctx);

	arm(ctx);
	return end_of(pid, result_of(ptrace(PTRACE_SEIZE, pid, NULL, NULL)));
}

static int read_other(struct ctx *ctx)
{
	pid_t pid = victim(ctx);
	char here = 0, there = 0;
	struct iovec to = { &here, 1 }, from = { &there, 1 };

	arm(ctx);
	return end_of(pid, result_of(process_vm_readv(pid, &to, 1, &from, 1, 0)));
}

static int descriptor_of_other(struct ctx *ctx)
{
	pid_t pid = victim(ctx);
	int pidfd;

	arm(ctx);
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	return end_of(pid, result_of(syscall(SYS_pidfd_getfd, pidfd, ctx->result, 0)));
}

static int module(struct ctx *ctx)
{
	static const char nothing[4096];
	int got;

	arm(ctx);
	got = result_of(syscall(SYS_init_module, nothing, sizeof(nothing), ""));
	return got == -ENOEXEC ? 0 : got; /* what it says of such a module when it may be loaded */
}

static int ring(struct ctx *ctx)
{
	int got;

	arm(ctx);
	got = uring_openat("/dev/null", O_RDONLY);
	return got < 0 ? -EPERM : 0;
}

static int raw_socket(struct ctx *ctx)
{
	arm(ctx);
	return result_of(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 253));
}

static int other_capability(struct ctx *ctx)
{
	arm(ctx);
	return result_of(chroot("/"));
}

#define OPERATION(name_, run_)                                                                                         \
	{ .name = "operation." name_, .run = run_, .who = { .uid = 3050, .caps = true }, .want = -EPERM,               \
	  .rule = "no-operations", .op = "operate" }

const struct fact kernel_facts[] = {
	OPERATION("userns", user_namespace),
	OPERATION("mount", mount_something),
	OPERATION("bpf", bpf_map),
	OPERATION("perf", perf_event),
	OPERATION("tun", tun_device),
	OPERATION("raw-disk", raw_disk),
	OPERATION("ptrace", trace_other),
	OPERATION("process_vm_readv", read_other),
	OPERATION("pidfd-getfd", descriptor_of_other),
	OPERATION("module", module),
	OPERATION("io-uring", ring),
	{ .name = "capability.net_raw", .run = raw_socket, .who = { .uid = 3051, .caps = true }, .want = -EPERM,
	  .rule = "no-raw", .op = "use" },
	{ .name = "capability.other", .run = other_capability, .who = { .uid = 3051, .caps = true } },
	{ .name = NULL },
};
