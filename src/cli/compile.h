/* SPDX-License-Identifier: GPL-2.0-only */
/* compile: policy texts -> image, over the first process's mount table and this machine's users and groups. */
#ifndef CLI_COMPILE_H
#define CLI_COMPILE_H

#include "cli/bundle.h"
#include "common/diag.h"
#include "policy/image.h"
#include "policy/mounts.h"
#include "policy/policy.h"

/* The first process's: the daemon may live in a mount namespace of its own. */
#define COMPILE_MOUNTS "/proc/1/mountinfo"

/* Every fault of every file goes to diag; any fault is a refusal. A bundle without files is one, and so is a rule that the
 * programs do not enforce. */
int compile_bundle(const struct bundle *bundle, struct image **ret_image, struct diag *diag);

/* The same, with what the image was made of. */
struct compiled {
	struct policy *policy;
	struct mount_table *mounts;
	struct image *image;
};

int compile_all(const struct bundle *bundle, struct compiled *ret_compiled, struct diag *diag);
void compiled_done(struct compiled *compiled);

#endif
