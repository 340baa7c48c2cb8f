/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where an object is: its superblock and the chain of names from that superblock's root, and the sets of atoms whose
 * `files` and `programs` hold it. Paths of user memory are never read and no path is ever built.
 *
 *     1  collect   leaf to root: note every dentry's name and sequence number
 *     2  start     state of the superblock's root; an unknown superblock is continued over its mount point
 *     3  descend   root to leaf: the automaton over the noted names
 *     4  verify    walk again: every sequence number must be as it was
 *
 * A rename changes the moved dentry's d_seq (odd while it moves), so when step 4 agrees there was a moment, between the
 * end of 1 and the beginning of 4, at which all noted names were the object's place together. When it does not, the
 * walk is done once more and then refused: somebody is renaming the ancestors of the very object. The programs run
 * under RCU, so names and dentries that are dropped meanwhile stay readable. (Loads are not reordered on amd64; another
 * architecture needs read barriers between d_seq and the fields.)
 */
#ifndef CORDON_BPF_PLACE_H
#define CORDON_BPF_PLACE_H

#include "tables.h"

/* Besides 0 and enum cordon_reason. */
#define PLACE_UNKNOWN  100 /* no way from here to a root: disconnected, detached, of no known superblock */
#define PLACE_NAMELESS 101 /* memfd, pipe, socket, anonymous inode: nothing a path could mean */

#define MOUNTS_STEPS (CORDON_DEPTH_MAX + 16u)

struct walk {
	struct scratch *s;
	struct dentry *d, *root;
};

static int collect_step(u32 i, struct walk *w)
{
	struct dentry *d = w->d, *parent;
	struct scratch *s = w->s;

	if (d == w->root) {
		s->depth = i;
		s->step_error = 0;
		return 1;
	}
	if (i >= CORDON_DEPTH_MAX)
		return 1;
	s->chain[i].seq = d->d_seq.seqcount.sequence;
	parent = d->d_parent;
	s->chain[i].len = d->d_name.len;
	s->chain[i].name = (u64)d->d_name.name;
	if (!parent || parent == d) {
		s->step_error = PLACE_UNKNOWN;
		return 1;
	}
	w->d = parent;
	return 0;
}

/* Step 1. 0, PLACE_UNKNOWN or CORDON_REASON_TOO_DEEP. */
static __always_inline int place_collect(struct scratch *s, struct dentry *d, struct dentry *root)
{
	struct walk w = { .s = s, .d = d, .root = root };

	s->step_error = CORDON_REASON_TOO_DEEP;
	bpf_loop(CORDON_DEPTH_MAX + 1, collect_step, &w, 0);
	return s->step_error;
}

static int verify_step(u32 i, struct walk *w)
{
	struct dentry *d = w->d, *parent;
	struct scratch *s = w->s;
	u32 seq;

	if (d == w->root) {
		s->step_error = i == s->depth ? 0 : CORDON_REASON_NAME;
		return 1;
	}
	if (i >= CORDON_DEPTH_MAX)
		return 1;
	seq = d->d_seq.seqcount.sequence;
	parent = d->d_parent;
	if ((seq & 1) || seq != s->chain[i].seq || !parent)
		return 1;
	w->d = parent;
	return 0;
}

/* Step 4 for what place_collect() noted. */
static __always_inline int place_verify(struct scratch *s, struct dentry *d, struct dentry *root)
{
	struct walk w = { .s = s, .d = d, .root = root };

	s->step_error = CORDON_REASON_NAME;
	bpf_loop(CORDON_DEPTH_MAX + 1, verify_step, &w, 0);
	return s->step_error;
}

struct up_context {
	struct scratch *s;
	void *roots;
};

/* Come to a mount: a superblock that the policy knows is walked to its own root, another to where it is mounted. */
static __always_inline void up_enter(struct up_context *c, u64 mount, u64 sb)
{
	const struct cordon_root *root;
	u32 dev = 0;

	if (mount && !sb)
		sb = (u64)BPF_CORE_READ((struct mount *)mount, mnt.mnt_sb);
	dev = BPF_CORE_READ((struct super_block *)sb, s_dev);
	root = bpf_map_lookup_elem(c->roots, &dev);
	c->s->up_mount = mount;
	c->s->up_found = root != NULL;
	if (root) {
		c->s->state = root->state;
		c->s->up_stop = (u64)BPF_CORE_READ((struct super_block *)sb, s_root);
	} else {
		c->s->up_stop = mount ? (u64)BPF_CORE_READ((struct mount *)mount, mnt.mnt_root) : 0;
	}
}

/* One dentry, or the crossing of one mount, upwards. 1 ends: step_error says how. */
static int up_step(u32 i, struct up_context *c)
{
	struct scratch *s = c->s;
	u64 d = s->up_dentry, mount = s->up_mount, parent;
	struct link *link;
	u32 seq;

	if (d && d == s->up_stop) {
		if (s->up_found) {
			s->step_error = s->up_check && s->depth != s->up_depth ? CORDON_REASON_NAME : 0;
			return 1;
		}
		parent = (u64)BPF_CORE_READ((struct mount *)mount, mnt_parent);
		if (!parent || parent == mount) {
			s->step_error = PLACE_UNKNOWN;
			return 1;
		}
		s->up_dentry = (u64)BPF_CORE_READ((struct mount *)mount, mnt_mountpoint);
		up_enter(c, parent, 0);
		return 0;
	}
	if (s->depth >= CORDON_DEPTH_MAX) {
		s->step_error = CORDON_REASON_TOO_DEEP;
		return 1;
	}
	link = &s->chain[s->depth];
	seq = BPF_CORE_READ((struct dentry *)d, d_seq.seqcount.sequence);
	parent = (u64)BPF_CORE_READ((struct dentry *)d, d_parent);
	if (s->up_check && ((seq & 1) || seq != link->seq ||
			    link->name != (u64)BPF_CORE_READ((struct dentry *)d, d_name.name))) {
		s->step_error = CORDON_REASON_NAME;
		return 1;
	}
	link->seq = seq;
	link->len = BPF_CORE_READ((struct dentry *)d, d_name.len);
	link->name = (u64)BPF_CORE_READ((struct dentry *)d, d_name.name);
	s->depth++;
	if (!parent || parent == d) {
		s->step_error = PLACE_UNKNOWN;
		return 1;
	}
	s->up_dentry = parent;
	return 0;
}

/*
 * Steps 1 and 2 where the typed walk cannot go: over mount points, and from an inode's alias; from s->from_dentry and
 * s->from_mount, which may be 0. Nothing is typed here, every read is checked by the kernel and a failed one gives 0,
 * which no step takes for an end. `check` is step 4.
 */
__noinline int place_collect_up(u64 current, u32 check)
{
	struct up_context c = {};
	struct view view;
	struct scratch *s;
	u64 dentry;

	s = c.s = scratch_of(bpf_get_current_task_btf());
	if (!s)
		return CORDON_REASON_MEMORY;
	view.slot = current & 1;
	c.roots = table(roots, &view);
	if (!c.roots)
		return CORDON_REASON_TABLES;
	s->up_depth = s->depth;
	s->depth = 0;
	s->up_check = check;
	dentry = s->up_dentry = s->from_dentry;
	s->step_error = CORDON_REASON_TOO_DEEP;
	up_enter(&c, s->from_mount, (u64)BPF_CORE_READ((struct dentry *)dentry, d_sb));
	bpf_loop(MOUNTS_STEPS, up_step, &c, 0);
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

	at = s->row * c->meta->ncolumns + c->meta->byte_class[s->name[i & 255]];
	next = bpf_map_lookup_elem(c->bytes, &at);
	s->row = next ? *next : 0;
	return s->row == 0; /* row 0 is no row */
}

/* The name in s->name through the automaton over bytes. */
static __always_inline int down_glob(struct down_context *c, u32 row, u32 len)
{
	const u32 *state;
	u32 at;

	c->s->row = row;
	bpf_loop(len, byte_step, c, 0);
	at = c->s->row * c->meta->ncolumns + c->meta->ncolumns - 1;
	state = c->s->row ? bpf_map_lookup_elem(c->bytes, &at) : NULL;
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

/* Step 3, from s->state over s->chain; the end state's sets in s. 0 or a reason. */
__noinline int place_descend(u64 current)
{
	struct down_context c = {};
	const struct cordon_node *node;
	struct view view;
	struct scratch *s;
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
	s->step_error = 0;
	if (s->depth && s->state)
		bpf_loop(s->depth, down_step, &c, 0);
	if (s->step_error)
		return s->step_error;
	node = bpf_map_lookup_elem(c.states, &s->state);
	if (!node)
		return CORDON_REASON_TABLES;
	s->file = node->file;
	s->prog = node->prog;
	s->cgroup = node->cgroup;
	return 0;
}

static __always_inline bool place_nameless(struct super_block *sb, struct dentry *d)
{
	/* SB_KERNMOUNT alone is also on /dev/mqueue; there a nameless file is a dentry of its own (memfd of huge pages). */
	return (sb->s_flags & SB_NOUSER) ||
	       ((sb->s_flags & SB_KERNMOUNT) && BPF_CORE_READ(d, d_parent) == d && BPF_CORE_READ(sb, s_root) != d);
}

/* The dentry of an inode that is opened under another's name: overlayfs on 6.1 opens the file below with the
 * overlay's path. 0 when the inode has no name, or more than one. */
static __always_inline u64 place_alias(struct inode *inode)
{
	u64 node = (u64)BPF_CORE_READ(inode, i_dentry.first);

	if (!node || ((inode->i_mode & S_IFMT) != S_IFDIR && inode->i_nlink > 1))
		return 0;
	if (bpf_core_field_exists(struct dentry, d_u))
		return node - bpf_core_field_offset(struct dentry, d_u.d_alias);
	return node - bpf_core_field_offset(struct dentry___71, d_alias);
}

/* Where to begin, looked up once: for every typed pointer that is followed the verifier of 6.12 searches all types of
 * the kernel by name, each time it comes by. */
struct attempt {
	struct scratch *s;
	u64 current;
	struct dentry *d;   /* the object, or NULL: its place is found by the addresses in scratch */
	struct dentry *top; /* root of its superblock */
	u32 state;          /* of the superblock's root */
	u32 plain;          /* result: known superblock, no mount crossed: fit to be kept with the inode */
};

/* One attempt at steps 1 to 4; 1 = that is the result, in s->why. */
static int place_try(u32 i, struct attempt *a)
{
	struct scratch *s = a->s;
	int err;

	if (a->d) {
		s->state = a->state;
		err = place_collect(s, a->d, a->top);
	} else {
		err = place_collect_up(a->current, 0);
	}
	if (!join(s, err))
		join(s, place_descend(a->current));
	if (s->why)
		return s->why != CORDON_REASON_NAME;
	if (a->d) {
		a->plain = 1;
		join(s, place_verify(s, a->d, a->top));
	} else {
		join(s, place_collect_up(a->current, 1));
	}
	return s->why != CORDON_REASON_NAME;
}

/* May what was found be kept? The clock of the trees has begun (tree.h), and one inode is one name. */
static __always_inline bool place_keeps(struct dentry *d, struct inode *inode, u64 epoch)
{
	const struct dentry_operations *op = d->d_op;

	if (!epoch || ((inode->i_mode & S_IFMT) != S_IFDIR && inode->i_nlink != 1))
		return false;
	return !op || !op->d_revalidate; /* names that change on the other side of a network */
}

/* What a request wants to know of a place. */
struct place {
	u32 file, prog;
	u32 foreign;
};

/* What is kept with the inode, if it is of this policy and epoch and whole. */
static __always_inline bool placed_read(struct placed *placed, struct place *ret_place, u64 current, u64 epoch)
{
	u64 version = *(volatile u64 *)&placed->version;

	if ((version & 1) || placed->never || placed->current != current || placed->epoch != epoch)
		return false;
	ret_place->file = *(volatile u32 *)&placed->file;
	ret_place->prog = *(volatile u32 *)&placed->prog;
	ret_place->foreign = *(volatile u32 *)&placed->foreign;
	return *(volatile u64 *)&placed->version == version;
}

/* Keep it; not when somebody else is at it. */
static __always_inline void placed_write(struct placed *placed, const struct scratch *s, u64 current, u64 epoch)
{
	u64 version = *(volatile u64 *)&placed->version;

	if ((version & 1) || __sync_val_compare_and_swap(&placed->version, version, version + 1) != version)
		return;
	*(volatile u64 *)&placed->current = current;
	*(volatile u64 *)&placed->epoch = epoch;
	*(volatile u32 *)&placed->file = s->file;
	*(volatile u32 *)&placed->prog = s->prog;
	*(volatile u32 *)&placed->foreign = s->foreign;
	*(volatile u64 *)&placed->version = version + 2;
}

static __always_inline u64 place_epoch(void)
{
	return *(volatile u64 *)&cordon_state.tree_epoch;
}

/*
 * The place of an open file, when it is kept with the inode.
 *
 * It is believed while policy and epoch are the same: the epoch is read before the links are counted and the walk
 * begins, it is raised after every move of a dentry, and an inode that is about to get or to lose a second name is
 * marked `never` beforehand (tree.h). So in between the inode has one name, and that name did not move.
 */
static __always_inline bool place_kept(const struct path *path, struct inode *inode, u64 current,
				       struct place *ret_place)
{
	u64 epoch = place_epoch();
	struct dentry *d = path->dentry;
	struct placed *placed;

	if (!inode || !d || !place_keeps(d, inode, epoch))
		return false;
	placed = bpf_inode_storage_get(&inodes, inode, NULL, 0);
	return placed && placed_read(placed, ret_place, current, epoch);
}

/* `epoch` and `keeps` (place_keeps()) were taken before the walk. */
static __always_inline void place_keep(struct inode *inode, const struct scratch *s, u64 current, u64 epoch)
{
	struct placed *placed = bpf_inode_storage_get(&inodes, inode, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (placed)
		placed_write(placed, s, current, epoch);
}

/* Look up where to begin. A function of its own: what it needs on the stack is free again for the walk. */
static __noinline int place_begin(struct attempt *a, void *roots, const struct path *path, struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	const struct cordon_root *root;
	struct dentry *d = path->dentry;
	struct scratch *s = a->s;

	if (!d)
		return PLACE_UNKNOWN;
	if (place_nameless(sb, d))
		return PLACE_NAMELESS;
	s->dev = sb->s_dev;
	s->foreign = BPF_CORE_READ(sb, s_user_ns, level) > 0;
	s->from_dentry = s->from_mount = 0;
	root = bpf_map_lookup_elem(roots, &s->dev);
	if (BPF_CORE_READ(d, d_sb) != sb) {
		s->from_dentry = place_alias(inode);
		return s->from_dentry ? 0 : PLACE_UNKNOWN;
	}
	if (!root) {
		s->from_dentry = (u64)d;
		s->from_mount = (u64)BPF_CORE_READ(path, mnt) - bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	a->d = d;
	a->top = sb->s_root;
	a->state = root->state;
	return 0;
}

/*
 * The place of an inode that is opened by a path: walked, in s->file, s->prog, s->foreign. 0, PLACE_UNKNOWN,
 * PLACE_NAMELESS or a reason to refuse. *ret_plain: may be kept.
 */
static __always_inline int place_walk(struct scratch *s, const struct view *view, const struct path *path,
				      struct inode *inode, u32 *ret_plain)
{
	struct attempt a = { .s = s, .current = view->current };
	void *roots = table(roots, view);
	int err;

	*ret_plain = 0;
	if (!inode)
		return PLACE_UNKNOWN;
	if (!roots)
		return CORDON_REASON_TABLES;
	err = join(s, place_begin(&a, roots, path, inode));
	if (err)
		return err;
	bpf_loop(2, place_try, &a, 0);
	*ret_plain = a.plain;
	return s->why;
}

#endif
