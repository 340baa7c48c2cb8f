// SPDX-License-Identifier: GPL-2.0-only
/* Arguments of hooks that may be null: by the mark in BTF, or by the table of symctx.c. Reading through null gives zeros. */
#include "case.h"
// expect: marked fails return
LSM(file_receive, marked, struct file *file, int ret) { return ret ? ret : file ? 0 : 1; }
// expect: listed fails return
LSM(mmap_file, listed, struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags, int ret) { return ret ? ret : file ? 0 : 1; }
