# SPDX-License-Identifier: GPL-2.0-only
# What the guard costs: operations counted in instructions in the deterministic machine.

BENCH := $(BUILD)/bench
BENCH_KERNELS := 6.1 6.12 7.2

$(BENCH)/ops: tests/bench/ops.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -static $< -o $@

$(BENCH)/nothing: tests/bench/nothing.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -fno-stack-protector -static -nostdlib $< -o $@

$(BENCH)/confine: tests/bench/confine.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -static $< -lseccomp -o $@

$(BENCH)/empty $(BENCH)/footprint: $(BENCH)/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) $< -lbpf -o $@

# The floor is measured at the hooks of the object that ships.
$(BENCH)/empty-hooks.h: tests/bench/empty-hooks $(BUILD)/cordon.bpf.o
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$< $(BUILD)/cordon.bpf.o $$(for kernel in $(BENCH_KERNELS); do tools/vm --btf $$kernel; done) > $@

$(BENCH)/empty.bpf.o: tests/bench/empty.bpf.c $(BENCH)/empty-hooks.h
	@mkdir -p $(@D)
	$(call say,BPF,$@)
	$(Q)$(CLANG) -target bpf -O2 -g -Wall -Werror -I$(BENCH) -idirafter /usr/include/$(shell gcc -print-multiarch) -c $< -o $@

## bench: the guard's cost in instructions against no guard, other guards and empty programs (KERNEL=6.1, RULES=10,1000)
.PHONY: bench
bench: $(addprefix $(BENCH)/,ops nothing confine footprint empty empty.bpf.o)
	+$(Q)$(MAKE) --no-print-directory all
	tools/bench $(if $(KERNEL),--kernel $(KERNEL)) $(if $(RULES),--rules $(RULES)) $(BENCH_OPTIONS)

tests/bench/bench.test: $(addprefix $(BENCH)/,ops nothing confine footprint empty empty.bpf.o) $(BUILD)/cordon
TESTS += tests/bench/bench.test
