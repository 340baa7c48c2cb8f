# SPDX-License-Identifier: GPL-2.0-only
# Random programs: the prover's verdicts against runs in random worlds and against kernels' verifiers.

VERDICT_GEN_OBJS := $(addprefix $(BUILD)/prove/tests/,verdict_gen.o verdict_calls.o verdict_emit.o)
VERDICT_OBJS := $(VERDICT_GEN_OBJS) $(addprefix $(BUILD)/prove/tests/,verdict_world.o verdicts.o)

$(BUILD)/prove/verdict_maps.o: tests/prove/verdict_maps.bpf.c
	@mkdir -p $(@D)
	$(call say,CC-BPF,$@)
	$(Q)$(CLANG_OLD) $(PROVE_BPFFLAGS) -c $< -o $@

$(BUILD)/prove/verdicts: $(VERDICT_OBJS) $(call prove_obj,$(filter-out src/prove/main.c,$(PROVE_ALL_SRC)))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $^ $(PROVE_LIBS) -o $@

# For the guests: static.
$(BUILD)/prove/verdict_kernel: $(BUILD)/prove/tests/verdict_kernel.o $(VERDICT_GEN_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) -static $^ -o $@

TESTS += tests/prove/verdicts.test
tests/prove/verdicts.test: $(BUILD)/prove/verdicts $(BUILD)/prove/verdict_kernel $(BUILD)/prove/verdict_maps.o

## verdicts: SEEDS random programs from seed FIRST, the prover against runs and against kernels
SEEDS ?= 3000
FIRST ?= 1
.PHONY: verdicts
verdicts: $(BUILD)/prove/verdicts $(BUILD)/prove/verdict_kernel $(BUILD)/prove/verdict_maps.o
	$(Q)SEEDS=$(SEEDS) FIRST=$(FIRST) BUILD=$(BUILD) tests/prove/verdicts.test
