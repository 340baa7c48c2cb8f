# SPDX-License-Identifier: GPL-2.0-only
# Tests: what every area put into TESTS, the checks of the tree itself, and the harness's own suites.

# No suite's result depends on how long it takes, so several may share the machine.
JOBS ?= 2

TESTS += $(addprefix tests/vm-harness/,run-tests.test layers.test lint.test vm.test)

# The peer that counts bytes in the guest's second host; static, for it runs in the small root.
$(BUILD)/guest/sink: tests/vm-harness/sink.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -static $< -o $@

ALL += $(BUILD)/guest/sink

## deps: install the Debian packages the build and the tests need
## fetch: fetch the test machine's kernels and roots, as far as they are missing
## test: build everything and run every suite, JOBS at a time (2)
## check-shell: shellcheck over every shell script
## layers: check who includes whom
.PHONY: deps fetch test check-shell layers test-programs
deps:
	tools/deps

fetch:
	$(Q)for kernel in 6.1 6.12 7.2; do tools/vm --fetch --root debian --kernel $$kernel || exit; done

# A second make, because TESTS and ALL are complete only when every fragment is read.
test: fetch
	+$(Q)$(MAKE) --no-print-directory all test-programs
	tools/run-tests --jobs $(JOBS) $(TESTS)

.SECONDEXPANSION:
test-programs: $$(TESTS)

# SC2317 (unreachable) is wrong for functions that a test calls by name.
# Every shell script is one by its first line; a file that is sourced says its shell by a directive.
check-shell:
	@tools/shell-files | xargs -d "\n" shellcheck -x -e SC2317

layers:
	tools/layers
