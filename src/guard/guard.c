/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard: adopt, read, let go (guard.h). Loading is in load.c, publishing in publish.c, unloading in unload.c.
 */
#include "guard/guard.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guard/core.h"
#include "guard/demand.h"
#include "guard/object.h"
#include "guard/pin.h"

#define LSM_LIST "/sys/kernel/security/lsm"
#define LOCKDOWN "/sys/kernel/security/lockdown"

int guard_check_lsm(struct diag *diag)
{
	char list[512], *word, *state = NULL;
	FILE *file = fopen(LSM_LIST, "re");

	if (!file) {
		int err = -errno;

		diag_fail(diag, err, DIAG_AT(.file = LSM_LIST), "cannot be read, so whether BPF LSM is active is unknown: %s",
			  strerror(-err));
		diag_hint(diag, "mount -t securityfs securityfs /sys/kernel/security");
		return err;
	}
	if (!fgets(list, sizeof(list), file))
		list[0] = '\0';
	fclose(file);
	list[strcspn(list, "\n")] = '\0';
	for (word = strtok_r(list, ",", &state); word; word = strtok_r(NULL, ",", &state))
		if (strcmp(word, "bpf") == 0)
			return 0;
	diag_fail(diag, -EOPNOTSUPP, DIAG_AT(.file = LSM_LIST),
		  "`bpf` is not in the list of active LSMs: programs would attach and never be asked");
	diag_hint(diag, "append ,bpf to the lsm= parameter of the kernel command line and boot again");
	return -EOPNOTSUPP;
}

int guard_check_lockdown(char ret_state[GUARD_LOCKDOWN_MAX], struct diag *diag)
{
	FILE *file = fopen(LOCKDOWN, "re");
	int err = file ? 0 : -errno;

	ret_state[0] = '\0';
	if (err == -ENOENT) /* none in this kernel; that securityfs is there was seen with the list of LSMs */
		return 0;
	if (!err && !fgets(ret_state, GUARD_LOCKDOWN_MAX, file))
		err = -EIO;
	if (file)
		fclose(file);
	if (err)
		return diag_fail(diag, err, DIAG_AT(.file = LOCKDOWN), "cannot be read, so whether programs may read the kernel's memory is unknown: %s",
				 strerror(-err));
	ret_state[strcspn(ret_state, "\n")] = '\0';
	if (!strstr(ret_state, "[confidentiality]"))
		return 0;
	diag_fail(diag, -EPERM, DIAG_AT(.file = LOCKDOWN),
		  "the kernel is locked down (confidentiality): no program may read its memory, so the guard cannot judge");
	diag_hint(diag, "boot with lockdown=integrity");
	return -EPERM;
}

static int open_map(const char *set, const char *name, int *ret_fd, struct diag *diag)
{
	char path[PIN_PATH_MAX];
	int fd;

	pin_map_path(set, name, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return diag_fail(diag, -errno, DIAG_AT(.file = path), "pinned map cannot be opened: %s", strerror(errno));
	*ret_fd = fd;
	return 0;
}

static int map_state(const char *set, struct cordon_state **ret_state, struct diag *diag)
{
	void *memory;
	int fd, err;

	err = open_map(set, "state", &fd, diag);
	if (err)
		return err;
	memory = mmap(NULL, sizeof(struct cordon_state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	err = memory == MAP_FAILED ? -errno : 0;
	close(fd);
	if (err)
		return diag_fail(diag, err, NULL, "cordon_state cannot be mapped: %s", strerror(-err));
	*ret_state = memory;
	return 0;
}

static int read_about(const char *set, struct guard_about *ret_about, struct diag *diag)
{
	struct guard_about about = { 0 };
	uint32_t zero = 0;
	int fd, err;

	err = open_map(set, "about", &fd, diag);
	if (err)
		return err;
	err = bpf_map_lookup_elem(fd, &zero, &about) < 0 ? -errno : 0;
	close(fd);
	if (err)
		return diag_fail(diag, err, NULL, "map about cannot be read: %s", strerror(-err));
	about.object[sizeof(about.object) - 1] = '\0';
	about.version[sizeof(about.version) - 1] = '\0';
	*ret_about = about;
	return 0;
}

static void close_maps(struct guard *guard)
{
	for (int i = 0; i < TABLE_COUNT; i++)
		if (guard->outer[i] >= 0)
			close(guard->outer[i]);
	if (guard->events >= 0)
		close(guard->events);
	if (guard->counters >= 0)
		close(guard->counters);
	if (guard->state)
		munmap(guard->state, sizeof(*guard->state));
}

int guard_open_maps(const char *set, struct guard *ret_guard, struct diag *diag)
{
	struct guard guard = { .events = -1, .counters = -1 };
	int err;

	for (int i = 0; i < TABLE_COUNT; i++)
		guard.outer[i] = -1;
	err = read_about(set, &guard.about, diag);
	for (int i = 0; !err && i < TABLE_COUNT; i++)
		err = open_map(set, tables[i].outer, &guard.outer[i], diag);
	if (!err)
		err = open_map(set, "events", &guard.events, diag);
	if (!err)
		err = open_map(set, "counters", &guard.counters, diag);
	if (!err)
		err = map_state(set, &guard.state, diag);
	if (err) {
		close_maps(&guard);
		return err;
	}
	*ret_guard = guard;
	return 0;
}

void guard_retire(const char *set)
{
	struct cordon_state *state;

	if (!pin_set_exists(set) || map_state(set, &state, NULL))
		return;
	__atomic_store_n(&state->current, 0, __ATOMIC_RELEASE);
	munmap(state, sizeof(*state));
}

bool guard_hook_answered(const char *name, unsigned program_id)
{
	char path[PIN_PATH_MAX];

	pin_core_path(PIN_SET, name, path);
	return access(path, F_OK) == 0 || core_asked(program_id) == 0;
}

/* What is wrong with a hook's links; NULL = nothing. */
static const char *judge_links(const char *name)
{
	struct bpf_link_info info = { 0 };
	char path[PIN_PATH_MAX];
	uint32_t size = sizeof(info);
	int fd, err;

	pin_link_path(PIN_SET, name, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return "is not attached any more: somebody removed its pin";
	err = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	return !err && guard_hook_answered(name, info.prog_id) ? NULL :
	       "refuses everything it is asked: somebody removed its core's pin";
}

/* The same of a hook that is to be attached one day. */
static const char *judge_program(const char *name)
{
	char path[PIN_PATH_MAX];

	pin_program_path(PIN_SET, name, path);
	return access(path, F_OK) == 0 ? NULL : "cannot be attached any more: somebody removed its program's pin";
}

uint32_t guard_active(const struct guard *guard)
{
	uint64_t current = __atomic_load_n(&guard->state->current, __ATOMIC_ACQUIRE);
	uint32_t slot = current & 1, zero = 0, id;
	struct cordon_meta meta;
	int fd, err;

	if (!current)
		return 0;
	if (bpf_map_lookup_elem(guard->outer[TABLE_META], &slot, &id) < 0)
		return UINT32_MAX;
	fd = bpf_map_get_fd_by_id(id);
	err = fd < 0 ? -errno : bpf_map_lookup_elem(fd, &zero, &meta);
	if (fd >= 0)
		close(fd);
	return err ? UINT32_MAX : meta.active;
}

/* Every hook the object would load on this kernel, and the policy needs, has its pinned links. */
static int check_links(struct guard *guard, struct diag *diag)
{
	uint32_t active = guard_active(guard);
	struct object_info info;
	int err, missing = 0;

	err = object_info_read(&info, diag);
	if (err)
		return err;
	for (size_t i = 0; i < info.n; i++) {
		const struct object_program *hook = &info.programs[i];
		const char *wrong;

		if (hook->later || (hook->optional && !hook->available))
			continue;
		guard->on_demand |= demand_bit(hook->name);
		wrong = demand_wanted(hook->name, active) ? judge_links(hook->name) : judge_program(hook->name);
		if (!wrong)
			continue;
		diag_add(diag, DIAG_WARNING, NULL, "hook %s %s", hook->section, wrong);
		missing++;
	}
	object_info_done(&info);
	return missing ? -ESTALE : 0;
}

int guard_adopt(struct guard **ret_guard, struct diag *diag)
{
	struct guard *guard;
	int err;

	if (!pin_set_exists(PIN_SET))
		return -ENOENT;
	guard = calloc(1, sizeof(*guard));
	if (!guard)
		return diag_fail(diag, -ENOMEM, NULL, "no memory");
	err = read_about(PIN_SET, &guard->about, NULL);
	if (err || !guard->about.complete || guard->about.abi != CORDON_ABI ||
	    strcmp(guard->about.object, object_hash()) != 0)
		err = -ESTALE;
	if (!err)
		err = guard_open_maps(PIN_SET, guard, NULL) ? -ESTALE : 0;
	if (err) {
		free(guard);
		return err;
	}
	err = check_links(guard, diag);
	if (err) {
		guard_free(guard);
		return err;
	}
	*ret_guard = guard;
	return 0;
}

uint64_t guard_generation(const struct guard *guard)
{
	return __atomic_load_n(&guard->state->current, __ATOMIC_ACQUIRE) >> 1;
}

void guard_free(struct guard *guard)
{
	if (!guard)
		return;
	close_maps(guard);
	free(guard);
}
