/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel as far as the guard looks at it: every structure, field and constant that is trusted, by hand, so that
 * it fits on a few screens. Offsets are relocated when the object is loaded (CO-RE); a field that differs between
 * kernels has a flavour (name___suffix) and is chosen by bpf_core_field_exists().
 *
 * Constants are kernel ABI or have had their value since before 6.1; where from is said at the line.
 */
#ifndef CORDON_BPF_KERNEL_H
#define CORDON_BPF_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include <cordon/abi.h>
#define cordon_function __noinline
#include <cordon/decide.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

/* uapi errno, and the answers of the guard: files and exec EACCES, sockets and network EPERM. */
#define EPERM  1
#define ENOMEM 12
#define EACCES 13
#define ERRNO_MAX 4095

/* CORDON_VSOCK_ADDR as memory holds it: fe00:7673:6f63:6b00::, the cid behind it. */
#define VSOCK_ADDR_HIGH 0x006b636f737600feull
#define VSOCK_ADDR_LOW  0ull

/* include/linux/fs.h */
#define FMODE_READ   0x1u
#define FMODE_WRITE  0x2u
#define FMODE_EXEC   0x20u /* also __FMODE_EXEC in f_flags: opened to be executed */
#define MAY_WRITE    0x2
#define MAY_READ     0x4
#define PROC_SUPER_MAGIC 0x9fa0u /* uapi/linux/magic.h */
#define SYSFS_MAGIC      0x62656572u
/* uapi/linux/mount.h: the mount that is there is changed: remounted, or made shared, a slave, private, unbindable */
#define MS_CHANGES   (1ul << 5 | 1ul << 17 | 1ul << 18 | 1ul << 19 | 1ul << 20)
#define SB_NOUSER    (1ull << 31) /* no path leads into this superblock: pipes, sockets, memfd, anon inodes */
#define SB_KERNMOUNT (1ull << 22) /* mounted by the kernel for itself */

/* uapi/asm-generic/fcntl.h, uapi/linux/stat.h */
#define O_TRUNC  01000u
#define O_ACCMODE    3u
#define O_APPEND 02000u
#define F_SETFL  4u
#define S_IFMT   0170000
#define S_IFSOCK 0140000
#define S_IFCHR  0020000
#define S_IFDIR  0040000
#define S_IFBLK  0060000
#define PROT_EXEC 0x4ul
#define S_CASEFOLD (1u << 15)  /* linux/fs.h: names in this directory are compared by case folding */
#define DCACHE_OP_HASH 0x1u    /* linux/dcache.h: names below are hashed by a function of the file system's own */

/* linux/fs.h, ATTR_*; uapi/linux/fs.h */
#define ATTR_MODE  0x001u
#define ATTR_UID   0x002u
#define ATTR_GID   0x004u
#define ATTR_SIZE  0x008u
#define ATTR_ATIME 0x010u
#define ATTR_MTIME 0x020u
#define ATTR_FORCE 0x200u
#define RENAME_EXCHANGE 2u
#define FSNOTIFY_OBJ_TYPE_INODE 0u /* linux/fsnotify_backend.h; others are a mount, a file system */

/* include/linux/sched.h */
#define PF_IO_WORKER 0x10u
#define PF_EXITING 0x00000004u
#define PF_KTHREAD 0x00200000u

/* linux/socket.h, linux/net.h, uapi in.h, in6.h, linux/udp.h */
#define AF_UNSPEC  0
#define AF_UNIX    1
#define AF_INET    2
#define AF_INET6   10
#define AF_NETLINK 16
#define AF_PACKET  17
#define AF_ALG     38
#define AF_VSOCK   40
#define SOCK_STREAM 1
#define SOCK_DGRAM  2
#define SOCK_RAW    3
#define IPPROTO_ICMP    1
#define IPPROTO_TCP     6
#define IPPROTO_UDP     17
#define IPPROTO_ICMPV6  58
#define IPPROTO_UDPLITE 136
#define IPPROTO_IGMP    2
#define IPPROTO_DCCP    33
#define IPPROTO_SCTP    132
#define IPPROTO_L2TP    115
#define TCP_ESTABLISHED 1
#define TCP_CLOSE       7
#define TCP_LISTEN      10
#define TCP_ZEROCOPY_RECEIVE 35 /* uapi/linux/tcp.h */
#define MSG_FASTOPEN    0x20000000u
#define SOL_IP   0
#define SOL_IPV6 41
#define SOL_PACKET 263
#define PACKET_QDISC_BYPASS 20 /* uapi/linux/if_packet.h */
#define IP_RETOPTS      7
#define IPV6_2292PKTOPTIONS 6
#define IPV6_2292RTHDR  5
#define IPV6_FLOWINFO   11
#define IPV6_RTHDR      57

/* uapi/linux/if_ether.h, IPv6 extension headers (RFC 8200, 4302), flags of TCP */
#define ETH_P_IP   0x0800
#define ETH_P_IPV6 0x86dd
#define ETH_P_8021Q  0x8100
#define ETH_P_8021AD 0x88a8
#define ARPHRD_ETHER    1   /* uapi/linux/if_arp.h */
#define ARPHRD_LOOPBACK 772
#define CHECKSUM_PARTIAL 3  /* linux/skbuff.h */
#define NEXT_HOP_BY_HOP  0
#define NEXT_ROUTING     43
#define NEXT_FRAGMENT    44
#define NEXT_AUTH        51
#define NEXT_DESTINATION 60
#define NEXT_NONE        59
#define FRAGMENT_OFFSET  0x1fff
#define TCP_FLAG_SYN 0x02
#define TCP_FLAG_ACK 0x10

/* linux/ptrace.h, uapi asm-generic/ioctls.h, arch/x86/entry/syscalls/syscall_64.tbl */
#define PTRACE_MODE_ATTACH 0x02u
#define TIOCSTI        0x5412u
#define TIOCLINUX      0x541cu
/* uapi/linux/major.h: character devices that are disks, or flash memory; include/linux/kdev_t.h */
#define MAJOR(device)      ((device) >> 20)
#define SCSI_GENERIC_MAJOR 21
#define MTD_CHAR_MAJOR     90
/* uapi scsi/sg.h, linux/nvme_ioctl.h: what a disk is commanded with as it is, by ioctl and by io_uring */
#define SG_IO                   0x2285u
#define NVME_IOCTL_SUBMIT_IO    0x40304e42u
#define NVME_IOCTL_ADMIN_CMD    0xc0484e41u
#define NVME_IOCTL_IO_CMD       0xc0484e43u
#define NVME_IOCTL_ADMIN64_CMD  0xc0504e47u
#define NVME_IOCTL_IO64_CMD     0xc0504e48u
#define NVME_IOCTL_IO64_CMD_VEC 0xc0504e49u
#define NVME_URING_CMD_IO        0xc0484e80u
#define NVME_URING_CMD_IO_VEC    0xc0484e81u
#define NVME_URING_CMD_ADMIN     0xc0484e82u
#define NVME_URING_CMD_ADMIN_VEC 0xc0484e83u
#define VHOST_NET_SET_BACKEND 0x4008af30u /* uapi/linux/vhost.h */
#define X32_SYSCALL_BIT   0x40000000u
#define NR_OPEN_TREE      428
#define NR_FSCONFIG       431
#define NR_PIDFD_GETFD    438
#define NR_MOUNT_SETATTR  442
#define NR_OPEN_TREE_ATTR 467
#define CAP_SYS_ADMIN  21 /* linux/capability.h */
#define CAP_SYS_TIME   25

/* uapi/linux/sched.h; uapi/linux/btrfs.h: kind and number of commands, without the size of what they are given */
#define CLONE_INTO_CGROUP 0x200000000ull
#define BTRFS_SNAP_CREATE       0x9401u
#define BTRFS_SUBVOL_CREATE     0x940eu
#define BTRFS_SNAP_DESTROY      0x940fu
#define EXT4_MOVE_EXTENTS       0x660fu
#define F2FS_MOVE_RANGE         0xf509u
#define BTRFS_TREE_SEARCH       0x9411u
#define BTRFS_SNAP_CREATE_V2    0x9417u
#define BTRFS_SUBVOL_CREATE_V2  0x9418u
#define BTRFS_SEND              0x9426u
#define BTRFS_SNAP_DESTROY_V2   0x943fu

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct { u32 val; } kuid_t;
typedef struct { u32 val; } kgid_t;

struct user_namespace {
	int level;
	struct user_namespace *parent;
	kuid_t owner;
};

struct group_info {
	int ngroups;
	kgid_t gid[0];
};

typedef struct {
	u64 val; /* include/linux/capability.h; before 6.3 two halves, the lower one first */
} kernel_cap_t;

struct cred {
	kuid_t uid, euid;
	kgid_t gid, egid;
	kernel_cap_t cap_effective;
	struct user_namespace *user_ns;
	struct group_info *group_info;
};

struct inode;
struct dentry;
struct super_block;

struct qstr {
	u32 hash, len;
	const unsigned char *name;
};

struct seqcount { u32 sequence; };
typedef struct seqcount seqcount_t;
struct seqcount_spinlock { seqcount_t seqcount; };
typedef struct seqcount_spinlock seqcount_spinlock_t;

struct dentry_operations {
	int (*d_revalidate)(struct dentry *dentry, unsigned flags);
};

struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_head { struct hlist_node *first; };

struct dentry {
	unsigned int d_flags;
	seqcount_spinlock_t d_seq; /* odd while the dentry moves, another even number after it */
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	const struct dentry_operations *d_op;
	struct super_block *d_sb;
	union { struct hlist_node d_alias; } d_u; /* until 7.1 */
};
struct dentry___71 { struct hlist_node d_alias; };

struct file_system_type { const char *name; };

struct super_block {
	u32 s_dev;
	unsigned long s_magic;
	struct file_system_type *s_type;
	unsigned long s_flags;
	struct dentry *s_root;
	struct user_namespace *s_user_ns;
	struct unicode_map *s_encoding; /* where CONFIG_UNICODE is set */
};

struct inode {
	u16 i_mode;
	unsigned int i_flags;
	unsigned int i_nlink;
	u32 i_rdev;
	u32 i_generation;
	unsigned long i_ino;
	struct super_block *i_sb;
	struct hlist_head i_dentry;
};

struct iattr { unsigned int ia_valid; };

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
};
struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	u32 f_flags;
	u32 f_mode;
};

struct vm_area_struct { struct file *vm_file; };

struct kernfs_node {
	struct kernfs_node *parent;
	const char *name;
	u64 id;
};
struct kernfs_node___615 { struct kernfs_node *__parent; }; /* 6.15: the field is protected by RCU */

struct cgroup { struct kernfs_node *kn; };
struct css_set { struct cgroup *dfl_cgrp; };
struct sock_cgroup_data { struct cgroup *cgroup; }; /* of who made a socket */
struct mm_struct { struct file *exe_file; };

struct ns_common { unsigned inum; };
struct net {
	unsigned dev_base_seq; /* counts devices that come and go */
	struct ns_common ns;
};
typedef struct { struct net *net; } possible_net_t;
struct nsproxy { struct net *net_ns; };

struct task_struct {
	u32 flags;
	int pid, tgid;
	struct nsproxy *nsproxy;
	struct mm_struct *mm;
	struct task_struct *real_parent;
	u64 start_boottime;
	u64 parent_exec_id, self_exec_id; /* programs executed: by its line up to the fork it is from, and up to now */
	const struct cred *real_cred;
	const struct cred *cred;
	struct css_set *cgroups;
	kuid_t loginuid;
	u32 sessionid;
	char comm[CORDON_COMM];
};

struct linux_binprm { struct file *executable; }; /* linux/binfmts.h */
struct io_uring_cmd { u32 cmd_op; }; /* linux/io_uring/cmd.h, before 6.8 linux/io_uring.h */

struct in6_addr {
	union { u8 u6_addr8[16]; } in6_u;
};

typedef struct { __s64 counter; } atomic64_t;
struct sock_common {
	atomic64_t skc_cookie; /* 0 = not given yet */
	unsigned int skc_hash;
	struct hlist_node skc_bind_node; /* in the list of sockets that bound a path (AF_UNIX) */
	u16 skc_family;
	volatile unsigned char skc_state;
	__be32 skc_daddr;
	__be16 skc_dport;
	u16 skc_num; /* local port, host order */
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};
struct sk_buff_head { u32 qlen; };
typedef struct { struct { int counter; } refs; } refcount_t;
struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_write_queue; /* of UDP: a datagram that is being put together */
	refcount_t sk_wmem_alloc; /* shares in its memory: one of its own, and packets that are on their way */
	u16 sk_type, sk_protocol;
	kuid_t sk_uid;            /* of its file */
	struct sock_cgroup_data sk_cgrp_data;
	u8 sk_kern_sock : 1;      /* made by the kernel, for itself */
};
struct socket {
	short type;
	struct sock *sk;
};

struct pt_regs { unsigned long orig_ax; };

struct sockaddr_un { u16 sun_family; };
struct unix_address {
	int len;      /* with the family */
	struct sockaddr_un name[0];
};
struct unix_sock {
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
};

/* include/net/af_unix.h: up to here skc_hash is by the socket itself, or by the file it bound; above by the abstract name it bound */
#define UNIX_HASH_MOD 255u

struct ip_options { unsigned char srr; };
struct ip_options_rcu { struct ip_options opt; };
struct ipv6_rt_hdr;
struct ipv6_txoptions { struct ipv6_rt_hdr *srcrt; };
struct ipv6_pinfo { struct ipv6_txoptions *opt; };

union flowi_uli { struct { __be16 dport; } ports; };
struct flowi4 { __be32 daddr; union flowi_uli uli; };
struct flowi6 { struct in6_addr daddr; union flowi_uli uli; };
struct flowi { union { struct flowi4 ip4; struct flowi6 ip6; } u; };
struct inet_cork_full { struct flowi fl; };
struct inet_sock {
	struct ipv6_pinfo *pinet6;
	struct ip_options_rcu *inet_opt;
	struct inet_cork_full cork;
};
struct udp_sock { int pending; };
struct inet_connection_sock { struct inet_sock icsk_inet; };
struct tcp_sock {
	struct inet_connection_sock inet_conn;
	bool is_mptcp;
};
struct packet_sock { unsigned long flags; };

struct net_device { unsigned short type; };
struct sk_buff {
	struct net_device *dev;
	u8 ip_summed : 2;
	u16 inner_network_header;
	u16 network_header;
	unsigned char *head, *data;
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
	u32 msg_flags;
	void *msg_control;
	unsigned long msg_controllen;
};

#pragma clang attribute pop

/* Relocated by name (bpf_core_enum_value()); the numbers here mean nothing. */
enum packet_sock_flags { PACKET_SOCK_QDISC_BYPASS }; /* before 6.4 no flag: a function pointer */
enum kernel_read_file_id { READING_MODULE, READING_KEXEC_IMAGE, READING_KEXEC_INITRAMFS };
enum kernel_read_file_id___616 { READING_MODULE_COMPRESSED };
enum kernel_load_data_id { LOADING_MODULE, LOADING_KEXEC_IMAGE, LOADING_KEXEC_INITRAMFS };
enum lockdown_reason {
	LOCKDOWN_DEV_MEM, LOCKDOWN_EFI_TEST, LOCKDOWN_KEXEC, LOCKDOWN_PCI_ACCESS, LOCKDOWN_IOPORT, LOCKDOWN_MSR,
	LOCKDOWN_ACPI_TABLES, LOCKDOWN_PCMCIA_CIS, LOCKDOWN_TIOCSSERIAL, LOCKDOWN_MMIOTRACE, LOCKDOWN_XMON_RW,
	LOCKDOWN_KCORE, LOCKDOWN_KPROBES, LOCKDOWN_BPF_READ_KERNEL, LOCKDOWN_PERF, LOCKDOWN_TRACEFS,
};

/* Wire and user formats: fixed, never relocated. */
struct sockaddr; /* only ever read through these: */
struct name4 {
	u16 family;
	__be16 port;
	__be32 addr;
};
struct name6 {
	u16 family;
	__be16 port;
	__be32 flowinfo;
	u8 addr[16];
};
struct name_vsock { /* struct sockaddr_vm; 4 bytes of nothing follow */
	u16 family, reserved;
	u32 port, cid;
	u32 rest;
};
struct header4 {
	u8 version_length, service;
	__be16 len, id, fragment; /* 3 bits of flags, 13 of the offset */
	u8 ttl, protocol;
	__be16 check;
	__be32 from, to;
};
struct header6 {
	__be32 flow;
	__be16 len;
	u8 next, hops;
	u64 from[2], to[2];
};
struct header_tcp {
	__be16 from, to;
	__be32 seq, ack;
	u8 length, flags;
	__be16 window;
};
struct control_header { /* struct cmsghdr of a 64-bit kernel */
	u64 len;
	u32 level, type;
};

#endif
