// SPDX-License-Identifier: GPL-2.0-only
/* The first rule that subject and object share decides: 4 words of 64 rules each. Planted: the last word is forgotten. */
#include "case.h"
#define WORDS 4
struct set { __u64 word[WORDS]; };
STORAGE(subjects, BPF_MAP_TYPE_TASK_STORAGE, struct set);
STORAGE(objects, BPF_MAP_TYPE_INODE_STORAGE, struct set);
MAP(denies, BPF_MAP_TYPE_ARRAY, 1, __u32, struct set);

LSM(file_open, first_rule, struct file *file)
{
	__u32 zero = 0;
	struct set *s = bpf_task_storage_get(&subjects, bpf_get_current_task_btf(), 0, 0);
	struct set *o = bpf_inode_storage_get(&objects, file->f_inode, 0, 0);
	struct set *d = bpf_map_lookup_elem(&denies, &zero);
	if (!s || !o || !d)
		return -13;
#pragma clang loop unroll(disable)
	for (int i = 0; i < WORDS - 1; i++) {
		__u64 both = s->word[i] & o->word[i];
		if (both)
			return (both & -both) & d->word[i] ? -13 : 0;
	}
	return 0;
}
