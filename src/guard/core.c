/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core: one program in the place of every hook's stub (core.h).
 */
#include "guard/core.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STUB (strchr(CORE_SECTION, '/') + 1)

bool core_is(const struct bpf_program *program)
{
	return strcmp(bpf_program__section_name(program), CORE_SECTION) == 0;
}

/* The stub's type in the kernel's copy of a program's BTF when the program has that function; 0 = it has not. */
static int find_stub(int program)
{
	struct bpf_prog_info info = { 0 };
	struct bpf_func_info *functions;
	uint32_t size = sizeof(info);
	struct btf *btf;
	int stub = 0;

	if (bpf_obj_get_info_by_fd(program, &info, &size) < 0)
		return -errno;
	functions = calloc(info.nr_func_info ? info.nr_func_info : 1, sizeof(*functions));
	btf = info.btf_id ? btf__load_from_kernel_by_id(info.btf_id) : NULL;
	if (functions && btf) {
		info = (struct bpf_prog_info){ .nr_func_info = info.nr_func_info,
					       .func_info_rec_size = sizeof(*functions),
					       .func_info = (uintptr_t)functions };
		size = sizeof(info);
		if (bpf_obj_get_info_by_fd(program, &info, &size) < 0)
			stub = -errno;
		for (uint32_t i = 0; !stub && i < info.nr_func_info; i++) {
			const struct btf_type *type = btf__type_by_id(btf, functions[i].type_id);

			if (type && strcmp(btf__name_by_offset(btf, type->name_off), STUB) == 0)
				stub = (int)functions[i].type_id;
		}
	} else {
		stub = functions ? -ENOENT : -ENOMEM;
	}
	btf__free(btf);
	free(functions);
	return stub;
}

/* libbpf is about to load the core: name the hook it extends, the first that was loaded. */
static int prepare(struct bpf_program *program, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct core *core = (const struct core *)cookie;
	struct bpf_program *hook;

	(void)program;
	bpf_object__for_each_program(hook, core->object) {
		int fd = bpf_program__fd(hook);
		int stub = fd < 0 ? 0 : find_stub(fd);

		if (stub < 0)
			return stub;
		if (!stub)
			continue;
		opts->attach_prog_fd = fd;
		opts->attach_btf_id = stub;
		return 0;
	}
	return -ENOENT;
}

int core_begin(struct core *core)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = prepare, .cookie = (long)core);
	int handler = libbpf_register_prog_handler(CORE_SECTION, BPF_PROG_TYPE_EXT, 0, &opts);

	core->object = NULL;
	core->handler = handler;
	return handler < 0 ? handler : 0;
}

void core_done(struct core *core)
{
	if (core->handler > 0)
		libbpf_unregister_prog_handler(core->handler);
	core->handler = 0;
}

int core_link(const struct bpf_object *object, const struct bpf_program *hook, int *ret_link)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	struct bpf_program *program;
	int stub = find_stub(bpf_program__fd(hook));

	*ret_link = -1;
	if (stub <= 0)
		return stub;
	opts.target_btf_id = stub;
	bpf_object__for_each_program(program, object) {
		if (!core_is(program))
			continue;
		*ret_link = bpf_link_create(bpf_program__fd(program), bpf_program__fd(hook), 0, &opts);
		return *ret_link < 0 ? -errno : 0;
	}
	return -ENOENT;
}

int core_asked(unsigned program_id)
{
	int fd = bpf_prog_get_fd_by_id(program_id);
	int stub;

	if (fd < 0)
		return -errno;
	stub = find_stub(fd);
	close(fd);
	return stub < 0 ? stub : stub > 0;
}
