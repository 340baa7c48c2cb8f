// SPDX-License-Identifier: GPL-2.0-only
/* show: `bpfprove show` and its plain text. */
#include "prove/show.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/diag.h"
#include "prove/command.h"
#include "prove/show_model.h"
#include "say/say.h"

struct show_job {
	const char *object, *program, *btf, *svg;
	bool json;
	struct diag diag;
	struct bt *kernel;
	struct bpfobj *obj;
	uint32_t shown;
};

static void text_line(const struct show_prog *sp, uint32_t at, const struct bpfobj_line **last, FILE *out)
{
	const struct bpfobj_line *line = bpfobj_line_at(sp->prog, at);
	const char *file, *text;

	if (!line || (*last && (*last)->line == line->line && (*last)->file == line->file))
		return;
	*last = line;
	file = strrchr(line->file, '/');
	for (text = line->text; *text == ' ' || *text == '\t'; text++)
		;
	fprintf(out, "  ; %s:%u: %s\n", file ? file + 1 : line->file, line->line, text);
}

static void text_insn(const struct show_prog *sp, uint32_t at, FILE *out)
{
	struct buf insn = BUF_INIT, note = BUF_INIT;

	show_insn(sp, at, &insn);
	show_note(sp, at, &note);
	if (note.len)
		fprintf(out, "  %5u: %-44s # %s\n", at, buf_str(&insn), buf_str(&note));
	else
		fprintf(out, "  %5u: %s\n", at, buf_str(&insn));
	buf_done(&insn);
	buf_done(&note);
}

static void text_block(const struct show_prog *sp, uint32_t b, const struct bpfobj_line **last, FILE *out)
{
	const struct cfg_block *block = &sp->cfg.blocks[b];

	fprintf(out, "block %u%s%s:\n", b, block->is_loop_head ? " (loop)" : "",
		block->order == CFG_NONE ? " (unreachable)" : "");
	for (uint32_t i = block->start; i < block->end; i++) {
		if (!sp->insns[i].slots)
			continue;
		text_line(sp, i, last, out);
		text_insn(sp, i, out);
	}
	if (block->taken != CFG_NONE)
		fprintf(out, "  -> block %u if taken, else block %u\n", block->taken, block->next);
	else if (block->next != CFG_NONE)
		fprintf(out, "  -> block %u\n", block->next);
}

void show_text(const struct show_prog *sp, FILE *out)
{
	const struct bpfobj_prog *p = sp->prog;
	const char *type = p->known ? bpfobj_prog_type_name(p->type) : NULL;
	const struct bpfobj_line *last = NULL;
	uint32_t func = CFG_NONE;

	fprintf(out, "program %s: section %s, type %s%s%s%s, %u instructions, %u blocks, %u functions\n", p->name, p->section,
		type ? type : "unknown", *p->attach_to ? ", attaches to " : "", p->attach_to,
		p->sleepable ? ", may sleep" : "", p->n_insns, sp->cfg.n_blocks, p->n_funcs);
	for (uint32_t b = 0; b < sp->cfg.n_blocks; b++) {
		if (sp->cfg.blocks[b].func != func) {
			func = sp->cfg.blocks[b].func;
			last = NULL;
			fprintf(out, "\nfunction %s%s:\n", p->funcs[func].name,
				p->funcs[func].is_callback ? " (callback)" : "");
		}
		text_block(sp, b, &last, out);
	}
	fputc('\n', out);
}

static void show_maps(const struct bpfobj *obj, FILE *out)
{
	for (uint32_t i = 0; i < bpfobj_map_count(obj); i++) {
		const struct bpfobj_map *m = bpfobj_map(obj, i);
		const char *type = bpfobj_map_type_name(m->type);
		struct buf key = BUF_INIT, value = BUF_INIT;

		if (bpfobj_btf(obj) && m->key_type)
			bt_print(bpfobj_btf(obj), m->key_type, &key);
		if (bpfobj_btf(obj) && m->value_type && m->kind == BPFOBJ_MAP_DECLARED)
			bt_print(bpfobj_btf(obj), m->value_type, &value);
		fprintf(out, "map %s: %s, key %u%s%s, value %u%s%s, %u entries%s%s\n", m->name, type ? type : "unknown",
			m->key_size, key.len ? " " : "", buf_str(&key), m->value_size, value.len ? " " : "",
			buf_str(&value), m->max_entries, m->inner ? ", of " : "",
			m->inner && bpfobj_map_type_name(m->inner->type) ? bpfobj_map_type_name(m->inner->type) : "");
		buf_done(&key);
		buf_done(&value);
	}
	if (bpfobj_map_count(obj))
		fputc('\n', out);
}

/* "dir/graph.svg" becomes "dir/graph-NAME.svg" when there are several programs. */
static int show_picture(const struct show_job *job, const struct show_prog *sp)
{
	const char *dot = strrchr(job->svg, '.');
	struct buf path = BUF_INIT;
	int err;

	if (job->program || bpfobj_prog_count(job->obj) == 1)
		buf_puts(&path, job->svg);
	else if (dot && !strchr(dot, '/'))
		buf_printf(&path, "%.*s-%s%s", (int)(dot - job->svg), job->svg, sp->prog->name, dot);
	else
		buf_printf(&path, "%s-%s", job->svg, sp->prog->name);
	err = show_svg(sp, buf_str(&path));
	if (err)
		say_trouble("cannot write %s: %s", buf_str(&path), strerror(-err));
	buf_done(&path);
	return err;
}

static int show_one(struct show_job *job, const struct bpfobj_prog *prog, struct buf *json)
{
	struct show_prog sp;
	int err = show_prog_init(&sp, job->obj, prog, &job->diag);

	if (err)
		return err;
	if (job->json) {
		buf_puts(json, job->shown ? "," : "");
		show_json(&sp, json);
	} else {
		show_text(&sp, stdout);
	}
	job->shown++;
	if (job->svg)
		err = show_picture(job, &sp);
	show_prog_done(&sp);
	return err;
}

static int show_run(struct show_job *job)
{
	struct bpfobj_opts opts = { 0 };
	struct buf json = BUF_INIT;
	int err = 0;

	if (job->btf && bt_open(job->btf, NULL, &job->diag, &job->kernel))
		return COMMAND_BAD;
	opts.kernel = job->kernel;
	if (bpfobj_open(job->object, &opts, &job->diag, &job->obj))
		return COMMAND_BAD;
	if (job->program && !bpfobj_prog_find(job->obj, job->program)) {
		say_trouble("%s has no program '%s'", job->object, job->program);
		return COMMAND_BAD;
	}
	if (job->json) {
		buf_puts(&json, "{\"object\":");
		buf_json(&json, job->object);
		buf_puts(&json, ",\"programs\":[");
	} else {
		show_maps(job->obj, stdout);
	}
	for (uint32_t i = 0; i < bpfobj_prog_count(job->obj); i++) {
		const struct bpfobj_prog *prog = bpfobj_prog(job->obj, i);

		if (!job->program || !strcmp(prog->name, job->program))
			err = show_one(job, prog, &json) ? -1 : err;
	}
	if (job->json) {
		buf_puts(&json, "]}\n");
		say_text(buf_str(&json));
	}
	buf_done(&json);
	return err ? COMMAND_BAD : COMMAND_OK;
}

static int show_options(int argc, char **argv, struct show_job *job)
{
	static const struct option options[] = {
		{ "program", required_argument, NULL, 'p' }, { "btf", required_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },          { "svg", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c == 'p')
			job->program = optarg;
		else if (c == 'b')
			job->btf = optarg;
		else if (c == 's')
			job->svg = optarg;
		else if (c == 'j')
			job->json = true;
		else
			return command_option_error(argv, c, options);
	}
	if (optind + 1 != argc)
		return command_usage_error("show", "one object file is needed");
	job->object = argv[optind];
	return COMMAND_OK;
}

int show_main(int argc, char **argv)
{
	struct show_job job = { 0 };
	int rc;

	diag_init(&job.diag);
	rc = show_options(argc, argv, &job);
	if (!rc)
		rc = show_run(&job);
	say_diag(&job.diag);
	bpfobj_free(job.obj);
	bt_free(job.kernel);
	diag_done(&job.diag);
	return rc;
}
