/* SPDX-License-Identifier: GPL-2.0-only */
/* control: one question of a command to the daemon, and its answer on the terminal: what apply and confirm have in common. */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/cli.h"

#define CONTROL_PATIENCE_MS 120000 /* a policy is compiled meanwhile */

struct control {
	const char *socket;  /* NULL: PATH_SOCKET */
	bool json;	     /* print the daemon's answer as it is */
	void (*print)(const json_t *reply, const void *context); /* an answer that says yes, for people */
	const void *context;
};

/* Takes `request` over; NULL: there was no memory for it. What the daemon found fault with goes to standard error. */
enum cli_status control_ask(const struct control *control, json_t *request);

#endif
