/* SPDX-License-Identifier: GPL-2.0-only */
/* table: the subcommand that judges the elements of real maps by the invariants that a contract declares. */
#ifndef PROVE_TABLE_H
#define PROVE_TABLE_H

int table_main(int argc, char **argv);

#endif
