/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policy -> image: atoms, sets, automata, tables (cordon/abi.h). The same policy and mount table give the same
 * image, byte for byte.
 */
#ifndef POLICY_COMPILE_H
#define POLICY_COMPILE_H

#include "policy/image.h"
#include "policy/mounts.h"
#include "policy/policy.h"

#define COMPILE_STATES_MAX    262144u /* of the automaton over names */
#define COMPILE_ROWS_MAX      262144u /* of the automaton over bytes */
#define COMPILE_NAMES_MAX     1048576u
#define COMPILE_SETS_MAX      262144u
#ifndef COMPILE_POSITIONS_MAX /* smaller for the fuzzer, which looks for faults and not for scale */
#define COMPILE_POSITIONS_MAX (32u << 20) /* work memory, in words of 4 bytes */
#endif

/*
 * 0, or -E2BIG when a limit is passed (the message names the rule and the limit), -ENOMEM. The image does not
 * refer to @policy or @mounts afterwards.
 */
int policy_compile(const struct policy *policy, const struct mount_table *mounts, struct image **ret_image,
		   struct diag *diag);

#endif
