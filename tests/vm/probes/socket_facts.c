// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about making sockets. Whoever is permitted to reach something has only the sockets that reaching takes (user
 * 3040): everything else is refused before the kernel loads a module for it.
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

static int create(struct ctx *ctx)
{
	int fd;

	arm(ctx);
	fd = socket(ctx->fact->family, ctx->fact->type | SOCK_CLOEXEC, ctx->fact->protocol);
	return fd < 0 ? -errno : 0;
}

/* The kernel loads a module for any user's socket(2); for one that is refused it does not. */
static int loads_module(struct ctx *ctx)
{
	static const char module[] = "/sys/module/l2tp_ip";
	int fd, got;

	if (syscall(SYS_delete_module, "l2tp_ip", O_NONBLOCK) && access(module, F_OK) == 0)
		broken(ctx, "delete_module");
	arm(ctx);
	fd = socket(ctx->fact->family, ctx->fact->type, ctx->fact->protocol);
	got = fd < 0 ? -errno : 0;
	return (access(module, F_OK) == 0) == (fd >= 0) ? got : -EEXIST;
}

#define PERMITTED(name_, family_, type_, protocol_)                                                                    \
	{ .name = "socket." name_, .run = create, .who = { .uid = 3040 }, .family = family_, .type = type_,            \
	  .protocol = protocol_ }
#define ONLY_TCP(name_, family_, type_, protocol_)                                                                     \
	{ .name = "socket." name_, .run = create, .who = { .uid = 3041 }, .want = -EPERM, .rule = "reach-web",         \
	  .op = "socket", .family = family_, .type = type_, .protocol = protocol_ }
/* FACT_NO_BARE for what not every kernel knows. */
#define REFUSED(name_, family_, type_, protocol_, flags_)                                                              \
	{ .name = "socket." name_, .run = create, .who = { .uid = 3040, .caps = true }, .want = -EPERM,                \
	  .rule = "reach-good", .op = "socket", .family = family_, .type = type_, .protocol = protocol_, .flags = flags_ }

const struct fact socket_facts[] = {
	PERMITTED("inet-stream", AF_INET, SOCK_STREAM, 0),
	PERMITTED("inet-stream-tcp", AF_INET, SOCK_STREAM, IPPROTO_TCP),
	PERMITTED("inet-dgram", AF_INET, SOCK_DGRAM, 0),
	PERMITTED("inet-dgram-udp", AF_INET, SOCK_DGRAM, IPPROTO_UDP),
	PERMITTED("inet6-stream", AF_INET6, SOCK_STREAM, 0),
	PERMITTED("inet6-dgram", AF_INET6, SOCK_DGRAM, 0),
	PERMITTED("unix-stream", AF_UNIX, SOCK_STREAM, 0),
	PERMITTED("unix-dgram", AF_UNIX, SOCK_DGRAM, 0),
	PERMITTED("netlink-route", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE),
	PERMITTED("icmp", AF_INET, SOCK_DGRAM, IPPROTO_ICMP),
	PERMITTED("icmp6", AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6),
	REFUSED("inet-raw", AF_INET, SOCK_RAW, 253, FACT_SMOKE),
	REFUSED("inet6-raw", AF_INET6, SOCK_RAW, 253, 0),
	REFUSED("inet-raw-udp", AF_INET, SOCK_RAW, IPPROTO_UDP, 0),
	REFUSED("packet", AF_PACKET, SOCK_RAW, 0, 0),
	REFUSED("mptcp", AF_INET, SOCK_STREAM, 262, 0),
	REFUSED("sctp", AF_INET, SOCK_STREAM, IPPROTO_SCTP, FACT_NO_BARE),
	REFUSED("sctp-seqpacket", AF_INET6, SOCK_SEQPACKET, IPPROTO_SCTP, FACT_NO_BARE),
	REFUSED("udplite", AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE, FACT_NO_BARE),
	REFUSED("l2tp-ip", AF_INET, SOCK_DGRAM, 115, FACT_NO_BARE),
	REFUSED("smc-over-inet", AF_INET, SOCK_STREAM, 256, FACT_NO_BARE),
	REFUSED("smc", AF_SMC, SOCK_STREAM, 0, FACT_NO_BARE),
	REFUSED("vsock", AF_VSOCK, SOCK_STREAM, 0, FACT_NO_BARE),
	REFUSED("pppoe", AF_PPPOX, SOCK_STREAM, 0, FACT_NO_BARE),
	REFUSED("rxrpc", AF_RXRPC, SOCK_DGRAM, AF_INET, FACT_NO_BARE),
	REFUSED("tipc", AF_TIPC, SOCK_RDM, 0, FACT_NO_BARE),
	REFUSED("rds", AF_RDS, SOCK_SEQPACKET, 0, FACT_NO_BARE),
	REFUSED("qipcrtr", AF_QIPCRTR, SOCK_DGRAM, 0, FACT_NO_BARE),
	REFUSED("alg", AF_ALG, SOCK_SEQPACKET, 0, FACT_NO_BARE),
	REFUSED("xdp", AF_XDP, SOCK_RAW, 0, FACT_NO_BARE),

	{ .name = "socket.loads-module", .run = loads_module, .who = { .uid = 3040 }, .want = -EPERM, .rule = "reach-good",
	  .op = "socket", .family = AF_INET, .type = SOCK_DGRAM, .protocol = 115 },

	/* A permit that names TCP leaves TCP. */
	ONLY_TCP("only-tcp-dgram", AF_INET, SOCK_DGRAM, 0),
	ONLY_TCP("only-tcp-udp6", AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
	ONLY_TCP("only-tcp-icmp", AF_INET, SOCK_DGRAM, IPPROTO_ICMP),
	ONLY_TCP("only-tcp-mptcp", AF_INET, SOCK_STREAM, 262),

	/* A rule about sockets themselves. */
	{ .name = "socket.forbidden", .run = create, .who = { .uid = 3044 }, .want = -EPERM, .rule = "no-datagrams",
	  .op = "socket", .family = AF_INET, .type = SOCK_DGRAM },
	{ .name = "socket.forbidden-not-this-type", .run = create, .who = { .uid = 3044 }, .family = AF_INET,
	  .type = SOCK_STREAM },
	{ .name = "socket.forbidden-not-this-family", .run = create, .who = { .uid = 3044 }, .family = AF_INET6,
	  .type = SOCK_DGRAM },
	{ .name = NULL },
};
