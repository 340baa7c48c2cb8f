// SPDX-License-Identifier: GPL-2.0-only
/* What goes wrong in a kernel and cannot be shown by the interpreter. */
#include "case.h"
#define WRONG 99
/* 16 bits are kept, or none */
// expect: tc_index unknown context
SEC("tc") int tc_index(struct __sk_buff *s) { s->tc_index = 0x12345; return *(volatile __u32 *)&s->tc_index == 0x12345 ? 0 : WRONG; }
// expect: tc_classid unknown context
SEC("tc") int tc_classid(struct __sk_buff *s) { s->tc_classid = 0x12345; return *(volatile __u32 *)&s->tc_classid == 0x12345 ? 0 : WRONG; }
// expect: queue_mapping unknown context
SEC("tc") int queue_mapping(struct __sk_buff *s) { s->queue_mapping = 0xffff; return *(volatile __u32 *)&s->queue_mapping == 0xffff ? 0 : WRONG; }
// expect: user_port unknown context
SEC("cgroup/connect4") int user_port(struct bpf_sock_addr *c) { c->user_port = 0x12345; return *(volatile __u32 *)&c->user_port == 0x12345 ? 0 : 2; }
/* far behind the packet addresses start from 0 again, so that the comparison lets it pass */
// expect: around_the_end unknown replay
SEC("xdp") ASM int around_the_end(struct xdp_md *ctx)
{
	asm volatile("r2 = *(u32 *)(r1 + 0); r3 = *(u32 *)(r1 + 4); r0 = 0; r4 = r2; r4 += 8; if r4 > r3 goto 1f; r5 = *(u64 *)(r2 + 0); r6 = 0x7ffffffffffffff0 ll; r5 &= r6;"
		     "r2 += r5; r4 = r2; r4 += 1; if r4 > r3 goto 1f; r0 = *(u8 *)(r2 + 0); r0 &= 1; 1: exit");
}
static long set(__u32 i, void *c) { *(volatile __u64 *)c = 1; return 0; }
/* bpf_loop() takes 32 bits of the count, the instructions that a kernel puts in its place 64 */
// expect: loop_wide unknown replay
SEC("xdp") ASM int loop_wide(struct xdp_md *ctx)
{
	asm volatile("r1 = 0; *(u64 *)(r10 - 8) = r1; r1 = 0x100000001 ll; r2 = %[f] ll; r3 = r10; r3 += -8; r4 = 0; call 181;"
		     "r0 = *(u64 *)(r10 - 8); if r0 == 1 goto +2; r0 = 99; exit; r0 = 0; exit" :: [f]"i"(set));
}
