/* SPDX-License-Identifier: GPL-2.0-only */
/* case.h: what every case needs. A case is a program; the line "expect: NAME ..." before it says the verdict. */
#define CASES_PROGRAM
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "kernel.h"
#define NULL ((void *)0)
#define LSM(hook, name, args...) SEC("lsm/" #hook) int BPF_PROG(name, args)
#define MAP(name, t, n, k, v) struct { __uint(type, t); __uint(max_entries, n); __type(key, k); __type(value, v); } name SEC(".maps")
#define STORAGE(name, t, v) struct { __uint(type, t); __uint(map_flags, BPF_F_NO_PREALLOC); __type(key, int); __type(value, v); } name SEC(".maps")
#define RING(name) struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } name SEC(".maps")
#define PACKET(ctx) __u8 *data = (void *)(long)(ctx)->data, *end = (void *)(long)(ctx)->data_end
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
#define FOR(i, start, end) \
	for (struct bpf_iter_num it_ __attribute__((cleanup(bpf_iter_num_destroy))), *p_ = (bpf_iter_num_new(&it_, start, end), (void)bpf_iter_num_destroy, NULL); \
	     ({ int *t_ = bpf_iter_num_next(&it_); if (t_) i = *t_; t_; });)
#define ASM __attribute__((naked))
char LICENSE[] SEC("license") = "GPL";
