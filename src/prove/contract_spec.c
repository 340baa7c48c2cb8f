// SPDX-License-Identifier: GPL-2.0-only
/* contract_spec: see contract_spec.h. */
#include "prove/contract_spec.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/diag.h"
#include "prove/contract.h"

extern char **environ;

/* --- opening --- */

static int compile(const char *source, const char *object)
{
	const char *const candidate[] = { getenv("CLANG"), "clang-14", "clang" };

	for (size_t i = 0; i < sizeof(candidate) / sizeof(candidate[0]); i++) {
		const char *const argv[] = { candidate[i], "-O2", "-g", "-target", "bpf", "-mcpu=v3", "-Wall", "-c", source, "-o", object, NULL };
		int status;
		pid_t pid;

		if (!candidate[i] || !*candidate[i])
			continue;
		if (posix_spawnp(&pid, candidate[i], NULL, NULL, (char *const *)(uintptr_t)argv, environ))
			continue;
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EINVAL;
	}
	return -ENOENT;
}

static int open_source(const char *path, struct diag *diag, struct bpfobj **ret_obj)
{
	const char *dir = getenv("TMPDIR");
	char name[4096];
	int fd, r;

	snprintf(name, sizeof(name), "%s/bpfprove-XXXXXX.o", dir && *dir ? dir : "/tmp");
	fd = mkostemps(name, 2, O_CLOEXEC);
	if (fd < 0)
		return diag_fail(diag, -errno, DIAG_AT(.file = path), "no temporary file for it");
	close(fd);
	r = compile(path, name);
	if (r < 0)
		diag_fail(diag, r, DIAG_AT(.file = path), r == -ENOENT ? "there is no clang to compile it" : "it does not compile");
	else
		r = bpfobj_open(name, &(struct bpfobj_opts){ 0 }, diag, ret_obj);
	unlink(name);
	return r;
}

static int open_spec(const struct contract *c, struct spec *s, struct diag *diag)
{
	const char *slash = strrchr(c->file, '/');
	size_t n = strlen(s->path);
	char path[4096];
	int r;

	if (s->path[0] == '/' || !slash)
		snprintf(path, sizeof(path), "%s", s->path);
	else
		snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - c->file), c->file, s->path);
	if (n > 2 && !strcmp(s->path + n - 2, ".c"))
		r = open_source(path, diag, &s->obj);
	else
		r = bpfobj_open(path, &(struct bpfobj_opts){ 0 }, diag, &s->obj);
	return r < 0 ? diag_fail(diag, r, DIAG_AT(.file = c->file, .line = s->line, .col = s->col), "the specification cannot be used") : 0;
}

int contract_open_specs(struct contract *c, struct diag *diag)
{
	for (; c; c = c->next)
		for (struct spec *s = c->specs; s; s = s->next) {
			int r = open_spec(c, s, diag);

			if (r < 0)
				return r;
		}
	return 0;
}

void contract_close(struct contract *c)
{
	for (; c; c = c->next)
		for (struct spec *s = c->specs; s; s = s->next) {
			bpfobj_free(s->obj);
			s->obj = NULL;
		}
}

/* --- calling --- */

/* What of the execution belongs to the program whose contract it is. */
struct place_of_run {
	const struct bpfobj_prog *prog;
	const struct isa_insn *insns;
	size_t n_insns;
	struct func_cfg **cfgs;
	uint8_t *ctx_ptr_load;
	uint32_t insn, depth;
	struct sym_opts opts;
	size_t n_obligs, n_log;
	size_t n_checked[PROP_COUNT];
	struct event *events;
};

static void leave(struct sym *s, struct place_of_run *p)
{
	*p = (struct place_of_run){ .prog = s->prog, .insns = s->insns, .n_insns = s->n_insns, .cfgs = s->cfgs, .ctx_ptr_load = s->ctx_ptr_load,
				    .insn = s->insn, .depth = s->depth, .opts = s->opts, .n_obligs = s->n_obligs, .n_log = s->n_log,
				    .events = s->events };
	memcpy(p->n_checked, s->n_checked, sizeof(p->n_checked));
}

static void come_back(struct sym *s, const struct place_of_run *p)
{
	s->prog = p->prog;
	s->insns = p->insns;
	s->n_insns = p->n_insns;
	s->cfgs = p->cfgs;
	s->ctx_ptr_load = p->ctx_ptr_load;
	s->insn = p->insn;
	s->depth = p->depth;
	s->opts = p->opts;
	s->n_obligs = p->n_obligs;
	s->n_log = p->n_log;
	s->events = p->events;
	memcpy(s->n_checked, p->n_checked, sizeof(p->n_checked));
}

static bool pure(const struct isa_insn *insns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct isa_insn *in = &insns[i];

		if (in->slots && ((isa_is_call(in->op) && in->op != ISA_CALL_LOCAL) || (in->op == ISA_LD_IMM64 && in->imm_kind != ISA_IMM_VALUE)))
			return false;
	}
	return true;
}

static bool enter(struct cenv *e, const struct bpfobj_prog *prog)
{
	struct sym *s = e->s;

	s->prog = prog;
	s->n_insns = prog->n_insns;
	s->opts.contract = NULL;
	s->opts.modular = false;
	s->cfgs = arena_calloc(s->arena, prog->n_insns, sizeof(*s->cfgs));
	s->ctx_ptr_load = arena_calloc(s->arena, prog->n_insns, 1);
	return s->cfgs && s->ctx_ptr_load &&
	       !isa_decode_program(prog->insns, prog->n_insns, prog->name, s->arena, e->diag, &s->insns) && pure(s->insns, s->n_insns);
}

/* The result; TERM_NONE when it is no pure function that ends well. */
static term run(struct cenv *e, const struct bpfobj_prog *prog, const term arg[5], uint32_t n)
{
	struct sym *s = e->s;
	struct place_of_run back;
	struct state *st = arena_new(s->arena, struct state);
	term r = TERM_NONE;

	leave(s, &back);
	if (st && enter(e, prog)) {
		st->id = ++s->next_state;
		st->pc = TERM_TRUE;
		for (int i = 0; i < ISA_REGS; i++)
			st->r[i] = i >= 1 && (uint32_t)i <= n ? val_scalar(s, arg[i - 1]) : val_uninit(s);
		if (!s->depth) /* r0 is checked by us */
			s->depth = 1;
		st = sym_call(s, st, 0);
		if (st && !s->stop && st->r[0]->init == TERM_TRUE && !st->r[0]->n && s->n_obligs == back.n_obligs && s->n_log == back.n_log)
			r = st->r[0]->bits;
	}
	come_back(s, &back);
	return r;
}

static const struct bt_type *proto_of(const struct bpfobj *obj, const struct bpfobj_prog *prog)
{
	const struct bt *bt = bpfobj_btf(obj);
	const struct bt_type *f = bt && prog->funcs[0].type ? bt_get(bt, prog->funcs[0].type) : NULL;
	const struct bt_type *proto = f ? bt_resolve(bt, f->ref) : NULL;

	return proto && proto->kind == BT_FUNC_PROTO && proto->n <= 5 ? proto : NULL;
}

static struct cval call(struct cenv *e, const struct node *n, const struct bpfobj *obj, const struct bpfobj_prog *prog)
{
	struct terms *t = &e->s->t;
	const struct bt_type *proto = proto_of(obj, prog);
	const struct bt *bt = bpfobj_btf(obj);
	term arg[5];

	if (!proto || !proto->ref)
		return contract_fail(e, n, "the type of %s is not known, or it returns nothing", n->text);
	if (n->n != proto->n)
		return contract_fail(e, n, "%s takes %u arguments", n->text, proto->n);
	for (uint32_t i = 0; i < n->n; i++) {
		struct cval v = contract_value(e, n->list[i]);

		arg[i] = contract_number(e, n->list[i], &v);
	}
	if (e->failed)
		return contract_int(e, term_const(t, 64, 0), false);
	term r = run(e, prog, arg, n->n);
	const struct bt_type *res = bt_resolve(bt, proto->ref);
	int64_t size = res ? bt_size(bt, res->id) : 0;
	bool sign = res && bt_is_signed(bt, res->id) > 0;
	if (!r || size < 1 || size > 8)
		return contract_fail(e, n, "%s is no pure function from numbers to a number that ends", n->text);
	r = term_extend(t, sign, 64, term_extract(t, r, (unsigned)(8 * size - 1), 0));
	return contract_int(e, r, size == 8 && !sign);
}

bool contract_spec_call(struct cenv *e, const struct node *n, struct cval *ret_value)
{
	for (const struct contract *c = e->c; c; c = c->next)
		for (const struct spec *s = c->specs; s; s = s->next) {
			const struct bpfobj_prog *prog = s->obj ? bpfobj_prog_find(s->obj, n->text) : NULL;

			if (prog) {
				*ret_value = call(e, n, s->obj, prog);
				return true;
			}
		}
	return false;
}
