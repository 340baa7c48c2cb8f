# SPDX-License-Identifier: GPL-2.0-only
"""The contract of verdict_decide (bpf/verdict.h), in parts: decide() over all words of the class and the six sets, one kind of rule
at a time, and the answer that is made of the six. Used by decision.test.

Of a rule k (any: `ghost`), what it is in a set is bit k & 63 of word k >> 6: in the class's own words, or in the row of the set that has
its chunk of 1,024. Each field of the tallies is proved to be the lowest rule, of all of the policy, that its condition holds for:
nothing below it does, and it does itself."""
import re

FIELDS = {f"{mode}.{field}": f"{scope}(c) & {what}" for mode, scope in (("all", "scope"), ("enforced", "(scope"))
          for field, what in (("forbid", "object(c) & ~permit(c)"), ("permit", "object(c) & permit(c)"), ("closing", "permit(c)"))}
for name in FIELDS:
    FIELDS[name] = FIELDS[name].replace("(scope(c)", "scope(c) & enforce(c)")
WORDS = 16

COMMON = r"""modular;
map sets_of { constant; }
ghost k;
logic bit(word) = word & (1 << (k & 63));
predicate low(found, base, word) = found >> 6 == base >> 6 && ((found & 63) == (k & 63) ==> bit(word) != 0) && ((k & 63) < (found & 63) ==> bit(word) == 0);
function cordon_first_bit {
  ensures lowest: word != 0 && (base & 63) == 0 ==> low(\result, base, word);
  assigns \nothing;
}
logic row(c, set) = ((struct cordon_chunk *)c->sets[set * c->nchunks + ((u64)k >> 10)])->word[(u64)k >> 6 & 15];
logic scope(c) = c->class->word[(u64)k >> 6] & row(c, c->s->decide_set[0]);
logic object(c) = row(c, c->s->decide_set[3]) & row(c, c->s->decide_set[4]) & row(c, c->s->decide_set[5]);
logic permit(c) = row(c, c->s->decide_set[1]);
logic enforce(c) = row(c, c->s->decide_set[2]);
// the same in the chunk that is worked at
logic here(c, i) = c->row[i]->word[(u64)k >> 6 & 15];
logic scope_here(c) = c->class->word[(u64)k >> 6] & here(c, 0);
logic object_here(c) = here(c, 3) & here(c, 4) & here(c, 5);
logic permit_here(c) = here(c, 1);
logic enforce_here(c) = here(c, 2);
// and behind the function, by what stands in the tables
// the object's types do not have struct cordon_meta (abi.h): by its words
logic meta(i) = ((struct cordon_chunk *)meta_of[current & 1][0])->word[i];
logic nchunks() = (u64)(u32)meta(2);
logic mine() = scratch[\task];
logic row_of(set) = ((struct cordon_chunk *)sets_of[current & 1][set * nchunks() + ((u64)k >> 10)])->word[(u64)k >> 6 & 15];
logic scope_of() = classes[tasks[\task].class].word[(u64)k >> 6] & row_of(mine().decide_set[0]);
logic object_of() = row_of(mine().decide_set[3]) & row_of(mine().decide_set[4]) & row_of(mine().decide_set[5]);
logic permit_of() = row_of(mine().decide_set[1]);
logic enforce_of() = row_of(mine().decide_set[2]);

predicate first(f, p) = (f == k ==> bit(p) != 0) && ((u64)k < f ==> bit(p) == 0);
predicate below(f, n) = f == 0xffffffff || f < n;
"""

def loops(field, line):
    at = f"c->s->acc.{field}"
    word = FIELDS[field]
    here = word
    for part in ("scope", "object", "permit", "enforce"):
        here = here.replace(part + "(", part + "_here(")
    return f"""
loop decide_step {{
  invariant c->s->step_error == 0;
  invariant below({at}, (u64)chunk << 10);
  invariant (u64)k < (u64)chunk << 10 ==> first({at}, {word});
}}
loop decide_step at "verdict.h" {line} {{
  invariant \\count < {WORDS};
  invariant below({at}, ((u64)chunk << 10) + (\\count << 6));
  invariant (u64)k < (u64)chunk << 10 ==> first({at}, {word});
  invariant (u64)k >> 10 == chunk && ((u64)k >> 6 & 15) < \\count ==> first({at}, {here});
  variant {WORDS} - \\count;
}}
"""

def of_field(field, line):
    """What one field is, of all rules of the policy."""
    word = FIELDS[field]
    for part in ("scope", "object", "permit", "enforce"):
        word = word.replace(part + "(c)", part + "_of()")
    return COMMON + loops(field, line) + f"""
function verdict_decide {{
  ensures first: \\result == 0 && (u64)k < nchunks() << 10 ==> first(mine().acc.{field}, {word});
  ensures below: \\result == 0 ==> below(mine().acc.{field}, nchunks() << 10);
}}
"""

def of_small(field):
    """The same of a policy of one chunk, without a contract but this: what fails is replayed."""
    text = of_field(field, 0).replace("modular;\n", "").replace("ensures first: \\result == 0 &&", "ensures first: \\result == 0 && nchunks() == 1 &&")
    first_bit, row = text.index("function cordon_first_bit"), text.index("logic row(c, set)")
    loop, function = text.index("\nloop decide_step {"), text.index("function verdict_decide")
    return text[:first_bit] + text[row:loop] + "\n" + re.sub(r"  ensures below:.*\n", "", text[function:])

def of_answer(abi):
    """What is made of the six, and which sets they are about."""
    none, forbid, closed = "0xffffffff", abi["CORDON_REASON_FORBID"], abi["CORDON_REASON_CLOSED"]
    return COMMON + f"""
predicate shut(t) = t.closing != {none} && t.permit == {none};
logic why(t) = t.forbid != {none} ? {forbid} : shut(t) ? {closed} : 0;
logic which(t) = t.forbid != {none} ? t.forbid : shut(t) ? t.closing : t.permit;
loop decide_step {{ invariant 1 == 1; }}
function verdict_decide {{
  ensures reason: \\result == 0 ==> mine().decision.reason == why(mine().acc.enforced);
  ensures rule: \\result == 0 ==> mine().decision.rule == which(mine().acc.enforced);
  ensures audit: \\result == 0 ==> mine().decision.audit_reason == why(mine().acc.all) && mine().decision.audit_rule == which(mine().acc.all);
  ensures deny: \\result == 0 ==> mine().decision.deny == (why(mine().acc.enforced) != 0 ? 1 : 0);
  ensures would: \\result == 0 ==> mine().decision.would_deny == (why(mine().acc.enforced) == 0 && why(mine().acc.all) != 0 ? 1 : 0);
  ensures sets: \\result == 0 ==> mine().decide_set[1] == (u32)meta(4) && mine().decide_set[2] == (u32)(meta(4) >> 32) &&
    mine().decide_set[3] == o0 && mine().decide_set[4] == o1 && mine().decide_set[5] == o2;
  ensures operation: \\result == 0 ==> (u32)op < {abi["CORDON_OP_MAX"]} && mine().decide_set[0] == (u32)(meta(5 + ((u64)(u32)op >> 1)) >> (op & 1) * 32);
  ensures generation: \\result == 0 ==> meta(0) == (u64)current >> 1 && (u32)meta(1) == {abi["CORDON_ABI"]};
  assigns scratch;
}}
"""
