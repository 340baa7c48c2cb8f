// SPDX-License-Identifier: GPL-2.0-only
/* Helpers called as they must not be, and results that are taken for granted. */
#include "case.h"
#define A(ctx) ((ctx)->rx_queue_index)
struct pair { __u32 a, b; __u64 c; };
struct locked { struct bpf_spin_lock lock; __u32 n; };
MAP(hash, BPF_MAP_TYPE_HASH, 10, __u32, struct pair);
MAP(twice, BPF_MAP_TYPE_HASH, 10, struct pair, struct pair);
MAP(lock_map, BPF_MAP_TYPE_ARRAY, 4, __u32, struct locked);
MAP(devices, BPF_MAP_TYPE_DEVMAP, 4, __u32, __u32);
struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } perf SEC(".maps");
RING(ring);
STORAGE(inode_map, BPF_MAP_TYPE_INODE_STORAGE, __u64);
// expect: another_lock fails call
LSM(file_open, another_lock, struct file *file)
{
	__u32 a = 0, b = 1;
	struct locked *v = bpf_map_lookup_elem(&lock_map, &a), *w = bpf_map_lookup_elem(&lock_map, &b);
	if (!v || !w) return 0;
	bpf_spin_lock(&v->lock); v->n++; bpf_spin_unlock(&w->lock);
	return 0;
}
// expect: lock_is_a_counter fails call
LSM(file_open, lock_is_a_counter, struct file *file)
{
	__u32 a = 0; struct locked *v = bpf_map_lookup_elem(&lock_map, &a);
	if (!v) return 0;
	bpf_spin_lock((void *)&v->n); bpf_spin_unlock((void *)&v->n);
	return 0;
}
// expect: lock_on_the_stack fails call
LSM(file_open, lock_on_the_stack, struct file *file) { struct bpf_spin_lock l = { 0 }; bpf_spin_lock(&l); bpf_spin_unlock(&l); return 0; }
// expect: lock_in_a_plain_value fails call
LSM(file_open, lock_in_a_plain_value, struct file *file) { __u32 k = 0; struct pair *v = bpf_map_lookup_elem(&hash, &k); if (!v) return 0; bpf_spin_lock((void *)v); bpf_spin_unlock((void *)v); return 0; }
// expect: lock_of_null fails call
LSM(file_open, lock_of_null, struct file *file) { bpf_spin_lock(NULL); return 0; }
// expect: lookup_in_lock fails call
LSM(file_open, lookup_in_lock, struct file *file)
{
	__u32 a = 0; struct locked *v = bpf_map_lookup_elem(&lock_map, &a);
	if (!v) return 0;
	bpf_spin_lock(&v->lock); bpf_map_delete_elem(&hash, &a); bpf_spin_unlock(&v->lock);
	return 0;
}
// expect: no_comm fails call
SEC("kprobe/x") int no_comm(struct pt_regs *ctx) { char b[16] = { 0 }; return bpf_get_current_comm(b, *(__u64 *)ctx & 15); }
// expect: comm_too_long fails memory
SEC("kprobe/x") int comm_too_long(struct pt_regs *ctx) { char b[16]; bpf_get_current_comm(b, 17); return 0; }
// expect: size_out_of_bounds fails memory
SEC("kprobe/x") int size_out_of_bounds(struct pt_regs *ctx) { char b[16] = { 0 }; __u64 n = *(__u64 *)ctx; if (n > 17) return 0; bpf_probe_read_user(b, n, (void *)0x1000); return b[15]; }
// expect: size_negative fails memory
SEC("kprobe/x") int size_negative(struct pt_regs *ctx) { char b[16] = { 0 }; long n = *(__s64 *)ctx; if (n > 16) return 0; bpf_probe_read_user(b, n, (void *)0x1000); return b[15]; }
// expect: output_past_the_buffer fails memory
SEC("kprobe/x") int output_past_the_buffer(struct pt_regs *ctx) { __u64 x = 0; return bpf_perf_event_output(ctx, &perf, 0, &x, 16) == 0; }
// expect: output_of_a_hole fails init
SEC("kprobe/x") int output_of_a_hole(struct pt_regs *ctx) { struct { __u8 a; __u64 b; } x; *(volatile __u8 *)&x.a = 1; *(volatile __u64 *)&x.b = 2; return bpf_perf_event_output(ctx, &perf, 0, &x, sizeof(x)) == 0; }
// expect: context_moved fails call
SEC("kprobe/x") int context_moved(struct pt_regs *ctx) { __u64 x = 0; return bpf_perf_event_output(&x, &perf, 0, &x, 8) == 0; }
// expect: no_map fails call
SEC("xdp") ASM int no_map(struct xdp_md *ctx) { asm volatile("r1 = 5; *(u64 *)(r10 - 8) = r1; r2 = r10; r2 += -8; call 1; r0 = 0; exit"); }
// expect: key_is_null fails null
SEC("xdp") ASM int key_is_null(struct xdp_md *ctx) { asm volatile("r1 = hash ll; r2 = 0; call 1; r0 = 0; exit"); }
// expect: key_half_written fails init
SEC("xdp") ASM int key_half_written(struct xdp_md *ctx) { asm volatile("r1 = 0; *(u64 *)(r10 - 16) = r1; r1 = twice ll; r2 = r10; r2 += -16; call 1; r0 = 0; exit"); }
// expect: key_with_a_hole fails init
SEC("xdp") ASM int key_with_a_hole(struct xdp_md *ctx) { asm volatile("r1 = 0; *(u16 *)(r10 - 4) = r1; *(u8 *)(r10 - 2) = r1; r1 = hash ll; r2 = r10; r2 += -4; call 1; r0 = 0; exit"); }
// expect: packet_key_unchecked fails memory
SEC("xdp") int packet_key_unchecked(struct xdp_md *ctx) { PACKET(ctx); if (data + 4 > end) return 0; struct pair *v = bpf_map_lookup_elem(&hash, data + 2); return v ? v->a & 1 : 0; }
// expect: value_too_short fails memory
SEC("xdp") int value_too_short(struct xdp_md *ctx) { __u32 k = 1; struct pair *v = bpf_map_lookup_elem(&hash, &k); if (v) bpf_map_update_elem(&hash, &k, &v->c, BPF_ANY); return 0; }
// expect: redirect_is_no_pass fails return
SEC("xdp") int redirect_is_no_pass(struct xdp_md *ctx) { return bpf_redirect_map(&devices, A(ctx), XDP_PASS) == XDP_REDIRECT ? XDP_REDIRECT : 99; }
// expect: record_moved fails call
LSM(file_open, record_moved, struct file *file) { __u64 *r = bpf_ringbuf_reserve(&ring, 16, 0); if (!r) return 0; r[0] = r[1] = 1; bpf_ringbuf_submit(r + 1, 0); return 0; }
// expect: record_is_a_value fails call
LSM(file_open, record_is_a_value, struct file *file) { __u32 k = 0; struct pair *v = bpf_map_lookup_elem(&hash, &k); if (v) bpf_ringbuf_submit(v, 0); return 0; }
// expect: record_of_another_kind fails call
LSM(file_open, record_of_another_kind, struct file *file) { __u64 *r = bpf_ringbuf_reserve(&hash, 8, 0); if (!r) return 0; *r = 1; bpf_ringbuf_submit(r, 0); return 0; }
// expect: second_record_leaks fails leak
LSM(file_open, second_record_leaks, struct file *file)
{
	__u64 *a = bpf_ringbuf_reserve(&ring, 8, 0), *b;
	if (!a) return 0;
	b = bpf_ringbuf_reserve(&ring, 8, 0);
	*a = 1;
	if (!b) return 0;
	*b = 2;
	bpf_ringbuf_submit(b, 0); bpf_ringbuf_submit(a, 0);
	return 0;
}
// expect: record_with_a_hole fails record
LSM(file_open, record_with_a_hole, struct file *file)
{
	struct { __u8 kind; __u64 n; } *r = bpf_ringbuf_reserve(&ring, 16, 0);
	if (!r) return 0;
	r->kind = 1; r->n = 2;
	bpf_ringbuf_submit(r, 0);
	return 0;
}
// expect: record_of_a_string fails record
LSM(bprm_check_security, record_of_a_string, struct linux_binprm *bprm)
{
	char *r = bpf_ringbuf_reserve(&ring, 16, 0);
	if (!r) return 0;
	bpf_probe_read_kernel_str(r, 16, bprm->filename);
	bpf_ringbuf_submit(r, 0);
	return 0;
}
// expect: storage_of_a_number fails call
LSM(file_open, storage_of_a_number, struct file *file) { __u64 *v = bpf_inode_storage_get(&inode_map, (void *)5, 0, 0); return v ? -1 : 0; }
// expect: storage_of_a_value fails call
LSM(file_open, storage_of_a_value, struct file *file) { __u32 k = 0; void *p = bpf_map_lookup_elem(&hash, &k); __u64 *v; if (!p) return 0; v = bpf_inode_storage_get(&inode_map, p, 0, 0); return v ? -1 : 0; }
// expect: storage_initial_too_short fails init
LSM(file_open, storage_initial_too_short, struct file *file) { __u32 x[2]; x[0] = 1; __u64 *v = bpf_inode_storage_get(&inode_map, file->f_inode, x, 1); return v ? -1 : 0; }
// expect: not_storage fails call
LSM(file_open, not_storage, struct file *file) { __u64 *v = bpf_inode_storage_get(&hash, file->f_inode, 0, 0); return v ? -1 : 0; }
// expect: deleted_may_remain fails return
LSM(file_open, deleted_may_remain, struct file *file) { bpf_inode_storage_delete(&inode_map, file->f_inode); return bpf_inode_storage_get(&inode_map, file->f_inode, 0, 0) ? 99 : -1; }
// expect: buffer_above_the_stack fails memory
SEC("kprobe/x") ASM int buffer_above_the_stack(struct pt_regs *ctx) { asm volatile("r1 = r10; r1 += 32; r2 = 16; call 16; r0 = 0; exit"); }
// expect: probe_above_the_stack fails memory
SEC("kprobe/x") ASM int probe_above_the_stack(struct pt_regs *ctx) { asm volatile("r2 = *(u64 *)(r1 + 0); r2 &= 15; r3 = 0x1000; r1 = r10; r1 += 32; call 113; r0 = 0; exit"); }
struct { __uint(type, BPF_MAP_TYPE_QUEUE); __uint(max_entries, 4); __uint(value_size, 16); } queue SEC(".maps");
// expect: short_value_for_a_queue fails memory
SEC("kprobe/x") ASM int short_value_for_a_queue(struct pt_regs *ctx) { asm volatile("r1 = 0; *(u64 *)(r10 - 8) = r1; r2 = r10; r2 += -8; r1 = queue ll; r3 = 0; call 87; r0 = 0; exit;"); }
/* It failed, and nothing was copied. */
// expect: packet_not_copied fails init
SEC("xdp") int packet_not_copied(struct xdp_md *ctx) { volatile __u8 b[4]; bpf_xdp_load_bytes(ctx, 0, (void *)b, 4); return b[1] & 1 ? XDP_DROP : XDP_PASS; }
// expect: more_than_was_copied fails init
SEC("xdp") int more_than_was_copied(struct xdp_md *ctx) { volatile __u8 b[8]; if (bpf_xdp_load_bytes(ctx, 0, (void *)b, 4)) return XDP_PASS; return b[5] & 1 ? XDP_DROP : XDP_PASS; }
// expect: stored_beyond_the_stack fails memory
SEC("xdp") ASM int stored_beyond_the_stack(struct xdp_md *ctx) { asm volatile("r2 = 0; *(u64 *)(r10 - 8) = r2; r3 = r10; r3 += -8; r4 = 16; call 190; r0 = 2; exit;"); }
// expect: text_was_not_there fails init
SEC("kprobe/x") int text_was_not_there(struct pt_regs *ctx) { volatile char text[16]; struct btf_ptr p = { 0 }; bpf_snprintf_btf((void *)text, sizeof(text), &p, sizeof(p), 0); return text[3]; }
extern const void init_net __ksym;
// expect: symbol_is_no_memory fails memory
SEC("kprobe/x") int symbol_is_no_memory(struct pt_regs *ctx) { __u64 a = (__u64)&init_net; asm volatile("" : "+r"(a)); return *(int *)a; }
// expect: copy_behind_the_end fails return
SEC("tc") int copy_behind_the_end(struct __sk_buff *skb) { PACKET(skb); __u8 b[4]; if (data + 15 > end) return 0; return bpf_skb_load_bytes(skb, 12, b, 4) ? 99 : 0; }
// expect: another_byte_of_the_packet fails return
SEC("tc") int another_byte_of_the_packet(struct __sk_buff *skb) { PACKET(skb); __u8 b[4]; if (data + 16 > end) return 0; return bpf_skb_load_bytes(skb, 12, b, 4) || b[1] != data[14] ? 99 : 0; }
// expect: copied_twice_and_written_between fails return
SEC("tc") int copied_twice_and_written_between(struct __sk_buff *skb)
{
	PACKET(skb);
	__u8 b = 0, c = 0;
	if (data + 16 > end || bpf_skb_load_bytes(skb, 14, &b, 1)) return 0;
	data[14] = 3;
	return bpf_skb_load_bytes(skb, 14, &c, 1) || b != c ? 99 : 0;
}
// expect: stored_in_the_packet_between fails return
SEC("xdp") int stored_in_the_packet_between(struct xdp_md *ctx)
{
	__u8 b = 0, c = 0, three = 3;
	if (bpf_xdp_load_bytes(ctx, 14, &b, 1) || bpf_xdp_store_bytes(ctx, 14, &three, 1) || bpf_xdp_load_bytes(ctx, 14, &c, 1)) return XDP_PASS;
	return b != c ? 99 : XDP_PASS;
}
// expect: offset_of_33_bits fails return
SEC("cgroup_skb/egress") int offset_of_33_bits(struct __sk_buff *skb)
{
	PACKET(skb);
	__u8 b = 0;
	if (data + 16 > end) return 1;
	return bpf_skb_load_bytes(skb, (1ull << 32) + 40, &b, 1) ? 99 : 1;
}
// expect: any_cookie fails return
SEC("cgroup_skb/egress") int any_cookie(struct __sk_buff *skb) { return bpf_get_socket_cookie(skb) ? 1 : 99; }
