# SPDX-License-Identifier: GPL-2.0-only
# The entry points; every area keeps its rules in a fragment of its own under mk/.
# Out of tree: everything that is made stands under $(BUILD).

BUILD   ?= build
CC      ?= gcc
CLANG   ?= clang-14
BPFTOOL ?= /usr/sbin/bpftool
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0

# V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(patsubst $(BUILD)/%,%,$(2))';)

WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter -Werror
CFLAGS   ?= -O2 -g
CFLAGS_  := -std=gnu11 $(WARN) -D_GNU_SOURCE -DCORDON_VERSION='"$(VERSION)"' -Iinclude -Isrc -I$(BUILD)/gen \
            -fstack-protector-strong -fno-strict-aliasing $(CFLAGS)
# One variant more for the tests that run on the host.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

ALL   :=
TESTS :=

include $(sort $(wildcard mk/*.mk))

.PHONY: all help clean run test bench install
all: $(ALL)

help:
	@sed -n 's/^## \([a-z-]*\): \(.*\)/  make \1\t\2/p' Makefile mk/*.mk | expand -t 20

## clean: remove everything that was built (not what was fetched)
clean:
	rm -rf $(BUILD)
