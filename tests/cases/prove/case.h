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
#define ASM __attribute__((naked))
char LICENSE[] SEC("license") = "GPL";
