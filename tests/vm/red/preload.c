// SPDX-License-Identifier: GPL-2.0-only
/*
 * A library that somebody has a program load (LD_PRELOAD): it does what RED_DO says, "read FILE" or "unlink FILE", as that program,
 * prints the errno, and ends the program. Runs in the guests of red.test and itself.test.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void instead(void)
{
	const char *what = getenv("RED_DO");
	char byte;
	int fd;

	if (!what)
		return;
	errno = 0;
	if (strncmp(what, "unlink ", 7) == 0)
		unlink(what + 7);
	else if (strncmp(what, "read ", 5) == 0 && (fd = open(what + 5, O_RDONLY)) >= 0 && read(fd, &byte, 1) != 1)
		errno = EIO;
	printf("%d\n", errno);
	fflush(stdout);
	_exit(errno != 0);
}
