/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * feature: the table of kernel features and its probes (feature.h).
 */
#include "guard/feature.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "guard/guard.h"
#include "guard/attach.h"
#include "guard/pin.h"

#define CGROUP_FS "/sys/fs/cgroup"
#define JIT	  "/proc/sys/net/core/bpf_jit_enable"
#define MOUNTS	  "/proc/1/mountinfo"

__attribute__((format(printf, 3, 4))) static enum feature_state say(enum feature_state state, char *detail,
								    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(detail, FEATURE_DETAIL, format, args);
	va_end(args);
	return state;
}

static int read_line(const char *path, char *ret_line, size_t size)
{
	FILE *file = fopen(path, "re");
	char *got;

	if (!file)
		return -errno;
	got = fgets(ret_line, (int)size, file);
	fclose(file);
	if (!got)
		return -EIO;
	ret_line[strcspn(ret_line, "\n")] = '\0';
	return 0;
}

static enum feature_state probe_lsm(char *detail)
{
	int err = guard_check_lsm(NULL);
	char line[FEATURE_DETAIL - 16];

	if (!err)
		return FEATURE_YES;
	if (err != -EOPNOTSUPP)
		return say(FEATURE_UNKNOWN, detail, "/sys/kernel/security/lsm: %s", strerror(-err));
	if (read_line("/sys/kernel/security/lsm", line, sizeof(line)) < 0)
		return FEATURE_NO;
	return say(FEATURE_NO, detail, "active: %s", line);
}

static enum feature_state probe_btf(char *detail)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return say(errno == EACCES ? FEATURE_UNKNOWN : FEATURE_NO, detail, "%s", strerror(errno));
	say(FEATURE_YES, detail, "%u types", btf__type_cnt(btf));
	btf__free(btf);
	return FEATURE_YES;
}

static enum feature_state probe_fs(const char *path, unsigned long magic, char *detail)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return say(errno == ENOENT ? FEATURE_NO : FEATURE_UNKNOWN, detail, "%s: %s", path, strerror(errno));
	if ((unsigned long)fs.f_type != magic)
		return say(FEATURE_NO, detail, "%s is no such mount", path);
	return say(FEATURE_YES, detail, "%s", path);
}

static enum feature_state probe_bpffs(char *detail)
{
	return probe_fs(PIN_FS, BPF_FS_MAGIC, detail);
}

static enum feature_state probe_cgroup2(char *detail)
{
	return probe_fs(CGROUP_FS, CGROUP2_SUPER_MAGIC, detail);
}

static enum feature_state answer(int libbpf_answer, char *detail)
{
	if (libbpf_answer == 1)
		return FEATURE_YES;
	if (libbpf_answer == 0 && geteuid() == 0)
		return FEATURE_NO;
	return say(FEATURE_UNKNOWN, detail, "%s",
		   geteuid() ? "needs root" : strerror(libbpf_answer < 0 ? -libbpf_answer : EINVAL));
}

static enum feature_state probe_ringbuf(char *detail)
{
	return answer(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL), detail);
}

static enum feature_state probe_task_storage(char *detail)
{
	return answer(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL), detail);
}

static enum feature_state probe_inode_storage(char *detail)
{
	return answer(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_INODE_STORAGE, NULL), detail);
}

static enum feature_state probe_lsm_program(char *detail)
{
	return answer(libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_LSM, NULL), detail);
}

/* libbpf cannot probe helpers for LSM programs; every program type that has bpf_loop got it at once. */
static enum feature_state probe_loop(char *detail)
{
	return answer(libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_loop, NULL), detail);
}

static enum feature_state probe_lockdown(char *detail)
{
	char state[GUARD_LOCKDOWN_MAX];
	int err = guard_check_lockdown(state, NULL);

	if (*state)
		return say(err ? FEATURE_NO : FEATURE_YES, detail, "%.*s", FEATURE_DETAIL - 16, state);
	return err ? say(FEATURE_UNKNOWN, detail, "/sys/kernel/security/lockdown: %s", strerror(-err)) : say(FEATURE_YES, detail, "not in this kernel");
}

static enum feature_state probe_jit(char *detail)
{
	char line[16];
	int err = read_line(JIT, line, sizeof(line));

	if (err)
		return say(FEATURE_UNKNOWN, detail, JIT ": %s", strerror(-err));
	return say(*line == '0' ? FEATURE_NO : FEATURE_YES, detail, "%s", *line == '0' ? "net.core.bpf_jit_enable = 0" : "");
}

static enum feature_state probe_devices(char *detail)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	bool there = attach_has_devices(kernel);

	btf__free(kernel);
	return there ? FEATURE_YES : say(FEATURE_NO, detail, "%s", "");
}

static enum feature_state probe_mounts(char *detail)
{
	if (access(MOUNTS, R_OK) == 0)
		return FEATURE_YES;
	return say(FEATURE_UNKNOWN, detail, MOUNTS ": %s", strerror(errno));
}

const struct feature features[] = {
	{ "bpf-lsm", "BPF programs are asked by the kernel's security hooks", "5.7",
	  "everything: programs attach and are never asked; bpf has to be in lsm= on the kernel command line", true, probe_lsm },
	{ "lsm-programs", "BPF programs of type LSM", "5.7", "everything", true, probe_lsm_program },
	{ "btf", "the kernel describes its own types", "5.4", "everything: the object cannot be fitted to this kernel", true,
	  probe_btf },
	{ "jit", "the BPF compiler, which LSM programs need", "5.7", "everything; sysctl net.core.bpf_jit_enable=1", true,
	  probe_jit },
	{ "bpffs", "a place where programs and maps outlive the daemon", "4.4",
	  "the guard does not load; mount -t bpf bpf " PIN_FS, true, probe_bpffs },
	{ "ring-buffer", "events", "5.8", "the guard does not load", true, probe_ringbuf },
	{ "task-storage", "what is known of a process", "5.11", "the guard does not load", true, probe_task_storage },
	{ "inode-storage", "what is known of a file", "5.10", "the guard does not load", true, probe_inode_storage },
	{ "bpf-loop", "walks over paths and groups", "5.17", "the guard does not load", true, probe_loop },
	{ "lockdown", "kernel memory may be read by programs", "5.4",
	  "under lockdown=confidentiality names cannot be read: the guard does not load", true, probe_lockdown },
	{ "cgroup2", "the unified hierarchy, which services are read from, and at whose root packets are judged", "4.5",
	  "`services:` match nothing; packets are not compared with what their sender was permitted", false,
	  probe_cgroup2 },
	{ "device-links", "frames of packet sockets, and what tunnels send, are judged by where they go", "6.6",
	  "packet sockets have unknown destinations: every forbid holds, no permit with a destination does; what tunnels send is not judged", false,
	  probe_devices },
	{ "mount-table", "paths of a policy are mapped over the first process's mounts", "2.6",
	  "paths cannot be mapped to file systems", true, probe_mounts },
};
const size_t n_features = sizeof(features) / sizeof(features[0]);

/* Longest prefix first; the last one is for all. */
static const struct {
	const char *section, *lost;
} losses[] = {
	{ "lsm/file_open", "reading and writing of files is not judged" },
	{ "lsm/file_fcntl", "a file opened for append can be switched to overwriting" },
	{ "lsm/mmap_file", "executable mappings are not judged" },
	{ "lsm/file_mprotect", "mappings that become executable are not judged" },
	{ "lsm/path_truncate", "truncate(2) is not judged" },
	{ "lsm/file_truncate", "ftruncate(2) is judged by path only" },
	{ "lsm/bprm", "running programs is not judged" },
	{ "lsm/socket_create", "creating sockets is not judged" },
	{ "lsm/socket_connect", "connecting is not judged" },
	{ "lsm/socket_sendmsg", "sending is not judged" },
	{ "lsm/socket_bind", "local addresses are not judged" },
	{ "lsm/socket_listen", "listening without an address is not judged" },
	{ "lsm/sctp_bind_connect", "what setsockopt(2) of SCTP binds and connects is not judged" },
	{ "lsm/sock_graft", "connections that come in are not judged" },
	{ "lsm/socket_recvmsg", "receiving on connections that come in is not judged" },
	{ "lsm/socket_setsockopt", "packet sockets may be told to go past the programs of their device" },
	{ "lsm/socket_getsockopt", "receiving without copies on connections that come in is not judged" },
	{ "lsm/unix_", "talking to unix sockets is not judged" },
	{ "lsm/socket_", "a way of using sockets is not judged" },
	{ "lsm/file_permission", "sendfile and splice with open sockets are not judged" },
	{ "lsm/task_alloc", "a child process does not have its parent's state" },
	{ "lsm/task_fix_setgroups", "setgroups(2) is noticed only with the next change of credentials" },
	{ "lsm/task_fix", "changes of user or group are not noticed at once" },
	{ "lsm/inode_link", "further names of a file are not noticed, so that its place may be remembered wrongly" },
	{ "lsm/inode_unlink", "names that go are not noticed, so that a place may be remembered wrongly" },
	{ "lsm/inode_create", "names made below an overlay are not judged" },
	{ "lsm/inode_mk", "names made below an overlay are not judged" },
	{ "lsm/inode_symlink", "names made below an overlay are not judged" },
	{ "lsm/inode_rmdir", "names removed below an overlay are not judged" },
	{ "lsm/inode_rename", "names changed below an overlay are not judged" },
	{ "lsm/path_rename", "renaming out of a place is not judged" },
	{ "lsm/capable", "the use of capabilities is not judged" },
	{ "lsm/sb_", "mounting is not judged" },
	{ "lsm/move_mount", "mounting is not judged" },
	{ "lsm/path_mk", "making names is not judged" },
	{ "lsm/path_symlink", "making symbolic links is not judged" },
	{ "lsm/path_notify", "watching files and folders is not judged" },
	{ "lsm/path_unlink", "deleting is not judged" },
	{ "lsm/path_rmdir", "deleting is not judged" },
	{ "lsm/path_link", "hard links out of a place are not judged" },
	{ "lsm/inode_set_acl", "ACLs are judged as extended attributes only" },
	{ "lsm/inode_remove_acl", "ACLs are judged as extended attributes only" },
	{ "lsm/path_chroot", "chroot(2) is not judged" },
	{ "lsm/kernel_module_request", "modules that the kernel loads by itself are not judged" },
	{ "lsm/kernel_", "loading of modules and kernels is not judged" },
	{ "lsm/locked_down", "raw memory and tracing are not judged" },
	{ "lsm/bpf", "bpf(2) is not judged" },
	{ "lsm/perf_event_open", "performance events are not judged" },
	{ "lsm/ptrace_", "looking into other processes is not judged" },
	{ "lsm/file_receive", "files that are fetched by pidfd_getfd(2) are not judged" },
	{ "lsm/userns_create", "user namespaces are not judged" },
	{ "lsm/tun_dev_", "tun and tap devices are not judged" },
	{ "lsm/inode_init_security_anon", "io_uring and userfaultfd are not judged" },
	{ "lsm/inode_", "changing attributes is not judged" },
	{ "lsm/uring_cmd", "commands to disks by io_uring are not judged" },
	{ "lsm/uring_", "parts of io_uring are not judged" },
	{ "lsm/key_", "keyrings are not judged" },
	{ "lsm/ipc_permission", "System V IPC is not judged" },
	{ "lsm/shm_", "System V shared memory is not judged" },
	{ "lsm/sem_", "System V semaphores are not judged" },
	{ "lsm/msg_", "message queues are not judged" },
	{ "lsm/file_ioctl", "input injected into terminals, commands to disks, and names that commands of file systems make, are not judged" },
	{ "lsm/syslog", "the kernel's log is not judged" },
	{ "lsm/settime", "setting the clock is not judged" },
	{ "tc", "frames of packet sockets are not judged by destination: it is unknown; what tunnels send is not judged" },
	{ "cgroup_skb/", "packets are not compared with what their sender was permitted" },
	{ "fexit/", "renames are not followed, files are not cached" },
	{ "fentry/", "renames are not followed, files are not cached" },
};

const char *feature_lost(const char *section)
{
	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++)
		if (strncmp(section, losses[i].section, strlen(losses[i].section)) == 0)
			return losses[i].lost;
	return "what that hook judges is not judged";
}

const char *feature_state_name(enum feature_state state)
{
	return state == FEATURE_YES ? "yes" : state == FEATURE_NO ? "no" : "unknown";
}
