# SPDX-License-Identifier: GPL-2.0-only
# The symbolic half of the prover: terms, solvers, execution, obligations, contracts.
# mk/prove.mk links $(PROVE_SYM_SRCS) into bpfprove.

PROVE_SYM_SRCS := $(addprefix src/prove/,term.c rewrite.c eval.c smtfmt.c smt.c)

$(BUILD)/tests/prove-sym/term_test: tests/prove-sym/term_test.c tests/prove-sym/tap.h $(PROVE_SYM_SRCS) \
		$(wildcard src/prove/*.h src/common/*.h) src/common/arena.c src/common/buf.c src/common/diag.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) $(SANITIZE) -Itests/prove-sym -o $@ $(filter %.c,$^)

TESTS += $(BUILD)/tests/prove-sym/term_test
