/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every map of the object. Shapes that user space shares are in cordon/abi.h; what stands here is private to the
 * kernel side and may change with it: a new object brings new maps.
 *
 * The tables of a policy are inner maps of an array of CORDON_SLOTS. The templates below fix key, value and flags;
 * the publisher chooses the sizes.
 */
#ifndef CORDON_BPF_MAPS_H
#define CORDON_BPF_MAPS_H

#include "kernel.h"

/* The policy in force, and the clock of the trees (abi.h). */
struct cordon_state cordon_state SEC(".data.state") = {};

/* Sizes, not types: clang keeps only a forward declaration of a type that is reached through two pointers. */
#define TABLE(name, map_type, flags, key_type, value_type)                                                             \
	struct name##_inner {                                                                                          \
		__uint(type, map_type);                                                                                \
		__uint(map_flags, flags);                                                                              \
		__uint(max_entries, 1);                                                                                \
		__uint(key_size, sizeof(key_type));                                                                    \
		__uint(value_size, sizeof(value_type));                                                                \
	}
#define TABLE_ARRAY(name, value_type) TABLE(name, BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP, u32, value_type)
#define TABLE_HASH(name, key_type, value_type) TABLE(name, BPF_MAP_TYPE_HASH, 0, key_type, value_type)
#define TABLE_OF(name)                                                                                                 \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                                              \
		__uint(max_entries, CORDON_SLOTS);                                                                     \
		__type(key, u32);                                                                                      \
		__array(values, struct name##_inner);                                                                  \
	} name##_of SEC(".maps")

TABLE_ARRAY(meta, struct cordon_meta);
TABLE_OF(meta);
TABLE_ARRAY(sets, struct cordon_chunk);
TABLE_OF(sets);
TABLE_HASH(values, struct cordon_value_key, u32);
TABLE_OF(values);
TABLE_HASH(names, struct cordon_name_key, u32);
TABLE_OF(names);
TABLE_ARRAY(states, struct cordon_node);
TABLE_OF(states);
TABLE_ARRAY(bytes, u32);
TABLE_OF(bytes);
TABLE_HASH(roots, u32, struct cordon_root);
TABLE_OF(roots);
TABLE(prefixes, BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, struct cordon_prefix_key, u32);
TABLE_OF(prefixes);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct cordon_counters);
} counters SEC(".maps");

static __always_inline struct cordon_counters *counters_here(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

#define count(field)                                                                                            \
	({                                                                                                             \
		struct cordon_counters *counted = counters_here();                                                   \
		if (counted)                                                                                           \
			counted->field++;                                                                              \
	})

/*
 * Which file a task runs. Taken at exec, handed to children by fork, compared with mm->exe_file whenever a subject is
 * made: prctl(PR_SET_MM_EXE_FILE) changes the latter and is open to anybody with a user namespace. `known` is 0 until then.
 */
struct identity {
	u64 sb;  /* address of the superblock */
	u64 ino;
	u32 generation; /* of the inode: numbers are used again, generations are not */
	u32 known;
};

/*
 * Requests that were permitted, silently, by the tables and for the subject this task has now. Anything the decision
 * depends on besides those two is in the key, which is never 0: a destination, or what fits one word.
 */
struct reached {
	u64 key; /* operation, port, protocol */
	u64 addr[2];
};
#define PERMITTED_MAX 8u
#define REACHED_MAX   4u

/* Where a socket sends. Filled with nothing left over: the core is given all of it. */
struct destination {
	u64 addr[2]; /* network order; IPv4 as ::ffff:a.b.c.d, vsock as CORDON_VSOCK_ADDR and the cid */
	u32 port;    /* host order; 0 where the protocol has none */
	u16 protocol;
	u16 family, type;
	u16 pad;
	u32 unknown;
};

enum move { MOVE_RENAME, MOVE_LINK, MOVE_EXCHANGE };

/* Where a file is, as far as requests want to know. */
struct place {
	u32 file, prog; /* sets */
	u32 session;    /* enum cordon_session of those who log in by this program, 0 = nobody does */
	u32 foreign;    /* owned by an unprivileged user namespace */
} __attribute__((aligned(8)));

/* What a hook asks the core (ask.h), and what it is told besides yes or no. */
struct request {
	u64 dentry, mount, inode; /* a file's addresses; 0 = the request is not about a file */
	u32 ops;                  /* of files: bits of enum cordon_op */
	u32 known;                /* of files: `place` was kept */
	struct place place;
	u32 placed;               /* answer: `place` was walked to, and is fit to be kept */
	u32 pad_placed;
	u64 to_dentry, to_mount;  /* link and rename: the new place */
	u32 move;                 /* enum move */
	u32 abstract_len;
	u64 abstract;             /* address of a unix socket's abstract name, instead of a dentry */
	struct destination to;    /* a destination, or a socket's family, type, protocol; of a unix socket, what its name is kept by (unix.h) */
	u32 why;                  /* join() */
	u32 pad;
	u64 named, named_to;      /* a name that a path hook has asked about, not yet made or taken away, and name_noted(); of a move both
				   * names (under.h) */
};

/*
 * The programs that a task comes from (line.h). A line is a set of programs, with the line it goes on from: numbers are given
 * once and never again, so what is known of one is true for good. The two tables of numbers are full for ordinary users when a
 * quarter is left; what finds no number is unknown, in its line and in all that come from it.
 */
#define PROGRAMS_MAX    4096u
#define PROGRAM_NAMES   240u /* bytes of names; a longer place is an unknown program */
#define LINES_MAX       16384u
#define LINE_DEPTH_MAX  32u  /* programs of a line; what comes later is unknown */
#define PROGRAM_UNKNOWN 0u
#define LINE_NONE       0u   /* nothing is noted yet */
#define LINE_LOST       1u   /* one unknown program, and nothing else */
#define line_of(noted)    ((u32)(noted))
#define line_execs(noted) ((u32)((noted) >> 32))
#define line_note(line, execs) ((u64)(line) | (u64)(u32)(execs) << 32)

/* Where a program was when it was noted: names as in an event's chain. */
struct program_place {
	u32 dev;
	u16 len, unsure; /* bytes; names, as in abi.h */
	char names[PROGRAM_NAMES];
};

struct line {
	u32 parent;  /* line, or LINE_NONE */
	u32 program;
	u32 depth;   /* programs */
	u32 pad;
};

struct line_key {
	u32 parent, program;
};

#define NUMBERED(name, number_of, max, key_type, value_type)                                                           \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_HASH);                                                                       \
		__uint(max_entries, max);                                                                              \
		__type(key, key_type);                                                                                 \
		__type(value, u32);                                                                                    \
	} number_of SEC(".maps");                                                                                      \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                                      \
		__uint(max_entries, max);                                                                              \
		__type(key, u32);                                                                                      \
		__type(value, value_type);                                                                             \
	} name SEC(".maps")

NUMBERED(programs, program_numbers, PROGRAMS_MAX, struct program_place, struct program_place);
NUMBERED(lines, line_numbers, LINES_MAX, struct line_key, struct line);

/* The last numbers given. */
__u32 program_last SEC(".data.line") = PROGRAM_UNKNOWN;
__u32 line_last SEC(".data.line") = LINE_LOST;

/*
 * Lines are kin when their programs have the same sets in this policy: one of them stands for all. `pair` holds the different
 * sets, in the order they come; a line that has more is its own kin.
 */
#define KIN_PAIRS 8u
enum { PAIR_OF, PAIR_NOT }; /* OR-ed, AND-ed over the programs */
struct kin_key {
	u64 current;
	u32 n, pad;
	u32 pair[KIN_PAIRS][2];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct kin_key);
	__type(value, u32);
} kins SEC(".maps");

struct kin {
	u64 current;
	u32 line; /* that stands for it */
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, struct kin);
} kin_of SEC(".maps");

/* What the guard knows of a task. Only the task itself touches it (its parent, before it runs), so there are no locks.
 * All but `recorded`, `line` and `mark` is made again when `current` is 0 or anything it was made for has changed. Every task has
 * one: with the storage's own header it fits a slab object of 512 bytes. */
struct subject {
	u64 current;      /* cordon_state.current it was made for; 0 = must be made anew */
	u64 cred;         /* address of the objective credentials it was made from */
	u64 cgroup;       /* cgroup id it was made for: a task is moved without a hook */
	u64 login;        /* login uid, and the audit session << 32 */
	struct identity recorded; /* what it runs */
	struct identity exe;      /* what its memory said when it was made */
	u64 line;         /* line_note(): the programs it comes from, as of so many executed programs; 0 = not noted yet */
	u64 class;        /* which of `classes` */
	u32 active;       /* bit op set: some rule for this subject has that operation */
	u32 mark;         /* 1 + enum cordon_session by who logs in; 0 = not seen before the login, or not told apart */
	u64 permitted[PERMITTED_MAX];
	struct reached reached[REACHED_MAX];
	struct request request; /* the one under way */
	u64 lent;               /* address of a socket: the request under way is that of who made it (subject.h). 0 = of the task */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct subject);
} tasks SEC(".maps");

/*
 * Subjects are the same when the sets that they are made from are: they are one class. Its set of atoms is made once, and
 * so is each of its decisions. Both tables forget what was not used for long; a class that was forgotten gets a new number
 * when it is made again, so that nothing about the old one is ever taken for it. `current` is part of the key: nothing
 * outlives its policy.
 */
#define CLASSES_MAX  4096u
#define CLASS_GROUPS 5u
enum { WHO_USER, WHO_SERVICE, WHO_PROGRAM, WHO_REAL_USER, WHO_LOGIN_USER, WHO_SESSION, WHO_SETS };
enum { GROUP_OF, GROUP_NOT }; /* OR-ed, AND-ed over the groups */
struct class_key {
	u64 current;
	u64 own;           /* 0; a number of its own where there are more groups than fit: such a class has one task */
	u32 set[WHO_SETS];
	u32 ngroups;       /* 0 also where no rule names any */
	u32 kin;           /* the line that stands for its own; 0 where no rule names ancestors */
	u32 group[CLASS_GROUPS][2]; /* different ones */
};

struct class_name {
	u64 id;
	u32 active; /* subject.active */
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CLASSES_MAX);
	__type(key, struct class_key);
	__type(value, struct class_name);
} class_names SEC(".maps");

struct class {
	u64 word[CORDON_WORDS_MAX]; /* the atoms whose `who` holds it */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CLASSES_MAX);
	__type(key, u64);
	__type(value, struct class);
} classes SEC(".maps");

/* The last number given to a class, or to one who shares his with nobody. */
__u64 class_last SEC(".data.class") = 0;

/* Requests that were permitted, silently, to a class: by its number, the operation and the sets of the object. */
struct decided_key {
	u64 class;
	u32 op;
	u32 set[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct decided_key);
	__type(value, u32);
} decided SEC(".maps");

/*
 * The same for the hooks, which read and compare one word: the class's number, and the key of what was permitted (subject.h).
 * One word is read whole or not at all, and what it says stays true; a number of a class that does not fit is not kept.
 */
#define GRANTED_MAX      4096u /* a power of two */
#define GRANTED_KEY_BITS 41u
struct granted {
	u64 word;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GRANTED_MAX);
	__type(key, u32);
	__type(value, struct granted);
} granted SEC(".maps");

/* One component of a place, leaf first. */
struct link {
	u64 name; /* address of the name's bytes */
	u32 len;
	u32 seq;  /* d_seq when it was read */
};

/* A place as the sets that link and rename look at (core_move.h). */
struct site {
	u64 dentry, mount;
	u32 set, second; /* file_sets() */
	u32 known, state, beneath, whole, floating;
	u32 flags;       /* of an event */
};

/* What an object would gain by another place: the first atom it gets around, as enforced and as if all were. */
struct gain {
	u32 deny, rule, reason;
	u32 audit_rule, audit_reason;
	u32 why; /* a reason to refuse it all the same */
};

/* Rows of a chunk that tell for a directory. */
enum { ROW_PERMIT, ROW_ENFORCE, ROW_READ, ROW_WRITE, ROW_APPEND, ROW_EXEC, ROW_OLD_BENEATH, ROW_OLD_WHOLE, ROW_OLD_FLOATING,
       ROW_NEW_BENEATH, ROW_NEW_WHOLE, ROW_NEW_FLOATING, ROW_FOREIGN, ROW_COUNT };

/*
 * Working memory of one request: what does not fit on 512 bytes of stack. Belongs to the running task and is
 * meaningless between requests. Kept under 8 KiB: newer kernels allocate task storage without locks and cannot do more.
 */
struct scratch {
	u32 why;       /* join() */
	u32 pad;
	/* place.h */
	u32 depth;     /* links in use */
	u32 state;     /* of the automaton over names */
	u32 byte_row;  /* of the automaton over bytes */
	u32 file, prog, cgroup; /* result: sets of the place */
	u32 runs;      /* result: `file`, for what is run from a file system of somebody's own */
	u32 end;       /* result: the state the walk ended in */
	u32 beneath, whole, floating; /* result: sets of what can be below it (abi.h) */
	u32 place_known; /* result: state, file and the others are of this place */
	u32 session;   /* result: enum cordon_session of those who log in by this program, 0 = nobody does */
	u32 ancestor, not_ancestor; /* result: sets of the place as that of a program in a line */
	u32 foreign;   /* result: owned by an unprivileged user namespace */
	u32 plain;     /* result: in a superblock that the policy knows, no mount crossed: fit to be kept */
	u32 step_error;
	u64 from_dentry, from_mount; /* where a walk begins */
	u64 up_dentry, up_mount, up_stop;
	u32 up_found;  /* the superblock that the walk is in is known */
	u32 up_folds;  /* enum folds of it */
	u32 unsure;    /* result: so many links, from the leaf up, have names that are not sure */
	u32 up_depth;  /* depth the first run came to */
	struct link chain[CORDON_DEPTH_MAX];
	u8 name[CORDON_NAME_MAX + 1];
	/* core_move.h */
	struct site site[2]; /* where an object is, and where it would be */
	struct gain gain;
	u32 row_set[ROW_COUNT];
	u32 pad_move;
	union {
		struct cordon_chunk row[ROW_COUNT];
		struct class class;     /* class.h, which does its work before */
	};
	/* line.h */
	u32 line, program; /* what is worked at */
	u32 kin;           /* result */
	u32 names_left;    /* of a program's, bytes */
	u64 names_at;      /* an address */
	u64 older;         /* the address of a task older than the guard */
	struct program_place program_place;
	struct kin_key kin_key;
	/* groups.h class.h */
	struct class_key key;
	u64 gids[CORDON_WORDS_MAX]; /* OR over the groups */
	u32 who_error;
	u32 who_active;
	u64 class_id;
	/* verdict.h */
	u32 decide_set[6]; /* operation, permit, enforce, three of the object */
	struct cordon_accumulator acc;
	struct cordon_decision decision;
	u64 any;
	/* report.h */
	u32 text_len;
	u32 text_cut;
	char text[CORDON_CHAIN_FILE + 256];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct scratch);
} scratch SEC(".maps");

/*
 * Storage of the running task, made when it is not there. The kernel can fail at that for a moment without being out of
 * memory: 6.12 takes it from a cache that an interrupt fills again, and any kernel says no while another task was
 * interrupted in the middle of this very helper on this CPU. So it is asked again, for at most some 100 us.
 */
#define STORAGE_TRIES 1024u
#define STORAGE_OF_TASK(name, type)                                                                                    \
	static int name##_try(u32 i, struct task_struct **task)                                                        \
	{                                                                                                              \
		return bpf_task_storage_get(&name, *task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE) != NULL;               \
	}                                                                                                              \
	static __noinline type *name##_again(struct task_struct *task)                                                 \
	{                                                                                                              \
		bpf_loop(STORAGE_TRIES, name##_try, &task, 0);                                                         \
		return bpf_task_storage_get(&name, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);                        \
	}                                                                                                              \
	static __always_inline type *name##_of(struct task_struct *task)                                               \
	{                                                                                                              \
		type *found = bpf_task_storage_get(&name, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);                 \
                                                                                                                       \
		return found ? found : name##_again(task);                                                             \
	}
STORAGE_OF_TASK(tasks, struct subject)
STORAGE_OF_TASK(scratch, struct scratch)

/*
 * Where an inode is, in the terms of one generation (place.h says why this may be believed), and what classes were permitted
 * with it there, silently. Any task may write it: `version` is odd while somebody does, and whoever finds it odd, or changed, has
 * read nothing of the place. What is permitted is one word for a class, read at once: its number, and the operations below; a new
 * place, and a new generation, begin without any.
 */
#define PLACED_NEVER   (1ull << 63) /* of the epoch, for good: had, or is to have, several names */
#define PLACED_CLASSES 8u           /* a power of two */
struct placed {
	u64 epoch;   /* cordon_state.tree_epoch before the walk */
	u64 permitted[PLACED_CLASSES]; /* class << 32 | bits of operations */
	u64 version;
	u64 current; /* cordon_state.current */
	struct place place;
};

struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct placed);
} inodes SEC(".maps");

/* Where a connected vsock leads: what connect was permitted. Sockets of IP say it themselves. */
struct peer {
	u64 addr[2];
	u32 port;
	u32 known;
};

/* A destination that was permitted to who sent there. */
struct sent {
	u64 current;
	u64 class;   /* who was permitted it silently, and need not be asked about again; 0 = nobody */
	u64 key;     /* port, protocol */
	u64 addr[2];
};
#define SENT_MAX 2u

/*
 * What the guard knows of a socket (note.h says where it stands): of those that sent, and of connections that were taken. With
 * the storage's own header it fits a slab object of 256 bytes.
 *
 * From `version` on stands who sent last, as the hook of sending found it, and where to. Tasks write it, packets are compared with
 * it (wire.h): `version` is odd while somebody writes, and whoever finds it odd, or changed, has read nothing.
 */
struct note {
	u64 accepted; /* cordon_state.current under which taking this connection was permitted; 0 = ask */
	struct destination from; /* who is at the other end of it */
	u32 incoming; /* it was accepted: the two above count */
	u32 uid;      /* of the sender */
	u64 version;
	u64 current;  /* cordon_state.current; 0 = nobody yet */
	u64 class;    /* which of `classes`; 0 = one that no rule about reach holds */
	u64 pid;      /* tgid << 32 | tid */
	char comm[CORDON_COMM];
	union {
		struct sent sent[SENT_MAX]; /* of sockets of IP */
		struct peer peer;           /* of vsock */
	};
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct note);
} notes SEC(".maps");

#define SLOTS_MAX 4096u /* a power of two */
struct slot {
	u64 cookie; /* of the socket whose note this is, or was; 0 = nobody's yet */
	u64 sk;     /* its address */
	struct note note;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS_MAX);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

/* Connections that were taken, and there was no room to note it: their cookies are between these. 0: there was none. */
__u64 notes_lost_first SEC(".data.lost") = 0;
__u64 notes_lost_last SEC(".data.lost") = 0;

/* Who sent last on a socket, and where to (recent.h). `version` as in struct note. */
#define RECENT_MAX 256u /* a power of two */
struct recent {
	u64 version;
	u64 cookie;   /* of the socket; 0 = empty */
	u64 current;
	u64 pid, started, execs;               /* the thread */
	u64 cred, cgroup, login, drops;        /* what its subject was made from */
	u64 protocol;
	u64 to;       /* recent_name() */
	u64 pad[4];   /* a line of the cache, or two, of its own */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RECENT_MAX);
	__type(key, u32);
	__type(value, struct recent);
} recent_sends SEC(".maps");

/* How many subjects were dropped because a task changed its users or groups. */
__u64 subject_drops SEC(".data.drops") = 1;

/* Set of a cgroup. Ids are never used twice and a cgroup v2 directory cannot be renamed. */
struct unit {
	u64 current;
	u32 set;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct unit);
} units SEC(".maps");

_Static_assert(sizeof(struct scratch) <= 7936, "scratch fits one slab object with the storage's own header");
_Static_assert(sizeof(struct note) <= 176, "a note fits one slab object of 256 bytes with the storage's own header");
_Static_assert(sizeof(struct placed) <= 120, "what is kept of an inode fits one slab object of 192 bytes with the storage's own header");
_Static_assert(sizeof(struct subject) <= 440, "a subject fits one slab object of 512 bytes with the storage's own header");
_Static_assert(sizeof(struct class_key) == 88, "class key has no padding");
_Static_assert(sizeof(struct decided_key) == 24, "decided key has no padding");
_Static_assert(sizeof(struct kin_key) == 80, "kin key has no padding");
_Static_assert(sizeof(struct program_place) == 248, "the place of a program has no padding");
_Static_assert(sizeof(struct unit) == 16, "unit has no padding");

#endif
