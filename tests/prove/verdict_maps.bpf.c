// SPDX-License-Identifier: GPL-2.0-only
/* The maps of the programs that verdict_gen makes, for the prover; as in vmap_shape, which is what the kernel gets. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct locked { struct bpf_spin_lock lock; __u32 a; __u64 b; };
struct bytes16 { __u64 w[2]; };
struct bytes24 { __u64 w[3]; };
struct bytes48 { __u64 w[6]; };
struct bytes256 { __u64 w[32]; };
#define MAP(name, t, n, k, v, f) struct { __uint(type, t); __uint(max_entries, n); __uint(map_flags, f); __type(key, k); __type(value, v); } name SEC(".maps")
MAP(m_array, BPF_MAP_TYPE_ARRAY, 4, __u32, struct bytes48, 0);
MAP(m_one, BPF_MAP_TYPE_ARRAY, 1, __u32, struct bytes256, 0);
MAP(m_hash, BPF_MAP_TYPE_HASH, 8, __u32, struct bytes24, 0);
MAP(m_wide, BPF_MAP_TYPE_HASH, 8, __u64, struct bytes16, 0);
MAP(m_lru, BPF_MAP_TYPE_LRU_HASH, 8, __u32, struct bytes16, 0);
MAP(m_pcpu_array, BPF_MAP_TYPE_PERCPU_ARRAY, 2, __u32, struct bytes24, 0);
MAP(m_pcpu_hash, BPF_MAP_TYPE_PERCPU_HASH, 8, __u32, struct bytes16, 0);
MAP(m_lock_array, BPF_MAP_TYPE_ARRAY, 2, __u32, struct locked, 0);
MAP(m_lock_hash, BPF_MAP_TYPE_HASH, 4, __u32, struct locked, 0);
MAP(m_readonly, BPF_MAP_TYPE_ARRAY, 2, __u32, struct bytes16, BPF_F_RDONLY_PROG);
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } m_ring SEC(".maps");
char LICENSE[] SEC("license") = "GPL";
SEC("socket") int nothing(struct __sk_buff *skb)
{
	__u32 k = 0;

	return bpf_map_lookup_elem(&m_array, &k) || bpf_map_lookup_elem(&m_one, &k) || bpf_map_lookup_elem(&m_hash, &k) || bpf_map_lookup_elem(&m_ring, &k);
}
