// SPDX-License-Identifier: GPL-2.0-only
/* What rows of the helper table say that helpers change: tests/prove-sym/leans.test. */
#include "case.h"
MAP(hash, BPF_MAP_TYPE_HASH, 8, __u64, __u64);
// expect: path_written fails return
LSM(file_open, path_written, struct file *file) { char b[8] = { 0 }; bpf_d_path(&file->f_path, b, 8); return b[0] ? 99 : 0; }
// expect: digest_written fails return
LSM(file_open, digest_written, struct file *file) { char b[8] = { 0 }; bpf_ima_inode_hash(file->f_inode, b, 8); return b[0] ? 99 : 0; }
// expect: file_digest_written fails return
LSM(file_open, file_digest_written, struct file *file) { char b[8] = { 0 }; bpf_ima_file_hash(file, b, 8); return b[0] ? 99 : 0; }
// expect: printed fails return
LSM(file_open, printed, struct file *file) { static const char format[] = "%d"; __u64 n = 1; char b[8] = { 0 }; bpf_snprintf(b, 8, format, &n, 8); return b[0] ? 99 : 0; }
// expect: processor_is_no_constant fails return
LSM(file_open, processor_is_no_constant, struct file *file) { return bpf_get_smp_processor_id() > 3 ? 99 : 0; }
// expect: object_printed fails return
LSM(file_open, object_printed, struct file *file)
{
	struct btf_ptr p = { .ptr = file };
	char b[8] = { 0 };
	bpf_snprintf_btf(b, 8, &p, sizeof(p), 0);
	return b[0] ? 99 : 0;
}
