# Interlock. `make help` lists what can be asked for.
# Release objects go to $(O)/r, test objects (ASan, UBSan) to $(O)/t, kernel
# programs to $(O)/bpf. A process is what it links: see PROCESSES below.

O ?= build
PREFIX ?= /usr
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
ARCH := $(shell $(CC) -dumpmachine)
VERSION := 0.1.0
# V=1 shows the commands
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

WARN = -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow \
	-Wpointer-arith -Wwrite-strings -Wvla
BASE_FLAGS = -std=gnu17 -D_GNU_SOURCE -Iinclude -Iuser -I$(O)/bpf $(WARN) -g \
	-fno-strict-aliasing -DINTERLOCK_VERSION='"$(VERSION)"'
R_FLAGS = $(BASE_FLAGS) -O2 -fstack-protector-strong -D_FORTIFY_SOURCE=2 \
	-fPIE -ffunction-sections
R_LINK = -pie -Wl,-z,relro,-z,now -Wl,--gc-sections
T_FLAGS = $(BASE_FLAGS) -O1 -fno-omit-frame-pointer -DSANITIZED \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined -Itests/unit
T_LINK = -fsanitize=address,undefined

# ---- what each process is made of: folders below user/, then libraries ----

TOOLS = base loop msg box entry view
TOOLS_LIBS = -lseccomp -lcap

PROCESSES = loader policy worker grammar keeper broker recorder resolver courier
FOLDERS_loader = $(TOOLS) hooks registry roots
LIBS_loader = -lbpf -lelf -lz -lnl-route-3 -lnl-idiag-3 -lnl-3 -ljansson -lcrypto
FOLDERS_policy = $(TOOLS) rules
LIBS_policy = -lyaml -ljansson -lcrypto -lpcre2-8
FOLDERS_worker = $(TOOLS) flow accept identify unwrap parse decide approve \
	inject dial mask record splice wire facts desk coding
LIBS_worker = -lssl -lcrypto -lpcre2-8 -lnghttp2 -lz -lzstd -lbrotlidec
FOLDERS_grammar = $(TOOLS) grammar facts
LIBS_grammar = -Wl,--exclude-libs,libpg_query.a -l:libpg_query.a \
	-ljansson -lpthread
FOLDERS_keeper = $(TOOLS) vault
LIBS_keeper = -lcrypto -ljansson
FOLDERS_broker = $(TOOLS) desk
LIBS_broker = -ljansson -lcrypto
FOLDERS_recorder = $(TOOLS) ledger
LIBS_recorder = -lcrypto -ljansson -lzstd
FOLDERS_resolver = $(TOOLS) names
LIBS_resolver = -lcares -lm
FOLDERS_courier = $(TOOLS) courier
LIBS_courier = -lcurl -lssl -lcrypto -ljansson
FOLDERS_warden = $(TOOLS) warden
LIBS_warden =
FOLDERS_interlock = $(TOOLS) cli desk rules decide facts mask ledger hooks registry roots
LIBS_interlock = -lyaml -ljansson -lcrypto -lpcre2-8 -lbpf -lelf -lz \
	-lnl-route-3 -lnl-idiag-3 -lnl-3 -lzstd
ALL_LIBS = -lbpf -lelf -lz -lnl-route-3 -lnl-idiag-3 -lnl-3 -lyaml -ljansson \
	-lssl -lcrypto -lpcre2-8 -lnghttp2 -l:libpg_query.a -lpthread \
	-lsqlite3 -lpq -lzstd -lbrotlidec -lbrotlienc -lcares -lcurl -lm $(TOOLS_LIBS)

# ---- sources ----------------------------------------------------------

BPF_SOURCES := $(wildcard bpf/*.bpf.c)
SKELETONS := $(BPF_SOURCES:bpf/%.bpf.c=$(O)/bpf/%.skel.h)
USER_SOURCES := $(sort $(shell find user -name '*.c'))
LIBRARY_SOURCES := $(filter-out user/main/%,$(USER_SOURCES))
UNIT_TESTS := $(sort $(shell find tests/unit tests/bpf -name '*_test.c'))
BENCHES := $(sort $(wildcard tests/bench/*.c))
PLAY_PROGRAMS := $(sort $(wildcard tests/play/*.c))
WAYS := $(sort $(wildcard tests/play/ways/*.c))
PRISON_SOURCES := $(sort $(wildcard tests/prison/*.c))

R_OBJECTS := $(USER_SOURCES:%.c=$(O)/r/%.o)
T_LIBRARY := $(O)/t/libinterlock.a
T_OBJECTS := $(LIBRARY_SOURCES:%.c=$(O)/t/%.o)
TEST_PROGRAMS := $(UNIT_TESTS:%.c=$(O)/%)

PROGRAMS := $(PROCESSES:%=$(O)/libexec/%) $(O)/sbin/interlockd $(O)/bin/interlock

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help bootstrap demo test ci unit play bypass suites prison install uninstall lint \
	fuzz bench differential soak clean check-layers check-pure check-link check-abi \
	check-style check-limits check-format tidy cppcheck tests

all: $(PROGRAMS)

help:
	@echo 'make            build everything into $(O)/'
	@echo 'make demo       set up, then show the whole product on this machine (root)'
	@echo 'make test       set up, then run every test (root)'
	@echo 'make install    programs, pages and samples below $(PREFIX) and /etc'
	@echo 'make lint       layers, purity, link lists, abi, style, limits, format, clang-tidy, cppcheck'
	@echo 'make fuzz       the laws of the codecs under libFuzzer [SECONDS=60]'
	@echo 'make differential  the lexer beside the scanner of PostgreSQL [INPUTS=100000000 SEED=1]'
	@echo "make suites     PostgreSQL's own suites, direct and inside a skill (root, network)"
	@echo 'make soak       random clients against the daemon under sanitizers [SECONDS=3600] (root)'
	@echo 'make bypass     every way round that is known, tried; prints the table (root)'
	@echo 'make bench      figures, each a ratio against a named peer in the same run'
	@echo 'make clean      remove $(O)/'

# ---- kernel programs --------------------------------------------------

BPF_FLAGS = -target bpf -g -O2 -Wall -Wextra -Wno-unused-parameter \
	-D__TARGET_ARCH_$(if $(findstring aarch64,$(ARCH)),arm64,x86) \
	-Iinclude -Ibpf -I/usr/include/$(ARCH)

$(O)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) include/abi.h
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_FLAGS) -c $< -o $@

$(O)/bpf/%.skel.h: $(O)/bpf/%.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $< name ilk_$* > $@

# ---- release ----------------------------------------------------------

$(O)/r/%.o: %.c | $(SKELETONS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(R_FLAGS) -MMD -MP -c $< -o $@

define process_rule
OBJECTS_$(1) := $$(patsubst %.c,$$(O)/r/%.o,$$(filter $$(foreach f,$$(FOLDERS_$(1)),user/$$(f)/%),$$(LIBRARY_SOURCES)))
$$(O)/r/$(1).a: $$(OBJECTS_$(1))
	@rm -f $$@
	$(Q)ar rcs $$@ $$^
$(2): $$(O)/r/user/main/$(1).o $$(O)/r/$(1).a
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(R_LINK) -o $$@ $$^ $$(LIBS_$(1)) $$(TOOLS_LIBS)
endef
$(foreach p,$(PROCESSES),$(eval $(call process_rule,$(p),$(O)/libexec/$(p))))
$(eval $(call process_rule,warden,$(O)/sbin/interlockd))
$(eval $(call process_rule,interlock,$(O)/bin/interlock))

# its text is part of the program (.incbin)
$(O)/r/user/rules/profile.o $(O)/t/user/rules/profile.o: scripts/deploy/policy/profiles.yaml

# ---- tests ------------------------------------------------------------

$(O)/t/%.o: %.c | $(SKELETONS)
	@mkdir -p $(@D)
	$(call say,CC-T,$<)
	$(Q)$(CC) $(T_FLAGS) -MMD -MP -c $< -o $@

$(T_LIBRARY): $(T_OBJECTS)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(O)/tests/%_test: $(O)/t/tests/%_test.o $(T_LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(T_LINK) -o $@ $^ $(ALL_LIBS)

# release flags: sanitizers need other system calls, and benches need speed
R_LIBRARY := $(O)/r/libinterlock.a
$(R_LIBRARY): $(LIBRARY_SOURCES:%.c=$(O)/r/%.o)
	@rm -f $@
	$(Q)ar rcs $@ $^
$(O)/tests/bench/%: $(O)/r/tests/bench/%.o $(R_LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(R_LINK) -o $@ $^ $(ALL_LIBS)
$(O)/tests/play/%: $(O)/r/tests/play/%.o $(R_LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(R_LINK) -o $@ $^ $(ALL_LIBS)
$(O)/tests/play/ways: $(WAYS:%.c=$(O)/r/%.o)
# played in the world of tests/bpf
$(O)/r/tests/bench/hooks.o: R_FLAGS += -Itests/unit
$(O)/tests/prison/%: $(O)/r/tests/prison/%.o
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(R_LINK) -o $@ $^ -lcap

# the same test with release flags, for numbers of inputs that sanitizers would take too long for
$(O)/r/tests/unit/facts/sql/lex_random_test.o: R_FLAGS += -Itests/unit
$(O)/tests/differential: $(O)/r/tests/unit/facts/sql/lex_random_test.o $(R_LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(R_LINK) -o $@ $^ $(ALL_LIBS)

# the daemon under sanitizers, laid out as $(O) is: for tests/play/soak
SANITIZED := $(PROCESSES:%=$(O)/s/libexec/%) $(O)/s/sbin/interlockd
$(SANITIZED): $(O)/s/%: $(T_LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(T_LINK) -o $@ $(filter %.o,$^) $(T_LIBRARY) $(ALL_LIBS)
$(PROCESSES:%=$(O)/s/libexec/%): $(O)/s/libexec/%: $(O)/t/user/main/%.o
$(O)/s/sbin/interlockd: $(O)/t/user/main/warden.o

tests: $(TEST_PROGRAMS) $(SANITIZED) $(PLAY_PROGRAMS:%.c=$(O)/%) $(PRISON_SOURCES:%.c=$(O)/%)

bootstrap:
	scripts/bootstrap

test: bootstrap
	$(MAKE) O=$(O) -j$$(nproc) all tests
	scripts/run-tests $(O)

unit: all $(TEST_PROGRAMS)
	scripts/run-tests $(O) unit bpf

play: all tests
	scripts/run-tests $(O) play

suites: bootstrap all tests
	scripts/suites $(O)
	TURN_FAULTS=all tests/play/turn-faults $(O)
	UPGRADE=100000 tests/play/upgrade $(O)

soak: SECONDS ?= 3600
soak: all $(SANITIZED)
	SOAK=$(SECONDS) tests/play/soak $(O)

bypass: all tests
	tests/play/bypass $(O)

prison: all tests
	scripts/run-tests $(O) prison

demo: bootstrap
	$(MAKE) O=$(O) -j$$(nproc) all
	scripts/demo $(O)

differential: $(O)/tests/differential
	INPUTS=$(or $(INPUTS),100000000) SEED=$(or $(SEED),1) JOBS=$$(nproc) $<

bench: all $(BENCHES:%.c=$(O)/%) $(PLAY_PROGRAMS:%.c=$(O)/%)
	scripts/bench $(O)

fuzz: SECONDS ?= 60
fuzz:
	scripts/fuzz $(O) $(SECONDS)

# ---- checks -----------------------------------------------------------

lint: check-layers check-pure check-link check-abi check-style check-limits check-format tidy cppcheck

check-layers:
	scripts/check-layers
check-pure: $(R_OBJECTS)
	scripts/check-pure $(O)
check-link: $(PROGRAMS)
	scripts/check-link $(O)
check-abi: $(SKELETONS)
	scripts/check-abi $(O) $(CLANG)
check-style:
	scripts/check-style
check-limits:
	scripts/check-limits
check-format:
	scripts/check-format
tidy: $(SKELETONS)
	scripts/check-tidy $(O)
cppcheck:
	scripts/check-cppcheck

# ---- installing -------------------------------------------------------

install: all
	scripts/install $(O) "$(DESTDIR)" $(PREFIX)
uninstall:
	scripts/install --remove "$(DESTDIR)" $(PREFIX)

clean:
	rm -rf $(O)

-include $(shell find $(O) -path $(O)/suites -prune -o -type f -name '*.d' -print 2>/dev/null)
