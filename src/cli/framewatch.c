/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * framewatch: rtnetlink says that a list changed; what it is now is read anew (framewatch.h).
 */
#include "cli/framewatch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guard/frames.h"

struct framewatch {
	struct guard *const *guard;
	framewatch_tell tell;
	void *context;
	sd_event_source *source;
	int error; /* that was said */
};

static void settle(struct framewatch *watch, bool again)
{
	struct diag diag;
	int err;

	diag_init(&diag);
	err = frames_settle(*watch->guard, again, &diag);
	/* Not: that a policy needs none any more. */
	if (err != watch->error && (err || (*watch->guard)->state->frames))
		watch->tell(watch->context, &diag);
	watch->error = err;
	diag_done(&diag);
}

/* What the messages say is not read: some may have been lost (ENOBUFS). */
static int on_devices(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct framewatch *watch = context;
	char message[8192];

	while (recv(fd, message, sizeof(message), MSG_DONTWAIT) >= 0 || errno == ENOBUFS || errno == EINTR)
		;
	settle(watch, false);
	return 0;
}

static int listen_to_kernel(sd_event *loop, struct framewatch *watch)
{
	const struct sockaddr_nl all = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE), err;

	if (fd < 0)
		return -errno;
	err = bind(fd, (const struct sockaddr *)&all, sizeof(all)) < 0 ? -errno : 0;
	if (!err)
		err = sd_event_add_io(loop, &watch->source, fd, EPOLLIN, on_devices, watch);
	if (err < 0) {
		close(fd);
		return err;
	}
	return sd_event_source_set_io_fd_own(watch->source, true);
}

int framewatch_open(sd_event *loop, struct guard *const *guard, framewatch_tell tell, void *context, struct framewatch **ret_watch)
{
	struct framewatch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	watch->guard = guard;
	watch->tell = tell;
	watch->context = context;
	(void)listen_to_kernel(loop, watch); /* without it new devices wait for the next tick, and are refused */
	*ret_watch = watch;
	framewatch_changed(watch);
	return 0;
}

void framewatch_free(struct framewatch *watch)
{
	if (!watch)
		return;
	sd_event_source_unref(watch->source);
	free(watch);
}

void framewatch_changed(struct framewatch *watch)
{
	settle(watch, true);
	malloc_trim(0); /* the program may have been loaded */
}

void framewatch_tick(struct framewatch *watch)
{
	settle(watch, true);
}
