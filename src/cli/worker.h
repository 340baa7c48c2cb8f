/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worker: a policy compiled in a process of its own, so that the daemon's loop never waits for it, its memory returns when it
 * is done, and a compiler that dies takes nothing with it.
 *
 *     worker_start()           forks; the child compiles and leaves image, host names and diagnostics in memory files
 *     (the child has ended)    by sd-event, or by worker_wait()
 *     worker_finish()          takes them; any end of the child but a good one is a refusal
 *
 * The image comes back as plain arrays with their counts; they are checked against each other before they are believed.
 */
#ifndef CLI_WORKER_H
#define CLI_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/bundle.h"
#include "common/diag.h"
#include "policy/hosts.h"
#include "policy/image.h"

/* What says whether two images are the same, without keeping them. Against change, not against attack. */
struct worker_print {
	uint64_t low, high;
};

struct worker {
	pid_t pid; /* 0: none */
	int image, said, names;
};

#define WORKER_INIT ((struct worker){ .image = -1, .said = -1, .names = -1 })

struct worker_task {
	const struct bundle *bundle; /* NULL: a policy without rules, that allows everything */
	bool audit;		     /* every rule is made an audit rule */
	const struct hosts *hosts;   /* what host names hold; the child has its own copy. NULL: nothing is known */
	bool ask;		     /* as in struct compile_names, and then `must`, too */
	bool told;		     /* the same, and then `askers`, too */
};

/* What it comes to. */
struct worker_result {
	struct image *image;
	struct worker_print print;
	struct hosts hosts; /* the names of the policy and what they held when it was compiled */
};

void worker_result_done(struct worker_result *result);

int worker_start(struct worker *ret_worker, const struct worker_task *task, struct diag *diag);

/* The wait status of its end. */
int worker_wait(struct worker *worker);

/* `status`: as of waitpid(2). Releases the worker, whatever the answer. */
int worker_finish(struct worker *worker, int status, struct worker_result *ret_result, struct diag *diag);

/* End it and release it. */
void worker_cancel(struct worker *worker);

/* An image to and from a file; for worker.c and its test. -EBADMSG: it is not one. The print is made by the writer. */
int worker_write_image(int fd, const struct image *image);
int worker_read_image(int fd, struct image **ret_image, struct worker_print *ret_print);

#endif
