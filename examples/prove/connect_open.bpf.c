// SPDX-License-Identifier: GPL-2.0-only
/* An LSM program: connections only to ports in a map. Planted: fails open when the port is not in the table. */
#include "case.h"
MAP(ports, BPF_MAP_TYPE_HASH, 1024, __u16, __u32);

LSM(socket_connect, connect_ports, struct socket *sock, struct sockaddr *address, int addrlen, int ret)
{
	if (ret)
		return ret;
	if (address->sa_family != 2)
		return 0;
	__u16 port = __builtin_bswap16(((struct sockaddr_in *)address)->sin_port);
	__u32 *action = bpf_map_lookup_elem(&ports, &port);
	return !action || *action == 1 ? 0 : -1;
}
