/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symmem: the objects a program can touch, and their contents in a state.
 *
 * A region is one object; two regions never overlap, so a write to one never changes another. Contents are kept
 * in cells of 8 bytes: a whole value (which may be a pointer) or eight byte terms with "initialised" terms.
 * A cell that a state has not written is the region's initial cell, made when first looked at and common to
 * all states. Kernel objects (REGION_KOBJ) are read-only and have no cells in states: see symkobj.
 */
#ifndef PROVE_SYMMEM_H
#define PROVE_SYMMEM_H

#include "prove/symshare.h"
#include "prove/symval.h"

struct bpfobj_map;
struct guess;
struct guess_write;
struct state;

enum region_kind {
	REGION_STACK,  /* a frame */
	REGION_CTX,
	REGION_ROW,    /* a map value; globals too */
	REGION_PACKET,
	REGION_RECORD, /* ring buffer record */
	REGION_KOBJ,   /* kernel object of a BTF type, address `base` */
	REGION_MAP,    /* the map itself */
	REGION_FUNC,   /* code: off is the slot */
	REGION_ITER,   /* an iterator: see symiter.h */
	REGION_OPAQUE, /* a pointer we cannot follow */
};

struct cell {
	const struct val *v; /* whole; NULL: bytes */
	term byte[8], init[8];
	bool blurred; /* written at one of very many places: anything, and joined with anything it stays so */
};

/*
 * What cells hold that were not written one by one: anything, initialised; or what one of two memories that met held.
 * Cells are made when they are looked at, so forgetting or joining a large object costs nothing. No base (NULL): the
 * region's initial cells.
 */
struct mem_base {
	bool joined;
	term sel; /* joined: a where it holds, else b */
	struct mem_base *a, *b;
	const struct cell **cell;
};

struct rmem {
	uint32_t owner; /* id of the only state that may change it */
	uint32_t n;
	struct mem_base *base;
	const struct cell *cell[]; /* NULL: as the base says */
};

/* A read at an offset we could not enumerate: the same place unwritten since gives the same value. See symguess.h. */
struct fuzzy_read {
	term off;
	uint32_t size;
	const struct rmem *mem; /* nobody changes it any more */
	struct guess *guess;
	term value;
	struct fuzzy_read *next;
};

/* A read of initial contents at an offset that is no constant: an unknown word, see symread.h. */
struct first_read {
	term off, word;
	struct first_read *next;
};

struct region {
	uint32_t id;
	enum region_kind kind;
	const char *name;
	uint64_t size;        /* the most it can have */
	term len;             /* 64 bits: how much is there, when not constant; else TERM_NONE */
	term addr;            /* its address as a number */
	bool writable;
	bool init;            /* initial bytes are initialised (fresh variables), else not */
	const uint8_t *image; /* constant initial bytes where known[] (NULL: everywhere) */
	const uint8_t *known;
	const struct cell **first; /* initial cells, made on demand */
	struct fuzzy_read *fuzzy;
	struct first_read *reads; /* of 8 aligned bytes */
	uint32_t group;       /* ROW of a constant map: the map; another one with this key is the same element. Else 0 */
	const struct bpfobj_map *map; /* ROW, MAP, RECORD */
	const term *key;      /* ROW: words of its key */
	uint32_t n_key;
	uint32_t type;        /* KOBJ: id in the kernel BTF, 0 unknown */
	term base;            /* KOBJ */
	term released;        /* RECORD: guard under which it was given away; STACK: true when the function has returned */
	term acquired;        /* RECORD: guard under which it was reserved */
	bool is_inner_map;
	uint32_t frame, number; /* ITER: the frame it lies in, and the region of its number. STACK: that of the caller. FUNC: number is its slot */
	uint64_t frame_off;
	bool is_number;       /* ROW: of an iterator */
	uint32_t pointee;     /* what that argument of the function that is proved points to; counted from 1 */
	bool dynamic;         /* not there at the start: made by a helper */
	enum map_discipline discipline; /* ROW: of its map; SHARED: contents are not here but in snapshots */
	bool any;             /* contents are not followed: each read gives anything, writes are forgotten */
	term late;            /* ROW, looked at first after its map may have been changed unseen, where this holds: there the
				 initial cells are not those of the start; start is. TERM_NONE: never */
	struct mem_base *start;
};

/* A new region; contents size/8 cells. NULL only without memory (sym gives up then). */
struct region *region_new(struct sym *s, enum region_kind kind, uint64_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
struct region *region_get(const struct sym *s, uint32_t id);
term region_addr(struct sym *s, struct region *r);
/* The KOBJ region of that type at that address. */
struct region *region_kobj(struct sym *s, uint32_t type, term base);

/* What a state holds at off; no checks. size 1, 2, 4, 8. *ret_init: whether all bytes are initialised. */
const struct val *mem_load(struct sym *s, const struct state *st, struct region *r, term off, unsigned size,
			   term *ret_init);
/* Store where guard. val's low `size` bytes. */
void mem_store(struct sym *s, struct state *st, struct region *r, term off, unsigned size, const struct val *v,
	       term guard);
/* One byte with its initialised-flag, at a constant offset. */
term mem_byte(struct sym *s, const struct state *st, struct region *r, uint64_t off, term *ret_init);
void mem_set_byte(struct sym *s, struct state *st, struct region *r, uint64_t off, term byte, term guard);
/* Of one cell these bytes (a bit each) become anything; initialised stays what was. */
void mem_forget(struct sym *s, struct state *st, struct region *r, uint64_t cell, uint8_t bytes);
/* The same for what it writes, if that can be very many places. */
bool mem_blur_at(struct sym *s, struct state *st, struct region *r, const struct guess_write *w);
/* All of it, but for the words of bytes that are kept (NULL: none), becomes anything, initialised: what is returned. NULL: it is not
 * followed anyway. */
const struct mem_base *mem_havoc(struct sym *s, struct state *st, struct region *r, const uint8_t *kept);
/* All of an initial cell of bytes. */
term mem_first_word(struct sym *s, const struct cell *c);
/* The cell that a state has there. */
const struct cell *mem_cell(struct sym *s, const struct state *st, struct region *r, uint64_t i);
/* The same of a memory (NULL: as at the start). */
const struct cell *mem_cell_in(struct sym *s, const struct rmem *m, struct region *r, uint64_t i);
/* Byte j of a cell; whether it is initialised where somebody asks. */
term mem_cell_byte(struct sym *s, const struct cell *c, unsigned j, term *ret_init);
/* The bytes [from, to) become anything: what w makes of them (NULL: nobody knows). Initialised stays what was. */
void mem_blur(struct sym *s, struct state *st, struct region *r, uint64_t from, uint64_t to, const struct guess_write *w);
/* That byte counts as initialised where `when` holds, whatever it holds. */
void mem_mark_init(struct sym *s, struct state *st, struct region *r, uint64_t off, term when);
/* Contents at the start of the program, whatever happened since. */
term mem_first_byte(struct sym *s, struct region *r, uint64_t off, term *ret_init);

/* Whether off .. off + size lies in the region: a boolean. */
term region_holds(struct sym *s, const struct region *r, term off, term size);

/* Contents of a where sel, of b elsewhere, into dst (a fresh copy of a). */
void mem_merge(struct sym *s, struct state *dst, const struct state *a, const struct state *b, term sel);

#endif
