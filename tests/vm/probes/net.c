// SPDX-License-Identifier: GPL-2.0-only
/* Addresses and sockets for the network facts. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

int family_of(const char *text)
{
	return strchr(text, ':') ? AF_INET6 : AF_INET;
}

unsigned make_address(union address *address, const char *text, unsigned short port)
{
	memset(address, 0, sizeof(*address));
	address->head.family = family_of(text);
	if (address->head.family == AF_INET) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)address;

		v4->sin_port = htons(port);
		inet_pton(AF_INET, text, &v4->sin_addr);
		return sizeof(*v4);
	}
	((struct sockaddr_in6 *)address)->sin6_port = htons(port);
	inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)address)->sin6_addr);
	return sizeof(struct sockaddr_in6);
}

unsigned make_mapped(union address *address, const char *text, unsigned short port)
{
	char mapped[64] = "::ffff:";

	strncat(mapped, text, sizeof(mapped) - strlen(mapped) - 1);
	return make_address(address, mapped, port);
}

int make_socket(struct ctx *ctx, int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		broken(ctx, "socket");
	return fd;
}

int make_connected(struct ctx *ctx, int type)
{
	union address to;
	unsigned length = make_address(&to, ctx->fact->to, ctx->port);
	int fd = make_socket(ctx, to.head.family, type, 0);

	if (connect(fd, (struct sockaddr *)&to, length))
		broken(ctx, "connect");
	return fd;
}

int sent(ssize_t result)
{
	if (result < 0)
		return -errno;
	return result == TOKEN_SIZE ? 0 : -EMSGSIZE;
}
