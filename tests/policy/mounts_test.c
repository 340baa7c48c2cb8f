/* SPDX-License-Identifier: GPL-2.0-only */
/* The mount table: what the kernel writes is understood, what it never writes is refused. */
#include <errno.h>

#include "../tap.h"
#include "policy/mounts.h"

static void table(void)
{
	static const char text[] = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
				   "23 22 0:5 / /dev rw,nosuid shared:2 master:3 - devtmpfs udev rw\n"
				   "40 22 259:65536 /a\\040b /mnt/x\\011y\\012z\\134w ro - xfs /dev/nvme rw\n"
				   "41 22 0:4 net:[4026531840] /run/netns/x rw - nsfs nsfs rw\n"
				   "42 22 0:50 / /mnt/\\303\\251 rw - fuse.sshfs - rw\n";
	struct mount_table *t = NULL;

	CHECK(mount_table_parse(text, strlen(text), &t, NULL) == 0);
	CHECK(t->n == 5);
	CHECK(t->mounts[0].dev == (8u << 20 | 1) && t->mounts[1].dev == 5 && t->mounts[2].dev == (259u << 20 | 65536));
	SAME(t->mounts[0].root, "/");
	SAME(t->mounts[0].point, "/");
	SAME(t->mounts[0].type, "ext4");
	SAME(t->mounts[1].point, "/dev");
	SAME(t->mounts[1].type, "devtmpfs");
	SAME(t->mounts[2].root, "/a b");
	SAME(t->mounts[2].point, "/mnt/x\ty\nz\\w");
	SAME(t->mounts[3].root, "net:[4026531840]");
	SAME(t->mounts[4].point, "/mnt/\303\251");
	SAME(t->mounts[4].type, "fuse.sshfs");
	mount_table_free(t);
}

static void own(void)
{
	struct mount_table *t = NULL;
	int roots = 0;

	CHECK(mount_table_read("/proc/self/mountinfo", &t, NULL) == 0);
	for (size_t i = 0; i < t->n; i++)
		roots += strcmp(t->mounts[i].point, "/") == 0;
	CHECK(roots >= 1);
	mount_table_free(t);
	mount_table_free(NULL);
}

static void refused(const char *text, size_t size, unsigned line, const char *message)
{
	struct mount_table *t = NULL;
	struct diag diag;

	diag_init(&diag);
	printf("# want: %s\n", message);
	CHECK(mount_table_parse(text, size, &t, &diag) == -EINVAL && !t && diag.n == 1);
	SAME(diag.entries[0].message, message);
	CHECK(diag.entries[0].pos.line == line);
	diag_done(&diag);
}

#define GOOD "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
#define NOT  "not a line of mountinfo: "

static void lines(void)
{
	static const struct { const char *text, *message; } bad[] = {
		{ GOOD "\n", NOT "no mount id" },
		{ GOOD "x 1 8:1 / / rw - ext4 d rw\n", NOT "no mount id" },
		{ GOOD "22 -1 8:1 / / rw - ext4 d rw\n", NOT "no parent mount id" },
		{ GOOD "22 1 8 / / rw - ext4 d rw\n", NOT "no device number" },
		{ GOOD "22 1 8:1x / / rw - ext4 d rw\n", NOT "no device number" },
		{ GOOD "22 1 4096:1 / / rw - ext4 d rw\n", NOT "no device number" },
		{ GOOD "22 1 8:1048576 / / rw - ext4 d rw\n", NOT "no device number" },
		{ GOOD "22 1 8:1\n", NOT "no root" },
		{ GOOD "22 1 8:1 /\n", NOT "no mount point" },
		{ GOOD "22 1 8:1 / / \n", NOT "no mount options" },
		{ GOOD "22 1 8:1 /\\04 / rw - ext4 d rw\n", NOT "a wrong escape in the root" },
		{ GOOD "22 1 8:1 /\\089 / rw - ext4 d rw\n", NOT "a wrong escape in the root" },
		{ GOOD "22 1 8:1 /\\000 / rw - ext4 d rw\n", NOT "a wrong escape in the root" },
		{ GOOD "22 1 8:1 /\\777 / rw - ext4 d rw\n", NOT "a wrong escape in the root" },
		{ GOOD "22 1 8:1 / x rw - ext4 d rw\n", NOT "the mount point is no absolute path" },
		{ GOOD "22 1 8:1 /  / rw - ext4 d rw\n", NOT "no mount point" },
		{ GOOD "22 1 8:1 / / rw shared:1 ext4 d rw\n", NOT "no '-' after the optional fields" },
		{ GOOD "22 1 8:1 / / rw -\n", NOT "no file system type" },
		{ GOOD "22 1 8:1 / / rw - ext4 d rw", "the last line has no end" },
	};
	static const char nul[] = GOOD "22 1 8:1 / /a\0b rw - ext4 d rw\n";

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i].text, strlen(bad[i].text), 2, bad[i].message);
	refused(nul, sizeof(nul) - 1, 2, "a NUL byte");
	refused("", 0, 0, "no mounts");
}

static void missing(void)
{
	struct mount_table *t = NULL;
	struct diag diag;

	diag_init(&diag);
	CHECK(mount_table_read("/nonexistent", &t, &diag) == -ENOENT && !t);
	SAME(diag.entries[0].message, "cannot open it: No such file or directory");
	CHECK(mount_table_read("/", &t, &diag) == -EISDIR && !t);
	diag_done(&diag);
}

static const struct tap_case cases[] = {
	{ "devices, roots, points, escapes", table },
	{ "this process's mounts", own },
	{ "a wrong line refuses the table", lines },
	{ "a table that cannot be read", missing },
};

TAP_MAIN(cases)
