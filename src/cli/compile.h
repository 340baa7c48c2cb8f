/* SPDX-License-Identifier: GPL-2.0-only */
/* compile: policy texts -> image, over the first process's mount table and this machine's users and groups. */
#ifndef CLI_COMPILE_H
#define CLI_COMPILE_H

#include "cli/bundle.h"
#include "common/diag.h"
#include "policy/image.h"
#include "policy/mounts.h"
#include "policy/hosts.h"
#include "policy/policy.h"

/* The first process's: the daemon may live in a mount namespace of its own. */
#define COMPILE_MOUNTS "/proc/1/mountinfo"

/* What to make of host names. */
struct compile_names {
	struct hosts *hosts; /* what they hold; those of the policy are added, and become its own in what they keep */
	bool ask;	     /* those that hold nothing are asked for now: this waits (lookup.h) */
	bool told;	     /* a warning for each that holds nothing */
	bool askers;	     /* a warning when the policy refuses the guard's own questions (askers.h) */
	bool must;	     /* an error where a rule refuses by one that holds nothing */
};

/* Every fault of every file goes to diag; any fault is a refusal. A bundle without files is one, and so is a rule that the
 * programs do not enforce. @names may be NULL: host names hold nothing, and nothing is said of it. */
int compile_bundle(const struct bundle *bundle, const struct compile_names *names, struct image **ret_image, struct diag *diag);

/* The same, with what the image was made of. */
struct compiled {
	struct policy *policy;
	struct mount_table *mounts;
	struct image *image;
};

int compile_all(const struct bundle *bundle, const struct compile_names *names, struct compiled *ret_compiled, struct diag *diag);
void compiled_done(struct compiled *compiled);

#endif
