# make demo: from a bare machine to executed notebooks.   make test: every test.   make help: the rest.
#
# Sources are found by wildcard: to add a file is to write it. One archive a floor, so that a floor's tests link only the floors
# below it. Settings: CC, CFLAGS, LDFLAGS, SANITIZE=address,undefined or thread, BUILD, DUCKDB_LIB=/path/libduckdb.so, WERROR=1.

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
SANITIZE ?=
comma := ,
BUILD ?= build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))
DEPS ?= build/deps
VENV ?= build/venv
PEERS ?= build/peers
NODE ?= build/node
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 30
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
# V=1 shows the commands
Q := $(if $(V),,@)
SHARED ?= $(wildcard ../shared)

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wvla -Wformat=2 -Wundef $(if $(WERROR),-Werror)
RELEASE = -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection $(HARDEN_$(shell uname -m))
HARDEN_x86_64 = -fcf-protection
OPTIMIZE = $(if $(SANITIZE),-O1 -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined,$(RELEASE))
CFLAGS ?= -g
# where libxml2 keeps libxml/ (pkg-config is not there before the first make)
XML_INCLUDE ?= /usr/include/libxml2
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L $(WARNINGS) $(OPTIMIZE) -fPIE -pthread -iquote kernel -iquote . \
	-iquote $(BUILD)/gen -isystem $(DEPS) -isystem $(XML_INCLUDE) $(CFLAGS)
LDFLAGS ?=
ALL_LDFLAGS = $(if $(SANITIZE),-fsanitize=$(SANITIZE)) -pie -pthread -Wl,--as-needed -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack $(LDFLAGS)
# sqlite3, curl, libxml2 and DuckDB are missing here on purpose: they are loaded at first use, so that the kernel starts fast
LIBS = -lzmq -ljansson -luuid -lcrypto -ldeflate -lutf8proc -ldl -lm

# floors, from the ground up; what a floor's tests link is the floor and all before it
FLOORS = base data jupyter net aws engine case job lake ingest fetch question alert example response magic magics top
MAGIC_SRC = $(filter kernel/magic%.c kernel/options%.c kernel/cell%.c kernel/complete%.c kernel/inspect%.c,$(wildcard kernel/*.c))
$(foreach floor,base data jupyter net aws engine case job lake ingest fetch question alert example response,$(eval SRC_$(floor) = $(wildcard kernel/$(floor)/*.c)))
SRC_magic = $(MAGIC_SRC)
SRC_magics = $(wildcard magics/*.c)
SRC_top = $(filter-out $(MAGIC_SRC) kernel/main.c,$(wildcard kernel/*.c))
floor_objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(SRC_$(1)))
OBJECTS = $(foreach floor,$(FLOORS),$(call floor_objects,$(floor)))
ARCHIVES = $(foreach floor,$(FLOORS),$(if $(SRC_$(floor)),$(BUILD)/lib$(floor).a))

.PHONY: all help setup setup-demo setup-test setup-bench test demo lab bench check unit unit-build fuzz fuzz-build sanitized cloud format golden-accept \
	install uninstall clean distclean FORCE
all: $(BUILD)/cofferdam

help:
	@echo "make demo             install what is missing, build, and take the training incident to its end in notebooks"
	@echo "make lab              open that notebook in JupyterLab"
	@echo "make test             install what is missing and run every test; SANITIZE=address,undefined or thread"
	@echo "make bench            measure, beside the peers"
	@echo "make check            the house checks only;  make format  lays the code out"
	@echo "make unit             unit tests;  make unit-FLOOR  of one of: $(UNITS)"
	@echo "make cloud            a double of AWS to try the kernel against"
	@echo "make fuzz             each fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS)"
	@echo "make golden-accept    writes the expected outputs anew: read the diff"
	@echo "make install uninstall PREFIX=$(PREFIX) DESTDIR="
	@echo "make clean            removes what was built;  make distclean  also what was downloaded"

# ---- what the machine needs ------------------------------------------------------------------------------------------
SETUP = DEPS=$(DEPS) VENV=$(VENV) PEERS=$(PEERS) NODE=$(NODE) DUCKDB_LIB=$(DUCKDB_LIB) .ci/setup.sh
setup:
	@$(SETUP) build
setup-demo:
	@$(SETUP) demo
setup-test:
	@$(SETUP) test
setup-bench:
	@$(SETUP) bench
$(DEPS)/duckdb.h: .ci/setup.sh .ci/packages.txt .ci/duckdb.sha256
	@$(SETUP) build

# ---- the kernel ------------------------------------------------------------------------------------------------------
# other flags, other objects; WERROR does not count, for it changes no object
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(filter-out -Werror,$(ALL_CFLAGS))' | cmp -s - $@ || echo '$(CC) $(filter-out -Werror,$(ALL_CFLAGS))' > $@
$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(DEPS)/duckdb.h
	@mkdir -p $(@D)
	@echo "  cc    $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

define archive
$(BUILD)/lib$(1).list: FORCE
	@mkdir -p $$(@D)
	@echo '$$(SRC_$(1))' | cmp -s - $$@ || echo '$$(SRC_$(1))' > $$@
$(BUILD)/lib$(1).a: $(call floor_objects,$(1)) $(BUILD)/lib$(1).list
	@rm -f $$@
	$(Q)ar rcs $$@ $$(filter %.o,$$^)
endef
$(foreach floor,$(FLOORS),$(if $(SRC_$(floor)),$(eval $(call archive,$(floor)))))

LOGOS = logo-svg.svg:logo_svg logo-32x32.png:logo_32 logo-64x64.png:logo_64
$(BUILD)/gen/logos.c: kernelspec/logo-svg.svg kernelspec/logo-32x32.png kernelspec/logo-64x64.png
	@mkdir -p $(@D)
	@{ echo '#include "logos.h"'; for logo in $(LOGOS); do \
		echo "const unsigned char $${logo#*:}[] = {"; od -An -v -tu1 kernelspec/$${logo%:*} | sed 's/  */,/g; s/^,//; s/$$/,/'; echo '};'; \
		echo "const size_t $${logo#*:}_size = sizeof $${logo#*:};"; done; } > $@

$(BUILD)/cofferdam: $(BUILD)/obj/kernel/main.o $(BUILD)/obj/gen/logos.o $(ARCHIVES)
	@echo "  link  $@"
	$(Q)$(CC) -o $@ $(BUILD)/obj/kernel/main.o $(BUILD)/obj/gen/logos.o -Wl,--start-group $(ARCHIVES) -Wl,--end-group $(ALL_LDFLAGS) $(LIBS)

# ---- tests -----------------------------------------------------------------------------------------------------------
floors_base = base
floors_data = base data
floors_jupyter = base jupyter
floors_protocol = base jupyter
floors_net = base net
floors_aws = $(floors_net) aws
floors_engine = $(floors_data) net aws engine
floors_case = $(floors_engine) case
floors_job = $(floors_aws) data job
floors_lake = $(floors_case) lake
floors_ingest = $(floors_lake) ingest
floors_question = $(floors_lake) question
floors_fetch = $(floors_lake) ingest fetch
floors_alert = $(floors_case) alert
floors_example = base example
floors_response = $(floors_lake) job response
floors_magic = $(floors_data) magic
floors_magics = $(floors_lake) job ingest fetch question alert example response magic magics
floors_top = $(floors_magics) jupyter top

TEST_SUPPORT = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/unit/*.c))
unit_support = $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out tests/unit/$(1)/test_%,$(wildcard tests/unit/$(1)/*.c)))
define unit
UNIT_$(1) = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/$(1)/test_*.c))
$(BUILD)/tests/unit/$(1)/%: $(BUILD)/obj/tests/unit/$(1)/%.o $(TEST_SUPPORT) $(call unit_support,$(1)) $(if $(filter top,$(1)),$(BUILD)/obj/gen/logos.o) $(foreach f,$(floors_$(1)),$(if $(SRC_$(f)),$(BUILD)/lib$(f).a))
	@mkdir -p $$(@D)
	@echo "  link  $$@"
	$(Q)$(CC) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $(ALL_LDFLAGS) $(LIBS) -lcmocka
.PHONY: unit-$(1)
unit-$(1): $$(UNIT_$(1))
	@for t in $$(UNIT_$(1)); do echo "== $$$$t"; $$(TEST_ENV) $$$$t || exit 1; done
endef
# protocol is no floor but a front end: its program starts the kernel
UNITS = $(FLOORS) protocol
$(foreach floor,$(UNITS),$(eval $(call unit,$(floor))))
unit: $(foreach floor,$(UNITS),unit-$(floor))
unit-build: $(foreach floor,$(UNITS),$(UNIT_$(floor)))
unit-protocol: $(BUILD)/cofferdam

# libFuzzer targets: clang, sanitizers on, one program a file
FUZZ_BUILD = build/fuzz
FUZZ_FLAGS = -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
FUZZERS = $(patsubst tests/fuzz/%.c,$(FUZZ_BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SRC = $(foreach floor,$(filter-out top,$(FLOORS)),$(SRC_$(floor)))
FUZZ_OBJECTS = $(patsubst %.c,$(FUZZ_BUILD)/obj/%.o,$(FUZZ_SRC))
$(FUZZ_BUILD)/obj/%.o: %.c | $(DEPS)/duckdb.h
	@mkdir -p $(@D)
	@echo "  clang $<"
	$(Q)clang -std=c11 -D_POSIX_C_SOURCE=200809L -iquote kernel -iquote . -isystem $(DEPS) -isystem $(XML_INCLUDE) -g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -MMD -MP -c $< -o $@
$(FUZZ_BUILD)/libkernel.a: $(FUZZ_OBJECTS)
	@rm -f $@
	$(Q)ar rcs $@ $^
$(FUZZ_BUILD)/fuzz_%: $(FUZZ_BUILD)/obj/tests/fuzz/fuzz_%.o $(patsubst tests/%.c,$(FUZZ_BUILD)/obj/tests/%.o,$(wildcard tests/unit/*.c)) $(FUZZ_BUILD)/libkernel.a
	@echo "  link  $@"
	$(Q)clang $(FUZZ_FLAGS) -o $@ $^ -pthread $(LIBS)
fuzz-build: $(FUZZERS)
fuzz: fuzz-build
	@$(TEST_ENV) python3 tests/run.py fuzz

TEST_ENV = BUILD=$(BUILD) DEPS=$(abspath $(DEPS)) VENV=$(abspath $(VENV)) PEERS=$(abspath $(PEERS)) NODE_HOME=$(abspath $(NODE)) COFFERDAM=$(abspath $(BUILD)/cofferdam) \
	DUCKDB_LIB=$(abspath $(DEPS))/libduckdb.so SHARED=$(abspath $(SHARED)) SANITIZE=$(SANITIZE) FUZZ_SECONDS=$(FUZZ_SECONDS)
# the kernelspec of the build at hand, in the environment of its own
INSTALL_SPEC = $(BUILD)/cofferdam install --prefix $(VENV) >/dev/null
# the kernels of the suites kernel-thread and kernel-address, which are part of every run
sanitized:
	@$(MAKE) --no-print-directory $(JOBS) SANITIZE=thread BUILD=build/thread all
	@$(MAKE) --no-print-directory $(JOBS) SANITIZE=address,undefined BUILD=build/address-undefined all
test: setup-test
	@$(MAKE) --no-print-directory $(JOBS) WERROR=1 all unit-build $(if $(SANITIZE),,fuzz-build)
	@$(if $(SANITIZE)$(if $(SUITES),$(if $(filter kernel-thread kernel-address,$(SUITES)),,no)),,$(MAKE) --no-print-directory sanitized)
	@$(INSTALL_SPEC)
	@$(TEST_ENV) $(VENV)/bin/python tests/run.py $(SUITES)

check: setup-test
	@$(MAKE) --no-print-directory $(JOBS) all
	@$(TEST_ENV) $(VENV)/bin/python tests/checks/house.py

demo: setup-demo
	@$(MAKE) --no-print-directory $(JOBS) all
	@$(INSTALL_SPEC)
	@$(TEST_ENV) notebooks/demo.sh
lab: setup-demo
	@$(MAKE) --no-print-directory $(JOBS) all
	@$(INSTALL_SPEC)
	@$(TEST_ENV) notebooks/lab.sh
bench: setup-bench
	@$(MAKE) --no-print-directory $(JOBS) all unit-build
	@$(INSTALL_SPEC)
	@$(TEST_ENV) $(VENV)/bin/python tests/bench/bench.py

# a double of AWS to try the kernel against, until Ctrl-C
cloud: setup-test
	@$(VENV)/bin/python tests/cloud/cloud.py --show
golden-accept: $(filter %test_golden,$(UNIT_data))
	@for t in $^; do GOLDEN_ACCEPT=1 $$t; done
format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# ---- install ---------------------------------------------------------------------------------------------------------
install: all
	install -D -m 755 $(BUILD)/cofferdam $(DESTDIR)$(PREFIX)/bin/cofferdam
	install -D -m 644 $(DEPS)/libduckdb.so $(DESTDIR)$(PREFIX)/lib/cofferdam/libduckdb.so
	$(BUILD)/cofferdam install --prefix $(DESTDIR)$(PREFIX) --binary $(PREFIX)/bin/cofferdam
uninstall:
	rm -rf $(DESTDIR)$(PREFIX)/share/jupyter/kernels/cofferdam $(DESTDIR)$(PREFIX)/lib/cofferdam
	rm -f $(DESTDIR)$(PREFIX)/bin/cofferdam
clean:
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name deps ! -name venv ! -name peers ! -name node -exec rm -rf {} +
distclean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(BUILD)/obj/kernel/main.d $(wildcard $(BUILD)/obj/tests/unit/*.d $(BUILD)/obj/tests/unit/*/*.d) \
	$(FUZZ_OBJECTS:.o=.d)
.SECONDARY:
