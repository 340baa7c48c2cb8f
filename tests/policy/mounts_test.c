/* SPDX-License-Identifier: GPL-2.0-only */
/* mountinfo: what is read of a line, and which lines refuse the whole table. */
#include <errno.h>

#include "policy/mounts.h"
#include "tap.h"

static const char good[] =
	"22 27 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n"
	"27 1 8:1 / / rw,relatime shared:1 master:2 - ext4 /dev/sda1 rw,discard\n"
	"60 27 259:1048575 /a\\040b /mnt/with\\040space\\134and\\011tab rw - xfs /dev/nvme0n1p1 rw\n"
	"61 27 0:4 net:[4026531840] /run/netns/blue rw - nsfs nsfs rw\n";

static void check_good(struct tap *tap)
{
	struct mount_table *t = NULL;
	int err = mount_table_parse(good, strlen(good), &t, NULL);

	tap_ok(tap, !err && t->n == 4, "four mounts");
	if (err)
		return;
	tap_ok(tap, t->mounts[0].dev == 20 && !strcmp(t->mounts[0].type, "sysfs"), "device and type");
	tap_ok(tap, t->mounts[1].dev == (8u << 20 | 1) && !strcmp(t->mounts[1].point, "/"), "any number of optional fields");
	tap_ok(tap, t->mounts[2].dev == (259u << 20 | 1048575), "the largest minor");
	tap_same(tap, t->mounts[2].root, "/a b", "escapes in the root");
	tap_same(tap, t->mounts[2].point, "/mnt/with space\\and\ttab", "escapes in the mount point");
	tap_same(tap, t->mounts[3].root, "net:[4026531840]", "a root that is no path");
	mount_table_free(t);
}

static const struct { const char *text, *said; } bad[] = {
	{ "", "mountinfo: error: no mounts" },
	{ "\n", "mountinfo:1:1: error: not a line of mountinfo: no mount id" },
	{ "x 1 8:1 / / rw - ext4 d rw\n", "mountinfo:1:3: error: not a line of mountinfo: no mount id" },
	{ "1\n", "mountinfo:1:2: error: not a line of mountinfo: no parent mount id" },
	{ "1 1 8 / / rw - ext4 d rw\n", "mountinfo:1:7: error: not a line of mountinfo: no device number" },
	{ "1 1 4096:1 / / rw - ext4 d rw\n", "mountinfo:1:12: error: not a line of mountinfo: no device number" },
	{ "1 1 8:1048576 / / rw - ext4 d rw\n", "mountinfo:1:15: error: not a line of mountinfo: no device number" },
	{ "1 1 8:1\n", "mountinfo:1:8: error: not a line of mountinfo: no root" },
	{ "1 1 8:1 /\\04 / rw - ext4 d rw\n", "mountinfo:1:14: error: not a line of mountinfo: a wrong escape in the root" },
	{ "1 1 8:1 /\\000 / rw - ext4 d rw\n", "mountinfo:1:15: error: not a line of mountinfo: a wrong escape in the root" },
	{ "1 1 8:1 / mnt rw - ext4 d rw\n",
	  "mountinfo:1:15: error: not a line of mountinfo: the mount point is no absolute path" },
	{ "1 1 8:1 / / rw shared:1 ext4 d rw\n",
	  "mountinfo:1:34: error: not a line of mountinfo: no '-' after the optional fields" },
	{ "1 1 8:1 / / rw -\n", "mountinfo:1:17: error: not a line of mountinfo: no file system type" },
	{ "1 1 8:1 / / rw - ext4 d rw", "mountinfo:1: error: the last line has no end" },
	{ "1 1 8:1 / / rw - ext4 d rw\n2 1 8:1 / /x rw\n",
	  "mountinfo:2:16: error: not a line of mountinfo: no '-' after the optional fields" },
};

static void check_bad(struct tap *tap)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mount_table *t = NULL;
		struct diag diag;
		char *said;
		int err;

		diag_init(&diag);
		err = mount_table_parse(bad[i].text, strlen(bad[i].text), &t, &diag);
		said = tap_said(&diag);
		tap_same(tap, said, bad[i].said, bad[i].said);
		tap_ok(tap, err == -EINVAL && !t, "and there is no table");
		free(said);
		diag_done(&diag);
	}
}

static void check_system(struct tap *tap)
{
	struct mount_table *t = NULL;
	struct diag diag;
	bool root = false;
	char *said;

	diag_init(&diag);
	if (!mount_table_read("/proc/self/mountinfo", &t, &diag))
		for (size_t i = 0; i < t->n; i++)
			root |= !strcmp(t->mounts[i].point, "/");
	tap_ok(tap, root, "this system's table has a mount at /");
	mount_table_free(t);
	t = NULL;
	tap_ok(tap, mount_table_read("/proc/self/no-such-file", &t, &diag) == -ENOENT && !t, "a file that is not there");
	said = tap_said(&diag);
	tap_same(tap, said, "/proc/self/no-such-file: error: cannot open it: No such file or directory", "its message");
	free(said);
	diag_done(&diag);
}

int main(void)
{
	struct tap tap = { 0 };

	check_good(&tap);
	check_bad(&tap);
	check_system(&tap);
	return tap_end(&tap);
}
