// SPDX-License-Identifier: GPL-2.0-only
/* exec: `bpfprove exec`, raw bytecode in, r0 out. The protocol fits the plugins of BPF conformance suites. */
#include "prove/exec.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/diag.h"
#include "prove/command.h"
#include "prove/hex.h"
#include "prove/interp.h"
#include "prove/isa_text.h"
#include "say/say.h"

struct exec_job {
	const char *program; /* NULL: standard input */
	const char *mem;
	bool have_mem, trace, text, strict, json;
	struct buf input, memory;
	struct arena arena;
	struct diag diag;
	const struct isa_insn *insns;
	size_t n;
	uint64_t last[ISA_REGS];
};

static void exec_trace(void *ctx, const struct interp *it, uint32_t pc, const struct isa_insn *insn,
		       const uint64_t r[ISA_REGS])
{
	struct exec_job *job = ctx;
	struct buf line = BUF_INIT;

	for (int i = 0; i < ISA_REGS; i++)
		if (r[i] != job->last[i])
			buf_printf(&line, "      r%d = 0x%" PRIx64 "\n", i, r[i]);
	memcpy(job->last, r, sizeof(job->last));
	buf_printf(&line, "%4u: ", pc);
	isa_print(insn, pc, &line);
	fprintf(stderr, "%s\n", buf_str(&line));
	buf_done(&line);
}

/* Function addresses are slots: enough for programs that only compare or pass them. */
static int exec_imm64(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t *ret_value)
{
	if (insn->imm_kind != ISA_IMM_FUNC)
		return interp_fail(it, INTERP_UNSUPPORTED, "raw bytecode has no maps and no kernel variables");
	*ret_value = insn->target;
	return 0;
}

static int exec_read_all(FILE *in, struct buf *out)
{
	char chunk[65536];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), in)) > 0 && out->len < (64u << 20))
		buf_add(out, chunk, n);
	return ferror(in) || out->failed ? -1 : 0;
}

static int exec_bad_hex(const char *what, const char *text, size_t at)
{
	say_trouble("%s: no hex digit at position %zu: '%.10s'", what, at + 1, text + at);
	return COMMAND_BAD;
}

static int exec_load(struct exec_job *job)
{
	struct buf bytes = BUF_INIT;
	struct bpf_insn *raw = NULL;
	size_t at = 0, n = 0;
	int err = COMMAND_OK;

	if (job->program)
		buf_puts(&job->input, job->program);
	else if (exec_read_all(stdin, &job->input))
		return command_usage_error("exec", "cannot read standard input");
	if (job->mem && hex_parse(job->mem, &job->memory, &at))
		return exec_bad_hex("memory", job->mem, at);
	if (job->text) {
		if (isa_assemble(buf_str(&job->input), "program", &job->arena, &job->diag, &raw, &n))
			return COMMAND_BAD;
	} else if (hex_parse(buf_str(&job->input), &bytes, &at)) {
		err = exec_bad_hex("program", buf_str(&job->input), at);
	} else if (bytes.len % sizeof(*raw)) {
		say_trouble("program of %zu bytes: an instruction has 8", bytes.len);
		err = COMMAND_BAD;
	} else {
		n = bytes.len / sizeof(*raw);
		raw = arena_memdup(&job->arena, bytes.data, bytes.len);
	}
	buf_done(&bytes);
	if (err)
		return err;
	job->n = n;
	return isa_decode_program(raw, n, "program", &job->arena, &job->diag, &job->insns) ? COMMAND_BAD : COMMAND_OK;
}

static int exec_report(const struct exec_job *job, const struct interp_result *r)
{
	bool ok = r->stop == INTERP_EXIT;

	if (job->json) {
		struct buf b = BUF_INIT;

		buf_printf(&b, "{\"stop\":\"%s\",\"steps\":%" PRIu64, interp_stop_name(r->stop), r->steps);
		if (ok)
			buf_printf(&b, ",\"r0\":\"0x%" PRIx64 "\"", r->r0);
		else {
			buf_printf(&b, ",\"insn\":%u,\"message\":", r->pc);
			buf_json(&b, r->message);
		}
		buf_puts(&b, "}\n");
		say_text(buf_str(&b));
		buf_done(&b);
	} else if (ok) {
		printf("0x%" PRIx64 "\n", r->r0);
	} else {
		say_trouble("insn %u: %s", r->pc, r->message);
	}
	return ok ? COMMAND_OK : COMMAND_FAILS;
}

static int exec_run(struct exec_job *job)
{
	struct interp_opts opts = { .strict = job->strict, .hooks = { .ctx = job, .imm64 = exec_imm64 } };
	struct interp_region *mem = NULL;
	struct interp_result result;
	uint64_t args[5] = { 0 };
	struct interp *it;
	int rc;

	if (job->trace)
		opts.hooks.trace = exec_trace;
	if (interp_new(&opts, &it))
		return command_usage_error("exec", "out of memory");
	if (job->memory.len) {
		mem = interp_region_add(it, "memory", job->memory.data, job->memory.len, INTERP_RW, true);
		if (!mem) {
			interp_free(it);
			return command_usage_error("exec", "out of memory");
		}
		args[0] = mem->base;
		args[1] = mem->size;
	}
	interp_run(it, job->insns, job->n, args, &result);
	rc = exec_report(job, &result);
	interp_free(it);
	return rc;
}

static int exec_options(int argc, char **argv, struct exec_job *job)
{
	static const struct option options[] = {
		{ "mem", required_argument, NULL, 'm' },   { "program", required_argument, NULL, 'p' },
		{ "trace", no_argument, NULL, 't' },       { "asm", no_argument, NULL, 'a' },
		{ "strict", no_argument, NULL, 's' },      { "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c == 'm')
			job->mem = optarg;
		else if (c == 'p')
			job->program = optarg;
		else if (c == 't')
			job->trace = true;
		else if (c == 'a')
			job->text = true;
		else if (c == 's')
			job->strict = true;
		else if (c == 'j')
			job->json = true;
		else
			return command_option_error(argv, c, options);
	}
	/* A bare argument is the program when the memory is given, the memory when the program is. */
	if (optind < argc && !job->program && job->mem)
		job->program = argv[optind++];
	else if (optind < argc && !job->mem)
		job->mem = argv[optind++];
	return optind < argc ? command_usage_error("exec", "too many arguments") : COMMAND_OK;
}

int exec_main(int argc, char **argv)
{
	struct exec_job job = { 0 };
	int rc;

	arena_init(&job.arena, 256u << 20);
	diag_init(&job.diag);
	rc = exec_options(argc, argv, &job);
	if (!rc)
		rc = exec_load(&job);
	say_diag(&job.diag);
	if (!rc)
		rc = exec_run(&job);
	buf_done(&job.input);
	buf_done(&job.memory);
	diag_done(&job.diag);
	arena_done(&job.arena);
	return rc;
}

int isa_doc_main(int argc, char **argv)
{
	struct buf out = BUF_INIT;

	isa_print_doc(&out);
	fputs(buf_str(&out), stdout);
	buf_done(&out);
	return COMMAND_OK;
}
