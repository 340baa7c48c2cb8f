/* SPDX-License-Identifier: GPL-2.0-only */
/* See guarded.h. */
#include "guarded.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

void make_folders(char *path)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = 0;
		if (mkdir(path, 0777) < 0 && errno != EEXIST)
			die(path);
	}
}

void copy_program(const char *from, const char *to, mode_t mode)
{
	char buffer[65536], path[512];
	int in = open(from, O_RDONLY | O_CLOEXEC), out;
	ssize_t n;

	snprintf(path, sizeof(path), "%s", to);
	make_folders(path);
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (in < 0 || out < 0)
		die(to);
	while ((n = read(in, buffer, sizeof(buffer))) > 0)
		if (write(out, buffer, (size_t)n) != n)
			die(to);
	close(in);
	close(out);
}

struct guard *start_guard(const struct guard_options *options, struct mount_table **ret_mounts)
{
	struct guard *guard = NULL;
	struct diag diag;

	diag_init(&diag);
	if (mount_table_read("/proc/self/mountinfo", ret_mounts, &diag) || guard_load(options, NULL, &guard, &diag)) {
		diag_print(&diag, stdout);
		die("guard");
	}
	diag_done(&diag);
	return guard;
}

uint32_t device_number(dev_t dev)
{
	return (uint32_t)(major(dev) << 20 | minor(dev));
}
