/* SPDX-License-Identifier: GPL-2.0-only */
/* `to`, `at`, `from`, `sockets`, `capabilities`, `operations`; see parse.h. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <cordon/abi.h>

#include "policy/hostname.h"
#include "policy/parse.h"

#define PORT_MAX     65535u
#define VSOCK_PORT_MAX (UINT32_MAX - 1) /* VMADDR_PORT_ANY is no port */
#define CID_MAX      (UINT32_MAX - 1)
#define PROTOCOL_MAX 65535u
#define FAMILY_MAX   65535u
#define CAPABILITY_MAX 63u /* bits of a kernel_cap_t */
#define TYPE_MAX     15u /* SOCK_TYPE_MASK of the kernel */

/* ---- to -------------------------------------------------------------------------------------- */

/* The destinations of all items of one `to`. */
struct destination_list {
	struct policy_destination *item;
	size_t n, cap;
};

/* What an item is about decides which ports there are. */
struct port_kind {
	uint32_t least, most;
	const char *none; /* how to say what a smaller number might mean */
};

static const struct port_kind port_to = { 1, PORT_MAX, "for all ports leave the key 'ports' out" };
static const struct port_kind port_at = { 0, PORT_MAX, "" }; /* 0: one that the kernel chooses */
static const struct port_kind port_vsock = { 0, VSOCK_PORT_MAX, "" };

/* "443", "8000-8099", "1024-": to the last. */
static int read_ports(struct parser *p, const char *text, const struct port_kind *kind, struct policy_range *ret_range)
{
	size_t len = strlen(text);

	if (len > 1 && text[len - 1] == '-')
		text = arena_printf(p->arena, "%s%u", text, kind->most);
	return text ? value_range(text, kind->most, ret_range) : -EINVAL;
}

static bool parse_port(struct parser *p, const struct yaml_node *node, const struct port_kind *kind,
		       struct policy_range *ret_range)
{
	const char *text = parse_text(p, node, "ports");
	int err = text ? read_ports(p, text, kind, ret_range) : 0;

	if (!text)
		return false;
	if (err == -EDOM) {
		parse_error(p, node, "the range of ports %s is reversed", text);
		parse_hint(p, "write the lower port first");
	} else if (err) {
		parse_error(p, node, err == -ERANGE ? "port %s: the largest port is %u" : "'%s' is no port", text,
			    kind->most);
		parse_hint(p, "write a number or a range, as in 443, 8000-8099 or 1024-");
	} else if (ret_range->first < kind->least) {
		parse_error(p, node, "port 0 is no port");
		parse_hint(p, "%s", kind->none);
		return false;
	}
	return !err;
}

static void parse_ports(struct parser *p, struct yaml_node *node, const struct port_kind *kind,
			struct policy_ranges *ports)
{
	struct parse_items items;

	if (!node || !parse_items(p, node, "ports", true, &items))
		return;
	ports->item = arena_new_n(p->arena, items.n, struct policy_range);
	for (size_t i = 0; ports->item && i < items.n; i++)
		ports->n += parse_port(p, items.item[i], kind, &ports->item[ports->n]);
}

/* @ports: whether the item names ports, which some protocols have not. */
static void parse_protocols(struct parser *p, struct yaml_node *node, bool ports, struct policy_ranges *protocols)
{
	struct parse_items items;

	if (!node || !parse_items(p, node, "protocol", true, &items))
		return;
	protocols->item = arena_new_n(p->arena, items.n, struct policy_range);
	for (size_t i = 0; protocols->item && i < items.n; i++) {
		int number = parse_name_or_number(p, items.item[i], "protocol", value_protocols, PROTOCOL_MAX);

		if (number < 0)
			continue;
		protocols->item[protocols->n++] = (struct policy_range){ (uint32_t)number, (uint32_t)number };
		if (ports && !value_protocol_has_ports((uint32_t)number)) {
			parse_error(p, items.item[i], "protocol %s has no ports", items.item[i]->text);
			parse_hint(p, "leave 'ports' out, or give this protocol an item of its own");
		}
	}
}

static bool parse_net(struct parser *p, const struct yaml_node *node, struct policy_destination *destination)
{
	const char *text = parse_text(p, node, "net");
	struct value_net net = { 0 };
	char right[VALUE_NET_TEXT];

	if (!text)
		return false;
	if (strcmp(text, "any") == 0) {
		destination->bits = 0;
		return true;
	}
	switch (value_net(text, &net)) {
	case VALUE_NET_OK:
		memcpy(destination->addr, net.addr, sizeof(net.addr));
		destination->bits = net.bits;
		return true;
	case VALUE_NET_NO_ADDRESS:
		parse_error(p, node, "'%s' is no address and no network", text);
		if (hostname_fault(text) == HOSTNAME_OK)
			parse_hint(p, "a name is written 'host: %s'; here stand 'any', an address or a network", text);
		else
			parse_hint(p, "write 'any', an address or a network as in 10.0.0.0/8; for a name 'host: NAME'");
		return false;
	case VALUE_NET_NO_LENGTH:
		parse_error(p, node, "'%s': what stands after '/' is no prefix length", text);
		parse_hint(p, "0 to 32 for IPv4, 0 to 128 for IPv6");
		return false;
	case VALUE_NET_HOST_BITS:
		value_net_text(&net, right);
		parse_error(p, node, "'%s' has bits set after the prefix", text);
		parse_hint(p, "the network is %s", right);
		return false;
	case VALUE_NET_RESERVED:
		parse_error(p, node, "'%s' holds addresses that stand for vsock (inside fe00::/9, which is reserved)", text);
		parse_hint(p, "write 'vsock: ...' for those; for IPv6 2000::/3, fc00::/7, fe80::/10");
		return false;
	case VALUE_NET_BOTH_FAMILIES:
		parse_error(p, node, "'%s' would hold every IPv4 address, too (as ::ffff:0:0/96)", text);
		parse_hint(p, "write 'any' for both; for IPv6 alone 2000::/3, fc00::/7, fe80::/10");
		return false;
	}
	return false;
}

/* "any", "host" or a number: as an address. */
static bool parse_cid(struct parser *p, const struct yaml_node *node, struct policy_destination *destination)
{
	static const struct policy_destination every = { .addr = CORDON_VSOCK_ADDR, .bits = CORDON_VSOCK_BITS };
	const char *text = parse_text(p, node, "vsock");
	const struct value_name *name = text ? value_find(value_cids, text) : NULL;
	uint32_t cid = name ? (uint32_t)name->value : 0;

	if (!text)
		return false;
	memcpy(destination->addr, every.addr, sizeof(every.addr));
	destination->bits = every.bits;
	if (strcmp(text, "any") == 0)
		return true;
	if (!name && value_number(text, CID_MAX, &cid)) {
		parse_error(p, node, "'%s' is no context id of vsock", text);
		parse_hint(p, "write 'any', 'host' (2), 'local' (1), 'hypervisor' (0) or a number");
		return false;
	}
	for (unsigned byte = 0; byte < 4; byte++)
		destination->addr[12 + byte] = (uint8_t)(cid >> (24 - 8 * byte));
	destination->bits = 128;
	return true;
}

static bool parse_host(struct parser *p, const struct yaml_node *node, struct policy_destination *destination)
{
	const char *text = parse_text(p, node, "host");
	enum hostname_fault fault = text ? hostname_fault(text) : HOSTNAME_OK;

	if (!text)
		return false;
	if (fault != HOSTNAME_OK) {
		parse_error(p, node, hostname_what(fault), text);
		parse_hint(p, "%s", hostname_mend(fault));
		return false;
	}
	destination->host = hostname_plain(p->arena, text);
	destination->bits = 128; /* an address, not all of them */
	destination->nowhere = true;
	destination->pos = parse_pos(p, node);
	p->policy->nhosts++;
	return destination->host != NULL;
}

/* Which of the keys that say where an item has; DESTINATION_KEYS (told): none or several. */
static unsigned parse_where(struct parser *p, const struct yaml_node *node, struct yaml_node **value, bool local)
{
	static const unsigned wheres[] = { DESTINATION_NET, DESTINATION_VSOCK, DESTINATION_HOST };
	unsigned found = DESTINATION_KEYS, second = DESTINATION_KEYS;

	for (size_t i = 0; i < sizeof(wheres) / sizeof(wheres[0]); i++)
		if (value[wheres[i]])
			*(found == DESTINATION_KEYS ? &found : &second) = wheres[i];
	if (second != DESTINATION_KEYS) {
		parse_error(p, node, "an item has '%s' and '%s'", keys_destination.key[found].name, keys_destination.key[second].name);
		parse_hint(p, "make two items of it");
		return DESTINATION_KEYS;
	}
	if (found == DESTINATION_KEYS) {
		parse_error(p, node, "an item has neither 'net' nor 'vsock'%s", local ? "" : " nor 'host'");
		parse_hint(p, "add 'net: any', 'net: NETWORK'%s or 'vsock: any'", local ? "" : ", 'host: NAME'");
	}
	if (found == DESTINATION_HOST && local) {
		parse_error(p, value[found]->key, "a host name is a destination, and 'at' is about addresses of this machine");
		parse_hint(p, "write 'net: ADDRESS'");
		return DESTINATION_KEYS;
	}
	return found;
}

/* Everything of an item but its addresses. */
static void parse_endpoint(struct parser *p, struct yaml_node **value, bool local, struct policy_destination *common)
{
	static struct policy_range vsock = { CORDON_IPPROTO_VSOCK, CORDON_IPPROTO_VSOCK };
	bool cid = value[DESTINATION_VSOCK] != NULL;

	parse_ports(p, value[DESTINATION_PORTS], cid ? &port_vsock : local ? &port_at : &port_to, &common->ports);
	if (cid && value[DESTINATION_PROTOCOL]) {
		parse_error(p, value[DESTINATION_PROTOCOL]->key, "vsock has no protocols");
		parse_hint(p, "leave 'protocol' out, or give the network an item of its own");
	} else if (cid) {
		common->protocols = (struct policy_ranges){ &vsock, 1 };
	} else {
		parse_protocols(p, value[DESTINATION_PROTOCOL], value[DESTINATION_PORTS] != NULL, &common->protocols);
	}
}

/* One item: as many destinations as its `net` (or `vsock`, `host`) has items. @local: an address of this machine (`at`). */
static void parse_destination(struct parser *p, const struct yaml_node *node, const char *what, bool local,
			      struct destination_list *list)
{
	struct policy_destination common = { .pos = parse_pos(p, node) };
	struct yaml_node *value[DESTINATION_KEYS];
	struct parse_items items;
	unsigned where;

	if (!parse_table(p, node, arena_printf(p->arena, "an item of %s", what), &keys_destination, value))
		return;
	parse_endpoint(p, value, local, &common);
	where = parse_where(p, node, value, local);
	if (where == DESTINATION_KEYS || !parse_items(p, value[where], keys_destination.key[where].name, true, &items))
		return;
	for (size_t i = 0; i < items.n; i++) {
		struct policy_destination one = common;

		if (!(where == DESTINATION_VSOCK ? parse_cid : where == DESTINATION_HOST ? parse_host : parse_net)(p, items.item[i], &one))
			continue;
		if (list->n >= POLICY_ITEMS_MAX) {
			parse_error(p, node, "more than %u destinations", POLICY_ITEMS_MAX);
			parse_hint(p, "use larger networks");
			return;
		}
		list->item = arena_grow(p->arena, list->item, list->n, &list->cap, sizeof(*list->item));
		if (!list->item)
			return;
		list->item[list->n++] = one;
	}
}

void parse_destinations(struct parser *p, struct yaml_node *node, const char *what, bool local,
			struct policy_destinations *destinations)
{
	struct destination_list list = { 0 };
	struct parse_items items;

	if (!node || !parse_items(p, node, what, false, &items))
		return;
	for (size_t i = 0; i < items.n && !p->arena->exhausted; i++)
		parse_destination(p, items.item[i], what, local, &list);
	destinations->item = list.item;
	destinations->n = list.item ? list.n : 0;
}

/* ---- sockets --------------------------------------------------------------------------------- */

static void parse_socket(struct parser *p, const struct yaml_node *node, struct policy_socket *ret_socket)
{
	struct policy_socket s = { POLICY_ANY, POLICY_ANY, POLICY_ANY };
	struct yaml_node *value[SOCKET_KEYS];

	*ret_socket = s;
	if (!parse_table(p, node, "an item of sockets", &keys_socket, value))
		return;
	if (value[SOCKET_FAMILY])
		s.family = parse_name_or_number(p, value[SOCKET_FAMILY], "socket family", value_socket_families, FAMILY_MAX);
	if (value[SOCKET_TYPE])
		s.type = parse_name_or_number(p, value[SOCKET_TYPE], "socket type", value_socket_types, TYPE_MAX);
	if (value[SOCKET_PROTOCOL])
		s.protocol = parse_name_or_number(p, value[SOCKET_PROTOCOL], "protocol", value_protocols, PROTOCOL_MAX);
	if (s.protocol >= 0 && s.family >= 0 && s.family != AF_INET && s.family != AF_INET6 &&
	    value_find(value_protocols, value[SOCKET_PROTOCOL]->text)) {
		parse_error(p, value[SOCKET_PROTOCOL], "protocol %s is of the families inet and inet6, not of %s",
			    value[SOCKET_PROTOCOL]->text, value[SOCKET_FAMILY]->text);
		parse_hint(p, "leave it out, or write the number that this family has for it");
	}
	*ret_socket = s;
}

void parse_sockets(struct parser *p, struct yaml_node *node, struct policy_sockets *sockets)
{
	struct parse_items items;

	if (!node || !parse_items(p, node, "sockets", false, &items))
		return;
	sockets->item = arena_new_n(p->arena, items.n, struct policy_socket);
	if (!sockets->item)
		return;
	for (size_t i = 0; i < items.n; i++)
		parse_socket(p, items.item[i], &sockets->item[i]);
	sockets->n = items.n;
}

/* ---- capabilities, operations on the kernel ---------------------------------------------------- */

/* As people and manuals write them: any case, with CAP_ or without. */
static int parse_capability(struct parser *p, const struct yaml_node *node)
{
	struct yaml_node plain = *node;
	char *name = node->kind == YAML_SCALAR ? arena_strdup(p->arena, node->text) : NULL;

	for (char *c = name; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (name)
		plain.text = strncmp(name, "cap_", 4) == 0 ? name + 4 : name;
	return parse_name_or_number(p, &plain, "capability", value_capabilities, CAPABILITY_MAX);
}

static int parse_kernel_operation(struct parser *p, const struct yaml_node *node)
{
	return parse_name(p, node, "operation on the kernel", value_kernel_operations);
}

static void parse_numbers(struct parser *p, struct yaml_node *node, const char *what,
			  int (*parse)(struct parser *p, const struct yaml_node *node), struct policy_ranges *numbers)
{
	struct parse_items items;

	if (!node || !parse_items(p, node, what, false, &items))
		return;
	numbers->item = arena_new_n(p->arena, items.n, struct policy_range);
	for (size_t i = 0; numbers->item && i < items.n; i++) {
		int number = parse(p, items.item[i]);

		if (number >= 0)
			numbers->item[numbers->n++] = (struct policy_range){ (uint32_t)number, (uint32_t)number };
	}
}

void parse_capabilities(struct parser *p, struct yaml_node *node, struct policy_ranges *capabilities)
{
	parse_numbers(p, node, "capabilities", parse_capability, capabilities);
}

void parse_kernel_operations(struct parser *p, struct yaml_node *node, struct policy_ranges *operations)
{
	parse_numbers(p, node, "operations", parse_kernel_operation, operations);
}
