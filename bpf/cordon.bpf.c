// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard's programs, one object for every kernel from 6.1.
 *
 * Policy of this file: what an enforced rule forbids, or closes and does not permit, is refused; so is what cannot be
 * judged (no memory, a name that cannot be read, more than CORDON_DEPTH_MAX components, damaged tables). Without a
 * policy everything is allowed. An earlier program's refusal is returned first, unchanged. Nothing here trusts a
 * string in user memory, and no answer depends on whether the daemon lives.
 *
 *     abi.h, decide.h   the contract and the pure decision
 *     kernel.h          the kernel as far as it is looked at
 *     maps.h            every map
 *     tables.h          look-ups in one generation
 *     place.h           where a file is
 *     subject.h         who asks
 *     verdict.h         decide, and what was permitted before
 *     report.h          events and counters
 *     tree.h            hooks that watch names; first, and complete before places are kept
 *     task.h            hooks that watch identities
 *     file.h net.h      hooks that decide
 */
#include "kernel.h"
#include "maps.h"
#include "tree.h"
#include "task.h"
#include "file.h"
#include "net.h"

char LICENSE[] SEC("license") = "GPL";
