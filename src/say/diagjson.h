/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diagjson: diagnostics for programs.
 *
 *     [{"severity":"error","file":"a.yaml","line":3,"column":7,"message":"...","hint":"..."}]
 */
#ifndef SAY_DIAGJSON_H
#define SAY_DIAGJSON_H

#include <jansson.h>

#include "common/diag.h"

/* A new array; NULL: no memory. */
json_t *diag_to_json(const struct diag *diag);

/* Add what an array holds; what is not understood is left out. */
void diag_from_json(const json_t *list, struct diag *diag);

#endif
