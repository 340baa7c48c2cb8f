/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ui: colours, where they may be: only on a terminal, never with NO_COLOR.
 */
#ifndef CLI_UI_H
#define CLI_UI_H

#include <stdbool.h>
#include <stdio.h>

enum ui_style { UI_PLAIN, UI_GOOD, UI_WARN, UI_BAD, UI_DIM, UI_BOLD };

bool ui_colour(FILE *out);

/* The escape sequence of a style on that stream, "" where there are no colours. ui_off() ends it. */
const char *ui_on(FILE *out, enum ui_style style);
const char *ui_off(FILE *out);

/* The colour's name for libsmartcols, NULL where there are none. */
const char *ui_scols(FILE *out, enum ui_style style);

/* Text that came from elsewhere, with control characters shown as ?: it must not drive the terminal. In place. */
char *ui_tame(char *text);

#endif
