// SPDX-License-Identifier: GPL-2.0-only
/* Facts about datagrams: every way to name a destination, and every way to name one and mean another. */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

#define ROUTING_MOBILE  2
#define ROUTING_SEGMENT 4

static int send_name(int fd, const union address *to, unsigned length)
{
	return sent(sendto(fd, TOKEN, TOKEN_SIZE, 0, (const struct sockaddr *)to, length));
}

static int udp_sendto(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);

	arm(ctx);
	return send_name(make_socket(ctx, to.head.family, SOCK_DGRAM, 0), &to, length);
}

/* A label may bring a routing header along (IPV6_FLOWLABEL_MGR). */
static int udp_flow_label(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);

	((struct sockaddr_in6 *)&to)->sin6_flowinfo = htonl(1);
	arm(ctx);
	return send_name(make_socket(ctx, AF_INET6, SOCK_DGRAM, 0), &to, length);
}

static int udp_old_sendto(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);
	int fd = make_socket(ctx, to.head.family, SOCK_DGRAM, 0);

	arm(ctx);
	return send_name(fd, &to, length);
}

static int udp_mapped(struct ctx *ctx)
{
	union address to;
	unsigned length = make_mapped(&to, ctx->fact->to, ctx->port);

	arm(ctx);
	return send_name(make_socket(ctx, AF_INET6, SOCK_DGRAM, 0), &to, length);
}

/* An IPv4 name on an IPv6 socket. */
static int udp_v4_name(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);

	arm(ctx);
	return send_name(make_socket(ctx, AF_INET6, SOCK_DGRAM, 0), &to, length);
}

/* No family, but an address: taken as IPv4. */
static int udp_unspec(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);

	to.head.family = AF_UNSPEC;
	arm(ctx);
	return send_name(make_socket(ctx, AF_INET, SOCK_DGRAM, 0), &to, length);
}

/* No family on an IPv6 socket that is connected: the name is ignored. */
static int udp_old_unspec6(struct ctx *ctx)
{
	union address decoy;
	unsigned length = make_address(&decoy, GOOD6, ctx->port);
	int fd = make_connected(ctx, SOCK_DGRAM);

	decoy.head.family = AF_UNSPEC;
	arm(ctx);
	return send_name(fd, &decoy, length);
}

/* A socket that is connected to where the fact wants; or a negative errno. */
static int udp_connected(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);
	int fd;

	arm(ctx);
	fd = make_socket(ctx, to.head.family, SOCK_DGRAM, 0);
	return connect(fd, (struct sockaddr *)&to, length) ? -errno : fd;
}

static int udp_connect(struct ctx *ctx)
{
	int fd = udp_connected(ctx);

	return fd < 0 ? fd : sent(send(fd, TOKEN, TOKEN_SIZE, 0));
}

/* What the hook of connecting says: what comes of the send is not asked. */
static int udp_connect_alone(struct ctx *ctx)
{
	int fd = udp_connected(ctx);

	if (fd < 0)
		return fd;
	send(fd, TOKEN, TOKEN_SIZE, 0);
	return 0;
}

static int udp_old_send(struct ctx *ctx)
{
	int fd = make_connected(ctx, SOCK_DGRAM);

	arm(ctx);
	return sent(send(fd, TOKEN, TOKEN_SIZE, 0));
}

/* Connected to GOOD, but the name says elsewhere: the name is what counts. */
static int udp_other_name(struct ctx *ctx)
{
	union address to, peer;
	unsigned length = make_address(&peer, GOOD4, ctx->port);
	int fd = make_socket(ctx, AF_INET, SOCK_DGRAM, 0);

	if (connect(fd, (struct sockaddr *)&peer, length))
		broken(ctx, "connect");
	length = make_address(&to, ctx->fact->to, ctx->port);
	arm(ctx);
	return send_name(fd, &to, length);
}

static int udp_sendmsg(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);
	struct iovec iov = { (void *)TOKEN, TOKEN_SIZE };
	struct msghdr message = { .msg_name = &to, .msg_namelen = length, .msg_iov = &iov, .msg_iovlen = 1 };

	arm(ctx);
	return sent(sendmsg(make_socket(ctx, to.head.family, SOCK_DGRAM, 0), &message, 0));
}

/* Two messages at once; the result is that of the second. */
static int send_two(int fd, union address *first, union address *second, unsigned length)
{
	struct iovec iov = { (void *)TOKEN, TOKEN_SIZE };
	struct mmsghdr messages[2] = {
		{ .msg_hdr = { .msg_name = first, .msg_namelen = length, .msg_iov = &iov, .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_name = second, .msg_namelen = length, .msg_iov = &iov, .msg_iovlen = 1 } },
	};
	int done = sendmmsg(fd, messages, 2, 0);

	return done == 2 ? 0 : done == 1 ? -EPERM : -errno;
}

static int udp_sendmmsg(struct ctx *ctx)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);

	arm(ctx);
	return send_two(make_socket(ctx, to.head.family, SOCK_DGRAM, 0), &to, &to, length);
}

static int udp_sendmmsg_second(struct ctx *ctx)
{
	union address first, to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);

	make_address(&first, GOOD4, ctx->port);
	arm(ctx);
	return send_two(make_socket(ctx, to.head.family, SOCK_DGRAM, 0), &first, &to, length);
}

/* What is corked goes where the first piece went, whatever the name of the next one says. */
static int udp_corked(struct ctx *ctx)
{
	union address to, decoy;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);
	int fd = make_socket(ctx, to.head.family, SOCK_DGRAM, 0);

	if (sendto(fd, TOKEN, TOKEN_SIZE, MSG_MORE, (struct sockaddr *)&to, length) != TOKEN_SIZE)
		broken(ctx, "cork");
	length = make_address(&decoy, to.head.family == AF_INET6 ? GOOD6 : GOOD4, ctx->port);
	arm(ctx);
	return send_name(fd, &decoy, length);
}

/* An IPv6 routing header with one segment more: the packet leaves for that segment, not for the name. */
struct segments {
	unsigned char next, length, type, left, last, flags;
	unsigned short tag;
	struct in6_addr segment[2]; /* the last is the first hop */
};

static void make_segments(struct segments *segments, const char *hop)
{
	memset(segments, 0, sizeof(*segments));
	segments->length = 4;
	segments->type = ROUTING_SEGMENT;
	segments->left = segments->last = 1;
	inet_pton(AF_INET6, hop, &segments->segment[1]);
}

static int udp_routed_by_option(struct ctx *ctx)
{
	union address name;
	unsigned length = make_address(&name, GOOD6, ctx->port);
	struct segments segments;
	int fd;

	make_segments(&segments, ctx->fact->to);
	arm(ctx);
	fd = make_socket(ctx, AF_INET6, SOCK_DGRAM, 0);
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_RTHDR, &segments, sizeof(segments)))
		return -errno;
	return send_name(fd, &name, length);
}

static int udp_old_routed_by_option(struct ctx *ctx)
{
	union address name;
	unsigned length = make_address(&name, GOOD6, ctx->port);
	struct segments segments;
	int fd = make_socket(ctx, AF_INET6, SOCK_DGRAM, 0);

	make_segments(&segments, ctx->fact->to);
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_RTHDR, &segments, sizeof(segments)))
		broken(ctx, "IPV6_RTHDR");
	arm(ctx);
	return send_name(fd, &name, length);
}

static int tcp_old_routed_by_option(struct ctx *ctx)
{
	union address name;
	unsigned length = make_address(&name, GOOD6, ctx->port);
	struct segments segments;
	int fd = make_socket(ctx, AF_INET6, SOCK_STREAM, 0);

	make_segments(&segments, ctx->fact->to);
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_RTHDR, &segments, sizeof(segments)))
		broken(ctx, "IPV6_RTHDR");
	arm(ctx);
	/* The data goes with the SYN: no answer comes from where the header leads. */
	return sent(sendto(fd, TOKEN, TOKEN_SIZE, MSG_FASTOPEN | MSG_DONTWAIT, (struct sockaddr *)&name, length));
}

struct mobile {
	unsigned char next, length, type, left;
	unsigned reserved;
	struct in6_addr home;
};

static int udp_routed_by_control(struct ctx *ctx)
{
	union address name;
	unsigned length = make_address(&name, GOOD6, ctx->port);
	char space[CMSG_SPACE(sizeof(struct mobile))] __attribute__((aligned(8))) = { 0 };
	struct iovec iov = { (void *)TOKEN, TOKEN_SIZE };
	struct msghdr message = { .msg_name = &name, .msg_namelen = length, .msg_iov = &iov, .msg_iovlen = 1,
				  .msg_control = space, .msg_controllen = sizeof(space) };
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);
	struct mobile mobile = { .length = 2, .type = ROUTING_MOBILE, .left = 1 };

	control->cmsg_level = IPPROTO_IPV6;
	control->cmsg_type = IPV6_RTHDR;
	control->cmsg_len = CMSG_LEN(sizeof(mobile));
	inet_pton(AF_INET6, ctx->fact->to, &mobile.home);
	memcpy(CMSG_DATA(control), &mobile, sizeof(mobile));
	arm(ctx);
	return sent(sendmsg(make_socket(ctx, AF_INET6, SOCK_DGRAM, 0), &message, 0));
}

/* An echo request by a socket that needs no capability. */
static int icmp(struct ctx *ctx)
{
	struct { struct icmphdr head; char data[TOKEN_SIZE]; } request = { .head = { .type = ICMP_ECHO } };
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, 0);
	int fd;

	memcpy(request.data, TOKEN, TOKEN_SIZE);
	arm(ctx);
	fd = make_socket(ctx, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	if (sendto(fd, &request, sizeof(request.head) + TOKEN_SIZE, 0, (struct sockaddr *)&to, length) < 0)
		return -errno;
	return 0;
}

/* A packet socket that root opened: a whole IPv4 packet, addressed by nobody's rules. */
static int packet_old(struct ctx *ctx)
{
	struct { struct iphdr ip; struct udphdr udp; char data[TOKEN_SIZE]; } __attribute__((packed)) packet = {
		.ip = { .version = 4, .ihl = 5, .ttl = 9, .protocol = IPPROTO_UDP, .tot_len = htons(sizeof(packet)),
			.daddr = inet_addr(ctx->fact->to), .saddr = inet_addr("10.99.0.1") },
		.udp = { .dest = htons(ctx->port), .source = htons(ctx->port), .len = htons(8 + TOKEN_SIZE) },
	};
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_halen = 6,
				  .sll_ifindex = if_nametoindex("peer"), .sll_addr = { 255, 255, 255, 255, 255, 255 } };
	int fd = make_socket(ctx, AF_PACKET, SOCK_DGRAM, 0);

	memcpy(packet.data, TOKEN, TOKEN_SIZE);
	arm(ctx);
	if (sendto(fd, &packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)) != sizeof(packet))
		return -errno;
	return 0;
}

#define NET(name_, run_, to_, want_)                                                                                   \
	{ .name = name_, .run = run_, .who = { .uid = 3040 }, .want = want_, .rule = (want_) ? "reach-good" : NULL,    \
	  .op = (want_) ? "reach" : NULL, .to = to_, .flags = FACT_NET }
#define TWINS(name_, run_)   NET(name_ ".good", run_, GOOD4, 0), NET(name_ ".bad", run_, BAD4, -EPERM)
#define TWINS_6(name_, run_) NET(name_ ".good", run_, GOOD6, 0), NET(name_ ".bad", run_, BAD6, -EPERM)

const struct fact datagram_facts[] = {
	{ .name = "udp.sendto.good", .run = udp_sendto, .who = { .uid = 3040 }, .to = GOOD4, .flags = FACT_NET | FACT_SMOKE },
	{ .name = "udp.sendto.bad", .run = udp_sendto, .who = { .uid = 3040 }, .want = -EPERM, .rule = "reach-good",
	  .op = "reach", .to = BAD4, .flags = FACT_NET | FACT_SMOKE },
	TWINS_6("udp6.sendto", udp_sendto),
	TWINS("udp.mapped", udp_mapped),
	TWINS("udp.v4-name-on-v6", udp_v4_name),
	TWINS("udp.unspec", udp_unspec),
	TWINS_6("udp6.old.unspec", udp_old_unspec6),
	TWINS("udp.connect", udp_connect),
	TWINS_6("udp6.connect", udp_connect),
	TWINS("udp.connect-alone", udp_connect_alone),
	TWINS("udp.old.send", udp_old_send),
	TWINS_6("udp6.old.send", udp_old_send),
	TWINS("udp.other-name", udp_other_name),
	TWINS("udp.sendmsg", udp_sendmsg),
	TWINS("udp.sendmmsg", udp_sendmmsg),
	TWINS("udp.sendmmsg-second", udp_sendmmsg_second),
	TWINS("udp.corked", udp_corked),
	TWINS_6("udp6.corked", udp_corked),
	NET("udp6.routing-header.option.bad", udp_routed_by_option, BAD6, -EPERM),
	NET("udp6.routing-header.old-option.bad", udp_old_routed_by_option, BAD6, -EPERM),
	NET("udp6.flow-label", udp_flow_label, GOOD6, -EPERM),
	NET("udp6.routing-header.control.bad", udp_routed_by_control, BAD6, -EPERM),
	NET("tcp6.routing-header.old-option.bad", tcp_old_routed_by_option, BAD6, -EPERM),
	{ .name = "icmp.good", .run = icmp, .who = { .uid = 3040 }, .to = GOOD4, .flags = FACT_NET | FACT_ICMP },
	{ .name = "icmp.bad", .run = icmp, .who = { .uid = 3040 }, .want = -EPERM, .rule = "reach-good", .op = "reach",
	  .to = BAD4, .flags = FACT_NET | FACT_ICMP },
	NET("packet.old-socket.bad", packet_old, BAD4, -EPERM),
	/* The rule that names a protocol. */
	{ .name = "protocol.not-listed", .run = udp_old_sendto, .who = { .uid = 3041 }, .to = GOOD4, .port = 31001,
	  .want = -EPERM, .rule = "reach-web", .op = "reach", .flags = FACT_NET },
	{ .name = NULL },
};
