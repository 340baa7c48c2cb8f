// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel does besides the obvious: each program goes wrong only by that. */
#include "case.h"
#define WRONG 99
struct big { __u64 a[64]; };
struct locked { struct bpf_spin_lock lock; __u32 x; __u64 y; };
MAP(array, BPF_MAP_TYPE_ARRAY, 16, __u32, __u64);
MAP(bigs, BPF_MAP_TYPE_ARRAY, 1, __u32, struct big);
MAP(percpu, BPF_MAP_TYPE_PERCPU_HASH, 10, __u32, __u64);
MAP(lru, BPF_MAP_TYPE_LRU_HASH, 10, __u32, __u64);
MAP(lockhash, BPF_MAP_TYPE_HASH, 10, __u32, struct locked);
STORAGE(tasks, BPF_MAP_TYPE_TASK_STORAGE, __u64);
RING(ring);
// expect: write_between_reads fails return
SEC("xdp") int write_between_reads(struct xdp_md *ctx)
{
	__u32 k = 0, i = ctx->rx_queue_index & 511;
	volatile __u8 *p = bpf_map_lookup_elem(&bigs, &k);
	if (!p) return 0;
	p[i] = 1;
	__u8 a = p[i];
	p[i] = 2;
	return a == p[i] ? 0 : WRONG;
}
/* EINVAL: nobody knows these flags; there is no lock */
// expect: update_flags fails return
SEC("xdp") int update_flags(struct xdp_md *ctx) { __u32 k = 0; __u64 v = 1; return bpf_map_update_elem(&array, &k, &v, 8) ? WRONG : 0; }
// expect: update_no_lock fails return
SEC("xdp") int update_no_lock(struct xdp_md *ctx) { __u32 k = 0; __u64 v = 1; return bpf_map_update_elem(&array, &k, &v, BPF_F_LOCK) ? WRONG : 0; }
/* an element that is there keeps its memory */
// expect: percpu_in_place fails return
SEC("xdp") int percpu_in_place(struct xdp_md *ctx)
{
	__u32 k = 1; __u64 v = 77; volatile __u64 *p = bpf_map_lookup_elem(&percpu, &k);
	if (!p) return 0;
	*p = 5;
	if (bpf_map_update_elem(&percpu, &k, &v, 0)) return 0;
	return *p == 77 ? WRONG : 0;
}
// expect: lock_in_place fails return
SEC("xdp") int lock_in_place(struct xdp_md *ctx)
{
	__u32 k = 1; struct locked v = { .y = 77 }, *p = bpf_map_lookup_elem(&lockhash, &k);
	if (!p) return 0;
	p->y = 5;
	if (bpf_map_update_elem(&lockhash, &k, &v, BPF_F_LOCK)) return 0;
	return *(volatile __u64 *)&p->y == 77 ? WRONG : 0;
}
/* room is made before the flags are looked at */
// expect: lru_evicts_anyway fails return
SEC("xdp") int lru_evicts_anyway(struct xdp_md *ctx)
{
	__u32 k = 1, other = 2; __u64 v = 77;
	if (!bpf_map_lookup_elem(&lru, &k) || !bpf_map_lookup_elem(&lru, &other)) return 0;
	if (!bpf_map_update_elem(&lru, &other, &v, BPF_NOEXIST)) return 0;
	return bpf_map_lookup_elem(&lru, &k) ? 0 : WRONG;
}
/* all of the buffer is zeros then */
// expect: string_fault fails return
SEC("xdp") int string_fault(struct xdp_md *ctx)
{
	volatile char b[16]; for (int i = 0; i < 16; i++) b[i] = 7;
	long r = bpf_probe_read_kernel_str((void *)b, 16, (void *)(long)ctx->rx_queue_index);
	return r < 0 && b[8] == 0 ? WRONG : 0;
}
/* copied by words */
// expect: string_word fails return
SEC("xdp") int string_word(struct xdp_md *ctx)
{
	volatile char b[16]; for (int i = 0; i < 16; i++) b[i] = 7;
	long r = bpf_probe_read_user_str((void *)b, 16, (void *)(long)ctx->rx_queue_index);
	return r == 2 && b[3] == 0 ? WRONG : 0;
}
/* -ERANGE: an address of user space */
// expect: read_range fails return
SEC("xdp") int read_range(struct xdp_md *ctx) { __u64 x; long r = bpf_probe_read_kernel(&x, 8, (void *)(long)ctx->rx_queue_index); return r == 0 || r == -14 ? 0 : WRONG; }
// expect: snprintf_is_short fails record
SEC("xdp") int snprintf_is_short(struct xdp_md *ctx)
{
	static const char fmt[] = "x";
	char *r = bpf_ringbuf_reserve(&ring, 16, 0); if (!r) return 0;
	bpf_snprintf(r, 16, fmt, 0, 0);
	bpf_ringbuf_submit(r, 0);
	return 0;
}
static long set(__u32 i, void *c) { *(volatile __u64 *)c = 1; return 0; }
// expect: loop_flags fails return
SEC("xdp") int loop_flags(struct xdp_md *ctx) { volatile __u64 x = 0; bpf_loop(1, set, (void *)&x, 1); return x == 1 ? 0 : WRONG; }
static ASM long third(__u32 i, void *c) { asm volatile("r0 = 0; if r3 == 0 goto +1; r0 = 1; exit"); }
// expect: callback_args fails init
SEC("xdp") int callback_args(struct xdp_md *ctx) { __u64 x = 0; bpf_loop(1, third, &x, 0); return 0; }
static __attribute__((noinline)) __u64 *gives_frame(struct xdp_md *ctx)
{
	__u64 *p;
	asm volatile("r1 = 5; %0 = r10; %0 += -8; *(u64 *)(%0 + 0) = r1" : "=r"(p) :: "r1");
	return p;
}
// expect: frame_of_callee fails memory
SEC("xdp") int frame_of_callee(struct xdp_md *ctx) { return *gives_frame(ctx) & 1; }
// expect: behind_a_map fails call
SEC("xdp") ASM int behind_a_map(struct xdp_md *ctx) { asm volatile("r1 = 0; *(u32 *)(r10 - 4) = r1; r2 = r10; r2 += -4; r1 = %[m] ll; r1 += 8; call 1; r0 = 0; exit" :: [m]"i"(&array)); }
// expect: behind_the_context fails call
SEC("tc") ASM int behind_the_context(struct __sk_buff *ctx) { asm volatile("r1 += 8; r2 = 0; r3 = r10; r3 += -8; r4 = 8; call 26; r0 = 0; exit"); }
// expect: behind_a_function fails call
SEC("xdp") ASM int behind_a_function(struct xdp_md *ctx) { asm volatile("r1 = 1; r2 = %[f] ll; r2 += 1; r3 = r10; r4 = 0; call 181; r0 = 0; exit" :: [f]"i"(set)); }
/* a pointer minus itself is 0 */
// expect: back_to_zero fails return
SEC("xdp") ASM int back_to_zero(struct xdp_md *ctx) { asm volatile("r2 = r10; r3 = 0; r3 -= r2; r2 += r3; r0 = 0; if r2 != 0 goto 1f; r0 = 99; 1: exit"); }
// expect: storage_flags fails return
SEC("lsm/file_open") int BPF_PROG(storage_flags, struct file *f)
{
	struct task_struct *t = bpf_get_current_task_btf();
	if (!bpf_task_storage_get(&tasks, t, 0, 1)) return 0;
	return bpf_task_storage_get(&tasks, t, 0, 2) ? 0 : 1;
}
// expect: getpeername fails return
SEC("cgroup/getpeername4") int getpeername(struct bpf_sock_addr *c) { return 0; }
// expect: reads_a_lock fails memory
SEC("xdp") int reads_a_lock(struct xdp_md *ctx) { __u32 k = 1; struct locked *p = bpf_map_lookup_elem(&lockhash, &k); return p ? *(volatile __u32 *)p & 1 : 0; }
// expect: writes_a_lock fails memory
SEC("xdp") int writes_a_lock(struct xdp_md *ctx) { __u32 k = 1; char *p = bpf_map_lookup_elem(&lockhash, &k); if (p) *(volatile __u32 *)(p + (ctx->rx_queue_index & 12)) = 0; return 0; }
static ASM long no_result(__u32 i, void *c) { asm volatile("exit"); }
/* whether it goes on depends on what r0 happens to hold */
// expect: callback_result fails init
SEC("xdp") int callback_result(struct xdp_md *ctx) { return bpf_loop(2, no_result, 0, 0) == 2 ? 0 : WRONG; }
static ASM __attribute__((noinline)) int void_function(void) { asm volatile("exit"); }
// expect: void_result fails init
SEC("xdp") int void_result(struct xdp_md *ctx) { return void_function() & 1; }
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_RDONLY_PROG); __type(key, __u32); __type(value, __u64); } readonly SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_WRONLY_PROG); __type(key, __u32); __type(value, __u64); } writeonly SEC(".maps");
// expect: update_readonly fails call
SEC("xdp") int update_readonly(struct xdp_md *ctx) { __u32 k = 0; __u64 v = 1; bpf_map_update_elem(&readonly, &k, &v, 0); return 0; }
// expect: lookup_writeonly fails call
SEC("xdp") int lookup_writeonly(struct xdp_md *ctx) { __u32 k = 0; bpf_map_lookup_elem(&writeonly, &k); return 0; }
static __attribute__((noinline)) void other_frame(void) { asm volatile("r1 = 7; *(u64 *)(r10 - 8) = r1" ::: "r1"); }
/* what is given back may hold anything */
// expect: probe_frame fails return
SEC("xdp") int probe_frame(struct xdp_md *ctx)
{
	__u64 *p = gives_frame(ctx), x = 0;
	other_frame();
	return !bpf_probe_read_kernel(&x, 8, p) && x != 5 ? WRONG : 0;
}
// expect: probe_record fails return
SEC("xdp") int probe_record(struct xdp_md *ctx)
{
	__u64 *p = bpf_ringbuf_reserve(&ring, 8, 0), x;
	if (!p) return 0;
	*p = 5;
	bpf_ringbuf_discard(p, 0);
	return !bpf_probe_read_kernel(&x, 8, p) && x != 5 ? WRONG : 0;
}
/* helpers that use what they get */
// expect: null_file fails null
SEC("lsm/file_open") int BPF_PROG(null_file, struct file *f) { bpf_sock_from_file(0); return 0; }
// expect: null_path fails null
SEC("lsm/file_open") int BPF_PROG(null_path, struct file *f) { char b[8]; bpf_d_path(0, b, 8); return 0; }
// expect: object_as_data fails memory
SEC("lsm/file_open") int BPF_PROG(object_as_data, struct file *f) { bpf_ringbuf_output(&ring, f, 4096, 0); return 0; }
// expect: object_as_key fails memory
SEC("lsm/file_open") int BPF_PROG(object_as_key, struct file *f) { __u64 *v = bpf_map_lookup_elem(&array, (char *)f + 4000); return 0; }
// expect: walked_as_data fails null
SEC("lsm/file_open") int BPF_PROG(walked_as_data, struct file *f) { struct inode *i = f->f_inode; bpf_ringbuf_output(&ring, i, 4, 0); return 0; }
// expect: written_context fails return
SEC("tc") int written_context(struct __sk_buff *s) { s->cb[1] = 5; return *(volatile __u32 *)&s->cb[1] == 5 && s->len == 7 ? WRONG : 0; }
/* the element itself may be what makes room */
// expect: lru_evicts_itself fails return
SEC("xdp") int lru_evicts_itself(struct xdp_md *ctx)
{
	__u32 k = 1; __u64 v = 77;
	if (!bpf_map_lookup_elem(&lru, &k)) return 0;
	return bpf_map_update_elem(&lru, &k, &v, BPF_NOEXIST) ? 0 : WRONG;
}
