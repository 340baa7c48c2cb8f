// SPDX-License-Identifier: GPL-2.0-only
/*
 * A firewall in XDP: up to two VLAN tags, IPv4 with options, IPv6 with up to six extension headers, denied prefixes, services by
 * protocol and port, no source routing, no later fragments, and one counter per processor for each reason. Planted: the mask of the
 * fragment offset is one bit short.
 */
#include "case.h"
#define NET16(x) __builtin_bswap16(x)
#define MOST_OPTIONS 16
#define MOST_HEADERS 6
enum reason { OTHER, SHORT, DENIED, CLOSED, FRAGMENT, SOURCE_ROUTE, TOO_MANY, SERVED, REASONS };
struct prefix4 { __u32 len, addr; };
struct prefix6 { __u32 len; __u64 high, low; } __attribute__((packed));
struct service { __u16 port; __u8 protocol, zero; };
struct { __uint(type, BPF_MAP_TYPE_LPM_TRIE); __uint(max_entries, 4096); __uint(map_flags, BPF_F_NO_PREALLOC);
	 __type(key, struct prefix4); __type(value, __u32); } denied4 SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_LPM_TRIE); __uint(max_entries, 4096); __uint(map_flags, BPF_F_NO_PREALLOC);
	 __type(key, struct prefix6); __type(value, __u32); } denied6 SEC(".maps");
MAP(services, BPF_MAP_TYPE_HASH, 1024, struct service, __u32);
MAP(counts, BPF_MAP_TYPE_PERCPU_ARRAY, REASONS, __u32, __u64);

struct packet { __u8 *data, *end; __u32 at; __u16 ether; __u8 protocol; };

/*
 * n bytes at p->at are there; the offset is kept small so that the kernel's verifier can follow. That a pointer which is null
 * instead would be tested by its lower half only, ctx->data being declared with 32 bits, was found by this proof.
 */
static __always_inline bool bytes(const struct packet *p, __u32 n, __u8 **ret)
{
	*ret = p->data + (p->at & 0x3fff);
	return *ret + n <= p->end;
}

static __always_inline enum reason tags(struct packet *p)
{
	__u8 *b;

	if (!bytes(p, 14, &b))
		return SHORT;
	p->ether = *(__u16 *)(b + 12);
	p->at += 14;
#pragma unroll
	for (int i = 0; i < 2; i++) {
		if (p->ether != NET16(0x8100) && p->ether != NET16(0x88a8))
			break;
		if (!bytes(p, 4, &b))
			return SHORT;
		p->ether = *(__u16 *)(b + 2);
		p->at += 4;
	}
	return OTHER;
}

/* The protocol behind decides by its port; tests of both families. */
static __always_inline enum reason transport(struct packet *p)
{
	struct service s = { .protocol = p->protocol };
	__u8 *b;

	if (p->protocol == 6) {
		if (!bytes(p, 20, &b))
			return SHORT;
		if (!(b[13] & 0x3f) || (b[13] & 3) == 3) /* no flag at all; SYN and FIN */
			return CLOSED;
	} else if (p->protocol == 17) {
		if (!bytes(p, 8, &b) || NET16(*(__u16 *)(b + 4)) < 8)
			return SHORT;
	} else {
		return p->protocol == 1 || p->protocol == 58 ? OTHER : CLOSED;
	}
	s.port = *(__u16 *)(b + 2);
	__u32 *open = bpf_map_lookup_elem(&services, &s);
	return open && *open ? SERVED : CLOSED;
}

/* Loose and strict source routes, anywhere among the options. */
static __always_inline enum reason options(const struct packet *from, __u32 length)
{
	struct packet p = *from;
	__u32 left = length;

#pragma unroll
	for (int i = 0; i < MOST_OPTIONS; i++) {
		__u8 *b;

		if (!left)
			return OTHER;
		if (!bytes(&p, 1, &b))
			return SHORT;
		if (*b == 0)
			return OTHER;
		if (*b == 131 || *b == 137)
			return SOURCE_ROUTE;
		__u32 n = 1;
		if (*b != 1) {
			if (!bytes(&p, 2, &b) || b[1] < 2 || b[1] > left)
				return SHORT;
			n = b[1];
		}
		p.at += n;
		left -= n;
	}
	return left ? TOO_MANY : OTHER;
}

static __always_inline enum reason ipv4(struct packet *p)
{
	__u8 *b, *all;
	struct prefix4 key = { .len = 32 };
	enum reason r;

	if (!bytes(p, 20, &b) || b[0] >> 4 != 4 || (b[0] & 15) < 5)
		return SHORT;
	__u32 length = (b[0] & 15) * 4;
	if (!bytes(p, length, &all))
		return SHORT;
	key.addr = *(__u32 *)(b + 12);
	if (bpf_map_lookup_elem(&denied4, &key))
		return DENIED;
	if (*(__u16 *)(b + 6) & NET16(0x0fff))
		return FRAGMENT;
	p->protocol = b[9];
	p->at += 20;
	if (length > 20) {
		r = options(p, length - 20);
		if (r != OTHER)
			return r;
	}
	p->at += length - 20;
	return transport(p);
}

static __always_inline enum reason ipv6(struct packet *p)
{
	__u8 *b;
	struct prefix6 key = { .len = 128 };

	if (!bytes(p, 40, &b) || b[0] >> 4 != 6)
		return SHORT;
	key.high = *(__u64 *)(b + 8);
	key.low = *(__u64 *)(b + 16);
	if (bpf_map_lookup_elem(&denied6, &key))
		return DENIED;
	p->protocol = b[6];
	p->at += 40;
#pragma unroll
	for (int i = 0; i < MOST_HEADERS; i++) {
		if (p->protocol != 0 && p->protocol != 43 && p->protocol != 44 && p->protocol != 51 && p->protocol != 60)
			return transport(p);
		if (!bytes(p, 8, &b))
			return SHORT;
		if (p->protocol == 43 && (b[2] == 0 || b[3]))
			return SOURCE_ROUTE;
		if (p->protocol == 44 && *(__u16 *)(b + 2) & NET16(0xfff8))
			return FRAGMENT;
		p->at += p->protocol == 44 ? 8 : p->protocol == 51 ? (b[1] + 2) * 4 : (b[1] + 1) * 8;
		p->protocol = b[0];
	}
	return TOO_MANY;
}

SEC("xdp") int xdp_firewall(struct xdp_md *ctx)
{
	struct packet p = { .data = (void *)(long)ctx->data, .end = (void *)(long)ctx->data_end };
	enum reason why = tags(&p);

	if (why == OTHER && p.ether == NET16(0x0800))
		why = ipv4(&p);
	else if (why == OTHER && p.ether == NET16(0x86dd))
		why = ipv6(&p);
	__u32 k = why;
	__u64 *n = bpf_map_lookup_elem(&counts, &k);
	if (n)
		(*n)++;
	return why == OTHER || why == SERVED ? XDP_PASS : XDP_DROP;
}
