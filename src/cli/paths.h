/* SPDX-License-Identifier: GPL-2.0-only */
/* paths: where cordon keeps its things, unless told otherwise. */
#ifndef CLI_PATHS_H
#define CLI_PATHS_H

#define PATH_POLICY  "/etc/cordon/policy.d"
#define PATH_RUNTIME "/run/cordon"
#define PATH_STATE   "/var/lib/cordon"
#define PATH_LOG     "/var/log/cordon/events.jsonl"

#define PATH_SOCKET_NAME  "cordon.sock"
#define PATH_SOCKET	  PATH_RUNTIME "/" PATH_SOCKET_NAME
#define PATH_GOOD_NAME	  "policy.json"	 /* text of the last good policy */
#define PATH_PENDING_NAME "pending.json" /* text of a policy on trial, with its deadline */
#define PATH_INFORCE_NAME "inforce.json" /* its rules by atom, with the generation */
#define PATH_HOSTS_NAME   "hosts.json"   /* what the host names of the policy hold */
#define PATH_INFORCE	  PATH_STATE "/" PATH_INFORCE_NAME

#endif
