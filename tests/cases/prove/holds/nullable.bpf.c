// SPDX-License-Identifier: GPL-2.0-only
/* The same, asked the other way; and arguments that are not null. */
#include "case.h"
// expect: marked_known holds
LSM(file_receive, marked_known, struct file *file, int ret) { return ret ? ret : file ? 0 : -1; }
// expect: not_marked holds
LSM(file_open, not_marked, struct file *file, int ret) { return ret ? ret : file ? 0 : 1; }
