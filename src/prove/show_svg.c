// SPDX-License-Identifier: GPL-2.0-only
/*
 * show_svg: the control-flow graph as a picture. Blocks stand in layers by their longest path from the entry;
 * within a layer they are ordered by the mean position of their predecessors, twice, which takes most crossings
 * away. Functions stand side by side. Taken jumps are green, fall-through is red, back edges are dashed.
 */
#include "prove/show_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

#define CHAR_WIDTH 6.7
#define LINE_HEIGHT 13.0
#define PAD 6.0
#define GAP_X 30.0
#define GAP_Y 44.0
#define MAX_CHARS 96
#define LANE 7.0 /* between the vertical parts of edges that pass layers by */
#define MAX_LANES 40

struct svg_block {
	uint32_t layer, place;
	double key; /* for ordering */
	double x, y, w, h;
	double row_end; /* lower end of the highest block of its layer */
	double left;    /* where the function's blocks begin: lanes are left of it */
	struct buf text; /* SVG of the lines, relative to the block */
};

struct svg {
	const struct show_prog *sp;
	struct svg_block *blocks;
	uint32_t *sorted; /* blocks by (function, layer, place) */
	double width, height;
};

static void svg_text_line(struct svg_block *b, const char *text, const char *class)
{
	size_t len = strlen(text);
	char cut[MAX_CHARS + 1];

	snprintf(cut, sizeof(cut), "%s", text);
	if (len > MAX_CHARS)
		memcpy(cut + MAX_CHARS - 3, "...", 3);
	len = strlen(cut);
	b->h += LINE_HEIGHT;
	buf_printf(&b->text, "<text class=\"%s\" x=\"%.0f\" y=\"%.0f\">", class, PAD, b->h);
	buf_xml(&b->text, cut);
	buf_puts(&b->text, "</text>\n");
	if ((double)len * CHAR_WIDTH + 2 * PAD > b->w)
		b->w = (double)len * CHAR_WIDTH + 2 * PAD;
}

static void svg_fill(struct svg *s, uint32_t i)
{
	const struct cfg_block *block = &s->sp->cfg.blocks[i];
	const struct bpfobj_line *last = NULL;
	struct svg_block *b = &s->blocks[i];

	b->h = PAD / 2;
	b->w = 80;
	for (uint32_t at = block->start; at < block->end; at++) {
		const struct bpfobj_line *line = bpfobj_line_at(s->sp->prog, at);
		struct buf text = BUF_INIT, note = BUF_INIT;

		if (!s->sp->insns[at].slots)
			continue;
		if (line && (!last || last->line != line->line || last->file != line->file)) {
			const char *c = line->text;

			while (*c == ' ' || *c == '\t')
				c++;
			buf_printf(&text, "%u: %s", line->line, c);
			svg_text_line(b, buf_str(&text), "c");
			buf_reset(&text);
			last = line;
		}
		buf_printf(&text, "%4u  ", at);
		show_insn(s->sp, at, &text);
		show_note(s->sp, at, &note);
		if (note.len)
			buf_printf(&text, "   # %s", buf_str(&note));
		svg_text_line(b, buf_str(&text), "i");
		buf_done(&text);
		buf_done(&note);
	}
	b->h += PAD;
}

/* Longest path over forward edges. Blocks are visited in reverse post-order of their function. */
static void svg_layers(struct svg *s, const uint32_t *by_order, uint32_t n)
{
	const struct cfg *cfg = &s->sp->cfg;

	for (uint32_t k = 0; k < n; k++) {
		uint32_t b = by_order[k], to[2] = { cfg->blocks[b].next, cfg->blocks[b].taken };

		for (int e = 0; e < 2; e++)
			if (to[e] != CFG_NONE && !cfg_is_back_edge(cfg, b, to[e]) &&
			    s->blocks[to[e]].layer < s->blocks[b].layer + 1)
				s->blocks[to[e]].layer = s->blocks[b].layer + 1;
	}
}

static int svg_compare(const void *a, const void *b, void *svg)
{
	const struct svg *s = svg;
	const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct svg_block *x = &s->blocks[i], *y = &s->blocks[j];

	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return i < j ? -1 : i > j;
}

static void svg_sort(struct svg *s, uint32_t *list, uint32_t n)
{
	qsort_r(list, n, sizeof(*list), svg_compare, s);
	for (uint32_t k = 0, place = 0; k < n; k++) {
		place = k && s->blocks[list[k]].layer == s->blocks[list[k - 1]].layer ? place + 1 : 0;
		s->blocks[list[k]].place = place;
	}
}

/* Mean of the predecessors' places becomes the key. */
static void svg_untangle(struct svg *s, uint32_t *list, uint32_t n)
{
	const struct cfg *cfg = &s->sp->cfg;
	double *sum = calloc(cfg->n_blocks, sizeof(*sum));
	uint32_t *count = calloc(cfg->n_blocks, sizeof(*count));

	for (int round = 0; sum && count && round < 2; round++) {
		memset(sum, 0, cfg->n_blocks * sizeof(*sum));
		memset(count, 0, cfg->n_blocks * sizeof(*count));
		for (uint32_t k = 0; k < n; k++) {
			uint32_t b = list[k], to[2] = { cfg->blocks[b].next, cfg->blocks[b].taken };

			if (count[b])
				s->blocks[b].key = sum[b] / count[b];
			for (int e = 0; e < 2; e++) {
				if (to[e] == CFG_NONE || cfg_is_back_edge(cfg, b, to[e]))
					continue;
				sum[to[e]] += s->blocks[b].place + (e ? 0.5 : 0.0);
				count[to[e]]++;
			}
		}
		svg_sort(s, list, n);
	}
	free(sum);
	free(count);
}

/* Edges that would run through blocks in between get a lane beside them. */
static bool svg_is_long(const struct svg *s, uint32_t from, uint32_t to)
{
	return to != CFG_NONE && !cfg_is_back_edge(&s->sp->cfg, from, to) &&
	       s->blocks[to].layer > s->blocks[from].layer + 1;
}

static uint32_t svg_count_lanes(const struct svg *s, const uint32_t *list, uint32_t n)
{
	uint32_t lanes = 0;

	for (uint32_t k = 0; k < n; k++)
		lanes += svg_is_long(s, list[k], s->sp->cfg.blocks[list[k]].next) +
			 svg_is_long(s, list[k], s->sp->cfg.blocks[list[k]].taken);
	return lanes < MAX_LANES ? lanes : MAX_LANES;
}

/* Coordinates of one function's blocks, starting at x; its width is added to *x. */
static void svg_place(struct svg *s, const uint32_t *list, uint32_t n, double *x)
{
	double y = 40, width = 0;

	*x += svg_count_lanes(s, list, n) * LANE;
	for (uint32_t k = 0; k < n;) {
		uint32_t layer = s->blocks[list[k]].layer;
		double row_x = *x, row_h = 0;
		uint32_t first = k;

		for (; k < n && s->blocks[list[k]].layer == layer; k++) {
			struct svg_block *b = &s->blocks[list[k]];

			b->x = row_x;
			b->left = *x;
			b->y = y;
			row_x += b->w + GAP_X;
			row_h = b->h > row_h ? b->h : row_h;
		}
		for (uint32_t i = first; i < k; i++)
			s->blocks[list[i]].row_end = y + row_h;
		width = row_x - *x > width ? row_x - *x : width;
		y += row_h + GAP_Y;
	}
	*x += width + 2 * GAP_X;
	s->height = y > s->height ? y : s->height;
}

/* Down below the layer, along the lane, in above the target. */
static void svg_long_edge(const struct svg *s, const char *class, double x1, uint32_t from, uint32_t to, uint32_t lane,
			  FILE *out)
{
	const struct svg_block *a = &s->blocks[from], *b = &s->blocks[to];
	double x = a->left - (lane % MAX_LANES + 1) * LANE, x2 = b->x + b->w / 2;
	double below = a->row_end + 8 + lane % 5 * 3, above = b->y - 10 - lane % 5 * 3;

	fprintf(out, "<path class=\"%s\" d=\"M%.0f %.0f V%.0f H%.0f V%.0f H%.0f V%.0f\"/>\n", class, x1, a->y + a->h, below,
		x, above, x2, b->y);
}

static void svg_edge(const struct svg *s, uint32_t from, uint32_t to, bool taken, uint32_t *lane, FILE *out)
{
	const struct svg_block *a = &s->blocks[from], *b = &s->blocks[to];
	bool cond = s->sp->cfg.blocks[from].taken != CFG_NONE;
	const char *class = !cond ? "e" : taken ? "t" : "f";
	double x1 = a->x + a->w * (cond ? (taken ? 0.66 : 0.33) : 0.5), y1 = a->y + a->h;
	double x2 = b->x + b->w / 2, y2 = b->y;

	if (svg_is_long(s, from, to)) {
		svg_long_edge(s, class, x1, from, to, (*lane)++, out);
		return;
	}
	if (cfg_is_back_edge(&s->sp->cfg, from, to)) {
		double right = (a->x + a->w > b->x + b->w ? a->x + a->w : b->x + b->w) + GAP_X * 0.7;

		fprintf(out, "<path class=\"%s b\" d=\"M%.0f %.0f C%.0f %.0f %.0f %.0f %.0f %.0f S%.0f %.0f %.0f %.0f\"/>\n", class,
			x1, y1, x1, y1 + 25, right, y1 + 25, right, (y1 + y2) / 2, right, y2 - 25, x2, y2);
		return;
	}
	fprintf(out, "<path class=\"%s\" d=\"M%.0f %.0f C%.0f %.0f %.0f %.0f %.0f %.0f\"/>\n", class, x1, y1, x1, y1 + GAP_Y, x2,
		y2 - GAP_Y, x2, y2);
}

static void svg_write_edges(const struct svg *s, FILE *out)
{
	const struct cfg *cfg = &s->sp->cfg;
	uint32_t lane = 0;

	for (uint32_t b = 0; b < cfg->n_blocks; b++) {
		if (b && cfg->blocks[b].func != cfg->blocks[b - 1].func)
			lane = 0;
		if (cfg->blocks[b].next != CFG_NONE)
			svg_edge(s, b, cfg->blocks[b].next, false, &lane, out);
		if (cfg->blocks[b].taken != CFG_NONE)
			svg_edge(s, b, cfg->blocks[b].taken, true, &lane, out);
	}
}

static void svg_write(const struct svg *s, FILE *out)
{
	const struct cfg *cfg = &s->sp->cfg;
	struct buf name = BUF_INIT;

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n<style>"
		"text{font:11px monospace;white-space:pre} .c{fill:#06c} .h{font-weight:bold;font-size:14px} "
		"rect{fill:#fdfdf8;stroke:#333} .l{stroke-width:2.5} path{fill:none;stroke:#333;marker-end:url(#a)} "
		".t{stroke:#080} .f{stroke:#b00} .b{stroke-dasharray:5 3}</style>\n"
		"<defs><marker id=\"a\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" orient=\"auto\">"
		"<path d=\"M0 0L8 4L0 8z\" style=\"fill:#333;stroke:none;marker-end:none\"/></marker></defs>\n"
		"<rect width=\"100%%\" height=\"100%%\" style=\"fill:#fff;stroke:none\"/>\n",
		s->width, s->height, s->width, s->height);
	for (uint32_t b = 0; b < cfg->n_blocks; b++) {
		const struct svg_block *v = &s->blocks[b];

		if (cfg->blocks[b].start == s->sp->prog->funcs[cfg->blocks[b].func].start) {
			buf_reset(&name);
			buf_xml(&name, s->sp->prog->funcs[cfg->blocks[b].func].name);
			fprintf(out, "<text class=\"h\" x=\"%.0f\" y=\"%.0f\">%s</text>\n", v->x, v->y - 12, buf_str(&name));
		}
		fprintf(out,
			"<g transform=\"translate(%.0f %.0f)\"><rect%s width=\"%.0f\" height=\"%.0f\" rx=\"3\"/>\n%s</g>\n",
			v->x, v->y, cfg->blocks[b].is_loop_head ? " class=\"l\"" : "", v->w, v->h, buf_str(&v->text));
	}
	svg_write_edges(s, out);
	fputs("</svg>\n", out);
	buf_done(&name);
}

static int svg_order_compare(const void *a, const void *b, void *svg)
{
	const struct cfg *cfg = &((const struct svg *)svg)->sp->cfg;
	const struct cfg_block *x = &cfg->blocks[*(const uint32_t *)a], *y = &cfg->blocks[*(const uint32_t *)b];

	return x->order < y->order ? -1 : x->order > y->order;
}

static void svg_layout(struct svg *s)
{
	const struct cfg *cfg = &s->sp->cfg;
	double x = GAP_X;

	for (uint32_t b = 0; b < cfg->n_blocks;) {
		uint32_t first = b, n;

		for (; b < cfg->n_blocks && cfg->blocks[b].func == cfg->blocks[first].func; b++)
			s->sorted[b] = b;
		n = b - first;
		qsort_r(s->sorted + first, n, sizeof(*s->sorted), svg_order_compare, s);
		svg_layers(s, s->sorted + first, n);
		svg_sort(s, s->sorted + first, n);
		svg_untangle(s, s->sorted + first, n);
		svg_place(s, s->sorted + first, n, &x);
	}
	s->width = x;
}

int show_svg(const struct show_prog *sp, const char *path)
{
	struct svg s = { .sp = sp };
	FILE *out;
	int err = 0;

	s.blocks = calloc(sp->cfg.n_blocks, sizeof(*s.blocks));
	s.sorted = calloc(sp->cfg.n_blocks, sizeof(*s.sorted));
	out = s.blocks && s.sorted ? fopen(path, "we") : NULL;
	if (out) {
		for (uint32_t b = 0; b < sp->cfg.n_blocks; b++)
			svg_fill(&s, b);
		svg_layout(&s);
		svg_write(&s, out);
		if (ferror(out))
			err = -EIO;
		if (fclose(out) && !err)
			err = -errno;
	} else {
		err = -errno;
	}
	for (uint32_t b = 0; s.blocks && b < sp->cfg.n_blocks; b++)
		buf_done(&s.blocks[b].text);
	free(s.blocks);
	free(s.sorted);
	return err;
}
