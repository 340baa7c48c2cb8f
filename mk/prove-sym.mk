# SPDX-License-Identifier: GPL-2.0-only
# The symbolic half of the prover: terms, solvers, execution, obligations, contracts.
# mk/prove.mk links $(PROVE_SYM_SRCS) into bpfprove.

PROVE_LIBS := -lmd -ljansson # SHA-256; JSON that is read

PROVE_TERM_SRCS := $(addprefix src/prove/,term.c rewrite.c eval.c smtfmt.c smt.c answers.c lift.c)
PROVE_SYM_SRCS  := $(PROVE_TERM_SRCS) $(addprefix src/prove/,check.c report.c report_html.c verdict.c refute.c models.c replay.c replay_call.c replay_memory.c replay_reads.c) \
	$(wildcard src/prove/sym*.c src/prove/helper*.c src/prove/contract*.c src/prove/vc*.c src/prove/why3*.c)

$(BUILD)/tests/prove-sym/term_test: tests/prove-sym/term_test.c tests/tap.h $(PROVE_TERM_SRCS) \
		$(wildcard src/prove/*.h src/common/*.h) src/common/arena.c src/common/buf.c src/common/diag.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) $(SANITIZE) -Itests/prove-sym -o $@ $(filter %.c,$^) $(PROVE_LIBS)

TESTS += $(BUILD)/tests/prove-sym/term_test

# Programs of one fact each, compiled by two compilers, with the expected verdict.
TESTS += tests/prove-sym/cases.test
tests/prove-sym/cases.test: $(BUILD)/bpfprove

# Programs with contracts, half of them with a planted bug.
TESTS += tests/prove-sym/examples.test
tests/prove-sym/examples.test: $(BUILD)/bpfprove

# The same verdicts without anything left out before solvers are asked.
TESTS += tests/prove-sym/whole.test
tests/prove-sym/whole.test: $(BUILD)/bpfprove

# Answers that are kept.
TESTS += tests/prove-sym/answers.test
tests/prove-sym/answers.test: $(BUILD)/bpfprove

# Two ways of asking one solver.
TESTS += tests/prove-sym/ways.test
tests/prove-sym/ways.test: $(BUILD)/bpfprove

# Mutants of those that hold: each refuted, or listed with a reason.
TESTS += tests/prove-sym/mutants.test
tests/prove-sym/mutants.test: $(BUILD)/bpfprove

# Mutants of contracts and of the helper table.
TESTS += tests/prove-sym/leans.test
tests/prove-sym/leans.test: $(BUILD)/bpfprove

# Mutants that do the same, proved; and none that does not.
TESTS += tests/prove-sym/equivalent.test
tests/prove-sym/equivalent.test: $(BUILD)/bpfprove

# The same conditions through Why3, and as files by the solvers alone.
TESTS += tests/prove-sym/why3.test
tests/prove-sym/why3.test: $(BUILD)/bpfprove

# Contracts: errors, meaning, reports.
TESTS += tests/prove-sym/contract.test
tests/prove-sym/contract.test: $(BUILD)/bpfprove

# Kernels, numbers and options.
TESTS += tests/prove-sym/options.test
tests/prove-sym/options.test: $(BUILD)/bpfprove

# Functions by their contracts.
TESTS += tests/prove-sym/modular.test
tests/prove-sym/modular.test: $(BUILD)/bpfprove

# CO-RE for every layout.
TESTS += tests/prove-sym/given.test
tests/prove-sym/given.test: $(BUILD)/bpfprove

TESTS += tests/prove-sym/html.test
tests/prove-sym/html.test: $(BUILD)/bpfprove
TESTS += tests/prove-sym/layouts.test
tests/prove-sym/layouts.test: $(BUILD)/bpfprove

TESTS += tests/prove-sym/loops.test
tests/prove-sym/loops.test: $(BUILD)/bpfprove

TESTS += tests/prove-sym/retry.test tests/prove-sym/stable.test
tests/prove-sym/retry.test tests/prove-sym/stable.test: $(BUILD)/bpfprove

TESTS += tests/prove-sym/spec.test
tests/prove-sym/spec.test: $(BUILD)/bpfprove

# What is read or written at one of very many places.
TESTS += tests/prove-sym/somewhere.test
tests/prove-sym/somewhere.test: $(BUILD)/bpfprove

TESTS += tests/prove-sym/maps.test
tests/prove-sym/maps.test: $(BUILD)/bpfprove

# The same invariants on real maps.
TESTS += tests/prove-sym/table.test
tests/prove-sym/table.test: $(BUILD)/bpfprove $(BUILD)/cordon $(BUILD)/cordon.bpf.o $(BUILD)/guest/kin

# From the guard's decision to its answer, and mistakes on the way.
TESTS += tests/prove-sym/core.test
tests/prove-sym/core.test: $(BUILD)/bpfprove $(BUILD)/cordon.bpf.o

# The same of packets: the functions of the programs that judge them.
TESTS += tests/prove-sym/packets.test
tests/prove-sym/packets.test: $(BUILD)/bpfprove $(BUILD)/cordon.bpf.o

# Link and rename, and mistakes in them.
TESTS += tests/prove-sym/move.test
tests/prove-sym/move.test: $(BUILD)/bpfprove $(BUILD)/cordon.bpf.o

# The walk down the automaton over names: what makes it refuse.
TESTS += tests/prove-sym/place.test tests/prove-sym/class.test
tests/prove-sym/place.test tests/prove-sym/class.test: $(BUILD)/bpfprove $(BUILD)/cordon.bpf.o

# The guard's decision, and mistakes in it.
TESTS += tests/prove-sym/decision.test
tests/prove-sym/decision.test: $(BUILD)/bpfprove $(BUILD)/cordon.bpf.o $(BUILD)/clang19/cordon.bpf.o

TESTS += tests/prove-sym/guard.test
tests/prove-sym/guard.test: $(BUILD)/bpfprove $(BUILD)/cordon.bpf.o $(BUILD)/clang19/cordon.bpf.o

# The guard for every layout of the kernel's structures.
TESTS += tests/prove-sym/guard-layouts.test
tests/prove-sym/guard-layouts.test: $(BUILD)/bpfprove $(BUILD)/cordon.bpf.o

# What the guard's contract notices of mistakes in the guard.
TESTS += tests/prove-sym/guard-mutants.test
tests/prove-sym/guard-mutants.test: $(BUILD)/bpfprove $(BUILD)/cordon.bpf.o

# The same of its core, function by function.
TESTS += tests/prove-sym/core-mutants.test
tests/prove-sym/core-mutants.test: $(BUILD)/bpfprove $(BUILD)/cordon.bpf.o

# What is proved of the guard's own object; `make test` has them, too.
GUARD_PROOFS := $(addprefix tests/prove-sym/,guard.test core.test move.test place.test class.test decision.test packets.test)

## prove: prove the guard's object for three kernels: safety, earlier refusals, what hooks ask, the core, the decision
.PHONY: prove
prove: $(GUARD_PROOFS)
	tools/run-tests $(GUARD_PROOFS)
