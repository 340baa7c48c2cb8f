/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon version: what this binary is, and which BPF object it carries. */
#include <cordon/abi.h>

#include "cli/cli.h"
#include "guard/object.h"

struct values { bool json; };

static const struct cli_option options[] = {
	{ "json", 0, CLI_FLAG, offsetof(struct values, json), NULL, "print JSON" },
	{ 0 },
};
static const struct cli_example examples[] = {
	{ "cordon version", "version, ABI and hash of the embedded BPF object" },
	{ "cordon version --json", "the same for programs" },
	{ 0 },
};

static enum cli_status run(const void *data, size_t n, char **operands)
{
	const struct values *values = data;

	if (values->json)
		printf("{\"version\":\"" CORDON_VERSION "\",\"abi\":%u,\"object\":\"%s\"}\n", CORDON_ABI, object_hash());
	else
		printf("cordon " CORDON_VERSION "\nabi %u\nobject sha256:%s\n", CORDON_ABI, object_hash());
	return CLI_OK;
}

const struct cli_command cmd_version = {
	.name = "version",
	.operands = "",
	.summary = "print the version of this program and of the BPF object in it",
	.options = options,
	.examples = examples,
	.values_size = sizeof(struct values),
	.run = run,
};
