// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about sockets that were opened before the policy and write their own headers, or to many at once. User 3040 may
 * reach GOOD only. Where such a socket sends is its program's business, so not even GOOD is permitted by address.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

#define PROTOCOL 253 /* for experiments (RFC 3692) */

struct v4 {
	struct iphdr ip;
	struct udphdr udp;
	char data[TOKEN_SIZE];
} __attribute__((packed));

static struct v4 datagram_to(const struct ctx *ctx)
{
	struct v4 packet = {
		.ip = { .version = 4, .ihl = 5, .ttl = 9, .protocol = IPPROTO_UDP, .tot_len = htons(sizeof(packet)),
			.daddr = inet_addr(ctx->fact->to), .saddr = inet_addr("10.99.0.1") },
		.udp = { .dest = htons(ctx->port), .source = htons(ctx->port), .len = htons(8 + TOKEN_SIZE) },
	};

	memcpy(packet.data, TOKEN, TOKEN_SIZE);
	return packet;
}

static int raw_to(struct ctx *ctx, const char *address)
{
	union address to;
	unsigned length = make_address(&to, address, 0);
	int fd = make_socket(ctx, to.head.family, SOCK_RAW, PROTOCOL);

	arm(ctx);
	return sent(sendto(fd, TOKEN, TOKEN_SIZE, 0, (struct sockaddr *)&to, length));
}

static int raw_old(struct ctx *ctx)
{
	return raw_to(ctx, ctx->fact->to);
}

/* Bytes are not counted: other facts send to GOOD, too. */
static int raw_good(struct ctx *ctx)
{
	return raw_to(ctx, GOOD4);
}

/* The name says GOOD, the header where it goes. */
static int raw_header(struct ctx *ctx)
{
	struct v4 packet = datagram_to(ctx);
	union address decoy;
	unsigned length = make_address(&decoy, GOOD4, 0);
	int fd = make_socket(ctx, AF_INET, SOCK_RAW, IPPROTO_RAW);

	arm(ctx);
	return sendto(fd, &packet, sizeof(packet), 0, (struct sockaddr *)&decoy, length) == sizeof(packet) ? 0 : -errno;
}

static int raw6_header(struct ctx *ctx)
{
	struct { struct ip6_hdr ip; struct udphdr udp; char data[TOKEN_SIZE]; } __attribute__((packed)) packet = {
		.ip = { .ip6_flow = htonl(6 << 28), .ip6_plen = htons(8 + TOKEN_SIZE), .ip6_nxt = IPPROTO_UDP, .ip6_hlim = 9 },
		.udp = { .dest = htons(ctx->port), .source = htons(ctx->port), .len = htons(8 + TOKEN_SIZE) },
	};
	union address decoy;
	unsigned length = make_address(&decoy, GOOD6, 0);
	int fd = make_socket(ctx, AF_INET6, SOCK_RAW, IPPROTO_RAW);

	inet_pton(AF_INET6, ctx->fact->to, &packet.ip.ip6_dst);
	inet_pton(AF_INET6, "fd00:99::1", &packet.ip.ip6_src);
	memcpy(packet.data, TOKEN, TOKEN_SIZE);
	arm(ctx);
	return sendto(fd, &packet, sizeof(packet), 0, (struct sockaddr *)&decoy, length) == sizeof(packet) ? 0 : -errno;
}

/* The frame lies in memory that was mapped before; the send has no data at all. */
static int packet_ring(struct ctx *ctx)
{
	struct tpacket_req request = { .tp_block_size = 4096, .tp_block_nr = 1, .tp_frame_size = 2048, .tp_frame_nr = 2 };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_halen = 6,
				  .sll_ifindex = if_nametoindex("peer"), .sll_addr = { 255, 255, 255, 255, 255, 255 } };
	struct v4 packet = datagram_to(ctx);
	int fd = make_socket(ctx, AF_PACKET, SOCK_DGRAM, 0), version = TPACKET_V1;
	struct tpacket_hdr *frame;

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &request, sizeof(request)))
		broken(ctx, "PACKET_TX_RING");
	frame = mmap(NULL, request.tp_block_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (frame == MAP_FAILED)
		broken(ctx, "mmap");
	memcpy((char *)frame + TPACKET_HDRLEN - sizeof(struct sockaddr_ll), &packet, sizeof(packet));
	frame->tp_len = sizeof(packet);
	frame->tp_status = TP_STATUS_SEND_REQUEST;
	arm(ctx);
	return sendto(fd, NULL, 0, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

/* An association that begins with the first message. */
static int sctp_old(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, BAD4, 9999);
	int fd = make_socket(ctx, AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);

	arm(ctx);
	return sent(sendto(fd, TOKEN, TOKEN_SIZE, MSG_DONTWAIT, (struct sockaddr *)&to, length));
}

/* An association that a setsockopt(2) begins: no connect, no message. */
static int sctp_connectx(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, 9999);
	int fd = make_socket(ctx, AF_INET, SOCK_SEQPACKET | SOCK_NONBLOCK, IPPROTO_SCTP);

	arm(ctx);
	if (setsockopt(fd, IPPROTO_SCTP, 110 /* SCTP_SOCKOPT_CONNECTX */, &to, length) >= 0)
		return 0;
	return errno == EINPROGRESS ? 0 : -errno;
}

/* A port that a setsockopt(2) binds to. */
static int sctp_bindx(struct ctx *ctx)
{
	union address here;
	unsigned length = make_address(&here, "127.0.0.1", ctx->fact->port);
	int fd = make_socket(ctx, AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);

	arm(ctx);
	return setsockopt(fd, IPPROTO_SCTP, 100 /* SCTP_SOCKOPT_BINDX_ADD */, &here, length) ? -errno : 0;
}

static int multicast(struct ctx *ctx)
{
	struct in_addr here = { inet_addr("10.99.0.1") };
	union address to;
	unsigned length = make_address(&to, "224.0.0.251", 9999);
	int fd;

	arm(ctx);
	fd = make_socket(ctx, AF_INET, SOCK_DGRAM, 0);
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &here, sizeof(here)))
		broken(ctx, "IP_MULTICAST_IF");
	return sent(sendto(fd, TOKEN, TOKEN_SIZE, 0, (struct sockaddr *)&to, length));
}

static int broadcast(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, "255.255.255.255", 9999);
	int fd, on = 1;

	arm(ctx);
	fd = make_socket(ctx, AF_INET, SOCK_DGRAM, 0);
	if (setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "peer", 5))
		broken(ctx, "SO_BROADCAST");
	return sent(sendto(fd, TOKEN, TOKEN_SIZE, 0, (struct sockaddr *)&to, length));
}

#define REFUSED(name_, run_, to_, flags_)                                                                              \
	{ .name = name_, .run = run_, .who = { .uid = 3040 }, .want = -EPERM, .rule = "reach-good", .op = "reach",        \
	  .to = to_, .flags = flags_ }

const struct fact raw_facts[] = {
	REFUSED("raw.old-socket.unknown", raw_good, NULL, 0),
	REFUSED("raw.old-socket.bad", raw_old, BAD4, FACT_ICMP),
	REFUSED("raw.old-socket.own-header", raw_header, BAD4, FACT_NET),
	REFUSED("raw6.old-socket.bad", raw_old, BAD6, FACT_ICMP),
	REFUSED("raw6.old-socket.own-header", raw6_header, BAD6, FACT_NET),
	REFUSED("packet.old-socket.ring", packet_ring, BAD4, FACT_NET),
	REFUSED("sctp.old-socket.sendto", sctp_old, NULL, 0),
	REFUSED("sctp.old-socket.connectx", sctp_connectx, BAD4, FACT_ICMP),
	{ .name = "bind.sctp-bindx.port", .run = sctp_bindx, .who = { .uid = 3056 }, .want = -EPERM, .rule = "no-bind",
	  .op = "bind", .port = 31100 },
	{ .name = "bind.sctp-bindx.other-port", .run = sctp_bindx, .who = { .uid = 3056 }, .port = 31101 },
	REFUSED("udp.multicast", multicast, NULL, 0),
	REFUSED("udp.broadcast", broadcast, NULL, 0),
	{ .name = NULL },
};
