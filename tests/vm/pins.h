/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guard in force, for programs that look at its tables or write to them. Who cannot have what he asks for ends, with status 1.
 */
#ifndef PINS_H
#define PINS_H

#include <bpf/bpf.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#define PINS "/sys/fs/bpf/cordon/"

static inline int open_pin(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), PINS "maps/%s", name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static inline uint64_t cookie_of(int fd)
{
	uint64_t cookie;
	socklen_t size = sizeof(cookie);

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size))
		err(1, "SO_COOKIE");
	return cookie;
}

#endif
