/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * why3: verification conditions as WhyML, and what Why3 says of them.
 */
#ifndef PROVE_WHY3_H
#define PROVE_WHY3_H

#include "common/buf.h"
#include "prove/check.h"

/* One condition as a WhyML file. Makes terms only when verdict_goal() has not been asked for this one before. -ENOMEM. */
int why3_text(struct sym *s, enum prop prop, uint32_t clause, const char *title, struct buf *out);
int why3_write_file(const char *path, const char *text, size_t len);
/* why3.conf with z3 and cvc5, and the driver of cvc5, into dir. -errno. */
int why3_write_config(const char *dir);

/*
 * Put each condition that was judged to Why3, with z3 and with cvc5. What holds stays so only if one of them says Valid,
 * and none that it is not; what fails must not be Valid. A contradiction makes the verdict unknown, with `disagree` set.
 */
void why3_confirm(const struct check_run *run, struct proof *p);

#endif
