// SPDX-License-Identifier: GPL-2.0-only
/*
 * sink: the peer that counts what arrives. It listens on every address, takes whatever is sent, and keeps a file
 * with one line per destination that anything reached:
 *
 *     PROTO ADDRESS PORT EVENTS BYTES
 *
 * PROTO is a row of protocols[]: EVENTS are connections or datagrams, BYTES is payload. With --wire there are also
 * rows wire-tcp, wire-udp and wire-N (any other IP protocol N, port 0): every packet that reached an interface other
 * than lo, addressed to this host or not, whether or not a socket took it: EVENTS are packets, BYTES is what
 * follows the transport header. So data in a SYN, in a ping or behind a routing header is seen.
 *
 * The file is replaced by rename, first when everything listens; a reader never sees half a file. Who asks in HTTP is
 * answered, so that an HTTP client is content. It must never lose a count: what it cannot count ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#define MAX_COUNTERS 4096
#define MAX_FDS      4096
#define BUFFER_SIZE  65536

#define PROTO_MPTCP 262

enum fd_kind { FD_LISTENER, FD_STREAM, FD_DATAGRAM, FD_WIRE };

struct protocol {
	const char *name;
	int type;
	int number;
};

static const struct protocol protocols[] = {
	{ "tcp", SOCK_STREAM, IPPROTO_TCP },   { "udp", SOCK_DGRAM, IPPROTO_UDP },
	{ "mptcp", SOCK_STREAM, PROTO_MPTCP }, { "sctp", SOCK_STREAM, IPPROTO_SCTP },
	{ "dccp", SOCK_DCCP, IPPROTO_DCCP },   { "udplite", SOCK_DGRAM, IPPROTO_UDPLITE },
};

struct counter {
	char proto[12];
	struct in6_addr address; /* v4 as ::ffff:a.b.c.d */
	unsigned int port;
	unsigned long long events, bytes;
};

struct watched {
	enum fd_kind kind;
	const struct protocol *protocol;
	struct in6_addr address; /* FD_STREAM: where the peer connected to */
	unsigned int port;
	bool answered;
};

struct sink {
	const char *state;
	int epoll;
	struct watched fds[MAX_FDS]; /* by file descriptor */
	struct counter counters[MAX_COUNTERS];
	size_t n_counters;
	bool changed;
	unsigned char buffer[BUFFER_SIZE];
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "sink: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct in6_addr mapped(const void *v4)
{
	struct in6_addr address = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(&address.s6_addr[12], v4, 4);
	return address;
}

static void count(struct sink *sink, const char *proto, const struct in6_addr *address, unsigned int port,
		  unsigned int events, size_t bytes)
{
	struct counter *counter = sink->counters;
	struct counter *end = counter + sink->n_counters;

	while (counter < end && (counter->port != port || strcmp(counter->proto, proto) ||
				 memcmp(&counter->address, address, sizeof(*address))))
		counter++;
	if (counter == end) {
		if (sink->n_counters == MAX_COUNTERS) {
			errno = ENOSPC;
			die("too many destinations");
		}
		sink->n_counters++;
		snprintf(counter->proto, sizeof(counter->proto), "%s", proto);
		counter->address = *address;
		counter->port = port;
	}
	counter->events += events;
	counter->bytes += bytes;
	sink->changed = true;
}

static const char *address_text(const struct in6_addr *address, char text[INET6_ADDRSTRLEN])
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		return inet_ntop(AF_INET, &address->s6_addr[12], text, INET6_ADDRSTRLEN);
	return inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}

/* Replace the state file with the counters as they are now. */
static void write_state(struct sink *sink)
{
	char aside[4096], text[INET6_ADDRSTRLEN];
	FILE *file;

	snprintf(aside, sizeof(aside), "%s.new", sink->state);
	file = fopen(aside, "we");
	if (!file)
		die(aside);
	for (size_t i = 0; i < sink->n_counters; i++) {
		const struct counter *counter = &sink->counters[i];

		fprintf(file, "%s %s %u %llu %llu\n", counter->proto, address_text(&counter->address, text),
			counter->port, counter->events, counter->bytes);
	}
	if (fclose(file) || rename(aside, sink->state))
		die(sink->state);
	sink->changed = false;
}

static void watch(struct sink *sink, int fd, const struct watched *watched)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (fd >= MAX_FDS) {
		errno = EMFILE;
		die("too many connections");
	}
	sink->fds[fd] = *watched;
	if (epoll_ctl(sink->epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
}

/* A socket that waits for one protocol, port and family. */
static void open_port(struct sink *sink, const struct protocol *protocol, int family, unsigned int port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr *name = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t length = family == AF_INET ? sizeof(v4) : sizeof(v6);
	bool datagram = protocol->type == SOCK_DGRAM;
	struct watched watched = { .kind = datagram ? FD_DATAGRAM : FD_LISTENER, .protocol = protocol, .port = port };
	int on = 1, queue = 64;
	int fd = socket(family, protocol->type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol->number);

	if (fd < 0)
		die(protocol->name);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		die("IPV6_V6ONLY");
	if (datagram && (family == AF_INET ? setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on))
					   : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on))))
		die("PKTINFO");
	if (bind(fd, name, length))
		die("bind");
	/* Data in a SYN is taken like any other; a kernel that cannot do it says so by the missing bytes. */
	if (protocol->number == IPPROTO_TCP)
		setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue));
	if (!datagram && listen(fd, queue))
		die("listen");
	watch(sink, fd, &watched);
}

static void on_listener(struct sink *sink, int fd)
{
	struct watched watched = sink->fds[fd];
	struct sockaddr_in6 name;
	socklen_t length = sizeof(name);
	int new = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (new < 0)
		return; /* the peer gave up, or another wake-up took it */
	if (getsockname(new, (struct sockaddr *)&name, &length))
		die("getsockname");
	watched.kind = FD_STREAM;
	watched.address = name.sin6_family == AF_INET6 ? name.sin6_addr
						       : mapped(&((struct sockaddr_in *)&name)->sin_addr);
	count(sink, watched.protocol->name, &watched.address, watched.port, 1, 0);
	watch(sink, new, &watched);
}

static void on_stream(struct sink *sink, int fd)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	struct watched *watched = &sink->fds[fd];
	ssize_t got = recv(fd, sink->buffer, sizeof(sink->buffer), 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		close(fd);
		return;
	}
	count(sink, watched->protocol->name, &watched->address, watched->port, 0, got);
	if (!watched->answered && memmem(sink->buffer, got, " HTTP/1.", 8)) {
		watched->answered = true;
		send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
}

/* The address a datagram was sent to, from its control messages. */
static struct in6_addr datagram_address(struct msghdr *message)
{
	struct in6_addr address = IN6ADDR_ANY_INIT;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			address = mapped(&((struct in_pktinfo *)CMSG_DATA(c))->ipi_addr);
		else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			address = ((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_addr;
	}
	return address;
}

static void on_datagram(struct sink *sink, int fd)
{
	char control[256] __attribute__((aligned(8)));
	struct iovec iov = { .iov_base = sink->buffer, .iov_len = sizeof(sink->buffer) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t got = recvmsg(fd, &message, 0);
	struct in6_addr address;

	if (got < 0)
		return;
	address = datagram_address(&message);
	count(sink, sink->fds[fd].protocol->name, &address, sink->fds[fd].port, 1, got);
}

/* Skip the extension headers of an IPv6 packet; returns the upper protocol, *at is where it starts. */
static int ipv6_upper(const unsigned char *packet, size_t size, size_t *at)
{
	int next = packet[6];

	*at = 40;
	while ((next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
		next == IPPROTO_FRAGMENT) && *at + 8 <= size) {
		bool fragment = next == IPPROTO_FRAGMENT;

		next = packet[*at];
		*at += fragment ? 8 : 8 * (packet[*at + 1] + 1U);
	}
	return next;
}

/* The size of a transport header, as far as it is known. */
static size_t transport_size(int protocol, const unsigned char *header, size_t size)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return size >= 20 ? 4 * (header[12] >> 4) : size;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 8;
	default:
		return 0;
	}
}

static void count_packet(struct sink *sink, const unsigned char *packet, size_t size)
{
	struct in6_addr address;
	unsigned int port = 0;
	size_t at, total, head;
	char name[12];
	int protocol;

	if (size >= 20 && packet[0] >> 4 == 4) {
		address = mapped(packet + 16);
		at = 4 * (packet[0] & 15);
		total = packet[2] << 8 | packet[3];
		protocol = packet[9];
	} else if (size >= 40 && packet[0] >> 4 == 6) {
		memcpy(&address, packet + 24, 16);
		protocol = ipv6_upper(packet, size, &at);
		total = 40 + (packet[4] << 8 | packet[5]);
	} else {
		return;
	}
	/* The frame may be padded; a total of 0 is a segment larger than the field can say. */
	if (total && total < size)
		size = total;
	if (at > size)
		at = size;
	if ((protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) && size - at >= 4)
		port = packet[at + 2] << 8 | packet[at + 3];
	head = transport_size(protocol, packet + at, size - at);
	if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP)
		snprintf(name, sizeof(name), "wire-%s", protocol == IPPROTO_TCP ? "tcp" : "udp");
	else
		snprintf(name, sizeof(name), "wire-%d", protocol);
	count(sink, name, &address, port, 1, size - at > head ? size - at - head : 0);
}

static void on_wire(struct sink *sink, int fd)
{
	struct sockaddr_ll from;
	struct tpacket_stats stats;
	socklen_t length = sizeof(from), stats_length = sizeof(stats);
	ssize_t got = recvfrom(fd, sink->buffer, sizeof(sink->buffer), 0, (struct sockaddr *)&from, &length);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &stats_length) || stats.tp_drops) {
		errno = ENOBUFS;
		die("packets were lost");
	}
	if (got > 0 && from.sll_pkttype != PACKET_OUTGOING && from.sll_ifindex != (int)if_nametoindex("lo"))
		count_packet(sink, sink->buffer, got);
}

static void open_wire(struct sink *sink)
{
	static const struct watched watched = { .kind = FD_WIRE };
	int size = 8 << 20;
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));

	if (fd < 0)
		die("packet socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	watch(sink, fd, &watched);
}

static _Noreturn void serve(struct sink *sink)
{
	static void (*const handlers[])(struct sink *, int) = {
		[FD_LISTENER] = on_listener, [FD_STREAM] = on_stream, [FD_DATAGRAM] = on_datagram, [FD_WIRE] = on_wire,
	};
	struct epoll_event events[64];

	write_state(sink);
	for (;;) {
		int n = epoll_wait(sink->epoll, events, 64, -1);

		for (int i = 0; i < n; i++)
			handlers[sink->fds[events[i].data.fd].kind](sink, events[i].data.fd);
		if (sink->changed)
			write_state(sink);
	}
}

/* Print the state, or the sum of BYTES over the lines that match; "-" matches anything. */
static int query(const char *path, char **want, int n_want)
{
	char proto[16], address[64], port[8];
	unsigned long long events, bytes, sum = 0;
	FILE *file = fopen(path, "re");

	if (!file)
		die(path);
	n_want = n_want > 3 ? 3 : n_want;
	while (fscanf(file, "%15s %63s %7s %llu %llu", proto, address, port, &events, &bytes) == 5) {
		const char *have[] = { proto, address, port };
		bool fits = true;

		for (int i = 0; i < n_want; i++)
			fits = fits && (!strcmp(want[i], "-") || !strcmp(want[i], have[i]));
		if (fits && !n_want)
			printf("%s %s %s %llu %llu\n", proto, address, port, events, bytes);
		sum += fits ? bytes : 0;
	}
	if (n_want)
		printf("%llu\n", sum);
	fclose(file);
	return 0;
}

static void open_ports(struct sink *sink, const char *names, const char *ports)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		size_t length = strlen(protocols[i].name);
		const char *name = names;

		while (name && (strncmp(name, protocols[i].name, length) || (name[length] && name[length] != ',')))
			name = strchr(name, ',') ? strchr(name, ',') + 1 : NULL;
		for (const char *at = ports; name && at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
			open_port(sink, &protocols[i], AF_INET, strtoul(at, NULL, 10));
			open_port(sink, &protocols[i], AF_INET6, strtoul(at, NULL, 10));
		}
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "ports", required_argument, NULL, 'p' }, { "protocols", required_argument, NULL, 'P' },
		{ "state", required_argument, NULL, 's' }, { "query", required_argument, NULL, 'q' },
		{ "wire", no_argument, NULL, 'w' },	   { NULL, 0, NULL, 0 },
	};
	const char *ports = NULL, *names = "tcp,udp";
	struct sink *sink = calloc(1, sizeof(*sink));
	bool wire = false;
	int option;

	if (!sink)
		die("memory");
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'p')
			ports = optarg;
		else if (option == 'P')
			names = optarg;
		else if (option == 's')
			sink->state = optarg;
		else if (option == 'w')
			wire = true;
		else if (option == 'q')
			return query(optarg, argv + optind, argc - optind);
		else
			return 2;
	}
	if (!ports || !sink->state || optind < argc) {
		fprintf(stderr, "usage: sink --ports N,... --state FILE [--protocols tcp,udp,mptcp,sctp,dccp,udplite] [--wire]\n"
				"       sink --query FILE [PROTO|- [ADDRESS|- [PORT|-]]]\n");
		return 2;
	}
	sink->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (sink->epoll < 0)
		die("epoll");
	if (wire)
		open_wire(sink);
	open_ports(sink, names, ports);
	serve(sink);
}
