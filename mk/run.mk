# SPDX-License-Identifier: GPL-2.0-only
# The demo.

## run: show the guard at work in a virtual machine (ON=host: guard this machine, in audit mode)
.PHONY: run
run:
	@tools/deps
	+$(Q)$(MAKE) --no-print-directory all
	@tools/demo $(if $(filter host,$(ON)),--host)
