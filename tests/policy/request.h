/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests as people write them, for the case files:
 *
 *     user=1000 groups=1000,2500 unit=/user.slice exe=/usr/bin/cat      (the rest of a subject may be left out)
 *     real=1000 login=1000|unset session=ssh|console|service|other|? from=/usr/sbin/sshd,/usr/bin/bash
 *         user= sets real= as well; from= are the programs of those it comes from
 *
 *     read PATH | write PATH | append PATH | exec PATH | create PATH | delete PATH | attributes PATH
 *     connect PATH | connect unix:@NAME
 *         PATH: as it is seen through the mount table; @MAJOR:MINOR/PATH: inside a file system;
 *         + stands for a space; ?: a place that cannot be known; nameless: a memfd, a pipe; foreign PATH: mounted by a user namespace
 *     reach ADDRESS PORT tcp|udp|NUMBER      reach ?      the same with bind and accept
 *     reach vsock:CID PORT                   the same with bind and accept
 *     socket FAMILY TYPE PROTOCOL            words or numbers
 *     use NUMBER | operate NUMBER            of a capability, of enum cordon_kernel_operation
 */
#ifndef TESTS_REQUEST_H
#define TESTS_REQUEST_H

#include "policy/image.h"
#include "policy/mounts.h"

#define REQUEST_TEXT   512
#define REQUEST_GROUPS 8
#define REQUEST_LINE   4

struct request {
	struct image_subject subject;
	struct image_object object;
	/* what they point to */
	uint32_t gids[REQUEST_GROUPS];
	struct image_program line[REQUEST_LINE];
	char line_text[REQUEST_LINE][REQUEST_TEXT];
	char cgroup[REQUEST_TEXT], program[REQUEST_TEXT], path[REQUEST_TEXT];
};

/* NULL, or what is wrong with the text. Texts are changed. A request must stay where it is. */
const char *request_init(struct request *request, const struct mount_table *mounts);
const char *request_subject(struct request *request, const struct mount_table *mounts, char *text);
const char *request_object(struct request *request, const struct mount_table *mounts, char *text);

#endif
