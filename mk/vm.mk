# SPDX-License-Identifier: GPL-2.0-only
# The VM integration suite: build/guest/probe tries the facts, tests/vm/suite.test judges them on every kernel.

PROBE_SRC := $(wildcard tests/vm/probes/*.c)

$(BUILD)/guest/probe: $(PROBE_SRC) $(wildcard tests/vm/probes/*.h)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -Itests/vm/probes -static -pthread -o $@ $(PROBE_SRC)

ALL += $(BUILD)/guest/probe
TESTS += tests/vm/suite.test tests/vm/demo.test
