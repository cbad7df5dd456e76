# luft -- make help lists what can be made.
#
# CFLAGS and LDFLAGS are yours; ours stand in `flags`.  BUILD is where things go,
# SANITIZE what -fsanitize gets: make BUILD=build/asan SANITIZE=address,undefined

CC      ?= cc
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
BUILD   ?= build
SANITIZE ?=

packages = lua5.4 libcurl libcjson libcrypto libuv
modules  = $(shell cd lua && ls luft/*.lua luft/*/*.lua 2>/dev/null)

core   = $(wildcard src/core/*.c)
engine = $(wildcard src/engine/*.c)
bind   = $(wildcard src/bind/*.c)
host   = $(filter-out src/host/embed.c, $(wildcard src/host/*.c))
drivers = $(wildcard drivers/*.c drivers/*/*.c)

flags = -std=c11 -Wall -Wextra -Wpedantic -Wshadow -fPIC \
        -fvisibility=hidden -MMD -MP $(if $(SANITIZE),-fsanitize=$(SANITIZE) \
        -fno-omit-frame-pointer)
posix = -D_POSIX_C_SOURCE=200809L -Isrc/core
linux = -D_GNU_SOURCE -Isrc/core

lua_flags    = $(shell pkg-config --cflags lua5.4)
luajit_flags = $(shell pkg-config --cflags luajit)
libraries    = $(shell pkg-config --libs libcurl libcrypto libuv) -lpthread -lm
lua_library  = $(shell pkg-config --libs lua5.4)

objects = $(patsubst %.c,$(BUILD)/%.o,$(core) $(engine) $(drivers))
bind_objects = $(patsubst %.c,$(BUILD)/%.o,$(bind))
host_objects = $(patsubst %.c,$(BUILD)/%.o,$(host)) $(BUILD)/embedded_files.o
jit_objects  = $(patsubst %.c,$(BUILD)/jit/%.o,$(bind))

all: needs $(BUILD)/luft

needs:
	@pkg-config --exists lua5.4 libcurl libuv libcrypto || { \
	  echo "luft needs some packages; on Debian and Ubuntu:"; \
	  echo "  $(apt_line)"; exit 1; }

$(BUILD)/luft: $(objects) $(bind_objects) $(host_objects)
	$(CC) $(flags) $(CFLAGS) $(LDFLAGS) -o $@ $^ -Wl,-E $(lua_library) $(libraries)

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

$(BUILD)/module/5.1/luft/core.so: $(objects) $(jit_objects)
	@mkdir -p $(@D)
	$(CC) $(flags) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^ $(libraries)

$(BUILD)/module/5.4/luft/core.so: $(objects) $(bind_objects)
	@mkdir -p $(@D)
	$(CC) $(flags) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^ $(libraries)

$(BUILD)/tests/server: $(wildcard tests/server/*.c) tests/server/server.h
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(flags)) -D_GNU_SOURCE $(CFLAGS) \
	    $(LDFLAGS) -o $@ $(filter %.c,$^) -lssl -lcrypto

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: all needs module clean
