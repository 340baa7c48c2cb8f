// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs whose mutants do the same, or something else that others see. For each, "same:" names all that are to be proved the same,
 * and "differ:" some that are not: CHANGE: part of the instruction or of the line of C. Without a contract nothing else tells.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define KEEP(x) asm volatile("" : "+r"(x)) /* the compiler knows nothing of it */
typedef __u64 u64;
typedef __u32 u32;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u64);
	__type(value, u64);
} table SEC(".maps");

struct wide {
	u64 a[256];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct wide);
} wide SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

u64 total;

/* program: mask
 * same: instruction left out: &= 3
 * same: half the width: ctx->mark
 * differ: constant off by one: &= 1
 * differ: instruction left out: &= 1 */
SEC("tc")
int mask(struct __sk_buff *ctx)
{
	u32 x = ctx->mark;

	x &= 1;
	KEEP(x);
	x &= 3;
	return x;
}

/* What was overwritten nobody sees.
 * program: overwritten
 * same: instruction left out: total = 1
 * same: constant off by one: total = 1
 * same: half the width: total = 1
 * same: half the width: total = 2
 * differ: constant off by one: = 2 @
 * differ: instruction left out: total = 2 */
SEC("tc")
int overwritten(struct __sk_buff *ctx)
{
	*(volatile u64 *)&total = 1;
	*(volatile u64 *)&total = 2;
	return 0;
}

__attribute__((noinline)) int others(u32 x)
{
	KEEP(x);
	return x & 1;
}

/* ... unless a function is called meanwhile of which only the contract is known.
 * program: seen_meanwhile
 * options: --modular
 * differ: instruction left out: total = 1
 * differ: constant off by one: total = 1
 * differ: constant off by one: others(5) */
SEC("tc")
int seen_meanwhile(struct __sk_buff *ctx)
{
	*(volatile u64 *)&total = 1;
	others(5);
	*(volatile u64 *)&total = 2;
	return 0;
}

/* The element of another key; whether there is one at all.
 * program: key
 * same: half the width: *v
 * differ: constant off by one: = 7 @
 * differ: condition negated: if (v)
 * differ: next element: *v */
SEC("tc")
int key(struct __sk_buff *ctx)
{
	u64 key = 7, *v;

	*(volatile u64 *)&key = 7;
	v = bpf_map_lookup_elem(&table, &key);
	if (v)
		return *v & 1;
	return 0;
}

/* A call with an effect: whether, with what, how often.
 * program: effect
 * differ: helper not called: bpf_map_update_elem(&table, &key, &value, 1)
 * differ: helper not called: bpf_map_update_elem(&table, &key, &value, 0)
 * differ: constant off by one: bpf_map_update_elem(&table, &key, &value, 1)
 * differ: constant off by one: = 9 @ */
SEC("tc")
int effect(struct __sk_buff *ctx)
{
	u64 key = ctx->mark, value;

	*(volatile u64 *)&value = 9;
	bpf_map_update_elem(&table, &key, &value, 1);
	bpf_map_update_elem(&table, &key, &value, 0);
	return 0;
}

/* What user space gets.
 * program: record
 * differ: constant off by one: = 1 @
 * differ: constant off by one: = 2 @ */
SEC("tc")
int record(struct __sk_buff *ctx)
{
	volatile u64 *r = bpf_ringbuf_reserve(&ring, 16, 0);

	if (!r)
		return 0;
	r[0] = 1;
	r[1] = 2;
	bpf_ringbuf_submit((void *)r, 0);
	return 0;
}

/* A write to one of very many places is anything afterwards, which is no reason to call two such writes the same.
 * program: somewhere
 * differ: constant off by one: &= 255
 * differ: constant off by one: = 3
 * differ: instruction left out: += 1 */
SEC("tc")
int somewhere(struct __sk_buff *ctx)
{
	u32 zero = 0, at = ctx->mark;
	struct wide *w = bpf_map_lookup_elem(&wide, &zero);

	if (!w)
		return 0;
	KEEP(at);
	at += 1;
	KEEP(at);
	at &= 255;
	*(volatile u64 *)&w->a[at] = 3;
	return 0;
}

/* Kernel memory at another address is another unknown, whatever it is called. (What cannot be read is 0 anyhow.)
 * program: elsewhere
 * same: constant off by one: value = 0
 * same: instruction left out: value = 0
 * same: half the width: value = 0
 * differ: constant off by one: += 64
 * differ: other operator: += 64
 * differ: half the width: return */
SEC("tc")
int elsewhere(struct __sk_buff *ctx)
{
	u64 address = ctx->hash, value = 0;

	address += 64;
	KEEP(address);
	bpf_probe_read_kernel(&value, 8, (void *)address);
	return value == 0x100000001;
}

/* An answer that is thrown away is not missed; one that is used is.
 * program: looks
 * same: helper not called: thrown = bpf_get_prandom_u32()
 * differ: helper not called: kept = bpf_get_prandom_u32() */
SEC("tc")
int looks(struct __sk_buff *ctx)
{
	u32 thrown, kept;

	thrown = bpf_get_prandom_u32();
	KEEP(thrown);
	kept = bpf_get_prandom_u32();
	return kept & 1;
}

static long step(u32 i, u64 *sum)
{
	*sum += 3;
	return 0;
}

/* A loop that is not followed.
 * program: loop
 * differ: constant off by one: *sum += 3
 * differ: constant off by one: bpf_loop(5000 */
SEC("tc")
int loop(struct __sk_buff *ctx)
{
	u64 sum = 0;

	bpf_loop(5000, step, &sum, 0);
	return sum == 15000;
}

/* What the packet's next program reads.
 * program: writes
 * differ: constant off by one: = 4 @
 * differ: instruction left out: ctx->mark = 4
 * differ: half the width: ctx->mark = 4 */
SEC("tc")
int writes(struct __sk_buff *ctx)
{
	*(volatile u32 *)&ctx->mark = 4;
	return 0;
}

/* Both ways come to the same.
 * program: both_ways
 * same: next element: if (ctx->mark)
 * same: half the width: if (ctx->mark)
 * same: condition negated: if (ctx->mark)
 * same: jump never taken: if (ctx->mark)
 * same: jump always taken: if (ctx->mark)
 * same: constant off by one: if (ctx->mark) */
SEC("tc")
int both_ways(struct __sk_buff *ctx)
{
	u32 x = 1;

	if (ctx->mark)
		asm volatile("%0 = 0; %0 += 1;" : "=r"(x)); /* 1, too */
	return x;
}

char LICENSE[] SEC("license") = "GPL";
