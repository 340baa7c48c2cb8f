# SPDX-License-Identifier: GPL-2.0-only
# Mistakes planted in the sources: does a test go red? (tests/mistakes, tools/mistakes --help)

# Not part of `make test`, which tries a few: all of them take hours of virtual machines.
MISTAKES ?=

## mistakes: plant every mistake of tests/mistakes and see that a test goes red (hours); MISTAKES="NAME..." only these
.PHONY: mistakes
mistakes: fetch
	tools/mistakes --together 28 $(MISTAKES)

TESTS += tests/mistakes/mistakes.test
