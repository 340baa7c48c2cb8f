/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * unload: lift the guard (guard.h). The kernel detaches a link some time after its last pin is gone: "lifted" is said only
 * when the programs are gone. A link gives its id back before it detaches, and its program up afterwards, so it is the
 * programs' ids that are watched.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "guard/guard.h"
#include "guard/pin.h"

#define PROGRAMS_MAX 256
#define WAIT_US	     20000
#define WAIT_TIMES   500 /* 10 s in which not one goes */

struct program_ids {
	uint32_t id[PROGRAMS_MAX];
	size_t n;
};

static void add_program(const char *path, struct program_ids *ids)
{
	struct bpf_link_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && ids->n < PROGRAMS_MAX)
		ids->id[ids->n++] = info.prog_id;
	close(fd);
}

static void read_programs(const char *set, struct program_ids *ids)
{
	char path[PIN_PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/links", set);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		pin_link_path(set, entry->d_name, path);
		add_program(path, ids);
	}
	closedir(dir);
}

/* How many of them the kernel still knows. */
static size_t count_alive(const struct program_ids *ids)
{
	size_t alive = 0;

	for (size_t i = 0; i < ids->n; i++) {
		int fd = bpf_prog_get_fd_by_id(ids->id[i]);

		if (fd < 0)
			continue;
		alive++;
		close(fd);
	}
	return alive;
}

int guard_unload(struct diag *diag)
{
	struct program_ids ids = { .n = 0 };
	size_t alive;
	int err, also;

	read_programs(PIN_SET, &ids);
	read_programs(PIN_ASIDE, &ids);
	guard_retire(PIN_SET);
	guard_retire(PIN_ASIDE);
	err = pin_set_remove(PIN_SET, diag);
	also = pin_set_remove(PIN_ASIDE, diag);
	if (err || also)
		return err ? err : also;
	alive = count_alive(&ids);
	/* Each takes the kernel a grace period or two, one after the other. */
	for (unsigned i = 0; alive && i < WAIT_TIMES; i++) {
		size_t left;

		usleep(WAIT_US);
		left = count_alive(&ids);
		if (left < alive)
			i = 0;
		alive = left;
	}
	if (alive)
		return diag_fail(diag, -EBUSY, NULL, "%zu programs are still in the kernel: another process holds them or their links", alive);
	return 0;
}
