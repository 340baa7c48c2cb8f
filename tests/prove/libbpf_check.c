// SPDX-License-Identifier: GPL-2.0-only
/*
 * libbpf_check OBJECT KERNEL_BTF: link and relocate an object with our code and with libbpf, compare every map's
 * definition and initial contents, and every instruction and source line of every program. libbpf works as if it loaded into a kernel: its system calls are caught
 * (linked with --wrap) and answered here, so no privilege and no kernel is involved. Prints TAP, one line a program.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpfobj/bpfobj.h"
#include "common/diag.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

long __wrap_syscall(long number, ...);
long __real_syscall(long number, ...);
FILE *__wrap_fopen64(const char *path, const char *mode);
FILE *__real_fopen64(const char *path, const char *mode);
int __wrap_faccessat(int fd, const char *path, int mode, int flags);
int __real_faccessat(int fd, const char *path, int mode, int flags);

static const char *kernel_btf;

/* libbpf looks kernel variables and attach points up in the running kernel: let it see the one given. */
static const char *redirect(const char *path)
{
	return kernel_btf && !strcmp(path, KERNEL_BTF) ? kernel_btf : path;
}

FILE *__wrap_fopen64(const char *path, const char *mode)
{
	return __real_fopen64(redirect(path), mode);
}

int __wrap_faccessat(int fd, const char *path, int mode, int flags)
{
	return __real_faccessat(fd, redirect(path), mode, flags);
}

/* The source lines of each program that libbpf loaded, by the address of its instructions. */
#define MAX_LOADED 256

static struct loaded {
	uint64_t insns;
	struct bpf_line_info *lines;
	uint32_t n;
} loaded[MAX_LOADED];
static unsigned n_loaded;

static void remember(const union bpf_attr *attr)
{
	struct loaded *l = &loaded[n_loaded];

	if (n_loaded == MAX_LOADED || attr->line_info_rec_size != sizeof(*l->lines) || !attr->line_info_cnt)
		return;
	l->insns = attr->insns;
	l->n = attr->line_info_cnt;
	l->lines = malloc(l->n * sizeof(*l->lines));
	memcpy(l->lines, (const void *)(uintptr_t)attr->line_info, l->n * sizeof(*l->lines));
	n_loaded++;
}

/* Every bpf(2) that makes something gives a descriptor; queries find nothing. */
long __wrap_syscall(long number, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number != __NR_bpf)
		return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (a[0] == BPF_PROG_LOAD)
		remember((const union bpf_attr *)a[1]);
	switch (a[0]) {
	case BPF_MAP_CREATE:
	case BPF_PROG_LOAD:
	case BPF_BTF_LOAD:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_FREEZE:
	case BPF_PROG_BIND_MAP:
	case BPF_OBJ_PIN:
		return 0;
	case BPF_OBJ_GET:
	case BPF_BTF_GET_NEXT_ID:
		errno = ENOENT;
		return -1;
	default:
		errno = EINVAL;
		return -1;
	}
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level > LIBBPF_WARN)
		return 0;
	fputs("# libbpf: ", stdout);
	return vprintf(fmt, ap);
}

static const char *their_map(struct bpf_object *obj, int fd)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, obj)
		if (bpf_map__fd(m) == fd)
			return bpf_map__name(m);
	return "?";
}

static bool is_imm64(const struct bpf_insn *i)
{
	return i->code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* A reference to a map: names must agree, numbers cannot. */
static bool same_map(const struct bpf_insn *ours, const struct bpfobj *obj, const struct bpf_insn *theirs,
		     struct bpf_object *lib)
{
	const struct bpfobj_map *m = bpfobj_map(obj, (uint32_t)ours->imm);

	const char *name = their_map(lib, theirs->imm);
	size_t n = strlen(name), k = m ? strlen(m->name) : 0;

	if (!m || ours->src_reg != theirs->src_reg || n < k)
		return false;
	/* libbpf puts the object's name in front of the sections of global data */
	return !strcmp(m->name, *m->name == '.' ? name + n - k : name);
}

static bool same_insn(const struct bpfobj_prog *p, uint32_t at, const struct bpfobj *obj, const struct bpf_insn *theirs,
		      struct bpf_object *lib)
{
	const struct bpf_insn *ours = &p->insns[at];
	const struct bpfobj_ref *ref = bpfobj_ref_at(p, at);

	if (is_imm64(ours) && is_imm64(theirs) && ours->dst_reg == theirs->dst_reg &&
	    (ours->src_reg == BPF_PSEUDO_MAP_FD || ours->src_reg == BPF_PSEUDO_MAP_VALUE))
		return same_map(ours, obj, theirs, lib);
	/* a symbol without a type has an address libbpf takes from /proc/kallsyms; ours stays symbolic */
	if (is_imm64(ours) && is_imm64(theirs) && ref && ref->kind == BPFOBJ_REF_KSYM && !ref->kernel_id)
		return ours->dst_reg == theirs->dst_reg;
	/* weak and absent kernel function: libbpf before 1.3 left number 0, since then it poisons the call */
	if (ref && ref->kind == BPFOBJ_REF_KFUNC && !ref->kernel_id && ours->code == (BPF_JMP | BPF_CALL))
		return theirs->code == ours->code &&
		       (theirs->imm == ours->imm || (theirs->src_reg == BPF_PSEUDO_KFUNC_CALL && !theirs->imm));
	if (ref && ref->kind == BPFOBJ_REF_KFUNC && is_imm64(ours))
		return is_imm64(theirs) && ours->dst_reg == theirs->dst_reg;
	return !memcmp(ours, theirs, sizeof(*ours));
}

/* Each line libbpf gave to the kernel is the one we find at its instruction. */
static bool same_lines(const struct bpfobj_prog *p, const struct bpf_insn *insns, const struct btf *btf)
{
	const struct loaded *l = NULL;

	for (unsigned i = 0; i < n_loaded; i++)
		if (loaded[i].insns == (uintptr_t)insns)
			l = &loaded[i];
	for (uint32_t i = 0; l && i < l->n; i++) {
		const struct bpf_line_info *theirs = &l->lines[i];
		const struct bpfobj_line *ours = bpfobj_line_at(p, theirs->insn_off);

		if (ours && ours->insn == theirs->insn_off && ours->line == theirs->line_col >> 10 &&
		    ours->col == (theirs->line_col & 0x3ff) &&
		    !strcmp(ours->file, btf__str_by_offset(btf, theirs->file_name_off)) &&
		    !strcmp(ours->text, btf__str_by_offset(btf, theirs->line_off)))
			continue;
		printf("# %s insn %u: libbpf line %u, ours %u\n", p->name, theirs->insn_off, theirs->line_col >> 10,
		       ours ? ours->line : 0);
		return false;
	}
	return l ? l->n == p->n_lines : !p->n_lines;
}

static const struct bpfobj_map *our_map(const struct bpfobj *obj, const char *name)
{
	for (uint32_t i = 0; i < bpfobj_map_count(obj); i++) {
		const char *ours = bpfobj_map(obj, i)->name;
		size_t n = strlen(name), k = strlen(ours);

		if (n >= k && !strcmp(ours, *ours == '.' ? name + n - k : name))
			return bpfobj_map(obj, i);
	}
	return NULL;
}

/* Before loading: libbpf adapts sizes to the machine then. */
static bool same_map_definition(const struct bpf_map *theirs, const struct bpfobj_map *m)
{
	const struct bpf_map *inner = bpf_map__inner_map((struct bpf_map *)theirs);
	const void *image;
	size_t size = 0;

	if (m->type != bpf_map__type(theirs) || m->key_size != bpf_map__key_size(theirs) ||
	    m->value_size != bpf_map__value_size(theirs) || m->max_entries != bpf_map__max_entries(theirs) ||
	    m->flags != bpf_map__map_flags(theirs) || m->map_extra != bpf_map__map_extra(theirs) ||
	    m->numa_node != bpf_map__numa_node(theirs))
		return false;
	if (!inner != !m->inner || (inner && !same_map_definition(inner, m->inner)))
		return false;
	image = bpf_map__initial_value((struct bpf_map *)theirs, &size);
	return !m->image || (image && size == m->value_size && !memcmp(image, m->image, size));
}

static bool same_maps(struct bpf_object *lib, const struct bpfobj *obj)
{
	struct bpf_map *theirs;
	uint32_t n = 0;

	bpf_object__for_each_map(theirs, lib) {
		const struct bpfobj_map *m = our_map(obj, bpf_map__name(theirs));

		n++;
		if (m && same_map_definition(theirs, m))
			continue;
		printf("# map %s: libbpf type %d key %u value %u entries %u flags %#x; ours %d %u %u %u %#x\n",
		       bpf_map__name(theirs), bpf_map__type(theirs), bpf_map__key_size(theirs), bpf_map__value_size(theirs),
		       bpf_map__max_entries(theirs), bpf_map__map_flags(theirs), m ? (int)m->type : -1,
		       m ? m->key_size : 0, m ? m->value_size : 0, m ? m->max_entries : 0, m ? m->flags : 0);
		return false;
	}
	return n == bpfobj_map_count(obj);
}

static void compare(const struct bpfobj *obj, const struct bpfobj_prog *p, struct bpf_object *lib, int n)
{
	struct bpf_program *lp = bpf_object__find_program_by_name(lib, p->name);
	const struct bpf_insn *theirs = lp ? bpf_program__insns(lp) : NULL;
	size_t n_theirs = lp ? bpf_program__insn_cnt(lp) : 0;
	bool ok = theirs && n_theirs == p->n_insns && bpf_program__type(lp) == p->type &&
		  (enum bpf_attach_type)p->attach_type == bpf_program__expected_attach_type(lp);

	if (!ok)
		printf("# %s: ours %u insns, type %u, attach %u; libbpf %zu, %d, %d\n", p->name, p->n_insns, p->type,
		       p->attach_type, n_theirs, lp ? (int)bpf_program__type(lp) : -1,
		       lp ? (int)bpf_program__expected_attach_type(lp) : -1);
	for (uint32_t i = 0; ok && i < p->n_insns; i++) {
		if (same_insn(p, i, obj, &theirs[i], lib))
			continue;
		printf("# %s insn %u: ours %02x %x %x %d %d, libbpf %02x %x %x %d %d\n", p->name, i, p->insns[i].code,
		       p->insns[i].dst_reg, p->insns[i].src_reg, p->insns[i].off, p->insns[i].imm, theirs[i].code,
		       theirs[i].dst_reg, theirs[i].src_reg, theirs[i].off, theirs[i].imm);
		ok = false;
	}
	ok = ok && same_lines(p, theirs, bpf_object__btf(lib));
	printf("%sok %d - %s: %u instructions, %u source lines and %u CO-RE relocations as libbpf has them\n",
	       ok ? "" : "not ", n, p->name, p->n_insns, p->n_lines, p->n_cores);
}

/* libbpf loads all or nothing, and this kernel may lack an attach point: that program is left out on both sides. */
static bool has_hook(const struct bpf_program *p, const struct bt *kernel)
{
	static const struct {
		const char *section, *prefix;
		enum bt_kind kind;
	} hooks[] = {
		{ "lsm/", "bpf_lsm_", BT_FUNC },   { "lsm.s/", "bpf_lsm_", BT_FUNC },
		{ "lsm_cgroup/", "bpf_lsm_", BT_FUNC }, { "tp_btf/", "btf_trace_", BT_TYPEDEF },
		{ "fentry/", "", BT_FUNC },        { "fentry.s/", "", BT_FUNC },
		{ "fexit/", "", BT_FUNC },         { "fexit.s/", "", BT_FUNC },
		{ "fmod_ret/", "", BT_FUNC },      { "fmod_ret.s/", "", BT_FUNC },
		{ "iter/", "bpf_iter_", BT_FUNC }, { "iter.s/", "bpf_iter_", BT_FUNC },
	};
	const char *section = bpf_program__section_name(p);
	char name[256];

	section += *section == '?';
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		size_t n = strlen(hooks[i].section);

		if (strncmp(section, hooks[i].section, n))
			continue;
		snprintf(name, sizeof(name), "%s%s", hooks[i].prefix, section + n);
		return bt_find(kernel, name, hooks[i].kind) != 0;
	}
	return true;
}

/* A program that replaces another's function names it when it is loaded; here nobody looks. */
static int any_target(struct bpf_program *p, struct bpf_prog_load_opts *opts, long cookie)
{
	(void)p;
	(void)cookie;
	opts->attach_prog_fd = opts->attach_btf_id = 1;
	return 0;
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, replaces, .prog_prepare_load_fn = any_target);
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = argc > 2 ? argv[2] : NULL,
		    .kconfig = "CONFIG_BPF_LSM=y\nCONFIG_DEFAULT_HOSTNAME=\"(none)\"\nCONFIG_HZ=250\n");
	struct bpfobj_opts our_opts = { 0 };
	struct bpf_object *lib;
	struct bpf_program *p;
	struct bpf_map *m;
	struct bpfobj *obj;
	struct diag diag;
	struct bt *kernel;
	int err, refused, n = 0;

	if (argc != 3)
		return 2;
	kernel_btf = argv[2];
	diag_init(&diag);
	libbpf_set_print(quiet);
	if (libbpf_register_prog_handler("freplace+", BPF_PROG_TYPE_EXT, 0, &replaces) < 0)
		return 2;
	if (bt_open(argv[2], NULL, &diag, &kernel)) {
		diag_print(&diag, stdout);
		return 2;
	}
	lib = bpf_object__open_file(argv[1], &opts);
	if (!lib) {
		printf("# libbpf cannot open %s\n", argv[1]);
		return 2;
	}
	bpf_object__for_each_program(p, lib)
		bpf_program__set_autoload(p, has_hook(p, kernel));
	bpf_object__for_each_map(m, lib)
		bpf_map__set_pin_path(m, NULL);
	our_opts.kernel = kernel;
	refused = bpfobj_open(argv[1], &our_opts, &diag, &obj);
	if (!refused) {
		bool same = same_maps(lib, obj);

		printf("%sok %d - %u maps as libbpf has them\n", same ? "" : "not ", ++n, bpfobj_map_count(obj));
	}
	err = bpf_object__load(lib);
	if (refused) {
		diag_print(&diag, stdout);
		printf("1..1\n%sok 1 - both refuse %s\n", err ? "" : "not ", argv[1]);
		return 0;
	}
	if (err)
		printf("# libbpf: load failed: %d\n", err);
	for (uint32_t i = 0; i < bpfobj_prog_count(obj); i++) {
		p = bpf_object__find_program_by_name(lib, bpfobj_prog(obj, i)->name);
		if (p && !bpf_program__autoload(p))
			printf("# %s: this kernel has no such hook\n", bpfobj_prog(obj, i)->name);
		else
			compare(obj, bpfobj_prog(obj, i), lib, ++n);
	}
	printf("1..%d\n", n);
	bpfobj_free(obj);
	bt_free(kernel);
	bpf_object__close(lib);
	diag_done(&diag);
	return 0;
}
