// SPDX-License-Identifier: GPL-2.0-only
/* Every kind of CO-RE relocation, found and not found, flavours, bit-fields, arrays, anonymous members. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

struct list_head {
	struct list_head *next;
} CORE;

struct cred {
	struct {
		unsigned int val;
	} uid;
} CORE;

struct task_struct {
	int pid;
	int tgid;
	char comm[16];
	struct task_struct *real_parent;
	const struct cred *cred;
	unsigned int in_execve : 1;
	unsigned int sched_reset_on_fork : 1;
	unsigned int no_such_bit : 3;
	unsigned long no_such_field;
	int prio;
} CORE;

struct task_struct___old {
	int state;
} CORE;

struct task_struct___new {
	unsigned int __state;
} CORE;

struct sock_common {
	unsigned short skc_family;
	unsigned char skc_reuse : 4;
	unsigned char skc_ipv6only : 1;
	unsigned short skc_num;
	unsigned int skc_daddr;
} CORE;

struct sock {
	struct sock_common __sk_common;
	unsigned short sk_type;
	unsigned short sk_protocol;
} CORE;

/* wider and narrower than the kernel's: loads must change their width */
struct sk_buff {
	unsigned long len;
	unsigned int data_len;
	unsigned char protocol;
	unsigned char *head;
} CORE;

struct no_such_struct {
	int x;
} CORE;

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_TGID,
	PIDTYPE_PGID = 42,
	PIDTYPE_NONE_SUCH = 77,
};

enum bpf_prog_type___mine {
	BPF_PROG_TYPE_LSM___mine = 7,
};

typedef unsigned int gfp_t;

struct dentry {
	struct {
		struct dentry *d_parent;
	};
	struct {
		const unsigned char *name;
	} d_name;
} CORE;

struct file {
	struct path {
		struct dentry *dentry;
	} f_path;
	unsigned int f_flags;
} CORE;

long out[64];

SEC("lsm/file_open")
int BPF_core_fields(unsigned long long *ctx)
{
	struct file *file = (struct file *)ctx[0];
	struct task_struct *task = (struct task_struct *)bpf_get_current_task_btf();
	struct task_struct___new *tn = (void *)task;

	if (file->f_flags & 3)
		return -1;
	if (file->f_path.dentry->d_parent)
		out[0] = (long)file->f_path.dentry->d_name.name;
	out[1] = task->pid + task->comm[3];
	out[2] = task->real_parent->tgid;
	out[3] = task->cred->uid.val;
	out[4] = bpf_core_field_exists(task->no_such_field);
	out[5] = bpf_core_field_exists(task->comm);
	out[6] = bpf_core_field_size(task->comm);
	out[7] = bpf_core_field_exists(((struct task_struct___old *)task)->state);
	if (bpf_core_field_exists(tn->__state))
		out[8] = tn->__state;
	else
		out[8] = ((struct task_struct___old *)task)->state;
	if (bpf_core_field_exists(task->no_such_field))
		out[9] = task->no_such_field;
	return 0;
}

SEC("lsm/socket_connect")
int BPF_core_bits(unsigned long long *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	struct task_struct *task = (struct task_struct *)bpf_get_current_task_btf();

	out[10] = BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_ipv6only);
	out[11] = BPF_CORE_READ_BITFIELD(task, in_execve);
	out[12] = BPF_CORE_READ_BITFIELD(&sk->__sk_common, skc_reuse);
	out[13] = BPF_CORE_READ(sk, __sk_common.skc_family);
	out[14] = sk->__sk_common.skc_daddr + sk->sk_type + sk->sk_protocol;
	if (bpf_core_field_exists(task->no_such_bit))
		out[15] = BPF_CORE_READ_BITFIELD(task, no_such_bit);
	return 0;
}

SEC("lsm/socket_sendmsg")
int BPF_core_types(unsigned long long *ctx)
{
	out[16] = bpf_core_type_exists(struct task_struct);
	out[17] = bpf_core_type_exists(struct no_such_struct);
	out[18] = bpf_core_type_size(struct sock);
	out[19] = bpf_core_type_size(struct no_such_struct);
	out[20] = bpf_core_type_id_kernel(struct task_struct);
	out[21] = bpf_core_type_id_local(struct task_struct);
	out[22] = bpf_core_type_exists(gfp_t);
	out[23] = bpf_core_enum_value_exists(enum pid_type, PIDTYPE_PGID);
	out[24] = bpf_core_enum_value(enum pid_type, PIDTYPE_PGID);
	out[25] = bpf_core_enum_value_exists(enum pid_type, PIDTYPE_NONE_SUCH);
	if (bpf_core_enum_value_exists(enum pid_type, PIDTYPE_NONE_SUCH))
		out[26] = bpf_core_enum_value(enum pid_type, PIDTYPE_NONE_SUCH);
	out[27] = bpf_core_enum_value(enum bpf_prog_type___mine, BPF_PROG_TYPE_LSM___mine);
#if __clang_major__ >= 15
	out[28] = bpf_core_type_matches(struct list_head);
	out[29] = bpf_core_type_matches(struct task_struct);
#endif
	return 0;
}

SEC("tp_btf/netif_receive_skb")
int BPF_core_widths(unsigned long long *ctx)
{
	struct sk_buff *skb = (struct sk_buff *)ctx[0];

	out[30] = skb->len;
	out[31] = skb->data_len;
	out[32] = skb->protocol;
	out[33] = (long)skb->head;
	return 0;
}

SEC("fentry/do_nanosleep")
int BPF_core_signed_width(unsigned long long *ctx)
{
	/* int in the kernel, long here: a signed load cannot change its width and is poisoned */
	struct task_struct___wide {
		long prio;
	} CORE *task = (void *)ctx[0];

	out[34] = task->prio;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
