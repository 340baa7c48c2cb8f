/* SPDX-License-Identifier: GPL-2.0-only */
/* Words to values; see value.h. */
#include "policy/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cordon/abi.h>

#define PROTOCOL_MPTCP 262
#define MAPPED_BITS    96u /* of ::ffff:0:0/96, where IPv4 is */

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

const struct value_name value_operations[] = {
	{ "read", CORDON_OP_READ },	{ "write", CORDON_OP_WRITE },	{ "append", CORDON_OP_APPEND },
	{ "exec", CORDON_OP_EXEC },	{ "reach", CORDON_OP_REACH },	{ "socket", CORDON_OP_SOCKET },
	{ "create", CORDON_OP_CREATE }, { "delete", CORDON_OP_DELETE }, { "attributes", CORDON_OP_ATTRIBUTES },
	{ "connect", CORDON_OP_CONNECT }, { "bind", CORDON_OP_BIND },	{ "accept", CORDON_OP_ACCEPT },
	{ "use", CORDON_OP_CAPABILITY }, { "operate", CORDON_OP_KERNEL },
	{ NULL, 0 },
};

const struct value_name value_sessions[] = {
	{ "other", CORDON_SESSION_OTHER }, { "service", CORDON_SESSION_SERVICE }, { "console", CORDON_SESSION_CONSOLE },
	{ "ssh", CORDON_SESSION_SSH },	   { NULL, 0 },
};

/* linux/capability.h */
const struct value_name value_capabilities[] = {
	{ "chown", 0 }, { "dac_override", 1 }, { "dac_read_search", 2 }, { "fowner", 3 }, { "fsetid", 4 },
	{ "kill", 5 }, { "setgid", 6 }, { "setuid", 7 }, { "setpcap", 8 }, { "linux_immutable", 9 },
	{ "net_bind_service", 10 }, { "net_broadcast", 11 }, { "net_admin", 12 }, { "net_raw", 13 },
	{ "ipc_lock", 14 }, { "ipc_owner", 15 }, { "sys_module", 16 }, { "sys_rawio", 17 }, { "sys_chroot", 18 },
	{ "sys_ptrace", 19 }, { "sys_pacct", 20 }, { "sys_admin", 21 }, { "sys_boot", 22 }, { "sys_nice", 23 },
	{ "sys_resource", 24 }, { "sys_time", 25 }, { "sys_tty_config", 26 }, { "mknod", 27 }, { "lease", 28 },
	{ "audit_write", 29 }, { "audit_control", 30 }, { "setfcap", 31 }, { "mac_override", 32 },
	{ "mac_admin", 33 }, { "syslog", 34 }, { "wake_alarm", 35 }, { "block_suspend", 36 }, { "audit_read", 37 },
	{ "perfmon", 38 }, { "bpf", 39 }, { "checkpoint_restore", 40 },
	{ NULL, 0 },
};

const struct value_name value_kernel_operations[] = {
	{ "mount", CORDON_KERNEL_MOUNT }, { "mount-network", CORDON_KERNEL_MOUNT_NETWORK },
	{ "umount", CORDON_KERNEL_UMOUNT }, { "chroot", CORDON_KERNEL_CHROOT }, { "module", CORDON_KERNEL_MODULE },
	{ "module-request", CORDON_KERNEL_MODULE_REQUEST }, { "bpf", CORDON_KERNEL_BPF },
	{ "ptrace", CORDON_KERNEL_PTRACE }, { "pidfd-getfd", CORDON_KERNEL_PIDFD_GETFD },
	{ "kexec", CORDON_KERNEL_KEXEC }, { "perf", CORDON_KERNEL_PERF }, { "trace", CORDON_KERNEL_TRACE },
	{ "userns", CORDON_KERNEL_USERNS }, { "tun", CORDON_KERNEL_TUN }, { "raw-disk", CORDON_KERNEL_RAW_DISK },
	{ "raw-memory", CORDON_KERNEL_RAW_MEMORY }, { "io-uring", CORDON_KERNEL_IO_URING },
	{ "userfaultfd", CORDON_KERNEL_USERFAULTFD }, { "keyring", CORDON_KERNEL_KEYRING },
	{ "sysv-ipc", CORDON_KERNEL_SYSV_IPC }, { "message-queue", CORDON_KERNEL_MESSAGE_QUEUE },
	{ "terminal-inject", CORDON_KERNEL_TERMINAL_INJECT }, { "syslog", CORDON_KERNEL_SYSLOG },
	{ "settime", CORDON_KERNEL_SETTIME },
	{ "into-cgroup", CORDON_KERNEL_INTO_CGROUP },
	{ NULL, 0 },
};

/* linux/vm_sockets.h */
const struct value_name value_cids[] = { { "hypervisor", 0 }, { "local", 1 }, { "host", 2 }, { NULL, 0 } };

const struct value_name value_protocols[] = {
	{ "tcp", IPPROTO_TCP },	  { "udp", IPPROTO_UDP },      { "udplite", IPPROTO_UDPLITE }, { "sctp", IPPROTO_SCTP },
	{ "dccp", IPPROTO_DCCP }, { "icmp", IPPROTO_ICMP },    { "icmpv6", IPPROTO_ICMPV6 },   { "mptcp", PROTOCOL_MPTCP },
	{ NULL, 0 },
};

const struct value_name value_socket_families[] = {
	{ "unix", AF_UNIX },	     { "local", AF_UNIX },	 { "inet", AF_INET },
	{ "inet6", AF_INET6 },	     { "netlink", AF_NETLINK },	 { "packet", AF_PACKET },
	{ "vsock", AF_VSOCK },	     { "bluetooth", AF_BLUETOOTH }, { "can", AF_CAN },
	{ "tipc", AF_TIPC },	     { "rds", AF_RDS },		 { "pppox", AF_PPPOX },
	{ "ax25", AF_AX25 },	     { "ipx", AF_IPX },		 { "appletalk", AF_APPLETALK },
	{ "netrom", AF_NETROM },     { "bridge", AF_BRIDGE },	 { "atmpvc", AF_ATMPVC },
	{ "x25", AF_X25 },	     { "rose", AF_ROSE },	 { "key", AF_KEY },
	{ "atmsvc", AF_ATMSVC },     { "llc", AF_LLC },		 { "ib", AF_IB },
	{ "mpls", AF_MPLS },	     { "rxrpc", AF_RXRPC },	 { "isdn", AF_ISDN },
	{ "phonet", AF_PHONET },     { "ieee802154", AF_IEEE802154 }, { "caif", AF_CAIF },
	{ "alg", AF_ALG },	     { "nfc", AF_NFC },		 { "kcm", AF_KCM },
	{ "qipcrtr", AF_QIPCRTR },   { "smc", AF_SMC },		 { "xdp", AF_XDP },
	{ NULL, 0 },
};

const struct value_name value_socket_types[] = {
	{ "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM }, { "raw", SOCK_RAW },       { "rdm", SOCK_RDM },
	{ "seqpacket", SOCK_SEQPACKET }, { "dccp", SOCK_DCCP }, { "packet", SOCK_PACKET }, { NULL, 0 },
};

const struct value_name *value_find(const struct value_name *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

bool value_protocol_has_ports(uint32_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
	       protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP || protocol == PROTOCOL_MPTCP;
}

/* The digits of [text, text + len). */
static int read_number(const char *text, size_t len, uint32_t max, uint32_t *ret_number)
{
	uint64_t number = 0;

	if (len == 0 || (len > 1 && text[0] == '0'))
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
	for (size_t i = 0; i < len && number <= max; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	if (number > max)
		return -ERANGE;
	*ret_number = (uint32_t)number;
	return 0;
}

int value_number(const char *text, uint32_t max, uint32_t *ret_number)
{
	return read_number(text, strlen(text), max, ret_number);
}

int value_range(const char *text, uint32_t max, struct policy_range *ret_range)
{
	const char *dash = strchr(text, '-');
	struct policy_range range;
	int first, last;

	first = read_number(text, dash ? (size_t)(dash - text) : strlen(text), max, &range.first);
	range.last = range.first;
	last = dash ? value_number(dash + 1, max, &range.last) : 0;
	if (first == -EINVAL || last == -EINVAL)
		return -EINVAL;
	if (first || last)
		return -ERANGE;
	if (range.last < range.first)
		return -EDOM;
	*ret_range = range;
	return 0;
}

/* Clears the bits after net->bits; whether any was set. */
static bool clear_host_bits(struct value_net *net)
{
	bool any = false;

	for (unsigned bit = net->bits; bit < 128; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		any = any || (net->addr[bit / 8] & mask);
		net->addr[bit / 8] &= (uint8_t)~mask;
	}
	return any;
}

/* Whether the network holds addresses of vsock, or is inside them. */
static bool overlaps_vsock(const struct value_net *net)
{
	struct value_net vsock = { .addr = CORDON_VSOCK_ADDR, .bits = net->bits < CORDON_VSOCK_BITS ? net->bits : CORDON_VSOCK_BITS };
	struct value_net other = { .bits = vsock.bits };

	memcpy(other.addr, net->addr, sizeof(other.addr));
	clear_host_bits(&vsock);
	clear_host_bits(&other);
	return memcmp(vsock.addr, other.addr, sizeof(vsock.addr)) == 0;
}

enum value_net_fault value_net(const char *text, struct value_net *ret_net)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct value_net net = { 0 };
	char address[INET6_ADDRSTRLEN + 1];
	uint32_t bits = 0;
	bool v4;

	if (len >= sizeof(address))
		return VALUE_NET_NO_ADDRESS;
	memcpy(address, text, len);
	address[len] = '\0';
	v4 = inet_pton(AF_INET, address, net.addr + 12) == 1;
	if (v4)
		memcpy(net.addr, mapped, sizeof(mapped));
	else if (inet_pton(AF_INET6, address, net.addr) != 1)
		return VALUE_NET_NO_ADDRESS;
	if (slash && value_number(slash + 1, v4 ? 32 : 128, &bits))
		return VALUE_NET_NO_LENGTH;
	net.bits = !slash ? 128 : v4 ? bits + MAPPED_BITS : bits;
	if (clear_host_bits(&net)) {
		*ret_net = net;
		return VALUE_NET_HOST_BITS;
	}
	if (net.bits < MAPPED_BITS) {
		struct value_net around = { .bits = net.bits };

		memcpy(around.addr, mapped, sizeof(mapped));
		clear_host_bits(&around);
		if (memcmp(around.addr, net.addr, sizeof(net.addr)) == 0)
			return VALUE_NET_BOTH_FAMILIES;
	}
	if (overlaps_vsock(&net))
		return VALUE_NET_RESERVED;
	*ret_net = net;
	return VALUE_NET_OK;
}

void value_net_text(const struct value_net *net, char text[VALUE_NET_TEXT])
{
	char address[INET6_ADDRSTRLEN];
	bool v4 = net->bits >= MAPPED_BITS && memcmp(net->addr, mapped, sizeof(mapped)) == 0;

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? net->addr + 12 : net->addr, address, sizeof(address));
	snprintf(text, VALUE_NET_TEXT, "%s/%u", address, v4 ? net->bits - MAPPED_BITS : net->bits);
}
