/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of a policy to values: numbers, ranges, networks, names of protocols and sockets. Pure; they say nothing. */
#ifndef POLICY_VALUE_H
#define POLICY_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/policy.h"

/*
 * Decimal, no sign, no leading zero. 0; -EINVAL: not digits only (or a leading zero); -ERANGE: digits, but more
 * than @max.
 */
int value_number(const char *text, uint32_t max, uint32_t *ret_number);

/* "n" or "n-m". -EINVAL: neither; -ERANGE: a number past @max; -EDOM: the range is reversed. */
int value_range(const char *text, uint32_t max, struct policy_range *ret_range);

/* An address with an optional prefix length, as policy_destination has it; "a network" below. */
struct value_net {
	uint8_t addr[16];
	unsigned bits;
};

#define VALUE_NET_TEXT 64 /* room for a network as text */

enum value_net_fault {
	VALUE_NET_OK,
	VALUE_NET_NO_ADDRESS,  /* what stands before '/' is no address */
	VALUE_NET_NO_LENGTH,   /* what stands after '/' is no length for it */
	VALUE_NET_HOST_BITS,   /* bits after the length are set; *ret_net has them cleared */
	VALUE_NET_RESERVED,    /* overlaps the addresses of vsock (cordon/abi.h) */
	VALUE_NET_BOTH_FAMILIES, /* an IPv6 network around ::ffff:0:0/96, all of IPv4 */
};

enum value_net_fault value_net(const char *text, struct value_net *ret_net);

/* The network as one writes it. */
void value_net_text(const struct value_net *net, char text[VALUE_NET_TEXT]);

/* A table of names; the last has name NULL. */
struct value_name {
	const char *name;
	int value;
};

extern const struct value_name value_operations[]; /* enum cordon_op, in its order */
extern const struct value_name value_sessions[]; /* enum cordon_session, but for UNKNOWN */
extern const struct value_name value_capabilities[]; /* lower case, without "cap_" */
extern const struct value_name value_kernel_operations[]; /* enum cordon_kernel_operation */
extern const struct value_name value_cids[]; /* of vsock */
extern const struct value_name value_protocols[];
extern const struct value_name value_socket_families[];
extern const struct value_name value_socket_types[];

const struct value_name *value_find(const struct value_name *table, const char *name);

/* Whether packets or connections of this IP protocol have ports. */
bool value_protocol_has_ports(uint32_t protocol);

#endif
