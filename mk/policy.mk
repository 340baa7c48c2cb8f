# SPDX-License-Identifier: GPL-2.0-only
# The policy compiler as a library, and its tests.

POLICY_SRC    := $(wildcard src/policy/*.c)
POLICY_LIBS   := $(shell pkg-config --libs libfyaml 2>/dev/null)
POLICY_TESTS  := $(patsubst tests/policy/%_test.c,%,$(wildcard tests/policy/*_test.c))
# What every unit test of the policy may use beside the library: tests/policy/*.c that are no suites.
POLICY_HELPERS := $(filter-out %_test.c %fuzz_policy.c %schema_print.c,$(wildcard tests/policy/*.c))

policy_obj = $(patsubst src/%.c,$(BUILD)/policy/obj/%.o,$(1))
policy_san = $(patsubst %.c,$(BUILD)/policy/san/%.o,$(1))

$(BUILD)/policy/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -MMD -MP -c $< -o $@

$(BUILD)/policy/san/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC-SAN,$@)
	$(Q)$(CC) $(CFLAGS_) -O1 $(SANITIZE) -Itests/policy -MMD -MP -c $< -o $@

$(BUILD)/libpolicy.a: $(call policy_obj,$(POLICY_SRC))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/tests/policy/%_test: $(BUILD)/policy/san/tests/policy/%_test.o \
		$(call policy_san,$(POLICY_HELPERS) $(POLICY_SRC) $(wildcard src/common/*.c))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $(SANITIZE) $^ $(POLICY_LIBS) -o $@

# Large policies: as it ships, without sanitizers.
$(BUILD)/tests/policy/scale_test: tests/policy/scale_test.c tests/tap.h $(BUILD)/libpolicy.a \
		$(wildcard src/common/*.c src/common/*.h src/policy/*.h)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -Itests/policy $(filter %.c %.a,$^) $(POLICY_LIBS) -o $@

$(BUILD)/tests/policy/schema_print: tests/policy/schema_print.c $(BUILD)/libpolicy.a $(wildcard src/common/*.c src/policy/*.h)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) $(filter %.c %.a,$^) $(POLICY_LIBS) -o $@

test-programs: $(BUILD)/tests/policy/schema_print

ALL   += $(BUILD)/libpolicy.a
TESTS += $(patsubst %,$(BUILD)/tests/policy/%_test,$(POLICY_TESTS)) $(wildcard tests/policy/*.test) tests/docs/docs.test tests/docs/tour.test

-include $(shell find $(BUILD)/policy -name '*.d' 2>/dev/null)
