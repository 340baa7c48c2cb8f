/* SPDX-License-Identifier: GPL-2.0-only */
/* The reference decision over an image, and the image's end. */
#include "policy/image.h"

#include <errno.h>
#include <stdlib.h>

#include "common/arena.h"
#include "policy/facts.h"

int image_evaluate(const struct image *image, const struct image_subject *subject, const struct image_object *object,
		   struct cordon_decision *ret_decision)
{
	const struct cordon_meta *meta = &image->meta;
	struct cordon_accumulator acc;
	struct cordon_decision decision;
	struct facts facts;
	int err;

	/* What has no place has no rules about what is done with it, but that it is run. */
	if (object->nameless && object->op < CORDON_OP_COUNT && object->op != CORDON_OP_EXEC &&
	    CORDON_OPS_FILE >> object->op & 1) {
		*ret_decision = (struct cordon_decision){ .rule = CORDON_RULE_NONE, .audit_rule = CORDON_RULE_NONE };
		return 0;
	}
	err = facts_gather(&facts, image, subject, object);
	cordon_decide_init(&acc);
	for (size_t w = 0; !err && w < facts_nwords(image); w++) {
		cordon_decide_word(&acc, facts_words(&facts, FACTS_SUBJECT, w),
				   facts_set_word(&facts, meta->op[object->op], w),
				   facts_words(&facts, ~FACTS_SUBJECT, w), facts_set_word(&facts, meta->permit, w),
				   facts_set_word(&facts, meta->enforce, w), (uint32_t)w * 64);
		err = facts.err;
	}
	facts_done(&facts);
	cordon_decide_result(&acc, &decision);
	if (!err)
		*ret_decision = decision;
	return err;
}

void image_free(struct image *image)
{
	if (!image)
		return;
	free(image->sets);
	free(image->values);
	free(image->prefixes);
	free(image->names);
	free(image->states);
	free(image->bytes);
	free(image->roots);
	arena_done(image->memory);
	free(image->memory);
	free(image);
}
