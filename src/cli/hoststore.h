/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hoststore: the table of host names as JSON: on disk beside the policy, from the compiler to the daemon, to `status`.
 *
 *     {"version":1,"now":MS,"hosts":[{"name":"www.example.org","keeps":false,"full":false,"known":true,"age":MS,"due":MS,"failures":0,
 *       "error":"","held":["192.0.2.1"],"leaving":[{"address":"192.0.2.2","left":MS}],"past":[]}]}
 *
 * Times are relative to `now`, when it was written. What comes from disk is of another time: its addresses are held, those that were
 * leaving stay the shortest grace, and every name is due.
 */
#ifndef CLI_HOSTSTORE_H
#define CLI_HOSTSTORE_H

#include <jansson.h>

#include "common/diag.h"
#include "policy/hosts.h"

/* New JSON; NULL: no memory. */
json_t *hosts_to_json(const struct hosts *hosts, int64_t now);

/* -EBADMSG: it is no table; *ret_hosts is untouched then. @disk: it comes from there, and is taken as if written now. */
int hosts_from_json(const json_t *json, int64_t now, bool disk, struct hosts *ret_hosts);

int hosts_save(const struct hosts *hosts, const char *folder, int64_t now, struct diag *diag);

/* -ENOENT: there is none; -EACCES: not for you. */
int hosts_load(const char *folder, int64_t now, struct hosts *ret_hosts, struct diag *diag);

/* "192.0.2.1", "2001:db8::1" */
#define HOST_TEXT 48
void host_address_text(const uint8_t addr[16], char text[HOST_TEXT]);

#endif
