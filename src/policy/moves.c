/* SPDX-License-Identifier: GPL-2.0-only */
/* What a new name would gain; see image_moves() in image.h and cordon_node in cordon/abi.h. */
#include "policy/image.h"

#include <errno.h>

#include "policy/facts.h"

/* ---- one object -------------------------------------------------------------------------------- */

/* Denied where it is and not denied where it would be; once as enforced, once as if all rules were. */
static int move_file(const struct image *image, const struct image_subject *subject, struct image_object from,
		     struct image_object to, struct cordon_decision *decision)
{
	for (unsigned op = 0; op < CORDON_OP_COUNT; op++) {
		struct cordon_decision before, after;
		int err;

		if (!(CORDON_OPS_CONTENT >> op & 1))
			continue;
		from.op = to.op = (enum cordon_op)op;
		err = image_evaluate(image, subject, &from, &before);
		if (!err)
			err = image_evaluate(image, subject, &to, &after);
		if (err)
			return err;
		if (!decision->deny && before.deny && !after.deny) {
			decision->deny = 1;
			decision->rule = before.rule;
			decision->reason = before.reason;
		}
		if (!decision->audit_reason && before.audit_reason && !after.audit_reason) {
			decision->audit_rule = before.audit_rule;
			decision->audit_reason = before.audit_reason;
		}
	}
	return 0;
}

/* ---- a directory ------------------------------------------------------------------------------- */

/* The place as sets: every atom that could hold something there or below, every atom that holds all of it. */
struct place {
	uint32_t state, beneath, whole, floating;
	bool known;
};

static struct place place_of(struct facts *facts, const struct image_object *object)
{
	struct place place = { .beneath = CORDON_SET_ALL, .whole = CORDON_SET_NONE, .floating = CORDON_SET_NONE };

	place.state = facts_place(facts, object->dev, object->path, object->unsure, &place.known);
	if (place.known) {
		place.beneath = facts->image->states[place.state].beneath;
		place.whole = facts->image->states[place.state].whole;
		place.floating = facts->image->states[place.state].floating;
	}
	return place;
}

/* The first atom of a word that a move gets around, as a decision's rule and reason. */
static void note(uint64_t forbids, uint64_t permits, uint32_t base, uint32_t *rule, uint8_t *reason)
{
	if (*reason || !(forbids | permits))
		return;
	*reason = forbids ? CORDON_REASON_FORBID : CORDON_REASON_CLOSED;
	*rule = cordon_first_bit(forbids ? forbids : permits, base);
}

static int move_directory(const struct image *image, const struct image_subject *subject,
			  const struct image_object *from, const struct image_object *to,
			  struct cordon_decision *decision)
{
	const struct cordon_meta *meta = &image->meta;
	struct facts facts;
	int err = facts_gather(&facts, image, subject, NULL);
	struct place old = { 0 }, new = { 0 };

	if (!err) {
		old = place_of(&facts, from);
		new = place_of(&facts, to);
		err = facts.err;
	}
	if (err || (old.known && new.known && old.state == new.state)) {
		facts_done(&facts);
		return err;
	}
	for (size_t w = 0; w < facts_nwords(image); w++) {
		uint64_t scope = 0, permit = facts_set_word(&facts, meta->permit, w);
		uint64_t enforce = facts_set_word(&facts, meta->enforce, w), forbids, permits;

		for (unsigned op = 0; op < CORDON_OP_COUNT; op++)
			if (CORDON_OPS_CONTENT >> op & 1)
				scope |= facts_set_word(&facts, meta->op[op], w);
		scope &= facts_words(&facts, FACTS_SUBJECT, w) &
			 ~(facts_set_word(&facts, old.floating, w) & facts_set_word(&facts, new.floating, w));
		forbids = scope & ~permit & facts_set_word(&facts, old.beneath, w) &
			  ~facts_set_word(&facts, new.whole, w);
		permits = scope & permit & facts_set_word(&facts, new.beneath, w) &
			  ~facts_set_word(&facts, old.whole, w);
		if (to->foreign)
			permits &= facts_set_word(&facts, meta->file_foreign, w);
		note(forbids & enforce, permits & enforce, (uint32_t)w * 64, &decision->rule, &decision->reason);
		note(forbids, permits, (uint32_t)w * 64, &decision->audit_rule, &decision->audit_reason);
	}
	decision->deny = decision->reason != 0;
	err = facts.err;
	facts_done(&facts);
	return err;
}

int image_moves(const struct image *image, const struct image_subject *subject, const struct image_object *from,
		const struct image_object *to, bool directory, struct cordon_decision *ret_decision)
{
	struct cordon_decision decision = { .rule = CORDON_RULE_NONE, .audit_rule = CORDON_RULE_NONE };
	int err = directory ? move_directory(image, subject, from, to, &decision) :
			      move_file(image, subject, *from, *to, &decision);

	if (err)
		return err;
	decision.would_deny = !decision.deny && decision.audit_reason;
	*ret_decision = decision;
	return 0;
}
