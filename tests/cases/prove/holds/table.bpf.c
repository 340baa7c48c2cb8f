// SPDX-License-Identifier: GPL-2.0-only
/* What rows of the helper table say, row by row: tests/prove-sym/leans.test wants each of them to matter to some case. */
#include "case.h"
MAP(hash, BPF_MAP_TYPE_HASH, 8, __u64, __u64);
STORAGE(sk_map, BPF_MAP_TYPE_SK_STORAGE, __u64);
STORAGE(inode_map, BPF_MAP_TYPE_INODE_STORAGE, __u64);
STORAGE(task_map, BPF_MAP_TYPE_TASK_STORAGE, __u64);
STORAGE(cgroup_map, 32, __u64); /* BPF_MAP_TYPE_CGRP_STORAGE */
struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } perf SEC(".maps");
RING(ring);
struct { __uint(type, BPF_MAP_TYPE_QUEUE); __uint(max_entries, 4); __uint(value_size, 4); } queue SEC(".maps");
#define ERRNO(r) ((r) <= 0 && (r) >= -4095)
#define U64(helper) ((__u64 (*)(void))BPF_FUNC_##helper)()
#define CONNECT(name) LSM(socket_connect, name, struct socket *sock, struct sockaddr *address, int len)
#define DELETED(kind, map, object) ({ long r_ = bpf_##kind##_storage_delete(&map, object); \
	!ERRNO(r_) || (!r_ && bpf_##kind##_storage_get(&map, object, NULL, 0)) ? 99 : 0; })
#define STORED(kind, map, object) ({ __u64 *v_ = bpf_##kind##_storage_get(&map, object, NULL, 1); if (v_) *v_ = 1; v_ && *v_ != 1 ? 99 : 0; })
#define SAME(cast) ({ struct sock *sk_ = sock->sk; void *x_ = bpf_skc_to_##cast(sk_); x_ && x_ != sk_ ? 99 : 0; })
// expect: sk_stored holds
CONNECT(sk_stored) { return STORED(sk, sk_map, sock->sk); }
// expect: sk_deleted holds
CONNECT(sk_deleted) { struct sock *sk = sock->sk; return DELETED(sk, sk_map, sk); }
// expect: inode_deleted holds
LSM(file_open, inode_deleted, struct file *file) { struct inode *inode = file->f_inode; return DELETED(inode, inode_map, inode); }
// expect: task_deleted holds
LSM(file_open, task_deleted, struct file *file) { struct task_struct *task = bpf_get_current_task_btf(); return DELETED(task, task_map, task); }
// expect: cgroup_stored holds
LSM(file_open, cgroup_stored, struct file *file) { return STORED(cgrp, cgroup_map, (struct cgroup *)file); }
// expect: cgroup_deleted holds
LSM(file_open, cgroup_deleted, struct file *file) { return DELETED(cgrp, cgroup_map, (struct cgroup *)file); }
// expect: tcp holds
CONNECT(tcp) { return SAME(tcp_sock); }
// expect: tcp6 holds
CONNECT(tcp6) { return SAME(tcp6_sock); }
// expect: udp6 holds
CONNECT(udp6) { return SAME(udp6_sock); }
// expect: unix_ holds
CONNECT(unix_) { return SAME(unix_sock); }
// expect: mptcp holds
CONNECT(mptcp) { volatile char *m = (void *)bpf_skc_to_mptcp_sock(sock->sk); return m && *m ? -1 : 0; }
// expect: from_file holds
LSM(file_open, from_file, struct file *file) { struct socket *sock = bpf_sock_from_file(file); return sock && sock->type == 5 ? -1 : 0; }
// expect: full holds
SEC("cgroup_skb/egress") int full(struct __sk_buff *skb) { struct bpf_sock *sk = skb->sk, *f = sk ? bpf_sk_fullsock(sk) : NULL; return f && f != sk ? 99 : 1; }
// expect: this_task holds
LSM(file_open, this_task, struct file *file) { return bpf_get_current_task() == (__u64)bpf_get_current_task_btf() ? 0 : 99; }
// expect: registers holds
LSM(file_open, registers, struct file *file) { return bpf_task_pt_regs(bpf_get_current_task_btf()) ? 0 : 99; }
// expect: processor holds
LSM(file_open, processor, struct file *file) { return U64(get_smp_processor_id) >> 32 ? 99 : 0; }
// expect: random holds
LSM(file_open, random, struct file *file) { return U64(get_prandom_u32) >> 32 ? 99 : 0; }
// expect: comm holds
LSM(file_open, comm, struct file *file) { char name[16]; long r = bpf_get_current_comm(name, sizeof(name)); return ERRNO(r) ? 0 : 99; }
// expect: faults_give_zeros holds
LSM(file_open, faults_give_zeros, struct file *file) { __u32 v = 5; return bpf_probe_read(&v, 4, &file->f_flags) && v ? 99 : 0; }
// expect: user_faults_give_zeros holds
LSM(file_open, user_faults_give_zeros, struct file *file) { __u32 v = 5; return bpf_probe_read_user(&v, 4, (void *)4096) && v ? 99 : 0; }
// expect: text holds
LSM(file_open, text, struct file *file) { char b[8] = { 1 }; long r = bpf_probe_read_str(b, 8, file); return r > 8 || (r < 0 && b[0]) ? 99 : 0; }
// expect: user_text holds
LSM(file_open, user_text, struct file *file) { char b[8] = { 1 }; long r = bpf_probe_read_user_str(b, 8, (void *)4096); return r > 8 || (r < 0 && b[0]) ? 99 : 0; }
// expect: path holds
LSM(file_open, path, struct file *file) { char b[8] = { 0 }; long r = bpf_d_path(&file->f_path, b, 8); return r < -4095 || r > 65535 ? 99 : 0; }
// expect: digest holds
LSM(file_open, digest, struct file *file) { char b[8] = { 0 }; long r = bpf_ima_inode_hash(file->f_inode, b, 8); return r < -4095 || r > 65535 ? 99 : 0; }
// expect: file_digest holds
LSM(file_open, file_digest, struct file *file) { char b[8] = { 0 }; long r = bpf_ima_file_hash(file, b, 8); return r < -4095 || r > 65535 ? 99 : 0; }
// expect: compared holds
LSM(file_open, compared, struct file *file) { char b[8] = { 0 }; long r = bpf_strncmp(b, 8, "text"); return r != (int)r ? 99 : 0; }
// expect: reported holds
LSM(file_open, reported, struct file *file) { __u64 v = 1; long r = bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &v, 8); return ERRNO(r) ? 0 : 99; }
// expect: put holds
LSM(file_open, put, struct file *file) { __u64 v = 1; long r = bpf_ringbuf_output(&ring, &v, 8, 0); return ERRNO(r) ? 0 : 99; }
// expect: packet holds
SEC("cgroup_skb/egress") int packet(struct __sk_buff *skb) { __u32 v = 5; long r = bpf_skb_load_bytes(skb, 0, &v, 4); return !ERRNO(r) || (r && v) ? 99 : 1; }
// expect: pulled holds
SEC("tc") int pulled(struct __sk_buff *skb) { long r = bpf_skb_pull_data(skb, 40); return ERRNO(r) ? 0 : 99; }
// expect: packet_relative holds
SEC("cgroup_skb/egress") int packet_relative(struct __sk_buff *skb) { __u32 v = 5; long r = bpf_skb_load_bytes_relative(skb, 0, &v, 4, 1); return !ERRNO(r) || (r && v) ? 99 : 1; }
// expect: packet_stored holds
SEC("xdp") int packet_stored(struct xdp_md *ctx) { __u32 v = 5; return ERRNO(bpf_xdp_store_bytes(ctx, 0, &v, 4)) ? XDP_PASS : 99; }
// expect: pushed holds
SEC("tc") int pushed(struct __sk_buff *skb) { __u32 v = 5; return ERRNO(bpf_map_push_elem(&queue, &v, 0)) ? 0 : 99; }
// expect: first_argument holds
LSM(file_open, first_argument, struct file *file) { __u64 v = 5; return bpf_get_func_arg(ctx, 0, &v) || v != (__u64)file ? 99 : 0; }
// expect: arguments holds
LSM(file_open, arguments, struct file *file) { return bpf_get_func_arg_cnt(ctx) == 1 ? 0 : 99; }
static long visit(void *map, __u64 *key, __u64 *value, __u64 *seen) { *seen = 1; return 0; }
// expect: visited holds
LSM(file_open, visited, struct file *file) { __u64 seen = 0; return bpf_for_each_map_elem(&hash, visit, &seen, 0) > 8 ? 99 : 0; }
