// SPDX-License-Identifier: GPL-2.0-only
/* What helpers take and give. */
#include "case.h"
#include <linux/bpf_perf_event.h>
#define A(ctx) ((ctx)->rx_queue_index)
struct pair { __u32 a, b; __u64 c; };
struct locked { struct bpf_spin_lock lock; __u32 n; };
struct behind { __u64 n; struct bpf_spin_lock lock; };
MAP(hash, BPF_MAP_TYPE_HASH, 10, __u32, struct pair);
MAP(twice, BPF_MAP_TYPE_HASH, 10, struct pair, struct pair);
MAP(lock_map, BPF_MAP_TYPE_ARRAY, 4, __u32, struct locked);
MAP(lock_behind, BPF_MAP_TYPE_HASH, 4, __u32, struct behind);
MAP(groups, BPF_MAP_TYPE_CGROUP_ARRAY, 4, __u32, __u32);
MAP(devices, BPF_MAP_TYPE_DEVMAP, 4, __u32, __u32);
MAP(xsks, BPF_MAP_TYPE_XSKMAP, 4, __u32, __u32);
struct { __uint(type, BPF_MAP_TYPE_STACK_TRACE); __uint(max_entries, 4); __uint(key_size, 4); __uint(value_size, 80); } stacks SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } perf SEC(".maps");
RING(ring);
STORAGE(inode_map, BPF_MAP_TYPE_INODE_STORAGE, __u64);
/* The kernel takes a size of zero here. */
// expect: probe_of_no_bytes holds
SEC("kprobe/x") int probe_of_no_bytes(struct pt_regs *ctx) { __u64 x = 0; return bpf_probe_read_kernel(&x, *(__u64 *)ctx & 7, (void *)0x1000); }
// expect: output_of_no_bytes holds
SEC("kprobe/x") int output_of_no_bytes(struct pt_regs *ctx) { __u64 x = 0; return bpf_perf_event_output(ctx, &perf, 0, &x, *(__u64 *)ctx & 7); }
// expect: record_of_no_bytes holds
SEC("kprobe/x") int record_of_no_bytes(struct pt_regs *ctx) { __u64 x = 0; return bpf_ringbuf_output(&ring, &x, *(__u64 *)ctx & 7, 0); }
// expect: stack_id holds
SEC("kprobe/x") int stack_id(struct pt_regs *ctx) { return bpf_get_stackid(ctx, &stacks, 0) > 0; }
// expect: stack_into_a_value holds
SEC("kprobe/x") int stack_into_a_value(struct pt_regs *ctx) { __u64 s[4]; return bpf_get_stack(ctx, s, sizeof(s), 0) > 0 ? s[3] : 0; }
// expect: under_cgroup holds
SEC("kprobe/x") int under_cgroup(struct pt_regs *ctx) { return bpf_current_task_under_cgroup(&groups, 0) == 1; }
// expect: attach_cookie holds
SEC("kprobe/x") int attach_cookie(struct pt_regs *ctx) { return bpf_get_attach_cookie(ctx) == 7 && bpf_get_func_ip(ctx); }
// expect: redirect_gives_an_action holds
SEC("xdp") int redirect_gives_an_action(struct xdp_md *ctx) { return bpf_redirect(3, 0); }
// expect: redirect_map_gives_an_action holds
SEC("xdp") int redirect_map_gives_an_action(struct xdp_md *ctx) { return bpf_redirect_map(&devices, A(ctx), XDP_PASS); }
// expect: socket_there holds
SEC("xdp") int socket_there(struct xdp_md *ctx) { __u32 k = A(ctx); return bpf_map_lookup_elem(&xsks, &k) ? bpf_redirect_map(&xsks, k, 0) : XDP_PASS; }
// expect: redirect_in_tc holds
SEC("tc") int redirect_in_tc(struct __sk_buff *skb) { long r = bpf_redirect(3, 0); return r == 7 || r == 2 ? r : 99; }
// expect: on_perf_event holds
SEC("perf_event") int on_perf_event(struct bpf_perf_event_data *ctx) { return ctx->sample_period > 5; }
// expect: key_of_a_structure holds
SEC("xdp") int key_of_a_structure(struct xdp_md *ctx) { struct pair k = { 1, A(ctx), 3 }; struct pair *v = bpf_map_lookup_elem(&twice, &k); return v ? v->a & 1 : 0; }
// expect: value_as_key holds
SEC("xdp") int value_as_key(struct xdp_md *ctx) { __u32 k = 1; struct pair *v = bpf_map_lookup_elem(&hash, &k); if (v) v = bpf_map_lookup_elem(&hash, &v->b); return v ? v->a & 1 : 0; }
// expect: value_as_value holds
SEC("xdp") int value_as_value(struct xdp_md *ctx) { __u32 k = 1, j = 2; struct pair *v = bpf_map_lookup_elem(&hash, &k); if (v) bpf_map_update_elem(&hash, &j, v, BPF_ANY); return 0; }
// expect: packet_as_key holds
SEC("xdp") int packet_as_key(struct xdp_md *ctx) { PACKET(ctx); if (data + 8 > end) return 0; struct pair *v = bpf_map_lookup_elem(&hash, data + 2); return v ? v->a & 1 : 0; }
// expect: size_in_bounds holds
SEC("kprobe/x") int size_in_bounds(struct pt_regs *ctx) { char b[16] = { 0 }; __u64 n = *(__u64 *)ctx; if (n > 16) return 0; bpf_probe_read_user(b, n, (void *)0x1000); return b[15]; }
// expect: masked_size holds
SEC("kprobe/x") int masked_size(struct pt_regs *ctx) { char b[16] = { 0 }; bpf_probe_read_user(b, *(__u64 *)ctx & 15, (void *)0x1000); return b[15]; }
// expect: print holds
SEC("kprobe/x") int print(struct pt_regs *ctx) { static const char f[] = "n %d"; bpf_trace_printk(f, sizeof(f), 5); return 0; }
// expect: d_path_into_buffer holds
LSM(file_open, d_path_into_buffer, struct file *file) { char b[32]; long n = bpf_d_path(&file->f_path, b, sizeof(b)); return n < 0 ? -1 : 0; }
// expect: pid_in_the_upper_half holds
SEC("kprobe/x") int pid_in_the_upper_half(struct pt_regs *ctx) { __u64 both = bpf_get_current_pid_tgid(); return (both >> 32 << 32 | (__u32)both) == both ? 0 : *(volatile char *)0; }
// expect: two_locks_one_after_the_other holds
LSM(file_open, two_locks_one_after_the_other, struct file *file)
{
	__u32 a = 0, b = 1;
	struct locked *v = bpf_map_lookup_elem(&lock_map, &a), *w = bpf_map_lookup_elem(&lock_map, &b);
	if (!v || !w) return 0;
	bpf_spin_lock(&v->lock); v->n++; bpf_spin_unlock(&v->lock);
	bpf_spin_lock(&w->lock); w->n++; bpf_spin_unlock(&w->lock);
	return 0;
}
// expect: unlocked_on_both_ways holds
LSM(file_open, unlocked_on_both_ways, struct file *file)
{
	__u32 a = 0; struct locked *v = bpf_map_lookup_elem(&lock_map, &a);
	unsigned flags = file->f_flags;
	if (!v) return 0;
	bpf_spin_lock(&v->lock);
	if (v->n > flags) { bpf_spin_unlock(&v->lock); return -1; }
	v->n++;
	bpf_spin_unlock(&v->lock);
	return 0;
}
// expect: lock_behind_other_fields holds
LSM(file_open, lock_behind_other_fields, struct file *file)
{
	__u32 a = 0; struct behind *v = bpf_map_lookup_elem(&lock_behind, &a);
	if (!v) return 0;
	bpf_spin_lock(&v->lock); v->n++; bpf_spin_unlock(&v->lock);
	return 0;
}
// expect: lock_of_either holds
LSM(file_open, lock_of_either, struct file *file)
{
	__u32 a = file->f_flags & 3; struct locked *v = bpf_map_lookup_elem(&lock_map, &a);
	if (!v) return 0;
	bpf_spin_lock(&v->lock); v->n++; bpf_spin_unlock(&v->lock);
	return 0;
}
// expect: two_records holds
LSM(file_open, two_records, struct file *file)
{
	__u64 *a = bpf_ringbuf_reserve(&ring, 8, 0), *b;
	if (!a) return 0;
	b = bpf_ringbuf_reserve(&ring, 8, 0);
	*a = 1;
	if (b) { *b = 2; bpf_ringbuf_submit(b, 0); }
	bpf_ringbuf_submit(a, 0);
	return 0;
}
// expect: record_filled_by_helper holds
LSM(file_open, record_filled_by_helper, struct file *file)
{
	char *c = bpf_ringbuf_reserve(&ring, 16, 0);
	if (!c) return 0;
	bpf_get_current_comm(c, 16);
	bpf_ringbuf_submit(c, 0);
	return 0;
}
// expect: record_in_callee holds
static __attribute__((noinline)) void finish(__u64 *r, __u64 v) { *r = v; bpf_ringbuf_submit(r, 0); }
LSM(file_open, record_in_callee, struct file *file) { __u64 *r = bpf_ringbuf_reserve(&ring, 8, 0); if (!r) return 0; finish(r, file->f_inode->i_ino); return 0; }
// expect: storage_deleted holds
LSM(file_open, storage_deleted, struct file *file) { bpf_inode_storage_delete(&inode_map, file->f_inode); return bpf_inode_storage_get(&inode_map, file->f_inode, 0, 0) ? 0 : -1; }
// expect: pointer_is_no_small_number holds
SEC("xdp") int pointer_is_no_small_number(struct xdp_md *ctx) { __u32 k = 1; __u64 v = (__u64)bpf_map_lookup_elem(&hash, &k); asm volatile("" : "+r"(v)); return v == 0 || v > 4096 ? XDP_PASS : 99; }
// expect: clamped_size holds
LSM(inode_unlink, clamped_size, struct inode *dir, struct dentry *dentry)
{
	char name[32] = { 1 };
	unsigned int n = dentry->d_name.len;
	if (n > sizeof(name))
		n = sizeof(name);
	bpf_probe_read_kernel(name, n, dentry->d_name.name);
	return n || *(volatile char *)name == 1 ? 0 : 99;
}
/* Queues are written, and looked at by others. */
struct { __uint(type, BPF_MAP_TYPE_QUEUE); __uint(max_entries, 4); __type(value, struct pair); } queue SEC(".maps");
// expect: push_to_a_queue holds
SEC("kprobe/x") int push_to_a_queue(struct pt_regs *ctx) { struct pair p = { 1, 2, 3 }; return bpf_map_push_elem(&queue, &p, 0) != 0; }
/* An XDP program that looks at its packet by copies. */
// expect: copy_of_a_packet holds
SEC("xdp") int copy_of_a_packet(struct xdp_md *ctx) { __u8 b[14]; if (bpf_xdp_get_buff_len(ctx) < 14 || bpf_xdp_load_bytes(ctx, 0, b, 14)) return XDP_PASS;
	b[0] ^= 1; return bpf_xdp_store_bytes(ctx, 0, b, 14) ? XDP_ABORTED : b[12] == 8 ? XDP_DROP : XDP_PASS; }
// expect: relative_copy holds
SEC("socket") int relative_copy(struct __sk_buff *ctx) { __u32 x; bpf_skb_load_bytes_relative(ctx, 0, &x, 4, 1); return x; }
// expect: text_of_a_type holds
SEC("kprobe/x") int text_of_a_type(struct pt_regs *ctx) { char text[16] = { 0 }; struct btf_ptr p = { .ptr = (void *)*(__u64 *)ctx, .type_id = 7 };
	return bpf_snprintf_btf(text, sizeof(text), &p, sizeof(p), 0) > 0 && text[3] == 'x'; }
/* The address of what has no type is a number, the same each time. */
extern const void init_net __ksym;
extern const void of_no_kernel __ksym __weak;
// expect: address_of_a_symbol holds
SEC("kprobe/x") int address_of_a_symbol(struct pt_regs *ctx) { __u64 a = (__u64)&init_net, b; asm volatile("" : "+r"(a)); b = (__u64)&init_net; asm volatile("" : "+r"(b));
	return a != b ? *(volatile int *)8 : a == *(__u64 *)ctx || &of_no_kernel; }
