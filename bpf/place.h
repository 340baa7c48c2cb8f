/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where an object is: its superblock and the chain of names from that superblock's root, and the sets of atoms whose
 * `files` and `programs` hold it. Paths of user memory are never read and no path is ever built.
 *
 *     1  collect   leaf to root: note every dentry's name and sequence number
 *     2  start     state of the superblock's root; an unknown superblock is continued over its mount point
 *     3  descend   root to leaf: the automaton over the noted names, as far as they are sure (fold.h)
 *     4  verify    walk again: every sequence number must be as it was
 *
 * A walk is given addresses, and every read is checked by the kernel; a failed one gives 0, which no step takes for an
 * end.
 *
 * A rename changes the moved dentry's d_seq (odd while it moves), so when step 4 agrees there was a moment, between the
 * end of 1 and the beginning of 4, at which all noted names were the object's place together. When it does not, the
 * walk is done once more and then refused: somebody is renaming the ancestors of the very object. The programs run
 * under RCU, so names and dentries that are dropped meanwhile stay readable. (Loads are not reordered on amd64; another
 * architecture needs read barriers between d_seq and the fields.)
 */
#ifndef CORDON_BPF_PLACE_H
#define CORDON_BPF_PLACE_H

#include "fold.h"
#include "tables.h"

/* Besides 0 and enum cordon_reason. */
#define PLACE_UNKNOWN  100 /* no way from here to a root: disconnected, detached, of no known superblock */
#define PLACE_NAMELESS 101 /* memfd, pipe, socket, anonymous inode: nothing a path could mean */

#define MOUNTS_STEPS (CORDON_DEPTH_MAX + 16u)

struct walk {
	struct scratch *s;
	void *roots;
};

/* The key of an instance of a file system that has the same content in every one; 0 is no key. */
static __always_inline u32 walk_instance(u64 sb)
{
	u64 magic = BPF_CORE_READ((struct super_block *)sb, s_magic);

	return magic == PROC_SUPER_MAGIC ? CORDON_ROOT_PROC : magic == SYSFS_MAGIC ? CORDON_ROOT_SYS : 0;
}

/* Come to a mount: a superblock that the policy knows is walked to its own root, another to where it is mounted. */
static __always_inline void walk_enter(struct walk *w, u64 mount, u64 sb)
{
	const struct cordon_root *root;
	u32 dev = 0;

	if (mount && !sb)
		sb = (u64)BPF_CORE_READ((struct mount *)mount, mnt.mnt_sb);
	dev = BPF_CORE_READ((struct super_block *)sb, s_dev);
	root = bpf_map_lookup_elem(w->roots, &dev);
	if (!root) {
		dev = walk_instance(sb);
		root = bpf_map_lookup_elem(w->roots, &dev);
	}
	w->s->up_mount = mount;
	w->s->up_found = root != NULL;
	w->s->up_folds = fold_of(sb);
	if (root) {
		w->s->state = root->state;
		w->s->up_stop = (u64)BPF_CORE_READ((struct super_block *)sb, s_root);
	} else {
		w->s->up_stop = mount ? (u64)BPF_CORE_READ((struct mount *)mount, mnt.mnt_root) : 0;
	}
}

/* Cross from the root of a mount to the dentry it is mounted on. 1 ends. */
static __always_inline int walk_cross(struct walk *w)
{
	struct scratch *s = w->s;
	u64 mount = s->up_mount, parent = (u64)BPF_CORE_READ((struct mount *)mount, mnt_parent);

	s->plain = 0;
	if (!parent || parent == mount) {
		s->step_error = PLACE_UNKNOWN;
		return 1;
	}
	s->up_dentry = (u64)BPF_CORE_READ((struct mount *)mount, mnt_mountpoint);
	walk_enter(w, parent, 0);
	return 0;
}

/* One dentry, or the crossing of one mount, upwards. 1 ends: step_error says how. */
static int collect_step(u32 i, struct walk *w)
{
	struct scratch *s = w->s;
	u64 d = s->up_dentry, parent;
	struct link *link;

	if (d && d == s->up_stop) {
		if (!s->up_found)
			return walk_cross(w);
		s->step_error = 0;
		return 1;
	}
	if (s->depth >= CORDON_DEPTH_MAX)
		return 1;
	link = &s->chain[s->depth];
	link->seq = BPF_CORE_READ((struct dentry *)d, d_seq.seqcount.sequence);
	parent = (u64)BPF_CORE_READ((struct dentry *)d, d_parent);
	link->len = BPF_CORE_READ((struct dentry *)d, d_name.len);
	link->name = (u64)BPF_CORE_READ((struct dentry *)d, d_name.name);
	s->depth++;
	if (!parent || parent == d) {
		s->step_error = PLACE_UNKNOWN;
		return 1;
	}
	if (fold_below(s->up_folds, parent))
		s->unsure = s->depth;
	s->up_dentry = parent;
	return 0;
}

/* The same way again. */
static int verify_step(u32 i, struct walk *w)
{
	struct scratch *s = w->s;
	u64 d = s->up_dentry, parent;
	const struct link *link;
	u32 seq;

	if (d && d == s->up_stop) {
		if (!s->up_found)
			return walk_cross(w);
		s->step_error = s->depth == s->up_depth ? 0 : CORDON_REASON_NAME;
		return 1;
	}
	if (s->depth >= CORDON_DEPTH_MAX)
		return 1;
	link = &s->chain[s->depth];
	seq = BPF_CORE_READ((struct dentry *)d, d_seq.seqcount.sequence);
	parent = (u64)BPF_CORE_READ((struct dentry *)d, d_parent);
	if ((seq & 1) || seq != link->seq || !parent || parent == d)
		return 1;
	s->depth++;
	s->up_dentry = parent;
	return 0;
}

/* Steps 1 and 2, from s->from_dentry and s->from_mount, which may be 0; with `verify` step 4. 0 or a reason. */
__noinline int place_collect(u64 current, u32 verify)
{
	struct walk w = {};
	struct view view;
	struct scratch *s;
	u64 dentry;

	s = w.s = scratch_of(bpf_get_current_task_btf());
	if (!s)
		return CORDON_REASON_MEMORY;
	view.slot = current & 1;
	w.roots = table(roots, &view);
	if (!w.roots)
		return CORDON_REASON_TABLES;
	s->up_depth = s->depth;
	s->depth = 0;
	s->plain = 1;
	if (!verify)
		s->unsure = 0;
	dentry = s->up_dentry = s->from_dentry;
	s->step_error = verify ? CORDON_REASON_NAME : CORDON_REASON_TOO_DEEP;
	walk_enter(&w, s->from_mount, (u64)BPF_CORE_READ((struct dentry *)dentry, d_sb));
	if (verify)
		bpf_loop(MOUNTS_STEPS, verify_step, &w, 0);
	else
		bpf_loop(MOUNTS_STEPS, collect_step, &w, 0);
	return s->step_error;
}

struct down_context {
	struct scratch *s;
	void *names, *states, *bytes;
	const struct cordon_meta *meta;
};

static int byte_step(u32 i, struct down_context *c)
{
	struct scratch *s = c->s;
	const u32 *next;
	u32 at;

	at = s->byte_row * c->meta->ncolumns + c->meta->byte_class[s->name[i & 255]];
	next = bpf_map_lookup_elem(c->bytes, &at);
	s->byte_row = next ? *next : 0;
	return s->byte_row == 0; /* row 0 is no row */
}

/* The name in s->name through the automaton over bytes. */
static __always_inline int down_glob(struct down_context *c, u32 row, u32 len)
{
	const u32 *state;
	u32 at;

	c->s->byte_row = row;
	bpf_loop(len, byte_step, c, 0);
	at = c->s->byte_row * c->meta->ncolumns + c->meta->ncolumns - 1;
	state = c->s->byte_row ? bpf_map_lookup_elem(c->bytes, &at) : NULL;
	if (!state)
		return CORDON_REASON_TABLES;
	c->s->state = *state;
	return 0;
}

/* One name; 0 or a reason. */
static __always_inline int down_name(struct down_context *c, u64 name, u32 len)
{
	struct cordon_name_key key = { .state = c->s->state };
	const struct cordon_node *node;
	const u32 *next;

	if (len < 1 || len > CORDON_NAME_MAX)
		return CORDON_REASON_NAME;
	if (len <= CORDON_LITERAL_MAX) {
		key.len = len;
		if (bpf_probe_read_kernel(key.name, len, (void *)name))
			return CORDON_REASON_NAME;
		next = bpf_map_lookup_elem(c->names, &key);
		if (next) {
			c->s->state = *next;
			return 0;
		}
	}
	node = bpf_map_lookup_elem(c->states, &key.state);
	if (!node)
		return CORDON_REASON_TABLES;
	if (!node->glob) {
		c->s->state = node->next;
		return 0;
	}
	if (bpf_probe_read_kernel(c->s->name, len, (void *)name))
		return CORDON_REASON_NAME;
	return down_glob(c, node->glob, len);
}

static int down_step(u32 i, struct down_context *c)
{
	struct scratch *s = c->s;
	u32 at = s->depth - 1 - i;

	if (at >= CORDON_DEPTH_MAX) {
		s->step_error = CORDON_REASON_TABLES;
		return 1;
	}
	s->step_error = down_name(c, s->chain[at].name, s->chain[at].len);
	/* From the dead state there is no way back. */
	return s->step_error || s->state == 0;
}

/* Step 3, from s->state over s->chain, of which the last `unsure` names are not read; the end state's sets in s. 0 or a reason. */
__noinline int place_descend(u64 current, u32 unsure)
{
	struct down_context c = {};
	const struct cordon_node *node;
	struct view view;
	struct scratch *s;
	u32 sure;
	int err;

	s = c.s = scratch_of(bpf_get_current_task_btf());
	if (!s)
		return CORDON_REASON_MEMORY;
	err = view_open(&view, current);
	if (err)
		return err;
	c.meta = view.meta;
	c.names = table(names, &view);
	c.states = table(states, &view);
	c.bytes = table(bytes, &view);
	if (!c.names || !c.states || !c.bytes)
		return CORDON_REASON_TABLES;
	sure = s->depth - unsure;
	s->step_error = unsure > s->depth ? CORDON_REASON_NAME : 0;
	if (sure && s->state && !s->step_error)
		bpf_loop(sure, down_step, &c, 0);
	if (s->step_error)
		return s->step_error;
	node = bpf_map_lookup_elem(c.states, &s->state);
	if (node && unsure) {
		s->state = node->unsure;
		node = bpf_map_lookup_elem(c.states, &s->state);
	}
	if (!node)
		return CORDON_REASON_TABLES;
	s->end = s->state;
	s->file = node->file;
	s->runs = node->runs;
	s->prog = node->prog;
	s->cgroup = node->cgroup;
	s->session = node->session;
	s->ancestor = node->ancestor;
	s->not_ancestor = node->not_ancestor;
	s->beneath = node->beneath;
	s->whole = node->whole;
	s->floating = node->floating;
	return 0;
}

static __always_inline bool place_nameless(u64 sb, u64 d)
{
	unsigned long flags = BPF_CORE_READ((struct super_block *)sb, s_flags);

	/* SB_KERNMOUNT alone is also on /dev/mqueue; there a nameless file is a dentry of its own (memfd of huge pages). */
	return (flags & SB_NOUSER) ||
	       ((flags & SB_KERNMOUNT) && (u64)BPF_CORE_READ((struct dentry *)d, d_parent) == d &&
		(u64)BPF_CORE_READ((struct super_block *)sb, s_root) != d);
}

/* The dentry of an inode that is opened under another's name: overlayfs on 6.1 opens the file below with the
 * overlay's path. 0 when the inode has no name, or more than one. */
static __always_inline u64 place_alias(u64 address)
{
	struct inode *inode = (void *)address;
	u64 node = (u64)BPF_CORE_READ(inode, i_dentry.first);

	if (!node || ((BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFDIR && BPF_CORE_READ(inode, i_nlink) > 1))
		return 0;
	if (bpf_core_field_exists(struct dentry, d_u.d_alias))
		return node - bpf_core_field_offset(struct dentry, d_u.d_alias);
	if (bpf_core_field_exists(struct dentry___71, d_alias))
		return node - bpf_core_field_offset(struct dentry___71, d_alias);
	return 0; /* a kernel of another kind: its place is unknown, and that is refused */
}

/* One attempt at steps 1 to 4. The result is in s->why; CORDON_REASON_NAME: something moved. */
static __always_inline int place_try(struct scratch *s, u64 current)
{
	if (!join(s, place_collect(current, 0)) && !join(s, place_descend(current, s->unsure)))
		join(s, place_collect(current, 1));
	return s->why;
}

/*
 * The place of the inode at `inode` that is opened by (dentry, mount): walked, in s->file, s->prog, s->foreign, s->plain.
 * What was judged is the place of the inode; overlayfs on 6.1 comes with its own path for it. 0, PLACE_UNKNOWN,
 * PLACE_NAMELESS or a reason to refuse.
 */
static __noinline int place_walk(struct scratch *s, u64 current, u64 dentry, u64 mount, u64 inode)
{
	u64 sb = (u64)BPF_CORE_READ((struct dentry *)dentry, d_sb), own = sb;

	s->from_dentry = dentry;
	s->from_mount = mount ? mount - bpf_core_field_offset(struct mount, mnt) : 0;
	if (inode)
		own = (u64)BPF_CORE_READ((struct inode *)inode, i_sb);
	if (!dentry || !own)
		return PLACE_UNKNOWN;
	if (place_nameless(own, dentry))
		return PLACE_NAMELESS;
	s->foreign = BPF_CORE_READ((struct super_block *)own, s_user_ns, level) > 0;
	if (own != sb) {
		s->from_dentry = place_alias(inode);
		s->from_mount = 0;
	}
	if (!s->from_dentry)
		return PLACE_UNKNOWN;
	if (place_try(s, current) == CORDON_REASON_NAME)
		place_try(s, current);
	if (own != sb)
		s->plain = 0;
	return s->why;
}

#endif
