/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symlayout: CO-RE for every kernel there could be (check --all-layouts).
 *
 * What a relocation asks of a kernel is a symbol: the offset of a member, whether a member, type or enumerator exists, the
 * size of a structure, the value of an enumerator, shifts of a bit-field. The same question has the same symbol
 * everywhere. Of the symbols is known what any BTF has to obey: a member lies in its structure, two members of one structure
 * do not overlap, no structure has more than 32767 bytes. Members have the size that the object declares, unless the
 * object asks for it.
 *
 * Whether something exists is open when the object asks for it anywhere, or the kernel that is given has it not; all else
 * is taken to exist in every kernel, and listed.
 *
 * Types that are ABI (contexts, headers of packets) are as the object has them. The kernel BTF that is given says no more than
 * that, and which hooks there are and what they get.
 */
#ifndef PROVE_SYMLAYOUT_H
#define PROVE_SYMLAYOUT_H

#include "prove/sym.h"

struct eval;

/* Execute the relocated instruction; false: it has no relocation, or one that says the same for every kernel. */
bool symlayout_exec(struct sym *s, struct state *st, const struct isa_insn *in, uint32_t at);
/* The size of a structure by its name, in any kernel: 64 bits. */
term symlayout_size(struct sym *s, const char *type);
/*
 * The offset of a member, for contracts: 64 bits. bt, id: where its size stands. *owner: the member that the structure is,
 * if it has no name of its own; becomes this member.
 */
term symlayout_member(struct sym *s, const struct bt *bt, uint32_t id, const char *member, const char **owner);
/* The kernel's type that the pointer leads to which lies at `off` in a kernel object of that type; 0: it is not known. */
uint32_t symlayout_pointee(struct sym *s, uint32_t type, term off);
/* What the relocation at a slot gives in this proof, or TERM_NONE: for the replay. */
term symlayout_value(const struct sym *s, uint32_t at);

/*
 * What is true of the symbols that some terms have, in every layout: of each by itself; with `pairs`, also that members lie apart.
 * Symbols that are spoken of only so are included.
 */
term symlayout_facts(struct sym *s, const term *roots, size_t n, bool pairs);
/* Those that a model contradicts, of whatever symbols: together. TERM_TRUE: none. */
term symlayout_contradicted(struct sym *s, struct eval *e);

/* At the end: list what was taken to exist. */
void symlayout_assume(struct sym *s);

#endif
