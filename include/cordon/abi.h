/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one contract between the BPF programs (bpf/) and user space (src/): every map key, map value
 * and ring-buffer record has its shape here and nowhere else.
 *
 * Compiled three ways: for BPF (clang -target bpf, which has no libc), for the daemon, for tests. It
 * must never hold a pointer, a long, an enum-typed field or implicit padding. Whoever changes a shape
 * raises CORDON_ABI: a daemon takes over pinned maps only when it agrees with them.
 *
 * A rule is a bit
 * ---------------
 * The compiler splits the rules of a policy into *atoms* (who x operations x one product of object
 * dimensions). Atom n is bit n of every set. Sets are interned: equal sets have one id, and the
 * tables below map values to set ids. Set s occupies the rows [s * nchunks, (s + 1) * nchunks) of the
 * `sets` array:
 *
 *        row = s * meta.nchunks + c        struct cordon_chunk = 1,024 bits
 *        bit n of set s = sets[s * nchunks + n / 1024].word[(n % 1024) / 64] >> (n % 64) & 1
 *
 * Generations
 * -----------
 * Every per-policy table is the inner map of an array-of-maps with CORDON_SLOTS slots. The policy in
 * force is named by one 64-bit word, cordon_state.current = generation << 1 | slot, which a hook
 * reads once; 0 = no policy yet, everything is allowed. A publisher fills the slot that is not in
 * use and stores `current` last. A slot or table that is missing while current != 0 is a refusal.
 */
#ifndef CORDON_ABI_H
#define CORDON_ABI_H

#ifdef __BPF__
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef long long __s64;
#else
#include <linux/types.h>
#endif

#define CORDON_ABI 6u

#define CORDON_CHUNK_WORDS 16u
#define CORDON_CHUNK_RULES (CORDON_CHUNK_WORDS * 64u)
#define CORDON_CHUNKS_MAX  10u
#define CORDON_RULES_MAX   (CORDON_CHUNK_RULES * CORDON_CHUNKS_MAX)
#define CORDON_WORDS_MAX   (CORDON_CHUNK_WORDS * CORDON_CHUNKS_MAX)
#define CORDON_SLOTS       2u

/* Set ids that mean the same in every generation. */
#define CORDON_SET_ALL  0u /* every bit */
#define CORDON_SET_NONE 1u /* no bit */

/* No atom decided. */
#define CORDON_RULE_NONE 0xffffffffu

/* A name of up to this many bytes is looked up whole in `names`; a longer one, or one that a glob
 * could match, is run through the byte automaton. NAME_MAX of the kernel is 255. */
#define CORDON_LITERAL_MAX 32u
#define CORDON_NAME_MAX    255u
/* Components between an object and the root of its file system; deeper is refused and reported. */
#define CORDON_DEPTH_MAX   128u

/* Operations. An atom's operations are the sets meta.op[]. */
enum cordon_op {
	CORDON_OP_READ = 0,    /* open for reading */
	CORDON_OP_WRITE = 1,   /* open for writing anywhere in the file, truncate */
	CORDON_OP_APPEND = 2,  /* open O_APPEND; a right to write implies it */
	CORDON_OP_EXEC = 3,    /* execve, script interpreters and ELF interpreters too */
	CORDON_OP_REACH = 4,   /* connect to, or send to, a network destination */
	CORDON_OP_SOCKET = 5,  /* create a socket (family, type, protocol) */
	CORDON_OP_CREATE = 6,  /* a name comes to be: open O_CREAT, mkdir, mknod, symlink, a bound unix socket; the new
				* name of link and rename. The object is the place that gets the name */
	CORDON_OP_DELETE = 7,  /* a name goes: unlink, rmdir; the old name of rename, and what a rename replaces; the root
				* of a file system that is unmounted */
	CORDON_OP_ATTRIBUTES = 8, /* chmod, chown, utimes, setxattr, removexattr, ACLs; not the size (WRITE) */
	CORDON_OP_CONNECT = 9, /* connect or send to a unix socket: by its path, or by its abstract name (see
				* meta.abstract_start). Nameless peers (unbound, socketpair) are not asked about */
	CORDON_OP_BIND = 10,   /* a socket gets a local address: bind; ANY and port 0 as given */
	CORDON_OP_ACCEPT = 11, /* a connection comes in: the peer's address and port, accept's protocol */
	CORDON_OP_CAPABILITY = 12, /* use of a capability: value CORDON_DIM_CAPABILITY */
	CORDON_OP_KERNEL = 13, /* an operation on the kernel: value CORDON_DIM_OPERATION */
	CORDON_OP_COUNT = 14,
	/* No word of the language, and nothing is asked about it: the enforced permits to create packet sockets, by name. Who has
	 * one is judged by where each frame goes (bpf/frame.h). */
	CORDON_OP_FRAME = 14,
	CORDON_OP_MAX = 16,
};

/* Operations by their objects, as masks of 1 << op: a place in a file system; an address, port and protocol. */
#define CORDON_OPS_FILE                                                                              \
	(1u << CORDON_OP_READ | 1u << CORDON_OP_WRITE | 1u << CORDON_OP_APPEND | 1u << CORDON_OP_EXEC |  \
	 1u << CORDON_OP_CREATE | 1u << CORDON_OP_DELETE | 1u << CORDON_OP_ATTRIBUTES | 1u << CORDON_OP_CONNECT)
#define CORDON_OPS_NET (1u << CORDON_OP_REACH | 1u << CORDON_OP_BIND | 1u << CORDON_OP_ACCEPT)
/* What is done with a file's content: what link and rename must not gain (see cordon_node). */
#define CORDON_OPS_CONTENT                                                                           \
	(1u << CORDON_OP_READ | 1u << CORDON_OP_WRITE | 1u << CORDON_OP_APPEND | 1u << CORDON_OP_EXEC)

/* Dimensions that are looked up by value in `values`; a value that is not there has the set
 * meta.dflt[dim]. The key's `value` is the number in host order, zero-extended. */
enum cordon_dim {
	CORDON_DIM_UID = 0,      /* effective uid of the task's objective credentials */
	CORDON_DIM_GID = 1,      /* effective and supplementary gids: OR of the sets of all of them */
	CORDON_DIM_NOT_GID = 2,  /* the groups of `except`: AND of the sets of all gids */
	CORDON_DIM_FAMILY = 3,   /* socket(2) domain */
	CORDON_DIM_TYPE = 4,     /* socket(2) type without flags */
	CORDON_DIM_PROTOCOL = 5, /* socket(2) protocol as given (0 = default of the family) */
	CORDON_DIM_IPPROTO = 6,  /* sk_protocol of a socket that connects, sends, binds or accepts; vsock:
				  * CORDON_IPPROTO_VSOCK */
	CORDON_DIM_CAPABILITY = 7, /* its number in linux/capability.h */
	CORDON_DIM_OPERATION = 8,  /* enum cordon_kernel_operation */
	CORDON_DIM_RUID = 9,     /* real uid of the task's objective credentials */
	CORDON_DIM_LOGINUID = 10, /* task->loginuid; CORDON_LOGIN_UNSET: nobody logged in */
	CORDON_DIM_SESSION = 11, /* enum cordon_session */
	CORDON_DIM_COUNT = 12,
	CORDON_DIM_MAX = 16,
};

#define CORDON_LOGIN_UNSET 0xffffffffu

/*
 * Kinds of session. `SERVICE` is a task without an audit session (task->sessionid unset): no one logged in. The audit
 * session is set by pam_loginuid and cannot be unset or changed without CAP_AUDIT_CONTROL; but any task that has none may
 * take one, with the login uid that it likes. The other kinds are a mark in task storage, which fork passes on: exec of
 * a program whose place has cordon_node.session != 0, *while the task has no audit session*, sets the mark; from the login
 * on it is frozen, so a user who runs sshd himself changes nothing.
 *
 *     sessionid unset                       -> SERVICE
 *     set by a task without CAP_AUDIT_CONTROL -> SERVICE, and its login uid is unset as before
 *     set, and the mark was recorded        -> the mark, OTHER when no login program was seen
 *     set, and the task is older than the guard, or than the policy's first rule with sessions (no record of it or of
 *     any ancestor)                         -> UNKNOWN: every forbid that names sessions, no permit that does
 */
enum cordon_session {
	CORDON_SESSION_OTHER = 0,   /* cron, at, a user's own service manager, ... */
	CORDON_SESSION_SERVICE = 1,
	CORDON_SESSION_CONSOLE = 2, /* below login(1) or a display manager */
	CORDON_SESSION_SSH = 3,     /* below sshd */
	CORDON_SESSION_UNKNOWN = 4,
	CORDON_SESSION_COUNT = 5,
};

/* Operations on the kernel that open a way around the other rules. Behind each: the LSM hooks that see it. One request may
 * be asked about twice (a network file system is MOUNT and MOUNT_NETWORK): all must be allowed. */
enum cordon_kernel_operation {
	CORDON_KERNEL_MOUNT = 0,         /* sb_mount, sb_remount, sb_kern_mount, move_mount, sb_pivotroot; capable(SYS_ADMIN) inside
					  * mount_setattr(2) and open_tree(2) */
	CORDON_KERNEL_MOUNT_NETWORK = 1, /* sb_kern_mount: a type whose content is another machine's: nfs,
					  * nfs4, cifs, smb3, 9p, virtiofs, ceph, afs, coda, pvfs2, ocfs2, gfs2, vboxsf,
					  * vmhgfs, fuse, fuseblk */
	CORDON_KERNEL_UMOUNT = 2,        /* sb_umount */
	CORDON_KERNEL_CHROOT = 3,        /* path_chroot */
	CORDON_KERNEL_MODULE = 4,        /* kernel_read_file(MODULE), kernel_load_data(MODULE) */
	CORDON_KERNEL_MODULE_REQUEST = 5, /* kernel_module_request: the kernel would load one for this task */
	CORDON_KERNEL_BPF = 6,           /* bpf: every command */
	CORDON_KERNEL_PTRACE = 7,        /* ptrace_access_check in mode attach (process_vm_*, /proc/PID/mem,
					  * pidfd_getfd, too), ptrace_traceme */
	CORDON_KERNEL_PIDFD_GETFD = 8,   /* file_receive inside pidfd_getfd(2); PTRACE was asked before it */
	CORDON_KERNEL_KEXEC = 9,         /* kernel_read_file(KEXEC_*), kernel_load_data(KEXEC_*), locked_down(KEXEC) */
	CORDON_KERNEL_PERF = 10,         /* perf_event_open */
	CORDON_KERNEL_TRACE = 11,        /* locked_down(TRACEFS, KPROBES, BPF_READ_KERNEL, PERF) */
	CORDON_KERNEL_USERNS = 12,       /* userns_create */
	CORDON_KERNEL_TUN = 13,          /* tun_dev_create, tun_dev_attach_queue, tun_dev_open; file_ioctl: vhost-net */
	CORDON_KERNEL_RAW_DISK = 14,     /* file_open of a block device, of SCSI's character devices, of flash memory;
					  * file_ioctl, uring_cmd: commands that SCSI and NVMe disks take as they are */
	CORDON_KERNEL_RAW_MEMORY = 15,   /* locked_down(DEV_MEM, KCORE, IOPORT, MSR, PCI_ACCESS, ACPI_TABLES, ...) */
	CORDON_KERNEL_IO_URING = 16,     /* inode_init_security_anon("[io_uring]"), uring_sqpoll, uring_override_creds */
	CORDON_KERNEL_USERFAULTFD = 17,  /* inode_init_security_anon("[userfaultfd]") */
	CORDON_KERNEL_KEYRING = 18,      /* key_alloc, key_permission */
	CORDON_KERNEL_SYSV_IPC = 19,     /* ipc_permission, shm_alloc_security, msg_queue_alloc_security, sem_alloc_security */
	CORDON_KERNEL_MESSAGE_QUEUE = 20, /* msg_msg_alloc_security: a message of System V or POSIX is sent */
	CORDON_KERNEL_TERMINAL_INJECT = 21, /* file_ioctl(TIOCSTI, TIOCLINUX) */
	CORDON_KERNEL_SYSLOG = 22,       /* syslog */
	CORDON_KERNEL_SETTIME = 23,      /* settime */
	CORDON_KERNEL_INTO_CGROUP = 24,  /* task_alloc: a child that is born in another cgroup, clone3(CLONE_INTO_CGROUP) */
	CORDON_KERNEL_COUNT = 25,
};

/* Keys of `roots` that are no device number: whatever instance of this file system the policy does not know has the same
 * content as those that it knows. */
#define CORDON_ROOT_PROC 0xffffffffu
#define CORDON_ROOT_SYS  0xfffffffeu

/* Tries inside the one LPM map `prefixes`. */
enum cordon_trie {
	CORDON_TRIE_ADDR = 1, /* 128 bits; IPv4 a.b.c.d is ::ffff:a.b.c.d; vsock: CORDON_VSOCK_ADDR */
	CORDON_TRIE_PORT = 2, /* 16 bits, network order, in data[0..1]; the rest zero */
	CORDON_TRIE_PORT32 = 3, /* ports of vsock: 32 bits, network order, in data[0..3]; the rest zero */
};

/*
 * A vsock destination is an address like others: 96 bits of prefix, then the cid in network order. The prefix is inside
 * fe00::/9, which the IETF keeps reserved: no IPv6 unicast, multicast or special address is there, and the policy
 * language refuses networks that overlap it. Somebody may still give such an address to an IPv6 socket: that is why atoms
 * for vsock destinations hold the protocol CORDON_IPPROTO_VSOCK only, which no socket of IP has.
 */
#define CORDON_VSOCK_ADDR  { 0xfe, 0x00, 'v', 's', 'o', 'c', 'k', 0, 0, 0, 0, 0 }
#define CORDON_VSOCK_BITS  96u
#define CORDON_IPPROTO_VSOCK 0xff28u

/* ---- cordon_state: mapped by the daemon, read by every hook ---------------------------------- */

struct cordon_state {
	__u64 current;    /* generation << 1 | slot; 0 = no policy; stored last by the publisher */
	__u64 tree_epoch; /* raised by the kernel side at every rename of a directory */
	__u64 frames;     /* the network namespace whose frames are judged at every device: its devices as they were when the last
			   * of them had the program; 0 = none. Stored by the daemon */
	__u64 devices;    /* inode of a network namespace << 32 | how often its devices changed; stored by the kernel side when
			   * the daemon wants to know */
	__u64 last;       /* generation that was given last: none is given twice, though `current` may go back to an earlier one */
	__u64 no_accept;  /* a `current` whose policy has no rule about accepting; stored by the publisher before `current` */
};

/* ---- tables of one generation (inner maps) ---------------------------------------------------- */

/* Bits of meta.dims that are no enum cordon_dim. */
#define CORDON_USES_PROGRAMS  (1u << 16)
#define CORDON_USES_SERVICES  (1u << 17)
#define CORDON_USES_ANCESTORS (1u << 18)
#define CORDON_USES_FILES     (1u << 19)

/*
 * What the programs in bpf/ decide: who adds a hook or a dimension there adds its bit here, and not before. A policy that
 * needs more (meta.active, meta.dims) is refused when it is to be published: no clause is silently not enforced.
 */
#define CORDON_ENFORCED_OPS                                                                          \
	(1u << CORDON_OP_READ | 1u << CORDON_OP_WRITE | 1u << CORDON_OP_APPEND | 1u << CORDON_OP_EXEC |  \
	 1u << CORDON_OP_REACH | 1u << CORDON_OP_SOCKET | 1u << CORDON_OP_CAPABILITY | 1u << CORDON_OP_KERNEL | \
	 1u << CORDON_OP_CREATE | 1u << CORDON_OP_DELETE | 1u << CORDON_OP_ATTRIBUTES | \
	 1u << CORDON_OP_CONNECT | 1u << CORDON_OP_BIND | 1u << CORDON_OP_ACCEPT | 1u << CORDON_OP_FRAME)
#define CORDON_ENFORCED_DIMS                                                                         \
	(1u << CORDON_DIM_UID | 1u << CORDON_DIM_GID | 1u << CORDON_DIM_NOT_GID |                        \
	 1u << CORDON_DIM_FAMILY | 1u << CORDON_DIM_TYPE | 1u << CORDON_DIM_PROTOCOL |                   \
	 1u << CORDON_DIM_IPPROTO | 1u << CORDON_DIM_CAPABILITY | 1u << CORDON_DIM_OPERATION |           \
	 1u << CORDON_DIM_RUID | 1u << CORDON_DIM_LOGINUID | 1u << CORDON_DIM_SESSION |                  \
	 CORDON_USES_PROGRAMS | CORDON_USES_SERVICES | CORDON_USES_ANCESTORS | CORDON_USES_FILES)

/* meta: ARRAY of one. */
struct cordon_meta {
	__u64 generation;             /* equals cordon_state.current >> 1 */
	__u32 abi;                    /* CORDON_ABI */
	__u32 nrules;                 /* atoms, 0..CORDON_RULES_MAX */
	__u32 nchunks;                /* 1..CORDON_CHUNKS_MAX */
	__u32 active;                 /* bit op set: some atom has that operation */
	__u32 dims;                   /* bit dim set: some atom names values of it, or (CORDON_USES_*) places. Clear:
				       * the dimension's sets are all CORDON_SET_ALL and need not be looked up */
	__u32 abstract_start;         /* automaton state above the abstract names of unix sockets: one component, the
				       * bytes after the leading NUL, any of them ('/' and NUL, too), as long as the
				       * address says; the set is that state's `file` */
	__u32 permit;                 /* set: atoms of permit rules (all others forbid) */
	__u32 enforce;                /* set: atoms of rules in mode enforce (all others audit) */
	__u32 op[CORDON_OP_MAX];      /* set of the atoms with that operation */
	__u32 dflt[CORDON_DIM_MAX];   /* set for a value that `values` does not hold */
	__u32 addr_dflt;              /* set for an address no prefix covers */
	__u32 port_dflt;              /* same for a port */
	__u32 addr_unknown;           /* destination that cannot be known (family, routing header, cork):
	                               * every forbid, no permit */
	__u32 file_unknown;           /* object whose place in the tree cannot be known: every forbid
	                               * that could mean it, no permit */
	__u32 file_nameless;          /* memfd, pipe, anonymous: atoms that name no file */
	__u32 file_foreign;           /* AND-ed for a file system mounted by an unprivileged user
	                               * namespace: every forbid, and the permits that name no file */
	__u32 prog_unknown;           /* program identity lost: atoms that name no program, and forbids */
	__u32 cgroup_start;           /* automaton state of the cgroup hierarchy's root */
	__u32 ancestor_unknown;       /* `ancestor` of a program in the line that is not known, or of a line without
				       * a program: atoms that name no ancestors, and forbids */
	__u32 not_ancestor_unknown;   /* its `not_ancestor`: all but the permits that except ancestors */
	__u32 pad;                    /* 0 */
	__u32 ncolumns;               /* columns of `bytes`: character classes + 1 (end of name) */
	__u8  byte_class[256];        /* byte -> class, < ncolumns - 1 */
};

/* sets: ARRAY (BPF_F_INNER_MAP) of rows. */
struct cordon_chunk {
	__u64 word[CORDON_CHUNK_WORDS];
};

/* values: HASH -> __u32 set id. */
struct cordon_value_key {
	__u32 dim; /* enum cordon_dim */
	__u32 pad; /* 0 */
	__u64 value;
};

/* prefixes: LPM_TRIE -> __u32 set id. Every entry holds what its shorter prefixes hold, too. */
struct cordon_prefix_key {
	__u32 prefixlen; /* 32 + bits of data; a look-up gives 32 + 128 or 32 + 16 */
	__u32 trie;      /* enum cordon_trie */
	__u8  data[16];
};

/*
 * The automaton over names: one state is left, per component of a path from the root of its file
 * system (or of the cgroup hierarchy) to the object, like this:
 *
 *     names[{state, len, name}]          if it is there (len <= CORDON_LITERAL_MAX)
 *     else, if states[state].glob != 0:  run `bytes` from row glob over the bytes, then column END
 *     else states[state].next
 *
 * State 0 is the dead state: no rule names anything below it; it leads to itself.
 *
 * A name is sure where the kernel compares names by their bytes. Where it does not (a directory that folds case, vfat), a file has
 * many names, and the one at hand is somebody's spelling: from the first of them on no name is read, and the state is `unsure` of the
 * state of that directory.
 */
/* names: HASH -> __u32 next state. */
struct cordon_name_key {
	__u32 state;
	__u32 len;                      /* bytes of name that count; the rest is zero */
	char  name[CORDON_LITERAL_MAX];
};

/*
 * states: ARRAY (BPF_F_INNER_MAP).
 *
 * link and rename ask, besides CREATE of the new name and DELETE of the old, that nothing is gained: what the subject may
 * not do with the object where it is (an operation of CORDON_OPS_CONTENT), it may not do where it would be. For an object
 * that is no directory decide() is asked for each such operation at both places: denied there and allowed here is a
 * refusal. For a directory, whose names move with it, and when the two places' states differ, a refusal is an atom that is not
 * in both floating(old) and floating(new), and is
 *     an enforced forbid, of the subject and such an operation, in beneath(old) and not in whole(new)
 *     an enforced permit, of the subject and such an operation, in beneath(new) and not in whole(old)
 * Equal states: the same rules hold below both. image_moves() (src/policy/image.h) is the reference.
 */
struct cordon_node {
	__u32 file;   /* set: the atoms whose `files` hold an object that ends here, and those without */
	__u32 runs;   /* set: `file` for what is run from a file system of somebody's own, who gives it what place he likes: exceptions
		       * of forbids do not count */
	__u32 prog;   /* set: the same for `programs` */
	__u32 cgroup; /* set: the same for `services` */
	__u32 beneath; /* set: the atoms whose `files` could hold an object here or anywhere below, and those without */
	__u32 whole;  /* set: the atoms whose `files` hold every object here and below, whatever its name */
	__u32 floating; /* set: the atoms that hold the same names below all places that have them here: by globs that begin with "**" */
	__u32 ancestor; /* set: for `ancestors`, OR-ed over the programs of the task and its ancestors */
	__u32 not_ancestor; /* set: the ancestors of `except`, AND-ed over the same programs */
	__u32 session; /* enum cordon_session of those who log in by this program; 0: it logs nobody in */
	__u32 next;   /* state after a name that nothing else matches */
	__u32 glob;   /* first row of the byte automaton, 0 = none */
	__u32 unsure; /* state of what is below and has names that are not sure: every forbid that could hold something there, permits only
		       * that hold all of it, in every kind of place */
};

/* bytes: ARRAY (BPF_F_INNER_MAP) of __u32. Entry [row * ncolumns + byte_class[b]] is the next row;
 * entry [row * ncolumns + ncolumns - 1] is the next automaton *state* at the end of the name. Row 0
 * is not used. */

/* roots: HASH dev_t (kernel encoding: major << 20 | minor) -> struct cordon_root. */
struct cordon_root {
	__u32 state; /* automaton state of the superblock's root */
	__u32 flags; /* 0 */
};

/* ---- events ----------------------------------------------------------------------------------- */

enum cordon_event_kind {
	CORDON_EVENT_DENY = 1,       /* refused */
	CORDON_EVENT_WOULD_DENY = 2, /* let through; a rule in mode audit would have refused */
};

/* Why, when it was no rule alone. */
enum cordon_reason {
	CORDON_REASON_FORBID = 1,   /* a forbid rule matches: `rule` */
	CORDON_REASON_CLOSED = 2,   /* a permit rule closes this, and none matches: `rule` closes */
	CORDON_REASON_TOO_DEEP = 3, /* more than CORDON_DEPTH_MAX components */
	CORDON_REASON_NAME = 4,     /* a name could not be read */
	CORDON_REASON_MEMORY = 5,   /* no memory for the state of a task or socket */
	CORDON_REASON_TABLES = 6,   /* the tables of the generation in force are missing or damaged */
	CORDON_REASON_SENDER = 7,   /* of a packet: whoever made it did not send under the policy in force */
	CORDON_REASON_PROGRAM = 8,  /* the process says that its program is another than was executed (prctl), and rules name programs */
};

#define CORDON_CHAIN_FILE 448
#define CORDON_CHAIN_EXE  224
#define CORDON_CHAIN_UNIT 128
#define CORDON_COMM       16

/* Flags of an event. */
#define CORDON_EV_FILE_CUT  0x1 /* the chain did not fit: leading directories are missing */
#define CORDON_EV_EXE_CUT   0x2
#define CORDON_EV_UNIT_CUT  0x4
#define CORDON_EV_UNKNOWN   0x8 /* the object's place or destination could not be known */
#define CORDON_EV_KTHREAD   0x10
#define CORDON_EV_ABSTRACT  0x20 /* the object is a unix socket's abstract name: `file` holds its bytes, not a chain */
#define CORDON_EV_WIRE      0x40 /* of a packet: the object is where it would have gone; pid, tid, uid and comm are of who
				  * sent last on its socket, 0 and "" when nobody did, and nothing else is known of them */

/*
 * One record of the ring buffer `events`. Sequence numbers are per CPU and count every event, the
 * lost ones too: a gap is a loss, and `lost` says how many that CPU has lost since it was started.
 * A chain is the names from the object up to the root of its file system, each followed by NUL:
 * "key\0payroll\0srv\0"; the superblock's device goes with it.
 */
struct cordon_event {
	__u16 abi;  /* CORDON_ABI */
	__u16 size; /* sizeof(struct cordon_event) */
	__u8  kind; /* enum cordon_event_kind */
	__u8  op;   /* enum cordon_op */
	__u8  reason;
	__u8  flags;
	__u32 cpu;
	__u32 rule; /* atom that decided, or CORDON_RULE_NONE */
	__u64 seq;
	__u64 lost;
	__u64 ktime;      /* CLOCK_BOOTTIME, ns */
	__u64 generation;
	__u64 cgroup_id;
	__u32 pid; /* thread group, initial namespace */
	__u32 tid;
	__u32 ppid;
	__u32 uid;
	__u32 euid;
	__u32 gid; /* effective */
	__u32 loginuid;
	__u32 sessionid;
	char  comm[CORDON_COMM];
	/* Object: a file (CORDON_OPS_FILE), an address (CORDON_OPS_NET), a socket, or a number. */
	__u32 file_dev;
	__u32 exe_dev;
	__u64 file_ino;
	__u16 family; /* AF_* */
	__u16 type;   /* SOCK_* */
	__u16 protocol;
	__u16 file_len; /* bytes used in the chains */
	__u8  addr[16]; /* as in CORDON_TRIE_ADDR: v4 as ::ffff:a.b.c.d */
	__u32 port;   /* host order */
	__u32 number; /* CAPABILITY: which; KERNEL: enum cordon_kernel_operation */
	__u16 exe_len;
	__u16 unit_len;
	__u16 file_unsure; /* so many names of the chain, from the object up, are not sure */
	__u16 exe_unsure;
	char  file[CORDON_CHAIN_FILE];
	char  exe[CORDON_CHAIN_EXE];
	char  unit[CORDON_CHAIN_UNIT];
};

/* What became of requests for one operation. */
struct cordon_counted {
	__u64 decided; /* by rules, not from what was permitted before */
	__u64 denied;
	__u64 would_deny;
};

/* counters: PERCPU_ARRAY of one. */
struct cordon_counters {
	__u64 seq;    /* last sequence number given */
	__u64 lost;   /* events that found the ring buffer full */
	__u64 cached; /* requests answered from what was permitted before, but for those that the file or socket itself answers */
	__u64 faults; /* refusals for want of memory, depth, names or tables */
	struct cordon_counted of[CORDON_OP_MAX]; /* by operation */
};

#define CORDON_STATIC_ASSERT(c, what) _Static_assert(c, what)
CORDON_STATIC_ASSERT(sizeof(struct cordon_chunk) == 128, "chunk");
CORDON_STATIC_ASSERT(sizeof(struct cordon_value_key) == 16, "value key has no padding");
CORDON_STATIC_ASSERT(sizeof(struct cordon_prefix_key) == 24, "prefix key has no padding");
CORDON_STATIC_ASSERT(sizeof(struct cordon_name_key) == 40, "name key has no padding");
CORDON_STATIC_ASSERT(sizeof(struct cordon_node) == 52, "node has no padding");
CORDON_STATIC_ASSERT(sizeof(struct cordon_meta) == 8 + 8 * 4 + 32 * 4 + 12 * 4 + 256, "meta has no padding");
CORDON_STATIC_ASSERT(sizeof(struct cordon_event) == 160 + 448 + 224 + 128, "event has no padding");
CORDON_STATIC_ASSERT(CORDON_WORDS_MAX * 64 == CORDON_RULES_MAX, "words hold the rules");

#endif
