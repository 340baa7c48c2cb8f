// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_bpfobj: the reader under libFuzzer with address and undefined-behaviour sanitizers. Also decodes and cuts into
 * blocks what was read, for a reader that hands out nonsense fails there.
 */
#include <stddef.h>
#include <stdint.h>

#include "bpfobj/bpfobj.h"
#include "common/diag.h"
#include "prove/show_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bpfobj_opts opts = { .memory_limit = 64u << 20 };
	struct bpfobj *obj = NULL;
	struct diag diag;

	diag_init(&diag);
	diag.limit = 20;
	if (bpfobj_open_mem(data, size, &opts, &diag, &obj)) {
		if (!diag.n_errors || obj)
			__builtin_trap(); /* refused without saying why */
	} else {
		for (uint32_t i = 0; i < bpfobj_prog_count(obj) && i < 8; i++) {
			struct show_prog sp;

			if (!show_prog_init(&sp, obj, bpfobj_prog(obj, i), &diag))
				show_prog_done(&sp);
		}
	}
	bpfobj_free(obj);
	diag_done(&diag);
	return 0;
}
