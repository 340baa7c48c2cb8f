// SPDX-License-Identifier: GPL-2.0-only
/* The BTF of this object stands for the kernel's: types and the prototypes of hooks. Nothing here is ever run. */
#include "kernel.h"

int bpf_lsm_file_open(struct file *file) { return 0; }
int bpf_lsm_file_permission(struct file *file, int mask) { return 0; }
int bpf_lsm_mmap_file(struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags) { return 0; }
int bpf_lsm_inode_unlink(struct inode *dir, struct dentry *dentry) { return 0; }
int bpf_lsm_inode_rename(struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir, struct dentry *new_dentry) { return 0; }
int bpf_lsm_socket_connect(struct socket *sock, struct sockaddr *address, int addrlen) { return 0; }
int bpf_lsm_socket_create(int family, int type, int protocol, int kern) { return 0; }
int bpf_lsm_bprm_check_security(struct linux_binprm *bprm) { return 0; }
int bpf_lsm_task_kill(struct task_struct *p, void *info, int sig, const struct cred *cred) { return 0; }
/* marked as newer kernels mark what may be null */
int bpf_lsm_file_receive(struct file *file__nullable) { return 0; }
typedef void (*btf_trace_sched_pi_setprio)(void *, struct task_struct *tsk, struct task_struct *pi_task);
typedef void (*btf_trace_sched_switched)(void *, struct task_struct *prev, struct task_struct *next);
btf_trace_sched_pi_setprio a_tracepoint;
btf_trace_sched_switched another_tracepoint;
void __bpf_trace_sched_switched(void *data, struct task_struct *prev, struct task_struct *next__nullable) { }
void bpf_lsm_task_free(struct task_struct *task) { }
int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) { return 0; }
int *bpf_iter_num_next(struct bpf_iter_num *it) { return 0; }
void bpf_iter_num_destroy(struct bpf_iter_num *it) { }
int do_unlinkat(int dfd, struct file *name) { return 0; }
/* whole, and not only named, in the BTF */
struct task_struct init_task;
struct inode an_inode;
struct dentry a_dentry;
struct file a_file;
struct cred a_cred;
struct sockaddr_in an_address;
struct sock a_sock;
enum kind { KIND_SEEN = 9, KIND_UNSEEN } a_kind;
struct socket a_socket;
struct linux_binprm a_binprm;
