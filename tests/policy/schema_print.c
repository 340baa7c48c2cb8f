/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints the schema of policies, for schema.test. */
#include "policy/schema.h"

int main(void)
{
	return policy_schema_write(stdout) ? 1 : 0;
}
