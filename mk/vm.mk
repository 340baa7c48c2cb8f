# SPDX-License-Identifier: GPL-2.0-only
# The VM integration suite: build/guest/probe tries the facts, tests/vm/suite.test judges them on every kernel.

PROBE_SRC := $(wildcard tests/vm/probes/*.c)

$(BUILD)/guest/probe: $(PROBE_SRC) $(wildcard tests/vm/probes/*.h)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -Itests/vm/probes -static -pthread -o $@ $(PROBE_SRC)

# What the other hooks judge, one request at a time (tests/vm/hooks.test).
$(BUILD)/guest/try: tests/vm/hooks/try.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -static -o $@ $<

# Packets that go elsewhere (tests/vm/wire.test).
$(BUILD)/guest/wire: tests/vm/wire/wire.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -static -o $@ $<

$(BUILD)/guest/again: tests/vm/wire/again.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -static -pthread -o $@ $<

# Frames that packet sockets make (tests/vm/frames.test).
$(BUILD)/guest/frames: tests/vm/frames/frames.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -static -o $@ $<

# What goes wrong with a guard in force (tests/vm/inject.test).
$(BUILD)/tests/vm/damage: tests/vm/inject/damage.c tests/vm/pins.h include/cordon/abi.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -o $@ $< $(shell pkg-config --libs libbpf)

# What is kept of sockets, changed by hand (tests/vm/kept.test).
$(BUILD)/tests/vm/forge: tests/vm/kept/forge.c tests/vm/pins.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -o $@ $< $(shell pkg-config --libs libbpf)

# Processes that come about in every way (tests/vm/lineage.test).
$(BUILD)/guest/kin: tests/vm/lineage/kin.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -static -pthread -o $@ $<

# Ways round a rule (tests/vm/red.test).
$(BUILD)/guest/red: tests/vm/red/red.c tests/vm/red/doors.c tests/vm/red/sockets.c tests/vm/red/disks.c \
		tests/vm/red/deputies.c tests/vm/red/streams.c tests/vm/red/red.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -static -o $@ $(filter %.c,$^)

$(BUILD)/guest/red-preload.so: tests/vm/red/preload.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -shared -fPIC -o $@ $<

ALL += $(BUILD)/tests/vm/damage $(BUILD)/tests/vm/forge $(BUILD)/guest/red-preload.so
ALL += $(BUILD)/guest/probe $(BUILD)/guest/try $(BUILD)/guest/wire $(BUILD)/guest/again $(BUILD)/guest/frames $(BUILD)/guest/kin $(BUILD)/guest/red
TESTS += tests/vm/suite.test tests/vm/fold.test tests/vm/hooks.test tests/vm/wire.test tests/vm/served.test tests/vm/kept.test tests/vm/frames.test tests/vm/itself.test tests/vm/inject.test tests/vm/demo.test tests/vm/catalogue.test tests/vm/sessions.test tests/vm/lineage.test tests/vm/red.test tests/vm/caveats.test
