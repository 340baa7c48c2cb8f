// SPDX-License-Identifier: GPL-2.0-only
/* LSM: results out of range, refusals that get lost, records and locks that are forgotten. */
#include "case.h"
RING(ring);
MAP(hash, BPF_MAP_TYPE_HASH, 10, __u64, __u64);
STORAGE(task_map, BPF_MAP_TYPE_TASK_STORAGE, __u64);
struct locked { struct bpf_spin_lock lock; __u32 n; };
MAP(lock_map, BPF_MAP_TYPE_ARRAY, 1, __u32, struct locked);
struct event { __u32 kind, pid; __u64 ino; };
// expect: positive fails return
LSM(file_open, positive, struct file *file) { return 1; }
// expect: too_negative fails return
LSM(file_open, too_negative, struct file *file) { return -4096; }
// expect: same_field_other_value fails return
LSM(file_open, same_field_other_value, struct file *file)
{
	volatile unsigned int *p = &file->f_flags;
	return *p == *p ? 0 : 99;
}
// expect: any_number fails return
LSM(file_open, any_number, struct file *file) { return file->f_flags; }
// expect: helper_result fails return
LSM(file_open, helper_result, struct file *file) { return bpf_get_prandom_u32(); }
// expect: xdp_range fails return
SEC("xdp") int xdp_range(struct xdp_md *ctx) { return ctx->rx_queue_index; }
// expect: egress_range fails return
SEC("cgroup_skb/egress") int egress_range(struct __sk_buff *skb) { return 4; }
// expect: ingress_range fails return
SEC("cgroup_skb/ingress") int ingress_range(struct __sk_buff *skb) { return 2; }
// expect: connect_range fails return
SEC("cgroup/connect4") int connect_range(struct bpf_sock_addr *ctx) { return -1; }
// expect: fentry_result fails return
SEC("fentry/do_unlinkat") int BPF_PROG(fentry_result, int dfd, struct file *name) { return 1; }
// expect: forgets_ret fails weaken
LSM(file_open, forgets_ret, struct file *file, int ret) { if (ret && file->f_flags) return ret; return 0; }
// expect: overwrites_ret fails weaken
LSM(file_open, overwrites_ret, struct file *file, int ret) { if (file->f_mode == 3) ret = 0; return ret; }
// expect: only_eperm fails weaken
LSM(file_open, only_eperm, struct file *file, int ret) { return ret == -1 ? -1 : 0; }
// expect: record_leak fails leak
LSM(file_open, record_leak, struct file *file)
{
	struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	if (!e) return 0;
	__builtin_memset(e, 0, sizeof(*e));
	if (file->f_flags == 9) return -1;
	bpf_ringbuf_submit(e, 0);
	return 0;
}
// expect: record_hole fails record
LSM(file_open, record_hole, struct file *file)
{
	struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	if (!e) return 0;
	e->kind = 1; e->ino = 2;
	bpf_ringbuf_submit(e, 0);
	return 0;
}
// expect: record_hole_one_way fails record
LSM(file_open, record_hole_one_way, struct file *file)
{
	struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	if (!e) return 0;
	e->kind = 1; e->ino = 2;
	if (file->f_flags) e->pid = 3;
	bpf_ringbuf_submit(e, 0);
	return 0;
}
// expect: record_null fails null
LSM(file_open, record_null, struct file *file)
{
	struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	e->kind = 1;
	if (!e) return 0;
	__builtin_memset(e, 0, sizeof(*e));
	bpf_ringbuf_submit(e, 0);
	return 0;
}
// expect: record_too_small fails memory
LSM(file_open, record_too_small, struct file *file)
{
	struct event *e = bpf_ringbuf_reserve(&ring, 8, 0);
	if (!e) return 0;
	e->kind = e->pid = 1; e->ino = 2;
	bpf_ringbuf_submit(e, 0);
	return 0;
}
// expect: record_after_submit fails memory
LSM(file_open, record_after_submit, struct file *file)
{
	struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	if (!e) return 0;
	__builtin_memset(e, 0, sizeof(*e));
	bpf_ringbuf_submit(e, 0);
	return *(volatile __u32 *)&e->kind ? -1 : 0;
}
// expect: record_twice fails call
LSM(file_open, record_twice, struct file *file)
{
	struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	if (!e) return 0;
	__builtin_memset(e, 0, sizeof(*e));
	bpf_ringbuf_submit(e, 0);
	bpf_ringbuf_submit(e, 0);
	return 0;
}
// expect: storage_null fails null
LSM(file_open, storage_null, struct file *file)
{
	__u64 *v = bpf_task_storage_get(&task_map, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return *v ? -1 : 0;
}
// expect: lock_leak fails leak
LSM(file_open, lock_leak, struct file *file)
{
	__u32 k = 0; struct locked *v = bpf_map_lookup_elem(&lock_map, &k);
	if (!v) return 0;
	bpf_spin_lock(&v->lock);
	if (v->n) return 0;
	bpf_spin_unlock(&v->lock);
	return 0;
}
// expect: lock_twice fails call
LSM(file_open, lock_twice, struct file *file)
{
	__u32 k = 0; struct locked *v = bpf_map_lookup_elem(&lock_map, &k);
	if (!v) return 0;
	bpf_spin_lock(&v->lock); bpf_spin_lock(&v->lock); bpf_spin_unlock(&v->lock);
	return 0;
}
// expect: unlock_only fails call
LSM(file_open, unlock_only, struct file *file)
{
	__u32 k = 0; struct locked *v = bpf_map_lookup_elem(&lock_map, &k);
	if (v) bpf_spin_unlock(&v->lock);
	return 0;
}
// expect: helper_in_lock fails call
LSM(file_open, helper_in_lock, struct file *file)
{
	__u32 k = 0; struct locked *v = bpf_map_lookup_elem(&lock_map, &k);
	if (!v) return 0;
	bpf_spin_lock(&v->lock); v->n = bpf_get_prandom_u32(); bpf_spin_unlock(&v->lock);
	return 0;
}
// expect: kernel_write fails memory
LSM(file_open, kernel_write, struct file *file) { *(volatile unsigned int *)&file->f_flags = 0; return 0; }
// expect: past_struct fails memory
LSM(file_open, past_struct, struct file *file) { return *(volatile unsigned int *)((void *)file + 4096) ? -1 : 0; }
// expect: sign_extension fails return
LSM(socket_create, sign_extension, int family, int type, int protocol, int kern) { long f = family; return f < 0 ? 99 : 0; }
// expect: lost_update_result fails return
LSM(file_open, lost_update_result, struct file *file)
{
	__u64 k = 1, v = 1;
	bpf_map_update_elem(&hash, &k, &v, BPF_ANY);
	return bpf_map_lookup_elem(&hash, &k) ? 0 : 99; /* the update may have failed */
}
// expect: probe_ignored fails return
LSM(file_open, probe_ignored, struct file *file)
{
	unsigned int x = 1;
	bpf_probe_read_kernel(&x, sizeof(x), &file->f_mode);
	return x == 0 ? 99 : 0;
}
// expect: argument_that_is_not_there fails memory
SEC("lsm/file_open") int argument_that_is_not_there(__u64 *ctx) { __u64 *p = bpf_get_prandom_u32() & 1 ? ctx : ctx + 3; asm volatile("" : "+r"(p)); return *p ? -1 : 0; }
