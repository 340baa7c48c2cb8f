/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy written by hand into tables, so that the object can be tested without the compiler. Included once, by load.c.
 */
#ifndef TESTS_BPF_HAND_H
#define TESTS_BPF_HAND_H

#define ROOT "/tmp/t"
#define UID_A 1000 /* forbids */
#define UID_B 1001 /* closed by permits */

/* ---- the policy, by hand ------------------------------------------------------------------------ */

enum atom {
	A_SECRET, A_OPEN, A_NOEXEC, A_REACH, A_SOCKET, A_AUDIT, A_GROUP, A_UNIT, A_PROG, A_GLOB, A_PORT, A_LOOP, A_COUNT
};

static const struct rule {
	int op, uid, gid;
	bool unit, prog, permit, audit;
} rules[A_COUNT] = {
	[A_SECRET] = { .op = CORDON_OP_READ, .uid = UID_A },
	[A_OPEN] = { .op = CORDON_OP_WRITE, .uid = UID_B, .permit = true },
	[A_NOEXEC] = { .op = CORDON_OP_EXEC, .uid = UID_A },
	[A_REACH] = { .op = CORDON_OP_REACH, .uid = UID_A },
	[A_SOCKET] = { .op = CORDON_OP_SOCKET, .uid = UID_B, .permit = true },
	[A_AUDIT] = { .op = CORDON_OP_READ, .uid = UID_A, .audit = true },
	[A_GROUP] = { .op = CORDON_OP_READ, .gid = 2000 },
	[A_UNIT] = { .op = CORDON_OP_READ, .unit = true },
	[A_PROG] = { .op = CORDON_OP_READ, .prog = true },
	[A_GLOB] = { .op = CORDON_OP_READ, .uid = UID_A },
	[A_PORT] = { .op = CORDON_OP_REACH, .uid = UID_A },
	[A_LOOP] = { .op = CORDON_OP_REACH, .uid = UID_A },
};

/* Sets and states, numbered by hand. */
enum { S_ALL, S_NONE, S_UID_A, S_UID_B, S_UID_OTHER, S_GID, S_NOGID, S_UNIT, S_NOUNIT, S_PROG, S_NOPROG, S_PERMIT, S_ENFORCE,
       S_OP, S_FILES = S_OP + CORDON_OP_COUNT, /* files of state n: S_FILES + n */
       S_ADDR = S_FILES + 12, S_ADDR_LOOP, S_ADDR_OTHER, S_PORT, S_PORT_OTHER, S_FAMILY, S_FAMILY_OTHER, S_TYPE, S_TYPE_OTHER,
       S_COUNT };
enum { ST_DEAD, ST_ROOT, ST_SECRET, ST_OPEN, ST_NOEXEC, ST_AUDIT, ST_GROUP, ST_UNIT, ST_PROG, ST_GLOB, ST_CGROUP, ST_CGROUP_SVC,
       ST_TOP, ST_PROGRAM, ST_COUNT };

static struct cordon_chunk sets[S_COUNT];

static void put(int set, int atom)
{
	sets[set].word[atom / 64] |= 1ull << (atom % 64);
}

static bool has_file(int atom)
{
	return rules[atom].op <= CORDON_OP_EXEC;
}

/* The state whose files an atom names. */
static int file_state(int atom)
{
	switch (atom) {
	case A_SECRET: return ST_SECRET;
	case A_OPEN: return ST_OPEN;
	case A_NOEXEC: return ST_NOEXEC;
	case A_AUDIT: return ST_AUDIT;
	case A_GROUP: return ST_GROUP;
	case A_UNIT: return ST_UNIT;
	case A_PROG: return ST_PROG;
	case A_GLOB: return ST_GLOB;
	}
	return -1;
}

static void make_sets(void)
{
	memset(&sets[S_ALL], 0xff, sizeof(sets[S_ALL]));
	for (int a = 0; a < A_COUNT; a++) {
		const struct rule *r = &rules[a];

		for (int s = S_UID_A; s <= S_UID_OTHER; s++)
			if (!r->uid || (s == S_UID_A && r->uid == UID_A) || (s == S_UID_B && r->uid == UID_B))
				put(s, a);
		put(S_GID, a);
		put(S_UNIT, a);
		put(S_PROG, a);
		if (!r->gid)
			put(S_NOGID, a);
		if (!r->unit)
			put(S_NOUNIT, a);
		if (!r->prog)
			put(S_NOPROG, a);
		if (r->permit)
			put(S_PERMIT, a);
		if (!r->audit)
			put(S_ENFORCE, a);
		put(S_OP + r->op, a);
		for (int st = 0; st < 12; st++)
			if (!has_file(a) || file_state(a) == st)
				put(S_FILES + st, a);
		if (a == A_OPEN)
			put(S_OP + CORDON_OP_APPEND, a);
		/* destinations: A_REACH is 127.0.0.2, A_LOOP ::1, A_PORT port 999 anywhere */
		put(S_ADDR, a);
		put(S_ADDR_LOOP, a);
		put(S_PORT, a);
		put(S_FAMILY, a);
		put(S_TYPE, a);
		if (a != A_REACH && a != A_LOOP)
			put(S_ADDR_OTHER, a);
		if (a != A_PORT)
			put(S_PORT_OTHER, a);
		if (a != A_SOCKET) {
			put(S_FAMILY_OTHER, a);
			put(S_TYPE_OTHER, a);
		}
	}
	sets[S_ADDR].word[0] &= ~(1ull << A_LOOP);
	sets[S_ADDR_LOOP].word[0] &= ~(1ull << A_REACH);
}

static int made(int type, __u32 key, __u32 value, __u32 n, __u32 flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	int fd = bpf_map_create(type, NULL, key, value, n, &opts);

	if (fd < 0)
		printf("Bail out! map: %s\n", strerror(errno)), exit(1);
	return fd;
}

static void set_value(int fd, __u32 dim, __u64 value, __u32 set)
{
	struct cordon_value_key key = { .dim = dim, .value = value };

	bpf_map_update_elem(fd, &key, &set, BPF_ANY);
}

static void set_name(int fd, __u32 state, const char *name, __u32 next)
{
	struct cordon_name_key key = { .state = state, .len = strlen(name) };

	memcpy(key.name, name, key.len);
	bpf_map_update_elem(fd, &key, &next, BPF_ANY);
}

static void set_prefix(int fd, __u32 trie, const void *data, __u32 bits, __u32 set)
{
	struct cordon_prefix_key key = { .prefixlen = 32 + bits, .trie = trie };

	memcpy(key.data, data, (bits + 7) / 8);
	/* The kernel takes trie nodes from a cache that is filled again by an interrupt: ENOMEM is not final. */
	for (int i = 0; bpf_map_update_elem(fd, &key, &set, BPF_ANY); i++)
		if (errno != ENOMEM || i > 100)
			printf("Bail out! prefix: %s\n", strerror(errno)), exit(1);
		else
			usleep(1000);
}

static int make_names(void)
{
	int fd = made(BPF_MAP_TYPE_HASH, sizeof(struct cordon_name_key), 4, 64, 0);

	set_name(fd, ST_TOP, "t", ST_ROOT); /* ROOT is in a directory of its file system */
	set_name(fd, ST_ROOT, "secret", ST_SECRET);
	set_name(fd, ST_ROOT, "open", ST_OPEN);
	set_name(fd, ST_ROOT, "noexec", ST_NOEXEC);
	set_name(fd, ST_ROOT, "audit", ST_AUDIT);
	set_name(fd, ST_ROOT, "group", ST_GROUP);
	set_name(fd, ST_ROOT, "unit", ST_UNIT);
	set_name(fd, ST_ROOT, "psecret", ST_PROG);
	set_name(fd, ST_ROOT, "prog", ST_PROGRAM);
	set_name(fd, ST_CGROUP, "svc", ST_CGROUP_SVC);
	return fd;
}

static int make_states(void)
{
	int fd = made(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct cordon_node), ST_COUNT, BPF_F_INNER_MAP);

	for (__u32 st = 0; st < ST_COUNT; st++) {
		struct cordon_node node = { .file = S_FILES + (st < 12 ? st : 0), .runs = S_FILES + (st < 12 ? st : 0), .prog = S_NOPROG, .cgroup = S_NOUNIT };

		if (st >= ST_SECRET && st <= ST_GLOB)
			node.next = st;
		if (st == ST_ROOT)
			node.glob = 1;
		if (st == ST_PROGRAM)
			node.prog = S_PROG;
		if (st == ST_CGROUP_SVC) {
			node.cgroup = S_UNIT;
			node.next = st;
		}
		bpf_map_update_elem(fd, &st, &node, BPF_ANY);
	}
	return fd;
}

/* Byte automaton for g*b: classes g=0 b=1 other=2, end=3. Rows: 1 start, 2 in, 3 after b, 4 dead. */
static int make_bytes(void)
{
	static const __u32 rows[5][4] = { {}, { 2, 4, 4, 0 }, { 2, 3, 2, 0 }, { 2, 3, 2, ST_GLOB }, { 4, 4, 4, 0 } };
	int fd = made(BPF_MAP_TYPE_ARRAY, 4, 4, 20, BPF_F_INNER_MAP);

	for (__u32 i = 0; i < 20; i++)
		bpf_map_update_elem(fd, &i, &rows[i / 4][i % 4], BPF_ANY);
	return fd;
}

static int make_values(void)
{
	int fd = made(BPF_MAP_TYPE_HASH, sizeof(struct cordon_value_key), 4, 64, 0);

	set_value(fd, CORDON_DIM_UID, UID_A, S_UID_A);
	set_value(fd, CORDON_DIM_UID, UID_B, S_UID_B);
	set_value(fd, CORDON_DIM_GID, 2000, S_GID);
	set_value(fd, CORDON_DIM_FAMILY, AF_INET, S_FAMILY);
	set_value(fd, CORDON_DIM_TYPE, SOCK_STREAM, S_TYPE);
	return fd;
}

static int make_prefixes(void)
{
	static const __u8 a[16] = { [10] = 0xff, 0xff, 127, 0, 0, 2 }, loop6[16] = { [15] = 1 };
	static const __u8 port[2] = { 999 >> 8, 999 & 255 };
	int fd = made(BPF_MAP_TYPE_LPM_TRIE, sizeof(struct cordon_prefix_key), 4, 16, BPF_F_NO_PREALLOC);

	set_prefix(fd, CORDON_TRIE_ADDR, a, 128, S_ADDR);
	set_prefix(fd, CORDON_TRIE_ADDR, loop6, 128, S_ADDR_LOOP);
	set_prefix(fd, CORDON_TRIE_PORT, port, 16, S_PORT);
	return fd;
}

static int make_roots(void)
{
	int fd = made(BPF_MAP_TYPE_HASH, 4, sizeof(struct cordon_root), 16, 0);
	struct cordon_root root = { .state = ST_TOP };
	struct stat st;
	__u32 dev;

	stat("/tmp", &st);
	dev = major(st.st_dev) << 20 | minor(st.st_dev);
	bpf_map_update_elem(fd, &dev, &root, BPF_ANY);
	if (stat("/mnt/ext4", &st) == 0) {
		dev = major(st.st_dev) << 20 | minor(st.st_dev);
		bpf_map_update_elem(fd, &dev, &root, BPF_ANY);
	}
	return fd;
}

static int make_meta(__u64 generation)
{
	int fd = made(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct cordon_meta), 1, BPF_F_INNER_MAP);
	struct cordon_meta meta = { .generation = generation, .abi = CORDON_ABI, .nrules = A_COUNT, .nchunks = 1,
				    .active = 0x3f, .dims = CORDON_ENFORCED_DIMS, .permit = S_PERMIT, .enforce = S_ENFORCE, .cgroup_start = ST_CGROUP,
				    .ncolumns = 4, .addr_dflt = S_ADDR_OTHER, .port_dflt = S_PORT_OTHER,
				    .addr_unknown = S_ALL, .file_unknown = S_FILES, .file_nameless = S_FILES,
				    .file_foreign = S_ALL, .prog_unknown = S_NOPROG };
	__u32 zero = 0;

	for (int op = 0; op < CORDON_OP_COUNT; op++)
		meta.op[op] = S_OP + op;
	meta.dflt[CORDON_DIM_UID] = S_UID_OTHER;
	meta.dflt[CORDON_DIM_GID] = S_NOGID;
	meta.dflt[CORDON_DIM_FAMILY] = S_FAMILY_OTHER;
	meta.dflt[CORDON_DIM_TYPE] = S_TYPE_OTHER;
	memset(meta.byte_class, 2, sizeof(meta.byte_class));
	meta.byte_class['g'] = 0;
	meta.byte_class['b'] = 1;
	bpf_map_update_elem(fd, &zero, &meta, BPF_ANY);
	return fd;
}

static int make_set_table(void)
{
	int fd = made(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct cordon_chunk), S_COUNT, BPF_F_INNER_MAP);

	make_sets();
	for (__u32 s = 0; s < S_COUNT; s++)
		bpf_map_update_elem(fd, &s, &sets[s], BPF_ANY);
	return fd;
}

#endif
