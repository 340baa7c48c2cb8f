/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target: names of functions to numbers, in one pass (target.h).
 */
#include "guard/target.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void target_of(const char *section, char *ret_name, size_t size)
{
	const char *slash = strchr(section, '/');

	ret_name[0] = '\0';
	section += *section == '?';
	if (!slash)
		return;
	if (strncmp(section, "lsm/", 4) == 0)
		snprintf(ret_name, size, "bpf_lsm_%s", slash + 1);
	else if (strncmp(section, "fe", 2) == 0) /* fentry, fexit */
		snprintf(ret_name, size, "%s", slash + 1);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct target_function *)a)->function, ((const struct target_function *)b)->function);
}

static struct target_function *find(const struct targets *targets, const char *function)
{
	struct target_function key;

	if (strlen(function) >= sizeof(key.function))
		return NULL;
	strcpy(key.function, function);
	return targets->n ? bsearch(&key, targets->list, targets->n, sizeof(key), by_name) : NULL;
}

int targets_id(const struct targets *targets, const char *function)
{
	const struct target_function *target = find(targets, function);

	return target ? target->id : 0;
}

/* A name may be there several times; the first is the one that libbpf takes. */
static void search(const struct btf *kernel, struct targets *targets)
{
	unsigned types = btf__type_cnt(kernel);
	bool first[256] = { false }; /* what a name that is wanted begins with */

	for (size_t i = 0; i < targets->n; i++)
		first[(unsigned char)targets->list[i].function[0]] = true;
	for (unsigned id = 1; id < types; id++) {
		const struct btf_type *type = btf__type_by_id(kernel, id);
		const char *name;
		struct target_function *target;

		if (!btf_is_func(type))
			continue;
		name = btf__name_by_offset(kernel, type->name_off);
		if (!first[(unsigned char)*name])
			continue;
		target = find(targets, name);
		if (target && !target->id)
			target->id = (int)id;
	}
}

static void add(struct targets *targets, const char *function)
{
	if (*function && strlen(function) < sizeof(targets->list->function))
		strcpy(targets->list[targets->n++].function, function);
}

int targets_read(const struct bpf_object *object, const struct btf *kernel, const char *const *more, struct targets *targets)
{
	char function[sizeof(targets->list->function)];
	struct bpf_program *program;
	size_t n = 0, kept = 0;

	bpf_object__for_each_program(program, object)
		n++;
	for (size_t i = 0; more[i]; i++)
		n++;
	targets->list = calloc(n ? n : 1, sizeof(*targets->list));
	targets->n = 0;
	if (!targets->list)
		return -ENOMEM;
	bpf_object__for_each_program(program, object) {
		target_of(bpf_program__section_name(program), function, sizeof(function));
		add(targets, function);
	}
	for (size_t i = 0; more[i]; i++)
		add(targets, more[i]);
	qsort(targets->list, targets->n, sizeof(*targets->list), by_name);
	for (size_t i = 0; i < targets->n; i++)
		if (!kept || by_name(&targets->list[kept - 1], &targets->list[i]))
			targets->list[kept++] = targets->list[i];
	targets->n = kept;
	targets->kernel_known = kernel != NULL;
	if (kernel)
		search(kernel, targets);
	return 0;
}

void targets_done(struct targets *targets)
{
	free(targets->list);
	targets->list = NULL;
	targets->n = 0;
}

/* libbpf is about to load a program. */
static int prepare(struct bpf_program *program, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct targets *targets = (const struct targets *)cookie;
	const char *section = bpf_program__section_name(program);
	char function[sizeof(targets->list->function)];

	target_of(section, function, sizeof(function));
	opts->attach_btf_id = (__u32)targets_id(targets, function);
	if (!opts->attach_btf_id)
		return -ESRCH;
	section += *section == '?';
	return bpf_program__set_type(program, strncmp(section, "lsm/", 4) ? BPF_PROG_TYPE_TRACING : BPF_PROG_TYPE_LSM);
}

/* For programs of their real types libbpf would read the kernel's BTF once more: they have those from prepare(). */
int targets_begin(struct targets *targets)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = prepare, .cookie = (long)targets);

	*targets = (struct targets){ .handlers = { 0 } };
	targets->handlers[0] = libbpf_register_prog_handler("lsm/", BPF_PROG_TYPE_SOCKET_FILTER, BPF_LSM_MAC, &opts);
	if (targets->handlers[0] < 0)
		return targets->handlers[0];
	targets->handlers[1] = libbpf_register_prog_handler("fexit/", BPF_PROG_TYPE_SOCKET_FILTER, BPF_TRACE_FEXIT, &opts);
	return targets->handlers[1] < 0 ? targets->handlers[1] : 0;
}

void targets_end(struct targets *targets)
{
	for (size_t i = 0; i < sizeof(targets->handlers) / sizeof(targets->handlers[0]); i++)
		if (targets->handlers[i] > 0)
			libbpf_unregister_prog_handler(targets->handlers[i]);
	targets_done(targets);
}
