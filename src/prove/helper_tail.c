// SPDX-License-Identifier: GPL-2.0-only
/*
 * helper_tail: bpf_tail_call(). Where it finds a program, that one runs in this one's place: for this one it is an end, with all
 * that has to be in order at an end but its result, which is the other's. The other is judged by itself: the kernel puts only
 * programs of the same type, for the same hook, into a map (kernel/bpf/core.c, bpf_prog_map_compatible()). Where it finds
 * none, the program goes on, and nothing has happened.
 */
#include <linux/bpf.h>
#include "prove/contract.h"
#include "prove/helper.h"
#include "prove/symiter.h"

bool helper_tail_call(struct helper_call *c)
{
	struct sym *s = c->s;

	if (c->map)
		sym_oblige(s, c->st, PROP_CALL, term_bool(c->map->map->type == BPF_MAP_TYPE_PROG_ARRAY), "tail_call needs a map of programs");
	if (s->func || s->depth > 1) { /* the other would return to this function's caller */
		sym_give_up(s, "instruction %u: a tail call in a function is not modelled", s->insn);
		return false;
	}
	symctx_held(s, c->st);
	symiter_program_ends(s, c->st);
	if (contract_has_invariants(s->opts.contract))
		sym_give_up(s, "contract: what maps hold where a tail call finds a program is not judged");
	sym_assume(s, "where a tail call finds a program, that one is judged by itself; what is said of the end is said of this program's own");
	return true;
}
