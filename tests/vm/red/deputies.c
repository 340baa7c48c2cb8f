// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel, or somebody who may, does for one: threads of the kernel that send, files that it opens, descriptors that another
 * hands over. See red.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/vhost.h>
#include <linux/virtio_ring.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "red.h"

#define A_WHILE 3000 /* ms, in which what was sent on this machine arrives */
#define SLOTS	2    /* of a ring to a virtual machine */

/* ---- frames --------------------------------------------------------------------------------------- */

/* A packet socket on the loopback device. */
static int loopback(int protocol)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = 1 };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)))
		exit(BROKEN);
	return fd;
}

/* Memory that a virtual machine would have: what it sends, and the rings that say so. */
static struct {
	struct vring_desc descriptors[SLOTS];
	uint64_t available[8], used[8];
	struct {
		unsigned char machine[10]; /* what a virtual device says of a frame: nothing */
		struct ether_header link;
		struct iphdr ip;
		char text[8];
	} __attribute__((packed)) frame;
} shared __attribute__((aligned(4096)));

/* The kernel sends what is in this memory, when it is told to by this descriptor. */
static int virtual_machine(int fd, int kick)
{
	struct {
		struct vhost_memory memory;
		struct vhost_memory_region region;
	} table = { { .nregions = 1 }, { .guest_phys_addr = (uintptr_t)&shared, .memory_size = sizeof(shared), .userspace_addr = (uintptr_t)&shared } };
	struct vhost_vring_state size = { 1, SLOTS }, base = { 1, 0 };
	struct vhost_vring_addr rings = { .index = 1, .desc_user_addr = (uintptr_t)shared.descriptors,
					  .avail_user_addr = (uintptr_t)shared.available, .used_user_addr = (uintptr_t)shared.used };
	struct vhost_vring_file told = { 1, kick };
	uint64_t features = 1 << VHOST_NET_F_VIRTIO_NET_HDR;

	return ioctl(fd, VHOST_SET_OWNER) || ioctl(fd, VHOST_SET_FEATURES, &features) || ioctl(fd, VHOST_SET_MEM_TABLE, &table) ||
	       ioctl(fd, VHOST_SET_VRING_NUM, &size) || ioctl(fd, VHOST_SET_VRING_BASE, &base) ||
	       ioctl(fd, VHOST_SET_VRING_ADDR, &rings) || ioctl(fd, VHOST_SET_VRING_KICK, &told);
}

/* Does a frame with this text come? */
static int arrives(int fd, const char *text)
{
	struct pollfd arrival = { .fd = fd, .events = POLLIN };
	char frame[2000];
	ssize_t n;

	while (poll(&arrival, 1, A_WHILE) == 1) {
		n = recv(fd, frame, sizeof(frame), 0);
		if (n > 0 && memmem(frame, n, text, strlen(text)))
			return 0;
	}
	return BROKEN;
}

/* N: a frame to 127.0.0.N, which a thread of the kernel sends for a virtual machine, there being none. */
static int t_vhost(char **a)
{
	struct vring_avail *available = (void *)shared.available;
	int fd = open("/dev/vhost-net", O_RDWR), kick = eventfd(0, 0), there = loopback(ETH_P_ALL);
	struct vhost_vring_file backend = { 1, loopback(0) };
	uint64_t once = 1;

	if (fd < 0 || virtual_machine(fd, kick))
		return BROKEN;
	shared.frame.link.ether_type = htons(ETH_P_IP);
	shared.frame.ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = 253, .tot_len = htons(28),
					  .saddr = htonl(0x7f000001), .daddr = htonl(0x7f000000 + atoi(a[0])) };
	strcpy(shared.frame.text, "machine");
	shared.descriptors[0] = (struct vring_desc){ .addr = (uintptr_t)&shared.frame, .len = sizeof(shared.frame) };
	available->idx = 1;
	if (ioctl(fd, VHOST_NET_SET_BACKEND, &backend))
		return errno;
	if (write(kick, &once, sizeof(once)) != sizeof(once))
		return BROKEN;
	return arrives(there, "machine");
}

static int say(const char *file, const char *text)
{
	char path[100];

	snprintf(path, sizeof(path), "/proc/net/pktgen/%s", file);
	return red_write_text(path, text);
}

/* N: the kernel's own sender of packets, to 127.0.0.N. */
static int t_pktgen(char **a)
{
	int there = loopback(ETH_P_ALL), err;
	char to[32];

	snprintf(to, sizeof(to), "dst 127.0.0.%s", a[0]);
	err = say("kpktgend_0", "rem_device_all");
	if (err || (err = say("kpktgend_0", "add_device lo")))
		return err;
	if (say("lo", "count 1") || say("lo", "pkt_size 100") || say("lo", to) || say("lo", "udp_dst_min 9") || say("pgctrl", "start\n"))
		return BROKEN;
	return arrives(there, "\xbe\x9b\xe9\x55"); /* what its packets begin with */
}

/* ---- files that the kernel opens ------------------------------------------------------------------ */

/* FILE: what processes do is noted there, from now on. */
static int t_accounting(char **a)
{
	int err = red_ok(syscall(SYS_acct, a[0]));

	syscall(SYS_acct, NULL);
	return err;
}

/* FILE, which the kernel's core_pattern names: is it made when a process dies? */
static int t_core(char **a)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	int status;

	if (setrlimit(RLIMIT_CORE, &all))
		return BROKEN;
	if (fork() == 0) {
		raise(SIGSEGV);
		_exit(0);
	}
	if (wait(&status) < 0 || !WIFSIGNALED(status))
		return BROKEN;
	return access(a[0], F_OK) ? EACCES : 0; /* nobody is told why there is none */
}

/* ---- what somebody else opened -------------------------------------------------------------------- */

void red_become(int user)
{
	if (setresgid(user, user, user) || setresuid(user, user, user))
		exit(BROKEN);
}

/* A descriptor over a unix socket; -1 to send: the one that comes. */
int red_hand_over(int over, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(fd))] = "";
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *with = CMSG_FIRSTHDR(&message);

	if (fd < 0) {
		if (recvmsg(over, &message, 0) != 1 || with->cmsg_type != SCM_RIGHTS)
			exit(BROKEN);
		memcpy(&fd, CMSG_DATA(with), sizeof(fd));
		return fd;
	}
	with->cmsg_level = SOL_SOCKET;
	with->cmsg_type = SCM_RIGHTS;
	with->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(with), &fd, sizeof(fd));
	return sendmsg(over, &message, 0) == 1 ? 0 : -1;
}

/* FILE USER WAY: by root, who opens it and sends the descriptor to that user, who reads by it ("used"), or opens it anew. */
static int t_handed(char **a)
{
	int ends[2], status, fd;
	char path[32];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return BROKEN;
	if (fork() == 0) {
		red_become(atoi(a[1]));
		fd = red_hand_over(ends[1], -1);
		if (strcmp(a[2], "used") == 0)
			_exit(red_reads(fd));
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		_exit(red_reads(open(path, O_RDONLY)));
	}
	if (red_hand_over(ends[0], open(a[0], O_RDONLY)))
		return BROKEN;
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

/* ---- rings ---------------------------------------------------------------------------------------- */

/* FILE USER WAY: by root, who gives a ring his credentials; that user opens the file by them, at once or by a "worker". */
static int t_credentials(char **a)
{
	struct io_uring_sqe open = { .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t)a[0] };
	struct red_ring ring;
	int number;

	if (red_ring_open(&ring, 0))
		return BROKEN;
	number = syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_PERSONALITY, NULL, 0);
	if (number <= 0)
		return BROKEN;
	red_become(atoi(a[1]));
	open.personality = number;
	if (strcmp(a[2], "worker") == 0)
		open.flags = IOSQE_ASYNC;
	return red_ring_do(&ring, &open, sizeof(open));
}

const struct red_try red_deputies[] = {
	{ "vhost", t_vhost },
	{ "pktgen", t_pktgen },
	{ "accounting", t_accounting },
	{ "core", t_core },
	{ "handed", t_handed },
	{ "credentials", t_credentials },
	{ NULL, NULL },
};
