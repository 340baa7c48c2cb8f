// SPDX-License-Identifier: GPL-2.0-only
/* show_helper: names of the helpers, from the kernel's own list in its user-space header. */
#include <linux/bpf.h>

#include "prove/show_access.h"

#define HELPER_NAME(name) "bpf_" #name

static const char *const helper_names[] = { __BPF_FUNC_MAPPER(HELPER_NAME) };

const char *show_helper_name(int32_t id)
{
	return id > 0 && (size_t)id < sizeof(helper_names) / sizeof(helper_names[0]) ? helper_names[id] : NULL;
}
