// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about a socket of AF_XDP that was opened and bound before the policy: frames lie in memory that it shares with
 * the kernel, and the calls that make the kernel send them bring no data and no address. User 3040 may reach GOOD only.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

#define FRAMES 16u
#define FRAME_SIZE 2048u

struct frame {
	struct ethhdr link;
	struct iphdr ip;
	struct udphdr udp;
	char data[TOKEN_SIZE];
} __attribute__((packed));

static uint16_t checksum(const void *data, size_t size)
{
	const uint16_t *words = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < size / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~(sum + (sum >> 16));
}

/* To whoever is on the link: its own network takes it. */
static struct frame frame_to(const struct ctx *ctx)
{
	struct frame frame = {
		.link = { .h_dest = { 255, 255, 255, 255, 255, 255 }, .h_source = { 2, 0, 0, 0, 0, 1 }, .h_proto = htons(ETH_P_IP) },
		.ip = { .version = 4, .ihl = 5, .ttl = 9, .protocol = IPPROTO_UDP, .tot_len = htons(sizeof(frame) - ETH_HLEN),
			.daddr = inet_addr(ctx->fact->to), .saddr = inet_addr("10.99.0.1") },
		.udp = { .dest = htons(ctx->port), .source = htons(ctx->port), .len = htons(8 + TOKEN_SIZE) },
	};

	memcpy(frame.data, TOKEN, TOKEN_SIZE);
	frame.ip.check = checksum((const char *)&frame + ETH_HLEN, sizeof(frame.ip));
	return frame;
}

/* A bound socket whose ring holds one frame for the kernel to send. */
static int ready_ring(struct ctx *ctx)
{
	unsigned count = FRAMES;
	struct sockaddr_xdp here = { .sxdp_family = AF_XDP, .sxdp_ifindex = if_nametoindex("peer"),
				     .sxdp_flags = XDP_COPY | XDP_USE_NEED_WAKEUP };
	struct frame frame = frame_to(ctx);
	struct xdp_umem_reg area = { .len = FRAMES * FRAME_SIZE, .chunk_size = FRAME_SIZE };
	struct xdp_mmap_offsets at;
	socklen_t size = sizeof(at);
	int fd = make_socket(ctx, AF_XDP, SOCK_RAW, 0);
	struct xdp_desc *entries;
	char *memory, *ring;

	memory = mmap(NULL, area.len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	area.addr = (uintptr_t)memory;
	if (memory == MAP_FAILED || setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &area, sizeof(area)) ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &count, sizeof(count)) ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &count, sizeof(count)) ||
	    setsockopt(fd, SOL_XDP, XDP_TX_RING, &count, sizeof(count)) ||
	    getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &size))
		broken(ctx, "XDP_TX_RING");
	ring = mmap(NULL, at.tx.desc + FRAMES * sizeof(*entries), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		    XDP_PGOFF_TX_RING);
	if (ring == MAP_FAILED)
		broken(ctx, "mmap");
	while (bind(fd, (struct sockaddr *)&here, sizeof(here))) {
		if (errno != EBUSY) /* the queue of one that is being taken apart */
			broken(ctx, "bind");
		usleep(10000);
	}
	memcpy(memory, &frame, sizeof(frame));
	entries = (struct xdp_desc *)(ring + at.tx.desc);
	entries[0] = (struct xdp_desc){ .addr = 0, .len = sizeof(frame) };
	__atomic_store_n((uint32_t *)(ring + at.tx.producer), 1, __ATOMIC_RELEASE);
	return fd;
}

static int by_send(struct ctx *ctx)
{
	int fd = ready_ring(ctx);

	arm(ctx);
	return sendto(fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 ? -errno : 0;
}

/* The kernel sends when it is asked whether it could: poll(2) meets no hook. */
static int by_poll(struct ctx *ctx)
{
	struct pollfd pollfd = { .fd = ready_ring(ctx), .events = POLLOUT };

	arm(ctx);
	return poll(&pollfd, 1, 0) < 0 ? -errno : 0;
}

const struct fact xdp_facts[] = {
	{ .name = "xdp.old-socket.send", .run = by_send, .who = { .uid = 3040 }, .want = -EPERM, .rule = "reach-good", .op = "reach",
	  .to = BAD4, .flags = FACT_NET },
	{ .name = "xdp.old-socket.poll", .run = by_poll, .who = { .uid = 3040 }, .to = BAD4, .flags = FACT_NET },
	{ .name = NULL },
};
