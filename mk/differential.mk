# SPDX-License-Identifier: GPL-2.0-only
# The kernel against the reference decision: the loader, the compiler and what asks, in one program each.

GUARD_OF_TESTS := $(addprefix src/guard/,attach.c core.c demand.c guard.c load.c object.c pin.c publish.c tables.c target.c types.c feature.c) $(wildcard src/common/*.c)

$(BUILD)/tests/vm/differential: tests/policy/random.c tests/policy/oracle.c $(addprefix tests/vm/,differential_ask.c differential_world.c)

$(BUILD)/tests/vm/differential $(BUILD)/tests/vm/flips: $(BUILD)/tests/vm/%: tests/vm/%.c tests/vm/guarded.c $(GUARD_OF_TESTS) $(BUILD)/libpolicy.a \
		$(BUILD)/gen/cordon.skel.h $(BUILD)/gen/cordon.hash.h $(wildcard tests/vm/*.h src/guard/*.h src/policy/*.h tests/policy/*.h include/cordon/*.h)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) $(CORDON_CFLAGS) -Itests/policy -o $@ $(filter %.c,$^) $(filter %.a,$^) $(shell pkg-config --libs libbpf libelf libfyaml 2>/dev/null)

ALL   += $(BUILD)/tests/vm/differential $(BUILD)/tests/vm/flips $(BUILD)/bench/nothing
TESTS += tests/vm/differential.test tests/vm/flips.test
