// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules as bits, in the table of one of two generations (an array of maps): a program is forbidden what any rule forbids that
 * is its own. The table is walked chunk by chunk.
 */
#include "case.h"

typedef __u32 u32;

struct chunk {
	__u64 word[2];
};

struct rules {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(struct chunk));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, u32);
	__array(values, struct rules);
} rules_of SEC(".maps");

u32 slot, set, nchunks; /* of the policy in force; set: its first row */
struct chunk own;       /* the rules that are about this machine */
u32 found, at;          /* a rule was found, in that chunk; else the chunk that is missing */

struct walk {
	void *rules;
	u32 set, nchunks, damaged, found, at;
};

static int step(u32 chunk, struct walk *w)
{
	u32 row = w->set + chunk;
	const struct chunk *rules = bpf_map_lookup_elem(w->rules, &row);

	if (!rules) {
		w->damaged = 1; /* a table that is not whole forbids */
		w->at = chunk;
		return 1;
	}
	if ((rules->word[0] & own.word[0]) | (rules->word[1] & own.word[1])) {
		w->found = 1;
		w->at = chunk;
	}
	return 0;
}

LSM(file_open, rule_table, struct file *file, int ret)
{
	struct walk w = { .set = set, .nchunks = nchunks & 15 };
	u32 key = slot;

	if (ret)
		return ret;
	w.rules = bpf_map_lookup_elem(&rules_of, &key);
	if (!w.rules)
		return -1;
	found = 0;
	bpf_loop(w.nchunks, step, &w, 0);
	found = !w.damaged && w.found;
	at = w.at;
	return w.damaged || w.found ? -1 : 0;
}
