/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks whose object is a number: the use of a capability, and the operations on the kernel that would open a way round
 * the rest (enum cordon_kernel_operation says which hooks see which). All answer EPERM; sb_umount is about a name, too.
 *
 * Most are small, and made by NUMBER_HOOK(); `number` is an expression over the hook's arguments, NOTHING when this call
 * is none of them. Where the number of arguments differs between kernels the earlier answer is found by earlier().
 */
#ifndef CORDON_BPF_NUMBER_H
#define CORDON_BPF_NUMBER_H

#include "names.h"

#define NOTHING CORDON_KERNEL_COUNT

#define NUMBER_HOOK(hook, number, ...)                                                                                 \
	SEC("lsm/" #hook)                                                                                              \
	int BPF_PROG(cordon_##hook, ##__VA_ARGS__, int ret)                                                            \
	{                                                                                                              \
		u32 asked;                                                                                             \
                                                                                                                       \
		if (ret)                                                                                               \
			return ret;                                                                                    \
		asked = (number);                                                                                      \
		return asked == NOTHING ? 0 : number_ask(CORDON_OP_KERNEL, asked);                                   \
	}

/* The system call that the running task is in. The kernel takes the lower half of the register for it, and a bit of that for another
 * way to pass arguments (x32); what else a program leaves there means nothing. */
static __always_inline u32 system_call(void)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());

	return (u32)BPF_CORE_READ(regs, orig_ax) & ~X32_SYSCALL_BIT;
}

static __always_inline bool changes_mounts(void)
{
	u32 number = system_call();

	return number == NR_MOUNT_SETATTR || number == NR_OPEN_TREE || number == NR_OPEN_TREE_ATTR;
}

SEC("lsm/capable")
int BPF_PROG(cordon_capable, const struct cred *cred, struct user_namespace *ns, int cap, unsigned int opts, int ret)
{
	u64 current = policy_current();
	struct subject *subject;

	if (ret)
		return ret;
	if (!current)
		return 0;
	/* adjtimex(2) sets the clock, and so do clocks of hardware, without the hook that is there for it. */
	if (cap == CAP_SYS_TIME && cordon_ask(current, CORDON_OP_KERNEL, CORDON_KERNEL_SETTIME))
		return -EPERM;
	/* Nor is there another one for a mount that is changed, or copied, without mount(2). */
	if (cap == CAP_SYS_ADMIN && changes_mounts() && cordon_ask(current, CORDON_OP_KERNEL, CORDON_KERNEL_MOUNT))
		return -EPERM;
	subject = ask_subject(current);
	if (subject && !(subject->active >> CORDON_OP_CAPABILITY & 1))
		return 0;
	return cordon_ask(current, CORDON_OP_CAPABILITY, cap) ? -EPERM : 0;
}

/* ---- mounts --------------------------------------------------------------------------------------- */

/* A name of up to eight bytes as the number that its memory is. */
#define NAME8(a, b, c, d, e, f, g, h)                                                                                  \
	((u64)(a) | (u64)(b) << 8 | (u64)(c) << 16 | (u64)(d) << 24 | (u64)(e) << 32 | (u64)(f) << 40 |               \
	 (u64)(g) << 48 | (u64)(h) << 56)

/* Is this a type of file system whose content is another machine's? (OrangeFS says that it is pvfs2.) */
static __noinline bool mount_network(u64 name)
{
	return name == NAME8('n', 'f', 's', 0, 0, 0, 0, 0) || name == NAME8('n', 'f', 's', '4', 0, 0, 0, 0) ||
	       name == NAME8('c', 'i', 'f', 's', 0, 0, 0, 0) || name == NAME8('s', 'm', 'b', '3', 0, 0, 0, 0) ||
	       name == NAME8('9', 'p', 0, 0, 0, 0, 0, 0) || name == NAME8('v', 'i', 'r', 't', 'i', 'o', 'f', 's') ||
	       name == NAME8('c', 'e', 'p', 'h', 0, 0, 0, 0) || name == NAME8('a', 'f', 's', 0, 0, 0, 0, 0) ||
	       name == NAME8('c', 'o', 'd', 'a', 0, 0, 0, 0) || name == NAME8('p', 'v', 'f', 's', '2', 0, 0, 0) ||
	       name == NAME8('o', 'c', 'f', 's', '2', 0, 0, 0) || name == NAME8('g', 'f', 's', '2', 0, 0, 0, 0) ||
	       name == NAME8('v', 'b', 'o', 'x', 's', 'f', 0, 0) || name == NAME8('v', 'm', 'h', 'g', 'f', 's', 0, 0) ||
	       name == NAME8('f', 'u', 's', 'e', 0, 0, 0, 0) || name == NAME8('f', 'u', 's', 'e', 'b', 'l', 'k', 0);
}

static __always_inline u32 mount_kind(const struct super_block *sb)
{
	char name[16] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(sb, s_type, name));
	return !name[8] && mount_network(*(u64 *)name) ? CORDON_KERNEL_MOUNT_NETWORK : NOTHING;
}

/* What is mounted has the place of what it covers: that is a new name, as its end is the end of one (sb_umount). */
static __noinline int mount_ask(const struct path *at, u32 covers)
{
	u64 to = (u64)at;

	if (number_ask(CORDON_OP_KERNEL, CORDON_KERNEL_MOUNT))
		return -EPERM;
	if (!covers)
		return 0;
	return name_ask(CORDON_OP_CREATE, (u64)BPF_CORE_READ((struct path *)to, dentry), (u64)BPF_CORE_READ((struct path *)to, mnt), 0);
}

SEC("lsm/sb_mount")
int BPF_PROG(cordon_sb_mount, const char *dev, const struct path *path, const char *type, unsigned long flags, void *data,
	     int ret)
{
	return ret ? ret : mount_ask(path, !(flags & MS_CHANGES));
}

SEC("lsm/move_mount")
int BPF_PROG(cordon_move_mount, const struct path *from, const struct path *to, int ret)
{
	return ret ? ret : mount_ask(to, 1);
}

NUMBER_HOOK(sb_remount, CORDON_KERNEL_MOUNT, struct super_block *sb, void *options)
NUMBER_HOOK(sb_pivotroot, CORDON_KERNEL_MOUNT, const struct path *old, const struct path *new_path)

/* Mounting by parts (fsopen(2) and its like) meets no other hook, and what it makes can be used without being put anywhere. */
SEC("lsm/sb_kern_mount")
int BPF_PROG(cordon_sb_kern_mount, const struct super_block *sb, int ret)
{
	u32 asked;

	if (ret)
		return ret;
	if (system_call() == NR_FSCONFIG && number_ask(CORDON_OP_KERNEL, CORDON_KERNEL_MOUNT))
		return -EPERM;
	asked = mount_kind(sb);
	return asked == NOTHING ? 0 : number_ask(CORDON_OP_KERNEL, asked);
}

/* And the file system's root goes from where it was: rules about its name hold, wherever it is mounted. */
SEC("lsm/sb_umount")
int BPF_PROG(cordon_sb_umount, struct vfsmount *mnt, int flags, int ret)
{
	if (ret)
		return ret;
	if (number_ask(CORDON_OP_KERNEL, CORDON_KERNEL_UMOUNT))
		return -EPERM;
	return name_ask(CORDON_OP_DELETE, (u64)BPF_CORE_READ(mnt, mnt_root), (u64)mnt, 0);
}

NUMBER_HOOK(path_chroot, CORDON_KERNEL_CHROOT, const struct path *path)

/* ---- code for the kernel, and its memory ---------------------------------------------------------- */

static __always_inline u32 read_kind(u32 id)
{
	if (id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE))
		return CORDON_KERNEL_MODULE;
	if (bpf_core_enum_value_exists(enum kernel_read_file_id___616, READING_MODULE_COMPRESSED) &&
	    id == bpf_core_enum_value(enum kernel_read_file_id___616, READING_MODULE_COMPRESSED))
		return CORDON_KERNEL_MODULE;
	if (id == bpf_core_enum_value(enum kernel_read_file_id, READING_KEXEC_IMAGE) ||
	    id == bpf_core_enum_value(enum kernel_read_file_id, READING_KEXEC_INITRAMFS))
		return CORDON_KERNEL_KEXEC;
	return NOTHING;
}

static __always_inline u32 load_kind(u32 id)
{
	if (id == bpf_core_enum_value(enum kernel_load_data_id, LOADING_MODULE))
		return CORDON_KERNEL_MODULE;
	if (id == bpf_core_enum_value(enum kernel_load_data_id, LOADING_KEXEC_IMAGE) ||
	    id == bpf_core_enum_value(enum kernel_load_data_id, LOADING_KEXEC_INITRAMFS))
		return CORDON_KERNEL_KEXEC;
	return NOTHING;
}

#define LOCKED(reason) (what == bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_##reason))

static __noinline u32 locked_kind(u32 what)
{
	if (LOCKED(KEXEC))
		return CORDON_KERNEL_KEXEC;
	if (LOCKED(TRACEFS) || LOCKED(KPROBES) || LOCKED(BPF_READ_KERNEL) || LOCKED(PERF))
		return CORDON_KERNEL_TRACE;
	if (LOCKED(DEV_MEM) || LOCKED(KCORE) || LOCKED(IOPORT) || LOCKED(MSR) || LOCKED(PCI_ACCESS) || LOCKED(ACPI_TABLES) ||
	    LOCKED(EFI_TEST) || LOCKED(PCMCIA_CIS) || LOCKED(TIOCSSERIAL) || LOCKED(MMIOTRACE) || LOCKED(XMON_RW))
		return CORDON_KERNEL_RAW_MEMORY;
	return NOTHING;
}

NUMBER_HOOK(kernel_read_file, read_kind(id), struct file *file, u32 id, bool contents)
NUMBER_HOOK(kernel_load_data, load_kind(id), u32 id, bool contents)
NUMBER_HOOK(kernel_module_request, CORDON_KERNEL_MODULE_REQUEST, char *name)
NUMBER_HOOK(locked_down, locked_kind(what), u32 what)

SEC("lsm/bpf")
int cordon_bpf(u64 *ctx)
{
	int ret = earlier(ctx);

	return ret ? ret : number_ask(CORDON_OP_KERNEL, CORDON_KERNEL_BPF);
}

SEC("lsm/perf_event_open")
int cordon_perf_event_open(u64 *ctx)
{
	int ret = earlier(ctx);

	return ret ? ret : number_ask(CORDON_OP_KERNEL, CORDON_KERNEL_PERF);
}

/* ---- other processes ------------------------------------------------------------------------------ */

/* pidfd_getfd(2) has no hook of its own: a file is received, and the system call says by which. */
static __always_inline u32 receive_kind(void)
{
	return system_call() == NR_PIDFD_GETFD ? CORDON_KERNEL_PIDFD_GETFD : NOTHING;
}

NUMBER_HOOK(ptrace_access_check, mode & PTRACE_MODE_ATTACH ? CORDON_KERNEL_PTRACE : NOTHING, struct task_struct *child,
	    unsigned int mode)
NUMBER_HOOK(ptrace_traceme, CORDON_KERNEL_PTRACE, struct task_struct *parent)
NUMBER_HOOK(file_receive, receive_kind(), struct file *file)
NUMBER_HOOK(userns_create, CORDON_KERNEL_USERNS, const struct cred *cred)

/* Another cgroup is another service; it is chosen by a descriptor, and nobody writes to its cgroup.procs. Which one is in memory of the
 * caller and not to be believed. */
SEC("lsm/task_alloc")
int BPF_PROG(cordon_into_cgroup, struct task_struct *child, unsigned long flags, int ret)
{
	if (ret)
		return ret;
	return flags & CLONE_INTO_CGROUP ? number_ask(CORDON_OP_KERNEL, CORDON_KERNEL_INTO_CGROUP) : 0;
}

/* ---- devices, channels, services of the kernel ---------------------------------------------------- */

static __always_inline u32 anonymous_kind(const struct qstr *name)
{
	char text[16] = {};

	bpf_probe_read_kernel_str(text, sizeof(text), BPF_CORE_READ(name, name));
	if (*(u64 *)text == NAME8('[', 'i', 'o', '_', 'u', 'r', 'i', 'n'))
		return CORDON_KERNEL_IO_URING;
	return *(u64 *)text == NAME8('[', 'u', 's', 'e', 'r', 'f', 'a', 'u') ? CORDON_KERNEL_USERFAULTFD : NOTHING;
}

/* What a device is commanded. A disk that takes commands as they are is opened as a character device of many kinds (nvme, ng, bsg). */
static __always_inline u32 command_kind(u32 cmd)
{
	switch (cmd) {
	case TIOCSTI:
	case TIOCLINUX:
		return CORDON_KERNEL_TERMINAL_INJECT;
	case SG_IO:
	case NVME_IOCTL_SUBMIT_IO:
	case NVME_IOCTL_ADMIN_CMD:
	case NVME_IOCTL_IO_CMD:
	case NVME_IOCTL_ADMIN64_CMD:
	case NVME_IOCTL_IO64_CMD:
	case NVME_IOCTL_IO64_CMD_VEC:
		return CORDON_KERNEL_RAW_DISK;
	case VHOST_NET_SET_BACKEND: /* a thread of the kernel sends on that socket from now on, past its hooks */
		return CORDON_KERNEL_TUN;
	}
	return NOTHING;
}

static __always_inline u32 ring_command_kind(u32 cmd)
{
	return cmd >= NVME_URING_CMD_IO && cmd <= NVME_URING_CMD_ADMIN_VEC ? CORDON_KERNEL_RAW_DISK : NOTHING;
}

NUMBER_HOOK(tun_dev_create, CORDON_KERNEL_TUN)
NUMBER_HOOK(tun_dev_attach_queue, CORDON_KERNEL_TUN, void *security)
NUMBER_HOOK(tun_dev_open, CORDON_KERNEL_TUN, void *security)
NUMBER_HOOK(inode_init_security_anon, anonymous_kind(name), struct inode *inode, const struct qstr *name,
	    const struct inode *context)
NUMBER_HOOK(uring_sqpoll, CORDON_KERNEL_IO_URING)
NUMBER_HOOK(uring_override_creds, CORDON_KERNEL_IO_URING, const struct cred *cred)
NUMBER_HOOK(uring_cmd, ring_command_kind(command->cmd_op), struct io_uring_cmd *command)
NUMBER_HOOK(key_permission, CORDON_KERNEL_KEYRING, void *key, const struct cred *cred, u32 need)
NUMBER_HOOK(key_alloc, CORDON_KERNEL_KEYRING, void *key, const struct cred *cred, unsigned long flags)
NUMBER_HOOK(ipc_permission, CORDON_KERNEL_SYSV_IPC, void *ipc, short flag)
NUMBER_HOOK(shm_alloc_security, CORDON_KERNEL_SYSV_IPC, void *ipc)
NUMBER_HOOK(sem_alloc_security, CORDON_KERNEL_SYSV_IPC, void *ipc)
NUMBER_HOOK(msg_queue_alloc_security, CORDON_KERNEL_SYSV_IPC, void *ipc)
NUMBER_HOOK(msg_msg_alloc_security, CORDON_KERNEL_MESSAGE_QUEUE, void *msg)
NUMBER_HOOK(file_ioctl, command_kind(cmd), struct file *file, unsigned int cmd, unsigned long arg)
NUMBER_HOOK(syslog, CORDON_KERNEL_SYSLOG, int type)
NUMBER_HOOK(settime, CORDON_KERNEL_SETTIME, const void *time, const void *zone)

SEC("?lsm/file_ioctl_compat")
int BPF_PROG(cordon_file_ioctl_compat, struct file *file, unsigned int cmd, unsigned long arg, int ret)
{
	u32 asked = command_kind(cmd);

	return ret || asked == NOTHING ? ret : number_ask(CORDON_OP_KERNEL, asked);
}

#endif
