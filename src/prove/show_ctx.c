// SPDX-License-Identifier: GPL-2.0-only
/*
 * show_ctx: what lies at an offset of a program's context: the argument of the hook by the kernel's BTF, or the
 * member of the struct that the program says its context is.
 */
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "prove/show_model.h"

/* The prototype of what an LSM or tracing program attaches to; *ret_skip arguments of it are not in the context. */
static const struct bt_type *ctx_prototype(const struct bpfobj_prog *prog, const struct bt *kernel, uint32_t *ret_skip)
{
	const struct bt_type *t;
	char name[256];
	uint32_t id;

	*ret_skip = 0;
	if (prog->type == BPF_PROG_TYPE_LSM) {
		snprintf(name, sizeof(name), "bpf_lsm_%s", prog->attach_to);
		id = bt_find(kernel, name, BT_FUNC);
	} else if (prog->attach_type == BPF_TRACE_RAW_TP) {
		snprintf(name, sizeof(name), "btf_trace_%s", prog->attach_to);
		id = bt_find(kernel, name, BT_TYPEDEF);
		*ret_skip = 1; /* void *__data */
	} else {
		id = bt_find(kernel, prog->attach_to, BT_FUNC);
	}
	if (!id)
		return NULL;
	t = bt_resolve(kernel, bt_get(kernel, id)->ref);
	if (t->kind == BT_PTR)
		t = bt_resolve(kernel, t->ref);
	return t->kind == BT_FUNC_PROTO ? t : NULL;
}

static void ctx_argument(const struct show_prog *sp, const struct bt *kernel, uint64_t offset, struct buf *out)
{
	uint32_t skip;
	const struct bt_type *proto = ctx_prototype(sp->prog, kernel, &skip);
	uint64_t index = offset / 8 + skip;

	if (!proto || offset % 8)
		return;
	if (index < proto->n && *proto->params[index].name) {
		buf_puts(out, " (");
		bt_print(kernel, proto->params[index].type, out);
		buf_printf(out, "%s%s)", out->data && out->data[out->len - 1] == '*' ? "" : " ",
			   proto->params[index].name);
	} else if (index == proto->n) {
		buf_puts(out, " (value returned so far)");
	}
}

static void ctx_member(const struct show_prog *sp, const struct bt *bt, uint64_t offset, struct buf *out)
{
	const struct bt_type *t = bt_get(bt, sp->prog->funcs[0].type);
	struct buf path = BUF_INIT;

	t = t && t->kind == BT_FUNC ? bt_resolve(bt, t->ref) : NULL;
	if (t && t->kind == BT_FUNC_PROTO && t->n) {
		t = bt_resolve(bt, t->params[0].type);
		if (t->kind == BT_PTR && !bt_path_at(bt, t->ref, offset, &path))
			buf_printf(out, " (%s)", buf_str(&path));
	}
	buf_done(&path);
}

void show_context(const struct show_prog *sp, uint64_t offset, struct buf *out)
{
	const struct bt *kernel = bpfobj_kernel(sp->obj), *bt = bpfobj_btf(sp->obj);

	if (sp->prog->type == BPF_PROG_TYPE_LSM || sp->prog->type == BPF_PROG_TYPE_TRACING) {
		if (kernel)
			ctx_argument(sp, kernel, offset, out);
	} else if (bt) {
		ctx_member(sp, bt, offset, out);
	}
}
