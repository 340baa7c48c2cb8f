/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sym: symbolic execution of one program, all inputs and all map contents at once.
 *
 * States are merged wherever control joins (the value is an ite on the condition that tells the ways apart), in
 * a weak topological order of the control flow, so the work is linear in the program where paths are exponential.
 * Loops run until nothing can come round again: syntactically, or because a solver says so; when neither happens
 * within the limits, termination is unknown, never assumed.
 *
 * Facts that only grow along an execution (map operations, records, locks, obligations) are kept once, each with
 * the absolute path condition under which it happened, and not in states.
 *
 * The result is a list of obligations (condition under a path condition) and a log of what the environment
 * answered, from which a counterexample is replayed. Whatever is not modelled calls sym_give_up(): the verdicts
 * are then unknown, at best "fails".
 */
#ifndef PROVE_SYM_H
#define PROVE_SYM_H

#include <stddef.h>
#include "bpfobj/bpfobj.h"
#include "prove/smt.h"
#include "prove/symmem.h"
#include "prove/symshare.h"

struct diag;
struct func_cfg;

enum prop {
	PROP_MEMORY,      /* in bounds, of a pointer that may be used so */
	PROP_NULL,        /* no use of a null pointer */
	PROP_INIT,        /* no read of what was never written */
	PROP_ALIGN,
	PROP_CALL,        /* helpers are called as they demand */
	PROP_LEAK,        /* no lock, record or reference is held at the end */
	PROP_RECORD,      /* what is handed to user space is initialised */
	PROP_TERMINATION,
	PROP_RETURN,      /* range of the hook */
	PROP_WEAKEN,      /* an earlier refusal stays */
	PROP_INVARIANT,   /* of loops: at the start, and after each iteration */
	PROP_CONTRACT,    /* clauses; sym_oblig.clause says which */
	PROP_COUNT,
};
const char *prop_name(enum prop p);
const char *prop_title(enum prop p);

struct oblig {
	enum prop prop;
	uint32_t insn;
	term guard; /* it is due when this holds */
	term cond;  /* what has to hold then */
	const char *what;
	uint32_t clause;
	uint32_t seq; /* the length of the log when it came up */
	bool access;  /* what is wrong is that the instruction accesses memory at all */
	bool iterator; /* what is wrong is that an iterator is left */
};

/* What the environment did, in the order of execution; the entries whose guards hold are what happened. */
enum log_kind { LOG_CALL, LOG_KREAD, LOG_KWRITE };

struct log_write { /* memory the call wrote: n bytes from argument `arg` */
	uint8_t arg;
	uint32_t n;
	const term *byte;
	const term *when; /* per byte: whether it was written */
	struct log_write *next;
};

struct log_havoc { /* an object that a call by contract may have changed, and what it holds since */
	uint32_t region;
	const struct mem_base *base;
	struct log_havoc *next;
};

/* A loop that is not unrolled: any iteration before it runs, and what is known behind the last. */
struct log_loop {
	const struct state *begin, *end; /* NULL: no iteration is possible; nothing comes behind it */
	term index;
	size_t before, iteration, after; /* variables made from .. on stand for what the loop changes: in an iteration, behind it */
};

struct log_entry {
	enum log_kind kind;
	uint32_t insn;
	term guard;
	int32_t helper;
	const struct val *arg[5];
	const struct val *ret;
	struct log_write *writes;
	struct log_havoc *havocs;
	bool fresh;       /* KREAD: two of one place need not agree; of a shared map */
	term addr, value; /* KREAD, KWRITE: `size` bytes; for_each_map_elem: value is how many elements there are */
	uint32_t size;
	uint32_t alloc;   /* region that came into being (record, new element), or 0 */
	term alloc_guard;
	const struct val *dst; /* elements that argument 2's bytes were copied to, where dst_guard */
	term dst_guard;
	uint32_t release; /* args whose region ends: bit mask */
	const struct state *at; /* CALL, with a variant: as it was called */
	const struct state *left; /* CALL of a function by contract: as it returned, before map operation `ops` and region `regions` */
	uint32_t ops;
	size_t regions;
	bool in_loop;     /* of a loop that is not unrolled: it stands for many */
	bool retried;     /* ... which is the one iteration of a loop that only tries again (symretry.h) */
	const struct log_loop *loop; /* bpf_loop, for_each_map_elem; NULL: it is unrolled */
	uint32_t most;    /* bpf_loop: the contract says that it has no more iterations; 0: it does not say */
	bool retries;     /* bpf_loop: all of it is iteration number `value` (symretry.h); n iterations before may have been */
};

/* Elements of a map at one time, one for each different key that was looked at. */
struct row_table {
	uint32_t *row;  /* regions */
	term *present;  /* ... whether they are there */
	term *kept;     /* after unseen changes: the key has the element it had before */
	size_t n, cap_row, cap_present, cap_kept;
};

/* An operation on a map. Rows found at the start and ones made by updates; see symmap.c. */
struct map_op {
	term guard;
	uint32_t seq; /* of all operations on maps */
	bool is_delete;
	bool in_loop;             /* unseen: in a loop that is not unrolled, not by a call */
	struct row_table *unseen; /* anything may have been added, removed and changed: what is found from then on */
	const term *key;
	uint32_t row; /* region; update */
	term lost;    /* LRU: any key may have gone where this holds, before the operation; it holds where guard does */
	struct map_op *next;
};

struct map_model {
	const struct bpfobj_map *map;
	uint32_t index;
	uint32_t region;      /* REGION_MAP */
	struct row_table first; /* at the start */
	struct map_op *ops;   /* newest first */
	bool written;
	bool is_object;       /* key is an address: storage maps */
	bool stays;           /* ... and no program of the object takes an element away */
	bool any;             /* a loop that is not unrolled changes it: lookups give anything, see symmap_forget() */
	enum map_discipline discipline;
	term wrote;           /* shared, locked: where the program changed it; TERM_NONE: nowhere */
	term entries;         /* symmap_entries() */
	uint32_t blob;        /* any: the region that stands for every element */
};

/* A record or event that was handed to user space. */
struct event {
	term guard;
	uint32_t insn;
	const struct map_model *map;
	bool unseen; /* any number of records of any contents may have gone there */
	uint32_t n;
	const term *byte;
	struct event *next;
};

/* One row of the helper table taken for another: see mutate_spec.h. */
struct helper_change {
	int32_t id;     /* 0: none */
	bool no_effect; /* what it does left out; else its result is anything */
};

struct sym_opts {
	uint32_t max_unroll; /* iterations of one loop */
	uint64_t max_steps;
	double max_seconds;  /* of execution, queries about loops included; 0: no limit */
	size_t max_terms;
	struct smt_opts smt; /* for loop bounds */
	const struct contract *contract; /* of functions; or NULL */
	bool layouts;        /* CO-RE for every kernel there could be: see symlayout.h */
	const struct bt *kernel; /* layouts: whose hooks */
	struct helper_change change;
	bool vacuity;        /* a clause that is about no run fails */
	bool alone;          /* functions that are known by their contract are judged in another run */
	bool noticed;        /* a counterexample need not replay: see verdict.h */
	bool modular;        /* global functions are not followed into calls: see symfunc.h */
};

struct ctx_type;
struct bpfobj_func;

/* A function whose calls were judged by its contract, or by what is true of any; its body is to be judged on its own. */
struct used_function {
	const struct bpfobj_func *func;
	bool replaced; /* at load, by another program: the body is the environment's */
};

/* Two objects of which a model had different words at one place: see symread.h. */
struct related {
	uint32_t a, b; /* regions */
};

/*
 * Elements of maps as somebody read them, in the place of unknown ones (contract_table.h). find() gives the value of an element and
 * sets *ret_known; NULL and known: the map has no such key. NULL and not known: nobody read that.
 */
struct sym_contents {
	const uint8_t *(*find)(void *ctx, const struct bpfobj_map *map, const uint8_t *key, bool *ret_known);
	void *ctx;
};

/* Another instruction in the place of one, where `is` holds: both programs are executed at once (product.h). */
struct sym_variant {
	uint32_t insn;
	struct isa_insn with; /* straight, a jump to the same places, or ISA_JA to one of them */
	term is;
	bool reached;
	size_t n_vars; /* when it was first */
};

/* What a function of which nothing is known gives for these arguments. */
struct application {
	const char *function;
	term arg[8], value; /* 64 bits */
	struct application *next;
};

/* The state in which a loop by invariant is entered, and that before an arbitrary iteration. */
struct loop_entry {
	uint32_t insn;
	term cond; /* the invariant where it is entered */
	const struct state *state, *begin; /* begin NULL: nothing is known of it */
	bool strayed; /* in a replay: where its head was passed last, the model was not there */
	struct loop_entry *next;
};

struct sym {
	struct arena *arena;
	struct terms t;
	const struct bpfobj *obj;
	const struct bpfobj_prog *prog;
	const struct bpfobj_func *func; /* what is executed is this function of the program, for any arguments; or NULL */
	const char *name;               /* of the program, or "function:F" */
	const struct bt *kernel;
	const struct isa_insn *insns;
	size_t n_insns;
	struct sym_opts opts;
	struct func_cfg **cfgs; /* by first slot */

	struct region **region;
	size_t n_regions, cap_regions;
	struct map_model *map;  /* as in obj, inner templates behind */
	size_t n_maps, cap_maps;
	uint32_t n_map_ops;
	const struct bpfobj_map **unseen; /* inner maps that were changed unseen: those found later were, too */
	size_t n_unseen, cap_unseen;
	uint32_t ctx, packet;   /* regions, 0: none */
	bool packet_read, packet_pulled; /* its pointers were loaded; its linear part was changed: not both are modelled */
	bool packet_changed;    /* by a helper: what its bytes are is not known any more */
	term packet_cookie;     /* of its socket, once it was asked for */
	term full_of, full_is;  /* the socket that was asked about last: whether it is a full one */
	const struct ctx_type *ctx_type;
	const struct bt_type *hook; /* func_proto of an LSM hook, tracing target ..., or NULL */
	bool ret_taken;         /* the program read the LSM ret argument */
	uint8_t *ctx_ptr_load;  /* by slot: loads a packet pointer, as the kernel rewrites it */
	term ret_arg;           /* 64 bits, TERM_NONE when the hook has none */

	struct oblig *oblig;
	size_t n_obligs, cap_obligs;
	size_t n_checked[PROP_COUNT]; /* how many came up, folded ones included */
	struct log_entry *log;
	size_t n_log, cap_log;
	struct event *events;
	term locked;            /* a lock is held */
	term lock_held;         /* 64 bits, which one where locked: see helper_lock.c */
	term current_task;
	struct kcell **kcell;   /* symkobj: hash table of cells of kernel memory */
	const char *stable;     /* why two reads of kernel memory give the same, as the contract says; or NULL */
	uint32_t iteration;     /* > 0: what is executed is an iteration that stands for many */

	const char **assumption;
	size_t n_assumptions, cap_assumptions;
	const char **gap;       /* why verdicts are unknown */
	size_t n_gaps, cap_gaps;
	struct kernel_symbol *symbols; /* addresses that the program has by name */
	const char *ghost_name[8];
	term ghost[8];
	struct application *applied; /* of logic functions without a body */
	struct used_function *used;
	size_t n_used, cap_used;
	struct diag *diag;      /* while it runs */
	bool bad;               /* a contract makes no sense: the diag says why */
	bool loop_events;       /* records were handed out in a loop that was not unrolled */
	bool stop;              /* nothing useful can follow */
	struct layout_symbol *layout; /* symlayout: all of them */
	struct layout_fact *layout_facts;
	term *layout_value;     /* by slot */
	bool layout_asked;      /* what the object asks for is known */
	bool in_atomic;         /* symshare_atomic(); of which element, and what it holds then */
	const struct region *atomic_of;
	struct region *atomic_now;
	bool abstracted;        /* a loop was not unrolled: what is in the model after it need not be what it computes */
	struct guess *guesses;  /* symguess: numbers that stand for one of very many places, newest first */
	struct loop_entry *loop_entries;
	struct related *related;
	size_t n_related, cap_related;

	struct sym_variant *variant; /* or NULL */
	const struct sym_contents *contents; /* of real maps; NULL: maps hold anything */

	term *said;             /* parts of the path condition said_pc, sorted: state_refutes() */
	uint32_t n_said;
	term said_pc;

	double started;
	uint64_t steps;
	uint32_t next_state;
	uint32_t depth;
	uint32_t insn;          /* being executed */
	double solver_seconds;
	term requires;          /* of the contract */
	struct about *about;    /* opts.vacuity: the runs that each of its clauses is about */
	size_t n_about, cap_about;
	struct about_run *about_run; /* that were found of clauses judged before: most clauses are about one of them, too */
	size_t n_about_runs, cap_about_runs;
	struct state *final;    /* at exit, or NULL when never reached */
	struct state *initial;  /* before the first instruction */
};

/* One end, or call, at which a clause is judged: when it is about that run at all. */
struct about {
	uint32_t clause;
	term when;
};

/* A run, as the values of the variables. */
struct about_run {
	uint64_t *var;
	size_t n_vars;
};

struct state {
	uint32_t id;
	term pc;
	const struct val *r[ISA_REGS];
	struct rmem **mem; /* by region, NULL: initial */
	uint32_t n_mem;
};

/*
 * Prepare and run. func NULL: the program, else that function of it. 0 when there is something to judge (even if with
 * gaps), -errno on bad input.
 */
int sym_init(struct sym *s, struct arena *arena, const struct bpfobj *obj, const struct bpfobj_prog *prog,
	     const struct bpfobj_func *func, const struct sym_opts *opts, struct diag *diag);
/* For clauses about maps alone: there is no program, and nothing to run. */
int sym_init_maps(struct sym *s, struct arena *arena, const struct bpfobj *obj, const struct sym_opts *opts, struct diag *diag);
int sym_run(struct sym *s, struct diag *diag);
void sym_done(struct sym *s);

/* --- for the parts of the executor --- */
__attribute__((format(printf, 2, 3))) void sym_give_up(struct sym *s, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void sym_assume(struct sym *s, const char *fmt, ...);
/* guard implies cond has to hold, now; what is a constant text or in the arena */
void sym_oblige(struct sym *s, const struct state *st, enum prop prop, term cond, const char *what);
void sym_oblige_when(struct sym *s, term guard, enum prop prop, term cond, const char *what);
/* The same of an instruction that is wrong where it is executed at all with cond false: a replay that comes there shows it. */
void sym_oblige_there(struct sym *s, term guard, enum prop prop, term cond, const char *what);
struct log_entry *sym_log(struct sym *s, const struct state *st, enum log_kind kind);

/* Memory is shared until one of the two writes; so st changes its id as well. */
struct state *state_copy(struct sym *s, struct state *st);
/* Both are given up; either may be NULL. */
struct state *state_join(struct sym *s, struct state *a, struct state *b);
/* The path condition contradicts a by its mere form; false when that cannot be seen. */
bool state_refutes(struct sym *s, const struct state *st, term a);
/* A number that a is not above there. */
uint64_t state_upper(struct sym *s, const struct state *st, term a);
/* The same, on each of the ways that met here. Slower. */
bool state_refutes_by_cases(struct sym *s, const struct state *st, term a);
/* v without what the path condition rules out: there, the value is the same. */
const struct val *val_prune(struct sym *s, const struct state *st, const struct val *v);
/* The ghost variable of that name. */
term sym_ghost(struct sym *s, const char *name);
/* The address of a kernel symbol that is declared without a type: a number; TERM_NONE: it has one. 0 where it is weak and not there. */
term sym_address(struct sym *s, const struct bpfobj_ref *ref);
/* The address of the task that runs the program. */
term sym_task(struct sym *s);
/* Whether everything that `a`, a tree of choices, can be where `given` holds is good; false also when that is not obvious. */
bool sym_leaves(struct sym *s, term given, term a, bool (*good)(struct sym *s, term leaf, void *ctx), void *ctx);
/* May the state be reached at all? True unless a solver says no, in at most that many seconds. */
bool state_feasible(struct sym *s, const struct state *st, double most);

/* A register that is read: it has to be initialised. */
const struct val *sym_reg(struct sym *s, struct state *st, unsigned r);
/* Checked accesses by the program. */
const struct val *sym_load(struct sym *s, struct state *st, const struct val *ptr, int64_t off, unsigned size);
void sym_store(struct sym *s, struct state *st, const struct val *ptr, int64_t off, unsigned size,
	       const struct val *v);
/* A helper's argument: `size` (64 bits) bytes readable/initialised, or writable; `why` names the argument. */
void sym_check_mem(struct sym *s, struct state *st, const struct val *ptr, term size, bool write, const char *why);

/* Run the function at slot `start` with r1..r5 given in st; NULL when it never returns. */
struct state *sym_call(struct sym *s, struct state *st, uint32_t start);

/* The last instruction of what is proved: where things are said to happen at the end. */
uint32_t sym_last_insn(const struct sym *s);

/* helpers (helper.c): executes the call in st, NULL when the way ends there */
struct state *helper_call(struct sym *s, struct state *st, const struct isa_insn *in);

/* context (symctx.c) */
int symctx_init(struct sym *s, struct state *st, struct diag *diag);
/* Whether that kernel has what the program attaches to; true when that is not known. */
/* The type of a context that is a struct, by the object's types or the kernel's; 0: not known, or an array of arguments. */
uint32_t symctx_struct(const struct sym *s, const struct bt **ret_bt);
bool symctx_has_hook(const struct bt *kernel, const struct bpfobj_prog *prog);
const struct val *symctx_load(struct sym *s, struct state *st, struct region *r, term off, unsigned size);
void symctx_store(struct sym *s, struct state *st, struct region *r, term off, unsigned size, const struct val *v,
		  term guard);
/* 1: packet start, 2: packet end lies at that offset of the context; 0 neither */
int symctx_packet_field(const struct sym *s, uint64_t off);
/* Whether it may be written there, and what is written is what is read there. */
enum symctx_write { SYMCTX_READONLY, SYMCTX_PARTLY_KEPT, SYMCTX_KEPT };
enum symctx_write symctx_writable(const struct sym *s, uint64_t off, unsigned size);
void symctx_exit(struct sym *s, const struct state *st);
/* Nothing is held that has to be given back, at an end of the program in st. */
void symctx_held(struct sym *s, const struct state *st);

/* kernel memory (symkobj.c): at address base + off */
const struct val *symkobj_load(struct sym *s, struct state *st, struct region *r, term off, unsigned size,
			       term guard);
/* n bytes that the program reads at one moment, where guard holds. */
void symkobj_read(struct sym *s, term addr, uint32_t n, const char *name, term guard, term *ret_byte);
/* For clauses: what the program's first read of that byte gives, or would. */
term symkobj_byte(struct sym *s, term addr);
/* A pointer to a kernel object of that BTF type, which may be null, from a number. */
const struct val *symkobj_ptr(struct sym *s, uint32_t type, term base);
/* The type of what lies at off in `type` when that is a pointer to a struct; 0 otherwise */
uint32_t symkobj_pointee(const struct bt *bt, uint32_t type, uint64_t off);

/* maps (symmap.c) */
int symmap_init(struct sym *s);
struct map_model *symmap_of(struct sym *s, uint32_t region);
/*
 * key: n words of up to 8 bytes. The value's pointer, or null; as it was before operation `before`: SYMMAP_NOW, or 0 at
 * the start.
 */
#define SYMMAP_NOW UINT32_MAX
#define SYMMAP_KEY_WORDS 64 /* longer keys are not modelled */
const struct val *symmap_lookup(struct sym *s, const struct state *st, struct map_model *m, const term *key,
				uint32_t before);
/* Add an operation; its seq is set. Nothing happens when op is NULL. */
void symmap_add_op(struct sym *s, struct map_model *m, struct map_op *op);
/*
 * In this state, elements of the maps with this definition (several when it is an inner one) were changed unseen. By the
 * call at s->log[log]; SIZE_MAX: no call.
 */
void symmap_havoc(struct sym *s, struct state *st, const struct bpfobj_map *map, const uint8_t *kept, size_t log);
/* Maps with this definition that are found later were changed unseen before. */
void symmap_unseen_later(struct sym *s, const struct bpfobj_map *map);
/* How many elements an array has: 64 bits. */
term symmap_entries(struct sym *s, struct map_model *m);
/* Whether a program can change it at all. */
bool symmap_writable(const struct bpfobj_map *map);
uint32_t symmap_key_words(const struct map_model *m);
void symmap_read_key(struct sym *s, const struct state *st, const struct map_model *m, const struct val *ptr,
		     term *ret_key);
/*
 * Stop following a map: a lookup finds something or not, all elements are one region, a read of it (or of a row found
 * before) gives anything.
 */
void symmap_forget(struct sym *s, struct map_model *m);
/* The region of a single-element map (globals). */
struct region *symmap_global(struct sym *s, uint32_t map_index);

#endif
