/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * view: read the guard's state from its pins (view.h). Changes nothing.
 */
#include "guard/view.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guard/demand.h"
#include "guard/pin.h"

static void read_hook(const struct object_program *program, struct view_hook *ret_hook)
{
	struct bpf_link_info info = { 0 };
	char path[PIN_PATH_MAX];
	uint32_t size = sizeof(info);
	int fd;

	ret_hook->program = *program;
	pin_link_path(PIN_SET, program->name, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0) {
		ret_hook->mute = !guard_hook_answered(program->name, info.prog_id);
		ret_hook->attached = !ret_hook->mute;
		ret_hook->link = info.id;
		ret_hook->prog = info.prog_id;
	}
	close(fd);
}

static int read_hooks(struct guard_view *view, struct diag *diag)
{
	struct object_info info;
	int err;

	err = object_info_read(&info, diag);
	if (err)
		return err;
	view->hooks = calloc(info.n ? info.n : 1, sizeof(*view->hooks));
	for (size_t i = 0; view->hooks && i < info.n; i++) {
		struct view_hook *hook = &view->hooks[view->nhooks++];

		read_hook(&info.programs[i], hook);
		if (hook->attached)
			view->attached++;
		else if (hook->program.later)
			hook->idle = true; /* until it is known to be wanted */
		else if (!hook->program.optional || hook->program.available)
			view->missing++;
	}
	object_info_done(&info);
	return view->hooks ? 0 : diag_fail(diag, -ENOMEM, NULL, "no memory");
}

/* Who is not attached because nothing asks for it. */
static void find_idle(struct guard_view *view)
{
	for (size_t i = 0; i < view->nhooks; i++) {
		struct view_hook *hook = &view->hooks[i];

		if (hook->attached || hook->mute || hook->idle || (hook->program.optional && !hook->program.available) ||
		    demand_wanted(hook->program.name, view->active))
			continue;
		hook->idle = true;
		view->missing--;
	}
}

/* The program for frames has a link for each device instead of one of its own. Where it is not at all of them nothing goes
 * unjudged: the destinations are unknown then. */
static void read_frames(const struct guard *guard, struct guard_view *view)
{
	if (frames_read(guard, &view->frames) < 0)
		return;
	for (size_t i = 0; i < view->nhooks; i++) {
		struct view_hook *hook = &view->hooks[i];

		if (!hook->program.later)
			continue;
		hook->idle = !view->frames.wanted;
		hook->attached = view->frames.held;
		view->attached += view->frames.held;
	}
}

static int read_counters(int fd, struct guard_view *view)
{
	struct cordon_counters *each;
	int cpus = libbpf_num_possible_cpus();
	uint32_t zero = 0;
	int err;

	if (cpus < 0)
		return cpus;
	each = calloc(cpus, sizeof(*each));
	if (!each)
		return -ENOMEM;
	err = bpf_map_lookup_elem(fd, &zero, each) < 0 ? -errno : 0;
	for (int cpu = 0; !err && cpu < cpus; cpu++) {
		view->counters.seq += each[cpu].seq;
		view->counters.lost += each[cpu].lost;
		view->counters.cached += each[cpu].cached;
		view->counters.faults += each[cpu].faults;
		for (uint32_t op = 0; op < CORDON_OP_MAX; op++) {
			view->counters.of[op].decided += each[cpu].of[op].decided;
			view->counters.of[op].denied += each[cpu].of[op].denied;
			view->counters.of[op].would_deny += each[cpu].of[op].would_deny;
		}
	}
	view->cpus = cpus;
	free(each);
	return err;
}

static int open_inner(int outer, uint32_t slot)
{
	uint32_t id;

	if (bpf_map_lookup_elem(outer, &slot, &id) < 0)
		return -errno;
	return bpf_map_get_fd_by_id(id);
}

/* Members of a set, atoms only. */
static uint32_t count_set(int sets, const struct cordon_meta *meta, uint32_t set)
{
	uint32_t count = 0;

	for (uint32_t chunk = 0; chunk < meta->nchunks; chunk++) {
		uint32_t row = set * meta->nchunks + chunk;
		struct cordon_chunk bits;

		if (bpf_map_lookup_elem(sets, &row, &bits) < 0)
			continue;
		for (uint32_t bit = 0; bit < CORDON_CHUNK_RULES && chunk * CORDON_CHUNK_RULES + bit < meta->nrules; bit++)
			count += bits.word[bit / 64] >> (bit % 64) & 1;
	}
	return count;
}

static int read_tables(const struct guard *guard, struct guard_view *view)
{
	struct cordon_meta meta;
	uint32_t zero = 0;
	int fd, sets, err;

	fd = open_inner(guard->outer[TABLE_META], view->slot);
	if (fd < 0)
		return fd;
	err = bpf_map_lookup_elem(fd, &zero, &meta) < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	sets = open_inner(guard->outer[TABLE_SETS], view->slot);
	if (sets < 0)
		return sets;
	view->atoms = meta.nrules;
	view->enforced = count_set(sets, &meta, meta.enforce);
	view->permits = count_set(sets, &meta, meta.permit);
	close(sets);
	return 0;
}

static uint32_t room_of(const char *map)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	char path[PIN_PATH_MAX];
	int fd, err;

	pin_map_path(PIN_SET, map, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return 0;
	err = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	return err ? 0 : info.max_entries;
}

/* The last numbers given, in the order of bpf/maps.h. */
static void read_lines(struct guard_view *view)
{
	uint32_t last[2] = { 0 }, zero = 0;
	char path[PIN_PATH_MAX];
	int fd;

	pin_map_path(PIN_SET, ".data.line", path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return;
	if (bpf_map_lookup_elem(fd, &zero, last) == 0) {
		view->programs = (struct view_table){ .used = last[0] + 1, .room = room_of("programs") };
		view->lines = (struct view_table){ .used = last[1] + 1, .room = room_of("lines") };
	}
	close(fd);
}

static int read_set(struct guard_view *view, struct diag *diag)
{
	struct guard *guard = calloc(1, sizeof(*guard));
	uint64_t current;
	int err;

	if (!guard)
		return diag_fail(diag, -ENOMEM, NULL, "no memory");
	err = guard_open_maps(PIN_SET, guard, diag);
	if (err) {
		free(guard);
		return err;
	}
	view->about = guard->about;
	view->same_object = guard->about.complete && strcmp(guard->about.object, object_hash()) == 0;
	current = __atomic_load_n(&guard->state->current, __ATOMIC_ACQUIRE);
	view->generation = current >> 1;
	view->slot = current & 1;
	view->active = guard_active(guard);
	err = read_counters(guard->counters, view);
	if (!err && current)
		err = read_tables(guard, view);
	if (!err)
		read_frames(guard, view);
	read_lines(view);
	guard_free(guard);
	if (err)
		return diag_fail(diag, err, NULL, "the guard's tables cannot be read: %s", strerror(-err));
	view->readable = true;
	find_idle(view);
	return 0;
}

int guard_view_read(struct guard_view *ret_view, struct diag *diag)
{
	struct guard_view view = { 0 };
	int err;

	if (geteuid() != 0)
		return diag_fail(diag, -EPERM, NULL, "only root can see the guard");
	view.pinned = pin_set_exists(PIN_SET);
	err = read_hooks(&view, diag);
	if (!err && view.pinned)
		(void)read_set(&view, diag); /* what could not be read is said, and shows in `readable` */
	if (err) {
		guard_view_done(&view);
		return err;
	}
	*ret_view = view;
	return 0;
}

void guard_view_done(struct guard_view *view)
{
	frames_done(&view->frames);
	free(view->hooks);
	*view = (struct guard_view){ 0 };
}
