/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's half of a request about the network: a destination, or the making of a socket.
 */
#ifndef CORDON_BPF_CORE_NET_H
#define CORDON_BPF_CORE_NET_H

#include "net.h"
#include "report.h"

/* Sets of a destination. 0 or a reason. */
static __noinline int reach_sets(const struct view *view, const struct destination *to, struct report *ret)
{
	struct cordon_prefix_key key = { .prefixlen = 32 + 128, .trie = CORDON_TRIE_ADDR };
	__be32 wide = bpf_htonl(to->port);
	__be16 port = bpf_htons(to->port);
	void *prefixes, *values;
	const u32 *set;

	prefixes = table(prefixes, view);
	values = table(values, view);
	if (!prefixes || !values)
		return CORDON_REASON_TABLES;
	if (to->unknown) {
		ret->set[0] = view->meta->addr_unknown;
		ret->set[1] = CORDON_SET_ALL;
		ret->set[2] = CORDON_SET_ALL;
		ret->flags = CORDON_EV_UNKNOWN;
		return 0;
	}
	__builtin_memcpy(key.data, to->addr, sizeof(key.data));
	set = bpf_map_lookup_elem(prefixes, &key);
	ret->set[0] = set ? *set : view->meta->addr_dflt;
	__builtin_memset(key.data, 0, sizeof(key.data));
	if (to->protocol == CORDON_IPPROTO_VSOCK) {
		__builtin_memcpy(key.data, &wide, sizeof(wide));
		key.prefixlen = 32 + 32;
		key.trie = CORDON_TRIE_PORT32;
	} else {
		__builtin_memcpy(key.data, &port, sizeof(port));
		key.prefixlen = 32 + 16;
		key.trie = CORDON_TRIE_PORT;
	}
	set = bpf_map_lookup_elem(prefixes, &key);
	ret->set[1] = set ? *set : view->meta->port_dflt;
	ret->set[2] = value_set(view, values, CORDON_DIM_IPPROTO, to->protocol);
	return 0;
}

/* Sets of a socket. 0 or a reason. */
static __always_inline int socket_sets(const struct view *view, const struct destination *to, struct report *ret)
{
	void *values = table(values, view);

	if (!values)
		return CORDON_REASON_TABLES;
	ret->set[0] = value_set(view, values, CORDON_DIM_FAMILY, to->family);
	ret->set[1] = value_set(view, values, CORDON_DIM_TYPE, to->type);
	ret->set[2] = value_set(view, values, CORDON_DIM_PROTOCOL, to->protocol);
	return 0;
}

static __always_inline void report_destination(struct report *report, const struct destination *to)
{
	report->family = to->family;
	report->type = to->type;
	report->protocol = to->protocol;
	report->port = to->port;
	report->addr[0] = to->addr[0];
	report->addr[1] = to->addr[1];
}

/* Not 0: refuse. */
static __noinline int core_net(struct subject *subject, u64 current, u32 op)
{
	const struct destination *to = &subject->request.to;
	struct report report = { .op = op, .ask = op };
	struct view view;
	int why, end;

	if (!(subject->active >> op & 1))
		return 0;
	if (op == CORDON_OP_BIND && !to->unknown &&
	    reached_before(subject, reach_key(op, to), to->addr)) {
		count(cached);
		return 0;
	}
	report_destination(&report, to);
	why = view_open(&view, current);
	if (!why)
		why = op == CORDON_OP_SOCKET ? socket_sets(&view, to, &report) : reach_sets(&view, to, &report);
	end = judge(&report, current, join(&subject->request, why));
	if (!report.kind && op == CORDON_OP_SOCKET)
		permitted_note(subject, socket_key(to));
	else if (!report.kind && !to->unknown)
		reached_note(subject, reach_key(op, to), to->addr);
	return end;
}

#endif
