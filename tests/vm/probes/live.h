/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy changes while sockets are open and a task has been asked: the answer must change with it, for the same
 * task, file and socket, both ways.
 */
#ifndef PROBE_LIVE_H
#define PROBE_LIVE_H

#define LIVE_FIRST_PORT 32000
#define LIVE_PORTS      3

/*
 * As user 3045: an open connection to 10.99.0.3, one that came from there, a UDP socket, a file. Asked once; then `cordon apply closed`, asked
 * again; then `cordon apply open`, asked a third time. Without policies (the bare stage) all is allowed. Prints lines
 * as a stage does; returns 0, or 1 when a policy could not be applied.
 */
int run_live(const char *stage, const char *closed, const char *open);

#endif
