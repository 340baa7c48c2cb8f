// SPDX-License-Identifier: GPL-2.0-only
/* Externs: configuration values, kernel variables, kernel functions; present, weak and absent. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern _Bool CONFIG_BPF_LSM __kconfig __weak;
extern char CONFIG_DEFAULT_HOSTNAME[12] __kconfig __weak;
extern __u64 CONFIG_HZ __kconfig __weak;

extern const int bpf_prog_active __ksym; /* a per-CPU variable that BTF describes */
extern const void no_such_variable __ksym __weak;

extern int no_such_kfunc(int x) __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym __weak;

__u64 out[8];

SEC("raw_tp/sys_enter")
int use_externs(void *ctx)
{
	int *p = bpf_this_cpu_ptr(&bpf_prog_active);

	out[0] = *p;
	out[1] = (__u64)&no_such_variable;
	if (LINUX_KERNEL_VERSION > 0x60000 && CONFIG_BPF_LSM)
		out[2] = CONFIG_HZ + CONFIG_DEFAULT_HOSTNAME[1];
	if (no_such_kfunc)
		out[3] = no_such_kfunc(5);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
