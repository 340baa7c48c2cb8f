/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making a subject (subject.h): from the user, the groups, the cgroup and the program of the running task to the key of its
 * class (class.h).
 *
 * Kernel memory is read by helper: a typed pointer is cheaper to follow, but 6.12's verifier searches all types of the
 * kernel by name for every one, each time it comes by.
 */
#ifndef CORDON_BPF_WHO_H
#define CORDON_BPF_WHO_H

#include "class.h"
#include "owner.h"

#define USES_GROUPS (1u << CORDON_DIM_GID | 1u << CORDON_DIM_NOT_GID)
#define USES_PROGRAM (CORDON_USES_PROGRAMS | 1u << CORDON_DIM_SESSION)
#define CAP_AUDIT_CONTROL 30      /* linux/capability.h */
#define SESSION_UNSET 0xffffffffu /* linux/audit.h, AUDIT_SID_UNSET */

/* ---- service -------------------------------------------------------------------------------------- */

struct unit_walk {
	struct scratch *s;
	u64 node;
};

/* The socket whose maker asks; 0 = the running task does. */
static __always_inline u64 socket_lent(struct task_struct *task)
{
	struct subject *subject = bpf_task_storage_get(&tasks, task, NULL, 0);

	return subject ? subject->lent : 0;
}

/* The cgroup of who asks. */
static __noinline u64 unit_asked(struct task_struct *task)
{
	u64 lent = socket_lent(task);

	return lent ? (u64)BPF_CORE_READ((struct sock *)lent, sk_cgrp_data.cgroup, kn) : (u64)BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
}

/* Its id, which is `own` when the task asks. */
static __noinline u64 unit_id(struct task_struct *task, u64 own)
{
	struct kernfs_node *node;

	if (!socket_lent(task))
		return own;
	node = (void *)unit_asked(task);
	return BPF_CORE_READ(node, id);
}

static __always_inline int unit_note(u32 i, struct unit_walk *w, u64 parent)
{
	const struct kernfs_node *node = (void *)w->node;
	struct scratch *s = w->s;

	s->depth = i;
	if (!parent) {
		s->step_error = 0;
		return 1;
	}
	if (i >= CORDON_DEPTH_MAX)
		return 1;
	s->chain[i].name = (u64)BPF_CORE_READ(node, name);
	w->node = parent;
	return 0;
}

static int unit_step(u32 i, struct unit_walk *w)
{
	const struct kernfs_node *node = (void *)w->node;

	return unit_note(i, w, (u64)BPF_CORE_READ(node, parent));
}

/* The same where RCU protects the field. One function for both would be given both offsets, and one does not exist. */
static int unit_step_protected(u32 i, struct unit_walk *w)
{
	const struct kernfs_node___615 *node = (void *)w->node;

	return unit_note(i, w, (u64)BPF_CORE_READ(node, __parent));
}

/* Note the names of a cgroup, leaf first, in s->chain. 0 or a reason. */
static __always_inline int unit_collect(struct scratch *s, u64 node)
{
	struct unit_walk w = { .s = s, .node = node };

	s->depth = 0;
	s->step_error = CORDON_REASON_TOO_DEEP;
	if (bpf_core_field_exists(struct kernfs_node, parent))
		bpf_loop(CORDON_DEPTH_MAX + 1, unit_step, &w, 0);
	else
		bpf_loop(CORDON_DEPTH_MAX + 1, unit_step_protected, &w, 0);
	return s->step_error;
}

/* kernfs keeps no length. The names of cgroups do not change; where they end is looked up once, here. */
static int unit_length_step(u32 i, struct scratch **context)
{
	struct scratch *s = *context;
	long len;

	if (i >= CORDON_DEPTH_MAX)
		return 1;
	len = bpf_probe_read_kernel_str(s->name, sizeof(s->name), (void *)s->chain[i].name);
	if (len < 2) {
		s->step_error = CORDON_REASON_NAME;
		return 1;
	}
	s->chain[i].len = len - 1;
	return 0;
}

/* Set of the cgroup of who asks, by walking to it from the hierarchy's root, whose state is `start`; kept by the cgroup's
 * id. The answer is in the task's scratch. 0 or a reason. */
__noinline int unit_walk_to(u64 current, u64 cgroup, u32 start)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct unit fresh = { .current = current };
	u64 node = unit_asked(task);
	struct scratch *s;
	int err;

	s = scratch_of(task);
	if (!s)
		return CORDON_REASON_MEMORY;
	err = join(s, unit_collect(s, node));
	if (err)
		return err;
	s->step_error = 0;
	bpf_loop(s->depth, unit_length_step, &s, 0);
	if (s->step_error)
		return s->step_error;
	s->state = start;
	err = join(s, place_descend(current, 0));
	if (err)
		return err;
	fresh.set = s->cgroup;
	/* Moved since its cgroup was asked for: what was found is another's, and the task is judged anew at its next use. */
	if (BPF_CORE_READ((struct kernfs_node *)node, id) == cgroup)
		bpf_map_update_elem(&units, &cgroup, &fresh, BPF_ANY); /* when it fails: walked again */
	return 0;
}

static __always_inline int unit_set(const struct view *view, u64 cgroup, struct task_struct *task, u32 *ret_set)
{
	struct unit *unit = bpf_map_lookup_elem(&units, &cgroup);
	struct scratch *s;
	int err;

	if (unit && unit->current == view->current) {
		*ret_set = unit->set;
		return 0;
	}
	err = unit_walk_to(view->current, cgroup, view->meta->cgroup_start);
	if (err)
		return err;
	s = bpf_task_storage_get(&scratch, task, NULL, 0);
	if (!s)
		return CORDON_REASON_MEMORY;
	*ret_set = s->cgroup;
	return 0;
}

/* ---- program -------------------------------------------------------------------------------------- */

/* The place of what the running task executes, by walking to it; in its scratch. 0, or as place_walk() says. */
__noinline int program_walk_to(u64 current)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	struct scratch *s = scratch_of(task);

	if (!s)
		return CORDON_REASON_MEMORY;
	return place_walk(s, current, (u64)BPF_CORE_READ(file, f_path.dentry), (u64)BPF_CORE_READ(file, f_path.mnt),
			  (u64)BPF_CORE_READ(file, f_inode));
}

/* Does the running task's memory tell of the program that was executed? -1: it does; 0: of none, as a thread of the kernel or a
 * process that ends; or the reason to refuse: what a permit closes for a program is not open because it says that it is another. */
static __noinline int program_told(struct subject *subject)
{
	if (identity_equal(&subject->recorded, &subject->exe))
		return -1;
	return subject->exe.ino ? CORDON_REASON_PROGRAM : 0;
}

/* Is this the kernel: one of its threads, or what it forked to execute a program (core dump handlers, modprobe) and has not yet? A
 * process loses its memory only when it ends. */
static __always_inline bool program_of_none(struct task_struct *task)
{
	return !task->mm && !(task->flags & PF_EXITING);
}

/* The set of a program that no pattern names, wherever it were. 0 or a reason. */
static __always_inline int program_no_name(const struct view *view, u32 *ret_set)
{
	void *states = table(states, view);
	const struct cordon_node *node;
	u32 dead = 0;

	node = states ? bpf_map_lookup_elem(states, &dead) : NULL;
	if (!node)
		return CORDON_REASON_TABLES;
	*ret_set = node->prog;
	return 0;
}

/* Set of the task's program, and whom it logs in. 0 or a reason. */
static __always_inline int program_set(const struct view *view, struct task_struct *task, struct subject *subject,
				       u32 *ret_set, u32 *ret_session)
{
	u64 epoch = kept_epoch();
	struct mm_struct *mm = task->mm;
	struct file *file = mm ? mm->exe_file : NULL;
	struct inode *inode = file ? file->f_inode : NULL;
	struct dentry *dentry = file ? file->f_path.dentry : NULL;
	struct place place = {};
	struct scratch *s;
	bool keeps;
	int err;

	*ret_set = view->meta->prog_unknown;
	*ret_session = 0;
	if (program_of_none(task))
		return program_no_name(view, ret_set);
	if (!inode || !dentry)
		return 0;
	keeps = kept_may(dentry, inode, epoch);
	if (!keeps || !kept_place(inode, view->current, epoch, &place)) {
		err = join(&subject->request, program_walk_to(view->current));
		if (err == PLACE_UNKNOWN || err == PLACE_NAMELESS || err == CORDON_REASON_TOO_DEEP)
			return 0;
		if (err)
			return err;
		s = bpf_task_storage_get(&scratch, task, NULL, 0);
		if (!s)
			return CORDON_REASON_MEMORY;
		place.file = s->file;
		place.prog = s->prog;
		place.session = s->session;
		place.foreign = s->foreign;
		if (keeps && s->plain)
			kept_write(inode, &place, view->current, epoch);
	}
	/* A program on a file system of somebody's own making can have any name. */
	if (place.foreign)
		return 0;
	*ret_set = place.prog;
	*ret_session = place.session;
	return 0;
}

/* ---- the subject ---------------------------------------------------------------------------------- */

/* May it log others in? The kernel lets any task without a login take one, of whatever number. */
static __always_inline bool may_log_in(const struct cred *cred)
{
	u32 caps = *(const volatile u32 *)&cred->cap_effective; /* the lower half */

	return !cred->user_ns->level && (caps >> CAP_AUDIT_CONTROL & 1);
}

/*
 * The kind of session (abi.h). While nobody has logged in, the task may come by a program that logs people in, and is
 * marked by it; afterwards the mark stands. A policy without sessions does not tell those programs from others.
 */
static __always_inline u32 session_kind(struct subject *subject, const struct view *view, const struct cred *cred,
					u32 sessionid, u32 logs_in)
{
	const u32 service = 1 + CORDON_SESSION_SERVICE;

	if (sessionid != SESSION_UNSET)
		return subject->mark ? subject->mark - 1 : CORDON_SESSION_UNKNOWN;
	if (!may_log_in(cred))
		subject->mark = service;
	else if (!(view->meta->dims >> CORDON_DIM_SESSION & 1))
		subject->mark = 0;
	else if (logs_in || !subject->mark || subject->mark == service)
		subject->mark = logs_in + 1;
	return CORDON_SESSION_SERVICE;
}

/* Set of a value of a dimension, which the policy may not use. */
static __always_inline u32 used_set(const struct view *view, void *values, u32 dim, u64 value)
{
	return view->meta->dims >> dim & 1 ? value_set(view, values, dim, value) : CORDON_SET_ALL;
}

/* The sets of the running task's users, or of who made the socket. A function of its own because of the stack. */
static __noinline int user_sets(const struct view *view, void *values, u32 *ret_sets)
{
	u64 lent = socket_lent(bpf_get_current_task_btf());
	struct users users;

	who_users(&users);
	if (lent)
		users.effective = users.real = BPF_CORE_READ((struct sock *)lent, sk_uid.val);
	ret_sets[WHO_USER] = used_set(view, values, CORDON_DIM_UID, users.effective);
	ret_sets[WHO_REAL_USER] = used_set(view, values, CORDON_DIM_RUID, users.real);
	return 0;
}

/* The sets of its groups into the key. 0 or a reason. */
static __always_inline int groups_key(struct subject *subject, const struct view *view, struct task_struct *task,
				      struct class_key *key)
{
	struct scratch *s = scratch_of(task);
	int err;

	if (!s)
		return CORDON_REASON_MEMORY;
	__builtin_memset(&s->key, 0, sizeof(s->key));
	err = join(&subject->request, who_groups(view->current));
	if (err)
		return err;
	key->own = s->key.own;
	key->ngroups = s->key.ngroups;
	__builtin_memcpy(key->group, s->key.group, sizeof(key->group));
	return 0;
}

/* Make the subject anew, of the kin that kin_now() found. `current` is stored last: a subject that could not be made whole is
 * made again. 0, a reason, or WHO_CLASS: all is there but its class. */
static __always_inline int subject_make(struct subject *subject, const struct view *view, struct task_struct *task,
					u64 cgroup)
{
	struct class_key key = { .current = view->current };
	const struct cred *cred = subject_cred(task);
	struct identity *now = &subject->exe, *recorded = &subject->recorded;
	void *values = table(values, view);
	u32 i, kind, logs_in = 0;
	struct scratch *s;
	int err;

	subject->current = 0;
	if (!values)
		return CORDON_REASON_TABLES;
	user_sets(view, values, key.set);
	if (view->meta->dims & CORDON_USES_SERVICES) {
		err = join(&subject->request, unit_set(view, cgroup, task, &key.set[WHO_SERVICE]));
		if (err)
			return err;
	}
	identity_of(task, now);
	/* No record: the task is older than the guard, or a thread of the kernel. What it runs is believed, once. */
	if (!recorded->known)
		*recorded = *now;
	key.set[WHO_PROGRAM] = view->meta->prog_unknown;
	if (!subject->lent && view->meta->dims & USES_PROGRAM) {
		err = program_told(subject);
		if (err < 0)
			err = join(&subject->request, program_set(view, task, subject, &key.set[WHO_PROGRAM], &logs_in));
		if (err)
			return err;
	}
	kind = session_kind(subject, view, cred, task->sessionid, logs_in);
	key.set[WHO_SESSION] = used_set(view, values, CORDON_DIM_SESSION, kind);
	/* A service that gave itself a login is still nobody's. */
	key.set[WHO_LOGIN_USER] = used_set(view, values, CORDON_DIM_LOGINUID,
					   kind == CORDON_SESSION_SERVICE ? CORDON_LOGIN_UNSET : task->loginuid.val);
	if (view->meta->dims & USES_GROUPS) {
		err = groups_key(subject, view, task, &key);
		if (err)
			return err;
	}
	if (view->meta->dims & CORDON_USES_ANCESTORS) {
		s = scratch_of(task);
		if (!s)
			return CORDON_REASON_MEMORY;
		key.kin = s->kin;
	}
	err = class_find(subject, &key, task);
	if (err == CORDON_REASON_MEMORY)
		return err;
	for (i = 0; i < PERMITTED_MAX; i++)
		subject->permitted[i] = 0;
	for (i = 0; i < REACHED_MAX; i++)
		subject->reached[i].key = 0;
	subject->cred = subject->lent ? 0 : (u64)cred;
	subject->cgroup = cgroup;
	subject->login = subject_login(task);
	if (!err)
		subject->current = view->current;
	return err;
}

/*
 * Make the running task's subject anew. As subject_make() says.
 *
 * This and the other functions that are not static are verified once and for any argument, whoever calls them: that
 * keeps loading short. They take numbers only and find the task's storages again.
 */
__noinline int subject_refresh(u64 current, u64 cgroup)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject = tasks_of(task);
	struct view view;
	int err;

	if (!subject)
		return CORDON_REASON_MEMORY;
	err = view_open(&view, current);
	if (err)
		return err;
	return subject_make(subject, &view, task, cgroup);
}

/* The running task's subject, right for `current`, and its class is there. NULL: refuse, *ret_why says why. */
static __always_inline struct subject *subject_now(u64 current, int *ret_why)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 cgroup = bpf_get_current_cgroup_id();
	struct subject *subject = bpf_task_storage_get(&tasks, task, NULL, 0);

	*ret_why = 0;
	if (subject && !subject->lent && subject_holds(subject, current, task, cgroup) && bpf_map_lookup_elem(&classes, &subject->class))
		return subject;
	/* Each from here, because of the stack. */
	*ret_why = kin_now(current);
	if (*ret_why)
		return NULL;
	*ret_why = subject_refresh(current, unit_id(task, cgroup));
	if (*ret_why == WHO_CLASS)
		*ret_why = class_make(current, task);
	if (*ret_why)
		return NULL;
	subject = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (!subject)
		*ret_why = CORDON_REASON_MEMORY;
	return subject;
}

#endif
