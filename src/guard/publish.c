/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * publish: a compiled policy becomes the one in force.
 *
 *     1  wait until no request can still be in the slot that is not in use
 *     2  make and fill new inner maps; nothing refers to them yet
 *     3  put them into that slot
 *     4  attach the hooks that only this policy needs
 *     5  store cordon_state.current, the one step that matters, after the last that can fail
 *     6  detach the hooks that it does not need, but for a policy on trial
 *
 * Step 1: an update of an array-of-maps waits for an RCU grace period before it returns (maybe_wait_bpf_programs() in
 * kernel/bpf/syscall.c, since 5.0), and the hooks are not sleepable, so a hook that had read the previous `current`
 * has ended. The update itself puts in what is there already.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "guard/demand.h"
#include "guard/guard.h"

/* Give an outer slot what it holds. An empty slot was never in force: nobody can be in it. */
static int wait_for_readers(const struct guard *guard, uint32_t slot, struct diag *diag)
{
	uint32_t id;
	int fd, err;

	if (bpf_map_lookup_elem(guard->outer[TABLE_META], &slot, &id) < 0)
		return errno == ENOENT ? 0 : diag_fail(diag, -errno, NULL, "meta_of: %s", strerror(errno));
	fd = bpf_map_get_fd_by_id(id);
	if (fd < 0)
		return diag_fail(diag, -errno, NULL, "meta_of: map %u: %s", id, strerror(errno));
	err = bpf_map_update_elem(guard->outer[TABLE_META], &slot, &fd, BPF_ANY) < 0 ? -errno : 0;
	close(fd);
	return err ? diag_fail(diag, err, NULL, "waiting for the hooks: %s", strerror(-err)) : 0;
}

static int make_tables(const struct image *image, uint64_t generation, int fds[TABLE_COUNT], struct diag *diag)
{
	for (int id = 0; id < TABLE_COUNT; id++) {
		struct table_rows rows;
		int err;

		err = table_rows_of(image, id, generation, &rows);
		if (err)
			return diag_fail(diag, err, NULL, "table %s: %s", tables[id].outer, strerror(-err));
		err = table_create(id, &rows, &fds[id], diag);
		table_rows_done(&rows);
		if (err)
			return err;
	}
	return 0;
}

static int install_tables(const struct guard *guard, uint32_t slot, const int fds[TABLE_COUNT], struct diag *diag)
{
	for (int id = 0; id < TABLE_COUNT; id++)
		if (bpf_map_update_elem(guard->outer[id], &slot, &fds[id], BPF_ANY) < 0)
			return diag_fail(diag, -errno, NULL, "table %s: cannot be put into slot %u: %s", tables[id].outer,
					 slot, strerror(errno));
	return 0;
}

int guard_publish(struct guard *guard, const struct image *image, uint64_t *ret_generation, struct diag *diag)
{
	uint64_t current = __atomic_load_n(&guard->state->current, __ATOMIC_ACQUIRE);
	uint64_t last = guard->state->last, generation = (current >> 1 > last ? current >> 1 : last) + 1;
	uint32_t slot = current ? (current & 1) ^ 1 : 0;
	int fds[TABLE_COUNT], err;

	for (int id = 0; id < TABLE_COUNT; id++)
		fds[id] = -1;
	err = image_check_enforced(image, diag);
	if (!err)
		err = make_tables(image, generation, fds, diag);
	if (!err)
		err = wait_for_readers(guard, slot, diag);
	guard->whole = false;
	if (!err)
		err = install_tables(guard, slot, fds, diag);
	if (!err && !guard->aside)
		err = demand_attach(image->meta.active, guard->on_demand, diag);
	for (int id = 0; id < TABLE_COUNT; id++)
		if (fds[id] >= 0)
			close(fds[id]);
	if (err)
		return err;
	guard->state->last = generation;
	if (!(image->meta.active & 1u << CORDON_OP_ACCEPT))
		__atomic_store_n(&guard->state->no_accept, generation << 1 | slot, __ATOMIC_RELEASE);
	__atomic_store_n(&guard->state->current, generation << 1 | slot, __ATOMIC_RELEASE);
	guard->before = current;
	guard->whole = true;
	if (!guard->aside && !guard->trial)
		demand_settle(image->meta.active);
	*ret_generation = generation;
	return 0;
}

int guard_return(struct guard *guard, uint64_t generation)
{
	if (!guard->whole || guard->before >> 1 != generation)
		return -ENOENT;
	guard->whole = false;
	__atomic_store_n(&guard->state->current, guard->before, __ATOMIC_RELEASE);
	return 0;
}

void guard_settle(struct guard *guard)
{
	guard->trial = false;
	demand_settle(guard_active(guard));
}
