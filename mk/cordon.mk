# SPDX-License-Identifier: GPL-2.0-only
# The binary `cordon`: daemon and commands. It carries the BPF object (mk/bpf.mk) and the policy compiler (mk/policy.mk).

CORDON_SRC    := $(wildcard src/guard/*.c src/cli/*.c src/say/*.c)
CORDON_COMMON := $(wildcard src/common/*.c)
CORDON_PKGS   := libbpf libelf zlib jansson libsystemd smartcols libfyaml libcares
CORDON_CFLAGS := $(shell pkg-config --cflags $(CORDON_PKGS) 2>/dev/null)
CORDON_LIBS   := $(shell pkg-config --libs $(CORDON_PKGS) 2>/dev/null)
CORDON_GEN    := $(BUILD)/gen/cordon.skel.h $(BUILD)/gen/cordon.hash.h

cordon_obj = $(patsubst src/%.c,$(BUILD)/cordon-obj/%.o,$(1))
cordon_san = $(patsubst src/%.c,$(BUILD)/cordon-san/%.o,$(1))

# What the object is, so that a daemon knows whether the set that is pinned is its own.
$(BUILD)/gen/cordon.hash.h: $(BUILD)/cordon.bpf.o
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)printf '#define CORDON_OBJECT_SHA256 "%s"\n' "$$(sha256sum $< | cut -d' ' -f1)" > $@

$(BUILD)/cordon-obj/%.o: src/%.c | $(CORDON_GEN)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) $(CORDON_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/cordon-san/%.o: src/%.c | $(CORDON_GEN)
	@mkdir -p $(@D)
	$(call say,CC-SAN,$@)
	$(Q)$(CC) $(CFLAGS_) $(CORDON_CFLAGS) -O1 $(SANITIZE) -MMD -MP -c $< -o $@

# A new object means a new hash and a new skeleton in it.
$(BUILD)/cordon-obj/guard/object.o $(BUILD)/cordon-san/guard/object.o: $(CORDON_GEN)

$(BUILD)/cordon: $(call cordon_obj,$(CORDON_SRC) $(CORDON_COMMON)) $(BUILD)/libpolicy.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $^ $(CORDON_LIBS) -o $@

## cordon: build the guard alone
.PHONY: cordon
cordon: $(BUILD)/cordon
ifneq ($(and $(wildcard mk/bpf.mk),$(wildcard mk/policy.mk)),)
ALL += $(BUILD)/cordon
endif

-include $(shell find $(BUILD)/cordon-obj $(BUILD)/cordon-san -name '*.d' 2>/dev/null)

# Unit tests on the host, with sanitizers. TEST_name = the sources a suite needs.
CORDON_TEST_event  := $(addprefix src/guard/,event.c places.c users.c) $(CORDON_COMMON)
CORDON_TEST_proto  := $(addprefix src/cli/,proto.c bundle.c fileio.c) src/say/diagjson.c $(CORDON_COMMON)
CORDON_TEST_store  := $(addprefix src/cli/,bundle.c fileio.c eventlog.c rulebook.c) $(CORDON_COMMON)
CORDON_TEST_server := $(addprefix src/cli/,server.c client.c proto.c bundle.c fileio.c) src/say/diagjson.c $(CORDON_COMMON)
CORDON_NAMES       := $(addprefix src/cli/,askers.c hoststore.c lookup.c pending.c request.c spelling.c)
CORDON_TEST_change := $(addprefix src/cli/,worker.c compile.c bundle.c fileio.c) src/say/diagjson.c $(CORDON_NAMES) $(CORDON_COMMON)
CORDON_TEST_hosts  := $(addprefix src/cli/,worker.c compile.c bundle.c fileio.c) src/say/diagjson.c $(CORDON_NAMES) $(CORDON_COMMON)
CORDON_TEST_out    := $(addprefix src/cli/,eventout.c pretty.c ui.c) $(CORDON_COMMON)
CORDON_TEST_hostwatch := $(addprefix src/cli/,hostwatch.c worker.c compile.c bundle.c fileio.c) src/say/diagjson.c $(CORDON_NAMES) $(CORDON_COMMON)
CORDON_TESTS       := event proto store server change out hosts hostwatch

$(BUILD)/cordon-san/tests/%_test.o: tests/cli/%_test.c tests/tap.h
	@mkdir -p $(@D)
	$(call say,CC-SAN,$@)
	$(Q)$(CC) $(CFLAGS_) $(CORDON_CFLAGS) -Itests/cli -O1 $(SANITIZE) -MMD -MP -c $< -o $@

define cordon_test
$(BUILD)/tests/cli/$(1)_test: $(BUILD)/cordon-san/tests/$(1)_test.o $(call cordon_san,$(CORDON_TEST_$(1))) $(BUILD)/libpolicy.a
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$(CC) $(CFLAGS_) $(SANITIZE) $$^ $(CORDON_LIBS) -o $$@
TESTS += $(BUILD)/tests/cli/$(1)_test
endef
$(foreach test,$(CORDON_TESTS),$(eval $(call cordon_test,$(test))))

# The fuzzer of the control socket; tests/cli/fuzz.test runs it.
CORDON_FUZZ_SRC := tests/cli/fuzz_server.c $(addprefix src/cli/,server.c proto.c bundle.c fileio.c) src/say/diagjson.c \
                   $(wildcard src/policy/*.c) $(CORDON_COMMON)

$(BUILD)/cli/fuzz: $(CORDON_FUZZ_SRC) $(wildcard src/cli/*.h src/say/*.h src/policy/*.h src/common/*.h include/cordon/*.h)
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)$(CLANG) -std=gnu11 -D_GNU_SOURCE -Iinclude -Isrc -O1 -g -fno-omit-frame-pointer \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $(CORDON_FUZZ_SRC) $(CORDON_LIBS) -o $@

test-programs: $(BUILD)/cli/fuzz
TESTS += tests/cli/fuzz.test

# Man pages, completion, unit.
MAN_PAGES := $(patsubst man/%.scd,$(BUILD)/man/%,$(wildcard man/*.scd))

$(BUILD)/man/%: man/%.scd mk/man.awk
	@mkdir -p $(@D)
	$(call say,MAN,$@)
	$(Q)scdoc < $< | awk -f mk/man.awk > $@

ALL += $(MAN_PAGES)

UNITDIR ?= $(if $(filter /usr,$(PREFIX)),/lib/systemd/system,/etc/systemd/system)
DOCDIR  ?= $(PREFIX)/share/doc/cordon

## install: install program, man pages, completion, unit and examples (PREFIX, DESTDIR)
install: $(BUILD)/cordon $(BUILD)/bpfprove $(MAN_PAGES)
	install -Dm755 $(BUILD)/cordon $(DESTDIR)$(PREFIX)/bin/cordon
	install -Dm755 $(BUILD)/bpfprove $(DESTDIR)$(PREFIX)/bin/bpfprove
	for page in $(MAN_PAGES); do \
		install -Dm644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit 1; done
	install -Dm644 completion/cordon.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/cordon
	install -Dm644 completion/_cordon $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_cordon
	install -Dm644 completion/cordon.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/cordon.fish
	install -d $(DESTDIR)$(UNITDIR)
	sed 's|@BINDIR@|$(PREFIX)/bin|' systemd/cordon.service > $(DESTDIR)$(UNITDIR)/cordon.service
	chmod 644 $(DESTDIR)$(UNITDIR)/cordon.service
	install -d $(addprefix $(DESTDIR)$(PREFIX)/share/cordon/examples/,policies tests) $(DESTDIR)$(DOCDIR) $(DESTDIR)/etc/cordon/policy.d
	install -m644 $(wildcard examples/policies/*.yaml) $(DESTDIR)$(PREFIX)/share/cordon/examples/policies
	install -m644 $(wildcard examples/tests/*.yaml) $(DESTDIR)$(PREFIX)/share/cordon/examples/tests
	install -m644 README.md SECURITY.md CAVEATS.md $(wildcard docs/*.md) $(DESTDIR)$(DOCDIR)

# The same program with an object that calls itself another one: what an upgrade looks like. For tests only.
$(BUILD)/gen-next/cordon.hash.h: mk/cordon.mk
	@mkdir -p $(@D)
	$(Q)printf '#define CORDON_OBJECT_SHA256 "%064d"\n' 0 > $@

$(BUILD)/gen-next/object.o: src/guard/object.c $(BUILD)/gen-next/cordon.hash.h $(CORDON_GEN)
	$(call say,CC,$@)
	$(Q)$(CC) -I$(BUILD)/gen-next $(CFLAGS_) $(CORDON_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/cordon-next: $(filter-out %/guard/object.o,$(call cordon_obj,$(CORDON_SRC) $(CORDON_COMMON))) \
		$(BUILD)/gen-next/object.o $(BUILD)/libpolicy.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_) $^ $(CORDON_LIBS) -o $@

ALL   += $(BUILD)/cordon-next
TESTS += tests/cli/cli.test tests/cli/ask.test tests/cli/hostile.test tests/vm/daemon.test tests/vm/confirm.test tests/vm/journal.test tests/vm/names.test tests/vm/hostile.test tests/vm/unit.test
