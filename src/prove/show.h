/* SPDX-License-Identifier: GPL-2.0-only */
/* show: the subcommand `show`: control flow, bytecode, source lines, accesses of the programs of an object. */
#ifndef PROVE_SHOW_H
#define PROVE_SHOW_H

int show_main(int argc, char **argv);

#endif
