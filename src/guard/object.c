/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object: the embedded BPF object (object.h).
 */
#include "guard/object.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cordon/abi.h>

#include "common/buf.h"
#include "cordon.hash.h"
#include "cordon.skel.h"
#include "guard/attach.h"
#include "guard/core.h"
#include "guard/target.h"

#define LOG_LIMIT (256u << 10)
#define LOG_LINES 24

const char *object_hash(void)
{
	return CORDON_OBJECT_SHA256;
}

int object_open(const char *types, struct bpf_object **ret_object, struct diag *diag)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "cordon", .btf_custom_path = types);
	struct bpf_object *object;
	const void *data;
	size_t size;

	data = cordon_bpf__elf_bytes(&size);
	object = bpf_object__open_mem(data, size, &opts);
	if (!object)
		return diag_fail(diag, -errno, NULL, "the embedded BPF object cannot be opened: %s", strerror(errno));
	*ret_object = object;
	return 0;
}

/* Hooks that are asked for nothing where the kernel has that function. */
static const struct {
	const char *program, *function;
} superseded[] = {
	/* 6.5: splice and sendfile go through socket_sendmsg (net/socket.c: .splice_write = splice_to_socket) */
	{ "cordon_file_permission", "splice_to_socket" },
	{ "cordon_unix_write", "splice_to_socket" },
};

static void describe(const struct bpf_program *program, const struct targets *targets, struct object_program *ret)
{
	const char *section = bpf_program__section_name(program);
	char target[128];

	ret->optional = !bpf_program__autoload(program);
	snprintf(ret->name, sizeof(ret->name), "%s", bpf_program__name(program));
	snprintf(ret->section, sizeof(ret->section), "%s", *section == '?' ? section + 1 : section);
	ret->kernel_known = targets->kernel_known;
	target_of(ret->section, target, sizeof(target));
	for (size_t i = 0; i < sizeof(superseded) / sizeof(superseded[0]); i++)
		if (strcmp(ret->name, superseded[i].program) == 0 && targets_id(targets, superseded[i].function))
			ret->superseded = true;
	ret->later = attach_to_device(ret->section);
	if (attach_to_cgroup(ret->section))
		ret->available = attach_has_cgroup();
	else if (ret->later)
		ret->available = targets_id(targets, ATTACH_DEVICES);
	else
		ret->available = !ret->superseded && (!*target || targets_id(targets, target));
}

int object_targets(const struct bpf_object *object, const struct btf *kernel, struct targets *targets)
{
	const char *more[sizeof(superseded) / sizeof(superseded[0]) + 2] = { NULL };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(superseded) / sizeof(superseded[0]); i++)
		more[n++] = superseded[i].function;
	more[n] = ATTACH_DEVICES;
	return targets_read(object, kernel, more, targets);
}

int object_info_of(struct bpf_object *object, const struct targets *targets, struct object_info *ret_info, struct diag *diag)
{
	struct object_info info = { 0 };
	struct bpf_program *program;
	size_t n = 0;

	bpf_object__for_each_program(program, object)
		n++;
	info.programs = calloc(n ? n : 1, sizeof(*info.programs));
	if (!info.programs)
		return diag_fail(diag, -ENOMEM, NULL, "no memory");
	bpf_object__for_each_program(program, object)
		if (!core_is(program))
			describe(program, targets, &info.programs[info.n++]);
	*ret_info = info;
	return 0;
}

int object_info_read(struct object_info *ret_info, struct diag *diag)
{
	struct targets targets = { 0 };
	struct bpf_object *object;
	struct btf *kernel;
	int err;

	object_log_begin();
	err = object_open(NULL, &object, diag);
	if (!err) {
		kernel = btf__load_vmlinux_btf();
		err = object_targets(object, kernel, &targets);
		btf__free(kernel);
		err = err ? diag_fail(diag, err, NULL, "no memory") : object_info_of(object, &targets, ret_info, diag);
		targets_done(&targets);
		bpf_object__close(object);
	}
	object_log_end(err != 0, diag);
	return err;
}

void object_info_done(struct object_info *info)
{
	free(info->programs);
	*info = (struct object_info){ 0 };
}

/* libbpf's print hook takes no context: the one piece of state that cannot be passed. */
static struct buf log_text;

__attribute__((format(printf, 2, 0))) static int keep_log(enum libbpf_print_level level, const char *format,
							  va_list args)
{
	if (level != LIBBPF_DEBUG && log_text.len < LOG_LIMIT)
		buf_vprintf(&log_text, format, args);
	return 0;
}

void object_log_begin(void)
{
	buf_reset(&log_text);
	libbpf_set_print(keep_log);
}

/* The last lines of the log say why. */
static void report_log(struct diag *diag)
{
	char *text = log_text.data, *start, *line, *state = NULL;
	unsigned lines = 0;

	if (!text || !log_text.len)
		return;
	for (start = text + log_text.len; start > text; start--)
		if (start[-1] == '\n' && lines++ > LOG_LINES)
			break;
	for (line = strtok_r(start, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
		diag_add(diag, DIAG_NOTE, NULL, "%s", line);
}

void object_log_end(bool failed, struct diag *diag)
{
	if (failed)
		report_log(diag);
	buf_done(&log_text);
	log_text = BUF_INIT;
	libbpf_set_print(NULL);
}
