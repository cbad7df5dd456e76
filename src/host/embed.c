/* embed.c -- a tool of the build: writes Lua files, compiled, as a C table.
 *
 *     embed FOLDER luft/init.lua luft/task.lua ... > embedded_files.c
 *
 * Compiled with their line numbers, so that messages still say where; a mistake
 * in one of them stops the build.
 */
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

static int column;

static int write_bytes(lua_State *L, const void *bytes, size_t length,
                       void *unused)
{
    const unsigned char *b = bytes;

    (void)L, (void)unused;
    for (size_t i = 0; i < length; i++)
        printf("%d,%s", b[i], ++column % 20 ? "" : "\n");
    return 0;
}

/* "luft/init.lua" -> "luft", "luft/http.lua" -> "luft.http" */
static void print_module_name(const char *path)
{
    size_t length = strlen(path) - strlen(".lua");

    if (length > 5 && strncmp(path + length - 5, "/init", 5) == 0)
        length -= 5;
    for (size_t i = 0; i < length; i++)
        putchar(path[i] == '/' ? '.' : path[i]);
}

static int embed(lua_State *L, const char *folder, const char *path, int n)
{
    char chunk_name[200], full[1000];
    FILE *file;
    char source[512 * 1024];
    size_t length;

    snprintf(full, sizeof full, "%s/%s", folder, path);
    snprintf(chunk_name, sizeof chunk_name, "=%s", path);
    file = fopen(full, "rb");
    if (!file) {
        perror(full);
        return 1;
    }
    length = fread(source, 1, sizeof source, file);
    fclose(file);
    if (luaL_loadbuffer(L, source, length, chunk_name)) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        return 1;
    }
    printf("static const unsigned char file_%d[] = {\n", n);
    column = 0;
    lua_dump(L, write_bytes, NULL, 0);
    printf("};\n");
    lua_pop(L, 1);
    return 0;
}

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    int failures = 0;

    printf("/* Written by embed.c. */\n#include <stddef.h>\n\n"
           "struct embedded_file {\n    const char *name, *chunk_name;\n"
           "    const unsigned char *bytes;\n    size_t length;\n};\n\n");
    for (int i = 2; i < argc; i++)
        failures += embed(L, argv[1], argv[i], i);
    printf("extern const struct embedded_file embedded_files[];\n"
           "const struct embedded_file embedded_files[] = {\n");
    for (int i = 2; i < argc; i++) {
        printf("    {\"");
        print_module_name(argv[i]);
        printf("\", \"=%s\", file_%d, sizeof file_%d},\n", argv[i], i, i);
    }
    printf("    {NULL, NULL, NULL, 0}\n};\n");
    lua_close(L);
    return failures > 0;
}
