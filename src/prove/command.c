// SPDX-License-Identifier: GPL-2.0-only
/* command: the table of subcommands. One declaration and one row each. */
#include "prove/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/suggest.h"
#include "prove/check.h"
#include "prove/exec.h"
#include "prove/mutate.h"
#include "prove/show.h"
#include "prove/table.h"
#include "say/say.h"

const struct command command_table[] = {
	{ "check", "[--contract FILE]... [--program NAME]... [--btf FILE]... [OPTION]... OBJECT",
	  "prove safety, and contracts, of the programs of an object",
	  "Each property is judged: holds, fails (with a counterexample that was replayed), or unknown (with the reason).\n"
	  "  --contract FILE  what the programs are meant to do; may be given several times\n"
	  "  --program NAME   only this program, or function:F, and the functions whose contracts it uses; may be given several times\n"
	  "  --alone          and not those functions: the result says which\n"
	  "  --btf FILE       a kernel to prove for: raw BTF or an ELF file (default: the running kernel's); may be given several times\n"
	  "  --solver LIST    z3, cvc5, bitwuzla, separated by commas (default: all that are installed)\n"
	  "  --both           a property holds only if two solvers say so\n"
	  "  --timeout S      seconds of processor time for each query (default 30)\n"
	  "  --memory MIB     memory for one solver; one that wants more has no answer (default 3072)\n"
	  "  --answers DIR    keep the solvers' answers there, and take those to the very same questions\n"
	  "  --limit S        seconds of processor time for the symbolic execution of each program (default 300)\n"
	  "  --max-unroll N   iterations of a loop (default 1024)\n"
	  "  --modular        judge each global function once, and calls of it as the kernel's verifier does\n"
	  "  --vacuity        a clause that is about no run (nothing meets its assumes, or what stands before ==>) fails\n"
	  "  --why3           what holds must be confirmed by Why3 with z3 or cvc5; a contradiction is unknown, and said\n"
	  "  --all-layouts    CO-RE for every kernel there could be, not only for that of --btf\n"
	  "  --no-rewrite     without algebraic simplification;  --whole  each property as one question, nothing left out: to compare\n"
	  "  --json           the result as JSON;  --html DIR  a page to read;  --quiet  only what does not hold\n"
	  "Example:\n"
	  "  bpfprove check --both --contract guard.contract guard.bpf.o\n",
	  check_main },
	{ "vc", "-o DIR [--contract FILE]... [--program NAME]... OBJECT",
	  "write every verification condition as an SMT-LIB file",
	  "Each file asserts that a property can be violated: unsat means that it holds. Options as for check, one --btf.\n"
	  "Example:\n"
	  "  bpfprove vc -o vc guard.bpf.o && z3 vc/guard.return.smt2\n",
	  vc_main },
	{ "why3", "-o DIR [--contract FILE]... [--program NAME]... OBJECT",
	  "write every verification condition as WhyML",
	  "DIR also gets why3.conf (z3, cvc5) and a driver for cvc5. Options as for check, one --btf.\n"
	  "Example:\n"
	  "  bpfprove why3 -o w3 guard.bpf.o && why3 -C w3/why3.conf prove -P z3 w3/guard.return.mlw\n",
	  why3_main },
	{ "table", "--contract FILE [--btf FILE] [--json] OBJECT MAP=DUMP...",
	  "judge the elements of real maps by the invariants of a contract",
	  "What 'check' takes for granted of maps and proves that programs keep is looked at in maps as they are: each DUMP is what\n"
	  "'bpftool -j map dump' prints of MAP (a name of the object; - is standard input). No solver is asked. The dump of a map that an\n"
	  "invariant of another one names is given the same way. Exit status 1: some element fails; 2: of some one it is not known.\n"
	  "  --contract FILE  with 'map NAME { invariant ...; }'; may be given several times\n"
	  "  --btf FILE       the kernel that clauses name things of (default: the running one)\n"
	  "  --json           the result as JSON, with every element that does not hold; else the first ten\n"
	  "Example:\n"
	  "  bpftool -j map dump name queues > queues.json\n"
	  "  bpfprove table --contract queues.contract queues.bpf.o queues=queues.json\n"
	  "  bpftool -j map dump name queues | bpfprove table --contract queues.contract queues.bpf.o queues=-\n",
	  table_main },
	{ "mutate", "[--limit N] [--seed N] [CHECK OPTION]... OBJECT",
	  "change the bytecode in small ways and count how many changes the properties notice",
	  "Every program has to hold as it is. Each mutant has one mistake: a condition negated or off by one, a jump, mask, store\n"
	  "or byte swap left out, a constant, offset, width or map changed, a helper not called. A mutant for which everything\n"
	  "still holds is printed: it is equivalent, or shows a clause that is missing. Exit status 1 when there is one.\n"
	  "  --what W   of the program (as said), of the clauses of its contract, or of the rows of the helper table that it uses: \"program\",\n"
	  "             \"contract\", \"helpers\". The program being as it is, a changed clause that holds as well says less than it seems to\n"
	  "  --limit N  the most mutants of a program, spread evenly (default 200, 0: all);  --seed N  others\n"
	  "  --noticed  a counterexample that needs a function to do what its contract allows, and so does not replay, is enough\n"
	  "  --doubt    ask of refuted mutants, too, whether they are proved to do the same: one that is shows a mistake of bpfprove\n"
	  "The other options are those of check.\n"
	  "Example:\n"
	  "  bpfprove mutate --contract guard.contract --program file_open guard.bpf.o\n",
	  mutate_main },
	{ "exec", "[--mem HEX] [--trace] [--asm] [--strict] [HEX]",
	  "run raw bytecode in the reference interpreter, print r0",
	  "The program is read in hex (white space is free), from --program or else from standard input. It starts with\n"
	  "r1 = address of the memory, r2 = its length, both 0 when there is none. r0 is printed in hex.\n"
	  "A bare HEX is the memory, as conformance suites call their plugins; after --mem it is the program.\n"
	  "  --mem HEX      bytes of the memory\n"
	  "  --program HEX  the program\n"
	  "  --asm          the program is assembler text, one instruction a line, not hex\n"
	  "  --trace        print each instruction and the registers it changed, to standard error\n"
	  "  --strict       reading a register or stack byte that was never written is an error\n"
	  "  --json         print the result as JSON\n"
	  "Example: print 3\n"
	  "  echo 'b7 00 00 00 03 00 00 00  95 00 00 00 00 00 00 00' | bpfprove exec\n"
	  "  printf 'r0 = *(u8 *)(r1 +1)\\nexit\\n' | bpfprove exec --asm --mem 'aa bb'\n",
	  exec_main },
	{ "show", "OBJ.o [--program NAME] [--btf FILE] [--json] [--svg FILE]",
	  "print the control flow, bytecode, source lines, memory and map accesses of an object",
	  "  --program NAME  only this program (default: all)\n"
	  "  --btf FILE      apply CO-RE relocations for this kernel's BTF\n"
	  "  --json          print as JSON\n"
	  "  --svg FILE      write the control flow graph as a picture; with several programs NAME is put in: FILE-NAME.svg\n"
	  "Example:\n"
	  "  bpfprove show guard.bpf.o --program file_open --svg file_open.svg\n",
	  show_main },
	{ "isa", "", "print the reference of the instruction set (docs/isa.md)", "No options.\nExample:\n  bpfprove isa > isa.md\n", isa_doc_main },
};

const size_t command_table_len = sizeof(command_table) / sizeof(command_table[0]);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_table_len; i++)
		if (!strcmp(command_table[i].name, name))
			return &command_table[i];
	return NULL;
}

const char *command_nearest(const char *name)
{
	struct suggestion near = { .word = name };

	for (size_t i = 0; i < command_table_len; i++)
		suggest_offer(&near, command_table[i].name);
	return near.best;
}

void command_print_help(const struct command *c)
{
	printf("Usage: bpfprove %s%s%s\n%s\n\n%s", c->name, *c->usage ? " " : "", c->usage, c->summary, c->help);
}

int command_usage_error(const char *name, const char *what)
{
	say_trouble("%s; see bpfprove %s --help", what, name);
	return COMMAND_BAD;
}

int command_option_error(char **argv, int c, const struct option *known)
{
	const char *word = argv[optind - 1];
	int length = (int)strcspn(word, "="); /* of an option of more than a letter */
	char name[64];
	struct suggestion near = { .word = name };
	struct buf what = BUF_INIT;

	if (c == ':') {
		buf_printf(&what, "option '%.*s' needs a value", length, word);
	} else if (optopt && word[length] == '=') {
		buf_printf(&what, "option '%.*s' takes no value", length, word);
	} else if (optopt) {
		buf_printf(&what, "no option '-%c'", optopt);
	} else {
		buf_printf(&what, "no option '%.*s'", length, word);
		snprintf(name, sizeof(name), "%.*s", length < 2 ? 0 : length - 2, word + (length < 2 ? 0 : 2));
		for (; known->name; known++)
			suggest_offer(&near, known->name);
		if (near.best)
			buf_printf(&what, "; did you mean '--%s'?", near.best);
	}
	say_trouble("%s; see bpfprove %s --help", buf_str(&what), argv[0]);
	buf_done(&what);
	return COMMAND_BAD;
}
