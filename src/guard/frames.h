/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * frames: the program that judges what tunnels send, and frames of packet sockets (bpf/frame.h), at the devices of this network namespace,
 * and the promise to the hooks that it is there (cordon_state.frames). Only while the policy in force has rules about `reach`; loaded
 * then, and not with the others. At every device, and with the promise, only while the policy permits somebody packet sockets by name;
 * else at every one but the loopback device, by which no tunnel leads out.
 *
 * The promise names the state of the list of devices that it was made for; the kernel counts its changes, and a hook that finds
 * another count takes the destination for unknown. So a new device is never sent to unseen, whatever becomes of the daemon, and
 * what is to be done about it may take its time. The links are pinned below frames/ in the set (pin.h).
 *
 * For tunnels there is no promise: what goes by a new device before the daemon has seen it is not judged.
 *
 * Devices of other network namespaces have no program: packet sockets there have unknown destinations, and what a tunnel sends there is
 * judged where it leaves this one.
 */
#ifndef GUARD_FRAMES_H
#define GUARD_FRAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/diag.h"
#include "guard/guard.h"

#define FRAMES_PROGRAM "cordon_frame"

enum frames_want {
	FRAMES_NONE,
	FRAMES_TUNNELS, /* what tunnels send is judged */
	FRAMES_ALL,	/* and frames of packet sockets are */
};

struct frames_device {
	unsigned index;
	char name[16];
	bool judged; /* the program is attached to it, or need not be */
};

/* What is, as the kernel says. */
struct frames {
	enum frames_want wanted; /* by the policy in force */
	bool able;		 /* this kernel has links to devices */
	bool held;		 /* every device that is to have it has the program, and the hooks know */
	struct frames_device *devices; /* of the caller's network namespace, when it is wanted and able */
	size_t n;
};

/*
 * Bring it about: as the policy in force wants it, for the devices that there are. Nothing to do is quickly found, unless `again`:
 * then every link is looked at. 0; -EOPNOTSUPP: FRAMES_ALL, and this kernel cannot; -errno: not every device has the program. In both
 * cases destinations of packet sockets are unknown, as without it. Where this kernel cannot, what tunnels send is not judged: that is
 * known of the kernel (feature.h), and no error.
 */
int frames_settle(struct guard *guard, bool again, struct diag *diag);

/* Look. 0 or -errno. */
int frames_read(const struct guard *guard, struct frames *ret_frames);
void frames_done(struct frames *frames);

#endif
