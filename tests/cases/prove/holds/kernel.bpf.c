// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel surely does: the other side of fails/kernel.bpf.c. */
#include "case.h"
#define WRONG 99
struct big { __u64 a[64]; };
MAP(array, BPF_MAP_TYPE_ARRAY, 16, __u32, __u64);
MAP(bigs, BPF_MAP_TYPE_ARRAY, 1, __u32, struct big);
MAP(hash, BPF_MAP_TYPE_HASH, 10, __u32, __u64);
MAP(percpu, BPF_MAP_TYPE_PERCPU_HASH, 10, __u32, __u64);
RING(ring);
// expect: two_reads holds
SEC("xdp") int two_reads(struct xdp_md *ctx)
{
	__u32 k = 0, i = ctx->rx_queue_index & 511;
	volatile __u8 *p = bpf_map_lookup_elem(&bigs, &k);
	if (!p) return 0;
	__u8 a = p[i];
	return a == p[i] ? 0 : WRONG;
}
// expect: update_any holds
SEC("xdp") int update_any(struct xdp_md *ctx) { __u32 k = 0; __u64 v = 1; return bpf_map_update_elem(&array, &k, &v, 0) ? WRONG : 0; }
// expect: update_exist holds
SEC("xdp") int update_exist(struct xdp_md *ctx) { __u32 k = 0; __u64 v = 1; return bpf_map_update_elem(&array, &k, &v, BPF_EXIST) ? WRONG : 0; }
// expect: hash_replaces holds
SEC("xdp") int hash_replaces(struct xdp_md *ctx)
{
	__u32 k = 1; __u64 v = 77; volatile __u64 *p = bpf_map_lookup_elem(&hash, &k);
	if (!p) return 0;
	*p = 5;
	if (bpf_map_update_elem(&hash, &k, &v, 0)) return 0;
	volatile __u64 *q = bpf_map_lookup_elem(&hash, &k);
	return q && *q == 77 ? 0 : WRONG;
}
// expect: percpu_gets_it holds
SEC("xdp") int percpu_gets_it(struct xdp_md *ctx)
{
	__u32 k = 1; __u64 v = 77; volatile __u64 *p = bpf_map_lookup_elem(&percpu, &k);
	if (!p) return 0;
	if (bpf_map_update_elem(&percpu, &k, &v, 0)) return 0;
	return *p == 77 ? 0 : WRONG;
}
// expect: read_error_is_negative holds
SEC("xdp") int read_error_is_negative(struct xdp_md *ctx)
{
	__u64 x = 1; long r = bpf_probe_read_kernel(&x, 8, (void *)(long)ctx->rx_queue_index);
	return r == 0 || (r < 0 && r > -4096 && x == 0) ? 0 : WRONG;
}
// expect: string_fault_zeros holds
SEC("xdp") int string_fault_zeros(struct xdp_md *ctx)
{
	volatile char b[16]; for (int i = 0; i < 16; i++) b[i] = 7;
	long r = bpf_probe_read_kernel_str((void *)b, 16, (void *)(long)ctx->rx_queue_index);
	return r < 0 ? b[15] ? WRONG : 0 : r < 1 || r > 16 || b[r - 1] ? WRONG : 0;
}
static long set(__u32 i, void *c) { *(volatile __u64 *)c = 1; return 0; }
// expect: loop_flags holds
SEC("xdp") int loop_flags(struct xdp_md *ctx) { volatile __u64 x = 0; return bpf_loop(1, set, (void *)&x, 1) == -22 && !x ? 0 : WRONG; }
static __attribute__((noinline)) void writes_frame(__u64 *p) { asm volatile("" : "+r"(p)); *(volatile __u64 *)p = 5; }
// expect: frame_of_caller holds
SEC("xdp") int frame_of_caller(struct xdp_md *ctx) { volatile __u64 x = 0; writes_frame((__u64 *)&x); return x == 5 ? 0 : WRONG; }
// expect: queue_mapping_short holds
SEC("tc") int queue_mapping_short(struct __sk_buff *s) { s->queue_mapping = 7; return *(volatile __u32 *)&s->queue_mapping <= 0xffff ? 0 : WRONG; }
static ASM __attribute__((noinline)) int void_function(void) { asm volatile("exit"); }
// expect: void_function_ignored holds
SEC("xdp") int void_function_ignored(struct xdp_md *ctx) { void_function(); return 0; }
// expect: object_as_key holds
SEC("lsm/file_open") int BPF_PROG(object_as_key, struct file *f) { bpf_map_lookup_elem(&hash, &f->f_flags); return 0; }
/* a size that only a comparison bounds */
// expect: read_up_to holds
SEC("xdp") int read_up_to(struct xdp_md *ctx)
{
	__u64 n = ctx->rx_queue_index; volatile char b[64];
	if (!n || n > 64) return 0;
	bpf_probe_read_kernel((void *)b, n, (void *)(long)ctx->ingress_ifindex);
	return b[0] & 1;
}
