/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libFuzzer: any bytes as a policy, and as a mount table. What must hold beside the sanitizers: a refusal says why and
 * hands out nothing; what the parser accepts the compiler can only find too large; nothing is printed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fake.h"
#include "policy/compile.h"

static const char mountinfo[] = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
				"23 22 8:2 / /srv rw - xfs /dev/sda2 rw\n"
				"24 22 8:2 /data /var/lib/webhook rw - xfs /dev/sda2 rw\n"
				"25 22 0:5 / /dev rw - devtmpfs udev rw\n"
				"26 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                              \
	do {                                                                                         \
		if (!(condition)) {                                                                  \
			fprintf(stderr, "not so: %s\n", #condition);                                 \
			abort();                                                                     \
		}                                                                                    \
	} while (0)

static void compile(const struct policy *policy)
{
	struct mount_table *mounts = NULL;
	struct image *image = NULL;
	struct diag diag;
	int err;

	diag_init(&diag);
	MUST(mount_table_parse(mountinfo, sizeof(mountinfo) - 1, &mounts, NULL) == 0);
	err = policy_compile(policy, mounts, &image, &diag);
	if (err) {
		diag_print(&diag, stderr);
		MUST(err == -E2BIG || err == -ENOMEM);
		MUST(diag.n_errors && !image);
	} else {
		MUST(image);
		image_free(image);
	}
	mount_table_free(mounts);
	diag_done(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct policy_text text = { .name = "fuzz.yaml", .text = (const char *)data, .size = size };
	struct mount_table *mounts = NULL;
	struct policy *policy = NULL;
	struct diag diag;
	int err;

	diag_init(&diag);
	err = policy_parse(&text, 1, &fake_resolver, &policy, &diag);
	MUST(err ? !policy && diag.n_errors : policy && !diag.n_errors);
	for (size_t i = 0; i < diag.n; i++)
		MUST(diag.entries[i].message && diag.entries[i].pos.file);
	if (policy)
		compile(policy);
	policy_free(policy);
	diag_done(&diag);
	if (mount_table_parse((const char *)data, size, &mounts, NULL) == 0)
		mount_table_free(mounts);
	return 0;
}
