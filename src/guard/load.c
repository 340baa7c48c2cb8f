/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load: make a set aside and let it take the place of the one that is there (guard.h).
 *
 *     1  open and load the object; nothing is attached
 *     2  pin its maps aside; bring the policy over; from here a program that attaches decides
 *     3  link the core to every hook, attach the hook when the policy needs it, pin both links aside
 *     4  mark the set complete, give it its name: one rename
 *     5  retire the old set and remove it; both judged until here
 *
 * Up to step 4 every failure removes what is aside and leaves the old set as it was.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guard/attach.h"
#include "guard/core.h"
#include "guard/demand.h"
#include "guard/feature.h"
#include "guard/guard.h"
#include "guard/object.h"
#include "guard/pin.h"
#include "guard/target.h"
#include "guard/types.h"

/* Ask for the optional programs whose hook is there; say what is lost where it is not. */
static int choose_programs(struct bpf_object *object, const struct targets *targets, struct diag *diag)
{
	struct object_info info;
	int err;

	err = object_info_of(object, targets, &info, diag);
	if (err)
		return err;
	for (size_t i = 0; i < info.n; i++) {
		const struct object_program *program = &info.programs[i];
		struct bpf_program *in_object = bpf_object__find_program_by_name(object, program->name);

		if (!program->kernel_known)
			err = diag_fail(diag, -EOPNOTSUPP, DIAG_AT(.file = "/sys/kernel/btf/vmlinux"),
					"this kernel has no BTF: no program can be attached");
		else if (program->later)
			continue;
		else if (program->available)
			bpf_program__set_autoload(in_object, true);
		else if (program->superseded)
			continue;
		else if (program->optional)
			diag_add(diag, DIAG_WARNING, NULL, "this kernel has no %s: %s", program->section,
				 feature_lost(program->section));
		else
			err = diag_fail(diag, -EOPNOTSUPP, NULL, "this kernel has no %s: %s", program->section,
					feature_lost(program->section));
		if (!program->kernel_known)
			break;
	}
	object_info_done(&info);
	return err;
}

/* What libbpf is told of the kernel, so that it need not look (target.h, types.h). */
struct known {
	struct targets targets;
	struct types types;
};

static int know_kernel(const struct bpf_object *object, struct known *known, struct diag *diag)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	int err = object_targets(object, kernel, &known->targets);

	if (!err && kernel)
		err = types_write(&known->types, object, kernel);
	btf__free(kernel);
	return err ? diag_fail(diag, err, DIAG_AT(.file = "/sys/kernel/btf/vmlinux"), "cannot be read: %s", strerror(-err)) : 0;
}

static int load_object(const struct guard_options *options, struct bpf_object *object, struct known *known, struct diag *diag)
{
	int err;

	err = know_kernel(object, known, diag);
	if (!err)
		err = choose_programs(object, &known->targets, diag);
	if (err)
		return err;
	if (options->ring_size)
		bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "events"), options->ring_size);
	err = bpf_object__load(object);
	if (err)
		return diag_fail(diag, err, NULL, "the kernel refuses the BPF object: %s", strerror(-err));
	return 0;
}

static int pin_maps(struct bpf_object *object, struct diag *diag)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *name = bpf_map__name(map);
		char path[PIN_PATH_MAX];
		int err;

		pin_map_path(PIN_ASIDE, pin_map_name(name), path);
		if (bpf_map__fd(map) < 0)
			continue;
		err = bpf_obj_pin(bpf_map__fd(map), path) < 0 ? -errno : 0;
		if (err)
			return diag_fail(diag, err, DIAG_AT(.file = path), "map cannot be pinned: %s", strerror(-err));
	}
	return 0;
}

/* Write `about`, made and pinned when it is not there yet. */
static int write_about(uint32_t complete, struct guard_about *ret_about, struct diag *diag)
{
	struct guard_about about = { .abi = CORDON_ABI, .complete = complete, .loaded = (uint64_t)time(NULL) };
	char path[PIN_PATH_MAX];
	uint32_t zero = 0;
	int fd, err = 0;

	strncpy(about.object, object_hash(), sizeof(about.object) - 1);
	strncpy(about.version, CORDON_VERSION, sizeof(about.version) - 1);
	pin_map_path(PIN_ASIDE, "about", path);
	fd = bpf_obj_get(path);
	if (fd < 0) {
		fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "about", sizeof(zero), sizeof(about), 1, NULL);
		if (fd < 0)
			return diag_fail(diag, -errno, NULL, "map about: %s", strerror(errno));
		err = bpf_obj_pin(fd, path) < 0 ? -errno : 0;
	}
	if (!err && bpf_map_update_elem(fd, &zero, &about, BPF_ANY) < 0)
		err = -errno;
	close(fd);
	if (err)
		return diag_fail(diag, err, DIAG_AT(.file = path), "cannot be written: %s", strerror(-err));
	*ret_about = about;
	return 0;
}

/* Let the new set's slot hold the inner maps of the old one's: the policy in force, unchanged, to the bit. */
static int share_tables(const struct guard *old, struct guard *set)
{
	uint64_t current = __atomic_load_n(&old->state->current, __ATOMIC_ACQUIRE);
	uint32_t slot = current & 1;

	for (int id = 0; current && id < TABLE_COUNT; id++) {
		uint32_t inner;
		int fd, err;

		if (bpf_map_lookup_elem(old->outer[id], &slot, &inner) < 0)
			return -errno;
		fd = bpf_map_get_fd_by_id(inner);
		if (fd < 0)
			return -errno;
		err = bpf_map_update_elem(set->outer[id], &slot, &fd, BPF_ANY) < 0 ? -errno : 0;
		close(fd);
		if (err)
			return err;
	}
	__atomic_store_n(&set->state->current, current, __ATOMIC_RELEASE);
	return 0;
}

/* Bring the policy in force into the new set, before it decides anything. */
static int inherit_policy(struct guard *set, const struct image *image, struct diag *diag)
{
	struct guard *old;
	uint64_t generation;
	int err;

	if (!pin_set_exists(PIN_SET))
		return 0;
	old = calloc(1, sizeof(*old));
	if (!old)
		return diag_fail(diag, -ENOMEM, NULL, "no memory");
	err = guard_open_maps(PIN_SET, old, NULL);
	if (err) {
		free(old);
	} else {
		err = -ESTALE;
		if (old->about.abi == CORDON_ABI) { /* the generation goes on */
			set->state->last = old->state->last;
			err = share_tables(old, set);
			if (err)
				set->state->current = old->state->current;
		}
		guard_free(old);
	}
	if (!err)
		return 0;
	if (image)
		return guard_publish(set, image, &generation, diag);
	diag_fail(diag, -ESTALE, NULL,
		  "the guard that is loaded has another shape (%s) and there is no policy to bring over: it stays",
		  strerror(-err));
	diag_hint(diag, "give the policy in a policy folder, or lift the guard: cordon stop --unload");
	return -ESTALE;
}

static int pin_link(int link, const char *path, struct diag *diag)
{
	int err = bpf_obj_pin(link, path) < 0 ? -errno : 0;

	close(link); /* the pin holds it */
	return err ? diag_fail(diag, err, DIAG_AT(.file = path), "link cannot be pinned: %s", strerror(-err)) : 0;
}

/* Before the hook itself: one that cannot ask refuses everything. */
static int attach_core(const struct bpf_object *object, const struct bpf_program *hook, struct diag *diag)
{
	char path[PIN_PATH_MAX];
	int link, err;

	err = core_link(object, hook, &link);
	if (err)
		return diag_fail(diag, err, NULL, "the core cannot be linked to %s: %s", bpf_program__name(hook),
				 strerror(-err));
	if (link < 0)
		return 0;
	pin_core_path(PIN_ASIDE, bpf_program__name(hook), path);
	return pin_link(link, path, diag);
}

static int attach_hook(const struct bpf_program *hook, struct diag *diag)
{
	const char *section = bpf_program__section_name(hook);
	char path[PIN_PATH_MAX];
	int link, err;

	section += *section == '?';
	err = attach_program(hook, &link);
	if (err)
		return diag_fail(diag, err, NULL, "%s cannot be attached (%s): %s", section, strerror(-err),
				 feature_lost(section));
	pin_link_path(PIN_ASIDE, bpf_program__name(hook), path);
	return pin_link(link, path, diag);
}

/* A program that policies to come may need. */
static int pin_program(const struct bpf_program *program, struct diag *diag)
{
	char path[PIN_PATH_MAX];

	pin_program_path(PIN_ASIDE, bpf_program__name(program), path);
	if (bpf_obj_pin(bpf_program__fd(program), path) == 0)
		return 0;
	return diag_fail(diag, -errno, DIAG_AT(.file = path), "program cannot be pinned: %s", strerror(errno));
}

/* What the policy with these operations needs; the rest is made ready. */
static int attach_all(struct bpf_object *object, struct guard *set, unsigned *ret_count, struct diag *diag)
{
	uint32_t active = guard_active(set);
	struct bpf_program *program;
	unsigned count = 0;
	int err;

	bpf_object__for_each_program(program, object) {
		if (!bpf_program__autoload(program) || core_is(program))
			continue;
		err = attach_core(object, program, diag);
		if (!err && demand_of(bpf_program__name(program)))
			err = pin_program(program, diag);
		set->on_demand |= demand_bit(bpf_program__name(program));
		if (!err && demand_wanted(bpf_program__name(program), active))
			err = attach_hook(program, diag);
		if (err)
			return err;
		count++;
	}
	*ret_count = count;
	return 0;
}

static int make_set(struct bpf_object *object, const struct image *image, struct guard *set, struct diag *diag)
{
	struct guard_about about;
	unsigned programs;
	int err;

	err = pin_set_make(PIN_ASIDE, diag);
	if (!err)
		err = pin_maps(object, diag);
	if (!err)
		err = write_about(0, &about, diag);
	if (!err)
		err = guard_open_maps(PIN_ASIDE, set, diag);
	if (err)
		return err;
	set->aside = true;
	err = inherit_policy(set, image, diag);
	if (!err)
		err = attach_all(object, set, &programs, diag);
	if (!err)
		err = write_about(1, &set->about, diag);
	if (!err)
		set->programs = programs;
	return err;
}

/* Open, load, attach aside. */
static int build_set(const struct guard_options *options, const struct image *image, struct guard *set,
		     struct diag *diag)
{
	struct known known = { .types.fd = -1 };
	struct bpf_object *object = NULL;
	struct core core = { 0 };
	int err;

	err = targets_begin(&known.targets);
	if (!err)
		err = core_begin(&core);
	if (err)
		diag_fail(diag, err, NULL, "libbpf takes no program handler: %s", strerror(-err));
	object_log_begin();
	if (!err && (err = types_begin(&known.types)) < 0)
		diag_fail(diag, err, NULL, "no file in memory: %s", strerror(-err));
	if (!err)
		err = object_open(known.types.path, &object, diag);
	core.object = object;
	if (!err)
		err = load_object(options, object, &known, diag);
	if (!err)
		err = make_set(object, image, set, diag);
	object_log_end(err != 0, diag);
	bpf_object__close(object);
	types_done(&known.types);
	core_done(&core);
	targets_end(&known.targets);
	return err;
}

int guard_load(const struct guard_options *options, const struct image *image, struct guard **ret_guard,
	       struct diag *diag)
{
	char lockdown[GUARD_LOCKDOWN_MAX];
	struct guard *set;
	int err;

	err = guard_check_lsm(diag);
	if (!err)
		err = guard_check_lockdown(lockdown, diag);
	if (err)
		return err;
	/* What stands aside is unfinished, or old and replaced: a crash left it. */
	guard_retire(PIN_ASIDE);
	err = pin_set_remove(PIN_ASIDE, diag);
	if (err)
		return err;
	set = calloc(1, sizeof(*set));
	if (!set)
		return diag_fail(diag, -ENOMEM, NULL, "no memory");
	for (int id = 0; id < TABLE_COUNT; id++)
		set->outer[id] = -1;
	set->events = set->counters = -1;
	err = build_set(options, image, set, diag);
	if (!err)
		err = pin_set_publish(diag);
	set->aside = err != 0;
	guard_retire(PIN_ASIDE);
	(void)pin_set_remove(PIN_ASIDE, err ? NULL : diag);
	if (err) {
		guard_free(set);
		return err;
	}
	*ret_guard = set;
	return 0;
}
