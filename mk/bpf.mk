# SPDX-License-Identifier: GPL-2.0-only
# The guard's BPF object and its skeleton; the same sources with a second compiler, because their code differs and
# the prover faces both.

BPF_SRC    := bpf/cordon.bpf.c
BPF_HDR    := $(wildcard bpf/*.h include/cordon/*.h)
CLANG_NEXT ?= clang-19
BPF_TRIPLE := $(shell $(CC) -print-multiarch)
BPF_CFLAGS := -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -O2 -g -std=gnu11 -Wall -Wextra -Werror -Wno-unused-parameter \
              -Wno-missing-declarations -Wno-address-of-packed-member -Iinclude -Ibpf -idirafter /usr/include/$(BPF_TRIPLE)

$(BUILD)/cordon.bpf.o: $(BPF_SRC) $(BPF_HDR)
	@mkdir -p $(@D)
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(BUILD)/clang19/cordon.bpf.o: $(BPF_SRC) $(BPF_HDR)
	@mkdir -p $(@D)
	$(call say,BPF,$@)
	$(Q)$(CLANG_NEXT) $(BPF_CFLAGS) -c $< -o $@

$(BUILD)/gen/cordon.skel.h: $(BUILD)/cordon.bpf.o
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name cordon_bpf > $@

## bpf: build the BPF object with both compilers, and its skeleton
.PHONY: bpf
bpf: $(BUILD)/cordon.bpf.o $(BUILD)/clang19/cordon.bpf.o $(BUILD)/gen/cordon.skel.h
ALL += $(BUILD)/cordon.bpf.o $(BUILD)/clang19/cordon.bpf.o $(BUILD)/gen/cordon.skel.h

# The object alone in the machine, with a policy written by hand.
$(BUILD)/tests/bpf/load: tests/bpf/load.c $(addprefix src/guard/,core.c core.h attach.c attach.h target.c target.h types.c types.h) $(wildcard tests/bpf/*.h include/cordon/*.h)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -Wno-missing-field-initializers -Isrc -static -o $@ $(filter %.c,$^) -lbpf -lelf -lz 2>&1 | { ! grep -E 'error|undefined'; }

ALL += $(BUILD)/tests/bpf/load
TESTS += tests/bpf/load.test
