/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * frames: load, attach, promise (frames.h).
 */
#include "guard/frames.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cordon/abi.h>

#include "guard/attach.h"
#include "guard/object.h"
#include "guard/pin.h"

#define TURNS	   8 /* devices may come while they are looked at */
#define FRAME_SIZE 64
#define LOOPBACK   1 /* LOOPBACK_IFINDEX, include/net/flow.h */
#define NAMESPACE  "/proc/self/ns/net"

static enum frames_want wanted(const struct guard *guard)
{
	uint32_t active = guard_active(guard);

	if (!(active & 1u << CORDON_OP_REACH))
		return FRAMES_NONE;
	return active & 1u << CORDON_OP_FRAME ? FRAMES_ALL : FRAMES_TUNNELS;
}

/* Is it to have the program? By the loopback device, which is the first of every network namespace, no tunnel leads out. */
static bool concerned(enum frames_want want, unsigned device)
{
	return want == FRAMES_ALL || (want == FRAMES_TUNNELS && device != LOOPBACK);
}

/* Asked once: the kernel's types are long. */
static bool able(void)
{
	static enum { UNKNOWN, NO, YES } answer;

	if (answer == UNKNOWN) {
		struct btf *kernel = btf__load_vmlinux_btf();

		answer = attach_has_devices(kernel) ? YES : NO;
		btf__free(kernel);
	}
	return answer == YES;
}

/* The network namespace of this process and its devices, as cordon_state has them: the program says it of who runs it. Somebody
 * else may run it at the same moment: in this namespace, then what is read is as new; or in another one. */
static int measure(const struct guard *guard, int program, uint64_t *ret_devices)
{
	char frame[FRAME_SIZE] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame));
	struct stat own;
	uint64_t devices;

	if (stat(NAMESPACE, &own) < 0 || bpf_prog_test_run_opts(program, &run) < 0)
		return -errno;
	devices = __atomic_load_n(&guard->state->devices, __ATOMIC_ACQUIRE);
	if (devices >> 32 != own.st_ino)
		return -EAGAIN;
	*ret_devices = devices;
	return 0;
}

static void promise(const struct guard *guard, uint64_t devices)
{
	__atomic_store_n(&guard->state->frames, devices, __ATOMIC_RELEASE);
}

/* ---- the program -------------------------------------------------------------------------------- */

/* Let the object have the maps of the set. */
static int share_maps(struct bpf_object *object, struct diag *diag)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		char path[PIN_PATH_MAX];
		int fd, err;

		pin_map_path(PIN_SET, pin_map_name(bpf_map__name(map)), path);
		fd = bpf_obj_get(path);
		err = fd < 0 ? -errno : bpf_map__reuse_fd(map, fd);
		if (fd >= 0)
			close(fd);
		/* What is not pinned is nobody's: text of the object alone. */
		if (err && (err != -ENOENT || !bpf_map__is_internal(map)))
			return diag_fail(diag, err, DIAG_AT(.file = path), "cannot be shared: %s", strerror(-err));
	}
	return 0;
}

static int load_program(struct bpf_object *object, struct diag *diag)
{
	struct bpf_program *program;
	char path[PIN_PATH_MAX];
	int err;

	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, strcmp(bpf_program__name(program), FRAMES_PROGRAM) == 0);
	err = share_maps(object, diag);
	if (err)
		return err;
	err = bpf_object__load(object);
	if (err)
		return diag_fail(diag, err, NULL, "the kernel refuses the program for frames: %s", strerror(-err));
	program = bpf_object__find_program_by_name(object, FRAMES_PROGRAM);
	pin_program_path(PIN_SET, FRAMES_PROGRAM, path);
	err = bpf_obj_pin(bpf_program__fd(program), path) < 0 ? -errno : 0;
	return err ? diag_fail(diag, err, DIAG_AT(.file = path), "program cannot be pinned: %s", strerror(-err)) : 0;
}

/* The program of this set, loaded when it is not. */
static int program_open(int *ret_program, struct diag *diag)
{
	struct bpf_object *object;
	char path[PIN_PATH_MAX];
	int err;

	pin_program_path(PIN_SET, FRAMES_PROGRAM, path);
	*ret_program = bpf_obj_get(path);
	if (*ret_program >= 0)
		return 0;
	object_log_begin();
	err = object_open(NULL, &object, diag);
	if (!err) {
		err = load_program(object, diag);
		bpf_object__close(object);
	}
	object_log_end(err != 0, diag);
	if (err)
		return err;
	*ret_program = bpf_obj_get(path);
	return *ret_program < 0 ? diag_fail(diag, -errno, DIAG_AT(.file = path), "%s", strerror(errno)) : 0;
}

/* ---- devices ------------------------------------------------------------------------------------ */

static void link_path(unsigned device, char ret_path[PIN_PATH_MAX])
{
	char name[16];

	snprintf(name, sizeof(name), "%u", device);
	pin_frame_path(PIN_SET, name, ret_path);
}

/* Whether what is pinned for a device is a link of this program to it. A device that went leaves one to device 0. */
static bool judged(unsigned device, unsigned program_id)
{
	struct bpf_link_info info = { 0 };
	char path[PIN_PATH_MAX];
	uint32_t size = sizeof(info);
	bool yes;
	int fd;

	link_path(device, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return false;
	/* tcx.ifindex stands where xdp.ifindex does */
	yes = bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.prog_id == program_id && info.xdp.ifindex == device;
	close(fd);
	return yes;
}

static unsigned id_of(int program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(program, &info, &size) == 0 ? info.id : 0;
}

static int attach(int program, const struct if_nameindex *device, struct diag *diag)
{
	char path[PIN_PATH_MAX];
	int link, err;

	link_path(device->if_index, path);
	(void)unlink(path);
	err = attach_device(program, device->if_index, &link);
	if (err)
		return diag_fail(diag, err, NULL, "frames to device %s cannot be judged: %s", device->if_name, strerror(-err));
	err = bpf_obj_pin(link, path) < 0 ? -errno : 0;
	close(link);
	return err ? diag_fail(diag, err, DIAG_AT(.file = path), "link cannot be pinned: %s", strerror(-err)) : 0;
}

static int attach_all(int program, enum frames_want want, const struct if_nameindex *devices, struct diag *diag)
{
	unsigned id = id_of(program);
	int err = 0;

	for (const struct if_nameindex *d = devices; d->if_index; d++) {
		int one = !concerned(want, d->if_index) || judged(d->if_index, id) ? 0 : attach(program, d, diag);

		if (one && one != -ENODEV) /* it went: the count will tell */
			err = one;
	}
	return err;
}

static bool is_listed(enum frames_want want, const struct if_nameindex *devices, const char *name)
{
	for (const struct if_nameindex *d = devices; d && d->if_index; d++)
		if (d->if_index == strtoul(name, NULL, 10))
			return concerned(want, d->if_index);
	return false;
}

/* Remove the pins of what is not listed; NULL: of all. */
static void forget(enum frames_want want, const struct if_nameindex *devices)
{
	char path[PIN_PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	pin_frame_path(PIN_SET, "", path);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && !is_listed(want, devices, entry->d_name))
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

/* ---- all of it ---------------------------------------------------------------------------------- */

static int cover(const struct guard *guard, enum frames_want want, int program, bool again, struct diag *diag)
{
	uint64_t before, after = 0;
	struct if_nameindex *devices;
	int err;

	for (unsigned turn = 0; turn < TURNS; turn++, again = true) {
		err = measure(guard, program, &before);
		if (err)
			return diag_fail(diag, err, NULL, "the devices of the network cannot be counted: %s", strerror(-err));
		if (before == guard->state->frames && !again)
			return 0;
		devices = if_nameindex();
		if (!devices)
			return diag_fail(diag, -errno, NULL, "the devices of the network cannot be listed: %s", strerror(errno));
		err = attach_all(program, want, devices, diag);
		if (!err)
			err = measure(guard, program, &after);
		if (!err && after == before)
			forget(want, devices);
		if_freenameindex(devices);
		if (err)
			return err;
		if (after == before) {
			promise(guard, want == FRAMES_ALL ? after : 0);
			return 0;
		}
	}
	return diag_fail(diag, -EAGAIN, NULL, "devices of the network come and go too fast");
}

int frames_settle(struct guard *guard, bool again, struct diag *diag)
{
	enum frames_want want = wanted(guard);
	char path[PIN_PATH_MAX];
	int program, err;

	if (want != FRAMES_ALL)
		promise(guard, 0);
	if (want == FRAMES_NONE) {
		forget(want, NULL);
		pin_program_path(PIN_SET, FRAMES_PROGRAM, path);
		(void)unlink(path);
		return 0;
	}
	if (!able())
		return want == FRAMES_TUNNELS ? 0 : diag_fail(diag, -EOPNOTSUPP, NULL,
				 "this kernel has no links of programs to devices (6.6): frames of packet sockets are not judged by "
				 "destination, it is unknown");
	err = program_open(&program, diag);
	if (err) {
		promise(guard, 0);
		return err;
	}
	err = cover(guard, want, program, again, diag);
	if (err)
		promise(guard, 0);
	close(program);
	return err;
}

static int list(struct frames *frames, unsigned program_id)
{
	struct if_nameindex *devices = if_nameindex();
	size_t n = 0;

	if (!devices)
		return -errno;
	while (devices[n].if_index)
		n++;
	frames->devices = calloc(n + 1, sizeof(*frames->devices));
	for (size_t i = 0; frames->devices && i < n; i++) {
		struct frames_device *d = &frames->devices[frames->n++];

		d->index = devices[i].if_index;
		snprintf(d->name, sizeof(d->name), "%s", devices[i].if_name);
		d->judged = !concerned(frames->wanted, d->index) || judged(d->index, program_id);
		frames->held &= d->judged;
	}
	if_freenameindex(devices);
	return frames->devices ? 0 : -ENOMEM;
}

int frames_read(const struct guard *guard, struct frames *ret_frames)
{
	struct frames frames = { .wanted = wanted(guard) };
	char path[PIN_PATH_MAX];
	uint64_t now;
	int program, err = 0;

	frames.able = frames.wanted && able();
	if (frames.able) {
		pin_program_path(PIN_SET, FRAMES_PROGRAM, path);
		program = bpf_obj_get(path);
		frames.held = program >= 0 && (frames.wanted != FRAMES_ALL || (measure(guard, program, &now) == 0 && now == guard->state->frames));
		err = list(&frames, program >= 0 ? id_of(program) : 0);
		if (program >= 0)
			close(program);
	}
	if (err)
		return err;
	*ret_frames = frames;
	return 0;
}

void frames_done(struct frames *frames)
{
	free(frames->devices);
	*frames = (struct frames){ 0 };
}
