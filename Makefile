# luft -- make help lists what can be made.
#
# CFLAGS and LDFLAGS are yours; ours stand in `flags`.  BUILD is where things go,
# SANITIZE what -fsanitize gets: make BUILD=build/asan SANITIZE=address,undefined

CC       ?= cc
CFLAGS   ?= -O2 -g
PREFIX   ?= /usr/local
BUILD    ?= build
SANITIZE ?=
jobs     := $(shell nproc 2>/dev/null || echo 2)

# --- what Debian and Ubuntu must have installed ------------------------------

to_build = gcc make pkg-config liblua5.4-dev libcurl4-openssl-dev libssl-dev \
           libuv1-dev zlib1g-dev libmimalloc-dev
to_check = libcjson-dev lua5.4 lua-check curl openssl perl locales \
           python3-yaml python3-jsonschema
to_bench = libcjson-dev lua5.4 curl nghttp2-client

needed   = lua5.4 libcurl libcrypto libuv zlib
apt_line = apt-get install $(to_build)

# --- sources and flags -------------------------------------------------------

modules  = $(shell cd lua && ls luft/*.lua luft/*/*.lua 2>/dev/null)
core     = $(wildcard src/core/*.c)
drivers  = $(wildcard drivers/*.c drivers/*/*.c)
engine   = $(wildcard src/engine/*.c)
bind     = $(wildcard src/bind/*.c)
host     = $(filter-out src/host/embed.c, $(wildcard src/host/*.c))

flags = -std=c11 -Wall -Wextra -Wpedantic -Wshadow -fPIC \
        -fvisibility=hidden -MMD -MP $(if $(SANITIZE),-fsanitize=$(SANITIZE) \
        -fno-sanitize-recover=all -fno-omit-frame-pointer)
posix = -D_POSIX_C_SOURCE=200809L -Isrc/core
linux = -D_GNU_SOURCE -Isrc/core

lua_flags    = $(shell pkg-config --cflags lua5.4)
luajit_flags = $(shell pkg-config --cflags luajit)
libraries    = $(shell pkg-config --libs libcurl libcrypto libuv zlib) -lpthread -lm
lua_library  = $(shell pkg-config --libs lua5.4)

# Two threads that hand each other results want an allocator made for that: a
# sixth of the CPU time of a fan-out.  luft works without it, too.
allocator = $(if $(SANITIZE),,$(shell echo 'int main(void) { return 0; }' | \
            $(CC) -xc -o /dev/null - -lmimalloc 2>/dev/null && \
            echo -Wl,--push-state,--no-as-needed -lmimalloc -Wl,--pop-state))

core_objects   = $(patsubst %.c,$(BUILD)/%.o,$(core) $(drivers))
engine_objects = $(patsubst %.c,$(BUILD)/%.o,$(engine))
bind_objects   = $(patsubst %.c,$(BUILD)/%.o,$(bind))
host_objects   = $(patsubst %.c,$(BUILD)/%.o,$(host)) \
                 $(BUILD)/embedded_files.o
jit_objects    = $(patsubst %.c,$(BUILD)/jit/%.o,$(bind))

# --- the program -------------------------------------------------------------

all: needs $(BUILD)/luft   ## the program, build/luft

needs:
	@pkg-config --exists $(needed) 2>/dev/null || { \
	  echo "luft needs some packages; make deps installs them, or:"; \
	  echo "  $(apt_line)"; exit 1; }

$(BUILD)/luft: $(core_objects) $(engine_objects) $(bind_objects) $(host_objects)
	$(CC) $(flags) $(CFLAGS) $(LDFLAGS) -o $@ $^ -Wl,-E $(allocator) \
	    $(lua_library) $(libraries)

$(BUILD)/src/core/%.o $(BUILD)/drivers/%.o: flags += $(posix)
$(BUILD)/src/engine/%.o: flags += $(linux)
$(BUILD)/src/bind/%.o: flags += $(posix) $(lua_flags)
$(BUILD)/src/host/%.o: flags += $(linux) $(lua_flags)
$(BUILD)/jit/src/bind/%.o: flags += $(posix) $(luajit_flags)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(flags) $(CFLAGS) -c -o $@ $<

$(BUILD)/jit/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(flags) $(CFLAGS) -c -o $@ $<

$(BUILD)/embed: src/host/embed.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(lua_flags) -o $@ $< $(lua_library)

$(BUILD)/embedded_files.c: $(BUILD)/embed $(addprefix lua/,$(modules))
	$(BUILD)/embed lua $(modules) > $@.new && mv $@.new $@

$(BUILD)/embedded_files.o: $(BUILD)/embedded_files.c
	$(CC) $(filter-out -Wpedantic,$(flags)) $(CFLAGS) -c -o $@ $<

# The C half of the module, for LuaJIT and for lua5.4; the Lua half is lua/.
module: $(BUILD)/module/5.1/luft/core.so $(BUILD)/module/5.4/luft/core.so

$(BUILD)/module/5.1/luft/core.so: $(core_objects) $(engine_objects) \
                                  $(jit_objects)
	@mkdir -p $(@D)
	$(CC) $(flags) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^ $(libraries)

$(BUILD)/module/5.4/luft/core.so: $(core_objects) $(engine_objects) \
                                  $(bind_objects)
	@mkdir -p $(@D)
	$(CC) $(flags) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^ $(libraries)

install: all   ## into DESTDIR PREFIX (/usr/local)
	install -D -m 755 $(BUILD)/luft $(DESTDIR)$(PREFIX)/bin/luft
	install -d $(DESTDIR)$(PREFIX)/share/luft/types \
	    $(DESTDIR)$(PREFIX)/share/luft/scripts
	install -m 644 docs/types/*.lua $(DESTDIR)$(PREFIX)/share/luft/types
	install -m 644 scripts/*.lua $(DESTDIR)$(PREFIX)/share/luft/scripts

# --- packages ----------------------------------------------------------------

# $(call packages,LIST): installs what is missing of it, saying so.
packages = @tests/packages $(1)

deps:   ## installs what building needs (root or sudo; Debian, Ubuntu)
	$(call packages,$(to_build))

servers:   ## installs the real servers that the tests use
	$(call packages,$(to_build) $(to_check))
	@for server in $(server_scripts); do $$server install; done

server_scripts = $(filter-out %/lib.sh,$(wildcard tests/servers/*.sh))

# --- seeing it work ----------------------------------------------------------

own_engine = $(or $(DOCKER_HOST),unix:///var/run/docker.sock)
hosts      = $(if $(REAL),$(own_engine),tcp://alpha:2375 tcp://beta:2375 \
            tcp://gamma:2375)
simulated  = $(if $(REAL),,--playground)
show       = echo; echo '$$ $(1)'; $(1)

demo:   ## deploys and audits on simulated hosts; REAL=1 [IMAGE=]: on your engine
	$(call packages,$(to_build))
	@$(MAKE) --no-print-directory -s -j$(jobs) all
	@$(call show,$(BUILD)/luft $(simulated) scripts/demo.lua $(IMAGE) $(hosts))
	@$(call show,$(BUILD)/luft $(simulated) scripts/audit.lua $(hosts))

# --- tests -------------------------------------------------------------------

unit_tests   = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard \
               tests/unit/*_test.c))
engine_tests = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard \
               tests/engine/*_test.c))

$(BUILD)/tests/unit/%: tests/unit/%.c $(core_objects)
	@mkdir -p $(@D)
	$(CC) $(flags) $(posix) $(CFLAGS) $(LDFLAGS) -o $@ $< $(core_objects) \
	    $$(pkg-config --cflags --libs libcjson libcrypto) -lpthread -lm

$(BUILD)/tests/engine/%_test: tests/engine/%_test.c $(core_objects) \
                              $(engine_objects)
	@mkdir -p $(@D)
	$(CC) $(flags) $(linux) $(CFLAGS) $(LDFLAGS) -o $@ $< $(core_objects) \
	    $(engine_objects) $(libraries)

# The HTTP server that misbehaves; always plain: it is not what is tested.
$(BUILD)/tests/server: $(wildcard tests/server/*.c) tests/server/server.h
	@mkdir -p $(@D)
	$(CC) -std=c11 -Wall -Wextra -Wpedantic -Wshadow -D_GNU_SOURCE \
	    $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) -lssl -lcrypto

# The resolver of tests/engine/dns_spec.lua, in place of the system's.
$(BUILD)/tests/slow_resolver.so: tests/engine/slow_resolver.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -Wall -Wextra -Wpedantic -Wshadow -D_GNU_SOURCE -fPIC \
	    $(CFLAGS) $(LDFLAGS) -shared -o $@ $< -ldl

tests: all $(engine_tests) $(BUILD)/tests/server $(BUILD)/tests/slow_resolver.so

check:   ## every test; installs what it needs, skips what has no server
	$(call packages,$(to_build) $(to_check))
	@$(MAKE) --no-print-directory -s -j$(jobs) tests module_if_possible
	@$(MAKE) --no-print-directory -s -j$(jobs) asan
	@$(MAKE) --no-print-directory -s -j$(jobs) tsan
	@tests/run $(ONLY)

asan:   ## program and tests under AddressSanitizer and UBSan, in build/asan
	@$(MAKE) --no-print-directory -s BUILD=build/asan \
	    SANITIZE=address,undefined CFLAGS="$(CFLAGS) -O1" tests unit_tests

tsan:   ## program and engine tests under ThreadSanitizer, in build/tsan
	@$(MAKE) --no-print-directory -s BUILD=build/tsan SANITIZE=thread \
	    CFLAGS="$(CFLAGS) -O1" tests

unit_tests: $(unit_tests)

# Where nginx's Lua can be built against, its one test needs the module.
module_if_possible:
	@! pkg-config --exists luajit || $(MAKE) --no-print-directory module

lint_files = $(shell git ls-files '*.c' '*.h' '*.lua' '*.sh' '*.py' \
             2>/dev/null || find src drivers lua scripts tests -name '*.[ch]')

lint: all   ## rings, heads, widths, sizes; luacheck
	@$(BUILD)/luft tests/lint.lua $(lint_files)
	@luacheck -q $(filter %.lua,$(lint_files))

bench:   ## the budgets of docs/PERFORMANCE.md, as ratios in one run
	$(call packages,$(to_build) $(to_bench))
	@$(MAKE) --no-print-directory -s -j$(jobs) tests $(BUILD)/reference
	@$(BUILD)/luft bench/bench.lua $(BUILD)

$(BUILD)/reference: bench/reference.c
	$(CC) -std=gnu11 -O2 -o $@ $< -lcurl -lcjson

docs: all   ## the reference manual and LuaLS types, from the drivers' tables
	$(BUILD)/luft docs/generate.lua docs

clean:
	rm -rf build

help:   ## this
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)/make \1|\2/p' Makefile | \
	    awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: all needs module module_if_possible install deps servers demo tests \
        check asan tsan unit_tests lint bench docs clean help
