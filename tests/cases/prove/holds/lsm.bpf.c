// SPDX-License-Identifier: GPL-2.0-only
/* LSM: kernel objects, results, the verdict of those before. */
#include "case.h"
RING(ring);
STORAGE(task_map, BPF_MAP_TYPE_TASK_STORAGE, __u64);
STORAGE(inode_map, BPF_MAP_TYPE_INODE_STORAGE, __u64);
struct locked { struct bpf_spin_lock lock; __u32 n; };
MAP(lock_map, BPF_MAP_TYPE_ARRAY, 1, __u32, struct locked);
struct event { __u32 kind, pid; __u64 ino; };
// expect: allow holds
LSM(file_open, allow, struct file *file) { return 0; }
// expect: deny holds
LSM(file_open, deny, struct file *file) { return -1; }
// expect: keeps_ret holds
LSM(file_open, keeps_ret, struct file *file, int ret) { return ret; }
// expect: checks_ret holds
LSM(file_open, checks_ret, struct file *file, int ret) { if (ret) return ret; return file->f_flags & 1 ? -13 : 0; }
// expect: other_refusal holds
LSM(file_open, other_refusal, struct file *file, int ret) { return ret ? -1 : 0; }
// expect: field_chain holds
LSM(file_open, field_chain, struct file *file) { return file->f_path.dentry->d_parent->d_inode->i_uid == 0 ? -1 : 0; }
// expect: short_field holds
LSM(file_open, short_field, struct file *file) { return (file->f_inode->i_mode & 0170000) == 0100000 ? -1 : 0; }
// expect: int_argument holds
LSM(socket_create, int_argument, int family, int type, int protocol, int kern) { return family == 17 ? -1 : 0; }
// expect: nullable holds
LSM(mmap_file, nullable, struct file *file, unsigned long a, unsigned long b, unsigned long c) { if (!file) return 0; return file->f_flags == 5 ? -1 : 0; }
// expect: never_null holds
LSM(file_open, never_null, struct file *file) { return file ? 0 : 99; }
// expect: void_hook holds
LSM(task_free, void_hook, struct task_struct *task) { return 12345; }
// expect: current holds
LSM(file_open, current, struct file *file) { struct task_struct *t = bpf_get_current_task_btf(); return t->pid == t->tgid ? 0 : -1; }
// expect: one_current holds
LSM(file_open, one_current, struct file *file) { struct task_struct *t = bpf_get_current_task_btf(), *u = bpf_get_current_task_btf(); return t == u ? 0 : 99; }
// expect: storage holds
LSM(file_open, storage, struct file *file)
{
	__u64 *v = bpf_task_storage_get(&task_map, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!v) return -12;
	*v = 9;
	v = bpf_task_storage_get(&task_map, bpf_get_current_task_btf(), 0, 0);
	return v && *v == 9 ? 0 : 99;
}
// expect: inode_storage holds
LSM(file_open, inode_storage, struct file *file) { __u64 *v = bpf_inode_storage_get(&inode_map, file->f_inode, 0, 0); return v && *v ? -13 : 0; }
// expect: record_full holds
LSM(file_open, record_full, struct file *file)
{
	struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	if (!e) return -12;
	e->kind = 1; e->pid = bpf_get_current_pid_tgid() >> 32; e->ino = file->f_inode->i_ino;
	bpf_ringbuf_submit(e, 0);
	return 0;
}
// expect: record_discarded holds
LSM(file_open, record_discarded, struct file *file)
{
	struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	if (!e) return 0;
	if (file->f_flags) { bpf_ringbuf_discard(e, 0); return 0; }
	__builtin_memset(e, 0, sizeof(*e));
	bpf_ringbuf_submit(e, 0);
	return 0;
}
// expect: ring_output holds
LSM(file_open, ring_output, struct file *file) { struct event e = { 1, 2, 3 }; bpf_ringbuf_output(&ring, &e, sizeof(e), 0); return 0; }
// expect: probe holds
LSM(file_open, probe, struct file *file) { unsigned int x; bpf_probe_read_kernel(&x, sizeof(x), &file->f_flags); return x == 77 ? -1 : 0; }
// expect: probe_failed_is_zero holds
LSM(file_open, probe_failed_is_zero, struct file *file) { __u64 x = 5; if (bpf_probe_read_kernel(&x, sizeof(x), file)) return x ? 99 : 0; return 0; }
// expect: string holds
LSM(bprm_check_security, string, struct linux_binprm *bprm)
{
	char name[16];
	long n = bpf_probe_read_kernel_str(name, sizeof(name), bprm->filename);
	if (n < 0) return -14;
	return n >= 1 && n <= 16 ? 0 : 99;
}
// expect: string_ends holds
LSM(bprm_check_security, string_ends, struct linux_binprm *bprm)
{
	char name[8];
	long n = bpf_probe_read_kernel_str(name, sizeof(name), bprm->filename);
	if (n < 1 || n > 8) return 0;
	return name[(n - 1) & 7] ? 99 : 0;
}
// expect: comm holds
LSM(file_open, comm, struct file *file) { char c[16]; bpf_get_current_comm(c, sizeof(c)); return c[0] == 'x' ? -1 : 0; }
// expect: lock_unlock holds
LSM(file_open, lock_unlock, struct file *file)
{
	__u32 k = 0; struct locked *v = bpf_map_lookup_elem(&lock_map, &k);
	if (!v) return 0;
	bpf_spin_lock(&v->lock); v->n++; bpf_spin_unlock(&v->lock);
	return 0;
}
// expect: connect holds
LSM(socket_connect, connect, struct socket *sock, struct sockaddr *address, int addrlen)
{
	if (address->sa_family != 2) return 0;
	return ((struct sockaddr_in *)address)->sin_port == __builtin_bswap16(25) ? -1 : 0;
}
// expect: kprobe holds
SEC("kprobe/do_unlinkat") int kprobe(struct pt_regs *ctx) { return *(__u64 *)ctx == 5; }
// expect: fentry holds
SEC("fentry/do_unlinkat") int BPF_PROG(fentry, int dfd, struct file *name) { return name->f_flags == 1 ? 0 : 0; }
// expect: tracepoint holds
SEC("tracepoint/syscalls/sys_enter_openat") int tracepoint(void *ctx) { return *(__u64 *)(ctx + 16) ? 0 : 1; }
// expect: either_argument holds
SEC("lsm/socket_create") int either_argument(__u64 *ctx) { __u64 *p = bpf_get_prandom_u32() & 1 ? ctx : ctx + 1; asm volatile("" : "+r"(p)); return (int)*p == 17 ? -1 : 0; }
