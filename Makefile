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
           python3-yaml python3-jsonschema luarocks lua-luv neovim \
           luajit2,luajit \
           libluajit2-5.1-dev,libluajit-5.1-dev
to_bench = libcjson-dev lua5.4 curl nghttp2-client nginx libnginx-mod-http-lua \
           libluajit2-5.1-dev wrk

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

# The Luas whose headers are here, by the version of their C API; 5.1 is
# LuaJIT's.  A rockspec names the one Lua to build for: LUA_HEADERS, its folder.
has      = $(shell pkg-config --exists $(1) 2>/dev/null && echo yes)
luas    := $(strip $(if $(call has,lua5.4),5.4) $(if $(call has,luajit),5.1))
cflags   = $(if $(LUA_HEADERS),-I$(LUA_HEADERS),$(shell \
           pkg-config --cflags $(1)))
rock_lua = $(if $(wildcard $(LUA_HEADERS)/luajit.h),5.1,$(shell \
           grep -qs 'LUA_VERSION_NUM.*504' $(LUA_HEADERS)/lua.h && echo 5.4))

lua_flags    = $(call cflags,lua5.4)
luajit_flags = $(call cflags,luajit)
libraries    = $(or $(shell pkg-config --libs libcurl libcrypto libuv zlib \
               2>/dev/null),-lcurl -lcrypto -luv -lz) -lpthread -lm
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

# --- the module --------------------------------------------------------------

# Its C half, for lua5.4 and for LuaJIT; the Lua half is lua/.  Threads and
# destructors of libcurl and OpenSSL outlive the Lua state that loaded it, so
# its code must stay: nodelete.
module: $(luas:%=module-%)   ## luft for lua5.4, luajit, nginx: build/module
	@$(if $(filter 5.4,$(luas)),:,$(call no_headers,5.4))
	@$(if $(filter 5.1,$(luas)),:,$(call no_headers,5.1))
	@$(if $(luas),:,exit 1)

module-5.4 module-5.1: module-%: $(BUILD)/module/%/luft/core.so

$(BUILD)/module/5.4/luft/core.so: $(bind_objects)
$(BUILD)/module/5.1/luft/core.so: $(jit_objects)
$(BUILD)/module/%/luft/core.so: $(core_objects) $(engine_objects)
	@mkdir -p $(@D)
	$(CC) $(flags) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,nodelete -o $@ $^ \
	    $(libraries)

$(bind_objects): | headers-5.4
$(jit_objects): | headers-5.1

headers-5.4 headers-5.1: headers-%:
	@$(if $(or $(LUA_HEADERS),$(filter $*,$(luas))),:,$(call \
	    no_headers,$*); exit 1)

no_headers = echo "No module for $(title_$(1)): its headers are missing." \
             "Debian and Ubuntu: apt-get install $(package_$(1))" >&2

title_5.4   = Lua 5.4
title_5.1   = LuaJIT (and so for nginx)
package_5.4 = liblua5.4-dev
package_5.1 = libluajit2-5.1-dev

# luft-scm-1.rockspec calls these, in a build folder of its own.
rock:
	@$(if $(rock_lua),:,echo "LUA_INCDIR=$(LUA_HEADERS) has the headers" \
	    "neither of Lua 5.4 nor of LuaJIT; for LuaJIT on Debian say" \
	    "LUA_INCDIR=/usr/include/luajit-2.1" >&2; exit 1)
	@$(MAKE) --no-print-directory -j$(jobs) module-$(rock_lua)

rock_install:
	install -D -m 755 $(BUILD)/module/$(rock_lua)/luft/core.so \
	    $(LIBDIR)/luft/core.so
	cd lua && for file in $(modules); do \
	    install -D -m 644 $$file $(LUADIR)/$$file || exit 1; done

# --- installing --------------------------------------------------------------

# The program, and the module for each Lua whose headers are here; lua5.4,
# luajit and nginx look for it in /usr/local.
install: all module   ## into DESTDIR PREFIX (/usr/local)
	@scripts/install.sh "$(DESTDIR)$(PREFIX)" $(BUILD) $(luas)

uninstall:   ## takes away what install put there
	@scripts/install.sh "$(DESTDIR)$(PREFIX)"

# --- an example --------------------------------------------------------------

example: $(BUILD)/examples/c/list   ## luft's C core without any Lua

$(BUILD)/examples/c/list: examples/c/list.c $(core_objects) $(engine_objects)
	@mkdir -p $(@D)
	$(CC) $(flags) $(posix) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(libraries)

# --- packages ----------------------------------------------------------------

# $(call packages,LIST): installs what is missing of it, saying so.  a,b: either
# will do, a is installed.
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

tests: all example $(engine_tests) $(BUILD)/tests/server \
       $(BUILD)/tests/slow_resolver.so

check:   ## every test; installs what it needs, skips what has no server
	$(call packages,$(to_build) $(to_check))
	@$(MAKE) --no-print-directory -s -j$(jobs) tests module
	@$(MAKE) --no-print-directory -s -j$(jobs) asan
	@$(MAKE) --no-print-directory -s -j$(jobs) tsan
	@tests/run $(ONLY)

asan:   ## program and tests under AddressSanitizer and UBSan, in build/asan
	@$(MAKE) --no-print-directory -s BUILD=build/asan \
	    SANITIZE=address,undefined CFLAGS="$(CFLAGS) -O1" tests module \
	    unit_tests

tsan:   ## program and engine tests under ThreadSanitizer, in build/tsan
	@$(MAKE) --no-print-directory -s BUILD=build/tsan SANITIZE=thread \
	    CFLAGS="$(CFLAGS) -O1" tests

unit_tests: $(unit_tests)

lint_files = $(shell git ls-files '*.c' '*.h' '*.lua' '*.sh' '*.py' \
             2>/dev/null || find src drivers lua scripts tests examples \
             -name '*.[ch]')

lint: all   ## rings, heads, widths, sizes; luacheck
	@$(BUILD)/luft tests/lint.lua $(lint_files)
	@luacheck -q $(filter %.lua,$(lint_files))

bench:   ## the budgets of docs/PERFORMANCE.md, as ratios in one run
	$(call packages,$(to_build) $(to_bench))
	@$(MAKE) --no-print-directory -s -j$(jobs) tests module \
	    $(BUILD)/reference
	@$(BUILD)/luft bench/bench.lua $(BUILD)
	@bench/nginx.sh $(BUILD)

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

.PHONY: all needs module module-5.4 module-5.1 headers-5.4 headers-5.1 rock \
        rock_install install uninstall example deps servers demo tests check \
        asan tsan unit_tests lint bench docs clean help
