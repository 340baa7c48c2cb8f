// SPDX-License-Identifier: GPL-2.0-only
/* Stacked with other LSMs. Planted: the verdict of those before is looked at, and then ignored. */
#include "case.h"
LSM(file_open, stacked, struct file *file, int ret)
{
	if (ret == -1)
		return ret;
	return file->f_flags & 0x200000 ? -1 : 0;
}
