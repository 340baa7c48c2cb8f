// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other ways to where a rule does not let one: what becomes of a socket after it was connected, and rings that do what a system call
 * with a hook does elsewhere. See red.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "red.h"

/* Of kernels newer than the headers here (6.11). */
#define OP_BIND	  56
#define OP_LISTEN 57

#define A_WHILE 1000 /* ms, in which what was sent on this machine arrives */

static struct sockaddr_in address(int n, int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000 + n), .sin_port = htons(port) };
}

/* ---- encryption by the kernel ------------------------------------------------------------------- */

/* A connection to 127.0.0.N; the other end in *ret_there. -1: it cannot be had. */
static int connected(int n, int *ret_there)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0), here = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in name = address(n, 0);
	socklen_t len = sizeof(name);

	if (bind(listener, (void *)&name, len) || getsockname(listener, (void *)&name, &len) || listen(listener, 1) ||
	    connect(here, (void *)&name, len))
		return -1;
	*ret_there = accept(listener, NULL, NULL);
	return here;
}

/* The same, of which the kernel encrypts what is sent. */
static int encrypted(int n, int *ret_there)
{
	struct tls12_crypto_info_aes_gcm_128 key = { .info = { TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128 } };
	int here = connected(n, ret_there);

	if (here < 0 || setsockopt(here, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) || setsockopt(here, SOL_TLS, TLS_TX, &key, sizeof(key)))
		return -1;
	return here;
}

/* N USER WAY: by root, who makes the connection; what that user sends on it, does it arrive? */
static int t_encrypted(char **a)
{
	int there, here = encrypted(atoi(a[0]), &there), user = atoi(a[1]), file = open("/opt/cordon/bin/red", O_RDONLY), through[2];
	struct pollfd arrival = { .events = POLLIN };
	ssize_t n;

	if (here < 0 || pipe(through) || setresgid(user, user, user) || setresuid(user, user, user))
		return BROKEN;
	if (strcmp(a[2], "sendfile") == 0)
		n = sendfile(here, file, NULL, 100);
	else if (strcmp(a[2], "splice") == 0)
		n = splice(file, NULL, through[1], NULL, 100, 0) == 100 ? splice(through[0], NULL, here, NULL, 100, 0) : -1;
	else
		n = send(here, "x", 1, 0);
	if (n < 0)
		return errno;
	arrival.fd = there;
	return poll(&arrival, 1, A_WHILE) == 1 ? 0 : BROKEN;
}

/* ---- sends that a program of the kernel turns aside ---------------------------------------------- */

static long bpf(int command, union bpf_attr *attr) { return syscall(SYS_bpf, command, attr, sizeof(*attr)); }

/* What is sent on `from` leaves by `to`. The errno. */
static int turn_aside(int from, int to)
{
	union bpf_attr table = { .map_type = BPF_MAP_TYPE_SOCKMAP, .key_size = 4, .value_size = 4, .max_entries = 2 }, set, load, attach;
	int map = bpf(BPF_MAP_CREATE, &table), key = 0, prog;
	const struct bpf_insn code[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 2, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_msg_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	if (map < 0)
		return errno;
	load = (union bpf_attr){ .prog_type = BPF_PROG_TYPE_SK_MSG, .insns = (uintptr_t)code, .insn_cnt = sizeof(code) / sizeof(code[0]),
				 .license = (uintptr_t)"GPL", .expected_attach_type = BPF_SK_MSG_VERDICT };
	prog = bpf(BPF_PROG_LOAD, &load);
	attach = (union bpf_attr){ .target_fd = map, .attach_bpf_fd = prog, .attach_type = BPF_SK_MSG_VERDICT };
	if (prog < 0 || bpf(BPF_PROG_ATTACH, &attach))
		return errno;
	set = (union bpf_attr){ .map_fd = map, .key = (uintptr_t)&key, .value = (uintptr_t)&from };
	if (bpf(BPF_MAP_UPDATE_ELEM, &set))
		return errno;
	key = 1;
	set.value = (uintptr_t)&to;
	return bpf(BPF_MAP_UPDATE_ELEM, &set) ? errno : 0;
}

/* N: what is sent to 127.0.0.2 goes to 127.0.0.N. */
static int t_sockmap(char **a)
{
	int there, aside, here = connected(2, &there), other = connected(atoi(a[0]), &aside), err;
	struct pollfd arrival = { .fd = aside, .events = POLLIN };

	if (here < 0 || other < 0)
		return BROKEN;
	err = turn_aside(here, other);
	if (err)
		return err;
	if (send(here, "x", 1, 0) != 1)
		return errno;
	return poll(&arrival, 1, A_WHILE) == 1 ? 0 : BROKEN;
}

/* ---- sockets that are put together (CRIU) -------------------------------------------------------- */

/* N: a connection to 127.0.0.N of which no packet tells, instead of the one that there was. */
static int t_repair(char **a)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, queue = TCP_SEND_QUEUE;
	struct sockaddr_in name = address(1, 0), peer = address(atoi(a[0]), 9);

	if (bind(fd, (void *)&name, sizeof(name)) || setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)))
		return BROKEN;
	if (connect(fd, (void *)&peer, sizeof(peer)))
		return errno;
	return red_ok(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)) ? -1 : send(fd, "x", 1, 0));
}

/* ---- programs of 32 bits ------------------------------------------------------------------------ */

/* N: a datagram to 127.0.0.N by socketcall(2), which only they have. */
static int t_socketcall(char **a)
{
	enum { SOCKETCALL = 102, SENDTO = 11 };
	struct sockaddr_in name = address(atoi(a[0]), 0), *low_name;
	int there = socket(AF_INET, SOCK_DGRAM, 0), here = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(name);
	uint32_t *low = red_low();
	char byte;

	if (bind(there, (void *)&name, len) || getsockname(there, (void *)&name, &len))
		return BROKEN;
	low_name = (void *)(low + 6);
	*low_name = name;
	low[0] = here;
	low[1] = (uintptr_t)low;
	low[2] = 1;
	low[3] = 0;
	low[4] = (uintptr_t)low_name;
	low[5] = sizeof(name);
	if (red_call_32(SOCKETCALL, SENDTO, (uintptr_t)low, 0, 0, 0) != 1)
		return errno;
	return recv(there, &byte, 1, MSG_DONTWAIT) == 1 ? 0 : BROKEN;
}

/* ---- ports -------------------------------------------------------------------------------------- */

/* PORT: the kernel chooses one, until it is that one. */
static int t_chosen_port(char **a)
{
	struct sockaddr_in name = address(1, 0);
	socklen_t len = sizeof(name);

	for (int i = 0; i < 1000000; i++) {
		struct sockaddr_in own = name;
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		if (bind(fd, (void *)&own, sizeof(own)))
			return errno;
		if (getsockname(fd, (void *)&own, &len) == 0 && ntohs(own.sin_port) == atoi(a[0]))
			return 0;
		close(fd);
	}
	return BROKEN;
}

/* PORT */
static int t_port(char **a)
{
	struct sockaddr_in name = address(1, atoi(a[0]));

	return red_ok(bind(socket(AF_INET, SOCK_DGRAM, 0), (void *)&name, sizeof(name)));
}

/* ---- rings -------------------------------------------------------------------------------------- */

int red_ring_open(struct red_ring *ret_ring, unsigned flags)
{
	struct io_uring_params params = { .flags = flags };
	struct red_ring ring = { .fd = syscall(SYS_io_uring_setup, 1, &params) };

	ring.rings = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQ_RING);
	ring.entries = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQES);
	if (ring.fd < 0 || ring.rings == MAP_FAILED || ring.entries == MAP_FAILED)
		return -1;
	ring.array = params.sq_off.array;
	ring.tail = params.sq_off.tail;
	ring.results = params.cq_off.cqes;
	*ret_ring = ring;
	return 0;
}

int red_ring_do(const struct red_ring *ring, const void *entry, size_t size)
{
	int result;

	memcpy(ring->entries, entry, size);
	*(unsigned *)(ring->rings + ring->array) = 0;
	__atomic_store_n((unsigned *)(ring->rings + ring->tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return BROKEN;
	result = ((struct io_uring_cqe *)(ring->rings + ring->results))->res;
	return result < 0 ? -result : 0;
}

int red_by_ring(const void *entry, size_t size)
{
	struct red_ring ring;

	if (red_ring_open(&ring, size > 64 ? IORING_SETUP_SQE128 | IORING_SETUP_CQE32 : 0))
		return BROKEN;
	return red_ring_do(&ring, entry, size);
}

static int by_ring(const struct io_uring_sqe *entry) { return red_by_ring(entry, 64); }

/* PORT */
static int t_ring_bind(char **a)
{
	struct sockaddr_in name = address(1, atoi(a[0]));

	return by_ring(&(struct io_uring_sqe){ .opcode = OP_BIND, .fd = socket(AF_INET, SOCK_STREAM, 0), .addr = (uintptr_t)&name,
					       .addr2 = sizeof(name) });
}

/* At a port that the kernel chooses. */
static int t_ring_listen(char **a)
{
	(void)a;
	return by_ring(&(struct io_uring_sqe){ .opcode = OP_LISTEN, .fd = socket(AF_INET, SOCK_STREAM, 0), .len = 1 });
}

const struct red_try red_sockets[] = {
	{ "encrypted", t_encrypted },
	{ "sockmap", t_sockmap },
	{ "repair", t_repair },
	{ "socketcall", t_socketcall },
	{ "chosen-port", t_chosen_port },
	{ "port", t_port },
	{ "ring-bind", t_ring_bind },
	{ "ring-listen", t_ring_listen },
	{ NULL, NULL },
};
