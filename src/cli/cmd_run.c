/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon run: the daemon. */
#include <unistd.h>

#include "cli/cli.h"
#include "cli/daemon.h"
#include "cli/eventout.h"
#include "cli/paths.h"
#include "say/say.h"

struct values {
	const char *policy_folder, *state_folder, *runtime_folder, *log;
	unsigned long ring;
	bool audit, no_log, foreground, out, journal;
};

static const struct cli_option options[] = {
	{ "policy-dir", 'p', CLI_TEXT, offsetof(struct values, policy_folder), "DIR", "policies (default " PATH_POLICY ")" },
	{ "audit", 'a', CLI_FLAG, offsetof(struct values, audit), NULL, "refuse nothing; report what would be refused" },
	{ "log", 'l', CLI_TEXT, offsetof(struct values, log), "FILE", "events (default " PATH_LOG ")" },
	{ "stdout", 0, CLI_FLAG, offsetof(struct values, out), NULL, "events to standard output, too" },
	{ "journal", 0, CLI_FLAG, offsetof(struct values, journal), NULL, "events to the journal, too, with fields (CORDON_RULE=...)" },
	{ "no-log", 0, CLI_FLAG, offsetof(struct values, no_log), NULL, "write no file of events" },
	{ "state-dir", 0, CLI_TEXT, offsetof(struct values, state_folder), "DIR", "last good policy (default " PATH_STATE ")" },
	{ "runtime-dir", 0, CLI_TEXT, offsetof(struct values, runtime_folder), "DIR", "socket, lock (default " PATH_RUNTIME ")" },
	{ "ring-kib", 0, CLI_NUMBER, offsetof(struct values, ring), "N", "ring buffer of events, a power of two >= 4" },
	{ "foreground", 'f', CLI_FLAG, offsetof(struct values, foreground), NULL, "stay in the foreground (it always does)" },
	{ 0 },
};
static const struct cli_example examples[] = {
	{ "cordon run", "what the systemd unit starts" },
	{ "cordon run --audit --policy-dir ./policies", "see what a policy would refuse" },
	{ "cordon run --no-log --stdout | my-collector", "events to a program; one that is slow loses some" },
	{ "cordon run --no-log --ring-kib 4096", "events in memory only, room for a burst" },
	{ 0 },
};

static const char *or(const char *value, const char *fallback)
{
	return value ? value : fallback;
}

static enum cli_status run(const void *data, size_t n, char **operands)
{
	const struct values *values = data;
	const struct daemon_options daemon = {
		.policy_folder = or(values->policy_folder, PATH_POLICY),
		.state_folder = or(values->state_folder, PATH_STATE),
		.runtime_folder = or(values->runtime_folder, PATH_RUNTIME),
		.log = values->no_log ? NULL : or(values->log, PATH_LOG),
		.journal = values->journal ? EVENTOUT_JOURNAL : NULL,
		.out = values->out,
		.audit = values->audit,
		.ring_size = values->ring << 10,
	};

	if (values->ring && (values->ring < 4 || values->ring > 1ul << 20 || values->ring & (values->ring - 1))) {
		say_trouble("--ring-kib wants a power of two from 4 to 1048576");
		return CLI_USAGE;
	}
	if (geteuid() != 0) {
		say_trouble("needs root");
		return CLI_FAILED;
	}
	return daemon_run(&daemon);
}

const struct cli_command cmd_run = {
	.name = "run",
	.operands = "",
	.summary = "load the guard, or take over the one that is loaded, and serve it (the daemon)",
	.text = "\nIt refuses to start where a clause could not be enforced. Killed, it leaves the guard in force.\n"
		"SIGHUP: read the policy folder again, open the file of events anew. SIGUSR1: the latter alone.\n"
		"Exit status 3: it was told to by `cordon stop`.",
	.options = options,
	.examples = examples,
	.values_size = sizeof(struct values),
	.run = run,
};
