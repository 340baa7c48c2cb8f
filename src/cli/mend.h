/* SPDX-License-Identifier: GPL-2.0-only */
/* mend: the one line that gives a machine what `doctor` misses. */
#ifndef CLI_MEND_H
#define CLI_MEND_H

#include "common/buf.h"
#include "guard/feature.h"

/* A command or a setting for what is not there (@state is not FEATURE_YES), made of what this machine has now. @needs: the
 * first kernel that has it, "" where that is not known. */
void mend_add(struct buf *out, const char *feature, enum feature_state state, const char *needs);

#endif
