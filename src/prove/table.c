// SPDX-License-Identifier: GPL-2.0-only
/* table: see table.h. Options, what is read, and which map is judged. */
#include "prove/table.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpfobj/bpfobj.h"
#include "common/arena.h"
#include "common/diag.h"
#include "prove/command.h"
#include "prove/contract.h"
#include "prove/sym.h"
#include "prove/table_report.h"
#include "say/say.h"

#define DEFAULT_BTF  "/sys/kernel/btf/vmlinux"
#define MEMORY_LIMIT (3ull << 30)
#define FILES_MAX    64

struct tables {
	const char *contract_file[FILES_MAX];
	size_t n_contracts;
	const char *btf, *object;
	char *const *given; /* MAP=DUMP */
	size_t n;
	bool json;
	struct arena arena;
	struct diag diag;
	struct bt *kernel;
	struct bpfobj *obj;
	struct contract *contract;
	struct table_dump *dump; /* n of them */
};

static const struct option long_options[] = {
	{ "contract", required_argument, NULL, 'c' },
	{ "btf", required_argument, NULL, 'b' },
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static int parse_options(int argc, char **argv, struct tables *t)
{
	int c;

	while ((c = getopt_long(argc, argv, ":c:b:", long_options, NULL)) != -1) {
		if (c == 'c' && t->n_contracts < FILES_MAX)
			t->contract_file[t->n_contracts++] = optarg;
		else if (c == 'c')
			return command_usage_error(argv[0], "too many contracts");
		else if (c == 'b')
			t->btf = optarg;
		else if (c == 'j')
			t->json = true;
		else
			return command_option_error(argv, c, long_options);
	}
	if (!t->n_contracts || argc - optind < 2)
		return command_usage_error(argv[0], "a contract, an object and MAP=DUMP are needed");
	t->object = argv[optind];
	t->given = argv + optind + 1;
	t->n = (size_t)(argc - optind - 1);
	return COMMAND_OK;
}

static int open_all(struct tables *t)
{
	int r = 0;

	if (!t->btf && !access(DEFAULT_BTF, R_OK))
		t->btf = DEFAULT_BTF;
	if (t->btf)
		r = bt_open(t->btf, NULL, &t->diag, &t->kernel);
	if (!r)
		r = bpfobj_open(t->object, &(struct bpfobj_opts){ .kernel = t->kernel }, &t->diag, &t->obj);
	for (size_t i = 0; !r && i < t->n_contracts; i++)
		r = contract_read(t->contract_file[i], &t->arena, &t->diag, &t->contract);
	if (!r)
		r = contract_open_specs(t->contract, &t->diag);
	return r ? r : contract_check_names(t->contract, t->obj, &t->diag);
}

/* --- dumps --- */

static const struct table_dump *dump_of(const struct tables *t, const struct bpfobj_map *map)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->dump[i].map == map)
			return &t->dump[i];
	return NULL;
}

static int read_dump(struct tables *t, size_t i)
{
	const char *file = strchr(t->given[i], '='), *name;
	bool standard = file && !strcmp(file + 1, "-");

	if (!file || file == t->given[i] || !file[1])
		return diag_fail(&t->diag, -EINVAL, NULL, "'%s' is no MAP=DUMP", t->given[i]);
	name = arena_strndup(&t->arena, t->given[i], (size_t)(file++ - t->given[i]));
	const struct bpfobj_map *map = name ? bpfobj_map_find(t->obj, name) : NULL;
	if (!map)
		return diag_fail(&t->diag, -ENOENT, DIAG_AT(.file = t->object), "the object has no map '%s'", name ? name : "");
	if (dump_of(t, map))
		return diag_fail(&t->diag, -EINVAL, NULL, "map '%s' is given twice", name);
	if (!contract_table_clauses(t->contract, name) && !contract_table_named(t->contract, name))
		return diag_fail(&t->diag, -ENOENT, DIAG_AT(.file = t->contract_file[0]), "there is no invariant of map '%s', and none names it", name);
	FILE *in = standard ? stdin : fopen(file, "re");
	if (!in)
		return diag_fail(&t->diag, -errno, DIAG_AT(.file = file), "cannot be read: %s", strerror(errno));
	int r = table_dump_read(in, standard ? "(standard input)" : file, map, &t->arena, &t->diag, &t->dump[i]);
	if (!standard)
		fclose(in);
	return r;
}

static int read_dumps(struct tables *t)
{
	size_t judged = 0;

	t->dump = arena_new_n(&t->arena, t->n, struct table_dump);
	if (!t->dump)
		return diag_fail(&t->diag, -ENOMEM, NULL, "out of memory");
	for (size_t i = 0; i < t->n; i++) {
		int r = read_dump(t, i);

		if (r < 0)
			return r;
		judged += contract_table_clauses(t->contract, t->dump[i].map->name) > 0;
	}
	return judged ? 0 : diag_fail(&t->diag, -ENOENT, DIAG_AT(.file = t->contract_file[0]), "no map that is given has an invariant");
}

/*
 * What a clause asks of another map. Of a trie that is not the element of that key but of the longest prefix, of a map of maps no
 * value at all, and with one for each processor nobody knows which.
 */
static const uint8_t *find(void *ctx, const struct bpfobj_map *map, const uint8_t *key, bool *ret_known)
{
	const struct table_dump *d = dump_of(ctx, map);
	const struct table_element *e = d ? table_dump_find(d, key) : NULL;

	*ret_known = d && !table_dump_per_cpu(map) && map->type != BPF_MAP_TYPE_LPM_TRIE && !map->inner && !(e && !e->value);
	return *ret_known && e ? e->value : NULL;
}

/* --- judging --- */

static int judge_map(struct tables *t, const struct table_dump *d, struct buf *out)
{
	const struct sym_contents others = { .find = find, .ctx = t };
	struct table_report report = { .bt = bpfobj_btf(t->obj), .dump = d, .json = t->json };
	struct contract_table *judge = NULL;
	int r = contract_table_open(t->contract, t->obj, d->map, &others, &t->diag, &judge);

	for (size_t i = 0; !r && i < d->n; i++) {
		table_report_element(&report, &d->element[i]);
		if (d->element[i].value)
			r = contract_table_judge(judge, d->element[i].value, table_report_found, &report);
		else
			table_report_unread(&report);
	}
	contract_table_close(judge);
	table_report_map(&report, contract_table_clauses(t->contract, d->map->name), out);
	if (r < 0)
		return COMMAND_BAD;
	return report.n_fails ? COMMAND_FAILS : report.n_unknown ? COMMAND_UNKNOWN : COMMAND_OK;
}

/* Maps of which the contract has an invariant, and nobody gave a dump. */
static void tell_missing(const struct tables *t, struct buf *out)
{
	bool any = false;

	for (uint32_t i = 0; i < bpfobj_map_count(t->obj); i++) {
		const struct bpfobj_map *map = bpfobj_map(t->obj, i);

		if (!map->name || dump_of(t, map) || !contract_table_clauses(t->contract, map->name))
			continue;
		if (t->json) {
			buf_puts(out, any ? "," : "");
			buf_json(out, map->name);
		} else {
			buf_printf(out, "%s: not judged: no dump is given\n", map->name);
		}
		any = true;
	}
}

static int judge_all(struct tables *t)
{
	static const int rank[] = { [COMMAND_OK] = 0, [COMMAND_UNKNOWN] = 1, [COMMAND_FAILS] = 2, [COMMAND_BAD] = 3 };
	struct buf out = BUF_INIT;
	int status = COMMAND_OK;

	buf_puts(&out, t->json ? "{\"maps\":[" : "");
	for (size_t i = 0, n = 0; i < t->n && status != COMMAND_BAD; i++) {
		if (!contract_table_clauses(t->contract, t->dump[i].map->name))
			continue;
		buf_puts(&out, t->json && n++ ? "," : "");
		int one = judge_map(t, &t->dump[i], &out);
		status = rank[one] > rank[status] ? one : status;
	}
	buf_puts(&out, t->json ? "],\"not_judged\":[" : "");
	tell_missing(t, &out);
	buf_puts(&out, t->json ? "]}\n" : "");
	if (out.failed) {
		diag_fail(&t->diag, -ENOMEM, NULL, "out of memory");
		status = COMMAND_BAD;
	}
	if (status != COMMAND_BAD)
		say_text(buf_str(&out));
	buf_done(&out);
	return status;
}

int table_main(int argc, char **argv)
{
	struct tables t = { 0 };
	int status = parse_options(argc, argv, &t);

	if (status)
		return status;
	arena_init(&t.arena, MEMORY_LIMIT);
	diag_init(&t.diag);
	status = open_all(&t) < 0 || read_dumps(&t) < 0 ? COMMAND_BAD : judge_all(&t);
	if (status == COMMAND_BAD && !t.diag.n_errors)
		diag_fail(&t.diag, -ENOMEM, NULL, "out of memory");
	say_diag(&t.diag);
	diag_done(&t.diag);
	contract_close(t.contract);
	bpfobj_free(t.obj);
	bt_free(t.kernel);
	arena_done(&t.arena);
	return status;
}
