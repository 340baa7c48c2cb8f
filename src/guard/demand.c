/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * demand: attach by the policy (demand.h).
 */
#include "guard/demand.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <cordon/abi.h>

#include "guard/attach.h"
#include "guard/pin.h"

static const struct {
	const char *program;
	uint32_t ops;
	bool packets; /* of the root of the hierarchy of cgroups */
} demands[] = {
	{ "cordon_socket_recvmsg", 1u << CORDON_OP_ACCEPT, false },
	{ "cordon_socket_getsockopt", 1u << CORDON_OP_ACCEPT, false },
	{ "cordon_splice", 1u << CORDON_OP_ACCEPT, false },
	{ "cordon_file_permission", 1u << CORDON_OP_ACCEPT | 1u << CORDON_OP_REACH, false },
	{ "cordon_unix_send", 1u << CORDON_OP_CONNECT, false },
	{ "cordon_unix_write", 1u << CORDON_OP_CONNECT, false },
	{ "cordon_wire", 1u << CORDON_OP_REACH, true },
	{ "cordon_socket_setsockopt", 1u << CORDON_OP_FRAME, false },
};

uint32_t demand_of(const char *program)
{
	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++)
		if (strcmp(program, demands[i].program) == 0)
			return demands[i].ops;
	return 0;
}

uint32_t demand_bit(const char *program)
{
	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++)
		if (strcmp(program, demands[i].program) == 0)
			return 1u << i;
	return 0;
}

bool demand_wanted(const char *program, uint32_t active)
{
	uint32_t ops = demand_of(program);

	return !ops || (ops & active);
}

static int attach(const char *name, bool packets, struct diag *diag)
{
	char path[PIN_PATH_MAX];
	int program, link, err;

	pin_program_path(PIN_SET, name, path);
	program = bpf_obj_get(path);
	if (program < 0)
		return diag_fail(diag, -errno, DIAG_AT(.file = path), "pinned program cannot be opened: %s", strerror(errno));
	err = packets ? attach_packets(program, &link) : attach_lsm(program, &link);
	close(program);
	if (err)
		return diag_fail(diag, err, NULL, "%s cannot be attached: %s", name, strerror(-err));
	pin_link_path(PIN_SET, name, path);
	err = bpf_obj_pin(link, path) < 0 ? -errno : 0;
	close(link);
	if (err)
		diag_fail(diag, err, DIAG_AT(.file = path), "link cannot be pinned: %s", strerror(-err));
	if (err == -EACCES)
		diag_hint(diag, "the policy in force refuses it to the guard: apply one first that does not "
				"('cordon check' warns of rules that hold the guard's own service)");
	return err;
}

static bool attached(const char *name)
{
	char path[PIN_PATH_MAX];

	pin_link_path(PIN_SET, name, path);
	return access(path, F_OK) == 0;
}

int demand_attach(uint32_t active, uint32_t loaded, struct diag *diag)
{
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(demands) / sizeof(demands[0]); i++)
		if ((loaded >> i & 1) && (demands[i].ops & active) && !attached(demands[i].program))
			err = attach(demands[i].program, demands[i].packets, diag);
	return err;
}

void demand_settle(uint32_t active)
{
	char path[PIN_PATH_MAX];

	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++) {
		pin_link_path(PIN_SET, demands[i].program, path);
		if (!(demands[i].ops & active))
			(void)unlink(path); /* attached in vain, if it cannot be */
	}
}
