# SPDX-License-Identifier: GPL-2.0-only
# What bpfprove is measured by: other people's objects, and programs that grow. Both write tables under $(BUILD).

CORPUS_KERNEL ?= 6.1

## corpus: safety of the BPF objects that Debian ships and of the tests' own: table and CSV under build/corpus
.PHONY: corpus
corpus: $(BUILD)/bpfprove $(PROVE_OBJS)
	$(Q)dir=$$(tests/prove/fetch-corpus) && btf=$$(tools/vm --btf $(CORPUS_KERNEL)) && \
	trixie=$$(tests/prove/fetch-trixie) && new=$$(tools/vm --btf 6.12) && \
	BUILD=$(BUILD) tests/prove/corpus-check --btf "$$btf" --explained tests/prove/corpus.explained --out $(BUILD)/corpus \
		debian="$$dir" trixie="$$trixie,$$new" tests=$(BUILD)/prove/objs

## corpus-report: docs/report says what make corpus measured last
.PHONY: corpus-report
corpus-report:
	$(Q)tests/prove/corpus-report --write $(BUILD)/corpus

# The stored tables and the report's figures are those of the stored measurement.
TESTS += tests/prove/corpus-report

## prove-bench: time and memory of proofs against instructions and map lookups: table, CSV and SVG under build/prove-bench
.PHONY: prove-bench
prove-bench: $(BUILD)/bpfprove $(BUILD)/prove/verifier_cost
	$(Q)BUILD=$(BUILD) tests/prove/bench $(BUILD)/prove-bench

$(BUILD)/prove/verifier_cost: tests/prove/verifier_cost.c
	@echo "  LD       prove/verifier_cost"
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -Wall -Wextra -Werror -o $@ $< -lbpf

# The corpus with short limits: nothing may fail that is not explained, and as many as before must hold.
TESTS += tests/prove/corpus-safety.test
tests/prove/corpus-safety.test: $(BUILD)/bpfprove
