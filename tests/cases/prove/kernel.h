/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel.h: a kernel of a few structures, enough for the cases; kernel.c makes its BTF. */
#ifndef CASES_KERNEL_H
#define CASES_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>

#ifdef CASES_PROGRAM
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#endif

struct super_block { unsigned int s_dev; };
struct inode { unsigned short i_mode; unsigned int i_uid; struct super_block *i_sb; unsigned long i_ino; };
struct qstr { unsigned int hash; unsigned int len; const unsigned char *name; };
struct dentry { struct dentry *d_parent; struct qstr d_name; struct inode *d_inode; };
struct path { void *mnt; struct dentry *dentry; };
struct file { struct path f_path; struct inode *f_inode; unsigned int f_flags; unsigned int f_mode; };
struct cred { unsigned int uid; unsigned int gid; };
struct task_struct { int pid; int tgid; struct task_struct *real_parent; const struct cred *cred; char comm[16]; };
struct sockaddr { unsigned short sa_family; char sa_data[14]; };
struct sockaddr_in { unsigned short sin_family; __u16 sin_port; __u32 sin_addr; };
struct sock { unsigned short skc_family; int sk_protocol; };
struct socket { short type; struct file *file; struct sock *sk; };
struct linux_binprm { struct file *file; const char *filename; int argc; };

#ifdef CASES_PROGRAM
#pragma clang attribute pop
#endif
struct bpf_iter_num { __u64 opaque[1]; } __attribute__((aligned(8)));
#endif
