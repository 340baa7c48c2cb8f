/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * helper: what the kernel's helpers demand and do, as a table.
 *
 * args has a letter for each argument:
 *   a anything   s number   c context   m map   k key of the map   v value of the map (or null: V)
 *   r memory read, w memory written, size in the next argument n (R, W: may be null)   n that size   N may be zero
 *   o kernel object, or null   O not null   f callback   z ring buffer record   l spin lock (in a map value)   t text, constant
 * ret: s any number   i any 32-bit number   v nothing: r0 is not set   e zero or -errno   p what the model gives
 *
 * Failure is always possible where the kernel can fail. A helper without a row makes every verdict unknown.
 */
#ifndef PROVE_HELPER_H
#define PROVE_HELPER_H

#include "prove/sym.h"

struct helper_call {
	struct sym *s;
	struct state *st;
	const struct helper *h;
	const struct val *arg[5];
	size_t log;          /* index of the entry; the entries may move */
	const struct val *ret;
	struct map_model *map;
};

struct helper {
	int32_t id;
	const char *name;
	const char *args;
	char ret;
	/* the effect; sets c->ret for ret p; false: not modelled (it has said why) */
	bool (*model)(struct helper_call *c);
	const char *doc;
};

extern const struct helper helper_table[];
extern const size_t helper_table_len;
const struct helper *helper_find(int32_t id);
const char *helper_name(int32_t id);

/* Zero or -4095..-1; *ret_ok: it is zero. */
term helper_errno(struct sym *s, const char *name, term *ret_ok);
/* Write bytes to memory an argument points to: byte[i] where when[i]; recorded for the replay. */
void helper_write(struct helper_call *c, unsigned arg, uint32_t n, const term *byte, const term *when);
/* The bytes an argument points to. */
void helper_read(struct helper_call *c, unsigned arg, uint32_t n, term *ret_byte);
/* The most a size argument can be, refused (false) beyond a limit. */
bool helper_max_size(struct helper_call *c, unsigned arg, uint32_t *ret_max);

/* Of the n bytes that are copied from the packet: those in its linear part. When all are, the copy cannot fail. */
term helper_packet(struct helper_call *c, uint32_t n, term *byte);

/* Where the lock lies in values of a map, -1: they have none. */
int64_t helper_lock_offset(const struct bpfobj *obj, const struct bpfobj_map *map);

/* models */
bool helper_map_lookup(struct helper_call *c);
bool helper_map_update(struct helper_call *c);
bool helper_map_delete(struct helper_call *c);
bool helper_storage_get(struct helper_call *c);
bool helper_storage_delete(struct helper_call *c);
bool helper_ringbuf_reserve(struct helper_call *c);
bool helper_ringbuf_submit(struct helper_call *c);
bool helper_ringbuf_discard(struct helper_call *c);
bool helper_output(struct helper_call *c);
bool helper_probe_read(struct helper_call *c);
bool helper_probe_read_str(struct helper_call *c);
bool helper_fill(struct helper_call *c);
bool helper_task(struct helper_call *c);
bool helper_loop(struct helper_call *c);
bool helper_for_each(struct helper_call *c);
bool helper_lock(struct helper_call *c);
bool helper_unlock(struct helper_call *c);
bool helper_cast(struct helper_call *c);
bool helper_arg_count(struct helper_call *c);
bool helper_arg(struct helper_call *c);
bool helper_redirect(struct helper_call *c);
bool helper_pull(struct helper_call *c);
bool helper_cookie(struct helper_call *c);
bool helper_tail_call(struct helper_call *c);

#endif
