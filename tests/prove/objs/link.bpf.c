// SPDX-License-Identifier: GPL-2.0-only
/* What a linker sees: subprograms shared and nested, callbacks, all kinds of global data, maps of every shape. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct rule {
	__u32 action;
	__u32 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct rule);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} inner_a SEC(".maps"), inner_b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 8);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = {
	.values = { [1] = &inner_a, [5] = &inner_b },
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16);
	__uint(key_size, 8);
	__uint(value_size, 8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(pinning, 1);
} lpm SEC(".maps");

const volatile __u32 limit = 7;
static const volatile struct {
	__u64 a, b;
} pair = { 1, 2 };
__u64 counter = 5;
static volatile __u32 hidden = 9;
__u64 zeroed[4];
static __u64 zeroed_static;

static __attribute__((noinline)) __u64 leaf(__u64 x)
{
	zeroed_static += x;
	return x * 3 + zeroed_static;
}

static __attribute__((noinline)) __u64 middle(__u64 x)
{
	if (x & 1)
		return leaf(x) + hidden;
	return leaf(x + 1);
}

__attribute__((noinline)) int exported(__u32 key)
{
	struct rule *r = bpf_map_lookup_elem(&rules, &key);

	return r ? (int)r->action : -1;
}

static long visit(__u32 index, void *ctx)
{
	*(__u64 *)ctx += index + middle(index);
	return index >= limit;
}

SEC("socket")
int first(struct __sk_buff *skb)
{
	__u64 sum = 0;

	bpf_loop(16, visit, &sum, 0);
	counter += sum;
	return exported(skb->len) + (int)leaf(skb->mark) + (int)pair.b;
}

SEC("socket")
int second(struct __sk_buff *skb)
{
	__u32 zero = 1;
	void *map = bpf_map_lookup_elem(&outer, &zero);
	__u64 *v = map ? bpf_map_lookup_elem(map, &zero) : 0;

	zeroed[2] = v ? *v : middle(skb->len);
	if (v)
		__sync_fetch_and_add(v, 1);
	return 0;
}

SEC("?xdp")
int third(struct xdp_md *ctx)
{
	__u64 *r = bpf_ringbuf_reserve(&events, 16, 0);

	if (!r)
		return XDP_PASS;
	r[0] = ctx->ingress_ifindex;
	r[1] = (__u64)pair.a;
	bpf_ringbuf_submit(r, 0);
	return exported(ctx->rx_queue_index) < 0 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
