/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The line of a task: the programs it and those it comes from have executed, up to this one (`ancestors`).
 *
 * A line is a set of programs for the decision. It is noted with the task as a number and inherited by fork; numbers,
 * and the lines they go on from, are in two tables (maps.h). It is made longer late: the kernel counts executed programs
 * (self_exec_id, inherited by fork), and a line says for which count it was right. One program more is the one that the
 * task runs, which is added when a child, another exec or a decision wants the line (task.h, who.h). So a program that does
 * none of them costs nothing, and an exec that the guard did not see shows as a count that is two or more behind.
 *
 * A program is known by its place, as of when it was noted, and it is not read again: it may be gone.
 *
 * What is not known is a program, too: PROGRAM_UNKNOWN, for which every forbid that names ancestors holds and no permit
 * does. It comes into a line
 *     for what has no place: threads of the kernel, hence what they execute for it; memfd; file systems of an
 *         unprivileged user namespace, or that the policy in force does not know; more than PROGRAM_NAMES bytes
 *     where prctl(PR_SET_MM_EXE_FILE) changed what the task says it runs
 *     where a table is full, the line is longer than LINE_DEPTH_MAX, memory is out
 *     for tasks older than the guard, where the count shows that a program is missing (older_step())
 */
#ifndef CORDON_BPF_LINE_H
#define CORDON_BPF_LINE_H

#include "place.h"
#include "subject.h"

/* Tasks above one another that are looked at for a task older than the guard. */
#define LINE_TASKS 64u

/* ---- programs ------------------------------------------------------------------------------------- */

/* The next number; 0: none is left. What users can use up leaves something to root. */
static __always_inline u32 number_next(u32 *last, u32 max)
{
	u32 room = (u32)bpf_get_current_uid_gid() ? max - max / 4 : max;
	u32 number;

	if (*(volatile u32 *)last + 1 >= room)
		return 0;
	number = __sync_fetch_and_add(last, 1) + 1;
	return number < max ? number : 0;
}

struct names_walk {
	struct scratch *s;
	u64 d, root;
	u64 seen; /* which dentries, and their sequence numbers, mixed */
	u32 again, end;
	u32 folds, unsure;
};

/* One name, leaf first, to s->text; 1 ends, well if w->end. The second time only w->seen is made, to be compared. */
static int names_step(u32 i, struct names_walk *w)
{
	struct scratch *s = w->s;
	u64 d = w->d, parent, name;
	u32 seq, at;
	long len;

	if (d == w->root) {
		w->end = 1;
		return 1;
	}
	seq = BPF_CORE_READ((struct dentry *)d, d_seq.seqcount.sequence);
	parent = (u64)BPF_CORE_READ((struct dentry *)d, d_parent);
	if ((seq & 1) || !parent || parent == d)
		return 1;
	w->seen = (w->seen ^ d ^ (u64)seq << 20) * 0x9e3779b97f4a7c15ull;
	w->d = parent;
	if (w->again)
		return 0;
	if (fold_below(w->folds, parent))
		w->unsure = i + 1;
	name = (u64)BPF_CORE_READ((struct dentry *)d, d_name.name);
	at = s->text_len;
	asm volatile("" : "+r"(at)); /* its bound must be known here */
	if (at >= PROGRAM_NAMES)
		return 1;
	len = bpf_probe_read_kernel_str(s->text + at, CORDON_NAME_MAX + 1, (void *)name);
	if (len < 2 || at + len > PROGRAM_NAMES)
		return 1;
	s->text_len = at + len;
	return 0;
}

/* The names of a dentry, to s->text, as they were at one moment (place.h). */
static __always_inline bool names_read(struct scratch *s, u64 dentry, u64 sb)
{
	struct names_walk w = { .s = s, .d = dentry, .folds = fold_of(sb) };
	u64 seen;

	w.root = (u64)BPF_CORE_READ((struct super_block *)sb, s_root);
	s->text_len = 0;
	bpf_loop(CORDON_DEPTH_MAX, names_step, &w, 0);
	if (!w.end)
		return false;
	seen = w.seen;
	w.d = dentry;
	w.seen = 0;
	w.end = 0;
	w.again = 1;
	bpf_loop(CORDON_DEPTH_MAX, names_step, &w, 0);
	s->unsure = w.unsure;
	return w.end && w.seen == seen;
}

/* The number of the place in s->program_place, one more if need be, to s->program. */
static __always_inline void program_find(struct scratch *s)
{
	u32 *known = bpf_map_lookup_elem(&program_numbers, &s->program_place), number;

	if (!known) {
		number = number_next(&program_last, PROGRAMS_MAX);
		if (!number || bpf_map_update_elem(&programs, &number, &s->program_place, BPF_ANY))
			return;
		bpf_map_update_elem(&program_numbers, &s->program_place, &number, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&program_numbers, &s->program_place); /* perhaps another's, who was quicker */
	}
	if (known)
		s->program = *known;
}

/* The number of the program that is executed from the file at `file`, to the running task's scratch. 0 or a reason. */
__noinline int program_of(u64 file)
{
	struct scratch *s = scratch_of(bpf_get_current_task_btf());
	u64 dentry = (u64)BPF_CORE_READ((struct file *)file, f_path.dentry);
	u64 sb = (u64)BPF_CORE_READ((struct dentry *)dentry, d_sb);
	u32 len;

	if (!s)
		return CORDON_REASON_MEMORY;
	s->program = PROGRAM_UNKNOWN;
	if (!file || !sb || sb != (u64)BPF_CORE_READ((struct file *)file, f_inode, i_sb) || place_nameless(sb, dentry) ||
	    BPF_CORE_READ((struct super_block *)sb, s_user_ns, level) > 0)
		return 0;
	if (!names_read(s, dentry, sb))
		return 0;
	__builtin_memset(&s->program_place, 0, sizeof(s->program_place));
	len = s->text_len;
	asm volatile("" : "+r"(len));
	if (!len || len > PROGRAM_NAMES)
		return 0;
	bpf_probe_read_kernel(s->program_place.names, len, s->text);
	s->program_place.len = len;
	s->program_place.unsure = s->unsure;
	s->program_place.dev = BPF_CORE_READ((struct super_block *)sb, s_dev);
	program_find(s);
	return 0;
}

/* ---- lines ---------------------------------------------------------------------------------------- */

struct line_walk {
	u32 line, program;
	u32 found, unknown; /* result: `program`, PROGRAM_UNKNOWN is in it */
};

static int line_step(u32 i, struct line_walk *w)
{
	const struct line *line;

	if (w->line == LINE_NONE)
		return 1;
	line = w->line == LINE_LOST ? NULL : bpf_map_lookup_elem(&lines, &w->line);
	if (!line) {
		w->unknown = 1;
		return 1;
	}
	w->found |= line->program == w->program;
	w->unknown |= line->program == PROGRAM_UNKNOWN;
	w->line = line->parent;
	return 0;
}

/* The line that goes on from `key` by one program, one more if need be. LINE_NONE: there is no room. */
static __always_inline u32 line_find(const struct line_key *key, u32 depth)
{
	struct line line = { .parent = key->parent, .program = key->program, .depth = depth };
	u32 *known = bpf_map_lookup_elem(&line_numbers, key), number;

	if (!known) {
		number = number_next(&line_last, LINES_MAX);
		if (!number || bpf_map_update_elem(&lines, &number, &line, BPF_ANY))
			return LINE_NONE;
		bpf_map_update_elem(&line_numbers, key, &number, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&line_numbers, key);
	}
	return known ? *known : LINE_NONE;
}

/* One program more in the line in the running task's scratch. 0 or a reason. */
__noinline int line_add(u32 program)
{
	struct line_walk w = { .program = program };
	struct line_key key = { .program = program };
	struct scratch *s = scratch_of(bpf_get_current_task_btf());
	const struct line *line;
	u32 depth = 0, longer;

	if (!s)
		return CORDON_REASON_MEMORY;
	key.parent = w.line = s->line;
	if (key.parent == LINE_NONE && program == PROGRAM_UNKNOWN) {
		s->line = LINE_LOST;
		return 0;
	}
	bpf_loop(LINE_DEPTH_MAX + 2, line_step, &w, 0);
	if (w.found || (w.unknown && program == PROGRAM_UNKNOWN))
		return 0;
	line = bpf_map_lookup_elem(&lines, &key.parent);
	if (line)
		depth = line->depth;
	if (depth >= LINE_DEPTH_MAX)
		key.program = PROGRAM_UNKNOWN;
	longer = w.unknown && key.program == PROGRAM_UNKNOWN ? key.parent : line_find(&key, depth + 1);
	/* No room: what is unknown already covers the program, too; else all is forgotten but that something is unknown. */
	s->line = longer ? longer : w.unknown ? key.parent : LINE_LOST;
	return 0;
}

/* ---- tasks older than the guard ------------------------------------------------------------------- */

struct older_walk {
	struct scratch *s;
	u64 task;
	u32 end;
};

/*
 * A task and those above it, into s->chain: `name` is the task, `seq` says that a program is missing between it and the one
 * above. That one may be the parent of its parent that died, and may have executed another program since; the counts
 * tell. The first process is where lines begin: what it ran before itself does not count.
 */
static int older_step(u32 i, struct older_walk *w)
{
	struct task_struct *task = (void *)w->task, *above;
	struct scratch *s = w->s;
	u64 at_fork, execs;

	if (i >= LINE_TASKS)
		return 1;
	s->chain[i].name = w->task;
	s->chain[i].seq = 0;
	s->depth = i + 1;
	if (BPF_CORE_READ(task, pid) == 1 || (BPF_CORE_READ(task, flags) & PF_KTHREAD)) {
		w->end = 1;
		return 1;
	}
	above = BPF_CORE_READ(task, real_parent);
	at_fork = BPF_CORE_READ(task, parent_exec_id);
	execs = BPF_CORE_READ(above, self_exec_id);
	if (BPF_CORE_READ(task, self_exec_id) > execs + 1 || (at_fork < execs && BPF_CORE_READ(above, pid) != 1))
		s->chain[i].seq = 1;
	w->task = (u64)above;
	return !above;
}

/* The program of one of them, which may be ending: what was read of it counts while it is still the same. */
static __always_inline int older_program(struct scratch *s, u64 address)
{
	struct task_struct *task = (void *)address;
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	u64 file = (u64)BPF_CORE_READ(mm, exe_file);
	int err;

	if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
		file = 0;
	err = join(s, program_of(file));
	if (file && ((u64)BPF_CORE_READ(mm, exe_file) != file || BPF_CORE_READ(task, mm) != mm))
		s->program = PROGRAM_UNKNOWN;
	return err;
}

static int older_add_step(u32 i, struct scratch **context)
{
	struct scratch *s = *context;
	u32 at = s->depth - 1 - i;

	if (at >= CORDON_DEPTH_MAX)
		return 1;
	s->step_error = s->chain[at].seq ? join(s, line_add(PROGRAM_UNKNOWN)) : 0;
	if (s->step_error)
		return 1;
	s->step_error = older_program(s, s->chain[at].name);
	if (!s->step_error)
		s->step_error = join(s, line_add(s->program));
	return s->step_error != 0;
}

/* The line of the task in s->older, of which none is noted, to the running task's scratch. 0 or a reason. */
__noinline int line_older(void)
{
	struct scratch *s = scratch_of(bpf_get_current_task_btf());
	struct older_walk w = { .s = s };

	if (!s)
		return CORDON_REASON_MEMORY;
	w.task = s->older;
	s->line = LINE_NONE;
	s->depth = 0;
	s->step_error = 0;
	bpf_loop(LINE_TASKS, older_step, &w, 0);
	if (!w.end)
		s->line = LINE_LOST;
	bpf_loop(s->depth, older_add_step, &s, 0);
	return s->step_error;
}

/* ---- the running task ----------------------------------------------------------------------------- */

/* What the running task has executed since its line was noted. 0 or a reason. */
static __always_inline int line_go_on(struct scratch *s, const struct subject *subject, struct task_struct *task)
{
	struct identity now = {};
	int err = 0;

	s->line = line_of(subject->line);
	if ((u32)task->self_exec_id != line_execs(subject->line) + 1)
		err = join(s, line_add(PROGRAM_UNKNOWN));
	if (err)
		return err;
	identity_of(task, &now);
	if (!of_kernel(task) && identity_equal(&subject->recorded, &now))
		err = join(s, program_of((u64)BPF_CORE_READ(task, mm, exe_file)));
	else
		s->program = PROGRAM_UNKNOWN;
	return err ? err : join(s, line_add(s->program));
}

/* Note the running task's line, unless that is done. Not 0: it could not be. */
__noinline int line_now(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject = tasks_of(task);
	struct scratch *s = scratch_of(task);
	int err;

	if (!subject || !s)
		return CORDON_REASON_MEMORY;
	if (line_holds(subject, task))
		return 0;
	s->older = (u64)task;
	err = line_of(subject->line) ? line_go_on(s, subject, task) : join(s, line_older());
	if (!err)
		subject->line = line_note(s->line, task->self_exec_id);
	return err;
}

/* ---- what a policy makes of it -------------------------------------------------------------------- */

/* One name of a program's place into s->chain. Its address is kept as a number, which the verifier does not follow. */
static int split_step(u32 i, struct scratch **context)
{
	struct scratch *s = *context;
	u64 at = s->names_at;
	long len;

	if (!s->names_left || i >= CORDON_DEPTH_MAX)
		return 1;
	len = bpf_probe_read_kernel_str(s->name, sizeof(s->name), (void *)at);
	if (len < 2 || len > s->names_left) {
		s->step_error = CORDON_REASON_NAME;
		return 1;
	}
	s->chain[i].name = at;
	s->chain[i].len = len - 1;
	s->depth = i + 1;
	s->names_at = at + len;
	s->names_left -= len;
	return 0;
}

/* The sets of a program of a line, to the running task's scratch. 0 or a reason. */
__noinline int program_sets(u64 current, u32 program)
{
	struct scratch *s = scratch_of(bpf_get_current_task_btf());
	const struct program_place *place;
	const struct cordon_root *root;
	struct view view;
	void *roots;
	u32 dev;
	int err;

	if (!s)
		return CORDON_REASON_MEMORY;
	err = view_open(&view, current);
	if (err)
		return err;
	s->ancestor = view.meta->ancestor_unknown;
	s->not_ancestor = view.meta->not_ancestor_unknown;
	place = bpf_map_lookup_elem(&programs, &program);
	roots = table(roots, &view);
	if (!place || !roots)
		return CORDON_REASON_TABLES;
	dev = place->dev;
	root = bpf_map_lookup_elem(roots, &dev);
	if (program == PROGRAM_UNKNOWN || !root)
		return 0;
	s->names_at = (u64)place->names;
	s->names_left = place->len;
	s->unsure = place->unsure;
	s->state = root->state;
	s->depth = 0;
	s->step_error = 0;
	bpf_loop(CORDON_DEPTH_MAX, split_step, &s, 0);
	return s->step_error ? s->step_error : place_descend(current, s->unsure);
}

struct kin_walk {
	struct scratch *s;
	u64 current;
	u32 line;
};

/* The sets of the next program of a line, from its end, to the scratch. 1 ends: with s->step_error 0, after the last. */
static __always_inline int kin_next(struct kin_walk *w)
{
	const struct line *line;
	u32 program = PROGRAM_UNKNOWN;

	w->s->step_error = 0;
	if (w->line == LINE_NONE)
		return 1;
	line = w->line == LINE_LOST ? NULL : bpf_map_lookup_elem(&lines, &w->line);
	w->line = LINE_NONE;
	if (line) {
		program = line->program;
		w->line = line->parent;
	}
	w->s->step_error = join(w->s, program_sets(w->current, program));
	return w->s->step_error != 0;
}

/* Into the key, unless they are there. */
static int kin_step(u32 i, struct kin_walk *w)
{
	struct kin_key *key = &w->s->kin_key;
	struct scratch *s = w->s;
	u32 k, n;

	if (kin_next(w))
		return 1;
	n = key->n;
	for (k = 0; k < KIN_PAIRS; k++)
		if (k < n && key->pair[k][PAIR_OF] == s->ancestor && key->pair[k][PAIR_NOT] == s->not_ancestor)
			return 0;
	asm volatile("" : "+r"(n));
	if (n >= KIN_PAIRS) {
		key->n = KIN_PAIRS + 1;
		return 1;
	}
	key->pair[n][PAIR_OF] = s->ancestor;
	key->pair[n][PAIR_NOT] = s->not_ancestor;
	key->n = n + 1;
	return 0;
}

/* The line that stands for those with the same sets as `line`, to the running task's scratch. 0 or a reason. */
static __always_inline int kin_find(struct scratch *s, u64 current, u32 line)
{
	struct kin_walk w = { .s = s, .current = current, .line = line };
	struct kin fresh = { .current = current, .line = line };
	u32 *known;

	__builtin_memset(&s->kin_key, 0, sizeof(s->kin_key));
	s->kin_key.current = current;
	s->step_error = 0;
	bpf_loop(LINE_DEPTH_MAX + 2, kin_step, &w, 0);
	if (s->step_error)
		return s->step_error;
	if (s->kin_key.n <= KIN_PAIRS) {
		known = bpf_map_lookup_elem(&kins, &s->kin_key);
		if (known)
			fresh.line = *known;
		else
			bpf_map_update_elem(&kins, &s->kin_key, &line, BPF_ANY); /* when it fails: made again */
	}
	bpf_map_update_elem(&kin_of, &line, &fresh, BPF_ANY);
	s->kin = fresh.line;
	return 0;
}

/* The same for the running task's line; nothing where the policy names no ancestors. 0 or a reason. */
__noinline int kin_now(u64 current)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject;
	struct scratch *s;
	struct view view;
	struct kin *kin;
	u32 line;
	int err;

	err = view_open(&view, current);
	if (err || !(view.meta->dims & CORDON_USES_ANCESTORS))
		return err;
	s = scratch_of(task);
	if (!s)
		return CORDON_REASON_MEMORY;
	err = join(s, line_now());
	subject = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (err || !subject)
		return CORDON_REASON_MEMORY;
	line = line_of(subject->line);
	kin = bpf_map_lookup_elem(&kin_of, &line);
	if (!kin || kin->current != current)
		return kin_find(s, current, line);
	s->kin = kin->line;
	return 0;
}

#endif
