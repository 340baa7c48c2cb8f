# SPDX-License-Identifier: GPL-2.0-only
# The fuzzer of the policy parser and compiler; tests/policy/fuzz.test runs it.

POLICY_FUZZ_SRC := tests/policy/fuzz_policy.c $(addprefix tests/policy/,oracle.c random.c random_request.c) \
                   $(wildcard src/policy/*.c src/common/*.c)

$(BUILD)/policy/fuzz: $(POLICY_FUZZ_SRC) $(wildcard tests/policy/*.h src/policy/*.h src/common/*.h include/cordon/*.h)
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)$(CLANG) -std=gnu11 -D_GNU_SOURCE -Iinclude -Isrc -Itests/policy -O1 -g -fno-omit-frame-pointer '-DCOMPILE_POSITIONS_MAX=(1u << 20)' \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $(POLICY_FUZZ_SRC) -lfyaml -o $@

test-programs: $(BUILD)/policy/fuzz
