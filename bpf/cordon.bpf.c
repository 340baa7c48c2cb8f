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
 * The hooks, small and many:
 *     tree.h            hooks that watch names; first, and complete before places are kept
 *     subject.h task.h  who asks, kept with the task; hooks that watch identities
 *     kept.h            where a file is, kept with the inode
 *     ask.h             how a hook asks the core
 *     file.h names.h under.h command.h net.h accept.h sctp.h number.h unix.h  hooks that decide
 * The core, one program for all of them:
 *     tables.h          look-ups in one generation
 *     place.h           where a file is
 *     line.h            the programs it comes from
 *     owner.h groups.h class.h who.h   who asks
 *     verdict.h         decide
 *     report.h          events and counters
 *     core_file.h core_move.h core_net.h core_number.h core.h  a request from end to end
 * At the packet:
 *     recent.h          who sends again what was permitted
 *     wire.h            the true destination of what leaves, against what its sender was permitted
 *     packet.h frame.h  the same of frames that packet sockets make, device by device
 */
#include "kernel.h"
#include "maps.h"
#include "tree.h"
#include "task.h"
#include "file.h"
#include "net.h"
#include "sctp.h"
#include "names.h"
#include "under.h"
#include "unix.h"
#include "command.h"
#include "number.h"
#include "core.h"

char LICENSE[] SEC("license") = "GPL";
