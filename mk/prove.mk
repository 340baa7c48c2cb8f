# SPDX-License-Identifier: GPL-2.0-only
# The object layer and bpfprove. mk/prove-sym.mk (read before this file) adds the symbolic half by PROVE_SYM_SRCS.

COMMON_SRC := $(wildcard src/common/*.c)
BPFOBJ_SRC := $(wildcard src/bpfobj/*.c)
ISA_SRC    := $(addprefix src/prove/,isa.c isa_table.c isa_sem.c isa_text.c interp.c interp_mem.c interp_iter.c hex.c)
PROVE_SRC  := $(addprefix src/prove/,main.c command.c exec.c mutant.c mutate.c mutate_spec.c product.c substitute.c table.c table_dump.c table_report.c) $(wildcard src/prove/show*.c src/prove/cfg*.c src/say/*.c)

PROVE_LIB_SRC  := $(COMMON_SRC) $(BPFOBJ_SRC) $(ISA_SRC)
PROVE_ALL_SRC  := $(PROVE_LIB_SRC) $(PROVE_SRC) $(PROVE_SYM_SRCS)

prove_obj = $(patsubst src/%.c,$(BUILD)/prove/obj/%.o,$(1))
prove_san = $(patsubst src/%.c,$(BUILD)/prove/san/%.o,$(1))

$(BUILD)/prove/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -MMD -MP -c $< -o $@

$(BUILD)/prove/san/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,CC-SAN,$@)
	$(Q)$(CC) $(CFLAGS_) -O1 $(SANITIZE) -MMD -MP -c $< -o $@

$(BUILD)/bpfprove: $(call prove_obj,$(PROVE_ALL_SRC))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $^ $(PROVE_LIBS) -o $@

## bpfprove: build the prover alone
.PHONY: bpfprove
bpfprove: $(BUILD)/bpfprove
ALL += $(BUILD)/bpfprove

## docs-isa: write docs/isa.md from the instruction table
.PHONY: docs-isa
docs-isa: $(BUILD)/bpfprove
	@mkdir -p docs
	$(BUILD)/bpfprove isa > docs/isa.md

# Unit tests: one program each, run with sanitizers.
PROVE_TESTS := $(patsubst tests/prove/%_test.c,%,$(wildcard tests/prove/*_test.c))

# This one compares both halves of the prover.
$(BUILD)/prove/three_ways_test: $(call prove_san,$(filter-out src/prove/main.c,$(PROVE_ALL_SRC))) \
		$(BUILD)/prove/san/tests/three_ways_test.o $(BUILD)/prove/san/tests/gen.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $(SANITIZE) $^ $(PROVE_LIBS) -o $@

$(BUILD)/prove/%_test: $(BUILD)/prove/san/tests/%_test.o $(call prove_san,$(PROVE_LIB_SRC))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $(SANITIZE) $^ -o $@

TESTS += $(patsubst %,$(BUILD)/prove/%_test,$(PROVE_TESTS))

# Objects that tests read: each source by both compilers.
CLANG_OLD  ?= clang-14
CLANG_NEW  ?= clang-19
MULTIARCH  := $(shell $(CC) -print-multiarch)
PROVE_BPFFLAGS := -g -O2 -target bpf -mcpu=v3 -Wall -Wno-unused-function -idirafter /usr/include/$(MULTIARCH)
PROVE_OBJS := $(foreach o,$(patsubst tests/prove/objs/%.bpf.c,%,$(wildcard tests/prove/objs/*.bpf.c)),\
		$(BUILD)/prove/objs/$(o).old.o $(BUILD)/prove/objs/$(o).new.o)

$(BUILD)/prove/objs/%.old.o: tests/prove/objs/%.bpf.c
	@mkdir -p $(@D)
	$(call say,CC-BPF,$@)
	$(Q)$(CLANG_OLD) $(PROVE_BPFFLAGS) -c $< -o $@

$(BUILD)/prove/objs/%.new.o: tests/prove/objs/%.bpf.c
	@mkdir -p $(@D)
	$(call say,CC-BPF,$@)
	$(Q)$(CLANG_NEW) $(PROVE_BPFFLAGS) -c $< -o $@

$(BUILD)/prove/libbpf_check: $(BUILD)/prove/san/tests/libbpf_check.o $(call prove_san,$(COMMON_SRC) $(BPFOBJ_SRC))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $(SANITIZE) $^ -Wl,--wrap=syscall,--wrap=fopen64,--wrap=faccessat \
		-l:libbpf.a -lelf -lz -o $@

$(BUILD)/prove/san/tests/%.o: tests/prove/%.c
	@mkdir -p $(@D)
	$(call say,CC-SAN,$@)
	$(Q)$(CC) $(CFLAGS_) -O1 $(SANITIZE) -Itests/prove -DTEST_BUILD='"$(BUILD)"' -MMD -MP -c $< -o $@

# A script under tests/prove becomes a suite that depends on what it needs.
$(BUILD)/prove/objects.test: tests/prove/objects.test $(BUILD)/prove/libbpf_check $(PROVE_OBJS) \
		$(BUILD)/cordon.bpf.o $(BUILD)/clang19/cordon.bpf.o
	$(Q)cp $< $@
TESTS += $(BUILD)/prove/objects.test

$(BUILD)/prove/bpfobj_test: | $(PROVE_OBJS)

# The reader under libFuzzer.
FUZZ_SRC := tests/prove/fuzz_bpfobj.c $(COMMON_SRC) $(BPFOBJ_SRC) $(ISA_SRC) \
	$(addprefix src/prove/,cfg.c show_model.c show_access.c show_ctx.c show_helper.c)
$(BUILD)/prove/fuzz_bpfobj: $(FUZZ_SRC) $(wildcard src/common/*.h src/bpfobj/*.h src/prove/*.h)
	@mkdir -p $(@D)
	$(call say,CC-FUZZ,$@)
	$(Q)$(CLANG_OLD) -std=gnu11 -D_GNU_SOURCE -Isrc -O1 -g -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all $(FUZZ_SRC) -o $@

$(BUILD)/prove/fuzz.test: tests/prove/fuzz.test $(BUILD)/prove/fuzz_bpfobj $(PROVE_OBJS)
	$(Q)cp $< $@
TESTS += $(BUILD)/prove/fuzz.test

$(BUILD)/prove/cli.test: tests/prove/cli.test $(BUILD)/bpfprove $(PROVE_OBJS)
	$(Q)cp $< $@
TESTS += $(BUILD)/prove/cli.test

$(BUILD)/prove/mutate.test: tests/prove/mutate.test $(BUILD)/bpfprove $(PROVE_OBJS)
	$(Q)cp $< $@
TESTS += $(BUILD)/prove/mutate.test

$(BUILD)/prove/corpus.test: tests/prove/corpus.test $(BUILD)/prove/libbpf_check
	$(Q)cp $< $@
TESTS += $(BUILD)/prove/corpus.test

# Kernel against interpreter: a static program for the guests.
$(BUILD)/prove/tests/%.o: tests/prove/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -Itests/prove -MMD -MP -c $< -o $@

$(BUILD)/prove/kernel_diff: $(BUILD)/prove/tests/kernel_diff.o $(BUILD)/prove/tests/gen.o \
		$(call prove_obj,$(COMMON_SRC) $(ISA_SRC))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) -static $^ -o $@

$(BUILD)/prove/kernel-diff.test: tests/prove/kernel-diff.test $(BUILD)/prove/kernel_diff
	$(Q)cp $< $@
TESTS += $(BUILD)/prove/kernel-diff.test

.SECONDARY:

-include $(shell find $(BUILD)/prove -name '*.d' 2>/dev/null)
