/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is told about a decision: one record in the ring buffer, and the counters. A full ring buffer never changes an
 * answer; the loss is counted and the sequence number shows the gap.
 */
#ifndef CORDON_BPF_REPORT_H
#define CORDON_BPF_REPORT_H

#include "verdict.h"

#define ABSTRACT_MAX 107u /* sun_path without its first byte */

/* What is asked, or happened, and of which object; the rest is read from the task, and a file from its request. */
struct report {
	u8 kind;    /* enum cordon_event_kind */
	u8 op;
	u8 reason;
	u8 flags;
	u32 rule;
	u16 family, type, protocol;
	u32 port, number;
	u64 addr[2];
	u32 ask;    /* what is decided: op, or ASK_MAP */
	u32 set[3]; /* of the object */
};

/* Append one name and its NUL to s->text, unless it passes `limit`: then the chain is cut. */
static __always_inline int text_add(struct scratch *s, u64 name, u32 limit)
{
	u32 at = s->text_len;
	long len;

	if (at >= CORDON_CHAIN_FILE)
		return 1;
	len = bpf_probe_read_kernel_str(s->text + at, 256, (void *)name);
	if (len < 2 || at + len > limit) {
		s->text_cut = 1;
		return 1;
	}
	s->text_len = at + len;
	return 0;
}

struct text_walk {
	struct scratch *s;
	u64 d, root;
	u32 limit, folds;
};

static int text_dentry_step(u32 i, struct text_walk *w)
{
	u64 d = w->d, parent;

	if (d == w->root || text_add(w->s, (u64)BPF_CORE_READ((struct dentry *)d, d_name.name), w->limit))
		return 1;
	parent = (u64)BPF_CORE_READ((struct dentry *)d, d_parent);
	if (!parent || parent == d)
		return 1;
	if (fold_below(w->folds, parent))
		w->s->unsure = i + 1;
	w->d = parent;
	return 0;
}

/* Chain of names of a dentry into s->text; it is full before CORDON_CHAIN_FILE steps. */
static __noinline void text_of_dentry(struct scratch *s, u64 d, u32 limit)
{
	struct text_walk w = { .s = s, .d = d, .limit = limit };
	u64 sb = (u64)BPF_CORE_READ((struct dentry *)d, d_sb);

	w.root = (u64)BPF_CORE_READ((struct super_block *)sb, s_root);
	w.folds = fold_of(sb);
	s->unsure = 0;
	s->text_len = 0;
	s->text_cut = 0;
	bpf_loop(CORDON_CHAIN_FILE, text_dentry_step, &w, 0);
}

static int text_step(u32 i, struct scratch **context)
{
	struct scratch *s = *context;

	return i >= CORDON_DEPTH_MAX || text_add(s, s->chain[i].name, CORDON_CHAIN_UNIT);
}

/* Chain of names of the cgroup of who asks. */
static __noinline void text_of_unit(struct scratch *s, struct task_struct *task)
{
	s->text_len = 0;
	s->text_cut = unit_collect(s, unit_asked(task)) != 0;
	bpf_loop(s->depth, text_step, &s, 0);
}

static __always_inline void report_task(struct cordon_event *e, struct task_struct *task)
{
	const struct cred *cred = subject_cred(task);

	e->pid = task->tgid;
	e->tid = task->pid;
	e->ppid = BPF_CORE_READ(task, real_parent, tgid);
	e->uid = cred->uid.val;
	e->euid = cred->euid.val;
	e->gid = cred->egid.val;
	e->loginuid = task->loginuid.val;
	e->sessionid = task->sessionid;
	__builtin_memcpy(e->comm, task->comm, sizeof(e->comm));
	if (of_kernel(task))
		e->flags |= CORDON_EV_KTHREAD;
	e->cgroup_id = bpf_get_current_cgroup_id();
}

static __always_inline void report_object(struct cordon_event *e, const struct report *report)
{
	e->family = report->family;
	e->type = report->type;
	e->protocol = report->protocol;
	e->port = report->port;
	e->number = report->number;
	__builtin_memcpy(e->addr, report->addr, sizeof(e->addr));
}

/* The three chains. Without working memory the event goes without them, marked as cut. */
static __always_inline void report_chains(struct cordon_event *e, struct task_struct *task)
{
	struct subject *subject = bpf_task_storage_get(&tasks, task, NULL, 0);
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	struct scratch *s = scratch_of(task);
	u64 dentry, inode, lent;

	if (exe)
		e->exe_dev = BPF_CORE_READ(exe, f_inode, i_sb, s_dev);
	if (!s || !subject) {
		e->flags |= CORDON_EV_FILE_CUT | CORDON_EV_EXE_CUT | CORDON_EV_UNIT_CUT;
		return;
	}
	lent = subject->lent;
	if (lent)
		e->uid = e->euid = BPF_CORE_READ((struct sock *)lent, sk_uid.val);
	if (subject->request.dentry) {
		dentry = subject->request.dentry;
		inode = subject->request.inode;
		/* Of the dentry: a name that comes to be has no inode. */
		e->file_dev = BPF_CORE_READ((struct dentry *)dentry, d_sb, s_dev);
		e->file_ino = BPF_CORE_READ((struct inode *)inode, i_ino);
		text_of_dentry(s, dentry, CORDON_CHAIN_FILE);
		e->file_len = s->text_len;
		e->file_unsure = s->unsure;
		e->flags |= s->text_cut ? CORDON_EV_FILE_CUT : 0;
		bpf_probe_read_kernel(e->file, sizeof(e->file), s->text);
	}
	if (subject->request.abstract) {
		e->flags |= CORDON_EV_ABSTRACT;
		e->file_len = subject->request.abstract_len < ABSTRACT_MAX ? subject->request.abstract_len : ABSTRACT_MAX;
		bpf_probe_read_kernel(e->file, ABSTRACT_MAX, (void *)subject->request.abstract);
	}
	if (exe) {
		text_of_dentry(s, (u64)BPF_CORE_READ(exe, f_path.dentry), CORDON_CHAIN_EXE);
		e->exe_len = s->text_len;
		e->exe_unsure = s->unsure;
		e->flags |= s->text_cut ? CORDON_EV_EXE_CUT : 0;
		bpf_probe_read_kernel(e->exe, sizeof(e->exe), s->text);
	}
	text_of_unit(s, task);
	e->unit_len = s->text_len;
	e->flags |= s->text_cut ? CORDON_EV_UNIT_CUT : 0;
	bpf_probe_read_kernel(e->unit, sizeof(e->unit), s->text);
}

/* Count, and begin a record with what every one says. NULL: there is no room, and that is counted. */
static __always_inline struct cordon_event *event_begin(u32 kind, u32 op, u32 reason, u32 flags, u32 rule, u64 current)
{
	struct cordon_counters *counted = counters_here();
	struct cordon_event *e;

	if (!counted)
		return NULL;
	counted->seq++;
	if (kind == CORDON_EVENT_DENY)
		counted->of[op % CORDON_OP_MAX].denied++;
	else
		counted->of[op % CORDON_OP_MAX].would_deny++;
	if (reason >= CORDON_REASON_TOO_DEEP)
		counted->faults++;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		counted->lost++;
		return NULL;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->abi = CORDON_ABI;
	e->size = sizeof(*e);
	e->kind = kind;
	e->op = op;
	e->reason = reason;
	e->flags = flags;
	e->cpu = bpf_get_smp_processor_id();
	e->rule = rule;
	e->seq = counted->seq;
	e->lost = counted->lost;
	e->ktime = bpf_ktime_get_boot_ns();
	e->generation = current >> 1;
	return e;
}

/* The record of a request. The file, if it is about one, is named in the request. Always 0. */
__noinline int report_emit(const struct report *report, u64 current)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct cordon_event *e;

	if (!report)
		return 0;
	e = event_begin(report->kind, report->op, report->reason, report->flags, report->rule, current);
	if (!e)
		return 0;
	report_task(e, task);
	report_object(e, report);
	report_chains(e, task);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/*
 * The end of a request for which `why` (0 or a reason) and, when it is 0, the decision in s are known. Tells what has
 * to be told, which is report->kind; 0 = nothing: permitted, silently, and fit to be remembered. Not 0: refuse.
 */
static __always_inline int report_conclude(struct scratch *s, struct report *report, u64 current, int why)
{
	report->kind = CORDON_EVENT_DENY;
	report->reason = why;
	report->rule = CORDON_RULE_NONE;
	if (!why) {
		count(of[report->op % CORDON_OP_MAX].decided);
		if (!s->decision.deny && !s->decision.would_deny) {
			report->kind = 0;
			return 0;
		}
		report->rule = s->decision.deny ? s->decision.rule : s->decision.audit_rule;
		report->reason = s->decision.deny ? s->decision.reason : s->decision.audit_reason;
		report->kind = s->decision.deny ? CORDON_EVENT_DENY : CORDON_EVENT_WOULD_DENY;
	}
	report_emit(report, current);
	return report->kind == CORDON_EVENT_DENY;
}

/* Who asks is not known, or there is no memory to find out what: refused whatever it is. */
static __noinline void report_refuse(u32 op, int why, u64 current)
{
	struct report report = { .kind = CORDON_EVENT_DENY, .op = op, .reason = why, .rule = CORDON_RULE_NONE };

	report_emit(&report, current);
}

/* A decision in which no permit closes anything. */
static __always_inline void forbids_only(struct cordon_decision *decision)
{
	if (decision->reason == CORDON_REASON_CLOSED)
		decision->deny = 0;
	decision->would_deny = !decision->deny && decision->audit_reason == CORDON_REASON_FORBID;
}

/*
 * The running task's request, of which the sets, or a reason to refuse it, are known: what its class was permitted before, or else
 * decide(). Tells what has to be told, and answers like report_conclude(). The one place where a request becomes an answer, but
 * for link and rename (core_move.h).
 */
__noinline int judge(struct report *report, u64 current, int why)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject = bpf_task_storage_get(&tasks, task, NULL, 0);
	struct decided_key key = {};
	struct scratch *s;
	u32 yes = 1;
	int end;

	if (!report)
		return 1;
	report->kind = CORDON_EVENT_DENY;
	if (subject) {
		key.class = subject->class;
		key.op = report->ask;
		__builtin_memcpy(key.set, report->set, sizeof(key.set));
		if (!why && bpf_map_lookup_elem(&decided, &key)) {
			count(cached);
			report->kind = 0;
			return 0;
		}
	}
	s = subject ? scratch_of(task) : NULL; /* memory that most tasks never need: only now */
	if (!s) {
		report_refuse(report->op, CORDON_REASON_MEMORY, current);
		return 1;
	}
	if (!why)
		why = verdict_decide(current, report->op, key.set[0], key.set[1], key.set[2]);
	if (!why && report->ask == ASK_MAP)
		forbids_only(&s->decision);
	end = report_conclude(s, report, current, why);
	if (!report->kind)
		bpf_map_update_elem(&decided, &key, &yes, BPF_ANY); /* when it fails: decided again */
	return end;
}

#endif
