/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decide(): the one place where a request becomes a verdict. Pure, no memory but its arguments; the
 * same text is compiled for BPF, for the host and for the prover.
 *
 *     deny   if an enforced forbid matches
 *     deny   if an enforced permit closes (subject, operation) and no enforced permit matches
 *     allow  otherwise
 *
 * "Matches" is membership in all of: the subject's set, the operation's set, the object's sets. A
 * permit *closes* for a request when the subject and the operation are its own, whatever the object.
 * A rule in mode audit never changes the verdict: the same function runs a second time over all
 * rules as if all were enforced, and where only the second time denies, the event says "would deny".
 *
 * Use: cordon_decide_init(), cordon_decide_word() for every word in ascending order,
 * cordon_decide_result() once.
 */
#ifndef CORDON_DECIDE_H
#define CORDON_DECIDE_H

#include <cordon/abi.h>

#ifndef cordon_inline
#define cordon_inline static inline __attribute__((always_inline))
#endif

/* What is known after some words. Each `first` is an atom number or CORDON_RULE_NONE. */
struct cordon_tally {
	__u32 forbid;  /* first forbid that matches */
	__u32 permit;  /* first permit that matches */
	__u32 closing; /* first permit that closes */
};

struct cordon_decision {
	__u32 rule;       /* atom that decides the enforced verdict, CORDON_RULE_NONE when no rule spoke */
	__u32 audit_rule; /* the same with every rule enforced */
	__u8  deny;       /* 1: refuse */
	__u8  reason;     /* of deny: CORDON_REASON_FORBID or _CLOSED, else 0 */
	__u8  would_deny; /* 1: allowed, but with every rule enforced it would be refused */
	__u8  audit_reason;
};

struct cordon_accumulator {
	struct cordon_tally enforced; /* rules in mode enforce */
	struct cordon_tally all;      /* every rule, as if enforced */
};

/* How cordon_first_bit() is compiled: in BPF as a function of its own, so that the verifier follows its branches once
 * and not at each of six calls. */
#ifndef cordon_function
#define cordon_function cordon_inline
#endif

/* The lowest set bit's number plus `base`; `word` is not 0. A constant number of steps: BPF has no
 * count-trailing-zeros instruction. */
cordon_function __u32 cordon_first_bit(__u64 word, __u32 base)
{
	__u32 n = 0;

	if (!(word & 0xffffffffull)) { n += 32; word >>= 32; }
	if (!(word & 0xffffull)) { n += 16; word >>= 16; }
	if (!(word & 0xffull)) { n += 8; word >>= 8; }
	if (!(word & 0xfull)) { n += 4; word >>= 4; }
	if (!(word & 0x3ull)) { n += 2; word >>= 2; }
	if (!(word & 0x1ull)) n += 1;
	return base + n;
}

cordon_inline void cordon_tally_word(struct cordon_tally *tally, __u64 scope, __u64 object, __u64 permit,
				     __u32 base)
{
	__u64 match = scope & object;

	if (tally->forbid == CORDON_RULE_NONE && (match & ~permit))
		tally->forbid = cordon_first_bit(match & ~permit, base);
	if (tally->permit == CORDON_RULE_NONE && (match & permit))
		tally->permit = cordon_first_bit(match & permit, base);
	if (tally->closing == CORDON_RULE_NONE && (scope & permit))
		tally->closing = cordon_first_bit(scope & permit, base);
}

cordon_inline void cordon_decide_init(struct cordon_accumulator *acc)
{
	acc->enforced.forbid = acc->enforced.permit = acc->enforced.closing = CORDON_RULE_NONE;
	acc->all = acc->enforced;
}

/*
 * One word of 64 atoms: @subject, @op, @object are the request's sets, @permit and @enforce the
 * rules' kinds, @base the number of the word's first atom.
 */
cordon_inline void cordon_decide_word(struct cordon_accumulator *acc, __u64 subject, __u64 op, __u64 object,
				      __u64 permit, __u64 enforce, __u32 base)
{
	__u64 scope = subject & op;

	if (!scope)
		return;
	cordon_tally_word(&acc->all, scope, object, permit, base);
	if (scope & enforce)
		cordon_tally_word(&acc->enforced, scope & enforce, object, permit, base);
}

/* 0 = allow, else the reason; the deciding atom in *ret_rule. */
cordon_inline __u8 cordon_tally_verdict(const struct cordon_tally *tally, __u32 *ret_rule)
{
	if (tally->forbid != CORDON_RULE_NONE) {
		*ret_rule = tally->forbid;
		return CORDON_REASON_FORBID;
	}
	if (tally->closing != CORDON_RULE_NONE && tally->permit == CORDON_RULE_NONE) {
		*ret_rule = tally->closing;
		return CORDON_REASON_CLOSED;
	}
	*ret_rule = tally->permit;
	return 0;
}

cordon_inline void cordon_decide_result(const struct cordon_accumulator *acc, struct cordon_decision *ret_decision)
{
	ret_decision->reason = cordon_tally_verdict(&acc->enforced, &ret_decision->rule);
	ret_decision->audit_reason = cordon_tally_verdict(&acc->all, &ret_decision->audit_rule);
	ret_decision->deny = ret_decision->reason != 0;
	ret_decision->would_deny = !ret_decision->deny && ret_decision->audit_reason != 0;
}

#endif
