/* SPDX-License-Identifier: GPL-2.0-only */
/* exec: the subcommands `exec` (run raw bytecode in the interpreter) and `isa` (print its reference). */
#ifndef PROVE_EXEC_H
#define PROVE_EXEC_H

int exec_main(int argc, char **argv);
int isa_doc_main(int argc, char **argv);

#endif
