// SPDX-License-Identifier: GPL-2.0-only
/*
 * sec_name: what SEC("...") says: program type, attach type, sleepable, attach point. The names are libbpf's
 * (bpf_program__set_type documents them); the numbers are the kernel's, given here where the installed
 * headers may be too old for them.
 */
#include <string.h>

#include "bpfobj/obj.h"

enum { SEC_EXACT = 1, SEC_PREFIX = 2, SEC_SLEEPABLE = 4 };

#define PROG_NETFILTER 32
#define ATTACH_TCX_INGRESS 46
#define ATTACH_TCX_EGRESS 47
#define ATTACH_NETFILTER 45
#define ATTACH_NETKIT_PRIMARY 54
#define ATTACH_NETKIT_PEER 55
#define ATTACH_KPROBE_SESSION 56
#define ATTACH_UPROBE_MULTI 48
#define ATTACH_NONE 0

/* SEC_EXACT: the whole name; SEC_PREFIX: "name/what" ; both: what is optional. */
static const struct sec_def {
	const char *name;
	uint32_t type, attach;
	unsigned how;
} sec_defs[] = {
	{ "socket", BPF_PROG_TYPE_SOCKET_FILTER, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "sk_reuseport/migrate", BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT_OR_MIGRATE, SEC_EXACT },
	{ "sk_reuseport", BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT, SEC_EXACT },
	{ "kprobe", BPF_PROG_TYPE_KPROBE, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "uprobe", BPF_PROG_TYPE_KPROBE, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "uprobe.s", BPF_PROG_TYPE_KPROBE, ATTACH_NONE, SEC_EXACT | SEC_PREFIX | SEC_SLEEPABLE },
	{ "kretprobe", BPF_PROG_TYPE_KPROBE, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "uretprobe", BPF_PROG_TYPE_KPROBE, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "uretprobe.s", BPF_PROG_TYPE_KPROBE, ATTACH_NONE, SEC_EXACT | SEC_PREFIX | SEC_SLEEPABLE },
	{ "kprobe.multi", BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, SEC_EXACT | SEC_PREFIX },
	{ "kretprobe.multi", BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, SEC_EXACT | SEC_PREFIX },
	{ "kprobe.session", BPF_PROG_TYPE_KPROBE, ATTACH_KPROBE_SESSION, SEC_EXACT | SEC_PREFIX },
	{ "uprobe.multi", BPF_PROG_TYPE_KPROBE, ATTACH_UPROBE_MULTI, SEC_EXACT | SEC_PREFIX },
	{ "uretprobe.multi", BPF_PROG_TYPE_KPROBE, ATTACH_UPROBE_MULTI, SEC_EXACT | SEC_PREFIX },
	{ "ksyscall", BPF_PROG_TYPE_KPROBE, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "kretsyscall", BPF_PROG_TYPE_KPROBE, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "usdt", BPF_PROG_TYPE_KPROBE, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "usdt.s", BPF_PROG_TYPE_KPROBE, ATTACH_NONE, SEC_EXACT | SEC_PREFIX | SEC_SLEEPABLE },
	{ "tc", BPF_PROG_TYPE_SCHED_CLS, ATTACH_NONE, SEC_EXACT },
	{ "tc/ingress", BPF_PROG_TYPE_SCHED_CLS, ATTACH_TCX_INGRESS, SEC_EXACT },
	{ "tc/egress", BPF_PROG_TYPE_SCHED_CLS, ATTACH_TCX_EGRESS, SEC_EXACT },
	{ "tcx/ingress", BPF_PROG_TYPE_SCHED_CLS, ATTACH_TCX_INGRESS, SEC_EXACT },
	{ "tcx/egress", BPF_PROG_TYPE_SCHED_CLS, ATTACH_TCX_EGRESS, SEC_EXACT },
	{ "netkit/primary", BPF_PROG_TYPE_SCHED_CLS, ATTACH_NETKIT_PRIMARY, SEC_EXACT },
	{ "netkit/peer", BPF_PROG_TYPE_SCHED_CLS, ATTACH_NETKIT_PEER, SEC_EXACT },
	{ "classifier", BPF_PROG_TYPE_SCHED_CLS, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "action", BPF_PROG_TYPE_SCHED_ACT, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "tracepoint", BPF_PROG_TYPE_TRACEPOINT, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "tp", BPF_PROG_TYPE_TRACEPOINT, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "raw_tracepoint.w", BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "raw_tp.w", BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "tp_btf", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, SEC_EXACT | SEC_PREFIX },
	{ "fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, SEC_EXACT | SEC_PREFIX },
	{ "fmod_ret", BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, SEC_EXACT | SEC_PREFIX },
	{ "fexit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, SEC_EXACT | SEC_PREFIX },
	{ "fentry.s", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, SEC_EXACT | SEC_PREFIX | SEC_SLEEPABLE },
	{ "fmod_ret.s", BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, SEC_EXACT | SEC_PREFIX | SEC_SLEEPABLE },
	{ "fexit.s", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, SEC_EXACT | SEC_PREFIX | SEC_SLEEPABLE },
	{ "freplace", BPF_PROG_TYPE_EXT, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "lsm", BPF_PROG_TYPE_LSM, BPF_LSM_MAC, SEC_EXACT | SEC_PREFIX },
	{ "lsm.s", BPF_PROG_TYPE_LSM, BPF_LSM_MAC, SEC_EXACT | SEC_PREFIX | SEC_SLEEPABLE },
	{ "lsm_cgroup", BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, SEC_EXACT | SEC_PREFIX },
	{ "iter", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, SEC_EXACT | SEC_PREFIX },
	{ "iter.s", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, SEC_EXACT | SEC_PREFIX | SEC_SLEEPABLE },
	{ "syscall", BPF_PROG_TYPE_SYSCALL, ATTACH_NONE, SEC_EXACT | SEC_SLEEPABLE },
	{ "xdp/devmap", BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, SEC_EXACT },
	{ "xdp/cpumap", BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP, SEC_EXACT },
	{ "xdp.frags/devmap", BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, SEC_EXACT },
	{ "xdp.frags/cpumap", BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP, SEC_EXACT },
	{ "xdp.frags", BPF_PROG_TYPE_XDP, BPF_XDP, SEC_EXACT },
	{ "xdp", BPF_PROG_TYPE_XDP, BPF_XDP, SEC_EXACT | SEC_PREFIX },
	{ "perf_event", BPF_PROG_TYPE_PERF_EVENT, ATTACH_NONE, SEC_EXACT },
	{ "lwt_in", BPF_PROG_TYPE_LWT_IN, ATTACH_NONE, SEC_EXACT },
	{ "lwt_out", BPF_PROG_TYPE_LWT_OUT, ATTACH_NONE, SEC_EXACT },
	{ "lwt_xmit", BPF_PROG_TYPE_LWT_XMIT, ATTACH_NONE, SEC_EXACT },
	{ "lwt_seg6local", BPF_PROG_TYPE_LWT_SEG6LOCAL, ATTACH_NONE, SEC_EXACT },
	{ "sockops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS, SEC_EXACT },
	{ "sk_skb/stream_parser", BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_PARSER, SEC_EXACT },
	{ "sk_skb/stream_verdict", BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_VERDICT, SEC_EXACT },
	{ "sk_skb/verdict", BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_VERDICT, SEC_EXACT },
	{ "sk_skb", BPF_PROG_TYPE_SK_SKB, ATTACH_NONE, SEC_EXACT },
	{ "sk_msg", BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT, SEC_EXACT },
	{ "lirc_mode2", BPF_PROG_TYPE_LIRC_MODE2, BPF_LIRC_MODE2, SEC_EXACT },
	{ "flow_dissector", BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_FLOW_DISSECTOR, SEC_EXACT },
	{ "cgroup_skb/ingress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, SEC_EXACT },
	{ "cgroup_skb/egress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, SEC_EXACT },
	{ "cgroup/skb", BPF_PROG_TYPE_CGROUP_SKB, ATTACH_NONE, SEC_EXACT },
	{ "cgroup/sock_create", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, SEC_EXACT },
	{ "cgroup/sock_release", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE, SEC_EXACT },
	{ "cgroup/sock", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, SEC_EXACT },
	{ "cgroup/post_bind4", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND, SEC_EXACT },
	{ "cgroup/post_bind6", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND, SEC_EXACT },
	{ "cgroup/bind4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND, SEC_EXACT },
	{ "cgroup/bind6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND, SEC_EXACT },
	{ "cgroup/connect4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, SEC_EXACT },
	{ "cgroup/connect6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT, SEC_EXACT },
	{ "cgroup/sendmsg4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG, SEC_EXACT },
	{ "cgroup/sendmsg6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG, SEC_EXACT },
	{ "cgroup/recvmsg4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_RECVMSG, SEC_EXACT },
	{ "cgroup/recvmsg6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG, SEC_EXACT },
	{ "cgroup/getpeername4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETPEERNAME, SEC_EXACT },
	{ "cgroup/getpeername6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETPEERNAME, SEC_EXACT },
	{ "cgroup/getsockname4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETSOCKNAME, SEC_EXACT },
	{ "cgroup/getsockname6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETSOCKNAME, SEC_EXACT },
	{ "cgroup/sysctl", BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL, SEC_EXACT },
	{ "cgroup/getsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT, SEC_EXACT },
	{ "cgroup/setsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT, SEC_EXACT },
	{ "cgroup/dev", BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, SEC_EXACT },
	{ "struct_ops", BPF_PROG_TYPE_STRUCT_OPS, ATTACH_NONE, SEC_EXACT | SEC_PREFIX },
	{ "struct_ops.s", BPF_PROG_TYPE_STRUCT_OPS, ATTACH_NONE, SEC_EXACT | SEC_PREFIX | SEC_SLEEPABLE },
	{ "sk_lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, SEC_EXACT | SEC_PREFIX },
	{ "netfilter", PROG_NETFILTER, ATTACH_NETFILTER, SEC_EXACT },
};

static bool sec_fits(const struct sec_def *d, const char *name)
{
	size_t len = strlen(d->name);

	if ((d->how & SEC_EXACT) && !strcmp(name, d->name))
		return true;
	return (d->how & SEC_PREFIX) && !strncmp(name, d->name, len) && name[len] == '/';
}

int sec_name_parse(const char *name, struct bpfobj_prog *prog)
{
	prog->autoload = *name != '?';
	name += *name == '?';
	prog->attach_to = "";
	for (size_t i = 0; i < sizeof(sec_defs) / sizeof(sec_defs[0]); i++) {
		const struct sec_def *d = &sec_defs[i];

		if (!sec_fits(d, name))
			continue;
		prog->known = true;
		prog->type = d->type;
		prog->attach_type = d->attach;
		prog->sleepable = d->how & SEC_SLEEPABLE;
		if ((d->how & SEC_PREFIX) && name[strlen(d->name)] == '/')
			prog->attach_to = name + strlen(d->name) + 1;
		return 1;
	}
	return 0;
}

const char *bpfobj_prog_type_name(uint32_t type)
{
	static const char *const names[] = {
		"unspec", "socket_filter", "kprobe", "sched_cls", "sched_act", "tracepoint", "xdp", "perf_event",
		"cgroup_skb", "cgroup_sock", "lwt_in", "lwt_out", "lwt_xmit", "sock_ops", "sk_skb", "cgroup_device",
		"sk_msg", "raw_tracepoint", "cgroup_sock_addr", "lwt_seg6local", "lirc_mode2", "sk_reuseport",
		"flow_dissector", "cgroup_sysctl", "raw_tracepoint_writable", "cgroup_sockopt", "tracing",
		"struct_ops", "ext", "lsm", "sk_lookup", "syscall", "netfilter",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

const char *bpfobj_map_type_name(uint32_t type)
{
	static const char *const names[] = {
		"unspec", "hash", "array", "prog_array", "perf_event_array", "percpu_hash", "percpu_array",
		"stack_trace", "cgroup_array", "lru_hash", "lru_percpu_hash", "lpm_trie", "array_of_maps",
		"hash_of_maps", "devmap", "sockmap", "cpumap", "xskmap", "sockhash", "cgroup_storage",
		"reuseport_sockarray", "percpu_cgroup_storage", "queue", "stack", "sk_storage", "devmap_hash",
		"struct_ops", "ringbuf", "inode_storage", "task_storage", "bloom_filter", "user_ringbuf",
		"cgrp_storage", "arena", "insn_array",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}
