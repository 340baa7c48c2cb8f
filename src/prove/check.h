/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check: the subcommands that prove: check, vc, why3. They share how an object is opened and executed.
 */
#ifndef PROVE_CHECK_H
#define PROVE_CHECK_H

#include <stdbool.h>
#include "prove/sym.h"
#include "prove/verdict.h"

struct bt;
struct contract;

#define CHECK_MAX 512

struct check_opts {
	const char *object;
	const char *contract[CHECK_MAX];
	size_t n_contracts;
	const char *program[CHECK_MAX];
	size_t n_programs;
	const char *btf[CHECK_MAX]; /* of each kernel to prove for; none: the running one's */
	size_t n_btfs;
	const char *solver;
	const char *html, *out;
	const char *answers; /* directory, or NULL: kept in memory only */
	bool several; /* kernels may be given several times: the command's output tells which it is about */
	bool both, json, no_rewrite, quiet, modular, why3, layouts, whole, alone, noticed, vacuity;
	double timeout, limit;
	unsigned long memory; /* MiB for one solver */
	uint32_t max_unroll;
};

/* What one run works on. */
struct check_run {
	const struct check_opts *opts;
	const char *btf; /* the file that kernel was read from; NULL: there is none */
	struct bt *kernel;
	struct bpfobj *obj;
	struct contract *contract;
	struct sym_opts sym_opts;
	struct smt_opts smt;
};

int check_main(int argc, char **argv);
int vc_main(int argc, char **argv);
int why3_main(int argc, char **argv);

/* Execute one program and hand it over; called once for each that is asked for, on each kernel. Returns a COMMAND_ status. */
typedef int (*check_fn)(struct check_run *run, struct sym *s, void *ctx);
/*
 * Parse options, open everything, run fn on each program and on each function that a program used by contract, print
 * errors. The worst status.
 */
int check_each(int argc, char **argv, struct check_opts *opts, check_fn fn, void *ctx);

#endif
