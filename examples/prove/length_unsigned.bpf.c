// SPDX-License-Identifier: GPL-2.0-only
/* A limit on the address length. Planted: a negative length is taken for a huge one. */
#include "case.h"
LSM(socket_connect, length, struct socket *sock, struct sockaddr *address, int addrlen)
{
	unsigned long n = addrlen;
	return n > 16 ? -22 : 0;
}
