/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaches every program of an object whose hook this kernel has, and those of packets at the root of the cgroups; pins
 * the links and exits. To take them off again, remove the folder.
 *
 *     empty OBJECT FOLDER-IN-BPFFS [PROGRAM]   all, or one
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool possible(const struct btf *kernel, const struct bpf_program *program)
{
	char function[128];

	if (bpf_program__type(program) == BPF_PROG_TYPE_CGROUP_SKB)
		return true;
	snprintf(function, sizeof(function), "bpf_lsm_%s", strchr(bpf_program__section_name(program), '/') + 1);
	return btf__find_by_name_kind(kernel, function, BTF_KIND_FUNC) > 0;
}

/* `only` NULL: all. */
static void choose(struct bpf_object *object, const char *only)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, (!only || strcmp(only, bpf_program__name(program)) == 0) && possible(kernel, program));
	btf__free(kernel);
}

static int attach(struct bpf_object *object, const char *folder)
{
	int root = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct bpf_program *program;

	if (root < 0)
		return -errno;

	bpf_object__for_each_program(program, object) {
		struct bpf_link *link;
		char path[256];

		if (!bpf_program__autoload(program))
			continue;
		link = bpf_program__type(program) == BPF_PROG_TYPE_CGROUP_SKB ? bpf_program__attach_cgroup(program, root) :
									       bpf_program__attach(program);
		snprintf(path, sizeof(path), "%s/%s", folder, bpf_program__name(program));
		if (!link || bpf_link__pin(link, path) < 0)
			return -errno;
	}
	close(root);
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	int err;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: empty OBJECT FOLDER [PROGRAM]\n");
		return 2;
	}
	object = bpf_object__open(argv[1]);
	if (object)
		choose(object, argc > 3 ? argv[3] : NULL);
	err = object ? bpf_object__load(object) : -errno;
	if (!err && mkdir(argv[2], 0700) < 0)
		err = -errno;
	if (!err)
		err = attach(object, argv[2]);
	if (err)
		fprintf(stderr, "empty: %s\n", strerror(-err));
	return err ? 1 : 0;
}
