/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy language as a JSON Schema (draft-07), for editors. Written from the tables the parser reads by (keys.h, value.h),
 * so it cannot forget a key. It knows shapes and words; whether a user exists or a glob is sound the parser alone says, so
 * what the schema accepts `cordon check` may still refuse. What it refuses is refused.
 */
#ifndef POLICY_SCHEMA_H
#define POLICY_SCHEMA_H

#include <stdio.h>

/* 0, or -EIO when the stream failed, -ENOMEM. */
int policy_schema_write(FILE *out);

#endif
