/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ui: colours (ui.h).
 */
#include "cli/ui.h"

#include <stdlib.h>
#include <unistd.h>

static const struct {
	const char *escape, *name;
} styles[] = {
	[UI_PLAIN] = { "", NULL },
	[UI_GOOD] = { "\033[32m", "green" },
	[UI_WARN] = { "\033[33m", "yellow" },
	[UI_BAD] = { "\033[1;31m", "lightred" },
	[UI_DIM] = { "\033[2m", "darkgray" },
	[UI_BOLD] = { "\033[1m", "bold" },
};

bool ui_colour(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if ((no && *no) || (term && term[0] == 'd' && term[1] == 'u'))
		return false;
	return isatty(fileno(out));
}

const char *ui_on(FILE *out, enum ui_style style)
{
	return ui_colour(out) ? styles[style].escape : "";
}

const char *ui_off(FILE *out)
{
	return ui_colour(out) ? "\033[0m" : "";
}

const char *ui_scols(FILE *out, enum ui_style style)
{
	return ui_colour(out) ? styles[style].name : NULL;
}

char *ui_tame(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
	return text;
}
