/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The facts of the VM suite: one request of one subject each, tried in a process of its own.
 *
 * Without a guard every fact must succeed and its bytes must arrive at the second host (otherwise it could never
 * have leaked, and a refusal would prove nothing); with the guard and policies/suite.yaml it must give `want`.
 * The program only tries and says what happened, one line per fact; who called it compares with the counts of the
 * second host and with the guard's events (tests/vm/suite.test).
 */
#ifndef PROBE_H
#define PROBE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The second host. The policy's closed subjects may reach GOOD only. */
#define GOOD4 "10.99.0.2"
#define BAD4  "10.99.0.3"
#define GOOD6 "fd00:99::2"
#define BAD6  "fd00:99::3"

#define TOKEN      "TKcordon42" /* what a network fact sends */
#define TOKEN_SIZE (sizeof(TOKEN) - 1)

#define APPS "/opt/apps"

struct ctx;

/* Who asks. 0 means: as root is. */
struct subject {
	unsigned uid, gid;
	unsigned group;      /* one supplementary group */
	const char *cgroup;  /* below the hierarchy's root */
	const char *program; /* executable that carries the request out */
	bool caps;           /* keeps root's capabilities over the change of uid */
};

enum fact_flags {
	FACT_FS = 1 << 0,       /* tried on tmpfs and on ext4; paths are below that folder */
	FACT_NET = 1 << 1,      /* has a port of its own; bytes arrive at .to, or none */
	FACT_SMOKE = 1 << 2,    /* tried again in the later stages */
	FACT_NO_BARE = 1 << 3,  /* without the guard the kernel may refuse, but not with EPERM: not every kernel has it */
	FACT_ICMP = 1 << 5,     /* the protocol has no ports: bytes are counted by address */
	FACT_WIRE = 1 << 4,     /* no program over there listens on the port: the wire counts */
};

struct fact {
	const char *name;
	int (*run)(struct ctx *ctx); /* 0 or -errno of the request itself */
	struct subject who;
	int want;         /* 0, -EACCES or -EPERM */
	const char *rule; /* of the event of a refusal */
	const char *op;
	const char *path, *path2;
	const char *to;   /* where the bytes would arrive */
	unsigned short port;
	int family, type, protocol; /* socket facts */
	unsigned flags;
};

struct ctx {
	const struct fact *fact;
	const char *fs;       /* "/mnt/tmpfs" or "/mnt/ext4", "" for facts without FACT_FS */
	unsigned short port;
	pid_t actor;          /* the process whose event is expected; the fact may set it */
	int result;           /* pipe to the runner */
};

/* Tables, one per file of facts; each ends with a fact without a name. */
extern const struct fact file_facts[], tree_facts[], exec_facts[], subject_facts[], stream_facts[], datagram_facts[],
	socket_facts[], hand_facts[], raw_facts[], way_facts[], kernel_facts[], name_facts[], accept_facts[],
	xdp_facts[];

/* ---- subject.c ---- */

/* Become the fact's subject. Everything before is preparation, done as root. */
void arm(struct ctx *ctx);
/* Move the calling process. */
void join_cgroup(struct ctx *ctx, const char *cgroup);
/* Preparation failed: the fact is not tried, and that is said. */
_Noreturn void broken(struct ctx *ctx, const char *what);
/* Try run() in a child that is armed first; the child becomes the actor. */
int in_armed_child(struct ctx *ctx, int (*run)(struct ctx *ctx));

/* ---- file_facts.c ---- */

/* Open and use: reads a byte, or writes one, as the flags say. */
int use_file(const char *path, int flags);
/* Use of an open file: the same. */
int use_fd(int fd, int flags);
/* The fact's path on its file system; a static buffer for each of two. */
const char *path_of(struct ctx *ctx, const char *name);
/* Make the tree of files the facts are about, below `fs`. */
int make_layout(const char *fs);

/* ---- uring.c ---- */

/* The one operation through a ring of its own: 0 or more, or -errno; -ENOSYS if the ring cannot be made. */
int uring_openat(const char *path, int flags);
int uring_send(int fd, const void *data, size_t size);
int uring_connect(int fd, const void *address, size_t size);
/* By a kernel thread of the ring, and always the same ring: the thread is from the first call. */
int uring_openat_by_worker(const char *path, int flags);
/* Any one operation: at once, by the ring's polling thread, on a file that only the ring holds. */
struct io_uring_sqe;
int uring_do(const struct io_uring_sqe *entry);
int uring_do_by_thread(const struct io_uring_sqe *entry);
int uring_do_fixed(int fd, const struct io_uring_sqe *entry);
/* On a file that another ring has sent to this one. */
int uring_do_passed(int fd, const struct io_uring_sqe *entry);
/* Open for reading without a descriptor. */
int uring_open_into_slot(const char *path);

/* ---- net.c ---- */

union address {
	struct { unsigned short family; } head;
	unsigned char bytes[128];
};

/* `text` may be IPv4 or IPv6; returns the length of the address. */
unsigned make_address(union address *address, const char *text, unsigned short port);
/* ::ffff:a.b.c.d */
unsigned make_mapped(union address *address, const char *text, unsigned short port);
/* A socket, or broken(). */
int make_socket(struct ctx *ctx, int family, int type, int protocol);
int family_of(const char *text);
/* A socket connected to fact.to as root. */
int make_connected(struct ctx *ctx, int type);
/* 0 when the token was sent, or -errno. */
int sent(ssize_t result);

#endif
