# SPDX-License-Identifier: GPL-2.0-only
# What the guard costs: operations counted in instructions in the deterministic machine.

BENCH := $(BUILD)/bench

$(BENCH)/ops: tests/bench/ops.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -static $< -o $@

$(BENCH)/nothing: tests/bench/nothing.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -fno-stack-protector -static -nostdlib $< -o $@

$(BENCH)/empty: tests/bench/empty.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) $< -lbpf -o $@

$(BENCH)/empty.bpf.o: tests/bench/empty.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$@)
	$(Q)$(CLANG) -target bpf -O2 -g -Wall -Werror -idirafter /usr/include/$(shell gcc -print-multiarch) -c $< -o $@

## bench: the guard's cost in instructions, against no guard and against empty programs (KERNEL=6.1, RULES=10,1000)
.PHONY: bench
bench: $(BENCH)/ops $(BENCH)/nothing $(BENCH)/empty $(BENCH)/empty.bpf.o
	+$(Q)$(MAKE) --no-print-directory all
	tools/bench $(if $(KERNEL),--kernel $(KERNEL)) $(if $(RULES),--rules $(RULES))
