/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a command under one of the kernel's other guards, as far as that can say what the measured policy says:
 *
 *     confine landlock COMMAND...          files by tree, and from 6.7 on TCP by port; no addresses, no users
 *     confine seccomp COMMAND...           socket families and the calls that open other ways out; no files, no addresses
 *     confine apparmor PROFILE COMMAND...  files by path and socket families; PROFILE is loaded already
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of later kernels than the headers': the layout only grew (include/uapi/linux/landlock.h). */
struct ruleset {
	uint64_t fs, net;
};

struct port_rule {
	uint64_t access, port;
};

#define RULE_NET_PORT	   2
#define NET_BIND_CONNECT   3
#define FS_OF_ABI_1	   ((1ull << 13) - 1)
#define FS_OF_FILE	   7 /* EXECUTE, WRITE_FILE, READ_FILE: all that a rule on a file may name, but TRUNCATE */
#define FIRST_PORT	   4710
#define LAST_PORT	   4719

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "confine: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t file_accesses(int abi)
{
	uint64_t all = FS_OF_ABI_1;

	if (abi >= 2)
		all |= 1ull << 13; /* REFER */
	if (abi >= 3)
		all |= 1ull << 14; /* TRUNCATE */
	if (abi >= 5)
		all |= 1ull << 15; /* IOCTL_DEV */
	return all;
}

static void permit_tree(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access };

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return; /* not in this root */
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		die(path);
	close(rule.parent_fd);
}

/* What the policy's forbidden trees leave of /: Landlock knows permits only. */
static void landlock(void)
{
	static const char *const trees[] = { "/srv/bench", "/opt", "/usr", "/etc", "/dev", "/proc", "/sys", "/tmp", "/run" };
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset attr = { .fs = file_accesses(abi), .net = NET_BIND_CONNECT };
	int ruleset;

	if (abi < 1)
		die("landlock");
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, abi >= 4 ? sizeof(attr) : sizeof(attr.fs), 0);
	if (ruleset < 0)
		die("landlock_create_ruleset");
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++)
		permit_tree(ruleset, trees[i], attr.fs);
	for (uint64_t port = FIRST_PORT; abi >= 4 && port <= LAST_PORT; port++) {
		struct port_rule rule = { .access = NET_BIND_CONNECT, .port = port };

		if (syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0) < 0)
			die("port");
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		die("landlock_restrict_self");
	close(ruleset);
}

static void seccomp(void)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
	static const char *const refused[] = {
		"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "bpf", "perf_event_open", "mount", "umount2",
		"pivot_root", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
		"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "open_by_handle_at",
		"io_uring_setup", "userfaultfd", "unshare", "setns", "add_key", "request_key", "keyctl", "quotactl",
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int last = -1;

	if (!filter)
		die("seccomp_init");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		int call = seccomp_syscall_resolve_name(refused[i]);

		if (call == __NR_SCMP_ERROR || seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0) < 0)
			die(refused[i]);
	}
	/* Every family between the permitted ones: a filter can compare, not list. */
	for (size_t i = 0; i <= sizeof(families) / sizeof(families[0]); i++) {
		int next = i < sizeof(families) / sizeof(families[0]) ? families[i] : 64;

		for (int family = last + 1; family < next; family++)
			if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
					     SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family)) < 0)
				die("socket");
		last = next;
	}
	if (seccomp_load(filter) < 0)
		die("seccomp_load");
	seccomp_release(filter);
}

static void apparmor(const char *profile)
{
	char words[256];
	int fd = open("/proc/self/attr/apparmor/exec", O_WRONLY | O_CLOEXEC);
	int length = snprintf(words, sizeof(words), "exec %s", profile);

	if (fd < 0 || write(fd, words, (size_t)length) != length)
		die("/proc/self/attr/apparmor/exec");
	close(fd);
}

int main(int argc, char **argv)
{
	char **command = argv + 2;

	if (argc >= 3 && !strcmp(argv[1], "landlock")) {
		landlock();
	} else if (argc >= 3 && !strcmp(argv[1], "seccomp")) {
		seccomp();
	} else if (argc >= 4 && !strcmp(argv[1], "apparmor")) {
		apparmor(argv[2]);
		command++;
	} else {
		fprintf(stderr, "usage: confine landlock|seccomp|apparmor PROFILE COMMAND...\n");
		return 2;
	}
	execv(command[0], command);
	die(command[0]);
}
