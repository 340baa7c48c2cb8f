/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * daemon: `cordon run`. One process, one event loop, one thing it alone may do: change the policy in the kernel.
 *
 * At the start: take the lock; compile the policy to begin with; adopt the guard that is pinned, or load one; publish; serve.
 *     the policy to begin with    what was applied by name last, if anything was;
 *                                 else the policy folder; when that has a fault, the last good policy
 *     nothing compiles            what is in force in the kernel stays in force
 * At its end, however it ends: nothing changes in the kernel.
 *
 * A mount or unmount compiles the policy in force anew and publishes it when a table differs. SIGHUP does the same from the
 * policy folder, SIGUSR1 opens the log file anew.
 */
#ifndef CLI_DAEMON_H
#define CLI_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

struct daemon_options {
	const char *policy_folder, *state_folder, *runtime_folder;
	const char *log;     /* events, appended; NULL: none */
	const char *journal; /* events, to this socket; NULL: none */
	bool out;	     /* events, to standard output */
	bool audit;	    /* every rule is an audit rule */
	uint32_t ring_size; /* bytes, 0 = default */
};

/* Exit status of a daemon that was told to stop by `cordon stop`: the unit does not start it again. */
#define DAEMON_STOPPED 3

/* Runs until it is told to end; returns the exit status of the process. */
int daemon_run(const struct daemon_options *options);

#endif
