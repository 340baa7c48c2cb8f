// SPDX-License-Identifier: GPL-2.0-only
/* show_json: a program as JSON: instructions with source lines and accesses, blocks with edges. */
#include "prove/show_model.h"

#include "common/buf.h"

static void json_insn(const struct show_prog *sp, uint32_t at, struct buf *out)
{
	const struct bpfobj_line *line = bpfobj_line_at(sp->prog, at);
	struct buf insn = BUF_INIT, note = BUF_INIT;
	const struct access *a = &sp->accesses[at];

	show_insn(sp, at, &insn);
	show_note(sp, at, &note);
	buf_printf(out, "{\"slot\":%u,\"op\":\"%s\",\"text\":", at, isa_op_name(sp->insns[at].op));
	buf_json(out, buf_str(&insn));
	if (note.len) {
		buf_puts(out, ",\"note\":");
		buf_json(out, buf_str(&note));
	}
	if (a->is_memory)
		buf_printf(out, ",\"access\":\"%s\",\"bytes\":%u", a->is_write ? "write" : "read", sp->insns[at].size / 8u);
	if (line) {
		buf_puts(out, ",\"file\":");
		buf_json(out, line->file);
		buf_printf(out, ",\"line\":%u,\"column\":%u,\"source\":", line->line, line->col);
		buf_json(out, line->text);
	}
	buf_putc(out, '}');
	buf_done(&insn);
	buf_done(&note);
}

static void json_block(const struct show_prog *sp, uint32_t b, struct buf *out)
{
	const struct cfg_block *block = &sp->cfg.blocks[b];
	const char *comma = "";

	buf_printf(out, "{\"id\":%u,\"function\":", b);
	buf_json(out, sp->prog->funcs[block->func].name);
	buf_printf(out, ",\"loop\":%s,\"reachable\":%s", block->is_loop_head ? "true" : "false",
		   block->order == CFG_NONE ? "false" : "true");
	if (block->next != CFG_NONE)
		buf_printf(out, ",\"next\":%u", block->next);
	if (block->taken != CFG_NONE)
		buf_printf(out, ",\"taken\":%u", block->taken);
	buf_puts(out, ",\"instructions\":[");
	for (uint32_t i = block->start; i < block->end; i++) {
		if (!sp->insns[i].slots)
			continue;
		buf_puts(out, comma);
		json_insn(sp, i, out);
		comma = ",";
	}
	buf_puts(out, "]}");
}

void show_json(const struct show_prog *sp, struct buf *out)
{
	const struct bpfobj_prog *p = sp->prog;

	buf_puts(out, "{\"name\":");
	buf_json(out, p->name);
	buf_puts(out, ",\"section\":");
	buf_json(out, p->section);
	buf_puts(out, ",\"type\":");
	buf_json(out, p->known ? bpfobj_prog_type_name(p->type) : NULL);
	buf_puts(out, ",\"attach_to\":");
	buf_json(out, p->attach_to);
	buf_printf(out, ",\"sleepable\":%s,\"slots\":%u,\"blocks\":[", p->sleepable ? "true" : "false", p->n_insns);
	for (uint32_t b = 0; b < sp->cfg.n_blocks; b++) {
		buf_puts(out, b ? "," : "");
		json_block(sp, b, out);
	}
	buf_puts(out, "]}");
}
